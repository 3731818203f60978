from pyalluxio.wire.gen import dataserver_protocol_pb2 as _dataserver_protocol_pb2
from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RequestType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALLUXIO_BLOCK: _ClassVar[RequestType]
    UFS_FILE: _ClassVar[RequestType]
    UFS_FALLBACK_BLOCK: _ClassVar[RequestType]

class TaskStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUCCESS: _ClassVar[TaskStatus]
    FAILURE: _ClassVar[TaskStatus]
    PARTIAL_FAILURE: _ClassVar[TaskStatus]
ALLUXIO_BLOCK: RequestType
UFS_FILE: RequestType
UFS_FALLBACK_BLOCK: RequestType
SUCCESS: TaskStatus
FAILURE: TaskStatus
PARTIAL_FAILURE: TaskStatus

class CheckRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ReadRequest(_message.Message):
    __slots__ = ("block_id", "offset", "length", "promote", "chunk_size", "open_ufs_block_options", "offset_received", "position_short")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    PROMOTE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_SIZE_FIELD_NUMBER: _ClassVar[int]
    OPEN_UFS_BLOCK_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    POSITION_SHORT_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    offset: int
    length: int
    promote: bool
    chunk_size: int
    open_ufs_block_options: _dataserver_protocol_pb2.OpenUfsBlockOptions
    offset_received: int
    position_short: bool
    def __init__(self, block_id: _Optional[int] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ..., promote: _Optional[bool] = ..., chunk_size: _Optional[int] = ..., open_ufs_block_options: _Optional[_Union[_dataserver_protocol_pb2.OpenUfsBlockOptions, _Mapping]] = ..., offset_received: _Optional[int] = ..., position_short: _Optional[bool] = ...) -> None: ...

class ReadResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: Chunk
    def __init__(self, chunk: _Optional[_Union[Chunk, _Mapping]] = ...) -> None: ...

class WriteRequestCommand(_message.Message):
    __slots__ = ("type", "id", "offset", "tier", "flush", "create_ufs_file_options", "create_ufs_block_options", "medium_type", "pin_on_create", "space_to_reserve")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    CREATE_UFS_FILE_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CREATE_UFS_BLOCK_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    PIN_ON_CREATE_FIELD_NUMBER: _ClassVar[int]
    SPACE_TO_RESERVE_FIELD_NUMBER: _ClassVar[int]
    type: RequestType
    id: int
    offset: int
    tier: int
    flush: bool
    create_ufs_file_options: _dataserver_protocol_pb2.CreateUfsFileOptions
    create_ufs_block_options: _dataserver_protocol_pb2.CreateUfsBlockOptions
    medium_type: str
    pin_on_create: bool
    space_to_reserve: int
    def __init__(self, type: _Optional[_Union[RequestType, str]] = ..., id: _Optional[int] = ..., offset: _Optional[int] = ..., tier: _Optional[int] = ..., flush: _Optional[bool] = ..., create_ufs_file_options: _Optional[_Union[_dataserver_protocol_pb2.CreateUfsFileOptions, _Mapping]] = ..., create_ufs_block_options: _Optional[_Union[_dataserver_protocol_pb2.CreateUfsBlockOptions, _Mapping]] = ..., medium_type: _Optional[str] = ..., pin_on_create: _Optional[bool] = ..., space_to_reserve: _Optional[int] = ...) -> None: ...

class WriteRequest(_message.Message):
    __slots__ = ("command", "chunk")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    command: WriteRequestCommand
    chunk: Chunk
    def __init__(self, command: _Optional[_Union[WriteRequestCommand, _Mapping]] = ..., chunk: _Optional[_Union[Chunk, _Mapping]] = ...) -> None: ...

class WriteResponse(_message.Message):
    __slots__ = ("offset", "contentHash")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CONTENTHASH_FIELD_NUMBER: _ClassVar[int]
    offset: int
    contentHash: str
    def __init__(self, offset: _Optional[int] = ..., contentHash: _Optional[str] = ...) -> None: ...

class AsyncCacheRequest(_message.Message):
    __slots__ = ("block_id", "source_host", "source_port", "open_ufs_block_options", "length")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HOST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    OPEN_UFS_BLOCK_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    source_host: str
    source_port: int
    open_ufs_block_options: _dataserver_protocol_pb2.OpenUfsBlockOptions
    length: int
    def __init__(self, block_id: _Optional[int] = ..., source_host: _Optional[str] = ..., source_port: _Optional[int] = ..., open_ufs_block_options: _Optional[_Union[_dataserver_protocol_pb2.OpenUfsBlockOptions, _Mapping]] = ..., length: _Optional[int] = ...) -> None: ...

class CacheRequest(_message.Message):
    __slots__ = ("block_id", "source_host", "source_port", "open_ufs_block_options", "length")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HOST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    OPEN_UFS_BLOCK_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    ASYNC_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    source_host: str
    source_port: int
    open_ufs_block_options: _dataserver_protocol_pb2.OpenUfsBlockOptions
    length: int
    def __init__(self, block_id: _Optional[int] = ..., source_host: _Optional[str] = ..., source_port: _Optional[int] = ..., open_ufs_block_options: _Optional[_Union[_dataserver_protocol_pb2.OpenUfsBlockOptions, _Mapping]] = ..., length: _Optional[int] = ..., **kwargs) -> None: ...

class LoadRequest(_message.Message):
    __slots__ = ("blocks", "options")
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[Block]
    options: UfsReadOptions
    def __init__(self, blocks: _Optional[_Iterable[_Union[Block, _Mapping]]] = ..., options: _Optional[_Union[UfsReadOptions, _Mapping]] = ...) -> None: ...

class UfsReadOptions(_message.Message):
    __slots__ = ("tag", "position_short", "bandwidth", "user")
    TAG_FIELD_NUMBER: _ClassVar[int]
    POSITION_SHORT_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    tag: str
    position_short: bool
    bandwidth: int
    user: str
    def __init__(self, tag: _Optional[str] = ..., position_short: _Optional[bool] = ..., bandwidth: _Optional[int] = ..., user: _Optional[str] = ...) -> None: ...

class Block(_message.Message):
    __slots__ = ("block_id", "length", "ufs_path", "offset_in_file", "mountId")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    UFS_PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_IN_FILE_FIELD_NUMBER: _ClassVar[int]
    MOUNTID_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    length: int
    ufs_path: str
    offset_in_file: int
    mountId: int
    def __init__(self, block_id: _Optional[int] = ..., length: _Optional[int] = ..., ufs_path: _Optional[str] = ..., offset_in_file: _Optional[int] = ..., mountId: _Optional[int] = ...) -> None: ...

class LoadResponse(_message.Message):
    __slots__ = ("status", "block_status")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_STATUS_FIELD_NUMBER: _ClassVar[int]
    status: TaskStatus
    block_status: _containers.RepeatedCompositeFieldContainer[BlockStatus]
    def __init__(self, status: _Optional[_Union[TaskStatus, str]] = ..., block_status: _Optional[_Iterable[_Union[BlockStatus, _Mapping]]] = ...) -> None: ...

class FreeWorkerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FreeWorkerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BlockStatus(_message.Message):
    __slots__ = ("block", "code", "message", "retryable")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    block: Block
    code: int
    message: str
    retryable: bool
    def __init__(self, block: _Optional[_Union[Block, _Mapping]] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class AsyncCacheResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CacheResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OpenLocalBlockRequest(_message.Message):
    __slots__ = ("block_id", "promote")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    PROMOTE_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    promote: bool
    def __init__(self, block_id: _Optional[int] = ..., promote: _Optional[bool] = ...) -> None: ...

class OpenLocalBlockResponse(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class CreateLocalBlockRequest(_message.Message):
    __slots__ = ("block_id", "tier", "space_to_reserve", "only_reserve_space", "cleanup_on_failure", "medium_type", "pin_on_create")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    SPACE_TO_RESERVE_FIELD_NUMBER: _ClassVar[int]
    ONLY_RESERVE_SPACE_FIELD_NUMBER: _ClassVar[int]
    CLEANUP_ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    PIN_ON_CREATE_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    tier: int
    space_to_reserve: int
    only_reserve_space: bool
    cleanup_on_failure: bool
    medium_type: str
    pin_on_create: bool
    def __init__(self, block_id: _Optional[int] = ..., tier: _Optional[int] = ..., space_to_reserve: _Optional[int] = ..., only_reserve_space: _Optional[bool] = ..., cleanup_on_failure: _Optional[bool] = ..., medium_type: _Optional[str] = ..., pin_on_create: _Optional[bool] = ...) -> None: ...

class CreateLocalBlockResponse(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class RemoveBlockRequest(_message.Message):
    __slots__ = ("block_id",)
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    def __init__(self, block_id: _Optional[int] = ...) -> None: ...

class RemoveBlockResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MoveBlockRequest(_message.Message):
    __slots__ = ("block_id", "medium_type")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_TYPE_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    medium_type: str
    def __init__(self, block_id: _Optional[int] = ..., medium_type: _Optional[str] = ...) -> None: ...

class MoveBlockResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ClearMetricsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ClearMetricsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
