"""Creating an empty journal, which is the only way that one comes into being.

The new folder is built beside the old one and takes its place by one rename, so that a crash leaves the old journal or
the new one, never half of either.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pyalluxio import errors
from pyalluxio.journal.folder import GROUP_ID, JournalFolder, make_folder
from pyalluxio.journal.meta_file import HARD_STATE_NAME, fsync_folder, hard_state_text, replace_file
from pyalluxio.raft.messages import HardState

_NEW_SUFFIX = ".new"
_OLD_SUFFIX = ".old"


def is_formatted(root: str | Path, group_id: str = GROUP_ID) -> bool:
    """Tell whether a journal folder (`alluxio.master.journal.folder`) holds a journal, empty or not."""
    return JournalFolder(Path(root), group_id).is_formatted


def require_formatted(root: str | Path, group_id: str = GROUP_ID) -> None:
    """Raise JournalNotFormatted, with the command that helps, unless the folder holds a journal."""
    JournalFolder(Path(root), group_id).require_formatted()


def refuse_in_use(root: str | Path, group_id: str = GROUP_ID) -> None:
    """Raise FailedPrecondition while a process uses the journal (its pid is named)."""
    folder = JournalFolder(Path(root), group_id)
    if folder.path.is_dir():
        folder.take_lock()
        folder.unlock()


def format_journal(root: str | Path, group_id: str = GROUP_ID) -> None:
    """Replace whatever journal is in the folder by an empty one; other files in the folder are left alone.

    Raises:  FailedPrecondition: a running process uses the journal (its pid is named).
             ConfigurationError: the path is a file, or may not be written.
    """
    folder = JournalFolder(Path(root), group_id)
    try:
        _replace(folder)
    except (NotADirectoryError, FileExistsError):
        raise errors.ConfigurationError(
            f"The journal folder {root} is a file, or lies below one. Set alluxio.master.journal.folder to a folder."
        ) from None
    except PermissionError as error:
        raise errors.ConfigurationError(
            f"The journal folder {root} cannot be written ({error.strerror}: {error.filename}). Set "
            "alluxio.master.journal.folder to a folder of the user who runs the master."
        ) from error


def _replace(folder: JournalFolder) -> None:
    parent = folder.path.parent
    make_folder(parent)
    new = folder.path.with_name(folder.path.name + _NEW_SUFFIX)
    old = folder.path.with_name(folder.path.name + _OLD_SUFFIX)
    is_locked = folder.path.is_dir()
    if is_locked:
        folder.take_lock()
    try:
        for leftover in (new, old):
            if leftover.exists():
                shutil.rmtree(leftover)
        for name in ("current", "sm", "tmp"):
            make_folder(new / name)
        replace_file(new / "current" / HARD_STATE_NAME, hard_state_text(HardState()).encode("latin-1"))
        fsync_folder(new)
        if is_locked:
            folder.path.rename(old)
        new.rename(folder.path)
        fsync_folder(parent)
        if is_locked:
            shutil.rmtree(old)
    finally:
        folder.unlock()
