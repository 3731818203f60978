"""The folder of one journal: its layout, which is Ratis', and the lock that keeps a second process out.

<alluxio.master.journal.folder>/raft/<group id>/
    in_use.lock        locked while a process uses the folder; holds "<pid>@<host>"
    current/           raft-meta, raft-meta.conf, the log segments
    sm/                snapshots of the state machine
    tmp/               what is being received
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from pathlib import Path

from pyalluxio import errors
from pyalluxio.journal.meta_file import HARD_STATE_NAME

# Every Alluxio 2.9 journal has this group id; quorums are told apart by their addresses.
GROUP_ID = "02511d47-d67c-49a3-9011-abb3109a44c1"
FOLDER_MODE = 0o750
LOCK_NAME = "in_use.lock"

# struct flock of 64-bit Linux: type, whence, start, length, pid.
_FLOCK = struct.Struct("hhxxxxqqixxxx")


class JournalFolder:
    """The paths of one journal, and its lock."""

    def __init__(self, root: Path, group_id: str = GROUP_ID) -> None:
        self.root = root
        self.path = root / "raft" / group_id
        self.current = self.path / "current"
        self._lock_fd: int | None = None

    @property
    def is_formatted(self) -> bool:
        """Whether `init format` has prepared this folder."""
        return (self.current / HARD_STATE_NAME).is_file()

    def free_bytes(self) -> int:
        """Return the space that this process may still fill on the disk of the folder."""
        stat = os.statvfs(self.path)
        return stat.f_bavail * stat.f_frsize

    def lock(self) -> None:
        """Take the lock. Raises JournalNotFormatted; FailedPrecondition naming the process that holds it."""
        self.require_formatted()
        self.take_lock()

    def require_formatted(self) -> None:
        """Raise JournalNotFormatted, or ConfigurationError: the folder is a file."""
        if self.root.exists() and not self.root.is_dir():
            raise errors.ConfigurationError(
                f"The journal folder {self.root} is a file. Set alluxio.master.journal.folder to a folder."
            )
        if not self.is_formatted:
            raise errors.JournalNotFormatted(
                f"The journal folder {self.root} is not formatted. Run `alluxio init format` to create a journal."
            )

    def take_lock(self) -> None:
        """Take the lock of a folder that exists, formatted or not. Raises FailedPrecondition.

        An open-file-description lock: it excludes the record locks of Java masters, other processes, and a second
        opening in this process; it ends with the process, so that a crash leaves nothing to clean up.
        """
        fd = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        except OSError as error:
            holder = os.read(fd, 200).decode(errors="replace").strip()
            os.close(fd)
            if not isinstance(error, BlockingIOError | PermissionError):
                raise
            pid, _, host = holder.partition("@")
            raise errors.FailedPrecondition(
                f"The journal folder {self.path} is in use by process {pid or 'unknown'}"
                f"{f' on {host}' if host else ''}. Stop that process first."
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}@{socket.gethostname()}".encode(), 0)
        self._lock_fd = fd

    def unlock(self) -> None:
        """Give the lock back. Idempotent."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def make_folder(path: Path) -> None:
    """Create a folder, and its missing parents, readable by owner and group only; existing ones stay as they are."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(FOLDER_MODE)
    path.chmod(FOLDER_MODE)
