"""Keeping all masters informed, so that whoever leads next knows this worker and its blocks already.

Each master has a reporter of its own, with its own state, deadlines and pace: one that is dead, hung or cut off delays
nobody else. What needs the leader, such as the commit of a block, goes to the leader by the link. The id of this
worker is the same at all masters: the leader gives it, the others are told.

With `alluxio.worker.register.to.all.masters=false`, or a single master, there is one reporter, for whoever leads.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from pyalluxio.errors import AlluxioError, NotFound, Unavailable
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.worker.heartbeat import MasterReporter, ReportSettings
from pyalluxio.worker.known_leader import KnownLeader
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.one_master import OneMaster
from pyalluxio.worker.report_calls import ReportCalls
from pyalluxio.worker.store import CommittedBlock

log = logging.getLogger(__name__)

REREGISTER_WAIT_S = 30.0
FOLLOW_INTERVAL_S = 30.0
# A standby that is slower learns of a block by a later report.
TELL_TIMEOUT_S = 0.1
MASTERS_MAX = 32  # far beyond any quorum; a bound on what an answer can make this worker do


class Reporting:
    """The reporters of one worker; `register` before `run`, `close` after it."""

    def __init__(
        self,
        link: MasterLink,
        blocks: LocalBlocks,
        metrics: WorkerMetrics,
        address: Any,
        settings: ReportSettings,
        configuration: Callable[[], list[Any]] = list,
        *,
        masters: Sequence[str] = (),
        options: ChannelOptions | None = None,
        same_master: Callable[[str, str], bool] = str.__eq__,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """masters      the addresses to report to; none or one: whoever leads
        same_master  whether two addresses, spelt differently, are one; may block for a look-up
        """
        self._link = link
        self._blocks = blocks
        self._address = address
        self._settings = settings
        self._options = options or ChannelOptions()
        self._same_master = same_master
        self._clock = clock
        self._known = KnownLeader()
        self._id_lock = asyncio.Lock()
        self._given_id = 0
        self._channels: list[OneMaster] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._started_s: float | None = None
        self._new_reporter = partial(
            MasterReporter,
            blocks=blocks,
            metrics=metrics,
            address=address,
            settings=settings,
            configuration=configuration,
            clock=clock,
        )
        self._reporters: dict[str, MasterReporter] = {}
        self._to_all = len(masters) > 1
        if self._to_all:
            link.on_leader = self._leader_found
            for master in masters:
                self._add(master)
        else:
            self._reporters[""] = self._new_reporter(link, hear=partial(self._known.hear, ""))

    @property
    def worker_id(self) -> int:
        """The id of this worker; 0 before it is known."""
        return self._given_id if self._to_all else self._reporters[""].worker_id

    @property
    def is_registered(self) -> bool:
        """Whether any master knows this worker."""
        return any(reporter.is_registered for reporter in self._reporters.values())

    def masters(self) -> list[dict[str, Any]]:
        """Return how it stands with each master, for the page of this worker."""
        now_s = self._clock()
        return [
            {
                "address": address,
                "isRegistered": reporter.is_registered,
                "lastContactMs": (
                    None if reporter.last_contact_s is None else round((now_s - reporter.last_contact_s) * 1000)
                ),
                "error": None if reporter.last_error is None else str(reporter.last_error),
            }
            for address, reporter in self._reporters.items()
        ]

    # --- what needs the leader --------------------------------------------------------------------------------------

    async def register(self) -> None:
        """Register with the leader. Raises what it answers; the others follow by `run`."""
        await (await self._leading_reporter()).register()

    async def commit(self, block: CommittedBlock) -> None:
        """Tell the leader of a new block while its writer waits, then the standbys that answer.

        A leader that does not know this worker, because it just took over, gets the registration first. Whoever leads
        a moment later must know where the block is: official clients ask for the places of a file's blocks only once,
        when they open it, and a file without any is an error to them after five minutes.
        """
        await self._commit_at_leader(block)
        await self._tell_standbys()

    async def _commit_at_leader(self, block: CommittedBlock) -> None:
        try:
            await self._commit(block)
        except NotFound:
            log.info("The master does not know this worker; registering before block %d is committed", block.block_id)
            reporter = await self._leading_reporter()
            reporter.register_soon()
            try:
                async with asyncio.timeout(REREGISTER_WAIT_S):
                    await reporter.wait_until_registered()
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

    async def _tell_standbys(self) -> None:
        """Report to every standby that takes reports, and wait for that, but not for long."""
        if not self._to_all or self._started_s is None:
            return
        leader = self._known.address
        told = [
            reporter.report_now()
            for address, reporter in self._reporters.items()
            if address != leader and reporter.is_answering
        ]
        if told:
            await asyncio.wait(told, timeout=TELL_TIMEOUT_S)

    async def _leading_reporter(self) -> MasterReporter:
        if not self._to_all:
            return self._reporters[""]
        address = await self._link.leader()
        return self._reporters.get(address) or self._add(address)

    # --- the masters ------------------------------------------------------------------------------------------------

    def _add(self, address: str) -> MasterReporter:
        master = OneMaster(address, self._options)
        self._channels.append(master)
        reporter = self._reporters[address] = self._new_reporter(
            master, name=f"Master {address}", identify=self._identify, hear=partial(self._hear, address)
        )
        if self._started_s is not None:
            self._start(address)
        return reporter

    async def _identify(self, master: ReportCalls) -> int:
        """Make a master know this worker by the id that the leader gave; return the id."""
        timeout_s = self._settings.rpc_timeout_s
        async with self._id_lock:
            if not self._given_id:
                self._given_id = await self._link.worker_id(self._address, timeout_s)
        await master.notify_worker_id(self._given_id, self._address, timeout_s)
        return self._given_id

    def _hear(self, address: str, term: int, leads: bool) -> bool:
        counts = self._known.hear(address, term, leads)
        if counts:
            self._link.lead_is(address)
        return counts

    def _leader_found(self, address: str) -> None:
        """The link calls another master from now on; one that refused reports as a standby takes them now."""
        reporter = self._reporters.get(address)
        if reporter is not None and reporter.last_error is not None:
            reporter.wake()

    async def follow(self) -> None:
        """Report to the masters that the leader names and nobody configured, since the quorum may have changed."""
        for told in (await self._link.master_addresses())[:MASTERS_MAX]:
            if len(self._reporters) < MASTERS_MAX and not await asyncio.to_thread(self._is_known, told):
                log.info("The leading master names one more master: %s", told)
                self._add(told)

    def _is_known(self, address: str) -> bool:
        return any(known == address or self._same_master(known, address) for known in list(self._reporters))

    # --- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Report for ever.

        Raises:   Unavailable: no master was reached for `give_up_after_s`.
        """
        self._started_s = self._clock()
        for address in self._reporters:
            self._start(address)
        following = asyncio.create_task(self._follow(), name="follow-masters")
        try:
            while True:
                tasks = [*self._tasks.values(), following]
                done, _ = await asyncio.wait(
                    tasks, timeout=self._settings.interval_s, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
                self._check_silence(self._started_s)
        finally:
            await _cancelled([*self._tasks.values(), following])

    def _start(self, address: str) -> None:
        self._tasks[address] = asyncio.create_task(self._reporters[address].run(), name=f"report-{address}")

    def _check_silence(self, started_s: float) -> None:
        heard_s = max(reporter.last_contact_s or started_s for reporter in self._reporters.values())
        if self._clock() - heard_s > self._settings.give_up_after_s:
            errors = "; ".join(str(r.last_error) for r in self._reporters.values() if r.last_error is not None)
            raise Unavailable(f"No master answered for {self._settings.give_up_after_s:g} s; the last errors: {errors}")

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_INTERVAL_S)
            if self._to_all:
                try:
                    await self.follow()
                except AlluxioError as error:
                    log.debug("The leading master did not name the masters: %s", error)

    async def close(self) -> None:
        await asyncio.gather(*(reporter.close() for reporter in self._reporters.values()))
        await asyncio.gather(*(master.close() for master in self._channels))


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
