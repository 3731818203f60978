"""One call on an HTTP/2 connection: its messages in, its frames out, its part of the flow control."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from typing import TYPE_CHECKING

from pyalluxio.errors import AlluxioError, RemoteProtocolError, ResourceExhausted, Unimplemented
from pyalluxio.wire.http2_frames import (
    CREDIT_BYTES_MIN,
    DATA,
    DIRECT_BYTES_MIN,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    NO_ERROR,
    RST_STREAM,
    STREAM_WINDOW_BYTES,
    WINDOW_UPDATE,
    frame,
    frame_header,
)

if TYPE_CHECKING:
    from pyalluxio.wire.http2_connection import Http2Connection

QUEUED_BYTES_MAX = 2 << 20  # messages no handler has taken yet; above it a stream gets no new window
_PREFIX = struct.Struct(">BL")  # of a gRPC message: compressed or not, length


class Http2Stream:
    """One call: its messages in, its frames out. `task` runs the handler."""

    __slots__ = (
        "_connection", "_filled", "_message", "_prefix", "_uncredited", "_waiter", "_window_waiter", "error",
        "headers_sent", "id", "is_closed", "is_remote_closed", "messages", "queued_bytes", "receive_window",
        "send_window", "task",
    )  # fmt: skip

    def __init__(self, connection: Http2Connection, stream_id: int, send_window: int) -> None:
        self._connection = connection
        self.id = stream_id
        self.send_window = send_window
        self.receive_window = STREAM_WINDOW_BYTES
        self.messages: deque[bytearray] = deque()
        self.queued_bytes = 0
        self.error: AlluxioError | None = None
        self.is_remote_closed = False
        self.is_closed = False
        self.headers_sent = False
        self.task: asyncio.Task[None] | None = None
        self._prefix = b""
        self._message: bytearray | None = None
        self._filled = 0
        self._uncredited = 0
        self._waiter: asyncio.Future[None] | None = None
        self._window_waiter: asyncio.Future[None] | None = None

    # --- in ---------------------------------------------------------------------------------------------------------

    async def receive(self) -> bytearray | None:
        """Return the next message, None once the peer has half-closed; the buffer belongs to the caller."""
        while not self.messages:
            if self.error is not None:
                raise self.error
            if self.is_remote_closed:
                if self._message is not None or self._prefix:
                    raise RemoteProtocolError(f"Stream {self.id} ended inside a message.")
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        message = self.messages.popleft()
        self.queued_bytes -= len(message)
        self._credit()
        return message

    def direct_buffer(self, size_max: int) -> memoryview | None:
        """Return where the rest of the current message goes, if much is missing."""
        message = self._message
        if message is None or self.error is not None:
            return None
        size = min(size_max, len(message) - self._filled)
        return memoryview(message)[self._filled : self._filled + size] if size >= DIRECT_BYTES_MIN else None

    def filled_directly(self, count: int) -> None:
        self._filled += count
        assert self._message is not None
        if self._filled == len(self._message):
            self._complete(self._message)

    def take(self, data: memoryview) -> None:
        """Take bytes of DATA frames, padding excluded."""
        while data and self.error is None:
            message = self._message
            if message is None:
                missing = 5 - len(self._prefix)
                self._prefix += bytes(data[:missing])
                data = data[missing:]
                if len(self._prefix) == 5:
                    self._begin()
                continue
            count = min(len(data), len(message) - self._filled)
            message[self._filled : self._filled + count] = data[:count]
            data = data[count:]
            self.filled_directly(count)

    def _begin(self) -> None:
        compressed, length = _PREFIX.unpack(self._prefix)
        limit = self._connection.message_bytes_max
        if compressed:
            self.fail(Unimplemented("Compressed messages are not supported; send them with grpc-encoding identity."))
        elif length > limit:
            self.fail(ResourceExhausted(f"A message of {length} bytes is larger than the {limit} allowed here."))
        else:
            self._message, self._filled = bytearray(length), 0
            if length == 0:
                self._complete(self._message)

    def _complete(self, message: bytearray) -> None:
        self._message, self._prefix = None, b""
        self.messages.append(message)
        self.queued_bytes += len(message)
        self._wake()

    def fail(self, error: AlluxioError) -> None:
        """End the messages with an error; the handler meets it after those that came before."""
        self.error = error
        self._wake()

    def end(self) -> None:
        self.is_remote_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def received(self, count: int) -> None:
        """Account for a frame, padding included; gives new window unless the handler is behind."""
        self._uncredited += count
        self._credit()

    def _credit(self) -> None:
        if self._uncredited >= CREDIT_BYTES_MIN and self.queued_bytes < QUEUED_BYTES_MAX and not self.is_remote_closed:
            self.receive_window += self._uncredited
            self._connection.send_control(frame(WINDOW_UPDATE, 0, self.id, self._uncredited.to_bytes(4, "big")))
            self._uncredited = 0

    # --- out --------------------------------------------------------------------------------------------------------

    async def send(self, payload: bytes, headers: bytes, head: bytes = b"") -> None:
        """Send the message `head` + `payload`, after `headers` (an encoded block) if it is the first.

        Waits for the windows and the socket. `head` is a few bytes, so that a large payload need not be copied behind
        them.
        """
        connection = self._connection
        pieces: list[bytes | memoryview] = []
        if not self.headers_sent:
            self.headers_sent = True
            pieces.append(frame(HEADERS, END_HEADERS, self.id, headers))
        prefix = _PREFIX.pack(0, len(head) + len(payload)) + head
        view, position = memoryview(payload), 0
        ahead = len(prefix)  # bytes of the prefix still to be sent
        while ahead or position < len(payload):
            allowed = min(self.send_window, connection.send_window)
            if allowed < ahead or allowed <= 0:
                connection.write(pieces)
                pieces = []
                await self._wait_for_window()
                continue
            size = min(allowed, connection.peer_frame_bytes_max, ahead + len(payload) - position)
            self.send_window -= size
            connection.send_window -= size
            header = frame_header(size, DATA, 0, self.id)
            pieces.append(header + prefix if ahead else header)
            end = position + size - ahead
            ahead = 0
            if end > position:
                pieces.append(view[position:end])
            position = end
        connection.write(pieces)
        await connection.drain()
        if len(payload) >= DIRECT_BYTES_MIN:
            await asyncio.sleep(0)  # other streams get their turn, and cancellations are seen

    async def _wait_for_window(self) -> None:
        waiter = self._window_waiter = asyncio.get_running_loop().create_future()
        self._connection.blocked.add(self)
        try:
            await waiter
        finally:
            self._connection.blocked.discard(self)

    def window_opened(self) -> None:
        if self._window_waiter is not None and not self._window_waiter.done():
            self._window_waiter.set_result(None)

    def finish(self, trailers: bytes) -> None:
        """Send the last headers; a peer that has not half-closed is told that nobody reads on."""
        if self.is_closed:
            return
        self.is_closed = True
        pieces = [frame(HEADERS, END_HEADERS | END_STREAM, self.id, trailers)]
        if not self.is_remote_closed:
            pieces.append(frame(RST_STREAM, 0, self.id, NO_ERROR.to_bytes(4, "big")))
        self._connection.write(pieces)
        self._connection.forget(self)
