"""The journal of an official 2.9.6 master, recorded after its first start, is read and written to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio.ids import Index, Term
from pyalluxio.journal import record
from pyalluxio.journal.dump import JournalDump
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.segment import HEADER
from pyalluxio.raft.messages import Configuration, EntryKind, HardState, Peer, PeerId

OFFICIAL = Path(__file__).parent / "data" / "official-2.9.6"
SEGMENT = OFFICIAL / "log_inprogress_0"
KINDS = "CDMDMDMDMDM"  # configuration, then data and metadata in turn


def test_entries_of_an_official_master_are_read() -> None:
    """Taking over a journal in place must not misread a single entry."""
    entries = list(JournalDump.of(OFFICIAL).entries())
    assert "".join(entry.kind.name[0] for entry in entries) == KINDS
    assert [entry.index for entry in entries] == list(range(11))
    assert {entry.term for entry in entries} == {1}
    assert entries[0].configuration == Configuration((Peer.at("127.0.0.1:19201"),))
    assert [entry.commit_index for entry in entries if entry.kind is EntryKind.METADATA] == [1, 3, 5, 7, 9]
    assert all(len(entry.client_id) == 16 and entry.data for entry in entries if entry.kind is EntryKind.DATA)


def test_what_we_write_is_what_the_official_master_wrote() -> None:
    """A Java peer that opens our segment compares checksums over these very bytes."""
    entries = JournalDump.of(OFFICIAL).entries()
    assert HEADER + b"".join(map(record.encode, entries)) == SEGMENT.read_bytes()


def test_meta_files_of_an_official_master_are_read() -> None:
    """Its vote in the current term binds us when we go on in its place."""
    meta = MetaFiles(OFFICIAL)
    assert meta.read_hard_state() == HardState(Term(1), PeerId("127.0.0.1_19201"))
    assert meta.read_configuration() == Configuration((Peer.at("127.0.0.1:19201"),))


def test_the_space_a_running_official_master_reserves_is_skipped(tmp_path: Path) -> None:
    """A killed Java master leaves 4 MB of zeros behind its last record; we go on right behind the record."""
    path = tmp_path / SEGMENT.name
    path.write_bytes(SEGMENT.read_bytes().ljust(4 << 20, b"\0"))
    store = LogStore.open(tmp_path)
    assert store.torn_tail is None
    assert store.last_index == 10
    assert path.stat().st_size == SEGMENT.stat().st_size
    store.close()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(-1, None, range(11)), (3, None, range(3, 11)), (2, 4, range(2, 5)), (10, 99, [10]), (11, None, [])],
)
def test_a_dump_can_be_limited(first: int, last: int | None, expected: list[int]) -> None:
    """Nobody wants to page through a million entries to see ten."""
    limit = None if last is None else Index(last)
    assert [entry.index for entry in JournalDump.of(OFFICIAL).entries(Index(first), limit)] == list(expected)
