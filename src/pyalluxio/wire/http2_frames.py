"""Frames of HTTP/2 and the limits both ends of a call must know (RFC 9113)."""

from __future__ import annotations

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL = 0, 1, 3, 6, 7, 8
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 1, 3, 4, 5

FRAME_BYTES_MAX = 1 << 20  # that we accept; a chunk of 1 MB then comes in two frames instead of 65
STREAM_WINDOW_BYTES = 4 << 20
CREDIT_BYTES_MIN = 1 << 20
WINDOW_MAX = (1 << 31) - 1
DIRECT_BYTES_MIN = 64 << 10  # a smaller rest of a frame is cheaper to read together with what follows it

FRAME_HEADER = struct.Struct(">HBBBL")  # length in 16 + 8 bits, type, flags, stream


def frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
    """Return a whole frame."""
    return frame_header(len(payload), kind, flags, stream_id) + payload


def frame_header(length: int, kind: int, flags: int, stream_id: int) -> bytes:
    return FRAME_HEADER.pack(length >> 8, length & 0xFF, kind, flags, stream_id)
