from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PJobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREATED: _ClassVar[PJobState]
    STOPPED: _ClassVar[PJobState]
    SUCCEEDED: _ClassVar[PJobState]
    FAILED: _ClassVar[PJobState]
CREATED: PJobState
STOPPED: PJobState
SUCCEEDED: PJobState
FAILED: PJobState

class LoadJobEntry(_message.Message):
    __slots__ = ("load_path", "state", "bandwidth", "verify", "user", "partialListing", "job_id", "end_time")
    LOAD_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PARTIALLISTING_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    load_path: str
    state: PJobState
    bandwidth: int
    verify: bool
    user: str
    partialListing: bool
    job_id: str
    end_time: int
    def __init__(self, load_path: _Optional[str] = ..., state: _Optional[_Union[PJobState, str]] = ..., bandwidth: _Optional[int] = ..., verify: _Optional[bool] = ..., user: _Optional[str] = ..., partialListing: _Optional[bool] = ..., job_id: _Optional[str] = ..., end_time: _Optional[int] = ...) -> None: ...

class CopyJobEntry(_message.Message):
    __slots__ = ("src", "dst", "state", "bandwidth", "verify", "user", "partialListing", "job_id", "end_time", "overwrite")
    SRC_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PARTIALLISTING_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    src: str
    dst: str
    state: PJobState
    bandwidth: int
    verify: bool
    user: str
    partialListing: bool
    job_id: str
    end_time: int
    overwrite: int
    def __init__(self, src: _Optional[str] = ..., dst: _Optional[str] = ..., state: _Optional[_Union[PJobState, str]] = ..., bandwidth: _Optional[int] = ..., verify: _Optional[bool] = ..., user: _Optional[str] = ..., partialListing: _Optional[bool] = ..., job_id: _Optional[str] = ..., end_time: _Optional[int] = ..., overwrite: _Optional[int] = ...) -> None: ...
