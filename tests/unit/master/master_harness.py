"""A whole master in one process: real state, write path, services and checks over a journal and storages in memory.

The journal commits by itself, unless the test holds it or loses its leadership; the storages fail or wait on demand;
the clock stands still until the test moves it. A `Disk` outlives its masters, so that one can be started anew on it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pyalluxio.conf import Configuration
from pyalluxio.errors import NotLeader, UfsError
from pyalluxio.ids import Index, Term
from pyalluxio.journal import codec
from pyalluxio.journal.entries import PrimacyMarker
from pyalluxio.journal.node import CommittedEntry, EntryKind, LogPosition, Role, RoleChange
from pyalluxio.master.block_service import BlockMasterWorkerService
from pyalluxio.master.file_service import FileSystemMasterClientService
from pyalluxio.master.file_worker_service import FileSystemMasterWorkerService
from pyalluxio.master.info_bytes import InfoBytes
from pyalluxio.master.master import Master
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.digest import differences, digest
from pyalluxio.master.state.tx import COUNTERS, NEXT_SEQUENCE, Store
from pyalluxio.master.state.validate import validate
from pyalluxio.raft.messages import PeerId
from pyalluxio.ufs import registry
from pyalluxio.ufs.interface import Ufs
from pyalluxio.ufs.memory import MemoryUfs
from pyalluxio.wire.gen import block_master_pb2 as block_messages
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.groups import GroupMapping
from pyalluxio.wire.handlers import Call
from pyalluxio.wire.sasl import Identity
from tests.unit.master.block_master_fakes import FakeMetrics, first_message, net_address, stream_of
from tests.waiting import until, until_answered

START_MS = 1_700_000_000_000
BLOCK = 64 << 20
OWNER = "root"
DAY_MS = 86_400_000
MUST_CACHE, CACHE_THROUGH, THROUGH, ASYNC_THROUGH = (
    messages.MUST_CACHE,
    messages.CACHE_THROUGH,
    messages.THROUGH,
    messages.ASYNC_THROUGH,
)
GROUPS: Mapping[str, tuple[str, ...]] = {OWNER: ("root",), "ann": ("staff",), "bob": ("staff",), "eve": ("guests",)}


class Clock:
    """The time of the test; both clocks stand until they are moved."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


class MemoryStorage(MemoryUfs):
    """A storage in memory that can fail or wait, and tells what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, ...]] = []
        self.failing: dict[str, Exception] = {}  # by method, or by method and path: "rename_file /data/a"
        self.waiting: dict[str, asyncio.Event] = {}
        self.opened = 0

    async def put(self, path: str, data: bytes = b"") -> None:
        writer = await super().create(path)
        await writer.write(data)
        await writer.close()

    def paths(self) -> list[str]:
        return sorted(path for path in self._nodes if path != "/")

    def asked(self, method: str) -> list[tuple[str, ...]]:
        return [call[1:] for call in self.calls if call[0] == method]

    def break_down(self, *methods: str) -> None:
        """Let these methods fail, or all that the master uses."""
        names = methods or [
            "status",
            "list",
            "create",
            "make_directory",
            "delete_file",
            "delete_directory",
            "rename_file",
            "rename_directory",
            "set_owner",
            "set_mode",
            "space",
        ]
        self.failing = {name: UfsError("The storage is down.") for name in names}

    async def close(self) -> None:
        self.opened -= 1


def _watched(method: str) -> Callable[..., Any]:
    async def watched(self: MemoryStorage, *arguments: Any, **options: Any) -> Any:
        named = tuple(argument for argument in arguments if isinstance(argument, str))
        plain = tuple(path[path.index("/", 6) :] if path.startswith("mem://") else path for path in named)
        self.calls.append((method, *plain))
        for key in (method, f"{method} {plain[0] if plain else ''}"):
            if key in self.waiting:
                await self.waiting[key].wait()
            if key in self.failing:
                raise self.failing[key]
        return await getattr(MemoryUfs, method)(self, *arguments, **options)

    return watched


for _name in (
    "status",
    "list",
    "create",
    "make_directory",
    "delete_file",
    "delete_directory",
    "rename_file",
    "rename_directory",
    "set_owner",
    "set_mode",
    "space",
):
    setattr(MemoryStorage, _name, _watched(_name))

_storages: dict[str, MemoryStorage] = {}
_numbers = itertools.count(1)


def _open_memory(uri: str, options: Mapping[str, str], conf: Configuration | None) -> Ufs:
    storage = _storages[uri.removeprefix("mem://").partition("/")[0]]
    storage.opened += 1
    return storage


registry.register("mem", _open_memory)


def new_storage() -> tuple[str, MemoryStorage]:
    """Return the authority and the storage of a fresh bucket with a folder `/data`."""
    name = f"s{next(_numbers)}"
    storage = _storages[name] = MemoryStorage()
    return name, storage


class AutoJournal:
    """Commits each proposal in the loop's next step, into a log that outlives it."""

    def __init__(self, log: list[CommittedEntry]) -> None:
        self.log = log
        self.pending: list[tuple[bytes, asyncio.Future[LogPosition]]] = []
        self.is_held = False
        self.refuse: Exception | None = None
        self.term = max((entry.term for entry in log), default=0)
        self.applied_to = -1
        self.leases = True
        self.rounds: list[asyncio.Future[Index]] = []
        self.master: Master

    def has_lease(self) -> bool:
        return self.leases

    def read_index(self) -> asyncio.Future[Index]:
        """Begin a round that the test ends."""
        self.rounds.append(asyncio.get_running_loop().create_future())
        return self.rounds[-1]

    async def end_rounds(self, *calls: asyncio.Future[Any]) -> None:
        """Let every round succeed until the calls have ended."""

        def end_some() -> bool:
            for round_ in self.rounds:
                if not round_.done():
                    round_.set_result(Index(1))
            return all(call.done() for call in calls)

        await until(end_some)

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        if self.refuse is not None:
            raise self.refuse
        loop = asyncio.get_running_loop()
        future: asyncio.Future[LogPosition] = loop.create_future()
        self.pending.append((data, future))
        if not self.is_held:
            loop.call_soon(self._commit)
        return future

    def applied(self, index: Index) -> None:
        self.applied_to = index

    def _commit(self) -> None:
        if self.pending and not self.is_held:
            data, future = self.pending.pop(0)
            entry = self._deliver(EntryKind.DATA, data)
            if not future.done():
                future.set_result(LogPosition(entry.term, entry.index))

    def _deliver(self, kind: EntryKind, data: bytes = b"") -> CommittedEntry:
        entry = CommittedEntry(term=Term(self.term), index=Index(len(self.log)), kind=kind, data=data)
        self.log.append(entry)
        self.master.pipeline.on_committed([entry])
        return entry

    def commit_one(self) -> None:
        """Commit what was proposed first, although the journal is held."""
        data, future = self.pending.pop(0)
        entry = self._deliver(EntryKind.DATA, data)
        future.set_result(LogPosition(entry.term, entry.index))

    def release(self) -> None:
        self.is_held = False
        while self.pending:
            self._commit()

    def replay(self) -> None:
        rest = self.log[self.master.pipeline.applied_index + 1 :]
        if rest:
            self.master.pipeline.on_committed(rest)

    def lead(self) -> None:
        self.term += 1
        first = Index(len(self.log))
        role = RoleChange(role=Role.LEADER, term=Term(self.term), leader=PeerId("m_1"), term_first_index=first)
        self.master.pipeline.on_role(role)
        self._deliver(EntryKind.CONFIGURATION)

    def deliver_data(self, data: bytes) -> None:
        self._deliver(EntryKind.DATA, data)

    def lose(self, *, survives: bool = False, leader: str = "") -> None:
        """Lose the leadership; what was proposed is overwritten, or committed after all."""
        self.term += 1
        self.master.pipeline.on_role(
            RoleChange(role=Role.FOLLOWER, term=Term(self.term), leader=PeerId(leader), term_first_index=None)
        )
        pending, self.pending = self.pending, []
        for data, future in pending:
            if survives:
                self.term -= 1
                entry = self._deliver(EntryKind.DATA, data)
                self.term += 1
                future.set_result(LogPosition(entry.term, entry.index))
            else:
                future.set_exception(NotLeader("Another leader's entry took the place."))


class Disk:
    """What outlives a master: its store, its journal, the storages, and the clock."""

    def __init__(self, store: Store | None = None, **properties: str) -> None:
        self.store = store or DictStore()
        self.log: list[CommittedEntry] = []
        self.clock = Clock()
        self.bucket, self.ufs = new_storage()
        self.properties = {
            "alluxio.master.mount.table.root.ufs": f"mem://{self.bucket}/data",
            "alluxio.master.worker.connect.wait.time": "0",
            **{name.replace("__", "."): value for name, value in properties.items()},
        }

    @asynccontextmanager
    async def master(self, *, leads: bool = True) -> AsyncIterator[Harness]:
        """Run a master on this disk."""
        if not self.ufs.paths():
            await self.ufs.make_directory("/data")
            self.ufs.calls.clear()
        harness = Harness(self)
        try:
            harness.journal.replay()
            if leads:
                harness.journal.lead()
                await until(lambda: harness.master.is_serving)
            yield harness
        finally:
            await harness.master.stop()
        assert harness.fatal == []

    def check(self) -> None:
        """Check the invariants, and that the journal leads to the same state in an empty store."""
        replica = DictStore()
        tx = replica.begin()
        for entry in self.log:
            if entry.kind is EntryKind.DATA:
                for sequence, inner in codec.decode_batch(entry.data):
                    if not isinstance(inner, PrimacyMarker):
                        assert sequence == (tx.get(COUNTERS, NEXT_SEQUENCE) or 0)
                        apply(tx, sequence, inner)
        tx.commit()
        with self.store.read() as view, replica.read() as other:
            validate(view)
            assert differences(view, other) == []
            assert digest(view) == digest(other)


class Harness:
    """One run of a master, and short forms of the calls that tests make."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.clock = disk.clock
        self.ufs = disk.ufs
        self.store = disk.store
        self.fatal: list[BaseException] = []
        self.journal = AutoJournal(disk.log)
        groups = GroupMapping(resolve=lambda user: GROUPS.get(user, ()), monotonic_s=disk.clock.monotonic_s)
        conf = Configuration.for_test(disk.properties, role="master")
        self.master = Master(conf, disk.store, self.journal, groups, disk.clock, OWNER, self.fatal.append)  # type: ignore[arg-type]
        self.journal.master = self.master
        infos = InfoBytes(self.master.block_master.registry.blocks.of)
        self.service = FileSystemMasterClientService(self.master.file_system, self.master.metadata, infos)
        self.workers = FileSystemMasterWorkerService(self.master.file_system, self.master.persistence)
        self.blocks = BlockMasterWorkerService(self.master.block_master, FakeMetrics())

    # --- calls -----------------------------------------------------------------------------------------------------

    async def call(self, name: str, request: Any, user: str = OWNER) -> Any:
        """Make a unary call as a server does: the answer may come at once, later, or as bytes."""
        answer = getattr(self.service, name)(request, Call(Identity(user, user)))
        if isinstance(answer, Awaitable):
            answer = await answer
        if isinstance(answer, bytes):
            answer = messages.GetStatusPResponse.FromString(answer)
        return answer

    async def create(
        self,
        path: str,
        *,
        user: str = OWNER,
        write_type: int = MUST_CACHE,
        operation: int | None = None,
        **options: Any,
    ) -> Any:
        request = messages.CreateFilePRequest(
            path=path,
            options=messages.CreateFilePOptions(
                **{
                    "blockSizeBytes": BLOCK,
                    "replicationMax": -1,
                    "writeType": write_type,
                    "recursive": True,
                    **options,
                }
            ),
        )
        _mode(request.options.mode, 0o644)
        _common(request.options.commonOptions, operation)
        return (await self.call("create_file", request, user)).fileInfo

    async def complete(self, path: str, *, user: str = OWNER, operation: int | None = None, **options: Any) -> None:
        request = messages.CompleteFilePRequest(path=path, options=messages.CompleteFilePOptions(**options))
        if operation is not None:
            _operation(request.options.commonOptions, operation)
        await self.call("complete_file", request, user)

    async def mkdir(
        self,
        path: str,
        *,
        user: str = OWNER,
        write_type: int = MUST_CACHE,
        operation: int | None = None,
        mode: int = 0o755,
        **options: Any,
    ) -> None:
        request = messages.CreateDirectoryPRequest(
            path=path,
            options=messages.CreateDirectoryPOptions(writeType=write_type, **{"recursive": True, **options}),
        )
        _mode(request.options.mode, mode)
        _common(request.options.commonOptions, operation)
        await self.call("create_directory", request, user)

    async def delete(self, path: str, *, user: str = OWNER, operation: int | None = None, **options: Any) -> None:
        request = messages.DeletePRequest(path=path, options=messages.DeletePOptions(**options))
        if operation is not None:
            _operation(request.options.commonOptions, operation)
        await self.call("remove", request, user)

    async def rename(
        self, path: str, new_path: str, *, user: str = OWNER, operation: int | None = None, **options: Any
    ) -> None:
        request = messages.RenamePRequest(path=path, dstPath=new_path, options=messages.RenamePOptions(**options))
        if operation is not None:
            _operation(request.options.commonOptions, operation)
        await self.call("rename", request, user)

    async def status(self, path: str, *, user: str = OWNER, load: int = messages.ONCE, **options: Any) -> Any:
        interval_ms = options.pop("interval_ms", None)
        request = messages.GetStatusPRequest(
            path=path, options=messages.GetStatusPOptions(loadMetadataType=load, **options)
        )
        if interval_ms is not None:
            request.options.commonOptions.syncIntervalMs = interval_ms
        return (await self.call("get_status", request, user)).fileInfo

    async def exists(self, path: str, *, user: str = OWNER, load: int = messages.ONCE) -> bool:
        request = messages.ExistsPRequest(path=path, options=messages.ExistsPOptions(loadMetadataType=load))
        return (await self.call("exists", request, user)).exists  # type: ignore[no-any-return]

    async def pages(
        self,
        path: str,
        *,
        user: str = OWNER,
        load: int = messages.ONCE,
        interval_ms: int | None = None,
        ttl: int | None = None,
        **options: Any,
    ) -> AsyncIterator[bytes]:
        """Yield the messages of a streamed listing, as they go over the wire."""
        request = messages.ListStatusPRequest(
            path=path, options=messages.ListStatusPOptions(loadMetadataType=load, **options)
        )
        if interval_ms is not None:
            request.options.commonOptions.syncIntervalMs = interval_ms
        if ttl is not None:
            request.options.commonOptions.ttl = ttl
        async for message in self.service.list_status(request, Call(Identity(user, user))):
            yield message if isinstance(message, bytes) else message.SerializeToString()

    async def infos(self, path: str, **options: Any) -> list[Any]:
        found: list[Any] = []
        async for data in self.pages(path, **options):
            found += messages.ListStatusPResponse.FromString(data).fileInfos
        return found

    async def names(self, path: str, **options: Any) -> list[str]:
        return [info.path for info in await self.infos(path, **options)]

    async def set(self, path: str, *, user: str = OWNER, mode: int | None = None, **options: Any) -> None:
        ttl, action = options.pop("ttl", None), options.pop("ttl_action", None)
        request = messages.SetAttributePRequest(path=path, options=messages.SetAttributePOptions(**options))
        if mode is not None:
            _mode(request.options.mode, mode)
        if ttl is not None:
            request.options.commonOptions.ttl = ttl
        if action is not None:
            request.options.commonOptions.ttlAction = action
        await self.call("set_attribute", request, user)

    async def mount(self, path: str, uri: str, *, user: str = OWNER, **options: Any) -> None:
        request = messages.MountPRequest(alluxioPath=path, ufsPath=uri, options=messages.MountPOptions(**options))
        await self.call("mount", request, user)

    async def new_mount(self, path: str, **options: Any) -> MemoryStorage:
        """Mount a fresh storage and return it."""
        name, storage = new_storage()
        await storage.make_directory("/top")
        await self.mount(path, f"mem://{name}/top", **options)
        return storage

    async def unmount(self, path: str, user: str = OWNER) -> None:
        await self.call("unmount", messages.UnmountPRequest(alluxioPath=path), user)

    # --- workers and whole files -----------------------------------------------------------------------------------

    async def worker(self, host: str = "w1", block_ids: Sequence[int] = ()) -> int:
        """Register a worker that holds these blocks."""
        call = Call(Identity(OWNER, OWNER))
        request = block_messages.GetWorkerIdPRequest(workerNetAddress=net_address(host))
        worker_id: int = (await self.blocks.get_worker_id(request, call)).workerId
        stream = stream_of([first_message(worker_id, block_ids)])
        assert [answer async for answer in self.blocks.register_worker_stream(stream, call)]
        return worker_id

    async def block(self, path: str, worker_id: int, length: int) -> int:
        """Add a block to a file, committed by a worker."""
        request = messages.GetNewBlockIdForFilePRequest(path=path)
        block_id: int = (await self.call("get_new_block_id_for_file", request)).id
        await self.blocks.commit_block(
            block_messages.CommitBlockPRequest(
                workerId=worker_id, tierAlias="MEM", mediumType="MEM", blockId=block_id, length=length
            ),
            Call(Identity(OWNER, OWNER)),
        )
        return block_id

    async def cached_file(
        self,
        path: str,
        worker_ids: Sequence[int],
        length: int = 5,
        *,
        persist_wait_ms: int | None = None,
        **options: Any,
    ) -> Any:
        """Make a complete file of one block that these workers hold; with a wait, it is to be persisted."""
        write_type = MUST_CACHE if persist_wait_ms is None else ASYNC_THROUGH
        await self.create(path, **{"write_type": write_type, **options})
        for worker_id in worker_ids[:1]:
            block_id = await self.block(path, worker_id, length)
            for other in worker_ids[1:]:
                self.master.block_master.registry.commit_block(other, block_id, "MEM", "MEM", 0, self.clock.ms)
        more: dict[str, Any] = {}
        if persist_wait_ms is not None:
            more["asyncPersistOptions"] = messages.ScheduleAsyncPersistencePOptions(persistenceWaitTime=persist_wait_ms)
        await self.complete(path, **more)
        return await self.status(path)

    async def through_file(self, path: str, data: bytes = b"12345", **options: Any) -> Any:
        """Make a complete file that is in the storage, as CACHE_THROUGH leaves it."""
        info = await self.create(path, **{"write_type": CACHE_THROUGH, **options})
        await self.ufs.put(plain(info.ufsPath), data)
        await self.complete(path, ufsLength=len(data))
        return await self.status(path)

    async def heartbeat(self, worker_id: int, persisted: Iterable[int] = ()) -> dict[int, list[int]]:
        """Ask for files to write, as a Python worker does; returns block ids by file."""
        request = messages.FileSystemHeartbeatPRequest(workerId=worker_id, persistedFiles=list(persisted))
        answer = await self.workers.file_system_heartbeat(request, Call(Identity(OWNER, OWNER)))
        files = answer.command.commandOptions.persistOptions.persistFiles
        return {file.fileId: list(file.blockIds) for file in files}


def plain(uri: str) -> str:
    """Return the path of a `mem://` URI in its storage."""
    return uri[uri.index("/", 6) :] if uri.startswith("mem://") else uri


def _mode(message: Any, mode: int) -> None:
    message.ownerBits, message.groupBits, message.otherBits = (mode >> 6) + 1, (mode >> 3 & 7) + 1, (mode & 7) + 1


def _common(common: Any, operation: int | None) -> None:
    common.ttl = -1
    if operation is not None:
        _operation(common, operation)


def _operation(common: Any, operation: int) -> None:
    common.operationId.mostSignificantBits, common.operationId.leastSignificantBits = 77, operation


async def eventually(read: Callable[[], Awaitable[Any]], expected: Any, timeout_s: float = 10.0) -> None:
    """Let the loop run until a call answers what is expected."""

    async def answers() -> bool:
        return bool(await read() == expected)

    await until_answered(answers, timeout_s)


async def settle() -> None:
    """Let everything run that waits for nothing but the loop."""
    for _ in range(30):
        await asyncio.sleep(0)
