"""`FileSystemMasterWorkerService` and the job service's twin: what workers ask of the namespace."""

from __future__ import annotations

from typing import Any

from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import get_status
from pyalluxio.master.persistence import Persistence
from pyalluxio.master.state.tx import PINNED, TO_BE_PERSISTED
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.file.FileSystemMasterWorkerService"
JOB_SERVICE = "alluxio.grpc.file.FileSystemMasterJobService"


class FileSystemMasterWorkerService:
    """Pins, mounts and files for workers; orders to persist for those that can."""

    def __init__(self, master: FileSystemMaster, persistence: Persistence) -> None:
        self._master = master
        self._persistence = persistence

    def get_pinned_file_ids(self, request: Any, call: Call) -> Any:
        """Answer the files whose blocks must not be evicted: pinned ones, and those still to be persisted."""
        with self._master.view(call.user) as context:
            ids = {file_id for file_id, _ in context.tx.scan(PINNED)}
            ids.update(file_id for file_id, _ in context.tx.scan(TO_BE_PERSISTED))
        return messages.GetPinnedFileIdsPResponse(pinnedFileIds=sorted(ids))

    def get_file_info(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            info = get_status.by_id(context, request.fileId)
        return messages.GetFileInfoPResponse(fileInfo=file_info_message(info))

    def get_ufs_info(self, request: Any, call: Call) -> Any:
        """Answer where a mount leads, with its credentials; an unknown id gets an empty answer, as in 2.9."""
        with self._master.view(call.user) as context:
            mount = context.mounts.by_id(request.mountId)
        if mount is None:
            return messages.GetUfsInfoPResponse(ufsInfo=messages.UfsInfo())
        options = messages.MountPOptions(
            readOnly=mount.read_only, shared=mount.shared, properties=dict(mount.properties)
        )
        return messages.GetUfsInfoPResponse(ufsInfo=messages.UfsInfo(uri=mount.ufs_uri, properties=options))

    async def file_system_heartbeat(self, request: Any, call: Call) -> Any:
        fingerprints = list(request.options.persistedFileFingerprints)
        if len(fingerprints) != len(request.persistedFiles):
            fingerprints = [""] * len(request.persistedFiles)
        persisted = dict(zip(request.persistedFiles, fingerprints, strict=True))
        orders = await self._persistence.heartbeat(request.workerId, persisted)
        files = [messages.PersistFile(fileId=file_id, blockIds=blocks) for file_id, blocks in orders]
        return messages.FileSystemHeartbeatPResponse(
            command=messages.FileSystemCommand(
                commandType=common_pb2.Persist,
                commandOptions=messages.FileSystemCommandOptions(
                    persistOptions=messages.PersistCommandOptions(persistFiles=files)
                ),
            )
        )


class FileSystemMasterJobService:
    """The two questions that job workers ask; answered as for workers."""

    def __init__(self, workers: FileSystemMasterWorkerService) -> None:
        self.get_file_info = workers.get_file_info
        self.get_ufs_info = workers.get_ufs_info
