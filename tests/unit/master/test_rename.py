"""rename: each condition of the rules in its order."""

from __future__ import annotations

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileAlreadyExists, FileDoesNotExist, InvalidPath, Unknown
from pyalluxio.journal.entries import (
    PERSISTED,
    TO_BE_PERSISTED,
    AddMountPointEntry,
    OperationId,
    RenameEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import rename
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.ufs_steps import DeleteFile, MakeDirectory, Rename, StepResult, UfsResults
from pyalluxio.master.state.effects import PersistFile
from tests.unit.master.namespace import Namespace


def tree(namespace: Namespace) -> None:
    namespace.file("/d/f")
    namespace.file("/d/g")
    namespace.directory("/e")
    for path, mount_id in (("/m", 5), ("/m/n", 6)):
        namespace.directory(path)
        namespace.emit(AddMountPointEntry(path, f"s3://b{mount_id}/", mount_id, False, False))
    namespace.file("/m/f")


REFUSED = {
    "source missing": ("/x", "/y", FileDoesNotExist, '"/x"'),
    "source missing, same path": ("/x", "/x", FileDoesNotExist, '"/x"'),
    "source is the root": ("/", "/y", InvalidPath, 'root "/"'),
    "target is the root": ("/d/f", "/", InvalidPath, 'root "/"'),
    "other mount point": ("/d/f", "/m/x", InvalidPath, "/ and /m"),
    "source is a mount point": ("/m/n", "/m/x", InvalidPath, "/m/n and /m"),
    "target is a mount point": ("/m/f", "/m/n", InvalidPath, "/m and /m/n"),
    "target below the source": ("/d", "/d/x", InvalidPath, "below it"),
    "target's parent missing": ("/d/f", "/x/y/z", FileDoesNotExist, '"/x/y"'),
    "target's parent is a file": ("/d/f", "/d/g/x", InvalidPath, "through a file"),
    "target is a file": ("/d/f", "/d/g", FileAlreadyExists, '"/d/f" cannot be renamed to "/d/g"'),
    "target is a directory": ("/d/f", "/e", FileAlreadyExists, '"/e"'),
}


@pytest.mark.parametrize(("path", "new_path", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(namespace: Namespace, path: str, new_path: str, error: type[AlluxioError], text: str) -> None:
    """Hadoop decides by the status what a failed rename means; UNAVAILABLE or OK here loses files."""
    tree(namespace)
    with pytest.raises(error) as raised:
        namespace.run(rename.run, RenameRequest(path, new_path))
    assert text in str(raised.value)
    assert type(raised.value) is error
    assert namespace.emitted == []


def test_same_path_does_nothing(namespace: Namespace) -> None:
    """A program that renames a file onto itself expects to keep it."""
    tree(namespace)
    namespace.run(rename.run, RenameRequest("/d/f", "/d/f"))
    assert namespace.emitted == []


def test_both_parents_move_in_time_and_the_inode_does_not(namespace: Namespace) -> None:
    """Spark commits by renaming; readers compare the files' times."""
    tree(namespace)
    before = namespace.status("/d/f")
    namespace.now_ms += 9
    namespace.run(rename.run, RenameRequest("/d/f", "/e/h"))
    after = namespace.status("/e/h")
    assert (after.file_id, after.last_modified_ms, after.name) == (before.file_id, before.last_modified_ms, "h")
    for path, count in (("/d", 1), ("/e", 1)):
        info = namespace.status(path)
        assert (info.last_modified_ms, info.length) == (namespace.now_ms, count)
    entry = namespace.emitted[0]
    assert isinstance(entry, RenameEntry)
    assert (entry.path, entry.new_path, entry.new_name) == ("/d/f", "/e/h", "h")


def test_directory_moves_with_everything_below(namespace: Namespace) -> None:
    """One entry, whatever the size of the tree."""
    tree(namespace)
    namespace.run(rename.run, RenameRequest("/d", "/e/d2"))
    assert len(namespace.emitted) == 1
    assert namespace.has("/e/d2/f")
    assert not namespace.has("/d")


@pytest.mark.parametrize("user_may", ["source", "target"])
def test_write_permission_on_both_parents(namespace: Namespace, user_may: str) -> None:
    """Moving out of a directory is deleting there; moving in is creating."""
    namespace.directory("/source", mode=0o777 if user_may == "source" else 0o755)
    namespace.directory("/target", mode=0o777 if user_may == "target" else 0o755)
    namespace.file("/source/f")
    with pytest.raises(AccessDenied, match="access=-w-"):
        namespace.run(rename.run, RenameRequest("/source/f", "/target/f"), user="ann")


def test_repeated_operation_id(namespace: Namespace) -> None:
    """After a fail-over the source is gone already; NOT_FOUND would fail a committed job."""
    tree(namespace)
    request = RenameRequest("/d/f", "/d/h", operation_id=OperationId(1, 1))
    namespace.run(rename.run, request)
    namespace.run(rename.run, request)
    assert namespace.emitted == []


def test_s3_overwrite_replaces_the_target(namespace: Namespace) -> None:
    """S3 has no rename error: the proxy's upload replaces what is there, blocks included."""
    tree(namespace)
    namespace.completed_file("/d/old/x", [10])
    namespace.run(rename.run, RenameRequest("/d/f", "/d/old", s3_overwrite=True))
    assert not namespace.status("/d/old").is_directory


def test_s3_overwrite_of_a_persisted_target_needs_its_deletion(namespace: Namespace) -> None:
    """The old object would otherwise come back with the next sync."""
    tree(namespace)
    target = namespace.status("/d/g")
    namespace.emit(UpdateInodeEntry(target.file_id, persistence_state=PERSISTED))
    request = RenameRequest("/d/f", "/d/g", s3_overwrite=True, persist=True)
    assert namespace.ask(rename.plan, request) == (DeleteFile("/d/g", "/ufs/d/g", 1),)
    with pytest.raises(Unknown, match="read-only"):
        namespace.run(rename.run_persisting, request, UfsResults({"/d/g": StepResult(error="read-only")}))
    assert namespace.emitted == []
    assert namespace.status("/d/g").file_id == target.file_id
    namespace.run(rename.run_persisting, request, UfsResults({"/d/g": StepResult()}))
    assert namespace.status("/d/g").file_id != target.file_id


def test_s3_multipart_upload_that_is_done_already(namespace: Namespace) -> None:
    """A repeated complete-multipart-upload finds its own result."""
    upload = {rename.UPLOAD_ID: b"u1"}
    namespace.file("/a", xattr=upload)
    namespace.file("/b", xattr=upload)
    namespace.file("/c", xattr={rename.UPLOAD_ID: b"u2"})
    namespace.run(rename.run, RenameRequest("/a", "/b", s3_multipart_upload=True))
    assert namespace.has("/a")
    with pytest.raises(FileAlreadyExists):
        namespace.run(rename.run, RenameRequest("/a", "/c", s3_multipart_upload=True))


def test_persist_queues_every_file_that_is_not_persisted(namespace: Namespace) -> None:
    """Hive writes to a folder and renames it: with this option that is the moment to persist."""
    namespace.settings.persistence_blacklist = ("skip",)
    for name in ("a", "b/c", "skip"):
        namespace.file(f"/t/{name}")
    done = namespace.file("/t/done")
    namespace.emit(UpdateInodeEntry(done.file_id, persistence_state=PERSISTED))
    request = RenameRequest("/t", "/u", persist=True, operation_id=OperationId(3, 3))
    namespace.run(rename.run_persisting, request)
    assert isinstance(namespace.emitted[-1], RenameEntry)
    ids = [namespace.status(path).file_id for path in ("/u/a", "/u/b/c")]
    assert namespace.effects == [PersistFile(inode_id, 0) for inode_id in ids]
    assert namespace.status("/u/a").persistence_state == TO_BE_PERSISTED
    assert namespace.status("/u/done").persistence_state == PERSISTED
    namespace.run(rename.run_persisting, request)
    assert namespace.emitted == []


def test_persist_of_one_file(namespace: Namespace) -> None:
    """The same for what is renamed itself."""
    info = namespace.file("/f")
    namespace.run(rename.run_persisting, RenameRequest("/f", "/g", persist=True))
    assert namespace.effects == [PersistFile(info.file_id, 0)]
    assert namespace.status("/g").persistence_state == TO_BE_PERSISTED


def test_a_refused_rename_persists_nothing(namespace: Namespace) -> None:
    """The target exists: the caller is told, and nothing else happens."""
    tree(namespace)
    with pytest.raises(FileAlreadyExists):
        namespace.run(rename.run_persisting, RenameRequest("/d", "/e", persist=True))
    assert namespace.emitted == []


def test_persisted_source_moves_in_the_under_storage_first(namespace: Namespace) -> None:
    """Renamed only here, the file would come back under its old name with the next sync."""
    tree(namespace)
    info = namespace.status("/d/f")
    namespace.emit(UpdateInodeEntry(info.file_id, persistence_state=PERSISTED))
    request = RenameRequest("/d/f", "/e/f")
    assert namespace.ask(rename.plan, request) == (
        MakeDirectory("/e", "/ufs/e", 1, "root", "root", 0o755),
        Rename("/d/f", "/ufs/d/f", "/e/f", "/ufs/e/f", 1, False),
    )
    namespace.run(rename.run, request, UfsResults({"/e": StepResult(), "/d/f": StepResult()}))
    assert [type(entry) for entry in namespace.emitted] == [RenameEntry, UpdateInodeEntry, UpdateInodeEntry]
    assert namespace.status("/e").persistence_state == PERSISTED
