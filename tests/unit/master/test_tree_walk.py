"""Walks over trees in chunks: whatever the chunk size, the order is that of one walk, and nothing is left out."""

from __future__ import annotations

import pytest

from pyalluxio.master.ops.delete import remove_inode
from pyalluxio.master.ops.tree_walk import TreeWalk
from pyalluxio.master.state.inode_tree import children_first, descendants
from tests.unit.master.namespace import Namespace
from tests.unit.master.trees import directory_status, file_status, inode, load

LONG = "n" * 600  # longer than a key of the store may be
SIZES = [1, 2, 3, 5, 1000]


@pytest.fixture
def tree(namespace: Namespace) -> Namespace:
    """A tree with empty directories, deep ones, names that are prefixes of others, and names longer than keys."""
    load(namespace, "/", directory_status("t"), file_status("u"))
    load(namespace, "/t", *(directory_status(name) for name in ("a", "a!", "deep", "empty")), file_status("ab"))
    load(namespace, "/t", *(file_status(LONG + end) for end in ("", "a", "b", "c")), file_status("z"))
    load(namespace, "/t/a", file_status("x"), directory_status("y"))
    load(namespace, "/t/deep", directory_status("er"))
    load(namespace, "/t/deep/er", *(file_status(name) for name in ("1", "2", "3")))
    return namespace


def walked(namespace: Namespace, size: int, *, children_first: bool, top: str = "/t") -> list[str]:
    walk = TreeWalk(inode(namespace, top), top, children_first=children_first)
    found = []
    while not walk.is_done:
        with namespace.store.read() as view:
            taken = walk.take(view, size)
        assert len(taken) <= size
        found += [path for path, _ in taken]
    return found


@pytest.mark.parametrize("size", SIZES)
def test_parents_first(tree: Namespace, size: int) -> None:
    """An inode skipped at the end of a chunk keeps its old mode for ever."""
    with tree.store.read() as view:
        expected = [path for path, _ in descendants(view, inode(tree, "/t"), "/t")]
    assert len(expected) == 16
    assert walked(tree, size, children_first=False) == expected


@pytest.mark.parametrize("size", SIZES)
def test_children_first(tree: Namespace, size: int) -> None:
    """A directory deleted before its last child is a state that cannot be."""
    with tree.store.read() as view:
        expected = [path for path, _ in children_first(view, inode(tree, "/t"), "/t")][:-1]
    assert walked(tree, size, children_first=True) == expected


@pytest.mark.parametrize("size", SIZES)
def test_deleting_while_walking(tree: Namespace, size: int) -> None:
    """The walk goes on by names, so what it deleted must not confuse it."""
    walk = TreeWalk(inode(tree, "/t"), "/t", children_first=True)
    while not walk.is_done:
        with tree.batch() as context:
            for path, found in walk.take(context.tx, size):
                remove_inode(context, found, path)
    assert tree.status("/t").length == 0
    assert tree.has("/u")


@pytest.mark.parametrize("top", ["/u", "/t/empty"], ids=["file", "empty directory"])
@pytest.mark.parametrize("is_children_first", [False, True], ids=["parents first", "children first"])
def test_nothing_below(tree: Namespace, top: str, is_children_first: bool) -> None:
    """A file has nothing below it: it must not be asked for children."""
    assert walked(tree, 10, children_first=is_children_first, top=top) == []


def test_a_full_last_chunk_needs_no_empty_one(tree: Namespace) -> None:
    """Every chunk waits for its commit: one too many doubles the time of a small `chmod -R`."""
    walk = TreeWalk(inode(tree, "/t"), "/t")
    with tree.store.read() as view:
        assert len(walk.take(view, 16)) == 16
    assert walk.is_done
