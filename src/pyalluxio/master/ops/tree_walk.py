"""Walks below a directory that outlive a transaction: they remember names, not cursors.

A long operation works on a whole tree in chunks, and other batches run between them. The walk goes on after the last
name it gave out, so what was deleted meanwhile does not matter; the operation's lock keeps the rest in place.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from pyalluxio import path as paths
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import children
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.state.tx import INODES, ReadTx

# An inode costs about 80 us with its look-ups and entries, and a batch may take 5 ms.
CHUNK_INODES = 64

C = TypeVar("C", bound=ReadContext)


@dataclass(slots=True)
class _Frame:
    path: str
    directory_id: int
    next_name: str = ""


class TreeWalk:
    """The paths and inodes strictly below a directory, parents before their children or after them, by name."""

    def __init__(self, top: Inode, path: str, *, children_first: bool = False) -> None:
        self._stack = [_Frame(path, top.id)] if top.is_directory else []
        self._top_id = top.id
        self._children_first = children_first

    @property
    def is_done(self) -> bool:
        return not self._stack

    @property
    def open_directory_ids(self) -> list[int]:
        """The directories, top included, of which the walk gave out a part so far."""
        return [frame.directory_id for frame in self._stack]

    def take(self, tx: ReadTx, count_max: int = CHUNK_INODES) -> list[tuple[str, Inode]]:
        """Return the next paths and inodes; nothing may change while it reads, everything may afterwards."""
        taken: list[tuple[str, Inode]] = []
        stack = self._stack
        names = [children(tx, frame.directory_id, frame.next_name) for frame in stack]
        while stack and len(taken) < count_max:
            frame = stack[-1]
            child_name, child_id = next(names[-1], ("", 0))
            if not child_name:
                stack.pop()
                names.pop()
                if self._children_first and stack:
                    taken.append((frame.path, inode_of(tx, frame.directory_id)))
                continue
            frame.next_name = child_name + "\0"
            child = inode_of(tx, child_id)
            path = paths.join(frame.path, child_name)
            if child.is_directory:
                stack.append(_Frame(path, child_id))
                names.append(children(tx, child_id))
                if self._children_first:
                    continue
            taken.append((path, child))
        # What is exhausted now needs no further chunk to find that out.
        if not self._children_first:
            while stack and next(children(tx, stack[-1].directory_id, stack[-1].next_name), None) is None:
                stack.pop()
        return taken


def for_each_below(context: C, top: Inode, path: str, act: Callable[[C, str, Inode], None]) -> Generator[None, C, C]:
    """Call `act` for everything strictly below a directory, in chunks; returns the last chunk's context."""
    walk = TreeWalk(top, path)
    while not walk.is_done:
        for child_path, child in walk.take(context.tx):
            act(context, child_path, child)
        if not walk.is_done:
            context = yield
    return context


def again(context: ReadContext, inode: Inode) -> Inode | None:
    """Return an inode as it is now, None when it was deleted between two chunks."""
    return context.tx.get(INODES, inode.id)
