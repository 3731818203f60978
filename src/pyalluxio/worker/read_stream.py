"""ReadBlock: send a block, or a part of it, from a local file or from the under storage.

Rules of the stream (client = official or Python):

1. The first message asks; every later one only acknowledges, and is taken off the stream without being looked at.
2. Chunks are never empty and never exceed the request in sum. HTTP/2 flow control paces them: one chunk is in flight
   here, the window holds the rest, so a client that stops reading holds back its own stream only.
3. A client that half-closes early has enough: the stream ends with OK and the block is unlocked.
4. A block that is not here is read from the under storage and, if it is read from its start without a gap, cached on
   the way. The copy is committed before the stream ends, so that the next read finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from pyalluxio.errors import (
    AlluxioError,
    BlockAlreadyExists,
    BlockDoesNotExist,
    InvalidArgument,
    OutOfRange,
    UfsFileDoesNotExist,
)
from pyalluxio.ids import BlockId
from pyalluxio.ufs import UfsReader
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.arguments import check_block_id
from pyalluxio.worker.frames import read_frame
from pyalluxio.worker.local_blocks import BlockReader, BlockWriter, LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.sessions import MIGRATE, for_stream, new_session
from pyalluxio.worker.store import CommittedBlock
from pyalluxio.worker.ufs_mounts import Mount, UfsMounts

log = logging.getLogger(__name__)

CHUNK_BYTES_DEFAULT = 1 << 20

Commit = Callable[[CommittedBlock], Awaitable[None]]  # tells the master


class ReadStreams:
    """Serves ReadBlock."""

    def __init__(
        self,
        blocks: LocalBlocks,
        mounts: UfsMounts,
        commit: Commit,
        metrics: WorkerMetrics,
        chunk_bytes_max: int = 2 << 20,
    ) -> None:
        self._blocks = blocks
        self._mounts = mounts
        self._commit = commit
        self._metrics = metrics
        self._chunk_bytes_max = chunk_bytes_max

    async def read_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[bytes]:
        first = await anext(aiter(requests), None)
        if first is None:
            return
        self._metrics.active_reads += 1
        client_is_done: asyncio.Task[None] | None = None
        try:
            _check(first)
            chunk = min(first.chunk_size if first.chunk_size > 0 else CHUNK_BYTES_DEFAULT, self._chunk_bytes_max)
            if first.length > chunk:  # an answer of one chunk is sent before anybody could want less of it
                client_is_done = asyncio.create_task(_take_acknowledgements(requests))
            frames = self._frames(first, chunk)
            try:
                async for frame in frames:
                    if client_is_done is not None and client_is_done.done():
                        client_is_done.result()  # an error of the request stream ends this one too
                        return
                    yield frame
            finally:
                await frames.aclose()  # type: ignore[attr-defined]
        except AlluxioError as error:
            raise for_stream(error) from error
        finally:
            self._metrics.active_reads -= 1
            if client_is_done is not None:
                client_is_done.cancel()

    async def _frames(self, request: Any, chunk: int) -> AsyncIterator[bytes]:
        block_id = BlockId(request.block_id)
        if request.promote:
            await self._try_promote(block_id)
        reader = self._blocks.open_reader(block_id)
        if reader is not None:
            try:
                async for frame in self._local(reader, request, chunk):
                    yield frame
            finally:
                reader.close()
            return
        options = request.open_ufs_block_options
        if not options.ufs_path and not options.block_in_ufs_tier:
            raise BlockDoesNotExist(f"Block {block_id} is not on this worker.")
        async for frame in self._from_ufs(request, chunk):
            yield frame

    async def _local(self, reader: BlockReader, request: Any, chunk: int) -> AsyncIterator[bytes]:
        position = request.offset
        end = min(reader.length_bytes, request.offset + request.length)
        self._metrics.add(counters.BLOCKS_ACCESSED)
        self._metrics.add(counters.BLOCKS_READ_REMOTE)
        try:
            while position < end:
                length = min(chunk, end - position)
                yield read_frame(await reader.read(position, length))
                position += length
        finally:
            sent = max(0, position - request.offset)
            self._metrics.add(counters.BYTES_READ_REMOTE, sent)
            self._metrics.add(counters.BYTES_READ_CACHE, sent)

    async def _from_ufs(self, request: Any, chunk: int) -> AsyncIterator[bytes]:
        block_id = BlockId(request.block_id)
        options = request.open_ufs_block_options
        mount = await self._mounts.get(options.mountId)
        path = mount.block_path(block_id) if options.block_in_ufs_tier else mount.path_below(options.ufs_path)
        in_file = (0 if options.block_in_ufs_tier else options.offset_in_file) + request.offset
        position = request.offset
        end = min(options.block_size, request.offset + request.length)
        source = await _open_ufs(mount, path, in_file, end - position, block_id)
        copy = None if options.no_cache or request.offset != 0 else self._begin_copy(block_id, options.block_size)
        self._metrics.add(counters.BLOCKS_READ_UFS)
        try:
            async with source:
                while position < end:
                    data = await _read_ufs(source, path, min(chunk, end - position))
                    if copy is not None:
                        await copy.write(data)
                    yield read_frame(data)
                    position += len(data)
                    self._metrics.add(counters.BYTES_READ_REMOTE, len(data))
                    self._metrics.add(counters.BYTES_READ_PER_UFS, len(data), mount.uri)
            if copy is not None:
                await copy.finish()
        finally:
            if copy is not None:
                copy.discard()

    def _begin_copy(self, block_id: BlockId, block_bytes: int) -> CopyOnRead | None:
        """Return a copy to fill while reading; None if somebody makes one already or there is no room."""
        session = new_session()
        try:
            self._blocks.create(session, block_id, block_bytes)
            return CopyOnRead(self._blocks, self._blocks.open_writer(session, block_id), block_bytes, self._commit)
        except BlockAlreadyExists:
            return None
        except AlluxioError as error:
            self._blocks.end_session(session)
            self._metrics.add(counters.BLOCKS_CACHED_FAILED)
            log.warning("Block %d is read without caching it: %s", block_id, error)
            return None

    async def _try_promote(self, block_id: BlockId) -> None:
        """Move the block into the top tier if it is lower; a failure only costs speed."""
        block = self._blocks.store.committed(block_id)
        top = self._blocks.store.locations[0]
        if block is None or block.location.tier == top.tier:
            return
        try:
            await self._blocks.move(MIGRATE, block_id, top.medium)
        except AlluxioError as error:
            log.info("Block %d stays in tier %s: %s", block_id, block.location.tier_alias, error)


class CopyOnRead:
    """A block being filled with what a client reads from the under storage.

    When writing the copy fails, the copy is given up and reading goes on.
    """

    def __init__(self, blocks: LocalBlocks, writer: BlockWriter, block_bytes: int, commit: Commit) -> None:
        self._blocks = blocks
        self._writer: BlockWriter | None = writer
        self._block_bytes = block_bytes
        self._commit = commit

    async def write(self, data: bytes) -> None:
        if self._writer is None:
            return
        try:
            await self._writer.write(data)
        except AlluxioError as error:
            log.warning("Block %d is read on without caching it: %s", self._writer.block_id, error)
            self.discard()

    async def finish(self) -> None:
        """Commit the copy if it holds the whole block."""
        writer = self._writer
        if writer is None or writer.position < self._block_bytes:
            return
        self._writer = None
        writer.close()
        try:
            block = self._blocks.commit(writer.session_id, writer.block_id)
            await self._commit(block)
        except AlluxioError as error:
            # The reader has its bytes; the next registration or heartbeat tells the master about the block.
            log.warning("Block %d was read, but not committed as a copy: %s", writer.block_id, error)
            self._blocks.end_session(writer.session_id)

    def discard(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._blocks.end_session(self._writer.session_id)
            self._writer = None


def _check(request: Any) -> None:
    check_block_id(request.block_id, "ReadBlock")
    if request.offset < 0 or request.length <= 0 or request.open_ufs_block_options.offset_in_file < 0:
        raise InvalidArgument(
            f"ReadBlock wants block {request.block_id}, offset {request.offset}, length {request.length}; "
            f"{request.open_ufs_block_options.offset_in_file} in the file; the length must be above 0, the others not "
            "negative."
        )


async def _take_acknowledgements(requests: AsyncIterator[Any]) -> None:
    async for _ in requests:
        pass


async def _open_ufs(mount: Mount, path: str, offset: int, length: int, block_id: BlockId) -> UfsReader:
    """Open a file that holds `length` bytes at `offset`; nothing may be sent of one that does not."""
    try:
        source = await mount.ufs.open_reader(path, offset)
    except UfsFileDoesNotExist as error:
        raise BlockDoesNotExist(
            f"Block {block_id} is neither on this worker nor in the under storage: {error}"
        ) from error
    try:
        status = await mount.ufs.status(path)
        if status is not None and status.length_bytes < offset + length:
            raise too_short(path, f"{status.length_bytes} bytes, and {length} at {offset} are wanted")
    except BaseException:
        await source.close()
        raise
    return source


async def _read_ufs(source: UfsReader, path: str, length: int) -> bytes:
    data = await source.read(length)
    if len(data) < length:
        raise too_short(path, f"{length - len(data)} bytes fewer than when it was opened")
    return data


def too_short(path: str, what: str) -> OutOfRange:
    """Return the error that makes clients ask the master again instead of the next worker."""
    return OutOfRange(f"Under storage file {path} is shorter than the master says ({what}): it changed meanwhile.")
