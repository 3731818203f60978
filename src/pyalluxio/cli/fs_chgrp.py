"""`alluxio fs chgrp`: group of a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, recursive_option, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("chgrp", "alluxio fs chgrp -R analysts /data")
@recursive_option
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], recursive: bool) -> int:
    """Change the group: GROUP PATH."""
    arity(words, 2, 2)
    group = words[0]

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, group=group, recursive=recursive)
            click.echo(f"Changed group of {path} to {group}")

        await each(fs, words[1:], one)

    return run(invocation, words[1:], work)
