"""Raft without I/O: messages, ticks and proposals in; a `Ready` out that says what to persist, send and apply.

Rule 1: term, vote and role change in this file only. What exists only while a member leads is in `leading.py`; the
        log as leaders write it is in `following.py`; the ideas behind have files of their own.
Rule 2: a *recovering* member lost a part of what it promised or acknowledged (an emptied or damaged disk). It grants
        nothing and never campaigns until a leader admits it. This is part of its hard state.
Rule 3: the driver calls `ready`, does what it says in its order, and calls `advance`; nothing is stepped in between.
Rule 4: no clock, no chance but the given one: time is `tick`, election timeouts come from the given random source.
Rule 5: the kinds of entries are Ratis 2.4.1's. A leader's first entry repeats the configuration; commit indexes are
        stored as metadata entries, which here ride in front of the next proposals instead of costing a write of their
        own. A configuration counts from the moment it is in the log, and is rolled back when its entry is truncated.
Rule 6: a voter that accepted an append within the promise, or has just started, grants nothing to anybody, in any term.
Rule 7: a *new* member has never voted and never held an entry. It makes sure that there is no history that it should
        remember before it takes part; see `newcomer.py`.

    FOLLOWER ──(timeout)──> PRE_CANDIDATE ──(majority would)──> CANDIDATE ──(majority did)──> LEADER
        ^  └──────────────(StartLeaderElection)─────────────────────^  │                          │
        └──(refused, newer term, a leader's append, no quorum for an election timeout, excluded)──┘

A quorum of one skips all waiting: its first tick makes it leader.

Source: D. Ongaro, "Consensus: Bridging Theory and Practice", chapters 3, 4, 6.4, 9.6; Ratis 2.4.1 for entry kinds,
        vote rules, priorities, membership and transfer. Differs from Ratis: a candidate whose election times out begins
        again with a pre-vote, so that its term does not rise while it reaches nobody.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.raft.confchange import Configurations
from pyalluxio.raft.following import Follower
from pyalluxio.raft.leading import Leadership
from pyalluxio.raft.lease import Promise
from pyalluxio.raft.log import RaftLog, Storage
from pyalluxio.raft.messages import (
    NO_INDEX,
    NO_PEER,
    AppendReply,
    AppendRequest,
    Configuration,
    HardState,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    Lease,
    LogPosition,
    Message,
    Outcome,
    Peer,
    PeerId,
    ReadAnswer,
    Ready,
    Role,
    StartLeaderElectionReply,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)
from pyalluxio.raft.newcomer import (
    continues_history,
    knows_history,
    newcomer_result,
    replaces_history,
    tells_nothing,
)
from pyalluxio.raft.options import CoreOptions
from pyalluxio.raft.progress import Progress
from pyalluxio.raft.quorum import VoteResult, vote_result
from pyalluxio.raft.state import MemberState
from pyalluxio.raft.transfer import Transfer, best_target

__all__ = ["Core", "CoreOptions", "Proposal"]


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
        self._state = MemberState(
            id,
            options,
            RaftLog(storage, applied_index),
            Configurations(initial_configuration, storage.configurations()),
            hard_state.term,
            hard_state.voted_for,
            hard_state.is_recovering,
            hard_state.is_new,
        )
        self.role = Role.FOLLOWER
        self.leader = NO_PEER
        self.is_removed = False
        self._is_willing = True
        self._leading: Leadership | None = None
        self._transfer: Transfer | None = None
        self._following = Follower(self._state, rng)
        self._rng = rng
        self._persisted = hard_state
        self._votes: dict[PeerId, bool] = {}
        self._unreachable: set[PeerId] = set()
        self._transfer_term: Term | None = None
        self._pending_ready: Ready | None = None
        self._promise = Promise(hard_state.term)
        self._heard_at: int | None = None
        self._is_leader_lost = False
        self._lost_leader = NO_PEER
        self._lost_rounds = 0
        self._asked_before: set[PeerId] = set()
        self._way_is_for = NO_PEER
        self._way_until = 0
        self._election_at = 0
        self._restart_election_timer()

    # --- what a report asks ----------------------------------------------------------------------------------------

    @property
    def id(self) -> PeerId:
        return self._state.id

    @property
    def term(self) -> Term:
        return self._state.term

    @property
    def voted_for(self) -> PeerId:
        return self._state.voted_for

    @property
    def log(self) -> RaftLog:
        return self._state.log

    @property
    def configuration(self) -> Configuration:
        """The configuration that counts: the newest one in the log, committed or not."""
        return self._state.configurations.newest

    @property
    def commit_index(self) -> Index:
        return self._state.log.commit_index

    @property
    def is_member(self) -> bool:
        """Whether an entry of the log names this member as a voter; what it was told at its start does not count."""
        configurations = self._state.configurations
        return configurations.newest_index != NO_INDEX and self.id in configurations.newest.voters

    @property
    def is_recovering(self) -> bool:
        """Whether this member lost a part of its log or its votes, and has not been admitted again."""
        return self._state.is_recovering

    @property
    def is_alone(self) -> bool:
        """Whether this member is the whole quorum: then no time matters and no message is sent."""
        return self.configuration.voters == (self.id,) and not self.progress

    @property
    def progress(self) -> Mapping[PeerId, Progress]:
        """What a leader knows about the others; empty for other roles. For reports: not to be changed."""
        return MappingProxyType(self._leading.progress if self._leading is not None else {})

    @property
    def peers(self) -> tuple[Peer, ...]:
        """Every member, this one too, and those that are to become members: whom a driver has to connect."""
        configuration = self.configuration
        peers = {peer.id: peer for peer in (*configuration.old_peers, *configuration.peers)}
        if self._leading is not None:
            peers.update({peer.id: peer for peer in self._leading.staged_peers})
        return tuple(peers.values())

    @property
    def quorum_heard_tick(self) -> int | None:
        """The newest tick by which a majority had answered this leader since, or its first one; None: no leader."""
        return self._leading.quorum_heard_tick if self._leading is not None else None

    @property
    def is_new(self) -> bool:
        """Whether this member has never voted and never held an entry."""
        return self._state.is_new

    @property
    def term_first_index(self) -> Index | None:
        """The index of the first entry of a leader's own term; None for other roles."""
        return self._leading.term_first_index if self._leading is not None else None

    @property
    def lease(self) -> Lease | None:
        """The leader's lease, None without one. Good for reads at the commit index until it runs out or is None."""
        return self._leading.lease if self._leading is not None else None

    @property
    def tick_count(self) -> int:
        """The tick that is now, the unit of `Lease.since_tick`."""
        return self._state.now

    @property
    def purgeable_index(self) -> Index:
        """The last index that Raft itself does not need on disk any more."""
        return self.log.handed_index

    # --- input -----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let one unit of time pass."""
        self._check_no_ready_pending()
        self._state.now += 1
        if self._leading is not None:
            if not self._leading.tick():
                self._become_follower(self.term)
        elif self.is_recovering or self.is_removed or not self._is_willing:
            pass
        elif self.is_alone:
            # The last of several members may still be bound to the leader that made it the only one.
            if self._heard_at is None or not self._promise.binds(self._state.now, self._state.options.promise_ticks):
                self._become_candidate()
        elif self._state.now >= self._election_at:
            self._election_timed_out()
        self._settle_transfer()

    def step(self, message: Message) -> None:
        """Take a message from a peer. Messages may be lost, late, repeated and out of order."""
        self._check_no_ready_pending()
        assert message.to == self.id, f"{message} is not for {self.id}"
        if isinstance(message, AppendRequest):
            self._on_append_request(message)
        elif isinstance(message, AppendReply | InstallSnapshotReply):
            self._on_reply(message)
        elif isinstance(message, VoteRequest):
            self._on_vote_request(message)
        elif isinstance(message, VoteReply):
            self._on_vote_reply(message)
        elif isinstance(message, StartLeaderElectionRequest):
            self._on_start_leader_election(message)
        elif isinstance(message, InstallSnapshotRequest):
            self._on_install_snapshot_request(message)
        self._leave_if_excluded()
        self._settle_transfer()

    def propose(self, proposals: Sequence[Proposal]) -> LogPosition:
        """Append state machine entries; returns the position of the first, the others follow it without a gap.

        Raises:  NotLeader: nothing was appended; this member does not lead, or is handing the leadership over.
        """
        assert proposals
        return self._leadership().append_data(proposals)

    def read_index(self, context: int) -> None:
        """Ask for the index that makes a read linearizable; `Ready.reads` answers with the same `context`."""
        self._check_no_ready_pending()
        if self._leading is not None:
            self._leading.read_index(context)
        else:
            self._state.reads.append(ReadAnswer(context, None))

    def change_configuration(self, context: int, peers: Sequence[Peer]) -> None:
        """Make `peers` the members, or change their priorities; `Ready.outcomes` tells the end with the `context`.

        Raises:  NotLeader; InvalidArgument: an empty list, or a member twice; FailedPrecondition: a transfer is under
                 way; ReconfigurationInProgress: another change is, or the last one is not committed yet.
        """
        self._leadership().change_configuration(context, tuple(peers))

    def transfer_leadership(self, context: int, target: PeerId | None, timeout_ticks: int) -> None:
        """Hand the leadership to a voter, None: to the best one. `Ready.outcomes` tells the end with the `context`.

        Raises:  NotLeader; NotFound: no such voter; FailedPrecondition: another transfer is under way, or there is
                 nobody to hand over to; ReconfigurationInProgress.
        """
        leading = self._leadership()
        if self._transfer is not None or leading.transfer is not None:
            raise errors.FailedPrecondition("Another transfer of the leadership is under way; try again.")
        if target is None:
            heard_since = self._state.now - self._state.options.election_timeout_min_ticks // 2
            target = best_target(self.configuration, self.id, leading.progress, heard_since)
            if target is None:
                raise errors.FailedPrecondition("There is no other voter that answers and could lead.")
        if target == self.id:
            self._state.outcomes.append(Outcome(context))
            return
        if all(peer.id != target for peer in self.configuration.peers):
            raise errors.NotFound(f"{target} is no member of the quorum: {', '.join(self.configuration.voters)}.")
        transfer = Transfer(context, target, self.term, self._state.now + timeout_ticks)
        leading.begin_transfer(transfer)
        self._transfer = transfer

    def step_down(self) -> None:
        """Cease to lead without a successor, or cease to campaign; the term stays."""
        self._check_no_ready_pending()
        if self.role is not Role.FOLLOWER:
            self._become_follower(self.term)
            self._settle_transfer()

    def set_willing(self, is_willing: bool) -> None:
        """Say whether this member may campaign and be made leader. It votes in any case."""
        self._check_no_ready_pending()
        if is_willing and not self._is_willing:
            self._restart_election_timer()
        self._is_willing = is_willing
        if not is_willing and self.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
            self.step_down()

    def report_unreachable(self, peer: PeerId) -> None:
        """Take note that the connection to a peer broke: what was in flight is lost."""
        self._check_no_ready_pending()
        if self.role is Role.PRE_CANDIDATE and self.is_new and peer not in self._votes:
            self._unreachable.add(peer)
            self._count_votes()
        if self._leading is not None and peer in self._leading.progress:
            self._leading.progress[peer].start_again()

    def report_streams_closed(self, peer: PeerId) -> None:
        """Take note that all streams of a peer ended and none came back at once.

        If it is the leader, it is probably dead: the election begins when the promise ends instead of after the
        election timeout. Should it live, its next append takes this back.
        """
        self._check_no_ready_pending()
        if self.role is Role.FOLLOWER and peer == self.leader:
            self._is_leader_lost, self._lost_leader = True, peer
            self._restart_election_timer()

    def install_snapshot(self, position: LogPosition, configuration: Configuration | None) -> bool:
        """Offer a snapshot that was fetched, up to and including `position`; returns whether it is needed.

        True: `Ready.restore` asks for it. False: the log has overtaken it, and it is to be thrown away.

        configuration  the members as of `position`. None for snapshots of Java, which do not tell: then what the leader
                       said last, as Ratis does it; a change of members during the download is overlooked.
        """
        self._check_no_ready_pending()
        assert self._leading is None or position.index <= self.commit_index, "a leader's log holds what is committed"
        return self._following.install_snapshot(position, configuration)

    def snapshot_unavailable(self) -> None:
        """Take note that nobody has the snapshot that was wanted; the leader hears of it, and may ask again."""
        self._check_no_ready_pending()
        self._following.install.unavailable()

    # --- output ----------------------------------------------------------------------------------------------------

    def ready(self, committed_bytes_max: int = 1 << 62) -> Ready:
        """Return what the driver has to do now; an empty one needs no `advance`.

        committed_bytes_max  how much the state machine may be given; 0: nothing for now
        """
        self._check_no_ready_pending()
        if self._leading is not None:
            self._leading.go_on_with_reads()
        state, log, following = self._state, self.log, self._following
        hard_state = HardState(state.term, state.voted_for, state.is_recovering, state.is_new)
        ready = Ready(
            hard_state=None if hard_state == self._persisted else hard_state,
            restore=following.restore,
            truncate_from=log.truncate_from,
            entries=log.unstable,
            messages=state.messages,
            # The log of a member that is being restored is read only when the storage has been restored, too.
            committed=[] if following.restore is not None else log.to_hand_out(committed_bytes_max),
            reads=state.reads,
            snapshot_wanted=following.install.take_news(),
            outcomes=state.outcomes,
        )
        state.messages, state.reads, state.outcomes = [], [], []
        if ready:
            self._pending_ready = ready
        return ready

    def advance(self, ready: Ready) -> None:
        """Take note that the driver has done everything in `ready`."""
        assert ready is self._pending_ready, "advance takes the Ready that was given out last"
        self._pending_ready = None
        if ready.hard_state is not None:
            self._persisted = ready.hard_state
        if ready.restore is not None:
            self._following.restore = None
        self.log.made_stable(ready.entries, ready.truncate_from)
        if ready.committed:
            self.log.handed_index = ready.committed[-1].index
        if ready.entries and self._leading is not None:
            self._leading.commit_what_a_majority_holds()
            self._leave_if_excluded()

    def _check_no_ready_pending(self) -> None:
        assert self._pending_ready is None, "advance first: the last Ready is not carried out yet"

    def _leadership(self) -> Leadership:
        self._check_no_ready_pending()
        if self._leading is None:
            raise errors.NotLeader(f"{self.id} does not lead.")
        return self._leading

    # --- roles -----------------------------------------------------------------------------------------------------

    def _become_follower(self, term: Term, leader: PeerId = NO_PEER) -> None:
        state = self._state
        assert term >= state.term
        if term > state.term:
            state.term, state.voted_for = term, NO_PEER
        if self._leading is not None:
            self._leading.end()
            self._leading = None
        self.role = Role.FOLLOWER
        self.leader = leader
        self._restart_election_timer()

    def _become_pre_candidate(self) -> None:
        self.role = Role.PRE_CANDIDATE
        self.leader = NO_PEER
        self._campaign(is_pre_vote=True)

    def _become_candidate(self, transfer_term: Term | None = None) -> None:
        self.role = Role.CANDIDATE
        self.leader = NO_PEER
        self._state.term = Term(self.term + 1)
        self._state.voted_for = self.id
        self._state.is_new = False
        self._campaign(is_pre_vote=False, transfer_term=transfer_term)

    def _become_leader(self) -> None:
        self.role = Role.LEADER
        self.leader = self.id
        self._has_leader_again()
        self._leading = Leadership(self._state)

    def _leave_if_excluded(self) -> None:
        """Step down after the committed end of a change that left this leader out."""
        if self._leading is not None and self._leading.is_excluded:
            self.is_removed = True
            self._become_follower(self.term)

    @property
    def _may_campaign(self) -> bool:
        return self._state.configurations.may_campaign(self.id, self.commit_index)

    # --- elections -------------------------------------------------------------------------------------------------

    def _restart_election_timer(self) -> None:
        options, now = self._state.options, self._state.now
        if self._is_leader_lost:
            # A tick later than this promise, since those of the others may end a little later; with a little chance, so
            # that the followers of a dead leader do not all ask in the same moment. Whoever failed asks again soon: a
            # pre-vote disturbs nobody. After several failures it does so less often.
            promise_end = self._promise.made_at + options.promise_ticks + 1
            spread_ticks = min(options.promise_ticks, 2 << self._lost_rounds)
            self._election_at = max(promise_end, now) + 1 + self._rng.randint(0, spread_ticks)
        else:
            self._election_at = now + self._usual_timeout_ticks()

    def _usual_timeout_ticks(self) -> int:
        options = self._state.options
        return self._rng.randint(options.election_timeout_min_ticks, options.election_timeout_max_ticks)

    def _election_timed_out(self) -> None:
        if not self._may_campaign:
            # A committed list leaves this member out, and no leader is heard: none has to tell it so.
            self.is_removed = True
        elif self.role is not Role.FOLLOWER and vote_result(self.configuration, self._votes) is VoteResult.WON:
            # A majority is there, only a peer of higher priority has not answered in time.
            self._won()
        else:
            self._become_pre_candidate()

    def _campaign(self, *, is_pre_vote: bool, transfer_term: Term | None = None) -> None:
        self._votes = {self.id: True}
        self._unreachable.clear()
        self._transfer_term = transfer_term
        self._lost_rounds = min(self._lost_rounds + 1, self._state.options.promise_ticks)
        self._await_round()
        last = self.log.last_position
        for peer in self.configuration.voters:
            if peer != self.id:
                self._state.messages.append(VoteRequest(self.id, peer, self.term, last, is_pre_vote, transfer_term))
        self._count_votes()

    def _await_round(self) -> None:
        """Leave an election, the own one or somebody else's, the time that it needs."""
        options = self._state.options
        patience_ticks = self._usual_timeout_ticks()
        if self._is_leader_lost:
            patience_ticks = options.promise_ticks + self._rng.randint(0, options.promise_ticks)
        self._election_at = self._state.now + patience_ticks

    def _count_votes(self) -> None:
        """Go on when the votes decide: a rejection by a peer of higher priority loses, its silence delays."""
        votes = self._votes
        if self._lost_leader != NO_PEER:
            # Nobody waits for a dead leader's vote: without it a round that is lost is seen to be so.
            votes = {self._lost_leader: False, **votes}
        result = vote_result(self.configuration, votes)
        if self.is_new and result is VoteResult.WON:
            result = newcomer_result(self.configuration, self._votes, self._unreachable)
        own = self.configuration.peer(self.id)
        own_priority = own.priority if own is not None else 0
        higher = [peer.id for peer in self.configuration.peers if peer.priority > own_priority]
        if self._transfer_term is not None:
            # The leader itself wants it: priorities would only undo that.
            higher = []
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
        if self.is_new and knows_history(request) and request.sender in self.configuration.voters:
            self._begin_recovery()
        granted = self._decide_vote(request)
        if granted and not request.is_pre_vote:
            self._state.voted_for = request.sender
            self._state.is_new = False
            self._await_round()
        elif granted and self._is_leader_lost:
            granted = self._gives_way(request)
        self._state.messages.append(
            VoteReply(
                self.id,
                request.sender,
                self.term,
                request.term,
                request.is_pre_vote,
                granted,
                self._has_excluded(request),
            )
        )

    def _decide_vote(self, request: VoteRequest) -> bool:
        options, now = self._state.options, self._state.now
        if self.is_recovering or request.sender not in self.configuration.voters:
            return False
        if not self._is_released(request):
            if self._promise.binds(now, options.promise_ticks):
                return False
            if self._leading is not None and self._leading.has_live_majority(options.promise_ticks):
                return False
            if (request.is_pre_vote or request.term == self.term) and self._has_live_leader():
                return False
        if not request.is_pre_vote:
            if request.term < self.term:
                return False
            if request.term > self.term:
                self._become_follower(request.term)
            elif self.voted_for not in (NO_PEER, request.sender):
                return False
        return self._is_log_good_enough(request)

    def _gives_way(self, request: VoteRequest) -> bool:
        """Tell whether somebody else may go first, when the leader is lost: two elections at a time split the votes.

        Of members that ask in the same moment the one with more of the log goes on, of equals the one that is listed
        first; whoever does not ask lets one go at a time. Nobody is given way to twice: it may never be heard.
        """
        now, own_last, sender = self._state.now, self.log.last_position, request.sender
        is_first_time = sender not in self._asked_before
        self._asked_before.add(sender)
        if self.role is Role.CANDIDATE:
            return request.last > own_last
        if self.role is Role.PRE_CANDIDATE:
            if request.last == own_last and self._is_listed_before(sender):
                return not is_first_time
            self._become_follower(self.term)
        elif now < self._way_until and sender != self._way_is_for:
            return False
        if is_first_time:
            self._way_is_for, self._way_until = sender, now + max(1, self._state.options.promise_ticks // 3)
            self._election_at = max(self._election_at, self._way_until)
        return True

    def _is_listed_before(self, peer: PeerId) -> bool:
        voters = self.configuration.voters
        return self.id in voters and voters.index(self.id) < voters.index(peer)

    def _is_released(self, request: VoteRequest) -> bool:
        """Tell whether the candidate shows the token of the leader that was promised, or of this one."""
        if self._leading is not None:
            return request.transfer_term is not None and request.transfer_term >= self.term
        return self._promise.is_released_by(request.transfer_term)

    def _has_live_leader(self) -> bool:
        patience_ticks = self._state.options.election_timeout_min_ticks
        if self._leading is not None:
            return self._leading.has_live_majority(patience_ticks)
        if self._heard_at is None or self.leader == NO_PEER or self._is_leader_lost:
            return False
        return self._state.now - self._heard_at < patience_ticks

    def _has_excluded(self, request: VoteRequest) -> bool:
        """Tell whether the candidate asks in vain for ever: only a leader whose members are committed can know."""
        configurations = self._state.configurations
        return (
            self._leading is not None
            and not configurations.newest.is_joint
            and configurations.newest_index <= self.commit_index
            and request.sender not in configurations.newest.voters
            and request.sender not in self._leading.progress
            # Whoever was added by a later leader, that this one has not heard of, holds an entry of its term.
            and request.last.term <= self.term
        )

    def _is_log_good_enough(self, request: VoteRequest) -> bool:
        own_last = self.log.last_position
        if request.last != own_last:
            return request.last > own_last
        own, candidate = self.configuration.peer(self.id), self.configuration.peer(request.sender)
        if own is None or candidate is None or request.transfer_term is not None:
            return True
        return own.priority <= candidate.priority

    def _on_vote_reply(self, reply: VoteReply) -> None:
        if reply.term > self.term:
            self._become_follower(reply.term)
        if reply.sender == self._lost_leader:
            self._lost_leader = NO_PEER
        expected = Role.PRE_CANDIDATE if reply.is_pre_vote else Role.CANDIDATE
        if reply.should_shutdown and self._leading is None:
            self.is_removed = True
            self._become_follower(self.term)
        if self.role is not expected or reply.election_term != self.term:
            return
        self._votes.setdefault(reply.sender, reply.granted)
        self._count_votes()

    def _on_start_leader_election(self, request: StartLeaderElectionRequest) -> None:
        # A leader's last entry is of its own term. A message from an earlier term is no token for this one, in which
        # the same leader may hold a lease.
        accepted = (
            self.role is Role.FOLLOWER
            and self.leader == request.sender
            and self.term == request.leader_last.term
            and self._may_campaign
            and not self.is_recovering
            and self._is_willing
            and self.log.last_position >= request.leader_last
        )
        self._state.messages.append(StartLeaderElectionReply(self.id, request.sender, accepted))
        if accepted:
            self._become_candidate(transfer_term=self.term)

    def _settle_transfer(self) -> None:
        """Tell how a transfer ended, as soon as that is known; a transfer outlives the leadership that began it."""
        leading = self._leading
        if self._transfer is not None:
            outcome = self._transfer.outcome(self.id, self.term, self.leader, self._state.now)
            if outcome is not None:
                self._state.outcomes.append(outcome)
                if leading is not None and leading.transfer is self._transfer:
                    leading.end_transfer()
                self._transfer = None
        elif leading is not None and leading.transfer is not None and leading.transfer.deadline_at <= self._state.now:
            leading.end_transfer()

    # --- following -------------------------------------------------------------------------------------------------

    def _recognises(self, term: Term, leader: PeerId) -> bool:
        """Take note of a sign of life from whoever leads `term`; returns False when it does not count."""
        is_foreign = term == self.term and self.leader not in (NO_PEER, leader)
        # The only voter takes part in every election and every change of members: whoever leads without its vote
        # belongs to another quorum, whose members were given this one's address.
        is_foreign = is_foreign or (term > self.term and self.configuration.voters == (self.id,))
        if term < self.term or is_foreign:
            return False
        self.is_removed = False
        self._has_leader_again()
        if term > self.term or self.role is not Role.FOLLOWER or self.leader == NO_PEER:
            self._become_follower(term, leader)
        self._heard_at = self._state.now
        self._promise = Promise(term, self._state.now)
        self._restart_election_timer()
        return True

    def _has_leader_again(self) -> None:
        self._is_leader_lost = False
        if self._lost_rounds or self._lost_leader:
            self._lost_leader, self._lost_rounds = NO_PEER, 0
            self._asked_before.clear()

    def _begin_recovery(self) -> None:
        """Take note that this member is not new but has lost everything; it grants nothing until it is admitted."""
        self._state.is_new, self._state.is_recovering = False, True
        self._following.begin_recovery()
        if self.role is not Role.FOLLOWER:
            self._become_follower(self.term)

    def _on_append_request(self, request: AppendRequest) -> None:
        if self.is_new and request.term >= self.term:
            if tells_nothing(request):
                return
            if continues_history(request):
                self._begin_recovery()
        if self._recognises(request.term, request.sender):
            self._following.on_append_request(request)
        else:
            self._following.refuse(request)

    def _on_install_snapshot_request(self, request: InstallSnapshotRequest) -> None:
        if self.is_new and request.term >= self.term and replaces_history(request):
            self._begin_recovery()
        is_recognised = self._recognises(request.term, request.sender)
        self._following.on_install_snapshot_request(request, is_recognised=is_recognised)

    # --- leading ---------------------------------------------------------------------------------------------------

    def _on_reply(self, reply: AppendReply | InstallSnapshotReply) -> None:
        if reply.term > self.term:
            self._become_follower(reply.term)
        elif self._leading is not None and reply.term == self.term:
            if isinstance(reply, AppendReply):
                self._leading.on_append_reply(reply)
            else:
                self._leading.on_install_snapshot_reply(reply)
