from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PPageStoreCommonOptions(_message.Message):
    __slots__ = ("pageSize", "cacheSize", "alluxioVersion")
    PAGESIZE_FIELD_NUMBER: _ClassVar[int]
    CACHESIZE_FIELD_NUMBER: _ClassVar[int]
    ALLUXIOVERSION_FIELD_NUMBER: _ClassVar[int]
    pageSize: int
    cacheSize: int
    alluxioVersion: str
    def __init__(self, pageSize: _Optional[int] = ..., cacheSize: _Optional[int] = ..., alluxioVersion: _Optional[str] = ...) -> None: ...

class PRocksPageStoreOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: PPageStoreCommonOptions
    def __init__(self, commonOptions: _Optional[_Union[PPageStoreCommonOptions, _Mapping]] = ...) -> None: ...
