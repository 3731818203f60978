"""`alluxio fs updateMount`: other options for a mount point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, mount_options, paths_argument, properties_of, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("updateMount", "alluxio fs updateMount --readonly /mnt/s3")
@mount_options
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation, words: tuple[str, ...], readonly: bool, shared: bool, properties: tuple[str, ...]
) -> int:
    """Replace all options of a mount point; what is not given is off."""
    arity(words, 1, 1)
    wanted = properties_of(properties)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.update_mount(path, read_only=readonly, shared=shared, properties=wanted)
            click.echo(f"Updated mount point options at {path}")

        await each(fs, words, one)

    return run(invocation, words, work)
