"""Whether the state on disk may be trusted at start, since its commits are not fsynced.

A file beside it tells the life in which it was last written: the machine's boot id, the device, and `dirty` or `clean`.
It is fsynced, with its folder, before the first commit.

    nothing on record    a new folder                        trusted: it is empty
    clean                closed in order, after a sync       trusted
    dirty, this boot     the process died, the machine not   trusted: the page cache has every commit
    dirty, another boot  the machine went down               not trusted: pages may be lost or torn
    dirty, other device  the folder was copied or moved      not trusted: a copy of a live file is torn
    replacing            a snapshot was about to replace it  not trusted: the newest snapshot is to be used
"""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path

FILE_NAME = "marker.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Trust(Enum):
    """EMPTY: there is no state yet. TRUSTED: go on from it. LOST: remove it and rebuild from snapshot and log."""

    EMPTY = "empty"
    TRUSTED = "trusted"
    LOST = "lost"


class StoreMarker:
    """The marker file in `folder`, which is the state's own folder or the one around it."""

    def __init__(self, folder: Path, boot_id: str | None = None) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._boot_id = read_boot_id() if boot_id is None else boot_id

    def judge(self, has_state: bool) -> Trust:
        """Say what the state found beside the marker is worth."""
        if not has_state:
            return Trust.EMPTY
        try:
            found = json.loads(self._path.read_text())
            is_clean, boot_id, device = found["state"] == "clean", found["boot_id"], found["device"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return Trust.LOST
        if is_clean:
            return Trust.TRUSTED
        if found["state"] == "replacing":
            return Trust.LOST
        same_life = bool(self._boot_id) and boot_id == self._boot_id and device == self._device()
        return Trust.TRUSTED if same_life else Trust.LOST

    def set_dirty(self) -> None:
        """Record, durably, that commits may be lost from now on; to be called before the first one."""
        self._write("dirty")

    def set_replacing(self) -> None:
        """Record, durably, that the newest snapshot takes the place of the state, whatever is found there."""
        self._write("replacing")

    def is_replacing(self) -> bool:
        """Whether that was begun and not ended."""
        try:
            return bool(json.loads(self._path.read_text())["state"] == "replacing")
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False

    def set_clean(self) -> None:
        """Record that the state is whole on disk; to be called after its last sync, when nothing writes any more."""
        self._write("clean")

    def _device(self) -> int:
        return self._folder.stat().st_dev

    def _write(self, state: str) -> None:
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        text = json.dumps({"state": state, "boot_id": self._boot_id, "device": self._device()})
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_boot_id() -> str:
    """Return the id of this run of the machine, "" where the kernel does not tell: then nothing dirty is trusted."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
