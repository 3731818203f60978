"""delete: a file, or a directory with everything below it, children first.

The under storage goes first: `plan` returns what to list there, then what to delete; `run` removes the inodes whose
objects are gone. Failures are collected: what worked stays deleted, and the error names the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
from pyalluxio.master.ops.ufs_steps import DeleteDirectory, DeleteFile, ListAll, UfsResults, UfsStep
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup, children_first, lookup
from pyalluxio.master.state.tx import BLOCKS, INODES, MOUNTS, SYNC_POINTS

CHUNK_INODES = 100  # about 5 ms of work
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

    deleted: set[str] = field(default_factory=set)  # a directory stands for everything below it
    failed: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        at = path
        while at not in self.deleted:
            if at == paths.ROOT:
                return False
            at = paths.parent(at)
        return True


NO_UFS = UfsOutcome()


# --- the under storage ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class DeletePlan:
    """What a deletion does in the under storage, in two rounds: list, then delete.

    `nodes` are the paths of the subtree, parents first: is it a directory, is it persisted.
    """

    path: str
    mount_id: int
    nodes: dict[str, tuple[bool, bool]]
    ufs_paths: dict[str, str]
    listings: tuple[ListAll, ...]

    def steps(self, listed: UfsResults) -> tuple[tuple[UfsStep, ...], UfsOutcome]:
        """Return what to delete, given the listings, and an outcome that holds the directories out of sync already.

        A directory with unknown objects in it stays, and so do its ancestors; the rest of the tree is deleted.
        """
        strangers = self._directories_with_strangers(listed)
        outcome = UfsOutcome(failed=dict.fromkeys(strangers, NOT_IN_SYNC))
        blocked = {ancestor for path in strangers for ancestor in _up_to(path, self.path)}
        steps: list[UfsStep] = []
        covered = UfsOutcome()
        for path, (is_directory, is_persisted) in self.nodes.items():
            if not is_persisted or path in blocked or covered.covers(path):
                continue
            covered.deleted.add(path)
            kind = DeleteDirectory if is_directory else DeleteFile
            steps.append(kind(path, self.ufs_paths[path], self.mount_id))
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
                if stranger not in self.nodes and not paths.is_temporary(stranger):
                    parent = paths.parent(stranger)
                    if self.nodes.get(parent, (False, False))[0]:
                        found.add(parent)
        return found


def plan(context: ReadContext, request: DeleteRequest) -> DeletePlan | None:
    """Check, and return what to do in the under storage; None if there is nothing.

    What lies below a nested mount point is no object of this mount: it is unmounted, its data stay.

    Raises:  as `run`, but for what that collects.
    """
    if request.alluxio_only or context.is_done(request.operation_id):
        return None
    _, inode = _check(context, request)
    mounts = context.mounts
    mount = mounts.mount_of(request.path)
    if mount.path == request.path:
        return None
    nested = [other.path for other in mounts.below(request.path)]
    nodes: dict[str, tuple[bool, bool]] = {}
    for path, node in children_first(context.tx, inode, request.path):
        if not any(paths.has_prefix(path, other) for other in nested):
            nodes[path] = (node.is_directory, node.persistence_state == PERSISTED)
    if not any(is_persisted for _, is_persisted in nodes.values()):
        return None
    checks.check_ufs_mode(context, request.path, "Deleting")
    nodes = dict(reversed(nodes.items()))
    ufs_paths = {path: mounts.resolve(path).ufs_path for path, (_, is_persisted) in nodes.items() if is_persisted}
    listings: list[ListAll] = []
    if not request.unchecked:
        top = UfsOutcome()
        for path, (is_directory, is_persisted) in nodes.items():
            if is_directory and is_persisted and not top.covers(path):
                top.deleted.add(path)
                listings.append(ListAll(path, ufs_paths[path], mount.mount_id))
    return DeletePlan(request.path, mount.mount_id, nodes, ufs_paths, tuple(listings))


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
    if not found.names:
        raise InvalidPath("Cannot delete the root directory")
    if request.recursive:
        _check_mounts(context, request)
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
    if needs_ufs and not _is_mounted_inside(context, request.path, path) and not outcome.covers(path):
        return APPEARED
    return None


def _is_mounted_inside(context: OpContext, top: str, path: str) -> bool:
    """Say whether a path belongs to a mount point at or below `top`, which only goes away with its inodes."""
    return paths.has_prefix(context.mounts.mount_of(path).path, top)


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
