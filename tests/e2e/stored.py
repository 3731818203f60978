"""What a local under storage holds, compared with what the namespace says of it.

At rest the two are equal: each stored path has its object, each object its path, and no temporary name is left of a
write that was cut off. A file that nobody completed is the exception: its object is there or not, as far as its
writer came.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from pyalluxio import path as paths
from pyalluxio.client import AsyncFileSystem
from pyalluxio.client.file_info import FileInfo
from tests.waiting import pace

# Persisting what was written last, and removing what dead writers left; the machine may be busy.
REST_S = 90.0
LOOK_INTERVAL_S = 0.5
# Files on their way into the storage are written here; it stays, and is to be empty.
PERSISTENCE_FOLDER = "/.alluxio_ufs_persistence"


async def wait_for_rest(fs: AsyncFileSystem, ufs: Path, digests: Mapping[str, str]) -> None:
    """Wait until everything that is to be stored is, and the storage is as the namespace says.

    digests   sha256 by path, of all complete files

    Raises:   AssertionError: it names what differs.
    """

    end_s = time.monotonic() + REST_S
    while True:
        infos = {info.path: info for info in await fs.list_status("/", recursive=True, load_metadata_type="NEVER")}
        found = await asyncio.to_thread(differences, infos, ufs, digests)
        if not found:
            return
        assert time.monotonic() < end_s, f"after {REST_S:g} s at rest: " + "; ".join(found)
        await pace(LOOK_INTERVAL_S)


def differences(infos: Mapping[str, FileInfo], ufs: Path, digests: Mapping[str, str]) -> list[str]:
    """Return a sentence for each path that is not as it should be; none means equal."""
    found: list[str] = []
    objects = objects_of(ufs)
    for path in sorted(objects):
        if path == PERSISTENCE_FOLDER:
            continue
        if paths.is_temporary(path) or paths.is_below(path, PERSISTENCE_FOLDER):
            found.append(f"{path} is left in the under storage")
        elif path not in infos or infos[path].persistence_state != "PERSISTED":
            found.append(f"{path} is in the under storage only")
    for path, info in sorted(infos.items()):
        is_whole = info.is_directory or info.is_completed
        if info.persistence_state == "TO_BE_PERSISTED" and is_whole:
            found.append(f"{path} is not stored yet")
        elif info.persistence_state == "LOST":
            found.append(f"{path} is lost")
        elif info.persistence_state == "PERSISTED" and is_whole and path not in objects:
            found.append(f"{path} is not in the under storage")
        elif path in objects and is_whole:
            if (objects[path] is None) != info.is_directory:
                found.append(f"{path} is a directory on one side only")
            elif not info.is_directory and objects[path] != digests.get(path):
                found.append(f"{path} has other bytes in the under storage than were written")
    return found


def objects_of(ufs: Path) -> dict[str, str | None]:
    """Return what lies below a folder, by path in the namespace: the sha256 of files, None for directories."""
    found: dict[str, str | None] = {}
    for folder, directories, files in os.walk(ufs):
        top = "/" + os.path.relpath(folder, ufs).removeprefix(".")
        for name in directories:
            found[paths.join(top, name)] = None
        for name in files:
            found[paths.join(top, name)] = hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()
    return found
