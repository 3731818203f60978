"""Access control lists: what they hold, how they change, what they permit.

Actions are ints of the familiar bits: READ 4, WRITE 2, EXECUTE 1. `mode` holds the base entries, nine bits; its group
bits are those of the owning group, never the mask. An ACL is *extended* when it has named users or groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from pyalluxio.errors import Internal, InvalidArgument, InvariantViolated
from pyalluxio.journal.entries import AccessControlList, AclEntry, AclEntryType, NamedActions, SetAclAction

NONE: Final = 0
EXECUTE: Final = 1
WRITE: Final = 2
READ: Final = 4
ALL: Final = 7
MODE_MASK: Final = 0o777


@dataclass(frozen=True, slots=True)
class Acl:
    """An access or default ACL; hashable, shared freely. `mask` is None without named entries, unless it was set."""

    owner: str
    group: str
    mode: int
    users: tuple[tuple[str, int], ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    mask: int | None = None

    @property
    def is_extended(self) -> bool:
        return bool(self.users or self.groups)


@lru_cache(maxsize=4096)
def plain(owner: str, group: str, mode: int) -> Acl:
    """Return the ACL of an owner, a group and a mode; equal ones are one object."""
    return Acl(owner, group, mode & MODE_MASK)


def with_base(acl: Acl, owner: str | None, group: str | None, mode: int | None) -> Acl:
    """Return `acl` with another owner, group or mode; None leaves a part as it is."""
    return replace(
        acl,
        owner=acl.owner if owner is None else owner,
        group=acl.group if group is None else group,
        mode=acl.mode if mode is None else mode & MODE_MASK,
    )


# --- permission ----------------------------------------------------------------------------------------------------


def permitted(acl: Acl, user: str, groups: Sequence[str]) -> int:
    """Return the bits a user has: as owner, else as named user, else through groups, else as anybody."""
    if user == acl.owner:
        return (acl.mode >> 6) & ALL
    mask = ALL if acl.mask is None or not acl.is_extended else acl.mask
    for name, bits in acl.users:
        if name == user:
            return bits & mask
    bits, is_member = 0, False
    if acl.group in groups:
        bits, is_member = (acl.mode >> 3) & ALL, True
    for name, named_bits in acl.groups:
        if name in groups:
            bits, is_member = bits | named_bits, True
    return bits & mask if is_member else acl.mode & ALL


def format_bits(bits: int) -> str:
    """Return `r-x` for 5."""
    return ("r" if bits & READ else "-") + ("w" if bits & WRITE else "-") + ("x" if bits & EXECUTE else "-")


def format_mode(mode: int) -> str:
    """Return `rwxr-xr-x` for 0o755."""
    return format_bits(mode >> 6) + format_bits(mode >> 3) + format_bits(mode)


# --- inheritance ---------------------------------------------------------------------------------------------------


def inherited(default: Acl, owner: str, group: str, mode: int) -> Acl:
    """Return the access ACL of a new child below a directory with a default ACL.

    The child belongs to its creator. Its mode filters owner and other, and the mask of an extended ACL, else the group.
    """
    if default.is_extended:
        kept = default.mode & (mode | 0o070)
        mask = (ALL if default.mask is None else default.mask) & (mode >> 3) & ALL
        return Acl(owner, group, kept, default.users, default.groups, mask)
    return plain(owner, group, default.mode & mode)


# --- changes -------------------------------------------------------------------------------------------------------

_BASE = (AclEntryType.OWNER, AclEntryType.OWNING_GROUP, AclEntryType.OTHER)
_SHIFTS = {AclEntryType.OWNER: 6, AclEntryType.OWNING_GROUP: 3, AclEntryType.OTHER: 0}
_MASKED = (AclEntryType.NAMED_USER, AclEntryType.NAMED_GROUP, AclEntryType.OWNING_GROUP)


def changed(
    access: Acl, default: Acl | None, action: SetAclAction, entries: Sequence[AclEntry]
) -> tuple[Acl, Acl | None]:
    """Return the access and default ACL of an inode after one `setfacl` action; a default ACL that is empty is None.

    Raises:  Internal: an access base entry would be removed.  InvalidArgument: the mask of an extended ACL would be.
    """
    if action is SetAclAction.REMOVE_ALL:
        return plain(access.owner, access.group, access.mode), default
    if action is SetAclAction.REMOVE_DEFAULT:
        return access, None
    if action is SetAclAction.REMOVE:
        for entry in entries:
            if entry.is_default:
                default = _removed(default, entry, access) if default is not None else None
            else:
                access = _removed(access, entry, None)
    else:
        if action is SetAclAction.REPLACE and any(not entry.is_default for entry in entries):
            access = plain(access.owner, access.group, 0)
        for entry in entries:
            if entry.is_default:
                if default is None:
                    default = plain(access.owner, access.group, access.mode)
                default = _with(default, entry)
            else:
                access = _with(access, entry)
    access = _masked(access, [entry for entry in entries if not entry.is_default])
    if default is not None:
        default = _masked(default, [entry for entry in entries if entry.is_default])
    return access, default


def _with(acl: Acl, entry: AclEntry) -> Acl:
    kind = entry.type
    if kind in _SHIFTS:
        shift = _SHIFTS[kind]
        return replace(acl, mode=(acl.mode & ~(ALL << shift)) | (entry.actions << shift))
    if kind is AclEntryType.MASK:
        return replace(acl, mask=entry.actions)
    if kind is AclEntryType.NAMED_USER:
        return replace(acl, users=_put(acl.users, entry.subject, entry.actions))
    return replace(acl, groups=_put(acl.groups, entry.subject, entry.actions))


def _removed(acl: Acl, entry: AclEntry, access: Acl | None) -> Acl:
    """Return `acl` without an entry; `access` is given for a default ACL, whose base entries fall back to it."""
    kind = entry.type
    if kind in _SHIFTS:
        if access is None:
            raise Internal(f"The base ACL entry {kind.name.lower()} cannot be removed; modify it instead.")
        shift = _SHIFTS[kind]
        return _with(acl, AclEntry(kind, "", (access.mode >> shift) & ALL))
    if kind is AclEntryType.MASK:
        if acl.is_extended:
            raise InvalidArgument("The mask of an extended ACL cannot be removed; remove the named entries first.")
        return replace(acl, mask=None)
    if kind is AclEntryType.NAMED_USER:
        return replace(acl, users=tuple(pair for pair in acl.users if pair[0] != entry.subject))
    return replace(acl, groups=tuple(pair for pair in acl.groups if pair[0] != entry.subject))


def _masked(acl: Acl, entries: Iterable[AclEntry]) -> Acl:
    """Return `acl` with its mask recomputed, if the entries touched what it covers and did not set it."""
    kinds = {entry.type for entry in entries}
    if not acl.is_extended:
        return acl if AclEntryType.MASK in kinds or not kinds else replace(acl, mask=None)
    if AclEntryType.MASK in kinds or (acl.mask is not None and kinds.isdisjoint(_MASKED)):
        return acl
    mask = (acl.mode >> 3) & ALL
    for _, bits in acl.users + acl.groups:
        mask |= bits
    return replace(acl, mask=mask)


def _put(pairs: tuple[tuple[str, int], ...], name: str, bits: int) -> tuple[tuple[str, int], ...]:
    if any(pair[0] == name for pair in pairs):
        return tuple((name, bits) if pair[0] == name else pair for pair in pairs)
    return (*pairs, (name, bits))


# --- as journal entries hold them ----------------------------------------------------------------------------------


def from_entry(entry: AccessControlList) -> Acl:
    """Return the ACL that a journal entry or an inode record holds."""
    return _from_parts(
        entry.owning_user,
        entry.owning_group,
        entry.user_actions,
        entry.group_actions,
        entry.other_actions or 0,
        entry.mask_actions,
    )


@lru_cache(maxsize=4096)
def _from_parts(
    owner: str,
    group: str,
    users: tuple[NamedActions, ...],
    groups: tuple[NamedActions, ...],
    other: int,
    mask: int | None,
) -> Acl:
    mode = other
    for shift, pairs in ((6, users), (3, groups)):
        for name, bits in pairs:
            if not name:
                mode |= bits << shift
    named_users = tuple((name, bits) for name, bits in users if name)
    named_groups = tuple((name, bits) for name, bits in groups if name)
    if mode > MODE_MASK:
        raise InvariantViolated(f"The ACL of owner {owner!r} holds actions beyond rwx: {mode:o}.")
    return Acl(owner, group, mode, named_users, named_groups, mask)


@lru_cache(maxsize=4096)
def to_entry(acl: Acl, is_default: bool = False) -> AccessControlList:
    """Return the ACL as a journal entry holds it; the result is shared and not to be changed."""
    return AccessControlList(
        owning_user=acl.owner,
        owning_group=acl.group,
        user_actions=(
            NamedActions("", (acl.mode >> 6) & ALL),
            *(NamedActions(name, bits) for name, bits in acl.users),
        ),
        group_actions=(
            NamedActions("", (acl.mode >> 3) & ALL),
            *(NamedActions(name, bits) for name, bits in acl.groups),
        ),
        other_actions=acl.mode & ALL,
        mask_actions=acl.mask,
        is_default=is_default,
    )


def default_from_entry(entry: AccessControlList | None) -> Acl | None:
    """Return a default ACL, None for one that is absent or empty."""
    return None if entry is None or entry.is_empty else from_entry(entry)


@lru_cache(maxsize=4096)
def default_to_entry(acl: Acl | None, owner: str, group: str) -> AccessControlList:
    """Return a default ACL as a journal entry holds it, marked empty when there is none."""
    if acl is None:
        return AccessControlList(owner, group, (), (), 0, None, True, True)
    return to_entry(acl, True)
