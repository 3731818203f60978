"""Emptying this host's journal and worker storage. Under storage is never touched.

Formatting is refused while the process that owns the folder runs: a journal that changes under a running master would
be the loss of what it acknowledges next.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyalluxio.errors import ConfigurationError, FailedPrecondition
from pyalluxio.journal.format import format_journal, is_formatted, refuse_in_use
from pyalluxio.processes.local_process import LocalProcess, make_folder

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

__all__ = [
    "Content",
    "check_master",
    "check_worker",
    "format_master",
    "format_worker",
    "is_formatted",
    "master_content",
    "refuse_while_running",
    "worker_content",
]

_LETTERS = "rwxrwxrwx"
# Counting stops here: the question "is there something" needs no exact answer over a million blocks.
COUNT_MAX = 100_000
# What a journal holds that was formatted and never used: no reason for a question.
EMPTY_JOURNAL = {"raft-meta", "raft-meta.conf", "in_use.lock"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a folder holds that formatting would delete."""

    folder: Path
    file_count: int
    size_bytes: int

    def __str__(self) -> str:
        least = "at least " if self.file_count >= COUNT_MAX else ""
        return f"{self.folder}: {least}{self.file_count} files, {self.size_bytes:,} bytes"


def master_content(conf: Configuration) -> list[Content]:
    """Return what formatting the master would delete; empty when there is nothing to lose."""
    return _contents(_master_folders(conf))


def worker_content(conf: Configuration) -> list[Content]:
    """Return what formatting the worker would delete; empty when there is nothing to lose."""
    return _contents(_worker_folders(conf))


def check_master(conf: Configuration, process: LocalProcess) -> None:
    """Raise what `format_master` would fail with; nothing is removed."""
    journal, _ = folders = _master_folders(conf)
    _check(conf, process, folders)
    refuse_in_use(journal)


def check_worker(conf: Configuration, process: LocalProcess) -> None:
    """Raise what `format_worker` would fail with; nothing is removed."""
    _check(conf, process, _worker_folders(conf))
    _mode(conf.text("alluxio.worker.data.folder.permissions"))


def format_master(conf: Configuration, process: LocalProcess) -> list[Path]:
    """Empty the journal and the store made from it; return the folders.

    Raises:  FailedPrecondition: the master runs.  ConfigurationError: a folder cannot be what it is set to.
    """
    check_master(conf, process)
    journal, metastore = folders = _master_folders(conf)
    # The store first: without it the journal is replayed; a store without its journal would be a contradiction.
    _empty(metastore)
    format_journal(journal)
    return folders


def format_worker(conf: Configuration, process: LocalProcess) -> list[Path]:
    """Delete and make again the worker's folder in each directory of each tier; return them.

    Raises:  FailedPrecondition: the worker runs.  ConfigurationError: a folder cannot be what it is set to.
    """
    check_worker(conf, process)
    folders = _worker_folders(conf)
    mode = _mode(conf.text("alluxio.worker.data.folder.permissions"))
    for folder in folders:
        _empty(folder)
        # Sticky: with folders that everybody may write, a client can only remove what is its own.
        folder.chmod(mode | stat.S_ISVTX)
    return folders


def _master_folders(conf: Configuration) -> list[Path]:
    return [Path(conf.text("alluxio.master.journal.folder")), Path(conf.text("alluxio.master.metastore.dir"))]


def _worker_folders(conf: Configuration) -> list[Path]:
    data = conf.text("alluxio.worker.data.folder").strip("/")
    levels = range(conf.integer("alluxio.worker.tieredstore.levels"))
    return [
        Path(folder) / data
        for level in levels
        for folder in conf.items(f"alluxio.worker.tieredstore.level{level}.dirs.path")
    ]


def _check(conf: Configuration, process: LocalProcess, folders: Iterable[Path]) -> None:
    # All of it before the first file goes: half of a formatted host is neither the old one nor a new one.
    refuse_while_running(process)
    _refuse_under_storage(conf, folders)
    for folder in folders:
        _refuse_unremovable(folder)


def _refuse_unremovable(folder: Path) -> None:
    """Raise ConfigurationError unless this user may empty the folder, or make it."""
    existing = folder
    while not os.path.lexists(existing):
        existing = existing.parent
    if not existing.is_dir():
        raise ConfigurationError(f"{existing} is a file and not a folder: remove it, or set another folder.")
    below = [Path(parent) for parent, _, _ in os.walk(folder)]
    for place in [existing, *below]:
        # To remove a file is to write to its folder.
        if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            raise ConfigurationError(
                f"{place} may not be changed by this user; nothing was formatted: run as the user who runs the "
                "process, or set another folder."
            )


def refuse_while_running(process: LocalProcess) -> None:
    """Raise FailedPrecondition while `process` runs."""
    identity = process.running()
    if identity is not None:
        raise FailedPrecondition(
            f"The {process.role} runs (pid {identity.pid}): stop it with `{process.stopping}`, then format."
        )


def _refuse_under_storage(conf: Configuration, folders: Iterable[Path]) -> None:
    root = conf.text_or_none("alluxio.master.mount.table.root.ufs") or ""
    if "://" in root and not root.startswith("file://"):
        return
    ufs = Path(os.path.abspath(root.removeprefix("file://")))  # noqa: PTH100 - must not resolve links
    for folder in folders:
        if ufs == folder or folder in ufs.parents:
            raise ConfigurationError(
                f"The root under storage {ufs} lies in {folder}, which formatting empties: set "
                "alluxio.master.mount.table.root.ufs to another folder."
            )
        if len(folder.parts) < 3:
            raise ConfigurationError(
                f"{folder} is too near the root of the file system to be emptied: set a deeper one."
            )


def _contents(folders: Iterable[Path]) -> list[Content]:
    found = []
    for folder in folders:
        count = size = 0
        for parent, _, names in os.walk(folder):
            for name in set(names) - EMPTY_JOURNAL:
                count += 1
                size += (Path(parent) / name).lstat().st_size
            if count >= COUNT_MAX:
                break
        if count:
            found.append(Content(folder, count, size))
    return found


def _empty(folder: Path) -> None:
    try:
        for child in folder.iterdir() if folder.is_dir() else ():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be removed ({error.strerror}): run as the user who runs the process."
        ) from error
    make_folder(folder)


def _mode(text: str) -> int:
    """Return the mode for `rwxr-xr-x` or `755`."""
    if len(text) == 9 and all(given in (letter, "-") for given, letter in zip(text, _LETTERS, strict=True)):
        return int("".join("0" if letter == "-" else "1" for letter in text), 2)
    try:
        return int(text, 8) & 0o777
    except ValueError:
        raise ConfigurationError(
            f'alluxio.worker.data.folder.permissions: "{text}" is no mode; write rwxr-xr-x or 755.'
        ) from None
