"""`alluxio fs cp`: copies inside the cluster; `file://` names files of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import arity, bytes_of, expand, fs_command, paths_argument, recursive_option, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "cp",
    """alluxio fs cp /data/part-0 /backup/part-0
    alluxio fs cp -R -p /data/2026 /backup/2026
    alluxio fs cp file:///tmp/report.csv /data/""",
)
@recursive_option
@click.option("--thread", "--threads", "threads", type=click.IntRange(1, 1024), help="Files at a time.")
@click.option("--buffersize", "--buffer-size", "buffer", default="8MB", show_default=True, help="Bytes at once.")
@click.option("-p", "--preserve", is_flag=True, help="Keep owner, group, mode and ACL.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation, words: tuple[str, ...], recursive: bool, threads: int | None, buffer: str, preserve: bool
) -> int:
    """Copy SOURCE to TARGET; into it if it is a directory. With -R the content of a directory is copied."""
    arity(words, 2, 2)
    source, target = words
    buffer_bytes = bytes_of(buffer)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_copy

        copier = fs_copy.Copier(fs, threads or fs_copy.parallel_default(), buffer_bytes, preserve)
        is_from_local, is_to_local = (word.startswith(fs_copy.LOCAL_SCHEME) for word in words)
        if is_from_local and is_to_local:
            raise InvalidArgument("Both paths are local; use the system's cp.")
        if is_from_local:
            place = fs_copy.local_path(source)
            if place.is_dir() and not recursive:
                raise InvalidArgument(
                    f'{source} is a directory, to copy it please use "cp -R/-r/--recursive <src> <dst>"'
                )
            await copier.from_local(place, paths.parse_own(target))
            return
        async for found in expand(fs, source):
            if is_to_local:
                await copier.to_local(found, fs_copy.local_path(target))
            else:
                await copier.inside(found, paths.parse_own(target), recursive=recursive)

    return run(invocation, words, work)
