"""Calls of this worker to the leading master, by one authenticated channel.

Two ways to call: `once` for what is repeated every second anyway, `call` for what a client waits for; the latter looks
for the leader again and resends, within the time that clients allow. The leader is asked for, or heard of from the
answers to heartbeats; a channel to a master that leads no more is closed, so that calls which hang in it end.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from pyalluxio.client.leader import LeaderFinder, is_unreachable
from pyalluxio.client.retry import RETRYABLE, Retry, RetryPolicy
from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel, ChannelOptions, Stream
from pyalluxio.wire.gen import block_master_pb2 as blocks_pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as files_pb
from pyalluxio.wire.gen import meta_master_pb2 as meta_pb
from pyalluxio.wire.methods import Method, method
from pyalluxio.worker.report_calls import BLOCKS, ReportCalls
from pyalluxio.worker.ufs_mounts import MountInfo

log = logging.getLogger(__name__)

FILES = "alluxio.grpc.file.FileSystemMasterWorkerService"
MASTERS = "alluxio.grpc.meta.MetaMasterClientService"
CONFIGURATION = "alluxio.grpc.meta.MetaMasterConfigurationService"

CALL_TIMEOUT_S = 60.0


class MasterLink(ReportCalls):
    """The leading master as this worker sees it; used from one event loop."""

    def __init__(self, finder: LeaderFinder, options: ChannelOptions, policy: RetryPolicy | None = None) -> None:
        self.finder = finder
        self._options = options
        self._policy = policy or RetryPolicy()
        self._channel: Channel | None = None
        self._retired: set[asyncio.Task[None]] = set()
        self._heard_of: str | None = None
        self.on_leader: Callable[[str], None] | None = None  # told when another master is called from now on

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
        await asyncio.gather(*self._retired, return_exceptions=True)

    async def leader(self) -> str:
        """Return the leader's address: the one heard of last, else the one that the finder finds."""
        return self._heard_of or await self.finder.leader()

    def lead_is(self, address: str) -> None:
        """A master said that it leads. Calls that wait for another one end with CANCELLED and are sent again."""
        if address != self._heard_of:
            log.info("The leading master is %s", address)
            self._heard_of = address
            self._channel_to(address)

    def _forget(self, address: str) -> None:
        if self._heard_of == address:
            self._heard_of = None
        self.finder.forget(address)

    async def once(self, rpc: Method, request: Any, timeout_s: float, *, authenticated: bool = True) -> Any:
        """Return the leader's answer to one attempt; after a failure the next one looks for the leader again."""
        address = await self.leader()
        try:
            return await self._channel_to(address).unary(rpc, request, timeout_s, authenticated=authenticated)
        except AlluxioError as error:
            if error.status in RETRYABLE:
                self._forget(address)
            raise

    async def open_stream(self, rpc: Method, deadline_s: float) -> Stream:
        address = await self.leader()
        try:
            return await self._channel_to(address).stream(rpc, deadline_s)
        except AlluxioError as error:
            if error.status in RETRYABLE:
                self._forget(address)
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
            if self.on_leader is not None:
                self.on_leader(address)
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

    async def master_addresses(self) -> list[str]:
        """Return the RPC addresses of the masters that the leader knows of, itself included."""
        rpc = method(MASTERS, "GetMasterInfo")
        request = rpc.request_class(filter=[meta_pb.MasterInfoField.MASTER_VERSION])
        reply = await self.once(rpc, request, CALL_TIMEOUT_S)
        addresses = [version.addresses for version in reply.masterInfo.masterVersions]
        return [f"{address.host}:{address.rpcPort}" for address in addresses if address.host and address.rpcPort]

    # --- this worker ------------------------------------------------------------------------------------------------

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
