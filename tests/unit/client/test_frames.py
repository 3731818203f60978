"""Frames built by hand must be what a protobuf library makes and reads: official peers compare every byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyalluxio.client import frames
from pyalluxio.errors import RemoteProtocolError
from pyalluxio.wire.gen import block_worker_pb2 as pb


@given(st.binary(min_size=1, max_size=70_000))
def test_chunks_are_what_protobuf_makes(data: bytes) -> None:
    """A wrong length byte corrupts a file at the worker, or ends the stream there."""
    assert frames.write_chunk(memoryview(data)) == pb.WriteRequest(chunk=pb.Chunk(data=data)).SerializeToString()
    assert bytes(frames.read_chunk(pb.ReadResponse(chunk=pb.Chunk(data=data)).SerializeToString())) == data


@given(st.integers(0, 2**62))
def test_an_acknowledgement_is_the_first_request_and_an_offset(offset: int) -> None:
    """The worker tells acknowledgements by the presence of that field, and waits for them."""
    first = pb.ReadRequest(block_id=16777216, offset=5, length=2**40, promote=False, chunk_size=1 << 20)
    parsed = pb.ReadRequest.FromString(frames.acknowledgement(first.SerializeToString(), offset))
    assert parsed.offset_received == offset
    parsed.ClearField("offset_received")
    assert parsed == first


def test_data_is_not_copied() -> None:
    """At a gigabyte a second each copy costs half a processor."""
    frame = pb.ReadResponse(chunk=pb.Chunk(data=b"x" * 1000)).SerializeToString()
    assert frames.read_chunk(frame).obj is frame


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\x12\x02\x0a\x00", id="another field"),
        pytest.param(b"\x0a\x05\x0a\x03ab", id="shorter than it says"),
        pytest.param(b"\x0a\x04\x0a\x02abc", id="longer than it says"),
        pytest.param(b"\x0a\x04\x12\x02ab", id="no data field"),
        pytest.param(b"\x0a\xff", id="ends inside a length"),
        pytest.param(b"\x0a" + b"\xff" * 12, id="a length without an end"),
    ],
)
def test_nonsense_is_refused(frame: bytes) -> None:
    """Nonsense taken for data would be handed to the user as the content of a file."""
    with pytest.raises(RemoteProtocolError):
        frames.read_chunk(frame)


@pytest.mark.parametrize("frame", [b"", b"\x0a\x00", b"\x0a\x02\x0a\x00"])
def test_an_empty_response_holds_no_bytes(frame: bytes) -> None:
    """Absent and empty data are the same in protobuf; neither may raise."""
    assert len(frames.read_chunk(frame)) == 0
