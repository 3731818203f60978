"""Whether this member still leads, asked after an answer was read from the state and before the answer leaves.

Rule 1: an answer read at one moment is good when the member turns out to have led at a later one: until then no other
        leader can have committed anything that it lacks. What the journal had committed and this member had not yet
        applied was not acknowledged to anybody, and what earlier leaders acknowledged was applied before it served.
Rule 2: with the lease that costs one comparison of clocks. Without it, one heartbeat round of the quorum, shared by
        all who came before the round began; whoever comes later waits for the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from pyalluxio.errors import Unavailable
from pyalluxio.ids import Index, Term

# A quorum that does not answer for so long has no answer for the caller either.
ROUND_TIMEOUT_S = 5.0


class Leases(Protocol):
    """What the replicated log tells about the leadership."""

    def has_lease(self) -> bool:
        """Say whether this member leads at this very moment, for certain."""

    def read_index(self) -> asyncio.Future[Index]:
        """Begin a heartbeat round; the future fails with NotLeader when somebody else leads."""


class Confirmation:
    """Confirms the leadership for any number of waiting answers at once."""

    def __init__(self, leases: Leases) -> None:
        self.holds = leases.has_lease
        self._leases = leases
        self._current: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return once this member is known to have led after the call.

        Raises:   NotLeader; Unavailable: the quorum did not answer.
        """
        if self.holds():
            return
        if self._next is None:
            self._next = asyncio.create_task(self._round(self._current), name="leadership-round")
            self._next.add_done_callback(_retrieved)
        await asyncio.shield(self._next)

    async def _round(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._current, self._next = self._next, None  # who comes from here on was not there when the round began
        try:
            async with asyncio.timeout(ROUND_TIMEOUT_S):
                await self._leases.read_index()
        except TimeoutError:
            raise Unavailable(
                f"This master could not make sure within {ROUND_TIMEOUT_S:g} s that it leads: the others do not answer."
            ) from None


class Fence:
    """One term of leadership, held against what takes longer than a batch: every step of it asks first."""

    def __init__(self, check: Callable[[], None], term: Term, confirmation: Confirmation) -> None:
        self.term = term
        self._check = check
        self._confirmation = confirmation

    def check(self) -> None:
        """Raise NotLeader unless this member serves in the same term still."""
        self._check()

    async def confirm(self) -> None:
        """Make sure of the leadership right before a step that others will see.

        Raises:   NotLeader; Unavailable.
        """
        self.check()
        await self._confirmation.wait()
        self.check()


def _retrieved(task: asyncio.Task[None]) -> None:
    """Look at the end of a round for which nobody waits any more."""
    if not task.cancelled():
        task.exception()
