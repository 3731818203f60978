"""The time to live: which inodes have outlived it, and what happens to them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from pyalluxio.journal.entries import TtlAction, UpdateInodeEntry
from pyalluxio.master.ops import free
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.free import FreeRequest, FreeResult
from pyalluxio.master.state import ttl
from pyalluxio.master.state.inode import NO_TTL
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.state.inode_tree import path_of
from pyalluxio.master.state.tx import INODES


@dataclass(frozen=True, slots=True)
class Due:
    """An inode whose time is over. FREE is done by `free_expired`, the others by deleting as `delete_request` says."""

    inode_id: int
    path: str
    action: TtlAction
    is_directory: bool

    def delete_request(self) -> DeleteRequest:
        """Return how the master's user deletes it; DELETE_ALLUXIO leaves the under storage alone."""
        return DeleteRequest(
            self.path, recursive=self.is_directory, alluxio_only=self.action is TtlAction.DELETE_ALLUXIO
        )


def due(context: ReadContext, count_max: int, skipped: Container[int] = frozenset()) -> list[Due]:
    """Return up to `count_max` inodes that are due, those due longest first, without the `skipped` ids.

    One below another that is due may be gone by its turn; that is no failure.
    """
    found: list[Due] = []
    for inode_id in ttl.due(context.tx, context.now_ms):
        if len(found) >= count_max:
            break
        if inode_id not in skipped:
            inode = inode_of(context.tx, inode_id)
            found.append(Due(inode_id, path_of(context.tx, inode), inode.ttl_action, inode.is_directory))
    return found


def is_due(context: ReadContext, item: Due) -> bool:
    """Say whether an inode is still to be dealt with, and still at its path: both may have changed meanwhile."""
    inode = context.tx.get(INODES, item.inode_id)
    due_ms = None if inode is None else ttl.due_time_ms(inode)
    if inode is None or due_ms is None or due_ms > context.now_ms or inode.ttl_action is not item.action:
        return False
    return path_of(context.tx, inode) == item.path


def free_expired(context: OpContext, inode_id: int) -> Chunks[FreeResult]:
    """Free an inode whose time is over, everything below it too, by force; then it is unpinned and lives on for ever.

    An inode that is gone, or not due any more, is left as it is. A result with an `error` leaves the time to live, so
    that the shell tries again.
    """
    inode = context.tx.get(INODES, inode_id)
    due_ms = None if inode is None else ttl.due_time_ms(inode)
    if inode is None or due_ms is None or due_ms > context.now_ms or inode.ttl_action is not TtlAction.FREE:
        return FreeResult()
    request = FreeRequest(path_of(context.tx, inode), recursive=True, forced=True)
    chunks = free.run(context, request)
    try:
        next(chunks)
        while True:
            context = yield
            chunks.send(context)
    except StopIteration as stop:
        result: FreeResult = stop.value
    if result.error is None and context.tx.get(INODES, inode_id) is not None:
        context.emit(UpdateInodeEntry(id=inode_id, ttl=NO_TTL, ttl_action=TtlAction.DELETE, pinned=False))
    return result
