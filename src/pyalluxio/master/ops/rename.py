"""rename: an inode gets another parent or name; the under storage follows first when it is persisted."""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio import path as paths
from pyalluxio.errors import FileAlreadyExists, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    OperationId,
    RenameEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import checks, create_path, delete
from pyalluxio.master.ops.complete_file import schedule_persist
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext, require
from pyalluxio.master.ops.tree_walk import for_each_below
from pyalluxio.master.ops.ufs_steps import (
    NO_RESULTS,
    DeleteDirectory,
    DeleteFile,
    MakeDirectory,
    Rename,
    UfsResults,
    UfsStep,
)
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup, children_first, lookup

# Spelled as the S3 proxy of 2.9 spells it.
UPLOAD_ID = "s3_uploads_mulitpartupload_id"


@dataclass(slots=True)
class RenameRequest:
    path: str
    new_path: str
    persist: bool = False
    s3_overwrite: bool = False
    s3_multipart_upload: bool = False
    operation_id: OperationId | None = None


@dataclass(slots=True)
class _Checked:
    source: Lookup
    target: Lookup
    inode: Inode
    replaced: Inode | None  # what the rename overwrites


def plan(context: ReadContext, request: RenameRequest) -> tuple[UfsStep, ...]:
    """Check, and return what the under storage has to do first: nothing for a source that is not persisted.

    Raises:  as `run`.
    """
    if context.is_done(request.operation_id):
        return ()
    checked = _check(context, request)
    if checked is None:
        return ()
    mounts = context.mounts
    steps: list[UfsStep] = []
    replaced = _replaced_in_ufs(checked, request)
    if replaced is not None and checked.inode.persistence_state != PERSISTED:
        ufs_path, mount = mounts.resolve(request.new_path)
        steps.append(replaced(request.new_path, ufs_path, mount.mount_id))
    if checked.inode.persistence_state == PERSISTED:
        steps += _parent_steps(context, checked.target)
        ufs_path, mount = mounts.resolve(request.path)
        new_ufs_path = mounts.resolve(request.new_path).ufs_path
        is_directory = checked.inode.is_directory
        steps.append(
            Rename(request.path, ufs_path, request.new_path, new_ufs_path, mount.mount_id, is_directory, replaced)
        )
    return tuple(steps)


def _replaced_in_ufs(checked: _Checked, request: RenameRequest) -> type[DeleteFile] | type[DeleteDirectory] | None:
    """Return how what the rename overwrites is deleted in the under storage; None if nothing is there to delete."""
    replaced = checked.replaced
    if replaced is None or not request.persist or replaced.persistence_state != PERSISTED:
        return None
    return DeleteDirectory if replaced.is_directory else DeleteFile


def run(context: OpContext, request: RenameRequest, results: UfsResults = NO_RESULTS) -> None:
    """Rename the path; a target that exists is an error, whatever it is, unless the S3 options replace it.

    Raises:  AccessDenied; FileDoesNotExist: source, or the target's parent; InvalidPath; FileAlreadyExists; StalePlan.
    """
    assert not request.persist, "what is to be persisted is renamed by run_persisting"
    _run(context, request, results)


def run_persisting(context: OpContext, request: RenameRequest, results: UfsResults = NO_RESULTS) -> Chunks[None]:
    """Rename the path, and let every file in it that is not persisted wait for that; both paths must be locked.

    The files come first, in chunks, and the rename with the operation id last: a client that repeats the call after a
    fail-over finds either all of it done or none of the rename.

    Raises:  as `run`.
    """
    if context.is_done(request.operation_id):
        return
    checked = _check(context, request)
    if checked is None:
        return
    _check_results(context, checked, request, results)
    top, length = checked.inode, len(request.path)

    def queue(context: OpContext, path: str, inode: Inode) -> None:
        if not inode.is_directory and inode.persistence_state == NOT_PERSISTED:
            schedule_persist(context, inode, request.new_path + path[length:], 0)

    queue(context, request.path, top)
    if top.is_directory:
        context = yield from for_each_below(context, top, request.path, queue)
    _run(context, request, results)


def _run(context: OpContext, request: RenameRequest, results: UfsResults) -> None:
    if context.is_done(request.operation_id):
        return
    checked = _check(context, request)
    if checked is None:
        return
    inode, target = checked.inode, checked.target
    parents = _check_results(context, checked, request, results)
    if checked.replaced is not None:
        for path, node in list(children_first(context.tx, checked.replaced, request.new_path)):
            delete.remove_inode(context, node, path)
    parent = require(target.inodes[len(target.names) - 1], f'The parent of "{request.new_path}"')
    context.emit(
        RenameEntry(
            id=inode.id,
            op_time_ms=context.now_ms,
            new_parent_id=parent.id,
            new_name=target.names[-1],
            path=request.path,
            new_path=request.new_path,
            operation_id=request.operation_id,
        )
    )
    for path, ancestor in parents:
        context.emit(UpdateInodeEntry(id=ancestor.id, persistence_state=TO_BE_PERSISTED))
        context.emit(create_path.persisted(ancestor.id, results.at(path)))


def _check_results(
    context: ReadContext, checked: _Checked, request: RenameRequest, results: UfsResults
) -> list[tuple[str, Inode]]:
    """Check that the under storage has done its part; returns the target's ancestors that it has now."""
    if checked.inode.persistence_state != PERSISTED:
        if _replaced_in_ufs(checked, request) is not None:
            results.done_at(request.new_path)
        return []
    results.done_at(request.path)
    parents = _unpersisted_parents(context, checked.target)
    for path, _ in parents:
        results.done_at(path)
    return parents


def _check(context: ReadContext, request: RenameRequest) -> _Checked | None:
    """Check everything, in the order of the rules; None if there is nothing to do."""
    path, new_path = request.path, request.new_path
    source, target = lookup(context.tx, path), lookup(context.tx, new_path)
    checks.check_parent_permission(context, source, WRITE)
    checks.check_parent_permission(context, target, WRITE)
    checks.check_writable_mount(context, path)
    checks.check_writable_mount(context, new_path)
    inode = source.inode
    if inode is None:
        raise FileDoesNotExist.at(path)
    if path == new_path:
        return None
    if not source.names:
        raise InvalidPath(f'The root "/" cannot be renamed to "{new_path}".')
    if not target.names:
        raise InvalidPath(f'"{path}" cannot be renamed to the root "/".')
    mounts = context.mounts
    mount, new_mount = mounts.mount_of(path), mounts.mount_of(new_path)
    if mount.mount_id != new_mount.mount_id:
        raise InvalidPath(
            f'"{path}" cannot be renamed to "{new_path}": they lie on different mount points, '
            f"{mount.path} and {new_mount.path}."
        )
    if new_mount.path == new_path or mount.path == path:
        raise InvalidPath(f'"{path}" cannot be renamed to "{new_path}": one of them is a mount point.')
    if paths.is_below(new_path, path):
        raise InvalidPath(f'"{path}" cannot be renamed to "{new_path}", which lies below it.')
    if len(target.inodes) < len(target.names):
        raise FileDoesNotExist.at(paths.parent(new_path))
    replaced = target.inode
    if replaced is not None and mounts.below(new_path):
        raise InvalidPath(f'"{path}" cannot replace "{new_path}", which contains mount points.')
    if replaced is not None and not request.s3_overwrite:
        if request.s3_multipart_upload and _is_same_upload(inode, replaced):
            return None
        raise FileAlreadyExists(f'"{path}" cannot be renamed to "{new_path}", which already exists.')
    if inode.persistence_state == PERSISTED:
        checks.check_ufs_mode(context, path, "Renaming")
        checks.check_ufs_mode(context, new_path, "Renaming")
    return _Checked(source, target, inode, replaced)


def _is_same_upload(inode: Inode, other: Inode) -> bool:
    upload_id = (inode.xattr or {}).get(UPLOAD_ID)
    return bool(upload_id) and upload_id == (other.xattr or {}).get(UPLOAD_ID)


def _unpersisted_parents(context: ReadContext, target: Lookup) -> list[tuple[str, Inode]]:
    """Return the target's ancestors that the under storage lacks, from the top down."""
    mount = context.mounts.mount_of(target.path)
    found = []
    for depth in range(1, len(target.names)):
        path, inode = target.path_of(depth), target.inodes[depth]
        if inode.persistence_state != PERSISTED and paths.is_below(path, mount.path):
            found.append((path, inode))
    return found


def _parent_steps(context: ReadContext, target: Lookup) -> list[MakeDirectory]:
    mounts = context.mounts
    return [
        MakeDirectory(
            path,
            mounts.resolve(path).ufs_path,
            mounts.mount_of(path).mount_id,
            inode.owner,
            inode.group,
            inode.mode,
        )
        for path, inode in _unpersisted_parents(context, target)
    ]
