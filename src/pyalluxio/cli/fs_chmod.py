"""`alluxio fs chmod`: permission bits of a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, recursive_option, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "chmod",
    """alluxio fs chmod 640 /data/part-0
    alluxio fs chmod -R 755 /data""",
)
@recursive_option
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], recursive: bool) -> int:
    """Change permission bits: MODE PATH, the mode in octal digits."""
    arity(words, 2, 2)
    mode = parse_mode(words[0])

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, mode=mode, recursive=recursive)
            click.echo(f"Changed permission of {path} to {mode:o}")

        await each(fs, words[1:], one)

    return run(invocation, words[1:], work)


def parse_mode(text: str) -> int:
    """Return the bits of octal digits. InvalidArgument: anything else, symbolic modes too."""
    if not re.fullmatch("[0-7]{1,4}", text) or int(text, 8) > 0o777:
        raise InvalidArgument(f"Invalid mode {text} - contains invalid segment {text}")
    return int(text, 8)
