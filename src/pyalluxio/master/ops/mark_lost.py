"""Files whose only copies are gone: a block's last location vanished before the file was persisted."""

from __future__ import annotations

from collections.abc import Iterable

from pyalluxio.ids import file_id_of_block
from pyalluxio.journal.entries import LOST, PERSISTED, UpdateInodeEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.tx import INODES


def run(context: OpContext, lost_block_ids: Iterable[int]) -> list[int]:
    """Mark the files of lost blocks LOST, unless they are persisted; returns their ids.

    A block that somebody holds again by now is not lost. A file that is LOST stays so until it is changed explicitly.
    The caller bounds how many blocks it names at a time.
    """
    marked: dict[int, None] = {}
    for block_id in lost_block_ids:
        file_id = file_id_of_block(block_id)
        if file_id in marked or context.locations(block_id):
            continue
        inode = context.tx.get(INODES, file_id)
        if inode is None or block_id not in inode.block_ids or inode.persistence_state in (PERSISTED, LOST):
            continue
        context.emit(UpdateInodeEntry(id=file_id, persistence_state=LOST))
        marked[file_id] = None
    return list(marked)
