"""`alluxio fs getfacl`: access control lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("getfacl", "alluxio fs getfacl /data")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Print the access control list of a path, default entries last."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        async def one(path: str) -> None:
            click.echo("\n".join(fs_format.acl_lines(await fs.get_status(path))))

        await each(fs, words, one)

    return run(invocation, words, work, cluster_defaults=False)
