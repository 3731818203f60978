"""Ids that are never given twice, whatever becomes of the batch that took them."""

from __future__ import annotations

from pyalluxio.ids import ROOT_INODE_ID, SEQUENCE_MAX, block_id, file_id
from pyalluxio.journal.entries import InodeDirectoryIdGeneratorEntry
from pyalluxio.master.ops.context import Journaling
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.tx import COUNTERS, DIRECTORY_CONTAINER
from tests.unit.master.master_harness import Disk
from tests.waiting import until


def allocator(store: DictStore) -> IdAllocator:
    with store.read() as view:
        return IdAllocator(view)


def take(store: DictStore, ids: IdAllocator, kind: str, *, commits: bool = True) -> int:
    tx = store.begin()
    journaling = Journaling(tx)
    taken = getattr(ids, kind)(tx, journaling.emit)
    if commits:
        tx.commit()
    else:
        tx.abort()
    return int(taken)


def test_first_ids_of_a_cluster() -> None:
    store = DictStore()
    ids = allocator(store)
    assert [take(store, ids, "directory") for _ in range(3)] == [ROOT_INODE_ID, 1, 2]
    assert take(store, ids, "file") == file_id(1) == 33554431
    assert take(store, ids, "directory") == 3


def test_first_batch_that_was_lost() -> None:
    """The disk was full at the very start: the root must still get the id that every client expects."""
    store = DictStore()
    ids = allocator(store)
    take(store, ids, "directory", commits=False)
    assert take(store, ids, "directory") == ROOT_INODE_ID
    assert take(store, ids, "directory") == 1


def test_lost_batch_that_took_the_container_of_a_term() -> None:
    store = DictStore()
    first = allocator(store)
    known = {take(store, first, "directory"), take(store, first, "directory")}
    second = allocator(store)
    lost = take(store, second, "directory", commits=False)
    after = [take(store, second, "directory") for _ in range(3)]
    assert not known & {lost, *after}
    assert len(set(after)) == 3
    with store.read() as view:
        assert view.get(COUNTERS, DIRECTORY_CONTAINER) == after[0] >> 24
    assert take(store, second, "file") >> 24 not in {after[0] >> 24, 0}


def test_container_that_is_used_up() -> None:
    store = DictStore()
    ids = allocator(store)
    take(store, ids, "directory")
    tx = store.begin()
    journaling = Journaling(tx)
    journaling.emit(InodeDirectoryIdGeneratorEntry(0, SEQUENCE_MAX))
    tx.commit()
    assert take(store, ids, "directory") == block_id(0, SEQUENCE_MAX)
    assert take(store, ids, "directory") == block_id(1, 0)
    assert take(store, ids, "directory") == block_id(1, 1)


def test_limit_is_journaled_before_an_id_beyond_it() -> None:
    store = DictStore()
    ids = allocator(store)
    containers = [take(store, ids, "container", commits=number % 7 != 0) for number in range(2500)]
    assert len(set(containers)) >= 2499
    assert take(store, allocator(store), "container") > max(containers)


async def test_new_cluster_whose_first_leader_fell() -> None:
    """Its first entries were overwritten; the next term makes the root again."""
    disk = Disk()
    async with disk.master(leads=False) as cluster:
        cluster.journal.is_held = True
        cluster.journal.lead()
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose()
        cluster.journal.is_held = False
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        assert (await cluster.status("/")).fileId == ROOT_INODE_ID
        await cluster.mkdir("/a")
        assert (await cluster.status("/a")).fileId == 1
    disk.check()
