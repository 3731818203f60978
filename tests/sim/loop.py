"""An asyncio event loop whose time passes only when there is nothing left to do: a minute of waiting costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any


class Stalled(Exception):
    """Nothing is due, ever: whatever is awaited cannot happen any more."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order in which they are due; `time` is in virtual seconds, from 0."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._selector = _Skip(self)
        self._clock_resolution = 1e-9
        # Futures that nobody asks any more belong to members that crashed.
        self.set_exception_handler(lambda loop, context: None)

    def time(self) -> float:
        return self.now_s

    def _process_events(self, event_list: list[Any]) -> None:
        assert not event_list

    def _write_to_self(self) -> None:
        raise AssertionError("a simulation has one thread")


class _Skip:
    """In the place of a selector: instead of waiting for the next timer it moves the clock to it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout_s: float | None) -> list[Any]:
        if timeout_s is None:
            raise Stalled
        self._loop.now_s += max(0.0, timeout_s)
        return []

    def close(self) -> None:
        pass
