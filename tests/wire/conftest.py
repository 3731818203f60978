"""A small server on each engine, for tests of the wire itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pyalluxio.errors import FileDoesNotExist
from pyalluxio.wire import version_service
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.engine import ServerOptions
from pyalluxio.wire.gen import block_master_pb2, block_worker_pb2, common_pb2, file_system_master_pb2
from pyalluxio.wire.handlers import Call, Handler, handlers_of
from pyalluxio.wire.methods import SERVICES
from pyalluxio.wire.server import Server
from pyalluxio.wire.version_service import ServiceVersionService

FILE_SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"
WORKER_SERVICE = "alluxio.grpc.block.BlockWorker"
BLOCK_SERVICE = "alluxio.grpc.block.BlockMasterWorkerService"


class Files:
    """Answers with what it was asked, one handler for each way to write one."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.started = asyncio.Event()

    def get_status(self, request: Any, call: Call) -> Any:
        if request.path == "/missing":
            raise FileDoesNotExist.at(request.path)
        info = file_system_master_pb2.FileInfo(path=request.path, owner=call.user, group=call.connection_user)
        return file_system_master_pb2.GetStatusPResponse(fileInfo=info).SerializeToString()

    async def exists(self, request: Any, call: Call) -> Any:
        if request.path == "/hang":
            self.started.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        return file_system_master_pb2.ExistsPResponse(exists=request.path != "/missing")

    def remove(self, request: Any, call: Call) -> Any:
        raise ZeroDivisionError("a bug of ours")

    async def list_status(self, request: Any, call: Call) -> AsyncIterator[Any]:
        for number in range(int(request.path[1:])):
            info = file_system_master_pb2.FileInfo(name=str(number), path="x" * 1000)
            yield file_system_master_pb2.ListStatusPResponse(fileInfos=[info])
        if request.path == "/3":
            raise FileDoesNotExist.at("/after-three")


class Blocks:
    raw_requests = frozenset({"WriteBlock"})

    async def write_block(self, requests: AsyncIterator[bytes], call: Call) -> AsyncIterator[Any]:
        count = 0
        async for payload in requests:
            assert isinstance(payload, bytes)
            count += len(payload)
        yield block_worker_pb2.WriteResponse(offset=count)

    async def read_block(self, requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
        async for request in requests:
            yield block_worker_pb2.ReadResponse(chunk=block_worker_pb2.Chunk(data=b"x" * request.length))


class BlockMaster:
    async def register_worker_stream(self, requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
        async for _ in requests:
            yield block_master_pb2.RegisterWorkerPResponse()


@pytest.fixture(params=["native", "grpcio"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def files() -> Files:
    return Files()


@pytest.fixture
async def start_server(engine: str) -> AsyncIterator[Callable[..., Any]]:
    servers: list[Server] = []

    async def start(handlers: list[Handler], **arguments: Any) -> Server:
        server = Server("127.0.0.1", 0, handlers, engine=engine, **arguments)
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.stop(0.1)


def all_handlers(files: Files) -> list[Handler]:
    """Every service there is: three with implementations, the rest unimplemented."""
    version = ServiceVersionService({"FILE_SYSTEM_MASTER_CLIENT_SERVICE", "META_MASTER_CLIENT_SERVICE"})
    handlers = handlers_of(version_service.SERVICE, version, authenticated=False)
    implementations: dict[str, object] = {
        FILE_SERVICE: files,
        WORKER_SERVICE: Blocks(),
        BLOCK_SERVICE: BlockMaster(),
    }
    for service in SERVICES:
        if service.endswith((".SaslAuthenticationService", ".ServiceVersionClientService")):
            continue
        reads = {"GetConfiguration", "GetConfigHash"} if "MasterConfiguration" in service else set()
        handlers += handlers_of(service, implementations.get(service, object()), open_rpcs=reads)
    return handlers


@pytest.fixture
async def server(start_server: Callable[..., Any], files: Files) -> Server:
    started: Server = await start_server(
        all_handlers(files), options=ServerOptions(inbound_message_bytes_max=2 * 1024 * 1024)
    )
    return started


@pytest.fixture
async def open_channel(server: Server) -> AsyncIterator[Callable[..., Channel]]:
    channels: list[Channel] = []

    def open_one(**options: Any) -> Channel:
        channel = Channel(f"127.0.0.1:{server.port}", ChannelOptions(**options))
        channels.append(channel)
        return channel

    yield open_one
    for channel in channels:
        await channel.close()


def status_request(path: str) -> Any:
    return file_system_master_pb2.GetStatusPRequest(path=path)


def empty_command() -> Any:
    return common_pb2.Command()
