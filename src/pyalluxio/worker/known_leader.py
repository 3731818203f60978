"""What the masters' answers tell of who leads. Pure: told by the reporters, asked by whoever obeys or sends.

Every master of ours says with each answer which term it knows and whether it leads. An order counts only if no later
term was heard of: a master that was paused, or cut off from the others, may still believe that it leads.
"""

from __future__ import annotations


class KnownLeader:
    """The highest term that any master told of, and who leads in it."""

    def __init__(self) -> None:
        self.term = 0
        self.address: str | None = None

    def hear(self, address: str, term: int, leads: bool) -> bool:
        """Take note of what a master said; say whether it leads, as far as is known, so that its orders count."""
        if term < self.term:
            return False
        if term > self.term:
            self.term = term
            self.address = None
        if leads:
            self.address = address
        elif self.address == address:
            self.address = None
        return leads
