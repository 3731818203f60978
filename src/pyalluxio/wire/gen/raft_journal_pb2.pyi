from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JournalQueryRequest(_message.Message):
    __slots__ = ("snapshotInfoRequest", "snapshotRequest", "addQuorumServerRequest")
    SNAPSHOTINFOREQUEST_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOTREQUEST_FIELD_NUMBER: _ClassVar[int]
    ADDQUORUMSERVERREQUEST_FIELD_NUMBER: _ClassVar[int]
    snapshotInfoRequest: GetSnapshotInfoRequest
    snapshotRequest: GetSnapshotRequest
    addQuorumServerRequest: AddQuorumServerRequest
    def __init__(self, snapshotInfoRequest: _Optional[_Union[GetSnapshotInfoRequest, _Mapping]] = ..., snapshotRequest: _Optional[_Union[GetSnapshotRequest, _Mapping]] = ..., addQuorumServerRequest: _Optional[_Union[AddQuorumServerRequest, _Mapping]] = ...) -> None: ...

class JournalQueryResponse(_message.Message):
    __slots__ = ("snapshotInfoResponse",)
    SNAPSHOTINFORESPONSE_FIELD_NUMBER: _ClassVar[int]
    snapshotInfoResponse: GetSnapshotInfoResponse
    def __init__(self, snapshotInfoResponse: _Optional[_Union[GetSnapshotInfoResponse, _Mapping]] = ...) -> None: ...

class AddQuorumServerRequest(_message.Message):
    __slots__ = ("serverAddress",)
    SERVERADDRESS_FIELD_NUMBER: _ClassVar[int]
    serverAddress: _common_pb2.NetAddress
    def __init__(self, serverAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ...) -> None: ...

class GetSnapshotInfoRequest(_message.Message):
    __slots__ = ("snapshotInfo",)
    SNAPSHOTINFO_FIELD_NUMBER: _ClassVar[int]
    snapshotInfo: SnapshotMetadata
    def __init__(self, snapshotInfo: _Optional[_Union[SnapshotMetadata, _Mapping]] = ...) -> None: ...

class GetSnapshotInfoResponse(_message.Message):
    __slots__ = ("latest",)
    LATEST_FIELD_NUMBER: _ClassVar[int]
    latest: SnapshotMetadata
    def __init__(self, latest: _Optional[_Union[SnapshotMetadata, _Mapping]] = ...) -> None: ...

class GetSnapshotRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SnapshotMetadata(_message.Message):
    __slots__ = ("snapshotTerm", "snapshotIndex", "exists", "format", "sizeBytes", "appliedIndex", "leads", "isBeingTaken", "offset")
    SNAPSHOTTERM_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOTINDEX_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZEBYTES_FIELD_NUMBER: _ClassVar[int]
    APPLIEDINDEX_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    ISBEINGTAKEN_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    snapshotTerm: int
    snapshotIndex: int
    exists: bool
    format: int
    sizeBytes: int
    appliedIndex: int
    leads: bool
    isBeingTaken: bool
    offset: int
    def __init__(self, snapshotTerm: _Optional[int] = ..., snapshotIndex: _Optional[int] = ..., exists: _Optional[bool] = ..., format: _Optional[int] = ..., sizeBytes: _Optional[int] = ..., appliedIndex: _Optional[int] = ..., leads: _Optional[bool] = ..., isBeingTaken: _Optional[bool] = ..., offset: _Optional[int] = ...) -> None: ...

class SnapshotData(_message.Message):
    __slots__ = ("snapshotTerm", "snapshotIndex", "chunk", "offset", "eof", "description", "crc32c")
    SNAPSHOTTERM_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOTINDEX_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    EOF_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    snapshotTerm: int
    snapshotIndex: int
    chunk: bytes
    offset: int
    eof: bool
    description: bytes
    crc32c: int
    def __init__(self, snapshotTerm: _Optional[int] = ..., snapshotIndex: _Optional[int] = ..., chunk: _Optional[bytes] = ..., offset: _Optional[int] = ..., eof: _Optional[bool] = ..., description: _Optional[bytes] = ..., crc32c: _Optional[int] = ...) -> None: ...

class UploadSnapshotPRequest(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: SnapshotData
    def __init__(self, data: _Optional[_Union[SnapshotData, _Mapping]] = ...) -> None: ...

class UploadSnapshotPResponse(_message.Message):
    __slots__ = ("offsetReceived",)
    OFFSETRECEIVED_FIELD_NUMBER: _ClassVar[int]
    offsetReceived: int
    def __init__(self, offsetReceived: _Optional[int] = ...) -> None: ...

class DownloadSnapshotPRequest(_message.Message):
    __slots__ = ("offsetReceived",)
    OFFSETRECEIVED_FIELD_NUMBER: _ClassVar[int]
    offsetReceived: int
    def __init__(self, offsetReceived: _Optional[int] = ...) -> None: ...

class DownloadSnapshotPResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: SnapshotData
    def __init__(self, data: _Optional[_Union[SnapshotData, _Mapping]] = ...) -> None: ...

class LatestSnapshotInfoPRequest(_message.Message):
    __slots__ = ("format", "takeUpTo")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    TAKEUPTO_FIELD_NUMBER: _ClassVar[int]
    format: int
    takeUpTo: int
    def __init__(self, format: _Optional[int] = ..., takeUpTo: _Optional[int] = ...) -> None: ...
