"""What the journal records, as plain objects: one class for each variant of `alluxio.proto.journal.JournalEntry`.

Rule 1: an entry is a fact, not a command. Ids and times are already chosen in it, so applying it reads no clock.
Rule 2: nothing here knows protobuf; `journal.codec` turns entries into bytes and back.
Rule 3: a field without a default is always written by 2.9.6; read from an old journal that lacks it, it holds the
        protobuf zero. A field that defaults to None may be absent: in the `Update…` entries that means "unchanged".
Rule 4: sequences are tuples and maps are dicts; empty and absent are the same on the wire: `()` and None.

Times are milliseconds since the epoch. Where each field is applied: `master.state`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

NOT_PERSISTED = "NOT_PERSISTED"
TO_BE_PERSISTED = "TO_BE_PERSISTED"
PERSISTED = "PERSISTED"
LOST = "LOST"


class TtlAction(IntEnum):
    """What happens to an inode when its time to live has passed; DELETE_ALLUXIO keeps the under-storage file."""

    DELETE = 0
    FREE = 1
    DELETE_ALLUXIO = 2


class XAttrStrategy(IntEnum):
    """How the extended attributes of an `UpdateInodeEntry` meet those of the inode."""

    TRUNCATE = 1
    UNION_REPLACE = 2
    UNION_PRESERVE = 3
    DELETE_KEYS = 4


class SetAclAction(IntEnum):
    REPLACE = 0
    MODIFY = 1
    REMOVE = 2
    REMOVE_ALL = 3
    REMOVE_DEFAULT = 4


class AclEntryType(IntEnum):
    OWNER = 0
    NAMED_USER = 1
    OWNING_GROUP = 2
    NAMED_GROUP = 3
    MASK = 4
    OTHER = 5


class UfsMode(IntEnum):
    NO_ACCESS = 0
    READ_ONLY = 1
    READ_WRITE = 2


class JobState(IntEnum):
    CREATED = 1
    STOPPED = 2
    SUCCEEDED = 3
    FAILED = 4


class OperationId(NamedTuple):
    """The id that a client chose for one call, as two signed 64-bit halves; a repeated call carries the same one."""

    most_significant_bits: int
    least_significant_bits: int


# --- access control lists --------------------------------------------------------------------------------------------
# A set of actions is an int of the familiar bits: 4 read, 2 write, 1 execute.


class NamedActions(NamedTuple):
    """The actions of one user or group; the base entry (owner, owning group) has the name ""."""

    name: str
    actions: int


@dataclass(frozen=True, slots=True)
class AccessControlList:
    """An access or default ACL; `mask_actions` is None unless it has named users or groups, or a mask of its own.

    Frozen, because equal ACLs are shared: most inodes of a tree have the same one. Change it by `dataclasses.replace`.
    """

    owning_user: str
    owning_group: str
    user_actions: tuple[NamedActions, ...]
    group_actions: tuple[NamedActions, ...]
    other_actions: int | None
    mask_actions: int | None = None
    is_default: bool = False
    is_empty: bool = False


@dataclass(slots=True)
class AclEntry:
    """One line of `setfacl`, such as `default:user:ann:r-x`; `subject` is "" for the base entries."""

    type: AclEntryType
    subject: str
    actions: int
    is_default: bool = False


# --- the namespace ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class InodeFileEntry:
    """A file appears. Owner, group and mode live in `acl`; the three fields are read from old journals only."""

    id: int
    parent_id: int
    name: str
    persistence_state: str
    pinned: bool
    creation_time_ms: int
    last_modification_time_ms: int
    block_size_bytes: int
    length: int
    completed: bool
    cacheable: bool
    ttl: int
    ufs_fingerprint: str
    replication_durable: int
    replication_max: int
    replication_min: int
    persist_job_id: int
    temp_ufs_path: str
    ttl_action: TtlAction = TtlAction.DELETE
    last_access_time_ms: int | None = None
    blocks: tuple[int, ...] = ()
    acl: AccessControlList | None = None
    medium_type: tuple[str, ...] = ()
    xattr: dict[str, bytes] | None = None
    path: str | None = None
    should_persist_time: int | None = None
    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    operation_id: OperationId | None = None


@dataclass(slots=True)
class InodeDirectoryEntry:
    """A directory appears; the name "" is the root, and its entry empties the whole tree first."""

    id: int
    parent_id: int
    name: str
    persistence_state: str
    pinned: bool
    creation_time_ms: int
    last_modification_time_ms: int
    mount_point: bool
    direct_children_loaded: bool
    ttl: int
    ttl_action: TtlAction = TtlAction.DELETE
    last_access_time_ms: int | None = None
    acl: AccessControlList | None = None
    default_acl: AccessControlList | None = None
    medium_type: tuple[str, ...] = ()
    xattr: dict[str, bytes] | None = None
    path: str | None = None
    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    operation_id: OperationId | None = None


@dataclass(slots=True)
class InodeDirectoryIdGeneratorEntry:
    """The next directory id, as container and sequence number in it."""

    container_id: int
    sequence_number: int


@dataclass(slots=True)
class NewBlockEntry:
    """File `id` gets one more block; its number is the number of blocks the file had."""

    id: int


@dataclass(slots=True)
class UpdateInodeEntry:
    """Attributes of a file or directory change; None leaves an attribute as it is."""

    id: int
    parent_id: int | None = None
    name: str | None = None
    persistence_state: str | None = None
    pinned: bool | None = None
    creation_time_ms: int | None = None
    last_modification_time_ms: int | None = None
    overwrite_modification_time: bool | None = None
    last_access_time_ms: int | None = None
    overwrite_access_time: bool | None = None
    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    ttl: int | None = None
    ttl_action: TtlAction | None = None
    acl: AccessControlList | None = None
    ufs_fingerprint: str | None = None
    medium_type: tuple[str, ...] = ()
    xattr: dict[str, bytes] | None = None
    xattr_update_strategy: XAttrStrategy | None = None
    operation_id: OperationId | None = None


@dataclass(slots=True)
class UpdateInodeFileEntry:
    """Attributes that only files have change; empty `set_blocks` leave the blocks as they are."""

    id: int
    block_size_bytes: int | None = None
    length: int | None = None
    completed: bool | None = None
    cacheable: bool | None = None
    set_blocks: tuple[int, ...] = ()
    replication_max: int | None = None
    replication_min: int | None = None
    persist_job_id: int | None = None
    temp_ufs_path: str | None = None
    path: str | None = None


@dataclass(slots=True)
class UpdateInodeDirectoryEntry:
    """Attributes that only directories have change."""

    id: int
    mount_point: bool | None = None
    direct_children_loaded: bool | None = None
    default_acl: AccessControlList | None = None


@dataclass(slots=True)
class DeleteFileEntry:
    """One file, or one empty directory, disappears; `recursive` is always false since 2.0."""

    id: int
    recursive: bool
    op_time_ms: int
    alluxio_only: bool | None = None
    path: str | None = None
    operation_id: OperationId | None = None


@dataclass(slots=True)
class RenameEntry:
    """An inode gets another parent or name; `dst_path` stands instead of both in old journals."""

    id: int
    op_time_ms: int
    new_parent_id: int | None = None
    new_name: str | None = None
    path: str | None = None
    new_path: str | None = None
    dst_path: str | None = None
    operation_id: OperationId | None = None


@dataclass(slots=True)
class SetAclEntry:
    """The ACL of one inode changes; `recursive` is not written, since each inode has an entry of its own."""

    id: int
    op_time_ms: int
    action: SetAclAction
    entries: tuple[AclEntry, ...] = ()
    recursive: bool | None = None


# --- mounts and active sync ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class AddMountPointEntry:
    """An under-storage address appears at a path; `properties` are its options, credentials included."""

    alluxio_path: str
    ufs_path: str
    mount_id: int
    read_only: bool
    shared: bool
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class DeleteMountPointEntry:
    alluxio_path: str


@dataclass(slots=True)
class UpdateUfsModeEntry:
    """The administrator allows or forbids the use of an under storage, named by its root."""

    ufs_path: str
    ufs_mode: UfsMode = UfsMode.READ_WRITE


@dataclass(slots=True)
class AddSyncPointEntry:
    syncpoint_path: str
    mount_id: int


@dataclass(slots=True)
class RemoveSyncPointEntry:
    syncpoint_path: str
    mount_id: int


@dataclass(slots=True)
class ActiveSyncTxIdEntry:
    mount_id: int
    tx_id: int


# --- blocks ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class BlockContainerIdGeneratorEntry:
    """Container ids below `next_container_id` may have been handed out."""

    next_container_id: int


@dataclass(slots=True)
class BlockInfoEntry:
    """A block was committed; `block_location` is a serialized `alluxio.grpc.BlockLocation`, which Java may write."""

    block_id: int
    length: int
    block_location: bytes | None = None


@dataclass(slots=True)
class DeleteBlockEntry:
    block_id: int


# --- the cluster -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ClusterInfoEntry:
    cluster_id: str


@dataclass(slots=True)
class PathPropertiesEntry:
    """The properties of a path, all of them: they replace those it had."""

    path: str
    properties: dict[str, str] | None = None


@dataclass(slots=True)
class RemovePathPropertiesEntry:
    path: str


@dataclass(slots=True)
class LoadJobEntry:
    load_path: str
    state: JobState
    verify: bool
    partial_listing: bool
    job_id: str
    bandwidth: int | None = None
    user: str | None = None
    end_time: int | None = None


@dataclass(slots=True)
class CopyJobEntry:
    """A copy job; 2.9.6 reads the entry and does nothing with it."""

    src: str
    dst: str
    state: JobState
    verify: bool
    partial_listing: bool
    job_id: str
    bandwidth: int | None = None
    user: str | None = None
    end_time: int | None = None
    overwrite: int | None = None


@dataclass(slots=True)
class CatalogEntry:
    """An entry of the catalogue service, kept as it came: `variant` is its field name, `payload` its protobuf bytes."""

    variant: str
    payload: bytes


# --- entries of older versions: read, never written ------------------------------------------------------------------


@dataclass(slots=True)
class AsyncPersistRequestEntry:
    file_id: int


@dataclass(slots=True)
class CompleteFileEntry:
    id: int
    length: int
    op_time_ms: int
    block_ids: tuple[int, ...] = ()
    ufs_fingerprint: str | None = None


@dataclass(slots=True)
class InodeLastModificationTimeEntry:
    id: int
    last_modification_time_ms: int


@dataclass(slots=True)
class PersistDirectoryEntry:
    id: int


@dataclass(slots=True)
class SetAttributeEntry:
    id: int
    op_time_ms: int
    pinned: bool | None = None
    ttl: int | None = None
    persisted: bool | None = None
    owner: str | None = None
    group: str | None = None
    permission: int | None = None
    ttl_action: TtlAction | None = None
    ufs_fingerprint: str | None = None
    persist_job_id: int | None = None
    temp_ufs_path: str | None = None
    replication_max: int | None = None
    replication_min: int | None = None


# --- markers ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PrimacyMarker:
    """A new leader's sign that all entries before it are applied; its sequence number is negative and uses none up."""


Entry = (
    InodeFileEntry
    | InodeDirectoryEntry
    | InodeDirectoryIdGeneratorEntry
    | NewBlockEntry
    | UpdateInodeEntry
    | UpdateInodeFileEntry
    | UpdateInodeDirectoryEntry
    | DeleteFileEntry
    | RenameEntry
    | SetAclEntry
    | AddMountPointEntry
    | DeleteMountPointEntry
    | UpdateUfsModeEntry
    | AddSyncPointEntry
    | RemoveSyncPointEntry
    | ActiveSyncTxIdEntry
    | BlockContainerIdGeneratorEntry
    | BlockInfoEntry
    | DeleteBlockEntry
    | ClusterInfoEntry
    | PathPropertiesEntry
    | RemovePathPropertiesEntry
    | LoadJobEntry
    | CopyJobEntry
    | CatalogEntry
    | AsyncPersistRequestEntry
    | CompleteFileEntry
    | InodeLastModificationTimeEntry
    | PersistDirectoryEntry
    | SetAttributeEntry
)
