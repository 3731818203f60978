from pyalluxio.wire.gen import common_pb2 as _common_pb2
from pyalluxio.wire.gen import acl_pb2 as _acl_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class XAttrUpdateStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRUNCATE: _ClassVar[XAttrUpdateStrategy]
    UNION_REPLACE: _ClassVar[XAttrUpdateStrategy]
    UNION_PRESERVE: _ClassVar[XAttrUpdateStrategy]
    DELETE_KEYS: _ClassVar[XAttrUpdateStrategy]

class PTtlAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELETE: _ClassVar[PTtlAction]
    FREE: _ClassVar[PTtlAction]
    DELETE_ALLUXIO: _ClassVar[PTtlAction]

class PSetAclAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLACE: _ClassVar[PSetAclAction]
    MODIFY: _ClassVar[PSetAclAction]
    REMOVE: _ClassVar[PSetAclAction]
    REMOVE_ALL: _ClassVar[PSetAclAction]
    REMOVE_DEFAULT: _ClassVar[PSetAclAction]

class UfsMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO_ACCESS: _ClassVar[UfsMode]
    READ_ONLY: _ClassVar[UfsMode]
    READ_WRITE: _ClassVar[UfsMode]
TRUNCATE: XAttrUpdateStrategy
UNION_REPLACE: XAttrUpdateStrategy
UNION_PRESERVE: XAttrUpdateStrategy
DELETE_KEYS: XAttrUpdateStrategy
DELETE: PTtlAction
FREE: PTtlAction
DELETE_ALLUXIO: PTtlAction
REPLACE: PSetAclAction
MODIFY: PSetAclAction
REMOVE: PSetAclAction
REMOVE_ALL: PSetAclAction
REMOVE_DEFAULT: PSetAclAction
NO_ACCESS: UfsMode
READ_ONLY: UfsMode
READ_WRITE: UfsMode

class StringPairEntry(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ActiveSyncTxIdEntry(_message.Message):
    __slots__ = ("mount_id", "tx_id")
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    mount_id: int
    tx_id: int
    def __init__(self, mount_id: _Optional[int] = ..., tx_id: _Optional[int] = ...) -> None: ...

class AddSyncPointEntry(_message.Message):
    __slots__ = ("syncpoint_path", "mount_id")
    SYNCPOINT_PATH_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    syncpoint_path: str
    mount_id: int
    def __init__(self, syncpoint_path: _Optional[str] = ..., mount_id: _Optional[int] = ...) -> None: ...

class RemoveSyncPointEntry(_message.Message):
    __slots__ = ("syncpoint_path", "mount_id")
    SYNCPOINT_PATH_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    syncpoint_path: str
    mount_id: int
    def __init__(self, syncpoint_path: _Optional[str] = ..., mount_id: _Optional[int] = ...) -> None: ...

class AddMountPointEntry(_message.Message):
    __slots__ = ("alluxio_path", "ufs_path", "readOnly", "properties", "shared", "mount_id")
    ALLUXIO_PATH_FIELD_NUMBER: _ClassVar[int]
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    READONLY_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    alluxio_path: str
    ufs_path: str
    readOnly: bool
    properties: _containers.RepeatedCompositeFieldContainer[StringPairEntry]
    shared: bool
    mount_id: int
    def __init__(self, alluxio_path: _Optional[str] = ..., ufs_path: _Optional[str] = ..., readOnly: _Optional[bool] = ..., properties: _Optional[_Iterable[_Union[StringPairEntry, _Mapping]]] = ..., shared: _Optional[bool] = ..., mount_id: _Optional[int] = ...) -> None: ...

class AsyncPersistRequestEntry(_message.Message):
    __slots__ = ("file_id",)
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    file_id: int
    def __init__(self, file_id: _Optional[int] = ...) -> None: ...

class CompleteFileEntry(_message.Message):
    __slots__ = ("block_ids", "id", "length", "op_time_ms", "ufs_fingerprint")
    BLOCK_IDS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    block_ids: _containers.RepeatedScalarFieldContainer[int]
    id: int
    length: int
    op_time_ms: int
    ufs_fingerprint: str
    def __init__(self, block_ids: _Optional[_Iterable[int]] = ..., id: _Optional[int] = ..., length: _Optional[int] = ..., op_time_ms: _Optional[int] = ..., ufs_fingerprint: _Optional[str] = ...) -> None: ...

class DeleteFileEntry(_message.Message):
    __slots__ = ("id", "recursive", "op_time_ms", "alluxioOnly", "path")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    ALLUXIOONLY_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    id: int
    recursive: bool
    op_time_ms: int
    alluxioOnly: bool
    path: str
    def __init__(self, id: _Optional[int] = ..., recursive: _Optional[bool] = ..., op_time_ms: _Optional[int] = ..., alluxioOnly: _Optional[bool] = ..., path: _Optional[str] = ...) -> None: ...

class DeleteMountPointEntry(_message.Message):
    __slots__ = ("alluxio_path",)
    ALLUXIO_PATH_FIELD_NUMBER: _ClassVar[int]
    alluxio_path: str
    def __init__(self, alluxio_path: _Optional[str] = ...) -> None: ...

class NewBlockEntry(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class UpdateInodeEntry(_message.Message):
    __slots__ = ("id", "parent_id", "name", "persistence_state", "pinned", "creation_time_ms", "last_modification_time_ms", "overwrite_modification_time", "owner", "group", "mode", "ttl", "ttlAction", "acl", "ufs_fingerprint", "medium_type", "xAttr", "last_access_time_ms", "overwrite_access_time", "xAttr_update_strategy")
    class XAttrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_STATE_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CREATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFICATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_MODIFICATION_TIME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    LAST_ACCESS_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_ACCESS_TIME_FIELD_NUMBER: _ClassVar[int]
    XATTR_UPDATE_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    id: int
    parent_id: int
    name: str
    persistence_state: str
    pinned: bool
    creation_time_ms: int
    last_modification_time_ms: int
    overwrite_modification_time: bool
    owner: str
    group: str
    mode: int
    ttl: int
    ttlAction: PTtlAction
    acl: _acl_pb2.AccessControlList
    ufs_fingerprint: str
    medium_type: _containers.RepeatedScalarFieldContainer[str]
    xAttr: _containers.ScalarMap[str, bytes]
    last_access_time_ms: int
    overwrite_access_time: bool
    xAttr_update_strategy: XAttrUpdateStrategy
    def __init__(self, id: _Optional[int] = ..., parent_id: _Optional[int] = ..., name: _Optional[str] = ..., persistence_state: _Optional[str] = ..., pinned: _Optional[bool] = ..., creation_time_ms: _Optional[int] = ..., last_modification_time_ms: _Optional[int] = ..., overwrite_modification_time: _Optional[bool] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[int] = ..., ttl: _Optional[int] = ..., ttlAction: _Optional[_Union[PTtlAction, str]] = ..., acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., ufs_fingerprint: _Optional[str] = ..., medium_type: _Optional[_Iterable[str]] = ..., xAttr: _Optional[_Mapping[str, bytes]] = ..., last_access_time_ms: _Optional[int] = ..., overwrite_access_time: _Optional[bool] = ..., xAttr_update_strategy: _Optional[_Union[XAttrUpdateStrategy, str]] = ...) -> None: ...

class UpdateInodeDirectoryEntry(_message.Message):
    __slots__ = ("id", "mount_point", "direct_children_loaded", "defaultAcl")
    ID_FIELD_NUMBER: _ClassVar[int]
    MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    DIRECT_CHILDREN_LOADED_FIELD_NUMBER: _ClassVar[int]
    DEFAULTACL_FIELD_NUMBER: _ClassVar[int]
    id: int
    mount_point: bool
    direct_children_loaded: bool
    defaultAcl: _acl_pb2.AccessControlList
    def __init__(self, id: _Optional[int] = ..., mount_point: _Optional[bool] = ..., direct_children_loaded: _Optional[bool] = ..., defaultAcl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ...) -> None: ...

class UpdateInodeFileEntry(_message.Message):
    __slots__ = ("id", "block_size_bytes", "length", "completed", "cacheable", "set_blocks", "replication_max", "replication_min", "persist_job_id", "temp_ufs_path", "path")
    ID_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    CACHEABLE_FIELD_NUMBER: _ClassVar[int]
    SET_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MIN_FIELD_NUMBER: _ClassVar[int]
    PERSIST_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TEMP_UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    id: int
    block_size_bytes: int
    length: int
    completed: bool
    cacheable: bool
    set_blocks: _containers.RepeatedScalarFieldContainer[int]
    replication_max: int
    replication_min: int
    persist_job_id: int
    temp_ufs_path: str
    path: str
    def __init__(self, id: _Optional[int] = ..., block_size_bytes: _Optional[int] = ..., length: _Optional[int] = ..., completed: _Optional[bool] = ..., cacheable: _Optional[bool] = ..., set_blocks: _Optional[_Iterable[int]] = ..., replication_max: _Optional[int] = ..., replication_min: _Optional[int] = ..., persist_job_id: _Optional[int] = ..., temp_ufs_path: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class InodeDirectoryEntry(_message.Message):
    __slots__ = ("id", "parent_id", "name", "persistence_state", "pinned", "creation_time_ms", "last_modification_time_ms", "owner", "group", "mode", "mount_point", "direct_children_loaded", "ttl", "ttlAction", "acl", "defaultAcl", "path", "medium_type", "xAttr", "last_access_time_ms")
    class XAttrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_STATE_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CREATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFICATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    DIRECT_CHILDREN_LOADED_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    DEFAULTACL_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    LAST_ACCESS_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    id: int
    parent_id: int
    name: str
    persistence_state: str
    pinned: bool
    creation_time_ms: int
    last_modification_time_ms: int
    owner: str
    group: str
    mode: int
    mount_point: bool
    direct_children_loaded: bool
    ttl: int
    ttlAction: PTtlAction
    acl: _acl_pb2.AccessControlList
    defaultAcl: _acl_pb2.AccessControlList
    path: str
    medium_type: _containers.RepeatedScalarFieldContainer[str]
    xAttr: _containers.ScalarMap[str, bytes]
    last_access_time_ms: int
    def __init__(self, id: _Optional[int] = ..., parent_id: _Optional[int] = ..., name: _Optional[str] = ..., persistence_state: _Optional[str] = ..., pinned: _Optional[bool] = ..., creation_time_ms: _Optional[int] = ..., last_modification_time_ms: _Optional[int] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[int] = ..., mount_point: _Optional[bool] = ..., direct_children_loaded: _Optional[bool] = ..., ttl: _Optional[int] = ..., ttlAction: _Optional[_Union[PTtlAction, str]] = ..., acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., defaultAcl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., path: _Optional[str] = ..., medium_type: _Optional[_Iterable[str]] = ..., xAttr: _Optional[_Mapping[str, bytes]] = ..., last_access_time_ms: _Optional[int] = ...) -> None: ...

class InodeDirectoryIdGeneratorEntry(_message.Message):
    __slots__ = ("container_id", "sequence_number")
    CONTAINER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    container_id: int
    sequence_number: int
    def __init__(self, container_id: _Optional[int] = ..., sequence_number: _Optional[int] = ...) -> None: ...

class InodeFileEntry(_message.Message):
    __slots__ = ("id", "parent_id", "name", "persistence_state", "pinned", "creation_time_ms", "last_modification_time_ms", "block_size_bytes", "length", "completed", "cacheable", "blocks", "ttl", "owner", "group", "mode", "ttlAction", "ufs_fingerprint", "acl", "replication_max", "replication_min", "persist_job_id", "temp_ufs_path", "replication_durable", "path", "medium_type", "should_persist_time", "xAttr", "last_access_time_ms")
    class XAttrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCE_STATE_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CREATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFICATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    CACHEABLE_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MIN_FIELD_NUMBER: _ClassVar[int]
    PERSIST_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TEMP_UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_DURABLE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHOULD_PERSIST_TIME_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    LAST_ACCESS_TIME_MS_FIELD_NUMBER: _ClassVar[int]
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
    blocks: _containers.RepeatedScalarFieldContainer[int]
    ttl: int
    owner: str
    group: str
    mode: int
    ttlAction: PTtlAction
    ufs_fingerprint: str
    acl: _acl_pb2.AccessControlList
    replication_max: int
    replication_min: int
    persist_job_id: int
    temp_ufs_path: str
    replication_durable: int
    path: str
    medium_type: _containers.RepeatedScalarFieldContainer[str]
    should_persist_time: int
    xAttr: _containers.ScalarMap[str, bytes]
    last_access_time_ms: int
    def __init__(self, id: _Optional[int] = ..., parent_id: _Optional[int] = ..., name: _Optional[str] = ..., persistence_state: _Optional[str] = ..., pinned: _Optional[bool] = ..., creation_time_ms: _Optional[int] = ..., last_modification_time_ms: _Optional[int] = ..., block_size_bytes: _Optional[int] = ..., length: _Optional[int] = ..., completed: _Optional[bool] = ..., cacheable: _Optional[bool] = ..., blocks: _Optional[_Iterable[int]] = ..., ttl: _Optional[int] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[int] = ..., ttlAction: _Optional[_Union[PTtlAction, str]] = ..., ufs_fingerprint: _Optional[str] = ..., acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ..., replication_max: _Optional[int] = ..., replication_min: _Optional[int] = ..., persist_job_id: _Optional[int] = ..., temp_ufs_path: _Optional[str] = ..., replication_durable: _Optional[int] = ..., path: _Optional[str] = ..., medium_type: _Optional[_Iterable[str]] = ..., should_persist_time: _Optional[int] = ..., xAttr: _Optional[_Mapping[str, bytes]] = ..., last_access_time_ms: _Optional[int] = ...) -> None: ...

class InodeLastModificationTimeEntry(_message.Message):
    __slots__ = ("id", "last_modification_time_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    LAST_MODIFICATION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    id: int
    last_modification_time_ms: int
    def __init__(self, id: _Optional[int] = ..., last_modification_time_ms: _Optional[int] = ...) -> None: ...

class PersistDirectoryEntry(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class PersistFileEntry(_message.Message):
    __slots__ = ("id", "length", "op_time_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    id: int
    length: int
    op_time_ms: int
    def __init__(self, id: _Optional[int] = ..., length: _Optional[int] = ..., op_time_ms: _Optional[int] = ...) -> None: ...

class RenameEntry(_message.Message):
    __slots__ = ("id", "dst_path", "op_time_ms", "new_parent_id", "new_name", "path", "new_path")
    ID_FIELD_NUMBER: _ClassVar[int]
    DST_PATH_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    NEW_PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NEW_PATH_FIELD_NUMBER: _ClassVar[int]
    id: int
    dst_path: str
    op_time_ms: int
    new_parent_id: int
    new_name: str
    path: str
    new_path: str
    def __init__(self, id: _Optional[int] = ..., dst_path: _Optional[str] = ..., op_time_ms: _Optional[int] = ..., new_parent_id: _Optional[int] = ..., new_name: _Optional[str] = ..., path: _Optional[str] = ..., new_path: _Optional[str] = ...) -> None: ...

class SetAclEntry(_message.Message):
    __slots__ = ("id", "op_time_ms", "action", "entries", "recursive")
    ID_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    id: int
    op_time_ms: int
    action: PSetAclAction
    entries: _containers.RepeatedCompositeFieldContainer[_acl_pb2.AclEntry]
    recursive: bool
    def __init__(self, id: _Optional[int] = ..., op_time_ms: _Optional[int] = ..., action: _Optional[_Union[PSetAclAction, str]] = ..., entries: _Optional[_Iterable[_Union[_acl_pb2.AclEntry, _Mapping]]] = ..., recursive: _Optional[bool] = ...) -> None: ...

class SetAttributeEntry(_message.Message):
    __slots__ = ("id", "op_time_ms", "pinned", "ttl", "persisted", "owner", "group", "permission", "ttlAction", "ufs_fingerprint", "persistJobId", "tempUfsPath", "replication_max", "replication_min")
    ID_FIELD_NUMBER: _ClassVar[int]
    OP_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    PERSISTED_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    UFS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    PERSISTJOBID_FIELD_NUMBER: _ClassVar[int]
    TEMPUFSPATH_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATION_MIN_FIELD_NUMBER: _ClassVar[int]
    id: int
    op_time_ms: int
    pinned: bool
    ttl: int
    persisted: bool
    owner: str
    group: str
    permission: int
    ttlAction: PTtlAction
    ufs_fingerprint: str
    persistJobId: int
    tempUfsPath: str
    replication_max: int
    replication_min: int
    def __init__(self, id: _Optional[int] = ..., op_time_ms: _Optional[int] = ..., pinned: _Optional[bool] = ..., ttl: _Optional[int] = ..., persisted: _Optional[bool] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., permission: _Optional[int] = ..., ttlAction: _Optional[_Union[PTtlAction, str]] = ..., ufs_fingerprint: _Optional[str] = ..., persistJobId: _Optional[int] = ..., tempUfsPath: _Optional[str] = ..., replication_max: _Optional[int] = ..., replication_min: _Optional[int] = ...) -> None: ...

class UpdateUfsModeEntry(_message.Message):
    __slots__ = ("ufsPath", "ufsMode")
    UFSPATH_FIELD_NUMBER: _ClassVar[int]
    UFSMODE_FIELD_NUMBER: _ClassVar[int]
    ufsPath: str
    ufsMode: UfsMode
    def __init__(self, ufsPath: _Optional[str] = ..., ufsMode: _Optional[_Union[UfsMode, str]] = ...) -> None: ...
