"""setAttribute: owner, group, mode, pin, time to live, replication, persistence, extended attributes.

Pin and replication always apply to everything below a directory; the other attributes only if the request is recursive.
Everything is checked before anything changes. At the first refusal of the under storage the call ends: what came before
in the walk stays changed, that inode and all after it, the target last of all, stay as they are, as in 2.9.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

from pyalluxio.errors import AccessDenied, FileDoesNotExist, Internal, Unknown
from pyalluxio.journal.entries import (
    PERSISTED,
    TtlAction,
    UpdateInodeDirectoryEntry,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
    XAttrStrategy,
)
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext
from pyalluxio.master.ops.persist_done import persist_ancestors
from pyalluxio.master.ops.tree_walk import again, for_each_below
from pyalluxio.master.ops.ufs_steps import NO_RESULTS, SetAttributes, StalePlan, StepResult, UfsResults, UfsStep
from pyalluxio.master.state.acl import WRITE
from pyalluxio.master.state.inode import NO_REPLICATION_MAX, Inode
from pyalluxio.master.state.inode_tree import Lookup, lookup
from pyalluxio.ufs import fingerprint as fingerprints


@dataclass(slots=True)
class SetAttributeRequest:
    """What is to change; None leaves an attribute as it is. `path` is canonical.

    owner_groups  the groups of the new owner, as resolved on the master; looked at only when owner and group are given
    """

    path: str
    recursive: bool = False
    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    owner_groups: tuple[str, ...] = ()
    pinned: bool | None = None
    pinned_media: tuple[str, ...] = ()
    ttl_ms: int | None = None
    ttl_action: TtlAction | None = None
    replication_min: int | None = None
    replication_max: int | None = None
    persisted: bool | None = None
    xattr: Mapping[str, bytes] = field(default_factory=dict)
    xattr_strategy: XAttrStrategy = XAttrStrategy.TRUNCATE
    direct_children_loaded: bool | None = None

    @property
    def changes_permissions(self) -> bool:
        """Whether the under storage is concerned, and the mount point has to be writable."""
        return self.owner is not None or self.group is not None or self.mode is not None

    @property
    def replicates(self) -> bool:
        return self.replication_min is not None or self.replication_max is not None


def plan(context: ReadContext, request: SetAttributeRequest) -> tuple[UfsStep, ...]:
    """Check, and return what the under storage has to change: owner, group and mode of what is persisted.

    Raises:  as `run`.
    """
    pages = plan_in_pages(context, request)
    try:
        next(pages)
        while True:
            pages.send(context)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def plan_in_pages(
    context: ReadContext, request: SetAttributeRequest
) -> Generator[None, ReadContext, tuple[UfsStep, ...]]:
    """Plan for a tree too large for one step of the loop: it yields after each page and receives the next context.

    The whole tree is checked here as well: what is refused must not have been changed in the under storage by then.
    """
    found, top = _check_target(context, request)
    steps: list[UfsStep] = []
    has_rights = _has_all_rights(context)

    def visit(context: ReadContext, path: str, inode: Inode) -> None:
        if _is_pushed(request, inode):
            checks.check_ufs_mode(context, path, "Setting attributes")
            steps.append(_step(context, request, path, inode))

    def visit_below(context: ReadContext, path: str, inode: Inode) -> None:
        _check_below(context, request, path, inode, has_rights=has_rights)
        if request.recursive:
            visit(context, path, inode)

    _check_inode(request, found.path, top)
    if request.changes_permissions:
        if request.recursive or request.replicates:
            context = yield from for_each_below(context, top, found.path, visit_below)
        visit(context, found.path, top)
    return tuple(steps)


def run(context: OpContext, request: SetAttributeRequest, results: UfsResults = NO_RESULTS) -> Chunks[None]:
    """Change the attributes, those of descendants first; it yields only if there are many.

    Raises:  FileDoesNotExist; InvalidPath; AccessDenied: also for what the under storage refused; Unknown: the new
             owner is not in the new group; Internal: media, replication or persistence that cannot be; StalePlan.
    """
    found, top = _check_target(context, request)
    path = found.path
    has_rights = _has_all_rights(context)
    refused: list[tuple[str, str]] = []

    def check_pushed(context: ReadContext, path: str, inode: Inode) -> None:
        if _is_pushed(request, inode):
            checks.check_ufs_mode(context, path, "Setting attributes")
            results.at(path)

    def check_below(context: OpContext, path: str, inode: Inode) -> None:
        _check_below(context, request, path, inode, has_rights=has_rights)
        if request.recursive:
            check_pushed(context, path, inode)

    def change_below(context: OpContext, path: str, inode: Inode) -> None:
        if not refused:
            _change(context, request, path, inode, results, refused, everything=request.recursive)

    _check_inode(request, path, top)
    check_pushed(context, path, top)
    if top.is_directory and (request.recursive or request.replicates):
        context = yield from for_each_below(context, top, path, check_below)
    if top.is_directory and (request.recursive or request.replicates or request.pinned is not None):
        context = yield from for_each_below(context, top, path, change_below)
    now = again(context, top)
    if now is None:
        raise StalePlan.at(path)
    if not refused:
        _change(context, request, path, now, results, refused, everything=True)
    if refused:
        ufs_path, reason = refused[0]
        raise AccessDenied(
            f"the under storage did not change the attributes of {ufs_path} ({reason}). Nothing after it was changed."
        )


# --- checks --------------------------------------------------------------------------------------------------------


def _check_target(context: ReadContext, request: SetAttributeRequest) -> tuple[Lookup, Inode]:
    if request.owner is not None and request.group is not None and request.group not in request.owner_groups:
        raise Unknown(
            f"Could not change owner:group of {request.path} to {request.owner}:{request.group}: "
            f"user {request.owner} does not belong to group {request.group}."
        )
    found = lookup(context.tx, request.path)
    if request.changes_permissions:
        checks.check_writable_mount(context, request.path)
        if request.recursive:
            for mount in context.mounts.below(request.path):
                checks.check_writable_mount(context, mount.path)
    inode = found.inode
    if inode is None:
        raise FileDoesNotExist.at(request.path)
    _check_permission(context, request, found)
    _check_values(context, request)
    return found, inode


def _check_below(
    context: ReadContext, request: SetAttributeRequest, path: str, inode: Inode, *, has_rights: bool
) -> None:
    if not request.recursive:
        _check_replication(request, path, inode)
        return
    if not has_rights:
        _check_permission(context, request, lookup(context.tx, path))
    _check_inode(request, path, inode)


def _has_all_rights(context: ReadContext) -> bool:
    return not context.settings.permission_enabled or checks.is_superuser(context)


def _check_permission(context: ReadContext, request: SetAttributeRequest, found: Lookup) -> None:
    if request.owner is not None:
        checks.check_superuser(context)
    if request.group is not None or request.mode is not None:
        checks.check_owner(context, found)
    if not request.changes_permissions:
        checks.check_permission(context, found, WRITE)


def _check_values(context: ReadContext, request: SetAttributeRequest) -> None:
    if request.pinned:
        for medium in request.pinned_media:
            if medium not in context.settings.media:
                known = ", ".join(context.settings.media)
                raise Internal(f'{request.path} cannot be pinned to the medium "{medium}"; there are {known}.')
    if request.replication_min is not None and request.replication_min < 0:
        raise Internal(f"{request.path} cannot have at least {request.replication_min} copies; 0 is the least.")
    if request.persisted is False:
        raise Internal(f"{request.path} cannot be made not persisted; only the other way is possible.")


def _check_inode(request: SetAttributeRequest, path: str, inode: Inode) -> None:
    _check_replication(request, path, inode)
    if request.persisted:
        if inode.is_directory:
            raise Internal(f"{path} is a directory; only a file can be marked persisted.")
        if not inode.completed:
            raise Internal(f"{path} is not complete yet; only a complete file can be marked persisted.")


def _check_replication(request: SetAttributeRequest, path: str, inode: Inode) -> None:
    if inode.is_directory or not request.replicates:
        return
    least, most = _replication(request, inode)
    if most != NO_REPLICATION_MAX and most < least:
        raise Internal(f"{path} cannot have at most {most} and at least {least} copies.")


def _replication(request: SetAttributeRequest, inode: Inode) -> tuple[int, int]:
    least = inode.replication_min if request.replication_min is None else request.replication_min
    most = inode.replication_max if request.replication_max is None else request.replication_max
    return least, most


# --- the under storage ---------------------------------------------------------------------------------------------


def _is_pushed(request: SetAttributeRequest, inode: Inode) -> bool:
    is_whole = inode.is_directory or inode.completed
    return request.changes_permissions and inode.persistence_state == PERSISTED and is_whole


def _step(context: ReadContext, request: SetAttributeRequest, path: str, inode: Inode) -> SetAttributes:
    ufs_path, mount = context.mounts.resolve(path)
    owner = group = None
    if request.owner is not None or request.group is not None:
        owner = inode.owner if request.owner is None else request.owner
        group = inode.group if request.group is None else request.group
    return SetAttributes(path, ufs_path, mount.mount_id, owner, group, request.mode)


def _fingerprint(inode: Inode, result: StepResult) -> str | None:
    """Return the inode's fingerprint with the attributes of now, None to keep it: the content is that of before."""
    if not result.fingerprint:
        return None
    before, after = fingerprints.parse(inode.ufs_fingerprint), fingerprints.parse(result.fingerprint)
    if before is None or after is None:
        return result.fingerprint
    return replace(before, owner=after.owner, group=after.group, mode=after.mode).text()


# --- entries -------------------------------------------------------------------------------------------------------


def _change(
    context: OpContext,
    request: SetAttributeRequest,
    path: str,
    inode: Inode,
    results: UfsResults,
    refused: list[tuple[str, str]],
    *,
    everything: bool,
) -> None:
    """Change one inode; without `everything` only what always applies to a whole subtree."""
    fingerprint = None
    if everything and _is_pushed(request, inode):
        result = results.at(path)
        if result.error is not None:
            refused.append((context.mounts.resolve(path).ufs_path, result.error))
            return
        fingerprint = _fingerprint(inode, result)
    loaded = request.direct_children_loaded
    if everything and inode.is_directory and loaded is not None and loaded != inode.direct_children_loaded:
        context.emit(UpdateInodeDirectoryEntry(id=inode.id, direct_children_loaded=loaded))
    if request.pinned is not None:
        media = request.pinned_media if request.pinned else ()
        _pin(context, inode, request.pinned, media)
    if request.replicates and not inode.is_directory:
        inode = again(context, inode) or inode
        least, most = _replication(request, inode)
        context.emit(UpdateInodeFileEntry(id=inode.id, replication_max=most, replication_min=least))
        _pin(context, inode, least > 0, inode.medium_types if least > 0 else ())
    if everything:
        _change_attributes(context, request, path, inode, fingerprint)


def _pin(context: OpContext, inode: Inode, pinned: bool, media: tuple[str, ...]) -> None:
    context.emit(
        UpdateInodeEntry(id=inode.id, pinned=pinned, medium_type=media, last_modification_time_ms=context.now_ms)
    )


def _change_attributes(
    context: OpContext, request: SetAttributeRequest, path: str, inode: Inode, fingerprint: str | None
) -> None:
    entry = UpdateInodeEntry(
        id=inode.id,
        owner=request.owner,
        group=request.group,
        mode=request.mode,
        ufs_fingerprint=fingerprint,
    )
    if request.ttl_ms is not None and request.ttl_ms != inode.ttl_ms:
        entry.ttl = request.ttl_ms
    if request.ttl_action is not None and request.ttl_action != inode.ttl_action:
        entry.ttl_action = request.ttl_action
    if request.xattr:
        entry.xattr = dict(request.xattr)
        entry.xattr_update_strategy = request.xattr_strategy
    becomes_persisted = request.persisted and inode.persistence_state != PERSISTED
    if becomes_persisted:
        entry.persistence_state = PERSISTED
        persist_ancestors(context, inode, path)
    if entry.ttl is not None or entry.ttl_action is not None or becomes_persisted:
        entry.last_modification_time_ms = context.now_ms
    if entry != UpdateInodeEntry(id=inode.id):
        context.emit(entry)
