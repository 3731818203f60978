from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class PStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OK: _ClassVar[PStatus]
    CANCELED: _ClassVar[PStatus]
    UNKNOWN: _ClassVar[PStatus]
    INVALID_ARGUMENT: _ClassVar[PStatus]
    DEADLINE_EXCEEDED: _ClassVar[PStatus]
    NOT_FOUND: _ClassVar[PStatus]
    ALREADY_EXISTS: _ClassVar[PStatus]
    PERMISSION_DENIED: _ClassVar[PStatus]
    UNAUTHENTICATED: _ClassVar[PStatus]
    RESOURCE_EXHAUSTED: _ClassVar[PStatus]
    FAILED_PRECONDITION: _ClassVar[PStatus]
    ABORTED: _ClassVar[PStatus]
    OUT_OF_RANGE: _ClassVar[PStatus]
    UNIMPLEMENTED: _ClassVar[PStatus]
    INTERNAL: _ClassVar[PStatus]
    UNAVAILABLE: _ClassVar[PStatus]
    DATA_LOSS: _ClassVar[PStatus]
OK: PStatus
CANCELED: PStatus
UNKNOWN: PStatus
INVALID_ARGUMENT: PStatus
DEADLINE_EXCEEDED: PStatus
NOT_FOUND: PStatus
ALREADY_EXISTS: PStatus
PERMISSION_DENIED: PStatus
UNAUTHENTICATED: PStatus
RESOURCE_EXHAUSTED: PStatus
FAILED_PRECONDITION: PStatus
ABORTED: PStatus
OUT_OF_RANGE: PStatus
UNIMPLEMENTED: PStatus
INTERNAL: PStatus
UNAVAILABLE: PStatus
DATA_LOSS: PStatus
