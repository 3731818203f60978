"""updateMount: other options for a mount point; its address stays, its id changes."""

from __future__ import annotations

from dataclasses import replace

from pyalluxio.errors import InvalidPath, Unknown
from pyalluxio.journal.entries import DeleteMountPointEntry
from pyalluxio.master.ops import checks, unmount
from pyalluxio.master.ops.context import OpContext, ReadContext
from pyalluxio.master.ops.mount import MountRequest, add_mount_point, is_read_only, new_mount_id
from pyalluxio.master.ops.ufs_steps import ProbeMount, UfsResults
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.mount_table import MountInfo


def plan(context: ReadContext, request: MountRequest) -> tuple[ProbeMount, ...]:
    """Check, and return a look at the address with the new options.

    Raises:  as `run`.
    """
    mount = _check(context, request)
    return (ProbeMount(request.path, None, mount.mount_id, mount.ufs_uri, request.sorted_properties),)


def run(context: OpContext, request: MountRequest, results: UfsResults) -> MountInfo:
    """Replace all options and return the mount point; the request's address and `remount` do not matter.

    Raises:  AccessDenied; InvalidPath: the root, no mount point, or actively synced; Unknown: the under storage cannot
             be used with these options; StalePlan.
    """
    mount = _check(context, request)
    probed = results.at(request.path)
    if probed.error is not None:
        raise Unknown(f'The mount point "{request.path}" keeps its options: {probed.error}')
    changed = replace(
        mount,
        mount_id=new_mount_id(context),
        read_only=is_read_only(request, mount.ufs_uri),
        shared=request.shared,
        properties=request.sorted_properties,
    )
    context.emit(DeleteMountPointEntry(mount.path))
    add_mount_point(context, changed)
    return changed


def _check(context: ReadContext, request: MountRequest) -> MountInfo:
    found = lookup(context.tx, request.path)
    checks.check_parent_permission(context, found, WRITE)
    mount = unmount.existing(context, request.path)
    synced = unmount.sync_points(context.tx, mount.mount_id)
    if synced:
        raise InvalidPath(
            f'"{request.path}" cannot be changed while {synced[0]} is kept in sync actively; stop that first.'
        )
    return mount
