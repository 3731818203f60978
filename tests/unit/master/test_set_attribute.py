"""setAttribute: each attribute, each refusal, whole trees, and what the under storage is asked and answers."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileDoesNotExist, Internal, Unknown
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    AddMountPointEntry,
    TtlAction,
    UfsMode,
    UpdateInodeDirectoryEntry,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
    UpdateUfsModeEntry,
    XAttrStrategy,
)
from pyalluxio.master.ops import set_attribute
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.ops.ufs_steps import SetAttributes, StalePlan, StepResult, UfsResults
from tests.unit.master.namespace import START_MS, THROUGH, Namespace
from tests.unit.master.trees import FINGERPRINT, file_status, in_chunks, inode, load, of_type, persisted_tree

CHANGED = "TYPE|FILE UFS|local OWNER|bob GROUP|ops MODE|384 CONTENT_HASH|other "


def set_on(
    namespace: Namespace, path: str, *, user: str = "root", results: UfsResults | None = None, **options: Any
) -> Any:
    return in_chunks(
        namespace, set_attribute.run, SetAttributeRequest(path, **options), results or UfsResults(), user=user
    )


# --- one inode -----------------------------------------------------------------------------------------------------

SET = {
    "mode": ({"mode": 0o600}, "mode", 0o600),
    "owner": ({"owner": "bob"}, "owner", "bob"),
    "group": ({"group": "ops"}, "group", "ops"),
    "owner with a group of hers": ({"owner": "bob", "group": "ops", "owner_groups": ("x", "ops")}, "group", "ops"),
    "time to live": ({"ttl_ms": 7}, "ttl_ms", 7),
    "action alone": ({"ttl_action": TtlAction.FREE}, "ttl_action", TtlAction.FREE),
    "pinned": ({"pinned": True}, "pinned", True),
    "pinned: at least one copy": ({"pinned": True}, "replication_min", 1),
    "pinned to media": ({"pinned": True, "pinned_media": ("MEM", "SSD")}, "medium_types", ("MEM", "SSD")),
    "two copies pin": ({"replication_min": 2}, "pinned", True),
    "at most three copies": ({"replication_max": 3}, "replication_max", 3),
    "extended attributes": ({"xattr": {"a": b"1"}}, "xattr", {"a": b"1"}),
}


@pytest.mark.parametrize(("options", "name", "value"), SET.values(), ids=SET)
def test_attribute_is_set(namespace: Namespace, options: dict[str, Any], name: str, value: object) -> None:
    """What `chmod`, `pin`, `setTtl` and `setReplication` promise would otherwise silently not happen."""
    namespace.file("/f")
    set_on(namespace, "/f", **options)
    assert getattr(inode(namespace, "/f"), name) == value


TIMES = {
    "mode": ({"mode": 0o600}, False),
    "another time to live": ({"ttl_ms": 7}, True),
    "the same time to live": ({"ttl_ms": -1}, False),
    "pin": ({"pinned": True}, True),
    "extended attributes": ({"xattr": {"a": b"1"}}, False),
}


@pytest.mark.parametrize(("options", "moves"), TIMES.values(), ids=TIMES)
def test_modification_time(namespace: Namespace, options: dict[str, Any], moves: bool) -> None:
    """A time that moves without a reason makes tools copy files again; one that stays hides a change."""
    namespace.file("/f")
    namespace.now_ms += 9
    set_on(namespace, "/f", **options)
    assert inode(namespace, "/f").last_modified_ms == START_MS + (9 if moves else 0)


STRATEGIES = {
    "truncate": (XAttrStrategy.TRUNCATE, {"b": b"new", "c": b"3"}, {"b": b"new", "c": b"3"}),
    "union, replacing": (XAttrStrategy.UNION_REPLACE, {"b": b"new"}, {"a": b"1", "b": b"new"}),
    "union, preserving": (XAttrStrategy.UNION_PRESERVE, {"b": b"new", "c": b"3"}, {"a": b"1", "b": b"2", "c": b"3"}),
    "delete keys": (XAttrStrategy.DELETE_KEYS, {"a": b""}, {"b": b"2"}),
    "empty": (XAttrStrategy.TRUNCATE, {}, {"a": b"1", "b": b"2"}),
}


@pytest.mark.parametrize(("strategy", "given", "expected"), STRATEGIES.values(), ids=STRATEGIES)
def test_extended_attributes(
    namespace: Namespace, strategy: XAttrStrategy, given: dict[str, bytes], expected: dict[str, bytes]
) -> None:
    """The S3 proxy keeps tags and upload ids there: a wrong merge loses them."""
    namespace.file("/f")
    set_on(namespace, "/f", xattr={"a": b"1", "b": b"2"})
    set_on(namespace, "/f", xattr=given, xattr_strategy=strategy)
    assert inode(namespace, "/f").xattr == expected


def test_nothing_to_change_is_not_journaled(namespace: Namespace) -> None:
    """`setTtl` with the value of now, repeated by a cron job, would fill the journal."""
    namespace.file("/f")
    set_on(namespace, "/f", ttl_ms=-1, ttl_action=TtlAction.DELETE)
    assert namespace.emitted == []


def test_unpinning_and_pinning_anew_forget_the_media(namespace: Namespace) -> None:
    """A file pinned again without media would stay bound to a tier that may be gone."""
    namespace.file("/f")
    set_on(namespace, "/f", pinned=True, pinned_media=("SSD",))
    set_on(namespace, "/f", pinned=True)
    assert inode(namespace, "/f").medium_types == ()
    set_on(namespace, "/f", pinned=True, pinned_media=("SSD",))
    set_on(namespace, "/f", pinned=False)
    assert (inode(namespace, "/f").medium_types, inode(namespace, "/f").replication_min) == ((), 0)


def test_replication_keeps_the_other_limit_and_the_media(namespace: Namespace) -> None:
    """`setReplication --max` alone must not forget the minimum, nor the media a file is pinned to."""
    namespace.file("/f")
    set_on(namespace, "/f", pinned=True, pinned_media=("SSD",), replication_min=2)
    set_on(namespace, "/f", replication_max=4)
    file = inode(namespace, "/f")
    assert (file.replication_min, file.replication_max, file.medium_types) == (2, 4, ("SSD",))
    assert of_type(namespace.emitted, UpdateInodeFileEntry) == [
        UpdateInodeFileEntry(id=file.id, replication_max=4, replication_min=2)
    ]


def test_marked_persisted_with_its_ancestors(namespace: Namespace) -> None:
    """A persisted file below a directory that is not would be lost with that directory's deletion."""
    namespace.completed_file("/a/b/f")
    set_on(namespace, "/a/b/f", persisted=True)
    assert [inode(namespace, path).persistence_state for path in ("/a", "/a/b", "/a/b/f")] == [PERSISTED] * 3
    file, b, a = (inode(namespace, path).id for path in ("/a/b/f", "/a/b", "/a"))
    assert [entry.id for entry in namespace.emitted] == [b, a, file]


def test_children_loaded_flag(namespace: Namespace) -> None:
    """`loadMetadata` resets it to have a directory listed again."""
    namespace.directory("/d")
    set_on(namespace, "/d", direct_children_loaded=True)
    assert namespace.emitted == [UpdateInodeDirectoryEntry(inode(namespace, "/d").id, direct_children_loaded=True)]


REFUSED = {
    "missing": ("/no", "root", {"mode": 0}, FileDoesNotExist, '"/no"'),
    "owner outside the group": ("/f", "root", {"owner": "bob", "group": "ops"}, Unknown, "bob:ops"),
    "owner by the owner": ("/f", "ann", {"owner": "bob"}, AccessDenied, "superuser"),
    "group by another": ("/f", "eve", {"group": "ops"}, AccessDenied, "owner"),
    "mode by another": ("/f", "eve", {"mode": 0o777}, AccessDenied, "owner"),
    "pin without write": ("/f", "eve", {"pinned": True}, AccessDenied, "access=-w-"),
    "unknown medium": ("/f", "root", {"pinned": True, "pinned_media": ("TAPE",)}, Internal, "TAPE"),
    "less than no copies": ("/f", "root", {"replication_min": -1}, Internal, "-1"),
    "at most fewer than at least": ("/f", "root", {"replication_min": 3, "replication_max": 2}, Internal, "at most 2"),
    "at most fewer, below": ("/d", "root", {"replication_min": 3, "replication_max": 2}, Internal, "/d/g"),
    "persisted undone": ("/f", "root", {"persisted": False}, Internal, "only the other way"),
    "persisted directory": ("/d", "root", {"persisted": True}, Internal, "directory"),
    "persisted incomplete file": ("/f", "root", {"persisted": True}, Internal, "not complete"),
    "a descendant of another": ("/d", "ann", {"mode": 0o700, "recursive": True}, AccessDenied, "/d/g"),
}


@pytest.mark.parametrize(("path", "user", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(
    namespace: Namespace,
    path: str,
    user: str,
    options: dict[str, Any],
    error: type[AlluxioError],
    text: str,
) -> None:
    """A refusal with another code, or after half the work, misleads the official client and its user."""
    namespace.file("/f")
    namespace.directory("/d")
    namespace.file("/d/g")
    for name in ("/f", "/d"):
        namespace.emit(UpdateInodeEntry(id=inode(namespace, name).id, owner="ann"))
    with pytest.raises(error) as raised:
        set_on(namespace, path, user=user, **options)
    assert text in str(raised.value)
    assert type(raised.value) is error
    assert namespace.emitted == []


ALLOWED = {
    "group by the owner": ("ann", {"group": "ops"}),
    "mode by the owner": ("ann", {"mode": 0o700}),
    "pin by the owner": ("ann", {"pinned": True}),
    "owner by a superuser": ("root", {"owner": "bob"}),
}


@pytest.mark.parametrize(("user", "options"), ALLOWED.values(), ids=ALLOWED)
def test_allowed(namespace: Namespace, user: str, options: dict[str, Any]) -> None:
    """Owners manage their files without asking an administrator."""
    namespace.file("/f")
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/f").id, owner="ann"))
    set_on(namespace, "/f", user=user, **options)
    assert namespace.emitted


# --- trees ---------------------------------------------------------------------------------------------------------

SCOPES = {
    "pin: always": ({"pinned": True}, "pinned", [True, True, True]),
    "copies: files below, always": ({"replication_min": 2}, "replication_min", [0, 2, 2]),
    "mode: the target": ({"mode": 0o711}, "mode", [0o711, 0o644, 0o644]),
    "mode, recursive": ({"mode": 0o711, "recursive": True}, "mode", [0o711] * 3),
    "time to live: the target": ({"ttl_ms": 5}, "ttl_ms", [5, -1, -1]),
    "time to live, recursive": ({"ttl_ms": 5, "recursive": True}, "ttl_ms", [5, 5, 5]),
}


@pytest.mark.parametrize(("options", "name", "values"), SCOPES.values(), ids=SCOPES)
def test_scope(namespace: Namespace, options: dict[str, Any], name: str, values: list[object]) -> None:
    """`chmod` without -R on a directory must leave its files alone; `pin` of one must reach them."""
    for path in ("/d/a/x", "/d/f"):
        namespace.file(path)
    set_on(namespace, "/d", **options)
    assert [getattr(inode(namespace, path), name) for path in ("/d", "/d/a/x", "/d/f")] == values


def test_a_large_tree_is_changed_in_chunks_and_whole(namespace: Namespace) -> None:
    """`chmod -R` on a million files must not hold everybody else up, and must forget none of them."""
    namespace.directory("/d/sub")
    names = [f"f{number:04}" for number in range(300)]
    load(namespace, "/d/sub", *(file_status(name) for name in names))
    load(namespace, "/d", *(file_status(name) for name in names))
    pauses: list[int] = []
    in_chunks(
        namespace,
        set_attribute.run,
        SetAttributeRequest("/d", pinned=True, ttl_ms=5, recursive=True),
        UfsResults(),
        between=lambda: pauses.append(len(namespace.emitted)),
    )
    assert len(pauses) >= 3
    assert inode(namespace, "/d").ttl_ms == 5
    for folder in ("/d", "/d/sub"):
        for name in names:
            file = inode(namespace, f"{folder}/{name}")
            assert (file.pinned, file.ttl_ms) == (True, 5)


# --- the under storage ---------------------------------------------------------------------------------------------


def planned(namespace: Namespace, path: str, **options: Any) -> list[SetAttributes]:
    steps = namespace.ask(set_attribute.plan, SetAttributeRequest(path, **options))
    assert all(isinstance(step, SetAttributes) for step in steps)
    return list(steps)


PLANS = {
    "mode": ({"mode": 0o600}, [("/ufs/d/g", None, None, 0o600)]),
    "owner takes the group along": ({"owner": "bob"}, [("/ufs/d/g", "bob", "staff", None)]),
    "group takes the owner along": ({"group": "ops"}, [("/ufs/d/g", "ann", "ops", None)]),
    "pin": ({"pinned": True}, []),
    "time to live": ({"ttl_ms": 5}, []),
}


@pytest.mark.parametrize(("options", "expected"), PLANS.values(), ids=PLANS)
def test_steps(namespace: Namespace, options: dict[str, Any], expected: list[tuple[object, ...]]) -> None:
    """Owner and mode of a persisted file are those of the storage: left out, the next sync undoes the change."""
    persisted_tree(namespace)
    steps = planned(namespace, "/d/g", **options)
    assert [(step.ufs_path, step.owner, step.group, step.mode) for step in steps] == expected


def test_steps_of_a_tree(namespace: Namespace) -> None:
    """What is only in Alluxio has nothing to change below, and a step for it would fail."""
    persisted_tree(namespace)
    namespace.file("/d/sub/new")
    steps = planned(namespace, "/d", mode=0o700, recursive=True)
    assert [step.path for step in steps] == ["/d/g", "/d/sub", "/d/sub/f", "/d"]
    assert planned(namespace, "/d/sub/new", mode=0o700) == []


REFUSED_BELOW = {
    "owned by another": ({"mode": 0o700, "recursive": True}, AccessDenied, "owner of path=/o/d/theirs"),
    "a file that is not complete": ({"mode": 0o700, "recursive": True, "persisted": True}, Internal, "is a directory"),
    "too few copies at most": ({"mode": 0o700, "replication_max": 1}, Internal, "at most 1 and at least 2"),
}


@pytest.mark.parametrize(("options", "error", "text"), REFUSED_BELOW.values(), ids=REFUSED_BELOW)
def test_no_steps_when_something_below_is_refused(
    namespace: Namespace, options: dict[str, Any], error: type[AlluxioError], text: str
) -> None:
    """The storage would have been changed by then, and the namespace would not."""
    namespace.directory("/o", mode=0o777)
    namespace.directory("/o/d", mode=0o755, user="ann")
    namespace.completed_file("/o/d/mine", user="ann")
    namespace.completed_file("/o/d/theirs")
    for path in ("/o/d", "/o/d/mine", "/o/d/theirs"):
        namespace.emit(UpdateInodeEntry(namespace.status(path).file_id, persistence_state=PERSISTED))
    set_on(namespace, "/o/d/theirs", replication_min=2)
    user = "ann" if error is AccessDenied else "root"
    with pytest.raises(error, match=text):
        namespace.ask(set_attribute.plan_in_pages, SetAttributeRequest("/o/d", **options), user=user)


def test_no_steps_for_a_file_being_written(namespace: Namespace) -> None:
    """It counts as persisted from its creation on, but the storage has it only once it is complete."""
    namespace.file("/f", write_type=THROUGH)
    assert inode(namespace, "/f").persistence_state == PERSISTED
    assert planned(namespace, "/f", mode=0o600) == []
    set_on(namespace, "/f", mode=0o600)
    assert inode(namespace, "/f").mode == 0o600


def test_fingerprint_follows_the_attributes_but_not_the_content(namespace: Namespace) -> None:
    """With the storage's new hash a file changed behind our back would pass for the one that we know."""
    persisted_tree(namespace)
    results = UfsResults({"/d/g": StepResult(fingerprint=CHANGED)})
    set_on(namespace, "/d/g", mode=0o600, results=results)
    file = inode(namespace, "/d/g")
    assert file.mode == 0o600
    assert file.ufs_fingerprint == "TYPE|FILE UFS|local OWNER|bob GROUP|ops MODE|384 CONTENT_HASH|h "


def test_object_store_keeps_the_fingerprint(namespace: Namespace) -> None:
    """Object stores have no modes: their fingerprint must go on matching what they report."""
    persisted_tree(namespace)
    set_on(namespace, "/d/g", mode=0o600, results=UfsResults({"/d/g": StepResult()}))
    assert (inode(namespace, "/d/g").mode, inode(namespace, "/d/g").ufs_fingerprint) == (0o600, FINGERPRINT)


def test_refusal_of_the_storage_leaves_the_inode(namespace: Namespace) -> None:
    """A mode that only Alluxio has would vanish at the next sync; the caller has to hear of it."""
    persisted_tree(namespace)
    results = UfsResults({"/d/g": StepResult(error="Operation not permitted")})
    with pytest.raises(AccessDenied, match=r"/ufs/d/g \(Operation not permitted\)"):
        set_on(namespace, "/d/g", mode=0o600, ttl_ms=5, results=results)
    assert namespace.emitted == []


def test_the_first_refusal_in_a_tree_ends_it(namespace: Namespace) -> None:
    """What the storage changed before must be seen; what it was not asked for any more must not look changed."""
    persisted_tree(namespace)
    ok = StepResult(fingerprint=CHANGED)
    no = StepResult(error="no")
    before = [inode(namespace, path).mode for path in ("/d", "/d/sub", "/d/sub/f")]
    results = UfsResults({"/d/g": ok, "/d/sub": no, "/d/sub/f": no, "/d": no})
    with pytest.raises(AccessDenied, match=r"/ufs/d/sub \(no\)"):
        set_on(namespace, "/d", mode=0o700, recursive=True, ttl_ms=5, results=results)
    assert inode(namespace, "/d/g").mode == 0o700
    assert [inode(namespace, path).mode for path in ("/d", "/d/sub", "/d/sub/f")] == before
    assert [inode(namespace, path).ttl_ms for path in ("/d/g", "/d", "/d/sub/f")] == [5, -1, -1]


def test_a_file_persisted_since_the_plan_is_planned_again(namespace: Namespace) -> None:
    """Changed in Alluxio only, its mode would be the storage's again after the next sync."""
    persisted_tree(namespace)
    results = UfsResults({path: StepResult() for path in ("/d", "/d/g", "/d/sub")})
    with pytest.raises(StalePlan):
        set_on(namespace, "/d", mode=0o700, recursive=True, results=results)
    assert namespace.emitted == []


FORBIDDEN = {
    "read-only mount": AddMountPointEntry("/d", "s3://b/", 5, True, False),
    "read-only mount below": AddMountPointEntry("/d/sub", "s3://b/", 5, True, False),
    "maintenance": UpdateUfsModeEntry("/", UfsMode.READ_ONLY),
}


@pytest.mark.parametrize("entry", FORBIDDEN.values(), ids=FORBIDDEN)
def test_storage_that_must_not_be_written(namespace: Namespace, entry: Any) -> None:
    """A storage mounted read-only, or under maintenance, is written by nobody, a recursive chmod included."""
    persisted_tree(namespace)
    namespace.emit(entry)
    request = SetAttributeRequest("/d", mode=0o700, recursive=True)
    with pytest.raises(AccessDenied):
        namespace.ask(set_attribute.plan, request)
    with pytest.raises(AccessDenied):
        in_chunks(namespace, set_attribute.run, request)
    assert namespace.emitted == []


def test_unpersisted_state_stays(namespace: Namespace) -> None:
    """Attributes alone put nothing into the under storage."""
    namespace.file("/f")
    set_on(namespace, "/f", mode=0o600, ttl_ms=5)
    assert inode(namespace, "/f").persistence_state == NOT_PERSISTED
