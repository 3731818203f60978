"""What creating a file and a directory share: checks, missing parents, and those that the under storage lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from pyalluxio import path as paths
from pyalluxio.errors import FileAlreadyExists, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    InodeDirectoryEntry,
    OperationId,
    TtlAction,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import OpContext, ReadContext, require
from pyalluxio.master.ops.ufs_steps import MakeDirectory, StepResult, UfsResults
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.acl import WRITE, Acl
from pyalluxio.master.state.inode import NO_TTL, Inode
from pyalluxio.master.state.inode_tree import Lookup, lookup
from pyalluxio.master.state.tx import INODES


class XAttrPropagation(IntEnum):
    """Whether extended attributes of a created path also go to the parents created with it."""

    NEW_PATHS = 1
    LEAF_NODE = 2


@dataclass(slots=True)
class CreateRequest:
    """Options of both kinds of creation, exactly as the request holds them; `path` is canonical."""

    path: str
    recursive: bool = False
    mode: int = 0
    write_type: WriteType = WriteType.MUST_CACHE
    ttl_ms: int = NO_TTL
    ttl_action: TtlAction = TtlAction.DELETE
    xattr: dict[str, bytes] = field(default_factory=dict)
    xattr_propagation: XAttrPropagation = XAttrPropagation.NEW_PATHS
    checks_s3_bucket: bool = False
    operation_id: OperationId | None = None


def check(context: ReadContext, request: CreateRequest) -> Lookup:
    """Check what comes before the question whether the path exists; returns how far it does.

    Raises:  FileDoesNotExist: the bucket; InvalidPath: through a file; AccessDenied.
    """
    path = request.path
    found = lookup(context.tx, path)
    if request.checks_s3_bucket and len(found.names) > 1 and len(found.inodes) < 2:
        raise FileDoesNotExist(f'Bucket "{found.path_of(1)}" does not exist.')
    checks.check_parent_permission(context, found, WRITE)
    checks.check_writable_mount(context, path)
    if request.write_type.is_through:
        checks.check_ufs_mode(context, path, "Creating a path")
    return found


def check_parents(found: Lookup, *, recursive: bool) -> None:
    """Check that the parents exist or may be created.

    Raises:  FileAlreadyExists: the root; InvalidPath: the deepest component is a file; FileDoesNotExist.
    """
    if not found.names:
        raise FileAlreadyExists('Path "/" already exists: it is the root.')
    if found.is_complete:
        return
    if not found.deepest.is_directory:
        raise InvalidPath(f'Path "{found.path}" leads through the file "{found.path_of(len(found.inodes) - 1)}".')
    missing = len(found.inodes)
    if missing < len(found.names) and not recursive:
        raise FileDoesNotExist(
            f'Path "{found.path}" cannot be created: component {missing} ("{found.names[missing - 1]}") does not '
            "exist. Ask for parents to be created, or create them first."
        )


# --- the under storage ---------------------------------------------------------------------------------------------


def parent_steps(context: ReadContext, found: Lookup, request: CreateRequest) -> list[MakeDirectory]:
    """Return the directories that the under storage needs before the path itself, from the top down.

    They are the parents that are not persisted, and those that do not exist yet, within the mount point of the path.
    """
    mounts = context.mounts
    mount = mounts.mount_of(request.path)
    steps = []
    for depth in range(1, len(found.names)):
        path = found.path_of(depth)
        if not paths.is_below(path, mount.path):
            continue
        if depth < len(found.inodes):
            inode = found.inodes[depth]
            if inode.persistence_state == PERSISTED:
                continue
            owner, group, mode = inode.owner, inode.group, inode.mode
        else:
            owner, group = creator(context, found.deepest)
            mode = context.settings.directory_mode
        steps.append(MakeDirectory(path, mounts.resolve(path).ufs_path, mount.mount_id, owner, group, mode))
    return steps


def check_results(context: ReadContext, found: Lookup, request: CreateRequest, results: UfsResults) -> None:
    """Check, before anything changes, that the under storage has every parent that it needs.

    Raises:  StalePlan.
    """
    if request.write_type.is_through:
        for step in parent_steps(context, found, request):
            results.at(step.path)


def persist_ancestors(context: OpContext, found: Lookup, results: UfsResults) -> None:
    """Mark the existing ancestors persisted that the under storage now has, from the top down."""
    mount = context.mounts.mount_of(found.path)
    for depth in range(1, min(len(found.inodes), len(found.names))):
        inode, path = found.inodes[depth], found.path_of(depth)
        if inode.persistence_state == PERSISTED or not paths.is_below(path, mount.path):
            continue
        result = results.at(path)
        context.emit(UpdateInodeEntry(id=inode.id, persistence_state=TO_BE_PERSISTED))
        context.emit(persisted(inode.id, result))


def persisted(inode_id: int, result: StepResult) -> UpdateInodeEntry:
    """Return the entry that marks a directory persisted, with the attributes that an existing one had there."""
    entry = UpdateInodeEntry(id=inode_id, persistence_state=PERSISTED)
    if result.adopted:
        entry.owner, entry.group, entry.mode = result.owner or None, result.group or None, result.mode
        entry.last_modification_time_ms = result.last_modified_ms
        entry.overwrite_modification_time = True if result.last_modified_ms is not None else None
        entry.xattr = dict(result.xattr) if result.xattr else None
    return entry


# --- entries -------------------------------------------------------------------------------------------------------


def creator(context: ReadContext, parent: Inode) -> tuple[str, str]:
    """Return owner and group of what the caller creates; without authentication both come from the parent."""
    group = context.groups[0] if context.groups else ""
    if not context.user and not group and context.settings.inherits_owner_and_group:
        return parent.owner, parent.group
    return context.user, group


def touch_parent(context: OpContext, parent: Inode, request: CreateRequest) -> None:
    """Move the times of the deepest existing parent forward, and give it the attributes that new paths get."""
    xattr = request.xattr if request.xattr_propagation is XAttrPropagation.NEW_PATHS else None
    now = context.now_ms
    if now > parent.last_modified_ms or now > parent.last_accessed_ms or xattr:
        context.emit(
            UpdateInodeEntry(
                id=parent.id,
                last_modification_time_ms=now,
                last_access_time_ms=now,
                xattr=xattr or None,
            )
        )


def create_missing_parents(context: OpContext, found: Lookup, request: CreateRequest, results: UfsResults) -> Inode:
    """Create the directories between the deepest existing one and the path; returns the path's parent."""
    parent = found.deepest
    for depth in range(len(found.inodes), len(found.names)):
        path = found.path_of(depth)
        result = results.at(path) if request.write_type.is_through and _is_in_mount(context, path) else None
        xattr = request.xattr if request.xattr_propagation is XAttrPropagation.NEW_PATHS else {}
        parent = add_directory(context, parent, path, context.settings.directory_mode, request, xattr, result)
    return parent


def _is_in_mount(context: OpContext, path: str) -> bool:
    return path != context.mounts.mount_of(path).path


def add_directory(
    context: OpContext,
    parent: Inode,
    path: str,
    mode: int,
    request: CreateRequest,
    xattr: dict[str, bytes],
    result: StepResult | None,
    operation_id: OperationId | None = None,
) -> Inode:
    """Create one directory; `result` says what its creation in the under storage came to, None if there was none."""
    now = context.now_ms
    owner, group = creator(context, parent)
    modified = now
    if result is not None and result.adopted:
        owner, group = result.owner or owner, result.group or group
        mode = mode if result.mode is None else result.mode
        modified = now if result.last_modified_ms is None else result.last_modified_ms
        xattr = {**xattr, **(result.xattr or {})}
    acl, default_acl = inherited_acl(parent, owner, group, mode)
    inode_id = context.ids.directory(context.tx, context.emit)
    context.emit(
        InodeDirectoryEntry(
            id=inode_id,
            parent_id=parent.id,
            name=paths.name(path),
            persistence_state=NOT_PERSISTED if result is None else PERSISTED,
            pinned=parent.pinned,
            creation_time_ms=now,
            last_modification_time_ms=modified,
            mount_point=False,
            direct_children_loaded=False,
            ttl=request.ttl_ms,
            ttl_action=request.ttl_action,
            last_access_time_ms=now,
            acl=acls.to_entry(acl),
            default_acl=acls.default_to_entry(default_acl, owner, group),
            medium_type=parent.medium_types if parent.pinned else (),
            xattr=xattr or None,
            path=path,
            operation_id=operation_id,
        )
    )
    if result is not None and result.fingerprint:
        context.emit(UpdateInodeEntry(id=inode_id, ufs_fingerprint=result.fingerprint))
    return require(context.tx.get(INODES, inode_id), f'Directory "{path}"')


def inherited_acl(parent: Inode, owner: str, group: str, mode: int) -> tuple[Acl, Acl | None]:
    """Return access and default ACL of a new child; the default one is for directories only."""
    if parent.default_acl is None:
        return acls.plain(owner, group, mode), None
    return acls.inherited(parent.default_acl, owner, group, mode), parent.default_acl
