"""The files that hold block bytes, in the layout of Alluxio 2.9, so that clients on this machine can open them.

    <dirs.path>/alluxioworker/                                   storage directory, locked while a worker uses it
        16777216                                                 committed block: its id in decimal
        .tmp_blocks/<session mod 1024>/<session hex>-<block id>  block being written

Everything is world-writable, because short-circuit clients run as other users and write the temporary files themselves.
The sticky bit, which means nothing on a file, marks blocks that their writer pinned: a restart must not forget them.
Committing is a rename: a crash leaves a temporary file, which the next start deletes, or a whole block, which it finds.
Calls here change metadata only and take microseconds; they run inside the step that decided them.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pyalluxio.errors import AlluxioError, ConfigurationError, DiskFull, Unavailable
from pyalluxio.ids import BlockId, SessionId
from pyalluxio.worker.store import Location

log = logging.getLogger(__name__)

TEMPORARY_FOLDER = ".tmp_blocks"
SUBFOLDERS_MAX = 1024
PERMISSIONS = 0o777
PINNED_BIT = stat.S_ISVTX

_MEMORY_TYPES = ("tmpfs", "ramfs")


class FoundBlock(NamedTuple):
    """A block as the start-up scan finds it."""

    block_id: BlockId
    length_bytes: int
    is_pinned: bool  # by its writer


class BlockFiles:
    """The storage directories of one worker."""

    def __init__(
        self,
        directories: Mapping[Location, str],
        *,
        temporary_folder: str = TEMPORARY_FOLDER,
        subfolders_max: int = SUBFOLDERS_MAX,
        permissions: int = PERMISSIONS,
    ) -> None:
        self._directories = dict(directories)
        self._temporary_folder = temporary_folder
        self._subfolders_max = subfolders_max
        self._permissions = permissions
        self._locks: dict[Location, int] = {}
        self._in_memory: set[Location] = set()

    def open(self, location: Location, capacity_bytes: int) -> list[FoundBlock]:
        """Make the directory ours and tidy it; return every block in it.

        Deletes what is no block: 2.9 does, and whatever else lies there takes room that the quota does not count.
        Raises:   ConfigurationError: another worker uses the directory, it cannot be made, or it is too small.
        """
        path = self._directories[location]
        try:
            self._make_folder(path)
            self._lock(location, path)
            self._check_room(location, path, capacity_bytes)
            self._empty_temporary_folder(path)
            return self._scan(path)
        except OSError as error:
            raise ConfigurationError(
                f"Cannot use {path} for blocks: {error.strerror or error}. Make it writable for this user or change "
                f"alluxio.worker.tieredstore.level{location.tier}.dirs.path."
            ) from error

    def close(self) -> None:
        """Release the directories for the next worker."""
        for descriptor in self._locks.values():
            os.close(descriptor)
        self._locks.clear()

    def is_in_memory(self, location: Location) -> bool:
        """Say whether reading and writing here never waits for a disk."""
        return location in self._in_memory

    def directory(self, location: Location) -> str:
        return self._directories[location]

    def block_path(self, location: Location, block_id: BlockId) -> str:
        return f"{self._directories[location]}/{block_id}"

    def temporary_path(self, location: Location, session_id: SessionId, block_id: BlockId) -> str:
        folder = session_id % self._subfolders_max
        return f"{self._directories[location]}/{self._temporary_folder}/{folder}/{session_id:x}-{block_id}"

    def create_temporary(
        self, location: Location, session_id: SessionId, block_id: BlockId, *, pin: bool = False
    ) -> str:
        """Make the empty file of a block being written, writable by anyone; return its path."""
        path = self.temporary_path(location, session_id, block_id)
        try:
            try:
                descriptor = self._create(path)
            except FileNotFoundError:
                self._make_folder(os.path.dirname(path))
                descriptor = self._create(path)
            os.fchmod(descriptor, self._permissions | (PINNED_BIT if pin else 0))
            os.close(descriptor)
        except OSError as error:
            raise failed(error, path) from error
        return path

    def commit(self, location: Location, session_id: SessionId, block_id: BlockId) -> None:
        """Give a written file its block name."""
        path = self.temporary_path(location, session_id, block_id)
        try:
            os.rename(path, self.block_path(location, block_id))
        except OSError as error:
            raise failed(error, path) from error

    def unpin(self, location: Location, block_id: BlockId) -> None:
        """Take the mark of a writer's pin off a committed block."""
        try:
            os.chmod(self.block_path(location, block_id), self._permissions)
        except OSError as error:
            # The mark only makes a restart ask the master about the file once more.
            log.warning("Block %d keeps the mark of its pin: %s", block_id, error)

    def temporary_length(self, location: Location, session_id: SessionId, block_id: BlockId) -> int:
        path = self.temporary_path(location, session_id, block_id)
        try:
            return os.stat(path).st_size
        except OSError as error:
            raise failed(error, path) from error

    def remove(self, location: Location, block_id: BlockId) -> None:
        """Delete a committed block's file; one that is gone already is fine."""
        self._unlink(self.block_path(location, block_id))

    def remove_temporary(self, location: Location, session_id: SessionId, block_id: BlockId) -> None:
        self._unlink(self.temporary_path(location, session_id, block_id))

    def open_block(self, location: Location, block_id: BlockId, length_bytes: int) -> int | None:
        """Return a descriptor to read a block; None if its file is missing, no regular file, or too short."""
        path = self.block_path(location, block_id)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            log.error("Block %d cannot be opened: %s", block_id, error)
            return None
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size >= length_bytes:
            return descriptor
        os.close(descriptor)
        log.error("Block %d should have %d bytes; %s has %d", block_id, length_bytes, path, found.st_size)
        return None

    # --- start-up -----------------------------------------------------------------------------------------------

    def _make_folder(self, path: str) -> None:
        missing = []
        while not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for folder in reversed(missing):
            try:
                os.mkdir(folder)
            except FileExistsError:
                continue
            os.chmod(folder, self._permissions)

    def _lock(self, location: Location, path: str) -> None:
        # The directory itself is locked: a lock file in it would be deleted by an official worker's start-up.
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise ConfigurationError(
                    f"Another worker on this machine keeps its blocks in {path}. Stop it, or give this one its own "
                    f"alluxio.worker.tieredstore.level{location.tier}.dirs.path."
                ) from error
            raise
        self._locks[location] = descriptor

    def _check_room(self, location: Location, path: str, capacity_bytes: int) -> None:
        if file_system_type(path) not in _MEMORY_TYPES:
            return
        self._in_memory.add(location)
        room = os.statvfs(path)
        total_bytes = room.f_blocks * room.f_frsize
        if 0 < total_bytes < capacity_bytes:
            raise ConfigurationError(
                f"{path} lies in a memory file system of {total_bytes} bytes, too small for the quota of "
                f"{capacity_bytes}. Lower alluxio.worker.ramdisk.size or mount a larger one."
            )

    def _empty_temporary_folder(self, path: str) -> None:
        folder = f"{path}/{self._temporary_folder}"
        shutil.rmtree(folder, ignore_errors=True)
        self._make_folder(folder)

    def _scan(self, path: str) -> list[FoundBlock]:
        blocks: list[FoundBlock] = []
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name == self._temporary_folder:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    log.warning("Deleting folder %s: it holds no blocks", entry.path)
                    shutil.rmtree(entry.path)
                elif entry.name.isascii() and entry.name.isdigit() and entry.is_file(follow_symlinks=False):
                    found = entry.stat()
                    is_pinned = bool(found.st_mode & PINNED_BIT)
                    blocks.append(FoundBlock(BlockId(int(entry.name)), found.st_size, is_pinned))
                else:
                    log.warning("Deleting file %s: it is no block", entry.path)
                    os.unlink(entry.path)
        blocks.sort()
        return blocks

    # --- parts --------------------------------------------------------------------------------------------------

    def _create(self, path: str) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self._permissions)

    def _unlink(self, path: str) -> None:
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            # The room is given away already; a file that cannot be deleted must not fail the write that needs it.
            log.error(
                "Cannot delete %s: %s. Delete it by hand; it takes room that the quota does not count.", path, error
            )


def failed(error: OSError, path: str) -> AlluxioError:
    """Return our error for a failed system call on a block's file."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"The file system of {path} is full, though the quota is not used up: something else takes its room. "
            "Free it or lower alluxio.worker.ramdisk.size."
        )
    return Unavailable(f"Block file {path}: {error.strerror or error}.")


def file_system_type(path: str) -> str:
    """Return the type of the mounted file system that holds `path`, or "" if it cannot be told."""
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        if fields.split(" ", 3)[2] == wanted:
            return rest.split(" ", 1)[0]
    return ""
