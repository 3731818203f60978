"""What this worker tells a master, and what it does on the master's word.

    unknown ──GetWorkerId, lease, RegisterWorkerStream──> registered ──BlockHeartbeat every second──┐
       ^                                                      └── Nothing, Free, Delete ────────────┤
       └────────────────────────────── Register, or a commit that is NOT_FOUND ─────────────────────┘

One reporter serves one master, and has its own log of changes, its own worker id and its own state.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyalluxio.errors import AlluxioError, NotFound, Unavailable
from pyalluxio.ids import BlockId
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.store import CommittedBlock

log = logging.getLogger(__name__)

LEASE_WAIT_S_MAX = 10.0
FREE_TASKS_MAX = 10
REREGISTER_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Times and sizes of the properties `alluxio.worker.block.heartbeat.*` and `alluxio.worker.register.*`."""

    interval_s: float = 1.0
    rpc_timeout_s: float = 300.0
    give_up_after_s: float = 3600.0  # without a master for so long, the process ends
    blocks_per_message_max: int = 1_000_000
    register_deadline_s: float = 900.0
    asks_for_lease: bool = True
    build_version: str = "2.9.6"
    build_revision: str = "0" * 40


class MasterReporter:
    """Keeps one master informed about this worker."""

    def __init__(
        self,
        link: MasterLink,
        blocks: LocalBlocks,
        metrics: WorkerMetrics,
        address: Any,
        settings: ReportSettings,
        configuration: Callable[[], list[Any]] = list,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._blocks = blocks
        self._metrics = metrics
        self._address = address
        self._settings = settings
        self._configuration = configuration
        self._clock = clock
        self._changes = blocks.store.open_change_log()
        self._registered = asyncio.Event()
        self._wake = asyncio.Event()
        self._to_free: set[BlockId] = set()
        self._freeing: set[asyncio.Task[None]] = set()
        self._free_limit = asyncio.Semaphore(FREE_TASKS_MAX)
        self.worker_id = 0
        self.last_contact_s: float | None = None

    @property
    def is_registered(self) -> bool:
        return self._registered.is_set()

    async def commit(self, block: CommittedBlock) -> None:
        """Tell the master of a new block while its writer waits.

        A master that does not know this worker, because it just took over, gets the registration first.
        """
        try:
            await self._commit(block)
        except NotFound:
            log.info("The master does not know this worker; registering before block %d is committed", block.block_id)
            self._registered.clear()
            self._wake.set()
            try:
                async with asyncio.timeout(REREGISTER_WAIT_S):
                    await self._registered.wait()
            except TimeoutError:
                raise Unavailable(
                    f"Block {block.block_id} is not committed: this worker could not register again within "
                    f"{REREGISTER_WAIT_S:g} s."
                ) from None
            await self._commit(block)

    async def _commit(self, block: CommittedBlock) -> None:
        where = block.location
        used = self._blocks.store.used_bytes_on_tiers()[where.tier_alias]
        await self._link.commit_block(
            self.worker_id, block.block_id, block.length_bytes, where.tier_alias, where.medium, used
        )

    # --- registration -----------------------------------------------------------------------------------------------

    async def register(self) -> None:
        """Make the master know this worker and every block of it. Raises what the master answers."""
        timeout_s = self._settings.rpc_timeout_s
        self._registered.clear()
        self.worker_id = await self._link.worker_id(self._address, timeout_s)
        if self._settings.asks_for_lease:
            await self._wait_for_lease()
        # From here on changes are collected for the first heartbeat; what was there before goes into the registration.
        self._changes.reset()
        await self._link.register(self._registration(), self._settings.register_deadline_s)
        self._registered.set()
        self.last_contact_s = self._clock()
        log.info("Registered as worker %d with %d blocks", self.worker_id, self._blocks.store.block_count)

    async def _wait_for_lease(self) -> None:
        delay_s = 1.0
        while not await self._link.request_lease(
            self.worker_id, self._blocks.store.block_count, self._settings.rpc_timeout_s
        ):
            log.info("The master has no registration lease to give; next attempt in %g s", delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, LEASE_WAIT_S_MAX)

    def _registration(self) -> Iterator[Any]:
        """Return the messages; each block id is in one of them."""
        store = self._blocks.store
        groups: dict[tuple[str, str], list[int]] = {}
        for block in store.blocks():
            groups.setdefault((block.location.tier_alias, block.location.medium), []).append(block.block_id)
        batches = _batches(groups, self._settings.blocks_per_message_max)
        capacity = store.capacity_bytes_on_tiers()
        first = pb.RegisterWorkerPRequest(
            workerId=self.worker_id,
            storageTiers=list(capacity),
            totalBytesOnTiers=capacity,
            usedBytesOnTiers=store.used_bytes_on_tiers(),
            lostStorage=self._lost_storage(),
            options=pb.RegisterWorkerPOptions(
                configs=self._configuration(),
                buildVersion=common_pb2.BuildVersion(
                    version=self._settings.build_version, revision=self._settings.build_revision
                ),
                numVCpu=os.cpu_count() or 1,
            ),
            currentBlocks=next(batches, []),
        )
        # Made now, not when they are sent: blocks that come meanwhile are in the log of changes.
        return iter([first, *(pb.RegisterWorkerPRequest(workerId=self.worker_id, currentBlocks=b) for b in batches)])

    def _lost_storage(self) -> dict[str, Any]:
        return {alias: pb.StorageList(storage=paths) for alias, paths in self._blocks.lost_storage.items()}

    # --- heartbeats -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Report for ever; returns never, raises Unavailable when no master was found for very long."""
        last_success_s = self._clock()
        failing = False
        while True:
            try:
                await self._beat()
                last_success_s = self._clock()
                if failing:
                    log.info("The master answers again")
                failing = False
            except AlluxioError as error:
                if not failing:
                    log.warning("A heartbeat failed, trying on every second: %s", error)
                failing = True
                if self._clock() - last_success_s > self._settings.give_up_after_s:
                    raise Unavailable(
                        f"No master answered for {self._settings.give_up_after_s:g} s; the last error: {error}"
                    ) from error
            self._wake.clear()
            try:
                async with asyncio.timeout(self._settings.interval_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        for task in self._freeing:
            task.cancel()
        await asyncio.gather(*self._freeing, return_exceptions=True)

    async def _beat(self) -> None:
        if self._changes.has_overflowed or not self.is_registered:
            await self.register()
        changed = self._changes.take()
        gained = self._metrics.differences()
        try:
            command = await self._link.heartbeat(self._report(changed, gained), self._settings.rpc_timeout_s)
        except BaseException:
            self._changes.restore(changed)
            raise
        self._metrics.mark_reported(gained)
        self.last_contact_s = self._clock()
        await self._obey(command)

    def _report(self, changed: set[BlockId], gained: dict[counters.Key, int]) -> Any:
        added, removed = self._blocks.store.split_changes(changed)
        return pb.BlockHeartbeatPRequest(
            workerId=self.worker_id,
            usedBytesOnTiers=self._blocks.store.used_bytes_on_tiers(),
            removedBlockIds=removed,
            addedBlocks=[_entry(place, ids) for place, ids in added.items()],
            lostStorage=self._lost_storage(),
            options=pb.BlockHeartbeatPOptions(
                metrics=[self._metric(key, value) for key, value in gained.items()],
                capacityBytesOnTiers=self._blocks.store.capacity_bytes_on_tiers(),
            ),
        )

    def _metric(self, key: counters.Key, value: int) -> Any:
        name, ufs = key
        return common_pb2.Metric(
            instance="Worker",
            source=self._address.host,
            name=name,
            value=value,
            metricType=common_pb2.COUNTER,
            tags={"UFS": ufs.replace("/", "%2F")} if ufs else {},
        )

    async def _obey(self, command: Any) -> None:
        kind = command.commandType
        if kind == common_pb2.Register:
            log.info("The master asks for a registration")
            await self.register()
        elif kind == common_pb2.Free:
            self._free(command.data)
        elif kind == common_pb2.Decommissioned:
            log.warning("The master has decommissioned this worker")
        elif kind not in (common_pb2.Nothing, common_pb2.Delete):
            log.error("The master sent a command that a worker does not know: %s", kind)

    def _free(self, block_ids: list[int]) -> None:
        """Remove blocks in the background; the master repeats the command until it is told that they are gone."""
        for number in block_ids:
            block_id = BlockId(number)
            if block_id not in self._to_free:
                self._to_free.add(block_id)
                task = asyncio.create_task(self._free_one(block_id))
                self._freeing.add(task)
                task.add_done_callback(self._freeing.discard)

    async def _free_one(self, block_id: BlockId) -> None:
        try:
            async with self._free_limit:
                if await self._blocks.remove(block_id):
                    self._metrics.add(counters.BLOCKS_DELETED)
        except AlluxioError as error:
            log.info("Block %d is not freed now: %s", block_id, error)
        finally:
            self._to_free.discard(block_id)


def _entry(place: tuple[str, str], block_ids: list[BlockId] | list[int]) -> Any:
    return pb.LocationBlockIdListEntry(
        key=common_pb2.BlockStoreLocationProto(tierAlias=place[0], mediumType=place[1]),
        value=pb.BlockIdList(blockId=block_ids),
    )


def _batches(groups: dict[tuple[str, str], list[int]], size_max: int) -> Iterator[list[Any]]:
    """Yield the entries of one message after the other; no place appears twice in one message."""
    batch: list[Any] = []
    room = size_max
    for place, block_ids in groups.items():
        start = 0
        while start < len(block_ids):
            part = block_ids[start : start + room]
            batch.append(_entry(place, part))
            start += len(part)
            room -= len(part)
            if room == 0:
                yield batch
                batch, room = [], size_max
    if batch:
        yield batch
