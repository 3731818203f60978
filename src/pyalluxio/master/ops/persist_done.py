"""What comes of persisting a file: it is in the under storage now, or it is given up.

A worker writes the file under a temporary name, or in place where the store has no rename worth its name. `begin`
records that it is about to be published, `plan` publishes it, `run` records that. A failure leaves the file waiting:
the shell asks again until the time for it is over, then `expire`.

A leader that dies between `plan` and `run` leaves a file in the storage of which the namespace knows nothing. The next
leader finds it by what `begin` recorded, and publishes it again before anybody may rename or delete it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyalluxio import path as paths
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
)
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import OpContext, ReadContext
from pyalluxio.master.ops.ufs_steps import MakeDirectory, PublishPersisted, UfsResults, UfsStep
from pyalluxio.master.state.inode import NO_PERSIST_JOB, Inode
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.state.inode_tree import lookup, path_of
from pyalluxio.master.state.tx import INODES
from pyalluxio.ufs.persist_path import persist_path


def begin(context: OpContext, inode_ids: Iterable[int]) -> None:
    """Record that files which wait are about to be published."""
    for inode_id in inode_ids:
        inode = _waiting(context, inode_id)
        if inode is None:
            continue
        temp_ufs_path = temp_path(context, inode)
        if inode.temp_ufs_path != temp_ufs_path:
            context.emit(UpdateInodeFileEntry(id=inode_id, temp_ufs_path=temp_ufs_path))


def temp_path(context: ReadContext, inode: Inode) -> str:
    """Return where a file is written before it is published."""
    return persist_path(context.mounts.mount_of(path_of(context.tx, inode)).ufs_uri, inode.id)


def plan(context: ReadContext, inode_id: int, temp_ufs_path: str) -> tuple[UfsStep, ...]:
    """Return what publishes a written file: the parents that the under storage lacks, then its attributes and name.

    Nothing if the file is gone, or waits no more.

    Raises:  AccessDenied: the under storage is under maintenance.
    """
    inode = _waiting(context, inode_id)
    if inode is None:
        return ()
    path = path_of(context.tx, inode)
    checks.check_ufs_mode(context, path, "Persisting a file")
    ufs_path, mount = context.mounts.resolve(path)
    found = lookup(context.tx, path)
    steps: list[UfsStep] = []
    for depth in range(1, len(found.names)):
        parent, parent_path = found.inodes[depth], found.path_of(depth)
        if paths.is_below(parent_path, mount.path) and parent.persistence_state != PERSISTED:
            parent_ufs_path = context.mounts.resolve(parent_path).ufs_path
            steps.append(
                MakeDirectory(parent_path, parent_ufs_path, mount.mount_id, parent.owner, parent.group, parent.mode)
            )
    steps.append(
        PublishPersisted(
            path,
            ufs_path,
            mount.mount_id,
            temp_ufs_path,
            inode.length_bytes,
            inode.owner,
            inode.group,
            inode.mode,
        )
    )
    return tuple(steps)


def run(context: OpContext, inode_id: int, results: UfsResults) -> bool:
    """Record that a file was published; False if it was not, because the storage failed or nothing waits any more.

    Raises:  StalePlan: the file was renamed since the plan.
    """
    inode = _waiting(context, inode_id)
    if inode is None:
        return False
    path = path_of(context.tx, inode)
    result = results.at(path)
    if result.error is not None:
        return False
    _record(context, inode, path, result.fingerprint)
    return True


def reported(context: OpContext, inode_id: int, fingerprint: str | None) -> bool:
    """Record a worker's report that a file is in the under storage already; False if there is no such complete file.

    fingerprint  None when the report did not hold one for each file

    Source: FileSystemMaster.fileSystemHeartbeat; differs: the file keeps its time to live.
    """
    inode = context.tx.get(INODES, inode_id)
    if inode is None or inode.is_directory or not inode.completed:
        return False
    if inode.persistence_state != PERSISTED:
        _record(context, inode, path_of(context.tx, inode), fingerprint)
    elif fingerprint:
        context.emit(UpdateInodeEntry(id=inode.id, ufs_fingerprint=fingerprint))
    return True


def expire(context: OpContext, inode_id: int) -> bool:
    """Give a file up that could not be persisted in time; False if it does not wait any more."""
    inode = _waiting(context, inode_id)
    if inode is None:
        return False
    context.emit(UpdateInodeEntry(id=inode.id, persistence_state=NOT_PERSISTED))
    _forget_job(context, inode)
    return True


def persist_ancestors(context: OpContext, inode: Inode, path: str) -> None:
    """Mark the ancestors of a persisted inode persisted, from its parent up to the mount point, which already is."""
    mount = context.mounts.mount_of(path)
    at = paths.parent(path)
    parent_id = inode.parent_id
    while paths.is_below(at, mount.path):
        parent = inode_of(context.tx, parent_id)
        if parent.persistence_state != PERSISTED:
            context.emit(UpdateInodeEntry(id=parent.id, persistence_state=PERSISTED))
        at, parent_id = paths.parent(at), parent.parent_id


def _waiting(context: ReadContext, inode_id: int) -> Inode | None:
    inode = context.tx.get(INODES, inode_id)
    if inode is None or inode.is_directory or inode.persistence_state != TO_BE_PERSISTED:
        return None
    return inode


def _record(context: OpContext, inode: Inode, path: str, fingerprint: str | None) -> None:
    _forget_job(context, inode)
    context.emit(UpdateInodeEntry(id=inode.id, persistence_state=PERSISTED, ufs_fingerprint=fingerprint))
    persist_ancestors(context, inode, path)


def _forget_job(context: OpContext, inode: Inode) -> None:
    context.emit(UpdateInodeFileEntry(id=inode.id, persist_job_id=NO_PERSIST_JOB, temp_ufs_path=""))
