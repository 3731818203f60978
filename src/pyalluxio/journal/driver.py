"""What drives the Raft core: takes stimuli, persists, sends, applies, and tells the loop once per turn.

Rule 1: `step(stimuli)` and `tick()` do everything, on one thread and without waiting; `run` is the thin loop around
        them. A simulator calls them itself, with its own inbox, disk, transport and clock.
Rule 2: for each `Ready`: persist, then send, then apply, then advance. Only a leader's appends leave before its own
        disk is done (thesis, 10.2.1): they promise nothing about it, and the commit counts it afterwards.
Rule 3: what waits in the inbox is handled before a tick. A tick comes late, never early, and is never made up for: a
        process that slept for a minute must read its messages before it mistrusts the leader.
Rule 4: the lease is withdrawn before anything is sent that ends it.
Rule 5: a full disk stalls the member: the `Ready` at hand is tried again, no time passes for the core, messages are
        lost, and what the loop asks is refused. The others go on without it.
Rule 6: a loop that does not run must not lead. The leadership is handed over, and not asked for until the loop runs.

Nothing in this file runs on the event loop but the callback `deliver` that the node supplies.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal.delivery import Delivery, Waiters
from pyalluxio.journal.disk import Disk, DiskIsFull, Folder, LogFiles, Meta
from pyalluxio.journal.inbox import (
    ChangeMembers,
    Inbox,
    InstallSnapshot,
    JoinAnswered,
    Propose,
    Read,
    Received,
    SetPriorities,
    SnapshotUnavailable,
    StateDurable,
    Stimulus,
    Stop,
    StreamsClosed,
    Token,
    Transfer,
    Unreachable,
)
from pyalluxio.journal.lease_clock import LeaseClock
from pyalluxio.journal.options import TICK_MS, JournalOptions
from pyalluxio.journal.status import JournalStatus, PeerStatus, RoleChange, no_leader_reason, peer_statuses
from pyalluxio.journal.transport import Transport
from pyalluxio.raft.core import Core, Proposal
from pyalluxio.raft.messages import (
    NO_INDEX,
    NO_PEER,
    AppendRequest,
    Entry,
    InstallSnapshotRequest,
    Message,
    Peer,
    PeerId,
    Ready,
    Role,
)

log = logging.getLogger(__name__)

TICK_S = TICK_MS / 1000
DISK_FULL_RETRY_INTERVAL_S = 0.2
# A quorum of one needs no clock; it still looks around now and then, so that no wait is without a deadline.
IDLE_WAIT_MAX_S = 5.0
# How long a proposal of a lost leadership waits for another leader to commit it.
UNKNOWN_FATE_WAIT_S = 10.0
HAND_OVER_WAIT_S = 1.0
PEERS_REPORT_TICKS = 5
# So many strangers are named in the log.
FOREIGN_MAX = 16


class Driver:
    """Owns the core, the log and the meta files of one member. Every method belongs to one thread.

    Read from other threads: `status`, `lease_clock.deadline_s`.
    """

    def __init__(
        self,
        core: Core,
        store: LogFiles,
        meta: Meta,
        folder: Folder,
        inbox: Inbox,
        deliver: Callable[[Delivery], None],
        *,
        transport: Transport | None,
        options: JournalOptions,
        clock: Callable[[], float],
        wall_clock_ms: Callable[[], int],
        client_id: bytes | None = None,
        join_deadline: float | None = None,
        was_member: bool = True,
    ) -> None:
        """Begin at the moment that `clock` tells.

        clock          seconds, never going back, running through suspend
        client_id      16 bytes, for the retry caches of Java peers; None: random
        join_deadline  by when a leader must have answered a member that has no journal yet; None: no matter
        was_member     the journal already knows this member as one of the quorum
        """
        self._core = core
        self._disk = Disk(store, meta, folder, free_space_min_bytes=options.free_space_min_bytes)
        self._inbox = inbox
        self._deliver = deliver
        self._transport = transport
        self._options = options
        self._clock = clock
        self._wall_clock_ms = wall_clock_ms
        self._client_id = client_id if client_id is not None else os.urandom(16)
        self._join_deadline = join_deadline
        self._was_member = was_member
        self._foreign: set[PeerId] = set()
        self._now = clock()
        self._ticked_at = float("-inf")
        self.lease_clock = LeaseClock(TICK_S, self._now)
        self._call_id = 0
        self._context = 0
        self._delivery = Delivery()
        self._waiters = Waiters()
        self._orphaned_at: float | None = None
        self._asked: dict[int, Token] = {}
        self._restore: InstallSnapshot | None = None
        self._stalled: Ready | None = None
        self._retried_at = float("-inf")
        self._window: deque[tuple[Index, int]] = deque()
        self._window_bytes = 0
        self._published_role: RoleChange | None = None
        self._connected: tuple[Peer, ...] = ()
        self._heard: dict[PeerId, float] = {}
        self._lost: set[PeerId] = set()
        self._beats = -1
        self._beat_tick = 0
        self._hand_over: int | None = None
        self._leader_since_ms: int | None = None
        self._peers_status: tuple[PeerStatus, ...] = ()
        self._no_leader_reason = ""
        self.is_stopping = False
        self._connect()
        self._report_peers()
        self.status = self._status_now()

    # --- the thread ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Drive the core until told to stop; the last delivery settles everything that still waits."""
        try:
            while not self.is_stopping:
                stimuli = self._inbox.take(max(0.0, self.next_tick_at - self._clock()))
                if stimuli:
                    self.step(stimuli)
                if self._clock() >= self.next_tick_at and not self.is_stopping:
                    self.tick()
            self.close(None)
        except BaseException as error:
            log.critical("The journal in %s cannot go on.", self._disk.folder.path, exc_info=True)
            self.close(error)

    @property
    def next_tick_at(self) -> float:
        """When `tick` is due, by the given clock."""
        is_idle = self._core.is_alone and self._core.role is Role.LEADER and self._stalled is None
        return self._ticked_at + (IDLE_WAIT_MAX_S if is_idle else TICK_S)

    def tick(self) -> None:
        """Let one unit of time pass, and do what is due."""
        self._now = self._ticked_at = self._clock()
        if self._stalled is not None:
            if self._now - self._retried_at >= DISK_FULL_RETRY_INTERVAL_S:
                self._turn()
            return
        self.lease_clock.begin_tick(self._now)
        self._core.tick()
        self._watch_loop()
        self._forget_orphans()
        if self._core.tick_count % PEERS_REPORT_TICKS == 0:
            self._report_peers()
        if self._join_deadline is not None:
            self._check_join(self._join_deadline)
        self._turn()

    def step(self, stimuli: list[Stimulus]) -> None:
        """Handle what came in, and carry out what follows from it."""
        self._now = self._clock()
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
            elif type(stimulus) is Received:
                self._receive(stimulus.message)
            else:
                self._handle(stimulus)
        if batch:
            self._propose(batch)
        self._turn()

    # --- stimuli ---------------------------------------------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        if not self._was_member and self._is_foreign(message):
            return
        self._heard[message.sender] = self._now
        self._lost.discard(message.sender)
        if self._stalled is None:
            self._core.step(message)

    def _is_foreign(self, message: Message) -> bool:
        """Tell whether a leader that this member was not told of claims it, before its journal holds anything.

        A new cluster may have got the address of a member that another cluster still waits for.
        """
        core = self._core
        if not isinstance(message, AppendRequest | InstallSnapshotRequest) or core.log.last_index != NO_INDEX:
            return False
        voters = core.configuration.voters
        if not voters or message.sender in voters:
            return False
        if message.sender not in self._foreign and len(self._foreign) < FOREIGN_MAX:
            self._foreign.add(message.sender)
            log.warning(
                "%s takes this master for a member of its quorum, but alluxio.master.embedded.journal.addresses here "
                "does not list it. It is ignored: list it, or remove this address from that quorum.",
                message.sender,
            )
        return True

    def _handle(self, stimulus: Stimulus) -> None:
        if isinstance(stimulus, StateDurable):
            self._purge(stimulus.index)
        elif isinstance(stimulus, Stop):
            self.is_stopping = True
        elif isinstance(stimulus, Unreachable):
            self._lost.add(stimulus.peer)
            if self._stalled is None:
                self._core.report_unreachable(stimulus.peer)
        elif isinstance(stimulus, StreamsClosed):
            if self._stalled is None:
                self._core.report_streams_closed(stimulus.peer)
        elif isinstance(stimulus, Read | ChangeMembers | SetPriorities | Transfer | InstallSnapshot):
            if self._stalled is not None:
                self._delivery.answered.append((stimulus.future, self._disk.full_error()))
            else:
                self._ask(stimulus)
        elif isinstance(stimulus, JoinAnswered):
            if self._join_deadline is not None:
                self._join_deadline = self._now + self._options.join_timeout_s
        elif isinstance(stimulus, SnapshotUnavailable) and self._stalled is None:
            self._core.snapshot_unavailable()

    def _ask(self, stimulus: Read | ChangeMembers | SetPriorities | Transfer | InstallSnapshot) -> None:
        """Pass a question on to the core; the answer comes with a `Ready`, or at once when it is refused."""
        core = self._core
        self._context += 1
        self._asked[self._context] = stimulus.future
        try:
            if isinstance(stimulus, Read):
                core.read_index(self._context)
            elif isinstance(stimulus, ChangeMembers):
                core.change_configuration(self._context, self._members_at(stimulus.addresses))
            elif isinstance(stimulus, SetPriorities):
                core.change_configuration(self._context, self._with_priorities(stimulus.priorities))
            elif isinstance(stimulus, Transfer):
                target = None if stimulus.target is None else Peer.at(stimulus.target).id
                core.transfer_leadership(self._context, target, max(1, int(stimulus.timeout_s / TICK_S)))
            elif core.install_snapshot(stimulus.position, stimulus.configuration):
                del self._asked[self._context]
                self._restore = stimulus
            else:
                self._answer(self._context, result=False)
        except errors.NotLeader:
            self._answer(self._context, errors.NotLeader(self._not_leader_text()))
        except errors.AlluxioError as error:
            self._answer(self._context, error)

    def _answer(self, context: int, result: object) -> None:
        self._delivery.answered.append((self._asked.pop(context), result))

    def _members_at(self, addresses: Sequence[str]) -> tuple[Peer, ...]:
        known = {peer.address: peer for peer in self._core.configuration.peers}
        # A newcomer of lower priority could not win against the others, nor would they vote for it.
        priority = min((peer.priority for peer in known.values()), default=0)
        return tuple(known.get(address) or replace(Peer.at(address), priority=priority) for address in addresses)

    def _with_priorities(self, priorities: dict[str, int]) -> tuple[Peer, ...]:
        peers = self._core.configuration.peers
        unknown = sorted(set(priorities) - {peer.address for peer in peers})
        if unknown:
            members = ", ".join(peer.address for peer in peers)
            raise errors.NotFound(f"{', '.join(unknown)} is no member of the quorum: {members}.")
        return tuple(Peer(peer.id, peer.address, priorities.get(peer.address, peer.priority)) for peer in peers)

    def _propose(self, batch: list[Propose]) -> None:
        error = self._why_not()
        if error is not None:
            self._delivery.refuse(batch, error)
            return
        proposals = []
        for item in batch:
            self._call_id += 1
            proposals.append(Proposal(item.data, self._client_id, self._call_id))
        try:
            position = self._core.propose(proposals)
        except errors.NotLeader as refusal:
            self._delivery.refuse(batch, refusal)
            return
        self._waiters.add(position, batch, self._delivery)

    def _why_not(self) -> errors.AlluxioError | None:
        """Return why nothing may be proposed now, or None."""
        core = self._core
        if core.role is not Role.LEADER:
            return errors.NotLeader(self._not_leader_text())
        if self._stalled is not None or not self._disk.has_space(self._now):
            return self._disk.full_error()
        if core.is_alone:
            return None
        heard_tick = core.quorum_heard_tick
        assert heard_tick is not None
        silence_s = self._now - self.lease_clock.moment_of(heard_tick)
        if silence_s > 3 * self._options.promise_ms / 1000:
            return errors.Unavailable(
                f"This master leads, but no majority of {len(core.configuration.voters)} masters has answered for "
                f"{silence_s:.1f} s; nothing was written. Try again."
            )
        return None

    def _purge(self, state_index: Index) -> None:
        up_to = Index(min(state_index, self._core.purgeable_index, self._inbox.applied_index))
        names = self._disk.store.purge(up_to, retain_bytes=self._options.retain_bytes)
        if names:
            log.info("Deleted %d journal segments up to entry %d.", len(names), self._disk.store.first_index - 1)

    def _not_leader_text(self) -> str:
        leader = self._core.configuration.peer(self._core.leader)
        where = leader.address if leader is not None else self._core.leader
        return f"This master does not lead; {f'{where} does' if where else 'no leader is known'}."

    # --- one turn --------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Carry out every `Ready` that the core has, then tell the loop."""
        while True:
            ready = self._stalled
            if ready is None:
                ready = self._core.ready(committed_bytes_max=self._room())
                if not ready:
                    break
                self._connect()
                self._publish_lease()
                self._send_ahead(ready)
            if not self._carry_out(ready):
                break
        self._publish_lease()
        self._publish_role()
        self.status = self._status_now()
        self._flush_delivery()

    def _carry_out(self, ready: Ready) -> bool:
        """Do what a `Ready` asks for; returns False while the disk is full."""
        try:
            self._disk.carry_out(ready, None if self._restore is None else self._restore.restore)
        except DiskIsFull:
            self._stalled, self._retried_at = ready, self._now
            return False
        self._stalled = None
        if ready.messages:
            self._send(ready.messages)
        self._publish_role()
        if ready.restore is not None:
            self._take_over(ready.restore.position.index)
        if ready.committed:
            self._apply(ready.committed)
        for answer in ready.reads:
            is_safe = answer.index is not None
            self._answer(answer.context, answer.index if is_safe else errors.NotLeader(self._not_leader_text()))
        if ready.snapshot_wanted is not None:
            self._delivery.snapshot_wanted = ready.snapshot_wanted
        for outcome in ready.outcomes:
            if outcome.context == self._hand_over:
                self._hand_over = None
            else:
                self._answer(outcome.context, outcome.error)
        self._core.advance(ready)
        return True

    def _send_ahead(self, ready: Ready) -> None:
        """Let the followers write while the own disk writes. Everything else waits for the disk."""
        if self._core.role is not Role.LEADER or ready.hard_state is not None or not ready.entries:
            return
        ahead: list[Message] = [message for message in ready.messages if type(message) is AppendRequest]
        if ahead:
            ready.messages = [message for message in ready.messages if type(message) is not AppendRequest]
            self._send(ahead)

    def _send(self, messages: list[Message]) -> None:
        assert self._transport is not None, "a quorum of one has nobody to write to"
        self._transport.send(messages)

    def _connect(self) -> None:
        """Tell the transport whom to talk to, whenever that changes."""
        peers = tuple(peer for peer in self._core.peers if peer.id != self._core.id)
        if peers != self._connected and self._transport is not None:
            self._connected = peers
            self._transport.set_peers(peers)

    def _take_over(self, index: Index) -> None:
        """Take note that the state machine has everything up to `index` by a snapshot."""
        assert self._restore is not None
        self._waiters.settle_unknown(self._delivery, "a snapshot took the place of the log", up_to=index)
        self._window.clear()
        self._window_bytes = 0
        self._inbox.set_applied(index)
        self._delivery.answered.append((self._restore.future, True))
        self._restore = None

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

    def _apply(self, committed: list[Entry]) -> None:
        size_bytes = 0
        for entry in committed:
            size_bytes += entry.size_bytes
            self._waiters.committed(entry, self._delivery)
        self._delivery.committed.extend(committed)
        self._window.append((committed[-1].index, size_bytes))
        self._window_bytes += size_bytes

    # --- what others see -------------------------------------------------------------------------------------------

    def _publish_lease(self) -> None:
        core = self._core
        self.lease_clock.publish(core.lease, is_alone=core.is_alone)

    def _publish_role(self) -> None:
        core = self._core
        self._was_member = self._was_member or core.is_member
        is_removed = core.is_removed and self._was_member
        change = RoleChange(core.role, core.term, core.leader, core.term_first_index, is_removed)
        last = self._published_role
        if change != last:
            # Entries that were committed before the change go out before it, in a delivery of their own.
            if self._delivery.committed:
                self._flush_delivery()
            if last is None or change.leader != last.leader or change.term != last.term:
                self._leader_since_ms = None if change.leader == NO_PEER else self._wall_clock_ms()
            self._published_role = change
            self._delivery.role_change = change
            self._report_peers()

    def _report_peers(self) -> None:
        core = self._core
        heard_ms = {peer: max(0, int((self._now - at) * 1000)) for peer, at in self._heard.items()}
        self._peers_status = peer_statuses(core, heard_ms)
        reachable = {peer: ms for peer, ms in heard_ms.items() if peer not in self._lost}
        self._no_leader_reason = no_leader_reason(
            core,
            peer_statuses(core, reachable),
            reachable_within_ms=2 * self._options.election_timeout_max_ms,
        )

    def _status_now(self) -> JournalStatus:
        core, store = self._core, self._disk.store
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
            is_disk_full=self._disk.is_full,
            is_recovering=core.is_recovering,
            leader_since_ms=self._leader_since_ms,
            no_leader_reason=self._no_leader_reason,
            was_member=self._was_member,
            peers=self._peers_status,
        )

    # --- what time brings ------------------------------------------------------------------------------------------

    def _watch_loop(self) -> None:
        """Give the leadership up when the loop does not run; counted in ticks, which a paused process does not have."""
        core = self._core
        if self._inbox.loop_beats != self._beats:
            self._beats, self._beat_tick = self._inbox.loop_beats, core.tick_count
            core.set_willing(True)
            return
        watchdog_ticks = int(self._options.watchdog_s / TICK_S)
        silent_ticks = core.tick_count - self._beat_tick
        if not watchdog_ticks or core.is_alone or silent_ticks < watchdog_ticks:
            return
        if core.role is not Role.LEADER:
            core.set_willing(False)
        elif self._hand_over is None:
            log.error(
                "The master's event loop has made no progress for %.1f s; the leadership is handed over.",
                silent_ticks * TICK_S,
            )
            core.set_willing(False)
            self._begin_hand_over()
        elif silent_ticks > watchdog_ticks + int(2 * HAND_OVER_WAIT_S / TICK_S):
            core.step_down()

    def _begin_hand_over(self) -> None:
        self._context += 1
        self._hand_over = self._context
        try:
            self._core.transfer_leadership(self._context, None, int(HAND_OVER_WAIT_S / TICK_S))
        except errors.AlluxioError as error:
            log.info("The leadership ends without a successor: %s", error)
            self._hand_over = None
            self._core.step_down()

    def _forget_orphans(self) -> None:
        """Answer proposals of a lost leadership that nobody commits and nobody overwrites."""
        term = self._core.term if self._core.role is Role.LEADER else None
        if not self._waiters.has_older_than(term):
            self._orphaned_at = None
        elif self._orphaned_at is None:
            self._orphaned_at = self._now
        elif self._now - self._orphaned_at >= UNKNOWN_FATE_WAIT_S:
            self._waiters.settle_unknown(self._delivery, "this master lost the leadership", older_than=term)
            self._orphaned_at = None

    def _check_join(self, deadline: float) -> None:
        if self._core.leader != NO_PEER:
            self._join_deadline = None
        elif self._now >= deadline:
            peers = ", ".join(peer.address for peer in self._connected)
            raise errors.JournalNotFormatted(
                f"The journal folder {self._disk.folder.path} is not formatted, and no leader answered among {peers}. "
                "Start them first; or, for a new cluster, run `alluxio init format` on every master."
            )

    # --- the end ---------------------------------------------------------------------------------------------------

    def close(self, failure: BaseException | None) -> None:
        """Settle everything that still waits; nobody can know any more what becomes of it."""
        self.lease_clock.publish(None, is_alone=False)
        text = "The journal of this master is stopped." if failure is None else f"The journal failed: {failure}"
        delivery, self._delivery = self._delivery, Delivery()
        delivery.failure = failure
        self._waiters.close(delivery, text)
        tokens = list(self._asked.values())
        if self._restore is not None:
            tokens.append(self._restore.future)
        for stimulus in self._inbox.take(0.0):
            if isinstance(stimulus, Propose):
                delivery.settled.append((stimulus.future, errors.Unavailable(text)))
                delivery.settled_bytes += len(stimulus.data)
            elif isinstance(stimulus, Read | ChangeMembers | SetPriorities | Transfer | InstallSnapshot):
                tokens.append(stimulus.future)
        delivery.answered += [(token, errors.Unavailable(text)) for token in tokens]
        self._asked.clear()
        self._restore = None
        if delivery:
            self._deliver(delivery)
