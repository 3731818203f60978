"""`alluxio fs tail`: the last bytes of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, bytes_of, each, fs_command, paths_argument, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "tail",
    """alluxio fs tail /data/log
    alluxio fs tail -c 4KB /data/log""",
)
@click.option("-c", "--bytes", "count", default="1KB", show_default=True, help="How many bytes, such as 512 or 4KB.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], count: str) -> int:
    """Print the last bytes of a file; no newline is added."""
    arity(words, 1, 1)
    wanted = bytes_of(count)
    if wanted <= 0:
        raise InvalidArgument("specified bytes must be > 0")

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            async with await fs.open_file(path) as file:
                start = max(0, file.length - wanted)
                sys.stdout.buffer.write(await file.pread(start, wanted))
            sys.stdout.buffer.flush()

        await each(fs, words, one)

    return run(invocation, words, work)
