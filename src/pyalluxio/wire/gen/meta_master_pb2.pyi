from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConfigStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PASSED: _ClassVar[ConfigStatus]
    WARN: _ClassVar[ConfigStatus]
    FAILED: _ClassVar[ConfigStatus]

class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MASTER: _ClassVar[Scope]
    WORKER: _ClassVar[Scope]
    CLIENT: _ClassVar[Scope]
    SERVER: _ClassVar[Scope]
    ALL: _ClassVar[Scope]
    NONE: _ClassVar[Scope]

class MasterInfoField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEADER_MASTER_ADDRESS: _ClassVar[MasterInfoField]
    MASTER_ADDRESSES: _ClassVar[MasterInfoField]
    RPC_PORT: _ClassVar[MasterInfoField]
    SAFE_MODE: _ClassVar[MasterInfoField]
    START_TIME_MS: _ClassVar[MasterInfoField]
    UP_TIME_MS: _ClassVar[MasterInfoField]
    VERSION: _ClassVar[MasterInfoField]
    WEB_PORT: _ClassVar[MasterInfoField]
    WORKER_ADDRESSES: _ClassVar[MasterInfoField]
    ZOOKEEPER_ADDRESSES: _ClassVar[MasterInfoField]
    CLUSTER_ID: _ClassVar[MasterInfoField]
    RAFT_JOURNAL: _ClassVar[MasterInfoField]
    RAFT_ADDRESSES: _ClassVar[MasterInfoField]
    MASTER_VERSION: _ClassVar[MasterInfoField]

class BackupState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Initiating: _ClassVar[BackupState]
    Transitioning: _ClassVar[BackupState]
    Running: _ClassVar[BackupState]
    Completed: _ClassVar[BackupState]
    Failed: _ClassVar[BackupState]

class MetaCommand(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MetaCommand_Unknown: _ClassVar[MetaCommand]
    MetaCommand_Nothing: _ClassVar[MetaCommand]
    MetaCommand_Register: _ClassVar[MetaCommand]
PASSED: ConfigStatus
WARN: ConfigStatus
FAILED: ConfigStatus
MASTER: Scope
WORKER: Scope
CLIENT: Scope
SERVER: Scope
ALL: Scope
NONE: Scope
LEADER_MASTER_ADDRESS: MasterInfoField
MASTER_ADDRESSES: MasterInfoField
RPC_PORT: MasterInfoField
SAFE_MODE: MasterInfoField
START_TIME_MS: MasterInfoField
UP_TIME_MS: MasterInfoField
VERSION: MasterInfoField
WEB_PORT: MasterInfoField
WORKER_ADDRESSES: MasterInfoField
ZOOKEEPER_ADDRESSES: MasterInfoField
CLUSTER_ID: MasterInfoField
RAFT_JOURNAL: MasterInfoField
RAFT_ADDRESSES: MasterInfoField
MASTER_VERSION: MasterInfoField
Initiating: BackupState
Transitioning: BackupState
Running: BackupState
Completed: BackupState
Failed: BackupState
MetaCommand_Unknown: MetaCommand
MetaCommand_Nothing: MetaCommand
MetaCommand_Register: MetaCommand

class ConfigProperties(_message.Message):
    __slots__ = ("properties",)
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    properties: _containers.RepeatedCompositeFieldContainer[_common_pb2.ConfigProperty]
    def __init__(self, properties: _Optional[_Iterable[_Union[_common_pb2.ConfigProperty, _Mapping]]] = ...) -> None: ...

class GetConfigurationPOptions(_message.Message):
    __slots__ = ("rawValue", "ignoreClusterConf", "ignorePathConf")
    RAWVALUE_FIELD_NUMBER: _ClassVar[int]
    IGNORECLUSTERCONF_FIELD_NUMBER: _ClassVar[int]
    IGNOREPATHCONF_FIELD_NUMBER: _ClassVar[int]
    rawValue: bool
    ignoreClusterConf: bool
    ignorePathConf: bool
    def __init__(self, rawValue: _Optional[bool] = ..., ignoreClusterConf: _Optional[bool] = ..., ignorePathConf: _Optional[bool] = ...) -> None: ...

class GetConfigurationPResponse(_message.Message):
    __slots__ = ("clusterConfigs", "pathConfigs", "clusterConfigHash", "pathConfigHash", "clusterConfigLastUpdateTime", "pathConfigLastUpdateTime")
    class PathConfigsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ConfigProperties
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ConfigProperties, _Mapping]] = ...) -> None: ...
    CLUSTERCONFIGS_FIELD_NUMBER: _ClassVar[int]
    PATHCONFIGS_FIELD_NUMBER: _ClassVar[int]
    CLUSTERCONFIGHASH_FIELD_NUMBER: _ClassVar[int]
    PATHCONFIGHASH_FIELD_NUMBER: _ClassVar[int]
    CLUSTERCONFIGLASTUPDATETIME_FIELD_NUMBER: _ClassVar[int]
    PATHCONFIGLASTUPDATETIME_FIELD_NUMBER: _ClassVar[int]
    clusterConfigs: _containers.RepeatedCompositeFieldContainer[_common_pb2.ConfigProperty]
    pathConfigs: _containers.MessageMap[str, ConfigProperties]
    clusterConfigHash: str
    pathConfigHash: str
    clusterConfigLastUpdateTime: int
    pathConfigLastUpdateTime: int
    def __init__(self, clusterConfigs: _Optional[_Iterable[_Union[_common_pb2.ConfigProperty, _Mapping]]] = ..., pathConfigs: _Optional[_Mapping[str, ConfigProperties]] = ..., clusterConfigHash: _Optional[str] = ..., pathConfigHash: _Optional[str] = ..., clusterConfigLastUpdateTime: _Optional[int] = ..., pathConfigLastUpdateTime: _Optional[int] = ...) -> None: ...

class InconsistentPropertyValues(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class InconsistentProperty(_message.Message):
    __slots__ = ("name", "values")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: InconsistentPropertyValues
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[InconsistentPropertyValues, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    values: _containers.MessageMap[str, InconsistentPropertyValues]
    def __init__(self, name: _Optional[str] = ..., values: _Optional[_Mapping[str, InconsistentPropertyValues]] = ...) -> None: ...

class InconsistentProperties(_message.Message):
    __slots__ = ("properties",)
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    properties: _containers.RepeatedCompositeFieldContainer[InconsistentProperty]
    def __init__(self, properties: _Optional[_Iterable[_Union[InconsistentProperty, _Mapping]]] = ...) -> None: ...

class ConfigCheckReport(_message.Message):
    __slots__ = ("errors", "warns", "status")
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: InconsistentProperties
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[InconsistentProperties, _Mapping]] = ...) -> None: ...
    class WarnsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: InconsistentProperties
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[InconsistentProperties, _Mapping]] = ...) -> None: ...
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    WARNS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    errors: _containers.MessageMap[str, InconsistentProperties]
    warns: _containers.MessageMap[str, InconsistentProperties]
    status: ConfigStatus
    def __init__(self, errors: _Optional[_Mapping[str, InconsistentProperties]] = ..., warns: _Optional[_Mapping[str, InconsistentProperties]] = ..., status: _Optional[_Union[ConfigStatus, str]] = ...) -> None: ...

class GetConfigReportPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetConfigReportPResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: ConfigCheckReport
    def __init__(self, report: _Optional[_Union[ConfigCheckReport, _Mapping]] = ...) -> None: ...

class MasterInfo(_message.Message):
    __slots__ = ("leaderMasterAddress", "masterAddresses", "rpcPort", "safeMode", "startTimeMs", "upTimeMs", "version", "webPort", "workerAddresses", "zookeeperAddresses", "clusterId", "raftJournal", "raftAddress", "masterVersions")
    LEADERMASTERADDRESS_FIELD_NUMBER: _ClassVar[int]
    MASTERADDRESSES_FIELD_NUMBER: _ClassVar[int]
    RPCPORT_FIELD_NUMBER: _ClassVar[int]
    SAFEMODE_FIELD_NUMBER: _ClassVar[int]
    STARTTIMEMS_FIELD_NUMBER: _ClassVar[int]
    UPTIMEMS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WEBPORT_FIELD_NUMBER: _ClassVar[int]
    WORKERADDRESSES_FIELD_NUMBER: _ClassVar[int]
    ZOOKEEPERADDRESSES_FIELD_NUMBER: _ClassVar[int]
    CLUSTERID_FIELD_NUMBER: _ClassVar[int]
    RAFTJOURNAL_FIELD_NUMBER: _ClassVar[int]
    RAFTADDRESS_FIELD_NUMBER: _ClassVar[int]
    MASTERVERSIONS_FIELD_NUMBER: _ClassVar[int]
    leaderMasterAddress: str
    masterAddresses: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetAddress]
    rpcPort: int
    safeMode: bool
    startTimeMs: int
    upTimeMs: int
    version: str
    webPort: int
    workerAddresses: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetAddress]
    zookeeperAddresses: _containers.RepeatedScalarFieldContainer[str]
    clusterId: str
    raftJournal: bool
    raftAddress: _containers.RepeatedScalarFieldContainer[str]
    masterVersions: _containers.RepeatedCompositeFieldContainer[MasterVersion]
    def __init__(self, leaderMasterAddress: _Optional[str] = ..., masterAddresses: _Optional[_Iterable[_Union[_common_pb2.NetAddress, _Mapping]]] = ..., rpcPort: _Optional[int] = ..., safeMode: _Optional[bool] = ..., startTimeMs: _Optional[int] = ..., upTimeMs: _Optional[int] = ..., version: _Optional[str] = ..., webPort: _Optional[int] = ..., workerAddresses: _Optional[_Iterable[_Union[_common_pb2.NetAddress, _Mapping]]] = ..., zookeeperAddresses: _Optional[_Iterable[str]] = ..., clusterId: _Optional[str] = ..., raftJournal: _Optional[bool] = ..., raftAddress: _Optional[_Iterable[str]] = ..., masterVersions: _Optional[_Iterable[_Union[MasterVersion, _Mapping]]] = ...) -> None: ...

class MasterVersion(_message.Message):
    __slots__ = ("addresses", "version", "state")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    addresses: _common_pb2.NetAddress
    version: str
    state: str
    def __init__(self, addresses: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., version: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...

class GetMasterInfoPOptions(_message.Message):
    __slots__ = ("filter",)
    FILTER_FIELD_NUMBER: _ClassVar[int]
    filter: _containers.RepeatedScalarFieldContainer[MasterInfoField]
    def __init__(self, filter: _Optional[_Iterable[_Union[MasterInfoField, str]]] = ...) -> None: ...

class GetMasterInfoPResponse(_message.Message):
    __slots__ = ("masterInfo",)
    MASTERINFO_FIELD_NUMBER: _ClassVar[int]
    masterInfo: MasterInfo
    def __init__(self, masterInfo: _Optional[_Union[MasterInfo, _Mapping]] = ...) -> None: ...

class CheckpointPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckpointPResponse(_message.Message):
    __slots__ = ("masterHostname",)
    MASTERHOSTNAME_FIELD_NUMBER: _ClassVar[int]
    masterHostname: str
    def __init__(self, masterHostname: _Optional[str] = ...) -> None: ...

class BackupPRequest(_message.Message):
    __slots__ = ("options", "targetDirectory")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    TARGETDIRECTORY_FIELD_NUMBER: _ClassVar[int]
    options: BackupPOptions
    targetDirectory: str
    def __init__(self, options: _Optional[_Union[BackupPOptions, _Mapping]] = ..., targetDirectory: _Optional[str] = ...) -> None: ...

class BackupPOptions(_message.Message):
    __slots__ = ("localFileSystem", "runAsync", "allowLeader", "bypassDelegation")
    LOCALFILESYSTEM_FIELD_NUMBER: _ClassVar[int]
    RUNASYNC_FIELD_NUMBER: _ClassVar[int]
    ALLOWLEADER_FIELD_NUMBER: _ClassVar[int]
    BYPASSDELEGATION_FIELD_NUMBER: _ClassVar[int]
    localFileSystem: bool
    runAsync: bool
    allowLeader: bool
    bypassDelegation: bool
    def __init__(self, localFileSystem: _Optional[bool] = ..., runAsync: _Optional[bool] = ..., allowLeader: _Optional[bool] = ..., bypassDelegation: _Optional[bool] = ...) -> None: ...

class BackupPStatus(_message.Message):
    __slots__ = ("backupId", "backupState", "backupHost", "backupUri", "entryCount", "backupError")
    BACKUPID_FIELD_NUMBER: _ClassVar[int]
    BACKUPSTATE_FIELD_NUMBER: _ClassVar[int]
    BACKUPHOST_FIELD_NUMBER: _ClassVar[int]
    BACKUPURI_FIELD_NUMBER: _ClassVar[int]
    ENTRYCOUNT_FIELD_NUMBER: _ClassVar[int]
    BACKUPERROR_FIELD_NUMBER: _ClassVar[int]
    backupId: str
    backupState: BackupState
    backupHost: str
    backupUri: str
    entryCount: int
    backupError: bytes
    def __init__(self, backupId: _Optional[str] = ..., backupState: _Optional[_Union[BackupState, str]] = ..., backupHost: _Optional[str] = ..., backupUri: _Optional[str] = ..., entryCount: _Optional[int] = ..., backupError: _Optional[bytes] = ...) -> None: ...

class BackupStatusPRequest(_message.Message):
    __slots__ = ("backupId",)
    BACKUPID_FIELD_NUMBER: _ClassVar[int]
    backupId: str
    def __init__(self, backupId: _Optional[str] = ...) -> None: ...

class ProxyStatus(_message.Message):
    __slots__ = ("address", "state", "startTime", "lastHeartbeatTime", "version")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTTIME_FIELD_NUMBER: _ClassVar[int]
    LASTHEARTBEATTIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    address: _common_pb2.NetAddress
    state: str
    startTime: int
    lastHeartbeatTime: int
    version: _common_pb2.BuildVersion
    def __init__(self, address: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., state: _Optional[str] = ..., startTime: _Optional[int] = ..., lastHeartbeatTime: _Optional[int] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class ListProxyStatusPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: ListProxyStatusPOptions
    def __init__(self, options: _Optional[_Union[ListProxyStatusPOptions, _Mapping]] = ...) -> None: ...

class ListProxyStatusPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProxyStatusPResponse(_message.Message):
    __slots__ = ("proxyStatuses",)
    PROXYSTATUSES_FIELD_NUMBER: _ClassVar[int]
    proxyStatuses: _containers.RepeatedCompositeFieldContainer[ProxyStatus]
    def __init__(self, proxyStatuses: _Optional[_Iterable[_Union[ProxyStatus, _Mapping]]] = ...) -> None: ...

class SetPathConfigurationPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetPathConfigurationPRequest(_message.Message):
    __slots__ = ("path", "properties", "options")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    properties: _containers.ScalarMap[str, str]
    options: SetPathConfigurationPOptions
    def __init__(self, path: _Optional[str] = ..., properties: _Optional[_Mapping[str, str]] = ..., options: _Optional[_Union[SetPathConfigurationPOptions, _Mapping]] = ...) -> None: ...

class SetPathConfigurationPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RemovePathConfigurationPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RemovePathConfigurationPRequest(_message.Message):
    __slots__ = ("path", "keys", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    options: RemovePathConfigurationPOptions
    def __init__(self, path: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ..., options: _Optional[_Union[RemovePathConfigurationPOptions, _Mapping]] = ...) -> None: ...

class RemovePathConfigurationPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetConfigHashPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetConfigHashPResponse(_message.Message):
    __slots__ = ("clusterConfigHash", "pathConfigHash")
    CLUSTERCONFIGHASH_FIELD_NUMBER: _ClassVar[int]
    PATHCONFIGHASH_FIELD_NUMBER: _ClassVar[int]
    clusterConfigHash: str
    pathConfigHash: str
    def __init__(self, clusterConfigHash: _Optional[str] = ..., pathConfigHash: _Optional[str] = ...) -> None: ...

class GetMasterIdPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMasterIdPRequest(_message.Message):
    __slots__ = ("masterAddress", "options")
    MASTERADDRESS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    masterAddress: _common_pb2.NetAddress
    options: GetMasterIdPOptions
    def __init__(self, masterAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., options: _Optional[_Union[GetMasterIdPOptions, _Mapping]] = ...) -> None: ...

class GetMasterIdPResponse(_message.Message):
    __slots__ = ("masterId",)
    MASTERID_FIELD_NUMBER: _ClassVar[int]
    masterId: int
    def __init__(self, masterId: _Optional[int] = ...) -> None: ...

class RegisterMasterPOptions(_message.Message):
    __slots__ = ("configs", "startTimeMs", "losePrimacyTimeMs", "version", "revision")
    CONFIGS_FIELD_NUMBER: _ClassVar[int]
    STARTTIMEMS_FIELD_NUMBER: _ClassVar[int]
    LOSEPRIMACYTIMEMS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    configs: _containers.RepeatedCompositeFieldContainer[_common_pb2.ConfigProperty]
    startTimeMs: int
    losePrimacyTimeMs: int
    version: str
    revision: str
    def __init__(self, configs: _Optional[_Iterable[_Union[_common_pb2.ConfigProperty, _Mapping]]] = ..., startTimeMs: _Optional[int] = ..., losePrimacyTimeMs: _Optional[int] = ..., version: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class RegisterMasterPRequest(_message.Message):
    __slots__ = ("masterId", "options")
    MASTERID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    masterId: int
    options: RegisterMasterPOptions
    def __init__(self, masterId: _Optional[int] = ..., options: _Optional[_Union[RegisterMasterPOptions, _Mapping]] = ...) -> None: ...

class RegisterMasterPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MasterHeartbeatPOptions(_message.Message):
    __slots__ = ("lastCheckpointTime", "journalEntriesSinceCheckpoint")
    LASTCHECKPOINTTIME_FIELD_NUMBER: _ClassVar[int]
    JOURNALENTRIESSINCECHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    lastCheckpointTime: int
    journalEntriesSinceCheckpoint: int
    def __init__(self, lastCheckpointTime: _Optional[int] = ..., journalEntriesSinceCheckpoint: _Optional[int] = ...) -> None: ...

class MasterHeartbeatPRequest(_message.Message):
    __slots__ = ("masterId", "options")
    MASTERID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    masterId: int
    options: MasterHeartbeatPOptions
    def __init__(self, masterId: _Optional[int] = ..., options: _Optional[_Union[MasterHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class MasterHeartbeatPResponse(_message.Message):
    __slots__ = ("command",)
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    command: MetaCommand
    def __init__(self, command: _Optional[_Union[MetaCommand, str]] = ...) -> None: ...

class UpdateConfigurationPRequest(_message.Message):
    __slots__ = ("properties",)
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    properties: _containers.ScalarMap[str, str]
    def __init__(self, properties: _Optional[_Mapping[str, str]] = ...) -> None: ...

class UpdateConfigurationPResponse(_message.Message):
    __slots__ = ("status",)
    class StatusEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bool
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bool] = ...) -> None: ...
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _containers.ScalarMap[str, bool]
    def __init__(self, status: _Optional[_Mapping[str, bool]] = ...) -> None: ...

class ProxyHeartbeatPOptions(_message.Message):
    __slots__ = ("proxyAddress", "startTime", "version")
    PROXYADDRESS_FIELD_NUMBER: _ClassVar[int]
    STARTTIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    proxyAddress: _common_pb2.NetAddress
    startTime: int
    version: _common_pb2.BuildVersion
    def __init__(self, proxyAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., startTime: _Optional[int] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class ProxyHeartbeatPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: ProxyHeartbeatPOptions
    def __init__(self, options: _Optional[_Union[ProxyHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class ProxyHeartbeatPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
