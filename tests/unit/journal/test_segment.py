"""Segments: every way in which a file can be torn or damaged, and that the two are never confused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal import record
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.segment import HEADER, SegmentName
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, Peer


def data_entry(index: int, term: int = 1, data: bytes | None = None) -> Entry:
    payload = b"payload %d" % index if data is None else data
    return Entry(Term(term), Index(index), EntryKind.DATA, payload, client_id=b"0123456789abcdef", call_id=index)


def write(folder: Path, entries: list[Entry], name: str | None = None, tail: bytes = b"") -> Path:
    path = folder / (name or f"log_inprogress_{entries[0].index}")
    path.write_bytes(HEADER + b"".join(map(record.encode, entries)) + tail)
    return path


def indexes(store: LogStore) -> list[int]:
    if store.last_index < store.first_index:
        return []
    return [e.index for e in store.entries(store.first_index, Index(store.last_index + 1), 1 << 30)]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(data_entry(0, 0, b""), id="nothing set"),
        pytest.param(data_entry(7, 3, b"\0" * 300), id="two-byte length"),
        pytest.param(Entry(Term(2), Index(9), EntryKind.METADATA, commit_index=Index(8)), id="metadata"),
        pytest.param(
            Entry(
                Term(1),
                Index(0),
                EntryKind.CONFIGURATION,
                configuration=Configuration((Peer.at("h1:19200"), Peer.at("h2:1")), (Peer.at("h1:19200"),)),
            ),
            id="joint configuration",
        ),
    ],
)
def test_a_record_holds_the_whole_entry(entry: Entry) -> None:
    """A field lost between memory and disk would make replicas differ after a restart."""
    encoded = record.encode(entry)
    length = record.read_varint(encoded, 0)
    assert length is not None
    assert length[0] + length[1] + record.CHECKSUM_BYTES == len(encoded)
    assert record.decode(encoded[length[1] : -record.CHECKSUM_BYTES]) == entry
    head = record.peek(encoded, length[1])
    assert (head.term, head.index, head.kind) == (entry.term, entry.index, entry.kind)


@pytest.mark.parametrize("name", ["log_0-9", "log_10-10", "log_inprogress_0", "log_inprogress_77"])
def test_names_of_segments_round_trip(name: str) -> None:
    """A segment under another name is invisible to a Java master that takes the folder over."""
    assert str(SegmentName.parse(name)) == name


@pytest.mark.parametrize("name", ["log_1", "log_inprogress_", "raft-meta", "log_1-2.tmp", "xlog_1-2"])
def test_other_files_are_no_segments(name: str) -> None:
    """A left-over file taken for a segment would stop the start."""
    assert SegmentName.parse(name) is None


def test_every_torn_last_record_is_cut_at_its_start(tmp_path: Path) -> None:
    """A crash in the middle of a write, at any byte, must cost only what was never acknowledged."""
    entries = [data_entry(i, data=b"x" * 150) for i in range(4)]
    whole = write(tmp_path, entries).read_bytes()
    last_start = len(whole) - len(record.encode(entries[-1]))
    for size in range(last_start + 1, len(whole)):
        path = tmp_path / "log_inprogress_0"
        path.write_bytes(whole[:size])
        store = LogStore.open(tmp_path)
        assert indexes(store) == [0, 1, 2]
        assert store.torn_tail is not None
        assert (store.torn_tail.offset, store.torn_tail.size_bytes) == (last_start, size - last_start)
        store.append([data_entry(3)])
        store.sync()
        store.close()
        again = LogStore.open(tmp_path)
        assert again.torn_tail is None
        assert indexes(again) == [0, 1, 2, 3]
        again.close()


def test_every_torn_last_record_in_reserved_space_is_cut(tmp_path: Path) -> None:
    """A Java master reserves zeros ahead: its torn record is followed by zeros, not by the end of the file."""
    entries = [data_entry(i) for i in range(3)]
    whole = write(tmp_path, entries).read_bytes()
    last_start = len(whole) - len(record.encode(entries[-1]))
    for size in range(last_start, len(whole)):
        path = tmp_path / "log_inprogress_0"
        path.write_bytes(whole[:size].ljust(4096, b"\0"))
        store = LogStore.open(tmp_path)
        # A record whose lost bytes were zeros anyway is whole.
        expected = [0, 1] if whole[size:].strip(b"\0") else [0, 1, 2]
        assert indexes(store) == expected, size
        store.close()
        assert path.stat().st_size == (last_start if expected == [0, 1] else len(whole))


def test_every_torn_header_is_rewritten(tmp_path: Path) -> None:
    """A crash right after a new segment was created must not stop the next start."""
    for content in [HEADER[:n] for n in range(len(HEADER))] + [b"\0" * 8, b"\0" * 4096, b"Raft\0\0\0\0\0"]:
        write(tmp_path, [data_entry(i) for i in range(5)], "log_0-4")
        path = tmp_path / "log_inprogress_5"
        path.write_bytes(content)
        store = LogStore.open(tmp_path)
        assert (store.first_index, store.last_index) == (0, 4)
        store.append([data_entry(5)])
        store.sync()
        store.close()
        assert path.read_bytes() == HEADER + record.encode(data_entry(5))


@pytest.mark.parametrize("flip", [0x01, 0x40, 0x80, 0xFF])
def test_every_flipped_byte_of_every_record_is_reported(tmp_path: Path, flip: int) -> None:
    """Damage to an acknowledged entry, even in its length, must stop the start and never be cut as a torn tail."""
    entries = [data_entry(0), data_entry(1, data=b"y" * 200), data_entry(2)]
    path = write(tmp_path, entries)
    whole = path.read_bytes()
    for offset in range(len(HEADER), len(whole)):
        damaged = bytearray(whole)
        damaged[offset] ^= flip
        path.write_bytes(damaged)
        with pytest.raises(errors.JournalCorrupt, match=r"log_inprogress_0: offset \d+"):
            LogStore.open(tmp_path)
        assert path.read_bytes() == damaged, "a damaged file is evidence and stays as it is"


def test_the_report_of_a_damaged_record_names_file_offset_and_both_checksums(tmp_path: Path) -> None:
    """Without these an operator cannot tell which file to put back."""
    path = write(tmp_path, [data_entry(0), data_entry(1)], "log_0-1")
    content = bytearray(path.read_bytes())
    offset = len(HEADER) + len(record.encode(data_entry(0)))
    expected = content[-4:].hex()
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(errors.JournalCorrupt) as caught:
        LogStore.open(tmp_path)
    text = str(caught.value)
    assert f"{path}: offset {offset}: the record of entry 1 is damaged: expected checksum {expected}, found " in text


@pytest.mark.parametrize(
    ("files", "text"),
    [
        pytest.param({"log_0-1": [0, 1, 2]}, "ends with entry 2", id="more than its name says"),
        pytest.param({"log_0-3": [0, 1]}, "ends with entry 1", id="less than its name says"),
        pytest.param({"log_0-1": [0, 1], "log_inprogress_3": [3]}, "segment is missing", id="gap between files"),
        pytest.param({"log_0-1": [0, 1], "log_1-2": [1, 2]}, "there twice", id="overlap"),
        pytest.param({"log_inprogress_0": [0, 2]}, "expected entry 1, found entry 2", id="gap in a file"),
        pytest.param({"log_inprogress_0": [0], "log_1-1": [1]}, "still in progress", id="closed after in progress"),
    ],
)
def test_missing_entries_are_reported(tmp_path: Path, files: dict[str, list[int]], text: str) -> None:
    """A deleted or misplaced file must not look like a shorter history."""
    for name, content in files.items():
        write(tmp_path, [data_entry(i) for i in content], name)
    with pytest.raises(errors.JournalCorrupt, match=text):
        LogStore.open(tmp_path)


def test_a_torn_closed_segment_is_damage(tmp_path: Path) -> None:
    """A closed segment was fsynced before it was renamed: a short one has lost acknowledged entries."""
    path = write(tmp_path, [data_entry(0), data_entry(1)], "log_0-1")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(errors.JournalCorrupt, match="reach beyond the end"):
        LogStore.open(tmp_path)


def test_a_term_that_falls_is_reported(tmp_path: Path) -> None:
    """A file of another journal put into the folder shows itself by its terms."""
    write(tmp_path, [data_entry(0, 5)], "log_0-0")
    write(tmp_path, [data_entry(1, 4)])
    with pytest.raises(errors.JournalCorrupt, match="term 4, lower than term 5"):
        LogStore.open(tmp_path)


def test_a_foreign_file_is_reported(tmp_path: Path) -> None:
    """Anything else under a segment's name must not be overwritten."""
    (tmp_path / "log_inprogress_0").write_bytes(b"precious content")
    with pytest.raises(errors.JournalCorrupt, match="does not start with RaftLog1"):
        LogStore.open(tmp_path)
    assert (tmp_path / "log_inprogress_0").read_bytes() == b"precious content"
