"""delete: a file, or a directory with everything below it, children first."""

from __future__ import annotations

from pyalluxio.journal.entries import DeleteBlockEntry, DeleteFileEntry, OperationId
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.tx import BLOCKS


def remove_inode(context: OpContext, inode: Inode, path: str, operation_id: OperationId | None = None) -> None:
    """Delete one file or empty directory, and the records of its blocks."""
    context.emit(
        DeleteFileEntry(
            id=inode.id,
            recursive=False,
            op_time_ms=context.now_ms,
            path=path,
            operation_id=operation_id,
        )
    )
    for block_id in inode.block_ids:
        if context.tx.get(BLOCKS, block_id) is not None:
            context.emit(DeleteBlockEntry(block_id))
