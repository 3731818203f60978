from pyalluxio.wire.gen import common_pb2 as _common_pb2
from pyalluxio.wire.gen import acl_pb2 as _acl_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Inode(_message.Message):
    __slots__ = ("id", "creation_time_ms", "is_directory", "ttl", "ttl_action", "last_modified_ms", "name", "parent_id", "persistence_state", "is_pinned", "access_acl", "ufs_fingerprint", "medium_type", "last_accessed_ms", "is_mount_point", "has_direct_children_loaded", "child_count", "default_acl", "block_size_bytes", "blocks", "is_cacheable", "is_completed", "length", "replication_durable", "replication_max", "replication_min", "should_persist_time", "persist_job_id", "persist_job_temp_ufs_path", "xAttr")
    class XAttrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    CREATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    IS_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    TTL_ACTION_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFIED_MS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_STATE_FIELD_NUMBER: _ClassVar[int]
    IS_PINNED_FIELD_NUMBER: _ClassVar[int]
    ACCESS_ACL_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    LAST_ACCESSED_MS_FIELD_NUMBER: _ClassVar[int]
    IS_MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    HAS_DIRECT_CHILDREN_LOADED_FIELD_NUMBER: _ClassVar[int]
    CHILD_COUNT_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_ACL_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    IS_CACHEABLE_FIELD_NUMBER: _ClassVar[int]
    IS_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_DURABLE_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MIN_FIELD_NUMBER: _ClassVar[int]
    SHOULD_PERSIST_TIME_FIELD_NUMBER: _ClassVar[int]
    PERSIST_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PERSIST_JOB_TEMP_UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    id: int
    creation_time_ms: int
    is_directory: bool
    ttl: int
    ttl_action: _common_pb2.TtlAction
    last_modified_ms: int
    name: str
    parent_id: int
    persistence_state: str
    is_pinned: bool
    access_acl: _acl_pb2.AccessControlList
    ufs_fingerprint: str
    medium_type: _containers.RepeatedScalarFieldContainer[str]
    last_accessed_ms: int
    is_mount_point: bool
    has_direct_children_loaded: bool
    child_count: int
    default_acl: _acl_pb2.AccessControlList
    block_size_bytes: int
    blocks: _containers.RepeatedScalarFieldContainer[int]
    is_cacheable: bool
    is_completed: bool
    length: int
    replication_durable: int
    replication_max: int
    replication_min: int
    should_persist_time: int
    persist_job_id: int
    persist_job_temp_ufs_path: str
    xAttr: _containers.ScalarMap[str, bytes]
    def __init__(self, id: _Optional[int] = ..., creation_time_ms: _Optional[int] = ..., is_directory: _Optional[bool] = ..., ttl: _Optional[int] = ..., ttl_action: _Optional[_Union[_common_pb2.TtlAction, str]] = ..., last_modified_ms: _Optional[int] = ..., name: _Optional[str] = ..., parent_id: _Optional[int] = ..., persistence_state: _Optional[str] = ..., is_pinned: _Optional[bool] = ..., access_acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., ufs_fingerprint: _Optional[str] = ..., medium_type: _Optional[_Iterable[str]] = ..., last_accessed_ms: _Optional[int] = ..., is_mount_point: _Optional[bool] = ..., has_direct_children_loaded: _Optional[bool] = ..., child_count: _Optional[int] = ..., default_acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., block_size_bytes: _Optional[int] = ..., blocks: _Optional[_Iterable[int]] = ..., is_cacheable: _Optional[bool] = ..., is_completed: _Optional[bool] = ..., length: _Optional[int] = ..., replication_durable: _Optional[int] = ..., replication_max: _Optional[int] = ..., replication_min: _Optional[int] = ..., should_persist_time: _Optional[int] = ..., persist_job_id: _Optional[int] = ..., persist_job_temp_ufs_path: _Optional[str] = ..., xAttr: _Optional[_Mapping[str, bytes]] = ...) -> None: ...
