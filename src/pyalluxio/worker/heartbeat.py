"""What this worker tells a master, and what it does on the master's word.

    unknown ──id, lease, RegisterWorkerStream──> registered ──BlockHeartbeat every second──┐
       ^                                             └── Nothing, Free, Delete ────────────┤
       └───────────────────── Register, or a commit that is NOT_FOUND ─────────────────────┘

One reporter serves one master, and has its own log of changes and its own state. Reports are numbered and hold
everything that changed since the last one that was acknowledged, so that one which is lost, or arrives late, does no
harm; official masters skip the numbers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyalluxio.errors import AlluxioError, Status
from pyalluxio.ids import BlockId
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.report_calls import ReportCalls

log = logging.getLogger(__name__)

LEASE_WAIT_S_MAX = 10.0
FREE_TASKS_MAX = 10
# A master that does not take reports, such as an official standby, is asked rarely; it is told of when it leads.
REFUSED_PAUSE_S = 30.0
# A report that takes longer is not waited for by writers.
OVERDUE_S = 0.25
_REFUSALS = frozenset({Status.UNIMPLEMENTED, Status.UNAUTHENTICATED, Status.PERMISSION_DENIED})

Identify = Callable[[ReportCalls], Awaitable[int]]
Hear = Callable[[int, bool], bool]


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Times and sizes of the properties `alluxio.worker.block.heartbeat.*` and `alluxio.worker.register.*`."""

    interval_s: float = 1.0
    rpc_timeout_s: float = 300.0
    give_up_after_s: float = 3600.0  # without any master for so long, the process ends
    blocks_per_message_max: int = 1_000_000
    register_deadline_s: float = 900.0
    asks_for_lease: bool = True
    build_version: str = "2.9.6"
    build_revision: str = "0" * 40


class MasterReporter:
    """Keeps one master informed about this worker."""

    def __init__(
        self,
        master: ReportCalls,
        blocks: LocalBlocks,
        metrics: WorkerMetrics,
        address: Any,
        settings: ReportSettings,
        configuration: Callable[[], list[Any]] = list,
        *,
        name: str = "the leading master",
        identify: Identify | None = None,
        hear: Hear | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """identify  makes the master know this worker and returns the id; by default the master gives one
        hear      is told (term, whether the master leads) of each answer; says whether its orders count
        """
        self.name = name
        self._master = master
        self._blocks = blocks
        self._metrics = metrics
        self._address = address
        self._settings = settings
        self._configuration = configuration
        self._identify = identify or self._ask_for_id
        self._hear = hear
        self._clock = clock
        self._changes = blocks.store.open_change_log()
        self._reported = metrics.open_reports()
        self._session = secrets.randbits(62) + 1
        self._number = 0
        self._acknowledged = 0
        self._registered = asyncio.Event()
        self._wake = asyncio.Event()
        # Whoever waits for a report that begins after now; taken by the next one.
        self._asked: list[asyncio.Future[None]] = []
        self._began_s: float | None = None
        self._to_free: set[BlockId] = set()
        self._freeing: set[asyncio.Task[None]] = set()
        self._free_limit = asyncio.Semaphore(FREE_TASKS_MAX)
        self.worker_id = 0
        self.last_contact_s: float | None = None
        self.last_error: AlluxioError | None = None

    @property
    def is_registered(self) -> bool:
        return self._registered.is_set()

    def wake(self) -> None:
        """Report now: there is a reason to believe that the master answers, or answers otherwise."""
        self._wake.set()

    @property
    def is_answering(self) -> bool:
        """Whether the master takes reports at present: it is not silent, and nothing of it is overdue."""
        is_overdue = self._began_s is not None and self._clock() - self._began_s > OVERDUE_S
        return self.is_registered and self.last_error is None and not is_overdue

    def report_now(self) -> asyncio.Future[None]:
        """Return a future that is done when a report that begins after this call has ended, well or not."""
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._wake.set()
        return asked

    def register_soon(self) -> None:
        """The master does not know this worker any more."""
        self._registered.clear()
        self._wake.set()

    async def wait_until_registered(self) -> None:
        await self._registered.wait()

    # --- registration -----------------------------------------------------------------------------------------------

    async def register(self) -> None:
        """Make the master know this worker and every block of it. Raises what the master answers."""
        self._registered.clear()
        self.worker_id = await self._identify(self._master)
        if self._settings.asks_for_lease:
            await self._wait_for_lease()
        # From here on changes are collected for the first heartbeat; what was there before goes into the registration.
        self._changes.reset()
        self._number += 1
        await self._master.register(self._registration(), self._settings.register_deadline_s)
        self._registered.set()
        self.last_contact_s = self._clock()
        log.info(
            "Registered with %s as worker %d, %d blocks", self.name, self.worker_id, self._blocks.store.block_count
        )

    async def _ask_for_id(self, master: ReportCalls) -> int:
        return await master.worker_id(self._address, self._settings.rpc_timeout_s)

    async def _wait_for_lease(self) -> None:
        delay_s = 1.0
        while not await self._master.request_lease(
            self.worker_id, self._blocks.store.block_count, self._settings.rpc_timeout_s
        ):
            log.info("%s has no registration lease to give; next attempt in %g s", self.name, delay_s)
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
            reportSession=self._session,
            reportNumber=self._number,
        )
        # Made now, not when they are sent: blocks that come meanwhile are in the log of changes.
        return iter([first, *(pb.RegisterWorkerPRequest(workerId=self.worker_id, currentBlocks=b) for b in batches)])

    def _lost_storage(self) -> dict[str, Any]:
        return {alias: pb.StorageList(storage=paths) for alias, paths in self._blocks.lost_storage.items()}

    # --- heartbeats -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Report for ever; a master that does not answer is tried again."""
        while True:
            pause_s = self._settings.interval_s
            asked, self._asked = self._asked, []
            self._began_s = self._clock()
            try:
                await self._beat()
                if self.last_error is not None:
                    log.info("%s answers again", self.name)
                self.last_error = None
            except AlluxioError as error:
                if self.last_error is None:
                    log.warning("A report to %s failed, trying on: %s", self.name, error)
                self.last_error = error
                if error.status in _REFUSALS:
                    pause_s = max(pause_s, REFUSED_PAUSE_S)
            finally:
                self._began_s = None
                for each in asked:
                    if not each.done():
                        each.set_result(None)
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def close(self) -> None:
        for each in self._asked:
            each.cancel()
        self._blocks.store.close_change_log(self._changes)
        for task in self._freeing:
            task.cancel()
        await asyncio.gather(*self._freeing, return_exceptions=True)

    async def _beat(self) -> None:
        if self._changes.has_overflowed or not self.is_registered:
            await self.register()
        changed = self._changes.take()
        gained = self._reported.differences()
        self._number += 1
        number = self._number
        try:
            answer = await self._master.heartbeat(self._report(changed, gained), self._settings.rpc_timeout_s)
        except BaseException:
            self._changes.restore(changed)
            raise
        self.last_contact_s = self._clock()
        is_numbering = answer.HasField("term")
        if is_numbering and answer.acknowledgedReport != number:
            self._changes.restore(changed)
        else:
            self._acknowledged = number
            self._reported.mark(gained)
        counts = not is_numbering or self._hear is None or self._hear(answer.term, answer.leads)
        await self._obey(answer.command, counts)

    def _report(self, changed: set[BlockId], gained: dict[counters.Key, int]) -> Any:
        store = self._blocks.store
        added, removed = store.split_changes(changed)
        digests = store.digests()
        return pb.BlockHeartbeatPRequest(
            workerId=self.worker_id,
            usedBytesOnTiers=store.used_bytes_on_tiers(),
            removedBlockIds=removed,
            addedBlocks=[_entry(place, ids) for place, ids in added.items()],
            lostStorage=self._lost_storage(),
            options=pb.BlockHeartbeatPOptions(
                metrics=[self._metric(key, value) for key, value in gained.items()],
                capacityBytesOnTiers=store.capacity_bytes_on_tiers(),
            ),
            reportSession=self._session,
            reportNumber=self._number,
            acknowledgedReport=self._acknowledged,
            digestTiers=list(digests),
            blockCounts=[count for count, _ in digests.values()],
            blockMarks=[marks for _, marks in digests.values()],
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

    async def _obey(self, command: Any, counts: bool) -> None:
        """Do what the master says; orders of one that leads no more do not count."""
        kind = command.commandType
        if kind == common_pb2.Register:
            log.info("%s asks for a registration", self.name)
            await self.register()
        elif kind == common_pb2.Free:
            if counts:
                self._free(command.data)
            else:
                log.warning("%s orders blocks freed, but leads no more; they stay", self.name)
        elif kind == common_pb2.Decommissioned:
            log.warning("%s has decommissioned this worker", self.name)
        elif kind not in (common_pb2.Nothing, common_pb2.Delete):
            log.error("%s sent a command that a worker does not know: %s", self.name, kind)

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
