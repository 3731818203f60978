"""free: workers drop their copies of files that the under storage has.

Where copies are is no part of the state, so the journal holds nothing of it: the blocks come back as the result, and
the shell orders the workers once the call is committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyalluxio.errors import AlluxioError, Unknown
from pyalluxio.journal.entries import PERSISTED, UpdateInodeEntry
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import Chunks, OpContext
from pyalluxio.master.ops.tree_walk import TreeWalk, again
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state.acl import READ
from pyalluxio.master.state.inode import Inode


@dataclass(slots=True)
class FreeRequest:
    """`forced` unpins pinned files first; `path` is canonical."""

    path: str
    recursive: bool = False
    forced: bool = False


@dataclass(slots=True)
class FreeResult:
    """What workers have to drop, and why the walk ended early, if it did: what came before stays freed."""

    block_ids: list[int] = field(default_factory=list)
    error: AlluxioError | None = None


def run(context: OpContext, request: FreeRequest) -> Chunks[FreeResult]:
    """Return the blocks to drop of a file, or of all files below a directory; it yields only if there are many.

    The caller has the copies dropped, and raises the result's `error`, which is Unknown: a file that is not persisted,
    or pinned without `forced`.

    Raises:  AccessDenied; FileDoesNotExist; InvalidPath; Unknown: a directory with children, without `recursive`.
    Source:  FileSystemMaster.free; differs: a file that is unpinned keeps its time to live.
    """
    _, top = checks.existing(context, request.path, bits=READ)
    if top.is_directory and top.child_count and not request.recursive:
        raise Unknown(f"Cannot free the directory {request.path}: it is not empty. Ask for it recursively.")
    result = FreeResult()
    walk = TreeWalk(top, request.path)
    while not walk.is_done:
        for path, inode in walk.take(context.tx):
            if not _free(context, request, path, inode, result):
                return result
        if not walk.is_done:
            context = yield
    now = again(context, top)
    if now is None:
        raise StalePlan.at(request.path)
    _free(context, request, request.path, now, result)
    return result


def _free(context: OpContext, request: FreeRequest, path: str, inode: Inode, result: FreeResult) -> bool:
    """Free one inode; False if that ends the walk."""
    if inode.is_directory:
        return True
    if inode.persistence_state != PERSISTED:
        result.error = Unknown(f"Cannot free file {path} which is not persisted")
        return False
    if inode.pinned:
        if not request.forced:
            result.error = Unknown(f"Cannot free file {path} which is pinned: unpin it first, or force it.")
            return False
        context.emit(UpdateInodeEntry(id=inode.id, pinned=False, last_modification_time_ms=context.now_ms))
    result.block_ids += [block_id for block_id in inode.block_ids if context.locations(block_id)]
    return True
