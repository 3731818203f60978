"""createFile: each condition and each entry of the rules, on both stores."""

from __future__ import annotations

import pytest

from pyalluxio.errors import (
    AccessDenied,
    AlluxioError,
    FileAlreadyExists,
    FileDoesNotExist,
    Internal,
    InvalidArgument,
    InvalidPath,
    Unknown,
)
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    AclEntry,
    AclEntryType,
    BlockContainerIdGeneratorEntry,
    DeleteFileEntry,
    InodeDirectoryEntry,
    InodeDirectoryIdGeneratorEntry,
    InodeFileEntry,
    OperationId,
    SetAclAction,
    SetAclEntry,
    TtlAction,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import create_file
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.create_path import XAttrPropagation
from pyalluxio.master.ops.ufs_steps import DeleteFile, MakeDirectory, StalePlan, StepResult, UfsResults
from pyalluxio.master.ops.write_type import WriteType
from tests.unit.master.namespace import BLOCK, START_MS, Namespace


def test_first_file_has_the_ids_that_clients_expect(namespace: Namespace) -> None:
    """Clients compute block ids from file ids; another layout sends them to blocks that do not exist."""
    info = namespace.file("/f")
    assert info.file_id == 33554431
    assert namespace.status("/").file_id == 0
    assert namespace.directory("/d").file_id == 1


REFUSED = {
    "exists, no overwrite": ("/file", {}, FileAlreadyExists, '"/file"'),
    "exists, overwrite, is a directory": ("/dir", {"overwrite": True}, FileAlreadyExists, '"/dir"'),
    "root": ("/", {}, FileAlreadyExists, '"/"'),
    "root, overwrite": ("/", {"overwrite": True}, FileAlreadyExists, '"/"'),
    "block size below 1": ("/new", {"block_size_bytes": 0}, InvalidArgument, "block size of 0"),
    "missing parent, not recursive": ("/dir/x/new", {"recursive": False}, FileDoesNotExist, 'component 2 ("x")'),
    "below a file": ("/file/new", {}, InvalidPath, '"/file/new"'),
    "far below a file": ("/file/x/new", {}, InvalidPath, '"/file/x/new"'),
    "at most fewer copies than at least": (
        "/new",
        {"replication_min": 3, "replication_max": 2},
        Internal,
        "at most 2",
    ),
    "bucket missing": ("/bucket/key", {"checks_s3_bucket": True}, FileDoesNotExist, '"/bucket"'),
}


@pytest.mark.parametrize(("path", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(
    namespace: Namespace, path: str, options: dict[str, object], error: type[AlluxioError], text: str
) -> None:
    """A wrong status code sends the official client down another path: it retries, or reports another mistake."""
    namespace.file("/file")
    namespace.directory("/dir")
    with pytest.raises(error, match=".") as raised:
        namespace.file(path, **options)
    assert text in str(raised.value)
    assert type(raised.value) is error
    assert namespace.emitted == []


STATES = {
    WriteType.MUST_CACHE: NOT_PERSISTED,
    WriteType.TRY_CACHE: NOT_PERSISTED,
    WriteType.NONE: NOT_PERSISTED,
    WriteType.ASYNC_THROUGH: TO_BE_PERSISTED,
    WriteType.CACHE_THROUGH: PERSISTED,
    WriteType.THROUGH: PERSISTED,
}


@pytest.mark.parametrize(("write_type", "state"), STATES.items(), ids=[kind.name for kind in STATES])
def test_state_at_creation(namespace: Namespace, write_type: WriteType, state: str) -> None:
    """A file that counts as persisted too late is evicted; one that counts so too early is lost."""
    assert namespace.file("/f", write_type=write_type).persistence_state == state


def test_entries_with_missing_parents(namespace: Namespace) -> None:
    """Official standbys apply the same log: order and kind of the entries are part of the format."""
    namespace.now_ms += 5
    namespace.file("/a/b/f")
    assert [type(entry) for entry in namespace.emitted] == [
        UpdateInodeEntry,
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        InodeFileEntry,
    ]
    touched, file = namespace.emitted[0], namespace.emitted[-1]
    assert isinstance(touched, UpdateInodeEntry)
    assert (touched.id, touched.last_modification_time_ms, touched.last_access_time_ms) == (
        0,
        START_MS + 5,
        START_MS + 5,
    )
    assert isinstance(file, InodeFileEntry)
    assert (file.path, file.name, file.length, file.completed) == ("/a/b/f", "f", 0, False)


def test_parent_is_touched_only_when_time_moved(namespace: Namespace) -> None:
    """Without this each create writes its parent again, and the journal doubles."""
    namespace.file("/f")
    assert [type(entry) for entry in namespace.emitted] == [InodeFileEntry]
    namespace.now_ms -= 10
    namespace.file("/g")
    assert namespace.status("/").last_modified_ms == START_MS


def test_containers_are_reserved_by_the_thousand(namespace: Namespace) -> None:
    """A block id handed out twice after a fail-over mixes two files' data."""
    limits = []
    for number in range(1002):
        namespace.file(f"/f{number}")
        limits += [e.next_container_id for e in namespace.emitted if isinstance(e, BlockContainerIdGeneratorEntry)]
    assert limits == [2002]


def test_overwrite_replaces_the_file(namespace: Namespace) -> None:
    """An overwritten file that keeps its id shows old blocks to clients that cached its status."""
    old = namespace.file("/d/f")
    namespace.now_ms += 1
    new = namespace.file("/d/f", overwrite=True)
    assert new.file_id != old.file_id
    assert isinstance(namespace.emitted[0], DeleteFileEntry)
    assert namespace.status("/d").length == 1


def test_overwrite_of_an_open_file_in_the_same_instant(namespace: Namespace) -> None:
    """Two programs create the same file within a millisecond: the parent must count one child."""
    for _ in range(3):
        namespace.file("/d/f", overwrite=True)
    assert namespace.status("/d").length == 1


def test_repeated_operation_id_answers_with_the_status(namespace: Namespace) -> None:
    """After a fail-over the client repeats its call; ALREADY_EXISTS would fail a job that succeeded."""
    operation = OperationId(1, -2)
    first = namespace.file("/f", operation_id=operation)
    again = namespace.file("/f", operation_id=operation)
    assert again == first
    assert namespace.emitted == []
    with pytest.raises(FileAlreadyExists):
        namespace.file("/f", operation_id=OperationId(1, -3))


def test_owner_group_and_mode(namespace: Namespace) -> None:
    """Files of the wrong owner lock their writers out."""
    namespace.directory("/d", mode=0o777)
    namespace.run(
        create_file.run,
        CreateFileRequest("/d/x/f", recursive=True, mode=0o640, block_size_bytes=1, replication_max=-1),
        user="ann",
        groups=("staff", "dev"),
    )
    info, parent = namespace.status("/d/x/f"), namespace.status("/d/x")
    assert (info.acl.owner, info.acl.group, info.acl.mode) == ("ann", "staff", 0o640)
    assert (parent.acl.owner, parent.acl.group, parent.acl.mode) == ("ann", "staff", 0o755)


def test_without_authentication_the_parent_gives_owner_and_group(namespace: Namespace) -> None:
    """Under NOSASL there is no user; files of the empty user could never be checked again."""
    namespace.settings.permission_enabled = False
    namespace.run(create_file.run, CreateFileRequest("/f", block_size_bytes=1, replication_max=-1), user="", groups=())
    info = namespace.status("/f")
    assert (info.acl.owner, info.acl.group) == ("root", "root")


def test_write_permission_on_the_parent(namespace: Namespace) -> None:
    """The sentence is what users see in their shells, and official clients print it as it is."""
    namespace.directory("/d", mode=0o755)
    with pytest.raises(AccessDenied) as raised:
        namespace.file("/d/f", user="ann")
    assert str(raised.value) == (
        "Permission denied: user=ann, access=-w-, path=/d/f: failed at d, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x"
    )
    with pytest.raises(AccessDenied, match="failed at /, "):
        namespace.file("/f", user="ann")


def test_permission_is_checked_on_the_deepest_ancestor_that_exists(namespace: Namespace) -> None:
    """Otherwise anybody could create directories anywhere, given a deep enough path."""
    namespace.directory("/open", mode=0o777)
    namespace.file("/open/a/b/f", user="ann")
    with pytest.raises(AccessDenied, match="failed at a, "):
        namespace.file("/open/a/c/f", user="bob")


def test_default_acl_is_inherited_and_masked(namespace: Namespace) -> None:
    """A team folder's rights have to reach the files that programs create in it."""
    directory = namespace.directory("/team")
    ann = AclEntry(AclEntryType.NAMED_USER, "ann", 7, True)
    namespace.emit(SetAclEntry(directory.file_id, START_MS, SetAclAction.MODIFY, (ann,)))
    acl = namespace.file("/team/f", mode=0o640).acl
    assert (acl.mode, acl.users, acl.mask) == (0o750 & 0o670, (("ann", 7),), 4)
    child = namespace.directory("/team/d", mode=0o755)
    assert child.default_acl == namespace.status("/team").default_acl


def test_pins_of_the_parent_are_inherited(namespace: Namespace) -> None:
    """A file written into a pinned directory must not be evicted the next minute."""
    directory = namespace.directory("/hot")
    namespace.emit(UpdateInodeEntry(directory.file_id, pinned=True, medium_type=("MEM",)))
    info = namespace.file("/hot/f")
    assert (info.pinned, info.medium_types, info.replication_min, info.replication_max) == (True, ("MEM",), 1, -1)


def test_minimal_replication_pins(namespace: Namespace) -> None:
    """Two copies asked for and none kept: the file is gone with its only worker."""
    info = namespace.file("/f", replication_min=2, replication_max=3)
    assert (info.pinned, info.replication_min, info.replication_max) == (True, 2, 3)


def test_xattr_goes_to_new_paths_and_replaces_the_parents(namespace: Namespace) -> None:
    """The S3 proxy keeps tags there; a leaf-only attribute on the parents makes it list wrong buckets."""
    namespace.directory("/d", xattr={"old": b"1"})
    namespace.file("/d/x/f", xattr={"k": b"v"})
    assert [namespace.status(path).xattr for path in ("/d", "/d/x", "/d/x/f")] == [{"k": b"v"}] * 3
    namespace.file("/d/y/f", xattr={"n": b"v"}, xattr_propagation=XAttrPropagation.LEAF_NODE)
    assert [namespace.status(path).xattr for path in ("/d", "/d/y", "/d/y/f")] == [{"k": b"v"}, None, {"n": b"v"}]


def test_missing_parents_take_ttl_and_owner(namespace: Namespace) -> None:
    """A temporary tree whose parents have no TTL stays for ever."""
    namespace.file("/t/f", ttl_ms=60_000, ttl_action=TtlAction.DELETE_ALLUXIO)
    for path in ("/t", "/t/f"):
        info = namespace.status(path)
        assert (info.ttl_ms, info.ttl_action) == (60_000, TtlAction.DELETE_ALLUXIO)


# --- through the under storage -------------------------------------------------------------------------------------


def through(path: str, **options: object) -> CreateFileRequest:
    return CreateFileRequest(
        path,
        recursive=True,
        mode=0o644,
        write_type=WriteType.CACHE_THROUGH,
        block_size_bytes=BLOCK,
        replication_max=-1,
        **options,  # type: ignore[arg-type]
    )


def test_persisted_create_makes_its_parents_first(namespace: Namespace) -> None:
    """A persisted file whose folder is missing in the under storage cannot be written there."""
    namespace.directory("/a", mode=0o750)
    request = through("/a/b/f")
    steps = namespace.ask(create_file.plan, request)
    assert steps == (
        MakeDirectory("/a", "/ufs/a", 1, "root", "root", 0o750),
        MakeDirectory("/a/b", "/ufs/a/b", 1, "root", "root", 0o755),
    )
    results = UfsResults(
        {
            "/a": StepResult(adopted=True, owner="hdfs", group="hadoop", mode=0o700, last_modified_ms=5),
            "/a/b": StepResult(fingerprint="TYPE|DIRECTORY UFS|local "),
        }
    )
    namespace.run(create_file.run, request, results)
    adopted = namespace.status("/a")
    assert (adopted.persistence_state, adopted.acl.owner, adopted.acl.mode) == (PERSISTED, "hdfs", 0o700)
    assert namespace.status("/a/b").persistence_state == PERSISTED
    assert namespace.status("/a/b/f").ufs_path == "/ufs/a/b/f"
    states = [entry.persistence_state for entry in namespace.emitted if isinstance(entry, UpdateInodeEntry)]
    assert states[:2] == [TO_BE_PERSISTED, PERSISTED]


def test_overwriting_a_persisted_file_deletes_it_there_first(namespace: Namespace) -> None:
    """A file that the under storage refuses to delete must not disappear here."""
    request = through("/f", overwrite=True)
    namespace.run(create_file.run, request)
    old = namespace.status("/f").file_id
    assert namespace.ask(create_file.plan, request) == (DeleteFile("/f", "/ufs/f", 1),)
    with pytest.raises(Unknown, match="read-only"):
        namespace.run(create_file.run, request, UfsResults({"/f": StepResult(error="read-only")}))
    assert namespace.emitted == []
    namespace.run(create_file.run, request, UfsResults({"/f": StepResult()}))
    assert namespace.status("/f").file_id != old


@pytest.mark.parametrize("write_type", [WriteType.MUST_CACHE, WriteType.ASYNC_THROUGH])
def test_overwriting_a_persisted_file_by_another_write_type_deletes_it_there_too(
    namespace: Namespace, write_type: WriteType
) -> None:
    """Its old content would come back at its path as soon as the new file is renamed, before it is stored itself."""
    namespace.run(create_file.run, through("/f"))
    request = through("/f", overwrite=True)
    request.write_type = write_type
    assert namespace.ask(create_file.plan, request) == (DeleteFile("/f", "/ufs/f", 1),)
    with pytest.raises(StalePlan):
        namespace.run(create_file.run, request)
    namespace.run(create_file.run, request, UfsResults({"/f": StepResult()}))
    assert namespace.status("/f").persistence_state != PERSISTED


def test_a_plan_without_results_is_stale(namespace: Namespace) -> None:
    """A parent that nobody created in the under storage must not be called persisted."""
    with pytest.raises(StalePlan):
        namespace.run(create_file.run, through("/a/f"))
    assert namespace.emitted == []
