from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class LoadDescendantPType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NONE: _ClassVar[LoadDescendantPType]
    ONE: _ClassVar[LoadDescendantPType]
    ALL: _ClassVar[LoadDescendantPType]

class DirectoryLoadPType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SINGLE_LISTING: _ClassVar[DirectoryLoadPType]
    BFS: _ClassVar[DirectoryLoadPType]
    DFS: _ClassVar[DirectoryLoadPType]
NONE: LoadDescendantPType
ONE: LoadDescendantPType
ALL: LoadDescendantPType
SINGLE_LISTING: DirectoryLoadPType
BFS: DirectoryLoadPType
DFS: DirectoryLoadPType
