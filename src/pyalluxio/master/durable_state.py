"""The state's folder: the LMDB store, its marker of trust, its snapshots, and what is used at start.

    <metastore>/store/            the live LMDB environment, not fsynced per commit
    <metastore>/store.next, .old  the one that takes its place, and the one that it replaced
    <metastore>/marker.json       whether the live store may be trusted (see `store_marker`)
    <metastore>/snapshots/        see `snapshots`

Rule 1: the Raft log is the truth. A store that may be torn is removed; the newest snapshot, or nothing, takes its
        place, and the log is applied from there.
Rule 2: the log is shortened only behind a snapshot that is complete on disk.
Rule 3: a snapshot is a copy of one committed state, made in a thread while writes go on.
Rule 4: another master's snapshot takes the place of the live state only after it was published here: from then on any
        crash ends with a whole state, the old one or the new one, and the journal goes on behind either.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from pyalluxio.errors import DataLoss, DiskFull
from pyalluxio.ids import Index
from pyalluxio.master.applied import read_applied
from pyalluxio.master.pace import BYTES_PER_S, Pace
from pyalluxio.master.snapshots import Snapshot, Snapshots, copy_of
from pyalluxio.master.store import LmdbStore
from pyalluxio.master.store_marker import StoreMarker, Trust
from pyalluxio.raft.messages import LogPosition

log = logging.getLogger(__name__)

SNAPSHOT_LOG_BYTES = 256 << 20
SYNC_INTERVAL_S = 30.0
CHECK_INTERVAL_S = 1.0
RETRY_INTERVAL_S = 60.0
# At a start nobody is served yet who could be disturbed.
UNLIMITED = Pace(1 << 62)


class DurableState:
    """Opens the store at start, keeps snapshots of it, and closes it in order."""

    def __init__(self, folder: Path, bytes_per_s: int = BYTES_PER_S) -> None:
        """bytes_per_s   how fast copies of the state are made, here and for other masters"""
        self._folder = folder
        self._live = folder / "store"
        self._next = folder / "store.next"
        self._old = folder / "store.old"
        self.snapshots = Snapshots(folder / "snapshots")
        self._marker = StoreMarker(folder)
        self.pace = Pace(bytes_per_s)
        # Held by whatever copies the live state, or replaces it.
        self._in_use = asyncio.Lock()
        self._taking: set[asyncio.Task[Snapshot]] = set()
        self.store: LmdbStore

    def open(self) -> LmdbStore:
        """Open the live store, or what replaces one that cannot be trusted."""
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        trust = self._marker.judge((self._live / "data.mdb").exists())
        # A crash between the two renames of `restore` leaves no live store at all.
        if trust is Trust.EMPTY and self._marker.is_replacing():
            trust = Trust.LOST
        self.remove_replaced()
        if trust is Trust.LOST:
            self._replace_by_snapshot()
        self._marker.set_dirty()
        self.store = LmdbStore(self._live)
        return self.store

    def _replace_by_snapshot(self) -> None:
        shutil.rmtree(self._live, ignore_errors=True)
        folder, snapshot = self.snapshots.newest_folder(), self.snapshots.newest()
        if folder is None:
            log.warning(
                "The namespace in %s cannot be trusted after a crash; it is rebuilt from the journal.", self._live
            )
            return
        log.warning("The namespace in %s cannot be trusted after a crash; %s takes its place.", self._live, folder.name)
        self._live.mkdir(mode=0o750)
        if snapshot is None:  # one of an earlier version
            shutil.copyfile(folder / "data.mdb", self._live / "data.mdb")
            return
        try:
            copy_of(snapshot, self._live, UNLIMITED)
        except DataLoss as error:
            log.error("%s It is not used.", error)
            shutil.rmtree(self._live)
            self.snapshots.discard(snapshot)

    def close(self) -> None:
        """Write everything to disk and record that the store is whole; to be called when nothing writes any more."""
        self.pace.stop()
        self.store.sync()
        self.store.close()
        self._marker.set_clean()

    # --- snapshots -------------------------------------------------------------------------------------------------

    def take_snapshot(self) -> Snapshot:
        """Copy the last committed state to disk, whatever the role; blocks for as long as `pace` asks for.

        The newest snapshot is returned when nothing was applied since.
        """
        index, term = read_applied(self.store)
        newest = self.snapshots.newest()
        if newest is not None and newest.position == LogPosition(term, index):
            return newest
        return self.snapshots.take(self.store, self.pace)

    async def checkpoint(self, state_durable: Callable[[Index], None]) -> Snapshot:
        """Take a snapshot now, one at a time, and tell `state_durable` its index: the log before it may go.

        It is taken to its end when the caller gives up: half of it helps nobody.

        Raises:   DiskFull.  OSError.  DataLoss: the state cannot be read.  Unavailable: this master stops.
        """
        taking = asyncio.create_task(self._checkpoint(state_durable), name="snapshot")
        self._taking.add(taking)
        taking.add_done_callback(self._taking.discard)
        return await asyncio.shield(taking)

    async def _checkpoint(self, state_durable: Callable[[Index], None]) -> Snapshot:
        async with self._in_use:
            snapshot = await asyncio.to_thread(self.take_snapshot)
        log.info("The newest snapshot of the namespace ends at index %d.", snapshot.position.index)
        state_durable(snapshot.position.index)
        return snapshot

    # --- another state in its place --------------------------------------------------------------------------------

    def installing(self) -> asyncio.Lock:
        """Return what is to be held around `prepare` and `restore`: no copy of the state is made meanwhile."""
        return self._in_use

    def prepare(self, snapshot: Snapshot) -> None:
        """Copy a snapshot to where `restore` takes it from; blocks for as long as `pace` asks for.

        Raises:   DataLoss: it is damaged.  DiskFull.  OSError.
        """
        self.snapshots.check_space(snapshot.size_bytes)
        shutil.rmtree(self._next, ignore_errors=True)
        self._next.mkdir(mode=0o750)
        copy_of(snapshot, self._next, self.pace)

    async def restore(self) -> None:
        """Put the prepared snapshot into the place of the live state, while the process runs and nothing is written.

        From its first step on the live state counts as lost: a crash before the last one ends with the newest
        snapshot, which is the one that was prepared, in its place. To be called on the thread of the event loop; waits
        for a copy of the state that is being made. `remove_replaced` removes what was there before.
        """
        async with self.store.unused_elsewhere():
            self._marker.set_replacing()
            shutil.rmtree(self._old, ignore_errors=True)
            self.store.replace(self._swap)
            self._marker.set_dirty()

    def remove_replaced(self) -> None:
        """Remove what a restore has left over, or what was prepared for one that was not needed."""
        for leftover in (self._next, self._old):
            shutil.rmtree(leftover, ignore_errors=True)

    def _swap(self) -> None:
        self._live.rename(self._old)
        self._next.rename(self._live)

    async def keep(
        self,
        log_bytes: Callable[[], int],
        state_durable: Callable[[Index], None],
        log_bytes_max: int = SNAPSHOT_LOG_BYTES,
        retained_bytes: int = 0,
    ) -> None:
        """Take a snapshot whenever the log has grown by `log_bytes_max`, until cancelled; whatever the role.

        log_bytes       the size of the log on disk
        state_durable   told the index of each snapshot: the log before it may go
        retained_bytes  how much of the log may stay behind a snapshot on purpose, which is no reason for another one
        """
        # What stayed behind the last snapshot; measured a round after it, when the log has been shortened.
        stayed_bytes: int | None = 0
        waited_s = 0.0
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            waited_s += CHECK_INTERVAL_S
            if waited_s >= SYNC_INTERVAL_S:
                waited_s = 0.0
                # Errors of writing back show up here, long before the disk is needed for a snapshot.
                async with self._in_use:
                    await asyncio.to_thread(self.store.sync)
            if stayed_bytes is None:
                stayed_bytes = min(log_bytes(), retained_bytes)
            if log_bytes() - stayed_bytes < log_bytes_max:
                continue
            try:
                await self.checkpoint(state_durable)
                stayed_bytes = None
            except (DiskFull, OSError) as error:
                log.error("No snapshot of the namespace could be taken, the log keeps growing: %s", error)
                await asyncio.sleep(RETRY_INTERVAL_S)
