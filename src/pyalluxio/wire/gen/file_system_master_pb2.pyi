from pyalluxio.wire.gen import common_pb2 as _common_pb2
from pyalluxio.wire.gen import fscommon_pb2 as _fscommon_pb2
from pyalluxio.wire.gen import journal_file_pb2 as _journal_file_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WritePType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MUST_CACHE: _ClassVar[WritePType]
    TRY_CACHE: _ClassVar[WritePType]
    CACHE_THROUGH: _ClassVar[WritePType]
    THROUGH: _ClassVar[WritePType]
    ASYNC_THROUGH: _ClassVar[WritePType]
    NONE: _ClassVar[WritePType]

class ReadPType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO_CACHE: _ClassVar[ReadPType]
    CACHE: _ClassVar[ReadPType]
    CACHE_PROMOTE: _ClassVar[ReadPType]

class LoadMetadataPType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEVER: _ClassVar[LoadMetadataPType]
    ONCE: _ClassVar[LoadMetadataPType]
    ALWAYS: _ClassVar[LoadMetadataPType]

class XAttrPropagationStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEW_PATHS: _ClassVar[XAttrPropagationStrategy]
    LEAF_NODE: _ClassVar[XAttrPropagationStrategy]

class SyncPointStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Not_Initially_Synced: _ClassVar[SyncPointStatus]
    Syncing: _ClassVar[SyncPointStatus]
    Initially_Synced: _ClassVar[SyncPointStatus]

class PAclEntryType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Owner: _ClassVar[PAclEntryType]
    NamedUser: _ClassVar[PAclEntryType]
    OwningGroup: _ClassVar[PAclEntryType]
    NamedGroup: _ClassVar[PAclEntryType]
    Mask: _ClassVar[PAclEntryType]
    Other: _ClassVar[PAclEntryType]

class PAclAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Read: _ClassVar[PAclAction]
    Write: _ClassVar[PAclAction]
    Execute: _ClassVar[PAclAction]

class SetAclAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLACE: _ClassVar[SetAclAction]
    MODIFY: _ClassVar[SetAclAction]
    REMOVE: _ClassVar[SetAclAction]
    REMOVE_ALL: _ClassVar[SetAclAction]
    REMOVE_DEFAULT: _ClassVar[SetAclAction]

class UfsPMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO_ACCESS: _ClassVar[UfsPMode]
    READ_ONLY: _ClassVar[UfsPMode]
    READ_WRITE: _ClassVar[UfsPMode]

class JobProgressReportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT: _ClassVar[JobProgressReportFormat]
    JSON: _ClassVar[JobProgressReportFormat]

class SyncMetadataState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN: _ClassVar[SyncMetadataState]
    RUNNING: _ClassVar[SyncMetadataState]
    SUCCEEDED: _ClassVar[SyncMetadataState]
    FAILED: _ClassVar[SyncMetadataState]
    CANCELED: _ClassVar[SyncMetadataState]
MUST_CACHE: WritePType
TRY_CACHE: WritePType
CACHE_THROUGH: WritePType
THROUGH: WritePType
ASYNC_THROUGH: WritePType
NONE: WritePType
NO_CACHE: ReadPType
CACHE: ReadPType
CACHE_PROMOTE: ReadPType
NEVER: LoadMetadataPType
ONCE: LoadMetadataPType
ALWAYS: LoadMetadataPType
NEW_PATHS: XAttrPropagationStrategy
LEAF_NODE: XAttrPropagationStrategy
Not_Initially_Synced: SyncPointStatus
Syncing: SyncPointStatus
Initially_Synced: SyncPointStatus
Owner: PAclEntryType
NamedUser: PAclEntryType
OwningGroup: PAclEntryType
NamedGroup: PAclEntryType
Mask: PAclEntryType
Other: PAclEntryType
Read: PAclAction
Write: PAclAction
Execute: PAclAction
REPLACE: SetAclAction
MODIFY: SetAclAction
REMOVE: SetAclAction
REMOVE_ALL: SetAclAction
REMOVE_DEFAULT: SetAclAction
NO_ACCESS: UfsPMode
READ_ONLY: UfsPMode
READ_WRITE: UfsPMode
TEXT: JobProgressReportFormat
JSON: JobProgressReportFormat
UNKNOWN: SyncMetadataState
RUNNING: SyncMetadataState
SUCCEEDED: SyncMetadataState
FAILED: SyncMetadataState
CANCELED: SyncMetadataState

class FsOpPId(_message.Message):
    __slots__ = ("mostSignificantBits", "leastSignificantBits")
    MOSTSIGNIFICANTBITS_FIELD_NUMBER: _ClassVar[int]
    LEASTSIGNIFICANTBITS_FIELD_NUMBER: _ClassVar[int]
    mostSignificantBits: int
    leastSignificantBits: int
    def __init__(self, mostSignificantBits: _Optional[int] = ..., leastSignificantBits: _Optional[int] = ...) -> None: ...

class FileSystemMasterCommonPOptions(_message.Message):
    __slots__ = ("syncIntervalMs", "ttl", "ttlAction", "operationId")
    SYNCINTERVALMS_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    OPERATIONID_FIELD_NUMBER: _ClassVar[int]
    syncIntervalMs: int
    ttl: int
    ttlAction: _common_pb2.TtlAction
    operationId: FsOpPId
    def __init__(self, syncIntervalMs: _Optional[int] = ..., ttl: _Optional[int] = ..., ttlAction: _Optional[_Union[_common_pb2.TtlAction, str]] = ..., operationId: _Optional[_Union[FsOpPId, _Mapping]] = ...) -> None: ...

class CheckAccessPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: CheckAccessPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[CheckAccessPOptions, _Mapping]] = ...) -> None: ...

class CheckAccessPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckAccessPOptions(_message.Message):
    __slots__ = ("bits", "commonOptions")
    BITS_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    bits: _common_pb2.Bits
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, bits: _Optional[_Union[_common_pb2.Bits, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class CheckConsistencyPResponse(_message.Message):
    __slots__ = ("inconsistentPaths",)
    INCONSISTENTPATHS_FIELD_NUMBER: _ClassVar[int]
    inconsistentPaths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, inconsistentPaths: _Optional[_Iterable[str]] = ...) -> None: ...

class CheckConsistencyPOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class CheckConsistencyPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: CheckConsistencyPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[CheckConsistencyPOptions, _Mapping]] = ...) -> None: ...

class ExistsPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ExistsPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ExistsPOptions, _Mapping]] = ...) -> None: ...

class ExistsPResponse(_message.Message):
    __slots__ = ("exists",)
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    exists: bool
    def __init__(self, exists: _Optional[bool] = ...) -> None: ...

class CompleteFilePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompleteFilePOptions(_message.Message):
    __slots__ = ("ufsLength", "asyncPersistOptions", "commonOptions", "contentHash")
    UFSLENGTH_FIELD_NUMBER: _ClassVar[int]
    ASYNCPERSISTOPTIONS_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    CONTENTHASH_FIELD_NUMBER: _ClassVar[int]
    ufsLength: int
    asyncPersistOptions: ScheduleAsyncPersistencePOptions
    commonOptions: FileSystemMasterCommonPOptions
    contentHash: str
    def __init__(self, ufsLength: _Optional[int] = ..., asyncPersistOptions: _Optional[_Union[ScheduleAsyncPersistencePOptions, _Mapping]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., contentHash: _Optional[str] = ...) -> None: ...

class CompleteFilePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: CompleteFilePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[CompleteFilePOptions, _Mapping]] = ...) -> None: ...

class OpenFilePOptions(_message.Message):
    __slots__ = ("readType", "maxUfsReadConcurrency", "commonOptions", "updateLastAccessTime", "ufsReadWorkerLocation")
    READTYPE_FIELD_NUMBER: _ClassVar[int]
    MAXUFSREADCONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    UPDATELASTACCESSTIME_FIELD_NUMBER: _ClassVar[int]
    UFSREADWORKERLOCATION_FIELD_NUMBER: _ClassVar[int]
    readType: ReadPType
    maxUfsReadConcurrency: int
    commonOptions: FileSystemMasterCommonPOptions
    updateLastAccessTime: bool
    ufsReadWorkerLocation: _common_pb2.WorkerNetAddress
    def __init__(self, readType: _Optional[_Union[ReadPType, str]] = ..., maxUfsReadConcurrency: _Optional[int] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., updateLastAccessTime: _Optional[bool] = ..., ufsReadWorkerLocation: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ...) -> None: ...

class CreateDirectoryPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateDirectoryPOptions(_message.Message):
    __slots__ = ("recursive", "allowExists", "mode", "writeType", "commonOptions", "xattr", "xattrPropStrat", "checkS3BucketPath")
    class XattrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    ALLOWEXISTS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    WRITETYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    XATTRPROPSTRAT_FIELD_NUMBER: _ClassVar[int]
    CHECKS3BUCKETPATH_FIELD_NUMBER: _ClassVar[int]
    recursive: bool
    allowExists: bool
    mode: _common_pb2.PMode
    writeType: WritePType
    commonOptions: FileSystemMasterCommonPOptions
    xattr: _containers.ScalarMap[str, bytes]
    xattrPropStrat: XAttrPropagationStrategy
    checkS3BucketPath: bool
    def __init__(self, recursive: _Optional[bool] = ..., allowExists: _Optional[bool] = ..., mode: _Optional[_Union[_common_pb2.PMode, _Mapping]] = ..., writeType: _Optional[_Union[WritePType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., xattr: _Optional[_Mapping[str, bytes]] = ..., xattrPropStrat: _Optional[_Union[XAttrPropagationStrategy, str]] = ..., checkS3BucketPath: _Optional[bool] = ...) -> None: ...

class CreateDirectoryPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: CreateDirectoryPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[CreateDirectoryPOptions, _Mapping]] = ...) -> None: ...

class CreateFilePResponse(_message.Message):
    __slots__ = ("fileInfo",)
    FILEINFO_FIELD_NUMBER: _ClassVar[int]
    fileInfo: FileInfo
    def __init__(self, fileInfo: _Optional[_Union[FileInfo, _Mapping]] = ...) -> None: ...

class CreateFilePOptions(_message.Message):
    __slots__ = ("blockSizeBytes", "recursive", "mode", "replicationMax", "replicationMin", "replicationDurable", "writeTier", "writeType", "commonOptions", "persistenceWaitTime", "xattr", "xattrPropStrat", "overwrite", "checkS3BucketPath", "workerLocation")
    class XattrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    BLOCKSIZEBYTES_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMIN_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONDURABLE_FIELD_NUMBER: _ClassVar[int]
    WRITETIER_FIELD_NUMBER: _ClassVar[int]
    WRITETYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCEWAITTIME_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    XATTRPROPSTRAT_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    CHECKS3BUCKETPATH_FIELD_NUMBER: _ClassVar[int]
    WORKERLOCATION_FIELD_NUMBER: _ClassVar[int]
    blockSizeBytes: int
    recursive: bool
    mode: _common_pb2.PMode
    replicationMax: int
    replicationMin: int
    replicationDurable: int
    writeTier: int
    writeType: WritePType
    commonOptions: FileSystemMasterCommonPOptions
    persistenceWaitTime: int
    xattr: _containers.ScalarMap[str, bytes]
    xattrPropStrat: XAttrPropagationStrategy
    overwrite: bool
    checkS3BucketPath: bool
    workerLocation: _common_pb2.WorkerNetAddress
    def __init__(self, blockSizeBytes: _Optional[int] = ..., recursive: _Optional[bool] = ..., mode: _Optional[_Union[_common_pb2.PMode, _Mapping]] = ..., replicationMax: _Optional[int] = ..., replicationMin: _Optional[int] = ..., replicationDurable: _Optional[int] = ..., writeTier: _Optional[int] = ..., writeType: _Optional[_Union[WritePType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., persistenceWaitTime: _Optional[int] = ..., xattr: _Optional[_Mapping[str, bytes]] = ..., xattrPropStrat: _Optional[_Union[XAttrPropagationStrategy, str]] = ..., overwrite: _Optional[bool] = ..., checkS3BucketPath: _Optional[bool] = ..., workerLocation: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ...) -> None: ...

class CreateFilePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: CreateFilePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[CreateFilePOptions, _Mapping]] = ...) -> None: ...

class DeletePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DeletePOptions(_message.Message):
    __slots__ = ("recursive", "alluxioOnly", "unchecked", "commonOptions", "syncParentNextTime", "deleteMountPoint")
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    ALLUXIOONLY_FIELD_NUMBER: _ClassVar[int]
    UNCHECKED_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    SYNCPARENTNEXTTIME_FIELD_NUMBER: _ClassVar[int]
    DELETEMOUNTPOINT_FIELD_NUMBER: _ClassVar[int]
    recursive: bool
    alluxioOnly: bool
    unchecked: bool
    commonOptions: FileSystemMasterCommonPOptions
    syncParentNextTime: bool
    deleteMountPoint: bool
    def __init__(self, recursive: _Optional[bool] = ..., alluxioOnly: _Optional[bool] = ..., unchecked: _Optional[bool] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., syncParentNextTime: _Optional[bool] = ..., deleteMountPoint: _Optional[bool] = ...) -> None: ...

class DeletePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: DeletePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[DeletePOptions, _Mapping]] = ...) -> None: ...

class FreePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FreePOptions(_message.Message):
    __slots__ = ("recursive", "forced", "commonOptions")
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    FORCED_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    recursive: bool
    forced: bool
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, recursive: _Optional[bool] = ..., forced: _Optional[bool] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class FreePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: FreePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[FreePOptions, _Mapping]] = ...) -> None: ...

class GetNewBlockIdForFilePResponse(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class GetNewBlockIdForFilePOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class GetNewBlockIdForFilePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: GetNewBlockIdForFilePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[GetNewBlockIdForFilePOptions, _Mapping]] = ...) -> None: ...

class GetStatusPResponse(_message.Message):
    __slots__ = ("fileInfo",)
    FILEINFO_FIELD_NUMBER: _ClassVar[int]
    fileInfo: FileInfo
    def __init__(self, fileInfo: _Optional[_Union[FileInfo, _Mapping]] = ...) -> None: ...

class GetStatusPOptions(_message.Message):
    __slots__ = ("loadMetadataType", "commonOptions", "accessMode", "updateTimestamps", "includeRealContentHash")
    LOADMETADATATYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    ACCESSMODE_FIELD_NUMBER: _ClassVar[int]
    UPDATETIMESTAMPS_FIELD_NUMBER: _ClassVar[int]
    INCLUDEREALCONTENTHASH_FIELD_NUMBER: _ClassVar[int]
    loadMetadataType: LoadMetadataPType
    commonOptions: FileSystemMasterCommonPOptions
    accessMode: _common_pb2.Bits
    updateTimestamps: bool
    includeRealContentHash: bool
    def __init__(self, loadMetadataType: _Optional[_Union[LoadMetadataPType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., accessMode: _Optional[_Union[_common_pb2.Bits, str]] = ..., updateTimestamps: _Optional[bool] = ..., includeRealContentHash: _Optional[bool] = ...) -> None: ...

class GetStatusPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: GetStatusPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[GetStatusPOptions, _Mapping]] = ...) -> None: ...

class ExistsPOptions(_message.Message):
    __slots__ = ("loadMetadataType", "commonOptions")
    LOADMETADATATYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    loadMetadataType: LoadMetadataPType
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, loadMetadataType: _Optional[_Union[LoadMetadataPType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class SyncPointInfo(_message.Message):
    __slots__ = ("syncPointUri", "syncStatus")
    SYNCPOINTURI_FIELD_NUMBER: _ClassVar[int]
    SYNCSTATUS_FIELD_NUMBER: _ClassVar[int]
    syncPointUri: str
    syncStatus: SyncPointStatus
    def __init__(self, syncPointUri: _Optional[str] = ..., syncStatus: _Optional[_Union[SyncPointStatus, str]] = ...) -> None: ...

class GetSyncPathListPResponse(_message.Message):
    __slots__ = ("syncPaths",)
    SYNCPATHS_FIELD_NUMBER: _ClassVar[int]
    syncPaths: _containers.RepeatedCompositeFieldContainer[SyncPointInfo]
    def __init__(self, syncPaths: _Optional[_Iterable[_Union[SyncPointInfo, _Mapping]]] = ...) -> None: ...

class GetSyncPathListPRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStatusPResponse(_message.Message):
    __slots__ = ("fileInfos",)
    FILEINFOS_FIELD_NUMBER: _ClassVar[int]
    fileInfos: _containers.RepeatedCompositeFieldContainer[FileInfo]
    def __init__(self, fileInfos: _Optional[_Iterable[_Union[FileInfo, _Mapping]]] = ...) -> None: ...

class ListStatusPOptions(_message.Message):
    __slots__ = ("loadDirectChildren", "loadMetadataType", "commonOptions", "recursive", "loadMetadataOnly", "disableAreDescendantsLoadedCheck", "excludeMountInfo")
    LOADDIRECTCHILDREN_FIELD_NUMBER: _ClassVar[int]
    LOADMETADATATYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    LOADMETADATAONLY_FIELD_NUMBER: _ClassVar[int]
    DISABLEAREDESCENDANTSLOADEDCHECK_FIELD_NUMBER: _ClassVar[int]
    EXCLUDEMOUNTINFO_FIELD_NUMBER: _ClassVar[int]
    loadDirectChildren: bool
    loadMetadataType: LoadMetadataPType
    commonOptions: FileSystemMasterCommonPOptions
    recursive: bool
    loadMetadataOnly: bool
    disableAreDescendantsLoadedCheck: bool
    excludeMountInfo: bool
    def __init__(self, loadDirectChildren: _Optional[bool] = ..., loadMetadataType: _Optional[_Union[LoadMetadataPType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., recursive: _Optional[bool] = ..., loadMetadataOnly: _Optional[bool] = ..., disableAreDescendantsLoadedCheck: _Optional[bool] = ..., excludeMountInfo: _Optional[bool] = ...) -> None: ...

class ListStatusPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ListStatusPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ListStatusPOptions, _Mapping]] = ...) -> None: ...

class ListStatusPartialPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ListStatusPartialPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ListStatusPartialPOptions, _Mapping]] = ...) -> None: ...

class ListStatusPartialPOptions(_message.Message):
    __slots__ = ("options", "offsetId", "startAfter", "offsetCount", "batchSize", "prefix")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OFFSETID_FIELD_NUMBER: _ClassVar[int]
    STARTAFTER_FIELD_NUMBER: _ClassVar[int]
    OFFSETCOUNT_FIELD_NUMBER: _ClassVar[int]
    BATCHSIZE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    options: ListStatusPOptions
    offsetId: int
    startAfter: str
    offsetCount: int
    batchSize: int
    prefix: str
    def __init__(self, options: _Optional[_Union[ListStatusPOptions, _Mapping]] = ..., offsetId: _Optional[int] = ..., startAfter: _Optional[str] = ..., offsetCount: _Optional[int] = ..., batchSize: _Optional[int] = ..., prefix: _Optional[str] = ...) -> None: ...

class ListStatusPartialPResponse(_message.Message):
    __slots__ = ("fileInfos", "isTruncated", "fileCount")
    FILEINFOS_FIELD_NUMBER: _ClassVar[int]
    ISTRUNCATED_FIELD_NUMBER: _ClassVar[int]
    FILECOUNT_FIELD_NUMBER: _ClassVar[int]
    fileInfos: _containers.RepeatedCompositeFieldContainer[FileInfo]
    isTruncated: bool
    fileCount: int
    def __init__(self, fileInfos: _Optional[_Iterable[_Union[FileInfo, _Mapping]]] = ..., isTruncated: _Optional[bool] = ..., fileCount: _Optional[int] = ...) -> None: ...

class LoadMetadataPOptions(_message.Message):
    __slots__ = ("recursive", "createAncestors", "loadDescendantType", "commonOptions", "loadType")
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    CREATEANCESTORS_FIELD_NUMBER: _ClassVar[int]
    LOADDESCENDANTTYPE_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    LOADTYPE_FIELD_NUMBER: _ClassVar[int]
    recursive: bool
    createAncestors: bool
    loadDescendantType: _fscommon_pb2.LoadDescendantPType
    commonOptions: FileSystemMasterCommonPOptions
    loadType: LoadMetadataPType
    def __init__(self, recursive: _Optional[bool] = ..., createAncestors: _Optional[bool] = ..., loadDescendantType: _Optional[_Union[_fscommon_pb2.LoadDescendantPType, str]] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., loadType: _Optional[_Union[LoadMetadataPType, str]] = ...) -> None: ...

class PAclEntry(_message.Message):
    __slots__ = ("type", "subject", "actions", "isDefault")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    ISDEFAULT_FIELD_NUMBER: _ClassVar[int]
    type: PAclEntryType
    subject: str
    actions: _containers.RepeatedScalarFieldContainer[PAclAction]
    isDefault: bool
    def __init__(self, type: _Optional[_Union[PAclEntryType, str]] = ..., subject: _Optional[str] = ..., actions: _Optional[_Iterable[_Union[PAclAction, str]]] = ..., isDefault: _Optional[bool] = ...) -> None: ...

class PAcl(_message.Message):
    __slots__ = ("owner", "owningGroup", "entries", "mode", "isDefault", "isDefaultEmpty")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    OWNINGGROUP_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ISDEFAULT_FIELD_NUMBER: _ClassVar[int]
    ISDEFAULTEMPTY_FIELD_NUMBER: _ClassVar[int]
    owner: str
    owningGroup: str
    entries: _containers.RepeatedCompositeFieldContainer[PAclEntry]
    mode: int
    isDefault: bool
    isDefaultEmpty: bool
    def __init__(self, owner: _Optional[str] = ..., owningGroup: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[PAclEntry, _Mapping]]] = ..., mode: _Optional[int] = ..., isDefault: _Optional[bool] = ..., isDefaultEmpty: _Optional[bool] = ...) -> None: ...

class FileBlockInfo(_message.Message):
    __slots__ = ("blockInfo", "offset", "ufsLocations", "ufsStringLocations")
    BLOCKINFO_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    UFSLOCATIONS_FIELD_NUMBER: _ClassVar[int]
    UFSSTRINGLOCATIONS_FIELD_NUMBER: _ClassVar[int]
    blockInfo: _common_pb2.BlockInfo
    offset: int
    ufsLocations: _containers.RepeatedCompositeFieldContainer[_common_pb2.WorkerNetAddress]
    ufsStringLocations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, blockInfo: _Optional[_Union[_common_pb2.BlockInfo, _Mapping]] = ..., offset: _Optional[int] = ..., ufsLocations: _Optional[_Iterable[_Union[_common_pb2.WorkerNetAddress, _Mapping]]] = ..., ufsStringLocations: _Optional[_Iterable[str]] = ...) -> None: ...

class FileInfo(_message.Message):
    __slots__ = ("fileId", "name", "path", "ufsPath", "length", "blockSizeBytes", "creationTimeMs", "completed", "folder", "pinned", "cacheable", "persisted", "blockIds", "lastModificationTimeMs", "ttl", "owner", "group", "mode", "persistenceState", "mountPoint", "fileBlockInfos", "ttlAction", "mountId", "inAlluxioPercentage", "inMemoryPercentage", "ufsFingerprint", "acl", "defaultAcl", "replicationMax", "replicationMin", "lastAccessTimeMs", "xattr", "mediumType")
    class XattrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    FILEID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    UFSPATH_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    BLOCKSIZEBYTES_FIELD_NUMBER: _ClassVar[int]
    CREATIONTIMEMS_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    CACHEABLE_FIELD_NUMBER: _ClassVar[int]
    PERSISTED_FIELD_NUMBER: _ClassVar[int]
    BLOCKIDS_FIELD_NUMBER: _ClassVar[int]
    LASTMODIFICATIONTIMEMS_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCESTATE_FIELD_NUMBER: _ClassVar[int]
    MOUNTPOINT_FIELD_NUMBER: _ClassVar[int]
    FILEBLOCKINFOS_FIELD_NUMBER: _ClassVar[int]
    TTLACTION_FIELD_NUMBER: _ClassVar[int]
    MOUNTID_FIELD_NUMBER: _ClassVar[int]
    INALLUXIOPERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    INMEMORYPERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    UFSFINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    DEFAULTACL_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMIN_FIELD_NUMBER: _ClassVar[int]
    LASTACCESSTIMEMS_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    MEDIUMTYPE_FIELD_NUMBER: _ClassVar[int]
    fileId: int
    name: str
    path: str
    ufsPath: str
    length: int
    blockSizeBytes: int
    creationTimeMs: int
    completed: bool
    folder: bool
    pinned: bool
    cacheable: bool
    persisted: bool
    blockIds: _containers.RepeatedScalarFieldContainer[int]
    lastModificationTimeMs: int
    ttl: int
    owner: str
    group: str
    mode: int
    persistenceState: str
    mountPoint: bool
    fileBlockInfos: _containers.RepeatedCompositeFieldContainer[FileBlockInfo]
    ttlAction: _common_pb2.TtlAction
    mountId: int
    inAlluxioPercentage: int
    inMemoryPercentage: int
    ufsFingerprint: str
    acl: PAcl
    defaultAcl: PAcl
    replicationMax: int
    replicationMin: int
    lastAccessTimeMs: int
    xattr: _containers.ScalarMap[str, bytes]
    mediumType: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fileId: _Optional[int] = ..., name: _Optional[str] = ..., path: _Optional[str] = ..., ufsPath: _Optional[str] = ..., length: _Optional[int] = ..., blockSizeBytes: _Optional[int] = ..., creationTimeMs: _Optional[int] = ..., completed: _Optional[bool] = ..., folder: _Optional[bool] = ..., pinned: _Optional[bool] = ..., cacheable: _Optional[bool] = ..., persisted: _Optional[bool] = ..., blockIds: _Optional[_Iterable[int]] = ..., lastModificationTimeMs: _Optional[int] = ..., ttl: _Optional[int] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[int] = ..., persistenceState: _Optional[str] = ..., mountPoint: _Optional[bool] = ..., fileBlockInfos: _Optional[_Iterable[_Union[FileBlockInfo, _Mapping]]] = ..., ttlAction: _Optional[_Union[_common_pb2.TtlAction, str]] = ..., mountId: _Optional[int] = ..., inAlluxioPercentage: _Optional[int] = ..., inMemoryPercentage: _Optional[int] = ..., ufsFingerprint: _Optional[str] = ..., acl: _Optional[_Union[PAcl, _Mapping]] = ..., defaultAcl: _Optional[_Union[PAcl, _Mapping]] = ..., replicationMax: _Optional[int] = ..., replicationMin: _Optional[int] = ..., lastAccessTimeMs: _Optional[int] = ..., xattr: _Optional[_Mapping[str, bytes]] = ..., mediumType: _Optional[_Iterable[str]] = ...) -> None: ...

class GetFilePathPResponse(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class GetFilePathPRequest(_message.Message):
    __slots__ = ("fileId",)
    FILEID_FIELD_NUMBER: _ClassVar[int]
    fileId: int
    def __init__(self, fileId: _Optional[int] = ...) -> None: ...

class MountPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MountPOptions(_message.Message):
    __slots__ = ("readOnly", "properties", "shared", "commonOptions", "remount")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    READONLY_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    REMOUNT_FIELD_NUMBER: _ClassVar[int]
    readOnly: bool
    properties: _containers.ScalarMap[str, str]
    shared: bool
    commonOptions: FileSystemMasterCommonPOptions
    remount: bool
    def __init__(self, readOnly: _Optional[bool] = ..., properties: _Optional[_Mapping[str, str]] = ..., shared: _Optional[bool] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., remount: _Optional[bool] = ...) -> None: ...

class MountPRequest(_message.Message):
    __slots__ = ("alluxioPath", "ufsPath", "options")
    ALLUXIOPATH_FIELD_NUMBER: _ClassVar[int]
    UFSPATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    alluxioPath: str
    ufsPath: str
    options: MountPOptions
    def __init__(self, alluxioPath: _Optional[str] = ..., ufsPath: _Optional[str] = ..., options: _Optional[_Union[MountPOptions, _Mapping]] = ...) -> None: ...

class GetMountTablePResponse(_message.Message):
    __slots__ = ("mountPoints",)
    class MountPointsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MountPointInfo
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MountPointInfo, _Mapping]] = ...) -> None: ...
    MOUNTPOINTS_FIELD_NUMBER: _ClassVar[int]
    mountPoints: _containers.MessageMap[str, MountPointInfo]
    def __init__(self, mountPoints: _Optional[_Mapping[str, MountPointInfo]] = ...) -> None: ...

class GetMountTablePRequest(_message.Message):
    __slots__ = ("checkUfs",)
    CHECKUFS_FIELD_NUMBER: _ClassVar[int]
    checkUfs: bool
    def __init__(self, checkUfs: _Optional[bool] = ...) -> None: ...

class MountPointInfo(_message.Message):
    __slots__ = ("ufsUri", "ufsType", "ufsCapacityBytes", "ufsUsedBytes", "readOnly", "properties", "shared", "mountId")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    UFSURI_FIELD_NUMBER: _ClassVar[int]
    UFSTYPE_FIELD_NUMBER: _ClassVar[int]
    UFSCAPACITYBYTES_FIELD_NUMBER: _ClassVar[int]
    UFSUSEDBYTES_FIELD_NUMBER: _ClassVar[int]
    READONLY_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    MOUNTID_FIELD_NUMBER: _ClassVar[int]
    ufsUri: str
    ufsType: str
    ufsCapacityBytes: int
    ufsUsedBytes: int
    readOnly: bool
    properties: _containers.ScalarMap[str, str]
    shared: bool
    mountId: int
    def __init__(self, ufsUri: _Optional[str] = ..., ufsType: _Optional[str] = ..., ufsCapacityBytes: _Optional[int] = ..., ufsUsedBytes: _Optional[int] = ..., readOnly: _Optional[bool] = ..., properties: _Optional[_Mapping[str, str]] = ..., shared: _Optional[bool] = ..., mountId: _Optional[int] = ...) -> None: ...

class FileSystemCommandOptions(_message.Message):
    __slots__ = ("persistOptions",)
    PERSISTOPTIONS_FIELD_NUMBER: _ClassVar[int]
    persistOptions: PersistCommandOptions
    def __init__(self, persistOptions: _Optional[_Union[PersistCommandOptions, _Mapping]] = ...) -> None: ...

class PersistCommandOptions(_message.Message):
    __slots__ = ("persistFiles",)
    PERSISTFILES_FIELD_NUMBER: _ClassVar[int]
    persistFiles: _containers.RepeatedCompositeFieldContainer[PersistFile]
    def __init__(self, persistFiles: _Optional[_Iterable[_Union[PersistFile, _Mapping]]] = ...) -> None: ...

class PersistFile(_message.Message):
    __slots__ = ("fileId", "blockIds")
    FILEID_FIELD_NUMBER: _ClassVar[int]
    BLOCKIDS_FIELD_NUMBER: _ClassVar[int]
    fileId: int
    blockIds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, fileId: _Optional[int] = ..., blockIds: _Optional[_Iterable[int]] = ...) -> None: ...

class FileSystemCommand(_message.Message):
    __slots__ = ("commandType", "commandOptions")
    COMMANDTYPE_FIELD_NUMBER: _ClassVar[int]
    COMMANDOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commandType: _common_pb2.CommandType
    commandOptions: FileSystemCommandOptions
    def __init__(self, commandType: _Optional[_Union[_common_pb2.CommandType, str]] = ..., commandOptions: _Optional[_Union[FileSystemCommandOptions, _Mapping]] = ...) -> None: ...

class S3SyntaxOptions(_message.Message):
    __slots__ = ("overwrite", "isMultipartUpload")
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    ISMULTIPARTUPLOAD_FIELD_NUMBER: _ClassVar[int]
    overwrite: bool
    isMultipartUpload: bool
    def __init__(self, overwrite: _Optional[bool] = ..., isMultipartUpload: _Optional[bool] = ...) -> None: ...

class RenamePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RenamePOptions(_message.Message):
    __slots__ = ("commonOptions", "persist", "s3SyntaxOptions")
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    PERSIST_FIELD_NUMBER: _ClassVar[int]
    S3SYNTAXOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    persist: bool
    s3SyntaxOptions: S3SyntaxOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., persist: _Optional[bool] = ..., s3SyntaxOptions: _Optional[_Union[S3SyntaxOptions, _Mapping]] = ...) -> None: ...

class RenamePRequest(_message.Message):
    __slots__ = ("path", "dstPath", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DSTPATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    dstPath: str
    options: RenamePOptions
    def __init__(self, path: _Optional[str] = ..., dstPath: _Optional[str] = ..., options: _Optional[_Union[RenamePOptions, _Mapping]] = ...) -> None: ...

class ReverseResolvePRequest(_message.Message):
    __slots__ = ("ufsUri",)
    UFSURI_FIELD_NUMBER: _ClassVar[int]
    ufsUri: str
    def __init__(self, ufsUri: _Optional[str] = ...) -> None: ...

class ReverseResolvePResponse(_message.Message):
    __slots__ = ("alluxioPath",)
    ALLUXIOPATH_FIELD_NUMBER: _ClassVar[int]
    alluxioPath: str
    def __init__(self, alluxioPath: _Optional[str] = ...) -> None: ...

class SetAttributePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetAttributePOptions(_message.Message):
    __slots__ = ("pinned", "persisted", "owner", "group", "mode", "recursive", "replicationMax", "replicationMin", "commonOptions", "pinnedMedia", "xattr", "xattrUpdateStrategy", "directChildrenLoaded")
    class XattrEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    PINNED_FIELD_NUMBER: _ClassVar[int]
    PERSISTED_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMAX_FIELD_NUMBER: _ClassVar[int]
    REPLICATIONMIN_FIELD_NUMBER: _ClassVar[int]
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    PINNEDMEDIA_FIELD_NUMBER: _ClassVar[int]
    XATTR_FIELD_NUMBER: _ClassVar[int]
    XATTRUPDATESTRATEGY_FIELD_NUMBER: _ClassVar[int]
    DIRECTCHILDRENLOADED_FIELD_NUMBER: _ClassVar[int]
    pinned: bool
    persisted: bool
    owner: str
    group: str
    mode: _common_pb2.PMode
    recursive: bool
    replicationMax: int
    replicationMin: int
    commonOptions: FileSystemMasterCommonPOptions
    pinnedMedia: _containers.RepeatedScalarFieldContainer[str]
    xattr: _containers.ScalarMap[str, bytes]
    xattrUpdateStrategy: _journal_file_pb2.XAttrUpdateStrategy
    directChildrenLoaded: bool
    def __init__(self, pinned: _Optional[bool] = ..., persisted: _Optional[bool] = ..., owner: _Optional[str] = ..., group: _Optional[str] = ..., mode: _Optional[_Union[_common_pb2.PMode, _Mapping]] = ..., recursive: _Optional[bool] = ..., replicationMax: _Optional[int] = ..., replicationMin: _Optional[int] = ..., commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., pinnedMedia: _Optional[_Iterable[str]] = ..., xattr: _Optional[_Mapping[str, bytes]] = ..., xattrUpdateStrategy: _Optional[_Union[_journal_file_pb2.XAttrUpdateStrategy, str]] = ..., directChildrenLoaded: _Optional[bool] = ...) -> None: ...

class SetAttributePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: SetAttributePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[SetAttributePOptions, _Mapping]] = ...) -> None: ...

class SetAclPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetAclPOptions(_message.Message):
    __slots__ = ("commonOptions", "recursive")
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    recursive: bool
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., recursive: _Optional[bool] = ...) -> None: ...

class SetAclPRequest(_message.Message):
    __slots__ = ("path", "action", "entries", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    action: SetAclAction
    entries: _containers.RepeatedCompositeFieldContainer[PAclEntry]
    options: SetAclPOptions
    def __init__(self, path: _Optional[str] = ..., action: _Optional[_Union[SetAclAction, str]] = ..., entries: _Optional[_Iterable[_Union[PAclEntry, _Mapping]]] = ..., options: _Optional[_Union[SetAclPOptions, _Mapping]] = ...) -> None: ...

class ScheduleAsyncPersistencePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ScheduleAsyncPersistencePOptions(_message.Message):
    __slots__ = ("commonOptions", "persistenceWaitTime")
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    PERSISTENCEWAITTIME_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    persistenceWaitTime: int
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ..., persistenceWaitTime: _Optional[int] = ...) -> None: ...

class ScheduleAsyncPersistencePRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: ScheduleAsyncPersistencePOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[ScheduleAsyncPersistencePOptions, _Mapping]] = ...) -> None: ...

class StartSyncPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StartSyncPOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class StartSyncPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: StartSyncPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[StartSyncPOptions, _Mapping]] = ...) -> None: ...

class StopSyncPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StopSyncPOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class StopSyncPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: StopSyncPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[StopSyncPOptions, _Mapping]] = ...) -> None: ...

class UnmountPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UnmountPOptions(_message.Message):
    __slots__ = ("commonOptions",)
    COMMONOPTIONS_FIELD_NUMBER: _ClassVar[int]
    commonOptions: FileSystemMasterCommonPOptions
    def __init__(self, commonOptions: _Optional[_Union[FileSystemMasterCommonPOptions, _Mapping]] = ...) -> None: ...

class UnmountPRequest(_message.Message):
    __slots__ = ("alluxioPath", "options")
    ALLUXIOPATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    alluxioPath: str
    options: UnmountPOptions
    def __init__(self, alluxioPath: _Optional[str] = ..., options: _Optional[_Union[UnmountPOptions, _Mapping]] = ...) -> None: ...

class UfsInfo(_message.Message):
    __slots__ = ("uri", "properties")
    URI_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    uri: str
    properties: MountPOptions
    def __init__(self, uri: _Optional[str] = ..., properties: _Optional[_Union[MountPOptions, _Mapping]] = ...) -> None: ...

class UpdateMountPRequest(_message.Message):
    __slots__ = ("alluxioPath", "options")
    ALLUXIOPATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    alluxioPath: str
    options: MountPOptions
    def __init__(self, alluxioPath: _Optional[str] = ..., options: _Optional[_Union[MountPOptions, _Mapping]] = ...) -> None: ...

class UpdateMountPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateUfsModePResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateUfsModePOptions(_message.Message):
    __slots__ = ("ufsMode",)
    UFSMODE_FIELD_NUMBER: _ClassVar[int]
    ufsMode: UfsPMode
    def __init__(self, ufsMode: _Optional[_Union[UfsPMode, str]] = ...) -> None: ...

class UpdateUfsModePRequest(_message.Message):
    __slots__ = ("ufsPath", "options")
    UFSPATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ufsPath: str
    options: UpdateUfsModePOptions
    def __init__(self, ufsPath: _Optional[str] = ..., options: _Optional[_Union[UpdateUfsModePOptions, _Mapping]] = ...) -> None: ...

class GetStateLockHoldersPResponse(_message.Message):
    __slots__ = ("threads",)
    THREADS_FIELD_NUMBER: _ClassVar[int]
    threads: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, threads: _Optional[_Iterable[str]] = ...) -> None: ...

class GetStateLockHoldersPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStateLockHoldersPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetStateLockHoldersPOptions
    def __init__(self, options: _Optional[_Union[GetStateLockHoldersPOptions, _Mapping]] = ...) -> None: ...

class NeedsSyncRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class NeedsSyncResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SubmitJobPRequest(_message.Message):
    __slots__ = ("request_body",)
    REQUEST_BODY_FIELD_NUMBER: _ClassVar[int]
    request_body: bytes
    def __init__(self, request_body: _Optional[bytes] = ...) -> None: ...

class SubmitJobPResponse(_message.Message):
    __slots__ = ("jobId",)
    JOBID_FIELD_NUMBER: _ClassVar[int]
    jobId: str
    def __init__(self, jobId: _Optional[str] = ...) -> None: ...

class LoadJobPOptions(_message.Message):
    __slots__ = ("bandwidth", "verify", "partialListing")
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    PARTIALLISTING_FIELD_NUMBER: _ClassVar[int]
    bandwidth: int
    verify: bool
    partialListing: bool
    def __init__(self, bandwidth: _Optional[int] = ..., verify: _Optional[bool] = ..., partialListing: _Optional[bool] = ...) -> None: ...

class CopyJobPOptions(_message.Message):
    __slots__ = ("bandwidth", "verify", "partialListing", "overwrite")
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    PARTIALLISTING_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    bandwidth: int
    verify: bool
    partialListing: bool
    overwrite: bool
    def __init__(self, bandwidth: _Optional[int] = ..., verify: _Optional[bool] = ..., partialListing: _Optional[bool] = ..., overwrite: _Optional[bool] = ...) -> None: ...

class StopJobPRequest(_message.Message):
    __slots__ = ("jobDescription",)
    JOBDESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    jobDescription: JobDescription
    def __init__(self, jobDescription: _Optional[_Union[JobDescription, _Mapping]] = ...) -> None: ...

class StopJobPResponse(_message.Message):
    __slots__ = ("jobStopped",)
    JOBSTOPPED_FIELD_NUMBER: _ClassVar[int]
    jobStopped: bool
    def __init__(self, jobStopped: _Optional[bool] = ...) -> None: ...

class JobDescription(_message.Message):
    __slots__ = ("type", "path")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    type: str
    path: str
    def __init__(self, type: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class JobProgressPOptions(_message.Message):
    __slots__ = ("format", "verbose")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    VERBOSE_FIELD_NUMBER: _ClassVar[int]
    format: JobProgressReportFormat
    verbose: bool
    def __init__(self, format: _Optional[_Union[JobProgressReportFormat, str]] = ..., verbose: _Optional[bool] = ...) -> None: ...

class GetJobProgressPRequest(_message.Message):
    __slots__ = ("jobDescription", "options")
    JOBDESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobDescription: JobDescription
    options: JobProgressPOptions
    def __init__(self, jobDescription: _Optional[_Union[JobDescription, _Mapping]] = ..., options: _Optional[_Union[JobProgressPOptions, _Mapping]] = ...) -> None: ...

class GetJobProgressPResponse(_message.Message):
    __slots__ = ("progressReport", "format")
    PROGRESSREPORT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    progressReport: str
    format: JobProgressReportFormat
    def __init__(self, progressReport: _Optional[str] = ..., format: _Optional[_Union[JobProgressReportFormat, str]] = ...) -> None: ...

class SyncMetadataPOptions(_message.Message):
    __slots__ = ("loadDescendantType", "directoryLoadType")
    LOADDESCENDANTTYPE_FIELD_NUMBER: _ClassVar[int]
    DIRECTORYLOADTYPE_FIELD_NUMBER: _ClassVar[int]
    loadDescendantType: _fscommon_pb2.LoadDescendantPType
    directoryLoadType: _fscommon_pb2.DirectoryLoadPType
    def __init__(self, loadDescendantType: _Optional[_Union[_fscommon_pb2.LoadDescendantPType, str]] = ..., directoryLoadType: _Optional[_Union[_fscommon_pb2.DirectoryLoadPType, str]] = ...) -> None: ...

class SyncMetadataPRequest(_message.Message):
    __slots__ = ("path", "options")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    path: str
    options: SyncMetadataPOptions
    def __init__(self, path: _Optional[str] = ..., options: _Optional[_Union[SyncMetadataPOptions, _Mapping]] = ...) -> None: ...

class SyncMetadataTask(_message.Message):
    __slots__ = ("id", "state", "syncDurationMs", "exception", "successOpCount", "taskInfoString", "taskStatString")
    class Exception(_message.Message):
        __slots__ = ("exceptionType", "exceptionMessage", "stacktrace")
        EXCEPTIONTYPE_FIELD_NUMBER: _ClassVar[int]
        EXCEPTIONMESSAGE_FIELD_NUMBER: _ClassVar[int]
        STACKTRACE_FIELD_NUMBER: _ClassVar[int]
        exceptionType: str
        exceptionMessage: str
        stacktrace: str
        def __init__(self, exceptionType: _Optional[str] = ..., exceptionMessage: _Optional[str] = ..., stacktrace: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SYNCDURATIONMS_FIELD_NUMBER: _ClassVar[int]
    EXCEPTION_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOPCOUNT_FIELD_NUMBER: _ClassVar[int]
    TASKINFOSTRING_FIELD_NUMBER: _ClassVar[int]
    TASKSTATSTRING_FIELD_NUMBER: _ClassVar[int]
    id: int
    state: SyncMetadataState
    syncDurationMs: int
    exception: SyncMetadataTask.Exception
    successOpCount: int
    taskInfoString: str
    taskStatString: str
    def __init__(self, id: _Optional[int] = ..., state: _Optional[_Union[SyncMetadataState, str]] = ..., syncDurationMs: _Optional[int] = ..., exception: _Optional[_Union[SyncMetadataTask.Exception, _Mapping]] = ..., successOpCount: _Optional[int] = ..., taskInfoString: _Optional[str] = ..., taskStatString: _Optional[str] = ...) -> None: ...

class SyncMetadataPResponse(_message.Message):
    __slots__ = ("task", "debugInfo")
    TASK_FIELD_NUMBER: _ClassVar[int]
    DEBUGINFO_FIELD_NUMBER: _ClassVar[int]
    task: _containers.RepeatedCompositeFieldContainer[SyncMetadataTask]
    debugInfo: str
    def __init__(self, task: _Optional[_Iterable[_Union[SyncMetadataTask, _Mapping]]] = ..., debugInfo: _Optional[str] = ...) -> None: ...

class SyncMetadataAsyncPResponse(_message.Message):
    __slots__ = ("submitted", "taskGroupId", "taskIds")
    SUBMITTED_FIELD_NUMBER: _ClassVar[int]
    TASKGROUPID_FIELD_NUMBER: _ClassVar[int]
    TASKIDS_FIELD_NUMBER: _ClassVar[int]
    submitted: bool
    taskGroupId: int
    taskIds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, submitted: _Optional[bool] = ..., taskGroupId: _Optional[int] = ..., taskIds: _Optional[_Iterable[int]] = ...) -> None: ...

class GetSyncProgressPRequest(_message.Message):
    __slots__ = ("taskGroupId",)
    TASKGROUPID_FIELD_NUMBER: _ClassVar[int]
    taskGroupId: int
    def __init__(self, taskGroupId: _Optional[int] = ...) -> None: ...

class GetSyncProgressPResponse(_message.Message):
    __slots__ = ("task", "debugInfo")
    TASK_FIELD_NUMBER: _ClassVar[int]
    DEBUGINFO_FIELD_NUMBER: _ClassVar[int]
    task: _containers.RepeatedCompositeFieldContainer[SyncMetadataTask]
    debugInfo: str
    def __init__(self, task: _Optional[_Iterable[_Union[SyncMetadataTask, _Mapping]]] = ..., debugInfo: _Optional[str] = ...) -> None: ...

class CancelSyncMetadataPRequest(_message.Message):
    __slots__ = ("taskGroupId",)
    TASKGROUPID_FIELD_NUMBER: _ClassVar[int]
    taskGroupId: int
    def __init__(self, taskGroupId: _Optional[int] = ...) -> None: ...

class CancelSyncMetadataPResponse(_message.Message):
    __slots__ = ("success",)
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    def __init__(self, success: _Optional[bool] = ...) -> None: ...

class FileSystemHeartbeatPResponse(_message.Message):
    __slots__ = ("command",)
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    command: FileSystemCommand
    def __init__(self, command: _Optional[_Union[FileSystemCommand, _Mapping]] = ...) -> None: ...

class FileSystemHeartbeatPOptions(_message.Message):
    __slots__ = ("persistedFileFingerprints",)
    PERSISTEDFILEFINGERPRINTS_FIELD_NUMBER: _ClassVar[int]
    persistedFileFingerprints: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, persistedFileFingerprints: _Optional[_Iterable[str]] = ...) -> None: ...

class FileSystemHeartbeatPRequest(_message.Message):
    __slots__ = ("workerId", "persistedFiles", "options")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    PERSISTEDFILES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    persistedFiles: _containers.RepeatedScalarFieldContainer[int]
    options: FileSystemHeartbeatPOptions
    def __init__(self, workerId: _Optional[int] = ..., persistedFiles: _Optional[_Iterable[int]] = ..., options: _Optional[_Union[FileSystemHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class GetFileInfoPResponse(_message.Message):
    __slots__ = ("fileInfo",)
    FILEINFO_FIELD_NUMBER: _ClassVar[int]
    fileInfo: FileInfo
    def __init__(self, fileInfo: _Optional[_Union[FileInfo, _Mapping]] = ...) -> None: ...

class GetFileInfoPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetFileInfoPRequest(_message.Message):
    __slots__ = ("fileId", "options")
    FILEID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    fileId: int
    options: GetFileInfoPOptions
    def __init__(self, fileId: _Optional[int] = ..., options: _Optional[_Union[GetFileInfoPOptions, _Mapping]] = ...) -> None: ...

class GetPinnedFileIdsPResponse(_message.Message):
    __slots__ = ("pinnedFileIds",)
    PINNEDFILEIDS_FIELD_NUMBER: _ClassVar[int]
    pinnedFileIds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, pinnedFileIds: _Optional[_Iterable[int]] = ...) -> None: ...

class GetPinnedFileIdsPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetPinnedFileIdsPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetPinnedFileIdsPOptions
    def __init__(self, options: _Optional[_Union[GetPinnedFileIdsPOptions, _Mapping]] = ...) -> None: ...

class GetUfsInfoPResponse(_message.Message):
    __slots__ = ("ufsInfo",)
    UFSINFO_FIELD_NUMBER: _ClassVar[int]
    ufsInfo: UfsInfo
    def __init__(self, ufsInfo: _Optional[_Union[UfsInfo, _Mapping]] = ...) -> None: ...

class GetUfsInfoPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetUfsInfoPRequest(_message.Message):
    __slots__ = ("mountId", "options")
    MOUNTID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    mountId: int
    options: GetUfsInfoPOptions
    def __init__(self, mountId: _Optional[int] = ..., options: _Optional[_Union[GetUfsInfoPOptions, _Mapping]] = ...) -> None: ...
