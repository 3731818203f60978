"""Writing one block, or one file of the under storage: as a stream to a worker, or straight into the worker's file.

A remote stream: a command says what is written, chunks follow without acknowledgement, a half-close commits, a
cancel drops everything. A local block: the worker makes an empty file and says where, the client writes it and asks
for more space before it needs it; half-close and cancel mean the same.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Any, Protocol

from pyalluxio.client import frames
from pyalluxio.client.block_reader import INLINE_BYTES_MAX, WORKER
from pyalluxio.errors import AlluxioError, DeadlineExceeded, Internal, OutOfSpace, Status, Unavailable
from pyalluxio.wire.channel import Channel, Stream
from pyalluxio.wire.gen import block_worker_pb2
from pyalluxio.wire.methods import method

# A local writer asks for at least this much more when its reservation ends, as official clients do.
RESERVE_MORE_BYTES_MIN = 8 << 20


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """Bounds of a writer's messages and waits."""

    chunk_bytes: int = 1 << 20
    reserve_bytes: int = 64 << 20
    data_timeout_s: float = 180.0
    flush_timeout_s: float = 1_800.0
    close_timeout_s: float = 1_800.0


class BlockWriter(Protocol):
    """What a file needs of either kind of writer; `position` counts the bytes written."""

    position: int

    async def write(self, data: memoryview) -> None: ...
    async def flush(self) -> None: ...
    async def close(self) -> None: ...
    def cancel(self) -> None: ...


class RemoteWriter:
    """A WriteBlock stream: a block (`block_command`) or a file of the under storage (`ufs_file_command`).

    `content_hash` is set by `close` when the under storage reports one.
    """

    def __init__(self, stream: Stream, command: Any, limits: WriteLimits) -> None:
        self._stream = stream
        self._command = command
        self._limits = limits
        self.position = 0
        self.content_hash: str | None = None

    @classmethod
    async def open(cls, channel: Channel, command: Any, limits: WriteLimits) -> RemoteWriter:
        """Send the command; the worker's refusal, if any, arrives with a later write or the flush."""
        stream = await channel.stream(method(WORKER, "WriteBlock"))
        try:
            await stream.write(block_worker_pb2.WriteRequest(command=command))
        except BaseException:
            stream.cancel()
            raise
        return cls(stream, command, limits)

    async def write(self, data: memoryview) -> None:
        """Send bytes; returns once flow control has taken them."""
        size = self._limits.chunk_bytes
        try:
            async with asyncio.timeout(self._limits.data_timeout_s):
                for start in range(0, len(data), size):
                    part = data[start : start + size]
                    await self._stream.write(frames.write_chunk(part))
                    self.position += len(part)
        except TimeoutError:
            self._stream.cancel()
            raise DeadlineExceeded(
                f"The worker took no data for {self._limits.data_timeout_s:g} s at byte {self.position}."
            ) from None
        except AlluxioError as error:
            raise _not_cancelled(error) from error

    async def flush(self) -> None:
        """Wait until the worker has written everything sent so far."""
        if self.position == 0:
            return
        command = block_worker_pb2.WriteRequestCommand()
        command.CopyFrom(self._command)
        command.offset, command.flush = self.position, True
        try:
            async with asyncio.timeout(self._limits.flush_timeout_s):
                await self._stream.write(block_worker_pb2.WriteRequest(command=command))
                while True:
                    reply = await self._stream.read()
                    if reply is None:
                        raise Unavailable(f"The worker ended the stream at byte {self.position}, before it was closed.")
                    if reply.offset == self.position:
                        return
        except TimeoutError:
            self._stream.cancel()
            raise DeadlineExceeded(f"A flush at byte {self.position} took too long.") from None
        except AlluxioError as error:
            raise _not_cancelled(error) from error

    async def close(self) -> None:
        """Commit: the worker has told the master when this returns."""
        try:
            async with asyncio.timeout(self._limits.close_timeout_s):
                await self._stream.done_writing()
                while True:
                    reply = await self._stream.read()
                    if reply is None:
                        return
                    if reply.HasField("contentHash"):
                        self.content_hash = reply.contentHash
        except TimeoutError:
            self._stream.cancel()
            raise DeadlineExceeded(f"The worker did not commit {self.position} bytes in time.") from None
        except AlluxioError as error:
            raise _not_cancelled(error) from error

    def cancel(self) -> None:
        """Drop what was written."""
        self._stream.cancel()


def _not_cancelled(error: AlluxioError) -> AlluxioError:
    """A worker that cancels has gone away; to the caller that is an unavailable worker."""
    return Unavailable(str(error)) if error.status is Status.CANCELLED else error


def block_command(block_id: int, *, tier: int, medium: str, pin: bool, space_bytes: int) -> Any:
    """Return the command that opens a block."""
    return block_worker_pb2.WriteRequestCommand(
        type=block_worker_pb2.ALLUXIO_BLOCK,
        id=block_id,
        tier=tier,
        medium_type=medium,
        pin_on_create=pin,
        space_to_reserve=space_bytes,
    )


def ufs_file_command(*, ufs_path: str, mount_id: int, owner: str, group: str, mode: int, acl: Any = None) -> Any:
    """Return the command that opens a file of the under storage."""
    command = block_worker_pb2.WriteRequestCommand(type=block_worker_pb2.UFS_FILE, id=-1, tier=0, medium_type="")
    options = command.create_ufs_file_options
    options.ufs_path, options.mount_id = ufs_path, mount_id
    options.owner, options.group, options.mode = owner, group, mode
    if acl is not None:
        options.acl.CopyFrom(acl)
    return command


class LocalBlockWriter:
    """A block written straight into the worker's temporary file on this host."""

    def __init__(self, stream: Stream, request: Any, descriptor: int, reserved_bytes: int, limits: WriteLimits) -> None:
        self._stream = stream
        self._request = request
        self._descriptor = descriptor
        self._reserved_bytes = reserved_bytes
        self._limits = limits
        self.position = 0

    @classmethod
    async def open(
        cls, channel: Channel, block_id: int, *, tier: int, medium: str, pin: bool, limits: WriteLimits
    ) -> LocalBlockWriter:
        """Let the worker make the file, and open it.

        Raises:   OSError: the file cannot be opened from here; the worker has dropped the block again.
        """
        request = block_worker_pb2.CreateLocalBlockRequest(
            block_id=block_id,
            tier=tier,
            space_to_reserve=limits.reserve_bytes,
            medium_type=medium,
            pin_on_create=pin,
        )
        stream = await channel.stream(method(WORKER, "CreateLocalBlock"))
        try:
            async with asyncio.timeout(limits.data_timeout_s):
                await stream.write(request)
                reply = await stream.read()
            if reply is None or not reply.path:
                raise Internal(f"The worker answered CreateLocalBlock of block {block_id} without a path.")
            descriptor = os.open(reply.path, os.O_WRONLY | os.O_CLOEXEC)
        except TimeoutError:
            stream.cancel()
            raise DeadlineExceeded(
                f"The worker did not create block {block_id} within {limits.data_timeout_s:g} s."
            ) from None
        except BaseException:
            stream.cancel()
            raise
        return cls(stream, request, descriptor, limits.reserve_bytes, limits)

    async def write(self, data: memoryview) -> None:
        """Append bytes, reserving space first."""
        missing = self.position + len(data) - self._reserved_bytes
        if missing > 0:
            await self._reserve(max(missing, RESERVE_MORE_BYTES_MIN))
        if len(data) <= INLINE_BYTES_MAX:
            self._write_all(data)
        else:
            await asyncio.to_thread(self._write_all, data)
        self.position += len(data)

    def _write_all(self, data: memoryview) -> None:
        done = 0
        try:
            while done < len(data):
                done += os.pwrite(self._descriptor, data[done:], self.position + done)
        except OSError as error:
            raise OutOfSpace(
                f"Cannot write block {self._request.block_id} into the worker's file: {error.strerror}."
            ) from error

    async def _reserve(self, more_bytes: int) -> None:
        request = block_worker_pb2.CreateLocalBlockRequest()
        request.CopyFrom(self._request)
        request.only_reserve_space, request.space_to_reserve = True, more_bytes
        try:
            async with asyncio.timeout(self._limits.data_timeout_s):
                await self._stream.write(request)
                reply = await self._stream.read()
        except TimeoutError:
            raise DeadlineExceeded(f"The worker did not reserve {more_bytes} bytes in time.") from None
        if reply is None:
            raise Unavailable(f"The worker ended block {self._request.block_id} before it was written.")
        self._reserved_bytes += more_bytes

    async def flush(self) -> None:
        """Nothing is held back: the bytes are in the worker's file already."""

    async def close(self) -> None:
        """Commit."""
        self._close_file()
        try:
            async with asyncio.timeout(self._limits.close_timeout_s):
                await self._stream.done_writing()
                while await self._stream.read() is not None:
                    pass
        except TimeoutError:
            self._stream.cancel()
            raise DeadlineExceeded(f"The worker did not commit {self.position} bytes in time.") from None
        except AlluxioError as error:
            raise _not_cancelled(error) from error

    def cancel(self) -> None:
        """Drop the block."""
        self._close_file()
        self._stream.cancel()

    def _close_file(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
