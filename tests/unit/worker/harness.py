"""A worker's RPC port without a master: commits are noted, mounts are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.methods import method
from pyalluxio.wire.server import GRPCIO, Server
from pyalluxio.worker.cache_requests import CacheRequests
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import ReadStreams
from pyalluxio.worker.service import SERVICE, BlockWorkerService
from pyalluxio.worker.short_circuit import ShortCircuit
from pyalluxio.worker.store import CommittedBlock, DirectorySpec
from pyalluxio.worker.tier_config import TierDirectory
from pyalluxio.worker.ufs_mounts import MountInfo, UfsMounts
from pyalluxio.worker.write_stream import WriteStreams

MOUNT_ID = 1


@dataclass
class WorkerUnderTest:
    """The worker, a channel to it, and what it told its master."""

    blocks: LocalBlocks
    metrics: WorkerMetrics
    folder: Path
    ufs: Path
    server: Server
    channel: Channel
    committed: dict[int, int] = field(default_factory=dict)
    committed_in_ufs: dict[int, int] = field(default_factory=dict)
    commit_error: AlluxioError | None = None

    async def commit(self, block: CommittedBlock) -> None:
        if self.commit_error is not None:
            raise self.commit_error
        self.committed[block.block_id] = block.length_bytes

    async def commit_in_ufs(self, block_id: int, length: int) -> None:
        self.committed_in_ufs[block_id] = length

    async def stream(self, name: str) -> Any:
        return await self.channel.stream(method(SERVICE, name), 30)

    async def unary(self, name: str, request: Any) -> Any:
        return await self.channel.unary(method(SERVICE, name), request, 30)

    async def write_block(self, block_id: int, data: bytes, chunk: int = 1 << 20, **command: Any) -> None:
        stream = await self.stream("WriteBlock")
        command.setdefault("space_to_reserve", 1024)
        await stream.write(pb.WriteRequest(command=pb.WriteRequestCommand(id=block_id, **command)))
        for start in range(0, len(data), chunk):
            await stream.write(pb.WriteRequest(chunk=pb.Chunk(data=data[start : start + chunk])))
        await stream.done_writing()
        assert await stream.read() is None

    async def read_block(self, block_id: int, offset: int, length: int, chunk: int = 1 << 20, **options: Any) -> bytes:
        """Read as official clients do: every chunk is acknowledged."""
        request = pb.ReadRequest(block_id=block_id, offset=offset, length=length, chunk_size=chunk)
        if options:
            options.setdefault("mountId", MOUNT_ID)
            for name, value in options.items():
                setattr(request.open_ufs_block_options, name, value)
        stream = await self.stream("ReadBlock")
        await stream.write(request)
        parts = []
        position = offset
        while position < offset + length:
            response = await stream.read()
            if response is None:
                break
            assert response.chunk.data, "an empty chunk confuses clients"
            parts.append(response.chunk.data)
            position += len(response.chunk.data)
            request.offset_received = position
            await stream.write_unless_ended(request)
        await stream.done_writing()
        assert await stream.read() is None
        return b"".join(parts)


@asynccontextmanager
async def running_worker(
    tmp_path: Path, capacity: int = 64 << 20, own_hosts: frozenset[str] = frozenset({"here"}), name: str = "tier"
) -> AsyncIterator[WorkerUnderTest]:
    folder, store = tmp_path / name / "alluxioworker", tmp_path / "ufs"
    store.mkdir(exist_ok=True)
    blocks = LocalBlocks.open(
        [TierDirectory(DirectorySpec(0, "MEM", "MEM", capacity), str(folder))], ".tmp_blocks", 1024
    )
    metrics = WorkerMetrics()
    worker: WorkerUnderTest

    async def commit(block: CommittedBlock) -> None:
        await worker.commit(block)

    async def commit_in_ufs(block_id: int, length: int) -> None:
        await worker.commit_in_ufs(block_id, length)

    async def mount_info(mount_id: int) -> MountInfo:
        return MountInfo(str(store) if mount_id == MOUNT_ID else "", {})

    mounts = UfsMounts(mount_info)
    caching = CacheRequests(
        blocks, mounts, commit, metrics, own_hosts=own_hosts, channel_options=ChannelOptions(user="worker"), tasks_max=2
    )
    service = BlockWorkerService(
        blocks,
        metrics,
        ReadStreams(blocks, mounts, commit, metrics),
        WriteStreams(blocks, mounts, commit, commit_in_ufs, metrics),
        ShortCircuit(blocks, commit, metrics),
        caching,
    )
    server = Server("127.0.0.1", 0, handlers_of(SERVICE, service), engine=GRPCIO)
    await server.start()
    caching.start()
    channel = Channel(f"127.0.0.1:{server.port}", ChannelOptions(user="tester"))
    worker = WorkerUnderTest(blocks, metrics, folder, store, server, channel)
    try:
        yield worker
    finally:
        await channel.close()
        await caching.close()
        await server.stop(0.2)
        blocks.close()
