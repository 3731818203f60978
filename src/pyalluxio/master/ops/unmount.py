"""unmount: a mount point disappears with everything below it; its under storage stays as it is."""

from __future__ import annotations

from pyalluxio import path as paths
from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import DeleteMountPointEntry, RemoveSyncPointEntry
from pyalluxio.master.ops import checks, remove_tree
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext, require
from pyalluxio.master.ops.delete import remove_inode
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import SYNC_POINTS, ReadTx


def run(context: OpContext, path: str) -> Chunks[None]:
    """Remove the mount point, in chunks if it is large.

    The entry of the mount table goes with the last chunk, so that an attempt that did not end can be repeated.

    Raises:  AccessDenied: no WRITE on the parent; FileDoesNotExist; InvalidPath: the root, no mount point, or others
             lie below it.
    """
    yield from remove_mount(context, check(context, path))


def check(context: ReadContext, path: str) -> MountInfo:
    """Return the mount point at a path that may be removed.

    Raises:  as `run`.
    """
    found = lookup(context.tx, path)
    checks.check_parent_permission(context, found, WRITE)
    if found.inode is None:
        raise FileDoesNotExist.at(path)
    mount = existing(context, path)
    below = context.mounts.below(path)
    if below:
        raise InvalidPath(f'"{path}" cannot be unmounted: {below[0].path} is mounted below it. Unmount that first.')
    return mount


def existing(context: ReadContext, path: str) -> MountInfo:
    """Return the mount point at a path, which must not be the root.

    Raises:  InvalidPath.
    """
    if path == paths.ROOT:
        raise InvalidPath("The root mount point comes from the configuration; it cannot be unmounted or changed.")
    mount = context.mounts.mounts.get(path)
    if mount is None:
        raise InvalidPath(f'"{path}" is not a mount point; see the mount table for those that exist.')
    return mount


def sync_points(tx: ReadTx, mount_id: int) -> list[str]:
    """Return the paths of a mount point that are kept in sync actively."""
    return [path for (_, path), _ in tx.scan(SYNC_POINTS, (mount_id, ""), (mount_id + 1, ""))]


def remove_mount(context: OpContext, mount: MountInfo) -> Chunks[OpContext]:
    """Remove a mount point that was checked; returns the context in which the last chunk ran."""
    top = require(lookup(context.tx, mount.path).inode, f'The mount point "{mount.path}"')
    context = yield from remove_tree.remove_below(context, top, mount.path)
    for path in sync_points(context.tx, mount.mount_id):
        context.emit(RemoveSyncPointEntry(path, mount.mount_id))
    context.emit(DeleteMountPointEntry(mount.path))
    remove_inode(context, top, mount.path)
    return context
