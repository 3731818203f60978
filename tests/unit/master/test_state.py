"""The state's own rules: what apply refuses, ACL arithmetic, TTL, pins, operation ids, legacy entries, digest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyalluxio.errors import Internal, InvalidArgument, InvalidPath, InvariantViolated
from pyalluxio.journal import entries as e
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state import operation_ids, ttl
from pyalluxio.master.state.acl import Acl
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.digest import differences, digest
from pyalluxio.master.state.inode import TIME_MAX_MS
from pyalluxio.master.state.mount_table import MountInfo, MountTable, normalise_uri
from pyalluxio.master.state.tx import (
    BLOCKS,
    COUNTERS,
    INODES,
    NEXT_SEQUENCE,
    OPERATION_RING,
    OPERATIONS,
    PATH_PROPERTIES,
    PINNED,
    REPLICATION_LIMITED,
    SYNC_POINTS,
    TO_BE_PERSISTED,
)
from pyalluxio.master.state.validate import validate
from tests.unit.master.namespace import START_MS, Namespace

# --- apply ---------------------------------------------------------------------------------------------------------


def keys(namespace: Namespace, table: object) -> list[object]:
    with namespace.store.read() as view:
        return [key for key, _ in view.scan(table)]  # type: ignore[arg-type]


def refuse(namespace: Namespace, entry: e.Entry) -> None:
    tx = namespace.store.begin()
    try:
        with pytest.raises(InvariantViolated):
            apply(tx, tx.get(COUNTERS, NEXT_SEQUENCE) or 0, entry)
    finally:
        tx.abort()


@pytest.mark.parametrize("offset", [-1, 1])
def test_sequence_numbers_have_no_gap_and_no_repetition(namespace: Namespace, offset: int) -> None:
    """A gap is a lost entry; applying past it serves a state that never was."""
    tx = namespace.store.begin()
    with pytest.raises(InvariantViolated, match="is the next one"):
        apply(tx, (tx.get(COUNTERS, NEXT_SEQUENCE) or 0) + offset, e.NewBlockEntry(1))
    tx.abort()


IMPOSSIBLE: dict[str, Callable[[Namespace], e.Entry]] = {
    "unknown kind": lambda n: e.CatalogEntry("attach_db", b""),
    "delete the root": lambda n: e.DeleteFileEntry(0, False, 1),
    "delete a directory with children": lambda n: e.DeleteFileEntry(n.status("/d").file_id, False, 1),
    "delete what is gone": lambda n: e.DeleteFileEntry(4711, False, 1),
    "block for a directory": lambda n: e.NewBlockEntry(n.status("/d").file_id),
    "file attributes of a directory": lambda n: e.UpdateInodeFileEntry(n.status("/d").file_id, length=1),
    "directory attributes of a file": lambda n: e.UpdateInodeDirectoryEntry(n.status("/d/f").file_id),
    "update of what is gone": lambda n: e.UpdateInodeEntry(4711, pinned=True),
    "move by update": lambda n: e.UpdateInodeEntry(n.status("/d/f").file_id, name="g"),
    "rename onto an existing name": lambda n: e.RenameEntry(n.status("/d/f").file_id, 1, n.status("/d").file_id, "g"),
    "default ACL of a file": lambda n: e.SetAclEntry(
        n.status("/d/f").file_id, 1, e.SetAclAction.MODIFY, (e.AclEntry(e.AclEntryType.MASK, "", 7, True),)
    ),
    "removal of a base entry": lambda n: e.SetAclEntry(
        n.status("/d").file_id, 1, e.SetAclAction.REMOVE, (e.AclEntry(e.AclEntryType.OWNER, "", 0),)
    ),
    "unmount of no mount": lambda n: e.DeleteMountPointEntry("/d"),
}


@pytest.mark.parametrize("entry", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_entries_that_do_not_fit_stop_the_process(namespace: Namespace, entry: Callable[[Namespace], e.Entry]) -> None:
    """A damaged journal must not be applied half: members would differ without anybody noticing."""
    namespace.file("/d/f")
    namespace.file("/d/g")
    refuse(namespace, entry(namespace))


def test_access_time_of_a_deleted_inode_is_ignored(namespace: Namespace) -> None:
    """Access times are journaled late, when the file may be gone."""
    namespace.emit(e.UpdateInodeEntry(4711, last_access_time_ms=5))


def test_times_only_move_forward_unless_told(namespace: Namespace) -> None:
    """Clocks of two leaders differ; a file must not become older."""
    file = namespace.file("/f").file_id
    namespace.emit(e.UpdateInodeEntry(file, last_modification_time_ms=5, last_access_time_ms=5))
    assert (namespace.status("/f").last_modified_ms, namespace.status("/f").last_accessed_ms) == (START_MS, START_MS)
    namespace.emit(
        e.UpdateInodeEntry(
            file,
            last_modification_time_ms=5,
            overwrite_modification_time=True,
            last_access_time_ms=6,
            overwrite_access_time=True,
        )
    )
    assert (namespace.status("/f").last_modified_ms, namespace.status("/f").last_accessed_ms) == (5, 6)


def test_empty_owner_and_group_change_nothing(namespace: Namespace) -> None:
    """Under NOSASL entries carry empty names."""
    namespace.emit(e.UpdateInodeEntry(namespace.file("/f").file_id, owner="", group=""))
    assert namespace.status("/f").acl.owner == "root"


XATTRS = {
    "unset": (None, {"a": b"new"}),
    "truncate": (e.XAttrStrategy.TRUNCATE, {"a": b"new"}),
    "union, replace": (e.XAttrStrategy.UNION_REPLACE, {"a": b"new", "b": b"old"}),
    "union, preserve": (e.XAttrStrategy.UNION_PRESERVE, {"a": b"old", "b": b"old"}),
    "delete keys": (e.XAttrStrategy.DELETE_KEYS, {"b": b"old"}),
}


@pytest.mark.parametrize(("strategy", "expected"), XATTRS.values(), ids=XATTRS)
def test_xattr_strategies(namespace: Namespace, strategy: e.XAttrStrategy | None, expected: dict[str, bytes]) -> None:
    """The S3 proxy keeps etags and tags side by side there."""
    file = namespace.file("/f", xattr={"a": b"old", "b": b"old"}).file_id
    namespace.emit(e.UpdateInodeEntry(file, xattr={"a": b"new"}, xattr_update_strategy=strategy))
    assert namespace.status("/f").xattr == expected
    namespace.emit(e.UpdateInodeEntry(file, xattr={}, xattr_update_strategy=strategy))
    assert namespace.status("/f").xattr == expected


def test_pin_and_replication_are_coupled(namespace: Namespace) -> None:
    """A pinned file of which no copy is kept is pinned in name only."""
    file = namespace.file("/f", replication_max=0).file_id
    assert keys(namespace, REPLICATION_LIMITED) == [file]
    namespace.emit(e.UpdateInodeEntry(file, pinned=True, medium_type=("MEM",)))
    info = namespace.status("/f")
    assert (info.pinned, info.replication_min, info.replication_max, info.medium_types) == (True, 1, -1, ("MEM",))
    assert keys(namespace, PINNED) == [file]
    namespace.emit(e.UpdateInodeEntry(file, pinned=False))
    info = namespace.status("/f")
    assert (info.pinned, info.replication_min, info.medium_types) == (False, 0, ())
    assert keys(namespace, PINNED) == []
    namespace.emit(e.UpdateInodeFileEntry(file, replication_max=-1))
    assert keys(namespace, REPLICATION_LIMITED) == []


def test_ttl_table_follows_the_inode(namespace: Namespace) -> None:
    """A forgotten TTL never expires; a left one deletes a file whose TTL was taken back."""
    file = namespace.file("/f", ttl_ms=100).file_id
    namespace.file("/never")
    namespace.file("/far", ttl_ms=TIME_MAX_MS)

    def due(now_ms: int) -> list[int]:
        with namespace.store.read() as view:
            return list(ttl.due(view, now_ms))

    assert due(START_MS + 99) == []
    assert due(START_MS + 100) == [file]
    namespace.emit(e.UpdateInodeEntry(file, ttl=0))
    assert due(START_MS) == [file]
    namespace.emit(e.UpdateInodeEntry(file, ttl=-1))
    assert due(START_MS + 1_000_000) == []


def test_to_be_persisted_table(namespace: Namespace) -> None:
    """A new leader finds what to persist there, and nowhere else."""
    file = namespace.file("/f").file_id
    namespace.emit(e.UpdateInodeEntry(file, persistence_state=e.TO_BE_PERSISTED))
    assert keys(namespace, TO_BE_PERSISTED) == [file]
    namespace.emit(e.UpdateInodeEntry(file, persistence_state=e.PERSISTED))
    assert keys(namespace, TO_BE_PERSISTED) == []


def test_a_block_length_is_set_once(namespace: Namespace) -> None:
    """A worker that reports another length has a damaged copy, not a better one."""
    for length, kept in ((-1, -1), (5, 5), (6, 5)):
        namespace.emit(e.BlockInfoEntry(9, length))
        with namespace.store.read() as view:
            assert view.get(BLOCKS, 9) == kept


def test_new_root_empties_the_tree(namespace: Namespace) -> None:
    """Restoring a backup begins with its root."""
    namespace.file("/d/f", ttl_ms=5, replication_min=1)
    root = next(entry for entry in namespace.journal if isinstance(entry, e.InodeDirectoryEntry))
    namespace.emit(root)
    assert keys(namespace, INODES) == [0]
    assert keys(namespace, PINNED) == []


def test_operation_ids_are_kept_in_a_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an end the table grows for ever; forgotten too early, a retried call is done twice."""
    monkeypatch.setattr(operation_ids, "CAPACITY", 3)
    namespace = Namespace()
    file = namespace.file("/f").file_id
    for number in (1, 2, 2, 3, 4):
        namespace.emit(e.UpdateInodeEntry(file, operation_id=e.OperationId(-number, number)))
    assert [namespace.ask(lambda c, n=n: c.is_done(e.OperationId(-n, n))) for n in (1, 2, 3, 4)] == [
        False,
        True,
        True,
        True,
    ]
    assert len(keys(namespace, OPERATIONS)) == len(keys(namespace, OPERATION_RING)) == 3
    namespace.check()
    namespace.settings.retry_cache_enabled = False
    assert not namespace.ask(lambda c: c.is_done(e.OperationId(-4, 4)))


def test_path_properties_and_sync_points(namespace: Namespace) -> None:
    """The entry holds the whole map each time."""
    namespace.emit(
        e.PathPropertiesEntry("/a", {"k": "1", "l": "2"}),
        e.PathPropertiesEntry("/a", {"k": "3"}),
        e.AddSyncPointEntry("/s", 1),
        e.ActiveSyncTxIdEntry(1, 5),
        e.LoadJobEntry("/a", e.JobState.CREATED, False, False, "j"),
        e.CopyJobEntry("/a", "/b", e.JobState.CREATED, False, False, "k"),
    )
    with namespace.store.read() as view:
        assert view.get(PATH_PROPERTIES, "/a") == {"k": "3"}
    assert keys(namespace, SYNC_POINTS) == [(1, "/s")]
    namespace.emit(e.RemovePathPropertiesEntry("/a"), e.RemoveSyncPointEntry("/s", 1))
    assert keys(namespace, PATH_PROPERTIES) == []
    assert keys(namespace, SYNC_POINTS) == []


def test_entries_of_older_versions(namespace: Namespace) -> None:
    """A journal that was upgraded still holds them."""
    namespace.directory("/d")
    file = namespace.file("/d/f").file_id
    namespace.emit(
        e.NewBlockEntry(file),
        e.CompleteFileEntry(file, 7, START_MS + 3, (file & ~0xFFFFFF,), "fp"),
        e.AsyncPersistRequestEntry(file),
        e.InodeLastModificationTimeEntry(file, START_MS + 4),
        e.PersistDirectoryEntry(namespace.status("/d").file_id),
        e.RenameEntry(file, START_MS + 5, dst_path="/d/g"),
        e.SetAttributeEntry(file, START_MS + 6, pinned=True, ttl=9, owner="ann", permission=0o600, replication_max=4),
    )
    info = namespace.status("/d/g")
    assert (info.length, info.completed, info.persistence_state) == (7, True, e.TO_BE_PERSISTED)
    assert (info.pinned, info.ttl_ms, info.replication_max, info.ufs_fingerprint) == (True, 9, 4, "fp")
    assert (info.acl.owner, info.acl.mode, info.last_modified_ms) == ("ann", 0o600, START_MS + 6)
    assert namespace.status("/d").persistence_state == e.PERSISTED


# --- ACLs ----------------------------------------------------------------------------------------------------------

BASE = Acl("ann", "staff", 0o640)


def entry(kind: str, actions: int = 0, subject: str = "", *, default: bool = False) -> e.AclEntry:
    return e.AclEntry(e.AclEntryType[kind], subject, actions, default)


MODIFIED = {
    "owner": ([entry("OWNER", 5)], Acl("ann", "staff", 0o540)),
    "other": ([entry("OTHER", 7)], Acl("ann", "staff", 0o647)),
    "group of a plain ACL": ([entry("OWNING_GROUP", 6)], Acl("ann", "staff", 0o660)),
    "named user gets a mask": ([entry("NAMED_USER", 3, "bob")], Acl("ann", "staff", 0o640, (("bob", 3),), (), 7)),
    "named group": ([entry("NAMED_GROUP", 6, "dev")], Acl("ann", "staff", 0o640, (), (("dev", 6),), 6)),
    "mask given": (
        [entry("NAMED_USER", 7, "bob"), entry("MASK", 1)],
        Acl("ann", "staff", 0o640, (("bob", 7),), (), 1),
    ),
    "nothing": ([], BASE),
}


@pytest.mark.parametrize(("entries", "expected"), MODIFIED.values(), ids=MODIFIED)
def test_modify(entries: list[e.AclEntry], expected: Acl) -> None:
    """The mask decides what named users really may."""
    assert acls.changed(BASE, None, e.SetAclAction.MODIFY, entries) == (expected, None)


def test_mask_is_computed_anew_unless_given() -> None:
    """A mask left from before silently takes new rights away."""
    acl = Acl("ann", "staff", 0o640, (("bob", 7),), (), 1)
    changed, _ = acls.changed(acl, None, e.SetAclAction.MODIFY, [entry("OTHER", 1)])
    assert changed.mask == 1
    changed, _ = acls.changed(acl, None, e.SetAclAction.MODIFY, [entry("NAMED_USER", 2, "eve")])
    assert (changed.mask, changed.users) == (7, (("bob", 7), ("eve", 2)))
    changed, _ = acls.changed(changed, None, e.SetAclAction.REMOVE, [entry("NAMED_USER", 0, "bob")])
    assert changed.mask == 6
    changed, _ = acls.changed(changed, None, e.SetAclAction.REMOVE, [entry("NAMED_USER", 0, "eve")])
    assert changed == BASE


def test_replace_clears_the_access_acl_only_for_access_entries() -> None:
    """`setfacl --set default:…` must not take everybody's access away."""
    acl = Acl("ann", "staff", 0o640, (("bob", 7),), (), 7)
    entries = [entry("OWNER", 7), entry("OWNING_GROUP", 5), entry("OTHER", 0)]
    assert acls.changed(acl, None, e.SetAclAction.REPLACE, entries)[0] == Acl("ann", "staff", 0o750)
    access, default = acls.changed(acl, None, e.SetAclAction.REPLACE, [entry("NAMED_USER", 5, "bob", default=True)])
    assert access == acl
    assert default == Acl("ann", "staff", 0o640, (("bob", 5),), (), 5)


def test_remove_all_and_remove_default() -> None:
    """Each drops its own half."""
    acl, default = Acl("ann", "staff", 0o640, (("bob", 7),), (), 7), Acl("ann", "staff", 0o700)
    assert acls.changed(acl, default, e.SetAclAction.REMOVE_ALL, []) == (BASE, default)
    assert acls.changed(acl, default, e.SetAclAction.REMOVE_DEFAULT, []) == (acl, None)


def test_removing_a_default_base_entry_falls_back_to_the_access_acl() -> None:
    """There is no ACL without base entries."""
    _, default = acls.changed(
        BASE, Acl("ann", "staff", 0o777), e.SetAclAction.REMOVE, [entry("OWNING_GROUP", 0, default=True)]
    )
    assert default == Acl("ann", "staff", 0o747)


def test_refused_removals() -> None:
    """The official master dies of the first."""
    with pytest.raises(Internal):
        acls.changed(BASE, None, e.SetAclAction.REMOVE, [entry("OWNER")])
    extended = Acl("ann", "staff", 0o640, (("bob", 7),), (), 7)
    with pytest.raises(InvalidArgument):
        acls.changed(extended, None, e.SetAclAction.REMOVE, [entry("MASK")])


@pytest.mark.parametrize(
    "acl", [BASE, Acl("", "", 0), Acl("ann", "staff", 0o777, (("bob", 0), ("eve", 5)), (("dev", 6),), 0)]
)
def test_acls_survive_the_journal(acl: Acl) -> None:
    """A right lost on the way to the standbys appears after the next fail-over."""
    assert acls.from_entry(acls.to_entry(acl)) == acl
    assert acls.default_from_entry(acls.default_to_entry(acl, "x", "y")) == acl
    assert acls.default_from_entry(acls.default_to_entry(None, "x", "y")) is None


# --- mounts --------------------------------------------------------------------------------------------------------

TABLE = MountTable(
    {
        mount.path: mount
        for mount in (
            MountInfo("/", "/ufs", 1),
            MountInfo("/s", "s3://b/", 2),
            MountInfo("/s/deep", "s3://c/x", 3),
            MountInfo("/t", "s3://b/y", 4),
        )
    }
)

REVERSED = {
    "/ufs": "/",
    "/ufs/a b/c": "/a b/c",
    "s3://b/": "/s",
    "s3://b": "/s",
    "s3://b/k/l/": "/s/k/l",
    "s3://c/x/k": "/s/deep/k",
    "s3://b/y/k": "/t/k",
    "s3://b/yk": "/s/yk",
}


@pytest.mark.parametrize(("uri", "path"), REVERSED.items())
def test_reverse_resolve(uri: str, path: str) -> None:
    """Hive stores UFS locations; they have to lead back."""
    assert TABLE.reverse(uri) == path


@pytest.mark.parametrize("uri", ["/other", "s3://c/", "s3://bb/x", "hdfs://b/", "s3a://b/"])
def test_reverse_resolve_of_what_is_not_mounted(uri: str) -> None:
    """Another scheme is another storage, even with the same name."""
    with pytest.raises(InvalidPath, match=uri):
        TABLE.reverse(uri)


def test_uris_are_normalised() -> None:
    """One storage under two spellings would be mounted twice."""
    spellings = {"/a//b/": "/a/b", "/": "/", "s3://b": "s3://b/", "s3://b//x/": "s3://b/x", "file:///": "file:///"}
    spellings |= {"/a/../b/./c": "/b/c", "s3://b/x/..": "s3://b/", "/../a": "/a", "/a/..b": "/a/..b"}
    assert {text: normalise_uri(text) for text in spellings} == spellings


# --- digest --------------------------------------------------------------------------------------------------------


def test_digest_sees_every_change_and_no_order(namespace: Namespace) -> None:
    """A digest that misses a field lets two members drift apart unnoticed."""
    file = namespace.file("/f", xattr={"a": b"1", "b": b"2"}).file_id
    with namespace.store.read() as view:
        before = digest(view)
    tx = namespace.store.begin()
    inode = tx.get(INODES, file)
    assert inode is not None
    changed = inode.copy()
    changed.xattr = {"b": b"2", "a": b"1"}
    tx.put(INODES, file, changed)
    assert digest(tx) == before
    changed = inode.copy()
    changed.temp_ufs_path = "x"
    tx.put(INODES, file, changed)
    assert digest(tx) != before
    with namespace.store.read() as view:
        assert len(differences(view, tx)) == 1
    tx.abort()


def test_validate_finds_what_does_not_fit() -> None:
    """The simulator trusts it to notice corruption."""
    namespace = Namespace()
    file = namespace.file("/d/f").file_id
    store = namespace.store
    assert isinstance(store, DictStore)
    tx = store.begin()
    tx.put(PINNED, file, True)
    with pytest.raises(InvariantViolated, match="pinned"):
        validate(tx)
    tx.delete(PINNED, file)
    validate(tx)
    tx.delete(INODES, file)
    with pytest.raises(InvariantViolated, match="missing"):
        validate(tx)
    tx.abort()
