"""Waiting for a condition, with a deadline: what tests do instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

INTERVAL_S = 0.01


async def until(condition: Callable[[], object], timeout_s: float = 10, what: str = "the condition") -> None:
    """Return once `condition()` is true.

    Raises:   AssertionError: it is still false after `timeout_s`.
    """
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"{what} did not become true within {timeout_s} s"
        await asyncio.sleep(INTERVAL_S)


def wait_until(condition: Callable[[], object], timeout_s: float = 10, what: str = "the condition") -> None:
    """Return once `condition()` is true; for tests without an event loop.

    Raises:   AssertionError: it is still false after `timeout_s`.
    """
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"{what} did not become true within {timeout_s} s"
        time.sleep(INTERVAL_S)


async def until_answered(ask: Callable[[], Awaitable[object]], timeout_s: float = 10, what: str = "the answer") -> None:
    """Return once what `ask()` returns, a call to a server for one, is true.

    Raises:   AssertionError: it is still false after `timeout_s`.
    """
    end_s = time.monotonic() + timeout_s
    while not await ask():
        assert time.monotonic() < end_s, f"{what} did not become true within {timeout_s} s"
        await asyncio.sleep(INTERVAL_S)


async def pace(interval_s: float) -> None:
    """Let time pass between two requests of a load: it sets the rate of the load, and nothing is expected of it."""
    await asyncio.sleep(interval_s)
