"""The seam between the namespace and its storage: tables, and transactions on them.

Rule 1: keys are ints, strings, or pairs of them; a scan goes in ascending key order, strings by code point.
Rule 2: a value that was put, or that came out of a get, is never changed in place. Whoever wants a change copies it.
        Caches may therefore share values, and an abort has nothing to undo.
Rule 3: a transaction sees its own writes; nobody else does before the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from pyalluxio.journal.entries import LoadJobEntry, UfsMode
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.mount_table import MountTable

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, eq=False)
class Table(Generic[K, V]):
    """A named table. `journaled` tables follow from the entries alone and make up the state digest."""

    name: str
    journaled: bool = True


INODES: Table[int, Inode] = Table("inodes")
EDGES: Table[tuple[int, str], int] = Table("edges")  # (parent id, name) -> child id
BLOCKS: Table[int, int] = Table("blocks")  # block id -> length in bytes, -1 while unknown
MOUNTS: Table[int, MountTable] = Table("mounts")  # one row, key 0: every operation needs the whole small table
UFS_MODES: Table[str, UfsMode] = Table("ufs_modes")  # root of an under storage -> maintenance mode
COUNTERS: Table[str, int] = Table("counters")
TEXTS: Table[str, str] = Table("texts")
TTL: Table[tuple[int, int], bool] = Table("ttl")  # (due time in ms, inode id)
PINNED: Table[int, bool] = Table("pinned")  # file ids
TO_BE_PERSISTED: Table[int, bool] = Table("to_be_persisted")
PUBLISHING: Table[int, bool] = Table("publishing")  # file ids with a temporary path: may have their final name
INTENTS: Table[tuple[int, int], bool] = Table("intents")  # (inode id, number): begun and not ended
REPLICATION_LIMITED: Table[int, bool] = Table("replication_limited")
OPERATIONS: Table[tuple[int, int], int] = Table("operations")  # operation id -> its slot in the ring
OPERATION_RING: Table[int, tuple[int, int]] = Table("operation_ring")  # slot -> operation id
PATH_PROPERTIES: Table[str, dict[str, str]] = Table("path_properties")
SYNC_POINTS: Table[tuple[int, str], bool] = Table("sync_points")  # (mount id, path)
SYNC_TX_IDS: Table[int, int] = Table("sync_tx_ids")
LOAD_JOBS: Table[str, LoadJobEntry] = Table("load_jobs")
META: Table[str, bytes] = Table("meta", journaled=False)  # applied index and term, Raft configuration: not the state's

TABLES: tuple[Table[Any, Any], ...] = (
    INODES,
    EDGES,
    BLOCKS,
    MOUNTS,
    UFS_MODES,
    COUNTERS,
    TEXTS,
    TTL,
    PINNED,
    TO_BE_PERSISTED,
    PUBLISHING,
    INTENTS,
    REPLICATION_LIMITED,
    OPERATIONS,
    OPERATION_RING,
    PATH_PROPERTIES,
    SYNC_POINTS,
    SYNC_TX_IDS,
    LOAD_JOBS,
    META,
)

# Those that a new root inode empties.
OF_INODES: tuple[Table[Any, Any], ...] = (
    INODES,
    EDGES,
    TTL,
    PINNED,
    TO_BE_PERSISTED,
    PUBLISHING,
    INTENTS,
    REPLICATION_LIMITED,
)

# Keys of COUNTERS and TEXTS.
NEXT_SEQUENCE = "next_sequence"  # sequence number of the next journal entry
CONTAINER_LIMIT = "container_limit"  # container ids below it may have been handed out
DIRECTORY_CONTAINER = "directory_container"
DIRECTORY_SEQUENCE = "directory_sequence"  # the next directory id is this one of that container
INODE_COUNT = "inode_count"
RING_NEXT = "operation_ring_next"
CLUSTER_ID = "cluster_id"


class ReadTx(Protocol):
    """A consistent view of one committed state, or of a transaction's own."""

    def get(self, table: Table[K, V], key: K) -> V | None:
        """Return the value, or None when there is none."""

    def scan(
        self, table: Table[K, V], start: K | None = None, end: K | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[K, V]]:
        """Yield the rows from `start` (included) to `end` (excluded), in key order or its reverse.

        The table must not be written while a scan of it is under way: collect what is to be changed first.
        """


class Tx(ReadTx, Protocol):
    """The one open write transaction."""

    def put(self, table: Table[K, V], key: K, value: V) -> None:
        """Set the value of a key."""

    def delete(self, table: Table[K, V], key: K) -> bool:
        """Remove a key; says whether it was there."""


class WriteTx(Tx, Protocol):
    """What the pipeline holds: a `Tx` that it ends."""

    def commit(self) -> frozenset[int]:
        """Make the changes visible at once; returns the ids of the inodes that changed."""

    def abort(self) -> None:
        """Forget the changes."""


class View(ReadTx, Protocol):
    """A `ReadTx` that is to be closed, best by `with`."""

    def __enter__(self) -> View: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(Protocol):
    """A place for the state: LMDB in production, a dict in the simulator."""

    def begin(self) -> WriteTx:
        """Open the write transaction; there is at most one."""

    def read(self) -> View:
        """Open a view of the last committed state, for one answer or one page."""
