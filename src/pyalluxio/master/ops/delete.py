"""delete: a file, or a directory with everything below it, children first.

The under storage goes first: `plan` returns what to list there, then what to delete; `run` removes the inodes whose
objects are gone. Failures are collected: what worked stays deleted, and the error names the rest.

What the caller may not delete keeps everything below it, and its ancestors, here and in the under storage: the plan
leaves their objects alone, and sends one recursive step only for a directory that goes as a whole.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Set
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
from pyalluxio.master.ops.tree_walk import CHUNK_INODES, TreeWalk, again
from pyalluxio.master.ops.ufs_steps import DeleteDirectory, DeleteFile, ListAll, UfsResults, UfsStep
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup, lookup
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.state.tx import BLOCKS, MOUNTS, SYNC_POINTS

PLAN_INODES = 128  # at most 5 ms of work, with a permission check for each
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

    mount_points: Set[str] = frozenset()  # in the subtree: unmounted, but what is in them is deleted
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
    """What a deletion does in the under storage, in two rounds: list, then delete; `nodes` has parents first.

    refused  what the caller may not delete, with everything below that
    """

    path: str
    nodes: dict[str, Node] = field(default_factory=dict)
    mount_points: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    listings: list[ListAll] = field(default_factory=list)
    concerns_ufs: bool = False

    def steps(self, listed: UfsResults) -> tuple[tuple[UfsStep, ...], UfsOutcome]:
        """Return what to delete, given the listings, and an outcome that holds the directories out of sync already.

        A directory with unknown objects in it stays, and so do its ancestors; the rest of the tree is deleted.
        """
        strangers = self._directories_with_strangers(listed)
        outcome = UfsOutcome(self.mount_points, failed=dict.fromkeys(strangers, NOT_IN_SYNC))
        blocked = _with_ancestors((*strangers, *self.refused), self.path)
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
    planned = DeletePlan(request.path)
    listed = None if request.unchecked else UfsOutcome(planned.mount_points)
    _add_node(context, planned, request.path, inode, listed)
    walk = TreeWalk(inode, request.path)
    while not walk.is_done:
        for path, found in walk.take(context.tx, PLAN_INODES):
            if paths.parent(path) in planned.refused or not checks.may(context, found, WRITE):
                planned.refused.add(path)
            _add_node(context, planned, path, found, listed)
        if not walk.is_done:
            context = yield
    if not planned.concerns_ufs:
        return None
    for path in (request.path, *planned.mount_points):
        checks.check_ufs_mode(context, path, "Deleting")
    return planned


def _add_node(context: ReadContext, planned: DeletePlan, path: str, inode: Inode, listed: UfsOutcome | None) -> None:
    """Add what is in the under storage, or below a directory that is: of a tree only cached, nothing is kept.

    listed  has the directories that are listed, and gets those that have to be; None lists nothing
    """
    nodes = planned.nodes
    ufs_path, mount = context.mounts.resolve(path)
    is_mount_point = mount.path == path
    is_in_ufs = inode.persistence_state == PERSISTED and not is_mount_point
    if not (is_in_ufs or is_mount_point or paths.parent(path) in nodes):
        return
    nodes[path] = Node(inode.is_directory, is_in_ufs, ufs_path, mount.mount_id)
    if is_mount_point:
        planned.mount_points.add(path)
    planned.concerns_ufs = planned.concerns_ufs or is_in_ufs
    if listed is not None and inode.is_directory and is_in_ufs and not listed.covers(path):
        listed.deleted.add(path)
        planned.listings.append(ListAll(path, ufs_path, mount.mount_id))


def _with_ancestors(found: Iterable[str], top: str) -> set[str]:
    """Return paths with their ancestors, up to `top`."""
    upwards = set()
    for path in found:
        at = path
        while at not in upwards:
            upwards.add(at)
            if at == top:
                break
            at = paths.parent(at)
    return upwards


# --- the namespace -------------------------------------------------------------------------------------------------


def run(context: OpContext, request: DeleteRequest, outcome: UfsOutcome = NO_UFS) -> Chunks[None]:
    """Delete the path, in chunks of children before their parents.

    Raises:  AccessDenied; FileDoesNotExist; InvalidPath: the root; DirectoryNotEmpty: not recursive;
             FailedPrecondition: some paths could not be deleted, the others are.
    """
    if context.is_done(request.operation_id):
        return
    _, top = _check(context, request)
    deletion = _Deletion(request, top, outcome)
    walk = TreeWalk(top, request.path, children_first=True)
    while not walk.is_done:
        for path, inode in walk.take(context.tx, CHUNK_INODES):
            deletion.delete(context, path, inode)
        if not walk.is_done:
            context = yield
    deletion.delete(context, request.path, top)
    if deletion.failure_count:
        raise FailedPrecondition(deletion.describe_failures())
    if request.alluxio_only and request.sync_parent_next_time is not None:
        context.emit(UpdateInodeDirectoryEntry(top.parent_id, direct_children_loaded=not request.sync_parent_next_time))


@dataclass(slots=True)
class _Deletion:
    """A deletion under way: it remembers the first failures, and which open directories may not be touched."""

    request: DeleteRequest
    top: Inode
    outcome: UfsOutcome
    failure_count: int = 0
    shown: list[str] = field(default_factory=list)
    _is_closed: dict[int, bool] = field(default_factory=dict)  # directories by id, while something below is to come

    def delete(self, context: OpContext, path: str, inode: Inode) -> None:
        """Delete one inode whose children had their turn, or remember why it stays."""
        reason = self._reason_to_keep(context, path, inode)
        if inode.is_directory:
            self._is_closed.pop(inode.id, None)
        if reason is None:
            _unmount(context, path)
            remove_inode(context, inode, path, self.request.operation_id if inode.id == self.top.id else None)
        elif reason:
            self.failure_count += 1
            if len(self.shown) < FAILURES_SHOWN_MAX:
                self.shown.append(f"{path} ({reason})")

    def _reason_to_keep(self, context: OpContext, path: str, inode: Inode) -> str | None:
        """Return why the inode stays: "" when an ancestor says it already, None if it goes.

        What is gone in the under storage was permitted by the plan, whatever changed meanwhile.
        """
        outcome = self.outcome
        is_gone_there = bool(outcome.deleted) and outcome.covers(path)
        if not is_gone_there and inode.id != self.top.id:
            if self._is_directory_closed(context, inode.parent_id):
                return ""
            if not checks.may(context, inode, WRITE):
                return str(checks.denied(context.user, WRITE, path, inode))
        if inode.is_directory:
            now = again(context, inode)
            if now is not None and now.child_count:
                return outcome.failed.get(path, NOT_EMPTY)
        if path in outcome.failed:
            return outcome.failed[path]
        needs_ufs = inode.persistence_state == PERSISTED and not self.request.alluxio_only
        if needs_ufs and context.mounts.mount_of(path).path != path and not outcome.covers(path):
            return APPEARED
        return None

    def _is_directory_closed(self, context: OpContext, directory_id: int) -> bool:
        """Say whether the caller may not delete a directory below the top, or one above it."""
        if directory_id == self.top.id:
            return False
        known = self._is_closed.get(directory_id)
        if known is None:
            directory = inode_of(context.tx, directory_id)
            known = self._is_directory_closed(context, directory.parent_id) or not checks.may(context, directory, WRITE)
            self._is_closed[directory_id] = known
        return known

    def describe_failures(self) -> str:
        more = self.failure_count - len(self.shown)
        text = f"Failed to delete {self.failure_count} paths: {', '.join(self.shown)}"
        return text + (f", and {more} more" if more > 0 else "")


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


def _unmount(context: OpContext, path: str) -> None:
    table = context.tx.get(MOUNTS, 0)
    mount = None if table is None else table.mounts.get(path)
    if mount is not None:
        context.emit(DeleteMountPointEntry(path))
    mount_id = context.mounts.mount_of(path).mount_id if mount is None else mount.mount_id
    if context.tx.get(SYNC_POINTS, (mount_id, path)):
        context.emit(RemoveSyncPointEntry(path, mount_id))
