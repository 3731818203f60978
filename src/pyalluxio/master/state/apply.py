"""The one place where the state changes: `apply` turns a journal entry into table rows.

Rule 1: it reads no clock, chance, configuration or under storage. The same entries give the same state everywhere.
Rule 2: it touches nothing outside its transaction; what must happen elsewhere comes back as effects.
Rule 3: an entry that does not fit the state is a mistake in our code or a damaged journal: `InvariantViolated`, and the
        process stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyalluxio import path as paths
from pyalluxio.errors import AlluxioError, InvariantViolated
from pyalluxio.ids import NO_PARENT_ID, ROOT_INODE_ID, block_id, container_id
from pyalluxio.journal import entries as e
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state import indexes, intents, operation_ids
from pyalluxio.master.state.effects import (
    CancelPersist,
    Effect,
    FreeBlocks,
    LoadJobChanged,
    MountAdded,
    MountRemoved,
    PathPropertiesChanged,
    PinsChanged,
    SyncPointRemoved,
    UfsModeChanged,
)
from pyalluxio.master.state.inode import NO_PERSIST_JOB, NO_REPLICATION_MAX, Inode
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.mount_table import MountInfo, MountTable, normalise_uri
from pyalluxio.master.state.tx import (
    BLOCKS,
    CLUSTER_ID,
    CONTAINER_LIMIT,
    COUNTERS,
    DIRECTORY_CONTAINER,
    DIRECTORY_SEQUENCE,
    EDGES,
    INODE_COUNT,
    INODES,
    LOAD_JOBS,
    MOUNTS,
    NEXT_SEQUENCE,
    OF_INODES,
    PATH_PROPERTIES,
    REPLICATION_LIMITED,
    SYNC_POINTS,
    SYNC_TX_IDS,
    TEXTS,
    UFS_MODES,
    Tx,
)

DEFAULT_MODE = 0o777


def apply(tx: Tx, sequence_number: int, entry: e.Entry) -> list[Effect]:
    """Apply the entry with the next sequence number; returns what has to happen outside once it is committed.

    Raises:  InvariantViolated: the number is not the next one, or the entry does not fit the state.
    """
    expected = tx.get(COUNTERS, NEXT_SEQUENCE) or 0
    if sequence_number != expected:
        raise InvariantViolated(f"Journal entry {sequence_number} was to be applied where {expected} is the next one.")
    tx.put(COUNTERS, NEXT_SEQUENCE, expected + 1)
    handler = _HANDLERS.get(type(entry))
    if handler is None:
        raise InvariantViolated(f"Journal entry {sequence_number} is of the unknown kind {type(entry).__name__}.")
    effects: list[Effect] = []
    try:
        handler(tx, entry, effects)
    except AlluxioError as error:
        # No caller's mistake any more: the entry is in the journal, or half applied.
        raise InvariantViolated(f"Journal entry {sequence_number} cannot be applied: {error}") from error
    operation_id = getattr(entry, "operation_id", None)
    if operation_id is not None:
        operation_ids.remember(tx, operation_id)
    return effects


# --- inodes appear and disappear -----------------------------------------------------------------------------------


def _inode_file(tx: Tx, entry: e.InodeFileEntry, effects: list[Effect]) -> None:
    inode = Inode(
        id=entry.id,
        parent_id=entry.parent_id,
        name=entry.name,
        is_directory=False,
        creation_time_ms=entry.creation_time_ms,
        last_modified_ms=entry.last_modification_time_ms,
        last_accessed_ms=_first(entry.last_access_time_ms, entry.last_modification_time_ms),
        acl=_access_acl(entry),
        persistence_state=entry.persistence_state,
        pinned=entry.pinned,
        ttl_ms=entry.ttl,
        ttl_action=entry.ttl_action,
        medium_types=entry.medium_type,
        xattr=entry.xattr or None,
        ufs_fingerprint=entry.ufs_fingerprint,
        block_size_bytes=entry.block_size_bytes,
        length_bytes=entry.length,
        completed=entry.completed,
        cacheable=entry.cacheable,
        block_ids=entry.blocks,
        replication_durable=entry.replication_durable,
        replication_min=entry.replication_min,
        replication_max=entry.replication_max,
        persist_job_id=entry.persist_job_id,
        temp_ufs_path=entry.temp_ufs_path,
    )
    indexes.couple_pin(tx, inode, entry.pinned or entry.replication_min > 0, effects)
    _add(tx, inode)


def _inode_directory(tx: Tx, entry: e.InodeDirectoryEntry, effects: list[Effect]) -> None:
    inode = Inode(
        id=entry.id,
        parent_id=entry.parent_id,
        name=entry.name,
        is_directory=True,
        creation_time_ms=entry.creation_time_ms,
        last_modified_ms=entry.last_modification_time_ms,
        last_accessed_ms=_first(entry.last_access_time_ms, entry.last_modification_time_ms),
        acl=_access_acl(entry),
        persistence_state=entry.persistence_state,
        pinned=entry.pinned,
        ttl_ms=entry.ttl,
        ttl_action=entry.ttl_action,
        medium_types=entry.medium_type,
        xattr=entry.xattr or None,
        mount_point=entry.mount_point,
        direct_children_loaded=entry.direct_children_loaded,
        default_acl=acls.default_from_entry(entry.default_acl),
    )
    if entry.name:
        _add(tx, inode)
        return
    if inode.id != ROOT_INODE_ID:
        raise InvariantViolated(f"The root inode has the id {inode.id} instead of {ROOT_INODE_ID}.")
    for table in OF_INODES:
        for key in [key for key, _ in tx.scan(table)]:
            tx.delete(table, key)
    inode.parent_id = NO_PARENT_ID
    tx.put(INODES, inode.id, inode)
    tx.put(COUNTERS, INODE_COUNT, 1)
    indexes.add(tx, inode)
    effects.append(PinsChanged())


def _add(tx: Tx, inode: Inode) -> None:
    parent = tx.get(INODES, inode.parent_id)
    if parent is None or not parent.is_directory:
        raise InvariantViolated(f'Inode {inode.id} "{inode.name}" has no parent directory {inode.parent_id}.')
    edge = (inode.parent_id, inode.name)
    if tx.get(EDGES, edge) is not None or tx.get(INODES, inode.id) is not None:
        raise InvariantViolated(f'Inode {inode.id} "{inode.name}" exists already below {inode.parent_id}.')
    tx.put(INODES, inode.id, inode)
    tx.put(EDGES, edge, inode.id)
    parent = parent.copy()
    parent.child_count += 1
    tx.put(INODES, parent.id, parent)
    tx.put(COUNTERS, INODE_COUNT, (tx.get(COUNTERS, INODE_COUNT) or 0) + 1)
    indexes.add(tx, inode)


def _delete_file(tx: Tx, entry: e.DeleteFileEntry, effects: list[Effect]) -> None:
    inode = inode_of(tx, entry.id)
    if inode.id == ROOT_INODE_ID or inode.child_count:
        raise InvariantViolated(f'Inode {inode.id} "{inode.name}" cannot be deleted: it is the root or has children.')
    tx.delete(INODES, inode.id)
    if not tx.delete(EDGES, (inode.parent_id, inode.name)):
        raise InvariantViolated(f'Inode {inode.id} "{inode.name}" has no edge below {inode.parent_id}.')
    parent = inode_of(tx, inode.parent_id).copy()
    parent.child_count -= 1
    _touch(parent, entry.op_time_ms)
    tx.put(INODES, parent.id, parent)
    tx.put(COUNTERS, INODE_COUNT, (tx.get(COUNTERS, INODE_COUNT) or 0) - 1)
    indexes.remove(tx, inode, effects)
    if inode.persist_job_id != NO_PERSIST_JOB:
        effects.append(CancelPersist(inode.id, inode.persist_job_id, inode.temp_ufs_path))


def _rename(tx: Tx, entry: e.RenameEntry, effects: list[Effect]) -> None:
    inode = inode_of(tx, entry.id)
    new_parent_id, new_name = entry.new_parent_id, entry.new_name
    if new_parent_id is None or new_name is None:
        if entry.dst_path is None:
            raise InvariantViolated(f"The rename of inode {entry.id} names no target.")
        new_parent_id = lookup(tx, paths.parent(entry.dst_path)).deepest.id
        new_name = paths.name(entry.dst_path)
    if not tx.delete(EDGES, (inode.parent_id, inode.name)):
        raise InvariantViolated(f'Inode {inode.id} "{inode.name}" has no edge below {inode.parent_id}.')
    if tx.get(EDGES, (new_parent_id, new_name)) is not None:
        raise InvariantViolated(f'Inode {inode.id} cannot be renamed: "{new_name}" exists below {new_parent_id}.')
    old_parent = inode_of(tx, inode.parent_id).copy()
    old_parent.child_count -= 1
    _touch(old_parent, entry.op_time_ms)
    tx.put(INODES, old_parent.id, old_parent)
    new_parent = inode_of(tx, new_parent_id).copy()
    new_parent.child_count += 1
    _touch(new_parent, entry.op_time_ms)
    tx.put(INODES, new_parent.id, new_parent)
    inode = inode.copy()
    inode.parent_id, inode.name = new_parent_id, new_name
    tx.put(INODES, inode.id, inode)
    tx.put(EDGES, (new_parent_id, new_name), inode.id)


# --- attributes ----------------------------------------------------------------------------------------------------


def _update_inode(tx: Tx, entry: e.UpdateInodeEntry, effects: list[Effect]) -> None:
    before = tx.get(INODES, entry.id)
    if before is None:
        # The access time is journaled late, in batches: the inode may be gone by then.
        if entry == e.UpdateInodeEntry(id=entry.id, last_access_time_ms=entry.last_access_time_ms):
            return
        raise InvariantViolated(f"Inode {entry.id} is to be updated but does not exist.")
    inode = before.copy()
    if entry.persistence_state is not None:
        inode.persistence_state = entry.persistence_state
    if entry.creation_time_ms is not None:
        inode.creation_time_ms = entry.creation_time_ms
    modified = entry.last_modification_time_ms
    if modified is not None and (entry.overwrite_modification_time or modified > inode.last_modified_ms):
        inode.last_modified_ms = modified
    accessed = entry.last_access_time_ms
    if accessed is not None and (entry.overwrite_access_time or accessed > inode.last_accessed_ms):
        inode.last_accessed_ms = accessed
    if entry.acl is not None:
        inode.acl = acls.from_entry(entry.acl)
    if entry.owner or entry.group or entry.mode is not None:
        inode.acl = acls.with_base(inode.acl, entry.owner or None, entry.group or None, entry.mode)
    if entry.ttl is not None:
        inode.ttl_ms = entry.ttl
    if entry.ttl_action is not None:
        inode.ttl_action = entry.ttl_action
    if entry.ufs_fingerprint is not None:
        inode.ufs_fingerprint = entry.ufs_fingerprint
    if entry.medium_type:
        inode.medium_types = entry.medium_type
    if entry.xattr:
        inode.xattr = merged_xattr(inode.xattr, entry.xattr, entry.xattr_update_strategy)
        intents.follow(tx, entry, before, inode)
    if entry.pinned is not None:
        if not entry.medium_type:
            inode.medium_types = ()
        if inode.is_directory:
            inode.pinned = entry.pinned
            if not entry.pinned:
                inode.medium_types = ()
        else:
            indexes.couple_pin(tx, inode, entry.pinned, effects)
    if (entry.parent_id is not None and entry.parent_id != inode.parent_id) or (
        entry.name is not None and entry.name != inode.name
    ):
        raise InvariantViolated(f"Inode {entry.id} is to be moved by an update; only a rename does that.")
    tx.put(INODES, inode.id, inode)
    indexes.update(tx, before, inode)


def _update_inode_file(tx: Tx, entry: e.UpdateInodeFileEntry, effects: list[Effect]) -> None:
    inode = _file(tx, entry.id).copy()
    if entry.block_size_bytes is not None:
        inode.block_size_bytes = entry.block_size_bytes
    if entry.length is not None:
        inode.length_bytes = entry.length
    if entry.completed is not None:
        inode.completed = entry.completed
    if entry.cacheable is not None:
        inode.cacheable = entry.cacheable
    if entry.set_blocks:
        inode.block_ids = entry.set_blocks
    if entry.replication_min is not None:
        inode.replication_min = entry.replication_min
    if entry.replication_max is not None:
        inode.replication_max = entry.replication_max
        if entry.replication_max == NO_REPLICATION_MAX:
            tx.delete(REPLICATION_LIMITED, inode.id)
        else:
            tx.put(REPLICATION_LIMITED, inode.id, True)
    if entry.persist_job_id is not None:
        inode.persist_job_id = entry.persist_job_id
    if entry.temp_ufs_path is not None:
        indexes.set_temp_ufs_path(tx, inode, entry.temp_ufs_path)
    tx.put(INODES, inode.id, inode)


def _update_inode_directory(tx: Tx, entry: e.UpdateInodeDirectoryEntry, effects: list[Effect]) -> None:
    inode = inode_of(tx, entry.id)
    if not inode.is_directory:
        raise InvariantViolated(f"Inode {entry.id} is to be updated as a directory but is a file.")
    inode = inode.copy()
    if entry.mount_point is not None:
        inode.mount_point = entry.mount_point
    if entry.direct_children_loaded is not None:
        inode.direct_children_loaded = entry.direct_children_loaded
    if entry.default_acl is not None:
        inode.default_acl = acls.default_from_entry(entry.default_acl)
    tx.put(INODES, inode.id, inode)


def _set_acl(tx: Tx, entry: e.SetAclEntry, effects: list[Effect]) -> None:
    inode = inode_of(tx, entry.id).copy()
    if not inode.is_directory and any(item.is_default for item in entry.entries):
        raise InvariantViolated(f"Inode {entry.id} is a file and cannot have a default ACL.")
    inode.acl, inode.default_acl = acls.changed(inode.acl, inode.default_acl, entry.action, entry.entries)
    tx.put(INODES, inode.id, inode)


def _new_block(tx: Tx, entry: e.NewBlockEntry, effects: list[Effect]) -> None:
    inode = _file(tx, entry.id).copy()
    inode.block_ids = (*inode.block_ids, block_id(container_id(inode.id), len(inode.block_ids)))
    tx.put(INODES, inode.id, inode)


def merged_xattr(
    now: dict[str, bytes] | None, given: dict[str, bytes], strategy: e.XAttrStrategy | None
) -> dict[str, bytes] | None:
    """Return the extended attributes after an update by one of the four strategies; unset means TRUNCATE."""
    if strategy is None or strategy is e.XAttrStrategy.TRUNCATE:
        merged = dict(given)
    elif strategy is e.XAttrStrategy.UNION_REPLACE:
        merged = {**(now or {}), **given}
    elif strategy is e.XAttrStrategy.UNION_PRESERVE:
        merged = {**given, **(now or {})}
    else:
        merged = {key: value for key, value in (now or {}).items() if key not in given}
    return merged or None


def _file(tx: Tx, inode_id: int) -> Inode:
    inode = inode_of(tx, inode_id)
    if inode.is_directory:
        raise InvariantViolated(f"Inode {inode_id} is to be updated as a file but is a directory.")
    return inode


def _touch(inode: Inode, time_ms: int) -> None:
    inode.last_modified_ms = max(inode.last_modified_ms, time_ms)
    inode.last_accessed_ms = max(inode.last_accessed_ms, time_ms)


def _first(value: int | None, other: int) -> int:
    return other if value is None else value


def _access_acl(entry: e.InodeFileEntry | e.InodeDirectoryEntry) -> acls.Acl:
    if entry.acl is not None:
        return acls.from_entry(entry.acl)
    mode = DEFAULT_MODE if entry.mode is None else entry.mode
    return acls.plain(entry.owner or "", entry.group or "", mode)


# --- ids and blocks ------------------------------------------------------------------------------------------------


def _directory_ids(tx: Tx, entry: e.InodeDirectoryIdGeneratorEntry, effects: list[Effect]) -> None:
    tx.put(COUNTERS, DIRECTORY_CONTAINER, entry.container_id)
    tx.put(COUNTERS, DIRECTORY_SEQUENCE, entry.sequence_number)


def _container_ids(tx: Tx, entry: e.BlockContainerIdGeneratorEntry, effects: list[Effect]) -> None:
    tx.put(COUNTERS, CONTAINER_LIMIT, entry.next_container_id)


def _block_info(tx: Tx, entry: e.BlockInfoEntry, effects: list[Effect]) -> None:
    known = tx.get(BLOCKS, entry.block_id)
    if known is None or known == -1:
        tx.put(BLOCKS, entry.block_id, entry.length)


def _delete_block(tx: Tx, entry: e.DeleteBlockEntry, effects: list[Effect]) -> None:
    tx.delete(BLOCKS, entry.block_id)
    effects.append(FreeBlocks((entry.block_id,)))


# --- mounts, sync points, the cluster ------------------------------------------------------------------------------


def _add_mount_point(tx: Tx, entry: e.AddMountPointEntry, effects: list[Effect]) -> None:
    mount = MountInfo(
        path=entry.alluxio_path,
        ufs_uri=normalise_uri(entry.ufs_path),
        mount_id=entry.mount_id,
        read_only=entry.read_only,
        shared=entry.shared,
        properties=entry.properties,
    )
    tx.put(MOUNTS, 0, (tx.get(MOUNTS, 0) or MountTable()).with_mount(mount))
    effects.append(MountAdded(mount))


def _delete_mount_point(tx: Tx, entry: e.DeleteMountPointEntry, effects: list[Effect]) -> None:
    table = tx.get(MOUNTS, 0) or MountTable()
    mount = table.mounts.get(entry.alluxio_path)
    if mount is None:
        raise InvariantViolated(f'"{entry.alluxio_path}" is to be unmounted but is no mount point.')
    tx.put(MOUNTS, 0, table.without(entry.alluxio_path))
    effects.append(MountRemoved(mount))


def _update_ufs_mode(tx: Tx, entry: e.UpdateUfsModeEntry, effects: list[Effect]) -> None:
    tx.put(UFS_MODES, entry.ufs_path, entry.ufs_mode)
    effects.append(UfsModeChanged(entry.ufs_path))


def _add_sync_point(tx: Tx, entry: e.AddSyncPointEntry, effects: list[Effect]) -> None:
    tx.put(SYNC_POINTS, (entry.mount_id, entry.syncpoint_path), True)


def _remove_sync_point(tx: Tx, entry: e.RemoveSyncPointEntry, effects: list[Effect]) -> None:
    tx.delete(SYNC_POINTS, (entry.mount_id, entry.syncpoint_path))
    effects.append(SyncPointRemoved(entry.syncpoint_path, entry.mount_id))


def _active_sync_tx_id(tx: Tx, entry: e.ActiveSyncTxIdEntry, effects: list[Effect]) -> None:
    tx.put(SYNC_TX_IDS, entry.mount_id, entry.tx_id)


def _cluster_info(tx: Tx, entry: e.ClusterInfoEntry, effects: list[Effect]) -> None:
    tx.put(TEXTS, CLUSTER_ID, entry.cluster_id)


def _path_properties(tx: Tx, entry: e.PathPropertiesEntry, effects: list[Effect]) -> None:
    tx.put(PATH_PROPERTIES, entry.path, dict(entry.properties or {}))
    effects.append(PathPropertiesChanged())


def _remove_path_properties(tx: Tx, entry: e.RemovePathPropertiesEntry, effects: list[Effect]) -> None:
    tx.delete(PATH_PROPERTIES, entry.path)
    effects.append(PathPropertiesChanged())


def _load_job(tx: Tx, entry: e.LoadJobEntry, effects: list[Effect]) -> None:
    tx.put(LOAD_JOBS, entry.job_id, entry)
    effects.append(LoadJobChanged(entry.job_id))


def _copy_job(tx: Tx, entry: e.CopyJobEntry, effects: list[Effect]) -> None:
    """Do nothing, as 2.9.6 does: copy jobs are not restored."""


# --- entries of older versions -------------------------------------------------------------------------------------


def _async_persist_request(tx: Tx, entry: e.AsyncPersistRequestEntry, effects: list[Effect]) -> None:
    _update_inode(tx, e.UpdateInodeEntry(id=entry.file_id, persistence_state=e.TO_BE_PERSISTED), effects)


def _complete_file(tx: Tx, entry: e.CompleteFileEntry, effects: list[Effect]) -> None:
    times = e.UpdateInodeEntry(
        id=entry.id,
        last_modification_time_ms=entry.op_time_ms,
        last_access_time_ms=entry.op_time_ms,
        overwrite_modification_time=True,
        ufs_fingerprint=entry.ufs_fingerprint,
    )
    _update_inode(tx, times, effects)
    done = e.UpdateInodeFileEntry(id=entry.id, length=entry.length, completed=True, set_blocks=entry.block_ids)
    _update_inode_file(tx, done, effects)


def _last_modification_time(tx: Tx, entry: e.InodeLastModificationTimeEntry, effects: list[Effect]) -> None:
    _update_inode(
        tx, e.UpdateInodeEntry(id=entry.id, last_modification_time_ms=entry.last_modification_time_ms), effects
    )


def _persist_directory(tx: Tx, entry: e.PersistDirectoryEntry, effects: list[Effect]) -> None:
    _update_inode(tx, e.UpdateInodeEntry(id=entry.id, persistence_state=e.PERSISTED), effects)


def _set_attribute(tx: Tx, entry: e.SetAttributeEntry, effects: list[Effect]) -> None:
    update = e.UpdateInodeEntry(
        id=entry.id,
        pinned=entry.pinned,
        ttl=entry.ttl,
        ttl_action=None if entry.ttl is None else entry.ttl_action,
        persistence_state=None if entry.persisted is None else e.PERSISTED if entry.persisted else e.NOT_PERSISTED,
        owner=entry.owner,
        group=entry.group,
        mode=entry.permission,
        ufs_fingerprint=entry.ufs_fingerprint,
        last_modification_time_ms=entry.op_time_ms,
    )
    _update_inode(tx, update, effects)
    of_file = (entry.persist_job_id, entry.temp_ufs_path, entry.replication_max, entry.replication_min)
    if any(value is not None for value in of_file):
        _update_inode_file(
            tx,
            e.UpdateInodeFileEntry(
                id=entry.id,
                persist_job_id=entry.persist_job_id,
                temp_ufs_path=entry.temp_ufs_path,
                replication_max=entry.replication_max,
                replication_min=entry.replication_min,
            ),
            effects,
        )


_HANDLERS: dict[type, Callable[[Tx, Any, list[Effect]], None]] = {
    e.InodeFileEntry: _inode_file,
    e.InodeDirectoryEntry: _inode_directory,
    e.InodeDirectoryIdGeneratorEntry: _directory_ids,
    e.NewBlockEntry: _new_block,
    e.UpdateInodeEntry: _update_inode,
    e.UpdateInodeFileEntry: _update_inode_file,
    e.UpdateInodeDirectoryEntry: _update_inode_directory,
    e.DeleteFileEntry: _delete_file,
    e.RenameEntry: _rename,
    e.SetAclEntry: _set_acl,
    e.AddMountPointEntry: _add_mount_point,
    e.DeleteMountPointEntry: _delete_mount_point,
    e.UpdateUfsModeEntry: _update_ufs_mode,
    e.AddSyncPointEntry: _add_sync_point,
    e.RemoveSyncPointEntry: _remove_sync_point,
    e.ActiveSyncTxIdEntry: _active_sync_tx_id,
    e.BlockContainerIdGeneratorEntry: _container_ids,
    e.BlockInfoEntry: _block_info,
    e.DeleteBlockEntry: _delete_block,
    e.ClusterInfoEntry: _cluster_info,
    e.PathPropertiesEntry: _path_properties,
    e.RemovePathPropertiesEntry: _remove_path_properties,
    e.LoadJobEntry: _load_job,
    e.CopyJobEntry: _copy_job,
    e.AsyncPersistRequestEntry: _async_persist_request,
    e.CompleteFileEntry: _complete_file,
    e.InodeLastModificationTimeEntry: _last_modification_time,
    e.PersistDirectoryEntry: _persist_directory,
    e.SetAttributeEntry: _set_attribute,
}
