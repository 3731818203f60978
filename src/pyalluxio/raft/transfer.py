"""Handing the leadership over.

    asked -> the target catches up (writes go on until little is missing, then they are refused)
          -> it holds everything: StartLeaderElection; repeated, since it may be lost
          -> it campaigns at once without a pre-vote; its vote requests carry the leader's term as token
          -> the old leader hears of the new one: done.  Time is up: an error that says who leads.

Rule 1: a transfer ends the lease for the rest of the term. The message that starts the election may arrive at any time,
        and its token releases the voters from their promise.
Rule 2: a target that makes no promise (Java) has no token to show. Towards it the leader falls silent until the
        promises have run out, and only then asks it.
Rule 3: the outcome is what happened, never what was asked for.

Source: Ratis 2.4.1 transferLeadership and startLeaderElection; differs: no priorities are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.raft.messages import NO_PEER, Configuration, Outcome, PeerId
from pyalluxio.raft.progress import Progress


@dataclass(slots=True)
class Transfer:
    """The transfer under way; `context` is None when the leader yields by itself to a peer of higher priority.

    refuses_writes  set once the target lacks so little that it would never catch up with new entries
    silent_since    the tick from which on nothing is sent any more, so that promises run out
    asked_at        the tick of the last StartLeaderElection
    """

    context: int | None
    target: PeerId
    term: Term
    deadline_at: int
    refuses_writes: bool = False
    silent_since: int | None = None
    asked_at: int | None = None

    def is_time_to_ask(self, target: Progress, now: int, promise_ticks: int) -> bool:
        """Tell whether StartLeaderElection should leave now; the target holds everything."""
        if target.promise_ticks == 0:
            if self.silent_since is None:
                self.silent_since = now
            if now - self.silent_since <= promise_ticks:
                return False
        return self.asked_at is None or now - self.asked_at >= promise_ticks

    def outcome(self, own_id: PeerId, term: Term, leader: PeerId, now: int) -> Outcome | None:
        """Return how it ended, None while it is open. Only for transfers with a context."""
        assert self.context is not None
        if term > self.term and leader == self.target:
            return Outcome(self.context)
        if term > self.term and leader != NO_PEER:
            who = "this member leads again" if leader == own_id else f"{leader} leads instead"
            text = f"The leadership was not transferred to {self.target}: {who}."
            return Outcome(self.context, errors.Aborted(text))
        if now < self.deadline_at:
            return None
        who = "this member still leads" if leader == own_id else "no leader is known"
        text = f"{self.target} did not take the leadership over in time; {who}."
        return Outcome(self.context, errors.DeadlineExceeded(text))


def best_target(
    configuration: Configuration, own_id: PeerId, progress: Mapping[PeerId, Progress], heard_since: int = 0
) -> PeerId | None:
    """Return the voter that has most of the log, the one heard last among equals; None when nobody can take over.

    heard_since  whoever has not answered since this tick may be gone
    """
    candidates = [
        peer.id
        for peer in configuration.peers
        if peer.id != own_id
        and peer.id in progress
        and not progress[peer.id].recovery
        and progress[peer.id].acked_at >= heard_since
    ]
    return max(candidates, key=lambda peer: (progress[peer].match_index, progress[peer].acked_at), default=None)


def waiting_for_java(
    configuration: Configuration, own_id: PeerId, progress: Mapping[PeerId, Progress], last_index: Index
) -> PeerId | None:
    """Return a Java peer that has a higher priority and the whole log: it expects to be made leader."""
    own = configuration.peer(own_id)
    own_priority = own.priority if own is not None else 0
    for peer in configuration.peers:
        each = progress.get(peer.id)
        if each is None or peer.priority <= own_priority:
            continue
        if each.promise_ticks == 0 and each.match_index == last_index and not each.recovery:
            return peer.id
    return None
