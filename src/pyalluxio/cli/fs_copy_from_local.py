"""`alluxio fs copyFromLocal`: files of this machine into the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, bytes_of, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "copyFromLocal",
    """alluxio fs copyFromLocal report.csv /data/report.csv
    alluxio fs copyFromLocal --thread 8 ./results /data/results""",
)
@click.option("--thread", "--threads", "threads", type=click.IntRange(1, 1024), help="Files at a time.")
@click.option("--buffersize", "--buffer-size", "buffer", default="8MB", show_default=True, help="Bytes at once.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], threads: int | None, buffer: str) -> int:
    """Copy a local file, or the content of a local folder: SOURCE TARGET."""
    arity(words, 2, 2)
    buffer_bytes = bytes_of(buffer)

    async def work(fs: AsyncFileSystem) -> None:
        import random

        from pyalluxio.cli import fs_copy
        from pyalluxio.client.policy import policy_named

        name = fs.configuration.text("alluxio.user.file.copyfromlocal.block.location.policy.class")
        policy = policy_named(name, random.Random())
        copier = fs_copy.Copier(fs, threads or fs_copy.parallel_default(), buffer_bytes, policy=policy)
        await copier.from_local(fs_copy.local_path(words[0]), paths.parse_own(words[1]))

    return run(invocation, words[1:], work)
