"""`alluxio fs touch`: an empty file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("touch", "alluxio fs touch /data/_SUCCESS")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Create an empty file in a directory that exists."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        path = paths.parse_own(words[0])
        await fs.write_bytes(path, b"")
        click.echo(f"{path} has been created")

    return run(invocation, words, work)
