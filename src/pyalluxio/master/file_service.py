"""`FileSystemMasterClientService`: requests in, operations, responses out; no rules of its own."""

from __future__ import annotations

from typing import Any

from pyalluxio import path as paths
from pyalluxio.errors import InvalidPath
from pyalluxio.master import file_requests as requests
from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import create_directory, create_file, get_status
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"


class FileSystemMasterClientService:
    """What clients, shells and Hadoop ask of the namespace."""

    def __init__(self, master: FileSystemMaster) -> None:
        self._master = master

    # --- reading ---------------------------------------------------------------------------------------------------

    def get_status(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        with self._master.view(call.user) as context:
            info = get_status.run(context, path)
        return messages.GetStatusPResponse(fileInfo=file_info_message(info))

    def exists(self, request: Any, call: Call) -> Any:
        try:
            path = paths.parse(request.path)
        except InvalidPath:
            return messages.ExistsPResponse(exists=False)
        with self._master.view(call.user) as context:
            return messages.ExistsPResponse(exists=get_status.exists(context, path))

    def get_file_path(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            return messages.GetFilePathPResponse(path=get_status.file_path(context, request.fileId))

    # --- creating --------------------------------------------------------------------------------------------------

    async def create_file(self, request: Any, call: Call) -> Any:
        wanted = requests.create_file_request(request)
        info = await self._master.write_planned(
            call.user,
            (wanted.path,),
            lambda context: create_file.plan(context, wanted),
            lambda context, results: create_file.run(context, wanted, results),
        )
        return messages.CreateFilePResponse(fileInfo=file_info_message(info))

    async def create_directory(self, request: Any, call: Call) -> Any:
        wanted = requests.create_directory_request(request)
        await self._master.write_planned(
            call.user,
            (wanted.path,),
            lambda context: create_directory.plan(context, wanted),
            lambda context, results: create_directory.run(context, wanted, results),
        )
        return messages.CreateDirectoryPResponse()
