from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BlockMasterInfoField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPACITY_BYTES: _ClassVar[BlockMasterInfoField]
    CAPACITY_BYTES_ON_TIERS: _ClassVar[BlockMasterInfoField]
    FREE_BYTES: _ClassVar[BlockMasterInfoField]
    LIVE_WORKER_NUM: _ClassVar[BlockMasterInfoField]
    LOST_WORKER_NUM: _ClassVar[BlockMasterInfoField]
    USED_BYTES: _ClassVar[BlockMasterInfoField]
    USED_BYTES_ON_TIERS: _ClassVar[BlockMasterInfoField]
    DECOMMISSIONED_WORKER_NUM: _ClassVar[BlockMasterInfoField]

class WorkerRange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALL: _ClassVar[WorkerRange]
    LIVE: _ClassVar[WorkerRange]
    LOST: _ClassVar[WorkerRange]
    SPECIFIED: _ClassVar[WorkerRange]
    DECOMMISSIONED: _ClassVar[WorkerRange]

class WorkerInfoField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADDRESS: _ClassVar[WorkerInfoField]
    WORKER_CAPACITY_BYTES: _ClassVar[WorkerInfoField]
    WORKER_CAPACITY_BYTES_ON_TIERS: _ClassVar[WorkerInfoField]
    ID: _ClassVar[WorkerInfoField]
    LAST_CONTACT_SEC: _ClassVar[WorkerInfoField]
    START_TIME_MS: _ClassVar[WorkerInfoField]
    STATE: _ClassVar[WorkerInfoField]
    WORKER_USED_BYTES: _ClassVar[WorkerInfoField]
    WORKER_USED_BYTES_ON_TIERS: _ClassVar[WorkerInfoField]
    BLOCK_COUNT: _ClassVar[WorkerInfoField]
    BUILD_VERSION: _ClassVar[WorkerInfoField]
    NUM_VCPU: _ClassVar[WorkerInfoField]
CAPACITY_BYTES: BlockMasterInfoField
CAPACITY_BYTES_ON_TIERS: BlockMasterInfoField
FREE_BYTES: BlockMasterInfoField
LIVE_WORKER_NUM: BlockMasterInfoField
LOST_WORKER_NUM: BlockMasterInfoField
USED_BYTES: BlockMasterInfoField
USED_BYTES_ON_TIERS: BlockMasterInfoField
DECOMMISSIONED_WORKER_NUM: BlockMasterInfoField
ALL: WorkerRange
LIVE: WorkerRange
LOST: WorkerRange
SPECIFIED: WorkerRange
DECOMMISSIONED: WorkerRange
ADDRESS: WorkerInfoField
WORKER_CAPACITY_BYTES: WorkerInfoField
WORKER_CAPACITY_BYTES_ON_TIERS: WorkerInfoField
ID: WorkerInfoField
LAST_CONTACT_SEC: WorkerInfoField
START_TIME_MS: WorkerInfoField
STATE: WorkerInfoField
WORKER_USED_BYTES: WorkerInfoField
WORKER_USED_BYTES_ON_TIERS: WorkerInfoField
BLOCK_COUNT: WorkerInfoField
BUILD_VERSION: WorkerInfoField
NUM_VCPU: WorkerInfoField

class BlockMasterInfo(_message.Message):
    __slots__ = ("capacityBytes", "capacityBytesOnTiers", "freeBytes", "liveWorkerNum", "lostWorkerNum", "usedBytes", "usedBytesOnTiers", "decommissionedWorkerNum")
    class CapacityBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UsedBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CAPACITYBYTES_FIELD_NUMBER: _ClassVar[int]
    CAPACITYBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    FREEBYTES_FIELD_NUMBER: _ClassVar[int]
    LIVEWORKERNUM_FIELD_NUMBER: _ClassVar[int]
    LOSTWORKERNUM_FIELD_NUMBER: _ClassVar[int]
    USEDBYTES_FIELD_NUMBER: _ClassVar[int]
    USEDBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    DECOMMISSIONEDWORKERNUM_FIELD_NUMBER: _ClassVar[int]
    capacityBytes: int
    capacityBytesOnTiers: _containers.ScalarMap[str, int]
    freeBytes: int
    liveWorkerNum: int
    lostWorkerNum: int
    usedBytes: int
    usedBytesOnTiers: _containers.ScalarMap[str, int]
    decommissionedWorkerNum: int
    def __init__(self, capacityBytes: _Optional[int] = ..., capacityBytesOnTiers: _Optional[_Mapping[str, int]] = ..., freeBytes: _Optional[int] = ..., liveWorkerNum: _Optional[int] = ..., lostWorkerNum: _Optional[int] = ..., usedBytes: _Optional[int] = ..., usedBytesOnTiers: _Optional[_Mapping[str, int]] = ..., decommissionedWorkerNum: _Optional[int] = ...) -> None: ...

class GetBlockInfoPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetBlockInfoPRequest(_message.Message):
    __slots__ = ("blockId", "options")
    BLOCKID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    blockId: int
    options: GetBlockInfoPOptions
    def __init__(self, blockId: _Optional[int] = ..., options: _Optional[_Union[GetBlockInfoPOptions, _Mapping]] = ...) -> None: ...

class GetBlockInfoPResponse(_message.Message):
    __slots__ = ("blockInfo",)
    BLOCKINFO_FIELD_NUMBER: _ClassVar[int]
    blockInfo: _common_pb2.BlockInfo
    def __init__(self, blockInfo: _Optional[_Union[_common_pb2.BlockInfo, _Mapping]] = ...) -> None: ...

class GetCapacityBytesPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCapacityBytesPResponse(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    def __init__(self, bytes: _Optional[int] = ...) -> None: ...

class GetBlockMasterInfoPOptions(_message.Message):
    __slots__ = ("filters",)
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    filters: _containers.RepeatedScalarFieldContainer[BlockMasterInfoField]
    def __init__(self, filters: _Optional[_Iterable[_Union[BlockMasterInfoField, str]]] = ...) -> None: ...

class GetBlockMasterInfoPResponse(_message.Message):
    __slots__ = ("blockMasterInfo",)
    BLOCKMASTERINFO_FIELD_NUMBER: _ClassVar[int]
    blockMasterInfo: BlockMasterInfo
    def __init__(self, blockMasterInfo: _Optional[_Union[BlockMasterInfo, _Mapping]] = ...) -> None: ...

class GetUsedBytesPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetUsedBytesPResponse(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    def __init__(self, bytes: _Optional[int] = ...) -> None: ...

class WorkerInfo(_message.Message):
    __slots__ = ("id", "address", "lastContactSec", "state", "capacityBytes", "usedBytes", "startTimeMs", "capacityBytesOnTiers", "usedBytesOnTiers", "buildVersion", "numVCpu")
    class CapacityBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UsedBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LASTCONTACTSEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAPACITYBYTES_FIELD_NUMBER: _ClassVar[int]
    USEDBYTES_FIELD_NUMBER: _ClassVar[int]
    STARTTIMEMS_FIELD_NUMBER: _ClassVar[int]
    CAPACITYBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    USEDBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    BUILDVERSION_FIELD_NUMBER: _ClassVar[int]
    NUMVCPU_FIELD_NUMBER: _ClassVar[int]
    id: int
    address: _common_pb2.WorkerNetAddress
    lastContactSec: int
    state: str
    capacityBytes: int
    usedBytes: int
    startTimeMs: int
    capacityBytesOnTiers: _containers.ScalarMap[str, int]
    usedBytesOnTiers: _containers.ScalarMap[str, int]
    buildVersion: _common_pb2.BuildVersion
    numVCpu: int
    def __init__(self, id: _Optional[int] = ..., address: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ..., lastContactSec: _Optional[int] = ..., state: _Optional[str] = ..., capacityBytes: _Optional[int] = ..., usedBytes: _Optional[int] = ..., startTimeMs: _Optional[int] = ..., capacityBytesOnTiers: _Optional[_Mapping[str, int]] = ..., usedBytesOnTiers: _Optional[_Mapping[str, int]] = ..., buildVersion: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ..., numVCpu: _Optional[int] = ...) -> None: ...

class GetWorkerReportPOptions(_message.Message):
    __slots__ = ("addresses", "fieldRanges", "workerRange")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    FIELDRANGES_FIELD_NUMBER: _ClassVar[int]
    WORKERRANGE_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    fieldRanges: _containers.RepeatedScalarFieldContainer[WorkerInfoField]
    workerRange: WorkerRange
    def __init__(self, addresses: _Optional[_Iterable[str]] = ..., fieldRanges: _Optional[_Iterable[_Union[WorkerInfoField, str]]] = ..., workerRange: _Optional[_Union[WorkerRange, str]] = ...) -> None: ...

class GetWorkerInfoListPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWorkerInfoListPResponse(_message.Message):
    __slots__ = ("workerInfos",)
    WORKERINFOS_FIELD_NUMBER: _ClassVar[int]
    workerInfos: _containers.RepeatedCompositeFieldContainer[WorkerInfo]
    def __init__(self, workerInfos: _Optional[_Iterable[_Union[WorkerInfo, _Mapping]]] = ...) -> None: ...

class WorkerLostStorageInfo(_message.Message):
    __slots__ = ("address", "lostStorage")
    class LostStorageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StorageList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StorageList, _Mapping]] = ...) -> None: ...
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LOSTSTORAGE_FIELD_NUMBER: _ClassVar[int]
    address: _common_pb2.WorkerNetAddress
    lostStorage: _containers.MessageMap[str, StorageList]
    def __init__(self, address: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ..., lostStorage: _Optional[_Mapping[str, StorageList]] = ...) -> None: ...

class RemoveDisabledWorkerPOptions(_message.Message):
    __slots__ = ("workerHostname", "workerWebPort")
    WORKERHOSTNAME_FIELD_NUMBER: _ClassVar[int]
    WORKERWEBPORT_FIELD_NUMBER: _ClassVar[int]
    workerHostname: str
    workerWebPort: int
    def __init__(self, workerHostname: _Optional[str] = ..., workerWebPort: _Optional[int] = ...) -> None: ...

class RemoveDisabledWorkerPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWorkerLostStoragePOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWorkerLostStoragePResponse(_message.Message):
    __slots__ = ("workerLostStorageInfo",)
    WORKERLOSTSTORAGEINFO_FIELD_NUMBER: _ClassVar[int]
    workerLostStorageInfo: _containers.RepeatedCompositeFieldContainer[WorkerLostStorageInfo]
    def __init__(self, workerLostStorageInfo: _Optional[_Iterable[_Union[WorkerLostStorageInfo, _Mapping]]] = ...) -> None: ...

class DecommissionWorkerPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DecommissionWorkerPOptions(_message.Message):
    __slots__ = ("workerHostname", "workerWebPort", "canRegisterAgain")
    WORKERHOSTNAME_FIELD_NUMBER: _ClassVar[int]
    WORKERWEBPORT_FIELD_NUMBER: _ClassVar[int]
    CANREGISTERAGAIN_FIELD_NUMBER: _ClassVar[int]
    workerHostname: str
    workerWebPort: int
    canRegisterAgain: bool
    def __init__(self, workerHostname: _Optional[str] = ..., workerWebPort: _Optional[int] = ..., canRegisterAgain: _Optional[bool] = ...) -> None: ...

class TierList(_message.Message):
    __slots__ = ("tiers",)
    TIERS_FIELD_NUMBER: _ClassVar[int]
    tiers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tiers: _Optional[_Iterable[int]] = ...) -> None: ...

class BlockIdList(_message.Message):
    __slots__ = ("blockId",)
    BLOCKID_FIELD_NUMBER: _ClassVar[int]
    blockId: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, blockId: _Optional[_Iterable[int]] = ...) -> None: ...

class StorageList(_message.Message):
    __slots__ = ("storage",)
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    storage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, storage: _Optional[_Iterable[str]] = ...) -> None: ...

class BlockHeartbeatPOptions(_message.Message):
    __slots__ = ("metrics", "capacityBytesOnTiers")
    class CapacityBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CAPACITYBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.RepeatedCompositeFieldContainer[_common_pb2.Metric]
    capacityBytesOnTiers: _containers.ScalarMap[str, int]
    def __init__(self, metrics: _Optional[_Iterable[_Union[_common_pb2.Metric, _Mapping]]] = ..., capacityBytesOnTiers: _Optional[_Mapping[str, int]] = ...) -> None: ...

class LocationBlockIdListEntry(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: _common_pb2.BlockStoreLocationProto
    value: BlockIdList
    def __init__(self, key: _Optional[_Union[_common_pb2.BlockStoreLocationProto, _Mapping]] = ..., value: _Optional[_Union[BlockIdList, _Mapping]] = ...) -> None: ...

class BlockHeartbeatPRequest(_message.Message):
    __slots__ = ("workerId", "usedBytesOnTiers", "removedBlockIds", "addedBlocksOnTiers", "options", "lostStorage", "addedBlocks", "reportSession", "reportNumber", "acknowledgedReport", "digestTiers", "blockCounts", "blockMarks")
    class UsedBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class AddedBlocksOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TierList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TierList, _Mapping]] = ...) -> None: ...
    class LostStorageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StorageList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StorageList, _Mapping]] = ...) -> None: ...
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    USEDBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    REMOVEDBLOCKIDS_FIELD_NUMBER: _ClassVar[int]
    ADDEDBLOCKSONTIERS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LOSTSTORAGE_FIELD_NUMBER: _ClassVar[int]
    ADDEDBLOCKS_FIELD_NUMBER: _ClassVar[int]
    REPORTSESSION_FIELD_NUMBER: _ClassVar[int]
    REPORTNUMBER_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEDREPORT_FIELD_NUMBER: _ClassVar[int]
    DIGESTTIERS_FIELD_NUMBER: _ClassVar[int]
    BLOCKCOUNTS_FIELD_NUMBER: _ClassVar[int]
    BLOCKMARKS_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    usedBytesOnTiers: _containers.ScalarMap[str, int]
    removedBlockIds: _containers.RepeatedScalarFieldContainer[int]
    addedBlocksOnTiers: _containers.MessageMap[str, TierList]
    options: BlockHeartbeatPOptions
    lostStorage: _containers.MessageMap[str, StorageList]
    addedBlocks: _containers.RepeatedCompositeFieldContainer[LocationBlockIdListEntry]
    reportSession: int
    reportNumber: int
    acknowledgedReport: int
    digestTiers: _containers.RepeatedScalarFieldContainer[str]
    blockCounts: _containers.RepeatedScalarFieldContainer[int]
    blockMarks: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, workerId: _Optional[int] = ..., usedBytesOnTiers: _Optional[_Mapping[str, int]] = ..., removedBlockIds: _Optional[_Iterable[int]] = ..., addedBlocksOnTiers: _Optional[_Mapping[str, TierList]] = ..., options: _Optional[_Union[BlockHeartbeatPOptions, _Mapping]] = ..., lostStorage: _Optional[_Mapping[str, StorageList]] = ..., addedBlocks: _Optional[_Iterable[_Union[LocationBlockIdListEntry, _Mapping]]] = ..., reportSession: _Optional[int] = ..., reportNumber: _Optional[int] = ..., acknowledgedReport: _Optional[int] = ..., digestTiers: _Optional[_Iterable[str]] = ..., blockCounts: _Optional[_Iterable[int]] = ..., blockMarks: _Optional[_Iterable[int]] = ...) -> None: ...

class BlockHeartbeatPResponse(_message.Message):
    __slots__ = ("command", "acknowledgedReport", "leads", "term")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEDREPORT_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    command: _common_pb2.Command
    acknowledgedReport: int
    leads: bool
    term: int
    def __init__(self, command: _Optional[_Union[_common_pb2.Command, _Mapping]] = ..., acknowledgedReport: _Optional[int] = ..., leads: _Optional[bool] = ..., term: _Optional[int] = ...) -> None: ...

class CommitBlockPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CommitBlockPRequest(_message.Message):
    __slots__ = ("workerId", "usedBytesOnTier", "tierAlias", "blockId", "length", "options", "mediumType")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    USEDBYTESONTIER_FIELD_NUMBER: _ClassVar[int]
    TIERALIAS_FIELD_NUMBER: _ClassVar[int]
    BLOCKID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MEDIUMTYPE_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    usedBytesOnTier: int
    tierAlias: str
    blockId: int
    length: int
    options: CommitBlockPOptions
    mediumType: str
    def __init__(self, workerId: _Optional[int] = ..., usedBytesOnTier: _Optional[int] = ..., tierAlias: _Optional[str] = ..., blockId: _Optional[int] = ..., length: _Optional[int] = ..., options: _Optional[_Union[CommitBlockPOptions, _Mapping]] = ..., mediumType: _Optional[str] = ...) -> None: ...

class CommitBlockPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CommitBlockInUfsPRequest(_message.Message):
    __slots__ = ("blockId", "length", "options")
    BLOCKID_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    blockId: int
    length: int
    options: CommitBlockInUfsPOptions
    def __init__(self, blockId: _Optional[int] = ..., length: _Optional[int] = ..., options: _Optional[_Union[CommitBlockInUfsPOptions, _Mapping]] = ...) -> None: ...

class CommitBlockInUfsPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CommitBlockInUfsPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NotifyWorkerIdPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class NotifyWorkerIdPRequest(_message.Message):
    __slots__ = ("workerId", "workerNetAddress", "options")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    WORKERNETADDRESS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    workerNetAddress: _common_pb2.WorkerNetAddress
    options: NotifyWorkerIdPOptions
    def __init__(self, workerId: _Optional[int] = ..., workerNetAddress: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ..., options: _Optional[_Union[NotifyWorkerIdPOptions, _Mapping]] = ...) -> None: ...

class NotifyWorkerIdPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWorkerIdPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetWorkerIdPRequest(_message.Message):
    __slots__ = ("workerNetAddress", "options")
    WORKERNETADDRESS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    workerNetAddress: _common_pb2.WorkerNetAddress
    options: GetWorkerIdPOptions
    def __init__(self, workerNetAddress: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ..., options: _Optional[_Union[GetWorkerIdPOptions, _Mapping]] = ...) -> None: ...

class GetWorkerIdPResponse(_message.Message):
    __slots__ = ("workerId",)
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    def __init__(self, workerId: _Optional[int] = ...) -> None: ...

class GetRegisterLeasePRequest(_message.Message):
    __slots__ = ("workerId", "blockCount")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    BLOCKCOUNT_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    blockCount: int
    def __init__(self, workerId: _Optional[int] = ..., blockCount: _Optional[int] = ...) -> None: ...

class GetRegisterLeasePOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRegisterLeasePResponse(_message.Message):
    __slots__ = ("workerId", "allowed", "expiryMs", "options")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    EXPIRYMS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    allowed: bool
    expiryMs: int
    options: GetRegisterLeasePOptions
    def __init__(self, workerId: _Optional[int] = ..., allowed: _Optional[bool] = ..., expiryMs: _Optional[int] = ..., options: _Optional[_Union[GetRegisterLeasePOptions, _Mapping]] = ...) -> None: ...

class RegisterWorkerPOptions(_message.Message):
    __slots__ = ("configs", "buildVersion", "numVCpu")
    CONFIGS_FIELD_NUMBER: _ClassVar[int]
    BUILDVERSION_FIELD_NUMBER: _ClassVar[int]
    NUMVCPU_FIELD_NUMBER: _ClassVar[int]
    configs: _containers.RepeatedCompositeFieldContainer[_common_pb2.ConfigProperty]
    buildVersion: _common_pb2.BuildVersion
    numVCpu: int
    def __init__(self, configs: _Optional[_Iterable[_Union[_common_pb2.ConfigProperty, _Mapping]]] = ..., buildVersion: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ..., numVCpu: _Optional[int] = ...) -> None: ...

class RegisterWorkerPRequest(_message.Message):
    __slots__ = ("workerId", "storageTiers", "totalBytesOnTiers", "usedBytesOnTiers", "currentBlocksOnTiers", "options", "lostStorage", "currentBlocks", "reportSession", "reportNumber")
    class TotalBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UsedBytesOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class CurrentBlocksOnTiersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TierList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TierList, _Mapping]] = ...) -> None: ...
    class LostStorageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StorageList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StorageList, _Mapping]] = ...) -> None: ...
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    STORAGETIERS_FIELD_NUMBER: _ClassVar[int]
    TOTALBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    USEDBYTESONTIERS_FIELD_NUMBER: _ClassVar[int]
    CURRENTBLOCKSONTIERS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LOSTSTORAGE_FIELD_NUMBER: _ClassVar[int]
    CURRENTBLOCKS_FIELD_NUMBER: _ClassVar[int]
    REPORTSESSION_FIELD_NUMBER: _ClassVar[int]
    REPORTNUMBER_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    storageTiers: _containers.RepeatedScalarFieldContainer[str]
    totalBytesOnTiers: _containers.ScalarMap[str, int]
    usedBytesOnTiers: _containers.ScalarMap[str, int]
    currentBlocksOnTiers: _containers.MessageMap[str, TierList]
    options: RegisterWorkerPOptions
    lostStorage: _containers.MessageMap[str, StorageList]
    currentBlocks: _containers.RepeatedCompositeFieldContainer[LocationBlockIdListEntry]
    reportSession: int
    reportNumber: int
    def __init__(self, workerId: _Optional[int] = ..., storageTiers: _Optional[_Iterable[str]] = ..., totalBytesOnTiers: _Optional[_Mapping[str, int]] = ..., usedBytesOnTiers: _Optional[_Mapping[str, int]] = ..., currentBlocksOnTiers: _Optional[_Mapping[str, TierList]] = ..., options: _Optional[_Union[RegisterWorkerPOptions, _Mapping]] = ..., lostStorage: _Optional[_Mapping[str, StorageList]] = ..., currentBlocks: _Optional[_Iterable[_Union[LocationBlockIdListEntry, _Mapping]]] = ..., reportSession: _Optional[int] = ..., reportNumber: _Optional[int] = ...) -> None: ...

class RegisterWorkerPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
