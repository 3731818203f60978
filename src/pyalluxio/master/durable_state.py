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

from pyalluxio.ids import Index
from pyalluxio.master.snapshots import Snapshot, Snapshots
from pyalluxio.master.store import LmdbStore
from pyalluxio.master.store_marker import StoreMarker, Trust

log = logging.getLogger(__name__)

SNAPSHOT_LOG_BYTES = 256 << 20
SYNC_INTERVAL_S = 30.0
CHECK_INTERVAL_S = 5.0


class DurableState:
    """Opens the store at start, keeps snapshots of it, and closes it in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live = folder / "store"
        self._next = folder / "store.next"
        self._old = folder / "store.old"
        self.snapshots = Snapshots(folder / "snapshots")
        self._marker = StoreMarker(folder)
        self._taking = asyncio.Lock()
        self.store: LmdbStore

    def open(self) -> LmdbStore:
        """Open the live store, or what replaces one that cannot be trusted."""
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        trust = self._marker.judge((self._live / "data.mdb").exists())
        # A crash between the two renames of `restore` leaves no live store at all.
        if trust is Trust.EMPTY and self._marker.is_replacing():
            trust = Trust.LOST
        for leftover in (self._next, self._old):
            shutil.rmtree(leftover, ignore_errors=True)
        if trust is Trust.LOST:
            self._replace_by_snapshot()
        self._marker.set_dirty()
        self.store = LmdbStore(self._live)
        return self.store

    def _replace_by_snapshot(self) -> None:
        shutil.rmtree(self._live, ignore_errors=True)
        newest = self.snapshots.newest_folder()
        if newest is None:
            log.warning(
                "The namespace in %s cannot be trusted after a crash; it is rebuilt from the journal.", self._live
            )
            return
        log.warning("The namespace in %s cannot be trusted after a crash; %s takes its place.", self._live, newest.name)
        self._live.mkdir(mode=0o750)
        shutil.copyfile(newest / "data.mdb", self._live / "data.mdb")

    def close(self) -> None:
        """Write everything to disk and record that the store is whole; to be called when nothing writes any more."""
        self.store.sync()
        self.store.close()
        self._marker.set_clean()

    # --- snapshots -------------------------------------------------------------------------------------------------

    def take_snapshot(self) -> Snapshot:
        """Copy the last committed state to disk, whatever the role; blocks for as long as reading it all."""
        return self.snapshots.take(self.store)

    async def checkpoint(self, state_durable: Callable[[Index], None]) -> None:
        """Take a snapshot now, one at a time, and tell `state_durable` its index: the log before it may go."""
        async with self._taking:
            snapshot = await asyncio.to_thread(self.take_snapshot)
        log.info("Took a snapshot of the namespace at index %d.", snapshot.position.index)
        state_durable(snapshot.position.index)

    # --- another state in its place --------------------------------------------------------------------------------

    def prepare(self, snapshot: Snapshot) -> None:
        """Copy a snapshot to where `restore` takes it from; blocks for as long as copying it."""
        shutil.rmtree(self._next, ignore_errors=True)
        self._next.mkdir(mode=0o750)
        shutil.copyfile(snapshot.folder / "data.mdb", self._next / "data.mdb")

    async def restore(self) -> None:
        """Put the prepared snapshot into the place of the live state, while the process runs and nothing is written.

        From its first step on the live state counts as lost: a crash before the last one ends with the newest
        snapshot, which is the one that was prepared, in its place. To be called on the thread of the event loop; waits
        for a copy of the state that is being made.
        """
        async with self.store.unused_elsewhere():
            self._marker.set_replacing()
            shutil.rmtree(self._old, ignore_errors=True)
            self.store.replace(self._swap)
            self._marker.set_dirty()
        await asyncio.to_thread(shutil.rmtree, self._old, ignore_errors=True)

    def _swap(self) -> None:
        self._live.rename(self._old)
        self._next.rename(self._live)

    async def keep(
        self,
        log_bytes: Callable[[], int],
        state_durable: Callable[[Index], None],
        log_bytes_max: int = SNAPSHOT_LOG_BYTES,
    ) -> None:
        """Take a snapshot whenever the log has grown beyond `log_bytes_max`, until cancelled.

        log_bytes      the size of the log on disk
        state_durable  told the index of each snapshot: the log before it may go
        """
        base_bytes, synced_s = 0, 0.0
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            synced_s += CHECK_INTERVAL_S
            if synced_s >= SYNC_INTERVAL_S:
                synced_s = 0.0
                # Errors of writing back show up here, long before the disk is needed for a snapshot.
                await asyncio.to_thread(self.store.sync)
            if log_bytes() - base_bytes >= log_bytes_max:
                await self.checkpoint(state_durable)
                base_bytes = min(log_bytes(), log_bytes_max // 2)
