"""Metadata sync: does an inode still match the under storage, and what to do when it does not.

`decide` is the plan for one path, `decide_children` for a listed directory; the others carry a decision out, in the
namespace only. Reloading is deleting and then loading (`load_metadata`). Source: Alluxio 2.9 UfsSyncUtils.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from pyalluxio import path as paths
from pyalluxio.ids import NO_PARENT_ID
from pyalluxio.journal.entries import PERSISTED, TO_BE_PERSISTED, UpdateInodeEntry
from pyalluxio.master.ops import remove_tree
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext
from pyalluxio.master.ops.load_metadata import FoundStatus
from pyalluxio.master.ops.mount import shared_mode
from pyalluxio.master.ops.tree_walk import CHUNK_INODES
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state.inode import NO_PERSIST_JOB, Inode
from pyalluxio.master.state.inode_tree import children, lookup
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.ufs import fingerprint as fingerprints


class Change(Enum):
    """What becomes of the inode itself."""

    NOTHING = "nothing"
    UPDATE = "update"  # owner, group, mode and fingerprint become those of the storage
    DELETE = "delete"  # with everything below it, in the namespace only
    RELOAD = "reload"  # DELETE, and then load it again
    LOAD = "load"  # there is no inode yet


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one path; `goes_on` says that its children are to be compared too."""

    change: Change
    goes_on: bool = False


NOTHING = Decision(Change.NOTHING)


def decide(inode: Inode | None, found: FoundStatus | None, *, holds_mount_point: bool = False) -> Decision:
    """Compare an inode with what the under storage has at its path; None means that there is none.

    Files that are being written or persisted are left alone. An inode that the storage does not have to have matches
    its absence. A directory is kept, whatever its attributes, if the storage has one, or if a mount point is at or
    below it.

    holds_mount_point  the path is a mount point, or one lies below it
    """
    if inode is None:
        return NOTHING if found is None else Decision(Change.LOAD)
    if not inode.is_directory and _is_under_way(inode):
        return NOTHING
    is_persisted = inode.persistence_state == PERSISTED
    here = fingerprints.parse(inode.ufs_fingerprint)
    there = None if found is None else fingerprints.parse(found.fingerprint)
    has_content = has_attributes = not is_persisted and found is None
    if is_persisted and here is not None and there is not None:
        has_content, has_attributes = here.matches_content(there), here.matches_metadata(there)
    if has_content and has_attributes:
        return Decision(Change.NOTHING, goes_on=inode.is_directory and is_persisted)
    if inode.is_directory and (holds_mount_point or (found is not None and found.is_directory)):
        is_root = inode.parent_id == NO_PARENT_ID
        return Decision(Change.NOTHING if is_root or found is None else Change.UPDATE, goes_on=True)
    if not has_content:
        return Decision(Change.DELETE if found is None else Change.RELOAD)
    return Decision(Change.UPDATE)


def _is_under_way(inode: Inode) -> bool:
    return not inode.completed or inode.persistence_state == TO_BE_PERSISTED or inode.persist_job_id != NO_PERSIST_JOB


def holds_mount_point(context: ReadContext, path: str) -> bool:
    """Say whether a path is a mount point or has one below it."""
    return path in context.mounts.mounts or bool(context.mounts.below(path))


def decide_path(context: ReadContext, path: str, found: FoundStatus | None) -> Decision:
    """Compare one path with what the under storage has there.

    Raises:  InvalidPath: it leads through a file.
    """
    return decide(lookup(context.tx, path).inode, found, holds_mount_point=holds_mount_point(context, path))


def decide_children(
    context: ReadContext, path: str, listing: Sequence[FoundStatus]
) -> Generator[None, ReadContext, list[tuple[str, Decision]]]:
    """Compare the children of a directory with its listing; returns what is to be done, by path, in the order of names.

    It reads in pages: it yields after each and receives the context of the next. Mount points belong to other storages
    and are left alone, as are temporary files.

    Raises:  StalePlan: the directory is gone.  InvalidPath: its path leads through a file by now.
    """
    there = {status.name: status for status in listing if not paths.is_temporary(status.name)}
    decisions: list[tuple[str, Decision]] = []
    first, is_more = "", True
    known: set[str] = set()
    while is_more:
        page = _page(context, path, first)
        is_more = len(page) == CHUNK_INODES
        for name, inode in page:
            known.add(name)
            child_path = paths.join(path, name)
            if child_path in context.mounts.mounts or paths.is_temporary(name):
                continue
            is_above = bool(context.mounts.below(child_path))
            decision = decide(inode, there.get(name), holds_mount_point=is_above)
            if decision != NOTHING:
                decisions.append((child_path, decision))
        if is_more:
            first = page[-1][0] + "\0"
            context = yield
    decisions += [(paths.join(path, name), Decision(Change.LOAD)) for name in there if name not in known]
    return sorted(decisions, key=lambda pair: pair[0])


def _page(context: ReadContext, path: str, first: str) -> list[tuple[str, Inode]]:
    directory = lookup(context.tx, path).inode
    if directory is None or not directory.is_directory:
        raise StalePlan.at(path)
    page: list[tuple[str, Inode]] = []
    for name, child_id in children(context.tx, directory.id, first):
        page.append((name, inode_of(context.tx, child_id)))
        if len(page) == CHUNK_INODES:
            break
    return page


# --- carrying a decision out ---------------------------------------------------------------------------------------


def update(context: OpContext, path: str, found: FoundStatus) -> None:
    """Give an inode the owner, group, mode and fingerprint of the under storage.

    One that is gone is left alone, and so is the root: its owner is the superuser.

    Source: differs from 2.9 in that the inode keeps its time to live.
    """
    inode = lookup(context.tx, path).inode
    if inode is None or inode.parent_id == NO_PARENT_ID:
        return
    acl = inode.acl
    mode = acl.mode if found.mode is None else shared_mode(found.mode, context.mounts.mount_of(path))
    owner, group = found.owner or acl.owner, found.group or acl.group
    text = found.fingerprint or inode.ufs_fingerprint
    if (owner, group, mode, text) == (acl.owner, acl.group, acl.mode, inode.ufs_fingerprint):
        # A directory that is not persisted here but is there would be updated by every sync.
        return
    context.emit(UpdateInodeEntry(id=inode.id, owner=owner, group=group, mode=mode, ufs_fingerprint=text))


def delete(context: OpContext, path: str) -> Chunks[None]:
    """Forget a path with everything below it, in chunks; one that is gone, or holds a mount point, is left alone."""
    inode = lookup(context.tx, path).inode
    if inode is None or inode.parent_id == NO_PARENT_ID or holds_mount_point(context, path):
        return
    yield from remove_tree.remove(context, inode, path)
