"""When to try again, decided once for the whole client: by status, within a deadline, with jitter.

    UNAVAILABLE, CANCELLED       the server went away or is not the leader: look for the leader again, resend
    (NoLeader)                   nobody leads at this moment: look again, many times a second at first
    UNAUTHENTICATED              the server forgot the channel: authenticate again, resend
    UNIMPLEMENTED                a standby answers so: look for the leader again, resend
    everything else              the answer; passed on at once

A resent write carries the operation id of its first attempt, so repeating it after a fail-over is harmless.
Source: Alluxio 2.9 AbstractClient.retryRPCInternal, ExponentialTimeBoundedRetry.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from pyalluxio.client.leader import NoLeader
from pyalluxio.errors import AlluxioError, Status

RETRYABLE = frozenset({Status.UNAVAILABLE, Status.CANCELLED, Status.UNAUTHENTICATED, Status.UNIMPLEMENTED})

# A wrong user or a method that no server has is not cured by waiting; a second answer of the kind is believed.
ATTEMPTS_MAX = {Status.UNAUTHENTICATED: 2, Status.UNIMPLEMENTED: 3}

# Looking for a leader is a small question to each master. A fail-over takes less than a second, so at first the pause
# between two looks is what a fail-over costs beyond its own time; an outage must not become a flood.
LOOK_MS = 50
LOOK_MAX_MS = 1_000
LOOK_OFTEN_MS = 3_000


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of the waits, in milliseconds (`alluxio.user.rpc.retry.*`)."""

    base_ms: int = 50
    sleep_max_ms: int = 3_000
    duration_max_ms: int = 120_000
    unreachable_max_ms: int | None = None  # an earlier end while nobody answers at all; None: none


@dataclass(slots=True)
class Retry:
    """One call's attempts: ask `delay_s` after each failure, sleep that long, try again; None means give up.

    `clock` returns seconds and never runs backwards.
    """

    policy: RetryPolicy
    clock: Callable[[], float]
    random: random.Random
    retryable: frozenset[Status] = RETRYABLE
    attempts: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)
    _looking_since_s: float | None = field(default=None, init=False)
    _ends_at_s: float = field(default=0.0, init=False)
    _answered: bool = field(default=False, init=False)
    _seen: dict[Status, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._ends_at_s = self.clock() + self.policy.duration_max_ms / 1000

    def remaining_s(self) -> float:
        """Seconds until the deadline, not below 0."""
        return max(0.0, self._ends_at_s - self.clock())

    def elapsed_s(self) -> float:
        """Seconds since the first attempt."""
        return self.clock() - self._ends_at_s + self.policy.duration_max_ms / 1000

    def delay_s(self, error: AlluxioError, *, unreachable: bool = False) -> float | None:
        """Return the wait before the next attempt, or None when `error` is the answer or the time is over.

        `unreachable` says that no server answered this attempt: a person at a terminal is not kept waiting for a
        cluster that is not there, whereas a fail-over, where the other masters do answer, gets its time.

        The wait doubles from the base to the maximum, and is drawn from the upper half of that, so that clients that
        failed together do not come back together. The last wait ends at the deadline, so that one attempt is made
        there. While nobody leads the waits are short instead, and grow only when that has lasted for seconds.
        """
        self.attempts += 1
        status = error.status
        if status not in self.retryable:
            return None
        self._seen[status] = self._seen.get(status, 0) + 1
        if self._seen[status] >= ATTEMPTS_MAX.get(status, self._seen[status] + 1):
            return None
        remaining = self.remaining_s()
        self._answered = self._answered or not unreachable
        if not self._answered and self.policy.unreachable_max_ms is not None:
            elapsed_s = self.policy.duration_max_ms / 1000 - remaining
            remaining = min(remaining, self.policy.unreachable_max_ms / 1000 - elapsed_s)
        if remaining <= 0:
            return None
        ceiling_ms = self._look_ms() if isinstance(error, NoLeader) else self._backoff_ms()
        return min(remaining, self.random.uniform(ceiling_ms / 2, ceiling_ms) / 1000)

    def _backoff_ms(self) -> int:
        self._looking_since_s = None
        self._failures += 1
        return min(self.policy.sleep_max_ms, self.policy.base_ms << min(self._failures - 1, 20))

    def _look_ms(self) -> float:
        now_s = self.clock()
        if self._looking_since_s is None:
            self._looking_since_s = now_s
        late_s = max(0.0, now_s - self._looking_since_s - LOOK_OFTEN_MS / 1000)
        return float(min(LOOK_MAX_MS, self.policy.sleep_max_ms, LOOK_MS * 2 ** min(late_s, 10.0)))
