"""`alluxio fs pin`: files that are never evicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "pin",
    """alluxio fs pin /data/lookup
    alluxio fs pin /data/lookup SSD""",
)
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Keep a file, or everything below a directory, from being evicted: PATH [MEDIUM ...]."""
    arity(words, 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, pinned=True, pinned_media=words[1:])
            click.echo(f"File '{path}' was successfully pinned.")

        await each(fs, words[:1], one)

    return run(invocation, words[:1], work)
