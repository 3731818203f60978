"""`alluxio fs mount`: folders of under storages in the namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import fs_command, mount_options, paths_argument, properties_of, run
from pyalluxio.errors import Unknown

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "mount",
    """alluxio fs mount
    alluxio fs mount /mnt/logs /var/log
    alluxio fs mount --readonly --shared /mnt/models /srv/models""",
)
@mount_options
@click.option("--remount", is_flag=True, help="Replace a mount that is there already.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation,
    words: tuple[str, ...],
    readonly: bool,
    shared: bool,
    properties: tuple[str, ...],
    remount: bool,
) -> int:
    """Mount a folder of an under storage: PATH UFS-URI. Without arguments, list what is mounted."""
    if len(words) not in (0, 2):
        raise click.UsageError(f"Command mount takes 0 or 2 arguments, not {len(words)}")
    wanted = properties_of(properties)

    async def list_mounts(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        for line in fs_format.mount_lines((await fs.mount_table()).values()):
            click.echo(line)

    async def mount(fs: AsyncFileSystem) -> None:
        path, ufs_uri = paths.parse_own(words[0]), words[1]
        try:
            await fs.mount(path, ufs_uri, read_only=readonly, shared=shared, properties=wanted, remount=remount)
        except Unknown as error:
            # Masters put a report of the call before the reason, with every option: the reason is its last line.
            raise Unknown(str(error).rstrip().splitlines()[-1]) from error
        click.echo(f"Mounted {ufs_uri} at {path}")

    return run(invocation, words[:1], mount if words else list_mounts)
