"""`alluxio fs rm`: files and directories go, in the under storage too unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, recursive_option, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "rm",
    """alluxio fs rm /data/part-0
    alluxio fs rm -R /data/2025
    alluxio fs rm -R --alluxioOnly /data/2025""",
)
@recursive_option
@click.option("-U", "--skip-ufs-check", is_flag=True, help="Delete without comparing with the under storage first.")
@click.option("--alluxioOnly", "--alluxio-only", "alluxio_only", is_flag=True, help="Leave the under storage alone.")
@click.option("-m", "--deleteMountPoint", "delete_mount_point", is_flag=True, help="Unmount mount points on the way.")
@click.option(
    "-s",
    "--syncParentNextTime",
    "sync_parent_next_time",
    type=bool,
    default=None,
    help="Whether the next access to the parent looks into the under storage; with --alluxioOnly.",
)
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation,
    words: tuple[str, ...],
    recursive: bool,
    skip_ufs_check: bool,
    alluxio_only: bool,
    delete_mount_point: bool,
    sync_parent_next_time: bool | None,
) -> int:
    """Delete files, and with -R directories with everything in them."""
    arity(words, 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            status = await fs.get_status(path)
            if status.is_directory and not recursive:
                raise InvalidArgument(f'{path} is a directory, to remove it, please use "rm -R/-r/--recursive <path>"')
            await fs.delete(
                path,
                recursive=recursive,
                alluxio_only=alluxio_only,
                unchecked=True if skip_ufs_check else None,
                delete_mount_point=delete_mount_point,
                sync_parent_next_time=sync_parent_next_time,
            )
            click.echo(f"{path} has been removed" + (" only from Alluxio space" if alluxio_only else ""))

        await each(fs, words, one)

    return run(invocation, words, work)
