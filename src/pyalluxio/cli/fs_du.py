"""`alluxio fs du`: sizes of files, and how much of them is cached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "du",
    """alluxio fs du /data
    alluxio fs du -s -h /data
    alluxio fs du -g /data""",
    short_help_option=False,
)
@click.option("-h", "--human-readable", is_flag=True, help="Print sizes such as 12.50MB.")
@click.option("-s", "--summarize", is_flag=True, help="One line for all files below the path.")
@click.option("-g", "--by-worker", is_flag=True, help="Show how much each worker holds.")
@click.option("-m", "--memory", is_flag=True, help="Show how much lies in the top tier.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation, words: tuple[str, ...], human_readable: bool, summarize: bool, by_worker: bool, memory: bool
) -> int:
    """Show the sizes of files below a path, and how many of the bytes are cached."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        def show(path: str, sums: Usage) -> None:
            lines = fs_format.du_lines(
                path,
                sums.length,
                sums.cached,
                sums.in_memory,
                memory=memory,
                by_worker=sums.by_worker if by_worker else None,
                human_readable=human_readable,
            )
            click.echo("\n".join(lines))

        async def one(path: str) -> None:
            total = Usage()
            async for file in fs.iterate_status(path, recursive=True, exclude_mount_info=True):
                if file.is_directory:
                    continue
                usage = usage_of(file)
                if summarize:
                    total.add(usage)
                else:
                    show(file.path, usage)
            if summarize:
                show(path, total)

        click.echo(fs_format.du_header(memory=memory, by_worker=by_worker))
        await each(fs, words, one)

    return run(invocation, words, work, cluster_defaults=False)


@dataclass(slots=True)
class Usage:
    """Bytes of one or more files, and where they are."""

    length: int = 0
    cached: int = 0
    in_memory: int = 0
    by_worker: dict[str, int] = field(default_factory=dict)

    def add(self, other: Usage) -> None:
        self.length += other.length
        self.cached += other.cached
        self.in_memory += other.in_memory
        for host, count in other.by_worker.items():
            self.by_worker[host] = self.by_worker.get(host, 0) + count


def usage_of(file: FileInfo) -> Usage:
    """Return the usage of one file; the shares in Alluxio and in memory are percentages of its length."""
    by_worker: dict[str, int] = {}
    for block in file.blocks:
        for location in block.locations:
            by_worker[location.address.host] = by_worker.get(location.address.host, 0) + block.length
    cached = file.length * file.in_alluxio_percentage // 100
    return Usage(file.length, cached, file.length * file.in_memory_percentage // 100, by_worker)
