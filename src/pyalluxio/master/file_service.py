"""`FileSystemMasterClientService`: requests in, operations, responses out; no rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pyalluxio import path as paths
from pyalluxio.errors import InvalidPath
from pyalluxio.master import file_requests as requests
from pyalluxio.master.attribute_calls import AttributeCalls
from pyalluxio.master.file_messages import bits_of, file_info_message
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.mount_calls import MountCalls
from pyalluxio.master.ops import (
    check_access,
    complete_file,
    create_directory,
    create_file,
    get_new_block_id,
    get_status,
    list_status,
    rename,
)
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"


class FileSystemMasterClientService(AttributeCalls, MountCalls):
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

    async def list_status(self, request: Any, call: Call) -> AsyncIterator[Any]:
        wanted = requests.list_request(request)
        if request.options.loadMetadataOnly:
            return
        cursor: list_status.Cursor | None = None
        while True:
            with self._master.view(call.user) as context:
                page = list_status.page(context, wanted, cursor)
            if page.infos:
                yield messages.ListStatusPResponse(fileInfos=[file_info_message(info) for info in page.infos])
            if page.cursor is None:
                return
            cursor = page.cursor

    async def list_status_partial(self, request: Any, call: Call) -> Any:
        wanted = requests.partial_list_request(request)
        with self._master.view(call.user) as context:
            found = list_status.partial(context, wanted)
        return messages.ListStatusPartialPResponse(
            fileInfos=[file_info_message(info) for info in found.infos],
            isTruncated=found.is_truncated,
            fileCount=found.file_count,
        )

    def check_access(self, request: Any, call: Call) -> Any:
        path, bits = paths.parse(request.path), bits_of(request.options.bits)
        with self._master.view(call.user) as context:
            check_access.run(context, path, bits)
        return messages.CheckAccessPResponse()

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
        await self._master.write_planned(
            call.user,
            (wanted.path, wanted.new_path),
            lambda context: rename.plan(context, wanted),
            lambda context, results: rename.run(context, wanted, results),
        )
        return messages.RenamePResponse()

    async def remove(self, request: Any, call: Call) -> Any:
        wanted = requests.delete_request(request)
        await self._master.delete(call.user, wanted)
        return messages.DeletePResponse()
