"""The status of a path, as plain data: everything that `FileInfo` of the wire holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyalluxio.errors import SafeMode
from pyalluxio.ids import sequence_number
from pyalluxio.journal.entries import PERSISTED, TtlAction
from pyalluxio.master.ops.context import BlockLocation, ReadContext
from pyalluxio.master.state import intents
from pyalluxio.master.state.acl import Acl
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.mount_table import is_local
from pyalluxio.master.state.tx import BLOCKS


@dataclass(slots=True)
class BlockStatus:
    """One block of a file.

    ufs_host  of a persisted file on a local under storage: the machine that has the block when no worker does; else ""
    """

    block_id: int
    length_bytes: int
    offset: int
    locations: Sequence[BlockLocation]
    ufs_host: str = ""


@dataclass(slots=True)
class FileInfo:
    """The status of a file or directory; the length of a directory is the number of its children.

    `ufs_path` is "" and `mount_id` 0 when mount information was not wanted.
    """

    file_id: int
    name: str
    path: str
    ufs_path: str
    mount_id: int
    length: int
    block_size_bytes: int
    creation_time_ms: int
    last_modified_ms: int
    last_accessed_ms: int
    completed: bool
    is_directory: bool
    pinned: bool
    cacheable: bool
    block_ids: tuple[int, ...]
    ttl_ms: int
    ttl_action: TtlAction
    acl: Acl
    default_acl: Acl | None
    persistence_state: str
    mount_point: bool
    blocks: list[BlockStatus]
    in_alluxio_percentage: int
    in_memory_percentage: int
    ufs_fingerprint: str
    replication_min: int
    replication_max: int
    xattr: dict[str, bytes] | None
    medium_types: tuple[str, ...]

    @property
    def persisted(self) -> bool:
        return self.persistence_state == PERSISTED


def info_of(context: ReadContext, inode: Inode, path: str, *, exclude_mount_info: bool = False) -> Any:
    """Return what a status call answers: the `FileInfo`, or the form that the context's `make_info` gives it."""
    make = context.make_info or file_info
    return make(context, inode, path, exclude_mount_info=exclude_mount_info)


def file_info(context: ReadContext, inode: Inode, path: str, *, exclude_mount_info: bool = False) -> FileInfo:
    """Return the status of an inode at a path.

    Raises:  SafeMode: the file has blocks whose places are not known yet.
    """
    if exclude_mount_info:
        ufs_path, mount_id = "", 0
    else:
        ufs_path, mount = context.mounts.resolve(path)
        mount_id = mount.mount_id
    if inode.is_directory:
        return FileInfo(
            inode.id,
            inode.name,
            path,
            ufs_path,
            mount_id,
            inode.child_count,
            0,
            inode.creation_time_ms,
            inode.last_modified_ms,
            inode.last_accessed_ms,
            True,
            True,
            inode.pinned,
            False,
            (),
            inode.ttl_ms,
            inode.ttl_action,
            inode.acl,
            inode.default_acl,
            inode.persistence_state,
            inode.mount_point,
            [],
            0,
            0,
            "",
            0,
            0,
            intents.visible(inode.xattr),
            inode.medium_types,
        )
    blocks: list[BlockStatus] = []
    in_alluxio = in_memory = 100
    if inode.block_ids:
        if context.safe_mode:
            raise SafeMode("The master is in safe mode while workers register; block locations are not known yet.")
        blocks = block_statuses(context, inode, ufs_path)
        in_alluxio, in_memory = _percentages(inode, blocks)
    elif inode.length_bytes != 0:
        in_alluxio = in_memory = 0
    return FileInfo(
        inode.id,
        inode.name,
        path,
        ufs_path,
        mount_id,
        inode.length_bytes,
        inode.block_size_bytes,
        inode.creation_time_ms,
        inode.last_modified_ms,
        inode.last_accessed_ms,
        inode.completed,
        False,
        inode.pinned,
        inode.cacheable,
        inode.block_ids,
        inode.ttl_ms,
        inode.ttl_action,
        inode.acl,
        None,
        inode.persistence_state,
        False,
        blocks,
        in_alluxio,
        in_memory,
        inode.ufs_fingerprint,
        inode.replication_min,
        inode.replication_max,
        intents.visible(inode.xattr),
        inode.medium_types,
    )


def block_statuses(context: ReadContext, inode: Inode, ufs_path: str) -> list[BlockStatus]:
    """Return the blocks of a file in order; `ufs_path` is "" when mount information is not wanted.

    A block without committed length is left out while the file is being written; of a completed persisted file its
    length follows from the file's.
    """
    is_persisted = inode.persistence_state == PERSISTED
    ufs_host = context.settings.storage_host if is_persisted and is_local(ufs_path) else ""
    statuses = []
    for block_id in inode.block_ids:
        offset = sequence_number(block_id) * inode.block_size_bytes
        length = context.tx.get(BLOCKS, block_id)
        if length is None:
            if not (inode.completed and is_persisted):
                continue
            length = -1
            if inode.length_bytes >= 0:  # a block beyond the end was asked for and never written
                length = max(0, min(inode.block_size_bytes, inode.length_bytes - offset))
        locations = context.locations(block_id)
        statuses.append(BlockStatus(block_id, length, offset, locations, "" if locations else ufs_host))
    return statuses


def _percentages(inode: Inode, blocks: list[BlockStatus]) -> tuple[int, int]:
    total = inode.length_bytes
    if total == 0:
        return 100, 100
    in_alluxio = in_memory = 0
    for block in blocks:
        if block.locations:
            in_alluxio += block.length_bytes
            if any(location.tier_ordinal == 0 for location in block.locations):
                in_memory += block.length_bytes
    return (in_alluxio * 100 // total, in_memory * 100 // total) if total > 0 else (0, 0)
