"""A master's worker-facing services on a real port, answering from what a test puts in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pyalluxio.client.leader import LeaderFinder
from pyalluxio.client.retry import RetryPolicy
from pyalluxio.errors import NotFound, Unavailable
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.gen import block_master_pb2 as blocks_pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as files_pb
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.server import GRPCIO, Server
from pyalluxio.worker.master_link import BLOCKS, FILES, MasterLink


class FakeMaster:
    """What it was told, and what it shall answer."""

    def __init__(self) -> None:
        self.worker_id = 77
        self.is_worker_known = False
        self.leases_refused = 0
        self.registrations: list[list[Any]] = []  # the messages of each
        self.heartbeats: list[Any] = []
        self.failing_heartbeats = 0
        self.commands: list[Any] = []
        self.commits: list[Any] = []
        self.pinned: list[int] = []
        self.files: dict[int, Any] = {}
        self.orders: list[tuple[int, list[int]]] = []
        self.persisted: dict[int, str] = {}
        self.ufs = ""

    # --- blocks ---

    async def get_worker_id(self, request: Any, call: Any) -> Any:
        assert request.workerNetAddress.rpcPort
        return blocks_pb.GetWorkerIdPResponse(workerId=self.worker_id)

    async def request_register_lease(self, request: Any, call: Any) -> Any:
        allowed = self.leases_refused == 0
        self.leases_refused = max(0, self.leases_refused - 1)
        return blocks_pb.GetRegisterLeasePResponse(workerId=request.workerId, allowed=allowed, expiryMs=1)

    async def register_worker_stream(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        messages = []
        async for request in requests:
            messages.append(request)
            yield blocks_pb.RegisterWorkerPResponse()
        self.registrations.append(messages)
        self.is_worker_known = True

    async def block_heartbeat(self, request: Any, call: Any) -> Any:
        if self.failing_heartbeats:
            self.failing_heartbeats -= 1
            raise Unavailable("fail-over")
        self.heartbeats.append(request)
        if not self.is_worker_known:
            command = common_pb2.Command(commandType=common_pb2.Register)
        else:
            command = self.commands.pop(0) if self.commands else common_pb2.Command(commandType=common_pb2.Nothing)
        return blocks_pb.BlockHeartbeatPResponse(command=command)

    async def commit_block(self, request: Any, call: Any) -> Any:
        if not self.is_worker_known or request.workerId != self.worker_id:
            raise NotFound(f"Worker {request.workerId} is unknown.")
        self.commits.append(request)
        return blocks_pb.CommitBlockPResponse()

    # --- files ---

    async def get_pinned_file_ids(self, request: Any, call: Any) -> Any:
        return files_pb.GetPinnedFileIdsPResponse(pinnedFileIds=self.pinned)

    async def get_ufs_info(self, request: Any, call: Any) -> Any:
        return files_pb.GetUfsInfoPResponse(ufsInfo=files_pb.UfsInfo(uri=self.ufs, properties=files_pb.MountPOptions()))

    async def get_file_info(self, request: Any, call: Any) -> Any:
        if request.fileId not in self.files:
            raise NotFound(f"File {request.fileId} does not exist.")
        return files_pb.GetFileInfoPResponse(fileInfo=self.files[request.fileId])

    async def file_system_heartbeat(self, request: Any, call: Any) -> Any:
        self.persisted |= dict(zip(request.persistedFiles, request.options.persistedFileFingerprints, strict=True))
        orders = [
            files_pb.PersistFile(fileId=file_id, blockIds=blocks)
            for file_id, blocks in self.orders
            if file_id not in self.persisted
        ]
        options = files_pb.FileSystemCommandOptions(persistOptions=files_pb.PersistCommandOptions(persistFiles=orders))
        return files_pb.FileSystemHeartbeatPResponse(
            command=files_pb.FileSystemCommand(commandType=common_pb2.Persist, commandOptions=options)
        )


@asynccontextmanager
async def running_master() -> AsyncIterator[tuple[FakeMaster, MasterLink]]:
    master = FakeMaster()
    server = Server("127.0.0.1", 0, [*handlers_of(BLOCKS, master), *handlers_of(FILES, master)], engine=GRPCIO)
    await server.start()

    async def probe(address: str) -> None:
        raise AssertionError("a single master is never asked whether it leads")

    finder = LeaderFinder([f"127.0.0.1:{server.port}"], probe)
    link = MasterLink(finder, ChannelOptions(user="worker"), RetryPolicy(duration_max_ms=5000))
    try:
        yield master, link
    finally:
        await link.close()
        await server.stop(0.2)
