"""`alluxio fs checksum`: the MD5 of a file's content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("checksum", "alluxio fs checksum /data/part-0")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Read a file and print the MD5 of its content."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            digest = hashlib.md5(usedforsecurity=False)
            async with await fs.open_file(path) as file:
                async for piece in file.chunks():
                    digest.update(piece)
            click.echo(f"md5sum: {digest.hexdigest()}\n")

        await each(fs, words, one)

    return run(invocation, words, work)
