"""startSync, stopSync, getSyncPathList: paths that an under storage reports changes of by itself.

None of the storages served here does that; only HDFS of the official master did. A point can come from its journal.
"""

from __future__ import annotations

from pyalluxio.errors import AccessDenied, Internal, InvalidPath
from pyalluxio.journal.entries import RemoveSyncPointEntry
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import OpContext, ReadContext
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.tx import SYNC_POINTS


def start(context: ReadContext, path: str) -> None:
    """Refuse to keep a path in sync actively.

    Raises:  AccessDenied: no WRITE on the parent; InvalidPath: it is kept in sync already; Internal.
    """
    checks.check_parent_permission(context, lookup(context.tx, path), WRITE)
    if path in listed(context):
        raise InvalidPath(f'"{path}" is a sync point already.')
    ufs_uri = context.mounts.resolve(path).ufs_path
    raise Internal(
        f'"{path}" cannot be kept in sync actively: {ufs_uri} does not report changes. Set '
        "alluxio.user.file.metadata.sync.interval instead."
    )


def stop(context: OpContext, path: str) -> None:
    """Forget a sync point.

    Raises:  AccessDenied: neither superuser nor WRITE on the parent; InvalidPath: it is none.
    """
    try:
        checks.check_superuser(context)
    except AccessDenied:
        checks.check_parent_permission(context, lookup(context.tx, path), WRITE)
    for (mount_id, point), _ in list(context.tx.scan(SYNC_POINTS)):
        if point == path:
            context.emit(RemoveSyncPointEntry(path, mount_id))
            return
    raise InvalidPath(f'"{path}" is not a sync point.')


def listed(context: ReadContext) -> list[str]:
    """Return the paths that are sync points; nobody's permission is needed."""
    return sorted(path for (_, path), _ in context.tx.scan(SYNC_POINTS))
