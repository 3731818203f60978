from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AclAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    READ: _ClassVar[AclAction]
    WRITE: _ClassVar[AclAction]
    EXECUTE: _ClassVar[AclAction]

class AclEntryType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OWNER: _ClassVar[AclEntryType]
    NAMED_USER: _ClassVar[AclEntryType]
    OWNING_GROUP: _ClassVar[AclEntryType]
    NAMED_GROUP: _ClassVar[AclEntryType]
    MASK: _ClassVar[AclEntryType]
    OTHER: _ClassVar[AclEntryType]
READ: AclAction
WRITE: AclAction
EXECUTE: AclAction
OWNER: AclEntryType
NAMED_USER: AclEntryType
OWNING_GROUP: AclEntryType
NAMED_GROUP: AclEntryType
MASK: AclEntryType
OTHER: AclEntryType

class AclActions(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedScalarFieldContainer[AclAction]
    def __init__(self, actions: _Optional[_Iterable[_Union[AclAction, str]]] = ...) -> None: ...

class AclEntry(_message.Message):
    __slots__ = ("type", "subject", "actions", "isDefault")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    ISDEFAULT_FIELD_NUMBER: _ClassVar[int]
    type: AclEntryType
    subject: str
    actions: _containers.RepeatedScalarFieldContainer[AclAction]
    isDefault: bool
    def __init__(self, type: _Optional[_Union[AclEntryType, str]] = ..., subject: _Optional[str] = ..., actions: _Optional[_Iterable[_Union[AclAction, str]]] = ..., isDefault: _Optional[bool] = ...) -> None: ...

class NamedAclActions(_message.Message):
    __slots__ = ("name", "actions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    actions: AclActions
    def __init__(self, name: _Optional[str] = ..., actions: _Optional[_Union[AclActions, _Mapping]] = ...) -> None: ...

class AccessControlList(_message.Message):
    __slots__ = ("owningUser", "owningGroup", "userActions", "groupActions", "maskActions", "otherActions", "isDefault", "isEmpty")
    OWNINGUSER_FIELD_NUMBER: _ClassVar[int]
    OWNINGGROUP_FIELD_NUMBER: _ClassVar[int]
    USERACTIONS_FIELD_NUMBER: _ClassVar[int]
    GROUPACTIONS_FIELD_NUMBER: _ClassVar[int]
    MASKACTIONS_FIELD_NUMBER: _ClassVar[int]
    OTHERACTIONS_FIELD_NUMBER: _ClassVar[int]
    ISDEFAULT_FIELD_NUMBER: _ClassVar[int]
    ISEMPTY_FIELD_NUMBER: _ClassVar[int]
    owningUser: str
    owningGroup: str
    userActions: _containers.RepeatedCompositeFieldContainer[NamedAclActions]
    groupActions: _containers.RepeatedCompositeFieldContainer[NamedAclActions]
    maskActions: AclActions
    otherActions: AclActions
    isDefault: bool
    isEmpty: bool
    def __init__(self, owningUser: _Optional[str] = ..., owningGroup: _Optional[str] = ..., userActions: _Optional[_Iterable[_Union[NamedAclActions, _Mapping]]] = ..., groupActions: _Optional[_Iterable[_Union[NamedAclActions, _Mapping]]] = ..., maskActions: _Optional[_Union[AclActions, _Mapping]] = ..., otherActions: _Optional[_Union[AclActions, _Mapping]] = ..., isDefault: _Optional[bool] = ..., isEmpty: _Optional[bool] = ...) -> None: ...
