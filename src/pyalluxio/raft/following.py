"""The follower's side: what a leader that was recognised may do to the own log, and how it is answered.

Rule 1: nothing committed is ever overwritten, and an answer names only what this disk holds (the driver fsyncs before
        the answer leaves).
Rule 2: what an append does not reach is not committed by it, whatever the leader's commit index is.
Rule 3: a recovering member votes again only when a leader repeats the number of this very recovery, on a heartbeat
        whose predecessor it holds: an admission that was meant for an earlier loss proves nothing.
"""

from __future__ import annotations

import random

from pyalluxio.ids import Index
from pyalluxio.raft.messages import (
    NO_INDEX,
    NO_PEER,
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    InstallSnapshotResult,
    LogPosition,
    PeerId,
    Restore,
)
from pyalluxio.raft.snapshots import SnapshotInstall
from pyalluxio.raft.state import MemberState

RECOVERY_MAX = (1 << 31) - 1


class Follower:
    """The log as leaders write it. `restore` is what the next `Ready` has to carry out, or None."""

    def __init__(self, state: MemberState, rng: random.Random) -> None:
        self._state = state
        self._rng = rng
        self._recovery = rng.randint(1, RECOVERY_MAX) if state.is_recovering else 0
        self.install = SnapshotInstall()
        self.restore: Restore | None = None

    def begin_recovery(self) -> None:
        """Answer with a number of its own from now on, until a leader repeats it."""
        self._recovery = self._rng.randint(1, RECOVERY_MAX)

    def on_append_request(self, request: AppendRequest) -> None:
        """Take what the recognised leader sends."""
        if self.restore is not None:
            # The storage still holds the old log.
            self._reply(request, AppendResult.INCONSISTENCY, Index(self._state.log.last_index + 1), NO_INDEX)
        elif request.entries:
            self._take_entries(request)
        else:
            self._take_heartbeat(request)

    def refuse(self, request: AppendRequest) -> None:
        """Answer somebody who does not lead."""
        self._reply(request, AppendResult.NOT_LEADER, Index(self._state.log.last_index + 1), NO_INDEX)

    def on_install_snapshot_request(self, request: InstallSnapshotRequest, *, is_recognised: bool) -> None:
        """Answer a notification."""
        state = self._state
        result, index = InstallSnapshotResult.NOT_LEADER, NO_INDEX
        if is_recognised:
            result, index = self.install.answer(request, Index(min(state.log.commit_index, state.log.stable_index)))
        state.messages.append(InstallSnapshotReply(state.id, request.sender, state.term, result, index, self._recovery))

    def install_snapshot(self, position: LogPosition, configuration: Configuration | None) -> bool:
        """Let the log begin behind a snapshot; returns False when the log has overtaken it."""
        log, configurations = self._state.log, self._state.configurations
        if position.index <= log.commit_index or log.holds(position):
            log.commit_to(position.index)
            self.install.overtaken()
            return False
        log.restore(position)
        configuration = configuration or self.install.configuration
        if configuration is not None:
            configurations.restore(configuration)
        self.install.installed(position.index)
        self._state.is_new = False
        self.restore = Restore(position, configurations.newest)
        return True

    def _take_entries(self, request: AppendRequest) -> None:
        log, configurations = self._state.log, self._state.configurations
        first, last = request.entries[0].index, request.entries[-1].index
        if first <= log.commit_index:
            self._reply(request, AppendResult.INCONSISTENCY, Index(log.commit_index + 1), NO_INDEX)
            return
        if (conflict := self._conflict(request.previous)) is not None:
            self._reply(request, AppendResult.INCONSISTENCY, conflict, NO_INDEX)
            return
        new_from = log.merge(request.entries)
        if new_from is not None:
            self.install.overtaken()
            self._state.is_new = False
            configurations.roll_back(new_from)
            for entry in request.entries:
                if entry.configuration is not None and entry.index >= new_from:
                    configurations.append(entry.index, entry.configuration)
        log.commit_to(Index(min(request.leader_commit, last)))
        self._reply(request, AppendResult.SUCCESS, Index(last + 1), last)

    def _take_heartbeat(self, request: AppendRequest) -> None:
        log = self._state.log
        if request.previous is not None:
            if (conflict := self._conflict(request.previous)) is not None:
                self._reply(request, AppendResult.INCONSISTENCY, conflict, NO_INDEX)
                return
            log.commit_to(Index(min(request.leader_commit, request.previous.index)))
            if self._recovery and request.admits_recovery == self._recovery:
                self._vote_again(request.sender)
        self._reply(request, AppendResult.SUCCESS, Index(log.last_index + 1), NO_INDEX)

    def _vote_again(self, leader: PeerId) -> None:
        """End the recovery. In this term only the leader may have had the own vote."""
        self._recovery = 0
        self._state.is_recovering = False
        if self._state.voted_for == NO_PEER:
            self._state.voted_for = leader

    def _conflict(self, previous: LogPosition | None) -> Index | None:
        """Return None when the log holds `previous`, else the index from which the leader should try again.

        All entries of a wrong term are skipped at once, so that one round trip per term repairs any divergence.
        """
        log = self._state.log
        if previous is None or previous.index <= log.commit_index or log.holds(previous):
            return None
        if previous.index > log.last_index:
            return Index(log.last_index + 1)
        return log.first_index_of_term_at(previous.index)

    def _reply(self, request: AppendRequest, result: AppendResult, next_index: Index, match_index: Index) -> None:
        state = self._state
        state.messages.append(
            AppendReply(
                state.id,
                request.sender,
                state.term,
                result,
                next_index,
                match_index,
                request.call_id,
                request.is_heartbeat,
                state.log.commit_index,
                state.options.promise_ticks,
                self._recovery,
            )
        )
