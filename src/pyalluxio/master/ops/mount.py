"""mount: a directory of an under storage appears at a path of its own.

`plan` checks and has the address looked at; `run` checks again and adds the directory and the mount point. Official
clients expect every failure as UNKNOWN, with what was tried on the lines before the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pyalluxio import path as paths
from pyalluxio.errors import (
    AccessDenied,
    AlluxioError,
    FileAlreadyExists,
    FileDoesNotExist,
    InvalidArgument,
    InvalidPath,
    Unknown,
)
from pyalluxio.journal.entries import PERSISTED, AddMountPointEntry, InodeDirectoryEntry, TtlAction, UpdateInodeEntry
from pyalluxio.master.ops import checks, create_path, unmount
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext, require
from pyalluxio.master.ops.ufs_steps import ProbeMount, StalePlan, StepResult, UfsResults
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import NO_TTL, Inode
from pyalluxio.master.state.inode_tree import Lookup, lookup
from pyalluxio.master.state.mount_table import (
    MountInfo,
    MountTable,
    leads_above_root,
    normalise_uri,
    split_uri,
    uri_is_below,
)

_WEB_SCHEMES = ("http", "https")
_LOCAL_SCHEME = "file"


@dataclass(slots=True)
class MountRequest:
    """`ufs_uri` as the request has it, `path` canonical; `remount` removes a mount point that is at the path first."""

    path: str
    ufs_uri: str
    read_only: bool = False
    shared: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    remount: bool = False

    @property
    def sorted_properties(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.properties.items()))


def plan(context: ReadContext, request: MountRequest) -> tuple[ProbeMount, ...]:
    """Check, and return the look at the address that is to be mounted.

    Raises:  Unknown.
    """
    with _reported(request):
        _check(context, request)
        _, mounts = _without_old(context, request)
        ufs_path, mount = mounts.resolve(request.path)
        return (
            ProbeMount(
                request.path, ufs_path, mount.mount_id, normalise_uri(request.ufs_uri), request.sorted_properties
            ),
        )


def run(context: OpContext, request: MountRequest, results: UfsResults) -> Chunks[MountInfo]:
    """Mount the address and return its mount point; it yields only if a large one is mounted again.

    Raises:  Unknown; StalePlan.
    """
    with _reported(request):
        _check(context, request)
        probed = results.at(request.path)
        if probed.error is not None:
            raise InvalidArgument(probed.error)
    old, _ = _without_old(context, request)
    if old is not None:
        context = yield from unmount.check_persisted(context, old)
        context = yield from unmount.remove_mount(context, old)
    parent = require(lookup(context.tx, paths.parent(request.path)).inode, f'The parent of "{request.path}"')
    mount = MountInfo(
        path=request.path,
        ufs_uri=normalise_uri(request.ufs_uri),
        mount_id=new_mount_id(context),
        read_only=is_read_only(request, request.ufs_uri),
        shared=request.shared,
        properties=request.sorted_properties,
    )
    _add_directory(context, parent, mount, probed)
    add_mount_point(context, mount)
    return mount


@contextmanager
def _reported(request: MountRequest) -> Iterator[None]:
    try:
        yield
    except StalePlan:
        raise
    except AlluxioError as error:
        raise Unknown(f'Mounting "{request.ufs_uri}" at "{request.path}":\n{error}') from error


# --- checks --------------------------------------------------------------------------------------------------------


def _check(context: ReadContext, request: MountRequest) -> None:
    path = request.path
    found = lookup(context.tx, path)
    checks.check_parent_permission(context, found, WRITE)
    old, mounts = _without_old(context, request)
    parent_mount = mounts.mount_of(path) if path != paths.ROOT else None
    if parent_mount is not None and parent_mount.read_only:
        raise AccessDenied(f"{path} is in the read-only mount point {parent_mount.path}.")
    _check_place(found, old)
    if old is not None:
        unmount.check(context, path)
    _check_address(request, mounts)


def _check_place(found: Lookup, old: MountInfo | None) -> None:
    path = found.path
    if found.is_complete and old is None:
        raise FileAlreadyExists(f'Path "{path}" already exists; a mount point makes its own directory.')
    if len(found.inodes) < len(found.names):
        raise FileDoesNotExist(f'The parent of "{path}" does not exist; create it first.')
    if not found.is_complete and not found.deepest.is_directory:
        raise InvalidPath(f'The parent of "{path}" is a file.')


def _check_address(request: MountRequest, mounts: MountTable) -> None:
    if not split_uri(request.ufs_uri)[1].startswith("/") or leads_above_root(request.ufs_uri):
        raise InvalidArgument(f'"{request.ufs_uri}" is no address of an under storage; give a URI or an absolute path.')
    new = normalise_uri(request.ufs_uri)
    for mount in mounts.mounts.values():
        if _overlap(new, mount.ufs_uri):
            raise InvalidArgument(
                f'"{new}" cannot be mounted: it is, contains, or lies in "{mount.ufs_uri}", mounted at {mount.path}.'
            )


def _overlap(new: str, mounted: str) -> bool:
    """Say whether one address contains the other; a new one without a scheme matches every scheme."""
    new_head, new_path = split_uri(new)
    head, path = split_uri(mounted)
    new_scheme, _, new_authority = new_head.partition("://")
    scheme, _, authority = head.partition("://")
    if new_authority != authority or (new_scheme and new_scheme != (scheme or _LOCAL_SCHEME)):
        return False
    return uri_is_below(new_path, path) or uri_is_below(path, new_path)


def _without_old(context: ReadContext, request: MountRequest) -> tuple[MountInfo | None, MountTable]:
    """Return the mount point that is to be replaced, and the mount table without it."""
    mounts = context.mounts
    old = mounts.mounts.get(request.path) if request.remount and request.path != paths.ROOT else None
    return old, mounts if old is None else mounts.without(old.path)


def is_read_only(request: MountRequest, ufs_uri: str) -> bool:
    """Say whether a mount point may not be written; the web never."""
    return request.read_only or split_uri(ufs_uri)[0].partition("://")[0] in _WEB_SCHEMES


# --- entries -------------------------------------------------------------------------------------------------------


def new_mount_id(context: OpContext) -> int:
    """Return a mount id that no mount point has."""
    while True:
        mount_id = context.random_id()
        if context.mounts.by_id(mount_id) is None:
            return mount_id


def add_mount_point(context: OpContext, mount: MountInfo) -> None:
    context.emit(
        AddMountPointEntry(
            alluxio_path=mount.path,
            ufs_path=mount.ufs_uri,
            mount_id=mount.mount_id,
            read_only=mount.read_only,
            shared=mount.shared,
            properties=mount.properties,
        )
    )


def _add_directory(context: OpContext, parent: Inode, mount: MountInfo, probed: StepResult) -> None:
    now = context.now_ms
    modified = now if probed.last_modified_ms is None else probed.last_modified_ms
    owner, group = create_path.creator(context, parent)
    owner, group = probed.owner or owner, probed.group or group
    mode = shared_mode(context.settings.directory_mode if probed.mode is None else probed.mode, mount)
    acl, default_acl = loaded_acl(parent, owner, group, mode, is_directory=True)
    if now > parent.last_modified_ms or now > parent.last_accessed_ms:
        context.emit(UpdateInodeEntry(id=parent.id, last_modification_time_ms=now, last_access_time_ms=now))
    inode_id = context.ids.directory(context.tx, context.emit)
    context.emit(
        InodeDirectoryEntry(
            id=inode_id,
            parent_id=parent.id,
            name=paths.name(mount.path),
            persistence_state=PERSISTED,
            pinned=parent.pinned,
            creation_time_ms=now,
            last_modification_time_ms=modified,
            mount_point=True,
            direct_children_loaded=False,
            ttl=NO_TTL,
            ttl_action=TtlAction.DELETE,
            last_access_time_ms=modified,
            acl=acls.to_entry(acl),
            default_acl=acls.default_to_entry(default_acl, owner, group),
            medium_type=parent.medium_types if parent.pinned else (),
            xattr=dict(probed.xattr) if probed.xattr else None,
            path=mount.path,
        )
    )
    if probed.fingerprint:
        context.emit(UpdateInodeEntry(id=inode_id, ufs_fingerprint=probed.fingerprint))


def shared_mode(mode: int, mount: MountInfo) -> int:
    """Return the mode of something loaded: below a shared mount point others may what the owner may."""
    return mode | (mode >> 6) & 0o7 if mount.shared else mode


def loaded_acl(
    parent: Inode, owner: str, group: str, mode: int, *, is_directory: bool
) -> tuple[acls.Acl, acls.Acl | None]:
    """Return access and default ACL of something loaded.

    Source:  2.9.6, tried below a default ACL: a file gets its mode, named entries and mask from that; a directory
             gets named entries and mask from it, and keeps the mode of the storage.
    """
    if parent.default_acl is None:
        return create_path.inherited_acl(parent, owner, group, mode)
    acl, default_acl = create_path.inherited_acl(parent, owner, group, acls.MODE_MASK)
    return replace(acl, mode=mode & acls.MODE_MASK) if is_directory else acl, default_acl
