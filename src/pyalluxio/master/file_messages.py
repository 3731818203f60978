"""File statuses, ACLs, modes and options between plain data and the messages of the file-system service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyalluxio.errors import InvalidArgument
from pyalluxio.journal.entries import AclEntry, AclEntryType, OperationId
from pyalluxio.master.ops.file_info import BlockStatus, FileInfo
from pyalluxio.master.state.acl import ALL, EXECUTE, READ, WRITE, Acl
from pyalluxio.wire.gen import common_pb2, file_system_master_pb2

# Bits of the wire count from 1; plain bits are the familiar r=4 w=2 x=1.
_BITS_OFFSET = 1
_ACTIONS = (
    (READ, file_system_master_pb2.Read),
    (WRITE, file_system_master_pb2.Write),
    (EXECUTE, file_system_master_pb2.Execute),
)
_ENTRY_TYPES = {
    file_system_master_pb2.Owner: AclEntryType.OWNER,
    file_system_master_pb2.NamedUser: AclEntryType.NAMED_USER,
    file_system_master_pb2.OwningGroup: AclEntryType.OWNING_GROUP,
    file_system_master_pb2.NamedGroup: AclEntryType.NAMED_GROUP,
    file_system_master_pb2.Mask: AclEntryType.MASK,
    file_system_master_pb2.Other: AclEntryType.OTHER,
}


def file_info_message(info: FileInfo) -> Any:
    """Return the `FileInfo` message of a status."""
    acl = info.acl
    message = file_system_master_pb2.FileInfo(
        fileId=info.file_id,
        name=info.name,
        path=info.path,
        ufsPath=info.ufs_path,
        length=info.length,
        blockSizeBytes=info.block_size_bytes,
        creationTimeMs=info.creation_time_ms,
        completed=info.completed,
        folder=info.is_directory,
        pinned=info.pinned,
        cacheable=info.cacheable,
        persisted=info.persisted,
        blockIds=info.block_ids,
        lastModificationTimeMs=info.last_modified_ms,
        ttl=info.ttl_ms,
        owner=acl.owner,
        group=acl.group,
        mode=acl.mode,
        persistenceState=info.persistence_state,
        mountPoint=info.mount_point,
        fileBlockInfos=[file_block_message(block) for block in info.blocks],
        ttlAction=int(info.ttl_action),  # type: ignore[arg-type]
        mountId=info.mount_id,
        inAlluxioPercentage=info.in_alluxio_percentage,
        inMemoryPercentage=info.in_memory_percentage,
        ufsFingerprint=info.ufs_fingerprint,
        replicationMax=info.replication_max,
        replicationMin=info.replication_min,
        lastAccessTimeMs=info.last_accessed_ms,
        mediumType=info.medium_types,
    )
    if acl.owner or acl.group or acl.mode or acl.is_extended:
        message.acl.CopyFrom(acl_message(acl, is_default=False))
    if info.default_acl is not None:
        message.defaultAcl.CopyFrom(acl_message(info.default_acl, is_default=True))
    if info.xattr:
        message.xattr.update(info.xattr)
    return message


def file_block_message(block: BlockStatus) -> Any:
    """Return the `FileBlockInfo` message of one block; locations carry the workers' own address messages."""
    locations = [
        common_pb2.BlockLocation(
            workerId=location.worker_id,
            workerAddress=location.address,  # type: ignore[arg-type]
            tierAlias=location.tier_alias,
            mediumType=location.medium_type,
        )
        for location in block.locations
    ]
    return file_system_master_pb2.FileBlockInfo(
        blockInfo=common_pb2.BlockInfo(blockId=block.block_id, length=block.length_bytes, locations=locations),
        offset=block.offset,
        ufsLocations=[common_pb2.WorkerNetAddress(host=block.ufs_host)] if block.ufs_host else (),
        ufsStringLocations=[block.ufs_host] if block.ufs_host else (),
    )


def acl_message(acl: Acl, *, is_default: bool) -> Any:
    """Return the `PAcl` message of an ACL: base entries as mode, the others as entries.

    Only the message says that it is a default ACL; its entries never do, as in 2.9.
    """
    entries = [
        file_system_master_pb2.PAclEntry(type=kind, subject=name, actions=_actions(bits), isDefault=False)
        for kind, pairs in (
            (file_system_master_pb2.NamedUser, acl.users),
            (file_system_master_pb2.NamedGroup, acl.groups),
        )
        for name, bits in pairs
    ]
    if acl.is_extended:
        mask = ALL if acl.mask is None else acl.mask
        entries.append(
            file_system_master_pb2.PAclEntry(
                type=file_system_master_pb2.Mask, subject="", actions=_actions(mask), isDefault=False
            )
        )
    message = file_system_master_pb2.PAcl(
        owner=acl.owner, owningGroup=acl.group, entries=entries, mode=acl.mode, isDefault=is_default
    )
    if is_default:
        message.isDefaultEmpty = False
    return message


def _actions(bits: int) -> list[Any]:
    return [action for bit, action in _ACTIONS if bits & bit]


def acl_entries(messages: Iterable[Any]) -> list[AclEntry]:
    """Return the entries of a `SetAcl` request."""
    entries = []
    for message in messages:
        bits = 0
        for bit, action in _ACTIONS:
            if action in message.actions:
                bits |= bit
        entries.append(AclEntry(_ENTRY_TYPES[message.type], message.subject, bits, message.isDefault))
    return entries


def mode_of(message: Any) -> int:
    """Return the nine bits of a `PMode`; absent bits are none."""
    return (bits_of(message.ownerBits) << 6) | (bits_of(message.groupBits) << 3) | bits_of(message.otherBits)


def bits_of(wire: int) -> int:
    """Return rwx bits of a wire `Bits` value.

    Raises:   InvalidArgument: not a value of the enum.
    """
    if not common_pb2.NONE <= wire <= common_pb2.ALL:
        raise InvalidArgument(f"Permission bits {wire} are not between NONE (1) and ALL (8).")
    return wire - _BITS_OFFSET


def operation_id_of(common_options: Any) -> OperationId | None:
    """Return the id by which a repeated call is known, if the client sent one."""
    if not common_options.HasField("operationId"):
        return None
    wire = common_options.operationId
    return OperationId(wire.mostSignificantBits, wire.leastSignificantBits)
