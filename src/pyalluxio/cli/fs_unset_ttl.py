"""`alluxio fs unsetTtl`: a path that never expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("unsetTtl", "alluxio fs unsetTtl /tmp/report")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Take the expiry of a path away."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, ttl_ms=-1, recursive=True)
            click.echo(f"TTL of file '{path}' was successfully removed.")

        await each(fs, words, one)

    return run(invocation, words, work)
