"""`alluxio fs count`: files, folders and bytes below a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command("count", "alluxio fs count -h /data", short_help_option=False)
@click.option("-h", "--human-readable", is_flag=True, help="Print the bytes as 12.50MB.")
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], human_readable: bool) -> int:
    """Count the files, the folders and the bytes below a path, which is not counted itself."""
    arity(words, 1, 1)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        async def one(path: str) -> None:
            files, folders, total_bytes = 0, 0, 0
            async for file in fs.iterate_status(path, recursive=True, exclude_mount_info=True):
                if file.is_directory:
                    folders += 1
                else:
                    files += 1
                    total_bytes += file.length
            click.echo("\n".join(fs_format.count_lines(files, folders, total_bytes, human_readable=human_readable)))

        await each(fs, words, one)

    return run(invocation, words, work, cluster_defaults=False)
