"""A member of a quorum of one: proposals, delivery, back-pressure, restart, full and failing disks."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.waiting import until

from pyalluxio import errors
from pyalluxio.conf import Configuration
from pyalluxio.ids import Index
from pyalluxio.journal import disk, driver, meta_file
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.node import CommittedEntry, EntryKind, JournalNode, JournalOptions, LogPosition, Role, RoleChange
from pyalluxio.raft.messages import NO_INDEX, Peer

ADDRESS = "127.0.0.1:19200"
OPTIONS = JournalOptions(free_space_min_bytes=0)


class Member:
    """A node with a state machine that remembers everything; it says `applied` at once unless told to hold."""

    def __init__(self, folder: Path, options: JournalOptions = OPTIONS, *, is_holding: bool = False) -> None:
        if not JournalFolder(folder).is_formatted:
            format_journal(folder)
        self.node = JournalNode.open(folder, self_address=ADDRESS, options=options)
        self.entries: list[CommittedEntry] = []
        self.calls = 0
        self.roles: list[RoleChange] = []
        self.events: list[object] = []
        self.failure: BaseException | None = None
        self.is_holding = is_holding

    def start(self, applied_index: int = NO_INDEX) -> Member:
        loop = asyncio.get_running_loop()
        self.node.start(loop, self._committed, self._role, self._failed, applied_index=Index(applied_index))
        return self

    async def leading(self) -> Member:
        await until(lambda: self.roles and self.roles[-1].role is Role.LEADER, what="leadership")
        return self

    @property
    def data(self) -> list[bytes]:
        return [entry.data for entry in self.entries if entry.kind is EntryKind.DATA]

    def _committed(self, entries: list[CommittedEntry]) -> None:
        self.calls += 1
        self.entries += entries
        self.events += entries
        if not self.is_holding:
            self.node.applied(entries[-1].index)

    def _role(self, change: RoleChange) -> None:
        self.roles.append(change)
        self.events.append(change)

    def _failed(self, error: BaseException) -> None:
        assert self.failure is None, "told once"
        self.failure = error


async def within(awaitable: asyncio.Future[LogPosition] | asyncio.Future[Index]) -> LogPosition | Index:
    return await asyncio.wait_for(awaitable, 10)


async def test_a_quorum_of_one_leads_at_once(tmp_path: Path) -> None:
    """A cluster of one master must not wait for an election timeout at every start."""
    options = replace(OPTIONS, election_timeout_min_ms=600_000, election_timeout_max_ms=600_001)
    member = await Member(tmp_path, options).start().leading()
    (change,) = member.roles
    assert (change.role, change.term, change.leader, change.term_first_index) == (Role.LEADER, 1, "127.0.0.1_19200", 0)
    await until(lambda: member.entries)
    assert [(e.index, e.term, e.kind) for e in member.entries] == [(0, 1, EntryKind.CONFIGURATION)]
    assert member.events[0] is change, "the role is told before the entries of its term"
    await member.node.stop()
    assert MetaFiles(JournalFolder(tmp_path).current).read_hard_state().term == 1


async def test_proposals_are_committed_in_order_and_delivered_once(tmp_path: Path) -> None:
    """Order is what makes replicas equal."""
    member = await Member(tmp_path).start().leading()
    wanted = [b"%d" % i for i in range(2000)]
    positions = await asyncio.gather(*(within(member.node.propose(data)) for data in wanted))
    assert member.data == wanted
    by_index = {entry.index: entry for entry in member.entries}
    assert [by_index[p.index].data for p in positions if isinstance(p, LogPosition)] == wanted
    assert [entry.index for entry in member.entries] == list(range(len(member.entries)))
    await member.node.stop()


async def test_a_burst_of_proposals_shares_fsyncs_and_wake_ups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One fsync or one loop wake-up per entry would cap the master at a few hundred changes a second."""
    count = 0
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        nonlocal count
        count += 1
        real(fd)

    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    monkeypatch.setattr(os, "fdatasync", fdatasync)
    calls = member.calls
    await asyncio.gather(*(within(member.node.propose(b"x")) for _ in range(5000)))
    assert 1 <= count < 100
    assert member.calls - calls < 100
    await member.node.stop()


async def test_nothing_is_acknowledged_before_its_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledged change that is only in the page cache is lost with the power."""
    gate, entered = threading.Event(), threading.Event()
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        entered.set()
        assert gate.wait(10)
        real(fd)

    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    monkeypatch.setattr(os, "fdatasync", fdatasync)
    future = member.node.propose(b"x")
    assert await asyncio.to_thread(entered.wait, 10)
    assert not future.done()
    assert member.data == []
    gate.set()
    await within(future)
    assert member.data == [b"x"]
    await member.node.stop()


async def test_a_restart_replays_what_the_state_lacks(tmp_path: Path) -> None:
    """The log is the truth: a store that lost its tail, or everything, is brought back by it."""
    member = await Member(tmp_path).start().leading()
    for data in (b"a", b"b", b"c"):
        await within(member.node.propose(data))
    await member.node.stop()
    positions = {entry.data: entry.index for entry in member.entries if entry.data}

    empty = await Member(tmp_path).start().leading()
    await until(lambda: len(empty.data) == 3)
    assert empty.data == [b"a", b"b", b"c"]
    assert empty.roles[-1].term == 2
    await empty.node.stop()

    partly = await Member(tmp_path).start(applied_index=positions[b"b"]).leading()
    await until(lambda: partly.data)
    assert partly.entries[0].index == positions[b"b"] + 1
    assert partly.data == [b"c"]
    await partly.node.stop()


async def test_a_state_that_does_not_fit_the_log_is_refused(tmp_path: Path) -> None:
    """A journal folder and a metadata store of different histories must not be mixed."""
    member = await Member(tmp_path).start().leading()
    await within(member.node.propose(b"a"))
    await member.node.stop()
    other = Member(tmp_path)
    with pytest.raises(errors.JournalCorrupt, match="has applied entry 99, but the journal in .* ends at entry 1"):
        other.start(applied_index=99)
    await other.node.stop()


async def test_delivery_waits_for_a_slow_state_machine(tmp_path: Path) -> None:
    """A long replay must not pile the whole log up in memory."""
    member = await Member(tmp_path).start().leading()
    wanted = [b"%03d" % i * 100 for i in range(300)]
    await asyncio.gather(*(within(member.node.propose(data)) for data in wanted))
    await member.node.stop()

    window = 5000
    slow = await Member(tmp_path, replace(OPTIONS, apply_window_bytes=window), is_holding=True).start().leading()
    await until(lambda: slow.entries)
    applied = NO_INDEX
    while len(slow.data) < len(wanted):
        outstanding = sum(entry.size_bytes for entry in slow.entries if entry.index > applied)
        assert outstanding <= window + 400
        applied = slow.entries[-1].index
        seen = len(slow.entries)
        slow.node.applied(applied)
        await until(lambda seen=seen: len(slow.entries) > seen, what="more entries after applied")
    assert slow.data == wanted
    await slow.node.stop()


async def test_a_full_queue_is_told_to_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that stalls must cost callers an answer, not the master its memory."""
    gate = threading.Event()
    member = await Member(tmp_path, replace(OPTIONS, queue_size_max_bytes=1000)).start().leading()
    await until(lambda: member.entries)
    monkeypatch.setattr(os, "fdatasync", lambda fd: gate.wait(10))
    futures = [member.node.propose(b"x" * 100) for _ in range(10)]
    with pytest.raises(errors.Busy):
        member.node.propose(b"x")
    gate.set()
    await asyncio.gather(*map(within, futures))
    await within(member.node.propose(b"x" * 900))
    await member.node.stop()


async def test_an_oversized_entry_is_refused(tmp_path: Path) -> None:
    """An entry that no peer accepts would block the log for ever."""
    member = await Member(tmp_path, replace(OPTIONS, entry_size_max_bytes=100)).start().leading()
    with pytest.raises(errors.InvalidArgument, match="101 bytes is larger than 100 bytes"):
        member.node.propose(b"x" * 101)
    await within(member.node.propose(b"x" * 100))
    await member.node.stop()


async def test_read_index_covers_every_acknowledged_change(tmp_path: Path) -> None:
    """A read that starts after a write was acknowledged must see it."""
    member = await Member(tmp_path).start().leading()
    for _ in range(3):
        position = await within(member.node.propose(b"x"))
        index = await within(member.node.read_index())
        assert isinstance(position, LogPosition)
        assert isinstance(index, int)
        assert index >= position.index
    await member.node.stop()


async def test_below_the_floor_of_free_space_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last bytes of a disk are needed to get out of the trouble; callers get an error meanwhile."""
    monkeypatch.setattr(disk, "FREE_SPACE_CHECK_INTERVAL_S", 0)
    member = await Member(tmp_path, replace(OPTIONS, free_space_min_bytes=1000)).start().leading()
    await within(member.node.propose(b"before"))
    assert member.node.status().applied_index == member.entries[-1].index
    last = member.node.status().last_index
    monkeypatch.setattr(JournalFolder, "free_bytes", lambda self: 999)
    with pytest.raises(errors.DiskFull, match=r"999 bytes free, 1000 are kept"):
        await within(member.node.propose(b"refused"))
    assert member.node.status().last_index == last
    assert member.node.status().is_disk_full
    monkeypatch.setattr(JournalFolder, "free_bytes", lambda self: 1001)
    await within(member.node.propose(b"after"))
    assert member.data == [b"before", b"after"]
    await member.node.stop()


async def test_a_disk_that_is_full_in_the_middle_of_a_write_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proposed entry cannot be withdrawn; later ones are refused until there is space, then all goes on."""
    is_full = True
    real = os.pwrite

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data, offset)

    monkeypatch.setattr(driver, "DISK_FULL_RETRY_INTERVAL_S", 0.01)
    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    monkeypatch.setattr(os, "pwrite", pwrite)
    held = member.node.propose(b"held")
    await until(lambda: member.node.status().is_disk_full)
    with pytest.raises(errors.DiskFull):
        await within(member.node.propose(b"refused"))
    assert not held.done()
    is_full = False
    await within(held)
    await within(member.node.propose(b"after"))
    assert not member.node.status().is_disk_full
    await member.node.stop()
    assert member.data == [b"held", b"after"]


async def test_a_start_on_a_full_disk_goes_on_once_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Term, vote and members must be written, too; a master that dies of it comes back to the same full disk."""
    failures = {"raft-meta": 2, "raft-meta.conf": 2}
    real = meta_file.replace_file

    def replace_file(path: Path, content: bytes) -> None:
        if failures[path.name] > 0:
            failures[path.name] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    member = Member(tmp_path)
    monkeypatch.setattr(driver, "DISK_FULL_RETRY_INTERVAL_S", 0.01)
    monkeypatch.setattr(meta_file, "replace_file", replace_file)
    await member.start().leading()
    await until(lambda: member.entries)
    assert failures == {"raft-meta": 0, "raft-meta.conf": 0}
    await within(member.node.propose(b"x"))
    assert member.failure is None
    await member.node.stop()


async def test_a_failing_disk_ends_the_journal_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A master whose log cannot be trusted must stop, and say why, rather than hang its callers."""

    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(errors.Unavailable, match="Input/output error"):
        await within(member.node.propose(b"x"))
    assert isinstance(member.failure, errors.DataLoss)
    with pytest.raises(errors.Unavailable, match="Input/output error"):
        await within(member.node.propose(b"y"))
    assert member.data == []
    monkeypatch.undo()
    await member.node.stop()


async def test_a_state_machine_that_fails_ends_the_journal(tmp_path: Path) -> None:
    """After a failed apply the state is of unknown content: nothing may be acknowledged on top of it."""
    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)

    def committed(entries: list[CommittedEntry]) -> None:
        raise errors.InvariantViolated("Sequence number 7 expected, 9 found.")

    member.node._on_committed = committed
    with pytest.raises(errors.Unavailable, match="Sequence number 7 expected"):
        await within(member.node.propose(b"x"))
    assert isinstance(member.failure, errors.InvariantViolated)
    await member.node.stop()


async def test_stop_fails_what_waits_and_unlocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller must not wait for ever for a journal that has gone."""
    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    await member.node.stop()
    await member.node.stop()
    for future in (member.node.propose(b"x"), member.node.read_index()):
        with pytest.raises(errors.Unavailable, match="stopped"):
            await future
    again = await Member(tmp_path).start().leading()
    await again.node.stop()


async def test_a_cancelled_future_does_not_disturb_the_others(tmp_path: Path) -> None:
    """Callers give up at their deadline; the entry is committed all the same."""
    member = await Member(tmp_path).start().leading()
    futures = [member.node.propose(b"%d" % i) for i in range(3)]
    futures[1].cancel()
    await within(futures[0])
    await within(futures[2])
    assert member.data == [b"0", b"1", b"2"]
    await member.node.stop()


async def test_the_log_stays_bounded_once_the_state_is_durable(tmp_path: Path) -> None:
    """A journal folder of 500 GB is the complaint about the original."""
    options = replace(OPTIONS, segment_size_max_bytes=10_000, retain_bytes=30_000)
    member = await Member(tmp_path, options).start().leading()
    for _ in range(10):
        last = await asyncio.gather(*(within(member.node.propose(b"x" * 500)) for _ in range(40)))
        position = last[-1]
        assert isinstance(position, LogPosition)
        member.node.state_durable(position.index)
    await within(member.node.propose(b"x"))
    status = member.node.status()
    assert 30_000 <= status.log_size_bytes <= 60_000
    assert status.first_index > 0
    await member.node.stop()

    with_store = await Member(tmp_path, options).start(applied_index=status.last_index).leading()
    await with_store.node.stop()
    without_store = Member(tmp_path, options)
    with pytest.raises(errors.JournalCorrupt, match=rf"starts at entry {status.first_index}, but the metadata store"):
        without_store.start()
    await without_store.node.stop()


async def test_the_log_is_not_purged_beyond_what_the_state_has(tmp_path: Path) -> None:
    """Entries that exist nowhere else must stay, however large the log gets."""
    options = replace(OPTIONS, segment_size_max_bytes=10_000, retain_bytes=0)
    member = await Member(tmp_path, options).start().leading()
    await asyncio.gather(*(within(member.node.propose(b"x" * 500)) for _ in range(100)))
    member.node.state_durable(Index(50))
    await within(member.node.propose(b"x"))
    assert 0 < member.node.status().first_index <= 51
    await member.node.stop()


async def test_members_and_addresses_that_do_not_fit_are_told(tmp_path: Path) -> None:
    """A renamed host would wait for ever for votes that nobody can give."""
    member = await Member(tmp_path).start().leading()
    await until(lambda: member.entries)
    await member.node.stop()
    with pytest.raises(errors.ConfigurationError, match=r"quorum of 127.0.0.1:19200, which other:19200 is not part"):
        JournalNode.open(tmp_path, self_address="other:19200")
    fresh = tmp_path / "fresh"
    format_journal(fresh)
    with pytest.raises(errors.ConfigurationError, match=r"has 2 members \(127.0.0.1:19200, b:1\)"):
        JournalNode.open(fresh, self_address=ADDRESS, peers=[ADDRESS, "b:1"])
    again = await Member(tmp_path).start().leading()
    assert again.node.status().configuration.peers == (Peer.at(ADDRESS),)
    await again.node.stop()


async def test_metadata_entries_ride_with_the_next_write(tmp_path: Path) -> None:
    """They keep the commit index on disk, as Java peers expect, without an fsync of their own."""
    member = await Member(tmp_path).start().leading()
    for data in (b"a", b"b"):
        await within(member.node.propose(data))
    await member.node.stop()
    store = LogStore.open(JournalFolder(tmp_path).current)
    entries = store.entries(Index(0), Index(store.last_index + 1), 1 << 20)
    assert [(e.kind.name, e.data, e.commit_index) for e in entries] == [
        ("CONFIGURATION", b"", -1),
        ("DATA", b"a", -1),
        ("METADATA", b"", 1),
        ("DATA", b"b", -1),
    ]
    store.close()


def test_options_come_from_the_properties() -> None:
    """An operator who sets a bound must get it."""
    assert JournalOptions.of(Configuration.for_test({})) == JournalOptions()
    conf = Configuration.for_test(
        {
            "alluxio.master.journal.log.size.bytes.max": "1MB",
            "alluxio.master.embedded.journal.entry.size.max": "2MB",
            "alluxio.master.embedded.journal.flush.size.max": "3MB",
            "alluxio.master.embedded.journal.unsafe.flush.enabled": "true",
            "alluxio.master.embedded.journal.election.timeout.min": "4s",
            "alluxio.master.embedded.journal.election.timeout.max": "5s",
        }
    )
    assert JournalOptions.of(conf) == JournalOptions(
        segment_size_max_bytes=1 << 20,
        entry_size_max_bytes=2 << 20,
        queue_size_max_bytes=3 << 20,
        fsync=False,
        election_timeout_min_ms=4000,
        election_timeout_max_ms=5000,
    )
