"""One member's journal, as the master's event loop sees it: propose, receive committed entries, read safely.

Rule 1: the core, the log and the meta files belong to the driver thread (`driver.py`); the loop's side only puts
        stimuli into the inbox and receives deliveries.
Rule 2: for each `Ready`: persist (write, then one fsync for everything in it), then send, then apply, then advance.
Rule 3: a proposal cannot be withdrawn. Its future tells its fate: its entry is committed (the position), or another
        entry took its place (NotLeader), or the journal stopped before anybody knew (Unavailable).
Rule 4: the loop is woken once per turn of the driver, however many entries and futures the turn settles.
Rule 5: everything that waits is bounded: proposals by `queue_size_max_bytes`, deliveries by `apply_window_bytes`.

    loop:    propose ──┐                                   ┌──> on_role, on_committed, futures
                     inbox                              delivery
    driver:            └─> core.propose ─> ready ─> write+fsync ─> advance ─> ready (committed) ─┘
"""

from __future__ import annotations

import asyncio
import functools
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal.delivery import Delivery
from pyalluxio.journal.driver import Driver
from pyalluxio.journal.folder import GROUP_ID, JournalFolder
from pyalluxio.journal.inbox import (
    ChangeMembers,
    Inbox,
    InstallSnapshot,
    JoinAnswered,
    Propose,
    Read,
    SetPriorities,
    SnapshotUnavailable,
    StateDurable,
    Stimulus,
    Stop,
    Transfer,
)
from pyalluxio.journal.options import JournalOptions
from pyalluxio.journal.recovery import OpenedJournal, fit_to_state, open_journal
from pyalluxio.journal.segment import TornTail
from pyalluxio.journal.status import JournalStatus, PeerStatus, RoleChange
from pyalluxio.journal.transport import Transport
from pyalluxio.raft.core import Core
from pyalluxio.raft.messages import NO_INDEX, Configuration, Entry, EntryKind, LogPosition, Peer, Role

__all__ = [
    "CommittedEntry",
    "EntryKind",
    "JournalNode",
    "JournalOptions",
    "JournalStatus",
    "LogPosition",
    "PeerStatus",
    "Role",
    "RoleChange",
]

T = TypeVar("T")

WATCHDOG_BEATS = 8
STOP_TRANSPORT_TIMEOUT_S = 2.0


def boot_clock() -> float:
    """Return seconds on a clock that never goes back and runs while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_clock_ms() -> int:
    """Return the time of day in ms since the epoch."""
    return int(time.time() * 1000)


# What the state machine receives: `term`, `index`, `kind`, `data`. Only `EntryKind.DATA` carries `data`; the other
# kinds occupy their index and mean nothing to it.
CommittedEntry = Entry


class JournalNode:
    """A member of the journal's quorum. Open it, start it on the loop, propose, apply what comes, stop it.

    Threads: `open` blocks on disk (call it before the loop serves, or in a thread); `has_lease`, `applied` and
    `state_durable` belong to any thread, every other method to the loop that was given to `start`. None of them blocks.
    """

    def __init__(
        self,
        self_peer: Peer,
        journal: OpenedJournal,
        transport: Transport | None,
        options: JournalOptions,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        """Use `JournalNode.open`."""
        self._self_peer = self_peer
        self._journal = journal
        self._folder = journal.folder
        self._transport = transport
        self._options = options
        self._clock = clock
        self._rng = rng
        self._driver: Driver | None = None
        self._thread: threading.Thread | None = None
        self._inbox = Inbox(NO_INDEX)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._on_committed: Callable[[list[CommittedEntry]], None] | None = None
        self._on_role: Callable[[RoleChange], None] | None = None
        self._on_failed: Callable[[BaseException], None] | None = None
        self._on_snapshot_wanted: Callable[[LogPosition], None] | None = None
        self._queued_bytes = 0
        self._is_stopping = False
        self._failure: BaseException | None = None

    # --- life ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        self_address: str,
        peers: Sequence[str] = (),
        transport: Transport | None = None,
        options: JournalOptions | None = None,
        group_id: str = GROUP_ID,
        clock: Callable[[], float] = boot_clock,
        rng: random.Random | None = None,
        may_join: bool = False,
    ) -> JournalNode:
        """Lock the journal folder, check every record of the log, and return a node that does nothing yet.

        folder        `alluxio.master.journal.folder`; the log lies in `<folder>/raft/<group id>/`
        self_address  `host:port` of this member's journal address, exactly as in `peers`
        peers         `host:port` of every member (`alluxio.master.embedded.journal.addresses`); empty: only this one.
                      Used until the log holds a configuration; after that the log's configuration counts.
        transport     carries messages to the other members; None: this is a quorum of one, and stays one
        clock         seconds that never go back, running through suspend
        may_join      a folder that is not formatted joins the quorum of `peers` if that has a leader (`recovery.py`);
                      without one `on_failed` gets JournalNotFormatted after `join_timeout_s`

        Damage makes a member of several *recovering*, see `recovery.py`; a quorum of one refuses to start.

        Raises:  JournalNotFormatted; JournalCorrupt (file, offset, expected and found checksum);
                 FailedPrecondition: another process holds the folder (its pid is named);
                 ConfigurationError: this member is not part of the journal's quorum, or there is no transport although
                 the quorum has several members.
        Cost:    reads the whole log once.
        """
        options = options or JournalOptions()
        self_peer = Peer.at(self_address)
        configured = Configuration(tuple(Peer.at(address) for address in (peers or (self_address,))))
        journal = open_journal(
            JournalFolder(Path(folder), group_id), configured, options, may_join=may_join and transport is not None
        )
        try:
            if transport is None:
                _check_membership(self_peer, journal.configuration, journal.folder)
        except BaseException:
            journal.close()
            raise
        return cls(self_peer, journal, transport, options, clock, rng or random.Random())

    @property
    def torn_tail(self) -> TornTail | None:
        """What `open` cut off the end of the log: the rest of a record that a crash left incomplete."""
        return self._journal.store.torn_tail

    @property
    def is_recovering(self) -> bool:
        """Whether this member starts without a part of its journal: it needs a leader before it votes again."""
        return self._journal.hard_state.is_recovering

    @property
    def is_new(self) -> bool:
        """Whether the journal was formatted and not used since; asked before `start`."""
        store = self._journal.store
        return store.last_index < store.first_index and store.first_index == 0

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        on_committed: Callable[[list[CommittedEntry]], None],
        on_role: Callable[[RoleChange], None],
        on_failed: Callable[[BaseException], None],
        *,
        applied_index: Index = NO_INDEX,
        on_snapshot_wanted: Callable[[LogPosition], None] | None = None,
    ) -> None:
        """Open the port and start the driver thread. All callbacks run on `loop`, one at a time, and must not block.

        applied_index  the last index that the state machine's store already holds; -1 for an empty store. Entries
                       after it are delivered: replay and live operation are the same path.
        on_role        called for every change, and before any entry that was committed after the change.
        on_committed   consecutive entries, in index order, each exactly once, own proposals included, all kinds
                       included. The receiver calls `applied(index)` when it is done with them; at most
                       `apply_window_bytes` are delivered and not yet applied. Futures of the proposals in the list
                       resolve after the callback returned.
        on_failed      the journal cannot go on (disk error, broken invariant): the process has to end. Called once.
        on_snapshot_wanted  the leader's log begins at this position, behind the end of this one's: fetch a snapshot
                       that reaches at least to the entry before it, from any member, then call `install_snapshot`, or
                       `snapshot_unavailable`. May be called again, with a later position. None: unavailable at once.

        Raises:  JournalCorrupt: the log of a quorum of one does not reach back to `applied_index` + 1, or ends before
                 `applied_index`.  ConfigurationError: the port is taken.
        """
        assert self._thread is None, "a node starts once"
        journal = self._journal
        fit_to_state(journal, applied_index)
        self._loop = loop
        self._on_committed, self._on_role, self._on_failed = on_committed, on_role, on_failed
        self._on_snapshot_wanted = on_snapshot_wanted
        self._inbox.applied_index = applied_index
        core = Core(
            self._self_peer.id,
            journal.store,
            hard_state=journal.hard_state,
            initial_configuration=journal.initial,
            applied_index=applied_index,
            options=self._options.core_options(),
            rng=self._rng,
        )
        if self._transport is not None:
            self._transport.start(self._inbox)
        self._driver = Driver(
            core,
            journal.store,
            journal.meta,
            journal.folder,
            self._inbox,
            functools.partial(_call_on, loop, self._deliver),
            transport=self._transport,
            options=self._options,
            clock=self._clock,
            wall_clock_ms=wall_clock_ms,
            join_deadline=self._clock() + self._options.join_timeout_s if journal.is_joining else None,
            was_member=journal.knows_as_member(self._self_peer.id),
        )
        self._thread = threading.Thread(target=self._driver.run, name="journal", daemon=True)
        self._thread.start()
        self._show_that_the_loop_runs()

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Stop the driver, fail what still waits with Unavailable, close and unlock the folder. Idempotent.

        Raises:  DeadlineExceeded: the disk did not answer within `timeout_s`; the folder stays locked.
        """
        if not self._is_stopping:
            self._is_stopping = True
            self._inbox.put(Stop())
        if self._beat is not None:
            self._beat.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, timeout_s)
            if self._thread.is_alive():
                raise errors.DeadlineExceeded(f"The journal in {self._folder.path} did not stop within {timeout_s} s.")
        if self._transport is not None:
            await asyncio.to_thread(self._transport.stop, STOP_TRANSPORT_TIMEOUT_S)
        self._journal.close()

    # --- what the loop asks ----------------------------------------------------------------------------------------

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        """Append one entry; the future resolves with its position once a quorum has it on disk.

        It fails with NotLeader (this member does not lead; or its entry was overwritten by another leader's), DiskFull
        (nothing was written), or Unavailable (the journal stopped; whether the entry survives is not known).
        Cancelling the future does not withdraw the entry. Committed proposals resolve in their order.

        Raises:  Busy: too much waits already.  InvalidArgument: `data` is larger than an entry may be.
        """
        assert self._loop is not None, "start the node first"
        if len(data) > self._options.entry_size_max_bytes:
            raise errors.InvalidArgument(
                f"A journal entry of {len(data)} bytes is larger than {self._options.entry_size_max_bytes} bytes; "
                "split the change or raise alluxio.master.embedded.journal.entry.size.max."
            )
        if self._queued_bytes + len(data) > self._options.queue_size_max_bytes:
            raise errors.Busy
        future: asyncio.Future[LogPosition] = self._loop.create_future()
        if self._is_stopping or self._failure is not None:
            future.set_exception(self._closed())
            return future
        self._queued_bytes += len(data)
        self._inbox.put(Propose(data, future))
        return future

    def read_index(self) -> asyncio.Future[Index]:
        """Return a future of the index that a state must have applied to be read linearizably from now on.

        It fails with NotLeader when this member does not lead, Unavailable when the journal stopped. A new leader
        answers only after the first entry of its term is committed.
        """
        return self._ask(Read)

    def has_lease(self) -> bool:
        """Tell whether this member may answer reads at what it has committed, right now. Any thread, without a lock.

        It leads, its term's first entry is committed, and nobody else can lead before this moment has passed; for a
        quorum of one: it leads. Take the snapshot of the state first, then ask. False: use `read_index`.
        """
        driver = self._driver
        return driver is not None and self._clock() < driver.lease_clock.deadline_s

    def change_members(self, addresses: Sequence[str]) -> asyncio.Future[None]:
        """Make `addresses` (`host:port` of the journals, the complete new list) the members of the quorum.

        Resolves once the new list is committed. New members are given the log first, so they have to be running; known
        ones keep their priority. A leader that is left out hands over at the end.

        It fails with NotLeader (also when the leadership is lost on the way: the next leader decides), InvalidArgument
        (an empty list, a member twice), ReconfigurationInProgress, FailedPrecondition (a transfer is under way, or a
        member that stays is recovering), ReconfigurationTimeout (a new member does not answer; nothing changed),
        Unavailable (the journal stopped).
        """
        return self._ask(lambda future: ChangeMembers(tuple(addresses), future))

    def set_priorities(self, priorities: Mapping[str, int]) -> asyncio.Future[None]:
        """Change the priorities of members, `{"host:port": priority}`; the others keep theirs.

        Only Java members heed them. Fails with NotFound for an address that is no member, else like `change_members`.
        """
        return self._ask(lambda future: SetPriorities(dict(priorities), future))

    def join_answered(self) -> None:
        """Say that a leader has answered this member's wish to join: without a journal it waits for longer."""
        self._inbox.put(JoinAnswered())

    def transfer_leadership(self, target: str | None, timeout_s: float = 10.0) -> asyncio.Future[None]:
        """Hand the leadership to the member at `target` (`host:port` of its journal), None: to the best one.

        Resolves once the target leads. It fails with NotLeader, NotFound (no such voter), FailedPrecondition (another
        transfer is under way, or nobody else votes), ReconfigurationInProgress, Aborted (another one leads),
        DeadlineExceeded (this member still leads, or nobody is known to), Unavailable (the journal stopped).
        """
        return self._ask(lambda future: Transfer(target, timeout_s, future))

    def install_snapshot(
        self, position: LogPosition, configuration: Configuration | None, restore: Callable[[], None]
    ) -> asyncio.Future[bool]:
        """Offer a snapshot that was fetched and verified: it holds everything up to and including `position`.

        configuration  the members as of `position`; None for a snapshot of Java, which does not tell
        restore        puts it into the place of the state, durably; called if it is needed, on the driver's thread
                       (messages wait meanwhile: rename, do not copy), and again after a full disk (OSError ENOSPC).
                       After it the next entry delivered is `position.index` + 1; what was delivered before and is
                       not applied yet must be dropped, and `applied` need not be called for it.

        Resolves to True when it is in place, to False when the log has overtaken it: then throw it away.
        A crash on the way is finished at the next start: `start` is given the new `applied_index` or the old one.
        """
        return self._ask(lambda future: InstallSnapshot(position, configuration, restore, future))

    def snapshot_unavailable(self) -> None:
        """Say that nobody has the snapshot that was wanted; the leader may ask again."""
        self._inbox.put(SnapshotUnavailable())

    def applied(self, index: Index) -> None:
        """Say that the state machine has applied everything up to `index`: makes room for further deliveries."""
        self._inbox.set_applied(index)

    def state_durable(self, index: Index) -> None:
        """Say that the state up to `index` survives a power cut without the log: older segments may be deleted.

        `index` is what `start` would be given as `applied_index` after that power cut, no more.
        Whole segments go, and only beyond the `retain_bytes` that stay behind the newest entry.
        """
        self._inbox.put(StateDurable(index))

    def status(self) -> JournalStatus:
        """Return the state as of the last turn of the driver, with what is applied by now."""
        assert self._driver is not None, "start the node first"
        return replace(self._driver.status, applied_index=self._inbox.applied_index)

    # --- what the loop receives ------------------------------------------------------------------------------------

    def _deliver(self, delivery: Delivery) -> None:
        self._queued_bytes -= delivery.settled_bytes
        if delivery.failure is not None:
            self._fail(delivery.failure)
        if self._failure is None:
            assert self._on_committed is not None
            assert self._on_role is not None
            try:
                if delivery.role_change is not None:
                    self._on_role(delivery.role_change)
                if delivery.committed:
                    self._on_committed(delivery.committed)
                if delivery.snapshot_wanted is not None:
                    self._want_snapshot(delivery.snapshot_wanted)
            except Exception as error:
                # The state is of unknown content now: nothing may be acknowledged on top of it.
                self._fail(error)
        is_failed = self._failure is not None
        for proposal, position in delivery.settled:
            if not proposal.done():
                if is_failed:
                    proposal.set_exception(self._closed())
                elif isinstance(position, errors.AlluxioError):
                    proposal.set_exception(position)
                else:
                    proposal.set_result(position)
        for question, answer in delivery.answered:
            if not question.done():
                if is_failed:
                    question.set_exception(self._closed())
                elif isinstance(answer, errors.AlluxioError):
                    question.set_exception(answer)
                else:
                    question.set_result(answer)

    def _want_snapshot(self, position: LogPosition) -> None:
        if self._on_snapshot_wanted is None:
            self.snapshot_unavailable()
        else:
            self._on_snapshot_wanted(position)

    def _ask(self, stimulus_of: Callable[[asyncio.Future[T]], Stimulus]) -> asyncio.Future[T]:
        assert self._loop is not None, "start the node first"
        future: asyncio.Future[T] = self._loop.create_future()
        if self._is_stopping or self._failure is not None:
            future.set_exception(self._closed())
        else:
            self._inbox.put(stimulus_of(future))
        return future

    def _show_that_the_loop_runs(self) -> None:
        self._inbox.beat()
        if self._loop is not None and self._options.watchdog_s and not self._is_stopping:
            interval_s = self._options.watchdog_s / WATCHDOG_BEATS
            self._beat = self._loop.call_later(interval_s, self._show_that_the_loop_runs)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._inbox.put(Stop())
            assert self._on_failed is not None
            self._on_failed(error)

    def _closed(self) -> errors.Unavailable:
        if self._failure is not None:
            return errors.Unavailable(f"The journal of this master failed: {self._failure}")
        return errors.Unavailable("The journal of this master is stopped.")


def _call_on(loop: asyncio.AbstractEventLoop, callback: Callable[[Delivery], None], delivery: Delivery) -> None:
    try:
        loop.call_soon_threadsafe(callback, delivery)
    except RuntimeError:
        # A loop that is gone has nobody left who could be told.
        if not loop.is_closed():
            raise


def _check_membership(self_peer: Peer, configuration: Configuration, folder: JournalFolder) -> None:
    members = ", ".join(peer.address for peer in configuration.peers)
    if configuration.peer(self_peer.id) is None:
        raise errors.ConfigurationError(
            f"The journal in {folder.path} belongs to the quorum of {members}, which {self_peer.address} is not part "
            "of. Set alluxio.master.hostname (or alluxio.master.embedded.journal.addresses) to the address it had."
        )
    if len(configuration.voters) > 1:
        raise errors.ConfigurationError(
            f"The journal in {folder.path} has {len(configuration.voters)} members ({members}), but this process was "
            "set up as the only one. Name them in alluxio.master.embedded.journal.addresses."
        )
