"""Which reports of a worker count, and how a master notices that its picture of a worker is wrong."""

from __future__ import annotations

import pytest

from pyalluxio.errors import NotLeader, SafeMode, Unavailable, WorkerNotFound
from pyalluxio.ids import block_mark
from pyalluxio.master.block_master import FRESH_MS, NEW_LEADER_MS
from pyalluxio.master.report_order import Numbering, ReportOrder
from pyalluxio.master.unknown_blocks import PATIENCE_MS
from pyalluxio.master.workers import REGISTRATION_PAUSE_MS
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import CommandType, Metric, MetricType
from tests.unit.master.block_master_fakes import CALL, Fixture, block_list, first_message, net_address, stream_of

SESSION = 5


async def register(master: Fixture, blocks: list[int], number: int = 1, session: int = SESSION) -> int:
    """Register as our own workers do: the id is known already, and the registration has a number."""
    worker_id = 77
    told = pb.NotifyWorkerIdPRequest(workerId=worker_id, workerNetAddress=net_address())
    await master.worker.notify_worker_id(told, CALL)
    first = first_message(worker_id, blocks)
    first.reportSession, first.reportNumber = session, number
    async for _ in master.worker.register_worker_stream(stream_of([first]), CALL):
        pass
    return worker_id


def report(
    number: int, acknowledged: int, here: list[int], *, session: int = SESSION, read_bytes: int = 0, **fields: object
) -> pb.BlockHeartbeatPRequest:
    """Return a numbered report of a worker that holds the blocks `here`."""
    marks = 0
    for block in here:
        marks ^= block_mark(block)
    request = pb.BlockHeartbeatPRequest(
        workerId=77,
        reportSession=session,
        reportNumber=number,
        acknowledgedReport=acknowledged,
        digestTiers=["MEM"],
        blockCounts=[len(here)],
        blockMarks=[marks],
        **fields,  # type: ignore[arg-type]
    )
    if read_bytes:
        metric = Metric(instance="Worker", source="w1", name="BytesReadRemote", value=read_bytes)
        metric.metricType = MetricType.COUNTER
        request.options.metrics.append(metric)
    return request


async def sent(master: Fixture, request: pb.BlockHeartbeatPRequest) -> pb.BlockHeartbeatPResponse:
    return await master.worker.block_heartbeat(request, CALL)


def held(master: Fixture) -> list[int]:
    return sorted(master.blocks.registry.blocks_of(77))


async def test_an_answer_tells_what_arrived_and_who_leads() -> None:
    """A worker must not obey a master that was deposed while it slept, and must know what to repeat."""
    master = Fixture()
    await register(master, [1])
    answer = await sent(master, report(2, 0, [1]))
    assert (answer.acknowledgedReport, answer.leads, answer.term) == (2, True, 3)
    master.leading = False
    answer = await sent(master, report(3, 2, [1]))
    assert (answer.acknowledgedReport, answer.leads, answer.term) == (3, False, 3)
    assert answer.command.commandType == CommandType.Nothing


async def test_official_workers_get_the_official_answer() -> None:
    """They number nothing; every one of their reports counts, also twice."""
    master = Fixture()
    await master.registered(block_ids=[1])
    worker_id = (
        await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    ).workerId
    for _ in range(2):
        answer = await sent(master, pb.BlockHeartbeatPRequest(workerId=worker_id, addedBlocks=[block_list([2])]))
        assert [field.name for field, _ in answer.ListFields()] == ["command"]
    assert sorted(master.blocks.registry.blocks_of(worker_id)) == [1, 2]


async def test_an_overtaken_report_changes_nothing() -> None:
    """A report that hung in the network for a minute would offer readers a block that was evicted since."""
    master = Fixture()
    await register(master, [])
    late = report(2, 0, [1], addedBlocks=[block_list([1])])
    await sent(master, report(3, 0, [], removedBlockIds=[1]))
    answer = await sent(master, late)
    assert answer.acknowledgedReport == 0
    assert held(master) == []


async def test_a_report_from_before_the_registration_changes_nothing() -> None:
    """Its differences are to another picture than the one that the master has now."""
    master = Fixture()
    await register(master, [1])
    late = report(2, 0, [1, 2], addedBlocks=[block_list([2])])
    await register(master, [1], number=3)
    await sent(master, late)
    assert held(master) == [1]


async def test_a_report_of_another_process_asks_for_a_registration() -> None:
    """The worker was started again: what the master knows is of the process before."""
    master = Fixture()
    await register(master, [1])
    answer = await sent(master, report(2, 0, [1], session=6))
    assert answer.command.commandType == CommandType.Register
    assert answer.acknowledgedReport == 0


async def test_counters_whose_answer_was_lost_count_once() -> None:
    """The throughput of the cluster would jump with every lost packet."""
    master = Fixture()
    await register(master, [])
    await sent(master, report(2, 0, [], read_bytes=10))  # its answer is lost
    await sent(master, report(3, 0, [], read_bytes=15))  # so is this one's
    await sent(master, report(4, 0, [], read_bytes=15))
    await sent(master, report(5, 4, [], read_bytes=2))
    assert sum(metric.value for metric in master.metrics.taken) == 17
    await register(master, [], number=6)  # its answer was lost as well: the registration does not forget that
    await sent(master, report(7, 4, [], read_bytes=2))
    assert sum(metric.value for metric in master.metrics.taken) == 17


async def test_different_counts_ask_for_a_registration() -> None:
    """Whatever the reason, a master that thinks otherwise than the worker must not go on so for days."""
    master = Fixture()
    await register(master, [1, 2])
    master.clock.ms += REGISTRATION_PAUSE_MS
    assert (await sent(master, report(2, 0, [1, 2]))).command.commandType == CommandType.Nothing
    assert (await sent(master, report(3, 2, [1]))).command.commandType == CommandType.Register
    assert (await sent(master, report(4, 3, [1, 3]))).command.commandType == CommandType.Register
    await register(master, [1, 3], number=5)
    assert (await sent(master, report(6, 3, [1]))).command.commandType == CommandType.Nothing, "not twice in a row"


async def test_a_commit_on_the_way_is_no_difference() -> None:
    """Under load, some block is always committed between a report's making and its arrival."""
    master = Fixture()
    await register(master, [1])
    master.clock.ms += REGISTRATION_PAUSE_MS
    made_before = report(2, 0, [1])
    commit = pb.CommitBlockPRequest(workerId=77, blockId=9, length=1, tierAlias="MEM", mediumType="MEM")
    await master.worker.commit_block(commit, CALL)
    assert (await sent(master, made_before)).command.commandType == CommandType.Nothing
    told = report(3, 2, [1, 9], addedBlocks=[block_list([9])])
    assert (await sent(master, told)).command.commandType == CommandType.Nothing
    assert (await sent(master, report(4, 3, [1, 9]))).command.commandType == CommandType.Nothing


async def test_a_commit_that_came_too_late_is_a_difference() -> None:
    """The block was evicted and reported so before its commit arrived: nobody would take it back."""
    master = Fixture()
    await register(master, [1])
    master.clock.ms += REGISTRATION_PAUSE_MS
    await sent(master, report(2, 0, [1], removedBlockIds=[9]))
    commit = pb.CommitBlockPRequest(workerId=77, blockId=9, length=1, tierAlias="MEM", mediumType="MEM")
    await master.worker.commit_block(commit, CALL)
    assert (await sent(master, report(3, 2, [1]))).command.commandType == CommandType.Nothing
    assert (await sent(master, report(4, 3, [1]))).command.commandType == CommandType.Register


def test_marks_tell_pairs_of_neighbours_apart() -> None:
    """Blocks of a file have neighbouring ids: a plain xor of them is the same for each pair."""
    pairs = {block_mark(block) ^ block_mark(block + 1) for block in range(0, 20_000, 2)}
    assert len(pairs) == 10_000


def test_gaps_in_the_numbers_are_no_loss() -> None:
    """Each report is cumulative; asking for a registration after each lost packet would be the loss."""
    order = ReportOrder()
    order.begin(SESSION, 1)
    for number, acknowledged in ((2, 0), (5, 2), (9, 5)):
        numbering = Numbering(SESSION, number, acknowledged)
        assert not order.is_overtaken(numbering)
        order.accept(numbering)
    assert order.is_overtaken(Numbering(SESSION, 8, 5))


# --- standbys and new leaders ---


async def test_a_standby_knows_workers_and_blocks_and_orders_nothing() -> None:
    """The next leader must answer for places at once; until then it may be behind, and its orders would destroy."""
    master = Fixture()
    master.leading = False
    master.blocks.lost_leadership()
    await register(master, [1, 2])
    master.metadata.lengths = {1: 7, 2: 7}
    master.blocks.registry.delete_blocks([2], master.clock.ms)  # applied here, ordered by the leader
    answer = await sent(master, report(2, 0, [1, 2]))
    assert answer.command.commandType == CommandType.Nothing
    commit = pb.CommitBlockPRequest(workerId=77, blockId=9, length=1, tierAlias="MEM", mediumType="MEM")
    with pytest.raises(NotLeader):
        await master.worker.commit_block(commit, CALL)
    with pytest.raises(NotLeader):
        await master.worker.commit_block_in_ufs(pb.CommitBlockInUfsPRequest(blockId=9, length=1), CALL)
    with pytest.raises(NotLeader):
        await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    assert master.journal.committed == []
    master.leading = True
    master.blocks.gained_leadership()
    assert [place.workerId for place in master.blocks.locations(1)] == [77]
    master.blocks.safe_mode.check(master.clock.ms)
    answer = await sent(master, report(3, 2, [1, 2]))
    assert (answer.command.commandType, list(answer.command.data)) == (CommandType.Free, [2])


async def test_safe_mode_waits_when_the_workers_known_are_silent() -> None:
    """A standby that was cut off would answer with workers that are dead, as if there were no others."""
    master = Fixture()
    await register(master, [1])
    master.clock.ms += FRESH_MS + 1
    master.blocks.gained_leadership()
    with pytest.raises(SafeMode):
        master.blocks.safe_mode.check(master.clock.ms)
    master.clock.ms += master.blocks.options.worker_connect_wait_ms
    master.blocks.safe_mode.check(master.clock.ms)


async def test_a_new_leader_gives_unknown_blocks_their_whole_time() -> None:
    """As a standby it was behind by an unknown number of entries; what it did not know then proves nothing."""
    master = Fixture()
    await register(master, [1])
    master.metadata.orphans = {1}
    await master.let_pass(PATIENCE_MS - 1_000)
    master.blocks.lost_leadership()
    master.blocks.gained_leadership()
    await master.let_pass(5_000)
    assert (await sent(master, report(2, 0, [1]))).command.commandType == CommandType.Nothing
    await master.let_pass(PATIENCE_MS)
    assert list((await sent(master, report(3, 2, [1]))).command.data) == [1]


async def test_a_deposed_leader_frees_nothing() -> None:
    """It was paused, and does not know yet that another one leads, nor which files were made since."""
    master = Fixture()
    await register(master, [1])
    master.metadata.orphans = {1}
    master.led = NotLeader("another one leads")
    await master.let_pass(PATIENCE_MS + 5_000)
    assert (await sent(master, report(2, 0, [1]))).command.commandType == CommandType.Nothing
    master.led = None
    await master.let_pass(PATIENCE_MS + 5_000)
    assert list((await sent(master, report(3, 2, [1]))).command.data) == [1]


async def test_a_snapshot_makes_all_blocks_be_looked_at_again() -> None:
    """A standby that was away gets its state at once, without the deletions that led there; their blocks would stay."""
    master = Fixture()
    master.metadata.lengths = {1: 7, 2: 7}
    await register(master, [1, 2])
    del master.metadata.lengths[2]
    master.metadata.orphans = {2}
    master.blocks.state_replaced()
    await master.let_pass(PATIENCE_MS + 5_000)
    assert list((await sent(master, report(2, 0, [1, 2]))).command.data) == [2]


async def test_strangers_are_refused_when_the_leader_is_not_new() -> None:
    """For ever UNAVAILABLE would keep the writers of a worker that nobody knows waiting for two minutes each."""
    master = Fixture()
    with pytest.raises(Unavailable, match="just begun to lead"):
        master.blocks.check_registered(5)
    master.clock.ms += NEW_LEADER_MS
    with pytest.raises(WorkerNotFound):
        master.blocks.check_registered(5)
