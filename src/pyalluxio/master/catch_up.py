"""A member whose log ends before the leader's begins: it goes on behind another master's snapshot.

    journal: wanted(position) ──> a snapshot that reaches it: on this disk already, else fetched
                                      ──> a copy of it beside the live state ──> journal: install_snapshot
                                                journal's thread: restore ──> the event loop: the state is swapped

Rule 1: at most one attempt is under way. When it fails, the journal is told that no snapshot is to be had; the leader
        asks again, and the next attempt begins after a pause that grows.
Rule 2: the journal decides whether a snapshot is needed still: the log may have overtaken it.
Rule 3: while the state is swapped nothing copies it (`DurableState.installing`), so the journal's thread, which waits
        for the swap, waits for no copy.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from pyalluxio.errors import AlluxioError, DataLoss
from pyalluxio.ids import Index
from pyalluxio.journal.node import LogPosition
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.snapshots import Snapshot
from pyalluxio.raft.messages import Configuration

log = logging.getLogger(__name__)

PAUSE_MIN_S = 0.5
PAUSE_MAX_S = 10.0
# The swap is two renames and opening a file.
RESTORE_TIMEOUT_S = 60.0


class Journal(Protocol):
    """What catching up needs of the journal; `JournalNode` is one."""

    def install_snapshot(
        self, position: LogPosition, configuration: Configuration | None, restore: Callable[[], None]
    ) -> asyncio.Future[bool]: ...
    def snapshot_unavailable(self) -> None: ...


class Fetch(Protocol):
    """Fetches a snapshot that holds everything up to an entry; `SnapshotFetch` is one."""

    async def fetch(self, needed: Index) -> Snapshot: ...


class CatchUp:
    """Gets the snapshots that the journal wants."""

    def __init__(
        self,
        state: DurableState,
        journal: Journal,
        fetch: Fetch,
        state_replaced: Callable[[], Awaitable[None]],
        *,
        pause_s: float = PAUSE_MIN_S,
    ) -> None:
        """
        state_replaced  told when the store holds another state
        pause_s         how long to wait after the first failure
        """
        self._state = state
        self._journal = journal
        self._fetch = fetch
        self._state_replaced = state_replaced
        self._pause_s = pause_s
        self._wanted: LogPosition | None = None
        self._is_wanted = asyncio.Event()

    def wanted(self, position: LogPosition) -> None:
        """Take note that the leader's log begins at `position`; called by the journal on the event loop."""
        if self._wanted is None:
            log.info("The leader's log begins at entry %d: this master needs a snapshot.", position.index)
        self._wanted = position
        self._is_wanted.set()

    async def run(self) -> None:
        """Get whatever is wanted, until cancelled."""
        pause_s = self._pause_s
        while True:
            await self._is_wanted.wait()
            wanted = self._wanted
            assert wanted is not None
            reached = Index(wanted.index - 1)
            try:
                reached = await self._catch_up(reached)
                pause_s = self._pause_s
            except (AlluxioError, OSError) as error:
                log.warning("This master cannot catch up yet: %s", error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
                self._journal.snapshot_unavailable()
            # Something later may be wanted by now.
            if self._wanted is not None and self._wanted.index - 1 <= reached:
                self._wanted = None
                self._is_wanted.clear()

    async def _catch_up(self, needed: Index) -> Index:
        """Go on behind a snapshot that reaches `needed`, if there is need still; returns how far it reaches."""
        # One of an attempt that a crash ended is here already.
        snapshot = await asyncio.to_thread(self._state.snapshots.newest)
        if snapshot is None or snapshot.position.index < needed:
            snapshot = await self._fetch.fetch(needed)
        async with self._state.installing():
            try:
                await asyncio.to_thread(self._state.prepare, snapshot)
            except DataLoss:
                await asyncio.to_thread(self._state.snapshots.discard, snapshot)
                raise
            configuration = None if snapshot.configuration is None else snapshot.configuration[1]
            is_in_place = await self._journal.install_snapshot(snapshot.position, configuration, self._restorer())
        if is_in_place:
            log.info("This master goes on behind the snapshot up to entry %d.", snapshot.position.index)
        else:
            log.info("The log has overtaken the snapshot up to entry %d.", snapshot.position.index)
        await asyncio.to_thread(self._state.remove_replaced)
        return snapshot.position.index

    def _restorer(self) -> Callable[[], None]:
        """Return what the journal's thread calls to have the state swapped; it waits for that."""
        loop = asyncio.get_running_loop()
        is_done = False

        async def swap() -> None:
            nonlocal is_done
            # The journal repeats all of its steps when its disk was full at a later one.
            if not is_done:
                await self._state.restore()
                await self._state_replaced()
                is_done = True

        def restore() -> None:
            asyncio.run_coroutine_threadsafe(swap(), loop).result(RESTORE_TIMEOUT_S)

        return restore
