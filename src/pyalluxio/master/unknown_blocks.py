"""Blocks that workers hold and the master does not know: watched, and not freed before it is certain.

The official master orders such blocks freed on first sight, which has destroyed cached data when a new leader was not
yet aware of a block. Here a block is freed only after all of this:

- this master leads, has applied its own term's first entry, and its safe mode is over (the caller's part);
- 60 s have passed since then, and since it was first seen;
- the master still does not know it, and the owning file is gone, or complete without it (the caller's part again).
"""

from __future__ import annotations

from collections.abc import Iterable

PATIENCE_MS = 60_000


class UnknownBlocks:
    """Unknown block ids with the time since which each is watched, the oldest first."""

    def __init__(self) -> None:
        self._since_ms: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._since_ms)

    def __contains__(self, block_id: int) -> bool:
        return block_id in self._since_ms

    def watch(self, block_ids: Iterable[int], now_ms: int) -> None:
        """Begin to watch blocks; one that is watched already keeps its time."""
        for block_id in block_ids:
            self._since_ms.setdefault(block_id, now_ms)

    def watch_anew(self, now_ms: int) -> None:
        """Give every block its whole time again, since this master begins to lead."""
        self._since_ms = dict.fromkeys(self._since_ms, now_ms)

    def forget(self, block_id: int) -> bool:
        """Stop watching a block, since it was committed or nobody holds it any more; says whether it was watched."""
        return self._since_ms.pop(block_id, None) is not None

    def take_due(self, now_ms: int, count_max: int) -> list[int]:
        """Return up to `count_max` blocks whose time is over, and stop watching them.

        Those that must not be freed yet are to be watched anew.
        """
        due: list[int] = []
        for block_id, since_ms in self._since_ms.items():
            if len(due) >= count_max or now_ms - since_ms < PATIENCE_MS:
                break
            due.append(block_id)
        for block_id in due:
            del self._since_ms[block_id]
        return due

    def clock_jumped(self, by_ms: int) -> None:
        """Keep the age of every block as it was."""
        self._since_ms = {block_id: since_ms + by_ms for block_id, since_ms in self._since_ms.items()}
