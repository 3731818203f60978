"""`alluxio fs free`: cached copies of persisted files are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "free",
    """alluxio fs free /data/2025
    alluxio fs free -f /data/pinned""",
)
@click.option("-f", "--force", "forced", is_flag=True, help="Free pinned files too; it unpins them.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], forced: bool) -> int:
    """Drop the cached copies of a file, or of everything below a directory; the under storage keeps the data."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.free(path, recursive=True, forced=forced)
            click.echo(f"{path} was successfully freed from Alluxio space.")

        await each(fs, words, one)

    return run(invocation, words, work)
