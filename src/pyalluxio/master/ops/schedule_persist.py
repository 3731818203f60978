"""scheduleAsyncPersistence: the way of a file into the under storage begins here."""

from __future__ import annotations

from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import TO_BE_PERSISTED, UpdateInodeEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.effects import PersistFile
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import lookup


def run(context: OpContext, path: str, wait_ms: int = 0) -> None:
    """Queue a complete file to be persisted, `wait_ms` from now; nobody's permission is needed.

    A path that contains a text of the blacklist is left as it is.

    Raises:  FileDoesNotExist: missing, or a directory; InvalidPath: not complete, or below a file.
    """
    inode = lookup(context.tx, path).inode
    if inode is None:
        raise FileDoesNotExist.at(path)
    if inode.is_directory:
        raise FileDoesNotExist(f'Path "{path}" is a directory; only files are persisted.')
    if not inode.completed:
        raise InvalidPath(f'File "{path}" cannot be persisted: it is not complete yet.')
    queue(context, inode, path, wait_ms)


def queue(context: OpContext, inode: Inode, path: str, wait_ms: int) -> None:
    """Let a complete file wait for its persistence, whatever its state was, unless the blacklist forbids it."""
    if any(text in path for text in context.settings.persistence_blacklist):
        return
    context.emit(UpdateInodeEntry(id=inode.id, persistence_state=TO_BE_PERSISTED))
    context.effects.append(PersistFile(inode.id, wait_ms))
