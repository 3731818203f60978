from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QuorumServerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AVAILABLE: _ClassVar[QuorumServerState]
    UNAVAILABLE: _ClassVar[QuorumServerState]

class JournalDomain(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MASTER: _ClassVar[JournalDomain]
    JOB_MASTER: _ClassVar[JournalDomain]

class NodeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STANDBY: _ClassVar[NodeState]
    PRIMARY: _ClassVar[NodeState]
AVAILABLE: QuorumServerState
UNAVAILABLE: QuorumServerState
MASTER: JournalDomain
JOB_MASTER: JournalDomain
STANDBY: NodeState
PRIMARY: NodeState

class QuorumServerInfo(_message.Message):
    __slots__ = ("serverAddress", "serverState", "isLeader", "priority", "matchIndex", "lagEntries", "lastContactMs", "votes", "isRecovering")
    SERVERADDRESS_FIELD_NUMBER: _ClassVar[int]
    SERVERSTATE_FIELD_NUMBER: _ClassVar[int]
    ISLEADER_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    MATCHINDEX_FIELD_NUMBER: _ClassVar[int]
    LAGENTRIES_FIELD_NUMBER: _ClassVar[int]
    LASTCONTACTMS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    ISRECOVERING_FIELD_NUMBER: _ClassVar[int]
    serverAddress: _common_pb2.NetAddress
    serverState: QuorumServerState
    isLeader: bool
    priority: int
    matchIndex: int
    lagEntries: int
    lastContactMs: int
    votes: bool
    isRecovering: bool
    def __init__(self, serverAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., serverState: _Optional[_Union[QuorumServerState, str]] = ..., isLeader: _Optional[bool] = ..., priority: _Optional[int] = ..., matchIndex: _Optional[int] = ..., lagEntries: _Optional[int] = ..., lastContactMs: _Optional[int] = ..., votes: _Optional[bool] = ..., isRecovering: _Optional[bool] = ...) -> None: ...

class GetQuorumInfoPOptions(_message.Message):
    __slots__ = ("anyMember",)
    ANYMEMBER_FIELD_NUMBER: _ClassVar[int]
    anyMember: bool
    def __init__(self, anyMember: _Optional[bool] = ...) -> None: ...

class GetQuorumInfoPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetQuorumInfoPOptions
    def __init__(self, options: _Optional[_Union[GetQuorumInfoPOptions, _Mapping]] = ...) -> None: ...

class GetQuorumInfoPResponse(_message.Message):
    __slots__ = ("domain", "serverInfo", "term", "answeredBy", "isServing", "noLeaderReason", "leaderSinceMs", "lastIndex")
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    SERVERINFO_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    ANSWEREDBY_FIELD_NUMBER: _ClassVar[int]
    ISSERVING_FIELD_NUMBER: _ClassVar[int]
    NOLEADERREASON_FIELD_NUMBER: _ClassVar[int]
    LEADERSINCEMS_FIELD_NUMBER: _ClassVar[int]
    LASTINDEX_FIELD_NUMBER: _ClassVar[int]
    domain: JournalDomain
    serverInfo: _containers.RepeatedCompositeFieldContainer[QuorumServerInfo]
    term: int
    answeredBy: str
    isServing: bool
    noLeaderReason: str
    leaderSinceMs: int
    lastIndex: int
    def __init__(self, domain: _Optional[_Union[JournalDomain, str]] = ..., serverInfo: _Optional[_Iterable[_Union[QuorumServerInfo, _Mapping]]] = ..., term: _Optional[int] = ..., answeredBy: _Optional[str] = ..., isServing: _Optional[bool] = ..., noLeaderReason: _Optional[str] = ..., leaderSinceMs: _Optional[int] = ..., lastIndex: _Optional[int] = ...) -> None: ...

class RemoveQuorumServerPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RemoveQuorumServerPRequest(_message.Message):
    __slots__ = ("options", "serverAddress")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SERVERADDRESS_FIELD_NUMBER: _ClassVar[int]
    options: RemoveQuorumServerPOptions
    serverAddress: _common_pb2.NetAddress
    def __init__(self, options: _Optional[_Union[RemoveQuorumServerPOptions, _Mapping]] = ..., serverAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ...) -> None: ...

class RemoveQuorumServerPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransferLeadershipPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransferLeadershipPRequest(_message.Message):
    __slots__ = ("options", "serverAddress")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SERVERADDRESS_FIELD_NUMBER: _ClassVar[int]
    options: TransferLeadershipPOptions
    serverAddress: _common_pb2.NetAddress
    def __init__(self, options: _Optional[_Union[TransferLeadershipPOptions, _Mapping]] = ..., serverAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ...) -> None: ...

class TransferLeadershipPResponse(_message.Message):
    __slots__ = ("transferId",)
    TRANSFERID_FIELD_NUMBER: _ClassVar[int]
    transferId: str
    def __init__(self, transferId: _Optional[str] = ...) -> None: ...

class ResetPrioritiesPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResetPrioritiesPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: ResetPrioritiesPOptions
    def __init__(self, options: _Optional[_Union[ResetPrioritiesPOptions, _Mapping]] = ...) -> None: ...

class ResetPrioritiesPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransferLeaderMessage(_message.Message):
    __slots__ = ("msg",)
    MSG_FIELD_NUMBER: _ClassVar[int]
    msg: str
    def __init__(self, msg: _Optional[str] = ...) -> None: ...

class GetTransferLeaderMessageOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetTransferLeaderMessagePRequest(_message.Message):
    __slots__ = ("transferId",)
    TRANSFERID_FIELD_NUMBER: _ClassVar[int]
    transferId: str
    def __init__(self, transferId: _Optional[str] = ...) -> None: ...

class GetTransferLeaderMessagePResponse(_message.Message):
    __slots__ = ("transMsg",)
    TRANSMSG_FIELD_NUMBER: _ClassVar[int]
    transMsg: TransferLeaderMessage
    def __init__(self, transMsg: _Optional[_Union[TransferLeaderMessage, _Mapping]] = ...) -> None: ...

class GetNodeStatePRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNodeStatePResponse(_message.Message):
    __slots__ = ("node_state",)
    NODE_STATE_FIELD_NUMBER: _ClassVar[int]
    node_state: NodeState
    def __init__(self, node_state: _Optional[_Union[NodeState, str]] = ...) -> None: ...
