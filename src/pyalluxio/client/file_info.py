"""What the master tells about a file, as plain dataclasses: no protobuf object leaves this package.

Names follow the wire in snake case, with their units. The functions at the end read messages by attribute, so this
module imports no generated code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyalluxio.ids import sequence_number


@dataclass(frozen=True, slots=True)
class WorkerAddress:
    """Where a worker listens; equal, field by field, wherever the master names the same worker."""

    host: str
    rpc_port: int
    data_port: int
    web_port: int = 0
    domain_socket_path: str = ""
    tiers: tuple[tuple[str, str], ...] = ()
    container_host: str = ""

    @property
    def target(self) -> str:
        """`host:port` for block streams: the container's host when there is one, and the data port."""
        return f"{self.container_host or self.host}:{self.data_port}"

    @property
    def names(self) -> tuple[str, str]:
        """The `host:port` by which people call it: the one of reports, and the one of block streams."""
        return f"{self.host}:{self.rpc_port}", self.target

    def __str__(self) -> str:
        return self.target


@dataclass(frozen=True, slots=True)
class BlockLocation:
    """One cached copy of a block."""

    worker_id: int
    address: WorkerAddress
    tier_alias: str
    medium_type: str


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """One block of a file; `offset` is its first byte's position in the file, `locations` are live workers only."""

    block_id: int
    length: int
    offset: int
    locations: tuple[BlockLocation, ...] = ()
    ufs_locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One entry of an access control list; `kind` is user, group, mask or other, an empty name is the owning one."""

    kind: str
    name: str
    bits: str  # such as r-x
    is_default: bool = False

    def __str__(self) -> str:
        prefix = "default:" if self.is_default else ""
        return f"{prefix}{self.kind}:{self.name}:{self.bits}"


@dataclass(slots=True)
class FileInfo:
    """A file or directory as GetStatus and ListStatus report it.

    `length` of a directory is the number of its children. Times are milliseconds since the epoch; `ttl_ms` is -1
    when the path never expires; percentages are 0..100.
    """

    file_id: int
    name: str
    path: str
    is_directory: bool
    length: int
    mode: int
    owner: str
    group: str
    is_completed: bool = True
    persistence_state: str = "NOT_PERSISTED"
    is_persisted: bool = False
    is_pinned: bool = False
    pinned_media: tuple[str, ...] = ()
    is_cacheable: bool = False
    is_mount_point: bool = False
    mount_id: int = 0
    ufs_path: str = ""
    ufs_fingerprint: str = ""
    block_size_bytes: int = 0
    block_ids: tuple[int, ...] = ()
    blocks: tuple[BlockInfo, ...] = ()
    creation_time_ms: int = 0
    last_modification_time_ms: int = 0
    last_access_time_ms: int = 0
    ttl_ms: int = -1
    ttl_action: str = "DELETE"
    replication_min: int = 0
    replication_max: int = 0
    in_alluxio_percentage: int = 0
    in_memory_percentage: int = 0
    acl: tuple[AclEntry, ...] = ()
    default_acl: tuple[AclEntry, ...] = ()
    xattr: dict[str, bytes] = field(default_factory=dict)

    @property
    def has_extended_acl(self) -> bool:
        """Whether there is more than the mode bits say: named users or groups, a mask, or a default list."""
        return bool(self.default_acl) or any(entry.name or entry.kind == "mask" for entry in self.acl)


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A live worker; capacity is the total, free or not."""

    worker_id: int
    address: WorkerAddress
    state: str
    capacity_bytes: int
    used_bytes: int
    capacity_bytes_on_tiers: dict[str, int] = field(default_factory=dict)
    used_bytes_on_tiers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One line of the mount table; capacity and used are -1 when the under storage does not tell."""

    path: str
    ufs_uri: str
    ufs_type: str
    capacity_bytes: int
    used_bytes: int
    is_read_only: bool
    is_shared: bool
    mount_id: int
    properties: dict[str, str] = field(default_factory=dict)


# --- from the wire -------------------------------------------------------------------------------------------------


def worker_address(message: Any) -> WorkerAddress:
    """Read a WorkerNetAddress; a tier without a value stays out, as it names no place."""
    tiers = tuple((tier.tierName, tier.value) for tier in message.tieredIdentity.tiers if tier.HasField("value"))
    return WorkerAddress(
        host=message.host,
        rpc_port=message.rpcPort,
        data_port=message.dataPort,
        web_port=message.webPort,
        domain_socket_path=message.domainSocketPath,
        tiers=tiers,
        container_host=message.containerHost,
    )


def block_info(message: Any, offset: int = 0, ufs_locations: tuple[str, ...] = ()) -> BlockInfo:
    """Read a BlockInfo."""
    locations = tuple(
        BlockLocation(found.workerId, worker_address(found.workerAddress), found.tierAlias, found.mediumType)
        for found in message.locations
    )
    return BlockInfo(message.blockId, message.length, offset, locations, ufs_locations)


def worker_info(message: Any) -> WorkerInfo:
    """Read a WorkerInfo."""
    return WorkerInfo(
        worker_id=message.id,
        address=worker_address(message.address),
        state=message.state,
        capacity_bytes=message.capacityBytes,
        used_bytes=message.usedBytes,
        capacity_bytes_on_tiers=dict(message.capacityBytesOnTiers),
        used_bytes_on_tiers=dict(message.usedBytesOnTiers),
    )


def mount_point(path: str, message: Any) -> MountPoint:
    """Read a MountPointInfo."""
    return MountPoint(
        path=path,
        ufs_uri=message.ufsUri,
        ufs_type=message.ufsType,
        capacity_bytes=message.ufsCapacityBytes,
        used_bytes=message.ufsUsedBytes,
        is_read_only=message.readOnly,
        is_shared=message.shared,
        mount_id=message.mountId,
        properties=dict(message.properties),
    )


_TTL_ACTIONS = ("DELETE", "FREE", "DELETE_ALLUXIO")


def file_info(message: Any) -> FileInfo:
    """Read a FileInfo; a file without block infos of its own keeps an empty tuple."""
    block_size = message.blockSizeBytes
    blocks = tuple(
        block_info(
            found.blockInfo,
            found.offset if found.HasField("offset") else sequence_number(found.blockInfo.blockId) * block_size,
            tuple(found.ufsStringLocations),
        )
        for found in message.fileBlockInfos
    )
    return FileInfo(
        file_id=message.fileId,
        name=message.name,
        path=message.path,
        is_directory=message.folder,
        length=message.length,
        mode=message.mode & 0o777,
        owner=message.owner,
        group=message.group,
        is_completed=message.completed,
        persistence_state=message.persistenceState,
        is_persisted=message.persisted,
        is_pinned=message.pinned,
        pinned_media=tuple(message.mediumType),
        is_cacheable=message.cacheable,
        is_mount_point=message.mountPoint,
        mount_id=message.mountId,
        ufs_path=message.ufsPath,
        ufs_fingerprint=message.ufsFingerprint,
        block_size_bytes=block_size,
        block_ids=tuple(message.blockIds),
        blocks=blocks,
        creation_time_ms=message.creationTimeMs,
        last_modification_time_ms=message.lastModificationTimeMs,
        last_access_time_ms=message.lastAccessTimeMs,
        ttl_ms=message.ttl,
        ttl_action=_TTL_ACTIONS[message.ttlAction],
        replication_min=message.replicationMin,
        replication_max=message.replicationMax,
        in_alluxio_percentage=message.inAlluxioPercentage,
        in_memory_percentage=message.inMemoryPercentage,
        acl=acl_entries(message.acl) if message.HasField("acl") else (),
        default_acl=acl_entries(message.defaultAcl) if message.HasField("defaultAcl") else (),
        xattr=dict(message.xattr),
    )


def mode_bits(mode: int) -> str:
    """Return three bits as text, such as `r-x`."""
    return ("r" if mode & 4 else "-") + ("w" if mode & 2 else "-") + ("x" if mode & 1 else "-")


# PAclEntryType, by number.
_KINDS = ("user", "user", "group", "group", "mask", "other")


def acl_entries(message: Any) -> tuple[AclEntry, ...]:
    """Read a PAcl, which carries base entries as mode bits and only the extended ones as entries.

    Returns:  entries in the order `getfacl` prints: the base ones, named users, named groups, the mask; none for an
    empty default list.
    """
    if message.isDefault and message.isDefaultEmpty:
        return ()
    is_default, mode = message.isDefault, message.mode
    named: dict[str, list[AclEntry]] = {"user": [], "group": [], "mask": []}
    for found in message.entries:
        kind = _KINDS[found.type]
        bits = mode_bits(sum({0: 4, 1: 2, 2: 1}[action] for action in found.actions))
        name = found.subject if found.type in (1, 3) else ""
        if name or kind == "mask":
            named[kind].append(AclEntry(kind, name, bits, is_default))
    return (
        AclEntry("user", "", mode_bits(mode >> 6 & 7), is_default),
        AclEntry("group", "", mode_bits(mode >> 3 & 7), is_default),
        AclEntry("other", "", mode_bits(mode & 7), is_default),
        *named["user"],
        *named["group"],
        *named["mask"],
    )
