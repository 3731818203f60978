"""The thread that drives the Raft core: takes stimuli, persists, applies, and tells the loop once per turn.

Rules 1, 2, 4 and 5 of `node.py` are kept here. Nothing in this file runs on the event loop but the callback `deliver`
that the node supplies, which is scheduled with `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import queue
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.options import JournalOptions
from pyalluxio.raft.core import Core, Proposal
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, LogPosition, PeerId, Ready, Role

log = logging.getLogger(__name__)

TICK_MS = 20
FREE_SPACE_CHECK_INTERVAL_S = 0.1
DISK_FULL_RETRY_INTERVAL_S = 0.2
# A quorum of one needs no clock; it still looks around now and then, so that no wait is without a deadline.
IDLE_WAIT_MAX_S = 5.0


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What this member is now.

    `term_first_index` is the index of the leader's first entry of its term, None for the other roles: a new leader
    must have applied everything up to it before it opens its first write transaction.
    `leader` is the id (`host_port`) of the leader as far as known, or "".
    """

    role: Role
    term: Term
    leader: PeerId
    term_first_index: Index | None


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """A report of one moment, for `quorum info`, metrics and pages. `last_index` < `first_index`: the log is empty."""

    role: Role
    term: Term
    leader: PeerId
    commit_index: Index
    first_index: Index
    last_index: Index
    applied_index: Index
    log_size_bytes: int
    configuration: Configuration
    is_disk_full: bool


# --- stimuli, from the loop to the driver --------------------------------------------------------------------------


@dataclass(slots=True)
class Propose:
    data: bytes
    future: asyncio.Future[LogPosition]


@dataclass(slots=True)
class Read:
    future: asyncio.Future[Index]


@dataclass(slots=True)
class StateDurable:
    index: Index


class Stop:
    pass


class Wake:
    pass


Stimulus = Propose | Read | StateDurable | Stop | Wake


# --- from the driver to the loop -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Delivery:
    """Everything that one turn of the driver has to tell the loop, in this order."""

    failure: BaseException | None = None
    role_change: RoleChange | None = None
    committed: list[Entry] = field(default_factory=list)
    settled: list[tuple[asyncio.Future[LogPosition], LogPosition | errors.AlluxioError]] = field(default_factory=list)
    settled_bytes: int = 0
    reads: list[tuple[asyncio.Future[Index], Index | errors.AlluxioError]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.failure or self.role_change or self.committed or self.settled or self.reads)


class Inbox:
    """Where the loop leaves stimuli, and the one number of the state machine that the driver reads."""

    def __init__(self, applied_index: Index) -> None:
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self.applied_index = applied_index
        self.is_driver_throttled = False

    def put(self, stimulus: Stimulus) -> None:
        self._queue.put(stimulus)

    def take(self, timeout_s: float) -> list[Stimulus]:
        """Wait for the first stimulus, at most `timeout_s`; return it with everything else that is there."""
        try:
            stimuli = [self._queue.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        for _ in range(self._queue.qsize()):
            stimuli.append(self._queue.get_nowait())
        return stimuli

    def set_applied(self, index: Index) -> None:
        """Publish the applied index; wakes the driver when it holds entries back for lack of room."""
        assert index >= self.applied_index, f"applied index goes back from {self.applied_index} to {index}"
        self.applied_index = index
        if self.is_driver_throttled:
            self._queue.put(Wake())


class _StoppedWhileFull(Exception):
    """The driver was told to stop while it waited for space; nothing is wrong beyond that."""


class Driver:
    """Runs `run` on its own thread until `Stop`, or until the disk or an invariant fails."""

    def __init__(
        self,
        core: Core,
        store: LogStore,
        meta: MetaFiles,
        folder: JournalFolder,
        inbox: Inbox,
        deliver: Callable[[Delivery], None],
        *,
        options: JournalOptions,
        clock: Callable[[], float],
    ) -> None:
        self._core = core
        self._store = store
        self._meta = meta
        self._folder = folder
        self._inbox = inbox
        self._deliver = deliver
        self._options = options
        self._clock = clock
        self._client_id = os.urandom(16)
        self._call_id = 0
        self._delivery = Delivery()
        self._waiting: dict[Index, tuple[Term, asyncio.Future[LogPosition], int]] = {}
        self._waiting_reads: dict[int, asyncio.Future[Index]] = {}
        self._read_context = 0
        self._window: deque[tuple[Index, int]] = deque()
        self._window_bytes = 0
        self._published_role: RoleChange | None = None
        self._is_stopping = False
        self._is_disk_full = False
        self._free_space_checked_at = float("-inf")
        self.status = self._status_now()

    def run(self) -> None:
        """Drive the core until told to stop; the last delivery settles everything that still waits."""
        try:
            next_tick_at = self._clock()
            while not self._is_stopping:
                now = self._clock()
                if now >= next_tick_at:
                    self._core.tick()
                    next_tick_at = now + (IDLE_WAIT_MAX_S if self._core.is_alone else TICK_MS / 1000)
                    self._turn()
                self._handle(self._inbox.take(max(0.0, next_tick_at - self._clock())))
                self._turn()
            self._close(None)
        except _StoppedWhileFull:
            self._close(None)
        except BaseException as error:
            log.critical("The journal in %s cannot go on.", self._folder.path, exc_info=True)
            self._close(error)

    # --- stimuli ---------------------------------------------------------------------------------------------------

    def _handle(self, stimuli: list[Stimulus]) -> None:
        batch: list[Propose] = []
        batch_bytes = 0
        for stimulus in stimuli:
            if type(stimulus) is Propose:
                batch.append(stimulus)
                batch_bytes += len(stimulus.data)
                if batch_bytes >= self._options.batch_size_max_bytes:
                    self._propose(batch)
                    self._turn()
                    batch, batch_bytes = [], 0
            elif isinstance(stimulus, Read):
                self._read_context += 1
                self._waiting_reads[self._read_context] = stimulus.future
                self._core.read_index(self._read_context)
            elif isinstance(stimulus, StateDurable):
                self._purge(stimulus.index)
            elif isinstance(stimulus, Stop):
                self._is_stopping = True
        if batch:
            self._propose(batch)

    def _propose(self, batch: list[Propose]) -> None:
        if self._core.role is not Role.LEADER:
            self._refuse(batch, errors.NotLeader(self._not_leader_text()))
            return
        if not self._has_free_space():
            self._refuse(batch, self._disk_full_error())
            return
        proposals = []
        for item in batch:
            self._call_id += 1
            proposals.append(Proposal(item.data, self._client_id, self._call_id))
        position = self._core.propose(proposals)
        index = position.index
        for item in batch:
            self._waiting[index] = (position.term, item.future, len(item.data))
            index = Index(index + 1)

    def _refuse(self, batch: list[Propose], error: errors.AlluxioError) -> None:
        for item in batch:
            self._delivery.settled.append((item.future, type(error)(str(error))))
            self._delivery.settled_bytes += len(item.data)

    def _purge(self, state_index: Index) -> None:
        up_to = Index(min(state_index, self._core.purgeable_index, self._inbox.applied_index))
        names = self._store.purge(up_to, retain_bytes=self._options.retain_bytes)
        if names:
            log.info("Deleted %d journal segments up to entry %d.", len(names), self._store.first_index - 1)

    def _not_leader_text(self) -> str:
        leader = self._core.leader
        return f"This master does not lead; {f'{leader} does' if leader else 'no leader is known'}."

    # --- one turn --------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Carry out every `Ready` that the core has, then tell the loop."""
        while True:
            ready = self._core.ready(committed_bytes_max=self._room())
            if not ready:
                break
            self._persist(ready)
            self._publish_role()
            assert not ready.messages, "a quorum of one has nobody to write to"
            if ready.committed:
                self._apply(ready.committed)
            for answer in ready.reads:
                future = self._waiting_reads.pop(answer.context)
                outcome = answer.index if answer.index is not None else errors.NotLeader(self._not_leader_text())
                self._delivery.reads.append((future, outcome))
            self._core.advance(ready)
        self._publish_role()
        self.status = self._status_now()
        self._flush_delivery()

    def _flush_delivery(self) -> None:
        if not self._delivery:
            return
        delivery, self._delivery = self._delivery, Delivery()
        self._deliver(delivery)

    def _room(self) -> int:
        """Return how many more bytes may be handed to the state machine; 0 asks it to wake us by `set_applied`."""
        room = self._room_now()
        if room > 0:
            self._inbox.is_driver_throttled = False
            return room
        # The flag first, then a second look: else an `applied` between look and flag would wake nobody.
        self._inbox.is_driver_throttled = True
        return max(0, self._room_now())

    def _room_now(self) -> int:
        applied = self._inbox.applied_index
        while self._window and self._window[0][0] <= applied:
            self._window_bytes -= self._window.popleft()[1]
        return self._options.apply_window_bytes - self._window_bytes

    def _persist(self, ready: Ready) -> None:
        """Make hard state and entries durable."""
        if ready.hard_state is not None:
            hard_state = ready.hard_state
            self._patiently(lambda: self._meta.write_hard_state(hard_state))
        if ready.truncate_from is not None and ready.truncate_from <= self._store.last_index:
            self._store.truncate(ready.truncate_from)
        if ready.entries:
            self._patiently(lambda: self._store.append(ready.entries))
            self._store.sync()

    def _patiently(self, write: Callable[[], None]) -> None:
        """Wait for a full disk: what was proposed or promised cannot be withdrawn. `write` can be repeated."""
        while True:
            try:
                write()
                return
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                self._wait_for_space(error)
                self._free_space_checked_at = float("-inf")

    def _wait_for_space(self, error: OSError) -> None:
        if not self._is_disk_full:
            log.error("The journal folder %s is full, writes wait until there is space: %s", self._folder.path, error)
        self._is_disk_full = True
        # A full disk must cost callers an answer, not a hang: what comes in meanwhile is refused.
        for stimulus in self._inbox.take(DISK_FULL_RETRY_INTERVAL_S):
            if isinstance(stimulus, Propose):
                self._refuse([stimulus], self._disk_full_error())
            elif isinstance(stimulus, Read):
                self._delivery.reads.append((stimulus.future, self._disk_full_error()))
            elif isinstance(stimulus, StateDurable):
                self._purge(stimulus.index)
            elif isinstance(stimulus, Stop):
                raise _StoppedWhileFull from error
        self.status = self._status_now()
        self._flush_delivery()

    def _apply(self, committed: list[Entry]) -> None:
        for entry in committed:
            if entry.kind is EntryKind.CONFIGURATION:
                self._patiently(partial(self._meta.write_configuration, entry))
        delivery = self._delivery
        size_bytes = 0
        for entry in committed:
            size_bytes += entry.size_bytes
            waiter = self._waiting.pop(entry.index, None)
            if waiter is not None:
                term, future, proposal_bytes = waiter
                delivery.settled_bytes += proposal_bytes
                if term == entry.term:
                    delivery.settled.append((future, entry.position))
                else:
                    text = f"Another leader's entry took the place of entry {entry.index}; the change was not made."
                    delivery.settled.append((future, errors.NotLeader(text)))
        delivery.committed.extend(committed)
        self._window.append((committed[-1].index, size_bytes))
        self._window_bytes += size_bytes

    def _publish_role(self) -> None:
        core = self._core
        change = RoleChange(core.role, core.term, core.leader, core.term_first_index)
        if change != self._published_role:
            # Entries that were committed before the change go out before it, in a delivery of their own.
            if self._delivery.committed:
                self._flush_delivery()
            self._published_role = change
            self._delivery.role_change = change

    def _status_now(self) -> JournalStatus:
        core, store = self._core, self._store
        return JournalStatus(
            role=core.role,
            term=core.term,
            leader=core.leader,
            commit_index=core.commit_index,
            first_index=store.first_index,
            last_index=store.last_index,
            applied_index=self._inbox.applied_index,
            log_size_bytes=store.size_bytes,
            configuration=core.configuration,
            is_disk_full=self._is_disk_full,
        )

    # --- free space ------------------------------------------------------------------------------------------------

    def _has_free_space(self) -> bool:
        now = self._clock()
        if now - self._free_space_checked_at >= FREE_SPACE_CHECK_INTERVAL_S:
            self._free_space_checked_at = now
            is_disk_full = self._folder.free_bytes() < self._options.free_space_min_bytes
            if is_disk_full != self._is_disk_full:
                self._is_disk_full = is_disk_full
                if is_disk_full:
                    log.error("%s", self._disk_full_error())
                else:
                    log.info("The journal folder %s has space again.", self._folder.path)
        return not self._is_disk_full

    def _disk_full_error(self) -> errors.DiskFull:
        return errors.DiskFull(
            f"The disk of the journal folder {self._folder.path} has {self._folder.free_bytes()} bytes free, "
            f"{self._options.free_space_min_bytes} are kept as reserve: nothing is written until space is freed."
        )

    # --- the end ---------------------------------------------------------------------------------------------------

    def _close(self, failure: BaseException | None) -> None:
        """Settle everything that still waits; nobody can know any more what becomes of it."""
        text = "The journal of this master is stopped." if failure is None else f"The journal failed: {failure}"
        delivery, self._delivery = self._delivery, Delivery()
        delivery.failure = failure
        for _, future, proposal_bytes in self._waiting.values():
            delivery.settled.append((future, errors.Unavailable(text)))
            delivery.settled_bytes += proposal_bytes
        for read in self._waiting_reads.values():
            delivery.reads.append((read, errors.Unavailable(text)))
        for stimulus in self._inbox.take(0.0):
            if isinstance(stimulus, Propose):
                delivery.settled.append((stimulus.future, errors.Unavailable(text)))
                delivery.settled_bytes += len(stimulus.data)
            elif isinstance(stimulus, Read):
                delivery.reads.append((stimulus.future, errors.Unavailable(text)))
        self._waiting.clear()
        self._waiting_reads.clear()
        if delivery:
            self._deliver(delivery)
