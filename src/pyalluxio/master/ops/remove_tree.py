"""Forgetting a part of the namespace, the under storage untouched: what unmounting and metadata sync do."""

from __future__ import annotations

from pyalluxio.journal.entries import UpdateInodeDirectoryEntry
from pyalluxio.master.ops.context import Chunks, OpContext
from pyalluxio.master.ops.delete import remove_inode
from pyalluxio.master.ops.tree_walk import TreeWalk
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import inode as inode_of


def remove_below(context: OpContext, top: Inode, path: str) -> Chunks[OpContext]:
    """Delete everything strictly below a directory, children first; returns the context in which the last chunk ran.

    A directory that lost only a part of its children so far counts as not loaded: should nobody go on, the next access
    finds them in the under storage again.
    """
    walk = TreeWalk(top, path, children_first=True)
    while not walk.is_done:
        for child_path, child in walk.take(context.tx):
            remove_inode(context, child, child_path)
        if not walk.is_done:
            for directory_id in walk.open_directory_ids:
                if inode_of(context.tx, directory_id).direct_children_loaded:
                    context.emit(UpdateInodeDirectoryEntry(id=directory_id, direct_children_loaded=False))
            context = yield
    return context


def remove(context: OpContext, top: Inode, path: str) -> Chunks[OpContext]:
    """Delete an inode with everything below it; returns the context in which the last chunk ran."""
    context = yield from remove_below(context, top, path)
    remove_inode(context, inode_of(context.tx, top.id), path)
    return context
