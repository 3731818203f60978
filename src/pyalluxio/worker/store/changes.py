"""What one master has not been told yet.

Only ids are remembered: what is reported about a block is its state when the report is made. So a failed report is put
back by adding its ids again, in any order, and a block that came and went in between is reported as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyalluxio.ids import BlockId

REMEMBERED_MAX = 1_000_000


class ChangeLog:
    """Ids of blocks that were added, moved or removed since the last successful report to one master."""

    def __init__(self, remembered_max: int = REMEMBERED_MAX) -> None:
        self._changed: set[BlockId] = set()
        self._remembered_max = remembered_max
        self.has_overflowed = False  # too much was forgotten: only a registration tells the master everything

    def __len__(self) -> int:
        return len(self._changed)

    def note(self, block_id: BlockId) -> None:
        if len(self._changed) >= self._remembered_max:
            self.has_overflowed = True
            return
        self._changed.add(block_id)

    def take(self) -> set[BlockId]:
        """Return what is to be reported now, and forget it; `restore` it if the report fails."""
        changed, self._changed = self._changed, set()
        return changed

    def restore(self, changed: Iterable[BlockId]) -> None:
        for block_id in changed:
            self.note(block_id)

    def reset(self) -> None:
        """Forget everything, because a registration is about to report all blocks."""
        self._changed.clear()
        self.has_overflowed = False
