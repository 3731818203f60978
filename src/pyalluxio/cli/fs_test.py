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


@fs_command("test", 'alluxio fs test -e /data/_SUCCESS && echo "done"')
@click.option("-d", "--dir", "question", flag_value="directory", help="Is it a directory?")
@click.option("-f", "--file", "question", flag_value="file", help="Is it a file?")
@click.option("-e", "--exists", "question", flag_value="exists", help="Does it exist?")
@click.option("-s", "--not-empty", "question", flag_value="not empty", help="Is there anything in the directory?")
@click.option("-z", "--zero", "question", flag_value="zero", help="Is it a file of 0 bytes?")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], question: str | None) -> int:
    """Exit with 0 for yes, 1 for no, 3 if there is no such path, 2 if it cannot be told."""
    arity(words, 1, 1)
    if question is None:
        raise click.UsageError("Choose one of -d, -f, -e, -s, -z.")

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


def answer(question: str, status: FileInfo) -> bool:
    """Answer one question. `-s` asks whether a path holds something: children of a directory, bytes of a file."""
    return {
        "directory": status.is_directory,
        "file": not status.is_directory,
        "exists": True,
        "not empty": status.length > 0,
        "zero": not status.is_directory and status.length == 0,
    }[question]
