"""createDirectory and the first start of a cluster."""

from __future__ import annotations

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileAlreadyExists, FileDoesNotExist, Internal, InvalidPath
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    BlockContainerIdGeneratorEntry,
    ClusterInfoEntry,
    InodeDirectoryEntry,
    InodeDirectoryIdGeneratorEntry,
    OperationId,
    UfsMode,
    UpdateInodeEntry,
    UpdateUfsModeEntry,
)
from pyalluxio.master.ops import bootstrap, create_directory
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.ufs_steps import MakeDirectory, StalePlan, StepResult, UfsResults
from pyalluxio.master.state.ids import IdAllocator
from tests.unit.master.namespace import ASYNC, THROUGH, Namespace


def test_first_start(namespace: Namespace) -> None:
    """Official standbys expect these entries; the ids of everything else follow from them."""
    first = namespace.journal
    assert first[:3] == [
        BlockContainerIdGeneratorEntry(1001),
        InodeDirectoryIdGeneratorEntry(0, 0),
        InodeDirectoryIdGeneratorEntry(0, 1),
    ]
    assert [type(entry) for entry in first[3:]] == [InodeDirectoryEntry, ClusterInfoEntry]
    root = namespace.status("/")
    assert (root.file_id, root.name, root.acl.mode, root.persistence_state) == (0, "", 0o755, PERSISTED)
    assert (root.acl.owner, root.mount_point) == ("root", False)


def test_second_start_changes_nothing_and_needs_the_same_user(namespace: Namespace) -> None:
    """A master started as another user would own nothing of its own namespace."""
    namespace.run(bootstrap.run, "cluster-2")
    assert namespace.emitted == []
    with pytest.raises(AccessDenied, match="belongs to root"):
        namespace.run(bootstrap.run, "cluster-2", user="alluxio")


def test_new_leader_takes_a_new_container_beyond_the_limit(namespace: Namespace) -> None:
    """Ids that the old leader handed out without journaling them must never be handed out again."""
    namespace.directory("/a")
    with namespace.store.read() as view:
        namespace.ids = IdAllocator(view)
    directory = namespace.directory("/b")
    assert [entry for entry in namespace.emitted if isinstance(entry, BlockContainerIdGeneratorEntry)] == [
        BlockContainerIdGeneratorEntry(2002)
    ]
    assert directory.file_id == 1001 << 24
    assert namespace.file("/f").file_id >> 24 == 1002


def test_directory_ids_go_on_in_a_new_container(namespace: Namespace) -> None:
    """The 16,777,216th directory needs a container of its own."""
    namespace.emit(InodeDirectoryIdGeneratorEntry(0, 0xFFFFFF))
    assert namespace.directory("/last").file_id == 0xFFFFFF
    assert namespace.directory("/next").file_id == 1 << 24


REFUSED = {
    "exists": ("/d", {}, FileAlreadyExists, "Not allowed to create directory because path already exists: /d"),
    "is a file": ("/f", {}, FileAlreadyExists, "path already exists: /f"),
    "is a file, may exist": ("/f", {"allow_exists": True}, Internal, "is a file"),
    "root": ("/", {}, FileAlreadyExists, "already exists: /"),
    "root, allowed": ("/", {"allow_exists": True}, FileAlreadyExists, "already exists: /"),
    "missing parent": ("/x/y", {"recursive": False}, FileDoesNotExist, 'component 1 ("x")'),
    "below a file": ("/f/y", {}, InvalidPath, '"/f/y"'),
    "bucket missing": ("/bucket/x", {"checks_s3_bucket": True}, FileDoesNotExist, '"/bucket"'),
}


@pytest.mark.parametrize(("path", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(
    namespace: Namespace, path: str, options: dict[str, object], error: type[AlluxioError], text: str
) -> None:
    """Hadoop's mkdirs decides by these codes whether it is done."""
    namespace.directory("/d")
    namespace.file("/f")
    with pytest.raises(error) as raised:
        namespace.directory(path, **options)
    assert text in str(raised.value)
    assert type(raised.value) is error
    assert namespace.emitted == []


def test_existing_directory_is_fine_when_allowed(namespace: Namespace) -> None:
    """`mkdir -p` of what exists, thousands of times a second, by every task of a job."""
    namespace.directory("/d")
    before = namespace.status("/d")
    assert namespace.directory("/d", allow_exists=True) == before
    assert namespace.emitted == []


def test_repeated_operation_id(namespace: Namespace) -> None:
    """The first answer was lost: the second must not be ALREADY_EXISTS, whether the directory existed before or not."""
    for path in ("/new", "/old"):
        if path == "/old":
            namespace.directory(path)
        request = CreateDirectoryRequest(
            path, mode=0o755, allow_exists=path == "/old", operation_id=OperationId(1, len(path))
        )
        namespace.run(create_directory.run, request)
        request.allow_exists = False
        namespace.run(create_directory.run, request)
        assert namespace.emitted == []
        request.operation_id = None
        with pytest.raises(FileAlreadyExists):
            namespace.run(create_directory.run, request)


def test_asynchronous_directories_stay_unpersisted(namespace: Namespace) -> None:
    """They are created in the under storage together with their first persisted file."""
    assert namespace.directory("/d", write_type=ASYNC).persistence_state == NOT_PERSISTED


def test_through_creates_in_the_under_storage_first(namespace: Namespace) -> None:
    """The fingerprint is what the next metadata sync compares; it is journaled separately, since the entry has none."""
    request = CreateDirectoryRequest("/a/b", recursive=True, mode=0o700, write_type=THROUGH)
    assert namespace.ask(create_directory.plan, request) == (
        MakeDirectory("/a", "/ufs/a", 1, "root", "root", 0o755),
        MakeDirectory("/a/b", "/ufs/a/b", 1, "root", "root", 0o700),
    )
    with pytest.raises(StalePlan):
        namespace.run(create_directory.run, request, UfsResults({"/a/b": StepResult()}))
    assert namespace.emitted == []
    results = UfsResults({"/a": StepResult(), "/a/b": StepResult(fingerprint="TYPE|DIRECTORY UFS|local ")})
    namespace.run(create_directory.run, request, results)
    assert [type(entry) for entry in namespace.emitted] == [
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        UpdateInodeEntry,
    ]
    assert namespace.status("/a/b").persistence_state == PERSISTED
    assert namespace.status("/a/b").ufs_fingerprint == ""


def test_attributes_of_an_existing_under_storage_directory_are_adopted(namespace: Namespace) -> None:
    """Its owner there stays its owner here."""
    request = CreateDirectoryRequest("/a", mode=0o755, write_type=THROUGH)
    found = StepResult(adopted=True, owner="hdfs", group="hadoop", mode=0o701, last_modified_ms=5)
    namespace.run(create_directory.run, request, UfsResults({"/a": found}))
    info = namespace.status("/a")
    assert (info.acl.owner, info.acl.group, info.acl.mode, info.last_modified_ms) == ("hdfs", "hadoop", 0o701, 5)


@pytest.mark.parametrize("mode", [UfsMode.NO_ACCESS, UfsMode.READ_ONLY])
def test_maintenance_of_the_under_storage_stops_persisted_creates_only(namespace: Namespace, mode: UfsMode) -> None:
    """While the storage is being repaired, jobs that only cache go on."""
    namespace.emit(UpdateUfsModeEntry("/", mode))
    namespace.directory("/cached")
    with pytest.raises(AccessDenied, match=f"/ufs/d is not allowed: the under storage is {mode.name}"):
        namespace.ask(create_directory.plan, CreateDirectoryRequest("/d", write_type=THROUGH))
