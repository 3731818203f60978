"""The state in LMDB: one file, one writer, readers that never wait.

Rule 1: a write transaction begins, runs and ends on one thread; LMDB binds it to that thread.
Rule 2: a read transaction lives for one answer or one page, never across an `await`: an old reader makes the file grow.
Rule 3: nothing is fsynced per commit. The Raft log is the truth; `pyalluxio.master.store_marker` tells at start whether
        this copy of it may be used.

Inodes, the mount table and the counters are decoded once for each transaction, changed as objects, and encoded at the
commit, so a thousand creates in one directory write its record once. Committed inodes are also kept decoded for reads.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import lmdb

from pyalluxio.errors import DataLoss, DiskFull, InvariantViolated
from pyalluxio.master.state.tx import COUNTERS, EDGES, INODES, MOUNTS, TABLES, Table
from pyalluxio.master.table_codec import CODECS

K = TypeVar("K")
V = TypeVar("V")

MAP_SIZE_BYTES = 1 << 40  # address space only: the file is sparse and grows with what it holds
READERS_MAX = 1024
IN_USE_INTERVAL_S = 0.02
COPY_PART_BYTES = 256 << 10
CACHED_INODES_MAX = 50_000  # about 40 MB

_UNREAD: Any = object()
_OBJECTS = frozenset(table.name for table in (INODES, MOUNTS, COUNTERS))  # written at the commit
_KNOWN = _OBJECTS | {EDGES.name}  # what a write transaction read once it knows, None included


class LmdbStore:
    """The tables of the state in an LMDB environment under `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        map_size_bytes: int = MAP_SIZE_BYTES,
        cached_inodes_max: int = CACHED_INODES_MAX,
        is_read_only: bool = False,
    ) -> None:
        """Open the environment; `is_read_only` leaves the files as they are, which nobody else may be using."""
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._folder = folder
        self._map_size_bytes = map_size_bytes
        self._is_read_only = is_read_only
        self._open()
        # Held by whatever uses the environment on another thread than the loop's.
        self._in_use = threading.Lock()
        self._cached_inodes_max = cached_inodes_max
        # Ordered: a plain dict looks for its first key past all those that were deleted, 100 us at this size.
        self._cache: OrderedDict[int, Any] = OrderedDict()
        self._mounts: tuple[Any] | None = None  # the decoded mount table, when it is known
        self._lock = threading.Lock()
        # Even: the number of commits, doubled. Odd: a commit is under way, and the cache is of no known state.
        self._version = 0
        self._writing = False

    def _open(self) -> None:
        self._environment = lmdb.open(
            str(self._folder),
            map_size=self._map_size_bytes,
            max_dbs=len(TABLES),
            max_readers=READERS_MAX,
            subdir=True,
            sync=False,
            metasync=False,
            writemap=False,
            map_async=False,
            mode=0o640,
            readonly=self._is_read_only,
            lock=not self._is_read_only,
        )
        self._databases: dict[str, Any] = {}
        for table in TABLES:
            try:
                database = self._environment.open_db(table.name.encode(), create=not self._is_read_only)
            except lmdb.NotFoundError:
                # A copy that was made by an earlier version lacks the tables that came later.
                if not self._is_read_only:
                    raise
            else:
                self._databases[table.name] = database

    def begin(self) -> LmdbTx:
        """Open the write transaction.

        Raises:  InvariantViolated: one is open already.
        """
        if self._writing:
            raise InvariantViolated("A write transaction is open already; there is one writer.")
        self._writing = True
        return LmdbTx(self, self._environment.begin(write=True))

    def read(self) -> LmdbReadTx:
        """Open a view of the last committed state; close it in the same step, best by `with`."""
        return LmdbReadTx(self)

    def sync(self) -> None:
        """Write everything to disk and wait; to be called off the loop, for early news of write-back errors."""
        with self._in_use:
            self._environment.sync(True)

    def copied(self) -> Generator[bytes, None, None]:
        """Yield a compacted copy of the last committed state in parts, as slowly as they are taken; off the loop.

        The state is in use until the generator ends or is closed, and what is overwritten meanwhile makes the file
        grow.

        Raises:   DataLoss: it cannot be read.
        """
        with self._in_use:
            reading, writing = os.pipe()
            failures: list[lmdb.Error] = []

            def copy() -> None:
                try:
                    self._environment.copyfd(writing, compact=True)
                except lmdb.Error as error:
                    failures.append(error)
                finally:
                    os.close(writing)

            copier = threading.Thread(target=copy, name="copy-of-the-state")
            copier.start()
            try:
                # Fewer turns; an account that has many pipes already is refused, and can do without.
                with suppress(PermissionError):
                    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, COPY_PART_BYTES)
                while part := os.read(reading, COPY_PART_BYTES):
                    yield part
            finally:
                # The copier's next write fails then, if it has one.
                os.close(reading)
                copier.join()
            if failures:
                raise DataLoss(f"The namespace in {self._folder} could not be copied: {failures[0]}.")

    def size_bytes(self) -> int:
        """Return how much of the file is in use."""
        info, stat = self._environment.info(), self._environment.stat()
        return int(info["last_pgno"] + 1) * int(stat["psize"])

    def close(self) -> None:
        """Close the files; waits for a copy that is being made."""
        with self._in_use:
            self._environment.close()

    @asynccontextmanager
    async def unused_elsewhere(self) -> AsyncIterator[None]:
        """Wait until no other thread uses the environment, and keep it so for the length of the block."""
        # Not in a thread: one whose waiter is cancelled would take the lock for nobody.
        while not self._in_use.acquire(blocking=False):  # noqa: ASYNC110 - a thread holds it
            await asyncio.sleep(IN_USE_INTERVAL_S)
        try:
            yield
        finally:
            self._in_use.release()

    def replace(self, swap: Callable[[], None]) -> None:
        """Close the environment, let `swap` put another file into its place, and open that; within `unused_elsewhere`.

        On the thread that reads and writes: views live for one step there, so none is open now.

        Raises:  InvariantViolated: a write transaction is open.
        """
        if self._writing:
            raise InvariantViolated("The state was to be replaced while a write transaction is open.")
        with self._lock:
            # Odd until all of it is over: what a view of the old state finds must not be remembered for the new one.
            self._version += 1
            self._environment.close()
            swap()
            self._open()
            self._cache.clear()
            self._mounts = None
            self._version += 1

    def _committed(self, transaction: Any, inodes: dict[int, Any], mounts_changed: bool) -> None:
        """Commit, and bring the caches along; `inodes` are those that changed, None for what is gone or not at hand."""
        with self._lock:
            self._version += 1
            try:
                transaction.commit()
            finally:
                cache = self._cache
                for key, value in inodes.items():
                    if value is None:
                        cache.pop(key, None)
                    else:
                        cache[key] = value
                while len(cache) > self._cached_inodes_max:
                    cache.popitem(last=False)
                if mounts_changed:
                    self._mounts = None
                self._version += 1

    def _remember(self, version: int, key: int, value: Any) -> None:
        with self._lock:
            if version == self._version:
                if len(self._cache) >= self._cached_inodes_max:
                    self._cache.popitem(last=False)
                self._cache[key] = value


class LmdbReadTx:
    """A view of one committed state."""

    __slots__ = ("_databases", "_store", "_transaction", "_version")

    def __init__(self, store: LmdbStore) -> None:
        self._store = store
        self._databases = store._databases
        version = store._version
        self._transaction = store._environment.begin(buffers=False)
        # A commit between the two lines: the cache may be of another state than the view.
        self._version = version if version == store._version and not version & 1 else -1

    def get(self, table: Table[K, V], key: K) -> V | None:
        if table is INODES:
            store = self._store
            cached: V | None = store._cache.get(key)  # type: ignore[call-overload]
            # Checked after the look-up: the version moves before the cache does.
            if cached is not None and store._version == self._version:
                return cached
            found = _read(self._transaction, self._databases, table, key)
            if found is not None and self._version >= 0:
                store._remember(self._version, key, found)  # type: ignore[arg-type]
            return found
        if table is MOUNTS:
            mounts: V | None = self._mount_table()
            return mounts
        return _read(self._transaction, self._databases, table, key)

    def scan(
        self, table: Table[K, V], start: K | None = None, end: K | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[K, V]]:
        return _scan(self._transaction, self._databases, table, start, end, reverse)

    def close(self) -> None:
        self._transaction.abort()

    def __enter__(self) -> LmdbReadTx:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.abort()

    def _mount_table(self) -> Any:
        store = self._store
        known = store._mounts
        if known is not None and store._version == self._version:
            return known[0]
        found = _read(self._transaction, self._databases, MOUNTS, 0)
        with store._lock:
            if store._version == self._version:
                store._mounts = (found,)
        return found


class LmdbTx:
    """The open write transaction."""

    def __init__(self, store: LmdbStore, transaction: Any) -> None:
        self._store = store
        self._databases = store._databases
        self._transaction = transaction
        self._thread = threading.get_ident()
        self._ended = False
        # What was read or written once, as it is now; None is absent. Of tables in `_dirty` the changes wait here.
        self._known: dict[str, dict[Any, Any]] = {name: {} for name in _KNOWN}
        self._dirty: dict[str, set[Any]] = {name: set() for name in _OBJECTS}
        self._flushed_inodes: set[int] = set()

    def get(self, table: Table[K, V], key: K) -> V | None:
        known = self._known.get(table.name)
        if known is None:
            return _read(self._transaction, self._databases, table, key)
        value: V | None = known.get(key, _UNREAD)
        if value is _UNREAD:
            value = known[key] = _read(self._transaction, self._databases, table, key)
        return value

    def put(self, table: Table[K, V], key: K, value: V) -> None:
        name = table.name
        known = self._known.get(name)
        if known is not None:
            known[key] = value
            dirty = self._dirty.get(name)
            if dirty is not None:
                dirty.add(key)
                return
        codec = CODECS[name]
        try:
            self._transaction.put(codec.key(key), codec.encode(key, value), db=self._databases[name])
        except lmdb.Error as error:
            # An entry is half applied: nothing may be committed on top of it.
            raise InvariantViolated(f"A row of {name} could not be written: {error}.") from error

    def delete(self, table: Table[K, V], key: K) -> bool:
        name = table.name
        known = self._known.get(name)
        if known is not None:
            existed = self.get(table, key) is not None
            known[key] = None
            dirty = self._dirty.get(name)
            if dirty is not None:
                dirty.add(key)
                return existed
        return bool(self._transaction.delete(CODECS[name].key(key), db=self._databases[name]))

    def scan(
        self, table: Table[K, V], start: K | None = None, end: K | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[K, V]]:
        if table.name in _OBJECTS:
            self._flush(table)
        return _scan(self._transaction, self._databases, table, start, end, reverse)

    def commit(self) -> frozenset[int]:
        """Make the changes visible at once; returns the ids of the inodes that changed.

        Raises:  DiskFull: nothing was changed; the state has to be read again from the log.
        """
        if threading.get_ident() != self._thread:
            raise InvariantViolated("A write transaction must be committed on the thread that began it.")
        mounts_changed = bool(self._dirty[MOUNTS.name])
        try:
            for table in (INODES, MOUNTS, COUNTERS):
                self._flush(table)
            known = self._known[INODES.name]
            changed = {inode_id: known.get(inode_id) for inode_id in self._flushed_inodes}
            self._store._committed(self._transaction, changed, mounts_changed)
        except lmdb.Error as error:
            self._transaction.abort()
            raise DiskFull(f"The namespace could not be committed: {error}. Free space on its disk.") from error
        finally:
            self._end()
        return frozenset(changed)

    def abort(self) -> None:
        """Forget the changes; harmless after a commit."""
        if not self._ended:
            self._transaction.abort()
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._store._writing = False

    def _flush(self, table: Table[Any, Any]) -> None:
        dirty = self._dirty[table.name]
        codec, database, known = CODECS[table.name], self._databases[table.name], self._known[table.name]
        transaction = self._transaction
        for key in dirty:
            value = known[key]
            if value is None:
                transaction.delete(codec.key(key), db=database)
            else:
                transaction.put(codec.key(key), codec.encode(key, value), db=database)
        if table is INODES:
            self._flushed_inodes |= dirty
        dirty.clear()


def _read(transaction: Any, databases: dict[str, Any], table: Table[K, V], key: K) -> V | None:
    codec = CODECS[table.name]
    try:
        key_bytes = codec.key(key)
    except struct.error:
        return None  # callers may ask for any number, and a negative id names nothing
    data = transaction.get(key_bytes, db=databases[table.name])
    if data is None:
        return None
    value: V = codec.decode(data)
    return value


def _scan(
    transaction: Any, databases: dict[str, Any], table: Table[K, V], start: K | None, end: K | None, reverse: bool
) -> Iterator[tuple[K, V]]:
    codec = CODECS[table.name]
    low = None if start is None else codec.bucket_start(codec.key(start))
    high = None if end is None else codec.bucket_end(codec.key(end))
    with transaction.cursor(db=databases[table.name]) as cursor:
        rows = _backward(cursor, low, high) if reverse else _forward(cursor, low, high)
        for key, value in codec.rows(rows, reverse):
            # Keys cut short sort within their bucket only after decoding, so the ends are compared once more.
            if (start is None or key >= start) and (end is None or key < end):
                yield key, value


def _forward(cursor: Any, low: bytes | None, high: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    if not (cursor.first() if low is None else cursor.set_range(low)):
        return
    for key, value in cursor.iternext(keys=True, values=True):
        if high is not None and key >= high:
            return
        yield key, value


def _backward(cursor: Any, low: bytes | None, high: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    if high is None:
        found = cursor.last()
    else:
        found = cursor.set_range(high)
        found = cursor.prev() if found else cursor.last()
    if not found:
        return
    for key, value in cursor.iterprev(keys=True, values=True):
        if low is not None and key < low:
            return
        yield key, value
