"""What a member does when its journal wants a snapshot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pyalluxio.errors import AlluxioError, Unavailable
from pyalluxio.ids import Index, Term
from pyalluxio.journal.node import LogPosition
from pyalluxio.master.applied import read_applied
from pyalluxio.master.catch_up import CatchUp
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.snapshots import Snapshot
from pyalluxio.raft.messages import Configuration
from tests.unit.master.snapshot_chunks import chunks
from tests.unit.master.test_durable_state import EVERYTHING, add_block, blocks, others_snapshot
from tests.waiting import until


class FakeJournal:
    """Takes snapshots as the journal does: `restore` is called on a thread of its own."""

    def __init__(self) -> None:
        self.installed: list[LogPosition] = []
        self.unavailable = 0
        self.is_overtaken = False
        self.restores = 1

    def install_snapshot(
        self, position: LogPosition, configuration: Configuration | None, restore: Callable[[], None]
    ) -> asyncio.Future[bool]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        if self.is_overtaken:
            future.set_result(False)
            return future
        self.installed.append(position)

        def drive() -> None:
            for _ in range(self.restores):
                restore()
            loop.call_soon_threadsafe(future.set_result, True)

        threading.Thread(target=drive).start()
        return future

    def snapshot_unavailable(self) -> None:
        self.unavailable += 1


class FakeFetch:
    """Receives a snapshot as if from another master."""

    def __init__(self, tmp_path: Path, state: DurableState) -> None:
        self._tmp_path = tmp_path
        self._state = state
        self.asked: list[int] = []
        self.failures: list[AlluxioError | OSError] = []

    async def fetch(self, needed: Index) -> Snapshot:
        self.asked.append(needed)
        if self.failures:
            raise self.failures.pop(0)
        return others_snapshot(self._tmp_path, self._state)


class Member:
    def __init__(self, tmp_path: Path) -> None:
        self.state = DurableState(tmp_path / "own")
        self.store = self.state.open()
        add_block(self.store, 0)
        self.journal = FakeJournal()
        self.fetch = FakeFetch(tmp_path, self.state)
        self.replaced = 0
        self.catch_up = CatchUp(self.state, self.journal, self.fetch, self._replaced, pause_s=0.01)

    async def _replaced(self) -> None:
        self.replaced += 1

    def wants(self, index: int) -> None:
        self.catch_up.wanted(LogPosition(Term(1), Index(index)))


@asynccontextmanager
async def member(tmp_path: Path) -> AsyncIterator[Member]:
    """A member with one entry; the other master's snapshot reaches entry 12."""
    one = Member(tmp_path)
    task = asyncio.create_task(one.catch_up.run())
    try:
        yield one
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        one.state.close()


async def test_state_is_swapped_while_the_process_runs(tmp_path: Path) -> None:
    async with member(tmp_path) as one:
        one.wants(10)
        await until(lambda: one.journal.installed and one.catch_up._wanted is None)
        assert one.journal.installed == [LogPosition(Term(1), Index(12))]
        assert (one.fetch.asked, one.replaced) == ([9], 1)
        assert blocks(one.store) == EVERYTHING
        assert sorted(path.name for path in (tmp_path / "own").iterdir()) == ["marker.json", "snapshots", "store"]


async def test_failure_is_told_and_tried_again_when_the_leader_asks_again(tmp_path: Path) -> None:
    """Nobody has a snapshot yet, or the disk is full: the master waits, and needs no restart."""
    async with member(tmp_path) as one:
        one.fetch.failures = [Unavailable("Nobody has one."), OSError(28, "No space left on device")]
        for failure in (1, 2):
            one.wants(10)
            await until(lambda failure=failure: one.journal.unavailable == failure)  # type: ignore[misc]
        assert blocks(one.store) == {0: 10}
        one.wants(10)
        await until(lambda: one.replaced == 1)
        assert blocks(one.store) == EVERYTHING


async def test_snapshot_that_the_log_has_overtaken_is_not_used(tmp_path: Path) -> None:
    """Another leader has a longer log: what was applied from it must not be thrown away."""
    async with member(tmp_path) as one:
        one.journal.is_overtaken = True
        one.wants(10)
        await until(lambda: one.fetch.asked and one.catch_up._wanted is None)
        assert blocks(one.store) == {0: 10}
        assert one.replaced == 0
        assert not (tmp_path / "own" / "store.next").exists()


async def test_snapshot_that_a_crash_left_here_is_used(tmp_path: Path) -> None:
    """After a crash between fetching and installing, gigabytes need not be fetched again."""
    async with member(tmp_path) as one:
        others_snapshot(tmp_path, one.state)
        one.wants(13)
        await until(lambda: one.replaced == 1)
        assert one.fetch.asked == []
        assert read_applied(one.store) == (12, 1)


async def test_damaged_snapshot_here_is_fetched_anew(tmp_path: Path) -> None:
    """A disk that loses bits must not make a damaged namespace of it, nor stop the member for ever."""
    async with member(tmp_path) as one:
        snapshot = others_snapshot(tmp_path, one.state)
        data = bytearray((snapshot.folder / "data.mdb").read_bytes())
        data[len(data) // 2] ^= 1
        (snapshot.folder / "data.mdb").write_bytes(data)
        (tmp_path / "other").rename(tmp_path / "before")
        one.wants(10)
        await until(lambda: one.journal.unavailable == 1)
        assert one.state.snapshots.newest() is None
        assert blocks(one.store) == {0: 10}
        one.wants(10)
        await until(lambda: one.replaced == 1)
        assert blocks(one.store) == EVERYTHING


async def test_swap_is_made_once_although_the_journal_repeats_its_steps(tmp_path: Path) -> None:
    """The journal's disk was full after the swap: there is nothing left to swap then."""
    async with member(tmp_path) as one:
        one.journal.restores = 2
        one.wants(10)
        await until(lambda: one.journal.installed and one.catch_up._wanted is None)
        assert one.replaced == 1
        assert blocks(one.store) == EVERYTHING


async def test_leader_that_shortens_its_log_meanwhile_is_caught_up_with(tmp_path: Path) -> None:
    """While gigabytes travel the leader goes on: what was fetched may not reach any more."""
    async with member(tmp_path) as one:
        one.fetch.failures = [Unavailable("Nobody has one.")]
        one.wants(10)
        await until(lambda: one.fetch.asked == [9])
        one.wants(13)
        await until(lambda: one.replaced == 1)
        assert one.fetch.asked == [9, 12]


async def test_install_waits_for_a_snapshot_that_is_being_taken(tmp_path: Path) -> None:
    """The journal's thread waits for the swap, and with it every answer to the leader: not for minutes of copying."""
    async with member(tmp_path) as one:
        async with one.state.installing():
            one.wants(10)
            await until(lambda: one.state.snapshots.newest() is not None)
            assert one.journal.installed == []
        await until(lambda: one.replaced == 1)
        assert list(chunks(await one.state.checkpoint(lambda index: None)))
