"""Block data on the wire, built and taken apart by hand: no message object per chunk.

    ReadResponse  { chunk = 1 { data = 1 } }      0A <n> 0A <m> <m bytes>        n = 1 + size of varint m + m
    WriteRequest  { chunk = 2 { data = 1 } }      12 <n> 0A <m> <m bytes>

The official zero-copy reader accepts exactly this form and nothing else.
"""

from __future__ import annotations

from functools import lru_cache

_READ_CHUNK = 0x0A
_WRITE_CHUNK = 0x12
_DATA = 0x0A


def read_frame(data: bytes) -> bytes:
    """Return a ReadResponse with this chunk."""
    return b"".join((read_header(len(data)), data))


@lru_cache(maxsize=64)
def read_header(length: int) -> bytes:
    """Return the bytes before the data of a ReadResponse; nearly all chunks of a stream have one length."""
    inner = bytes((_DATA,)) + _varint(length)
    return bytes((_READ_CHUNK,)) + _varint(len(inner) + length) + inner


def chunk_of_write_request(payload: bytes) -> memoryview | None:
    """Return the data of a WriteRequest in the usual form, without copying; None for a command or an unusual form."""
    if not payload or payload[0] != _WRITE_CHUNK:
        return None
    outer, position = _read_varint(payload, 1)
    if position + outer != len(payload) or position >= len(payload) or payload[position] != _DATA:
        return None
    inner, position = _read_varint(payload, position + 1)
    if position + inner != len(payload):
        return None
    return memoryview(payload)[position:]


def write_frame(data: bytes | memoryview) -> bytes:
    """Return a WriteRequest with this chunk."""
    inner = bytes((_DATA,)) + _varint(len(data))
    return b"".join((bytes((_WRITE_CHUNK,)), _varint(len(inner) + len(data)), inner, data))


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _read_varint(payload: bytes, position: int) -> tuple[int, int]:
    """Return (value, position behind it); a cut or endless one yields a position that matches nothing."""
    value = shift = 0
    while position < len(payload) and shift < 64:
        byte = payload[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    return -1, len(payload) + 1
