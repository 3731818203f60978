"""Metadata sync: what is decided for an inode and what the under storage says of it, and what is done then."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.ids import NO_PARENT_ID
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    AddMountPointEntry,
    DeleteFileEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import sync_metadata
from pyalluxio.master.ops.context import run_at_once
from pyalluxio.master.ops.load_metadata import FoundStatus
from pyalluxio.master.ops.sync_metadata import Change, Decision, decide
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state.acl import plain
from pyalluxio.master.state.inode import Inode
from tests.unit.master.namespace import Namespace
from tests.unit.master.trees import (
    DIRECTORY_FINGERPRINT,
    FINGERPRINT,
    directory_status,
    file_status,
    in_chunks,
    inode,
    load,
    names_below,
    of_type,
    persisted_tree,
)

CHMODDED = FINGERPRINT.replace("MODE|420", "MODE|384")
REWRITTEN = FINGERPRINT.replace("CONTENT_HASH|h", "CONTENT_HASH|i")
DIRECTORY_CHMODDED = DIRECTORY_FINGERPRINT.replace("MODE|493", "MODE|448")


def file(**changes: Any) -> Inode:
    values = {"persistence_state": PERSISTED, "ufs_fingerprint": FINGERPRINT, "completed": True, **changes}
    return Inode(7, 0, "x", False, 1, 1, 1, plain("ann", "staff", 0o644), **values)


def directory(**changes: Any) -> Inode:
    values = {"persistence_state": PERSISTED, "ufs_fingerprint": DIRECTORY_FINGERPRINT, "parent_id": 0, **changes}
    return Inode(7, values.pop("parent_id"), "x", True, 1, 1, 1, plain("ann", "staff", 0o755), **values)


FILE, DIRECTORY = file_status("x"), directory_status("x")
NOTHING = Decision(Change.NOTHING)
GO_ON = Decision(Change.NOTHING, goes_on=True)
UPDATE = Decision(Change.UPDATE)
UPDATE_AND_GO_ON = Decision(Change.UPDATE, goes_on=True)
DELETE, RELOAD, LOAD = Decision(Change.DELETE), Decision(Change.RELOAD), Decision(Change.LOAD)

DECISIONS: dict[str, tuple[Inode | None, FoundStatus | None, bool, Decision]] = {
    "neither": (None, None, False, NOTHING),
    "only the storage has it": (None, FILE, False, LOAD),
    "file, the same": (file(), FILE, False, NOTHING),
    "file, other mode": (file(), file_status("x", fingerprint=CHMODDED), False, UPDATE),
    "file, other content": (file(), file_status("x", fingerprint=REWRITTEN), False, RELOAD),
    "file, gone": (file(), None, False, DELETE),
    "file, a directory now": (file(), DIRECTORY, False, RELOAD),
    "file without a fingerprint": (file(ufs_fingerprint=""), FILE, False, RELOAD),
    "file, the storage's fingerprint is unknown": (file(), file_status("x", fingerprint=""), False, RELOAD),
    "file being written": (file(completed=False), FILE, False, NOTHING),
    "file being written, gone": (file(completed=False), None, False, NOTHING),
    "file waiting to be persisted": (file(persistence_state=TO_BE_PERSISTED), None, False, NOTHING),
    "file being persisted": (file(persist_job_id=3), None, False, NOTHING),
    "unpersisted file, not there": (file(persistence_state=NOT_PERSISTED), None, False, NOTHING),
    "unpersisted file, but there": (file(persistence_state=NOT_PERSISTED), FILE, False, RELOAD),
    "directory, the same": (directory(), DIRECTORY, False, GO_ON),
    "directory, other mode": (
        directory(),
        directory_status("x", fingerprint=DIRECTORY_CHMODDED),
        False,
        UPDATE_AND_GO_ON,
    ),
    "directory, gone": (directory(), None, False, DELETE),
    "directory, gone, but with a mount below": (directory(), None, True, GO_ON),
    "directory, a file now": (directory(), FILE, False, RELOAD),
    "directory, a file now, but with a mount below": (directory(), FILE, True, UPDATE_AND_GO_ON),
    "directory without a fingerprint": (directory(ufs_fingerprint=""), DIRECTORY, False, UPDATE_AND_GO_ON),
    "unpersisted directory, not there": (directory(persistence_state=NOT_PERSISTED), None, False, NOTHING),
    "unpersisted directory, there": (
        directory(persistence_state=NOT_PERSISTED),
        DIRECTORY,
        False,
        UPDATE_AND_GO_ON,
    ),
    "root, other mode": (
        directory(parent_id=NO_PARENT_ID),
        directory_status("", fingerprint=DIRECTORY_CHMODDED),
        True,
        GO_ON,
    ),
}


@pytest.mark.parametrize(("here", "there", "has_mount", "expected"), DECISIONS.values(), ids=DECISIONS)
def test_decision(here: Inode | None, there: FoundStatus | None, has_mount: bool, expected: Decision) -> None:
    """A file deleted by mistake loses its cached blocks, one kept by mistake shows old data."""
    assert decide(here, there, holds_mount_point=has_mount) == expected


# --- a listed directory --------------------------------------------------------------------------------------------


def decisions(namespace: Namespace, path: str, *listing: FoundStatus) -> dict[str, Decision]:
    with namespace.reading() as context:
        return dict(run_at_once(sync_metadata.decide_children(context, path, listing), context))  # type: ignore[arg-type]


def test_children(namespace: Namespace) -> None:
    """Both sides count: what only the storage has appears, what it lost goes."""
    load(namespace, "/", *(file_status(name) for name in ("same", "gone", "changed")), directory_status("d"))
    namespace.file("/own")
    found = decisions(
        namespace,
        "/",
        file_status("same"),
        file_status("changed", fingerprint=REWRITTEN),
        file_status("new"),
        directory_status("d"),
        file_status("f.alluxio.0x0123456789ABCDEF.tmp"),
    )
    assert found == {"/changed": RELOAD, "/d": GO_ON, "/gone": DELETE, "/new": LOAD}
    assert list(found) == sorted(found)


def test_mount_points_are_left_alone(namespace: Namespace) -> None:
    """The parent's storage knows nothing of them; taken for deleted, they would disappear."""
    persisted_tree(namespace)
    namespace.emit(AddMountPointEntry("/d/sub", "s3://b/", 5, False, False))
    assert decisions(namespace, "/d") == {"/d/g": DELETE}
    assert decisions(namespace, "/") == {"/d": GO_ON}


def test_a_large_directory_is_compared_in_pages(namespace: Namespace) -> None:
    """A directory of a million files must not hold everybody else up; none may be skipped at a page's end."""
    names = [f"f{number:04}" for number in range(600)]
    load(namespace, "/", *(file_status(name) for name in names))
    pages = 0
    with namespace.reading() as context:
        generator = sync_metadata.decide_children(context, "/", ())
        try:
            next(generator)
            while True:
                pages += 1
                with namespace.reading() as other:
                    generator.send(other)
        except StopIteration as stop:
            found = stop.value
    assert pages >= 2
    assert found == [(f"/{name}", DELETE) for name in names]


def test_a_directory_that_vanishes_meanwhile(namespace: Namespace) -> None:
    """Deleted between listing and comparing: there is nothing to decide."""
    with pytest.raises(StalePlan):
        decisions(namespace, "/gone", FILE)


def test_one_path(namespace: Namespace) -> None:
    """A path above a mount point must not be taken for deleted, although its own storage has nothing there."""
    persisted_tree(namespace)
    assert namespace.ask(sync_metadata.decide_path, "/d", None) == DELETE
    namespace.emit(AddMountPointEntry("/d/sub", "s3://b/", 5, False, False))
    assert namespace.ask(sync_metadata.decide_path, "/d", None) == GO_ON
    assert namespace.ask(sync_metadata.decide_path, "/new", FILE) == LOAD


# --- carried out ---------------------------------------------------------------------------------------------------


def test_update(namespace: Namespace) -> None:
    """The new owner must be the owner here too; when the file goes is for the user to say."""
    load(namespace, "/", file_status("f"))
    file_id = inode(namespace, "/f").id
    namespace.emit(UpdateInodeEntry(id=file_id, ttl=10**6))
    namespace.run(sync_metadata.update, "/f", file_status("f", owner="bob", mode=0o600, fingerprint=CHMODDED))
    found = inode(namespace, "/f")
    assert (found.owner, found.group, found.mode, found.ttl_ms) == ("bob", "staff", 0o600, 10**6)
    assert found.ufs_fingerprint == CHMODDED
    assert found.id == file_id


def test_update_in_a_shared_mount(namespace: Namespace) -> None:
    """A chmod in the storage must not lock out those with whom the mount is shared."""
    namespace.directory("/m")
    namespace.emit(AddMountPointEntry("/m", "s3://b/", 5, False, True))
    load(namespace, "/m", file_status("f"))
    namespace.run(sync_metadata.update, "/m/f", file_status("f", mode=0o600))
    assert inode(namespace, "/m/f").mode == 0o606


def test_update_without_a_difference(namespace: Namespace) -> None:
    """A directory made here only, and there too, is updated by every sync: the journal must not grow with it."""
    namespace.directory("/d")
    found = directory_status("d")
    namespace.run(sync_metadata.update, "/d", found)
    assert inode(namespace, "/d").owner == "ann"
    namespace.run(sync_metadata.update, "/d", found)
    assert namespace.emitted == []


def test_update_of_the_root(namespace: Namespace) -> None:
    """Whoever owns the root is the superuser: a chown in the storage must not make somebody one."""
    namespace.run(sync_metadata.update, "/", directory_status("", owner="eve"))
    assert namespace.emitted == []


def test_update_of_what_is_gone(namespace: Namespace) -> None:
    """Deleted since it was compared: no reason to fail the sync of a whole tree."""
    namespace.run(sync_metadata.update, "/gone", FILE)
    assert namespace.emitted == []


def test_delete(namespace: Namespace) -> None:
    """Children go first, and their blocks with them: every state between is a tree."""
    persisted_tree(namespace)
    ids = [inode(namespace, path).id for path in ("/d/g", "/d/sub/f", "/d/sub", "/d")]
    in_chunks(namespace, sync_metadata.delete, "/d")
    assert [entry.id for entry in of_type(namespace.emitted, DeleteFileEntry)] == ids
    assert names_below(namespace, "/") == []


def test_a_large_tree_is_deleted_in_chunks(namespace: Namespace) -> None:
    """A folder of a million files that vanished must not hold everybody else up."""
    load(namespace, "/", directory_status("d"))
    load(namespace, "/d", *(file_status(f"f{number:04}") for number in range(600)))
    pauses: list[int] = []
    in_chunks(namespace, sync_metadata.delete, "/d", between=lambda: pauses.append(inode(namespace, "/d").child_count))
    assert len(pauses) >= 2
    assert pauses == sorted(pauses, reverse=True)
    assert names_below(namespace, "/") == []


KEPT = {
    "gone already": "/gone",
    "root": "/",
    "above a mount point": "/d",
    "a mount point": "/d/sub",
}


@pytest.mark.parametrize("path", KEPT.values(), ids=KEPT)
def test_what_must_not_be_deleted(namespace: Namespace, path: str) -> None:
    """Something was mounted since the decision: it must survive it."""
    persisted_tree(namespace)
    namespace.emit(AddMountPointEntry("/d/sub", "s3://b/", 5, False, False))
    in_chunks(namespace, sync_metadata.delete, path)
    assert namespace.emitted == []
