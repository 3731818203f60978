from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN: _ClassVar[Status]
    CREATED: _ClassVar[Status]
    CANCELED: _ClassVar[Status]
    FAILED: _ClassVar[Status]
    RUNNING: _ClassVar[Status]
    COMPLETED: _ClassVar[Status]

class JobType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAN: _ClassVar[JobType]
    TASK: _ClassVar[JobType]
    WORKFLOW: _ClassVar[JobType]

class JobSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNSUPPORTED: _ClassVar[JobSource]
    CLI: _ClassVar[JobSource]
    POLICY: _ClassVar[JobSource]
    SYSTEM: _ClassVar[JobSource]

class OperationType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIST_LOAD: _ClassVar[OperationType]
    DIST_CP: _ClassVar[OperationType]
    PERSIST: _ClassVar[OperationType]

class JobMasterMetaCommand(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MetaCommand_Unknown: _ClassVar[JobMasterMetaCommand]
    MetaCommand_Nothing: _ClassVar[JobMasterMetaCommand]
    MetaCommand_Register: _ClassVar[JobMasterMetaCommand]
UNKNOWN: Status
CREATED: Status
CANCELED: Status
FAILED: Status
RUNNING: Status
COMPLETED: Status
PLAN: JobType
TASK: JobType
WORKFLOW: JobType
UNSUPPORTED: JobSource
CLI: JobSource
POLICY: JobSource
SYSTEM: JobSource
DIST_LOAD: OperationType
DIST_CP: OperationType
PERSIST: OperationType
MetaCommand_Unknown: JobMasterMetaCommand
MetaCommand_Nothing: JobMasterMetaCommand
MetaCommand_Register: JobMasterMetaCommand

class JobUnused(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JobInfo(_message.Message):
    __slots__ = ("id", "errorMessage", "status", "lastUpdated", "type", "result", "errorType", "name", "parentId", "children", "workerHost", "description", "affectedPaths", "unused0", "unused1")
    ID_FIELD_NUMBER: _ClassVar[int]
    ERRORMESSAGE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LASTUPDATED_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERRORTYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENTID_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    WORKERHOST_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    AFFECTEDPATHS_FIELD_NUMBER: _ClassVar[int]
    UNUSED0_FIELD_NUMBER: _ClassVar[int]
    UNUSED1_FIELD_NUMBER: _ClassVar[int]
    id: int
    errorMessage: str
    status: Status
    lastUpdated: int
    type: JobType
    result: bytes
    errorType: str
    name: str
    parentId: int
    children: _containers.RepeatedCompositeFieldContainer[JobInfo]
    workerHost: str
    description: str
    affectedPaths: _containers.RepeatedScalarFieldContainer[str]
    unused0: _containers.RepeatedCompositeFieldContainer[JobUnused]
    unused1: str
    def __init__(self, id: _Optional[int] = ..., errorMessage: _Optional[str] = ..., status: _Optional[_Union[Status, str]] = ..., lastUpdated: _Optional[int] = ..., type: _Optional[_Union[JobType, str]] = ..., result: _Optional[bytes] = ..., errorType: _Optional[str] = ..., name: _Optional[str] = ..., parentId: _Optional[int] = ..., children: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ..., workerHost: _Optional[str] = ..., description: _Optional[str] = ..., affectedPaths: _Optional[_Iterable[str]] = ..., unused0: _Optional[_Iterable[_Union[JobUnused, _Mapping]]] = ..., unused1: _Optional[str] = ...) -> None: ...

class JobProgress(_message.Message):
    __slots__ = ("jobId", "fileCount", "fileSize", "lastUpdateMs", "errorMsg", "errorType", "status")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    FILECOUNT_FIELD_NUMBER: _ClassVar[int]
    FILESIZE_FIELD_NUMBER: _ClassVar[int]
    LASTUPDATEMS_FIELD_NUMBER: _ClassVar[int]
    ERRORMSG_FIELD_NUMBER: _ClassVar[int]
    ERRORTYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    fileCount: int
    fileSize: int
    lastUpdateMs: int
    errorMsg: str
    errorType: str
    status: Status
    def __init__(self, jobId: _Optional[int] = ..., fileCount: _Optional[int] = ..., fileSize: _Optional[int] = ..., lastUpdateMs: _Optional[int] = ..., errorMsg: _Optional[str] = ..., errorType: _Optional[str] = ..., status: _Optional[_Union[Status, str]] = ...) -> None: ...

class CmdProgress(_message.Message):
    __slots__ = ("jobProgress",)
    JOBPROGRESS_FIELD_NUMBER: _ClassVar[int]
    jobProgress: _containers.RepeatedCompositeFieldContainer[JobProgress]
    def __init__(self, jobProgress: _Optional[_Iterable[_Union[JobProgress, _Mapping]]] = ...) -> None: ...

class CmdSummary(_message.Message):
    __slots__ = ("jobControlId", "operationType", "jobSource", "status", "submissionTime", "duration", "errorMessage", "cmdProgress", "progressPercentage")
    JOBCONTROLID_FIELD_NUMBER: _ClassVar[int]
    OPERATIONTYPE_FIELD_NUMBER: _ClassVar[int]
    JOBSOURCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SUBMISSIONTIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    ERRORMESSAGE_FIELD_NUMBER: _ClassVar[int]
    CMDPROGRESS_FIELD_NUMBER: _ClassVar[int]
    PROGRESSPERCENTAGE_FIELD_NUMBER: _ClassVar[int]
    jobControlId: int
    operationType: OperationType
    jobSource: JobSource
    status: Status
    submissionTime: int
    duration: int
    errorMessage: str
    cmdProgress: CmdProgress
    progressPercentage: float
    def __init__(self, jobControlId: _Optional[int] = ..., operationType: _Optional[_Union[OperationType, str]] = ..., jobSource: _Optional[_Union[JobSource, str]] = ..., status: _Optional[_Union[Status, str]] = ..., submissionTime: _Optional[int] = ..., duration: _Optional[int] = ..., errorMessage: _Optional[str] = ..., cmdProgress: _Optional[_Union[CmdProgress, _Mapping]] = ..., progressPercentage: _Optional[float] = ...) -> None: ...

class StatusSummary(_message.Message):
    __slots__ = ("status", "count")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    status: Status
    count: int
    def __init__(self, status: _Optional[_Union[Status, str]] = ..., count: _Optional[int] = ...) -> None: ...

class JobServiceSummary(_message.Message):
    __slots__ = ("summaryPerStatus", "recentActivities", "recentFailures", "longestRunning")
    SUMMARYPERSTATUS_FIELD_NUMBER: _ClassVar[int]
    RECENTACTIVITIES_FIELD_NUMBER: _ClassVar[int]
    RECENTFAILURES_FIELD_NUMBER: _ClassVar[int]
    LONGESTRUNNING_FIELD_NUMBER: _ClassVar[int]
    summaryPerStatus: _containers.RepeatedCompositeFieldContainer[StatusSummary]
    recentActivities: _containers.RepeatedCompositeFieldContainer[JobInfo]
    recentFailures: _containers.RepeatedCompositeFieldContainer[JobInfo]
    longestRunning: _containers.RepeatedCompositeFieldContainer[JobInfo]
    def __init__(self, summaryPerStatus: _Optional[_Iterable[_Union[StatusSummary, _Mapping]]] = ..., recentActivities: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ..., recentFailures: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ..., longestRunning: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ...) -> None: ...

class JobWorkerHealth(_message.Message):
    __slots__ = ("workerId", "loadAverage", "lastUpdated", "hostname", "taskPoolSize", "numActiveTasks", "unfinishedTasks", "version")
    WORKERID_FIELD_NUMBER: _ClassVar[int]
    LOADAVERAGE_FIELD_NUMBER: _ClassVar[int]
    LASTUPDATED_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    TASKPOOLSIZE_FIELD_NUMBER: _ClassVar[int]
    NUMACTIVETASKS_FIELD_NUMBER: _ClassVar[int]
    UNFINISHEDTASKS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    workerId: int
    loadAverage: _containers.RepeatedScalarFieldContainer[float]
    lastUpdated: int
    hostname: str
    taskPoolSize: int
    numActiveTasks: int
    unfinishedTasks: int
    version: _common_pb2.BuildVersion
    def __init__(self, workerId: _Optional[int] = ..., loadAverage: _Optional[_Iterable[float]] = ..., lastUpdated: _Optional[int] = ..., hostname: _Optional[str] = ..., taskPoolSize: _Optional[int] = ..., numActiveTasks: _Optional[int] = ..., unfinishedTasks: _Optional[int] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class JobCommand(_message.Message):
    __slots__ = ("runTaskCommand", "cancelTaskCommand", "registerCommand", "setTaskPoolSizeCommand")
    RUNTASKCOMMAND_FIELD_NUMBER: _ClassVar[int]
    CANCELTASKCOMMAND_FIELD_NUMBER: _ClassVar[int]
    REGISTERCOMMAND_FIELD_NUMBER: _ClassVar[int]
    SETTASKPOOLSIZECOMMAND_FIELD_NUMBER: _ClassVar[int]
    runTaskCommand: RunTaskCommand
    cancelTaskCommand: CancelTaskCommand
    registerCommand: RegisterCommand
    setTaskPoolSizeCommand: SetTaskPoolSizeCommand
    def __init__(self, runTaskCommand: _Optional[_Union[RunTaskCommand, _Mapping]] = ..., cancelTaskCommand: _Optional[_Union[CancelTaskCommand, _Mapping]] = ..., registerCommand: _Optional[_Union[RegisterCommand, _Mapping]] = ..., setTaskPoolSizeCommand: _Optional[_Union[SetTaskPoolSizeCommand, _Mapping]] = ...) -> None: ...

class RunTaskCommand(_message.Message):
    __slots__ = ("jobId", "taskId", "jobConfig", "taskArgs")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    TASKID_FIELD_NUMBER: _ClassVar[int]
    JOBCONFIG_FIELD_NUMBER: _ClassVar[int]
    TASKARGS_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    taskId: int
    jobConfig: bytes
    taskArgs: bytes
    def __init__(self, jobId: _Optional[int] = ..., taskId: _Optional[int] = ..., jobConfig: _Optional[bytes] = ..., taskArgs: _Optional[bytes] = ...) -> None: ...

class RegisterCommand(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetTaskPoolSizeCommand(_message.Message):
    __slots__ = ("taskPoolSize",)
    TASKPOOLSIZE_FIELD_NUMBER: _ClassVar[int]
    taskPoolSize: int
    def __init__(self, taskPoolSize: _Optional[int] = ...) -> None: ...

class CancelTaskCommand(_message.Message):
    __slots__ = ("jobId", "taskId")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    TASKID_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    taskId: int
    def __init__(self, jobId: _Optional[int] = ..., taskId: _Optional[int] = ...) -> None: ...

class CancelPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelPRequest(_message.Message):
    __slots__ = ("jobId", "options")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    options: CancelPOptions
    def __init__(self, jobId: _Optional[int] = ..., options: _Optional[_Union[CancelPOptions, _Mapping]] = ...) -> None: ...

class CancelPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetJobStatusPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetJobStatusPRequest(_message.Message):
    __slots__ = ("jobId", "options")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    options: GetJobStatusPOptions
    def __init__(self, jobId: _Optional[int] = ..., options: _Optional[_Union[GetJobStatusPOptions, _Mapping]] = ...) -> None: ...

class GetJobStatusPResponse(_message.Message):
    __slots__ = ("jobInfo",)
    JOBINFO_FIELD_NUMBER: _ClassVar[int]
    jobInfo: JobInfo
    def __init__(self, jobInfo: _Optional[_Union[JobInfo, _Mapping]] = ...) -> None: ...

class GetJobStatusDetailedPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetJobStatusDetailedPRequest(_message.Message):
    __slots__ = ("jobId", "options")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    options: GetJobStatusDetailedPOptions
    def __init__(self, jobId: _Optional[int] = ..., options: _Optional[_Union[GetJobStatusDetailedPOptions, _Mapping]] = ...) -> None: ...

class GetJobStatusDetailedPResponse(_message.Message):
    __slots__ = ("jobInfo",)
    JOBINFO_FIELD_NUMBER: _ClassVar[int]
    jobInfo: JobInfo
    def __init__(self, jobInfo: _Optional[_Union[JobInfo, _Mapping]] = ...) -> None: ...

class ListAllPOptions(_message.Message):
    __slots__ = ("status", "name", "jobIdOnly")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    JOBIDONLY_FIELD_NUMBER: _ClassVar[int]
    status: _containers.RepeatedScalarFieldContainer[Status]
    name: str
    jobIdOnly: bool
    def __init__(self, status: _Optional[_Iterable[_Union[Status, str]]] = ..., name: _Optional[str] = ..., jobIdOnly: _Optional[bool] = ...) -> None: ...

class ListAllPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: ListAllPOptions
    def __init__(self, options: _Optional[_Union[ListAllPOptions, _Mapping]] = ...) -> None: ...

class ListAllPResponse(_message.Message):
    __slots__ = ("jobIds", "jobInfos")
    JOBIDS_FIELD_NUMBER: _ClassVar[int]
    JOBINFOS_FIELD_NUMBER: _ClassVar[int]
    jobIds: _containers.RepeatedScalarFieldContainer[int]
    jobInfos: _containers.RepeatedCompositeFieldContainer[JobInfo]
    def __init__(self, jobIds: _Optional[_Iterable[int]] = ..., jobInfos: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ...) -> None: ...

class RunPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RunPRequest(_message.Message):
    __slots__ = ("jobConfig", "options")
    JOBCONFIG_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobConfig: bytes
    options: RunPOptions
    def __init__(self, jobConfig: _Optional[bytes] = ..., options: _Optional[_Union[RunPOptions, _Mapping]] = ...) -> None: ...

class RunPResponse(_message.Message):
    __slots__ = ("jobId",)
    JOBID_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    def __init__(self, jobId: _Optional[int] = ...) -> None: ...

class GetJobServiceSummaryPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetJobServiceSummaryPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetJobServiceSummaryPOptions
    def __init__(self, options: _Optional[_Union[GetJobServiceSummaryPOptions, _Mapping]] = ...) -> None: ...

class GetJobServiceSummaryPResponse(_message.Message):
    __slots__ = ("summary",)
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    summary: JobServiceSummary
    def __init__(self, summary: _Optional[_Union[JobServiceSummary, _Mapping]] = ...) -> None: ...

class GetAllWorkerHealthPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetAllWorkerHealthPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetAllWorkerHealthPOptions
    def __init__(self, options: _Optional[_Union[GetAllWorkerHealthPOptions, _Mapping]] = ...) -> None: ...

class GetAllWorkerHealthPResponse(_message.Message):
    __slots__ = ("workerHealths",)
    WORKERHEALTHS_FIELD_NUMBER: _ClassVar[int]
    workerHealths: _containers.RepeatedCompositeFieldContainer[JobWorkerHealth]
    def __init__(self, workerHealths: _Optional[_Iterable[_Union[JobWorkerHealth, _Mapping]]] = ...) -> None: ...

class JobMasterStatus(_message.Message):
    __slots__ = ("state", "masterAddress", "startTime", "version")
    STATE_FIELD_NUMBER: _ClassVar[int]
    MASTERADDRESS_FIELD_NUMBER: _ClassVar[int]
    STARTTIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    state: str
    masterAddress: _common_pb2.NetAddress
    startTime: int
    version: _common_pb2.BuildVersion
    def __init__(self, state: _Optional[str] = ..., masterAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., startTime: _Optional[int] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class GetAllMasterStatusPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetAllMasterStatusPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: GetAllMasterStatusPOptions
    def __init__(self, options: _Optional[_Union[GetAllMasterStatusPOptions, _Mapping]] = ...) -> None: ...

class GetAllMasterStatusPResponse(_message.Message):
    __slots__ = ("jobMasterStatus",)
    JOBMASTERSTATUS_FIELD_NUMBER: _ClassVar[int]
    jobMasterStatus: _containers.RepeatedCompositeFieldContainer[JobMasterStatus]
    def __init__(self, jobMasterStatus: _Optional[_Iterable[_Union[JobMasterStatus, _Mapping]]] = ...) -> None: ...

class SubmitOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("cmdConfig", "options")
    CMDCONFIG_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    cmdConfig: bytes
    options: SubmitOptions
    def __init__(self, cmdConfig: _Optional[bytes] = ..., options: _Optional[_Union[SubmitOptions, _Mapping]] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("jobControlId",)
    JOBCONTROLID_FIELD_NUMBER: _ClassVar[int]
    jobControlId: int
    def __init__(self, jobControlId: _Optional[int] = ...) -> None: ...

class GetCmdStatusOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCmdStatusRequest(_message.Message):
    __slots__ = ("jobControlId", "options")
    JOBCONTROLID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobControlId: int
    options: GetCmdStatusOptions
    def __init__(self, jobControlId: _Optional[int] = ..., options: _Optional[_Union[GetCmdStatusOptions, _Mapping]] = ...) -> None: ...

class GetCmdStatusResponse(_message.Message):
    __slots__ = ("cmdStatus",)
    CMDSTATUS_FIELD_NUMBER: _ClassVar[int]
    cmdStatus: Status
    def __init__(self, cmdStatus: _Optional[_Union[Status, str]] = ...) -> None: ...

class GetCmdStatusDetailedOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCmdStatusDetailedRequest(_message.Message):
    __slots__ = ("jobControlId", "options")
    JOBCONTROLID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobControlId: int
    options: GetCmdStatusOptions
    def __init__(self, jobControlId: _Optional[int] = ..., options: _Optional[_Union[GetCmdStatusOptions, _Mapping]] = ...) -> None: ...

class JobStatusBlock(_message.Message):
    __slots__ = ("jobId", "jobStatus", "filePath", "filePathFailed")
    JOBID_FIELD_NUMBER: _ClassVar[int]
    JOBSTATUS_FIELD_NUMBER: _ClassVar[int]
    FILEPATH_FIELD_NUMBER: _ClassVar[int]
    FILEPATHFAILED_FIELD_NUMBER: _ClassVar[int]
    jobId: int
    jobStatus: Status
    filePath: str
    filePathFailed: str
    def __init__(self, jobId: _Optional[int] = ..., jobStatus: _Optional[_Union[Status, str]] = ..., filePath: _Optional[str] = ..., filePathFailed: _Optional[str] = ...) -> None: ...

class CmdStatusBlock(_message.Message):
    __slots__ = ("jobControlId", "jobStatusBlock", "operationType")
    JOBCONTROLID_FIELD_NUMBER: _ClassVar[int]
    JOBSTATUSBLOCK_FIELD_NUMBER: _ClassVar[int]
    OPERATIONTYPE_FIELD_NUMBER: _ClassVar[int]
    jobControlId: int
    jobStatusBlock: _containers.RepeatedCompositeFieldContainer[JobStatusBlock]
    operationType: OperationType
    def __init__(self, jobControlId: _Optional[int] = ..., jobStatusBlock: _Optional[_Iterable[_Union[JobStatusBlock, _Mapping]]] = ..., operationType: _Optional[_Union[OperationType, str]] = ...) -> None: ...

class GetCmdStatusDetailedResponse(_message.Message):
    __slots__ = ("cmdStatusBlock",)
    CMDSTATUSBLOCK_FIELD_NUMBER: _ClassVar[int]
    cmdStatusBlock: CmdStatusBlock
    def __init__(self, cmdStatusBlock: _Optional[_Union[CmdStatusBlock, _Mapping]] = ...) -> None: ...

class JobHeartbeatPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JobHeartbeatPRequest(_message.Message):
    __slots__ = ("jobWorkerHealth", "taskInfos", "options")
    JOBWORKERHEALTH_FIELD_NUMBER: _ClassVar[int]
    TASKINFOS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobWorkerHealth: JobWorkerHealth
    taskInfos: _containers.RepeatedCompositeFieldContainer[JobInfo]
    options: JobHeartbeatPOptions
    def __init__(self, jobWorkerHealth: _Optional[_Union[JobWorkerHealth, _Mapping]] = ..., taskInfos: _Optional[_Iterable[_Union[JobInfo, _Mapping]]] = ..., options: _Optional[_Union[JobHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class JobHeartbeatPResponse(_message.Message):
    __slots__ = ("commands",)
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    commands: _containers.RepeatedCompositeFieldContainer[JobCommand]
    def __init__(self, commands: _Optional[_Iterable[_Union[JobCommand, _Mapping]]] = ...) -> None: ...

class RegisterJobWorkerPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RegisterJobWorkerPRequest(_message.Message):
    __slots__ = ("workerNetAddress", "options", "version")
    WORKERNETADDRESS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    workerNetAddress: _common_pb2.WorkerNetAddress
    options: RegisterJobWorkerPOptions
    version: _common_pb2.BuildVersion
    def __init__(self, workerNetAddress: _Optional[_Union[_common_pb2.WorkerNetAddress, _Mapping]] = ..., options: _Optional[_Union[RegisterJobWorkerPOptions, _Mapping]] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class RegisterJobWorkerPResponse(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class GetJobMasterIdPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetJobMasterIdPRequest(_message.Message):
    __slots__ = ("masterAddress", "options")
    MASTERADDRESS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    masterAddress: _common_pb2.NetAddress
    options: GetJobMasterIdPOptions
    def __init__(self, masterAddress: _Optional[_Union[_common_pb2.NetAddress, _Mapping]] = ..., options: _Optional[_Union[GetJobMasterIdPOptions, _Mapping]] = ...) -> None: ...

class GetJobMasterIdPResponse(_message.Message):
    __slots__ = ("masterId",)
    MASTERID_FIELD_NUMBER: _ClassVar[int]
    masterId: int
    def __init__(self, masterId: _Optional[int] = ...) -> None: ...

class RegisterJobMasterPOptions(_message.Message):
    __slots__ = ("startTimeMs", "losePrimacyTimeMs", "version")
    STARTTIMEMS_FIELD_NUMBER: _ClassVar[int]
    LOSEPRIMACYTIMEMS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    startTimeMs: int
    losePrimacyTimeMs: int
    version: _common_pb2.BuildVersion
    def __init__(self, startTimeMs: _Optional[int] = ..., losePrimacyTimeMs: _Optional[int] = ..., version: _Optional[_Union[_common_pb2.BuildVersion, _Mapping]] = ...) -> None: ...

class RegisterJobMasterPRequest(_message.Message):
    __slots__ = ("jobMasterId", "options")
    JOBMASTERID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    jobMasterId: int
    options: RegisterJobMasterPOptions
    def __init__(self, jobMasterId: _Optional[int] = ..., options: _Optional[_Union[RegisterJobMasterPOptions, _Mapping]] = ...) -> None: ...

class RegisterJobMasterPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JobMasterHeartbeatPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JobMasterHeartbeatPRequest(_message.Message):
    __slots__ = ("masterId", "options")
    MASTERID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    masterId: int
    options: JobMasterHeartbeatPOptions
    def __init__(self, masterId: _Optional[int] = ..., options: _Optional[_Union[JobMasterHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class JobMasterHeartbeatPResponse(_message.Message):
    __slots__ = ("command",)
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    command: JobMasterMetaCommand
    def __init__(self, command: _Optional[_Union[JobMasterMetaCommand, str]] = ...) -> None: ...
