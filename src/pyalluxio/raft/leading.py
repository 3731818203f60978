"""The leader's side: what exists only while a member leads one term, and is thrown away when it does not.

Rule 1: an entry is committed by a majority of disks, and only through an entry of the own term (figure 8).
Rule 2: an answer counts for the term in which it was given. Commit, reads and lease count no recovering member; whether
        the leader still reaches a majority (check-quorum) counts everybody who answers.
Rule 3: the leadership changes the state of its member only through the log and the lists of `MemberState`; when it has
        to end, `tick` or `is_excluded` says so, and `core.py` ends it.

A recovering member (rule 2 of `core.py`) is fed like any other. It is admitted, as a voter that remembers, once it
holds everything up to the commit index and to the first entry of this term, and every *other* voter has answered in
this term since the loss was noticed. For then nobody is left who could win an election of a later term with a vote that
the member has forgotten, and whatever it acknowledged and forgot is in this leader's log, or is not committed.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.raft.confchange import ConfigurationChange, check_peers
from pyalluxio.raft.lease import lease_of
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    Entry,
    EntryKind,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    InstallSnapshotResult,
    Lease,
    LogPosition,
    Outcome,
    Peer,
    PeerId,
    StartLeaderElectionRequest,
)
from pyalluxio.raft.progress import Call, Progress, ProgressState
from pyalluxio.raft.quorum import VoteResult, committed_index, majority_value, vote_result
from pyalluxio.raft.reads import Reads
from pyalluxio.raft.state import MemberState
from pyalluxio.raft.transfer import Transfer, best_target, waiting_for_java


class Leadership:
    """One member's leadership of one term."""

    def __init__(self, state: MemberState) -> None:
        """Begin with an entry that repeats the configuration: what it commits, commits everything before it."""
        self._state = state
        self._options = state.options
        self._log = state.log
        self.term_first_index = Index(state.log.last_index + 1)
        self.progress: dict[PeerId, Progress] = {}
        self.change: ConfigurationChange | None = None
        self.transfer: Transfer | None = None
        self.is_excluded = False
        self._is_lease_over = False
        self._reads = Reads()
        self._call_id = 0
        self._metadata_due = NO_INDEX
        self._since = self._heartbeat_at = state.now
        self._yield_at = state.now
        self._finished_index = NO_INDEX
        self.append_configuration(state.configurations.newest)

    # --- time ------------------------------------------------------------------------------------------------------

    def tick(self) -> bool:
        """Do what is due; returns False when this member must not lead any longer."""
        now = self._state.now
        patience_ticks = self._options.election_timeout_max_ticks
        if now - self._since >= patience_ticks and not self.has_live_majority(patience_ticks):
            # A leader that reaches nobody must stop answering: the others have elected somebody else by now.
            return False
        for peer, progress in self.progress.items():
            if progress.is_overdue(now, self._options.election_timeout_min_ticks):
                progress.start_again()
                self._send_entries(peer, progress)
        if now - self._heartbeat_at >= self._options.heartbeat_ticks:
            self._send_heartbeats()
        elif self._options.commit_wait_ticks:
            for peer, progress in self.progress.items():
                self._tell_late_commit(peer, progress)
        self._drive_change()
        self._drive_transfer()
        return True

    def has_live_majority(self, within_ticks: int) -> bool:
        """Tell whether a majority has answered in the last `within_ticks`."""
        alive = {peer: self._state.now - each.acked_at < within_ticks for peer, each in self.progress.items()}
        alive[self._state.id] = True
        return vote_result(self._state.configurations.newest, alive) is VoteResult.WON

    @property
    def quorum_heard_tick(self) -> int:
        """The newest tick since which a majority has answered; before their first answers, when they became known."""
        heard = {peer: each.acked_at for peer, each in self.progress.items()}
        heard[self._state.id] = self._state.now
        return majority_value(self._state.configurations.newest, heard)

    @property
    def staged_peers(self) -> tuple[Peer, ...]:
        """The new peers that catch up without a vote."""
        change = self.change
        return () if change is None else tuple(peer for peer in change.peers if peer.id in change.staged)

    @property
    def lease(self) -> Lease | None:
        """The lease that the answers so far carry, None without one; it may have run out already."""
        if self._is_lease_over or not self._has_committed_its_term:
            return None
        state = self._state
        return lease_of(state.configurations.newest, state.id, self.progress, state.now, self._options)

    @property
    def _has_committed_its_term(self) -> bool:
        return self._log.commit_index >= self.term_first_index

    # --- appending -------------------------------------------------------------------------------------------------

    def append_data(self, data: Iterable[tuple[bytes, bytes, int]]) -> LogPosition:
        """Append state machine entries, a metadata entry before them when one is due; return the first one's position.

        Raises:  NotLeader: the leadership is being handed over.
        """
        if self.transfer is not None and self.transfer.refuses_writes:
            raise errors.NotLeader(f"{self._state.id} is handing the leadership over to {self.transfer.target}.")
        term = self._state.term
        entries = []
        index = self._log.last_index
        if self._metadata_due != NO_INDEX:
            index = Index(index + 1)
            entries.append(Entry(term, index, EntryKind.METADATA, commit_index=self._metadata_due))
            self._metadata_due = NO_INDEX
        first = LogPosition(term, Index(index + 1))
        for content, client_id, call_id in data:
            index = Index(index + 1)
            entries.append(Entry(term, index, EntryKind.DATA, content, None, NO_INDEX, client_id, call_id))
        self._log.append(entries)
        self._send_entries_to_all()
        return first

    def append_configuration(self, configuration: Configuration) -> None:
        """Append a configuration, which counts from now on."""
        state = self._state
        index = Index(self._log.last_index + 1)
        self._log.append([Entry(state.term, index, EntryKind.CONFIGURATION, configuration=configuration)])
        state.configurations.append(index, configuration)
        for peer in configuration.voters:
            if peer != state.id and peer not in self.progress:
                self.progress[peer] = Progress(index, state.now)
        self._send_entries_to_all()

    def commit_what_a_majority_holds(self) -> None:
        match = self._counted({peer: each.match_index for peer, each in self.progress.items()})
        match[self._state.id] = self._log.stable_index
        index = committed_index(self._state.configurations.newest, match)
        # Entries of older terms are committed only by one of the own term behind them (figure 8 of the Raft paper).
        if self._log.term(index) != self._state.term or not self._log.commit_to(index):
            return
        last = self._log.entries(index, Index(index + 1), 1)[0]
        if index > 0 and last.kind is not EntryKind.METADATA:
            self._metadata_due = index
        for peer, progress in self.progress.items():
            self._send_entries(peer, progress)
            self._tell_commit(peer, progress)
        self._go_on_with_configuration()

    def _counted(self, values: dict[PeerId, int]) -> dict[PeerId, int]:
        return {peer: value for peer, value in values.items() if not self.progress[peer].recovery}

    # --- answers ---------------------------------------------------------------------------------------------------

    def on_append_reply(self, reply: AppendReply) -> None:
        """Take an answer of this term."""
        progress = self.progress.get(reply.sender)
        if progress is None or reply.result is AppendResult.NOT_LEADER or reply.call_id <= progress.ignored_up_to:
            return
        if not self._is_same_log(reply.sender, progress, reply.recovery, reply.next_index):
            return
        progress.recovery = reply.recovery
        progress.answered(reply.call_id, reply.promise_ticks, self._state.now)
        if reply.result is AppendResult.INCONSISTENCY:
            is_possible = progress.match_index < reply.next_index <= self._log.last_index + 1
            if is_possible and reply.call_id > progress.void_up_to:
                progress.back_off(reply.next_index)
        elif not reply.is_heartbeat and progress.accepted(reply.match_index, reply.call_id):
            self.commit_what_a_majority_holds()
        self._send_entries(reply.sender, progress)
        self._tell_commit(reply.sender, progress)
        self._drive_change()
        self._drive_transfer()

    def on_install_snapshot_reply(self, reply: InstallSnapshotReply) -> None:
        """Take an answer of this term to a notification."""
        progress = self.progress.get(reply.sender)
        if progress is None or not self._is_same_log(reply.sender, progress, reply.recovery, progress.next_index):
            return
        if reply.recovery != progress.recovery:
            return
        progress.acked_at = self._state.now
        if reply.result in (InstallSnapshotResult.SNAPSHOT_INSTALLED, InstallSnapshotResult.ALREADY_INSTALLED):
            progress.has_attempted_snapshot = True
            # Ratis says 0 for "no snapshot"; then the follower's log is asked from where it was.
            index = reply.snapshot_index if 0 < reply.snapshot_index <= self._log.last_index else NO_INDEX
            if progress.installed(index):
                self.commit_what_a_majority_holds()
        elif reply.result is InstallSnapshotResult.SNAPSHOT_UNAVAILABLE:
            progress.has_attempted_snapshot = True
            progress.back_off(progress.next_index)
        self._send_entries(reply.sender, progress)
        self._drive_change()

    def _is_same_log(self, peer: PeerId, progress: Progress, recovery: int, next_index: Index) -> bool:
        """Tell whether an answer is about the log that `progress` describes; begin again with a lost one."""
        if recovery in (0, progress.recovery):
            return True
        next_index = Index(min(next_index, self._log.last_index + 1))
        progress.lost_its_log(recovery, next_index, self._call_id)
        if next_index > self._log.last_index and self._log.commit_index != NO_INDEX and self.transfer is None:
            # Only an entry that the member writes proves that it has everything: an idle quorum needs one more.
            index = Index(self._log.last_index + 1)
            self._log.append([Entry(self._state.term, index, EntryKind.METADATA, commit_index=self._log.commit_index)])
            self._send_entries_to_all()
        self._send_entries(peer, progress)
        return False

    # --- sending ---------------------------------------------------------------------------------------------------

    @property
    def _is_silent(self) -> bool:
        return self.transfer is not None and self.transfer.silent_since is not None

    def _send_entries_to_all(self) -> None:
        for peer, progress in self.progress.items():
            self._send_entries(peer, progress)

    def _send_entries(self, peer: PeerId, progress: Progress) -> None:
        """Send what the follower lacks, as far as its window allows, or tell it that only a snapshot can help."""
        if self._is_silent:
            return
        if progress.state is ProgressState.SNAPSHOT or (self._is_staged(peer) and not progress.has_attempted_snapshot):
            self._notify_snapshot(peer, progress)
            return
        while progress.may_send(self._options.in_flight_max) and progress.next_index <= self._log.last_index:
            low = progress.next_index
            previous = self._position_before(low)
            if low < self._log.first_index or (previous is None and low > 0):
                progress.state = ProgressState.SNAPSHOT
                self._notify_snapshot(peer, progress)
                return
            entries = self._log.entries(low, Index(self._log.last_index + 1), self._options.append_bytes_max)
            commit = Index(min(self._log.commit_index, entries[-1].index))
            call_id = self._append(peer, progress, previous, tuple(entries), commit)
            progress.sent(call_id, entries[-1].index, self._state.now)
            progress.commit_sent = commit

    def _append(
        self,
        peer: PeerId,
        progress: Progress,
        previous: LogPosition | None,
        entries: tuple[Entry, ...],
        commit: Index,
        admits_recovery: int = 0,
    ) -> int:
        state = self._state
        self._call_id += 1
        progress.called(Call(self._call_id, self._reads.round, state.now), 2 * self._options.in_flight_max)
        is_voter = not self._is_staged(peer)
        state.messages.append(
            AppendRequest(
                state.id, peer, state.term, previous, entries, commit, self._call_id, is_voter, admits_recovery
            )
        )
        return self._call_id

    def _notify_snapshot(self, peer: PeerId, progress: Progress) -> None:
        state = self._state
        if progress.notified_at is not None and state.now - progress.notified_at < self._options.heartbeat_ticks:
            return
        progress.notified_at = state.now
        first_index = self._log.first_index
        first_term = self._log.term(first_index) or state.term
        members = (state.configurations.newest_index, state.configurations.newest)
        state.messages.append(
            InstallSnapshotRequest(state.id, peer, state.term, LogPosition(first_term, first_index), members)
        )

    def _tell_commit(self, peer: PeerId, progress: Progress) -> None:
        """Send a heartbeat for the commit index alone, unless that may wait for an append."""
        reached = min(self._log.commit_index, progress.match_index)
        # A list of members, which a new leader's first entry repeats, is not kept waiting.
        due = reached if not self._options.commit_wait_ticks else self._state.configurations.newest_index
        is_behind = progress.commit_sent < due <= reached
        if not progress.in_flight and (is_behind or self._may_be_admitted(peer, progress)):
            self._send_heartbeat(peer, progress)

    def _tell_late_commit(self, peer: PeerId, progress: Progress) -> None:
        """Send a heartbeat for a commit index that no append has brought: standbys must not lag behind for long."""
        now = self._state.now
        if progress.commit_sent >= progress.commit_due:
            progress.commit_due = Index(min(self._log.commit_index, progress.match_index))
            progress.commit_due_at = now
        elif not progress.in_flight and now - progress.commit_due_at >= self._options.commit_wait_ticks:
            self._send_heartbeat(peer, progress)

    def _send_heartbeats(self) -> None:
        self._heartbeat_at = self._state.now
        for peer, progress in self.progress.items():
            self._send_heartbeat(peer, progress)

    def _send_heartbeat(self, peer: PeerId, progress: Progress) -> None:
        if self._is_silent:
            return
        # While entries are in flight a heartbeat may overtake them, so it must not claim what they only bring.
        previous = None if progress.in_flight else self._position_before(progress.next_index)
        commit = Index(min(self._log.commit_index, previous.index if previous is not None else NO_INDEX))
        admits = progress.recovery if previous is not None and self._may_be_admitted(peer, progress) else 0
        self._append(peer, progress, previous, (), commit, admits)
        progress.commit_sent = Index(max(progress.commit_sent, commit))
        if progress.next_index == 0 and not progress.in_flight:
            # A new member does not answer a heartbeat that leaves open whether there is a history: `newcomer.py`.
            self._send_entries(peer, progress)
        if progress.state is ProgressState.SNAPSHOT or (self._is_staged(peer) and not progress.has_attempted_snapshot):
            self._notify_snapshot(peer, progress)

    def _may_be_admitted(self, peer: PeerId, progress: Progress) -> bool:
        """Tell whether a recovering member has everything, and nobody holds a vote that it forgot; see above."""
        if not progress.recovery or progress.match_index < max(self._log.commit_index, self.term_first_index):
            return False
        voters = self._state.configurations.newest.voters
        return all(
            self.progress[voter].acked_call_id > progress.ignored_up_to
            for voter in voters
            if voter not in (peer, self._state.id)
        )

    def _position_before(self, index: Index) -> LogPosition | None:
        before = Index(index - 1)
        term = self._log.term(before)
        return LogPosition(term, before) if term is not None else None

    # --- reads -----------------------------------------------------------------------------------------------------

    def read_index(self, context: int) -> None:
        self._reads.ask(context)

    def go_on_with_reads(self) -> None:
        """Begin a round for new reads, and answer those that a majority has confirmed."""
        # Before its first entry is committed a leader does not know what its predecessors committed.
        if self._reads.wait_for_round and self._has_committed_its_term:
            self._reads.begin_round(self._log.commit_index)
            self._send_heartbeats()
        if self._reads.wait_for_answers:
            acked = self._counted({peer: each.acked_round for peer, each in self.progress.items()})
            acked[self._state.id] = self._reads.round
            self._state.reads += self._reads.confirm(majority_value(self._state.configurations.newest, acked))

    # --- membership ------------------------------------------------------------------------------------------------

    def change_configuration(self, context: int, peers: tuple[Peer, ...]) -> None:
        """Begin a change; its end is an `Outcome`.

        Raises:  InvalidArgument; ReconfigurationInProgress: another change is not finished; FailedPrecondition.
        """
        check_peers(peers)
        state = self._state
        current = state.configurations.newest
        if self.change is not None or current.is_joint:
            raise errors.ReconfigurationInProgress("The members of the quorum are being changed already; try again.")
        if state.configurations.newest_index > self._log.commit_index:
            raise errors.ReconfigurationInProgress("The last list of members is not committed yet; try again.")
        if self.transfer is not None:
            raise errors.FailedPrecondition(
                f"The leadership is being transferred to {self.transfer.target}; try later."
            )
        if set(peers) == set(current.peers):
            state.outcomes.append(Outcome(context))
            return
        for peer in peers:
            if peer.id in self.progress and self.progress[peer.id].recovery:
                raise errors.FailedPrecondition(
                    f"{peer.id} lost its journal and is catching up. Wait until it votes again, or leave it out first."
                )
        staged = tuple(peer.id for peer in peers if peer.id not in current.voters)
        if (refusal := self._why_too_few_answer(peers, staged)) is not None:
            raise refusal
        self.change = ConfigurationChange(context, peers, staged)
        for new in staged:
            self.progress[new] = Progress(Index(0), state.now)
            self._send_entries(new, self.progress[new])
        self._drive_change()

    def _why_too_few_answer(
        self, peers: tuple[Peer, ...], staged: tuple[PeerId, ...]
    ) -> errors.FailedPrecondition | None:
        """Return why a change must not begin, None when those who answer are a majority of the new members.

        A silent member may have lost its journal: then it has no vote, and after a power cut a quorum that needs it
        could elect nobody any more. New members prove by catching up that they are there.
        """
        now, patience_ticks = self._state.now, self._options.election_timeout_min_ticks
        answers = {
            peer: each.acked_call_id >= 0 and now - each.acked_at < patience_ticks and not each.recovery
            for peer, each in self.progress.items()
        }
        answers |= dict.fromkeys((self._state.id, *staged), True)
        if vote_result(Configuration(peers), answers) is VoteResult.WON:
            return None
        silent = [peer.address for peer in peers if not answers.get(peer.id)]
        verb, them = ("does", "it") if len(silent) == 1 else ("do", "them")
        return errors.FailedPrecondition(
            f"{', '.join(silent)} {verb} not answer, and the new quorum of {len(peers)} members could decide nothing "
            f"without. Wait for {them}, or leave out who is silent; nothing changed."
        )

    def _is_staged(self, peer: PeerId) -> bool:
        return self.change is not None and peer in self.change.staged

    def _drive_change(self) -> None:
        """Let the new peers vote once they have caught up; give up when one of them is silent."""
        change, state = self.change, self._state
        current = state.configurations.newest
        if change is None or current.is_joint or current.peers == change.peers:
            return
        silent = change.silent_peer(self.progress, state.now, self._options)
        if silent is not None:
            text = (
                f"{silent} does not answer, so it cannot become a member. Start it, or leave it out; nothing changed."
            )
            self._give_up(change, errors.ReconfigurationTimeout(text))
        elif change.has_caught_up(
            self.progress, self._log.commit_index, state.configurations.newest_index, state.now, self._options
        ):
            # Catching up may have taken hours.
            if (refusal := self._why_too_few_answer(change.peers, change.staged)) is not None:
                self._give_up(change, refusal)
                return
            change.staged = ()
            self.append_configuration(Configuration(change.peers, current.peers))

    def _give_up(self, change: ConfigurationChange, why: errors.AlluxioError) -> None:
        """End a change that has not begun but for new peers that catch up."""
        for peer in change.staged:
            del self.progress[peer]
        self.change = None
        self._state.outcomes.append(Outcome(change.context, why))

    def _go_on_with_configuration(self) -> None:
        """Take the next step when the newest configuration is committed: leave the joint phase, or finish."""
        configurations = self._state.configurations
        newest = configurations.newest
        if configurations.newest_index > self._log.commit_index or configurations.newest_index == self._finished_index:
            return
        self._finished_index = configurations.newest_index
        if newest.is_joint:
            self.append_configuration(Configuration(newest.peers))
            return
        if self.change is not None and self.change.peers == newest.peers:
            self._state.outcomes.append(Outcome(self.change.context))
            self.change = None
        staged = self.change.staged if self.change is not None else ()
        for peer in [peer for peer in self.progress if peer not in newest.voters and peer not in staged]:
            del self.progress[peer]
        if self._state.id not in newest.voters:
            self.is_excluded = True
            target = best_target(newest, self._state.id, self.progress)
            if target is not None:
                self._ask_to_lead(target, self.progress[target].match_index)

    # --- handing over ----------------------------------------------------------------------------------------------

    def begin_transfer(self, transfer: Transfer) -> None:
        """Raises ReconfigurationInProgress while the members are being changed."""
        if self.change is not None or self._state.configurations.newest.is_joint:
            raise errors.ReconfigurationInProgress("The members of the quorum are being changed; try again.")
        self.transfer = transfer
        self._is_lease_over = True
        self._drive_transfer()

    def end_transfer(self) -> None:
        self.transfer = None

    def _drive_transfer(self) -> None:
        transfer = self.transfer
        if transfer is None:
            self._yield_to_java()
            return
        state = self._state
        progress = self.progress.get(transfer.target)
        if progress is None:
            return
        if self._log.last_index - progress.match_index <= self._options.lag_max:
            transfer.refuses_writes = True
        if progress.match_index != self._log.last_index:
            return
        if transfer.is_time_to_ask(progress, state.now, self._options.promise_ticks):
            transfer.asked_at = state.now
            self._ask_to_lead(transfer.target, self._log.last_index)

    def _ask_to_lead(self, target: PeerId, up_to: Index) -> None:
        """Send StartLeaderElection to a peer that holds everything up to an index of the own log."""
        self._is_lease_over = True
        leader_last = self._position_before(Index(up_to + 1))
        assert leader_last is not None
        self._state.messages.append(StartLeaderElectionRequest(self._state.id, target, leader_last))

    def _yield_to_java(self) -> None:
        state = self._state
        configuration = state.configurations.newest
        if self.change is not None or configuration.is_joint or state.now < self._yield_at:
            return
        target = waiting_for_java(configuration, state.id, self.progress, self._log.last_index)
        if target is None:
            return
        patience_ticks = self._options.election_timeout_max_ticks
        self._yield_at = state.now + 2 * patience_ticks
        self.begin_transfer(Transfer(None, target, state.term, state.now + patience_ticks))

    # --- the end ---------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Answer everything that waits: this member does not lead any longer."""
        self._state.reads += self._reads.drop()
        if self.change is not None:
            text = "This member lost the leadership; the next leader decides whether the members are changed."
            self._state.outcomes.append(Outcome(self.change.context, errors.NotLeader(text)))
            self.change = None
