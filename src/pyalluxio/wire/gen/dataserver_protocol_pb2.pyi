from pyalluxio.wire.gen import dataserver_status_pb2 as _dataserver_status_pb2
from pyalluxio.wire.gen import acl_pb2 as _acl_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OpenUfsBlockOptions(_message.Message):
    __slots__ = ("ufs_path", "offset_in_file", "block_size", "maxUfsReadConcurrency", "mountId", "no_cache", "user", "block_in_ufs_tier")
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_IN_FILE_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAXUFSREADCONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    MOUNTID_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_IN_UFS_TIER_FIELD_NUMBER: _ClassVar[int]
    ufs_path: str
    offset_in_file: int
    block_size: int
    maxUfsReadConcurrency: int
    mountId: int
    no_cache: bool
    user: str
    block_in_ufs_tier: bool
    def __init__(self, ufs_path: _Optional[str] = ..., offset_in_file: _Optional[int] = ..., block_size: _Optional[int] = ..., maxUfsReadConcurrency: _Optional[int] = ..., mountId: _Optional[int] = ..., no_cache: _Optional[bool] = ..., user: _Optional[str] = ..., block_in_ufs_tier: _Optional[bool] = ...) -> None: ...

class CreateUfsFileOptions(_message.Message):
    __slots__ = ("ufs_path", "owner", "group", "mode", "mount_id", "acl")
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    ufs_path: str
    owner: str
    group: str
    mode: int
    mount_id: int
    acl: _acl_pb2.AccessControlList
    def __init__(self, ufs_path: _Optional[str] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[int] = ..., mount_id: _Optional[int] = ..., acl: _Optional[_Union[_acl_pb2.AccessControlList, _Mapping]] = ...) -> None: ...

class CreateUfsBlockOptions(_message.Message):
    __slots__ = ("bytes_in_block_store", "mount_id", "fallback")
    BYTES_IN_BLOCK_STORE_FIELD_NUMBER: _ClassVar[int]
    MOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    bytes_in_block_store: int
    mount_id: int
    fallback: bool
    def __init__(self, bytes_in_block_store: _Optional[int] = ..., mount_id: _Optional[int] = ..., fallback: _Optional[bool] = ...) -> None: ...

class Response(_message.Message):
    __slots__ = ("status", "message")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    status: _dataserver_status_pb2.PStatus
    message: str
    def __init__(self, status: _Optional[_Union[_dataserver_status_pb2.PStatus, str]] = ..., message: _Optional[str] = ...) -> None: ...
