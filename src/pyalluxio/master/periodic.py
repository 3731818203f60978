"""What the leading master looks after from time to time: times to live, lost files, orphaned block records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, FileDoesNotExist, NotLeader
from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.block_master import BlockMaster
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import block_integrity, mark_lost, ttl_expire
from pyalluxio.master.ops.context import in_batches

log = logging.getLogger(__name__)

PAGE = 1000
TTL_ATTEMPTS_MAX = 5
# Inodes whose expiry failed too often; they are tried again after a fail-over, or when their time is set anew.
GIVEN_UP_MAX = 100_000


@dataclass(frozen=True, slots=True)
class PeriodicSettings:
    """Intervals in milliseconds; a negative one switches its check off."""

    ttl_interval_ms: int
    lost_file_interval_ms: int
    integrity_interval_ms: int
    integrity_repair: bool

    @classmethod
    def of(cls, conf: Configuration) -> PeriodicSettings:
        return cls(
            ttl_interval_ms=conf.duration_ms("alluxio.master.ttl.checker.interval"),
            lost_file_interval_ms=conf.duration_ms("alluxio.master.lost.worker.file.detection.interval"),
            integrity_interval_ms=conf.duration_ms("alluxio.master.periodic.block.integrity.check.interval"),
            integrity_repair=conf.boolean("alluxio.master.periodic.block.integrity.check.repair"),
        )


class PeriodicChecks:
    """The checks of one term of leadership."""

    def __init__(self, settings: PeriodicSettings, master: FileSystemMaster, blocks: BlockMaster) -> None:
        self._settings = settings
        self._master = master
        self._blocks = blocks
        self._ttl_failures: dict[int, int] = {}

    async def run(self) -> None:
        """Run every check at its interval until cancelled."""
        settings = self._settings
        checks: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (settings.ttl_interval_ms, self.expire_ttl),
            (settings.lost_file_interval_ms, self.mark_lost_files),
            (settings.integrity_interval_ms, self.check_blocks),
        ]
        async with asyncio.TaskGroup() as tasks:
            for interval_ms, check in checks:
                if interval_ms > 0:
                    tasks.create_task(self._repeat(interval_ms / 1000, check))

    async def _repeat(self, interval_s: float, check: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                self._master.check_serving()
                await check()
            except NotLeader:
                # A leader that tries to hand over and fails refuses changes for a moment, and goes on.
                if not self._master.pipeline.is_leading:
                    return
            except AlluxioError as error:
                log.warning("A periodic check failed and runs again in %g s: %s", interval_s, error)

    # --- times to live ---------------------------------------------------------------------------------------------

    async def expire_ttl(self) -> None:
        """Delete or free everything whose time is over."""
        skipped: set[int] = {inode_id for inode_id, count in self._ttl_failures.items() if count >= TTL_ATTEMPTS_MAX}
        while True:
            with self._master.view() as context:
                due = ttl_expire.due(context, PAGE, skipped)
            if not due:
                return
            for item in due:
                skipped.add(item.inode_id)
                await self._expire(item)

    async def _expire(self, due: ttl_expire.Due) -> None:
        try:
            if due.action is TtlAction.FREE:
                await self._master.free(None, due.path, lambda context: ttl_expire.free_expired(context, due.inode_id))
            else:
                await self._master.delete(None, due.delete_request(), lambda context: ttl_expire.is_due(context, due))
        except FileDoesNotExist:
            pass  # it lay below another one that was due
        except NotLeader:
            raise  # no failure of this inode: the next leader finds it due
        except AlluxioError as error:
            failures = self._ttl_failures.get(due.inode_id, 0) + 1
            log.warning(
                "%s of %s, whose time is over, failed (attempt %d): %s", due.action.name, due.path, failures, error
            )
            if len(self._ttl_failures) < GIVEN_UP_MAX:
                self._ttl_failures[due.inode_id] = failures
            return
        self._ttl_failures.pop(due.inode_id, None)
        log.info("%s of %s, whose time was over", due.action.name, due.path)

    # --- blocks ----------------------------------------------------------------------------------------------------

    async def mark_lost_files(self) -> None:
        """Mark files LOST whose only copies are gone."""
        lost = sorted(self._blocks.registry.blocks.lost)
        for start in range(0, len(lost), PAGE):
            page = lost[start : start + PAGE]
            marked = await self._mark_lost(page)
            if marked:
                log.warning("%d files have lost their only copy, such as file %d.", len(marked), marked[0])

    async def _mark_lost(self, block_ids: list[int]) -> list[int]:
        return await self._master.write(None, lambda context: mark_lost.run(context, block_ids))

    async def check_blocks(self) -> None:
        """Find block records without a file, and remove them if the configuration says so."""
        repair = self._settings.integrity_repair
        orphans = await self._master.pipeline.submit_long(
            lambda batch: in_batches(
                batch, self._master.context_of, lambda context: block_integrity.run(context, repair)
            )
        )
        if orphans:
            log.warning("%d block records had no file%s.", len(orphans), " and were removed" if repair else "")
