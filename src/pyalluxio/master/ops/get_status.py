"""getStatus, exists, getFilePath: what is known about one path or id."""

from __future__ import annotations

from typing import Any

from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.master.ops.checks import check_traversal
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.ops.file_info import FileInfo, file_info, info_of
from pyalluxio.master.state import inode_tree
from pyalluxio.master.state.tx import INODES


def run(context: ReadContext, path: str) -> Any:
    """Return the status of a path, in the form that the context makes.

    Raises:  AccessDenied; InvalidPath: it leads through a file; FileDoesNotExist; SafeMode.
    """
    found = inode_tree.lookup(context.tx, path)
    check_traversal(context, found)
    inode = found.inode
    if inode is None:
        raise FileDoesNotExist.at(path)
    return info_of(context, inode, path)


def exists(context: ReadContext, path: str) -> bool:
    """Say whether a path exists; one that leads through a file does not.

    Raises:  AccessDenied.
    """
    try:
        found = inode_tree.lookup(context.tx, path)
    except InvalidPath:
        return False
    check_traversal(context, found)
    return found.is_complete


def by_id(context: ReadContext, inode_id: int) -> FileInfo:
    """Return the status of an inode, for workers: nothing is checked.

    Raises:  FileDoesNotExist; SafeMode.
    """
    inode = context.tx.get(INODES, inode_id)
    if inode is None:
        raise FileDoesNotExist(f"Inode {inode_id} does not exist.")
    return file_info(context, inode, inode_tree.path_of(context.tx, inode))


def file_path(context: ReadContext, inode_id: int) -> str:
    """Return the path of an inode; nothing is checked.

    Raises:  FileDoesNotExist.
    """
    inode = context.tx.get(INODES, inode_id)
    if inode is None:
        raise FileDoesNotExist(f"Inode {inode_id} does not exist.")
    return inode_tree.path_of(context.tx, inode)
