from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Bits(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NONE: _ClassVar[Bits]
    EXECUTE: _ClassVar[Bits]
    WRITE: _ClassVar[Bits]
    WRITE_EXECUTE: _ClassVar[Bits]
    READ: _ClassVar[Bits]
    READ_EXECUTE: _ClassVar[Bits]
    READ_WRITE: _ClassVar[Bits]
    ALL: _ClassVar[Bits]

class MetricType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GAUGE: _ClassVar[MetricType]
    COUNTER: _ClassVar[MetricType]
    METER: _ClassVar[MetricType]
    HISTOGRAM: _ClassVar[MetricType]
    TIMER: _ClassVar[MetricType]
    EXECUTOR_SERVICE: _ClassVar[MetricType]

class CommandType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Unknown: _ClassVar[CommandType]
    Nothing: _ClassVar[CommandType]
    Register: _ClassVar[CommandType]
    Free: _ClassVar[CommandType]
    Delete: _ClassVar[CommandType]
    Persist: _ClassVar[CommandType]
    Decommissioned: _ClassVar[CommandType]
    Disabled: _ClassVar[CommandType]

class TtlAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELETE: _ClassVar[TtlAction]
    FREE: _ClassVar[TtlAction]
    DELETE_ALLUXIO: _ClassVar[TtlAction]

class ErrorType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    User: _ClassVar[ErrorType]
    Internal: _ClassVar[ErrorType]
    External: _ClassVar[ErrorType]
NONE: Bits
EXECUTE: Bits
WRITE: Bits
WRITE_EXECUTE: Bits
READ: Bits
READ_EXECUTE: Bits
READ_WRITE: Bits
ALL: Bits
GAUGE: MetricType
COUNTER: MetricType
METER: MetricType
HISTOGRAM: MetricType
TIMER: MetricType
EXECUTOR_SERVICE: MetricType
Unknown: CommandType
Nothing: CommandType
Register: CommandType
Free: CommandType
Delete: CommandType
Persist: CommandType
Decommissioned: CommandType
Disabled: CommandType
DELETE: TtlAction
FREE: TtlAction
DELETE_ALLUXIO: TtlAction
User: ErrorType
Internal: ErrorType
External: ErrorType

class PMode(_message.Message):
    __slots__ = ("ownerBits", "groupBits", "otherBits")
    OWNERBITS_FIELD_NUMBER: _ClassVar[int]
    GROUPBITS_FIELD_NUMBER: _ClassVar[int]
    OTHERBITS_FIELD_NUMBER: _ClassVar[int]
    ownerBits: Bits
    groupBits: Bits
    otherBits: Bits
    def __init__(self, ownerBits: _Optional[_Union[Bits, str]] = ..., groupBits: _Optional[_Union[Bits, str]] = ..., otherBits: _Optional[_Union[Bits, str]] = ...) -> None: ...

class BlockInfo(_message.Message):
    __slots__ = ("blockId", "length", "locations")
    BLOCKID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    blockId: int
    length: int
    locations: _containers.RepeatedCompositeFieldContainer[BlockLocation]
    def __init__(self, blockId: _Optional[int] = ..., length: _Optional[int] = ..., locations: _Optional[_Iterable[_Union[BlockLocation, _Mapping]]] = ...) -> None: ...

class BlockLocation(_message.Message):
    __slots__ = ("workerId", "workerAddress", "tierAlias", "mediumType")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    WORKERADDRESS_FIELD_NUMBER: _ClassVar[int]
    TIERALIAS_FIELD_NUMBER: _ClassVar[int]
    MEDIUMTYPE_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    workerAddress: WorkerNetAddress
    tierAlias: str
    mediumType: str
    def __init__(self, workerId: _Optional[int] = ..., workerAddress: _Optional[_Union[WorkerNetAddress, _Mapping]] = ..., tierAlias: _Optional[str] = ..., mediumType: _Optional[str] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("instance", "source", "name", "value", "metricType", "tags")
    class TagsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    METRICTYPE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    source: str
    name: str
    value: float
    metricType: MetricType
    tags: _containers.ScalarMap[str, str]
    def __init__(self, instance: _Optional[str] = ..., source: _Optional[str] = ..., name: _Optional[str] = ..., value: _Optional[float] = ..., metricType: _Optional[_Union[MetricType, str]] = ..., tags: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ConfigProperty(_message.Message):
    __slots__ = ("name", "source", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    source: str
    value: str
    def __init__(self, name: _Optional[str] = ..., source: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("commandType", "data")
    COMMANDTYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    commandType: CommandType
    data: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, commandType: _Optional[_Union[CommandType, str]] = ..., data: _Optional[_Iterable[int]] = ...) -> None: ...

class LocalityTier(_message.Message):
    __slots__ = ("tierName", "value")
    TIERNAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    tierName: str
    value: str
    def __init__(self, tierName: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class TieredIdentity(_message.Message):
    __slots__ = ("tiers",)
    TIERS_FIELD_NUMBER: _ClassVar[int]
    tiers: _containers.RepeatedCompositeFieldContainer[LocalityTier]
    def __init__(self, tiers: _Optional[_Iterable[_Union[LocalityTier, _Mapping]]] = ...) -> None: ...

class NetAddress(_message.Message):
    __slots__ = ("host", "rpcPort")
    HOST_FIELD_NUMBER: _ClassVar[int]
    RPCPORT_FIELD_NUMBER: _ClassVar[int]
    host: str
    rpcPort: int
    def __init__(self, host: _Optional[str] = ..., rpcPort: _Optional[int] = ...) -> None: ...

class WorkerNetAddress(_message.Message):
    __slots__ = ("host", "rpcPort", "dataPort", "webPort", "domainSocketPath", "tieredIdentity", "containerHost")
    HOST_FIELD_NUMBER: _ClassVar[int]
    RPCPORT_FIELD_NUMBER: _ClassVar[int]
    DATAPORT_FIELD_NUMBER: _ClassVar[int]
    WEBPORT_FIELD_NUMBER: _ClassVar[int]
    DOMAINSOCKETPATH_FIELD_NUMBER: _ClassVar[int]
    TIEREDIDENTITY_FIELD_NUMBER: _ClassVar[int]
    CONTAINERHOST_FIELD_NUMBER: _ClassVar[int]
    host: str
    rpcPort: int
    dataPort: int
    webPort: int
    domainSocketPath: str
    tieredIdentity: TieredIdentity
    containerHost: str
    def __init__(self, host: _Optional[str] = ..., rpcPort: _Optional[int] = ..., dataPort: _Optional[int] = ..., webPort: _Optional[int] = ..., domainSocketPath: _Optional[str] = ..., tieredIdentity: _Optional[_Union[TieredIdentity, _Mapping]] = ..., containerHost: _Optional[str] = ...) -> None: ...

class BlockStoreLocationProto(_message.Message):
    __slots__ = ("tierAlias", "mediumType")
    TIERALIAS_FIELD_NUMBER: _ClassVar[int]
    MEDIUMTYPE_FIELD_NUMBER: _ClassVar[int]
    tierAlias: str
    mediumType: str
    def __init__(self, tierAlias: _Optional[str] = ..., mediumType: _Optional[str] = ...) -> None: ...

class RetryInfo(_message.Message):
    __slots__ = ("isRetryable",)
    ISRETRYABLE_FIELD_NUMBER: _ClassVar[int]
    isRetryable: bool
    def __init__(self, isRetryable: _Optional[bool] = ...) -> None: ...

class ErrorInfo(_message.Message):
    __slots__ = ("errorType",)
    ERRORTYPE_FIELD_NUMBER: _ClassVar[int]
    errorType: ErrorType
    def __init__(self, errorType: _Optional[_Union[ErrorType, str]] = ...) -> None: ...

class BuildVersion(_message.Message):
    __slots__ = ("version", "revision")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    version: str
    revision: str
    def __init__(self, version: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...
