"""Which inodes have outlived their time to live."""

from __future__ import annotations

from collections.abc import Iterator

from pyalluxio.master.state.inode import NO_TTL, TIME_MAX_MS, Inode
from pyalluxio.master.state.tx import TTL, ReadTx


def due_time_ms(inode: Inode) -> int | None:
    """Return when the inode expires, None if never; a time beyond what 64 bits hold is the last they hold."""
    if inode.ttl_ms <= NO_TTL:
        return None
    return min(inode.creation_time_ms + inode.ttl_ms, TIME_MAX_MS)


def due(tx: ReadTx, now_ms: int) -> Iterator[int]:
    """Yield the ids of the inodes that are due, those due longest first."""
    for (_, inode_id), _ in tx.scan(TTL, None, (now_ms + 1, 0)):
        yield inode_id
