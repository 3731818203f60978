"""The master's clocks, injected everywhere so that tests own the time."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return the wall clock in ms since the epoch."""

    def monotonic_s(self) -> float:
        """Return a clock in seconds that never goes back."""


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()
