"""Cache, AsyncCache and Load: bring whole blocks here, from another worker or from the under storage.

Requests wait in one bounded queue for a few workers; two requests for a block share the work. An asynchronous request
is accepted at once and its failure only logged; a synchronous one is answered when the block is here or cannot be.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pyalluxio.errors import (
    AlluxioError,
    BlockAlreadyExists,
    Cancelled,
    InvalidArgument,
    Status,
    Unavailable,
)
from pyalluxio.ids import BlockId, SessionId
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.wire.methods import method
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.arguments import check_block_id
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import Commit, too_short
from pyalluxio.worker.sessions import new_session
from pyalluxio.worker.ufs_mounts import UfsMounts

log = logging.getLogger(__name__)

PIECE_BYTES = 8 << 20
CHUNK_BYTES = 1 << 20
WAIT_FOR_OTHER_S = 30.0
REMOTE_READ_TIMEOUT_S = 180.0

_RETRYABLE = frozenset({Status.UNAVAILABLE, Status.CANCELLED, Status.RESOURCE_EXHAUSTED, Status.DEADLINE_EXCEEDED})


@dataclass(frozen=True, slots=True)
class BlockSource:
    """Where a block can be had; without a worker, from the under storage."""

    length_bytes: int
    ufs_path: str
    offset_in_file: int
    mount_id: int
    worker: str = ""  # "host:port"
    ufs_options: Any = None  # passed on to that worker


class CacheRequests:
    """Serves the calls; `start` before, `close` after."""

    def __init__(
        self,
        blocks: LocalBlocks,
        mounts: UfsMounts,
        commit: Commit,
        metrics: WorkerMetrics,
        *,
        own_hosts: Collection[str],
        channel_options: ChannelOptions,
        tasks_max: int = 8,
        queue_max: int = 512,
    ) -> None:
        self._blocks = blocks
        self._mounts = mounts
        self._commit = commit
        self._metrics = metrics
        self._own_hosts = frozenset(own_hosts)
        self._channel_options = channel_options
        self._tasks_max = tasks_max
        self._queue: asyncio.Queue[tuple[BlockId, BlockSource, asyncio.Future[None]]] = asyncio.Queue(queue_max)
        self._wanted: dict[BlockId, asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(), name=f"cache-{n}") for n in range(self._tasks_max)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def cache(self, request: Any, call: Any) -> Any:
        await self._cache(request, "Cache", is_async=getattr(request, "async"))
        return pb.CacheResponse()

    async def async_cache(self, request: Any, call: Any) -> Any:
        await self._cache(request, "AsyncCache", is_async=True)
        return pb.AsyncCacheResponse()

    async def load(self, request: Any, call: Any) -> Any:
        """Load every block of the request; each failure is told with its block."""
        failures = []
        results = await asyncio.gather(*(self._load_one(block) for block in request.blocks))
        for block, error in zip(request.blocks, results, strict=True):
            if error is not None:
                is_retryable = error.status in _RETRYABLE
                failures.append(
                    pb.BlockStatus(block=block, code=int(error.status), message=str(error), retryable=is_retryable)
                )
        if not failures:
            return pb.LoadResponse(status=pb.SUCCESS)
        status = pb.FAILURE if len(failures) == len(request.blocks) else pb.PARTIAL_FAILURE
        return pb.LoadResponse(status=status, block_status=failures)

    async def _load_one(self, block: Any) -> AlluxioError | None:
        try:
            check_block_id(block.block_id, "Load")
            mount = await self._mounts.get(block.mountId)
            path = block.ufs_path and mount.path_below(block.ufs_path)
            source = BlockSource(block.length, path, block.offset_in_file, block.mountId)
            await self._enqueue(BlockId(block.block_id), source, wait_for_room=True)
        except AlluxioError as error:
            return error
        return None

    async def _cache(self, request: Any, call: str, *, is_async: bool) -> None:
        block_id = BlockId(request.block_id)
        check_block_id(block_id, call)
        if request.length <= 0:
            raise InvalidArgument(f"{call} wants block {block_id} of {request.length} bytes; it must have some.")
        if self._blocks.store.committed(block_id) is not None:
            return
        if not is_async:
            await self._enqueue(block_id, await self._source(request))
            return
        try:
            self._add(block_id, await self._source(request))
        except InvalidArgument:
            raise
        except AlluxioError as error:
            self._metrics.add(counters.BLOCKS_CACHED_FAILED)
            log.info("Not cached: %s", error)

    async def _source(self, request: Any) -> BlockSource:
        options = request.open_ufs_block_options
        path = options.ufs_path
        if path:
            path = (await self._mounts.get(options.mountId)).path_below(path)
        worker = "" if request.source_host in self._own_hosts else f"{request.source_host}:{request.source_port}"
        return BlockSource(request.length, path, options.offset_in_file, options.mountId, worker, options)

    async def _enqueue(self, block_id: BlockId, source: BlockSource, *, wait_for_room: bool = False) -> None:
        """Wait until the block is here."""
        if self._blocks.store.committed(block_id) is not None:
            return
        running = self._wanted.get(block_id)
        if running is not None:
            try:
                await asyncio.wait_for(asyncio.shield(running), WAIT_FOR_OTHER_S)
            except TimeoutError:
                raise Cancelled(
                    f"Another request has been caching block {block_id} for more than {WAIT_FOR_OTHER_S:g} s."
                ) from None
            return
        if wait_for_room:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._wanted[block_id] = done
            done.add_done_callback(lambda _: self._wanted.pop(block_id, None))
            await self._queue.put((block_id, source, done))
        else:
            done = self._add(block_id, source)
        await asyncio.shield(done)

    def _add(self, block_id: BlockId, source: BlockSource) -> asyncio.Future[None]:
        running = self._wanted.get(block_id)
        if running is not None:
            return running
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_retrieve)
        try:
            self._queue.put_nowait((block_id, source, done))
        except asyncio.QueueFull:
            raise Cancelled(
                f"{self._queue.maxsize} blocks are waiting to be cached; block {block_id} is one too many. Raise "
                "alluxio.worker.network.async.cache.manager.queue.max or try again later."
            ) from None
        self._wanted[block_id] = done
        done.add_done_callback(lambda _: self._wanted.pop(block_id, None))
        return done

    async def _work(self) -> None:
        while True:
            block_id, source, done = await self._queue.get()
            try:
                await self._fetch(block_id, source)
                if not done.done():
                    done.set_result(None)
            except AlluxioError as error:
                log.warning("Block %d was not cached: %s", block_id, error)
                self._metrics.add(counters.BLOCKS_CACHED_FAILED)
                if not done.done():
                    done.set_exception(error)
            except BaseException:
                done.cancel()
                raise

    async def _fetch(self, block_id: BlockId, source: BlockSource) -> None:
        """Copy a block here and tell the master. Raises the error of the source or of the store."""
        if self._blocks.store.committed(block_id) is not None:
            return
        session = new_session()
        try:
            self._blocks.create(session, block_id, source.length_bytes)
        except BlockAlreadyExists:
            return  # somebody writes it at this moment; it will be here without us
        try:
            await self._fill(session, block_id, source)
            await self._commit(self._blocks.commit(session, block_id))
        finally:
            self._blocks.end_session(session)

    async def _fill(self, session: SessionId, block_id: BlockId, source: BlockSource) -> None:
        writer = self._blocks.open_writer(session, block_id)
        pieces = self._from_worker(block_id, source) if source.worker else self._from_ufs(block_id, source)
        try:
            async for piece in pieces:
                await writer.write(piece)
        finally:
            writer.close()
            await pieces.aclose()  # type: ignore[attr-defined]
        if writer.position != source.length_bytes:
            raise Unavailable(
                f"Block {block_id} should have {source.length_bytes} bytes; its source gave {writer.position}."
            )

    async def _from_ufs(self, block_id: BlockId, source: BlockSource) -> AsyncIterator[bytes]:
        mount = await self._mounts.get(source.mount_id)
        path = source.ufs_path or mount.block_path(block_id)
        rest = source.length_bytes
        async with await mount.ufs.open_reader(path, source.offset_in_file) as reader:
            while rest > 0:
                piece = await reader.read(min(PIECE_BYTES, rest))
                if not piece:
                    raise too_short(path, f"{rest} of {source.length_bytes} bytes at {source.offset_in_file} miss")
                self._metrics.add(counters.BYTES_READ_PER_UFS, len(piece), mount.uri)
                rest -= len(piece)
                yield piece

    async def _from_worker(self, block_id: BlockId, source: BlockSource) -> AsyncIterator[bytes]:
        request = pb.ReadRequest(block_id=block_id, offset=0, length=source.length_bytes, chunk_size=CHUNK_BYTES)
        if source.ufs_options is not None:
            request.open_ufs_block_options.CopyFrom(source.ufs_options)
        channel = Channel(source.worker, self._channel_options)
        try:
            stream = await channel.stream(method("alluxio.grpc.block.BlockWorker", "ReadBlock"), REMOTE_READ_TIMEOUT_S)
            position = 0
            await stream.write(request)
            while position < source.length_bytes and (response := await stream.read()) is not None:
                position += len(response.chunk.data)
                request.offset_received = position
                # The sender may have sent everything and gone; then nobody needs this acknowledgement.
                await stream.write_unless_ended(request)
                yield response.chunk.data
            with suppress(AlluxioError):
                await stream.done_writing()
        finally:
            await channel.close()


def _retrieve(done: asyncio.Future[None]) -> None:
    """Take note of a failure, which `_work` has logged, so that asyncio does not report it as overlooked."""
    if not done.cancelled():
        done.exception()
