"""`alluxio fs mv`: a new name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("mv", "alluxio fs mv /data/old /data/new")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Rename a file or directory. The new name must not exist, not even as a directory to move into."""
    arity(words, 2, 2)

    async def work(fs: AsyncFileSystem) -> None:
        source, target = (paths.parse_own(word) for word in words)
        await fs.rename(source, target)
        click.echo(f"Renamed {source} to {target}")

    return run(invocation, words, work)
