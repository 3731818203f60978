"""A cluster for the client's tests: real servers on loopback, their insides as small as the protocol allows.

The client sees real connections, authentication, streams and errors; a test sees every request, and makes a worker or
master fail exactly where it wants.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from pyalluxio.client.context import Context, Settings
from pyalluxio.client.file_system import AsyncFileSystem
from pyalluxio.client.leader import LeaderFinder, version_probe
from pyalluxio.client.master_client import CONFIGURATION, FILES, MasterClient
from pyalluxio.client.policy import Locality
from pyalluxio.client.retry import RetryPolicy
from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, FileAlreadyExists, FileDoesNotExist, InvalidPath, NotLeader
from pyalluxio.wire import version_service
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.gen import block_master_pb2, block_worker_pb2, common_pb2, meta_master_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as pb
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.server import GRPCIO, Server

WORKER = "alluxio.grpc.block.BlockWorker"
QUICK = RetryPolicy(5, 20, 5_000)
CHUNK = 64 << 10
BLOCK = 256 << 10


@dataclass
class SmallWorker:
    """Blocks in memory; `read_errors` and `write_errors` are raised one after the other, after some bytes."""

    blocks: dict[int, bytes] = field(default_factory=dict)
    ufs: dict[str, bytes] = field(default_factory=dict)
    reads: list[Any] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    cached: list[int] = field(default_factory=list)
    read_errors: list[AlluxioError] = field(default_factory=list)
    write_errors: list[AlluxioError] = field(default_factory=list)
    bytes_before_error: int = 0
    cut_short: bool = False
    refuses_blocks: AlluxioError | None = None
    is_silent: bool = False
    port: int = 0

    @property
    def address(self) -> Any:
        return common_pb2.WorkerNetAddress(host="127.0.0.1", rpcPort=self.port, dataPort=self.port)

    async def read_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        request = await anext(requests)
        self.reads.append(request)
        if self.is_silent:
            await asyncio.sleep(3600)
        error = self.read_errors.pop(0) if self.read_errors else None
        data = self._data(request)[request.offset : request.offset + request.length]
        if error is not None:
            data = data[: self.bytes_before_error]
        elif self.cut_short:
            data = data[: len(data) // 2]
        for start in range(0, len(data), request.chunk_size):
            yield block_worker_pb2.ReadResponse(
                chunk=block_worker_pb2.Chunk(data=data[start : start + request.chunk_size])
            )
        if error is not None:
            raise error
        listening = asyncio.ensure_future(self._listen(requests))
        await asyncio.wait([listening], timeout=0.05)
        listening.cancel()

    async def _listen(self, requests: AsyncIterator[Any]) -> None:
        async for request in requests:
            self.acknowledged.append(request.offset_received)

    def _data(self, request: Any) -> bytes:
        if request.block_id in self.blocks:
            return self.blocks[request.block_id]
        options = request.open_ufs_block_options
        if not options.ufs_path:
            raise FileDoesNotExist(f"Block {request.block_id} is not here.")
        return self.ufs[options.ufs_path][options.offset_in_file : options.offset_in_file + options.block_size]

    async def write_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        first = (await anext(requests)).command
        self.commands.append(first)
        if self.refuses_blocks is not None and first.type == block_worker_pb2.ALLUXIO_BLOCK:
            raise self.refuses_blocks
        data = bytearray()
        async for request in requests:
            if request.HasField("chunk"):
                data += request.chunk.data
                if self.write_errors and len(data) > self.bytes_before_error:
                    raise self.write_errors.pop(0)
            elif request.command.flush:
                yield block_worker_pb2.WriteResponse(offset=len(data))
        if first.type == block_worker_pb2.UFS_FILE:
            self.ufs[first.create_ufs_file_options.ufs_path] = bytes(data)
            yield block_worker_pb2.WriteResponse(offset=len(data), contentHash="hash")
        else:
            self.blocks[first.id] = bytes(data)

    async def cache(self, request: Any, call: Any) -> Any:
        self.cached.append(request.block_id)
        return block_worker_pb2.CacheResponse()


@dataclass
class Names:
    """The namespace that all masters share, as a replicated journal would make them."""

    files: dict[str, Any] = field(default_factory=dict)
    workers: list[SmallWorker] = field(default_factory=list)
    operations: dict[tuple[int, int], str] = field(default_factory=dict)
    completions: list[Any] = field(default_factory=list)
    mounts: dict[str, str] = field(default_factory=dict)
    path_defaults: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class SmallMaster:
    """One master over shared names; `lose_answers` does what is asked and then fails the call."""

    names: Names
    is_leading: bool = True
    lose_answers: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    is_paused: bool = False
    lists_until: int | None = None  # a listing fails, or hangs if paused, after so many files
    listing_stopped: asyncio.Event = field(default_factory=asyncio.Event)
    lists_backwards: bool = False
    port: int = 0

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if not self.is_leading:
            raise NotLeader("This master is a standby.")

    def _leave(self, name: str, reply: Any) -> Any:
        if name in self.lose_answers:
            self.lose_answers.discard(name)
            raise NotLeader("The leadership was lost before the answer left.")
        return reply

    async def get_status(self, request: Any, call: Any) -> Any:
        self._enter("GetStatus")
        if self.is_paused:
            await asyncio.sleep(3600)
        if request.path not in self.names.files:
            raise FileDoesNotExist.at(request.path)
        return self._leave("GetStatus", pb.GetStatusPResponse(fileInfo=self._described(self.names.files[request.path])))

    def _described(self, stored: Any) -> Any:
        """Add where the blocks are now."""
        found = pb.FileInfo()
        found.CopyFrom(stored)
        del found.fileBlockInfos[:]
        for number, block_id in enumerate(stored.blockIds):
            length = min(stored.blockSizeBytes, stored.length - number * stored.blockSizeBytes)
            described = found.fileBlockInfos.add(offset=number * stored.blockSizeBytes)
            described.blockInfo.blockId, described.blockInfo.length = block_id, length
            for worker in self.names.workers:
                if block_id in worker.blocks:
                    described.blockInfo.locations.add(workerId=1, workerAddress=worker.address, tierAlias="MEM")
        return found

    async def exists(self, request: Any, call: Any) -> Any:
        self._enter("Exists")
        return pb.ExistsPResponse(exists=request.path in self.names.files)

    async def create_file(self, request: Any, call: Any) -> Any:
        self._enter("CreateFile")
        names, operation = self.names, request.options.commonOptions.operationId
        key = (operation.mostSignificantBits, operation.leastSignificantBits)
        if names.operations.get(key) != request.path:
            if request.path in names.files and not request.options.overwrite:
                raise FileAlreadyExists(f"{request.path} already exists.")
            parent = request.path.rpartition("/")[0]
            if parent and parent not in names.files and not request.options.recursive:
                raise FileDoesNotExist(f'Path "{parent}" does not exist.')
            names.operations[key] = request.path
            number = len(names.files) + 1
            names.files[request.path] = pb.FileInfo(
                fileId=number << 24 | 0xFFFFFF,
                path=request.path,
                name=request.path.rpartition("/")[2],
                blockSizeBytes=request.options.blockSizeBytes,
                ufsPath=f"/ufs{request.path}",
                mountId=1,
                owner="u",
                group="g",
                mode=0o644,
                persisted=request.options.writeType in (pb.CACHE_THROUGH, pb.THROUGH),
                persistenceState="NOT_PERSISTED",
            )
        return self._leave("CreateFile", pb.CreateFilePResponse(fileInfo=self._described(names.files[request.path])))

    async def get_new_block_id_for_file(self, request: Any, call: Any) -> Any:
        self._enter("GetNewBlockIdForFile")
        file = self.names.files[request.path]
        file.blockIds.append((file.fileId >> 24) << 24 | len(file.blockIds))
        return self._leave("GetNewBlockIdForFile", pb.GetNewBlockIdForFilePResponse(id=file.blockIds[-1]))

    async def complete_file(self, request: Any, call: Any) -> Any:
        self._enter("CompleteFile")
        file = self.names.files[request.path]
        if file.persisted:
            file.length = request.options.ufsLength
            count = -(-file.length // file.blockSizeBytes)
            file.blockIds[:] = [(file.fileId >> 24) << 24 | number for number in range(count)]
        else:
            file.length = sum(self._committed(block_id) for block_id in file.blockIds)
        file.completed = True
        self.names.completions.append(request.options)
        return self._leave("CompleteFile", pb.CompleteFilePResponse())

    def _committed(self, block_id: int) -> int:
        copies = [worker.blocks[block_id] for worker in self.names.workers if block_id in worker.blocks]
        assert copies, f"block {block_id} was never committed"
        return len(copies[0])

    async def create_directory(self, request: Any, call: Any) -> Any:
        self._enter("CreateDirectory")
        if request.path in self.names.files and not request.options.allowExists:
            raise FileAlreadyExists(f"{request.path} already exists.")
        self.names.files[request.path] = pb.FileInfo(
            path=request.path,
            name=request.path.rpartition("/")[2],
            folder=True,
            completed=True,
            owner="u",
            group="g",
            mode=0o755,
            persistenceState="NOT_PERSISTED",
        )
        return pb.CreateDirectoryPResponse()

    async def list_status(self, request: Any, call: Any) -> AsyncIterator[Any]:
        self._enter("ListStatus")
        base = request.path.rstrip("/") + "/"
        if request.path in self.names.files and not self.names.files[request.path].folder:
            yield pb.ListStatusPResponse(fileInfos=[self._described(self.names.files[request.path])])
            return
        if request.path != "/" and request.path not in self.names.files:
            raise FileDoesNotExist.at(request.path)
        for path in sorted(self.names.files, key=lambda path: path.split("/"), reverse=self.lists_backwards):
            if path.startswith(base) and (request.options.recursive or "/" not in path[len(base) :]):
                await self._go_on_listing()
                yield pb.ListStatusPResponse(fileInfos=[self._described(self.names.files[path])])

    async def _go_on_listing(self) -> None:
        """Raise, or hang, after as many files as the test wants to be listed before."""
        if self.lists_until is None or not self.is_leading:
            return
        if self.lists_until == 0:
            self.listing_stopped.set()
            if self.is_paused:
                await asyncio.sleep(3600)
            self.lists_until = None
            raise NotLeader("The leadership was lost within a listing.")
        self.lists_until -= 1

    async def mount(self, request: Any, call: Any) -> Any:
        self._enter("Mount")
        if request.alluxioPath in self.names.mounts:
            raise FileAlreadyExists(f"{request.alluxioPath} is a mount point already.")
        self.names.mounts[request.alluxioPath] = request.ufsPath
        return self._leave("Mount", pb.MountPResponse())

    async def unmount(self, request: Any, call: Any) -> Any:
        self._enter("Unmount")
        if self.names.mounts.pop(request.alluxioPath, None) is None:
            raise InvalidPath(f"{request.alluxioPath} is no mount point.")
        return self._leave("Unmount", pb.UnmountPResponse())

    async def get_mount_table(self, request: Any, call: Any) -> Any:
        self._enter("GetMountTable")
        points = {path: pb.MountPointInfo(ufsUri=uri) for path, uri in self.names.mounts.items()}
        return pb.GetMountTablePResponse(mountPoints=points)

    async def remove(self, request: Any, call: Any) -> Any:
        self._enter("Remove")
        if self.names.files.pop(request.path, None) is None:
            raise FileDoesNotExist.at(request.path)
        return pb.DeletePResponse()


@dataclass
class SmallBlockMaster:
    """The list of workers."""

    names: Names

    async def get_worker_info_list(self, request: Any, call: Any) -> Any:
        return block_master_pb2.GetWorkerInfoListPResponse(
            workerInfos=[
                block_master_pb2.WorkerInfo(id=1, address=worker.address, capacityBytes=1 << 30, state="ACTIVE")
                for worker in self.names.workers
            ]
        )


class SmallConfiguration:
    """The defaults that a master gives to clients: those of paths."""

    def __init__(self, names: Names) -> None:
        self.names = names

    async def get_configuration(self, request: Any, call: Any) -> Any:
        reply = meta_master_pb2.GetConfigurationPResponse()
        for path, properties in () if request.ignorePathConf else self.names.path_defaults.items():
            listed = reply.pathConfigs[path].properties
            for name, value in properties.items():
                listed.add(name=name, value=value, source="PATH_DEFAULT")
        return reply


@dataclass
class SmallCluster:
    """What a test holds: the client, and everything it talks to."""

    fs: AsyncFileSystem
    names: Names
    masters: list[SmallMaster]

    @property
    def workers(self) -> list[SmallWorker]:
        return self.names.workers

    def elect(self, number: int) -> None:
        for position, master in enumerate(self.masters):
            master.is_leading = position == number


@contextlib.asynccontextmanager
async def small_cluster(
    *,
    masters: int = 1,
    workers: int = 1,
    read_timeout_s: float = 5.0,
    no_copy_wait_ms: int = 20_000,
    block_read_ms: int = QUICK.duration_max_ms,
) -> AsyncIterator[SmallCluster]:
    """Run a cluster and a connected client to which all workers are remote."""
    ufs: dict[str, bytes] = {}  # one under storage for all
    names = Names(workers=[SmallWorker(ufs=ufs) for _ in range(workers)])
    served = [SmallMaster(names, is_leading=number == 0) for number in range(masters)]
    async with contextlib.AsyncExitStack() as stack:
        for one in [*names.workers, *served]:
            server = Server("127.0.0.1", 0, _handlers(one, names), engine=GRPCIO)
            await server.start()
            stack.push_async_callback(server.stop, 0.1)
            one.port = server.port
        options = ChannelOptions(user="tester")
        addresses = [f"127.0.0.1:{master.port}" for master in served]
        finder = LeaderFinder(addresses, version_probe(options, 5.0))
        settings = Settings(
            locality=Locality(frozenset({"elsewhere"})),
            reader_chunk_bytes=CHUNK,
            writer_chunk_bytes=CHUNK,
            reserve_bytes=BLOCK,
            read_timeout_s=read_timeout_s,
            block_read_retry=replace(QUICK, duration_max_ms=block_read_ms),
            no_copy_wait_ms=no_copy_wait_ms,
        )
        fs = AsyncFileSystem(
            Context(MasterClient(finder, options, QUICK, suspect_after_s=0.1), settings, options),
            Configuration.for_test(),
        )
        stack.push_async_callback(fs.close)
        yield SmallCluster(fs, names, served)


def _handlers(one: SmallWorker | SmallMaster, names: Names) -> list[Any]:
    if isinstance(one, SmallWorker):
        return handlers_of(WORKER, one)
    versions = version_service.ServiceVersionService({"META_MASTER_CLIENT_SERVICE"}, lambda: one.is_leading)
    return [
        *handlers_of(FILES, one),
        *handlers_of(CONFIGURATION, SmallConfiguration(names), authenticated=False),
        *handlers_of("alluxio.grpc.block.BlockMasterClientService", SmallBlockMaster(names)),
        *handlers_of(version_service.SERVICE, versions, authenticated=False),
    ]
