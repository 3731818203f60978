"""Reports over a network that loses, delays, doubles and reorders them: the master's picture becomes the worker's.

Both sides are the real ones, without sockets and files: the reporter with its store, and the master's service.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from tests.unit.master.block_master_fakes import CALL, Fixture, net_address, stream_of

from pyalluxio.errors import NotFound, Unavailable
from pyalluxio.ids import BlockId, SessionId
from pyalluxio.master.workers import REGISTRATION_PAUSE_MS
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.worker.heartbeat import MasterReporter, ReportSettings
from pyalluxio.worker.metrics import BYTES_READ_REMOTE, WorkerMetrics
from pyalluxio.worker.report_calls import ReportCalls
from pyalluxio.worker.store import BlockStore, DirectorySpec

BLOCKS = st.integers(0, 4)
WRITER = SessionId(1)
ARRIVES, LOST, ANSWER_LOST, LATE = "arrives", "is lost", "arrives, its answer is lost", "arrives late"
FATES = st.sampled_from([ARRIVES, ARRIVES, LOST, ANSWER_LOST, LATE])


class Blocks:
    """What a reporter needs of the worker's blocks."""

    def __init__(self) -> None:
        specs = [DirectorySpec(level, tier, tier, 1000) for level, tier in enumerate(("MEM", "SSD"))]
        self.store = BlockStore(specs)
        self.lost_storage: dict[str, list[str]] = {}


class Network(ReportCalls):
    """Calls the master's service, or fails as the next fate says; late requests wait in `late`."""

    def __init__(self, master: Fixture) -> None:
        self.master = master
        self.fate = ARRIVES
        self.late: list[tuple[str, Any]] = []

    async def once(self, rpc: Any, request: Any, timeout_s: float, *, authenticated: bool = True) -> Any:
        return await self._sent(rpc.name, request)

    async def register(self, messages: Any, deadline_s: float) -> None:
        await self._sent("RegisterWorkerStream", list(messages))

    async def open_stream(self, rpc: Any, deadline_s: float) -> Any:
        raise AssertionError("registrations are sent as a whole here")

    async def _sent(self, name: str, request: Any) -> Any:
        if self.fate == LATE:
            self.late.append((name, request))
        if self.fate in (LATE, LOST):
            raise Unavailable("lost")
        answer = await self.deliver(name, request)
        if self.fate == ANSWER_LOST:
            raise Unavailable("the answer was lost")
        return answer

    async def deliver(self, name: str, request: Any) -> Any:
        service = self.master.worker
        match name:
            case "GetWorkerId":
                return await service.get_worker_id(request, CALL)
            case "RequestRegisterLease":
                return await service.request_register_lease(request, CALL)
            case "RegisterWorkerStream":
                return [answer async for answer in service.register_worker_stream(stream_of(request), CALL)]
            case "BlockHeartbeat":
                return await service.block_heartbeat(request, CALL)
            case "CommitBlock":
                return await service.commit_block(request, CALL)
            case _:
                raise AssertionError(f"a reporter does not call {name}")


class Reports(RuleBasedStateMachine):
    """Numbers alone: no commit is late, and too little time passes for the counts to be compared."""

    passes_ms = 0

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.master = Fixture()
        self.network = Network(self.master)
        self.blocks = Blocks()
        self.metrics = WorkerMetrics()
        self.reporter = self.loop.run_until_complete(self._reporter())
        self.restarts = 0

    async def _reporter(self) -> MasterReporter:
        settings = ReportSettings(asks_for_lease=False)
        return MasterReporter(self.network, self.blocks, self.metrics, net_address(), settings)  # type: ignore[arg-type]

    def teardown(self) -> None:
        self.loop.close()

    def _run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @rule(block=BLOCKS, tier=st.sampled_from(["MEM", "SSD"]), fate=FATES)
    def write(self, block: int, tier: str, fate: str) -> None:
        """A writer ends: the block is here, and its commit is on the way to the master."""
        block_id, store = BlockId(block), self.blocks.store
        if store.committed(block_id) is not None:
            return
        store.create(WRITER, block_id, 1, medium=tier)
        place = store.commit(WRITER, block_id, 1).location
        commit = pb.CommitBlockPRequest(
            workerId=self.reporter.worker_id,
            blockId=block,
            length=1,
            tierAlias=place.tier_alias,
            mediumType=place.medium,
        )
        self.network.fate = LOST if fate == LATE and not self.passes_ms else fate
        try:
            self._run(self.network._sent("CommitBlock", commit))
        except (Unavailable, NotFound):
            pass  # the writer is told; the block stays here

    @rule(block=BLOCKS)
    def remove(self, block: int) -> None:
        if self.blocks.store.committed(BlockId(block)) is not None:
            self.blocks.store.remove(BlockId(block))

    @rule(count=st.integers(1, 5))
    def read(self, count: int) -> None:
        self.metrics.add(BYTES_READ_REMOTE, count)

    @rule(fate=FATES)
    def report(self, fate: str) -> None:
        self.network.fate = fate
        try:
            self._run(self.reporter._beat())
        except Unavailable:
            pass

    @precondition(lambda self: self.network.late)
    @rule(which=st.integers(0, 100), again=st.booleans())
    def something_late_arrives(self, which: int, again: bool) -> None:
        """The oldest or the newest, once or more often; nobody waits for the answer any more."""
        late = self.network.late
        name, request = late[which % len(late)] if again else late.pop(which % len(late))
        try:
            self._run(self.network.deliver(name, request))
        except (Unavailable, NotFound):
            pass

    @precondition(lambda self: self.reporter.is_registered)
    @rule(block=BLOCKS)
    def reported_gone_before_reported_here(self, block: int) -> None:
        if self.blocks.store.committed(BlockId(block)) is None:
            self.write(block, "MEM", LOST)
            self.report(LATE)
            self.remove(block)
            self.report(ARRIVES)
            self.something_late_arrives(len(self.network.late) - 1, again=True)

    @rule()
    def the_master_is_started_again(self) -> None:
        self.restarts += 1
        self.master = self.network.master = Fixture()

    @rule()
    def the_network_is_well(self) -> None:
        """However it came to this: three reports later, and half a minute after the registration, all is right."""
        self.network.fate = ARRIVES
        self.network.late.clear()
        for _ in range(4):
            self.master.clock.ms += self.passes_ms
            self._run(self.reporter._beat())
        registry = self.master.blocks.registry
        seen = {
            block: [place.tier_alias for place in registry.blocks.of(block)]
            for block in registry.blocks_of(self.reporter.worker_id)
        }
        assert seen == {block.block_id: [block.location.tier_alias] for block in self.blocks.store.blocks()}
        if not self.restarts:  # counters of a master that is gone are gone too
            counted = sum(metric.value for metric in self.master.metrics.taken)
            assert counted == self.metrics.value(BYTES_READ_REMOTE)


class LateCommits(Reports):
    """Commits may come when their block is gone and reported gone; only the counts tell that something is wrong."""

    passes_ms = REGISTRATION_PAUSE_MS

    @rule(block=BLOCKS)
    def evicted_before_its_commit_arrives(self, block: int) -> None:
        if self.blocks.store.committed(BlockId(block)) is None:
            self.write(block, "MEM", LATE)
            self.remove(block)
            self.report(ARRIVES)
            self.something_late_arrives(len(self.network.late) - 1, again=True)


TestReports = Reports.TestCase
TestLateCommits = LateCommits.TestCase
TestReports.settings = TestLateCommits.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
