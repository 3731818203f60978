"""The disk of one simulated master: what it keeps through a crash, and what it loses.

Two ways to crash: *killed*, the operating system still writes what was written; *power cut*, only what was synced is
sure to be there, any part of the rest may be, and the store, which is never synced, falls back to the last snapshot.
A crash can be armed to strike at any later write: before it, in its middle, or after it.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyalluxio.ids import Index
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.raft.log import MemoryStorage
from pyalluxio.raft.messages import Configuration, Entry, HardState, LogPosition, Restore


class Crash(BaseException):
    """The member ends here and now, in the middle of whatever it does."""


StoreImage = dict[str, dict[Any, Any]]  # rows by table


class SimStore(DictStore):
    """The namespace of one member, which tells what each commit changes."""

    def __init__(self, on_write: Callable[[SimStore, dict[str, dict[Any, Any]]], None]) -> None:
        super().__init__()
        self._on_write = on_write

    def _write(self, changes: dict[str, dict[Any, Any]]) -> None:
        super()._write(changes)
        self._on_write(self, changes)

    def image(self) -> StoreImage:
        """Return a copy of the committed state."""
        return {name: dict(rows) for name, rows in self._rows.items()}

    def load(self, image: StoreImage) -> None:
        """Take over a copy; an open transaction is forgotten."""
        for name, rows in image.items():
            self._rows[name] = dict(rows)
            self._keys[name] = sorted(rows)
        self._writing = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state with the position of the last entry in it, and the members as of then."""

    position: LogPosition
    image: StoreImage
    members: Configuration


class SimDisk:
    """One member's log, meta files, newest snapshot and store."""

    def __init__(self, configuration: Configuration, rng: random.Random) -> None:
        self.rng = rng
        self.log = MemoryStorage()
        self.synced_index = Index(-1)
        self.hard_state = HardState(is_new=True)
        self.configured = self.configuration = configuration
        self.snapshot: Snapshot | None = None
        self.restore: Restore | None = None
        self.image: StoreImage | None = None  # of the store, as the last process left it
        self.latency_s = 0.0
        self.is_full = False
        self.writes_until_crash: int | None = None
        self.spent_s = 0.0

    # --- what a driver does ----------------------------------------------------------------------------------------

    def write_hard_state(self, hard_state: HardState) -> None:
        self._write(lambda: setattr(self, "hard_state", hard_state))

    def write_configuration(self, entry: Entry) -> None:
        assert entry.configuration is not None
        self._write(lambda: setattr(self, "configuration", entry.configuration))

    def write_restore(self, restore: Restore | None) -> None:
        self._write(lambda: setattr(self, "restore", restore))

    def truncate(self, from_index: Index) -> None:
        self._write(lambda: self._truncate(from_index))

    def append(self, entries: list[Entry]) -> None:
        """Write behind the log; repeated after a full disk it goes on where it stopped."""
        rest = entries[max(0, self.log.last_index + 1 - entries[0].index) :]
        if self.is_full and rest:
            self.log.append(self._some(rest[:-1]))
            raise OSError(errno.ENOSPC, "the simulated disk is full")
        self._write(lambda: self.log.append(rest), lambda: self.log.append(self._some(rest)))

    def sync(self) -> None:
        self._write(self._sync)
        self.spent_s += self.latency_s * self.rng.random()

    def purge(self, up_to: Index) -> None:
        if self.log.first_index <= up_to <= self.log.last_index:
            self._write(lambda: self.log.purge(up_to))

    def restore_log(self, position: LogPosition) -> None:
        def change() -> None:
            self.log.restore(position)
            self.synced_index = position.index

        self._write(change)

    # --- what the state machine does -------------------------------------------------------------------------------

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Have a copy of the state that survives a power cut."""
        self._write(lambda: setattr(self, "snapshot", snapshot))

    def newest_configuration(self) -> Configuration:
        """Return the members that a process would start with."""
        in_log = self.log.configurations()
        return in_log[-1][1] if in_log else self.configuration

    # --- what happens to it ----------------------------------------------------------------------------------------

    def crash(self, image: StoreImage, *, is_power_cut: bool) -> None:
        self.writes_until_crash = None
        self.spent_s = 0.0
        if not is_power_cut:
            self.image = image
            self.synced_index = self.log.last_index
            return
        left = self.rng.choice([self.synced_index, self.rng.randint(self.synced_index, self.log.last_index)])
        self._truncate(Index(left + 1))
        self.image = None if self.snapshot is None else self.snapshot.image

    def lose_tail(self) -> None:
        """Lose the last part of the log and everything else that goes with damage; the member notices at its start."""
        low = max(self.log.first_index, 0)
        if low <= self.log.last_index:
            self._truncate(Index(self.rng.randint(low, self.log.last_index)))
        if self.snapshot is not None and self.snapshot.position.index > self.log.last_index:
            self.wipe()
            return
        self.image = None if self.snapshot is None else self.snapshot.image
        self.hard_state = HardState(self.hard_state.term, self.hard_state.voted_for, is_recovering=True)

    def wipe(self, *, is_formatted: bool = False) -> None:
        """Be empty; the member knows that it has forgotten something, unless somebody has formatted it by hand."""
        self.log = MemoryStorage()
        self.synced_index = Index(-1)
        self.hard_state = HardState(is_new=True) if is_formatted else HardState(is_recovering=True)
        self.configuration = self.configured
        self.snapshot = self.image = self.restore = None

    def _write(self, change: Callable[[], object], half: Callable[[], object] = lambda: None) -> None:
        if self.writes_until_crash is None:
            change()
            return
        self.writes_until_crash -= 1
        if self.writes_until_crash >= 0:
            change()
            return
        self.writes_until_crash = None
        self.rng.choice([lambda: None, half, change])()
        raise Crash

    def _some(self, entries: list[Entry]) -> list[Entry]:
        return entries[: self.rng.randint(0, len(entries))]

    def _sync(self) -> None:
        self.synced_index = self.log.last_index

    def _truncate(self, from_index: Index) -> None:
        self.log.truncate(from_index)
        self.synced_index = Index(min(self.synced_index, from_index - 1))
