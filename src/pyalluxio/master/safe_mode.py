"""The first seconds of a leader, in which it does not yet answer for workers, because they are still registering."""

from __future__ import annotations

from pyalluxio.errors import SafeMode


class SafeModeTimer:
    """Safe mode lasts `wait_ms` from the moment this master leads and serves.

    A leader that knew workers before, since they report to standbys too, has nothing to wait for.
    """

    def __init__(self, wait_ms: int) -> None:
        self._wait_ms = wait_ms
        self._over_at_ms: int | None = None

    def leading(self, now_ms: int, *, workers_known: bool) -> None:
        """This master leads from now on."""
        self._over_at_ms = now_ms if workers_known else now_ms + self._wait_ms

    def not_leading(self) -> None:
        """This master leads no more."""
        self._over_at_ms = None

    def is_over(self, now_ms: int) -> bool:
        """Say whether this master leads and answers for its workers."""
        return self._over_at_ms is not None and now_ms >= self._over_at_ms

    def clock_jumped(self, by_ms: int) -> None:
        """Keep what is left of safe mode as it was."""
        if self._over_at_ms is not None:
            self._over_at_ms += by_ms

    def check(self, now_ms: int) -> None:
        """Raise SafeMode while workers may still be missing; clients try again on it."""
        if not self.is_over(now_ms):
            raise SafeMode("Alluxio master is in safe mode. Please try again later.")
