"""The state in memory: the sorted dict that the simulator and most tests run on."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar, cast

from pyalluxio.errors import InvariantViolated
from pyalluxio.master.state.tx import INODES, TABLES, Table

K = TypeVar("K")
V = TypeVar("V")

_DELETED: Any = object()


class DictStore:
    """All tables as dicts, each with a sorted list of its keys."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Any, Any]] = {table.name: {} for table in TABLES}
        self._keys: dict[str, list[Any]] = {table.name: [] for table in TABLES}
        self._writing = False

    def begin(self) -> DictTx:
        """Open the write transaction.

        Raises:  InvariantViolated: one is open already.
        """
        if self._writing:
            raise InvariantViolated("A write transaction is open already; there is one writer.")
        self._writing = True
        return DictTx(self, writable=True)

    def read(self) -> DictTx:
        """Open a view; it shows the committed state of the moment of each call, which one thread cannot tell apart."""
        return DictTx(self, writable=False)

    def _write(self, changes: dict[str, dict[Any, Any]]) -> None:
        for name, rows in changes.items():
            table, keys = self._rows[name], self._keys[name]
            for key, value in rows.items():
                if value is _DELETED:
                    if key in table:
                        del table[key]
                        del keys[bisect_left(keys, key)]
                else:
                    if key not in table:
                        insort(keys, key)
                    table[key] = value

    def _end(self) -> None:
        self._writing = False


class DictTx:
    """A transaction over a `DictStore`: the changes wait in an overlay until the commit."""

    def __init__(self, store: DictStore, *, writable: bool) -> None:
        self._store = store
        self._writable = writable
        self._changes: dict[str, dict[Any, Any]] = {}

    def get(self, table: Table[K, V], key: K) -> V | None:
        changed = self._changes.get(table.name)
        if changed is not None:
            value = changed.get(key)
            if value is not None:
                return None if value is _DELETED else cast(V, value)
        return cast("V | None", self._store._rows[table.name].get(key))

    def put(self, table: Table[K, V], key: K, value: V) -> None:
        self._overlay(table.name)[key] = value

    def delete(self, table: Table[K, V], key: K) -> bool:
        existed = self.get(table, key) is not None
        self._overlay(table.name)[key] = _DELETED
        return existed

    def scan(
        self, table: Table[K, V], start: K | None = None, end: K | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[K, V]]:
        keys = self._store._keys[table.name]
        low = 0 if start is None else bisect_left(keys, start)
        high = len(keys) if end is None else bisect_left(keys, end)
        wanted = keys[low:high]
        changed = self._changes.get(table.name)
        if changed:
            untouched = [key for key in wanted if key not in changed]
            added = [
                key
                for key, value in changed.items()
                if value is not _DELETED and (start is None or key >= start) and (end is None or key < end)
            ]
            wanted = sorted(untouched + added)
        for key in reversed(wanted) if reverse else wanted:
            value = self.get(table, key)
            if value is not None:
                yield key, value

    def commit(self) -> frozenset[int]:
        dirty = frozenset(self._changes.get(INODES.name, ()))
        self._store._write(self._changes)
        self.abort()
        return dirty

    def abort(self) -> None:
        self._changes = {}
        if self._writable:
            self._writable = False
            self._store._end()

    def __enter__(self) -> DictTx:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _overlay(self, name: str) -> dict[Any, Any]:
        if not self._writable:
            raise InvariantViolated("A view of the committed state cannot be written.")
        return self._changes.setdefault(name, {})
