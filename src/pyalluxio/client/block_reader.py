"""Reading one block: as a stream of chunks from a worker, or straight from the worker's file on this host.

A remote stream: the first request names block, offset and length; the worker answers with chunks and waits once too
many are not acknowledged; the client half-closes when it wants no more, and the worker then ends the call with OK.
When a block is read from its start through the under storage, the worker commits its cached copy before that OK.
"""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass

from pyalluxio.client import frames
from pyalluxio.errors import AlluxioError, BlockDoesNotExist, DeadlineExceeded, OutOfRange, Status, Unavailable
from pyalluxio.wire.channel import Channel, Stream
from pyalluxio.wire.gen import block_worker_pb2, dataserver_protocol_pb2
from pyalluxio.wire.methods import method

WORKER = "alluxio.grpc.block.BlockWorker"

# A worker stops at 4 MB not acknowledged; saying so every 2 MB keeps it going at half the messages.
ACKNOWLEDGE_BYTES = 2 << 20

# A read or write of a local file this small is done on the event loop: a thread costs more than the copy.
INLINE_BYTES_MAX = 128 << 10

CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class UfsBlock:
    """Where the under storage has a block, for a worker that has not."""

    ufs_path: str  # empty for a file that is still to be persisted
    offset_in_file: int
    block_size: int
    mount_id: int
    no_cache: bool
    in_ufs_tier: bool = False
    concurrency_max: int = (1 << 31) - 1

    def message(self) -> dataserver_protocol_pb2.OpenUfsBlockOptions:
        """Return the options as they travel."""
        options = dataserver_protocol_pb2.OpenUfsBlockOptions(
            offset_in_file=self.offset_in_file,
            block_size=self.block_size,
            maxUfsReadConcurrency=self.concurrency_max,
            mountId=self.mount_id,
            no_cache=self.no_cache,
        )
        if self.ufs_path:
            options.ufs_path = self.ufs_path
        if self.in_ufs_tier:
            options.block_in_ufs_tier = True
        return options


@dataclass(frozen=True, slots=True)
class ReadRange:
    """What to read of a block; `ufs` is None when only a worker's own copy will do."""

    block_id: int
    offset: int
    length: int
    ufs: UfsBlock | None = None
    promote: bool = False
    position_short: bool = False
    chunk_bytes: int = 1 << 20


class RemoteBlockReader:
    """The chunks of one ReadBlock stream, in order."""

    def __init__(self, stream: Stream, first_request: bytes, what: ReadRange, timeout_s: float) -> None:
        self._stream = stream
        self._first = first_request
        self._what = what
        self._timeout_s = timeout_s
        self._received = what.offset
        self._acknowledged = what.offset
        self._is_ended = False

    @classmethod
    async def open(cls, channel: Channel, what: ReadRange, timeout_s: float) -> RemoteBlockReader:
        """Start reading; errors of the worker arrive with the first chunk."""
        request = block_worker_pb2.ReadRequest(
            block_id=what.block_id,
            offset=what.offset,
            length=what.length,
            promote=what.promote,
            chunk_size=what.chunk_bytes,
            position_short=what.position_short,
            open_ufs_block_options=(
                what.ufs.message() if what.ufs is not None else dataserver_protocol_pb2.OpenUfsBlockOptions()
            ),
        ).SerializeToString()
        stream = await channel.stream(method(WORKER, "ReadBlock"), raw=True)
        try:
            await stream.write(request)
        except BaseException:
            stream.cancel()
            raise
        return cls(stream, request, what, timeout_s)

    async def next_chunk(self) -> memoryview | None:
        """Return the next bytes, or None after the last; the buffer belongs to the caller.

        Raises:   OutOfRange: the worker ended before `length` bytes.  DeadlineExceeded: nothing came in time.
        """
        end = self._what.offset + self._what.length
        if self._received >= end:
            return None
        try:
            async with asyncio.timeout(self._timeout_s):
                frame = await self._stream.read()
        except TimeoutError:
            self._stream.cancel()
            self._is_ended = True
            raise DeadlineExceeded(f"No data of block {self._what.block_id} came for {self._timeout_s:g} s.") from None
        except AlluxioError as error:
            self._is_ended = True
            if error.status is Status.CANCELLED:
                raise Unavailable(str(error)) from error
            raise
        if frame is None:
            self._is_ended = True
            raise OutOfRange(
                f"Block {self._what.block_id} ended at byte {self._received}, before {end}: the file changed meanwhile."
            )
        data = frames.read_chunk(frame)
        self._received += len(data)
        if self._received < end and self._received - self._acknowledged >= ACKNOWLEDGE_BYTES:
            self._acknowledged = self._received
            # The worker may have sent everything and ended; then nobody wants this acknowledgement.
            await self._stream.write_unless_ended(frames.acknowledgement(self._first, self._received))
        return data

    async def close(self) -> None:
        """Half-close and wait, briefly, for the worker to end: it commits a cached copy before that."""
        if self._is_ended:
            return
        self._is_ended = True
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._stream.done_writing()
                while await self._stream.read() is not None:
                    pass
        except (AlluxioError, TimeoutError):
            self._stream.cancel()

    def cancel(self) -> None:
        """End at once; a half-cached copy is dropped by the worker."""
        self._is_ended = True
        self._stream.cancel()


class LocalBlockReader:
    """A block in a worker's file on this host; the worker keeps the block until `close`."""

    def __init__(self, stream: Stream, descriptor: int, block_id: int) -> None:
        self._stream = stream
        self._descriptor = descriptor
        self.block_id = block_id
        self._lock = threading.Lock()
        self._users = 0
        self._is_closed = False

    @classmethod
    async def open(cls, channel: Channel, block_id: int, promote: bool, timeout_s: float) -> LocalBlockReader:
        """Lock the block on the worker and open its file.

        Raises:   NotFound: the worker has no such block.  OSError: the file cannot be opened from here.
        """
        stream = await channel.stream(method(WORKER, "OpenLocalBlock"))
        try:
            async with asyncio.timeout(timeout_s):
                await stream.write(block_worker_pb2.OpenLocalBlockRequest(block_id=block_id, promote=promote))
                reply = await stream.read()
            if reply is None:
                raise BlockDoesNotExist(f"The worker ended OpenLocalBlock of block {block_id} without a path.")
            descriptor = os.open(reply.path, os.O_RDONLY | os.O_CLOEXEC)
        except TimeoutError:
            stream.cancel()
            raise DeadlineExceeded(f"The worker did not open block {block_id} within {timeout_s:g} s.") from None
        except BaseException:
            stream.cancel()
            raise
        return cls(stream, descriptor, block_id)

    def pread_now(self, buffer: memoryview, offset: int) -> int:
        """Read into `buffer` from byte `offset` of the block; blocks for as long as the device does; 0 once closed.

        Any thread may call it: the descriptor is closed when its last reader is through, since a number closed under a
        reader may be another file by then.
        """
        with self._lock:
            if self._is_closed:
                return 0
            self._users += 1
        try:
            return os.preadv(self._descriptor, [buffer], offset)
        finally:
            with self._lock:
                self._users -= 1
                if self._is_closed and self._users == 0:
                    os.close(self._descriptor)

    async def pread(self, buffer: memoryview, offset: int) -> int:
        """Like `pread_now`, on another thread when it is worth it."""
        if len(buffer) <= INLINE_BYTES_MAX:
            return self.pread_now(buffer, offset)
        return await asyncio.to_thread(self.pread_now, buffer, offset)

    async def close(self) -> None:
        """Close the file and let the worker unlock the block."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._users == 0:
                os.close(self._descriptor)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._stream.done_writing()
                await self._stream.read()
        except (AlluxioError, TimeoutError):
            self._stream.cancel()
