"""Single decisions of the block store, each with the sentence or effect a person would expect."""

from __future__ import annotations

import pytest

from pyalluxio.errors import BlockAlreadyExists, BlockDoesNotExist, FailedPrecondition, InvalidArgument, OutOfSpace
from pyalluxio.ids import BlockId, SessionId, block_id, file_id
from pyalluxio.worker.store import BlockIsRead, BlockStore, DirectorySpec, Evicted

WRITER = SessionId(11)
A, B, C, D = (block_id(container, 0) for container in (1, 2, 3, 4))


def one_tier(capacity: int = 100) -> BlockStore:
    return BlockStore([DirectorySpec(0, "MEM", "MEM", capacity)])


def put(store: BlockStore, block: BlockId, length: int) -> list[Evicted]:
    evicted = store.create(WRITER, block, length).evicted
    store.commit(WRITER, block, length)
    return evicted


def ids(evicted: list[Evicted]) -> list[BlockId]:
    return [item.block_id for item in evicted]


def test_least_recently_used_goes_first() -> None:
    """Evicting what is read all the time turns a cache into a pump."""
    store = one_tier()
    for block in (A, B, C):
        put(store, block, 30)
    used = store.lock(A)
    assert used is not None
    store.unlock(used)
    assert ids(put(store, D, 40)) == [B]


def test_pinned_and_read_blocks_stay() -> None:
    """An evicted block that is not persisted yet is lost data."""
    store = one_tier()
    put(store, A, 30)
    put(store, B, 30)
    put(store, C, 30)
    store.set_master_pins([file_id(1)])
    store.lock(B)
    assert ids(put(store, D, 40)) == [C]


def test_full_store_says_why() -> None:
    """The operator must learn from the sentence whether to unpin, wait, or buy memory."""
    store = one_tier()
    put(store, A, 40)
    put(store, B, 30)
    store.set_master_pins([file_id(1)])
    store.lock(B)
    store.create(WRITER, C, 20)
    with pytest.raises(OutOfSpace) as caught:
        store.create(WRITER, D, 64)
    assert str(caught.value) == (
        f"Cannot place block {D} (64 bytes): tier MEM has 0 bytes evictable of 100; 40 are pinned, 30 are being read, "
        "20 are being written. Unpin files or raise alluxio.worker.ramdisk.size."
    )


def test_failed_eviction_evicts_nothing() -> None:
    """A write that cannot succeed must not cost others their cache."""
    store = one_tier()
    put(store, A, 50)
    with pytest.raises(OutOfSpace):
        store.create(WRITER, B, 101)
    assert store.committed(A) is not None


def test_pin_of_a_writer_survives_lists_that_do_not_know_the_file() -> None:
    """An ASYNC_THROUGH file is on the master's list only once it is complete; its blocks must wait for that."""
    store = one_tier()
    store.create(WRITER, A, 60, pin=True)
    store.commit(WRITER, A, 60)
    store.set_master_pins([])
    with pytest.raises(OutOfSpace):
        store.create(WRITER, B, 60)
    assert store.creation_pins() == {file_id(1)}
    store.set_master_pins([file_id(1)])  # complete, to be persisted
    assert store.creation_pins() == set()
    store.set_master_pins([])  # persisted
    assert ids(put(store, B, 60)) == [A]


def test_pin_of_a_writer_is_released_on_request_and_with_the_file() -> None:
    """A pin that nobody releases is memory lost until the restart."""
    store = one_tier()
    store.create(WRITER, A, 60, pin=True)
    store.commit(WRITER, A, 60)
    store.release_creation_pins([file_id(1)])
    assert ids(put(store, B, 60)) == [A]
    store.create(WRITER, C, 10, pin=True)
    store.abort(WRITER, C)
    assert store.creation_pins() == set()


def test_existing_ids_are_refused() -> None:
    """Two writers in one file would mix their bytes."""
    store = one_tier()
    store.create(WRITER, A, 10)
    with pytest.raises(BlockAlreadyExists):
        store.create(SessionId(12), A, 10)
    store.commit(WRITER, A, 10)
    with pytest.raises(BlockAlreadyExists):
        store.create(SessionId(12), A, 10)


def test_read_blocks_are_not_removed() -> None:
    """A reader must get the bytes it was promised; the remover waits."""
    store = one_tier()
    put(store, A, 10)
    first = store.lock(A)
    assert first is not None
    with pytest.raises(BlockIsRead):
        store.remove(A)
    store.unlock(first)
    assert store.remove(A) is first


def test_removing_an_unknown_block_is_reported() -> None:
    """The master repeats Free until it hears that the block is gone."""
    store = one_tier()
    log = store.open_change_log()
    assert store.remove(A) is None
    assert store.split_changes(log.take()) == ({}, [A])


def test_block_being_written_is_not_removed() -> None:
    """Removing it would leave the writer with a file that no longer counts."""
    store = one_tier()
    store.create(WRITER, A, 10)
    with pytest.raises(FailedPrecondition):
        store.remove(A)


def test_session_end_gives_room_back() -> None:
    """Clients die in the middle of writing; their reservations must not stay."""
    store = one_tier()
    store.create(WRITER, A, 60)
    store.create(SessionId(12), B, 40)
    assert [block.block_id for block in store.end_session(WRITER)] == [A]
    assert store.used_bytes_on_tiers() == {"MEM": 40}
    with pytest.raises(BlockDoesNotExist):
        store.commit(WRITER, A, 1)


def test_most_free_directory_is_chosen() -> None:
    """Filling one disk while its neighbour is empty halves the throughput."""
    store = BlockStore([DirectorySpec(0, "SSD", "SSD", 100), DirectorySpec(0, "SSD", "SSD", 120)])
    assert store.create(WRITER, A, 50).location.directory == 1
    assert store.create(WRITER, B, 50).location.directory == 0


def test_lower_tier_is_used_before_eviction() -> None:
    """Room on the disk is better than throwing cached data away."""
    store = BlockStore([DirectorySpec(0, "MEM", "MEM", 50), DirectorySpec(1, "SSD", "SSD", 50)])
    put(store, A, 50)
    placed = store.create(WRITER, B, 50)
    assert (placed.location.tier_alias, placed.evicted) == ("SSD", [])


def test_move_needs_a_known_medium() -> None:
    """A typo in the medium must name the media there are."""
    store = one_tier()
    put(store, A, 10)
    assert store.begin_move(WRITER, A, "MEM") is None
    with pytest.raises(InvalidArgument, match="'SDD'; it has MEM"):
        store.begin_move(WRITER, A, "SDD")


def test_blocks_beyond_the_quota_are_not_adopted() -> None:
    """After the quota was lowered, start-up must not promise room that is not there."""
    store = one_tier(100)
    (where,) = store.locations
    assert store.adopt(A, 70, where)
    assert not store.adopt(B, 40, where)


def test_overflowing_change_log_asks_for_a_registration() -> None:
    """While a master is away for days the log of changes must not grow without bound."""
    from pyalluxio.worker.store.changes import ChangeLog

    log = ChangeLog(remembered_max=2)
    for number in range(3):
        log.note(BlockId(number))
    assert log.has_overflowed and len(log) == 2
    log.reset()
    assert not log.has_overflowed
