"""What an operation gets to work with, and nothing else: no clock, no configuration, no network.

Rule 1: an operation checks first and emits afterwards; what it raises after its first entry is a mistake of ours, but
        for operations that say they collect failures.
Rule 2: an entry is applied at once to the open transaction, so the operation sees what it did.
Rule 3: a context belongs to one batch. A long operation is a generator that yields where the state is valid and
        receives the context of the batch in which it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pyalluxio.errors import InvariantViolated
from pyalluxio.journal.entries import Entry, OperationId
from pyalluxio.master.state import operation_ids
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.effects import Effect
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.mount_table import MountInfo, MountTable
from pyalluxio.master.state.tx import COUNTERS, MOUNTS, NEXT_SEQUENCE, ReadTx, Tx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BlockLocation:
    """A copy of a block; `address` is the worker's own message, passed through to clients."""

    worker_id: int
    address: object
    tier_alias: str
    medium_type: str
    tier_ordinal: int


@dataclass(slots=True)
class OpSettings:
    """The configuration that operations depend on, read once by the shell.

    permission_enabled  also false when callers are not authenticated at all
    directory_mode      of parents that are created along with a path: 0777 without the server's umask
    storage_host    where files of local under storages are said to be; "" says nothing
    listing_infos   how many files go into one message of a listing, at most
    """

    root_mount: MountInfo
    permission_enabled: bool = True
    supergroup: str = "supergroup"
    directory_mode: int = 0o755
    inherits_owner_and_group: bool = True
    retry_cache_enabled: bool = True
    whitelist: tuple[str, ...] = ("/",)
    persistence_blacklist: tuple[str, ...] = ()
    media: tuple[str, ...] = ("MEM", "SSD", "HDD")
    storage_host: str = ""
    listing_infos: int = 10_000
    _rooted: tuple[MountTable | None, MountTable] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._rooted = (None, MountTable().with_mount(self.root_mount))

    def mounts(self, journaled: MountTable | None) -> MountTable:
        """Return the mount table with its root; the last one is kept, since it changes rarely."""
        known, rooted = self._rooted
        if journaled is not known:
            rooted = (journaled or MountTable()).with_mount(self.root_mount)
            self._rooted = (journaled, rooted)
        return rooted


def no_locations(block_id: int) -> Sequence[BlockLocation]:
    """Say that no worker holds the block."""
    return ()


@dataclass(slots=True)
class ReadContext:
    """Who asks, and the state that answers.

    groups     of the user, the primary group first, as resolved on the master
    locations  the live copies of a block, sorted by tier; they are volatile and not part of the state
    safe_mode  workers are still registering: what needs locations answers UNAVAILABLE
    make_info  makes what status calls and listings answer for an inode, called as `file_info` is; None is that one
    """

    tx: ReadTx
    user: str
    groups: tuple[str, ...]
    settings: OpSettings
    now_ms: int
    locations: Callable[[int], Sequence[BlockLocation]] = no_locations
    safe_mode: bool = False
    make_info: Callable[..., Any] | None = None

    @property
    def mounts(self) -> MountTable:
        return self.settings.mounts(self.tx.get(MOUNTS, 0))

    def is_done(self, operation_id: OperationId | None) -> bool:
        """Say whether the operation with this id was applied before: then it must not be done again."""
        return (
            operation_id is not None
            and self.settings.retry_cache_enabled
            and operation_ids.is_done(self.tx, operation_id)
        )


@dataclass(slots=True)
class OpContext(ReadContext):
    """A read context on the open write transaction, with the means to change it.

    emit         applies an entry and adds it to the batch
    effects      of the batch; an operation may add hints of its own
    random_id    a random non-negative 63-bit number
    """

    tx: Tx = field(kw_only=True)
    emit: Callable[[Entry], None] = field(kw_only=True)
    effects: list[Effect] = field(kw_only=True)
    ids: IdAllocator = field(kw_only=True)
    random_id: Callable[[], int] = field(kw_only=True)


class Journaling:
    """Applies and collects entries on one transaction: the part of a batch that operations use, without a pipeline."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.first_sequence = tx.get(COUNTERS, NEXT_SEQUENCE) or 0
        self.entries: list[Entry] = []
        self.effects: list[Effect] = []

    def emit(self, entry: Entry) -> None:
        self.effects += apply(self.tx, self.first_sequence + len(self.entries), entry)
        self.entries.append(entry)


Chunks = Generator[None, OpContext, T]


def run_at_once(chunks: Chunks[T], context: OpContext) -> T:
    """Run a long operation in one batch, for callers that hold the transaction anyway, such as background jobs."""
    try:
        next(chunks)
        while True:
            chunks.send(context)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


B = TypeVar("B")


def in_batches(
    batch: B, context_of: Callable[[B], OpContext], start: Callable[[OpContext], Chunks[T]]
) -> Generator[None, B, T]:
    """Turn a long operation into a generator that receives the pipeline's batches instead of contexts."""
    chunks = start(context_of(batch))
    try:
        next(chunks)
        while True:
            batch = yield
            chunks.send(context_of(batch))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def require(value: T | None, what: str) -> T:
    """Return a value that a check before has made sure of."""
    if value is None:
        raise InvariantViolated(f"{what} was checked and is missing.")
    return value
