"""What a leader knows about one follower, and how much it may send it.

PROBE      the follower's log is not known: one request at a time
REPLICATE  it is: requests are pipelined, `next_index` runs ahead of the answers
SNAPSHOT   what it lacks is gone from the leader's log: it is told so until it has a snapshot
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from pyalluxio.ids import Index
from pyalluxio.raft.messages import NO_INDEX


class ProgressState(Enum):
    PROBE = "PROBE"
    REPLICATE = "REPLICATE"
    SNAPSHOT = "SNAPSHOT"


@dataclass(slots=True)
class InFlight:
    """A request with entries that has no answer yet; ticks are the leader's."""

    call_id: int
    first_index: Index
    sent_at: int


class Call(NamedTuple):
    """What an answer to a request proves: reads of this round, and that the leader was heard after `sent_at`."""

    id: int
    round: int
    sent_at: int


@dataclass(slots=True)
class Progress:
    """One follower; ticks are the leader's, call ids rise over all followers of a leadership.

    acked_at         tick of the last answer
    acked_sent_at    tick in which the newest answered request was sent; -1: none
    acked_call_id    the newest answered request
    acked_round      the newest round of reads that the follower is known to have answered in
    commit_due       the commit index that the follower lacked at tick `commit_due_at`
    promise_ticks    what it promised with its last answer; None: no answer yet
    recovery         not 0: it lost what it had, and is counted nowhere until it is admitted again
    called_id        the newest request
    void_up_to       refusals of requests up to this call id are void: they were sent before the log was probed anew
    ignored_up_to    answers to requests up to this call id tell of a log that was lost
    has_attempted_snapshot  it was told of the snapshot, and has it or does without
    """

    next_index: Index
    acked_at: int
    match_index: Index = NO_INDEX
    state: ProgressState = ProgressState.PROBE
    in_flight: deque[InFlight] = field(default_factory=deque)
    calls: deque[Call] = field(default_factory=deque)
    acked_round: int = 0
    acked_sent_at: int = -1
    acked_call_id: int = -1
    commit_sent: Index = NO_INDEX
    commit_due: Index = NO_INDEX
    commit_due_at: int = 0
    promise_ticks: int | None = None
    recovery: int = 0
    called_id: int = -1
    void_up_to: int = -1
    ignored_up_to: int = -1
    has_attempted_snapshot: bool = False
    notified_at: int | None = None

    def may_send(self, in_flight_max: int) -> bool:
        """Tell whether another request with entries may leave."""
        if self.state is ProgressState.SNAPSHOT:
            return False
        return len(self.in_flight) < (1 if self.state is ProgressState.PROBE else in_flight_max)

    def sent(self, call_id: int, last_index: Index, now: int) -> None:
        """Take note of a request with entries up to `last_index`."""
        self.in_flight.append(InFlight(call_id, self.next_index, now))
        self.next_index = Index(last_index + 1)

    def called(self, call: Call, calls_max: int) -> None:
        """Remember what an answer to a request, with entries or without, will prove."""
        if len(self.calls) >= calls_max:
            self.calls.popleft()
        self.calls.append(call)
        self.called_id = call.id

    def answered(self, call_id: int, promise_ticks: int, now: int) -> None:
        """Take note of any answer in the leader's own term: the follower recognised it after the request was sent."""
        self.acked_at = now
        self.acked_call_id = max(self.acked_call_id, call_id)
        self.promise_ticks = promise_ticks
        while self.calls and self.calls[0].id <= call_id:
            call = self.calls.popleft()
            self.acked_round = max(self.acked_round, call.round)
            self.acked_sent_at = max(self.acked_sent_at, call.sent_at)

    def accepted(self, match_index: Index, call_id: int) -> bool:
        """Take note of entries that the follower has on disk; returns whether that is news."""
        while self.in_flight and self.in_flight[0].call_id <= call_id:
            self.in_flight.popleft()
        self.state = ProgressState.REPLICATE
        return self._matches(match_index)

    def installed(self, snapshot_index: Index) -> bool:
        """Take note of a snapshot that the follower has on disk; returns whether that is news."""
        self.state = ProgressState.PROBE
        self.in_flight.clear()
        return self._matches(snapshot_index)

    def back_off(self, next_index: Index) -> None:
        """Start again from `next_index`, never from before what the follower is known to hold.

        What is under way will be refused for the same reason. Were each of those refusals answered by another request,
        a full window would go round for ever, and grow with every message that the network repeats.
        """
        self.void_up_to = self.called_id
        self.state = ProgressState.PROBE
        self.in_flight.clear()
        self.next_index = Index(max(next_index, self.match_index + 1))

    def start_again(self) -> None:
        """Take everything in flight for lost, and send it again from its first entry on."""
        self.back_off(self.in_flight[0].first_index if self.in_flight else self.next_index)

    def lost_its_log(self, recovery: int, next_index: Index, ignored_up_to: int) -> None:
        """Forget what the follower held, and every answer that is still under way from before."""
        self.recovery = recovery
        self.ignored_up_to = ignored_up_to
        self.match_index = NO_INDEX
        self.has_attempted_snapshot = False
        self.back_off(next_index)

    def is_overdue(self, now: int, patience_ticks: int) -> bool:
        """Tell whether a request has waited so long that it must be considered lost."""
        return bool(self.in_flight) and now - self.in_flight[0].sent_at >= patience_ticks

    def _matches(self, match_index: Index) -> bool:
        if match_index <= self.match_index:
            return False
        self.match_index = match_index
        self.next_index = Index(max(self.next_index, match_index + 1))
        return True
