"""`alluxio fs setfacl`: changes of access control lists."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "setfacl",
    """alluxio fs setfacl -m user:alice:rwx,group:analysts:r-x /data
    alluxio fs setfacl -d -m user:alice:rwx /data
    alluxio fs setfacl -x user:alice /data
    alluxio fs setfacl --set user::rwx,group::r-x,other::--- /data
    alluxio fs setfacl -R -b /data""",
)
@click.option("-d", "--default", "is_default", is_flag=True, help="The entries are default ones: for new children.")
@click.option("-R", "--recursive", is_flag=True, help="Change everything below, too.")
@click.option("--set", "replace", metavar="ENTRIES", help="Replace the list by these entries.")
@click.option("-m", "modify", metavar="ENTRIES", help="Add or change entries.")
@click.option("-x", "remove", metavar="ENTRIES", help="Remove entries, named without bits.")
@click.option("-b", "remove_all", is_flag=True, help="Remove all entries but the base ones.")
@click.option("-k", "remove_default", is_flag=True, help="Remove the default entries.")
@paths_argument
@click.pass_obj
def command(
    invocation: Invocation,
    words: tuple[str, ...],
    is_default: bool,
    recursive: bool,
    replace: str | None,
    modify: str | None,
    remove: str | None,
    remove_all: bool,
    remove_default: bool,
) -> int:
    """Change an access control list by exactly one of --set, -m, -x, -b, -k.

    An entry is [default:](user|group|mask|other):[name]:rwx; several are separated by commas.
    """
    arity(words, 1, 1)
    actions = {
        "REPLACE": replace,
        "MODIFY": modify,
        "REMOVE": remove,
        "REMOVE_ALL": remove_all or None,
        "REMOVE_DEFAULT": remove_default or None,
    }
    chosen = [(action, value) for action, value in actions.items() if value is not None]
    if len(chosen) != 1:
        raise click.UsageError("Choose exactly one of --set, -m, -x, -b, -k.")
    action, value = chosen[0]

    async def work(fs: AsyncFileSystem) -> None:
        from pyalluxio.client.acl import parse_entries

        entries = parse_entries(value, with_bits=action != "REMOVE") if isinstance(value, str) else []
        if is_default:
            entries = [replace_fields(entry, is_default=True) for entry in entries]

        async def one(path: str) -> None:
            await fs.set_acl(path, action, entries, recursive=recursive)

        await each(fs, words, one)

    return run(invocation, words, work)
