"""Calls of this worker to the leading master, by one authenticated channel.

Two ways to call: `once` for what is repeated every second anyway, `call` for what a client waits for; the latter looks
for the leader again and resends, within the time that clients allow.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable, Mapping
from typing import Any

from pyalluxio.client.leader import LeaderFinder, is_unreachable
from pyalluxio.client.retry import RETRYABLE, Retry, RetryPolicy
from pyalluxio.errors import AlluxioError, Unavailable
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_master_pb2 as blocks_pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as files_pb
from pyalluxio.wire.methods import Method, method
from pyalluxio.worker.ufs_mounts import MountInfo

log = logging.getLogger(__name__)

BLOCKS = "alluxio.grpc.block.BlockMasterWorkerService"
FILES = "alluxio.grpc.file.FileSystemMasterWorkerService"
CONFIGURATION = "alluxio.grpc.meta.MetaMasterConfigurationService"

CALL_TIMEOUT_S = 60.0
REGISTER_ACKNOWLEDGED_TIMEOUT_S = 600.0


class MasterLink:
    """The leading master as this worker sees it; used from one event loop."""

    def __init__(self, finder: LeaderFinder, options: ChannelOptions, policy: RetryPolicy | None = None) -> None:
        self.finder = finder
        self._options = options
        self._policy = policy or RetryPolicy()
        self._channel: Channel | None = None
        self._retired: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
        await asyncio.gather(*self._retired, return_exceptions=True)

    async def once(self, rpc: Method, request: Any, timeout_s: float, *, authenticated: bool = True) -> Any:
        """Return the leader's answer to one attempt; after a failure the next one looks for the leader again."""
        address = await self.finder.leader()
        try:
            return await self._channel_to(address).unary(rpc, request, timeout_s, authenticated=authenticated)
        except AlluxioError as error:
            if error.status in RETRYABLE:
                self.finder.forget(address)
            raise

    async def call(self, rpc: Method, request: Any, timeout_s: float = CALL_TIMEOUT_S) -> Any:
        """Return the leader's answer, through fail-overs, within the policy's time."""
        retry = Retry(self._policy, time.monotonic, random.Random())
        while True:
            try:
                return await self.once(rpc, request, timeout_s)
            except AlluxioError as error:
                delay_s = retry.delay_s(error, unreachable=is_unreachable(error))
                if delay_s is None:
                    raise
                log.debug("%s failed, next attempt in %.2f s: %s", rpc.name, delay_s, error)
                await asyncio.sleep(delay_s)

    def _channel_to(self, address: str) -> Channel:
        channel = self._channel
        if channel is None or channel.address != address:
            self._channel = Channel(address, self._options)
            if channel is not None:
                # Calls that are still on it end with CANCELLED, and whoever waits for them asks the new leader.
                closing = asyncio.create_task(channel.close())
                self._retired.add(closing)
                closing.add_done_callback(self._retired.discard)
            channel = self._channel
        return channel

    # --- configuration ----------------------------------------------------------------------------------------------

    async def cluster_defaults(self, timeout_s: float) -> list[tuple[str, str, str]]:
        """Return (name, raw value, source) of every property that the leader advises."""
        rpc = method(CONFIGURATION, "GetConfiguration")
        request = rpc.request_class(rawValue=True, ignorePathConf=True)
        reply = await self.once(rpc, request, timeout_s, authenticated=False)
        return [(item.name, item.value, item.source) for item in reply.clusterConfigs]

    # --- this worker ------------------------------------------------------------------------------------------------

    async def worker_id(self, address: Any, timeout_s: float) -> int:
        request = blocks_pb.GetWorkerIdPRequest(workerNetAddress=address)
        reply = await self.once(method(BLOCKS, "GetWorkerId"), request, timeout_s)
        return int(reply.workerId)

    async def request_lease(self, worker_id: int, block_count: int, timeout_s: float) -> bool:
        """Say whether this worker may register now."""
        request = blocks_pb.GetRegisterLeasePRequest(workerId=worker_id, blockCount=block_count)
        reply = await self.once(method(BLOCKS, "RequestRegisterLease"), request, timeout_s)
        return bool(reply.allowed)

    async def register(self, messages: Iterable[Any], deadline_s: float) -> None:
        """Register by a stream: one message, one acknowledgement, and so on."""
        address = await self.finder.leader()
        try:
            stream = await self._channel_to(address).stream(method(BLOCKS, "RegisterWorkerStream"), deadline_s)
            try:
                for message in messages:
                    await stream.write(message)
                    async with asyncio.timeout(REGISTER_ACKNOWLEDGED_TIMEOUT_S):
                        if await stream.read() is None:
                            raise Unavailable(f"{address} ended the registration before everything was told.")
                await stream.done_writing()
                while await stream.read() is not None:
                    pass
            finally:
                stream.cancel()
        except TimeoutError:
            raise Unavailable(f"{address} did not acknowledge a part of the registration.") from None
        except AlluxioError as error:
            if error.status in RETRYABLE:
                self.finder.forget(address)
            raise

    async def heartbeat(self, request: Any, timeout_s: float) -> Any:
        """Return the master's command."""
        reply = await self.once(method(BLOCKS, "BlockHeartbeat"), request, timeout_s)
        return reply.command

    async def commit_block(
        self, worker_id: int, block_id: int, length_bytes: int, tier_alias: str, medium: str, used_bytes: int
    ) -> None:
        """Tell the master of a block; `used_bytes` of the whole tier."""
        request = blocks_pb.CommitBlockPRequest(
            workerId=worker_id,
            usedBytesOnTier=used_bytes,
            tierAlias=tier_alias,
            blockId=block_id,
            length=length_bytes,
            mediumType=medium,
        )
        await self.call(method(BLOCKS, "CommitBlock"), request)

    async def commit_block_in_ufs(self, block_id: int, length_bytes: int) -> None:
        request = blocks_pb.CommitBlockInUfsPRequest(blockId=block_id, length=length_bytes)
        await self.call(method(BLOCKS, "CommitBlockInUfs"), request)

    # --- files ------------------------------------------------------------------------------------------------------

    async def pinned_file_ids(self, timeout_s: float) -> list[int]:
        reply = await self.once(method(FILES, "GetPinnedFileIds"), files_pb.GetPinnedFileIdsPRequest(), timeout_s)
        return list(reply.pinnedFileIds)

    async def mount_info(self, mount_id: int) -> MountInfo:
        reply = await self.call(method(FILES, "GetUfsInfo"), files_pb.GetUfsInfoPRequest(mountId=mount_id))
        return MountInfo(reply.ufsInfo.uri, dict(reply.ufsInfo.properties.properties))

    async def file_info(self, file_id: int) -> Any:
        """Return the FileInfo message of a file. Raises NotFound: it was deleted."""
        reply = await self.call(method(FILES, "GetFileInfo"), files_pb.GetFileInfoPRequest(fileId=file_id))
        return reply.fileInfo

    async def files_to_persist(
        self, worker_id: int, persisted: Mapping[int, str], timeout_s: float
    ) -> list[tuple[int, list[int]]]:
        """Report persisted files (id -> fingerprint); return (file id, block ids) of those to persist next."""
        request = files_pb.FileSystemHeartbeatPRequest(
            workerId=worker_id,
            persistedFiles=list(persisted),
            options=files_pb.FileSystemHeartbeatPOptions(persistedFileFingerprints=list(persisted.values())),
        )
        reply = await self.once(method(FILES, "FileSystemHeartbeat"), request, timeout_s)
        if reply.command.commandType != common_pb2.Persist:
            return []
        files = reply.command.commandOptions.persistOptions.persistFiles
        return [(item.fileId, list(item.blockIds)) for item in files]
