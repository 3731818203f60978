"""What a driver does to the disk: carrying out a `Ready`, and watching the space.

Rule 1: everything that a `Ready` asks of the disk is done in one call, in the order of its contract, and the call may
        be repeated after a full disk: what was done before is not done twice.
Rule 2: a failed fsync is final (`DataLoss`); a full disk (`DiskIsFull`) is not.
Rule 3: a snapshot takes the place of the log in this order, so that a crash between any two steps can be finished at
        the next start (`recovery.finish_restore`):

            note what is going to happen -> the state -> the members -> the empty log -> forget the note

The three protocols are what the simulator's disk offers in place of the files.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.raft.log import Storage
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, HardState, LogPosition, Ready, Restore

log = logging.getLogger(__name__)

FREE_SPACE_CHECK_INTERVAL_S = 0.1


class LogFiles(Storage, Protocol):
    """The log; see `log_store.LogStore`."""

    @property
    def size_bytes(self) -> int: ...
    def append(self, entries: list[Entry]) -> None: ...
    def sync(self) -> None: ...
    def truncate(self, from_index: Index) -> None: ...
    def purge(self, up_to: Index, *, retain_bytes: int) -> list[str]: ...
    def restore(self, position: LogPosition) -> None: ...


class Meta(Protocol):
    """Term and vote, the members, a restore under way; see `meta_file.MetaFiles`."""

    def write_hard_state(self, hard_state: HardState) -> None: ...
    def write_configuration(self, entry: Entry) -> None: ...
    def write_restore(self, restore: Restore) -> None: ...
    def clear_restore(self) -> None: ...


class Folder(Protocol):
    """The folder of the journal; see `folder.JournalFolder`."""

    @property
    def path(self) -> Path: ...
    def free_bytes(self) -> int: ...


class DiskIsFull(Exception):
    """There was no room for what has to be written; the same call may be repeated."""


class Disk:
    """The disk of one member, as its driver uses it."""

    def __init__(self, store: LogFiles, meta: Meta, folder: Folder, *, free_space_min_bytes: int) -> None:
        self.store = store
        self._meta = meta
        self._folder = folder
        self._free_space_min_bytes = free_space_min_bytes
        self._checked_at = float("-inf")
        self.is_full = False

    @property
    def folder(self) -> Folder:
        return self._folder

    def carry_out(self, ready: Ready, restore: Callable[[], None] | None) -> None:
        """Make durable what a `Ready` asks for. `restore` puts the snapshot of `ready.restore` into place.

        Raises:  DiskIsFull: repeat the call.  Any other error: the member cannot go on.
        """
        try:
            if ready.hard_state is not None:
                self._meta.write_hard_state(ready.hard_state)
            if ready.restore is not None:
                assert restore is not None
                self._restore(ready.restore, restore)
            store = self.store
            if ready.truncate_from is not None and ready.truncate_from <= store.last_index:
                store.truncate(ready.truncate_from)
            if ready.entries:
                store.append(ready.entries)
                store.sync()
            for entry in ready.committed:
                if entry.kind is EntryKind.CONFIGURATION:
                    self._meta.write_configuration(entry)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self._checked_at = float("-inf")
            if not self.is_full:
                log.error("The journal folder %s is full, writes wait for space: %s", self._folder.path, error)
            self.is_full = True
            raise DiskIsFull from error

    def has_space(self, now: float) -> bool:
        """Tell whether new entries may be proposed; looks at most every 0.1 s."""
        if now - self._checked_at >= FREE_SPACE_CHECK_INTERVAL_S:
            self._checked_at = now
            is_full = self._folder.free_bytes() < self._free_space_min_bytes
            if is_full != self.is_full:
                self.is_full = is_full
                if is_full:
                    log.error("%s", self.full_error())
                else:
                    log.info("The journal folder %s has space again.", self._folder.path)
        return not self.is_full

    def full_error(self) -> errors.DiskFull:
        return errors.DiskFull(
            f"The disk of the journal folder {self._folder.path} has {self._folder.free_bytes()} bytes free, "
            f"{self._free_space_min_bytes} are kept as reserve: nothing is written until space is freed."
        )

    def _restore(self, wanted: Restore, restore: Callable[[], None]) -> None:
        self._meta.write_restore(wanted)
        restore()
        finish_restore(self.store, self._meta, wanted)


def finish_restore(store: LogFiles, meta: Meta, wanted: Restore) -> None:
    """Bring members and log to where the state is already; may be repeated after a crash at any point."""
    meta.write_configuration(configuration_entry(wanted.position, wanted.configuration))
    store.restore(wanted.position)
    meta.clear_restore()


def configuration_entry(position: LogPosition, configuration: Configuration) -> Entry:
    """Return the members as of a position in the form in which the last committed configuration is stored."""
    return Entry(position.term, position.index, EntryKind.CONFIGURATION, configuration=configuration)
