"""The write path: operations share a transaction, the transaction is one journal entry, the entry's commit is theirs.

    submit -> queue -> batch: open transaction; per operation: check, emit entries, apply them; more operations join
           -> the entries become one JournalEntry -> journal.propose
           -> on_committed: applied index into the transaction, commit, caches, effects, every reply of the batch

Rules (the design's section 3; each is asserted or tested):

1. A leader opens its first write transaction after everything up to its term's first entry is applied.
2. Sequence numbers come from the state alone, and `apply` checks them.
3. Nothing withdraws a proposed batch. When the leadership is lost first, the transaction is aborted and the waiters
   stay for `FATE_WAIT_S`: if the entry is committed after all, they get the real reply, else NotLeader.
4. Every answer of a batch that changed something leaves after its commit, errors included. An operation that ran before
   any change of its batch and made none answers as soon as this member is known to lead still.
5. An operation that fails by a mistake of ours after it emitted something aborts the batch; the others run again.
6. A batch ends at `BATCH_BYTES_MAX` or `BATCH_TIME_S`, whichever comes first, and when the queue is empty.
7. One thread, the event loop's, begins and ends every write transaction.

Leading, following and leading again need no rebuild: the state holds only what is committed, at every moment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

from pyalluxio.errors import AlluxioError, Busy, Cancelled, Internal, InvariantViolated, NotLeader
from pyalluxio.ids import Index, Term
from pyalluxio.journal import codec
from pyalluxio.journal.entries import Entry, PrimacyMarker
from pyalluxio.journal.node import CommittedEntry, EntryKind, LogPosition, Role, RoleChange
from pyalluxio.master.applied import CONFIGURATION, configuration_bytes, read_applied, write_applied
from pyalluxio.master.confirmation import Confirmation, Fence, Leases
from pyalluxio.master.path_locks import PathLock, PathLocks
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.effects import Effect
from pyalluxio.master.state.tx import COUNTERS, META, NEXT_SEQUENCE, Store, WriteTx

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH_BYTES_MAX = 1 << 20
BATCH_TIME_S = 0.005
# An entry is counted at this size until it is encoded; most inode entries with a path are smaller.
ENTRY_BYTES_ESTIMATE = 256
QUEUE_LENGTH_MAX = 20_000
# How long an operation waits for a path that another one has locked.
LOCK_TIMEOUT_S = 60.0
# How long the callers of a proposed batch wait to learn, after the leadership was lost, whether it was committed. The
# next leader settles that with its first entry, well within a second.
FATE_WAIT_S = 2.0
_INTERNAL_ERROR = "The operation failed by an internal error; see the master's log."


class Journal(Leases, Protocol):
    """What the pipeline needs of the replicated log."""

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        """Append an entry; the future tells its fate."""

    def applied(self, index: Index) -> None:
        """Say that everything up to `index` is applied."""


class Batch:
    """One open write transaction, as an operation sees it."""

    __slots__ = ("data", "effects", "entries", "first_sequence", "is_detached", "replies", "term", "tx", "unfinished")

    def __init__(self, tx: WriteTx, first_sequence: int, term: Term) -> None:
        self.tx = tx
        self.first_sequence = first_sequence
        self.term = term
        self.entries: list[Entry] = []
        self.effects: list[Effect] = []
        self.replies: list[tuple[_Job, Any, BaseException | None]] = []
        # Long operations of which a chunk is in this batch, and of which more is to come.
        self.unfinished: list[_Job] = []
        self.data = b""
        # The leadership was lost while the batch was under way: its transaction is gone, its waiters are not.
        self.is_detached = False

    def emit(self, entry: Entry) -> None:
        """Apply an entry to the open transaction and add it to the batch."""
        sequence_number = self.first_sequence + len(self.entries)
        # Counted first: should `apply` fail halfway, the batch counts as changed, and is thrown away.
        self.entries.append(entry)
        self.effects += apply(self.tx, sequence_number, entry)

    @property
    def size_estimate_bytes(self) -> int:
        return len(self.entries) * ENTRY_BYTES_ESTIMATE


class _Job:
    """One operation in the queue."""

    __slots__ = ("future", "generator", "operation", "own_lock", "paths", "task")

    def __init__(
        self,
        operation: Callable[[Batch], Any],
        paths: tuple[str, ...],
        own_lock: PathLock | None,
        future: asyncio.Future[Any],
    ) -> None:
        self.operation = operation
        self.paths = paths
        self.own_lock = own_lock
        self.future = future
        self.generator: Generator[None, Batch, Any] | None = None
        self.task = asyncio.current_task()


class _Locked(Exception):
    """A path that the operation changes is locked by another; the caller waits outside the batch."""


class Pipeline:
    """The only writer of the state."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        locks: PathLocks,
        *,
        on_commit: Callable[[frozenset[int], Sequence[Effect], bool], None],
        on_fatal: Callable[[BaseException], None],
        on_leading: Callable[[bool], None] = lambda leads: None,
        monotonic_s: Callable[[], float] = time.monotonic,
        queue_length_max: int = QUEUE_LENGTH_MAX,
        fate_wait_s: float = FATE_WAIT_S,
        address_of: Callable[[str], str] = lambda peer: peer,
    ) -> None:
        """
        on_commit   changed inode ids, effects, and whether this member led; called before the replies leave
        on_leading  this member may write from now on, or no longer
        address_of  what people call the member with this id of the journal's quorum
        """
        self._store = store
        self._journal = journal
        self._locks = locks
        self._on_commit = on_commit
        self._on_fatal = on_fatal
        self._on_leading = on_leading
        self._monotonic_s = monotonic_s
        self._queue: deque[_Job] = deque()
        self._queue_length_max = queue_length_max
        self._fate_wait_s = fate_wait_s
        self._address_of = address_of
        self.confirmation = Confirmation(journal)
        # Of the quorum's members as of the last entry seen, when the store does not hold that yet.
        self._unwritten_configuration: bytes | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self.leader = ""
        self._batch: Batch | None = None
        self._pump_is_due = False
        self._term = Term(0)
        self._leads = False
        self._is_ready = False
        self._term_first_index: Index | None = None
        self._ready_waiters: list[asyncio.Future[None]] = []
        self.applied_index, self.applied_term = read_applied(store)

    # --- what the services ask -------------------------------------------------------------------------------------

    @property
    def is_leading(self) -> bool:
        """Whether this member leads and has applied everything up to its own term: only then it serves."""
        return self._is_ready

    @property
    def leads(self) -> bool:
        """Whether this member leads, serving or not yet."""
        return self._leads

    @property
    def stands_by(self) -> bool:
        """Whether another member is known to lead."""
        return bool(self.leader) and not self._leads

    @property
    def term(self) -> Term:
        return self._term

    def check_leading(self) -> None:
        """Raise NotLeader, naming the leader, unless this member may write."""
        if not self._is_ready:
            raise self.not_leading()

    def not_leading(self) -> NotLeader:
        """Return the error of calls that only the leader answers."""
        if self._leads:
            return NotLeader("This master has just been elected and does not serve yet; try again.")
        if not self.leader:
            return NotLeader("This master is a standby, and no master leads at the moment; try again.")
        return NotLeader(f"This master is a standby; ask {self._address_of(self.leader)}, which leads.")

    def fence(self) -> Fence:
        """Return the fence of this term.

        Raises:   NotLeader.
        """
        self.check_leading()
        term = self._term

        def check() -> None:
            self.check_leading()
            if self._term != term:
                raise NotLeader("This master lost the leadership meanwhile, and leads anew; repeat the call.")

        return Fence(check, term, self.confirmation)

    def awaiting_fate(self) -> set[asyncio.Task[Any]]:
        """Return the tasks whose change is proposed: they learn what becomes of it."""
        batch = self._batch
        return set() if batch is None else {job.task for job, _, _ in batch.replies if job.task is not None}

    async def wait_until_leading(self) -> None:
        """Return once this member leads and serves; the caller sets the deadline."""
        if not self._is_ready:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ready_waiters.append(waiter)
            await waiter

    async def submit(
        self, operation: Callable[[Batch], T], paths: tuple[str, ...] = (), own_lock: PathLock | None = None
    ) -> T:
        """Run an operation in a write transaction and return its result once that is committed.

        paths     what the operation changes: while somebody else's lock covers one of them, it waits
        own_lock  the lock that the caller holds itself

        Raises:   what the operation raises; NotLeader; Busy: the queue is full; DiskFull.
        """
        while True:
            try:
                return await self._enqueue(operation, paths, own_lock)  # type: ignore[no-any-return]
            except _Locked:
                async with self._locks.hold(paths, LOCK_TIMEOUT_S):
                    pass

    async def submit_long(
        self,
        operation: Callable[[Batch], Generator[None, Batch, T]],
        own_lock: PathLock | None = None,
    ) -> T:
        """Run an operation in chunks: it yields where the state is valid and receives the batch it goes on in.

        Other batches run between the chunks, so the caller holds a lock on what the operation works on. When the caller
        is cancelled, the operation ends at its next `yield`; what was done stays done.
        """
        return await self._enqueue(operation, (), own_lock)  # type: ignore[no-any-return]

    def _enqueue(
        self, operation: Callable[[Batch], Any], paths: tuple[str, ...], own_lock: PathLock | None
    ) -> asyncio.Future[Any]:
        self.check_leading()
        if len(self._queue) >= self._queue_length_max:
            raise Busy
        job = _Job(operation, paths, own_lock, asyncio.get_running_loop().create_future())
        self._queue.append(job)
        self._schedule()
        return job.future

    # --- batches ---------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        """Run a batch in the loop's next step, so that calls that arrived together share it."""
        if self._batch is None and not self._pump_is_due and self._is_ready:
            self._pump_is_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pump_is_due = False
        if self._batch is not None or not self._is_ready or not self._queue:
            return
        tx = self._store.begin()
        batch = Batch(tx, tx.get(COUNTERS, NEXT_SEQUENCE) or 0, self._term)
        end_s = self._monotonic_s() + BATCH_TIME_S
        try:
            while self._queue and batch.size_estimate_bytes < BATCH_BYTES_MAX and self._monotonic_s() < end_s:
                job = self._queue.popleft()
                if self._run(job, batch):
                    batch.unfinished.append(job)
        except _BatchSpoilt as spoilt:
            self._run_again_without(spoilt.job, batch)
            return
        except BaseException as error:
            self._abort(batch, Internal(_INTERNAL_ERROR))
            self._stop(error)
            return
        # A long operation goes on after those that waited.
        self._queue.extend(batch.unfinished)
        if not batch.entries:
            tx.abort()
            assert not batch.replies
            if self._queue:
                self._schedule()
            return
        self._propose(batch)

    def _run(self, job: _Job, batch: Batch) -> bool:
        """Run one operation, or the next chunk of one; says whether more of it is to come."""
        if job.future.done():  # the caller gave up
            if job.generator is not None:
                job.generator.close()
            return False
        emitted = len(batch.entries)
        try:
            if any(self._locks.blocks(path, job.own_lock) for path in job.paths):
                raise _Locked
            if job.generator is not None:
                job.generator.send(batch)
                return True
            result = job.operation(batch)
            if isinstance(result, Generator):
                job.generator = result
                next(result)
                return True
        except StopIteration as stop:
            self._reply(job, batch, stop.value, None)
            return False
        except (AlluxioError, _Locked) as error:
            # What an operation emitted before it failed is valid by itself: a delete that could not delete everything.
            self._reply(job, batch, None, error)
            return False
        except InvariantViolated:
            _settle(job, None, Internal(_INTERNAL_ERROR))
            raise
        except Exception as error:
            if len(batch.entries) > emitted:
                raise _BatchSpoilt(job, error) from error
            self._reply(job, batch, None, error)
            return False
        self._reply(job, batch, result, None)
        return False

    def _reply(self, job: _Job, batch: Batch, result: Any, error: BaseException | None) -> None:
        if batch.entries:
            batch.replies.append((job, result, error))
        elif self.confirmation.holds() or isinstance(error, _Locked):
            _settle(job, result, error)
        else:
            settling = asyncio.create_task(self._settle_confirmed(job, result, error, self._term))
            self._settling.add(settling)
            settling.add_done_callback(self._settling.discard)

    async def _settle_confirmed(self, job: _Job, result: Any, error: BaseException | None, term: Term) -> None:
        """Give an answer that was read from the state once this member is known to have led then."""
        try:
            await self.confirmation.wait()
        except AlluxioError as lost:
            _settle(job, None, lost)
            return
        if self._is_ready and self._term == term:
            _settle(job, result, error)
        else:
            _settle(job, None, self.not_leading())

    def _run_again_without(self, bad: _Job, batch: Batch) -> None:
        """Abort a batch that an operation spoilt by a mistake of ours, and queue the others again.

        A long operation cannot run a chunk again: it ends with an error, and what it did before stays done.
        """
        batch.tx.abort()
        log.error("An operation failed after it had changed the open batch; the batch runs again without it.")
        for job in [bad, *batch.unfinished]:
            _settle(job, None, Internal(_INTERNAL_ERROR))
        again = [job for job, _, _ in batch.replies if job.generator is None]
        for job, _, _ in batch.replies:
            if job.generator is not None:
                _settle(job, None, Internal("The operation was interrupted by another's internal error; repeat it."))
        self._queue.extendleft(reversed(again))
        self._schedule()

    def _propose(self, batch: Batch) -> None:
        batch.data = codec.encode_batch(batch.entries, batch.first_sequence)
        try:
            future = self._journal.propose(batch.data)
        except AlluxioError as error:
            self._abort(batch, error)
            self._schedule()
            return
        self._batch = batch
        future.add_done_callback(lambda done: self._proposed(batch, done))

    def _proposed(self, batch: Batch, done: asyncio.Future[LogPosition]) -> None:
        """The fate of a proposal is known; a committed one was dealt with in `on_committed` already."""
        if done.cancelled():
            self._abort(batch, NotLeader("The journal stopped before the change was safe; ask the leading master."))
        elif (error := done.exception()) is not None:
            self._abort(batch, error)
        elif self._batch is batch:
            self._stop(InvariantViolated(f"Proposal at {done.result()} was committed but never delivered."))
            return
        if self._batch is batch:
            self._batch = None
        self._schedule()

    def _abort(self, batch: Batch, error: BaseException) -> None:
        """Undo a batch and fail everything that had a part in it.

        That includes long operations: one that went on would take for done what its chunk in this batch did.
        """
        if not batch.is_detached:
            batch.tx.abort()
            batch.is_detached = True
        replies, batch.replies = batch.replies, []
        for job in (*(job for job, _, _ in replies), *batch.unfinished):
            _settle(job, None, error)

    # --- what the journal tells ------------------------------------------------------------------------------------

    def on_role(self, change: RoleChange) -> None:
        """The member's role or term changed; it serves once its own term's first entry is applied."""
        leads = change.role is Role.LEADER
        was_leading, self.leader = self._leads, change.leader or ""
        self._leads = leads
        if was_leading and (not leads or change.term != self._term):
            self._step_down()
        self._term = change.term
        self._term_first_index = change.term_first_index
        self._serve_if_ready()

    def _step_down(self) -> None:
        if self._is_ready:
            self._is_ready = False
            self._on_leading(False)
        batch = self._batch
        if batch is not None and not batch.is_detached:
            batch.tx.abort()
            batch.is_detached = True
            asyncio.get_running_loop().call_later(self._fate_wait_s, self._stop_waiting, batch)
        queue, self._queue = self._queue, deque()
        for job in queue:
            _settle(job, None, self.not_leading())

    def _stop_waiting(self, batch: Batch) -> None:
        """Nobody knows yet what becomes of a batch, and its callers have waited long enough."""
        replies, batch.replies = batch.replies, []
        for job in (*(job for job, _, _ in replies), *batch.unfinished):
            text = "This master lost the leadership before the change was known to be safe; repeat the call."
            _settle(job, None, NotLeader(text))

    def on_committed(self, entries: list[CommittedEntry]) -> None:
        """Entries are committed: commit the batch they are, or apply them as a standby does."""
        for entry in entries:
            if entry.index <= self.applied_index:
                continue  # delivered before a snapshot took the place of the state, and part of it
            batch = self._batch
            if entry.kind is EntryKind.DATA:
                is_own = batch is not None and entry.term == batch.term and entry.data == batch.data
                if is_own and not batch.is_detached:  # type: ignore[union-attr]
                    self._commit(batch, entry)  # type: ignore[arg-type]
                else:
                    self._apply(entry, batch if is_own else None)
            elif entry.configuration is not None:
                self._unwritten_configuration = configuration_bytes(entry.index, entry.configuration)
            self.applied_index, self.applied_term = entry.index, entry.term
        self._journal.applied(self.applied_index)
        self._serve_if_ready()

    def _serve_if_ready(self) -> None:
        if self._is_ready or not self._leads or self._term_first_index is None:
            return
        if self.applied_index < self._term_first_index:
            return
        self._is_ready = True
        self._on_leading(True)
        waiters, self._ready_waiters = self._ready_waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def restored(self) -> None:
        """Another state has taken the place of the store's: go on behind it.

        Raises:   InvariantViolated: this member leads, or a transaction is open.
        """
        if self._leads or (self._batch is not None and not self._batch.is_detached):
            raise InvariantViolated("The state of a master that leads was replaced.")
        self._unwritten_configuration = None
        self.applied_index, self.applied_term = read_applied(self._store)

    def _write_applied(self, tx: WriteTx, entry: CommittedEntry) -> None:
        write_applied(tx, entry)
        if self._unwritten_configuration is not None:
            tx.put(META, CONFIGURATION, self._unwritten_configuration)

    def _commit(self, batch: Batch, entry: CommittedEntry) -> None:
        self._write_applied(batch.tx, entry)
        changed = batch.tx.commit()
        self._unwritten_configuration = None
        self._batch = None
        self._finish(batch, changed)

    def _apply(self, entry: CommittedEntry, own: Batch | None) -> None:
        """Apply an entry that no transaction is open for: replay, a standby, the batch of a lost leadership."""
        assert self._batch is None or self._batch.is_detached, "a leader has one proposal under way"
        tx = self._store.begin()
        effects: list[Effect] = []
        try:
            next_sequence = tx.get(COUNTERS, NEXT_SEQUENCE) or 0
            for sequence, inner in codec.decode_batch(entry.data):
                if (
                    isinstance(inner, PrimacyMarker) or sequence < next_sequence
                ):  # the latter: repeated by a Java leader
                    continue
                effects += apply(tx, sequence, inner)
                next_sequence = sequence + 1
            self._write_applied(tx, entry)
        except BaseException:
            tx.abort()
            raise
        changed = tx.commit()
        self._unwritten_configuration = None
        if own is not None:
            self._batch = None
            self._finish(own, changed)
        else:
            self._on_commit(changed, effects, False)

    def _finish(self, batch: Batch, changed: frozenset[int]) -> None:
        self._on_commit(changed, batch.effects, not batch.is_detached)
        replies, batch.replies = batch.replies, []
        for job, result, error in replies:
            _settle(job, result, error)
        self._schedule()

    def _stop(self, error: BaseException) -> None:
        """A mistake of ours: nothing may be served on top of it."""
        self._step_down()
        self._on_fatal(error)


class _BatchSpoilt(Exception):
    def __init__(self, job: _Job, error: Exception) -> None:
        super().__init__(str(error))
        self.job = job


def _settle(job: _Job, result: Any, error: BaseException | None) -> None:
    if job.future.done():
        return
    if error is None:
        job.future.set_result(result)
    elif isinstance(error, asyncio.CancelledError):
        job.future.set_exception(Cancelled("The operation was cancelled."))
    else:
        job.future.set_exception(error)
