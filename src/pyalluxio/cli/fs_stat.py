"""`alluxio fs stat`: everything the master knows about a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "stat",
    """alluxio fs stat /data/part-0
    alluxio fs stat -f "%N %z %u" "/data/*"
    alluxio fs stat --file-id 33554431""",
)
@click.option("-f", "--format", "form", help="%N name, %z bytes, %u owner, %g group, %i id, %y and %Y time, %b blocks.")
@click.option("--path", "path_option", help="The path, as an option.")
@click.option("--file-id", type=int, help="The id of a file or directory instead of its path.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation, words: tuple[str, ...], form: str | None, path_option: str | None, file_id: int | None
) -> int:
    """Show the status of a path: its attributes, its blocks and where they are."""
    words = (*words, path_option) if path_option is not None else words
    arity(words, 0 if file_id is not None else 1, None)

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.cli import fs_format

        async def one(path: str) -> None:
            status = await fs.get_status(path)
            lines = fs_format.stat_lines(status) if form is None else [fs_format.stat_format(status, form)]
            click.echo("\n".join(lines))

        await each(fs, words if file_id is None else [await fs.get_file_path(file_id)], one)

    return run(invocation, words, work, cluster_defaults=False)
