"""createDirectory: one directory, with the parents that are missing."""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.errors import FileAlreadyExists, Internal
from pyalluxio.journal.entries import UpdateInodeEntry
from pyalluxio.master.ops import create_path, get_status
from pyalluxio.master.ops.context import OpContext, ReadContext
from pyalluxio.master.ops.create_path import CreateRequest
from pyalluxio.master.ops.file_info import FileInfo, file_info
from pyalluxio.master.ops.ufs_steps import NO_RESULTS, MakeDirectory, UfsResults, UfsStep
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup


@dataclass(slots=True)
class CreateDirectoryRequest(CreateRequest):
    allow_exists: bool = False


def plan(context: ReadContext, request: CreateDirectoryRequest) -> tuple[UfsStep, ...]:
    """Check, and return the directories that the under storage needs first; none unless the type is a through type.

    Raises:  as `run`.
    """
    if not request.write_type.is_through or context.is_done(request.operation_id):
        return ()
    found = _check(context, request)
    if found.is_complete:
        return ()
    mounts = context.mounts
    resolution = mounts.resolve(request.path)
    owner, group = create_path.creator(context, found.deepest)
    acl, _ = create_path.inherited_acl(found.deepest, owner, group, request.mode)
    target = MakeDirectory(request.path, resolution.ufs_path, resolution.mount.mount_id, acl.owner, acl.group, acl.mode)
    return (*create_path.parent_steps(context, found, request), target)


def run(context: OpContext, request: CreateDirectoryRequest, results: UfsResults = NO_RESULTS) -> FileInfo:
    """Create the directory and return its status; one that exists is fine if the request says so.

    Raises:  FileAlreadyExists; FileDoesNotExist: a parent; InvalidPath; Internal: a file is there; AccessDenied;
             StalePlan.
    """
    if context.is_done(request.operation_id):
        info: FileInfo = get_status.run(context, request.path)
        return info
    found = _check(context, request)
    existing = found.inode
    if existing is not None:
        if request.operation_id is not None:
            # The only trace of the call: nothing changes, but a retry must not find the path taken by somebody else.
            context.emit(_unchanged(existing, request))
        return file_info(context, existing, request.path)
    is_through = request.write_type.is_through
    if is_through:
        results.at(request.path)
        create_path.check_results(context, found, request, results)
        create_path.persist_ancestors(context, found, results)
    create_path.touch_parent(context, found.deepest, request)
    parent = create_path.create_missing_parents(context, found, request, results)
    inode = create_path.add_directory(
        context,
        parent,
        request.path,
        request.mode,
        request,
        request.xattr,
        results.at(request.path) if is_through else None,
        request.operation_id,
    )
    return file_info(context, inode, request.path)


def _unchanged(inode: Inode, request: CreateDirectoryRequest) -> UpdateInodeEntry:
    return UpdateInodeEntry(id=inode.id, ufs_fingerprint=inode.ufs_fingerprint, operation_id=request.operation_id)


def _check(context: ReadContext, request: CreateDirectoryRequest) -> Lookup:
    found = create_path.check(context, request)
    inode = found.inode
    if inode is not None:
        if not found.names:
            raise FileAlreadyExists("Not allowed to create directory because path already exists: /")
        if not request.allow_exists:
            raise FileAlreadyExists(f"Not allowed to create directory because path already exists: {request.path}")
        if not inode.is_directory:
            raise Internal(f'Path "{request.path}" already exists and is a file, not a directory.')
        return found
    create_path.check_parents(found, recursive=request.recursive)
    return found
