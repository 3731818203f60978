"""One HTTP/2 connection of a server that speaks gRPC and nothing else (RFC 9113, RFC 7541).

Written for block data, where grpcio spends most of its time on copies and thread hand-overs:

1. A message is received straight into the buffer its handler gets; its frames are built around the memory it is sent
   from. Nobody else touches the bytes.
2. Everything happens on the event loop's thread: no hand-over between the socket and a handler.
3. What a peer may make this process hold is bounded: a stream by `STREAM_WINDOW_BYTES` and one message, a header block
   by `HEADER_BYTES_MAX`, streams by the option; a peer that sends requests and reads no answers is cut off.
4. A mistake of the peer's ends its connection with a GOAWAY that names it; nothing here raises into the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable
from typing import Any

from hpack import Decoder
from hpack.exceptions import HPACKError

from pyalluxio.errors import RemoteProtocolError
from pyalluxio.wire.http2_frames import (
    ACK,
    COMPRESSION_ERROR,
    CONTINUATION,
    CREDIT_BYTES_MIN,
    DATA,
    DIRECT_BYTES_MIN,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_BYTES_MAX,
    FRAME_HEADER,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HAS_PRIORITY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    NO_ERROR,
    PADDED,
    PING,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    STREAM_WINDOW_BYTES,
    WINDOW_MAX,
    WINDOW_UPDATE,
    frame,
)
from pyalluxio.wire.http2_stream import Http2Stream

log = logging.getLogger(__name__)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CONNECTION_WINDOW_BYTES = 64 << 20
HEADER_BYTES_MAX = 16 << 10
CONTROL_FRAME_BYTES_MAX = 64 << 10
BUFFER_BYTES = 256 << 10
WRITE_BUFFER_BYTES = 2 << 20
UNREAD_ANSWERS_BYTES_MAX = 16 << 20
HEADER_BLOCKS_CACHED_MAX = 64


class ConnectionBroken(RemoteProtocolError):
    """The peer broke a rule of HTTP/2; `code` is what its GOAWAY says."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Http2Connection(asyncio.BufferedProtocol):
    """The protocol object of one accepted socket.

    `begin(stream, headers)` is called for every new stream and starts its handler.
    """

    def __init__(
        self,
        begin: Callable[[Http2Stream, list[tuple[str, str]]], None],
        closed: Callable[[Http2Connection], None],
        *,
        message_bytes_max: int,
        streams_max: int,
        keepalive_s: float,
        keepalive_timeout_s: float,
    ) -> None:
        self._begin = begin
        self._closed = closed
        self.message_bytes_max = message_bytes_max
        self._streams_max = streams_max
        self._keepalive_s = keepalive_s
        self._keepalive_timeout_s = keepalive_timeout_s
        self.streams: dict[int, Http2Stream] = {}
        self.blocked: set[Http2Stream] = set()
        self.send_window = 65_535
        self.peer_frame_bytes_max = 16_384
        self._peer_stream_window = 65_535
        self._receive_window = CONNECTION_WINDOW_BYTES
        self._uncredited = 0
        self._last_id = 0
        self._is_stopping = False
        self._decoder = Decoder(max_header_list_size=HEADER_BYTES_MAX)
        self._header_cache: dict[bytes, list[tuple[str, str]]] = {}
        self._block: bytearray | None = None  # of a HEADERS frame that CONTINUATION frames continue
        self._block_stream = self._block_flags = 0
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._data_left = self._padding_left = 0
        self._data_flags = 0
        self._data_stream: Http2Stream | None = None
        self._direct: memoryview | None = None
        self._has_preface = False
        self._drained: asyncio.Future[None] | None = None
        self._heard_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # --- the socket -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        settings = {
            MAX_CONCURRENT_STREAMS: self._streams_max,
            INITIAL_WINDOW_SIZE: STREAM_WINDOW_BYTES,
            MAX_FRAME_SIZE: FRAME_BYTES_MAX,
        }
        payload = b"".join(struct.pack(">HL", key, value) for key, value in settings.items())
        more = (CONNECTION_WINDOW_BYTES - 65_535).to_bytes(4, "big")
        transport.write(frame(SETTINGS, 0, 0, payload) + frame(WINDOW_UPDATE, 0, 0, more))
        self._heard_at_s = self._loop.time()
        self._timer = self._loop.call_later(self._keepalive_s, self._check_alive)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.resume_writing()
        for stream in list(self.streams.values()):
            self._cancel(stream)
        self._closed(self)

    def _check_alive(self) -> None:
        quiet_s = self._loop.time() - self._heard_at_s
        if quiet_s >= self._keepalive_s + self._keepalive_timeout_s:
            log.info("A peer was silent for %.0f s and did not answer a ping; its connection ends.", quiet_s)
            self._transport.abort()
            return
        if quiet_s >= self._keepalive_s:
            self.send_control(frame(PING, 0, 0, bytes(8)))
            self._timer = self._loop.call_later(self._keepalive_timeout_s, self._check_alive)
        else:
            self._timer = self._loop.call_later(self._keepalive_s - quiet_s, self._check_alive)

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._drained is not None:
            drained, self._drained = self._drained, None
            drained.set_result(None)

    async def drain(self) -> None:
        """Wait until the socket has taken most of what was written."""
        while self._drained is not None:
            await asyncio.shield(self._drained)

    def write(self, pieces: list[Any]) -> None:
        if pieces and not self._transport.is_closing():
            self._transport.writelines(pieces)

    def send_control(self, data: bytes) -> None:
        """Send a frame that answers the peer; one that makes us answer and reads nothing is cut off."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > UNREAD_ANSWERS_BYTES_MAX:
            log.warning("A peer sends and does not read; its connection ends.")
            self._transport.abort()
            return
        self._transport.write(data)

    def stop(self) -> None:
        """Refuse new calls from now on."""
        self._is_stopping = True
        self.write([frame(GOAWAY, 0, 0, struct.pack(">LL", self._last_id, NO_ERROR))])

    def close(self) -> None:
        self._transport.close()

    # --- frames in --------------------------------------------------------------------------------------------------

    def get_buffer(self, size_hint: int) -> memoryview:
        self._direct = None
        if self._data_left >= DIRECT_BYTES_MIN and self._start == self._end and self._data_stream is not None:
            self._direct = self._data_stream.direct_buffer(self._data_left)
            if self._direct is not None:
                return self._direct
        if self._start == self._end or self._transport.is_closing():
            self._start = self._end = 0
        elif self._start > BUFFER_BYTES - CONTROL_FRAME_BYTES_MAX - 9:
            rest = bytes(self._view[self._start : self._end])
            self._view[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        return self._view[self._end :]

    def buffer_updated(self, count: int) -> None:
        self._heard_at_s = self._loop.time()
        try:
            if self._direct is not None:
                self._direct = None
                assert self._data_stream is not None
                self._data_left -= count
                self._data_stream.filled_directly(count)
                self._end_of_data()
            else:
                self._end += count
                self._parse()
        except ConnectionBroken as error:
            self._break(error)

    def eof_received(self) -> bool:
        return False

    def _break(self, error: ConnectionBroken) -> None:
        log.warning("A peer broke HTTP/2, its connection ends: %s", error)
        detail = str(error).encode()[:200]
        self.write([frame(GOAWAY, 0, 0, struct.pack(">LL", self._last_id, error.code) + detail)])
        self._transport.close()

    def _parse(self) -> None:
        if not self._has_preface:
            if self._end - self._start < len(PREFACE):
                return
            if self._view[self._start : self._start + len(PREFACE)] != PREFACE:
                raise ConnectionBroken(PROTOCOL_ERROR, "The connection does not begin with the preface of HTTP/2.")
            self._start += len(PREFACE)
            self._has_preface = True
        while self._start < self._end and not self._transport.is_closing():
            if self._data_left or self._padding_left:
                self._take_data()
                continue
            if self._end - self._start < 9:
                return
            high, low, kind, flags, stream_id = FRAME_HEADER.unpack_from(self._buffer, self._start)
            length = high << 8 | low
            stream_id &= 0x7FFF_FFFF
            if self._block is not None and (kind != CONTINUATION or stream_id != self._block_stream):
                raise ConnectionBroken(PROTOCOL_ERROR, "Another frame came between the parts of a header block.")
            if kind == DATA:
                if not self._begin_data(length, flags, stream_id):
                    return
                continue
            if length > CONTROL_FRAME_BYTES_MAX:
                raise ConnectionBroken(FRAME_SIZE_ERROR, f"A frame of type {kind} has {length} bytes.")
            if self._end - self._start < 9 + length:
                return
            payload = bytes(self._view[self._start + 9 : self._start + 9 + length])
            self._start += 9 + length
            self._on_frame(kind, flags, stream_id, payload)

    def _begin_data(self, length: int, flags: int, stream_id: int) -> bool:
        """Take the head of a DATA frame; False while it is not all here."""
        padding, head = 0, 9
        if flags & PADDED:
            if self._end - self._start < 10:
                return False
            padding, head = self._buffer[self._start + 9], 10
            if padding + 1 > length:
                raise ConnectionBroken(PROTOCOL_ERROR, "A frame has more padding than bytes.")
        if length > FRAME_BYTES_MAX:
            raise ConnectionBroken(FRAME_SIZE_ERROR, f"A DATA frame has {length} bytes of {FRAME_BYTES_MAX} allowed.")
        stream = self.streams.get(stream_id)
        if stream is None and (stream_id > self._last_id or stream_id % 2 == 0):
            raise ConnectionBroken(PROTOCOL_ERROR, f"DATA came for stream {stream_id}, which was never opened.")
        if stream is not None and stream.is_remote_closed:
            raise ConnectionBroken(PROTOCOL_ERROR, f"DATA came after the end of stream {stream_id}.")
        self._receive_window -= length
        self._uncredited += length
        if self._receive_window < 0:
            raise ConnectionBroken(FLOW_CONTROL_ERROR, "The peer sent more than the connection's window.")
        if stream is not None:
            stream.receive_window -= length
            if stream.receive_window < 0:
                raise ConnectionBroken(FLOW_CONTROL_ERROR, f"The peer sent more than the window of stream {stream_id}.")
            stream.received(length)
        if self._uncredited >= CREDIT_BYTES_MIN:
            self._receive_window += self._uncredited
            self.send_control(frame(WINDOW_UPDATE, 0, 0, self._uncredited.to_bytes(4, "big")))
            self._uncredited = 0
        self._start += head
        self._data_left, self._padding_left = length - padding - (head - 9), padding
        self._data_flags, self._data_stream = flags, stream
        self._end_of_data()
        return True

    def _take_data(self) -> None:
        if self._data_left:
            count = min(self._data_left, self._end - self._start)
            if self._data_stream is not None:
                self._data_stream.take(self._view[self._start : self._start + count])
            self._data_left -= count
        else:
            count = min(self._padding_left, self._end - self._start)
            self._padding_left -= count
        self._start += count
        self._end_of_data()

    def _end_of_data(self) -> None:
        if not self._data_left and not self._padding_left:
            if self._data_stream is not None and self._data_flags & END_STREAM:
                self._data_stream.end()
            self._data_stream = None

    def _on_frame(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        if kind == HEADERS:
            self._on_headers(flags, stream_id, payload)
        elif kind == CONTINUATION:
            self._on_continuation(flags, payload)
        elif kind == WINDOW_UPDATE:
            self._on_window_update(stream_id, payload)
        elif kind == RST_STREAM:
            stream = self.streams.get(stream_id)
            if stream is not None:
                self._cancel(stream)
        elif kind == SETTINGS:
            if not flags & ACK:
                self._on_settings(payload)
        elif kind == PING:
            if len(payload) != 8:
                raise ConnectionBroken(FRAME_SIZE_ERROR, "A PING has 8 bytes.")
            if not flags & ACK:
                self.send_control(frame(PING, ACK, 0, payload))
        elif kind == PUSH_PROMISE:
            raise ConnectionBroken(PROTOCOL_ERROR, "A client cannot push.")
        # GOAWAY: the peer opens no further streams, those that are open go on. PRIORITY and unknown ones mean nothing.

    def _on_headers(self, flags: int, stream_id: int, payload: bytes) -> None:
        start = end = 0
        if flags & PADDED:
            start, end = 1, payload[0] if payload else 0
        if flags & HAS_PRIORITY:
            start += 5
        if start + end > len(payload):
            raise ConnectionBroken(PROTOCOL_ERROR, "A HEADERS frame is shorter than its own fields.")
        block = payload[start : len(payload) - end]
        if flags & END_HEADERS:
            self._on_block(flags, stream_id, block)
        else:
            self._block, self._block_stream, self._block_flags = bytearray(block), stream_id, flags

    def _on_continuation(self, flags: int, payload: bytes) -> None:
        if self._block is None:
            raise ConnectionBroken(PROTOCOL_ERROR, "A CONTINUATION frame continues nothing.")
        self._block += payload
        if len(self._block) > CONTROL_FRAME_BYTES_MAX:
            raise ConnectionBroken(ENHANCE_YOUR_CALM, "A header block does not end.")
        if flags & END_HEADERS:
            block, self._block = bytes(self._block), None
            self._on_block(self._block_flags, self._block_stream, block)

    def _on_block(self, flags: int, stream_id: int, block: bytes) -> None:
        headers = self._decode(block)
        stream = self.streams.get(stream_id)
        if stream is None and 0 < stream_id <= self._last_id:
            return  # the trailers of a call that has ended here
        if stream is None:
            if stream_id % 2 == 0:
                raise ConnectionBroken(PROTOCOL_ERROR, f"A client cannot open stream {stream_id}.")
            self._last_id = stream_id
            if self._is_stopping or len(self.streams) >= self._streams_max:
                self.send_control(frame(RST_STREAM, 0, stream_id, REFUSED_STREAM.to_bytes(4, "big")))
                return
            stream = self.streams[stream_id] = Http2Stream(self, stream_id, self._peer_stream_window)
            self._begin(stream, headers)
        if flags & END_STREAM:
            stream.end()

    def _decode(self, block: bytes) -> list[tuple[str, str]]:
        """Return the header fields; blocks that only point into the table are decoded once per state of the table."""
        known = self._header_cache.get(block)
        if known is not None:
            return known
        try:
            headers = [(str(name), str(value)) for name, value in self._decoder.decode(block)]
        except (HPACKError, UnicodeDecodeError) as error:
            raise ConnectionBroken(COMPRESSION_ERROR, f"A header block cannot be decoded: {error}") from error
        if _only_points(block):
            if len(self._header_cache) < HEADER_BLOCKS_CACHED_MAX:
                self._header_cache[block] = headers
        else:
            self._header_cache.clear()  # this block may have moved what the others point to
        return headers

    def _on_settings(self, payload: bytes) -> None:
        if len(payload) % 6:
            raise ConnectionBroken(FRAME_SIZE_ERROR, "A SETTINGS frame has a multiple of 6 bytes.")
        for key, value in struct.iter_unpack(">HL", payload):
            if key == INITIAL_WINDOW_SIZE:
                if value > WINDOW_MAX:
                    raise ConnectionBroken(FLOW_CONTROL_ERROR, f"An initial window of {value} is too large.")
                for stream in self.streams.values():
                    stream.send_window += value - self._peer_stream_window
                self._peer_stream_window = value
                self._windows_opened()
            elif key == MAX_FRAME_SIZE:
                if not 16_384 <= value < 1 << 24:
                    raise ConnectionBroken(PROTOCOL_ERROR, f"A frame size of {value} is out of range.")
                self.peer_frame_bytes_max = value
        self.send_control(frame(SETTINGS, ACK, 0))

    def _on_window_update(self, stream_id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionBroken(FRAME_SIZE_ERROR, "A WINDOW_UPDATE has 4 bytes.")
        more = int.from_bytes(payload, "big") & WINDOW_MAX
        stream = self.streams.get(stream_id)
        window = self.send_window if stream_id == 0 else stream.send_window if stream is not None else 0
        if more == 0 or window + more > WINDOW_MAX:
            raise ConnectionBroken(FLOW_CONTROL_ERROR, f"A window cannot grow by {more} to {window + more}.")
        if stream_id == 0:
            self.send_window += more
            self._windows_opened()
        elif stream is not None:
            stream.send_window += more
            stream.window_opened()

    def _windows_opened(self) -> None:
        for stream in self.blocked:
            stream.window_opened()

    # --- streams ----------------------------------------------------------------------------------------------------

    def _cancel(self, stream: Http2Stream) -> None:
        """The peer gave the call up: its handler is cancelled and sends nothing more."""
        stream.is_closed = True
        self.forget(stream)
        if stream.task is not None:
            stream.task.cancel()

    def forget(self, stream: Http2Stream) -> None:
        self.streams.pop(stream.id, None)


def _only_points(block: bytes) -> bool:
    """Say whether every field of a block is an index below 127 into the tables, so that decoding changes nothing."""
    return all(byte & 0x80 and byte != 0xFF for byte in block)
