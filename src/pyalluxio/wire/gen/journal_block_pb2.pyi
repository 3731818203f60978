from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BlockContainerIdGeneratorEntry(_message.Message):
    __slots__ = ("next_container_id",)
    NEXT_CONTAINER_ID_FIELD_NUMBER: _ClassVar[int]
    next_container_id: int
    def __init__(self, next_container_id: _Optional[int] = ...) -> None: ...

class BlockInfoEntry(_message.Message):
    __slots__ = ("block_id", "length", "block_location")
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    BLOCK_LOCATION_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    length: int
    block_location: _common_pb2.BlockLocation
    def __init__(self, block_id: _Optional[int] = ..., length: _Optional[int] = ..., block_location: _Optional[_Union[_common_pb2.BlockLocation, _Mapping]] = ...) -> None: ...

class DeleteBlockEntry(_message.Message):
    __slots__ = ("block_id",)
    BLOCK_ID_FIELD_NUMBER: _ClassVar[int]
    block_id: int
    def __init__(self, block_id: _Optional[int] = ...) -> None: ...
