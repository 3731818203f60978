"""Reading a file: a position over blocks, each read from the best source that still works.

Sequential reads keep one stream per block open; positioned reads open a stream of their own, or use a block file on
this host. A worker that fails is left out until every source failed; then the file's status and the list of workers
are asked again, after a wait, until the retry policy ends.
"""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

from pyalluxio.client.block_reader import LocalBlockReader, ReadRange, RemoteBlockReader, UfsBlock
from pyalluxio.client.context import Context
from pyalluxio.client.file_info import BlockInfo, FileInfo, WorkerAddress
from pyalluxio.client.options import get_status
from pyalluxio.client.policy import Source, SourceKind, is_in_ufs, source_for_block
from pyalluxio.client.retry import Retry
from pyalluxio.errors import (
    AlluxioError,
    BlockHasNoCopy,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Status,
    Unavailable,
    from_status,
)
from pyalluxio.ufs import fingerprint

# Errors that another worker would give too.
_FINAL = frozenset({Status.PERMISSION_DENIED, Status.INVALID_ARGUMENT, Status.OUT_OF_RANGE, Status.UNIMPLEMENTED})
# Errors that may be gone after a wait.
_PASSING = frozenset({Status.UNAVAILABLE, Status.CANCELLED, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED})

LOCAL_BLOCKS_OPEN_MAX = 8
LOST_BELIEVED_S = 5.0
READ_ALL_CHUNK_BYTES = 8 << 20


class AsyncFileReader:
    """An open file; used by one task at a time, except for `pread`."""

    def __init__(self, context: Context, status: FileInfo, read_type: str) -> None:
        self._context = context
        self._settings = context.settings_at(status.path)
        self.status = status
        self._status_at_s = context.clock()
        self._read_type = read_type
        self._position = 0
        self._failed: set[WorkerAddress] = set()
        self._worker_error: AlluxioError | None = None
        self._stream: _BlockStream | None = None
        self._local: OrderedDict[int, LocalBlockReader] = OrderedDict()
        self._cache_requested: set[int] = set()
        self._is_closed = False

    # --- the file interface -----------------------------------------------------------------------------------------

    @property
    def length(self) -> int:
        """Bytes in the file."""
        return self.status.length

    def tell(self) -> int:
        """Return the position of the next sequential read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; past the end is allowed and reads nothing there."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.length}[whence]
        if base + offset < 0:
            raise InvalidArgument(f"Cannot seek to {base + offset} in {self.status.path}: positions begin at 0.")
        self._position = base + offset
        return self._position

    async def read(self, count: int = -1) -> bytes:
        """Return exactly `count` bytes, fewer at the end of the file only; all of the rest when negative."""
        rest = max(0, self.length - self._position)
        wanted = rest if count < 0 else min(count, rest)
        buffer = bytearray(wanted)
        await self._fill(memoryview(buffer))
        return bytes(buffer)

    async def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the position; return the bytes read, fewer than its size at the end of the file only."""
        view = memoryview(buffer).cast("B")
        return await self._fill(view[: max(0, self.length - self._position)])

    async def chunks(self) -> AsyncIterator[memoryview]:
        """Yield the rest of the file in pieces as they arrive, without gathering them."""
        while self._position < self.length:
            yield await self._next_piece(READ_ALL_CHUNK_BYTES)

    async def pread(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, fewer at the end only; the position stays. Many tasks may call it."""
        if offset < 0 or count < 0:
            raise InvalidArgument(f"Cannot read {count} bytes at {offset}: both must be 0 or more.")
        count = max(0, min(count, self.length - offset))
        buffer = bytearray(count)
        view = memoryview(buffer)
        done = 0
        while done < count:
            block, start = self._block_at(offset + done)
            size = min(count - done, block.length - start)
            await self._pread_block(block, start, view[done : done + size])
            done += size
        return bytes(buffer)

    def pread_now(self, offset: int, view: memoryview) -> int | None:
        """Fill `view` if it lies in one block whose file is open on this host, else return None; makes no call."""
        if not self._local or offset < 0 or offset + len(view) > self.length:
            return None
        size = self.status.block_size_bytes
        local = self._local.get(offset // size)
        start = offset % size
        if local is None or start + len(view) > size:
            return None
        count = local.pread_now(view, start)
        return count if count == len(view) else None

    async def close(self) -> None:
        """Release everything on the workers."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._drop_stream()
        while self._local:
            await self._local.popitem()[1].close()

    async def __aenter__(self) -> AsyncFileReader:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- sequential -------------------------------------------------------------------------------------------------

    async def _fill(self, view: memoryview) -> int:
        done = 0
        while done < len(view):
            stream = self._stream
            local = self._local_at(self._position)
            if local is not None:
                block, start = self._block_at(self._position)
                part = view[done : done + min(len(view) - done, block.length - start)]
                count = await local.pread(part, start)
                if count > 0:
                    self._position += count
                    done += count
                    continue
                await self._forget_local(self._position // self.status.block_size_bytes)
            elif stream is not None and stream.position == self._position and stream.pending:
                piece = stream.take(len(view) - done)
                view[done : done + len(piece)] = piece
                self._position += len(piece)
                done += len(piece)
                continue
            piece = await self._next_piece(len(view) - done)
            view[done : done + len(piece)] = piece
            done += len(piece)
        return done

    async def _next_piece(self, size_max: int) -> memoryview:
        """Return 1 to `size_max` bytes at the position and move it; fails over between sources."""
        retry = self._retry()
        while True:
            self._check_open()
            block, start = self._block_at(self._position)
            source: Source | None = None
            try:
                if self._stream is not None and self._stream.position != self._position:
                    await self._drop_stream()
                if self._stream is None:
                    source = await self._source(block)
                    local = await self._open_local(source, block)
                    if local is not None:
                        buffer = memoryview(bytearray(min(size_max, block.length - start)))
                        count = await local.pread(buffer, start)
                        if count > 0:
                            self._position += count
                            return buffer[:count]
                        await self._forget_local(self._position // self.status.block_size_bytes)
                        raise Unavailable(f"The file of block {block.block_id} is shorter than the block.")
                    self._stream = await self._open_stream(source, block, start, block.length - start)
                source = self._stream.source
                if not self._stream.pending:
                    await self._stream.receive()
                piece = self._stream.take(size_max)
                self._position += len(piece)
                if self._stream.is_done:
                    await self._drop_stream()
                return piece
            except AlluxioError as error:
                if self._stream is not None:
                    self._stream.reader.cancel()
                    self._stream = None
                await self._failed_at(retry, error, source)

    async def _open_stream(self, source: Source, block: BlockInfo, start: int, length: int) -> _BlockStream:
        what = self._range(block, start, length, position_short=False)
        channel = self._context.channel(source.address)
        reader = await RemoteBlockReader.open(channel, what, self._settings.read_timeout_s)
        return _BlockStream(reader, source, block, self._position, length, starts_at_zero=start == 0)

    async def _drop_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.reader.close()
            self._request_cache(stream.block, stream.source, was_read_through=stream.starts_at_zero and stream.is_done)

    # --- positioned -------------------------------------------------------------------------------------------------

    async def _pread_block(self, block: BlockInfo, start: int, view: memoryview) -> None:
        retry = self._retry()
        while True:
            self._check_open()
            source: Source | None = None
            try:
                local = self._local.get(block.offset // self.status.block_size_bytes)
                if local is None:
                    source = await self._source(block)
                    local = await self._open_local(source, block)
                if local is not None:
                    if await local.pread(view, start) == len(view):
                        return
                    await self._forget_local(block.offset // self.status.block_size_bytes)
                    raise Unavailable(f"The file of block {block.block_id} is shorter than the block.")
                assert source is not None
                await self._pread_remote(source, block, start, view)
                return
            except AlluxioError as error:
                await self._failed_at(retry, error, source)
                block, _ = self._block_at(block.offset + start)

    async def _pread_remote(self, source: Source, block: BlockInfo, start: int, view: memoryview) -> None:
        settings = self._settings
        what = self._range(block, start, len(view), position_short=len(view) < settings.pread_bytes_max)
        reader = await RemoteBlockReader.open(self._context.channel(source.address), what, settings.read_timeout_s)
        try:
            done = 0
            while done < len(view):
                piece = await reader.next_chunk()
                if piece is None:
                    raise Unavailable(f"Block {block.block_id} ended early.")
                view[done : done + len(piece)] = piece
                done += len(piece)
        except BaseException:
            reader.cancel()
            raise
        if not self._context.in_background(reader.close()):
            await reader.close()
        self._request_cache(block, source, was_read_through=start == 0 and len(view) == block.length)

    # --- sources ----------------------------------------------------------------------------------------------------

    def _block_at(self, position: int) -> tuple[BlockInfo, int]:
        """Return the block that holds a byte, and the byte's offset in it."""
        index = position // self.status.block_size_bytes
        if index >= len(self.status.blocks):
            raise Unavailable(
                f"Byte {position} of {self.status.path} lies past the {len(self.status.blocks)} blocks it has."
            )
        block = self.status.blocks[index]
        return block, position - block.offset

    def _local_at(self, position: int) -> LocalBlockReader | None:
        return self._local.get(position // self.status.block_size_bytes) if self._local else None

    async def _source(self, block: BlockInfo) -> Source:
        settings = self._settings
        if self._context.clock() - self._status_at_s > settings.status_expires_s:
            await self._refresh()
            block, _ = self._block_at(block.offset)
        workers = await self._context.workers()
        return source_for_block(self.status, block, workers, settings.locality, settings.ufs_read_policy, self._failed)

    async def _open_local(self, source: Source, block: BlockInfo) -> LocalBlockReader | None:
        """Return the block's file on this host, or None when it must be streamed."""
        if source.kind is not SourceKind.LOCAL or not self._context.may_short_circuit(source.address, self._settings):
            return None
        index = block.offset // self.status.block_size_bytes
        promote = self._read_type == "CACHE_PROMOTE"
        try:
            channel = self._context.channel(source.address)
            local = await LocalBlockReader.open(channel, block.block_id, promote, self._settings.read_timeout_s)
        except OSError as error:
            self._context.short_circuit_failed(source.address, error)
            return None
        except AlluxioError as error:
            if error.status is Status.NOT_FOUND:  # evicted meanwhile: the stream may fetch it from the under storage
                return None
            raise
        raced = self._local.pop(index, None)
        self._local[index] = local
        if raced is not None:
            await raced.close()
        while len(self._local) > LOCAL_BLOCKS_OPEN_MAX:
            await self._local.popitem(last=False)[1].close()
        return local

    async def _forget_local(self, index: int) -> None:
        local = self._local.pop(index, None)
        if local is not None:
            await local.close()

    def _range(self, block: BlockInfo, start: int, length: int, *, position_short: bool) -> ReadRange:
        return ReadRange(
            block_id=block.block_id,
            offset=start,
            length=length,
            ufs=self._ufs_block(block),
            promote=self._read_type == "CACHE_PROMOTE",
            position_short=position_short,
            chunk_bytes=self._settings.reader_chunk_bytes,
        )

    def _ufs_block(self, block: BlockInfo) -> UfsBlock | None:
        status = self.status
        concurrency = self._settings.ufs_read_concurrency_max
        no_cache = self._read_type == "NO_CACHE"
        if status.is_persisted:
            return UfsBlock(
                status.ufs_path, block.offset, block.length, status.mount_id, no_cache, concurrency_max=concurrency
            )
        if status.persistence_state == "TO_BE_PERSISTED":
            return UfsBlock("", 0, block.length, status.mount_id, no_cache, True, concurrency)
        return None

    # --- failures ---------------------------------------------------------------------------------------------------

    def _retry(self) -> Retry:
        context = self._context
        # A worker that has dropped its copy may have been the only one known here, and not the only one.
        passing = _PASSING if is_in_ufs(self.status) else _PASSING | {Status.NOT_FOUND}
        return Retry(self._settings.block_read_retry, context.clock, context.chance, passing)

    async def _failed_at(self, retry: Retry, error: AlluxioError, source: Source | None) -> None:
        """Leave a worker out, or when none is left wait and ask the master again; raise when that is over."""
        if error.status is Status.OUT_OF_RANGE and source is not None:
            await self._explain(error)
        if error.status in _FINAL:
            raise error
        if source is not None:
            self._worker_error = error
            if source.address not in self._failed:
                self._failed.add(source.address)
                return
        elif self._failed and self._worker_error is not None and not isinstance(error, BlockHasNoCopy):
            # Every worker has failed: what they said tells more than that none is left.
            error = self._worker_error
        if self._is_without_copy(error) and (
            self._is_lost_by_now() or retry.elapsed_s() * 1000 >= self._settings.no_copy_wait_ms
        ):
            raise error
        delay_s = retry.delay_s(error)
        if delay_s is None:
            raise self._told(error) from error
        await asyncio.sleep(delay_s)
        self._failed.clear()
        await self._refresh()
        await self._context.workers(fresh=True)

    def _told(self, error: AlluxioError) -> AlluxioError:
        """Return an error of the last worker with the file it is about: a worker knows blocks only."""
        if error.status not in _PASSING or isinstance(error, BlockHasNoCopy):
            return error
        return from_status(error.status, f"Cannot read {self.status.path}: {error}")

    def _is_without_copy(self, error: AlluxioError) -> bool:
        """Say whether nobody has the block, or the worker that was known to have it has dropped it."""
        return isinstance(error, BlockHasNoCopy) or (error.status is Status.NOT_FOUND and not is_in_ufs(self.status))

    def _is_lost_by_now(self) -> bool:
        """Say whether the master has given the file up, unless it said so long ago."""
        age_s = self._context.clock() - self._status_at_s
        return self.status.persistence_state == "LOST" and age_s < LOST_BELIEVED_S

    async def _explain(self, error: AlluxioError) -> None:
        """Raise why a worker had fewer bytes than the master told, if asking the under storage again shows it."""
        try:
            await self._refresh(sync_interval_ms=0)
        except (OutOfRange, NotFound) as cause:
            raise cause from error
        except AlluxioError:
            return  # the master is away: what the worker said has to do

    async def _refresh(self, sync_interval_ms: int | None = None) -> None:
        """Ask the master where the blocks are now.

        Raises:   OutOfRange: the path names other content than at opening; bytes of both must never be mixed.
        """
        settings = self._settings
        status = await self._context.master.get_status(
            self.status.path,
            get_status(settings.defaults, for_reading=True, update_timestamps=False, sync_interval_ms=sync_interval_ms),
        )
        if _has_other_content(self.status, status):
            raise OutOfRange(
                f"{self.status.path} was replaced while it was read: file {self.status.file_id} of "
                f"{self.status.length} bytes was opened, now it is file {status.file_id} of {status.length} bytes. "
                "Open it again."
            )
        self.status = status
        self._status_at_s = self._context.clock()

    def _check_open(self) -> None:
        if self._is_closed:
            raise InvalidArgument(f"{self.status.path} is closed.")

    # --- caching ----------------------------------------------------------------------------------------------------

    def _request_cache(self, block: BlockInfo, source: Source, *, was_read_through: bool) -> None:
        """Ask a worker to keep a block that came from elsewhere, once per block.

        The worker on this host is asked if there is one, else the worker that fetched the block from the under storage,
        unless reading all of it in order has cached it there already.
        """
        status, settings = self.status, self._settings
        if self._read_type == "NO_CACHE" or source.kind is SourceKind.LOCAL or block.block_id in self._cache_requested:
            return
        if 0 < status.replication_max <= len(block.locations):
            return
        local = next(
            (one.address for one in self._context.workers_known if settings.locality.is_local(one.address)), None
        )
        target = local if local is not None and settings.passive_cache else source.address
        if target == source.address and (source.kind is SourceKind.REMOTE or was_read_through):
            return
        self._cache_requested.add(block.block_id)
        self._context.in_background(self._cache(target, source.address, block))

    async def _cache(self, target: WorkerAddress, source: WorkerAddress, block: BlockInfo) -> None:
        from pyalluxio.client.block_reader import WORKER
        from pyalluxio.wire.gen import block_worker_pb2
        from pyalluxio.wire.methods import method

        ufs = self._ufs_block(block)
        request = block_worker_pb2.CacheRequest(block_id=block.block_id, length=block.length)
        request.source_host = source.container_host or source.host
        request.source_port = source.data_port
        setattr(request, "async", True)
        if ufs is not None:
            request.open_ufs_block_options.CopyFrom(ufs.message())
        await self._context.channel(target).unary(method(WORKER, "Cache"), request, 30.0)


def _has_other_content(opened: FileInfo, now: FileInfo) -> bool:
    """Say whether a path names other bytes than before.

    The modification time does not count: a changed time to live moves it as well. A fingerprint counts once both are
    known, since a file that was persisted meanwhile has gained one.
    """
    if (opened.file_id, opened.length, opened.block_ids) != (now.file_id, now.length, now.block_ids):
        return True
    before, after = fingerprint.parse(opened.ufs_fingerprint), fingerprint.parse(now.ufs_fingerprint)
    return before is not None and after is not None and not before.matches_content(after)


class _BlockStream:
    """A remote reader with the bytes that arrived and were not taken yet."""

    __slots__ = ("block", "pending", "position", "reader", "source", "starts_at_zero", "to_receive")

    def __init__(
        self,
        reader: RemoteBlockReader,
        source: Source,
        block: BlockInfo,
        position: int,
        length: int,
        *,
        starts_at_zero: bool,
    ) -> None:
        self.reader = reader
        self.source = source
        self.block = block
        self.position = position  # in the file, of the first pending byte
        self.to_receive = length
        self.pending: memoryview = memoryview(b"")
        self.starts_at_zero = starts_at_zero

    @property
    def is_done(self) -> bool:
        return self.to_receive == 0 and not self.pending

    async def receive(self) -> None:
        """Wait for the next chunk."""
        piece = await self.reader.next_chunk()
        if piece is None:
            raise Unavailable(f"Block {self.block.block_id} ended early.")
        self.pending = piece
        self.to_receive -= len(piece)

    def take(self, size_max: int) -> memoryview:
        """Return pending bytes, at most `size_max`."""
        piece, self.pending = self.pending[:size_max], self.pending[size_max:]
        self.position += len(piece)
        return piece
