"""`alluxio fs cat`: the bytes of files, to standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "cat",
    """alluxio fs cat /data/part-0
    alluxio fs cat "/data/part-*" | sort""",
)
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Print the content of files."""
    arity(words, 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            async with await fs.open_file(path) as file:
                async for piece in file.chunks():
                    sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()

        await each(fs, words, one)

    return run(invocation, words, work)
