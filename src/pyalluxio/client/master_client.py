"""Calls to the leading master: one retry loop around every RPC, and one method for each that a client needs.

A channel is kept per leader and used by all callers. When the leader changes, the old channel is closed after its
last call has ended, since closing it earlier would cancel the calls of others.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pyalluxio.client import file_info as info
from pyalluxio.client.leader import LeaderFinder, is_unreachable
from pyalluxio.client.retry import Retry, RetryPolicy
from pyalluxio.errors import AlluxioError, Status, Unavailable
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import file_system_master_pb2 as pb
from pyalluxio.wire.methods import Method, method

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

log = logging.getLogger(__name__)

FILES = "alluxio.grpc.file.FileSystemMasterClientService"
BLOCKS = "alluxio.grpc.block.BlockMasterClientService"
CONFIGURATION = "alluxio.grpc.meta.MetaMasterConfigurationService"

# Official clients set no deadline; a recursive delete may take minutes. Keepalive finds dead masters much earlier.
CALL_DEADLINE_S = 600.0

# A leader that was paused or cut off answers nothing and breaks no connection, so keepalive takes a minute to notice.
# The other masters know within a second or two: a call without an answer for this long asks them. A leader that answers
# such a question itself is only busy with the call, and is asked less and less often; while nobody leads, soon again.
SUSPECT_AFTER_S = 1.0
SUSPECT_AGAIN_MAX_S = 10.0
LOOK_AGAIN_S = 0.05


class _Lease:
    """A channel and the number of calls on it."""

    __slots__ = ("channel", "is_retired", "users")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.users = 0
        self.is_retired = False


class MasterClient:
    """The leading master's services; safe for many tasks of one event loop."""

    def __init__(
        self,
        finder: LeaderFinder,
        options: ChannelOptions,
        policy: RetryPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
        suspect_after_s: float = SUSPECT_AFTER_S,
    ) -> None:
        self.suspect_after_s = suspect_after_s
        self.finder = finder
        self.policy = policy or RetryPolicy()
        self._options = options
        self._clock = clock
        self._chance = chance or random.Random()
        self._lease: _Lease | None = None
        self._is_closed = False

    @classmethod
    def of(
        cls,
        configuration: Configuration,
        addresses: Sequence[str],
        options: ChannelOptions,
        *,
        unreachable_max_ms: int | None = None,
    ) -> MasterClient:
        """Return a client of the masters at `addresses` with the retry bounds of the configuration."""
        policy = RetryPolicy(
            base_ms=configuration.duration_ms("alluxio.user.rpc.retry.base.sleep"),
            sleep_max_ms=configuration.duration_ms("alluxio.user.rpc.retry.max.sleep"),
            duration_max_ms=configuration.duration_ms("alluxio.user.rpc.retry.max.duration"),
            unreachable_max_ms=unreachable_max_ms,
        )
        return cls(LeaderFinder.of(configuration, addresses, options), options, policy)

    async def close(self) -> None:
        """Hang up; calls in flight end."""
        self._is_closed = True
        if self._lease is not None:
            await self._lease.channel.close()
            self._lease = None
        await self.finder.close()

    # --- the loop ---------------------------------------------------------------------------------------------------

    def retry(self) -> Retry:
        """Return a fresh retry for one call."""
        return Retry(self.policy, self._clock, self._chance)

    async def call(
        self,
        rpc: Method,
        request: Any,
        *,
        authenticated: bool = True,
        before_resend: Callable[[], Awaitable[Any | None]] | None = None,
    ) -> Any:
        """Return the leader's answer; finds the leader again and resends as `retry` allows.

        `before_resend` is for calls that may not happen twice: it is asked after a failure whether the effect is there
        already, and what it returns, unless None, is the answer.
        """
        retry = self.retry()
        while True:
            address = None
            try:
                address = await self.finder.leader()
                lease = await self._acquire(address)
                try:
                    return await self._unary(lease, rpc, request, authenticated)
                finally:
                    await self._release(lease)
            except AlluxioError as error:
                await self._wait_or_raise(retry, error, address)
            if before_resend is not None:
                answer = await before_resend()
                if answer is not None:
                    return answer

    async def _unary(self, lease: _Lease, rpc: Method, request: Any, authenticated: bool) -> Any:
        """Make the call; give it up when the answer does not come and another master leads by now."""
        answer = lease.channel.unary(rpc, request, CALL_DEADLINE_S, authenticated=authenticated)
        return await self._watched(answer, lease.channel.address, rpc.name)

    async def _pages(self, lease: _Lease, rpc: Method, request: Any) -> AsyncIterator[Any]:
        """Yield the messages of a stream, each of them waited for like an answer."""
        address = lease.channel.address
        pages = lease.channel.server_stream(rpc, request, CALL_DEADLINE_S)
        try:
            while (page := await self._watched(anext(pages, None), address, rpc.name)) is not None:
                yield page
        finally:
            await pages.aclose()  # type: ignore[attr-defined]

    async def _watched(self, answer: Awaitable[Any], address: str, name: str) -> Any:
        """Return the answer of the master at `address`.

        Raises:   Unavailable: the answer does not come, and by now another master leads.
        """
        if len(self.finder.addresses) == 1:
            return await answer
        call = asyncio.ensure_future(answer)
        wait_s = again_s = self.suspect_after_s
        try:
            while not (await asyncio.wait({call}, timeout=wait_s))[0]:
                is_still = await self.finder.is_still(address)
                if is_still is False:
                    raise Unavailable(f"{address} did not answer {name}, and leads no more.")
                again_s = min(SUSPECT_AGAIN_MAX_S, again_s * 2) if is_still else self.suspect_after_s
                wait_s = again_s if is_still else self._chance.uniform(LOOK_AGAIN_S, 2 * LOOK_AGAIN_S)
            return call.result()
        finally:
            if not call.done():
                call.cancel()
                # A stream may not be closed while somebody still waits for its next message.
                await asyncio.wait({call})

    async def _wait_or_raise(self, retry: Retry, error: AlluxioError, address: str | None) -> None:
        delay_s = retry.delay_s(error, unreachable=is_unreachable(error))
        if delay_s is None:
            if error.status is not Status.UNAVAILABLE or retry.attempts == 1:
                raise error
            raise _final(error, retry) from error
        log.debug("Attempt %d failed, next in %.2f s: %s", retry.attempts, delay_s, error)
        if address is not None:
            self.finder.forget(address)
        await asyncio.sleep(delay_s)

    async def _acquire(self, address: str) -> _Lease:
        if self._is_closed:
            raise AlluxioError("This file system client is closed.")
        lease = self._lease
        if lease is None or lease.channel.address != address:
            self._lease = _Lease(Channel(address, self._options))
            if lease is not None:
                lease.is_retired = True
                if lease.users == 0:
                    await lease.channel.close()
            lease = self._lease
        lease.users += 1
        return lease

    async def _release(self, lease: _Lease) -> None:
        lease.users -= 1
        if lease.is_retired and lease.users == 0:
            await lease.channel.close()

    # --- names ------------------------------------------------------------------------------------------------------

    async def get_status(self, path: str, options: Any) -> info.FileInfo:
        """Return the status of a path."""
        reply = await self.call(method(FILES, "GetStatus"), pb.GetStatusPRequest(path=path, options=options))
        return info.file_info(reply.fileInfo)

    async def exists(self, path: str, options: Any) -> bool:
        """Say whether a path exists."""
        reply = await self.call(method(FILES, "Exists"), pb.ExistsPRequest(path=path, options=options))
        return bool(reply.exists)

    async def list_status(self, path: str, options: Any) -> AsyncIterator[info.FileInfo]:
        """Yield the children of a directory as they arrive, or a file itself.

        After a failure the listing is asked for again, and what was yielded already is passed over. That needs names in
        order, as Python masters send them; with a master that has another order a failure after the first file is
        raised, since the caller has seen a part.
        """
        rpc, request = method(FILES, "ListStatus"), pb.ListStatusPRequest(path=path, options=options)
        retry = self.retry()
        yielded = _Yielded()
        while True:
            address = None
            yielded.start_again()
            try:
                address = await self.finder.leader()
                lease = await self._acquire(address)
                pages = self._pages(lease, rpc, request)
                try:
                    async for page in pages:
                        for message in page.fileInfos:
                            if yielded.is_new(message.path):
                                yield info.file_info(message)
                    return
                finally:
                    await pages.aclose()  # type: ignore[attr-defined]
                    await self._release(lease)
            except AlluxioError as error:
                if not yielded.can_go_on:
                    raise
                await self._wait_or_raise(retry, error, address)

    async def list_status_partial(
        self,
        path: str,
        options: Any,
        *,
        offset_id: int | None = None,
        start_after: str | None = None,
        offset_count: int | None = None,
        batch_size: int | None = None,
        prefix: str | None = None,
    ) -> tuple[list[info.FileInfo], bool, int]:
        """Return one page of a listing.

        Returns:  (files, more remain, direct children; -1 if recursive)
        """
        partial = pb.ListStatusPartialPOptions(options=options)
        if offset_id is not None:
            partial.offsetId = offset_id
        elif start_after is not None:
            partial.startAfter = start_after
        elif offset_count is not None:
            partial.offsetCount = offset_count
        if batch_size is not None:
            partial.batchSize = batch_size
        if prefix is not None:
            partial.prefix = prefix
        request = pb.ListStatusPartialPRequest(path=path, options=partial)
        reply = await self.call(method(FILES, "ListStatusPartial"), request)
        return [info.file_info(message) for message in reply.fileInfos], reply.isTruncated, reply.fileCount

    async def create_file(self, path: str, options: Any) -> info.FileInfo:
        """Create an incomplete file."""
        reply = await self.call(method(FILES, "CreateFile"), pb.CreateFilePRequest(path=path, options=options))
        return info.file_info(reply.fileInfo)

    async def new_block_id(self, path: str, block_count: int) -> int:
        """Append a block to an incomplete file that has `block_count` of them, and return its id.

        The call carries no operation id, so after a lost answer the file itself is asked whether the block was added;
        a second one would leave a hole that no writer fills.
        """

        async def already_added() -> pb.GetNewBlockIdForFilePResponse | None:
            status = await self.get_status(path, pb.GetStatusPOptions(loadMetadataType=pb.NEVER))
            if len(status.block_ids) <= block_count:
                return None
            return pb.GetNewBlockIdForFilePResponse(id=status.block_ids[block_count])

        request = pb.GetNewBlockIdForFilePRequest(path=path, options=pb.GetNewBlockIdForFilePOptions())
        reply = await self.call(method(FILES, "GetNewBlockIdForFile"), request, before_resend=already_added)
        return int(reply.id)

    async def complete_file(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "CompleteFile"), pb.CompleteFilePRequest(path=path, options=options))

    async def create_directory(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "CreateDirectory"), pb.CreateDirectoryPRequest(path=path, options=options))

    async def delete(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "Remove"), pb.DeletePRequest(path=path, options=options))

    async def rename(self, source: str, target: str, options: Any) -> None:
        await self.call(method(FILES, "Rename"), pb.RenamePRequest(path=source, dstPath=target, options=options))

    async def set_attribute(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "SetAttribute"), pb.SetAttributePRequest(path=path, options=options))

    async def set_acl(self, path: str, action: Any, entries: Sequence[Any], options: Any) -> None:
        request = pb.SetAclPRequest(path=path, action=action, entries=entries, options=options)
        await self.call(method(FILES, "SetAcl"), request)

    async def check_access(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "CheckAccess"), pb.CheckAccessPRequest(path=path, options=options))

    async def free(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "Free"), pb.FreePRequest(path=path, options=options))

    async def schedule_persistence(self, path: str, options: Any) -> None:
        request = pb.ScheduleAsyncPersistencePRequest(path=path, options=options)
        await self.call(method(FILES, "ScheduleAsyncPersistence"), request)

    async def mount(self, path: str, ufs_uri: str, options: Any) -> None:
        """Mount; after a lost answer the mount table tells whether it is done, since masters refuse a second mount."""

        async def already_mounted() -> pb.MountPResponse | None:
            found = (await self.mount_table(check_ufs=False)).get(path)
            return pb.MountPResponse() if found and found.ufs_uri.rstrip("/") == ufs_uri.rstrip("/") else None

        request = pb.MountPRequest(alluxioPath=path, ufsPath=ufs_uri, options=options)
        await self.call(method(FILES, "Mount"), request, before_resend=already_mounted)

    async def unmount(self, path: str, options: Any) -> None:
        """Unmount; after a lost answer the mount table tells whether it is done."""

        async def already_gone() -> pb.UnmountPResponse | None:
            return None if path in await self.mount_table(check_ufs=False) else pb.UnmountPResponse()

        request = pb.UnmountPRequest(alluxioPath=path, options=options)
        await self.call(method(FILES, "Unmount"), request, before_resend=already_gone)

    async def update_mount(self, path: str, options: Any) -> None:
        await self.call(method(FILES, "UpdateMount"), pb.UpdateMountPRequest(alluxioPath=path, options=options))

    async def mount_table(self, check_ufs: bool = True) -> dict[str, info.MountPoint]:
        """Return the mount points by path; without `check_ufs` types and sizes stay unknown."""
        reply = await self.call(method(FILES, "GetMountTable"), pb.GetMountTablePRequest(checkUfs=check_ufs))
        return {path: info.mount_point(path, found) for path, found in sorted(reply.mountPoints.items())}

    async def reverse_resolve(self, ufs_uri: str) -> str:
        reply = await self.call(method(FILES, "ReverseResolve"), pb.ReverseResolvePRequest(ufsUri=ufs_uri))
        return str(reply.alluxioPath)

    async def file_path(self, file_id: int) -> str:
        reply = await self.call(method(FILES, "GetFilePath"), pb.GetFilePathPRequest(fileId=file_id))
        return str(reply.path)

    # --- blocks and workers -----------------------------------------------------------------------------------------

    async def block_info(self, block_id: int) -> info.BlockInfo:
        """Return where a block is now."""
        from pyalluxio.wire.gen import block_master_pb2

        request = block_master_pb2.GetBlockInfoPRequest(blockId=block_id)
        reply = await self.call(method(BLOCKS, "GetBlockInfo"), request)
        return info.block_info(reply.blockInfo)

    async def workers(self) -> list[info.WorkerInfo]:
        """Return the live workers."""
        from pyalluxio.wire.gen import block_master_pb2

        request = block_master_pb2.GetWorkerInfoListPOptions()
        reply = await self.call(method(BLOCKS, "GetWorkerInfoList"), request)
        return [info.worker_info(message) for message in reply.workerInfos]

    # --- configuration ----------------------------------------------------------------------------------------------

    async def advice(self, *, cluster: bool, paths: bool) -> Advice:
        """Return what the leader hands to its clients: defaults of the cluster, defaults of paths, or both."""
        from pyalluxio.wire.gen import meta_master_pb2

        request = meta_master_pb2.GetConfigurationPOptions(
            rawValue=True, ignoreClusterConf=not cluster, ignorePathConf=not paths
        )
        reply = await self.call(method(CONFIGURATION, "GetConfiguration"), request, authenticated=False)
        return Advice(
            [(found.name, found.value, found.source) for found in reply.clusterConfigs if found.HasField("value")],
            {
                path: {found.name: found.value for found in listed.properties}
                for path, listed in reply.pathConfigs.items()
            },
        )


class Advice(NamedTuple):
    """Defaults that the leader gives: (name, value, source) of the cluster, {path: {name: value}}; unresolved."""

    cluster: list[tuple[str, str, str]]
    paths: dict[str, dict[str, str]]


class _Yielded:
    """How far a listing has come, as long as its paths come in order, parents first."""

    def __init__(self) -> None:
        self.can_go_on = True
        self._last: list[str] | None = None
        self._until: list[str] | None = None

    def start_again(self) -> None:
        self._until = self._last

    def is_new(self, path: str) -> bool:
        """Note a path; say whether it has not been yielded before."""
        key = path.split("/")
        if self._until is not None and key <= self._until:
            return False
        if self._last is not None and key <= self._last:
            self.can_go_on = False
        self._last = key
        return True


def _final(error: AlluxioError, retry: Retry) -> AlluxioError:
    seconds = retry.policy.duration_max_ms / 1000 - retry.remaining_s()
    return Unavailable(f"Failed after {retry.attempts} attempts in {seconds:.0f} s: {error}")
