"""Times of last access that were noted while serving reads."""

from __future__ import annotations

from collections.abc import Mapping

from pyalluxio.journal.entries import UpdateInodeEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.tx import INODES


def run(context: OpContext, times_ms: Mapping[int, int]) -> None:
    """Move the access times of inodes forward; those that are gone are passed over."""
    for inode_id, accessed_ms in times_ms.items():
        inode = context.tx.get(INODES, inode_id)
        if inode is not None and inode.last_accessed_ms < accessed_ms:
            context.emit(UpdateInodeEntry(id=inode_id, last_access_time_ms=accessed_ms))
