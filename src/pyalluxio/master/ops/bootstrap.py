"""The first entries of an empty cluster: id generators, the root directory, the cluster's id."""

from __future__ import annotations

from pyalluxio.errors import AccessDenied
from pyalluxio.ids import NO_PARENT_ID, ROOT_INODE_ID
from pyalluxio.journal.entries import PERSISTED, ClusterInfoEntry, InodeDirectoryEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.inode import NO_TTL
from pyalluxio.master.state.tx import CLUSTER_ID, INODES, TEXTS

ROOT_MODE = 0o755


def run(context: OpContext, cluster_id: str) -> None:
    """Create what is missing of root and cluster id; on a cluster that has both it changes nothing.

    context.user and its primary group, the master's own, become owner and group of the root.
    cluster_id  a random UUID, used only if there is none

    Raises:  AccessDenied: another user owns the root, as after restoring a foreign backup.
    """
    root = context.tx.get(INODES, ROOT_INODE_ID)
    if root is None:
        _create_root(context)
    elif context.settings.permission_enabled and root.owner not in ("", context.user):
        raise AccessDenied(
            f"the master runs as {context.user}, but / belongs to {root.owner}. Start the master as {root.owner}."
        )
    if context.tx.get(TEXTS, CLUSTER_ID) is None:
        context.emit(ClusterInfoEntry(cluster_id))


def _create_root(context: OpContext) -> None:
    root_id = context.ids.directory(context.tx, context.emit)
    assert root_id == ROOT_INODE_ID, f"the first directory id of an empty cluster is {root_id}"
    owner, group = context.user, context.groups[0] if context.groups else ""
    context.emit(
        InodeDirectoryEntry(
            id=ROOT_INODE_ID,
            parent_id=NO_PARENT_ID,
            name="",
            persistence_state=PERSISTED,
            pinned=False,
            creation_time_ms=context.now_ms,
            last_modification_time_ms=context.now_ms,
            mount_point=False,
            direct_children_loaded=False,
            ttl=NO_TTL,
            last_access_time_ms=context.now_ms,
            acl=acls.to_entry(acls.plain(owner, group, ROOT_MODE)),
            default_acl=acls.default_to_entry(None, owner, group),
            path="/",
        )
    )
