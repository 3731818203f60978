"""Where written data goes, by the numbers of the wire."""

from __future__ import annotations

from enum import IntEnum


class WriteType(IntEnum):
    MUST_CACHE = 1
    TRY_CACHE = 2
    CACHE_THROUGH = 3
    THROUGH = 4
    ASYNC_THROUGH = 5
    NONE = 6

    @property
    def is_through(self) -> bool:
        """Whether the under storage is written before the call returns."""
        return self in (WriteType.CACHE_THROUGH, WriteType.THROUGH)

    @property
    def is_async(self) -> bool:
        return self is WriteType.ASYNC_THROUGH
