"""The state's folder: the LMDB store, its marker of trust, its snapshots, and what is used at start.

    <metastore>/store/            the live LMDB environment, not fsynced per commit
    <metastore>/marker.json       whether the live store may be trusted (see `store_marker`)
    <metastore>/snapshots/state.<term>_<index>/
    <metastore>/snapshots/CURRENT the name of the newest complete snapshot, fsynced after it

Rule 1: the Raft log is the truth. A store that may be torn is removed; the newest snapshot, or nothing, takes its
        place, and the log is applied from there.
Rule 2: the log is shortened only behind a snapshot that is complete on disk.
Rule 3: a snapshot is a copy of one committed state, made in a thread while writes go on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pyalluxio.ids import Index
from pyalluxio.master.applied import read_applied
from pyalluxio.master.store import LmdbStore
from pyalluxio.master.store_marker import StoreMarker, Trust

log = logging.getLogger(__name__)

SNAPSHOT_LOG_BYTES = 256 << 20
SYNC_INTERVAL_S = 30.0
CHECK_INTERVAL_S = 5.0
_CURRENT = "CURRENT"
_PREFIX = "state."


class DurableState:
    """Opens the store at start, keeps snapshots of it, and closes it in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live = folder / "store"
        self._snapshots = folder / "snapshots"
        self._marker = StoreMarker(folder)
        self.store: LmdbStore

    def open(self) -> LmdbStore:
        """Open the live store, or what replaces one that cannot be trusted."""
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        trust = self._marker.judge((self._live / "data.mdb").exists())
        if trust is Trust.LOST:
            self._replace_by_snapshot()
        self._marker.set_dirty()
        self.store = LmdbStore(self._live)
        return self.store

    def _replace_by_snapshot(self) -> None:
        shutil.rmtree(self._live)
        newest = self.newest_snapshot()
        if newest is None:
            log.warning(
                "The namespace in %s cannot be trusted after a crash; it is rebuilt from the journal.", self._live
            )
            return
        log.warning("The namespace in %s cannot be trusted after a crash; %s takes its place.", self._live, newest.name)
        shutil.copytree(newest, self._live)

    def close(self) -> None:
        """Write everything to disk and record that the store is whole; to be called when nothing writes any more."""
        self.store.sync()
        self.store.close()
        self._marker.set_clean()

    # --- snapshots -------------------------------------------------------------------------------------------------

    def newest_snapshot(self) -> Path | None:
        """Return the folder of the newest complete snapshot."""
        try:
            name = (self._snapshots / _CURRENT).read_text().strip()
        except FileNotFoundError:
            return None
        folder = self._snapshots / name
        return folder if name.startswith(_PREFIX) and folder.is_dir() else None

    def take_snapshot(self) -> Index:
        """Copy the last committed state to disk and return its index; blocks, for as long as reading it all takes."""
        self._snapshots.mkdir(mode=0o750, parents=True, exist_ok=True)
        building = self._snapshots / "building"
        shutil.rmtree(building, ignore_errors=True)
        self.store.copy_to(building)
        copy = LmdbStore(building)
        index, term = read_applied(copy)
        copy.close()
        (building / "lock.mdb").unlink(missing_ok=True)
        _fsync(building / "data.mdb")
        _fsync(building)
        name = f"{_PREFIX}{term}_{index}"
        shutil.rmtree(self._snapshots / name, ignore_errors=True)
        building.rename(self._snapshots / name)
        _fsync(self._snapshots)
        current = self._snapshots / f"{_CURRENT}.tmp"
        current.write_text(name + "\n")
        _fsync(current)
        current.replace(self._snapshots / _CURRENT)
        _fsync(self._snapshots)
        for old in self._snapshots.glob(f"{_PREFIX}*"):
            if old.name != name:
                shutil.rmtree(old)
        return index

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
                index = await asyncio.to_thread(self.take_snapshot)
                log.info("Took a snapshot of the namespace at index %d.", index)
                state_durable(index)
                base_bytes = min(log_bytes(), log_bytes_max // 2)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
