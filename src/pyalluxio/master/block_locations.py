"""Which worker holds which block: both ways, and small enough for tens of millions of replicas.

    entries:   block id -> Location               one replica: the usual case
               block id -> (Location, …)          several; equal combinations share one tuple
    worker:    an array of block ids, 8 bytes each, which may hold ids that the worker no longer has

Rule 1: the entries are the truth. A worker's array only says where to look, and repeats or stale ids in it do no harm.
Rule 2: one `Location` stands for all blocks of a worker on one tier and medium. Marking it GONE takes all of them away
        at once, however many; `purge` sweeps the entries later, a slice at a time, so that a lost worker with
        millions of blocks does not stop the master.
Rule 3: a block whose last location goes is lost, unless the master does not know the block (see `unknown_blocks`).
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

from pyalluxio.ids import BlockId, WorkerId, block_mark
from pyalluxio.master.unknown_blocks import UnknownBlocks

_SHARED_MAX = 100_000


class LocationState(Enum):
    PENDING = 1  # its worker is registering for the first time: not shown to clients yet
    LIVE = 2
    GONE = 3


class Location:
    """The place of all blocks that one worker keeps on one tier and medium; `count` is the number of those.

    `marks` are the marks of their ids, joined by xor: with the count, what a worker's own count is compared with.
    `message` is for the one who tells clients of it: a BlockLocation to keep, None until it is made.
    """

    __slots__ = ("count", "marks", "medium_type", "message", "state", "tier_alias", "worker_id")

    def __init__(self, worker_id: WorkerId, tier_alias: str, medium_type: str, state: LocationState) -> None:
        self.worker_id = worker_id
        self.tier_alias = tier_alias
        self.medium_type = medium_type
        self.state = state
        self.count = 0
        self.marks = 0
        self.message: Any = None

    def take_off(self, block_id: int) -> None:
        self.count -= 1
        self.marks ^= block_mark(block_id)

    def __repr__(self) -> str:
        return f"Location({self.worker_id}, {self.tier_alias!r}, {self.medium_type!r}, {self.state.name}, {self.count})"


_Entry = Location | tuple[Location, ...]


class BlockLocations:
    """The map of block ids to locations, and the set of blocks that lost their last one."""

    def __init__(self, unknown: UnknownBlocks) -> None:
        self.unknown = unknown
        self.lost: set[int] = set()
        # Grows with every change that `of` can show; for those who keep what it said.
        self.version = 0
        self._entries: dict[int, _Entry] = {}
        self._shared: dict[tuple[Location, ...], tuple[Location, ...]] = {}
        self._unswept: deque[array[int]] = deque()

    def of(self, block_id: int) -> list[Location]:
        """Return where a block is, as clients may be told; empty when it is nowhere."""
        entry = self._entries.get(block_id)
        if entry is None:
            return []
        if isinstance(entry, Location):
            return [entry] if entry.state is LocationState.LIVE else []
        return [location for location in entry if location.state is LocationState.LIVE]

    def holds(self, worker_id: int, block_id: int) -> bool:
        """Say whether a worker has the block, be it registered completely or not."""
        return any(
            location.worker_id == worker_id and location.state is not LocationState.GONE
            for location in _parts(self._entries.get(block_id))
        )

    def held(self, worker_id: int, candidates: Iterable[int]) -> Iterator[BlockId]:
        """Yield each block among the candidates, a worker's array, that the worker really has; each once."""
        seen: set[int] = set()
        for block_id in candidates:
            if block_id in seen:
                continue
            entry = self._entries.get(block_id)
            if isinstance(entry, Location):  # the usual case, spelled out: this runs over a worker's every block
                held = entry.worker_id == worker_id and entry.state is not LocationState.GONE
            else:
                held = self.holds(worker_id, block_id)
            if held:
                seen.add(block_id)
                yield BlockId(block_id)

    def places_of(self, worker_id: int, block_id: int) -> Iterator[Location]:
        """Yield where a worker has the block: nowhere, or in one place."""
        for location in _parts(self._entries.get(block_id)):
            if location.worker_id == worker_id and location.state is not LocationState.GONE:
                yield location

    def workers_of(self, block_id: int) -> list[WorkerId]:
        """Return the workers that hold a block, those that register right now included."""
        return [
            location.worker_id
            for location in _parts(self._entries.get(block_id))
            if location.state is not LocationState.GONE
        ]

    def add(self, location: Location, block_ids: Iterable[int]) -> list[int]:
        """Put blocks at a location, away from any other place on the same worker; returns those that were not there."""
        entries = self._entries
        added: list[int] = []
        for block_id in block_ids:
            entry = entries.get(block_id)
            if entry is None:
                entries[block_id] = location
            elif entry is location or (not isinstance(entry, Location) and location in entry):
                continue
            else:
                entries[block_id] = self._joined(block_id, entry, location)
            added.append(block_id)
        location.count += len(added)
        for block_id in added:
            location.marks ^= block_mark(block_id)
        self.version += 1
        if self.lost:
            self.lost.difference_update(added)
        return added

    def remove(self, worker_id: int, block_ids: Iterable[int]) -> None:
        """Take blocks away from one worker; ids that it does not have are ignored."""
        for block_id in block_ids:
            entry = self._entries.get(block_id)
            if entry is not None:
                self.version += 1
                self._keep(block_id, entry, lambda location: location.worker_id != worker_id)

    def known(self) -> list[int]:
        """Return the id of every block that has an entry; a copy, 8 bytes each and more."""
        return list(self._entries)

    def show(self, locations: Iterable[Location]) -> None:
        """Let clients be told of these places from now on."""
        self.version += 1
        for location in locations:
            location.state = LocationState.LIVE

    def drop(self, locations: Iterable[Location], block_ids: array[int]) -> None:
        """Take all blocks of the locations away at once; `block_ids`, taken over, tells `purge` where to sweep."""
        self.version += 1
        for location in locations:
            location.state = LocationState.GONE
        if block_ids:
            self._unswept.append(block_ids)

    def purge(self, count_max: int) -> int:
        """Sweep entries of dropped locations; returns how many ids still wait for it.

        Until an entry is swept its block counts as neither lost nor found; `of` never shows the dropped place.
        """
        while self._unswept and count_max > 0:
            waiting = self._unswept[0]
            slice_ = waiting[-count_max:]
            del waiting[-count_max:]
            count_max -= len(slice_)
            if not waiting:
                self._unswept.popleft()
            for block_id in slice_:
                entry = self._entries.get(block_id)
                if entry is not None:
                    self._keep(block_id, entry, lambda location: location.state is not LocationState.GONE)
        return sum(len(waiting) for waiting in self._unswept)

    def _keep(self, block_id: int, entry: _Entry, wanted: Callable[[Location], bool]) -> None:
        kept: list[Location] = []
        for location in _parts(entry):
            if wanted(location):
                kept.append(location)
            else:
                location.take_off(block_id)
        if not kept:
            del self._entries[block_id]
            if not self.unknown.forget(block_id):
                self.lost.add(block_id)
        elif len(kept) < len(_parts(entry)):
            self._entries[block_id] = self._share(kept)

    def _joined(self, block_id: int, entry: _Entry, location: Location) -> _Entry:
        kept: list[Location] = []
        for other in _parts(entry):
            if other.state is LocationState.GONE or other.worker_id == location.worker_id:
                other.take_off(block_id)
            else:
                kept.append(other)
        kept.append(location)
        return self._share(kept)

    def _share(self, locations: list[Location]) -> _Entry:
        if len(locations) == 1:
            return locations[0]
        key = tuple(locations)
        if len(self._shared) >= _SHARED_MAX:
            # Forgetting them costs memory for later blocks only; keeping them all would have no bound.
            self._shared.clear()
        return self._shared.setdefault(key, key)


def _parts(entry: _Entry | None) -> tuple[Location, ...]:
    if entry is None:
        return ()
    return (entry,) if isinstance(entry, Location) else entry
