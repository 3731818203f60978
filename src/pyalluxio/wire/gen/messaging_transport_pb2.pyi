from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessagingRequestHeader(_message.Message):
    __slots__ = ("requestId",)
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    def __init__(self, requestId: _Optional[int] = ...) -> None: ...

class MessagingResponseHeader(_message.Message):
    __slots__ = ("requestId", "isThrowable")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    ISTHROWABLE_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    isThrowable: bool
    def __init__(self, requestId: _Optional[int] = ..., isThrowable: _Optional[bool] = ...) -> None: ...

class TransportMessage(_message.Message):
    __slots__ = ("requestHeader", "responseHeader", "message")
    REQUESTHEADER_FIELD_NUMBER: _ClassVar[int]
    RESPONSEHEADER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    requestHeader: MessagingRequestHeader
    responseHeader: MessagingResponseHeader
    message: bytes
    def __init__(self, requestHeader: _Optional[_Union[MessagingRequestHeader, _Mapping]] = ..., responseHeader: _Optional[_Union[MessagingResponseHeader, _Mapping]] = ..., message: _Optional[bytes] = ...) -> None: ...
