"""Block records: a length counts once, and what belongs to no file goes."""

from __future__ import annotations

import pytest

from pyalluxio.ids import block_id
from pyalluxio.journal.entries import BlockContainerIdGeneratorEntry, BlockInfoEntry, DeleteBlockEntry
from pyalluxio.master.ops import block_commit, block_integrity
from pyalluxio.master.state.effects import FreeBlocks
from pyalluxio.master.state.tx import BLOCKS
from tests.unit.master.namespace import Namespace
from tests.unit.master.trees import in_chunks

BLOCK_ID = block_id(5, 0)

COMMITS = {
    "first": ([], 10, 10, 1),
    "the same again": ([10], 10, 10, 0),
    "another length": ([10], 11, 10, 0),
    "unknown first": ([], -1, -1, 1),
    "known after unknown": ([-1], 10, 10, 1),
    "unknown again": ([-1], -1, -1, 0),
    "unknown after known": ([10], -1, 10, 0),
    "only one replacement": ([-1, 10], 11, 10, 0),
}


@pytest.mark.parametrize(("before", "length", "expected", "entries"), COMMITS.values(), ids=COMMITS)
def test_commit(namespace: Namespace, before: list[int], length: int, expected: int, entries: int) -> None:
    """Two workers that disagree about a length must not change what clients were told."""
    for earlier in before:
        namespace.run(block_commit.run, BLOCK_ID, earlier)
    namespace.run(block_commit.run, BLOCK_ID, length)
    assert len(namespace.emitted) == entries
    with namespace.store.read() as view:
        assert view.get(BLOCKS, BLOCK_ID) == expected


@pytest.mark.parametrize("repair", [False, True], ids=["reported", "deleted"])
def test_blocks_without_file(namespace: Namespace, repair: bool) -> None:
    """Their copies fill the workers for ever; those of files must stay, whatever their number."""
    namespace.completed_file("/f", [5])
    orphans = [block_id(900, number) for number in range(1500)]
    namespace.emit(BlockContainerIdGeneratorEntry(1001), *(BlockInfoEntry(block, 1) for block in orphans))
    assert in_chunks(namespace, block_integrity.run, repair) == orphans
    expected = [DeleteBlockEntry(block) for block in orphans] if repair else []
    assert namespace.emitted == expected
    with namespace.store.read() as view:
        assert len(list(view.scan(BLOCKS))) == (1 if repair else 1501)
    assert namespace.status("/f").length == 5


def test_workers_are_told(namespace: Namespace) -> None:
    """A record that goes without its copies leaves them to nobody."""
    namespace.emit(BlockInfoEntry(BLOCK_ID, 1))
    namespace.run(block_integrity.run, True)
    assert namespace.effects == [FreeBlocks((BLOCK_ID,))]


def test_nothing_to_repair(namespace: Namespace) -> None:
    """The check runs every hour, and must not write every hour."""
    namespace.completed_file("/f", [5])
    assert in_chunks(namespace, block_integrity.run, True) == []
    assert namespace.emitted == []
