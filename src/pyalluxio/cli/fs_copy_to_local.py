"""`alluxio fs copyToLocal`: files of the cluster to this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, bytes_of, expand, fs_command, paths_argument, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "copyToLocal",
    """alluxio fs copyToLocal /data/report.csv .
    alluxio fs copyToLocal "/data/part-*" ./parts""",
)
@click.option("--thread", "--threads", "threads", type=click.IntRange(1, 1024), help="Files at a time.")
@click.option("--buffersize", "--buffer-size", "buffer", default="64MB", show_default=True, help="Bytes at once.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], threads: int | None, buffer: str) -> int:
    """Copy a file, or the content of a directory, to this machine: SOURCE TARGET. Existing files are replaced."""
    arity(words, 2, 2)
    buffer_bytes = bytes_of(buffer)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_copy

        copier = fs_copy.Copier(fs, threads or fs_copy.parallel_default(), buffer_bytes)
        target = fs_copy.local_path(words[1])
        found = [path async for path in expand(fs, words[0])]
        if len(found) > 1:
            if target.exists() and not target.is_dir():
                raise InvalidArgument(f"{target} is no directory; {len(found)} paths cannot be copied there.")
            target.mkdir(parents=True, exist_ok=True)
        for path in found:
            await copier.to_local(path, target)

    return run(invocation, words[:1], work)
