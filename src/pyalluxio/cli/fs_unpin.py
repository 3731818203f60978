"""`alluxio fs unpin`: files that may be evicted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("unpin", "alluxio fs unpin /data/lookup")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Let a file, or everything below a directory, be evicted again."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, pinned=False)
            click.echo(f"File '{path}' was successfully unpinned.")

        await each(fs, words, one)

    return run(invocation, words, work)
