from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class BlockMeta(_message.Message):
    __slots__ = ("length",)
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    length: int
    def __init__(self, length: _Optional[int] = ...) -> None: ...

class BlockLocation(_message.Message):
    __slots__ = ("worker_id", "tier", "mediumType")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    MEDIUMTYPE_FIELD_NUMBER: _ClassVar[int]
    worker_id: int
    tier: str
    mediumType: str
    def __init__(self, worker_id: _Optional[int] = ..., tier: _Optional[str] = ..., mediumType: _Optional[str] = ...) -> None: ...
