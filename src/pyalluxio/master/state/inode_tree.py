"""The tree of inodes, as the tables `inodes` and `edges` hold it: lookups and walks. It only reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyalluxio import path as paths
from pyalluxio.errors import InvalidPath, InvariantViolated
from pyalluxio.ids import ROOT_INODE_ID
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.tx import EDGES, INODES, ReadTx


@dataclass(slots=True)
class Lookup:
    """How far a path exists: `inodes` are what does, from the root down; `inodes[i]` has the name `names[i - 1]`."""

    path: str
    names: list[str]
    inodes: list[Inode]

    @property
    def is_complete(self) -> bool:
        return len(self.inodes) > len(self.names)

    @property
    def inode(self) -> Inode | None:
        """The inode of the path itself, None when it is missing."""
        return self.inodes[-1] if len(self.inodes) > len(self.names) else None

    @property
    def deepest(self) -> Inode:
        """The last inode of the path that exists."""
        return self.inodes[-1]

    @property
    def missing(self) -> list[str]:
        """The names that do not exist."""
        return self.names[len(self.inodes) - 1 :]

    def path_of(self, depth: int) -> str:
        """Return the path of the component at a depth; the root has depth 0."""
        return "/" + "/".join(self.names[:depth])


def lookup(tx: ReadTx, path: str) -> Lookup:
    """Walk a canonical path from the root as far as it exists.

    Raises:  InvalidPath: it leads through a file.
    Cost:    two reads for each component.
    """
    names = paths.components(path)
    get = tx.get
    inode = get(INODES, ROOT_INODE_ID)
    if inode is None:
        raise InvariantViolated("The namespace has no root inode; the journal was not bootstrapped.")
    inodes = [inode]
    for name in names:
        if not inode.is_directory:
            depth = len(inodes) - 1
            raise InvalidPath(
                f'Path "{path}" leads through a file: component {depth} ("{names[depth - 1]}") is not a directory.'
            )
        child_id = get(EDGES, (inode.id, name))
        if child_id is None:
            break
        inode = get(INODES, child_id)
        if inode is None:
            raise InvariantViolated(f'The edge of "{name}" in "{path}" leads to inode {child_id}, which is missing.')
        inodes.append(inode)
    return Lookup(path, names, inodes)


def inode(tx: ReadTx, inode_id: int) -> Inode:
    """Return an inode that must exist.

    Raises:  InvariantViolated: it does not.
    """
    found = tx.get(INODES, inode_id)
    if found is None:
        raise InvariantViolated(f"Inode {inode_id} does not exist.")
    return found


def children(tx: ReadTx, directory_id: int, first: str = "") -> Iterator[tuple[str, int]]:
    """Yield the names and ids of a directory's children in the order of names, from the name `first` on."""
    for (_, name), child_id in tx.scan(EDGES, (directory_id, first), (directory_id + 1, "")):
        yield name, child_id


def path_of(tx: ReadTx, found: Inode) -> str:
    """Return the path of an inode. Cost: one read for each ancestor."""
    names: list[str] = []
    at = found
    while at.id != ROOT_INODE_ID:
        names.append(at.name)
        at = inode(tx, at.parent_id)
    return "/" + "/".join(reversed(names))


def ancestors(tx: ReadTx, found: Inode) -> list[Inode]:
    """Return the inodes from the root to `found`, both included."""
    chain = [found]
    while chain[-1].id != ROOT_INODE_ID:
        chain.append(inode(tx, chain[-1].parent_id))
    return chain[::-1]


def descendants(tx: ReadTx, top: Inode, top_path: str) -> Iterator[tuple[str, Inode]]:
    """Yield the paths and inodes strictly below `top`, parents before their children, children by name."""
    stack = [(top_path, top, children(tx, top.id))]
    while stack:
        path, _, rest = stack[-1]
        for name, child_id in rest:
            child = inode(tx, child_id)
            child_path = paths.join(path, name)
            yield child_path, child
            if child.is_directory:
                stack.append((child_path, child, children(tx, child_id)))
                break
        else:
            stack.pop()


def children_first(tx: ReadTx, top: Inode, top_path: str) -> Iterator[tuple[str, Inode]]:
    """Yield the paths and inodes below `top` and then `top` itself, every child before its parent."""
    stack = [(top_path, top, children(tx, top.id))]
    while stack:
        path, directory, rest = stack[-1]
        for name, child_id in rest:
            child = inode(tx, child_id)
            child_path = paths.join(path, name)
            if child.is_directory:
                stack.append((child_path, child, children(tx, child_id)))
                break
            yield child_path, child
        else:
            stack.pop()
            yield path, directory
