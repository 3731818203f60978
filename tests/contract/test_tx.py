"""The contract of `Tx`, which LMDB and the sorted dict keep alike: the simulator proves nothing otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pyalluxio.errors import InvariantViolated
from pyalluxio.journal.entries import JobState, LoadJobEntry, TtlAction, UfsMode
from pyalluxio.master.state.acl import Acl
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.mount_table import MountInfo, MountTable
from pyalluxio.master.state.tx import (
    BLOCKS,
    COUNTERS,
    EDGES,
    INODES,
    INTENTS,
    LOAD_JOBS,
    META,
    MOUNTS,
    OPERATION_RING,
    OPERATIONS,
    PATH_PROPERTIES,
    PINNED,
    PUBLISHING,
    REPLICATION_LIMITED,
    SYNC_POINTS,
    SYNC_TX_IDS,
    TABLES,
    TEXTS,
    TO_BE_PERSISTED,
    TTL,
    UFS_MODES,
    Store,
)
from pyalluxio.master.store import LmdbStore


@pytest.fixture(params=["dict", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "dict":
        yield DictStore()
    else:
        store = LmdbStore(tmp_path / "state", map_size_bytes=1 << 28, cached_inodes_max=3)
        yield store
        store.close()


def inode(inode_id: int = 7, **changes: Any) -> Inode:
    values: dict[str, Any] = {
        "id": inode_id,
        "parent_id": 0,
        "name": f"n{inode_id}",
        "is_directory": False,
        "creation_time_ms": 1,
        "last_modified_ms": 2,
        "last_accessed_ms": 3,
        "acl": Acl("ann", "staff", 0o640),
        "persistence_state": "NOT_PERSISTED",
        **changes,
    }
    return Inode(**values)


FULL_FILE = inode(
    (5 << 24) | 0xFFFFFF,
    acl=Acl("ann", "staff", 0o750, (("bob", 5), ("eve", 0)), (("dev", 6),), 4),
    pinned=True,
    ttl_ms=0,
    ttl_action=TtlAction.DELETE_ALLUXIO,
    medium_types=("MEM", "SSD"),
    xattr={"k": b"\x00\xff", "": b""},
    ufs_fingerprint="TYPE|FILE UFS|local ",
    block_size_bytes=64 << 20,
    length_bytes=-1,
    completed=True,
    cacheable=True,
    block_ids=(5 << 24, (5 << 24) + 1),
    replication_durable=1,
    replication_min=2,
    replication_max=3,
    persist_job_id=9,
    temp_ufs_path="/ufs/x.tmp",
)
FULL_DIRECTORY = inode(
    (1 << 62) + 5,
    is_directory=True,
    mount_point=True,
    direct_children_loaded=True,
    child_count=3,
    default_acl=Acl("ann", "staff", 0o700, (("bob", 7),), (), 7),
)

# One or two rows of each table; every field of the values is set in one of them.
ROWS: dict[str, tuple[Any, list[tuple[Any, Any]]]] = {
    "inodes": (INODES, [(FULL_FILE.id, FULL_FILE), (FULL_DIRECTORY.id, FULL_DIRECTORY), (3, inode(3))]),
    "edges": (EDGES, [((0, "a"), 5), ((1 << 62, "ü:* \n"), (1 << 62) + 5)]),
    "blocks": (BLOCKS, [(1 << 24, -1), (2, 1 << 40)]),
    "mounts": (MOUNTS, [(0, MountTable().with_mount(MountInfo("/m", "s3://b/", 1 << 62, True, True, (("k", "v"),))))]),
    "ufs modes": (UFS_MODES, [("s3://b/", UfsMode.READ_ONLY)]),
    "counters": (COUNTERS, [("next", 0), ("other", (1 << 62) + 1)]),
    "texts": (TEXTS, [("cluster_id", "ü-1")]),
    "ttl": (TTL, [((5, 7), True), (((1 << 63) - 1, 7), True)]),
    "pinned": (PINNED, [(7, True)]),
    "to be persisted": (TO_BE_PERSISTED, [(7, True)]),
    "publishing": (PUBLISHING, [(7, True)]),
    "intents": (INTENTS, [((0, 0), True), ((7, (1 << 63) - 1), True)]),
    "replication limited": (REPLICATION_LIMITED, [(7, True)]),
    "operations": (OPERATIONS, [((-(1 << 63), 5), 0), (((1 << 63) - 1, -1), 99_999)]),
    "operation ring": (OPERATION_RING, [(0, (-(1 << 63), 5)), (1, ((1 << 63) - 1, -1))]),
    "path properties": (PATH_PROPERTIES, [("/a", {"k": "v", "": ""})]),
    "sync points": (SYNC_POINTS, [((1, "/s"), True)]),
    "sync tx ids": (SYNC_TX_IDS, [(1, -1)]),
    "load jobs": (LOAD_JOBS, [("j", LoadJobEntry("/p", JobState.FAILED, True, False, "j", 5, "ann", 9))]),
    "meta": (META, [("applied", b"\x00\xff")]),
}


def test_every_table_is_covered() -> None:
    """A table without a codec fails at the first write, on a master that leads."""
    assert {table.name for table, _ in ROWS.values()} == {table.name for table in TABLES}


@pytest.mark.parametrize(("table", "rows"), ROWS.values(), ids=ROWS)
def test_values_come_back_as_they_went_in(store: Store, table: Any, rows: list[tuple[Any, Any]]) -> None:
    """What a restart reads must equal what was served before it, field by field."""
    tx = store.begin()
    for key, value in rows:
        tx.put(table, key, value)
    assert sorted(tx.scan(table), key=lambda row: row[0]) == list(tx.scan(table)) == sorted(rows, key=lambda r: r[0])
    tx.commit()
    with store.read() as view:
        for key, value in rows:
            assert view.get(table, key) == value
        assert list(view.scan(table)) == sorted(rows, key=lambda row: row[0])
        assert list(view.scan(table, reverse=True)) == sorted(rows, key=lambda row: row[0], reverse=True)


@pytest.mark.parametrize(("table", "rows"), ROWS.values(), ids=ROWS)
def test_delete(store: Store, table: Any, rows: list[tuple[Any, Any]]) -> None:
    """A row that survives its deletion is a file that cannot be created again."""
    key, value = rows[0]
    tx = store.begin()
    tx.put(table, key, value)
    assert tx.delete(table, key)
    assert not tx.delete(table, key)
    assert tx.get(table, key) is None
    tx.put(table, key, value)
    tx.commit()
    tx = store.begin()
    assert tx.delete(table, key)
    assert tx.get(table, key) is None
    assert list(tx.scan(table)) == []
    tx.commit()
    with store.read() as view:
        assert view.get(table, key) is None


def test_changes_are_unseen_until_the_commit(store: Store) -> None:
    """A change that its quorum never acknowledged must not have been read by anybody."""
    tx = store.begin()
    tx.put(INODES, 1, inode(1))
    tx.put(EDGES, (0, "n1"), 1)
    with store.read() as view:
        assert view.get(INODES, 1) is None
        assert list(view.scan(EDGES)) == []
    assert tx.commit() == {1}
    with store.read() as view:
        assert view.get(INODES, 1) == inode(1)


def test_abort_leaves_no_trace(store: Store) -> None:
    """A leader that lost its term aborts; the caches must forget as well."""
    tx = store.begin()
    tx.put(INODES, 1, inode(1))
    tx.commit()
    with store.read() as view:
        view.get(INODES, 1)
    tx = store.begin()
    tx.put(INODES, 1, inode(1, name="changed"))
    tx.delete(INODES, 1)
    tx.put(INODES, 2, inode(2))
    list(tx.scan(INODES))
    tx.abort()
    with store.read() as view:
        assert list(view.scan(INODES)) == [(1, inode(1))]
        assert view.get(INODES, 1) == inode(1)
    tx = store.begin()
    assert tx.get(INODES, 2) is None
    tx.abort()


def test_a_view_keeps_its_state_of_the_cache(store: Store) -> None:
    """A page that mixes two states shows a file in two directories, or in none."""
    for name in ("old", "new"):
        tx = store.begin()
        for number in range(6):
            tx.put(INODES, number, inode(number, name=name))
        assert tx.commit() == set(range(6))
        with store.read() as view:
            assert [view.get(INODES, number).name for number in range(6)] == [name] * 6  # type: ignore[union-attr]
            assert [view.get(INODES, number).name for number in range(6)] == [name] * 6  # type: ignore[union-attr]


def test_commit_tells_the_inodes_that_changed_even_after_a_scan(store: Store) -> None:
    """What the replies' cache is not told about, it serves for ever."""
    tx = store.begin()
    tx.put(INODES, 1, inode(1))
    list(tx.scan(INODES))
    tx.put(INODES, 2, inode(2))
    tx.delete(INODES, 1)
    assert tx.commit() == {1, 2}


def test_there_is_one_writer(store: Store) -> None:
    """Two open batches would both take the next sequence number."""
    tx = store.begin()
    with pytest.raises(InvariantViolated):
        store.begin()
    tx.abort()
    other = store.begin()
    tx.abort()
    with pytest.raises(InvariantViolated):
        store.begin()
    other.abort()


NAMES = ["", "a", "a b", "a-", "ab", "b", "ü", "ÿ", "\U0001f600", "￿", "x" * 460, "x" * 461, "x" * 700 + "a"]
NAMES += ["x" * 700 + "b", "x" * 460 + "ÿ", "x" * 459 + "ü", "x" * 459 + "y", "y"]


def test_names_of_any_length_scan_in_their_order(store: Store) -> None:
    """Object stores have names longer than LMDB's keys; a listing out of order breaks paging."""
    tx = store.begin()
    for number, name in enumerate(NAMES):
        if name:
            tx.put(EDGES, (5, name), number)
            tx.put(EDGES, (6, name), number)
    tx.commit()
    expected = sorted(name for name in NAMES if name)
    with store.read() as view:
        for number, name in enumerate(NAMES):
            assert view.get(EDGES, (5, name)) == (number if name else None)
        for first in [*NAMES, "x" * 600, "x" * 800]:
            rows = view.scan(EDGES, (5, first), (6, ""))
            assert [key[1] for key, _ in rows] == [name for name in expected if name >= first]
            back = view.scan(EDGES, (5, ""), (5, first), reverse=True)
            assert [key[1] for key, _ in back] == [name for name in reversed(expected) if name < first]


def test_both_kinds_agree_on_random_histories(tmp_path: Path) -> None:
    """One seeded history of puts, deletes, scans and ends on both; they must never differ."""
    random = Random(20)
    lmdb = LmdbStore(tmp_path / "state", map_size_bytes=1 << 28, cached_inodes_max=4)
    stores: list[Store] = [DictStore(), lmdb]
    for _ in range(60):
        transactions = [store.begin() for store in stores]
        for _ in range(random.randrange(20)):
            key, name = random.randrange(8), random.choice(NAMES)
            match random.randrange(6):
                case 0 | 1:
                    value = inode(key, name=name, length_bytes=random.randrange(5))
                    for tx in transactions:
                        tx.put(INODES, key, value)
                case 2:
                    for tx in transactions:
                        tx.put(EDGES, (key, name), key)
                case 3:
                    assert len({tx.delete(INODES, key) for tx in transactions}) == 1
                case 4:
                    assert len({tx.delete(EDGES, (key, name)) for tx in transactions}) == 1
                case _:
                    first, second = [list(tx.scan(EDGES, (key, name))) for tx in transactions]
                    assert first == second
                    first_inodes, second_inodes = [list(tx.scan(INODES, key)) for tx in transactions]
                    assert first_inodes == second_inodes
        if random.random() < 0.3:
            for tx in transactions:
                tx.abort()
        else:
            assert transactions[0].commit() == transactions[1].commit()
        with stores[0].read() as left, stores[1].read() as right:
            for number in range(8):
                assert left.get(INODES, number) == right.get(INODES, number)
            assert list(left.scan(INODES)) == list(right.scan(INODES))
            assert list(left.scan(EDGES)) == list(right.scan(EDGES))
    lmdb.close()
