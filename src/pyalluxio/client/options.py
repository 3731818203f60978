"""The options of every request, with the client's defaults filled in.

The master uses exactly what a request holds: an unset TTL is 0 and expires at once, an unset block size is an
error. So each function here returns a message in which everything the master reads is set. Source: Alluxio 2.9
FileSystemOptionsUtils; `alluxio.user.file.*` properties.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyalluxio.errors import InvalidArgument
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as pb

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

WRITE_TYPES = ("MUST_CACHE", "TRY_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH")
READ_TYPES = ("NO_CACHE", "CACHE", "CACHE_PROMOTE")
LOAD_TYPES = ("NEVER", "ONCE", "ALWAYS")
TTL_ACTIONS = ("DELETE", "FREE", "DELETE_ALLUXIO")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a caller gets who asks for nothing; `sync_interval_ms` is None unless somebody set the property."""

    write_type: str = "ASYNC_THROUGH"
    read_type: str = "CACHE"
    block_size_bytes: int = 64 << 20
    file_mode: int = 0o644
    directory_mode: int = 0o755
    ttl_ms: int = -1
    ttl_action: str = "FREE"
    replication_durable: int = 1
    replication_min: int = 0
    replication_max: int = -1
    write_tier: int = 0
    persistence_wait_ms: int = 0
    load_metadata_type: str = "ONCE"
    sync_interval_ms: int | None = None
    delete_unchecked: bool = False
    persist_on_rename: bool = False
    with_operation_ids: bool = True

    @classmethod
    def of(cls, configuration: Configuration) -> Defaults:
        """Read the defaults from properties."""
        conf = configuration
        umask = _umask(conf.text("alluxio.security.authorization.permission.umask"))
        sync_interval = "alluxio.user.file.metadata.sync.interval"
        is_sync_interval_set = conf.source(sync_interval) not in ("DEFAULT", "CLUSTER_DEFAULT")
        return cls(
            write_type=conf.enum("alluxio.user.file.writetype.default"),
            read_type=conf.enum("alluxio.user.file.readtype.default"),
            block_size_bytes=conf.size_bytes("alluxio.user.block.size.bytes.default"),
            file_mode=0o666 & ~umask,
            directory_mode=0o777 & ~umask,
            ttl_ms=conf.duration_ms("alluxio.user.file.create.ttl"),
            ttl_action=conf.enum("alluxio.user.file.create.ttl.action"),
            replication_durable=conf.integer("alluxio.user.file.replication.durable"),
            replication_min=conf.integer("alluxio.user.file.replication.min"),
            replication_max=conf.integer("alluxio.user.file.replication.max"),
            write_tier=conf.integer("alluxio.user.file.write.tier.default"),
            persistence_wait_ms=conf.duration_ms("alluxio.user.file.persistence.initial.wait.time"),
            load_metadata_type=conf.enum("alluxio.user.file.metadata.load.type"),
            # The leader falls back on its own interval, which is what it would hand out as cluster default.
            sync_interval_ms=conf.duration_ms(sync_interval) if is_sync_interval_set else None,
            delete_unchecked=conf.boolean("alluxio.user.file.delete.unchecked"),
            persist_on_rename=conf.boolean("alluxio.user.file.persist.on.rename"),
            with_operation_ids=conf.boolean("alluxio.user.file.include.operation.id"),
        )


def _umask(text: str) -> int:
    try:
        value = int(text, 8)
    except ValueError:
        value = -1
    if not 0 <= value <= 0o777:
        raise InvalidArgument(
            f"alluxio.security.authorization.permission.umask is {text!r}; it must be octal digits such as 022."
        )
    return value


def one_of(text: str, allowed: Sequence[str], what: str) -> str:
    """Return `text` in upper case if it is an allowed word.

    Raises:   InvalidArgument: it is not; the text lists the words.
    """
    word = text.upper()
    if word not in allowed:
        raise InvalidArgument(f"{what} {text!r} is not one of {', '.join(allowed)}.")
    return word


def pmode(mode: int) -> Any:
    """Return a PMode of nine mode bits; the wire counts bits from 1 (NONE)."""
    bits: list[Any] = [((mode >> shift) & 7) + 1 for shift in (6, 3, 0)]
    return common_pb2.PMode(ownerBits=bits[0], groupBits=bits[1], otherBits=bits[2])


def operation_id() -> Any:
    """Return a fresh operation id: the two signed halves of a random UUID."""
    value = uuid.uuid4().int
    return pb.FsOpPId(mostSignificantBits=_signed(value >> 64), leastSignificantBits=_signed(value & (1 << 64) - 1))


def _signed(half: int) -> int:
    return half - (1 << 64) if half >> 63 else half


def common(
    defaults: Defaults,
    *,
    ttl_ms: int | None = None,
    ttl_action: str | None = None,
    with_id: bool = False,
    sync_interval_ms: int | None = None,
) -> Any:
    """Return the common options with the TTL of the caller, or the default one."""
    options = bare_common(defaults, with_id=with_id, sync_interval_ms=sync_interval_ms)
    options.ttl = defaults.ttl_ms if ttl_ms is None else ttl_ms
    action = defaults.ttl_action if ttl_action is None else one_of(ttl_action, TTL_ACTIONS, "TTL action")
    options.ttlAction = common_pb2.TtlAction.Value(action)
    return options


def bare_common(defaults: Defaults, *, with_id: bool = False, sync_interval_ms: int | None = None) -> Any:
    """Return the common options without a TTL, as SetAttribute needs them: a TTL there would be written."""
    options = pb.FileSystemMasterCommonPOptions()
    interval = defaults.sync_interval_ms if sync_interval_ms is None else sync_interval_ms
    if interval is not None:
        options.syncIntervalMs = interval
    if with_id:
        options.operationId.CopyFrom(operation_id())
    return options


def for_change(defaults: Defaults) -> Any:
    """Return the common options of a call that changes something: all its attempts carry one operation id."""
    return common(defaults, with_id=defaults.with_operation_ids)


def create_file(
    defaults: Defaults,
    *,
    write_type: str,
    block_size_bytes: int | None = None,
    mode: int | None = None,
    recursive: bool = False,
    overwrite: bool = False,
    ttl_ms: int | None = None,
    ttl_action: str | None = None,
    replication_durable: int | None = None,
    replication_min: int | None = None,
    replication_max: int | None = None,
    xattr: Mapping[str, bytes] | None = None,
) -> Any:
    """Return the options of CreateFile."""
    options = pb.CreateFilePOptions(
        blockSizeBytes=_or(block_size_bytes, defaults.block_size_bytes),
        mode=pmode(_or(mode, defaults.file_mode)),
        recursive=recursive,
        replicationDurable=_or(replication_durable, defaults.replication_durable),
        replicationMin=_or(replication_min, defaults.replication_min),
        replicationMax=_or(replication_max, defaults.replication_max),
        writeTier=defaults.write_tier,
        writeType=write_type,
        persistenceWaitTime=defaults.persistence_wait_ms,
        commonOptions=common(defaults, ttl_ms=ttl_ms, ttl_action=ttl_action, with_id=defaults.with_operation_ids),
    )
    if overwrite:
        options.overwrite = True
    if xattr:
        options.xattr.update(xattr)
    return options


def create_directory(
    defaults: Defaults,
    *,
    write_type: str | None = None,
    mode: int | None = None,
    recursive: bool = False,
    allow_exists: bool = False,
    ttl_ms: int | None = None,
    ttl_action: str | None = None,
) -> Any:
    """Return the options of CreateDirectory."""
    word = defaults.write_type if write_type is None else one_of(write_type, WRITE_TYPES, "Write type")
    return pb.CreateDirectoryPOptions(
        allowExists=allow_exists,
        recursive=recursive,
        mode=pmode(_or(mode, defaults.directory_mode)),
        writeType=word,
        commonOptions=common(defaults, ttl_ms=ttl_ms, ttl_action=ttl_action, with_id=defaults.with_operation_ids),
    )


def complete_file(
    defaults: Defaults,
    *,
    ufs_length: int | None = None,
    content_hash: str | None = None,
    persist: bool = False,
    persistence_wait_ms: int = 0,
) -> Any:
    """Return the options of CompleteFile; `persist` asks for asynchronous persistence (ASYNC_THROUGH)."""
    options = pb.CompleteFilePOptions(commonOptions=common(defaults, with_id=True))
    if ufs_length is not None:
        options.ufsLength = ufs_length
    if content_hash is not None:
        options.contentHash = content_hash
    if persist:
        options.asyncPersistOptions.CopyFrom(schedule_persistence(defaults, wait_ms=persistence_wait_ms))
    return options


def delete(
    defaults: Defaults,
    *,
    recursive: bool = False,
    alluxio_only: bool = False,
    unchecked: bool | None = None,
    delete_mount_point: bool = False,
    sync_parent_next_time: bool | None = None,
) -> Any:
    """Return the options of Remove."""
    options = pb.DeletePOptions(
        recursive=recursive,
        alluxioOnly=alluxio_only,
        unchecked=defaults.delete_unchecked if unchecked is None else unchecked,
        commonOptions=for_change(defaults),
    )
    if delete_mount_point:
        options.deleteMountPoint = True
    if sync_parent_next_time is not None:
        options.syncParentNextTime = sync_parent_next_time
    return options


def rename(defaults: Defaults) -> Any:
    """Return the options of Rename."""
    return pb.RenamePOptions(
        persist=defaults.persist_on_rename,
        commonOptions=for_change(defaults),
    )


def get_status(
    defaults: Defaults,
    *,
    load_metadata_type: str | None = None,
    sync_interval_ms: int | None = None,
    for_reading: bool = False,
    update_timestamps: bool = True,
) -> Any:
    """Return the options of GetStatus; `for_reading` is what an open sends."""
    options = pb.GetStatusPOptions(
        loadMetadataType=_load_type(defaults, load_metadata_type),
        commonOptions=common(defaults, sync_interval_ms=sync_interval_ms),
    )
    if for_reading:
        options.accessMode = common_pb2.Bits.READ
        options.updateTimestamps = update_timestamps
    return options


def exists(defaults: Defaults, *, load_metadata_type: str | None = None) -> Any:
    """Return the options of Exists."""
    return pb.ExistsPOptions(loadMetadataType=_load_type(defaults, load_metadata_type), commonOptions=common(defaults))


def list_status(
    defaults: Defaults,
    *,
    recursive: bool = False,
    load_metadata_type: str | None = None,
    load_metadata_only: bool = False,
    exclude_mount_info: bool = False,
    sync_interval_ms: int | None = None,
) -> Any:
    """Return the options of ListStatus."""
    options = pb.ListStatusPOptions(
        loadMetadataType=_load_type(defaults, load_metadata_type),
        loadMetadataOnly=load_metadata_only,
        recursive=recursive,
        commonOptions=common(defaults, sync_interval_ms=sync_interval_ms),
    )
    if exclude_mount_info:
        options.excludeMountInfo = True
    return options


def set_attribute(
    defaults: Defaults,
    *,
    mode: int | None = None,
    owner: str | None = None,
    group: str | None = None,
    pinned: bool | None = None,
    pinned_media: Sequence[str] = (),
    ttl_ms: int | None = None,
    ttl_action: str | None = None,
    replication_min: int | None = None,
    replication_max: int | None = None,
    recursive: bool = False,
    persisted: bool | None = None,
) -> Any:
    """Return the options of SetAttribute; what is None stays as it is."""
    options = pb.SetAttributePOptions(
        recursive=recursive, commonOptions=bare_common(defaults, with_id=defaults.with_operation_ids)
    )
    if mode is not None:
        options.mode.CopyFrom(pmode(mode))
    if owner is not None:
        options.owner = owner
    if group is not None:
        options.group = group
    if pinned is not None:
        options.pinned = pinned
        options.pinnedMedia.extend(pinned_media)
    if persisted is not None:
        options.persisted = persisted
    if replication_min is not None:
        options.replicationMin = replication_min
    if replication_max is not None:
        options.replicationMax = replication_max
    if ttl_ms is not None:
        options.commonOptions.ttl = ttl_ms
        action = defaults.ttl_action if ttl_action is None else one_of(ttl_action, TTL_ACTIONS, "TTL action")
        options.commonOptions.ttlAction = common_pb2.TtlAction.Value(action)  # type: ignore[assignment]
    return options


def free(defaults: Defaults, *, recursive: bool = False, forced: bool = False) -> Any:
    """Return the options of Free."""
    return pb.FreePOptions(recursive=recursive, forced=forced, commonOptions=for_change(defaults))


def mount(
    defaults: Defaults,
    *,
    read_only: bool = False,
    shared: bool = False,
    properties: Mapping[str, str] | None = None,
    remount: bool = False,
) -> Any:
    """Return the options of Mount and UpdateMount."""
    options = pb.MountPOptions(readOnly=read_only, shared=shared, commonOptions=for_change(defaults))
    if properties:
        options.properties.update(properties)
    if remount:
        options.remount = True
    return options


def schedule_persistence(defaults: Defaults, *, wait_ms: int | None = None) -> Any:
    """Return the options of ScheduleAsyncPersistence; without a wait the master persists as soon as it can."""
    options = pb.ScheduleAsyncPersistencePOptions(commonOptions=for_change(defaults))
    if wait_ms is not None:
        options.persistenceWaitTime = wait_ms
    return options


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _load_type(defaults: Defaults, word: str | None) -> Any:
    chosen = defaults.load_metadata_type if word is None else one_of(word, LOAD_TYPES, "Metadata load type")
    return pb.LoadMetadataPType.Value(chosen)
