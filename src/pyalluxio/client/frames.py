"""Block data on the wire without message objects: a few header bytes around the data.

    WriteRequest{chunk{data}}    12 <varint n> 0A <varint m> <m bytes>
    ReadResponse{chunk{data}}    0A <varint n> 0A <varint m> <m bytes>
    acknowledgement              the first ReadRequest again, then 38 <varint offset_received>

Protobuf lets fields come in any order and a later value win, so an acknowledgement is the request with bytes appended.
"""

from __future__ import annotations

from pyalluxio.errors import RemoteProtocolError

_WRITE_CHUNK = 0x12  # field 2, length-delimited
_READ_CHUNK = 0x0A  # field 1, length-delimited
_DATA = 0x0A
_OFFSET_RECEIVED = b"\x38"  # field 7, varint


def varint(value: int) -> bytes:
    """Encode a number that is not negative."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_chunk(data: memoryview | bytes) -> bytes:
    """Return the WriteRequest that carries `data`, which is copied once; an empty chunk is an error on the worker."""
    assert len(data) > 0
    inner = b"\x0a" + varint(len(data))
    return b"".join((b"\x12", varint(len(inner) + len(data)), inner, data))


def read_chunk(frame: bytes) -> memoryview:
    """Return the data of a ReadResponse, not copied; empty for a response without data.

    Raises:   RemoteProtocolError: the frame is not one chunk and nothing else.
    """
    if not frame:
        return memoryview(frame)
    outer, start = _length(frame, 0, _READ_CHUNK)
    if start + outer != len(frame):
        raise RemoteProtocolError(f"A ReadResponse of {len(frame)} bytes holds a chunk of {outer}.")
    if outer == 0:
        return memoryview(b"")
    inner, start = _length(frame, start, _DATA)
    if start + inner != len(frame):
        raise RemoteProtocolError(f"A ReadResponse of {len(frame)} bytes holds {inner} bytes of data.")
    return memoryview(frame)[start:]


def acknowledgement(first_request: bytes, offset_received: int) -> bytes:
    """Return the ReadRequest which says that everything before `offset_received` arrived."""
    return first_request + _OFFSET_RECEIVED + varint(offset_received)


def _length(frame: bytes, position: int, tag: int) -> tuple[int, int]:
    if position >= len(frame) or frame[position] != tag:
        raise RemoteProtocolError(f"A ReadResponse of {len(frame)} bytes has no field {tag >> 3} at byte {position}.")
    value, shift, position = 0, 0, position + 1
    while position < len(frame) and shift < 64:
        byte = frame[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise RemoteProtocolError(f"A ReadResponse of {len(frame)} bytes ends inside a length.")
