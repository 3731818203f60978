"""`alluxio journal read` (2.9: `readJournal`): the entries of a journal as text, for people who look for a cause."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES
from pyalluxio.errors import ConfigurationError

if TYPE_CHECKING:
    from pyalluxio.raft.messages import Entry

# Which master of 2.9 an entry belongs to; all others are the file system master's.
MASTER_OF = {
    "block_container_id_generator": "BlockMaster",
    "block_info": "BlockMaster",
    "delete_block": "BlockMaster",
    "cluster_info": "MetaMaster",
    "path_properties": "MetaMaster",
    "remove_path_properties": "MetaMaster",
    **dict.fromkeys(
        (
            "add_table",
            "add_table_partitions",
            "add_transform_job_info",
            "attach_db",
            "complete_transform_table",
            "detach_db",
            "remove_table",
            "remove_transform_job_info",
            "update_database_info",
        ),
        "TableMaster",
    ),
}
FILE_SYSTEM_MASTER = "FileSystemMaster"
MASTERS = (FILE_SYSTEM_MASTER, "BlockMaster", "MetaMaster", "TableMaster")
# What every entry has beside the one field that says what happened.
_FRAME = {"sequence_number", "operationId", "journal_entries"}
SEPARATOR = "-" * 80


@click.command("read", context_settings=HELP_NAMES)
@click.option("--start", "-start", type=int, default=0, show_default=True, help="First sequence number.")
@click.option(
    "--end", "-end", type=int, default=-1, show_default=True, help="Sequence number to stop before; -1: none."
)
@click.option(
    "--input-dir", "-inputDir", "folder", type=click.Path(path_type=Path), help="A journal folder, or a copy of one."
)
@click.option("--output-dir", "-outputDir", "output", type=click.Path(path_type=Path), help="Folder to make.")
@click.option(
    "--master", "-master", type=click.Choice([*MASTERS, "all"]), default=FILE_SYSTEM_MASTER, show_default=True
)
@click.pass_obj
def read(invocation: Invocation, start: int, end: int, folder: Path | None, output: Path | None, master: str) -> None:
    """Write the entries of a journal into a text file; the journal is not changed.

    Stop the master first: of a journal that is in use, what is written meanwhile may be missing.

    \b
    Examples:
      alluxio journal read
      alluxio journal read --start 1000 --end 2000 --master all --output-dir /var/tmp/dump
    """
    from pyalluxio.journal.dump import JournalDump

    source = folder or Path(invocation.configuration("master").text("alluxio.master.journal.folder"))
    target = output or Path.cwd() / f"journal_dump-{time.time_ns() // 1_000_000}"
    dump = JournalDump.of(source)
    click.echo(f"Dumping journal of type EMBEDDED to {target.absolute()}")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with (target / "edits.txt").open("w", encoding="utf-8") as file:
            written = 0
            for entry in dump.entries():
                for text in _texts(entry, start, end, master):
                    file.write(f"{SEPARATOR}\n{text}")
                    written += 1
    except OSError as error:
        raise ConfigurationError(
            f"{target} cannot be written ({error.strerror}): name another folder with --output-dir."
        ) from error
    if dump.torn_tail is not None:
        click.echo(f"The last record is incomplete: {dump.torn_tail}", err=True)
    click.echo(f"Wrote {written:,} entries to {(target / 'edits.txt').absolute()}", err=True)


def _texts(entry: Entry, start: int, end: int, master: str) -> Iterator[str]:
    """Yield what is selected of one entry of the log, as protobuf's text; members and terms only with `all`."""
    from google.protobuf import text_format

    from pyalluxio.raft.messages import EntryKind
    from pyalluxio.wire.gen import journal_pb2

    if entry.kind is EntryKind.DATA:
        message = journal_pb2.JournalEntry.FromString(entry.data)
        for each in _flat(message):
            number = each.sequence_number
            if number >= start and (end < 0 or number < end) and master in (_master_of(each), "all"):
                yield f"# term {entry.term}, index {entry.index}\n{text_format.MessageToString(each, as_utf8=True)}"
    elif entry.kind is EntryKind.CONFIGURATION and master == "all" and entry.configuration is not None:
        peers = ", ".join(peer.address for peer in entry.configuration.peers)
        old = ", ".join(peer.address for peer in entry.configuration.old_peers)
        before = f", coming from {old}" if old else ""
        yield f"# term {entry.term}, index {entry.index}\n# the members of the quorum: {peers}{before}\n"


def _flat(message: Any) -> Iterator[Any]:
    """Yield an entry, or the entries that it bundles."""
    if not message.journal_entries:
        yield message
    for inner in message.journal_entries:
        yield from _flat(inner)


def _master_of(message: Any) -> str:
    names = [field.name for field, _ in message.ListFields() if field.name not in _FRAME]
    return MASTER_OF.get(names[0], FILE_SYSTEM_MASTER) if names else FILE_SYSTEM_MASTER
