"""`alluxio fs test`: a question about a path; the answer is the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, fs_command, paths_argument, run
from pyalluxio.errors import AlluxioError, NotFound

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_system import AsyncFileSystem

TRUE, FALSE, FAILED, MISSING = 0, 1, 2, 3
# A mistyped command is no answer; this is what shells of 2.9 exit with.
USAGE = 255


@fs_command("test", 'alluxio fs test -e /data/_SUCCESS && echo "done"')
@click.option("-d", "--dir", "directory", is_flag=True, help="Is it a directory?")
@click.option("-f", "--file", "file", is_flag=True, help="Is it a file?")
@click.option("-e", "--exists", "exists", is_flag=True, help="Does it exist?")
@click.option("-s", "--not-empty", "not_empty", is_flag=True, help="Is there anything in the directory?")
@click.option("-z", "--zero", "zero", is_flag=True, help="Is it a file of 0 bytes?")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, /, words: tuple[str, ...], **questions: bool) -> int:
    """Exit with 0 for yes, 1 for no, 3 if there is no such path, 2 if it cannot be told, 255 for a mistyped command."""
    arity(words, 1, 1)
    asked = [question for question, is_asked in questions.items() if is_asked]
    if len(asked) != 1:
        raise click.UsageError("Choose exactly one of -d, -f, -e, -s, -z.")
    (question,) = asked

    async def work(fs: AsyncFileSystem) -> int:
        status = await fs.get_status(paths.parse_own(words[0]))
        return TRUE if answer(question, status) else FALSE

    try:
        return run(invocation, words, work, cluster_defaults=False)
    except NotFound:
        return MISSING
    except AlluxioError as error:
        click.echo(str(error), err=True)
        return FAILED


command.usage_exit_code = USAGE  # type: ignore[attr-defined]


def answer(question: str, status: FileInfo) -> bool:
    """Answer one question. `-s` asks whether a path holds something: children of a directory, bytes of a file."""
    return {
        "directory": status.is_directory,
        "file": not status.is_directory,
        "exists": True,
        "not_empty": status.length > 0,
        "zero": not status.is_directory and status.length == 0,
    }[question]
