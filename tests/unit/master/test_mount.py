"""mount, unmount, updateMount, the mount table and the modes of under storages."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileDoesNotExist, InvalidArgument, InvalidPath, Unknown
from pyalluxio.journal.entries import (
    PERSISTED,
    AddMountPointEntry,
    AddSyncPointEntry,
    DeleteBlockEntry,
    DeleteFileEntry,
    DeleteMountPointEntry,
    InodeDirectoryEntry,
    InodeDirectoryIdGeneratorEntry,
    RemoveSyncPointEntry,
    UfsMode,
    UpdateInodeEntry,
    UpdateUfsModeEntry,
)
from pyalluxio.master.ops import mount, mount_info, schedule_persist, unmount, update_mount, update_ufs_mode
from pyalluxio.master.ops.mount import MountRequest
from pyalluxio.master.ops.ufs_steps import ProbeMount, StalePlan, StepResult, UfsResults
from pyalluxio.master.ops.unmount import NotPersistedYet
from pyalluxio.master.state.effects import MountAdded, MountRemoved
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import BLOCKS, UFS_MODES
from tests.unit.master.namespace import ASYNC, START_MS, Namespace
from tests.unit.master.trees import (
    DIRECTORY_FINGERPRINT,
    directory_status,
    file_status,
    in_chunks,
    inode,
    load,
    names_below,
    of_type,
)

FOUND = StepResult(
    fingerprint=DIRECTORY_FINGERPRINT, adopted=True, owner="ann", group="staff", mode=0o750, last_modified_ms=500
)


def mount_at(
    namespace: Namespace,
    path: str,
    uri: str = "s3://b/x",
    *,
    user: str = "root",
    found: StepResult = FOUND,
    **opts: Any,
) -> MountInfo:
    """Plan and run, as the shell does."""
    request = MountRequest(path, uri, **opts)
    for step in namespace.ask(mount.plan, request, user=user):
        assert step.path == path
    result = in_chunks(namespace, mount.run, request, UfsResults({path: found}), user=user)
    assert isinstance(result, MountInfo)
    return result


def table(namespace: Namespace) -> dict[str, MountInfo]:
    return {info.path: info for info in namespace.ask(mount_info.mount_table, lambda key: "secret" in key)}


# --- mount ---------------------------------------------------------------------------------------------------------


def test_probe(namespace: Namespace) -> None:
    """A mount point over existing data of the parent's storage would hide them."""
    namespace.directory("/a")
    request = MountRequest("/a/m", "s3://b//x/", properties={"k": "v", "a": "b"})
    assert namespace.ask(mount.plan, request) == (
        ProbeMount("/a/m", "/ufs/a/m", 1, "s3://b/x", (("a", "b"), ("k", "v"))),
    )


def test_entries(namespace: Namespace) -> None:
    """Official standbys apply the directory first: an entry without its directory ends them."""
    namespace.now_ms += 5
    info = mount_at(namespace, "/m", properties={"k": "v"}, read_only=True)
    assert [type(entry) for entry in namespace.emitted] == [
        UpdateInodeEntry,
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        UpdateInodeEntry,
        AddMountPointEntry,
    ]
    assert namespace.emitted[-1] == AddMountPointEntry("/m", "s3://b/x", info.mount_id, True, False, (("k", "v"),))
    assert namespace.effects == [MountAdded(info)]
    assert inode(namespace, "/").last_modified_ms == START_MS + 5


def test_directory_is_that_of_the_storage(namespace: Namespace) -> None:
    """With other owners or times the first metadata sync would find everything changed."""
    mount_at(namespace, "/m")
    directory = inode(namespace, "/m")
    assert (directory.owner, directory.group, directory.mode, directory.last_modified_ms) == (
        "ann",
        "staff",
        0o750,
        500,
    )
    assert (directory.mount_point, directory.persistence_state) == (True, PERSISTED)
    assert (directory.direct_children_loaded, directory.ttl_ms) == (False, -1)
    assert directory.ufs_fingerprint == DIRECTORY_FINGERPRINT
    assert namespace.status("/m").ufs_path == "s3://b/x"


def test_storage_without_owners(namespace: Namespace) -> None:
    """A bucket has no modes: its directory belongs to who mounted it, and can be entered."""
    mount_at(namespace, "/m", found=StepResult(adopted=True), user="root")
    directory = inode(namespace, "/m")
    assert (directory.owner, directory.group, directory.mode) == ("root", "root", 0o755)


def test_shared(namespace: Namespace) -> None:
    """A shared mount is for everybody: others may what the owner may."""
    mount_at(namespace, "/m", shared=True)
    assert inode(namespace, "/m").mode == 0o757


def test_web_is_read_only(namespace: Namespace) -> None:
    """A web server takes no files: a mount that accepted them would fail later, and lose them."""
    assert mount_at(namespace, "/m", "https://example.org/data").read_only


def test_nested(namespace: Namespace) -> None:
    """A mount point within another resolves to its own storage."""
    mount_at(namespace, "/m")
    mount_at(namespace, "/m/n", "s3://other/")
    assert namespace.status("/m/n").ufs_path == "s3://other/"
    assert namespace.status("/m").ufs_path == "s3://b/x"


REFUSED = {
    "path exists": ("/dir", "s3://n/", {}, "already exists"),
    "root": ("/", "s3://n/", {}, "already exists"),
    "a mount point already": ("/m", "s3://n/", {}, "already exists"),
    "parent missing": ("/no/n", "s3://n/", {}, "parent"),
    "parent is a file": ("/file/n", "s3://n/", {}, "through a file"),
    "the same address": ("/n", "s3://b/x/", {}, "mounted at /m"),
    "below a mounted address": ("/n", "s3://b/x/y", {}, "mounted at /m"),
    "above a mounted address": ("/n", "s3://b/", {}, "mounted at /m"),
    "below the root's address": ("/n", "/ufs/y", {}, "mounted at /"),
    "the root's, with a scheme": ("/n", "file:///ufs/y", {}, "mounted at /"),
    "a mounted address by a detour": ("/n", "s3://b/y/../x/z", {}, "mounted at /m"),
    "above everything": ("/n", "s3://n/a/../../x", {}, "no address"),
    "no address": ("/n", "relative", {}, "no address"),
    "read-only parent": ("/ro/n", "s3://n/", {}, "read-only"),
    "without WRITE": ("/n", "s3://n/", {"user": "eve"}, "Permission denied"),
    "not a directory there": ("/n", "s3://n/", {"found": StepResult(error="s3://n/ is missing")}, "s3://n/ is missing"),
    "remount of a plain directory": ("/dir", "s3://n/", {"remount": True}, "already exists"),
}


@pytest.mark.parametrize(("path", "uri", "options", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(namespace: Namespace, path: str, uri: str, options: dict[str, Any], text: str) -> None:
    """Two mounts of the same data would disagree; official clients expect UNKNOWN, the reason on the last line."""
    namespace.directory("/dir")
    namespace.file("/file")
    mount_at(namespace, "/m")
    mount_at(namespace, "/ro", "s3://ro/", read_only=True)
    with pytest.raises(Unknown) as raised:
        mount_at(namespace, path, uri, **options)
    assert type(raised.value) is Unknown
    *progress, reason = str(raised.value).split("\n")
    assert progress
    assert text in reason
    assert set(table(namespace)) == {"/", "/m", "/ro"}


OTHER_ADDRESSES = {
    "another bucket": "s3://bb/x",
    "another scheme": "gs://b/x",
    "a name that only begins alike": "s3://b/xy",
    "local": "/ufs2",
}


@pytest.mark.parametrize("uri", OTHER_ADDRESSES.values(), ids=OTHER_ADDRESSES)
def test_other_addresses_may_be_mounted(namespace: Namespace, uri: str) -> None:
    """A comparison of texts alone would refuse neighbours."""
    mount_at(namespace, "/m")
    assert mount_at(namespace, "/n", uri).ufs_uri == uri


def test_an_address_by_a_detour_is_the_one_it_leads_to(namespace: Namespace) -> None:
    """Taken as text it would lie in its neighbour and be refused, or be mounted twice under two spellings."""
    mount_at(namespace, "/m")
    assert mount_at(namespace, "/n", "s3://b/x/../y/.").ufs_uri == "s3://b/y"


def test_the_probe_is_needed(namespace: Namespace) -> None:
    """Mounted unseen, an address with a typing error would show an empty directory."""
    with pytest.raises(StalePlan):
        in_chunks(namespace, mount.run, MountRequest("/m", "s3://b/"), UfsResults())
    assert namespace.emitted == []


def test_remount(namespace: Namespace) -> None:
    """What was known of the old address must not be taken for the new one's."""
    old = mount_at(namespace, "/m")
    load(namespace, "/m", file_status("f"))
    new = mount_at(namespace, "/m", "s3://b/y", remount=True)
    assert names_below(namespace, "/m") == []
    assert table(namespace)["/m"] == new
    assert new.mount_id != old.mount_id


def test_remount_that_fails_keeps_the_old(namespace: Namespace) -> None:
    """A typing error must not cost the mount point that works."""
    old = mount_at(namespace, "/m")
    with pytest.raises(Unknown):
        mount_at(namespace, "/m", "s3://no/", remount=True, found=StepResult(error="missing"))
    assert table(namespace)["/m"] == old


def test_remount_above_another(namespace: Namespace) -> None:
    """The one below would be gone with its parent, although nobody spoke of it."""
    mount_at(namespace, "/m")
    mount_at(namespace, "/m/n", "s3://n/")
    with pytest.raises(Unknown, match="/m/n is mounted below"):
        mount_at(namespace, "/m", "s3://b/y", remount=True)
    assert set(table(namespace)) == {"/", "/m", "/m/n"}


# --- unmount -------------------------------------------------------------------------------------------------------


def test_unmount(namespace: Namespace) -> None:
    """Left-over inodes would resolve to another storage; left-over blocks would fill the workers."""
    info = mount_at(namespace, "/m")
    load(namespace, "/m", directory_status("a"), file_status("f"))
    load(namespace, "/m/a", file_status("g"))
    namespace.emit(AddSyncPointEntry("/m/a", info.mount_id))
    in_chunks(namespace, unmount.run, "/m")
    assert not namespace.has("/m")
    assert namespace.effects[-1] == MountRemoved(info)
    kinds = [type(entry) for entry in namespace.emitted]
    assert kinds[-3:] == [RemoveSyncPointEntry, DeleteMountPointEntry, DeleteFileEntry]
    assert len(of_type(namespace.emitted, DeleteFileEntry)) == 4
    assert len(of_type(namespace.emitted, DeleteBlockEntry)) == 2
    with namespace.store.read() as view:
        assert list(view.scan(BLOCKS)) == []


def test_interrupted_unmount_can_be_repeated(namespace: Namespace) -> None:
    """What an interrupted attempt left must be reachable, and what it took be found again on the next access."""
    mount_at(namespace, "/m")
    load(namespace, "/m", directory_status("a"))
    load(namespace, "/m/a", *(file_status(f"f{number:04}") for number in range(400)))
    assert inode(namespace, "/m/a").direct_children_loaded

    with pytest.raises(InterruptedError):
        in_chunks(namespace, unmount.run, "/m", between=_interrupt)
    assert 0 < len(names_below(namespace, "/m/a")) < 400
    assert "/m" in table(namespace)
    assert not inode(namespace, "/m/a").direct_children_loaded
    in_chunks(namespace, unmount.run, "/m")
    assert not namespace.has("/m")


def _interrupt() -> None:
    raise InterruptedError


UNMOUNT_REFUSED = {
    "missing": ("/no", "root", FileDoesNotExist, "/no"),
    "no mount point": ("/dir", "root", InvalidPath, "not a mount point"),
    "root": ("/", "root", InvalidPath, "root"),
    "another below": ("/m", "root", InvalidPath, "/m/n"),
    "without WRITE": ("/m/n", "eve", AccessDenied, "-w-"),
}


@pytest.mark.parametrize(("path", "user", "error", "text"), UNMOUNT_REFUSED.values(), ids=UNMOUNT_REFUSED)
def test_unmount_refused(namespace: Namespace, path: str, user: str, error: type[AlluxioError], text: str) -> None:
    """A mount point removed under another's feet would leave that one unreachable."""
    namespace.directory("/dir")
    mount_at(namespace, "/m", found=StepResult(adopted=True))
    mount_at(namespace, "/m/n", "s3://n/")
    with pytest.raises(error) as raised:
        in_chunks(namespace, unmount.run, path, user=user)
    assert text in str(raised.value)
    assert namespace.emitted == []


def test_files_that_wait_for_their_storage_keep_the_mount_point(namespace: Namespace) -> None:
    """Acknowledged data that is nowhere else would go without a word; what its writer left half done may go."""
    mount_at(namespace, "/m")
    for number in range(70):
        namespace.completed_file(f"/elsewhere/f{number}", write_type=ASYNC)
        namespace.run(schedule_persist.run, f"/elsewhere/f{number}", 0)
    namespace.file("/m/open", write_type=ASYNC)
    for path in ("/m/a", "/m/b"):
        namespace.completed_file(path, [5], write_type=ASYNC)
    with pytest.raises(NotPersistedYet, match="2 files below it are not in the under storage yet, such as /m/a"):
        in_chunks(namespace, unmount.run, "/m")
    with pytest.raises(NotPersistedYet):
        mount_at(namespace, "/m", "s3://b/y", remount=True)
    for path in ("/m/a", "/m/b"):
        namespace.emit(UpdateInodeEntry(inode(namespace, path).id, persistence_state=PERSISTED))
    in_chunks(namespace, unmount.run, "/m")
    assert not namespace.has("/m")
    assert namespace.has("/elsewhere/f0")


# --- updateMount ---------------------------------------------------------------------------------------------------


def test_update(namespace: Namespace) -> None:
    """New credentials need a new id, or workers would go on with the old ones."""
    old = mount_at(namespace, "/m", properties={"k": "old"}, read_only=True)
    request = MountRequest("/m", "", shared=True, properties={"k": "new"})
    assert namespace.ask(update_mount.plan, request) == (
        ProbeMount("/m", None, old.mount_id, "s3://b/x", (("k", "new"),)),
    )
    new = namespace.run(update_mount.run, request, UfsResults({"/m": FOUND}))
    assert [type(entry) for entry in namespace.emitted] == [DeleteMountPointEntry, AddMountPointEntry]
    assert new == MountInfo("/m", "s3://b/x", new.mount_id, False, True, (("k", "new"),))
    assert new.mount_id != old.mount_id
    assert table(namespace)["/m"] == new


def test_update_of_a_web_mount(namespace: Namespace) -> None:
    """A web server takes no files, whatever the options say."""
    mount_at(namespace, "/m", "https://example.org/data")
    assert namespace.run(update_mount.run, MountRequest("/m", ""), UfsResults({"/m": FOUND})).read_only


UPDATE_REFUSED = {
    "root": ("/", "root", FOUND, InvalidPath),
    "no mount point": ("/dir", "root", FOUND, InvalidPath),
    "actively synced": ("/synced", "root", FOUND, InvalidPath),
    "the storage refuses": ("/m", "root", StepResult(error="403"), Unknown),
    "without WRITE": ("/m", "eve", FOUND, AccessDenied),
}


@pytest.mark.parametrize(("path", "user", "found", "error"), UPDATE_REFUSED.values(), ids=UPDATE_REFUSED)
def test_update_refused(
    namespace: Namespace, path: str, user: str, found: StepResult, error: type[AlluxioError]
) -> None:
    """Options that do not work would take the mount point away from everybody who uses it."""
    namespace.directory("/dir")
    mount_at(namespace, "/m")
    synced = mount_at(namespace, "/synced", "hdfs://h/")
    namespace.emit(AddSyncPointEntry("/synced/a", synced.mount_id))
    with pytest.raises(error) as raised:
        namespace.run(update_mount.run, MountRequest(path, ""), UfsResults({path: found}), user=user)
    assert type(raised.value) is error
    assert namespace.emitted == []


# --- what is mounted where -----------------------------------------------------------------------------------------


def test_table_masks_credentials(namespace: Namespace) -> None:
    """The table is shown to everybody; the workers need what is masked there."""
    info = mount_at(namespace, "/m", properties={"secret.key": "s3cr3t", "region": "x"})
    shown = table(namespace)
    assert list(shown) == ["/", "/m"]
    assert shown["/m"].properties == (("region", "x"), ("secret.key", "******"))
    assert namespace.ask(mount_info.by_id, info.mount_id) == info
    assert namespace.ask(mount_info.by_id, 4711) is None


REVERSE = {
    "mount point": ("s3://b/x", "/m"),
    "below": ("s3://b/x/y/z", "/m/y/z"),
    "root": ("/ufs/y", "/y"),
}


@pytest.mark.parametrize(("uri", "path"), REVERSE.values(), ids=REVERSE)
def test_reverse_resolve(namespace: Namespace, uri: str, path: str) -> None:
    """Catalogues name files by their address; a wrong path reads somebody else's data."""
    mount_at(namespace, "/m")
    assert namespace.ask(mount_info.reverse_resolve, uri, user="eve") == path


def test_reverse_resolve_of_a_stranger(namespace: Namespace) -> None:
    """Nothing mounted: a clear refusal, not the root."""
    with pytest.raises(InvalidPath, match="s3://b/x"):
        namespace.ask(mount_info.reverse_resolve, "s3://b/x")


MODES = {
    "local": ("/anything/below", "/"),
    "bucket": ("s3://b/deep/below", "s3://b/"),
}


@pytest.mark.parametrize(("uri", "root"), MODES.values(), ids=MODES)
def test_ufs_mode(namespace: Namespace, uri: str, root: str) -> None:
    """Maintenance is announced with any path of the storage and must hold for all of it."""
    mount_at(namespace, "/m")
    namespace.run(update_ufs_mode.run, uri, UfsMode.NO_ACCESS)
    assert namespace.emitted == [UpdateUfsModeEntry(root, UfsMode.NO_ACCESS)]
    with namespace.store.read() as view:
        assert view.get(UFS_MODES, root) is UfsMode.NO_ACCESS


def test_ufs_mode_of_a_stranger(namespace: Namespace) -> None:
    """A typing error must not look as if the storage were out of use."""
    with pytest.raises(InvalidArgument, match="s3://b/"):
        namespace.run(update_ufs_mode.run, "s3://b/x", UfsMode.NO_ACCESS)
    assert namespace.emitted == []
