"""Raft without I/O: messages, ticks and proposals in; a `Ready` out that says what to persist, send and apply.

Rule 1: everything that changes a member's Raft state is in this file; the log, the counting of majorities and the
        book-keeping per follower are next to it.
Rule 2: the driver calls `ready`, does what it says in its order, and calls `advance`; nothing is stepped in between.
Rule 3: no clock, no chance but the given one: time is `tick`, election timeouts come from the given random source.
Rule 4: the kinds of entries are Ratis 2.4.1's. A leader's first entry repeats the configuration; commit indexes are
        stored as metadata entries, which here ride in front of the next proposals instead of costing a write of their
        own. A configuration counts from the moment it is in the log, and is rolled back when its entry is truncated.
Rule 5: a voter that accepted an append within the promise, or has just started, grants nothing to anybody, in any term.

    FOLLOWER ──(timeout)──> PRE_CANDIDATE ──(majority would)──> CANDIDATE ──(majority did)──> LEADER
        ^                        │                                  │                            │
        └──(refused, newer term, a leader's append, no quorum for an election timeout)──────────────┘

A quorum of one skips all waiting: its first tick makes it leader.

Source: D. Ongaro, "Consensus: Bridging Theory and Practice", chapters 3, 4, 6.4, 9.6; Ratis 2.4.1 for entry kinds,
        vote rules and priorities. Differs from Ratis: a candidate whose election times out begins again with a
        pre-vote, so that its term does not rise while it reaches nobody.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.raft.log import RaftLog, Storage
from pyalluxio.raft.messages import (
    NO_INDEX,
    NO_PEER,
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    Entry,
    EntryKind,
    HardState,
    LogPosition,
    Message,
    PeerId,
    ReadAnswer,
    Ready,
    Role,
    VoteReply,
    VoteRequest,
)
from pyalluxio.raft.progress import Progress
from pyalluxio.raft.quorum import VoteResult, committed_index, vote_result


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """Times in ticks, and the bounds of what is sent.

    promise_ticks     a voter grants nothing for so long after an append, and after its own start
    append_bytes_max  entries in one request
    in_flight_max     requests with entries to one follower that have no answer yet
    """

    election_timeout_min_ticks: int = 50
    election_timeout_max_ticks: int = 100
    heartbeat_ticks: int = 5
    promise_ticks: int = 15
    append_bytes_max: int = 4 << 20
    in_flight_max: int = 128

    @classmethod
    def of_ms(
        cls,
        *,
        tick_ms: int,
        election_timeout_min_ms: int,
        election_timeout_max_ms: int,
        heartbeat_ms: int = 100,
        promise_ms: int = 300,
    ) -> CoreOptions:
        """Return options for times in milliseconds; nothing becomes shorter than a tick."""
        minimum = max(2, election_timeout_min_ms // tick_ms)
        return cls(
            election_timeout_min_ticks=minimum,
            election_timeout_max_ticks=max(minimum + 1, election_timeout_max_ms // tick_ms),
            heartbeat_ticks=max(1, min(heartbeat_ms // tick_ms, minimum // 2)),
            promise_ticks=max(1, min(promise_ms // tick_ms, minimum)),
        )


class Proposal(NamedTuple):
    """A state machine entry to be; the ids are for the retry caches of Java peers and fresh for each entry."""

    data: bytes
    client_id: bytes = b""
    call_id: int = 0


class Core:
    """One member's Raft state. Not thread-safe: one driver owns it."""

    def __init__(
        self,
        id: PeerId,  # noqa: A002 - the field's word
        storage: Storage,
        *,
        hard_state: HardState,
        initial_configuration: Configuration,
        applied_index: Index,
        options: CoreOptions,
        rng: random.Random,
    ) -> None:
        """Start as a follower over what the storage holds.

        initial_configuration  counts until the log holds a configuration entry
        applied_index          the state machine has everything up to here, so all of it is committed
        """
        self.id = id
        self.term = hard_state.term
        self.voted_for = hard_state.voted_for
        self.role = Role.FOLLOWER
        self.leader = NO_PEER
        self.log = RaftLog(storage, applied_index)
        self.term_first_index: Index | None = None
        self.progress: dict[PeerId, Progress] = {}
        self._options = options
        self._rng = rng
        self._persisted = hard_state
        self._configurations = [(NO_INDEX, initial_configuration), *storage.configurations()]
        self._messages: list[Message] = []
        self._reads: list[ReadAnswer] = []
        self._pending_reads: list[tuple[int, Index, int]] = []
        self._unassigned_reads: list[int] = []
        self._round = 0
        self._votes: dict[PeerId, bool] = {}
        self._metadata_due = NO_INDEX
        self._pending_ready: Ready | None = None
        self._now = 0
        self._role_since = 0
        self._promised_at = 0
        self._heard_at: int | None = None
        self._heartbeat_at = 0
        self._election_at = 0
        self._restart_election_timer()

    # --- what a report asks ----------------------------------------------------------------------------------------

    @property
    def configuration(self) -> Configuration:
        """The configuration that counts: the newest one in the log, committed or not."""
        return self._configurations[-1][1]

    @property
    def commit_index(self) -> Index:
        return self.log.commit_index

    @property
    def is_alone(self) -> bool:
        """Whether this member is the whole quorum: then no time matters and no message is sent."""
        return self.configuration.voters == (self.id,)

    @property
    def purgeable_index(self) -> Index:
        """The last index that Raft itself does not need on disk any more."""
        return self.log.handed_index

    # --- input -----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let one unit of time pass."""
        self._check_no_ready_pending()
        self._now += 1
        if self.role is Role.LEADER:
            self._tick_leader()
        elif self.is_alone:
            self._become_candidate()
        elif self._now >= self._election_at and self.id in self.configuration.voters:
            self._election_timed_out()

    def step(self, message: Message) -> None:
        """Take a message from a peer. Messages may be lost, late, repeated and out of order."""
        self._check_no_ready_pending()
        assert message.to == self.id, f"{message} is not for {self.id}"
        if isinstance(message, AppendRequest):
            self._on_append_request(message)
        elif isinstance(message, AppendReply):
            self._on_append_reply(message)
        elif isinstance(message, VoteRequest):
            self._on_vote_request(message)
        else:
            self._on_vote_reply(message)

    def propose(self, proposals: Sequence[Proposal]) -> LogPosition:
        """Append state machine entries; returns the position of the first, the others follow it without a gap.

        Raises:  NotLeader: nothing was appended.
        """
        self._check_no_ready_pending()
        assert proposals
        if self.role is not Role.LEADER:
            raise errors.NotLeader(f"{self.id} does not lead.")
        entries = []
        index = self.log.last_index
        if self._metadata_due != NO_INDEX:
            index = Index(index + 1)
            entries.append(Entry(self.term, index, EntryKind.METADATA, commit_index=self._metadata_due))
            self._metadata_due = NO_INDEX
        first = LogPosition(self.term, Index(index + 1))
        for data, client_id, call_id in proposals:
            index = Index(index + 1)
            entries.append(Entry(self.term, index, EntryKind.DATA, data, None, NO_INDEX, client_id, call_id))
        self.log.append(entries)
        self._send_entries_to_all()
        return first

    def read_index(self, context: int) -> None:
        """Ask for the index that makes a read linearizable; `Ready.reads` answers with the same `context`."""
        self._check_no_ready_pending()
        if self.role is Role.LEADER:
            self._unassigned_reads.append(context)
        else:
            self._reads.append(ReadAnswer(context, None))

    def report_unreachable(self, peer: PeerId) -> None:
        """Take note that the connection to a peer broke: what was in flight is lost."""
        self._check_no_ready_pending()
        if peer in self.progress:
            self.progress[peer].start_again()

    # --- output ----------------------------------------------------------------------------------------------------

    def ready(self, committed_bytes_max: int = 1 << 62) -> Ready:
        """Return what the driver has to do now; an empty one needs no `advance`.

        committed_bytes_max  how much the state machine may be given; 0: nothing for now
        """
        self._check_no_ready_pending()
        self._start_round_of_reads()
        self._confirm_reads()
        hard_state = HardState(self.term, self.voted_for)
        ready = Ready(
            hard_state=None if hard_state == self._persisted else hard_state,
            truncate_from=self.log.truncate_from,
            entries=self.log.unstable,
            messages=self._messages,
            committed=self.log.to_hand_out(committed_bytes_max),
            reads=self._reads,
        )
        self._messages, self._reads = [], []
        if ready:
            self._pending_ready = ready
        return ready

    def advance(self, ready: Ready) -> None:
        """Take note that the driver has done everything in `ready`."""
        assert ready is self._pending_ready, "advance takes the Ready that was given out last"
        self._pending_ready = None
        if ready.hard_state is not None:
            self._persisted = ready.hard_state
        self.log.made_stable(ready.entries, ready.truncate_from)
        if ready.committed:
            self.log.handed_index = ready.committed[-1].index
        if ready.entries and self.role is Role.LEADER:
            self._commit_what_a_majority_holds()

    def _check_no_ready_pending(self) -> None:
        assert self._pending_ready is None, "advance first: the last Ready is not carried out yet"

    # --- roles -----------------------------------------------------------------------------------------------------

    def _become_follower(self, term: Term, leader: PeerId = NO_PEER) -> None:
        assert term >= self.term
        if term > self.term:
            self.term, self.voted_for = term, NO_PEER
        if self.role is not Role.FOLLOWER:
            self._role_since = self._now
        if self.role is Role.LEADER:
            self._drop_reads()
        self.role = Role.FOLLOWER
        self.leader = leader
        self.term_first_index = None
        self.progress = {}
        self._metadata_due = NO_INDEX
        self._restart_election_timer()

    def _become_pre_candidate(self) -> None:
        self.role = Role.PRE_CANDIDATE
        self.leader = NO_PEER
        self._campaign(is_pre_vote=True)

    def _become_candidate(self) -> None:
        self.role = Role.CANDIDATE
        self.leader = NO_PEER
        self.term = Term(self.term + 1)
        self.voted_for = self.id
        self._campaign(is_pre_vote=False)

    def _become_leader(self) -> None:
        self.role = Role.LEADER
        self.leader = self.id
        self._role_since = self._heartbeat_at = self._now
        next_index = Index(self.log.last_index + 1)
        self.progress = {peer: Progress(next_index, self._now) for peer in self.configuration.voters if peer != self.id}
        self.term_first_index = next_index
        self._metadata_due = NO_INDEX
        entry = Entry(self.term, next_index, EntryKind.CONFIGURATION, configuration=self.configuration)
        self.log.append([entry])
        self._configurations.append((next_index, self.configuration))
        self._send_entries_to_all()

    def _tick_leader(self) -> None:
        patience_ticks = self._options.election_timeout_max_ticks
        if self._now - self._role_since >= patience_ticks and not self._has_live_majority(patience_ticks):
            # A leader that reaches nobody must stop answering: the others have elected somebody else by now.
            self._become_follower(self.term)
            return
        for peer, progress in self.progress.items():
            if progress.is_overdue(self._now, self._options.election_timeout_min_ticks):
                progress.start_again()
                self._send_entries(peer, progress)
        if self._now - self._heartbeat_at >= self._options.heartbeat_ticks:
            self._send_heartbeats()

    def _has_live_majority(self, within_ticks: int) -> bool:
        alive = {peer: self._now - each.acked_at < within_ticks for peer, each in self.progress.items()}
        return vote_result(self.configuration, {**alive, self.id: True}) is VoteResult.WON

    # --- elections -------------------------------------------------------------------------------------------------

    def _restart_election_timer(self) -> None:
        options = self._options
        self._election_at = self._now + self._rng.randint(
            options.election_timeout_min_ticks, options.election_timeout_max_ticks
        )

    def _election_timed_out(self) -> None:
        if self.role is not Role.FOLLOWER and vote_result(self.configuration, self._votes) is VoteResult.WON:
            # A majority is there, only a peer of higher priority has not answered in time.
            self._won()
        else:
            self._become_pre_candidate()

    def _campaign(self, *, is_pre_vote: bool) -> None:
        self._votes = {self.id: True}
        self._restart_election_timer()
        for peer in self.configuration.voters:
            if peer != self.id:
                self._messages.append(VoteRequest(self.id, peer, self.term, self.log.last_position, is_pre_vote))
        self._count_votes()

    def _count_votes(self) -> None:
        """Go on when the votes decide: a rejection by a peer of higher priority loses, its silence delays."""
        result = vote_result(self.configuration, self._votes)
        own = self.configuration.peer(self.id)
        own_priority = own.priority if own is not None else 0
        higher = [peer.id for peer in self.configuration.peers if peer.priority > own_priority]
        if result is VoteResult.LOST or any(self._votes.get(peer) is False for peer in higher):
            self._become_follower(self.term)
        elif result is VoteResult.WON and all(peer in self._votes for peer in higher):
            self._won()

    def _won(self) -> None:
        if self.role is Role.PRE_CANDIDATE:
            self._become_candidate()
        else:
            self._become_leader()

    def _on_vote_request(self, request: VoteRequest) -> None:
        granted = self._decide_vote(request)
        if granted and not request.is_pre_vote:
            self.voted_for = request.sender
            self._restart_election_timer()
        self._messages.append(VoteReply(self.id, request.sender, self.term, request.term, request.is_pre_vote, granted))

    def _decide_vote(self, request: VoteRequest) -> bool:
        if request.sender not in self.configuration.voters:
            return False
        if self._now - self._promised_at < self._options.promise_ticks:
            return False
        if self.role is Role.LEADER and self._has_live_majority(self._options.promise_ticks):
            return False
        if request.is_pre_vote or request.term == self.term:
            patience_ticks = self._options.election_timeout_min_ticks
            if self.role is Role.LEADER and self._has_live_majority(patience_ticks):
                return False
            if self._heard_at is not None and self._now - self._heard_at < patience_ticks and self.leader != NO_PEER:
                return False
        if not request.is_pre_vote:
            if request.term < self.term:
                return False
            if request.term > self.term:
                self._become_follower(request.term)
            elif self.voted_for not in (NO_PEER, request.sender):
                return False
        return self._is_log_good_enough(request)

    def _is_log_good_enough(self, request: VoteRequest) -> bool:
        own_last = self.log.last_position
        if request.last != own_last:
            return request.last > own_last
        own, candidate = self.configuration.peer(self.id), self.configuration.peer(request.sender)
        return own is None or candidate is None or own.priority <= candidate.priority

    def _on_vote_reply(self, reply: VoteReply) -> None:
        if reply.term > self.term:
            self._become_follower(reply.term)
            return
        expected = Role.PRE_CANDIDATE if reply.is_pre_vote else Role.CANDIDATE
        if self.role is not expected or reply.election_term != self.term:
            return
        self._votes.setdefault(reply.sender, reply.granted)
        self._count_votes()

    # --- following -------------------------------------------------------------------------------------------------

    def _on_append_request(self, request: AppendRequest) -> None:
        is_foreign = request.term == self.term and self.leader not in (NO_PEER, request.sender)
        if request.term < self.term or is_foreign:
            self._reply(request, AppendResult.NOT_LEADER, Index(self.log.last_index + 1), NO_INDEX)
            return
        if request.term > self.term or self.role is not Role.FOLLOWER or self.leader == NO_PEER:
            self._become_follower(request.term, request.sender)
        self._heard_at = self._promised_at = self._now
        self._restart_election_timer()
        if request.entries:
            self._take_entries(request)
        else:
            self._take_heartbeat(request)

    def _take_entries(self, request: AppendRequest) -> None:
        first, last = request.entries[0].index, request.entries[-1].index
        if first <= self.log.commit_index:
            self._reply(request, AppendResult.INCONSISTENCY, Index(self.log.commit_index + 1), NO_INDEX)
            return
        if (conflict := self._conflict(request.previous)) is not None:
            self._reply(request, AppendResult.INCONSISTENCY, conflict, NO_INDEX)
            return
        dropped_from = self.log.merge(request.entries)
        if dropped_from is not None:
            while self._configurations[-1][0] >= dropped_from:
                self._configurations.pop()
        for entry in request.entries:
            if entry.configuration is not None and entry.index > self._configurations[-1][0]:
                self._configurations.append((entry.index, entry.configuration))
        self.log.commit_to(Index(min(request.leader_commit, last)))
        self._reply(request, AppendResult.SUCCESS, Index(last + 1), last)

    def _take_heartbeat(self, request: AppendRequest) -> None:
        if request.previous is not None:
            if (conflict := self._conflict(request.previous)) is not None:
                self._reply(request, AppendResult.INCONSISTENCY, conflict, NO_INDEX)
                return
            self.log.commit_to(Index(min(request.leader_commit, request.previous.index)))
        self._reply(request, AppendResult.SUCCESS, Index(self.log.last_index + 1), NO_INDEX)

    def _conflict(self, previous: LogPosition | None) -> Index | None:
        """Return None when the log holds `previous`, else the index from which the leader should try again.

        All entries of a wrong term are skipped at once, so that one round trip per term repairs any divergence.
        """
        if previous is None or previous.index <= self.log.commit_index or self.log.holds(previous):
            return None
        if previous.index > self.log.last_index:
            return Index(self.log.last_index + 1)
        return self.log.first_index_of_term_at(previous.index)

    def _reply(self, request: AppendRequest, result: AppendResult, next_index: Index, match_index: Index) -> None:
        self._messages.append(
            AppendReply(
                self.id,
                request.sender,
                self.term,
                result,
                next_index,
                match_index,
                request.call_id,
                request.is_heartbeat,
                self.log.commit_index,
            )
        )

    # --- leading ---------------------------------------------------------------------------------------------------

    def _on_append_reply(self, reply: AppendReply) -> None:
        if reply.term > self.term:
            self._become_follower(reply.term)
            return
        progress = self.progress.get(reply.sender)
        if self.role is not Role.LEADER or progress is None or reply.term < self.term:
            return
        if reply.result is AppendResult.NOT_LEADER:
            return
        progress.answered(reply.call_id, self._now)
        if reply.result is AppendResult.INCONSISTENCY:
            if reply.next_index > progress.match_index and reply.next_index <= self.log.last_index + 1:
                progress.back_off(reply.next_index)
        elif not reply.is_heartbeat and progress.accepted(reply.match_index, reply.call_id):
            self._commit_what_a_majority_holds()
        self._send_entries(reply.sender, progress)
        self._tell_commit(reply.sender, progress)

    def _commit_what_a_majority_holds(self) -> None:
        match = {peer: each.match_index for peer, each in self.progress.items()}
        match[self.id] = self.log.stable_index
        index = committed_index(self.configuration, match)
        # Entries of older terms are committed only by one of the own term behind them (figure 8 of the Raft paper).
        if self.log.term(index) != self.term or not self.log.commit_to(index):
            return
        last = self.log.entries(index, Index(index + 1), 1)[0]
        if index > 0 and last.kind is not EntryKind.METADATA:
            self._metadata_due = index
        for peer, progress in self.progress.items():
            self._send_entries(peer, progress)
            self._tell_commit(peer, progress)

    def _send_entries_to_all(self) -> None:
        for peer, progress in self.progress.items():
            self._send_entries(peer, progress)

    def _send_entries(self, peer: PeerId, progress: Progress) -> None:
        """Send what the follower lacks, as far as its window allows."""
        while progress.may_send(self._options.in_flight_max) and progress.next_index <= self.log.last_index:
            low = progress.next_index
            previous = self._position_before(low)
            if low < self.log.first_index or (previous is None and low > 0):
                # The log does not reach back so far any more; only a snapshot can help this follower.
                return
            entries = self.log.entries(low, Index(self.log.last_index + 1), self._options.append_bytes_max)
            call_id = progress.next_call(self._round, 2 * self._options.in_flight_max)
            commit = Index(min(self.log.commit_index, entries[-1].index))
            self._messages.append(AppendRequest(self.id, peer, self.term, previous, tuple(entries), commit, call_id))
            progress.sent(entries[-1].index, self._now)
            progress.commit_sent = commit

    def _tell_commit(self, peer: PeerId, progress: Progress) -> None:
        """Send a heartbeat for the commit index alone: standbys must not lag behind by a heartbeat's interval."""
        if not progress.in_flight and progress.commit_sent < min(self.log.commit_index, progress.match_index):
            self._send_heartbeat(peer, progress)

    def _send_heartbeats(self) -> None:
        self._heartbeat_at = self._now
        for peer, progress in self.progress.items():
            self._send_heartbeat(peer, progress)

    def _send_heartbeat(self, peer: PeerId, progress: Progress) -> None:
        # While entries are in flight a heartbeat may overtake them, so it must not claim what they only bring.
        previous = None if progress.in_flight else self._position_before(progress.next_index)
        commit = Index(min(self.log.commit_index, previous.index if previous is not None else NO_INDEX))
        call_id = progress.next_call(self._round, 2 * self._options.in_flight_max)
        self._messages.append(AppendRequest(self.id, peer, self.term, previous, (), commit, call_id))
        progress.commit_sent = Index(max(progress.commit_sent, commit))

    def _position_before(self, index: Index) -> LogPosition | None:
        before = Index(index - 1)
        term = self.log.term(before)
        return LogPosition(term, before) if term is not None else None

    # --- reads -----------------------------------------------------------------------------------------------------

    def _start_round_of_reads(self) -> None:
        """Give all reads that came in since the last `Ready` one round, proved by one heartbeat to everybody."""
        if not self._unassigned_reads or self.term_first_index is None or self.commit_index < self.term_first_index:
            # Before its first entry is committed a leader does not know what its predecessors committed.
            return
        self._round += 1
        self._pending_reads += [(context, self.commit_index, self._round) for context in self._unassigned_reads]
        self._unassigned_reads = []
        self._send_heartbeats()

    def _confirm_reads(self) -> None:
        if not self._pending_reads:
            return
        acked = {peer: each.acked_round for peer, each in self.progress.items()}
        acked[self.id] = self._round
        confirmed = committed_index(self.configuration, acked)
        while self._pending_reads and self._pending_reads[0][2] <= confirmed:
            context, index, _ = self._pending_reads.pop(0)
            self._reads.append(ReadAnswer(context, index))

    def _drop_reads(self) -> None:
        dropped = [context for context, _, _ in self._pending_reads] + self._unassigned_reads
        self._reads += [ReadAnswer(context, None) for context in dropped]
        self._pending_reads, self._unassigned_reads = [], []
