"""A snapshot as it travels: its description, then its data in parts."""

from __future__ import annotations

from collections.abc import Iterator

from pyalluxio.master.snapshots import Chunk, Reading, Snapshot


def chunks(snapshot: Snapshot, size_bytes: int = 1 << 20) -> Iterator[Chunk]:
    """Yield everything that a receiver has to be given, in order."""
    reading = Reading(snapshot)
    try:
        yield Chunk.of(snapshot.description())
        offset = 0
        while (chunk := reading.chunk(offset, size_bytes)).data:
            offset += len(chunk.data)
            yield chunk
    finally:
        reading.close()
