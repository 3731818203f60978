"""The write path against a journal whose every step the test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from pyalluxio.errors import Busy, DiskFull, FileDoesNotExist, Internal, InvariantViolated, NotLeader
from pyalluxio.ids import Index, Term
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.journal.node import CommittedEntry, EntryKind, LogPosition, Role, RoleChange
from pyalluxio.master import pipeline as pipeline_module
from pyalluxio.master.applied import read_applied
from pyalluxio.master.path_locks import PathLocks
from pyalluxio.master.pipeline import Batch, Pipeline
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.tx import BLOCKS
from pyalluxio.raft.messages import PeerId


class FakeJournal:
    """Keeps proposals until the test commits or fails them."""

    def __init__(self) -> None:
        self.pending: list[tuple[bytes, asyncio.Future[LogPosition]]] = []
        self.log: list[CommittedEntry] = []
        self.applied_to = -1
        self.refuse: Exception | None = None
        self.leases = True
        self.rounds: list[asyncio.Future[Index]] = []
        self.pipeline: Pipeline

    def has_lease(self) -> bool:
        return self.leases

    def read_index(self) -> asyncio.Future[Index]:
        self.rounds.append(asyncio.get_running_loop().create_future())
        return self.rounds[-1]

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        if self.refuse is not None:
            raise self.refuse
        future: asyncio.Future[LogPosition] = asyncio.get_running_loop().create_future()
        self.pending.append((data, future))
        return future

    def applied(self, index: Index) -> None:
        self.applied_to = index

    def deliver(self, kind: EntryKind, term: int, data: bytes = b"") -> CommittedEntry:
        entry = CommittedEntry(term=Term(term), index=Index(len(self.log)), kind=kind, data=data)
        self.log.append(entry)
        self.pipeline.on_committed([entry])
        return entry

    def commit(self, term: int = 1) -> None:
        data, future = self.pending.pop(0)
        entry = self.deliver(EntryKind.DATA, term, data)
        if not future.done():
            future.set_result(LogPosition(entry.term, entry.index))


class Cluster:
    """One pipeline over a dict store and a fake journal."""

    def __init__(self, **arguments: Any) -> None:
        self.store = DictStore()
        self.journal = FakeJournal()
        self.locks = PathLocks()
        self.commits: list[bool] = []
        self.fatal: list[BaseException] = []
        self.pipeline = Pipeline(
            self.store,
            self.journal,
            self.locks,
            on_commit=lambda changed, effects, leads: self.commits.append(leads),
            on_fatal=self.fatal.append,
            **arguments,
        )
        self.journal.pipeline = self.pipeline

    def role(self, role: Role, term: int, first_index: int | None = None) -> None:
        first = Index(first_index) if first_index is not None else None
        self.pipeline.on_role(RoleChange(role=role, term=Term(term), leader=PeerId("m_1"), term_first_index=first))

    def lead(self, term: int = 1) -> None:
        self.role(Role.LEADER, term, len(self.journal.log))
        self.journal.deliver(EntryKind.CONFIGURATION, term)

    def length(self, block: int) -> int | None:
        with self.store.read() as view:
            return view.get(BLOCKS, block)


def add(block: int, length: int = 7) -> Any:
    def operation(batch: Batch) -> str:
        batch.emit(BlockInfoEntry(block_id=block, length=length))
        return f"added {block}"

    return operation


def look(block: int) -> Any:
    return lambda batch: batch.tx.get(BLOCKS, block)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_reply_leaves_after_the_commit() -> None:
    """A reply before the commit would acknowledge a change that a crash can still lose."""
    cluster = Cluster()
    cluster.lead()
    call = asyncio.ensure_future(cluster.pipeline.submit(add(5)))
    await settle()
    assert not call.done()
    assert cluster.length(5) is None
    cluster.journal.commit()
    assert await call == "added 5"
    assert cluster.length(5) == 7
    assert cluster.commits == [True]
    assert (cluster.pipeline.applied_index, cluster.journal.applied_to) == (1, 1)


async def test_calls_that_wait_share_one_entry() -> None:
    """One fsync for each call would cap the cluster at the disk's rate."""
    cluster = Cluster()
    cluster.lead()
    calls = [asyncio.ensure_future(cluster.pipeline.submit(add(block))) for block in range(100)]
    await settle()
    assert len(cluster.journal.pending) == 1
    cluster.journal.commit()
    assert await asyncio.gather(*calls) == [f"added {block}" for block in range(100)]


async def test_later_calls_wait_for_the_batch_under_way() -> None:
    cluster = Cluster()
    cluster.lead()
    first = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    await settle()
    second = asyncio.ensure_future(cluster.pipeline.submit(add(2)))
    await settle()
    assert len(cluster.journal.pending) == 1
    cluster.journal.commit()
    await first
    await settle()
    assert not second.done()
    cluster.journal.commit()
    assert await second == "added 2"


async def test_answer_in_a_clean_transaction_needs_no_commit() -> None:
    cluster = Cluster()
    cluster.lead()
    assert await cluster.pipeline.submit(look(1)) is None
    assert cluster.journal.pending == []


async def test_answer_computed_after_a_change_waits_with_it() -> None:
    """It has seen the uncommitted change: released early, it would tell what a crash can undo."""
    cluster = Cluster()
    cluster.lead()
    change = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    answer = asyncio.ensure_future(cluster.pipeline.submit(look(1)))

    def fail(batch: Batch) -> None:
        raise FileDoesNotExist.at("/x")

    error = asyncio.ensure_future(cluster.pipeline.submit(fail))
    await settle()
    assert not answer.done()
    assert not error.done()
    cluster.journal.commit()
    await change
    assert await answer == 7
    with pytest.raises(FileDoesNotExist):
        await error


async def test_standby_refuses_and_new_leader_waits_for_its_own_term() -> None:
    """A leader that writes before it applied its predecessor's last entries would number its own wrongly."""
    cluster = Cluster()
    with pytest.raises(NotLeader):
        await cluster.pipeline.submit(add(1))
    cluster.role(Role.LEADER, 3, 1)
    cluster.journal.deliver(EntryKind.METADATA, 2)
    with pytest.raises(NotLeader):
        await cluster.pipeline.submit(add(1))
    cluster.journal.deliver(EntryKind.CONFIGURATION, 3)
    assert cluster.pipeline.is_leading


async def test_standby_applies_what_the_leader_wrote() -> None:
    leader, standby = Cluster(), Cluster()
    leader.lead()
    call = asyncio.ensure_future(leader.pipeline.submit(add(9)))
    await settle()
    leader.journal.commit()
    await call
    for entry in leader.journal.log:
        standby.journal.deliver(entry.kind, entry.term, entry.data)
    assert standby.length(9) == 7
    assert standby.commits == [False]
    assert read_applied(standby.store) == (1, 1)


async def test_lost_leadership_then_committed_after_all_gives_the_real_reply() -> None:
    """A proposal cannot be withdrawn: the next leader may well commit it, and the caller must not repeat it then."""
    cluster = Cluster()
    cluster.lead()
    call = asyncio.ensure_future(cluster.pipeline.submit(add(4)))
    queued = None
    await settle()
    queued = asyncio.ensure_future(cluster.pipeline.submit(add(5)))
    await settle()
    cluster.role(Role.FOLLOWER, 2)
    with pytest.raises(NotLeader):
        await queued
    assert not call.done()
    cluster.journal.commit(term=1)
    assert await call == "added 4"
    assert cluster.length(4) == 7
    assert cluster.commits == [False]


async def test_lost_leadership_then_overwritten_fails_and_leaves_no_trace() -> None:
    cluster = Cluster()
    cluster.lead()
    call = asyncio.ensure_future(cluster.pipeline.submit(add(4)))
    await settle()
    cluster.role(Role.FOLLOWER, 2)
    _, future = cluster.journal.pending.pop()
    future.set_exception(NotLeader("overwritten"))
    with pytest.raises(NotLeader):
        await call
    assert cluster.length(4) is None
    cluster.lead(3)
    again = asyncio.ensure_future(cluster.pipeline.submit(add(6)))
    await settle()
    cluster.journal.commit(3)
    assert await again == "added 6"


async def test_same_node_elected_again_does_not_take_an_old_entry_for_its_batch() -> None:
    """Committing the new transaction for the old entry would acknowledge changes that are in no log."""
    cluster = Cluster()
    cluster.lead()
    old = asyncio.ensure_future(cluster.pipeline.submit(add(4)))
    await settle()
    data, future = cluster.journal.pending.pop()
    cluster.role(Role.FOLLOWER, 2)
    cluster.role(Role.LEADER, 3, 2)
    cluster.journal.deliver(EntryKind.DATA, 1, data)
    cluster.journal.deliver(EntryKind.CONFIGURATION, 3)
    future.set_result(LogPosition(Term(1), Index(1)))
    assert await old == "added 4"
    new = asyncio.ensure_future(cluster.pipeline.submit(add(5)))
    await settle()
    cluster.journal.commit(3)
    assert await new == "added 5"
    assert cluster.fatal == []


@pytest.mark.parametrize("synchronous", [True, False], ids=["refused", "failed"])
async def test_full_disk_fails_the_batch_and_the_next_one_works(synchronous: bool) -> None:
    cluster = Cluster()
    cluster.lead()
    if synchronous:
        cluster.journal.refuse = DiskFull("full")
    call = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    await settle()
    if not synchronous:
        cluster.journal.pending.pop()[1].set_exception(DiskFull("full"))
    with pytest.raises(DiskFull):
        await call
    cluster.journal.refuse = None
    assert cluster.length(1) is None
    again = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    await settle()
    cluster.journal.commit()
    assert await again == "added 1"


async def test_bug_after_a_change_spoils_only_its_own_operation() -> None:
    """Half an operation must never reach the journal, and the others of its batch did nothing wrong."""
    cluster = Cluster()
    cluster.lead()

    def bug(batch: Batch) -> None:
        batch.emit(BlockInfoEntry(block_id=66, length=1))
        raise ZeroDivisionError

    before = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    bad = asyncio.ensure_future(cluster.pipeline.submit(bug))
    after = asyncio.ensure_future(cluster.pipeline.submit(add(2)))
    await settle()
    cluster.journal.commit()
    with pytest.raises(Internal):
        await bad
    assert [await before, await after] == ["added 1", "added 2"]
    assert [cluster.length(block) for block in (1, 2, 66)] == [7, 7, None]


async def test_entry_that_fails_halfway_spoils_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first entry of an operation may have changed rows before it failed; to commit those splits the members."""
    cluster = Cluster()
    cluster.lead()

    def torn(tx: Any, sequence_number: int, entry: Any) -> list[Any]:
        effects = pipeline_module.apply_entry(tx, sequence_number, entry)
        if entry.block_id == 66:
            raise ZeroDivisionError
        return effects

    monkeypatch.setattr(pipeline_module, "apply_entry", pipeline_module.apply, raising=False)
    monkeypatch.setattr(pipeline_module, "apply", torn)
    bad = asyncio.ensure_future(cluster.pipeline.submit(add(66)))
    good = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    await settle()
    cluster.journal.commit()
    with pytest.raises(Internal):
        await bad
    assert await good == "added 1"
    assert cluster.length(66) is None


async def test_broken_invariant_stops_the_master() -> None:
    cluster = Cluster()
    cluster.lead()

    def broken(batch: Batch) -> None:
        raise InvariantViolated("the tree has two roots")

    call = asyncio.ensure_future(cluster.pipeline.submit(broken))
    await settle()
    assert len(cluster.fatal) == 1
    assert not cluster.pipeline.is_leading
    call.cancel()


async def test_caller_that_gave_up_is_not_served() -> None:
    cluster = Cluster()
    cluster.lead()
    first = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    await settle()
    second = asyncio.ensure_future(cluster.pipeline.submit(add(2)))
    await settle()
    second.cancel()
    await settle()
    cluster.journal.commit()
    await first
    await settle()
    assert cluster.journal.pending == []
    assert cluster.length(2) is None


async def test_long_operation_lets_others_in_between() -> None:
    """A recursive delete of a million files must not stop every other write."""
    cluster = Cluster()
    cluster.lead()

    def long(batch: Batch) -> Generator[None, Batch, str]:
        for block in range(10, 13):
            batch.emit(BlockInfoEntry(block_id=block, length=1))
            batch = yield
        return "done"

    slow = asyncio.ensure_future(cluster.pipeline.submit_long(long))
    await settle()
    quick = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    for _ in range(3):
        await settle()
        cluster.journal.commit()
    assert await quick == "added 1"
    assert await slow == "done"
    assert [cluster.length(block) for block in (10, 11, 12)] == [1, 1, 1]


async def test_cancelled_long_operation_stops_between_chunks() -> None:
    cluster = Cluster()
    cluster.lead()
    chunks: list[int] = []

    def long(batch: Batch) -> Generator[None, Batch, None]:
        for block in range(10):
            chunks.append(block)
            batch.emit(BlockInfoEntry(block_id=block, length=1))
            batch = yield

    slow = asyncio.ensure_future(cluster.pipeline.submit_long(long))
    await settle()
    slow.cancel()
    await settle()
    cluster.journal.commit()
    await settle()
    assert chunks == [0]
    assert cluster.journal.pending == []


async def test_write_below_a_lock_waits_and_others_do_not() -> None:
    cluster = Cluster()
    cluster.lead()
    async with cluster.locks.hold(["/a"], 1) as lock:
        blocked = asyncio.ensure_future(cluster.pipeline.submit(add(1), paths=("/a/b",)))
        free = asyncio.ensure_future(cluster.pipeline.submit(add(2), paths=("/b",)))
        own = asyncio.ensure_future(cluster.pipeline.submit(add(3), paths=("/a/c",), own_lock=lock))
        await settle()
        cluster.journal.commit()
        assert [await free, await own] == ["added 2", "added 3"]
        assert not blocked.done()
    await settle()
    cluster.journal.commit()
    assert await blocked == "added 1"


async def test_queue_is_bounded() -> None:
    cluster = Cluster(queue_length_max=2)
    cluster.lead()
    calls = [asyncio.ensure_future(cluster.pipeline.submit(add(block))) for block in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await calls[2]
    await settle()
    cluster.journal.commit()
    await asyncio.gather(*calls[:2])


async def test_wait_until_leading() -> None:
    cluster = Cluster()
    waiting = asyncio.ensure_future(cluster.pipeline.wait_until_leading())
    await settle()
    assert not waiting.done()
    cluster.lead()
    await asyncio.wait_for(waiting, 1)


async def test_long_operation_ends_when_a_chunk_of_it_is_lost() -> None:
    """One that went on after its first chunk was undone would remove a directory that still has children."""
    cluster = Cluster()
    cluster.lead()

    def operation(batch: Batch) -> Generator[None, Batch, str]:
        batch.emit(BlockInfoEntry(block_id=1, length=1))
        batch = yield
        batch.emit(BlockInfoEntry(block_id=2, length=1))
        return "done"

    propose = cluster.journal.propose

    def refuse_once(data: bytes) -> asyncio.Future[LogPosition]:
        cluster.journal.propose = propose  # type: ignore[method-assign]
        raise DiskFull("no space")

    cluster.journal.propose = refuse_once  # type: ignore[method-assign]
    call = asyncio.ensure_future(cluster.pipeline.submit_long(operation))
    await settle()
    assert cluster.journal.pending == []
    with pytest.raises(DiskFull):
        await call
    other = asyncio.ensure_future(cluster.pipeline.submit(add(3)))
    await settle()
    cluster.journal.commit()
    await other
    assert (cluster.length(1), cluster.length(2), cluster.length(3)) == (None, None, 7)


async def test_operation_that_breaks_an_invariant_is_answered_too() -> None:
    """The process stops after it; a caller without an answer would wait for its deadline first."""
    cluster = Cluster()
    cluster.lead()

    def broken(batch: Batch) -> None:
        raise InvariantViolated("two roots")

    change = asyncio.ensure_future(cluster.pipeline.submit(add(1)))
    call = asyncio.ensure_future(cluster.pipeline.submit(broken))
    await settle()
    assert len(cluster.fatal) == 1
    for waiting in (change, call):
        with pytest.raises(Internal):
            await waiting
    assert cluster.length(1) is None
