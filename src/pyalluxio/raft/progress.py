"""What a leader knows about one follower, and how much it may send it.

PROBE      the follower's log is not known: one request at a time
REPLICATE  it is: requests are pipelined, `next_index` runs ahead of the answers
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from pyalluxio.ids import Index
from pyalluxio.raft.messages import NO_INDEX


class ProgressState(Enum):
    PROBE = "PROBE"
    REPLICATE = "REPLICATE"


@dataclass(slots=True)
class InFlight:
    """A request with entries that has no answer yet; ticks are the leader's."""

    call_id: int
    first_index: Index
    sent_at: int


@dataclass(slots=True)
class Progress:
    """One follower. `acked_at` is the leader's tick of the last answer, `acked_round` the newest round of reads that
    the follower is known to have answered in."""

    next_index: Index
    acked_at: int
    match_index: Index = NO_INDEX
    state: ProgressState = ProgressState.PROBE
    in_flight: deque[InFlight] = field(default_factory=deque)
    rounds: deque[tuple[int, int]] = field(default_factory=deque)
    acked_round: int = 0
    call_id: int = 0
    commit_sent: Index = NO_INDEX

    def may_send(self, in_flight_max: int) -> bool:
        """Tell whether another request with entries may leave."""
        return len(self.in_flight) < (1 if self.state is ProgressState.PROBE else in_flight_max)

    def sent(self, last_index: Index, now: int) -> None:
        """Take note of a request with entries up to `last_index` that has just been given the current `call_id`."""
        self.in_flight.append(InFlight(self.call_id, self.next_index, now))
        self.next_index = Index(last_index + 1)

    def next_call(self, round_: int, rounds_max: int) -> int:
        """Return a fresh call id, remembered with the round of reads that an answer to it would confirm."""
        self.call_id += 1
        if len(self.rounds) >= rounds_max:
            self.rounds.popleft()
        self.rounds.append((self.call_id, round_))
        return self.call_id

    def answered(self, call_id: int, now: int) -> None:
        """Take note of any answer in the leader's own term: the follower recognised it after the request was sent."""
        self.acked_at = now
        while self.rounds and self.rounds[0][0] <= call_id:
            self.acked_round = max(self.acked_round, self.rounds.popleft()[1])

    def accepted(self, match_index: Index, call_id: int) -> bool:
        """Take note of entries that the follower has on disk; returns whether that is news."""
        while self.in_flight and self.in_flight[0].call_id <= call_id:
            self.in_flight.popleft()
        self.state = ProgressState.REPLICATE
        if match_index <= self.match_index:
            return False
        self.match_index = match_index
        self.next_index = Index(max(self.next_index, match_index + 1))
        return True

    def back_off(self, next_index: Index) -> None:
        """Start again from `next_index`, never from before what the follower is known to hold."""
        self.state = ProgressState.PROBE
        self.in_flight.clear()
        self.next_index = Index(max(next_index, self.match_index + 1))

    def start_again(self) -> None:
        """Take everything in flight for lost, and send it again from its first entry on."""
        self.back_off(self.in_flight[0].first_index if self.in_flight else self.next_index)

    def is_overdue(self, now: int, patience_ticks: int) -> bool:
        """Tell whether a request has waited so long that it must be considered lost."""
        return bool(self.in_flight) and now - self.in_flight[0].sent_at >= patience_ticks
