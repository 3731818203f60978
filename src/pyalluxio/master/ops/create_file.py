"""createFile: an incomplete file of length 0, with the parents that are missing."""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio import path as paths
from pyalluxio.errors import FileAlreadyExists, Internal, InvalidArgument
from pyalluxio.journal.entries import NOT_PERSISTED, PERSISTED, TO_BE_PERSISTED, InodeFileEntry
from pyalluxio.master.ops import create_path, delete, get_status
from pyalluxio.master.ops.context import OpContext, ReadContext, require
from pyalluxio.master.ops.create_path import CreateRequest
from pyalluxio.master.ops.file_info import FileInfo, file_info
from pyalluxio.master.ops.ufs_steps import NO_RESULTS, DeleteFile, UfsResults, UfsStep
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.inode import NO_PERSIST_JOB, Inode
from pyalluxio.master.state.inode_tree import Lookup
from pyalluxio.master.state.tx import INODES

# At creation, by write type; what is written through counts as persisted at once.
STATE_OF = {
    WriteType.CACHE_THROUGH: PERSISTED,
    WriteType.THROUGH: PERSISTED,
    WriteType.ASYNC_THROUGH: TO_BE_PERSISTED,
}


@dataclass(slots=True)
class CreateFileRequest(CreateRequest):
    """An unset number is 0, as on the wire: a block size of 0 is refused."""

    block_size_bytes: int = 0
    replication_durable: int = 0
    replication_min: int = 0
    replication_max: int = 0
    overwrite: bool = False


def plan(context: ReadContext, request: CreateFileRequest) -> tuple[UfsStep, ...]:
    """Check, and return what the under storage needs first: parents for a through type, the end of a replaced file.

    Raises:  as `run`.
    Source:  Alluxio 2.9; differs: a stored file goes whatever the new write type is. Left there, its old content is
             loaded again once the new file was renamed or deleted before it is stored.
    """
    is_through = request.write_type.is_through
    if not (is_through or request.overwrite) or context.is_done(request.operation_id):
        return ()
    found = _check(context, request)
    steps: list[UfsStep] = list(create_path.parent_steps(context, found, request)) if is_through else []
    existing = found.inode
    if existing is not None and existing.persistence_state == PERSISTED:
        resolution = context.mounts.resolve(request.path)
        steps.append(DeleteFile(request.path, resolution.ufs_path, resolution.mount.mount_id))
    return tuple(steps)


def run(context: OpContext, request: CreateFileRequest, results: UfsResults = NO_RESULTS) -> FileInfo:
    """Create the file and return its status; repeated with the same operation id, only the latter.

    Raises:  FileAlreadyExists; FileDoesNotExist: a parent; InvalidPath; InvalidArgument: the block size; Internal: the
             replication numbers; AccessDenied; StalePlan.
    """
    if context.is_done(request.operation_id):
        info: FileInfo = get_status.run(context, request.path)
        return info
    found = _check(context, request)
    create_path.check_results(context, found, request, results)
    existing = found.inode
    if existing is not None:
        if existing.persistence_state == PERSISTED:
            results.done_at(request.path)
        delete.remove_inode(context, existing, request.path)
        found.inodes.pop()
        found.inodes[-1] = require(context.tx.get(INODES, found.inodes[-1].id), "The parent of an overwritten file")
    if request.write_type.is_through:
        create_path.persist_ancestors(context, found, results)
    create_path.touch_parent(context, found.deepest, request)
    parent = create_path.create_missing_parents(context, found, request, results)
    return file_info(context, _add_file(context, parent, request), request.path)


def _check(context: ReadContext, request: CreateFileRequest) -> Lookup:
    found = create_path.check(context, request)
    inode = found.inode
    if inode is not None and found.names:
        if not request.overwrite:
            raise FileAlreadyExists(
                f'File "{request.path}" already exists. Remove it first, or set the option overwrite.'
            )
        if inode.is_directory:
            raise FileAlreadyExists(
                f'Path "{request.path}" already exists and is a directory: it cannot be overwritten.'
            )
    if found.names and request.block_size_bytes < 1:
        raise InvalidArgument(f'File "{request.path}" has a block size of {request.block_size_bytes}; at least 1 byte.')
    create_path.check_parents(found, recursive=request.recursive)
    if request.replication_max != -1 and request.replication_max < request.replication_min:
        raise Internal(
            f'File "{request.path}" cannot have at most {request.replication_max} and at least '
            f"{request.replication_min} copies."
        )
    return found


def _add_file(context: OpContext, parent: Inode, request: CreateFileRequest) -> Inode:
    now = context.now_ms
    owner, group = create_path.creator(context, parent)
    acl, _ = create_path.inherited_acl(parent, owner, group, request.mode)
    inode_id = context.ids.file(context.tx, context.emit)
    context.emit(
        InodeFileEntry(
            id=inode_id,
            parent_id=parent.id,
            name=paths.name(request.path),
            persistence_state=STATE_OF.get(request.write_type, NOT_PERSISTED),
            pinned=parent.pinned,
            creation_time_ms=now,
            last_modification_time_ms=now,
            block_size_bytes=request.block_size_bytes,
            length=0,
            completed=False,
            cacheable=request.path.startswith(context.settings.whitelist),
            ttl=request.ttl_ms,
            ufs_fingerprint="",
            replication_durable=request.replication_durable,
            replication_max=request.replication_max,
            replication_min=request.replication_min,
            persist_job_id=NO_PERSIST_JOB,
            temp_ufs_path="",
            ttl_action=request.ttl_action,
            last_access_time_ms=now,
            acl=acls.to_entry(acl),
            medium_type=parent.medium_types if parent.pinned else (),
            xattr=request.xattr or None,
            path=request.path,
            operation_id=request.operation_id,
        )
    )
    return require(context.tx.get(INODES, inode_id), f'File "{request.path}"')
