"""The numbers of the Raft core."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """Times in ticks, and the bounds of what is sent.

    promise_ticks     a voter grants nothing for so long after an append, and after its own start
    lease_percent     how much of the promise a leader relies on; the rest is for clocks that run unevenly. 0: no lease
    append_bytes_max  entries in one request
    in_flight_max     requests with entries to one follower that have no answer yet
    commit_wait_ticks  how long followers go without a new commit index before a heartbeat brings it, in the hope of an
                      append that does; 0: it is told at once
    lag_max           a peer that lacks no more entries than this has caught up: it may vote, or take over
    """

    election_timeout_min_ticks: int = 50
    election_timeout_max_ticks: int = 100
    heartbeat_ticks: int = 5
    promise_ticks: int = 15
    lease_percent: int = 70
    append_bytes_max: int = 4 << 20
    in_flight_max: int = 128
    commit_wait_ticks: int = 0
    lag_max: int = 1000

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
