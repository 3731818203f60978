"""setAcl: the access and default ACL of a path, or of a whole tree.

Everything is checked before anything changes. No under storage served here keeps ACLs beyond owner, group and mode, and
`setAcl` never pushed those, so nothing is planned for it. Source: FileSystemMaster.setAcl; differs: what would end the
official master (an access base entry removed, a default ACL removed from a file, also one that is met on the way
through a tree) is refused, as 2.9.6 refuses a default entry for such a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.errors import FileDoesNotExist, Internal, Unknown
from pyalluxio.journal.entries import AclEntry, AclEntryType, SetAclAction, SetAclEntry
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import Chunks, OpContext
from pyalluxio.master.ops.tree_walk import again, for_each_below
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import lookup

_REQUIRED = (AclEntryType.OWNER, AclEntryType.OWNING_GROUP, AclEntryType.OTHER)
_NAMED = (AclEntryType.NAMED_USER, AclEntryType.NAMED_GROUP)


@dataclass(slots=True)
class SetAclRequest:
    """One action with its entries; `path` is canonical."""

    path: str
    action: SetAclAction
    entries: tuple[AclEntry, ...] = ()
    recursive: bool = False


def run(context: OpContext, request: SetAclRequest) -> Chunks[None]:
    """Change the ACLs, those of descendants first; it yields only if there are many.

    Raises:  AccessDenied: neither owner nor superuser; FileDoesNotExist; InvalidPath; InvalidArgument: the mask of an
             extended ACL would go; Internal: a default ACL for a file, a base entry would go, or a named entry without
             name; Unknown: a replacement lacks base entries; StalePlan.
    """
    path = request.path
    found = lookup(context.tx, path)
    checks.check_owner(context, found)
    top = found.inode
    if top is None:
        raise FileDoesNotExist.at(path)
    _check_entries(request)
    if request.action in (SetAclAction.MODIFY, SetAclAction.REMOVE) and not request.entries:
        return
    has_rights = not context.settings.permission_enabled or checks.is_superuser(context)

    def check_below(context: OpContext, path: str, inode: Inode) -> None:
        if not has_rights:
            checks.check_owner(context, lookup(context.tx, path))
        _check_inode(request, path, inode)

    def change_below(context: OpContext, path: str, inode: Inode) -> None:
        _change(context, request, inode)

    _check_inode(request, path, top)
    if request.recursive and top.is_directory:
        context = yield from for_each_below(context, top, path, check_below)
        context = yield from for_each_below(context, top, path, change_below)
    now = again(context, top)
    if now is None:
        raise StalePlan.at(path)
    _change(context, request, now)


def _check_entries(request: SetAclRequest) -> None:
    for entry in request.entries:
        # Records keep the owner under the empty name: such an entry would change the base permissions when read back.
        if entry.type in _NAMED and not entry.subject:
            raise Internal(
                f"Subject for type {entry.type.name} cannot be empty: name the user or group, or use the base entry."
            )
    if request.action is SetAclAction.REPLACE:
        given = {entry.type for entry in request.entries}
        missing = [kind.name for kind in _REQUIRED if kind not in given]
        if missing:
            raise Unknown(f"Replacing the ACL of {request.path} needs the base entries; missing: {', '.join(missing)}.")


def _check_inode(request: SetAclRequest, path: str, inode: Inode) -> None:
    removes_default = request.action is SetAclAction.REMOVE_DEFAULT
    if not inode.is_directory and (removes_default or any(entry.is_default for entry in request.entries)):
        raise Internal(f"{path} is a file: only directories have a default ACL.")
    acls.changed(inode.acl, inode.default_acl, request.action, request.entries)


def _change(context: OpContext, request: SetAclRequest, inode: Inode) -> None:
    context.emit(SetAclEntry(id=inode.id, op_time_ms=context.now_ms, action=request.action, entries=request.entries))
