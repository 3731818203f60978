"""Inodes as records of the metastore: `alluxio.proto.meta.Inode`, the format of the official one.

A default ACL that is empty and fields at their proto default are left out; `decode` puts the same values back.
"""

from __future__ import annotations

from functools import lru_cache

from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.acl import Acl
from pyalluxio.master.state.inode import Inode
from pyalluxio.wire.gen.acl_pb2 import EXECUTE, READ, WRITE, AccessControlList, AclAction
from pyalluxio.wire.gen.meta_inode_pb2 import Inode as InodeRecord

_TTL_ACTIONS = (TtlAction.DELETE, TtlAction.FREE, TtlAction.DELETE_ALLUXIO)
# Bits to the actions, in the order in which records list them, and back.
_ACTIONS: tuple[list[AclAction], ...] = tuple(
    [action for action, bit in ((READ, 4), (WRITE, 2), (EXECUTE, 1)) if bits & bit] for bits in range(8)
)
_BITS = (4, 2, 1)


def encode(inode: Inode) -> bytes:
    """Return the record of an inode. Cost: about 5 us."""
    record = InodeRecord(
        id=inode.id,
        creation_time_ms=inode.creation_time_ms,
        is_directory=inode.is_directory,
        ttl=inode.ttl_ms,
        ttl_action=inode.ttl_action,  # type: ignore[arg-type]
        last_modified_ms=inode.last_modified_ms,
        name=inode.name,
        parent_id=inode.parent_id,
        persistence_state=inode.persistence_state,
        is_pinned=inode.pinned,
        access_acl=_acl_record(inode.acl),
        ufs_fingerprint=inode.ufs_fingerprint,
        last_accessed_ms=inode.last_accessed_ms,
    )
    if inode.medium_types:
        record.medium_type.extend(inode.medium_types)
    if inode.xattr:
        record.xAttr.update(inode.xattr)
    if inode.is_directory:
        record.is_mount_point = inode.mount_point
        record.has_direct_children_loaded = inode.direct_children_loaded
        record.child_count = inode.child_count
        if inode.default_acl is not None:
            record.default_acl.CopyFrom(_acl_record(inode.default_acl))
            record.default_acl.isDefault = True
            record.default_acl.isEmpty = False
    else:
        record.block_size_bytes = inode.block_size_bytes
        record.blocks.extend(inode.block_ids)
        record.is_cacheable = inode.cacheable
        record.is_completed = inode.completed
        record.length = inode.length_bytes
        record.replication_durable = inode.replication_durable
        record.replication_max = inode.replication_max
        record.replication_min = inode.replication_min
        record.persist_job_id = inode.persist_job_id
        record.persist_job_temp_ufs_path = inode.temp_ufs_path
    return record.SerializeToString()


def decode(data: bytes) -> Inode:
    """Return the inode of a record."""
    record = InodeRecord.FromString(data)
    if record.is_directory:
        default = record.default_acl if record.HasField("default_acl") else None
        return Inode(
            record.id,
            record.parent_id,
            record.name,
            True,
            record.creation_time_ms,
            record.last_modified_ms,
            record.last_accessed_ms,
            _acl(record.access_acl.SerializeToString()),
            record.persistence_state,
            record.is_pinned,
            record.ttl,
            _TTL_ACTIONS[record.ttl_action],
            tuple(record.medium_type),
            dict(record.xAttr) or None,
            record.ufs_fingerprint,
            record.is_mount_point,
            record.has_direct_children_loaded,
            record.child_count,
            None if default is None or default.isEmpty else _acl(default.SerializeToString()),
        )
    return Inode(
        record.id,
        record.parent_id,
        record.name,
        False,
        record.creation_time_ms,
        record.last_modified_ms,
        record.last_accessed_ms,
        _acl(record.access_acl.SerializeToString()),
        record.persistence_state,
        record.is_pinned,
        record.ttl,
        _TTL_ACTIONS[record.ttl_action],
        tuple(record.medium_type),
        dict(record.xAttr) or None,
        record.ufs_fingerprint,
        False,
        False,
        0,
        None,
        record.block_size_bytes,
        record.length,
        record.is_completed,
        record.is_cacheable,
        tuple(record.blocks),
        record.replication_durable,
        record.replication_min,
        record.replication_max,
        record.persist_job_id,
        record.persist_job_temp_ufs_path,
    )


@lru_cache(maxsize=4096)
def _acl_record(acl: Acl) -> AccessControlList:
    """Return the record of an ACL; it is shared, and copied when it becomes a part of another."""
    record = AccessControlList(owningUser=acl.owner, owningGroup=acl.group)
    for name, bits in (("", acl.mode >> 6), *acl.users):
        record.userActions.add(name=name).actions.actions.extend(_ACTIONS[bits & 7])
    for name, bits in (("", acl.mode >> 3), *acl.groups):
        record.groupActions.add(name=name).actions.actions.extend(_ACTIONS[bits & 7])
    record.otherActions.actions.extend(_ACTIONS[acl.mode & 7])
    if acl.mask is not None:
        record.maskActions.actions.extend(_ACTIONS[acl.mask])
        record.maskActions.SetInParent()
    return record


@lru_cache(maxsize=4096)
def _acl(data: bytes) -> Acl:
    record = AccessControlList.FromString(data)
    mode = _bits(record.otherActions.actions)
    users: list[tuple[str, int]] = []
    groups: list[tuple[str, int]] = []
    for shift, named, found in ((6, record.userActions, users), (3, record.groupActions, groups)):
        for item in named:
            bits = _bits(item.actions.actions)
            if item.name:
                found.append((item.name, bits))
            else:
                mode |= bits << shift
    mask = _bits(record.maskActions.actions) if record.HasField("maskActions") else None
    if not users and not groups and mask is None:
        return acls.plain(record.owningUser, record.owningGroup, mode)
    return Acl(record.owningUser, record.owningGroup, mode, tuple(users), tuple(groups), mask)


def _bits(actions: object) -> int:
    bits = 0
    for action in actions:  # type: ignore[attr-defined]
        bits |= _BITS[action]
    return bits
