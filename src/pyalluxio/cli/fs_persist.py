"""`alluxio fs persist`: files written to the under storage."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, expand, fs_command, paths_argument, raise_all, run
from pyalluxio.errors import AlluxioError

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "persist",
    """alluxio fs persist /data/part-0
    alluxio fs persist -p 8 -t 60000 /data/2026""",
)
@click.option("-p", "--parallelism", type=click.IntRange(1, 256), default=4, show_default=True, help="Files at a time.")
@click.option(
    "-t", "--timeout", "timeout_ms", type=int, default=1_200_000, show_default=True, help="Bound per file, ms."
)
@click.option("-w", "--wait", "wait_ms", type=int, default=0, show_default=True, help="Delay before it starts, ms.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], parallelism: int, timeout_ms: int, wait_ms: int) -> int:
    """Write files that are only cached to the under storage, and wait until they are there."""
    arity(words, 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        missing: list[str] = []
        for word in words:
            async for path in expand(fs, word):
                async for file in fs.iterate_status(path, recursive=True):
                    if not file.is_directory and not file.is_persisted:
                        missing.append(file.path)
        click.echo(f"Found {len(missing)} files to persist.")
        failures: list[AlluxioError] = []
        slots = asyncio.Semaphore(parallelism)
        done = 0

        async def one(path: str) -> None:
            nonlocal done
            async with slots:
                try:
                    await fs.persist(path, wait_s=timeout_ms / 1000, delay_ms=wait_ms)
                except AlluxioError as error:
                    failures.append(error)
                    return
            done += 1
            click.echo(f"Successfully persisted file: {path}, {done}/{len(missing)} files completed")

        await asyncio.gather(*(one(path) for path in missing))
        raise_all(failures)

    return run(invocation, words, work)
