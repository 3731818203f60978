"""What a worker tells its master, what it does on command, and what it keeps from eviction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import BlockDoesNotExist, Unavailable
from pyalluxio.ids import BlockId, SessionId, block_id, file_id
from pyalluxio.ufs import fingerprint
from pyalluxio.ufs.persist_path import FOLDER, persist_path
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as files_pb
from pyalluxio.worker.heartbeat import ReportSettings
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink
from pyalluxio.worker.metrics import BYTES_READ_REMOTE, BYTES_WRITTEN_PER_UFS, WorkerMetrics
from pyalluxio.worker.persist import Persister
from pyalluxio.worker.pins import ASK_AFTER_S, UNFINISHED_S_MAX, PinList
from pyalluxio.worker.reporting import Reporting
from pyalluxio.worker.store import CommittedBlock, DirectorySpec
from pyalluxio.worker.tier_config import TierDirectory
from pyalluxio.worker.ufs_mounts import UfsMounts
from tests.unit.worker.fake_master import FakeMaster, running_master
from tests.waiting import until

WRITER = SessionId(5)
A, B, C = block_id(1, 0), block_id(1, 1), block_id(2, 0)
ADDRESS = common_pb2.WorkerNetAddress(host="w", rpcPort=1, dataPort=1, webPort=2)
QUICK = ReportSettings(interval_s=0.01, rpc_timeout_s=5)


def open_blocks(path: Path, capacity: int = 1000) -> LocalBlocks:
    return LocalBlocks.open(
        [TierDirectory(DirectorySpec(0, "MEM", "MEM", capacity), f"{path}/alluxioworker")], ".tmp_blocks", 1024
    )


def put(blocks: LocalBlocks, block: BlockId, data: bytes, pin: bool = False) -> CommittedBlock:
    Path(blocks.create(WRITER, block, len(data), pin=pin)).write_bytes(data)
    return blocks.commit(WRITER, block)


@asynccontextmanager
async def reporting(
    tmp_path: Path, settings: ReportSettings = QUICK
) -> AsyncIterator[tuple[FakeMaster, MasterLink, LocalBlocks, Reporting]]:
    blocks = open_blocks(tmp_path)
    async with running_master() as (master, link):
        reporter = Reporting(link, blocks, WorkerMetrics(), ADDRESS, settings)
        yield master, link, blocks, reporter
        await reporter.close()
    blocks.close()


@asynccontextmanager
async def in_background(coroutine: Any) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def reported(messages: list[Any], name: str) -> list[int]:
    return [block for message in messages for entry in getattr(message, name) for block in entry.value.blockId]


async def test_registration_tells_every_block_once(tmp_path: Path) -> None:
    """A block that is not registered is freed by nobody and found by nobody; one told twice is an error."""
    settings = ReportSettings(interval_s=0.01, rpc_timeout_s=5, blocks_per_message_max=2)
    async with reporting(tmp_path, settings) as (master, _, blocks, reporter):
        for block in (A, B, C):
            put(blocks, block, b"x" * 10)
        await reporter.register()
        (messages,) = master.registrations
        assert len(messages) == 2
        assert sorted(reported(messages, "currentBlocks")) == [A, B, C]
        first = messages[0]
        assert list(first.storageTiers) == ["MEM"]
        assert (dict(first.totalBytesOnTiers), dict(first.usedBytesOnTiers)) == ({"MEM": 1000}, {"MEM": 30})
        assert not messages[1].storageTiers
        assert {message.workerId for message in messages} == {77}


async def test_worker_without_blocks_registers(tmp_path: Path) -> None:
    """The first start of every worker."""
    async with reporting(tmp_path) as (master, _, _, reporter):
        await reporter.register()
        assert len(master.registrations[0]) == 1
        assert reporter.is_registered


async def test_heartbeat_reports_differences(tmp_path: Path) -> None:
    """The master's picture must follow what is here, without being told everything every second."""
    async with reporting(tmp_path) as (master, _, blocks, reporter):
        put(blocks, A, b"x")
        async with in_background(reporter.run()):
            await until(lambda: master.heartbeats)
            put(blocks, B, b"yy")
            await blocks.remove(A)
            await until(lambda: reported(master.heartbeats, "addedBlocks") == [B])
            removed = [block for beat in master.heartbeats for block in beat.removedBlockIds]
            assert removed == [A]
            assert dict(master.heartbeats[-1].usedBytesOnTiers) == {"MEM": 2}


async def test_failed_heartbeat_loses_nothing(tmp_path: Path) -> None:
    """During a fail-over reports fail; a block forgotten then would be unknown until the next restart."""
    async with reporting(tmp_path) as (master, _, blocks, reporter):
        await reporter.register()
        master.failing_heartbeats = 3
        put(blocks, B, b"yy")
        async with in_background(reporter.run()):
            await until(lambda: reported(master.heartbeats, "addedBlocks") == [B])


async def test_master_that_forgot_gets_a_registration(tmp_path: Path) -> None:
    """After a fail-over the new leader knows no worker."""
    async with reporting(tmp_path) as (master, _, blocks, reporter):
        put(blocks, A, b"x")
        async with in_background(reporter.run()):
            await until(lambda: len(master.heartbeats) > 1)
            master.is_worker_known = False
            master.worker_id = 88
            await until(lambda: len(master.registrations) == 2)
            assert reported(master.registrations[1], "currentBlocks") == [A]
            await until(lambda: master.heartbeats[-1].workerId == 88)


async def test_commit_after_a_fail_over_registers_first(tmp_path: Path) -> None:
    """Otherwise every write in flight during a fail-over fails with NOT_FOUND."""
    async with reporting(tmp_path, ReportSettings(interval_s=30, rpc_timeout_s=5)) as (master, _, blocks, reporter):
        async with in_background(reporter.run()):
            await until(lambda: master.heartbeats)
            master.is_worker_known = False
            master.worker_id = 88
            await reporter.commit(put(blocks, A, b"data"))
        (commit,) = master.commits
        assert (commit.workerId, commit.blockId, commit.length, commit.tierAlias) == (88, A, 4, "MEM")
        assert commit.usedBytesOnTier == 4


async def test_free_command_removes_blocks(tmp_path: Path) -> None:
    """Deleted files must give their memory back, and the master must hear of it."""
    async with reporting(tmp_path) as (master, _, blocks, reporter):
        put(blocks, A, b"x")
        master.is_worker_known = True
        master.commands = [common_pb2.Command(commandType=common_pb2.Free, data=[A, C])]
        async with in_background(reporter.run()):
            await until(
                lambda: {block for beat in master.heartbeats for block in beat.removedBlockIds} == {A, C},
                what="both blocks, also the unknown one, reported as removed",
            )
        assert blocks.store.block_count == 0


async def test_refused_lease_is_waited_for(tmp_path: Path) -> None:
    """A thousand workers that restart together register one after the other."""
    async with reporting(tmp_path) as (master, _, _, reporter):
        master.leases_refused = 1
        await reporter.register()
        assert reporter.is_registered


async def test_worker_gives_up_in_the_end(tmp_path: Path) -> None:
    """A worker that serves nobody for an hour ends, so that its supervisor notices."""
    now_s = 0.0
    async with reporting(tmp_path) as (master, link, blocks, _):
        master.failing_heartbeats = 10**9
        reporter = Reporting(link, blocks, WorkerMetrics(), ADDRESS, QUICK, clock=lambda: now_s)
        master.is_worker_known = True
        async with in_background(reporter.run()) as running:
            await until(lambda: master.failing_heartbeats < 10**9)
            now_s = 3601.0
            with pytest.raises(Unavailable, match="No master answered for 3600 s"):
                await asyncio.wait_for(running, 10)


async def test_counters_travel_once(tmp_path: Path) -> None:
    """A difference reported twice doubles the cluster's throughput on every page."""
    metrics = WorkerMetrics()
    blocks = open_blocks(tmp_path)
    async with running_master() as (master, link):
        reporter = Reporting(link, blocks, metrics, ADDRESS, QUICK)
        await reporter.register()
        metrics.add(BYTES_READ_REMOTE, 10)
        metrics.add(BYTES_WRITTEN_PER_UFS, 5, "/ufs")
        master.failing_heartbeats = 1
        async with in_background(reporter.run()):
            await until(lambda: len(master.heartbeats) > 3)
        sent = [metric for beat in master.heartbeats for metric in beat.options.metrics]
        assert {(metric.instance, metric.source, metric.name, metric.value) for metric in sent} == {
            ("Worker", "w", BYTES_READ_REMOTE, 10),
            ("Worker", "w", BYTES_WRITTEN_PER_UFS, 5),
        }
        assert len(sent) == 2


# --- pins ---


async def test_pins_follow_the_master(tmp_path: Path) -> None:
    """Pinned files stay in memory; that is what users pin them for."""
    async with reporting(tmp_path) as (master, link, blocks, _):
        put(blocks, A, b"x")
        master.pinned = [file_id(1)]
        await PinList(link, blocks).refresh()
        assert blocks.store.is_pinned(A)
        master.pinned = []
        await PinList(link, blocks).refresh()
        assert not blocks.store.is_pinned(A)


@pytest.mark.parametrize(
    ("info", "stays"),
    [
        pytest.param(None, False, id="deleted"),
        pytest.param({"completed": False, "persistenceState": "NOT_PERSISTED"}, True, id="still being written"),
        pytest.param({"completed": True, "persistenceState": "TO_BE_PERSISTED"}, True, id="waiting to be persisted"),
        pytest.param({"completed": True, "persistenceState": "PERSISTED"}, False, id="persisted"),
        pytest.param({"completed": True, "persistenceState": "NOT_PERSISTED"}, False, id="never to be persisted"),
    ],
)
async def test_writers_pin_lasts_until_the_file_is_safe(
    tmp_path: Path, info: dict[str, Any] | None, stays: bool
) -> None:
    """Released too early an unpersisted file is lost; never released its memory is lost."""
    now_s = 0.0
    async with reporting(tmp_path) as (master, link, blocks, _):
        pins = PinList(link, blocks, clock=lambda: now_s)
        put(blocks, A, b"x", pin=True)
        if info is not None:
            master.files[file_id(1)] = files_pb.FileInfo(fileId=file_id(1), **info)
        await pins.refresh()
        assert blocks.store.is_pinned(A), "the master is asked only after a while"
        now_s = ASK_AFTER_S + 1
        await pins.refresh()
        assert blocks.store.is_pinned(A) is stays


async def test_pin_of_a_dead_writer_ends(tmp_path: Path) -> None:
    """Jobs that crash every night must not fill the memory with halves of files for ever."""
    now_s = 0.0
    async with reporting(tmp_path) as (master, link, blocks, _):
        pins = PinList(link, blocks, clock=lambda: now_s)
        put(blocks, A, b"x", pin=True)
        master.files[file_id(1)] = files_pb.FileInfo(fileId=file_id(1), completed=False)
        await pins.refresh()
        now_s = UNFINISHED_S_MAX + 1
        await pins.refresh()
        assert not blocks.store.is_pinned(A)


# --- persisting ---


@asynccontextmanager
async def persisting(tmp_path: Path) -> AsyncIterator[tuple[FakeMaster, LocalBlocks, Persister, Path]]:
    ufs = tmp_path / "ufs"
    ufs.mkdir()
    async with reporting(tmp_path) as (master, link, blocks, _):
        master.ufs = str(ufs)
        mounts = UfsMounts(link.mount_info)
        persister = Persister(link, lambda: 77, blocks, mounts, WorkerMetrics(), interval_s=0.01, timeout_s=5)
        persister.start()
        yield master, blocks, persister, ufs
        await persister.close()


def order(master: FakeMaster, ufs: Path, blocks: list[int], length: int) -> None:
    master.files[file_id(1)] = files_pb.FileInfo(
        fileId=file_id(1),
        ufsPath=f"{ufs}/d/file",
        length=length,
        mode=0o640,
        mountId=1,
        blockIds=blocks,
        completed=True,
    )
    master.orders = [(file_id(1), blocks)]


def unpublished(ufs: Path) -> Path:
    """Return where the master looks for what this worker wrote; it gives the file its final name."""
    return Path(persist_path(str(ufs), file_id(1)))


async def test_ordered_file_is_persisted_and_reported(tmp_path: Path) -> None:
    """ASYNC_THROUGH is the default: without this no file ever reaches the under storage."""
    async with persisting(tmp_path) as (master, blocks, persister, ufs):
        put(blocks, A, b"first ")
        put(blocks, B, b"second")
        order(master, ufs, [A, B], 12)
        async with in_background(persister.run()):
            await until(lambda: master.persisted)
        written = unpublished(ufs)
        assert written.read_bytes() == b"first second"
        assert written.stat().st_mode & 0o777 == 0o640
        found = fingerprint.parse(master.persisted[file_id(1)])
        assert found is not None and (found.ufs, found.mode) == ("local", "416")
        assert [path for path in ufs.rglob("*") if path.is_file()] == [written]


async def test_file_that_went_away_is_dropped(tmp_path: Path) -> None:
    """A deleted file must not come back in the under storage."""
    async with persisting(tmp_path) as (master, blocks, persister, ufs):
        put(blocks, A, b"data")
        order(master, ufs, [A], 4)
        del master.files[file_id(1)]
        assert await persister.persist(file_id(1), [A]) is None
        assert list(ufs.rglob("*")) == []


async def test_missing_block_writes_nothing(tmp_path: Path) -> None:
    """Half a file under the final name would count as the file."""
    async with persisting(tmp_path) as (master, blocks, persister, ufs):
        put(blocks, A, b"first ")
        order(master, ufs, [A, B], 12)
        with pytest.raises(BlockDoesNotExist):
            await persister.persist(file_id(1), [A, B])
        assert [path for path in ufs.rglob("*") if path.is_file()] == []
        async with in_background(persister.run()):
            put(blocks, B, b"second")
            await until(lambda: master.persisted, what="the next order being obeyed")


async def test_failed_file_is_tried_again(tmp_path: Path) -> None:
    """An under storage that is away for a minute must not lose files."""
    async with persisting(tmp_path) as (master, blocks, persister, ufs):
        put(blocks, A, b"data")
        order(master, ufs, [A], 4)
        (ufs / FOLDER).write_text("in the way")
        async with in_background(persister.run()):
            await until(lambda: persister._failures, what="the first failure")
            master.orders = []
            (ufs / FOLDER).unlink()
            await until(lambda: master.persisted)
        assert unpublished(ufs).read_bytes() == b"data"
