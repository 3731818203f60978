"""The checks that operations share: permissions, read-only mounts, maintenance of under storages, missing paths."""

from __future__ import annotations

from pyalluxio import path as paths
from pyalluxio.errors import AccessDenied, FileDoesNotExist
from pyalluxio.journal.entries import UfsMode
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.state.acl import EXECUTE, NONE, format_bits, format_mode, permitted
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import Lookup, lookup
from pyalluxio.master.state.mount_table import split_uri
from pyalluxio.master.state.tx import INODES, UFS_MODES


def is_superuser(context: ReadContext) -> bool:
    """Say whether the caller owns the root or belongs to the supergroup."""
    root = context.tx.get(INODES, 0)
    if root is not None and root.acl.owner == context.user:
        return True
    return context.settings.supergroup in context.groups


def check_permission(context: ReadContext, found: Lookup, bits: int) -> None:
    """Check EXECUTE on every existing ancestor, then `bits` on the last component that exists.

    Raises:  AccessDenied.
    """
    _check_chain(context, found.path, found.inodes, bits)


def check_parent_permission(context: ReadContext, found: Lookup, bits: int) -> None:
    """Check `bits` on the parent, or on the deepest ancestor that exists when that is missing; the root passes.

    Raises:  AccessDenied.
    """
    if found.names:
        _check_chain(context, found.path, found.inodes[: len(found.names)], bits)


def check_traversal(context: ReadContext, found: Lookup) -> None:
    """Check EXECUTE on the ancestors only: what status calls need."""
    _check_chain(context, found.path, found.inodes, NONE)


def may(context: ReadContext, inode: Inode, bits: int) -> bool:
    """Say whether the caller has `bits` on an inode, ancestors aside."""
    if not context.settings.permission_enabled:
        return True
    return permitted(inode.acl, context.user, context.groups) & bits == bits or is_superuser(context)


def check_owner(context: ReadContext, found: Lookup) -> None:
    """Check that the caller owns the path or is a superuser.

    Raises:  AccessDenied.
    """
    if not context.settings.permission_enabled:
        return
    check_traversal(context, found)
    if found.deepest.acl.owner != context.user and not is_superuser(context):
        raise AccessDenied(f"user={context.user} is not the owner of path={found.path}, nor a superuser.")


def check_superuser(context: ReadContext) -> None:
    """Check that the caller is a superuser.

    Raises:  AccessDenied.
    """
    if context.settings.permission_enabled and not is_superuser(context):
        raise AccessDenied(f"user={context.user} is not a superuser: neither owner of / nor in the supergroup.")


def _check_chain(context: ReadContext, path: str, inodes: list[Inode], bits: int) -> None:
    if not context.settings.permission_enabled:
        return
    user, groups = context.user, context.groups
    if inodes[0].acl.owner == user or context.settings.supergroup in groups:
        return
    last = len(inodes) - 1
    for depth, inode in enumerate(inodes):
        needed = bits if depth == last else EXECUTE
        if permitted(inode.acl, user, groups) & needed != needed:
            raise denied(user, needed, path, inode)


def denied(user: str, bits: int, path: str, inode: Inode) -> AccessDenied:
    """Return the error that names who wanted what, where it failed, and whose that is."""
    return AccessDenied(
        f"user={user}, access={format_bits(bits)}, path={path}: failed at {inode.name or paths.ROOT}, "
        f"inode owner={inode.acl.owner}, inode group={inode.acl.group}, inode mode={format_mode(inode.acl.mode)}"
    )


def check_writable_mount(context: ReadContext, path: str) -> None:
    """Check that the mount point that covers a path is not read-only.

    Raises:  AccessDenied.
    """
    mount = context.mounts.mount_of(path)
    if mount.read_only:
        raise AccessDenied(f"{path} is in the read-only mount point {mount.path}.")


def check_ufs_mode(context: ReadContext, path: str, operation: str, *, writes: bool = True) -> None:
    """Check that maintenance does not forbid an operation on the under storage of a path.

    Raises:  AccessDenied.
    """
    resolution = context.mounts.resolve(path)
    mode = context.tx.get(UFS_MODES, ufs_root(resolution.ufs_path))
    if mode is UfsMode.NO_ACCESS or (writes and mode is UfsMode.READ_ONLY):
        raise AccessDenied(f"{operation} on {resolution.ufs_path} is not allowed: the under storage is {mode.name}.")


def ufs_root(uri: str) -> str:
    """Return the name under which the maintenance mode of an under storage is kept: scheme and authority, or `/`."""
    return (split_uri(uri)[0] or "") + paths.ROOT


def existing(context: ReadContext, path: str, *, bits: int = NONE) -> tuple[Lookup, Inode]:
    """Return a path's lookup and inode after the permission check, which comes first so that it tells nothing.

    Raises:  AccessDenied; InvalidPath; FileDoesNotExist.
    """
    found = lookup(context.tx, path)
    check_permission(context, found, bits)
    inode = found.inode
    if inode is None:
        raise FileDoesNotExist.at(path)
    return found, inode
