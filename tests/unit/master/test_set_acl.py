"""setAcl: all actions, what is refused, whole trees."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileDoesNotExist, Internal, InvalidArgument, Unknown
from pyalluxio.journal.entries import AclEntry, AclEntryType, SetAclAction, SetAclEntry, UpdateInodeEntry
from pyalluxio.master.ops import set_acl
from pyalluxio.master.ops.set_acl import SetAclRequest
from pyalluxio.master.state.acl import Acl
from tests.unit.master.namespace import Namespace
from tests.unit.master.trees import in_chunks, inode

R, M, D, A, K = (
    SetAclAction.REPLACE,
    SetAclAction.MODIFY,
    SetAclAction.REMOVE,
    SetAclAction.REMOVE_ALL,
    SetAclAction.REMOVE_DEFAULT,
)


def user(name: str, bits: int, *, default: bool = False) -> AclEntry:
    kind = AclEntryType.NAMED_USER if name else AclEntryType.OWNER
    return AclEntry(kind, name, bits, default)


def group(name: str, bits: int, *, default: bool = False) -> AclEntry:
    kind = AclEntryType.NAMED_GROUP if name else AclEntryType.OWNING_GROUP
    return AclEntry(kind, name, bits, default)


def other(bits: int, *, default: bool = False) -> AclEntry:
    return AclEntry(AclEntryType.OTHER, "", bits, default)


def mask(bits: int, *, default: bool = False) -> AclEntry:
    return AclEntry(AclEntryType.MASK, "", bits, default)


def change(namespace: Namespace, path: str, action: SetAclAction, *entries: AclEntry, **options: Any) -> None:
    caller = options.pop("user", "root")
    in_chunks(namespace, set_acl.run, SetAclRequest(path, action, entries, **options), user=caller)


def acl(mode: int, users: Any = (), groups: Any = (), mask: int | None = None) -> Acl:
    return Acl("root", "root", mode, tuple(users), tuple(groups), mask)


# The directory has the mode 0755 and, but for the first rows, user bob rw- with the mask rwx.
BOB = [(M, [user("bob", 6)])]
ACCESS = {
    "modify: a named user, the mask covers it": ([(M, [user("bob", 2)])], acl(0o755, [("bob", 2)], (), 7)),
    "modify: a named group": ([(M, [group("ops", 2)])], acl(0o755, (), [("ops", 2)], 7)),
    "modify: base entries": ([(M, [user("", 6), group("", 4), other(0)])], acl(0o640)),
    "modify: with a mask of its own": ([(M, [user("bob", 6), mask(4)])], acl(0o755, [("bob", 6)], (), 4)),
    "modify: the same user again": ([*BOB, (M, [user("bob", 1)])], acl(0o755, [("bob", 1)], (), 5)),
    "modify: nothing": ([(M, [])], acl(0o755)),
    "replace: only what is given": ([*BOB, (R, [user("", 7), group("", 0), other(0)])], acl(0o700)),
    "replace: with named entries": (
        [(R, [user("", 7), group("", 0), other(0), user("ann", 5)])],
        acl(0o700, [("ann", 5)], (), 5),
    ),
    "remove: a named user": ([*BOB, (D, [user("bob", 0)])], acl(0o755)),
    "remove: one who is not there": ([*BOB, (D, [user("eve", 0)])], acl(0o755, [("bob", 6)], (), 7)),
    "remove: nothing": ([*BOB, (D, [])], acl(0o755, [("bob", 6)], (), 7)),
    "remove all": ([*BOB, (A, [])], acl(0o755)),
    "remove default: the access ACL stays": ([*BOB, (K, [])], acl(0o755, [("bob", 6)], (), 7)),
}


@pytest.mark.parametrize(("actions", "expected"), ACCESS.values(), ids=ACCESS)
def test_access_acl(namespace: Namespace, actions: list[tuple[SetAclAction, list[AclEntry]]], expected: Acl) -> None:
    """Each wrong bit is a file that somebody may read and should not, or the other way round."""
    namespace.directory("/d")
    for action, entries in actions:
        change(namespace, "/d", action, *entries)
    assert inode(namespace, "/d").acl == expected


DEFAULT = {
    "first entry: the access mode comes along": ([(M, [user("bob", 6, default=True)])], ((0o755), [("bob", 6)], 7)),
    "a removed base entry is that of the access ACL": (
        [(M, [other(0, default=True)]), (D, [other(0, default=True)])],
        (0o755, [], None),
    ),
    "remove default": ([(M, [user("bob", 6, default=True)]), (K, [])], None),
    "remove all: it stays": ([(M, [other(0, default=True)]), (A, [])], (0o750, [], None)),
    "replace: only default entries": (
        [(R, [user("", 7, default=True), group("", 0, default=True), other(0, default=True)])],
        (0o700, [], None),
    ),
}


@pytest.mark.parametrize(("actions", "expected"), DEFAULT.values(), ids=DEFAULT)
def test_default_acl(namespace: Namespace, actions: list[tuple[SetAclAction, list[AclEntry]]], expected: Any) -> None:
    """The default ACL decides about every file made later: a mistake spreads."""
    namespace.directory("/d")
    for action, entries in actions:
        change(namespace, "/d", action, *entries)
    directory = inode(namespace, "/d")
    assert directory.acl == acl(0o755)
    if expected is None:
        assert directory.default_acl is None
    else:
        mode, users, bits = expected
        assert directory.default_acl == acl(mode, users, (), bits)


REFUSED = {
    "missing": ("/no", M, [user("bob", 7)], {}, FileDoesNotExist, '"/no"'),
    "replace without group and other": ("/d", R, [user("", 7)], {}, Unknown, "OWNING_GROUP, OTHER"),
    "mask of an extended ACL": ("/d", D, [mask(0)], {}, InvalidArgument, "mask"),
    "access base entry removed": ("/d", D, [other(0)], {}, Internal, "other"),
    "default entry for a file": ("/d/f", M, [other(0, default=True)], {}, Internal, "/d/f is a file"),
    "default ACL of a file removed": ("/d/f", K, [], {}, Internal, "/d/f is a file"),
    "default entry for files below": ("/d", M, [other(0, default=True)], {"recursive": True}, Internal, "/d/f"),
    "default ACL of files below removed": ("/d", K, [], {"recursive": True}, Internal, "/d/f is a file"),
    "named user without name": ("/d", M, [AclEntry(AclEntryType.NAMED_USER, "", 4)], {}, Internal, "NAMED_USER cannot"),
    "named group without name": (
        "/d",
        M,
        [AclEntry(AclEntryType.NAMED_GROUP, "", 4, True)],
        {},
        Internal,
        "NAMED_GROUP cannot",
    ),
    "another's": ("/d", M, [user("eve", 7)], {"user": "eve"}, AccessDenied, "owner"),
    "another's below": ("/d", M, [user("ann", 7)], {"user": "ann", "recursive": True}, AccessDenied, "/d/f"),
}


@pytest.mark.parametrize(("path", "action", "entries", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(
    namespace: Namespace,
    path: str,
    action: SetAclAction,
    entries: list[AclEntry],
    options: dict[str, Any],
    error: type[AlluxioError],
    text: str,
) -> None:
    """Some of these end the official master for every client; here one caller gets one sentence."""
    namespace.file("/d/f")
    change(namespace, "/d", M, user("bob", 6))
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/d").id, owner="ann"))
    with pytest.raises(error) as raised:
        change(namespace, path, action, *entries, **options)
    assert text in str(raised.value)
    assert type(raised.value) is error
    assert namespace.emitted == []


@pytest.mark.parametrize("action", [M, D], ids=["modify", "remove"])
def test_no_entries_no_change(namespace: Namespace, action: SetAclAction) -> None:
    """An empty list of a script must not fill the journal."""
    namespace.directory("/d")
    change(namespace, "/d", action)
    assert namespace.emitted == []


def test_a_tree_gets_one_entry_for_each_inode(namespace: Namespace) -> None:
    """Official standbys know no recursive entry: left to one, they would miss the files below."""
    namespace.file("/d/a/f")
    namespace.file("/e")
    change(namespace, "/d", M, user("bob", 6), recursive=True)
    assert [entry.id for entry in namespace.emitted if isinstance(entry, SetAclEntry)] == [
        inode(namespace, path).id for path in ("/d/a", "/d/a/f", "/d")
    ]
    assert inode(namespace, "/d/a/f").acl.users == (("bob", 6),)
    assert inode(namespace, "/e").acl.users == ()


def test_default_acls_of_a_tree_of_directories_are_removed(namespace: Namespace) -> None:
    """`setfacl -R -k` works on a tree without files; with one it is refused whole, as `-m default:` is."""
    namespace.directory("/d/a")
    for path in ("/d", "/d/a"):
        change(namespace, path, M, user("bob", 6, default=True))
    change(namespace, "/d", K, recursive=True)
    assert (inode(namespace, "/d").default_acl, inode(namespace, "/d/a").default_acl) == (None, None)


def test_owner_may(namespace: Namespace) -> None:
    """Owners share their files without asking an administrator."""
    namespace.file("/f")
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/f").id, owner="ann"))
    change(namespace, "/f", M, user("bob", 4), user="ann")
    assert inode(namespace, "/f").acl.users == (("bob", 4),)
