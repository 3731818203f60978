"""Loading metadata: what the under storage has becomes inodes, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AlluxioError, FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import (
    PERSISTED,
    AclEntry,
    AclEntryType,
    AddMountPointEntry,
    BlockInfoEntry,
    InodeDirectoryEntry,
    InodeDirectoryIdGeneratorEntry,
    InodeFileEntry,
    SetAclAction,
    SetAclEntry,
    TtlAction,
    UpdateInodeDirectoryEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import load_metadata
from pyalluxio.master.ops.load_metadata import FoundStatus, LoadOptions, LoadResult, Missing
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state.tx import BLOCKS
from tests.unit.master.namespace import BLOCK, START_MS, Namespace
from tests.unit.master.trees import (
    DIRECTORY_FINGERPRINT,
    FINGERPRINT,
    OPTIONS,
    directory_status,
    file_status,
    in_chunks,
    inode,
    load,
    names_below,
    of_type,
)


def children(namespace: Namespace, path: str, *statuses: FoundStatus, options: LoadOptions = OPTIONS) -> LoadResult:
    result = in_chunks(namespace, load_metadata.load_children, path, statuses, options)
    assert isinstance(result, LoadResult)
    return result


def test_file(namespace: Namespace) -> None:
    """A loaded file has to look as the storage shows it, or clients read it wrongly and syncs reload it for ever."""
    namespace.now_ms += 9
    load(namespace, "/", file_status("f", length_bytes=BLOCK + 1, xattr={"x": b"1"}))
    file = inode(namespace, "/f")
    assert (file.completed, file.persistence_state, file.length_bytes) == (True, PERSISTED, BLOCK + 1)
    assert (file.owner, file.group, file.mode) == ("ann", "staff", 0o644)
    assert (file.creation_time_ms, file.last_modified_ms, file.last_accessed_ms) == (START_MS + 9, 500, 500)
    assert (file.block_size_bytes, len(file.block_ids), file.cacheable) == (BLOCK, 2, True)
    assert (file.ttl_ms, file.replication_min, file.replication_max) == (-1, 0, -1)
    assert file.xattr == {"x": b"1", "s3_etag": b"h"}
    assert file.ufs_fingerprint == FINGERPRINT
    with namespace.store.read() as view:
        assert [view.get(BLOCKS, block) for block in file.block_ids] == [BLOCK, 1]


def test_entries_of_a_file(namespace: Namespace) -> None:
    """Official standbys read this log: the blocks come first, then one entry with everything."""
    load(namespace, "/", file_status("f", length_bytes=2 * BLOCK))
    kinds = [type(entry) for entry in namespace.emitted]
    assert kinds == [BlockInfoEntry, BlockInfoEntry, InodeFileEntry, UpdateInodeDirectoryEntry]
    assert namespace.emitted[-1] == UpdateInodeDirectoryEntry(0, direct_children_loaded=True)


def test_entries_of_a_directory(namespace: Namespace) -> None:
    """Its fingerprint is no part of the directory's entry: without one of its own every sync would find a change."""
    load(namespace, "/", directory_status("d"))
    kinds = [type(entry) for entry in namespace.emitted]
    assert kinds == [
        InodeDirectoryIdGeneratorEntry,
        InodeDirectoryEntry,
        UpdateInodeEntry,
        UpdateInodeDirectoryEntry,
    ]
    directory = inode(namespace, "/d")
    assert (directory.owner, directory.mode, directory.last_modified_ms) == ("ann", 0o755, 500)
    assert (directory.ufs_fingerprint, directory.direct_children_loaded) == (DIRECTORY_FINGERPRINT, False)


LENGTHS = {
    "empty": (0, []),
    "less than a block": (5, [5]),
    "exactly one block": (BLOCK, [BLOCK]),
    "two and a bit": (2 * BLOCK + 3, [BLOCK, BLOCK, 3]),
    "unknown": (-1, [-1]),
}


@pytest.mark.parametrize(("length", "blocks"), LENGTHS.values(), ids=LENGTHS)
def test_blocks(namespace: Namespace, length: int, blocks: list[int]) -> None:
    """A block too many, or one of a wrong length, makes reads fail at the file's end."""
    load(namespace, "/", file_status("f", length_bytes=length))
    file = inode(namespace, "/f")
    with namespace.store.read() as view:
        assert [view.get(BLOCKS, block) for block in file.block_ids] == blocks
    assert file.length_bytes == length


def test_time_to_live_of_the_request(namespace: Namespace) -> None:
    """What a user lists with a time to live is to go again; what nobody gave one must stay."""
    options = LoadOptions(BLOCK, 7, TtlAction.FREE)
    children(namespace, "/", file_status("f"), directory_status("d"), options=options)
    for path in ("/f", "/d"):
        assert (inode(namespace, path).ttl_ms, inode(namespace, path).ttl_action) == (7, TtlAction.FREE)


def test_pins_are_inherited(namespace: Namespace) -> None:
    """A pinned directory pins what appears in it later, from the storage too."""
    namespace.directory("/d")
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/d").id, pinned=True, medium_type=("SSD",)))
    load(namespace, "/d", file_status("f"), directory_status("e"))
    for path in ("/d/f", "/d/e"):
        assert (inode(namespace, path).pinned, inode(namespace, path).medium_types) == (True, ("SSD",))
    assert inode(namespace, "/d/f").replication_min == 1


def test_default_acl(namespace: Namespace) -> None:
    """Below a default ACL a file is as open as the administrator wants, a directory as closed as in the storage."""
    namespace.directory("/d")
    entry = AclEntry(AclEntryType.NAMED_USER, "bob", 6, is_default=True)
    namespace.emit(SetAclEntry(inode(namespace, "/d").id, START_MS, SetAclAction.MODIFY, (entry,)))
    load(namespace, "/d", file_status("f", mode=0o600), directory_status("e", mode=0o700))
    file, directory = inode(namespace, "/d/f"), inode(namespace, "/d/e")
    assert (file.owner, file.mode, file.acl.users, file.acl.mask) == ("ann", 0o755, (("bob", 6),), 7)
    assert directory.default_acl is not None
    assert directory.default_acl.users == (("bob", 6),)
    assert (directory.mode, directory.acl.users, directory.acl.mask) == (0o700, (("bob", 6),), 7)


@pytest.mark.parametrize("mode", [0o700, 0o777, 0o550])
def test_default_acl_without_named_entries(namespace: Namespace, mode: int) -> None:
    """As 2.9.6 loads it: a directory closed in the storage must not be opened here."""
    namespace.directory("/d")
    entry = AclEntry(AclEntryType.OTHER, "", 2, is_default=True)
    namespace.emit(SetAclEntry(inode(namespace, "/d").id, START_MS, SetAclAction.MODIFY, (entry,)))
    load(namespace, "/d", file_status("f", mode=mode), directory_status("e", mode=mode))
    assert (inode(namespace, "/d/f").mode, inode(namespace, "/d/e").mode) == (0o752, mode)


def test_shared_mount(namespace: Namespace) -> None:
    """In a shared mount others may what the owner may, in every file that is loaded."""
    namespace.directory("/m")
    namespace.emit(AddMountPointEntry("/m", "s3://b/", 5, False, True))
    load(namespace, "/m", file_status("f", mode=0o640), directory_status("d", mode=0o700))
    assert (inode(namespace, "/m/f").mode, inode(namespace, "/m/d").mode) == (0o646, 0o707)


DEFAULTS = {
    "file": (file_status("x", mode=None, last_modified_ms=None, content_hash=None), 0o644, None),
    "directory": (directory_status("x", mode=None, last_modified_ms=None), 0o755, None),
}


@pytest.mark.parametrize(("status", "mode", "xattr"), DEFAULTS.values(), ids=DEFAULTS)
def test_what_the_storage_does_not_tell(
    namespace: Namespace, status: FoundStatus, mode: int, xattr: dict[str, bytes] | None
) -> None:
    """Object stores know neither modes nor, for directories, times."""
    load(namespace, "/", status)
    found = inode(namespace, "/x")
    assert (found.mode, found.last_modified_ms, found.xattr) == (mode, START_MS, xattr)


# --- the children of a directory -----------------------------------------------------------------------------------

SKIPPED = {
    "temporary": ("f.alluxio.0x0123456789ABCDEF.tmp", False),
    "empty": ("", True),
    "dot": (".", True),
    "two dots": ("..", True),
    "slash": ("a/b", True),
    "backslash": ("a\\b", True),
    "question mark": ("a?b", True),
    "NUL": ("a\0b", True),
    "not UTF-8": ("a\udcff", True),
}


@pytest.mark.parametrize(("name", "is_told"), SKIPPED.values(), ids=SKIPPED)
def test_skipped_names(namespace: Namespace, name: str, is_told: bool) -> None:
    """One strange name in a bucket must not make its directory unreadable, nor appear as another file."""
    result = children(namespace, "/", file_status(name), file_status("ok"))
    assert names_below(namespace, "/") == ["ok"]
    assert result.loaded == 1
    assert [skipped for skipped, _ in result.skipped] == ([name] if is_told else [])
    assert all(reason for _, reason in result.skipped)


def test_ordinary_names(namespace: Namespace) -> None:
    """Blanks, colons, percent signs, stars and letters of all languages are names like any other."""
    names = sorted(["a b", "a:b", "%20", "*", "käse", "日本", "..."])
    children(namespace, "/", *(file_status(name) for name in names))
    assert names_below(namespace, "/") == names


def test_names_that_exist_are_left_alone(namespace: Namespace) -> None:
    """A file written to Alluxio only must not be replaced by listing its directory."""
    before = namespace.file("/f")
    result = children(namespace, "/", file_status("f"), file_status("g"))
    assert result.loaded == 1
    assert inode(namespace, "/f").id == before.file_id


def test_listing_again_changes_nothing(namespace: Namespace) -> None:
    """A client that asks for ALWAYS in a loop would fill the journal."""
    statuses = (file_status("f"), directory_status("d"))
    children(namespace, "/", *statuses)
    children(namespace, "/", *statuses)
    assert namespace.emitted == []


def test_empty_directory_is_loaded(namespace: Namespace) -> None:
    """Otherwise every listing asks the storage again."""
    children(namespace, "/")
    assert inode(namespace, "/").direct_children_loaded


def test_a_large_directory_is_loaded_in_chunks(namespace: Namespace) -> None:
    """A bucket of a million objects must not hold everybody else up; only the whole listing counts as loaded."""
    flags: list[bool] = []
    statuses = [file_status(f"f{number:04}") for number in range(600)]
    in_chunks(
        namespace,
        load_metadata.load_children,
        "/",
        statuses,
        OPTIONS,
        between=lambda: flags.append(inode(namespace, "/").direct_children_loaded),
    )
    assert len(flags) >= 2
    assert not any(flags)
    assert inode(namespace, "/").direct_children_loaded
    assert inode(namespace, "/").child_count == 600


def test_a_directory_that_vanishes_meanwhile(namespace: Namespace) -> None:
    """Deleted between listing and loading: to be looked at again, not to be recreated."""
    with pytest.raises(StalePlan):
        children(namespace, "/gone", file_status("f"))
    namespace.file("/f")
    with pytest.raises(StalePlan):
        children(namespace, "/f", file_status("g"))


# --- one path ------------------------------------------------------------------------------------------------------


def test_what_is_missing(namespace: Namespace) -> None:
    """The storage is asked about these and no others: a path that exists costs nothing."""
    namespace.directory("/a")
    assert namespace.ask(load_metadata.missing, "/a/b/c") == [
        Missing("/a/b", "/ufs/a/b", 1),
        Missing("/a/b/c", "/ufs/a/b/c", 1),
    ]
    assert namespace.ask(load_metadata.missing, "/a") == []


def test_path_with_ancestors(namespace: Namespace) -> None:
    """Ancestors made up instead of asked for would be open to everybody, or closed to their owners."""
    statuses = {"/a": directory_status("a", mode=0o700), "/a/b": directory_status("b", owner="bob")}
    statuses["/a/b/f"] = file_status("f")
    loaded = namespace.run(load_metadata.load_path, "/a/b/f", statuses, OPTIONS)
    assert loaded.id == inode(namespace, "/a/b/f").id
    assert (inode(namespace, "/a").mode, inode(namespace, "/a/b").owner) == (0o700, "bob")
    assert of_type(namespace.emitted, UpdateInodeDirectoryEntry) == []


def test_path_that_exists_by_now(namespace: Namespace) -> None:
    """Two clients ask for the same path: the second finds it."""
    namespace.file("/f")
    assert namespace.run(load_metadata.load_path, "/f", {}, OPTIONS).id == inode(namespace, "/f").id
    assert namespace.emitted == []


PATH_REFUSED: dict[str, tuple[str, dict[str, FoundStatus], type[AlluxioError]]] = {
    "missing": ("/a", {}, FileDoesNotExist),
    "below a missing directory": ("/a/f", {"/a/f": file_status("f")}, FileDoesNotExist),
    "missing in a directory": ("/a/f", {"/a": directory_status("a")}, FileDoesNotExist),
    "through a file": ("/a/f", {"/a": file_status("a"), "/a/f": file_status("f")}, InvalidPath),
    "too many blocks": ("/f", {"/f": file_status("f", length_bytes=1 << 62)}, InvalidPath),
}


@pytest.mark.parametrize(("path", "statuses", "error"), PATH_REFUSED.values(), ids=PATH_REFUSED)
def test_path_refused(namespace: Namespace, path: str, statuses: dict[str, Any], error: type[AlluxioError]) -> None:
    """Half a path loaded would be there for ever although nobody has it."""
    with pytest.raises(error):
        namespace.run(load_metadata.load_path, path, statuses, OPTIONS)
    assert namespace.emitted == []
