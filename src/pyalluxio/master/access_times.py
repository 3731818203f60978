"""When files were last opened and directories last listed: noted at once, written in batches.

A time moves only if the one that is known is older than the precision, a day by default, so that reading does not
become writing. 2.9 keeps what it noted in memory for an hour; here it is written within a second, which costs the same
number of entries and loses nothing in a fail-over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, NotLeader

log = logging.getLogger(__name__)

FLUSH_INTERVAL_S = 1.0
# Accesses beyond it are forgotten: their times move with the next access.
PENDING_MAX = 10_000


class AccessTimes:
    """Inodes that were accessed and whose times are to be written."""

    def __init__(self, *, is_enabled: bool, precision_ms: int) -> None:
        self._is_enabled = is_enabled
        self._precision_ms = precision_ms
        self._pending: dict[int, int] = {}

    @classmethod
    def of(cls, conf: Configuration) -> AccessTimes:
        return cls(
            is_enabled=conf.boolean("alluxio.master.file.access.time.updater.enabled"),
            precision_ms=conf.duration_ms("alluxio.master.file.access.time.update.precision"),
        )

    def __len__(self) -> int:
        return len(self._pending)

    def note(self, inode_id: int, last_accessed_ms: int, now_ms: int) -> None:
        """An inode is accessed, for which the time of its last access is known."""
        if now_ms - last_accessed_ms > self._precision_ms and self._is_enabled and len(self._pending) < PENDING_MAX:
            self._pending[inode_id] = now_ms

    def take(self) -> dict[int, int]:
        """Return what was noted, as time in ms by inode id, and forget it."""
        taken, self._pending = self._pending, {}
        return taken

    async def run(self, write: Callable[[Mapping[int, int]], Awaitable[None]]) -> None:
        """Write what is noted until cancelled."""
        self.take()
        while True:
            await asyncio.sleep(FLUSH_INTERVAL_S)
            if not self._pending:
                continue
            try:
                await write(self.take())
            except NotLeader:
                continue  # whoever ends the leadership ends this; a failed attempt to hand it over does not
            except AlluxioError as error:
                log.warning("Times of access were not written: %s", error)
