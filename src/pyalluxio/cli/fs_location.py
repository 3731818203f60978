"""`alluxio fs location`: the hosts that hold a file's blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run
from pyalluxio.errors import InvalidPath

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("location", "alluxio fs location /data/part-0")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Print one host for every cached block of a file; a host with two blocks comes twice."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            status = await fs.get_status(path)
            if status.is_directory:
                raise InvalidPath(f'Path "{path}" must be a file.')
            click.echo(f"{path} with file id {status.file_id} is on nodes: ")
            for block in status.blocks:
                for location in block.locations:
                    click.echo(location.address.host)

        await each(fs, words, one)

    return run(invocation, words, work, cluster_defaults=False)
