"""When each tick began, on a clock that runs through suspend: what turns the core's ticks into moments.

Rule 1: a tick is noted before anything is sent in it, so a lease that counts from there ends early, never late.
Rule 2: `deadline_s` is read by other threads without a lock: it is one reference, replaced as a whole.
"""

from __future__ import annotations

from collections import deque

from pyalluxio.raft.messages import Lease

TICKS_MAX = 4000
NEVER = float("-inf")
ALWAYS = float("inf")


class LeaseClock:
    """The moments of the last ticks, and the deadline of the lease that was published last."""

    def __init__(self, tick_s: float, now: float) -> None:
        self._tick_s = tick_s
        self._first_tick = 0
        self._moments = deque([now])
        self.deadline_s = NEVER

    def begin_tick(self, now: float) -> None:
        """Note that the next tick begins now."""
        self._moments.append(now)
        if len(self._moments) > TICKS_MAX:
            self._moments.popleft()
            self._first_tick += 1

    def moment_of(self, tick: int) -> float:
        """Return when a tick began; `NEVER` for one that is too long ago."""
        at = tick - self._first_tick
        return self._moments[at] if 0 <= at < len(self._moments) else NEVER

    def publish(self, lease: Lease | None, *, is_alone: bool) -> None:
        """Let readers rely on a lease from now on; None ends it at once. `is_alone`: nobody else could lead."""
        if lease is None:
            self.deadline_s = NEVER
        elif is_alone:
            self.deadline_s = ALWAYS
        else:
            self.deadline_s = self.moment_of(lease.since_tick) + lease.length_ticks * self._tick_s
