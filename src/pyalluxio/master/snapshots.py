"""Snapshots of the state on disk: taken here, sent to another master, received from one.

    <metastore>/snapshots/state.<term>_<index>/data.mdb        a compacted copy of the LMDB store
    <metastore>/snapshots/state.<term>_<index>/snapshot.json   what it is: position, members of the quorum, checksum
    <metastore>/snapshots/CURRENT                              the name of the newest complete one, fsynced after it
    <metastore>/snapshots/building, installing                 what is not complete; removed at the next attempt

Rule 1: a folder gets its name once everything in it is on disk, and CURRENT once that name is.
Rule 2: what was received is published after its checksum, and the length of every file, are what the sender said.
Rule 3: everything here blocks; none of it belongs on the event loop.
Rule 4: a snapshot that is being sent stays readable when a newer one takes its place.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import google_crc32c

from pyalluxio.errors import DataLoss, DiskFull, FailedPrecondition
from pyalluxio.ids import Index, Term
from pyalluxio.master.applied import parse_configuration, read_applied, read_configuration, rows_of
from pyalluxio.master.pace import Pace, PacedFile, parts_of, write_paced
from pyalluxio.master.store import LmdbStore
from pyalluxio.raft.messages import Configuration, LogPosition

log = logging.getLogger(__name__)

FORMAT = 1
# What a snapshot must leave free on its disk.
FREE_BYTES_MIN = 64 << 20
# A description is some hundred bytes; whatever claims to be larger is none.
DESCRIPTION_BYTES_MAX = 1 << 20
_CURRENT = "CURRENT"
_PREFIX = "state."
_DATA = "data.mdb"
_DESCRIPTION = "snapshot.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A complete snapshot and what it holds.

    position        the last entry that is applied in it
    configuration   the members of the quorum as of then, and the index of the entry that made them so; None: unknown
    """

    folder: Path
    position: LogPosition
    configuration: tuple[Index, Configuration] | None
    size_bytes: int
    crc32c: int

    @property
    def name(self) -> str:
        return f"{_PREFIX}{self.position.term}_{self.position.index}"

    def description(self) -> bytes:
        """Return what `snapshot.json` says, without which nobody knows what the data are."""
        return json.dumps(
            {
                "format": FORMAT,
                "term": self.position.term,
                "index": self.position.index,
                "configuration": None if self.configuration is None else rows_of(*self.configuration),
                "size_bytes": self.size_bytes,
                "crc32c": self.crc32c,
            }
        ).encode()


def parse_description(raw: bytes, folder: Path) -> Snapshot:
    """Return the snapshot that a description tells of.

    Raises:   DataLoss: it is no description, or one of another format.
    """
    try:
        told = json.loads(raw)
        if told["format"] != FORMAT:
            raise DataLoss(f"{folder} is a snapshot of format {told['format']}; this program reads format {FORMAT}.")
        members = told["configuration"]
        return Snapshot(
            folder,
            LogPosition(Term(int(told["term"])), Index(int(told["index"]))),
            None if members is None else parse_configuration(json.dumps(members).encode()),
            int(told["size_bytes"]),
            int(told["crc32c"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataLoss(f"{folder} is not described by a snapshot's description: {error!r}.") from error


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a snapshot on its way: the description is the first one, then come the bytes of the data in order."""

    data: bytes
    crc32c: int

    @classmethod
    def of(cls, data: bytes) -> Chunk:
        return cls(data, google_crc32c.value(data))


class Snapshots:
    """The snapshots in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_folder(self) -> Path | None:
        """Return the folder of the newest complete snapshot."""
        try:
            name = (self._folder / _CURRENT).read_text().strip()
        except FileNotFoundError:
            return None
        folder = self._folder / name
        return folder if name.startswith(_PREFIX) and folder.is_dir() else None

    def newest(self) -> Snapshot | None:
        """Return the newest complete snapshot; None also for one whose description is missing or damaged."""
        folder = self.newest_folder()
        if folder is None or not (folder / _DESCRIPTION).is_file():
            return None
        try:
            return parse_description((folder / _DESCRIPTION).read_bytes(), folder)
        except DataLoss as error:
            log.warning("%s", error)
            return None

    def discard(self, snapshot: Snapshot) -> None:
        """Remove the newest snapshot: it is damaged, and nobody must go on from it."""
        (self._folder / _CURRENT).unlink(missing_ok=True)
        _fsync(self._folder)
        shutil.rmtree(snapshot.folder, ignore_errors=True)

    # --- taking ----------------------------------------------------------------------------------------------------

    def take(self, store: LmdbStore, pace: Pace) -> Snapshot:
        """Copy the last committed state to disk; takes as long as `pace` lets it, and nothing waits meanwhile.

        Raises:   DiskFull: nothing was written.  OSError.  DataLoss: the state cannot be read.  Unavailable: stopped.
        """
        building = self._fresh("building")
        try:
            self.check_space(store.size_bytes())
            # Closed here: an error that somebody keeps would keep the state in use.
            with closing(store.copied()) as parts:
                size_bytes, checksum = write_paced(parts, building / _DATA, pace)
            copy = LmdbStore(building, is_read_only=True)
            index, term = read_applied(copy)
            configuration = read_configuration(copy)
            copy.close()
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        return self._publish(Snapshot(building, LogPosition(term, index), configuration, size_bytes, checksum))

    def check_space(self, size_bytes: int) -> None:
        """Refuse what would fill up the disk, on which the log may be, too.

        Raises:   DiskFull.
        """
        free_bytes = shutil.disk_usage(self._folder).free
        if free_bytes < size_bytes + FREE_BYTES_MIN:
            raise DiskFull(
                f"A snapshot of the namespace needs up to {size_bytes} bytes in {self._folder}, and {FREE_BYTES_MIN} "
                f"more are to stay free, but only {free_bytes} are. Free space there."
            )

    def _publish(self, snapshot: Snapshot) -> Snapshot:
        """Give a snapshot that is complete its name, make it the newest, and remove the others."""
        known = self.newest()
        if known is not None and known.position == snapshot.position:
            # Taking its place would leave a moment without any.
            shutil.rmtree(snapshot.folder)
            return known
        _write(snapshot.folder / _DESCRIPTION, snapshot.description())
        _fsync(snapshot.folder)
        folder = self._folder / snapshot.name
        shutil.rmtree(folder, ignore_errors=True)
        snapshot.folder.rename(folder)
        _fsync(self._folder)
        current = self._folder / f"{_CURRENT}.tmp"
        _write(current, f"{snapshot.name}\n".encode())
        current.replace(self._folder / _CURRENT)
        _fsync(self._folder)
        for old in self._folder.glob(f"{_PREFIX}*"):
            if old.name != snapshot.name:
                shutil.rmtree(old)
        return replace(snapshot, folder=folder)

    def _fresh(self, name: str) -> Path:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o750, parents=True)
        return folder

    # --- receiving -------------------------------------------------------------------------------------------------

    def receive(self) -> Receiving:
        """Begin to take in a snapshot from another master; what an earlier attempt left is removed."""
        return Receiving(self, self._fresh("installing"))

    def received(self, snapshot: Snapshot) -> Snapshot:
        """Publish a snapshot that was received as a whole; for `Receiving`."""
        return self._publish(snapshot)


def copy_of(snapshot: Snapshot, folder: Path, pace: Pace) -> None:
    """Copy the data of a snapshot into an empty folder.

    Raises:   DataLoss: they are not what they were when it was published.
    """
    size_bytes, checksum = write_paced(parts_of(snapshot.folder / _DATA), folder / _DATA, pace)
    if (size_bytes, checksum) != (snapshot.size_bytes, snapshot.crc32c):
        raise DataLoss(
            f"{snapshot.folder / _DATA} is damaged: it has {size_bytes} bytes with checksum {checksum:08x} instead of "
            f"{snapshot.size_bytes} with {snapshot.crc32c:08x}."
        )


class Reading:
    """A snapshot that is open for sending; what is removed meanwhile can be read to its end."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._descriptor = os.open(snapshot.folder / _DATA, os.O_RDONLY | os.O_CLOEXEC)

    def chunk(self, offset: int, size_bytes: int) -> Chunk:
        """Return the data from `offset` on, at most `size_bytes`; nothing at the end."""
        return Chunk.of(os.pread(self._descriptor, size_bytes, offset))

    def close(self) -> None:
        os.close(self._descriptor)


class Receiving:
    """A snapshot that is being received, chunk by chunk."""

    def __init__(self, snapshots: Snapshots, folder: Path) -> None:
        self._snapshots = snapshots
        self._folder = folder
        self._data = PacedFile(folder / _DATA)
        self._snapshot: Snapshot | None = None

    @property
    def size_bytes(self) -> int:
        """How much data there will be; 0 before the description is here."""
        return 0 if self._snapshot is None else self._snapshot.size_bytes

    @property
    def received_bytes(self) -> int:
        """How much of the data is here."""
        return self._data.size_bytes

    def write(self, chunk: Chunk) -> None:
        """Take in the next chunk.

        Raises:   DataLoss: it is damaged, is no description although it is the first, or is more than was announced.
                  DiskFull: there is no room for what is announced.  OSError.
        """
        found = google_crc32c.value(chunk.data)
        if found != chunk.crc32c:
            raise DataLoss(
                f"A chunk of a snapshot arrived damaged at byte {self.received_bytes}: its checksum is {found:08x} "
                f"instead of {chunk.crc32c:08x}."
            )
        if self._snapshot is None:
            if len(chunk.data) > DESCRIPTION_BYTES_MAX:
                raise DataLoss(f"A snapshot begins with {len(chunk.data)} bytes that are no description of it.")
            self._snapshot = parse_description(chunk.data, self._folder)
            self._snapshots.check_space(self._snapshot.size_bytes)
            return
        if self.received_bytes + len(chunk.data) > self._snapshot.size_bytes:
            raise DataLoss(f"More arrives than the {self._snapshot.size_bytes} bytes that a snapshot was to have.")
        self._data.write(chunk.data)

    def finish(self) -> Snapshot:
        """Verify what was received and publish it.

        Raises:   DataLoss: something is missing or damaged; nothing was published.
        """
        self._data.flush()
        self._data.close()
        told = self._snapshot
        if told is None:
            raise DataLoss("A snapshot ended before it began.")
        if self.received_bytes != told.size_bytes:
            raise DataLoss(f"A snapshot ended after {self.received_bytes} of {told.size_bytes} bytes.")
        if self._data.crc32c != told.crc32c:
            raise DataLoss(
                f"A snapshot was damaged where it was sent: its checksum is {self._data.crc32c:08x} instead of "
                f"{told.crc32c:08x}."
            )
        copy = LmdbStore(self._folder, is_read_only=True)
        index, term = read_applied(copy)
        copy.close()
        if LogPosition(term, index) != told.position:
            raise FailedPrecondition(f"A snapshot holds entries up to {index} and was said to end at {told.position}.")
        return self._snapshots.received(told)

    def abort(self) -> None:
        """Forget what was received. Idempotent; to be called after any failure."""
        self._data.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
