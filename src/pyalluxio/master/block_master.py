"""The block master's parts put together, and what it does by itself: finding lost workers, freeing orphaned blocks.

A standby hears of everything that the leader hears of, and keeps it; only the leader orders anything of it.

The registry of workers is pure; here it meets the clock, the journal, the block lengths and the leadership.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, BlockInfoMissing, NotLeader, Unavailable, WorkerNotFound
from pyalluxio.master.block_locations import Location
from pyalluxio.master.register_leases import RegisterLeases
from pyalluxio.master.safe_mode import SafeModeTimer
from pyalluxio.master.workers import WorkerRegistry, WorkerState
from pyalluxio.wire.gen.common_pb2 import BlockInfo, BlockLocation

log = logging.getLogger(__name__)

# Ids handled without letting other calls in between: about 5 ms of work, most of it looking up which are unknown.
SLICE_COUNT = 2_000
_UNKNOWN_AT_ONCE = 1_000
# The upkeep runs every second. A longer pause, or a step back, means that the clock jumped or the process was stopped.
_PAUSE_MAX_MS = 15_000
# A worker that was heard so recently counts as reporting: ten heartbeats of the default interval.
FRESH_MS = 10_000
# For so long a new leader asks workers that it does not know to try again, instead of refusing what they commit.
NEW_LEADER_MS = 60_000


class Clock(Protocol):
    def now_ms(self) -> int:
        """Return milliseconds since the epoch."""


class BlockMetadata(Protocol):
    """What the journaled state knows of blocks, as of the last commit."""

    def block_length(self, block_id: int) -> int | None:
        """Return the length of a block, -1 when only its existence is known, None when the block is unknown."""

    def unknown_blocks(self, block_ids: Sequence[int]) -> list[int]:
        """Return those of the blocks that are unknown; one read transaction for up to `SLICE_COUNT` ids."""

    def is_orphan(self, block_id: int) -> bool:
        """Say whether the file that owns the block is gone, or complete without it."""


class BlockJournal(Protocol):
    """How a block gets into the journal."""

    async def commit_block(self, block_id: int, length: int) -> None:
        """Record a block and its length, durably; a different length already known is kept.

        Raises:   NotLeader: this master does not lead, or lost the leadership before it was safe.
        """


@dataclass(frozen=True, slots=True)
class BlockMasterOptions:
    """The properties of the block master; times in milliseconds."""

    global_tiers: tuple[str, ...] = ("MEM", "SSD", "HDD")
    worker_timeout_ms: int = 300_000
    lost_worker_deletion_timeout_ms: int = 1_800_000
    lost_worker_detection_interval_ms: int = 10_000
    worker_connect_wait_ms: int = 5_000
    lease_enabled: bool = True
    lease_count_max: int = 25
    lease_ttl_ms: int = 60_000
    register_stream_timeout_ms: int = 600_000

    @classmethod
    def of(cls, conf: Configuration) -> BlockMasterOptions:
        tier_count = conf.integer("alluxio.master.tieredstore.global.levels")
        return cls(
            global_tiers=tuple(
                conf.text(f"alluxio.master.tieredstore.global.level{level}.alias") for level in range(tier_count)
            ),
            worker_timeout_ms=conf.duration_ms("alluxio.master.worker.timeout"),
            lost_worker_deletion_timeout_ms=conf.duration_ms("alluxio.master.lost.worker.deletion.timeout"),
            lost_worker_detection_interval_ms=conf.duration_ms("alluxio.master.lost.worker.detection.interval"),
            worker_connect_wait_ms=conf.duration_ms("alluxio.master.worker.connect.wait.time"),
            lease_enabled=conf.boolean("alluxio.master.worker.register.lease.enabled"),
            lease_count_max=conf.integer("alluxio.master.worker.register.lease.count"),
            lease_ttl_ms=conf.duration_ms("alluxio.master.worker.register.lease.ttl"),
            register_stream_timeout_ms=conf.duration_ms("alluxio.master.worker.register.stream.response.timeout"),
        )


class BlockMaster:
    """Workers, the places of blocks, safe mode and leases of one master."""

    def __init__(
        self,
        options: BlockMasterOptions,
        *,
        metadata: BlockMetadata,
        journal: BlockJournal,
        clock: Clock,
        leads: Callable[[], bool],
        term: Callable[[], int] = lambda: 0,
        confirm: Callable[[], Awaitable[None]] | None = None,
        registry: WorkerRegistry | None = None,
    ) -> None:
        """leads    whether this master leads and has applied everything up to its own term
        term     the term as this master knows it, leader or not
        confirm  returns once this master is known to have led after the call; fails when it does not
        """
        self.options = options
        self.metadata = metadata
        self.journal = journal
        self.clock = clock
        self.leads = leads
        self.term = term
        self._confirm = confirm
        self.registry = registry or WorkerRegistry(
            global_tiers=options.global_tiers,
            worker_timeout_ms=options.worker_timeout_ms,
            lost_worker_deletion_timeout_ms=options.lost_worker_deletion_timeout_ms,
        )
        self.safe_mode = SafeModeTimer(options.worker_connect_wait_ms)
        self.leases = RegisterLeases(options.lease_count_max, options.lease_ttl_ms)
        self._lost_checked_ms: int | None = None
        self._last_upkeep_ms: int | None = None
        self._leading_since_ms = 0
        self._is_state_replaced = False
        self._orphans: list[int] = []

    # --- leadership --------------------------------------------------------------------------------------------------

    def gained_leadership(self) -> None:
        """Begin safe mode, unless workers already report to this master."""
        now_ms = self.clock.now_ms()
        self._leading_since_ms = now_ms
        self.registry.unknown.watch_anew(now_ms)
        live = self.registry.in_state(WorkerState.LIVE)
        fresh = [worker for worker in live if now_ms - worker.last_contact_ms <= FRESH_MS]
        workers_known = bool(fresh) and 2 * len(fresh) >= len(live)
        self.safe_mode.leading(now_ms, workers_known=workers_known)
        log.info(
            "%d of %d workers report to this master already: %s.",
            len(fresh),
            len(live),
            "no safe mode" if workers_known else f"safe mode for {self.options.worker_connect_wait_ms} ms",
        )

    def lost_leadership(self) -> None:
        self.safe_mode.not_leading()

    def check_registered(self, worker_id: int) -> None:
        """Make sure that a worker is alive before something is done on its word.

        Raises:   Unavailable: this master leads for a short time only. An official worker repeats what it said, under
                  the same id, and registers with its next heartbeat in between.  WorkerNotFound: it leads for longer.
        """
        try:
            self.registry.live(worker_id)
        except WorkerNotFound as error:
            if self.clock.now_ms() - self._leading_since_ms < NEW_LEADER_MS:
                raise Unavailable(f"{error} This master has just begun to lead; try again.") from None
            raise

    def check_leads(self) -> None:
        if not self.leads():
            raise NotLeader("This master does not lead. Ask the other masters for the leader.")

    # --- blocks ------------------------------------------------------------------------------------------------------

    def block_info(self, block_id: int) -> BlockInfo:
        """Return a block's length and places, the fastest tier first.

        Raises:   BlockInfoMissing: the master does not know the block.
        """
        length = self.metadata.block_length(block_id)
        if length is None:
            raise BlockInfoMissing(f"Block {block_id} is unknown: no worker has committed it, or it was deleted.")
        return BlockInfo(blockId=block_id, length=length, locations=self.locations(block_id))

    def locations(self, block_id: int) -> list[BlockLocation]:
        """Return where a block is as messages, the fastest tier first; they are shared: do not change them."""
        found = self.registry.blocks.of(block_id)
        if len(found) > 1:
            found.sort(key=lambda location: self.options.global_tiers.index(location.tier_alias))
        return [location.message or self._message(location) for location in found]

    def _message(self, location: Location) -> BlockLocation:
        worker = self.registry.live(location.worker_id)
        message = BlockLocation(
            workerId=location.worker_id,
            workerAddress=worker.address.message,
            tierAlias=location.tier_alias,
            mediumType=location.medium_type,
        )
        location.message = message
        return message

    def state_replaced(self) -> None:
        """The journaled state was replaced by a snapshot: no one said which blocks were deleted on the way to it."""
        self._is_state_replaced = True

    # --- what it does by itself --------------------------------------------------------------------------------------

    async def run(self, interval_s: float = 1.0) -> None:
        """Look after workers and blocks until cancelled; a failure ends it, and is the supervisor's to handle."""
        while True:
            await self.look_around()
            await asyncio.sleep(interval_s)

    async def look_around(self) -> None:
        """Do the upkeep once, with other calls in between, and free what it judged orphaned."""
        for _ in self.upkeep():
            await asyncio.sleep(0)
        if self._orphans:
            await self._free_orphans()

    async def _free_orphans(self) -> None:
        """Free what was judged, if this master turns out to have led then; else its judgement was of an old state."""
        orphans, self._orphans = self._orphans, []
        if self._confirm is not None:
            try:
                await self._confirm()
            except AlluxioError as error:
                log.info("%d blocks are not freed, since another master may lead: %s", len(orphans), error)
                return
        if self.leads():
            log.info("Freeing %d blocks that belong to no file, such as block %d.", len(orphans), orphans[0])
            self.registry.free_blocks(orphans)

    def upkeep(self) -> Iterator[None]:
        """Find lost workers, sweep what they held, judge orphaned blocks; yields wherever other work may run."""
        now_ms = self.clock.now_ms()
        self._notice_jump(now_ms)
        checked_ms = self._lost_checked_ms
        if checked_ms is None or now_ms - checked_ms >= self.options.lost_worker_detection_interval_ms:
            self._lost_checked_ms = now_ms
            for worker in self.registry.detect_lost(now_ms):
                log.warning(
                    "Worker %s:%d is lost: nothing heard from it for %d s.",
                    worker.address.host,
                    worker.address.rpc_port,
                    (now_ms - worker.last_contact_ms) // 1000,
                )
        while self.registry.purge(SLICE_COUNT):
            yield
        if self._is_state_replaced:
            self._is_state_replaced = False
            yield from self._find_unknown(now_ms)
        yield from self._look_after_unknown(now_ms)

    def _find_unknown(self, now_ms: int) -> Iterator[None]:
        """Watch every block that workers hold and the state lacks."""
        block_ids = self.registry.blocks.known()
        for start in range(0, len(block_ids), SLICE_COUNT):
            missing = self.metadata.unknown_blocks(block_ids[start : start + SLICE_COUNT])
            self.registry.unknown.watch((b for b in missing if self.registry.blocks.workers_of(b)), now_ms)
            yield

    def _notice_jump(self, now_ms: int) -> None:
        """Give workers credit for time in which they could not report, or which did not pass at all.

        Otherwise a clock set forward, or a stop of this process, would make all workers lost at once.
        """
        passed_ms = 0 if self._last_upkeep_ms is None else now_ms - self._last_upkeep_ms
        self._last_upkeep_ms = now_ms
        if 0 <= passed_ms <= _PAUSE_MAX_MS:
            return
        log.warning("The clock moved by %d ms between two looks at the workers; none is lost for that.", passed_ms)
        self.registry.clock_jumped(passed_ms)
        self.safe_mode.clock_jumped(passed_ms)
        self.leases.clock_jumped(passed_ms)
        self._lost_checked_ms = None

    def _look_after_unknown(self, now_ms: int) -> Iterator[None]:
        """Forget blocks that became known; judge, if this master may, which belong to no file; watch the others."""
        while due := self.registry.unknown.take_due(now_ms, _UNKNOWN_AT_ONCE):
            still_unknown = self.metadata.unknown_blocks(due)
            # Watched on, also those freed now: if the worker still has one in a minute, it is told again.
            self.registry.unknown.watch(still_unknown, now_ms)
            if self.leads() and self.safe_mode.is_over(now_ms):
                self._orphans += [block_id for block_id in still_unknown if self.metadata.is_orphan(block_id)]
            yield
