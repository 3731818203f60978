"""The log on disk: what is appended comes back, in segments, after a restart, a truncation, a purge, a full disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal import record, segment
from pyalluxio.journal.log_store import LogStore
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, Peer

ALONE = Configuration((Peer.at("127.0.0.1:19200"),))


def data_entries(first: int, last: int, term: int = 1, size: int = 50) -> list[Entry]:
    return [
        Entry(Term(term), Index(i), EntryKind.DATA, b"%d" % i * (size // len(str(i))), client_id=b"c" * 16, call_id=i)
        for i in range(first, last + 1)
    ]


def small(folder: Path, **options: int) -> LogStore:
    return LogStore.open(folder, segment_size_max_bytes=1000, **options)


def content(store: LogStore) -> list[Entry]:
    return store.entries(store.first_index, Index(store.last_index + 1), 1 << 30)


def after(first: Callable[[], None], then: Callable[..., object]) -> Callable[..., object]:
    def both(*args: object) -> object:
        first()
        return then(*args)

    return both


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_segments_roll_at_their_size_and_at_a_new_term(tmp_path: Path) -> None:
    """Without rolling nothing could ever be purged; a Java master expects one term in a file."""
    store = small(tmp_path)
    store.append(data_entries(0, 29))
    store.append(data_entries(30, 31, term=2))
    store.sync()
    store.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert all(size <= 1000 for size in sizes.values())
    assert len(sizes) >= 4
    assert "log_inprogress_30" in sizes
    again = small(tmp_path)
    assert content(again) == data_entries(0, 29) + data_entries(30, 31, term=2)
    assert [again.term(Index(i)) for i in (-1, 0, 29, 30, 31, 32)] == [None, 1, 1, 2, 2, None]


def test_an_entry_larger_than_a_segment_has_one_of_its_own(tmp_path: Path) -> None:
    """A big batch must not be refused only because segments are small."""
    store = small(tmp_path)
    entries = data_entries(0, 0) + data_entries(1, 1, size=5000) + data_entries(2, 2)
    store.append(entries)
    store.sync()
    store.close()
    assert names(tmp_path) == ["log_0-0", "log_1-1", "log_inprogress_2"]
    assert content(small(tmp_path)) == entries


@pytest.mark.parametrize("cache_bytes", [1, 500, 1 << 20])
def test_entries_come_from_memory_and_disk_alike(tmp_path: Path, cache_bytes: int) -> None:
    """A follower that lags reads from disk what a near one reads from memory; both must get the same."""
    store = small(tmp_path, cache_bytes=cache_bytes)
    entries = data_entries(0, 49)
    for entry in entries:
        store.append([entry])
    for low in range(0, 50, 7):
        for high in (low + 1, min(50, low + 20), 50):
            assert store.entries(Index(low), Index(high), 1 << 20) == entries[low:high]
    one = entries[0].size_bytes
    assert store.entries(Index(3), Index(50), 1) == entries[3:4]
    assert store.entries(Index(3), Index(50), 4 * one) == entries[3:7]


def test_a_long_replay_reads_each_entry_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay in parts that reads the rest of a segment for each part takes minutes instead of seconds."""
    store = LogStore.open(tmp_path, segment_size_max_bytes=100_000, cache_bytes=1)
    entries = data_entries(0, 1999)
    store.append(entries)
    decoded = 0
    real = record.decode

    def decode(body: bytes) -> Entry:
        nonlocal decoded
        decoded += 1
        return real(body)

    monkeypatch.setattr(record, "decode", decode)
    read: list[Entry] = []
    while len(read) < len(entries):
        read += store.entries(Index(len(read)), Index(len(entries)), 2000)
    assert read == entries
    assert decoded <= 1.5 * len(entries)


def test_a_record_damaged_while_running_is_found_when_it_is_read(tmp_path: Path) -> None:
    """A disk that rots under a running master must not feed wrong entries to its followers."""
    store = small(tmp_path, cache_bytes=1)
    store.append(data_entries(0, 29))
    store.sync()
    path = next(path for path in tmp_path.iterdir() if path.name.startswith("log_0-"))
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(errors.JournalCorrupt, match=f"{path.name}: offset"):
        store.entries(Index(0), Index(10), 1 << 20)


@pytest.mark.parametrize("from_index", [0, 1, 12, 13, 14, 25, 29, 30, 35])
@pytest.mark.parametrize("is_reopened", [False, True])
def test_truncated_entries_are_gone_and_the_log_goes_on(tmp_path: Path, from_index: int, is_reopened: bool) -> None:
    """A deposed leader's tail that came back after a restart would be an entry nobody agreed on."""
    store = small(tmp_path)
    store.append(data_entries(0, 29))
    store.append(data_entries(30, 35, term=2))
    store.sync()
    store.truncate(Index(from_index))
    if is_reopened:
        store.close()
        store = small(tmp_path)
    assert store.last_index == from_index - 1
    added = data_entries(from_index, from_index + 20, term=3)
    store.append(added)
    store.sync()
    store.close()
    kept = (data_entries(0, 29) + data_entries(30, 35, term=2))[:from_index]
    assert content(small(tmp_path)) == kept + added


def test_a_crash_inside_a_truncation_leaves_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power lost between the steps of a truncation: the old log, or a part of its tail less, but never damage."""
    reference = tmp_path / "reference"
    reference.mkdir()
    store = small(reference)
    store.append(data_entries(0, 49))
    store.sync()
    store.close()

    class Crash(Exception):
        pass

    for steps in range(20):
        folder = tmp_path / f"after-{steps}"
        folder.mkdir()
        for path in reference.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        store = small(folder)
        left = steps

        def one_step() -> None:
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1

        with monkeypatch.context() as patch:
            for owner, name in ((Path, "unlink"), (Path, "rename"), (os, "ftruncate")):
                patch.setattr(owner, name, after(one_step, getattr(owner, name)))
            try:
                store.truncate(Index(15))
                is_done = True
            except Crash:
                is_done = False
        store.close()
        again = small(folder)
        assert again.torn_tail is None
        assert content(again) == data_entries(0, 49)[: again.last_index + 1]
        assert again.last_index >= 14
        again.close()
        if is_done:
            assert again.last_index == 14
            return
    pytest.fail("the truncation never came to its end")


def test_purge_deletes_whole_old_segments_only(tmp_path: Path) -> None:
    """The log must stay bounded, and yet hold everything that the state does not have."""
    store = small(tmp_path)
    store.append(data_entries(0, 99))
    store.sync()
    before = store.size_bytes
    assert store.purge(Index(5), retain_bytes=0) == []
    assert store.purge(Index(99), retain_bytes=before) == []
    deleted = store.purge(Index(60), retain_bytes=0)
    assert deleted
    first = store.first_index
    assert 40 < first <= 61
    assert content(store) == data_entries(first, 99)
    store.purge(Index(99), retain_bytes=2000)
    assert 2000 <= store.size_bytes < 4000
    first = store.first_index
    assert store.term(Index(first - 1)) == 1, "a follower that ends right there can still go on from the log"
    assert store.term(Index(first - 2)) is None
    store.close()
    again = small(tmp_path)
    assert content(again) == data_entries(first, 99)


def test_a_purged_log_that_is_truncated_to_nothing_keeps_its_place(tmp_path: Path) -> None:
    """A log that forgot where it was would start again at entry 0 and contradict its own snapshot."""
    store = small(tmp_path)
    store.append(data_entries(0, 99))
    store.purge(Index(99), retain_bytes=0)
    first = store.first_index
    assert first > 0
    store.truncate(first)
    assert (store.first_index, store.last_index) == (first, first - 1)
    store.close()
    again = small(tmp_path)
    assert (again.first_index, again.last_index) == (first, first - 1)
    again.append(data_entries(first, first + 3, term=2))
    assert content(again) == data_entries(first, first + 3, term=2)


def test_configurations_and_commit_index_are_known_after_a_restart(tmp_path: Path) -> None:
    """They decide who may vote and what may be applied before anything else is read."""
    store = small(tmp_path)
    joint = Configuration(ALONE.peers, (Peer.at("old:1"),))
    store.append(
        [
            Entry(Term(1), Index(0), EntryKind.CONFIGURATION, configuration=ALONE),
            *data_entries(1, 2),
            Entry(Term(1), Index(3), EntryKind.METADATA, commit_index=Index(2)),
            Entry(Term(1), Index(4), EntryKind.CONFIGURATION, configuration=joint),
        ]
    )
    store.sync()
    store.close()
    store = small(tmp_path)
    assert store.configurations() == [(0, ALONE), (4, joint)]
    assert store.last_commit_index() == 2
    store.truncate(Index(4))
    assert store.configurations() == [(0, ALONE)]


def test_a_full_disk_leaves_a_prefix_and_the_append_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a record left behind by a full disk would be in the middle of the log after the next append."""
    real = os.pwrite
    space = 1700

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        nonlocal space
        if space == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = min(space, len(data), 300)
        space -= taken
        return real(fd, bytes(data)[:taken], offset)

    store = small(tmp_path)
    store.append(data_entries(0, 4))
    store.sync()
    monkeypatch.setattr(segment.os, "pwrite", pwrite)
    batch = data_entries(5, 40)
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            store.append(batch)
        assert 4 <= store.last_index < 40
        copy = LogStore.open(tmp_path)
        assert copy.torn_tail is None
        assert content(copy) == data_entries(0, copy.last_index)
        copy.close()
    space = 1 << 20
    store.append(batch)
    store.sync()
    store.close()
    assert content(small(tmp_path)) == data_entries(0, 40)


def test_a_failed_fsync_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync the kernel may report success for pages that it dropped: nothing may be acknowledged."""

    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    store = small(tmp_path)
    store.append(data_entries(0, 1))
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(errors.DataLoss, match="log_inprogress_0: fsync failed: Input/output error"):
        store.sync()
