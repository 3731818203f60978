"""unmount: a mount point disappears with everything below it; its under storage stays as it is."""

from __future__ import annotations

from itertools import islice

from pyalluxio import path as paths
from pyalluxio.errors import FailedPrecondition, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import DeleteMountPointEntry, RemoveSyncPointEntry
from pyalluxio.master.ops import checks, remove_tree
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext, require
from pyalluxio.master.ops.delete import remove_inode
from pyalluxio.master.ops.tree_walk import CHUNK_INODES
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode_tree import lookup, path_of
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import INODES, SYNC_POINTS, TO_BE_PERSISTED, ReadTx


class NotPersistedYet(FailedPrecondition):
    """Files would be lost that are still to be written to the under storage."""


def run(context: OpContext, path: str) -> Chunks[None]:
    """Remove the mount point, in chunks if it is large.

    The entry of the mount table goes with the last chunk, so that an attempt that did not end can be repeated.

    Raises:  AccessDenied: no WRITE on the parent; FileDoesNotExist; InvalidPath: the root, no mount point, or others
             lie below it; NotPersistedYet.
    """
    mount = check(context, path)
    context = yield from check_persisted(context, mount)
    yield from remove_mount(context, mount)


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


def check_persisted(context: OpContext, mount: MountInfo) -> Chunks[OpContext]:
    """Refuse to forget complete files that still wait for their way into the under storage: they are nowhere else.

    Returns the context in which the last chunk ran. Differs: 2.9.6 drops them without a word.

    Cost:    that of all files that wait, wherever they are.
    Raises:  NotPersistedYet.
    """
    count, first = 0, ""
    after = -1
    while True:
        page = [file_id for file_id, _ in islice(context.tx.scan(TO_BE_PERSISTED, after + 1), CHUNK_INODES)]
        for file_id in page:
            inode = context.tx.get(INODES, file_id)
            if inode is None or inode.is_directory or not inode.completed:
                continue
            path = path_of(context.tx, inode)
            if paths.is_below(path, mount.path):
                count, first = count + 1, first or path
        if len(page) < CHUNK_INODES:
            break
        after = page[-1]
        context = yield
    if count:
        raise NotPersistedYet(
            f'"{mount.path}" cannot be unmounted: {count} files below it are not in the under storage yet, such as '
            f"{first}. Try again when they are persisted, or remove them from Alluxio first if they are not needed."
        )
    return context


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
