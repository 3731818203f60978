"""`alluxio fs unmount`: a mount point goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("unmount", "alluxio fs unmount /mnt/s3")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Take a mount point away; the under storage keeps everything."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.unmount(path)
            click.echo(f"Unmounted {path}")

        await each(fs, words, one)

    return run(invocation, words, work)
