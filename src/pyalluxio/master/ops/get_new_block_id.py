"""getNewBlockIdForFile: one more block for a file that is being written."""

from __future__ import annotations

from pyalluxio.errors import FileDoesNotExist, Internal
from pyalluxio.journal.entries import NewBlockEntry
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import OpContext, ReadContext, require
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import BLOCKS_MAX, Inode
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.tx import INODES


def run(context: OpContext, path: str) -> int:
    """Add the next block to the file and return its id; whether the file is complete is not asked.

    Raises:  FileDoesNotExist: missing, or a directory; InvalidPath; AccessDenied; Internal: too many blocks.
    """
    inode = file_to_write(context, path)
    if len(inode.block_ids) >= BLOCKS_MAX:
        raise Internal(f'File "{path}" has {BLOCKS_MAX} blocks, the most that one can have; use larger blocks.')
    context.emit(NewBlockEntry(inode.id))
    return require(context.tx.get(INODES, inode.id), f'File "{path}"').block_ids[-1]


def file_to_write(context: ReadContext, path: str) -> Inode:
    """Return a file that the caller may write: its owner always while it is incomplete, others with WRITE.

    Raises:  FileDoesNotExist: missing, or a directory; InvalidPath; AccessDenied.
    """
    found = lookup(context.tx, path)
    inode = found.inode
    if inode is not None and not inode.is_directory and not inode.completed and inode.acl.owner == context.user:
        checks.check_traversal(context, found)
    else:
        checks.check_permission(context, found, WRITE)
    if inode is None:
        raise FileDoesNotExist.at(path)
    if inode.is_directory:
        raise FileDoesNotExist(f'Path "{path}" must be a file.')
    return inode
