"""The calls about mount points and whole under storages."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from pyalluxio import path as paths
from pyalluxio.conf import is_secret
from pyalluxio.errors import AlluxioError
from pyalluxio.journal.entries import UfsMode
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.metadata import Metadata, Wanted
from pyalluxio.master.ops import mount, mount_info, sync_points, unmount, update_mount, update_ufs_mode
from pyalluxio.master.ops.mount import MountRequest
from pyalluxio.master.ops.unmount import NotPersistedYet
from pyalluxio.master.path_times import Descendants
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

log = logging.getLogger(__name__)

SPACE_TIMEOUT_S = 5.0
UNMOUNT_WAIT_S = 10.0
UNMOUNT_POLL_S = 0.5

_MODES = {
    messages.NO_ACCESS: UfsMode.NO_ACCESS,
    messages.READ_ONLY: UfsMode.READ_ONLY,
    messages.READ_WRITE: UfsMode.READ_WRITE,
}


class MountCalls:
    """Part of `FileSystemMasterClientService`."""

    _master: FileSystemMaster
    _metadata: Metadata

    async def mount(self, request: Any, call: Call) -> Any:
        wanted = _mount_request(request, request.ufsPath, request.options.remount)
        await self._metadata.access(paths.parent(wanted.path), Wanted(), Descendants.ONE)
        await self._master.write_long_planned(
            call.user,
            (wanted.path,),
            lambda context: mount.plan(context, wanted),
            lambda context, results: mount.run(context, wanted, results),
        )
        self._metadata.absent.forget(wanted.path)
        return messages.MountPResponse()

    async def update_mount(self, request: Any, call: Call) -> Any:
        wanted = _mount_request(request, "", False)
        await self._master.write_planned(
            call.user,
            (wanted.path,),
            lambda context: update_mount.plan(context, wanted),
            lambda context, results: update_mount.run(context, wanted, results),
        )
        return messages.UpdateMountPResponse()

    async def unmount(self, request: Any, call: Call) -> Any:
        """Unmount, after a wait for files that are on their way into the under storage."""
        path = paths.parse(request.alluxioPath)
        end_s = asyncio.get_running_loop().time() + UNMOUNT_WAIT_S
        while True:
            try:
                await self._master.write_long(call.user, path, lambda context: unmount.run(context, path))
                return messages.UnmountPResponse()
            except NotPersistedYet:
                if asyncio.get_running_loop().time() >= end_s:
                    raise
            # Not under the lock: what is persisted gets its final name under a lock of its own.
            await asyncio.sleep(UNMOUNT_POLL_S)

    async def get_mount_table(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            mounts = mount_info.mount_table(context, is_secret)
        asks_storage = not request.HasField("checkUfs") or request.checkUfs
        points = await asyncio.gather(*(self._mount_point(info, asks_storage) for info in mounts))
        return messages.GetMountTablePResponse(
            mountPoints={info.path: point for info, point in zip(mounts, points, strict=True)}
        )

    async def _mount_point(self, info: MountInfo, asks_storage: bool) -> Any:
        point = messages.MountPointInfo(
            ufsUri=info.ufs_uri,
            ufsType="",
            readOnly=info.read_only,
            properties=dict(info.properties),
            shared=info.shared,
            mountId=info.mount_id,
            ufsCapacityBytes=-1,
            ufsUsedBytes=-1,
        )
        if asks_storage:
            try:
                ufs = self._master.under_storages.of_mount(info.mount_id)
                point.ufsType = ufs.type_name
                async with asyncio.timeout(SPACE_TIMEOUT_S):
                    point.ufsCapacityBytes, point.ufsUsedBytes = await ufs.space()
            except (AlluxioError, TimeoutError) as error:
                # The table is of most use when a storage is down: that one shows -1, "unknown", as in 2.9.
                log.warning("%s does not tell its space: %s", info.ufs_uri, error or "no answer in time")
        return point

    def reverse_resolve(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            return messages.ReverseResolvePResponse(alluxioPath=mount_info.reverse_resolve(context, request.ufsUri))

    def start_sync(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        with self._master.view(call.user) as context:
            sync_points.start(context, path)
        return messages.StartSyncPResponse()

    async def stop_sync(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        await self._master.write(call.user, lambda context: sync_points.stop(context, path), (path,))
        return messages.StopSyncPResponse()

    def get_sync_path_list(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            points = sync_points.listed(context)
        # Nobody watches them here, whatever the master did that made them.
        return messages.GetSyncPathListPResponse(
            syncPaths=[
                messages.SyncPointInfo(syncPointUri=path, syncStatus=messages.Not_Initially_Synced) for path in points
            ]
        )

    async def update_ufs_mode(self, request: Any, call: Call) -> Any:
        mode = _MODES[request.options.ufsMode] if request.options.HasField("ufsMode") else UfsMode.READ_WRITE
        await self._master.write(call.user, lambda context: update_ufs_mode.run(context, request.ufsPath, mode))
        return messages.UpdateUfsModePResponse()


def _mount_request(request: Any, ufs_uri: str, remount: bool) -> MountRequest:
    options = request.options
    return MountRequest(
        path=paths.parse(request.alluxioPath),
        ufs_uri=ufs_uri,
        read_only=options.readOnly,
        shared=options.shared,
        properties=dict(options.properties),
        remount=remount,
    )
