"""Frames as peers may send them, by the byte: what the HTTP/2 of workers must take, and what it must refuse."""

from __future__ import annotations

import asyncio
import random
import struct
from typing import Any

import pytest
from hpack import Encoder

from pyalluxio.errors import ResourceExhausted, Unimplemented
from pyalluxio.wire import http2_connection, http2_stream
from pyalluxio.wire import http2_frames as h2
from pyalluxio.wire.http2_connection import Http2Connection
from pyalluxio.wire.http2_frames import frame
from pyalluxio.wire.http2_stream import Http2Stream

LIMIT = 3 << 20


class Wire:
    """Stands for the socket: keeps what the server writes, and feeds it in pieces as a kernel would."""

    def __init__(self, keepalive_s: float = 1000.0) -> None:
        self.written = bytearray()
        self.unread_bytes = 0
        self.closed = False
        self.ended = asyncio.Event()
        self.streams: list[tuple[Http2Stream, list[tuple[str, str]]]] = []
        self.encoder = Encoder()
        self.connection = Http2Connection(
            lambda stream, headers: self.streams.append((stream, headers)),
            lambda _: None,
            message_bytes_max=LIMIT,
            streams_max=3,
            keepalive_s=keepalive_s,
            keepalive_timeout_s=keepalive_s,
        )
        self.connection.connection_made(self)
        self.feed(http2_connection.PREFACE + frame(h2.SETTINGS, 0, 0))
        self.frames()

    def set_write_buffer_limits(self, high: int) -> None: ...
    def write(self, data: bytes) -> None:
        self.written += data

    def writelines(self, pieces: list[bytes]) -> None:
        self.written += b"".join(pieces)

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return self.unread_bytes

    def close(self) -> None:
        self.closed = True
        self.ended.set()

    abort = close

    def feed(self, data: bytes, chance: random.Random | None = None) -> None:
        position = 0
        while position < len(data):
            buffer = self.connection.get_buffer(-1)
            assert len(buffer) > 0
            size = min(len(buffer), len(data) - position, chance.choice((1, 9, 4000, 1 << 20)) if chance else 1 << 30)
            buffer[:size] = data[position : position + size]
            position += size
            self.connection.buffer_updated(size)

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """Return (type, flags, stream, payload) of everything written since the last call."""
        result, data = [], bytes(self.written)
        self.written.clear()
        while data:
            high, low, kind, flags, stream_id = struct.unpack(">HBBBL", data[:9])
            size = high << 8 | low
            result.append((kind, flags, stream_id, data[9 : 9 + size]))
            data = data[9 + size :]
        return result

    def headers(self, path: str = "/a/b", **more: str) -> bytes:
        return bytes(self.encoder.encode([(":path", path), *more.items()]))

    def open(self, stream_id: int = 1) -> Http2Stream:
        self.feed(frame(h2.HEADERS, h2.END_HEADERS, stream_id, self.headers()))
        return self.streams[-1][0]

    def went_away(self) -> int:
        """Return the code of the GOAWAY that was sent last."""
        kind, _, _, payload = self.frames()[-1]
        assert kind == h2.GOAWAY and self.closed
        return int.from_bytes(payload[4:8], "big")


def message(data: bytes) -> bytes:
    return struct.pack(">BL", 0, len(data)) + data


@pytest.mark.parametrize("seed", range(8))
async def test_messages_arrive_whole_however_frames_and_reads_cut_them(seed: int) -> None:
    """A byte lost or doubled at a seam of reads, frames or padding would be wrong data in a block."""
    chance = random.Random(seed)
    wire = Wire()
    stream = wire.open()
    sent = [chance.randbytes(chance.choice((0, 1, 5, 70_000, 300_000, 1 << 20))) for _ in range(6)]
    data, position = b"".join(message(one) for one in sent), 0
    received = []
    while position < len(data):
        size = chance.choice((0, 1, 4, 6, 16_384, 200_000, h2.FRAME_BYTES_MAX - 300))
        part = data[position : position + size]
        position += size
        if chance.random() < 0.3:
            padding = chance.randrange(256)
            wire.feed(frame(h2.DATA, h2.PADDED, 1, bytes((padding,)) + part + bytes(padding)), chance)
        else:
            wire.feed(frame(h2.DATA, 0, 1, part), chance)
        assert not wire.closed
        while stream.messages:
            received.append(await stream.receive())
    wire.feed(frame(h2.DATA, h2.END_STREAM, 1), chance)
    assert await stream.receive() is None
    assert [bytes(one or b"") for one in received] == sent


@pytest.mark.parametrize("seed", range(8))
async def test_an_answer_fits_the_peer_s_frames_and_windows(seed: int) -> None:
    """A frame too long, or bytes past a window, and the official client drops the connection."""
    chance = random.Random(seed)
    wire = Wire()
    stream = wire.open()
    size_max = chance.choice((16_384, 1 << 20))
    wire.feed(frame(h2.SETTINGS, 0, 0, struct.pack(">HL", h2.MAX_FRAME_SIZE, size_max)))
    payload = chance.randbytes(900_000)
    head = chance.randbytes(chance.choice((0, 9)))
    sending = asyncio.create_task(stream.send(payload, b"\x88", head))
    windows, got = {0: 65_535, 1: 65_535}, bytearray()
    while True:
        await asyncio.sleep(0)
        for kind, _, stream_id, part in wire.frames():
            if kind == h2.DATA:
                assert len(part) <= size_max
                got += part
                windows[0] -= len(part)
                windows[stream_id] -= len(part)
        assert min(windows.values()) >= 0
        if len(got) == 5 + len(head) + len(payload):
            break
        which, more = chance.choice((0, 1)), chance.choice((1, 7, 50_000, 400_000))
        windows[which] += more
        wire.feed(frame(h2.WINDOW_UPDATE, 0, which, more.to_bytes(4, "big")))
    await sending
    assert bytes(got) == message(head + payload)
    assert not wire.connection.blocked


async def test_a_handler_that_is_behind_gets_no_more_than_the_window() -> None:
    """Without this a slow disk would let one writer fill the worker's memory."""
    wire = Wire()
    stream = wire.open()
    part = message(bytes((1 << 20) - 5))
    for _ in range(7):
        wire.feed(frame(h2.DATA, 0, 1, part))
    credited = sum(
        int.from_bytes(payload, "big")
        for kind, _, id_, payload in wire.frames()
        if kind == h2.WINDOW_UPDATE and id_ == 1
    )
    assert credited <= http2_stream.QUEUED_BYTES_MAX + h2.FRAME_BYTES_MAX
    for _ in range(7):
        await stream.receive()
    assert any(kind == h2.WINDOW_UPDATE and id_ == 1 for kind, _, id_, _ in wire.frames())


async def test_more_than_the_window_ends_the_connection() -> None:
    """A peer that ignores flow control must not decide how much memory is used here."""
    wire = Wire()
    wire.open()
    for _ in range(12):
        if not wire.closed:
            wire.feed(frame(h2.DATA, 0, 1, message(bytes((1 << 20) - 5))))
    assert wire.went_away() == h2.FLOW_CONTROL_ERROR


async def test_a_message_larger_than_the_window_arrives() -> None:
    """A write with large chunks would wait for a window that opens only when the message is complete."""
    wire = Wire()
    stream = wire.open()
    wire.connection.message_bytes_max = 9 << 20
    stream.receive_window = 1 << 20
    data = message(bytes(8 << 20))
    for position in range(0, len(data), 1 << 19):
        wire.feed(frame(h2.DATA, 0, 1, data[position : position + (1 << 19)]))
        assert not wire.closed
    assert len(await stream.receive() or b"") == 8 << 20


async def test_too_large_and_compressed_messages_fail_their_call_only() -> None:
    wire = Wire()
    large, compressed = wire.open(1), wire.open(3)
    wire.feed(frame(h2.DATA, 0, 1, struct.pack(">BL", 0, LIMIT + 1)))
    wire.feed(frame(h2.DATA, 0, 3, struct.pack(">BL", 1, 10)))
    with pytest.raises(ResourceExhausted):
        await large.receive()
    with pytest.raises(Unimplemented):
        await compressed.receive()
    assert not wire.closed


async def test_headers_in_parts_and_from_the_table() -> None:
    """Java clients send the second call of a kind as pointers into the table; a wrong cache would swap two calls."""
    wire = Wire()
    block = wire.headers("/first", channel="one")
    wire.feed(frame(h2.HEADERS, 0, 1, block[:3]) + frame(h2.CONTINUATION, h2.END_HEADERS, 1, block[3:]))
    again = wire.headers("/first", channel="one")
    wire.feed(frame(h2.HEADERS, h2.END_HEADERS, 3, again))
    other = wire.headers("/second", channel="two")  # moves what the pointers of `again` mean
    wire.feed(frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 5, other))
    assert wire.streams[2][0].is_remote_closed
    for stream_id in (1, 3, 5):
        wire.feed(frame(h2.RST_STREAM, 0, stream_id, bytes(4)))
    wire.feed(frame(h2.HEADERS, h2.END_HEADERS, 7, again))
    found = [dict(headers) for _, headers in wire.streams]
    first, second = {":path": "/first", "channel": "one"}, {":path": "/second", "channel": "two"}
    assert found[:3] == [first, first, second]
    assert found[3] == second  # the same bytes, another meaning by now


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(h2.DATA, 0, 9, b"x"), h2.PROTOCOL_ERROR, id="data for no stream"),
        pytest.param(frame(h2.HEADERS, h2.END_HEADERS, 2, b"\x88"), h2.PROTOCOL_ERROR, id="an even stream"),
        pytest.param(frame(h2.HEADERS, h2.END_HEADERS, 1, b"\xff\xff\xff"), h2.COMPRESSION_ERROR, id="no header block"),
        pytest.param(frame(h2.HEADERS, h2.PADDED | 4, 1, b"\x09a"), h2.PROTOCOL_ERROR, id="padding past the end"),
        pytest.param(frame(h2.HEADERS, 0, 1, b"\x88") + frame(h2.PING, 0, 0, bytes(8)), 1, id="a torn block"),
        pytest.param(frame(h2.CONTINUATION, 4, 1, b"\x88"), h2.PROTOCOL_ERROR, id="a continuation of nothing"),
        pytest.param(frame(h2.SETTINGS, 0, 0, bytes(5)), h2.FRAME_SIZE_ERROR, id="torn settings"),
        pytest.param(frame(h2.PING, 0, 0, bytes(3)), h2.FRAME_SIZE_ERROR, id="a short ping"),
        pytest.param(frame(h2.WINDOW_UPDATE, 0, 0, bytes(4)), h2.FLOW_CONTROL_ERROR, id="no window"),
        pytest.param(frame(h2.WINDOW_UPDATE, 0, 0, b"\x7f" + b"\xff" * 3), h2.FLOW_CONTROL_ERROR, id="a huge window"),
        pytest.param(h2.frame_header(1 << 20, h2.SETTINGS, 0, 0), h2.FRAME_SIZE_ERROR, id="a huge control frame"),
        pytest.param(frame(h2.PUSH_PROMISE, 0, 1, bytes(4)), h2.PROTOCOL_ERROR, id="a push"),
    ],
)
async def test_a_broken_peer_is_told_and_cut_off(data: bytes, code: int) -> None:
    """One bad client must end its own connection, not the worker."""
    wire = Wire()
    wire.feed(data)
    assert wire.went_away() == code


async def test_another_protocol_is_cut_off() -> None:
    wire = Wire()
    other: Any = wire.connection
    other._has_preface = False
    wire.feed(b"GET / HTTP/1.1\r\nHost: worker\r\n\r\n")
    assert wire.went_away() == h2.PROTOCOL_ERROR


async def test_a_peer_that_reads_nothing_is_cut_off() -> None:
    """Pings are answered; answers nobody reads would fill the memory."""
    wire = Wire()
    wire.feed(frame(h2.PING, 0, 0, b"12345678"))
    assert wire.frames() == [(h2.PING, h2.ACK, 0, b"12345678")]
    wire.unread_bytes = http2_connection.UNREAD_ANSWERS_BYTES_MAX + 1
    wire.feed(frame(h2.PING, 0, 0, b"12345678"))
    assert wire.closed


async def test_calls_beyond_the_limit_are_refused() -> None:
    wire = Wire()
    for stream_id in (1, 3, 5, 7):
        wire.open(stream_id)
    assert len(wire.streams) == 3
    assert wire.frames()[-1] == (h2.RST_STREAM, 0, 7, h2.REFUSED_STREAM.to_bytes(4, "big"))


async def test_a_silent_peer_is_pinged_and_then_dropped() -> None:
    """A client whose machine lost power sends no FIN; its block locks would stay for ever."""
    wire = Wire(keepalive_s=0.01)
    async with asyncio.timeout(5):
        await wire.ended.wait()
    assert (h2.PING, 0, 0, bytes(8)) in wire.frames()


async def test_a_reset_and_a_lost_connection_cancel_the_handlers() -> None:
    """A writer that dies must never leave a block committed or a lock held."""
    wire = Wire()
    tasks = []
    for stream_id in (1, 3):
        stream = wire.open(stream_id)
        stream.task = asyncio.ensure_future(stream.receive())  # type: ignore[assignment]
        tasks.append(stream.task)
    await asyncio.sleep(0)
    wire.feed(frame(h2.RST_STREAM, 0, 1, h2.CANCEL.to_bytes(4, "big")))
    wire.connection.connection_lost(None)
    await asyncio.wait([task for task in tasks if task is not None], timeout=5)
    assert all(task is not None and task.cancelled() for task in tasks)
    assert not wire.connection.streams
