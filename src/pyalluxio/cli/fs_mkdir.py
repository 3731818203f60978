"""`alluxio fs mkdir`: directories, with the parents they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("mkdir", "alluxio fs mkdir /data /data/2026/11")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Create directories, and their parents where they are missing."""
    arity(words, 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        for word in words:
            path = paths.parse_own(word)
            await fs.create_directory(path, recursive=True)
            click.echo(f"Successfully created directory {path}")

    return run(invocation, words, work)
