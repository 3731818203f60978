"""`alluxio fs ls`: files and directories, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_system import AsyncFileSystem

SORT_KEYS = ("path", "name", "size", "creationTime", "lastAccessTime", "lastModificationTime", "inMemoryPercentage")
TIMESTAMPS = ("creationTime", "lastAccessTime", "lastModificationTime")


@fs_command(
    "ls",
    """alluxio fs ls /
    alluxio fs ls -R -h /data
    alluxio fs ls --sort size -r "/data/*"
    alluxio fs ls alluxio://host1:19998,host2:19998/data""",
    short_help_option=False,
)
@click.option("-d", "--list-dir-as-file", is_flag=True, help="List directories themselves, not what is in them.")
@click.option("-f", "--load-metadata", is_flag=True, help="Load metadata from the under storage first.")
@click.option("-h", "--human-readable", is_flag=True, help="Print sizes such as 12.50MB.")
@click.option("-m", "--omit-mount-info", is_flag=True, help="Leave out what the mount table tells: quicker.")
@click.option("-p", "--pinned-files", is_flag=True, help="List pinned files only.")
@click.option("-R", "--recursive", is_flag=True, help="List everything below, too.")
@click.option("-r", "--reverse", is_flag=True, help="Reverse the order.")
@click.option("--sort", type=click.Choice(SORT_KEYS), help="Order by this; by path without it.")
@click.option("--timestamp", type=click.Choice(TIMESTAMPS), default=TIMESTAMPS[2], help="Which time to print.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation,
    words: tuple[str, ...],
    list_dir_as_file: bool,
    load_metadata: bool,
    human_readable: bool,
    omit_mount_info: bool,
    pinned_files: bool,
    recursive: bool,
    reverse: bool,
    sort: str | None,
    timestamp: str,
) -> int:
    """List files and directories: permissions, owner, group, size or number of children, state, time, cached, path."""
    arity(words, 1, None)
    load_type = "ALWAYS" if load_metadata else None

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        conf = fs.configuration
        pattern = conf.text("alluxio.user.date.format.pattern")
        with_permissions = conf.boolean("alluxio.security.authorization.permission.enabled")

        def show(file: FileInfo) -> None:
            if pinned_files and not file.is_pinned:
                return
            click.echo(
                fs_format.ls_line(
                    file,
                    human_readable=human_readable,
                    timestamp=timestamp,
                    pattern=pattern,
                    with_permissions=with_permissions,
                )
            )

        async def one(path: str) -> None:
            if list_dir_as_file:
                show(await fs.get_status(path, load_metadata_type=load_type))
                return
            found = fs.iterate_status(
                path, recursive=recursive, load_metadata_type=load_type, exclude_mount_info=omit_mount_info
            )
            if sort is None and not reverse:
                # The master lists by name, parents first: nothing has to be held back.
                async for file in found:
                    show(file)
                return
            files = [file async for file in found]
            for file in sorted(files, key=fs_format.SORT_KEYS[sort or "path"], reverse=reverse):
                show(file)

        await each(fs, words, one)

    return run(invocation, words, work, cluster_defaults=False)
