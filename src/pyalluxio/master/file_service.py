"""`FileSystemMasterClientService`: requests in, operations, responses out; no rules of its own."""

from __future__ import annotations

from typing import Any

from pyalluxio import path as paths
from pyalluxio.master import file_requests as requests
from pyalluxio.master.attribute_calls import AttributeCalls
from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.info_bytes import InfoBytes
from pyalluxio.master.metadata import Metadata
from pyalluxio.master.mount_calls import MountCalls
from pyalluxio.master.ops import complete_file, get_new_block_id
from pyalluxio.master.path_times import Descendants
from pyalluxio.master.read_calls import ReadCalls
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"


class FileSystemMasterClientService(ReadCalls, AttributeCalls, MountCalls):
    """What clients, shells and Hadoop ask of the namespace."""

    def __init__(self, master: FileSystemMaster, metadata: Metadata, infos: InfoBytes) -> None:
        self._master = master
        self._metadata = metadata
        self._infos = infos

    async def _sync(self, request: Any, path: str, descendants: Descendants = Descendants.ONE) -> None:
        await self._metadata.access(path, requests.metadata_wanted(request.options.commonOptions), descendants)

    # --- creating --------------------------------------------------------------------------------------------------

    async def create_file(self, request: Any, call: Call) -> Any:
        wanted = requests.create_file_request(request)
        await self._sync(request, wanted.path)
        info = await self._master.change(call.user, wanted)
        self._metadata.absent.forget(wanted.path)
        return messages.CreateFilePResponse(fileInfo=file_info_message(info))

    async def create_directory(self, request: Any, call: Call) -> Any:
        wanted = requests.create_directory_request(request)
        await self._sync(request, wanted.path)
        await self._master.change(call.user, wanted)
        self._metadata.absent.forget(wanted.path)
        return messages.CreateDirectoryPResponse()

    async def get_new_block_id_for_file(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        block_id = await self._master.write(call.user, lambda context: get_new_block_id.run(context, path), (path,))
        return messages.GetNewBlockIdForFilePResponse(id=block_id)

    async def complete_file(self, request: Any, call: Call) -> Any:
        wanted = requests.complete_file_request(request)
        await self._master.write_planned(
            call.user,
            (wanted.path,),
            lambda context: complete_file.plan(context, wanted),
            lambda context, results: complete_file.run(context, wanted, results),
        )
        return messages.CompleteFilePResponse()

    # --- moving and removing ---------------------------------------------------------------------------------------

    async def rename(self, request: Any, call: Call) -> Any:
        wanted = requests.rename_request(request)
        await self._sync(request, wanted.path)
        await self._sync(request, wanted.new_path)
        await self._master.change(call.user, wanted)
        self._metadata.absent.moved_to(wanted.new_path)
        return messages.RenamePResponse()

    async def remove(self, request: Any, call: Call) -> Any:
        wanted = requests.delete_request(request)
        if not wanted.alluxio_only:
            await self._sync(request, wanted.path, Descendants.ALL if wanted.recursive else Descendants.ONE)
        await self._master.change(call.user, wanted)
        return messages.DeletePResponse()
