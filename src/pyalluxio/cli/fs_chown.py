"""`alluxio fs chown`: owner, and group, of a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, recursive_option, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem

NAME = r"[\w][\w.-]*\$?"


@fs_command(
    "chown",
    """alluxio fs chown alice /data/part-0
    alluxio fs chown -R alice:analysts /data""",
)
@recursive_option
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], recursive: bool) -> int:
    """Change the owner, and the group: OWNER[:GROUP] PATH."""
    arity(words, 2, 2)
    match = re.fullmatch(f"({NAME})(?::({NAME}))?", words[0])
    if match is None:
        raise InvalidArgument(f'Failed to parse "{words[0]}" as user or user:group')
    owner, group = match.group(1), match.group(2)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, owner=owner, group=group, recursive=recursive)
            if group is None:
                click.echo(f"Changed owner of {path} to {owner}")
            else:
                click.echo(f"Changed owner:group of {path} to {owner}:{group}.")

        await each(fs, words[1:], one)

    return run(invocation, words[1:], work)
