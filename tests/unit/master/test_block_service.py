"""The block master's services, driven as the official workers and shells drive them."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.errors import (
    BlockInfoMissing,
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    NotLeader,
    SafeMode,
    Unavailable,
    WorkerNotFound,
)
from pyalluxio.master.block_master import NEW_LEADER_MS, BlockMasterOptions
from pyalluxio.master.unknown_blocks import PATIENCE_MS
from pyalluxio.master.workers import WorkerState
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import BlockLocation, CommandType, Metric, MetricType
from tests.unit.master.block_master_fakes import CALL, Fixture, block_list, first_message, net_address, stream_of


async def heartbeat(master: Fixture, worker_id: int, **fields: object) -> tuple[int, set[int]]:
    request = pb.BlockHeartbeatPRequest(workerId=worker_id, **fields)  # type: ignore[arg-type]
    response = await master.worker.block_heartbeat(request, CALL)
    assert response.HasField("command"), "the official worker fails without it"
    return response.command.commandType, set(response.command.data)


async def test_a_registered_worker_is_listed_with_its_own_address() -> None:
    """Clients compare the tiers of the address: an unset value that comes back as "" is another rack to them."""
    master = Fixture()
    worker_id = await master.registered()
    master.clock.ms += 2500
    (info,) = (await master.client.get_worker_info_list(pb.GetWorkerInfoListPOptions(), CALL)).workerInfos
    assert info.address == net_address()
    assert not info.address.tieredIdentity.tiers[1].HasField("value")
    assert (info.id, info.state, info.lastContactSec) == (worker_id, "ACTIVE", 2)
    assert (info.capacityBytes, info.usedBytes) == (1000, 100)
    assert (dict(info.capacityBytesOnTiers), dict(info.usedBytesOnTiers)) == ({"MEM": 1000}, {"MEM": 100})
    assert (info.buildVersion.version, info.numVCpu) == ("2.9.6", 4)
    assert info.startTimeMs == 1_005_000


async def test_each_registration_message_is_acknowledged_and_the_end_completes_it() -> None:
    """The official worker waits ten minutes for each acknowledgement, then dies."""
    master = Fixture()
    answer = await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    worker_id = answer.workerId
    master.metadata.lengths = dict.fromkeys(range(30_000), 7)
    requests: asyncio.Queue[pb.RegisterWorkerPRequest | None] = asyncio.Queue()

    async def incoming():  # type: ignore[no-untyped-def]
        while (request := await requests.get()) is not None:
            yield request

    answers = master.worker.register_worker_stream(incoming(), CALL)
    await requests.put(first_message(worker_id, range(25_000)))
    assert await anext(answers) == pb.RegisterWorkerPResponse()
    more = pb.RegisterWorkerPRequest(workerId=worker_id, currentBlocks=[block_list(range(25_000, 30_000))])
    await requests.put(more)
    assert await anext(answers) == pb.RegisterWorkerPResponse()
    worker = master.blocks.registry.worker(worker_id)
    assert worker is not None
    assert worker.state is WorkerState.TEMPORARY
    await requests.put(None)
    with pytest.raises(StopAsyncIteration):
        await anext(answers)
    assert worker.state is WorkerState.LIVE
    assert worker.block_count == 30_000
    assert worker.configuration == (("alluxio.worker.rpc.port", "DEFAULT", "29999"),)


async def test_other_calls_run_while_a_large_registration_is_taken_in() -> None:
    """A worker of a million blocks must not stop the namespace for the time of its registration."""
    master = Fixture()
    answer = await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    turns = 0

    async def other_calls() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(other_calls())
    requests = [first_message(answer.workerId, range(100_000))]
    async for _ in master.worker.register_worker_stream(stream_of(requests), CALL):
        pass
    others.cancel()
    assert turns >= 10


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        pytest.param([], InvalidArgument, id="nothing at all"),
        pytest.param([pb.RegisterWorkerPRequest(workerId=5)], InvalidArgument, id="no tiers in the first message"),
        pytest.param([first_message(77)], WorkerNotFound, id="an id nobody gave"),
    ],
)
async def test_a_registration_that_makes_no_sense_ends_with_an_error(messages: list[object], error: type) -> None:
    """Left open, it would keep the worker waiting instead of starting again."""
    master = Fixture()
    with pytest.raises(error):
        async for _ in master.worker.register_worker_stream(stream_of(messages), CALL):
            pass


async def test_two_lists_for_one_tier_and_medium_are_refused_and_leave_nothing() -> None:
    """2.9.6 fails on it too; half of such a message taken in would hide the mistake."""
    master = Fixture()
    answer = await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    message = first_message(answer.workerId, [1])
    message.currentBlocks.append(block_list([2]))
    with pytest.raises(Internal, match="twice"):
        async for _ in master.worker.register_worker_stream(stream_of([message]), CALL):
            pass
    worker = master.blocks.registry.worker(answer.workerId)
    assert worker is not None
    assert worker.registration is None


async def test_a_silent_registration_is_given_up() -> None:
    """A worker that hangs while registering would hold its lease and its half-registered blocks for ever."""
    master = Fixture(register_stream_timeout_ms=20)
    answer = await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)

    async def hanging():  # type: ignore[no-untyped-def]
        yield first_message(answer.workerId, [1])
        await asyncio.Event().wait()

    answers = master.worker.register_worker_stream(hanging(), CALL)
    await anext(answers)
    with pytest.raises(DeadlineExceeded, match=r"register\.stream\.response\.timeout"):
        await anext(answers)
    assert master.blocks.registry.blocks.workers_of(1) == []


async def test_the_unary_registration_needs_a_lease_and_gives_it_back() -> None:
    """Without the count, a thousand workers that start at once send all their blocks at once."""
    master = Fixture(lease_count_max=1)
    ids = []
    for host in ("w1", "w2"):
        request = pb.GetWorkerIdPRequest(workerNetAddress=net_address(host))
        ids.append((await master.worker.get_worker_id(request, CALL)).workerId)
    with pytest.raises(Unavailable, match="lease"):
        await master.worker.register_worker(first_message(ids[0]), CALL)
    first = await master.worker.request_register_lease(pb.GetRegisterLeasePRequest(workerId=ids[0]), CALL)
    second = await master.worker.request_register_lease(pb.GetRegisterLeasePRequest(workerId=ids[1]), CALL)
    assert (first.allowed, first.expiryMs, second.allowed) == (True, master.clock.ms + 60_000, False)
    await master.worker.register_worker(first_message(ids[0]), CALL)
    second = await master.worker.request_register_lease(pb.GetRegisterLeasePRequest(workerId=ids[1]), CALL)
    assert second.allowed


async def test_heartbeats_tell_strangers_to_register_and_pass_metrics_on() -> None:
    """After a fail-over this is how all workers come back within a second."""
    master = Fixture()
    assert await heartbeat(master, 4711) == (CommandType.Register, set())
    worker_id = await master.registered()
    options = pb.BlockHeartbeatPOptions(
        metrics=[
            Metric(instance="Worker", source="w1", name="BytesReadRemote", value=5, metricType=MetricType.COUNTER)
        ],
        capacityBytesOnTiers={"MEM": 3000},
    )
    beat = await heartbeat(master, worker_id, options=options, usedBytesOnTiers={"MEM": 42})
    assert beat == (CommandType.Nothing, set())
    assert [metric.value for metric in master.metrics.taken] == [5]
    assert (await master.client.get_capacity_bytes(pb.GetCapacityBytesPOptions(), CALL)).bytes == 3000
    assert (await master.client.get_used_bytes(pb.GetUsedBytesPOptions(), CALL)).bytes == 42


async def test_a_commit_is_journaled_once_and_located() -> None:
    """A length in memory only would be gone after a fail-over, and with it the block."""
    master = Fixture()
    worker_id = await master.registered()
    commit = pb.CommitBlockPRequest(
        workerId=worker_id, usedBytesOnTier=64, tierAlias="MEM", mediumType="MEM", blockId=9, length=64
    )
    for _ in range(2):
        await master.worker.commit_block(commit, CALL)
    assert master.journal.committed == [(9, 64)]
    info = (await master.client.get_block_info(pb.GetBlockInfoPRequest(blockId=9), CALL)).blockInfo
    assert (info.blockId, info.length) == (9, 64)
    assert list(info.locations) == [
        BlockLocation(workerId=worker_id, workerAddress=net_address(), tierAlias="MEM", mediumType="MEM")
    ]
    commit.length = 65
    await master.worker.commit_block(commit, CALL)
    assert master.journal.committed == [(9, 64)], "a length that is known is kept"


async def test_a_commit_of_a_stranger_does_not_reach_the_journal() -> None:
    """The client's write fails and is tried again; the journal must not hold a block that nobody has."""
    master = Fixture()
    await master.let_pass(NEW_LEADER_MS)
    with pytest.raises(WorkerNotFound):
        await master.worker.commit_block(pb.CommitBlockPRequest(workerId=5, blockId=9, length=1), CALL)
    assert master.journal.committed == []


async def test_an_official_workers_commit_survives_the_fail_over() -> None:
    """It repeats a commit on UNAVAILABLE with its old id, and registers meanwhile; NOT_FOUND would fail the write."""
    old, new = Fixture(), Fixture()
    worker_id = await old.registered()
    commit = pb.CommitBlockPRequest(workerId=worker_id, blockId=9, length=1, tierAlias="MEM", mediumType="MEM")
    with pytest.raises(Unavailable, match="just begun to lead"):
        await new.worker.commit_block(commit, CALL)
    assert await heartbeat(new, worker_id) == (CommandType.Register, set())
    assert await new.registered() == worker_id
    await new.worker.commit_block(commit, CALL)
    assert new.journal.committed == [(9, 1)]


async def test_negative_block_ids_are_refused_and_leave_nothing() -> None:
    """A damaged report would otherwise end in a traceback, or in a block that no look-up can find again."""
    master = Fixture()
    worker_id = await master.registered()
    with pytest.raises(InvalidArgument, match="-3 is no block id"):
        await master.worker.commit_block_in_ufs(pb.CommitBlockInUfsPRequest(blockId=-3, length=7), CALL)
    with pytest.raises(InvalidArgument, match="-4 is no block id"):
        await master.worker.commit_block(pb.CommitBlockPRequest(workerId=worker_id, blockId=-4, length=7), CALL)
    with pytest.raises(InvalidArgument, match="-5 is no block id"):
        await heartbeat(master, worker_id, addedBlocks=[block_list([1, -5])])
    with pytest.raises(InvalidArgument, match="-6 is no block id"):
        await anext(master.worker.register_worker_stream(stream_of([first_message(worker_id, [-6])]), CALL))
    assert master.journal.committed == []
    assert not master.blocks.registry.blocks.of(-5)
    with pytest.raises(BlockInfoMissing):
        await master.client.get_block_info(pb.GetBlockInfoPRequest(blockId=-1), CALL)


async def test_a_block_in_the_under_storage_only_has_a_length_and_no_place() -> None:
    """Without its length, the file could not be completed."""
    master = Fixture()
    await master.worker.commit_block_in_ufs(pb.CommitBlockInUfsPRequest(blockId=9, length=3), CALL)
    info = (await master.client.get_block_info(pb.GetBlockInfoPRequest(blockId=9), CALL)).blockInfo
    assert (info.length, list(info.locations)) == (3, [])
    with pytest.raises(BlockInfoMissing, match="Block 10 "):
        await master.client.get_block_info(pb.GetBlockInfoPRequest(blockId=10), CALL)


async def test_the_fastest_tier_comes_first() -> None:
    """Clients take the first of equally near places."""
    master = Fixture()
    slow = await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address("w1")), CALL)
    message = pb.RegisterWorkerPRequest(
        workerId=slow.workerId,
        storageTiers=["HDD"],
        totalBytesOnTiers={"HDD": 1},
        usedBytesOnTiers={"HDD": 0},
        currentBlocks=[block_list([1], "HDD")],
    )
    async for _ in master.worker.register_worker_stream(stream_of([message]), CALL):
        pass
    await master.registered("w2", [1])
    assert [location.tierAlias for location in master.blocks.locations(1)] == ["MEM", "HDD"]


async def test_an_unknown_block_is_freed_only_when_it_is_certain() -> None:
    """The official master frees it at once; with a journal that is a moment behind, that destroys cached data."""
    master = Fixture()
    worker_id = await master.registered(block_ids=[1, 2, 3])
    master.metadata.orphans = {1, 2}
    await master.let_pass(PATIENCE_MS - 1)
    assert await heartbeat(master, worker_id) == (CommandType.Nothing, set())
    master.metadata.lengths[2] = 7  # committed meanwhile
    await master.let_pass(1)
    assert await heartbeat(master, worker_id) == (CommandType.Free, {1})
    assert await heartbeat(master, worker_id, removedBlockIds=[1]) == (CommandType.Nothing, set())
    master.metadata.orphans.add(3)  # its file is deleted later
    await master.let_pass(PATIENCE_MS)
    assert await heartbeat(master, worker_id) == (CommandType.Free, {3})


async def test_a_standby_frees_nothing() -> None:
    """A standby may be behind by any number of entries; what it does not know may well exist."""
    master = Fixture()
    worker_id = await master.registered(block_ids=[1])
    master.metadata.orphans = {1}
    master.leading = False
    await master.let_pass(PATIENCE_MS)
    master.leading = True
    assert await heartbeat(master, worker_id) == (CommandType.Nothing, set())
    await master.let_pass(PATIENCE_MS)
    assert await heartbeat(master, worker_id) == (CommandType.Free, {1})


async def test_lost_workers_are_found_by_the_upkeep() -> None:
    """Nobody else looks: readers would be sent to a machine that is switched off."""
    master = Fixture()
    master.metadata.lengths[1] = 5
    await master.registered(block_ids=[1])
    await master.let_pass(315_000)
    assert (await master.client.get_worker_info_list(pb.GetWorkerInfoListPOptions(), CALL)).workerInfos == []
    info = (await master.client.get_block_master_info(pb.GetBlockMasterInfoPOptions(), CALL)).blockMasterInfo
    assert (info.liveWorkerNum, info.lostWorkerNum, info.capacityBytes) == (0, 1, 0)
    assert master.blocks.registry.blocks.lost == {1}


@pytest.mark.parametrize("jump_ms", [3_600_000, -3_600_000], ids=["forward or stopped", "backward"])
async def test_a_jump_of_the_clock_loses_no_worker_and_frees_no_block(jump_ms: int) -> None:
    """A clock set right after a boot, or a master stopped for ten minutes, must not throw the whole cache away."""
    master = Fixture()
    worker_id = await master.registered(block_ids=[1])
    master.metadata.orphans = {1}
    await master.let_pass(5_000)
    master.clock.ms += jump_ms
    await master.upkeep()
    assert await heartbeat(master, worker_id) == (CommandType.Nothing, set())
    await master.let_pass(PATIENCE_MS)
    assert await heartbeat(master, worker_id) == (CommandType.Free, {1})
    await master.let_pass(315_000)
    assert master.blocks.registry.in_state(WorkerState.LIVE) == []


async def test_safe_mode_answers_unavailable() -> None:
    """An empty worker list instead makes clients fail their writes; on UNAVAILABLE they try again."""
    master = Fixture()
    master.blocks.gained_leadership()
    for call in (
        master.client.get_worker_info_list(pb.GetWorkerInfoListPOptions(), CALL),
        master.client.get_worker_report(pb.GetWorkerReportPOptions(), CALL),
        master.client.get_block_info(pb.GetBlockInfoPRequest(blockId=1), CALL),
        master.client.get_capacity_bytes(pb.GetCapacityBytesPOptions(), CALL),
    ):
        with pytest.raises(SafeMode, match="safe mode"):
            await call


async def test_a_standby_sends_callers_on() -> None:
    """An id given by a standby would be unknown to the leader."""
    master = Fixture()
    master.leading = False
    with pytest.raises(NotLeader):
        await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address()), CALL)
    with pytest.raises(NotLeader):
        await master.worker.commit_block(pb.CommitBlockPRequest(workerId=1, blockId=1, length=1), CALL)
    with pytest.raises(NotLeader):
        await master.client.get_worker_info_list(pb.GetWorkerInfoListPOptions(), CALL)
    request = pb.NotifyWorkerIdPRequest(workerId=4711, workerNetAddress=net_address())
    await master.worker.notify_worker_id(request, CALL)
    assert master.blocks.registry.worker(4711) is not None


async def test_master_info_holds_what_was_asked_for() -> None:
    """`fsadmin report summary` prints a line for each field it gets."""
    master = Fixture()
    await master.registered()
    field = pb.BlockMasterInfoField
    request = pb.GetBlockMasterInfoPOptions(filters=[field.USED_BYTES, field.CAPACITY_BYTES_ON_TIERS])
    info = (await master.client.get_block_master_info(request, CALL)).blockMasterInfo
    assert info == pb.BlockMasterInfo(usedBytes=100, capacityBytesOnTiers={"MEM": 1000})
    info = (await master.client.get_block_master_info(pb.GetBlockMasterInfoPOptions(), CALL)).blockMasterInfo
    assert (info.capacityBytes, info.freeBytes, info.usedBytes, info.liveWorkerNum) == (1000, 900, 100, 1)
    assert (info.lostWorkerNum, info.decommissionedWorkerNum) == (0, 0)


async def test_worker_report_ranges_and_fields() -> None:
    """`fsadmin report capacity -live|-lost|-decommissioned|-workers` each sends one range."""
    master = Fixture()
    for host in ("lost", "gone", "off", "live"):
        await master.registered(host)
    ranges, field = pb.WorkerRange, pb.WorkerInfoField
    master.blocks.registry.detect_lost(master.clock.ms)
    for host, again in (("gone", True), ("off", False)):
        request = pb.DecommissionWorkerPOptions(workerHostname=host, workerWebPort=30000, canRegisterAgain=again)
        await master.client.decommission_worker(request, CALL)
    live = next(w for w in master.blocks.registry.in_state(WorkerState.LIVE) if w.address.host == "live")
    await master.let_pass(200_000)
    await heartbeat(master, live.id)
    await master.let_pass(115_000)

    async def report(chosen: int, **fields: object) -> dict[str, str]:
        request = pb.GetWorkerReportPOptions(workerRange=chosen, **fields)  # type: ignore[arg-type]
        infos = (await master.client.get_worker_report(request, CALL)).workerInfos
        return {info.address.host: info.state for info in infos}

    everyone = {"lost": "LOST", "gone": "Decommissioned", "off": "Disabled", "live": "ACTIVE"}
    assert await report(ranges.ALL) == everyone
    assert await report(ranges.LIVE) == {"live": "ACTIVE"}
    assert await report(ranges.LOST) == {"lost": "LOST"}
    assert await report(ranges.DECOMMISSIONED) == {"gone": "Decommissioned", "off": "Disabled"}
    assert await report(ranges.SPECIFIED, addresses=["live", "gone:30000"]) == {
        "live": "ACTIVE",
        "gone": "Decommissioned",
    }
    with pytest.raises(InvalidArgument, match="nobody"):
        await report(ranges.SPECIFIED, addresses=["nobody", "live"])
    request = pb.GetWorkerReportPOptions(workerRange=ranges.LIVE, fieldRanges=[field.ID, field.STATE])
    (info,) = (await master.client.get_worker_report(request, CALL)).workerInfos
    assert info == pb.WorkerInfo(id=live.id, state="ACTIVE")

    with pytest.raises(Unavailable):
        await master.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address("off")), CALL)
    enable = pb.RemoveDisabledWorkerPOptions(workerHostname="off", workerWebPort=30000)
    await master.client.remove_disabled_worker(enable, CALL)
    await master.registered("off")
    assert (await report(ranges.LIVE)).keys() == {"live", "off"}


async def test_lost_storage_is_listed_per_worker() -> None:
    """`fsadmin doctor storage` is how an operator learns of a broken disk."""
    master = Fixture()
    worker_id = await master.registered()
    await master.registered("w2")
    await heartbeat(master, worker_id, lostStorage={"MEM": pb.StorageList(storage=["/mnt/a"])})
    answer = await master.client.get_worker_lost_storage(pb.GetWorkerLostStoragePOptions(), CALL)
    (info,) = answer.workerLostStorageInfo
    assert info.address == net_address()
    assert list(info.lostStorage["MEM"].storage) == ["/mnt/a"]


def test_options_are_those_of_the_properties() -> None:
    """A misspelt key would be noticed only by the operator who sets it."""
    from pyalluxio.conf import Configuration

    assert BlockMasterOptions.of(Configuration.for_test(role="master")) == BlockMasterOptions()
    changed = Configuration.for_test({"alluxio.master.worker.timeout": "7s"}, role="master")
    assert BlockMasterOptions.of(changed).worker_timeout_ms == 7000
