"""delete: a file, or a directory with everything below it, children first.

The under storage goes first: `plan` returns what to list there, then what to delete; `run` removes the inodes whose
objects are gone. Failures are collected: what worked stays deleted, and the error names the rest.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import NamedTuple

from pyalluxio import path as paths
from pyalluxio.errors import AccessDenied, DirectoryNotEmpty, FailedPrecondition, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import (
    PERSISTED,
    DeleteBlockEntry,
    DeleteFileEntry,
    DeleteMountPointEntry,
    OperationId,
    RemoveSyncPointEntry,
    UpdateInodeDirectoryEntry,
)
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext
from pyalluxio.master.ops.tree_walk import TreeWalk
from pyalluxio.master.ops.ufs_steps import DeleteDirectory, DeleteFile, ListAll, UfsResults, UfsStep
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup, children_first, lookup
from pyalluxio.master.state.mount_table import MountTable
from pyalluxio.master.state.tx import BLOCKS, INODES, MOUNTS, SYNC_POINTS

CHUNK_INODES = 100  # about 5 ms of work
PLAN_INODES = 256  # the same, for reading only
FAILURES_SHOWN_MAX = 20

NOT_EMPTY = "the directory is not empty"
NOT_IN_SYNC = "its under storage holds files unknown here: sync the metadata, or delete unchecked"
APPEARED = "it appeared while its directory was being deleted"


@dataclass(slots=True)
class DeleteRequest:
    path: str
    recursive: bool = False
    alluxio_only: bool = False
    unchecked: bool = False
    sync_parent_next_time: bool | None = None
    delete_mount_point: bool = False
    operation_id: OperationId | None = None


@dataclass(slots=True)
class UfsOutcome:
    """What came of the deletion in the under storage: paths whose objects are gone, and why others are not."""

    mount_points: frozenset[str] = frozenset()  # in the subtree: unmounted, but what is in them is deleted
    deleted: set[str] = field(default_factory=set)  # a directory stands for what is below it in its mount
    failed: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Say whether nothing of a path is left in the under storage that this deletion has to care for."""
        at = path
        while at not in self.deleted:
            if at in self.mount_points or at == paths.ROOT:
                return at == path and at != paths.ROOT
            at = paths.parent(at)
        return True


NO_UFS = UfsOutcome()


# --- the under storage ---------------------------------------------------------------------------------------------


class Node(NamedTuple):
    """A path of the subtree that is to be deleted; `is_in_ufs` says that it has an object of its own to delete."""

    is_directory: bool
    is_in_ufs: bool
    ufs_path: str
    mount_id: int


@dataclass(slots=True)
class DeletePlan:
    """What a deletion does in the under storage, in two rounds: list, then delete; `nodes` has parents first."""

    path: str
    nodes: dict[str, Node]
    mount_points: frozenset[str]
    listings: tuple[ListAll, ...]

    def steps(self, listed: UfsResults) -> tuple[tuple[UfsStep, ...], UfsOutcome]:
        """Return what to delete, given the listings, and an outcome that holds the directories out of sync already.

        A directory with unknown objects in it stays, and so do its ancestors; the rest of the tree is deleted.
        """
        strangers = self._directories_with_strangers(listed)
        outcome = UfsOutcome(self.mount_points, failed=dict.fromkeys(strangers, NOT_IN_SYNC))
        blocked = {ancestor for path in strangers for ancestor in _up_to(path, self.path)}
        steps: list[UfsStep] = []
        covered = UfsOutcome(self.mount_points)
        for path, node in self.nodes.items():
            if not node.is_in_ufs or path in blocked or covered.covers(path):
                continue
            covered.deleted.add(path)
            kind = DeleteDirectory if node.is_directory else DeleteFile
            steps.append(kind(path, node.ufs_path, node.mount_id))
        return tuple(steps), outcome

    def outcome(self, prepared: UfsOutcome, results: UfsResults) -> UfsOutcome:
        """Return what came of the steps."""
        for path, result in results.by_path.items():
            if result.error is None:
                prepared.deleted.add(path)
            else:
                prepared.failed[path] = result.error
        return prepared

    def _directories_with_strangers(self, listed: UfsResults) -> set[str]:
        found = set()
        for listing in self.listings:
            for name in listed.at(listing.path).names:
                stranger = paths.join(listing.path, name)
                if stranger in self.nodes or paths.is_temporary(stranger):
                    continue
                parent = self.nodes.get(paths.parent(stranger))
                if parent is not None and parent.is_directory:
                    found.add(paths.parent(stranger))
        return found


def plan(context: ReadContext, request: DeleteRequest) -> Generator[None, ReadContext, DeletePlan | None]:
    """Check, and return what to do in the under storage; None if there is nothing.

    It yields where the caller may let others run, and receives a fresh view: the path must be locked throughout.

    Raises:  as `run`, but for what that collects.
    Source:  2.9.6, tried: with the option to delete mount points, what is in them is deleted too, but not their roots.
    """
    if request.alluxio_only or context.is_done(request.operation_id):
        return None
    _, inode = _check(context, request)
    mounts = context.mounts
    nodes: dict[str, Node] = {}
    walk = TreeWalk(inode, request.path)
    _add_node(nodes, mounts, request.path, inode)
    while not walk.is_done:
        for path, found in walk.take(context.tx, PLAN_INODES):
            _add_node(nodes, mounts, path, found)
        if not walk.is_done:
            context = yield
    if not any(node.is_in_ufs for node in nodes.values()):
        return None
    mount_points = frozenset(path for path in nodes if path in mounts.mounts)
    for path in (request.path, *mount_points):
        checks.check_ufs_mode(context, path, "Deleting")
    listings: list[ListAll] = []
    if not request.unchecked:
        listed = UfsOutcome(mount_points)
        for path, node in nodes.items():
            if node.is_directory and node.is_in_ufs and not listed.covers(path):
                listed.deleted.add(path)
                listings.append(ListAll(path, node.ufs_path, node.mount_id))
    return DeletePlan(request.path, nodes, mount_points, tuple(listings))


def _add_node(nodes: dict[str, Node], mounts: MountTable, path: str, inode: Inode) -> None:
    """Add what is in the under storage, or below a directory that is: of a tree only cached, nothing is kept."""
    ufs_path, mount = mounts.resolve(path)
    is_mount_point = mount.path == path
    is_in_ufs = inode.persistence_state == PERSISTED and not is_mount_point
    if is_in_ufs or is_mount_point or paths.parent(path) in nodes:
        nodes[path] = Node(inode.is_directory, is_in_ufs, ufs_path, mount.mount_id)


def _up_to(path: str, top: str) -> list[str]:
    found = [path]
    while found[-1] != top:
        found.append(paths.parent(found[-1]))
    return found


# --- the namespace -------------------------------------------------------------------------------------------------


def run(context: OpContext, request: DeleteRequest, outcome: UfsOutcome = NO_UFS) -> Chunks[None]:
    """Delete the path, in chunks of children before their parents.

    Raises:  AccessDenied; FileDoesNotExist; InvalidPath: the root; DirectoryNotEmpty: not recursive;
             FailedPrecondition: some paths could not be deleted, the others are.
    """
    if context.is_done(request.operation_id):
        return
    _, top = _check(context, request)
    failures: dict[str, str] = {}
    while True:
        chunk = _next_chunk(context, top, request.path, failures)
        for path, inode in chunk:
            reason = _reason_to_keep(context, request, path, inode, outcome)
            if reason is not None:
                failures[path] = reason
                continue
            _unmount(context, path)
            is_last = inode.id == top.id
            remove_inode(context, inode, path, request.operation_id if is_last else None)
        if chunk[-1][1].id == top.id:
            break
        context = yield
    if failures:
        raise FailedPrecondition(_describe(failures))
    if request.alluxio_only and request.sync_parent_next_time is not None:
        context.emit(UpdateInodeDirectoryEntry(top.parent_id, direct_children_loaded=not request.sync_parent_next_time))


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


def _check(context: ReadContext, request: DeleteRequest) -> tuple[Lookup, Inode]:
    path = request.path
    found = lookup(context.tx, path)
    checks.check_parent_permission(context, found, WRITE)
    if not request.alluxio_only:
        checks.check_writable_mount(context, path)
    inode = found.inode
    if inode is None:
        raise FileDoesNotExist.at(path)
    if inode.child_count and not request.recursive:
        raise DirectoryNotEmpty(
            f"Cannot delete non-empty directory {inode.name or path} because recursive is set to false"
        )
    if request.recursive:
        _check_mounts(context, request)
    if not found.names:
        raise InvalidPath("Cannot delete the root directory")
    return found, inode


def _check_mounts(context: ReadContext, request: DeleteRequest) -> None:
    mounts = context.mounts
    inside = mounts.below(request.path)
    own = mounts.mounts.get(request.path)
    if own is not None:
        inside.insert(0, own)
    if inside and not request.delete_mount_point:
        raise AccessDenied(
            f"{request.path} is or contains a mount point ({inside[0].path}). Unmount it first, or delete with "
            "--deleteMountPoint/-m."
        )
    read_only = [mount.path for mount in inside if mount.read_only]
    if read_only:
        raise AccessDenied(f"{request.path} contains read-only mount points: {', '.join(read_only)}.")


def _next_chunk(context: OpContext, top: Inode, top_path: str, kept: dict[str, str]) -> list[tuple[str, Inode]]:
    """Return the next inodes to delete, without those that have failed; the tree is read anew, since it has shrunk."""
    chunk: list[tuple[str, Inode]] = []
    for path, inode in children_first(context.tx, top, top_path):
        if path not in kept:
            chunk.append((path, inode))
            if len(chunk) >= CHUNK_INODES:
                break
    return chunk


def _reason_to_keep(
    context: OpContext, request: DeleteRequest, path: str, inode: Inode, outcome: UfsOutcome
) -> str | None:
    if inode.is_directory:
        now = context.tx.get(INODES, inode.id)
        if now is not None and now.child_count:
            return outcome.failed.get(path, NOT_EMPTY)
    if path != request.path and not checks.may(context, inode, WRITE):
        return str(checks.denied(context.user, WRITE, path, inode))
    if path in outcome.failed:
        return outcome.failed[path]
    needs_ufs = inode.persistence_state == PERSISTED and not request.alluxio_only
    if needs_ufs and context.mounts.mount_of(path).path != path and not outcome.covers(path):
        return APPEARED
    return None


def _unmount(context: OpContext, path: str) -> None:
    table = context.tx.get(MOUNTS, 0)
    mount = None if table is None else table.mounts.get(path)
    if mount is not None:
        context.emit(DeleteMountPointEntry(path))
    mount_id = context.mounts.mount_of(path).mount_id if mount is None else mount.mount_id
    if context.tx.get(SYNC_POINTS, (mount_id, path)):
        context.emit(RemoveSyncPointEntry(path, mount_id))


def _describe(failures: dict[str, str]) -> str:
    shown = ", ".join(f"{path} ({reason})" for path, reason in list(failures.items())[:FAILURES_SHOWN_MAX])
    more = len(failures) - FAILURES_SHOWN_MAX
    return f"Failed to delete {len(failures)} paths: {shown}" + (f", and {more} more" if more > 0 else "")
