"""The way of a file into the under storage: queued, written, published, reported, given up, lost."""

from __future__ import annotations

import pytest

from pyalluxio import path as paths
from pyalluxio.errors import AccessDenied, AlluxioError, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import (
    LOST,
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    AddMountPointEntry,
    UfsMode,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
    UpdateUfsModeEntry,
)
from pyalluxio.master.ops import mark_lost, persist_done, schedule_persist
from pyalluxio.master.ops.context import BlockLocation
from pyalluxio.master.ops.ufs_steps import MakeDirectory, PublishPersisted, StalePlan, StepResult, UfsResults
from pyalluxio.master.state.effects import PersistFile
from pyalluxio.master.state.tx import PUBLISHING
from pyalluxio.master.state.tx import TO_BE_PERSISTED as WAITING
from pyalluxio.ufs.persist_path import persist_path
from tests.unit.master.namespace import ASYNC, Namespace
from tests.unit.master.trees import FINGERPRINT, inode, mark_persisted

TEMP = "/ufs/.alluxio_ufs_persistence/f.alluxio.1.u.tmp"


def waiting_file(namespace: Namespace, path: str = "/a/b/f") -> int:
    """Return the id of a complete file of 5 bytes that waits to be persisted."""
    namespace.completed_file(path, [5], write_type=ASYNC)
    namespace.run(schedule_persist.run, path)
    return inode(namespace, path).id


def states(namespace: Namespace, *paths: str) -> list[str]:
    return [inode(namespace, path).persistence_state for path in paths]


# --- queued --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [NOT_PERSISTED, LOST, PERSISTED])
def test_queued_whatever_its_state(namespace: Namespace, state: str) -> None:
    """`persist` of a file is a wish of the user, also for one that counted as lost."""
    namespace.completed_file("/f", [5])
    file_id = inode(namespace, "/f").id
    namespace.emit(UpdateInodeEntry(id=file_id, persistence_state=state))
    namespace.run(schedule_persist.run, "/f", 70, user="eve")
    assert states(namespace, "/f") == [TO_BE_PERSISTED]
    assert namespace.effects == [PersistFile(file_id, 70)]
    with namespace.store.read() as view:
        assert view.get(WAITING, file_id)


REFUSED = {
    "missing": ("/no", FileDoesNotExist),
    "directory": ("/d", FileDoesNotExist),
    "incomplete": ("/open", InvalidPath),
    "below a file": ("/open/x", InvalidPath),
}


@pytest.mark.parametrize(("path", "error"), REFUSED.values(), ids=REFUSED)
def test_not_queued(namespace: Namespace, path: str, error: type[AlluxioError]) -> None:
    """A file persisted while it is written would be cut off in the under storage."""
    namespace.directory("/d")
    namespace.file("/open")
    with pytest.raises(error):
        namespace.run(schedule_persist.run, path)
    assert namespace.emitted == []


def test_blacklist(namespace: Namespace) -> None:
    """Temporary files of Spark jobs must not reach the under storage; the jobs must not fail either."""
    namespace.settings.persistence_blacklist = (".tmp",)
    namespace.completed_file("/a.tmp/f", [5])
    namespace.run(schedule_persist.run, "/a.tmp/f")
    assert (namespace.emitted, namespace.effects) == ([], [])


def test_a_new_leader_knows_what_was_being_published(namespace: Namespace) -> None:
    """Otherwise a file that is deleted after a fail-over comes back from the under storage."""
    file_id = waiting_file(namespace)
    namespace.run(persist_done.begin, (file_id, 12345))
    assert inode(namespace, "/a/b/f").temp_ufs_path == persist_path("/ufs", file_id)
    with namespace.reading() as context:
        assert list(context.tx.scan(PUBLISHING)) == [(file_id, True)]
    namespace.run(persist_done.begin, (file_id,))
    assert namespace.emitted == []


TEMP_PATHS = {
    "local": ("/ufs", "/ufs/.alluxio_ufs_persistence/33554431.alluxio.0x0000000001FFFFFF.tmp"),
    "bucket": ("s3://b/", "s3://b/.alluxio_ufs_persistence/33554431.alluxio.0x0000000001FFFFFF.tmp"),
}


@pytest.mark.parametrize(("mount_uri", "expected"), TEMP_PATHS.values(), ids=TEMP_PATHS)
def test_temporary_path(mount_uri: str, expected: str) -> None:
    """Outside its own mount a rename would become a copy, or fail."""
    assert persist_path(mount_uri, 33554431) == expected
    assert paths.is_temporary(expected)


# --- published -----------------------------------------------------------------------------------------------------


def test_steps(namespace: Namespace) -> None:
    """Published before its parents exist, or without its mode, the file is lost or open to everybody."""
    file_id = waiting_file(namespace)
    mark_persisted(namespace, "/a")
    assert namespace.ask(persist_done.plan, file_id, TEMP) == (
        MakeDirectory("/a/b", "/ufs/a/b", 1, "root", "root", 0o755),
        PublishPersisted("/a/b/f", "/ufs/a/b/f", 1, TEMP, 5, "root", "root", 0o644),
    )


def test_published(namespace: Namespace) -> None:
    """The entries are those that official standbys expect, in their order."""
    file_id = waiting_file(namespace)
    namespace.run(persist_done.begin, (file_id,))
    results = UfsResults({"/a/b/f": StepResult(fingerprint=FINGERPRINT)})
    assert namespace.run(persist_done.run, file_id, results) is True
    a, b = inode(namespace, "/a").id, inode(namespace, "/a/b").id
    assert namespace.emitted == [
        UpdateInodeFileEntry(id=file_id, persist_job_id=-1, temp_ufs_path=""),
        UpdateInodeEntry(id=file_id, persistence_state=PERSISTED, ufs_fingerprint=FINGERPRINT),
        UpdateInodeEntry(id=b, persistence_state=PERSISTED),
        UpdateInodeEntry(id=a, persistence_state=PERSISTED),
    ]


def test_a_failure_leaves_it_waiting(namespace: Namespace) -> None:
    """Marked persisted, its only copy would be evicted."""
    file_id = waiting_file(namespace)
    assert namespace.run(persist_done.run, file_id, UfsResults({"/a/b/f": StepResult(error="503")})) is False
    assert states(namespace, "/a/b/f") == [TO_BE_PERSISTED]


def test_renamed_between_plan_and_run(namespace: Namespace) -> None:
    """It was published under its old name: the new one is not in the under storage."""
    file_id = waiting_file(namespace)
    with pytest.raises(StalePlan):
        namespace.run(persist_done.run, file_id, UfsResults({"/old": StepResult()}))


def test_ancestors_end_at_the_mount_point(namespace: Namespace) -> None:
    """What is above belongs to another storage, which has nothing of it."""
    namespace.directory("/x/m")
    namespace.emit(AddMountPointEntry("/x/m", "s3://b/", 5, False, False))
    mark_persisted(namespace, "/x/m")
    file_id = waiting_file(namespace, "/x/m/a/f")
    assert namespace.ask(persist_done.plan, file_id, TEMP)[0].path == "/x/m/a"
    namespace.run(persist_done.run, file_id, UfsResults({"/x/m/a/f": StepResult()}))
    assert states(namespace, "/x", "/x/m/a") == [NOT_PERSISTED, PERSISTED]


@pytest.mark.parametrize("state", [LOST, NOT_PERSISTED, PERSISTED])
def test_waits_no_more(namespace: Namespace, state: str) -> None:
    """Success that comes after the file was given up, or persisted by another, changes nothing."""
    file_id = waiting_file(namespace)
    namespace.emit(UpdateInodeEntry(id=file_id, persistence_state=state))
    assert namespace.ask(persist_done.plan, file_id, TEMP) == ()
    results = UfsResults({"/a/b/f": StepResult(fingerprint=FINGERPRINT)})
    assert namespace.run(persist_done.run, file_id, results) is False
    assert namespace.run(persist_done.expire, file_id) is False
    namespace.run(persist_done.begin, (file_id,))
    assert namespace.emitted == []


def test_a_file_that_is_gone(namespace: Namespace) -> None:
    """Deleted while it was written: the report must not end the master."""
    assert namespace.ask(persist_done.plan, 12345, TEMP) == ()
    assert namespace.run(persist_done.run, 12345, UfsResults()) is False
    assert namespace.run(persist_done.expire, 12345) is False
    assert namespace.run(persist_done.reported, 12345, FINGERPRINT) is False


def test_maintenance(namespace: Namespace) -> None:
    """A storage under maintenance is not written, in the background neither."""
    file_id = waiting_file(namespace)
    namespace.emit(UpdateUfsModeEntry("/", UfsMode.READ_ONLY))
    with pytest.raises(AccessDenied):
        namespace.ask(persist_done.plan, file_id, TEMP)


# --- reported, given up, lost --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [NOT_PERSISTED, TO_BE_PERSISTED, LOST])
def test_reported(namespace: Namespace, state: str) -> None:
    """A worker says that the under storage has it: whatever we believed, it is safe now, and its TTL is its owner's."""
    namespace.completed_file("/a/f", [5], ttl_ms=10**6)
    file_id = inode(namespace, "/a/f").id
    namespace.emit(UpdateInodeEntry(id=file_id, persistence_state=state))
    assert namespace.run(persist_done.reported, file_id, FINGERPRINT) is True
    assert states(namespace, "/a/f", "/a") == [PERSISTED, PERSISTED]
    assert (inode(namespace, "/a/f").ufs_fingerprint, inode(namespace, "/a/f").ttl_ms) == (FINGERPRINT, 10**6)


def test_an_incomplete_file_is_not_reported(namespace: Namespace) -> None:
    """A file being written cannot be in the under storage whole."""
    namespace.file("/f")
    assert namespace.run(persist_done.reported, inode(namespace, "/f").id, FINGERPRINT) is False
    assert namespace.emitted == []


def test_given_up(namespace: Namespace) -> None:
    """A file that cannot be persisted must not be tried for ever, nor keep a job that nobody runs."""
    file_id = waiting_file(namespace)
    namespace.run(persist_done.begin, (file_id,))
    assert namespace.run(persist_done.expire, file_id) is True
    assert namespace.emitted == [
        UpdateInodeEntry(id=file_id, persistence_state=NOT_PERSISTED),
        UpdateInodeFileEntry(id=file_id, persist_job_id=-1, temp_ufs_path=""),
    ]


LOSSES = {
    "not persisted": (NOT_PERSISTED, False, LOST),
    "waiting": (TO_BE_PERSISTED, False, LOST),
    "persisted": (PERSISTED, False, PERSISTED),
    "back on a worker": (NOT_PERSISTED, True, NOT_PERSISTED),
}


@pytest.mark.parametrize(("state", "is_back", "expected"), LOSSES.values(), ids=LOSSES)
def test_lost(namespace: Namespace, state: str, is_back: bool, expected: str) -> None:
    """A persisted file is read from the under storage again; marked lost it could not be read at all."""
    namespace.completed_file("/f", [5])
    file = inode(namespace, "/f")
    namespace.emit(UpdateInodeEntry(id=file.id, persistence_state=state))
    if is_back:
        namespace.locations[file.block_ids[0]] = (BlockLocation(1, None, "MEM", "MEM", 0),)
    lost = namespace.run(mark_lost.run, [*file.block_ids, *file.block_ids])
    assert lost == ([file.id] if expected == LOST else [])
    assert states(namespace, "/f") == [expected]


def test_a_lost_block_without_file(namespace: Namespace) -> None:
    """Its file was deleted: nothing to mark, and nothing to stumble over."""
    block_id = 77 << 24
    assert namespace.run(mark_lost.run, [block_id]) == []
