"""Keeping what must not be evicted: the master's pin list, and the pins of writers whose file will be persisted.

A writer pins a file at creation. The file is on the master's list only once it is complete and to be persisted, and
may be persisted and off the list before this worker looked. So a writer's pin that the list does not confirm is asked
for by name: a file that is gone, or complete and not waiting to be persisted, loses it. So does one that is unfinished
after a day, since its writer has probably died.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from pyalluxio.errors import AlluxioError, NotFound
from pyalluxio.ids import InodeId
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink

log = logging.getLogger(__name__)

ASK_AFTER_S = 5.0
ASK_AGAIN_S = 30.0
ASKED_AT_ONCE_MAX = 32
UNFINISHED_S_MAX = 24 * 3600.0

TO_BE_PERSISTED = "TO_BE_PERSISTED"


class PinList:
    """Refreshes the pins of this worker's blocks."""

    def __init__(
        self,
        link: MasterLink,
        blocks: LocalBlocks,
        interval_s: float = 1.0,
        timeout_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._blocks = blocks
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._ask_at_s: dict[InodeId, float] = {}
        self._since_s: dict[InodeId, float] = {}

    async def run(self) -> None:
        """Refresh for ever. A failure keeps the old list: pinning too much loses nothing."""
        failing = False
        while True:
            try:
                await self.refresh()
                failing = False
            except AlluxioError as error:
                if not failing:
                    log.warning("The pin list was not refreshed: %s", error)
                failing = True
            await asyncio.sleep(self._interval_s)

    async def refresh(self) -> None:
        self._blocks.set_master_pins(await self._link.pinned_file_ids(self._timeout_s))
        pins = self._blocks.store.creation_pins()
        now_s = self._clock()
        self._ask_at_s = {pin: self._ask_at_s.get(pin, now_s + ASK_AFTER_S) for pin in pins}
        self._since_s = {pin: self._since_s.get(pin, now_s) for pin in pins}
        due = sorted(pin for pin, at_s in self._ask_at_s.items() if at_s <= now_s)[:ASKED_AT_ONCE_MAX]
        for file_id in due:
            self._ask_at_s[file_id] = now_s + ASK_AGAIN_S
            if not await self._is_needed(file_id, now_s - self._since_s[file_id]):
                self._blocks.release_creation_pins([file_id])

    async def _is_needed(self, file_id: InodeId, age_s: float) -> bool:
        try:
            info = await self._link.file_info(file_id)
        except NotFound:
            return False
        if not info.completed and age_s > UNFINISHED_S_MAX:
            log.warning(
                "File %s is unfinished after %g h; its blocks may be evicted from now on", info.path, age_s / 3600
            )
            return False
        return not info.completed or info.persistenceState == TO_BE_PERSISTED or info.pinned
