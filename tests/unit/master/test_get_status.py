"""getStatus, exists, getFilePath, checkAccess: what they show and to whom."""

from __future__ import annotations

import pytest

from pyalluxio.errors import AccessDenied, FileDoesNotExist, InvalidPath, SafeMode
from pyalluxio.journal.entries import (
    PERSISTED,
    AclEntry,
    AclEntryType,
    AddMountPointEntry,
    DeleteBlockEntry,
    SetAclAction,
    SetAclEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.ops import check_access, get_new_block_id, get_status
from pyalluxio.master.ops.context import BlockLocation, OpSettings
from pyalluxio.master.state.acl import ALL, EXECUTE, READ, WRITE
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.wire.gen.common_pb2 import WorkerNetAddress
from tests.unit.master.namespace import Namespace

MEM = BlockLocation(1, WorkerNetAddress(host="w1"), "MEM", "MEM", 0)
HDD = BlockLocation(2, "w2", "HDD", "HDD", 1)


def test_directory(namespace: Namespace) -> None:
    """`ls` prints the length as the number of children, and clients trust `completed`."""
    namespace.file("/d/f")
    namespace.directory("/d/e")
    info = namespace.status("/d")
    assert (info.length, info.completed, info.is_directory, info.cacheable, info.blocks) == (2, True, True, False, [])
    assert (info.path, info.name, info.ufs_path, info.mount_id) == ("/d", "d", "/ufs/d", 1)
    assert (info.in_alluxio_percentage, info.block_size_bytes, info.ufs_fingerprint) == (0, 0, "")


def test_percentages_follow_the_live_copies(namespace: Namespace) -> None:
    """`load` skips a file that shows 100 %."""
    info = namespace.completed_file("/f", [100, 100, 50], block_size_bytes=100)
    first, second, _ = info.block_ids
    assert (info.in_alluxio_percentage, info.in_memory_percentage) == (0, 0)
    namespace.locations = {first: (MEM, HDD), second: (HDD,)}
    info = namespace.status("/f")
    assert (info.in_alluxio_percentage, info.in_memory_percentage) == (80, 40)
    assert [block.locations for block in info.blocks] == [(MEM, HDD), (HDD,), ()]
    assert not any(block.ufs_host for block in info.blocks)


def test_uncached_blocks_of_a_persisted_file_are_in_the_under_storage(namespace: Namespace) -> None:
    """Without a place for a block the client's read fails."""
    info = namespace.completed_file("/f", [100, 50], block_size_bytes=100)
    namespace.emit(UpdateInodeEntry(info.file_id, persistence_state=PERSISTED))
    namespace.locations = {info.block_ids[0]: (MEM,)}
    info = namespace.status("/f")
    assert [block.ufs_host for block in info.blocks] == ["", "m1"]
    cached, uncached = file_info_message(info).fileBlockInfos
    assert (list(cached.ufsLocations), list(cached.ufsStringLocations)) == ([], [])
    assert (list(uncached.ufsLocations), list(uncached.ufsStringLocations)) == ([WorkerNetAddress(host="m1")], ["m1"])
    namespace.settings = OpSettings(MountInfo("/", "s3://bucket", 1), storage_host="m1")
    assert [block.ufs_host for block in namespace.status("/f").blocks] == ["", ""], "an object store is on no host"


def test_lost_block_records_of_a_persisted_file_are_computed_again(namespace: Namespace) -> None:
    """One missing block record would make the whole file unreadable, though the under storage has it."""
    info = namespace.completed_file("/f", [100, 50], block_size_bytes=100)
    namespace.emit(UpdateInodeEntry(info.file_id, persistence_state=PERSISTED), *map(DeleteBlockEntry, info.block_ids))
    assert [(block.offset, block.length_bytes) for block in namespace.status("/f").blocks] == [(0, 100), (100, 50)]


def test_file_being_written_shows_the_committed_blocks(namespace: Namespace) -> None:
    """`tail` of an open file."""
    namespace.file("/f")
    info = namespace.status("/f")
    assert (info.length, info.completed, info.in_alluxio_percentage) == (0, False, 100)


def test_safe_mode_hides_files_with_blocks_only(namespace: Namespace) -> None:
    """Right after a fail-over nothing is known about the copies: "not cached" would be a lie."""
    namespace.completed_file("/full", [10])
    namespace.completed_file("/empty")
    namespace.safe_mode = True
    assert namespace.status("/empty").completed
    assert namespace.status("/").is_directory
    with pytest.raises(SafeMode):
        namespace.status("/full")


def test_mount_points_resolve_by_the_longest_prefix(namespace: Namespace) -> None:
    """A path resolved through the wrong mount reads another bucket."""
    for path, uri, mount_id in (("/m", "s3://outer/", 5), ("/m/in", "s3://inner/data/", 6)):
        namespace.directory(path)
        namespace.emit(AddMountPointEntry(path, uri, mount_id, False, False))
    namespace.file("/m/in/f")
    namespace.file("/mx")
    found = {path: namespace.status(path) for path in ("/m", "/m/in", "/m/in/f", "/mx")}
    assert {path: (info.ufs_path, info.mount_id) for path, info in found.items()} == {
        "/m": ("s3://outer/", 5),
        "/m/in": ("s3://inner/data", 6),
        "/m/in/f": ("s3://inner/data/f", 6),
        "/mx": ("/ufs/mx", 1),
    }


def test_missing_and_through_a_file(namespace: Namespace) -> None:
    """`exists` answers false where `getStatus` has two different errors."""
    namespace.file("/f")
    with pytest.raises(FileDoesNotExist, match=r'^Path "/x/y" does not exist\.$'):
        namespace.status("/x/y")
    with pytest.raises(InvalidPath, match=r'component 1 \("f"\)'):
        namespace.status("/f/x")
    assert [namespace.has(path) for path in ("/f", "/x/y", "/f/x", "/")] == [True, False, False, True]


def test_status_needs_execute_on_the_ancestors_only(namespace: Namespace) -> None:
    """The read bit of a file is the worker's business; a closed directory hides what is below."""
    namespace.directory("/open", mode=0o711)
    namespace.file("/open/f", mode=0)
    namespace.directory("/closed", mode=0o600)
    namespace.file("/closed/f")
    assert namespace.status("/open/f", user="ann").name == "f"
    assert namespace.status("/closed", user="ann").is_directory
    with pytest.raises(AccessDenied, match="access=--x, path=/closed/f: failed at closed, "):
        namespace.status("/closed/f", user="ann")
    with pytest.raises(AccessDenied):
        namespace.ask(get_status.exists, "/closed/f", user="ann")


def test_paths_and_status_by_id(namespace: Namespace) -> None:
    """Workers know files by id only."""
    info = namespace.file("/a/b/f")
    assert namespace.ask(get_status.file_path, info.file_id) == "/a/b/f"
    assert namespace.ask(get_status.by_id, info.file_id) == info
    for operation in (get_status.file_path, get_status.by_id):
        with pytest.raises(FileDoesNotExist, match="4711"):
            namespace.ask(operation, 4711)


ACCESS = {
    "owner": ("ann", (), 6),
    "owner beats groups": ("ann", ("staff",), 6),
    "owning group": ("eve", ("staff",), 4),
    "other": ("eve", (), 1),
    "named user, masked": ("bob", (), 5),
    "named user beats groups": ("bob", ("staff", "dev"), 5),
    "named group, masked": ("eve", ("dev",), 4),
    "union of groups": ("eve", ("dev", "staff"), 4),
    "superuser": ("root", (), 7),
    "supergroup": ("eve", ("supergroup",), 7),
}


@pytest.mark.parametrize(("user", "groups", "bits"), ACCESS.values(), ids=ACCESS)
def test_access(namespace: Namespace, user: str, groups: tuple[str, ...], bits: int) -> None:
    """One bit too many is a leak, one too few a support call."""
    namespace.directory("/d", mode=0o777)
    file = namespace.file("/d/f", mode=0o641, user="ann")
    namespace.emit(
        UpdateInodeEntry(file.file_id, group="staff"),
        SetAclEntry(
            file.file_id,
            0,
            SetAclAction.MODIFY,
            (
                AclEntry(AclEntryType.NAMED_USER, "bob", 7),
                AclEntry(AclEntryType.NAMED_GROUP, "dev", 6),
                AclEntry(AclEntryType.MASK, "", 5),
            ),
        ),
    )
    for bit in (READ, WRITE, EXECUTE):
        if bits & bit:
            namespace.ask(check_access.run, "/d/f", bit, user=user, groups=groups)
        else:
            with pytest.raises(AccessDenied):
                namespace.ask(check_access.run, "/d/f", bit, user=user, groups=groups)


def test_access_to_a_missing_path(namespace: Namespace) -> None:
    """First the permission on what exists, then NOT_FOUND."""
    with pytest.raises(FileDoesNotExist):
        namespace.ask(check_access.run, "/x", ALL)
    with pytest.raises(AccessDenied):
        namespace.ask(check_access.run, "/x", WRITE, user="ann")


def test_a_block_beyond_the_end_is_empty(namespace: Namespace) -> None:
    """A writer asked for one more block and used the file's old ones: readers add the lengths up."""
    info = namespace.completed_file("/f", [100, 50], block_size_bytes=100)
    namespace.run(get_new_block_id.run, "/f")
    namespace.run(get_new_block_id.run, "/f")
    namespace.emit(UpdateInodeEntry(info.file_id, persistence_state=PERSISTED))
    assert [block.length_bytes for block in namespace.status("/f").blocks] == [100, 50, 0, 0]
