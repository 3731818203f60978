"""Removing what unpublished attempts left behind in `.alluxio_ufs_persistence`, on the leading master.

A worker that is killed while it writes a file leaves its half behind, and one whose file was deleted meanwhile may die
before it can report it. Both names follow from the id of the file, so the state tells whether anybody still wants the
content: a file that does not wait to be persisted will never be published from here. Only files that nobody has touched
for a while are removed, since a worker may still be writing, or another cluster may share the storage.
"""

from __future__ import annotations

import asyncio
import logging
import re

from pyalluxio.errors import AlluxioError, NotLeader
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.state.tx import TO_BE_PERSISTED
from pyalluxio.ufs import Ufs, UfsStatus
from pyalluxio.ufs.persist_path import FOLDER, persist_path

log = logging.getLogger(__name__)

FIRST_AFTER_S = 30.0  # a new leader has more urgent things to ask of its storages
INTERVAL_S = 3600.0
UNTOUCHED_MS = 600_000

# The content, or what a store that writes to a name of its own first has left of it.
_NAME = re.compile(r"(\d+)\.alluxio\.0x[0-9A-F]{16}\.tmp(\.alluxio\.0x[0-9A-F]{16}\.tmp)?")


async def run(master: FileSystemMaster) -> None:
    """Look soon, and now and then, until cancelled or no longer leading."""
    try:
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            await remove_leftovers(master)
            await asyncio.sleep(INTERVAL_S)
    except NotLeader:
        return


async def remove_leftovers(master: FileSystemMaster) -> int:
    """Remove the content of files that do not wait any more; return how many files of the storages went."""
    with master.view() as context:
        mounts = [mount for mount in context.mounts.mounts.values() if not mount.read_only]
    count = 0
    for mount in mounts:
        try:
            count += await _of_mount(master, master.under_storages.of_mount(mount.mount_id), mount.ufs_uri)
        except NotLeader:
            raise
        except AlluxioError as error:
            log.warning("Could not look for leftovers of unpublished files in %s: %s", mount.ufs_uri, error)
    return count


async def _of_mount(master: FileSystemMaster, ufs: Ufs, uri: str) -> int:
    folder = f"{uri.rstrip('/')}/{FOLDER}"
    fence = master.pipeline.fence()
    count = 0
    for status in await ufs.list(folder) or ():
        file_id = _file_id(uri, status)
        if file_id is None or status.last_modified_ms is None:
            continue
        if master.clock.now_ms() - status.last_modified_ms < UNTOUCHED_MS:
            continue
        # Asked after the listing, and for each: a file that began to wait meanwhile may use what lies here.
        await fence.confirm()
        with master.view() as context:
            waits = context.tx.get(TO_BE_PERSISTED, file_id)
        if not waits and await ufs.delete_file(f"{folder}/{status.name}"):
            log.info("Removed %s/%s: file %d does not wait to be persisted.", folder, status.name, file_id)
            count += 1
    return count


def _file_id(uri: str, status: UfsStatus) -> int | None:
    """Return the file that a name in the folder belongs to, or None if the name is not ours."""
    found = _NAME.fullmatch(status.name)
    if found is None or status.is_directory:
        return None
    file_id = int(found[1])
    whole = persist_path(uri, file_id).rpartition("/")[2]
    return file_id if status.name == whole or status.name.startswith(f"{whole}.") else None
