"""Under storage in memory: the second implementation of the interface, for tests and the simulator.

It does no I/O, keeps a clock that its user can replace, and forgets everything with the object.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyalluxio.errors import AlreadyExists, DirectoryNotEmpty, InvalidArgument, UfsFileDoesNotExist
from pyalluxio.ufs.interface import (
    DEFAULT_DIRECTORY,
    DEFAULT_FILE,
    CreateOptions,
    MkdirOptions,
    Ufs,
    UfsReader,
    UfsStatus,
    UfsWriter,
    without_scheme,
)

_CAPACITY_BYTES = 1 << 40


@dataclass(slots=True)
class _Node:
    is_directory: bool
    owner: str
    group: str
    mode: int
    modified_ms: int
    data: bytes = b""


class MemoryUfs(Ufs):
    """A tree of dictionaries; `now_ms` stamps changes, by default a counter that grows with every change."""

    type_name = "memory"

    def __init__(self, now_ms: Callable[[], int] | None = None) -> None:
        counter = itertools.count(1)
        self._now_ms = now_ms or (lambda: next(counter))
        self._nodes: dict[str, _Node] = {"/": _Node(True, "", "", 0o755, self._now_ms())}

    async def status(self, path: str) -> UfsStatus | None:
        where = _plain(path)
        node = self._nodes.get(where)
        return None if node is None else _as_status(where, node)

    async def list(self, path: str) -> list[UfsStatus] | None:
        where = _plain(path)
        node = self._nodes.get(where)
        if node is None or not node.is_directory:
            return None
        return [_as_status(child, self._nodes[child]) for child in sorted(self._children(where))]

    async def open_reader(self, path: str, offset: int = 0) -> UfsReader:
        return _MemoryReader(self._file(_plain(path)).data, offset)

    async def create(self, path: str, options: CreateOptions = DEFAULT_FILE) -> UfsWriter:
        where = _plain(path)
        parent = _parent(where)
        if options.create_parents:
            await self.make_directory(parent)
        elif parent not in self._nodes:
            raise UfsFileDoesNotExist(f"Under storage path {parent} does not exist.")
        return _MemoryWriter(lambda data: self._publish(where, data, options))

    async def make_directory(self, path: str, options: MkdirOptions = DEFAULT_DIRECTORY) -> bool:
        where = _plain(path)
        node = self._nodes.get(where)
        if node is not None:
            if not node.is_directory:
                raise AlreadyExists(f"Cannot make directory {where}: it is a file.")
            return False
        parent = _parent(where)
        above = self._nodes.get(parent)
        if above is None:
            if not options.create_parents:
                raise UfsFileDoesNotExist(f"Under storage path {parent} does not exist.")
            await self.make_directory(parent, options)
        elif not above.is_directory:
            raise AlreadyExists(f"Cannot make directory {where}: {parent} is a file.")
        self._nodes[where] = _Node(True, options.owner, options.group, options.mode, self._now_ms())
        return True

    async def delete_file(self, path: str) -> bool:
        where = _plain(path)
        node = self._nodes.get(where)
        if node is None:
            return False
        if node.is_directory:
            raise InvalidArgument(f"Cannot delete {where} as a file: it is a directory.")
        del self._nodes[where]
        return True

    async def delete_directory(self, path: str, *, recursive: bool = False) -> bool:
        where = _plain(path)
        node = self._nodes.get(where)
        if node is None:
            return False
        if not node.is_directory:
            raise InvalidArgument(f"Cannot delete {where} as a directory: it is a file.")
        if not recursive and self._children(where):
            raise DirectoryNotEmpty(f"Cannot delete {where}: the directory is not empty in the under storage.")
        for below in self._below(where):
            del self._nodes[below]
        if where != "/":
            del self._nodes[where]
        return True

    async def rename_file(self, source: str, target: str) -> None:
        old, new = _plain(source), _plain(target)
        node = self._file(old)
        self._directory(_parent(new))
        there = self._nodes.get(new)
        if there is not None and there.is_directory:
            raise AlreadyExists(f"Cannot rename {old} to {new}: the target is a directory.")
        del self._nodes[old]
        self._nodes[new] = node

    async def rename_directory(self, source: str, target: str) -> None:
        old, new = _plain(source), _plain(target)
        self._directory(old)
        if new in self._nodes:
            raise AlreadyExists(f"Cannot rename {old} to {new}: the target exists.")
        self._directory(_parent(new))
        for where in [old, *self._below(old)]:
            self._nodes[new + where[len(old) :]] = self._nodes.pop(where)

    async def set_owner(self, path: str, owner: str, group: str) -> None:
        node = self._node(_plain(path))
        node.owner = owner or node.owner
        node.group = group or node.group

    async def set_mode(self, path: str, mode: int) -> None:
        self._node(_plain(path)).mode = mode & 0o777

    async def space(self) -> tuple[int, int]:
        return _CAPACITY_BYTES, sum(len(node.data) for node in self._nodes.values())

    def _publish(self, path: str, data: bytes, options: CreateOptions) -> str:
        self._directory(_parent(path))
        there = self._nodes.get(path)
        if there is not None and there.is_directory:
            raise AlreadyExists(f"Cannot write {path}: it is a directory.")
        node = _Node(False, options.owner, options.group, options.mode & 0o777, self._now_ms(), data)
        self._nodes[path] = node
        return _content_hash(node)

    def _node(self, path: str) -> _Node:
        node = self._nodes.get(path)
        if node is None:
            raise UfsFileDoesNotExist(f"Under storage path {path} does not exist.")
        return node

    def _file(self, path: str) -> _Node:
        node = self._node(path)
        if node.is_directory:
            raise UfsFileDoesNotExist(f"Under storage path {path} is a directory, not a file.")
        return node

    def _directory(self, path: str) -> None:
        if not self._node(path).is_directory:
            raise UfsFileDoesNotExist(f"Under storage path {path} is a file, not a directory.")

    def _below(self, path: str) -> Sequence[str]:
        prefix = path.rstrip("/") + "/"
        return [where for where in self._nodes if where.startswith(prefix) and where != path]

    def _children(self, path: str) -> Sequence[str]:
        depth = path.rstrip("/").count("/") + 1
        return [where for where in self._below(path) if where.count("/") == depth]


class _MemoryReader(UfsReader):
    def __init__(self, data: bytes, offset: int) -> None:
        self._data = data
        self._offset = offset

    async def read(self, length: int) -> bytes:
        piece = self._data[self._offset : self._offset + length]
        self._offset += len(piece)
        return piece

    async def close(self) -> None:
        self._data = b""


class _MemoryWriter(UfsWriter):
    def __init__(self, publish: Callable[[bytes], str]) -> None:
        self._publish = publish
        self._data = bytearray()

    async def write(self, data: bytes | memoryview) -> None:
        self._data += data

    async def close(self) -> str | None:
        return self._publish(bytes(self._data))

    async def abort(self) -> None:
        self._data.clear()


def _as_status(path: str, node: _Node) -> UfsStatus:
    return UfsStatus(
        name=path.rpartition("/")[2],
        is_directory=node.is_directory,
        length_bytes=len(node.data),
        owner=node.owner,
        group=node.group,
        mode=node.mode,
        last_modified_ms=node.modified_ms,
        content_hash=None if node.is_directory else _content_hash(node),
    )


def _content_hash(node: _Node) -> str:
    return f"(len:{len(node.data)}, modtime:{node.modified_ms})"


def _plain(path: str) -> str:
    plain = without_scheme(path)
    if not plain.startswith("/"):
        raise InvalidArgument(f"The under storage path {path!r} is not absolute.")
    return plain.rstrip("/") or "/"


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"
