"""What the leading master does by itself: times to live, lost files, orphaned blocks, times of access."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.errors import UfsError
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import create_file, rename, set_attribute
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.periodic import TTL_ATTEMPTS_MAX, PeriodicChecks, PeriodicSettings
from pyalluxio.master.state.tx import BLOCKS
from pyalluxio.wire.gen import block_master_pb2, common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import DAY_MS, Disk, Harness, eventually, settle
from tests.waiting import until

NEVER = messages.NEVER
HOUR_MS = 3_600_000


def checks(cluster: Harness, *, repair: bool = True) -> PeriodicChecks:
    settings = PeriodicSettings(HOUR_MS, HOUR_MS, HOUR_MS, repair)
    return PeriodicChecks(settings, cluster.master.file_system, cluster.master.block_master)


async def existing(cluster: Harness) -> list[str]:
    return await cluster.names("/", load=NEVER, recursive=True)


# --- times to live -------------------------------------------------------------------------------------------------

ACTIONS = {
    "DELETE": (common_pb2.DELETE, [], ["/data"]),
    "DELETE_ALLUXIO": (common_pb2.DELETE_ALLUXIO, [], ["/data", "/data/d", "/data/d/f"]),
    "FREE": (common_pb2.FREE, ["/d", "/d/f"], ["/data", "/data/d", "/data/d/f"]),
}


@pytest.mark.parametrize(("action", "names", "stored"), ACTIONS.values(), ids=ACTIONS)
async def test_time_to_live(action: int, names: list[str], stored: list[str]) -> None:
    """Counted from the creation; a minute too early is data lost, never is a cache that fills up."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        await cluster.set("/d", ttl=DAY_MS, ttl_action=action)
        disk.clock.ms += DAY_MS - 1
        await checks(cluster).expire_ttl()
        assert await existing(cluster) == ["/d", "/d/f"]
        disk.clock.ms += 1
        await checks(cluster).expire_ttl()
        assert await existing(cluster) == names
        assert disk.ufs.paths() == stored
    disk.check()


async def test_freed_by_its_time_it_lives_on() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        info = await cluster.through_file("/f")
        await cluster.worker("w", [info.blockIds[0]])
        await cluster.set("/f", ttl=1, ttl_action=common_pb2.FREE, pinned=True)
        disk.clock.ms += 10
        await checks(cluster).expire_ttl()
        info = await cluster.status("/f")
        assert (info.ttl, info.ttlAction, info.pinned) == (-1, common_pb2.DELETE, False)
        assert [list(worker.to_remove) for worker in cluster.master.block_master.registry.in_state()] == []
    disk.check()


async def test_expiry_is_for_the_file_that_was_due() -> None:
    """A new file took the name while the expiry waited for the path: deleting that one would be data lost."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/f")
        await cluster.set("/f", ttl=1, ttl_action=common_pb2.DELETE)
        disk.clock.ms += 10
        master = cluster.master.file_system
        async with master.locks.hold(("/f",), 1) as lock:
            expiry = asyncio.create_task(checks(cluster).expire_ttl())
            await settle()
            await master.write(None, lambda context: rename.run(context, RenameRequest("/f", "/old")), ("/f",), lock)
            request = CreateFileRequest("/f", block_size_bytes=1, replication_max=-1)
            await master.write(None, lambda context: create_file.run(context, request), ("/f",), lock)
        await expiry
        names = await existing(cluster)
        assert "/f" in names
    disk.check()


async def test_ttl_that_was_taken_back_in_time() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/f")
        await cluster.set("/f", ttl=1, ttl_action=common_pb2.DELETE)
        disk.clock.ms += 10
        async with cluster.master.file_system.locks.hold(("/f",), 1) as lock:
            expiry = asyncio.create_task(checks(cluster).expire_ttl())
            await settle()
            await _unset_ttl(cluster.master.file_system, "/f", lock)
        await expiry
        assert await existing(cluster) == ["/f"]
    disk.check()


async def _unset_ttl(master: FileSystemMaster, path: str, lock: object) -> None:
    wanted = SetAttributeRequest(path, ttl_ms=-1)
    await master.write_long(None, path, lambda context: set_attribute.run(context, wanted), lock)  # type: ignore[arg-type]


async def test_expiry_that_fails_is_tried_again_but_not_for_ever() -> None:
    """One path that its storage refuses to delete must neither stop the others nor be tried without end."""
    disk = Disk()
    async with disk.master() as cluster:
        for name in ("/a", "/b"):
            await cluster.through_file(name)
            await cluster.set(name, ttl=1, ttl_action=common_pb2.DELETE)
        disk.clock.ms += 10
        disk.ufs.break_down("delete_file /data/a")
        periodic = checks(cluster)
        for _ in range(TTL_ATTEMPTS_MAX + 2):
            await periodic.expire_ttl()
        assert await existing(cluster) == ["/a"]
        assert disk.ufs.asked("delete_file").count(("/data/a",)) == TTL_ATTEMPTS_MAX
        disk.ufs.failing.clear()
        await checks(cluster).expire_ttl()
        assert await existing(cluster) == []
    disk.check()


async def test_many_are_due_at_once() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await asyncio.gather(*(cluster.create(f"/d/{n}") for n in range(1005)))
        await asyncio.gather(*(cluster.set(f"/d/{n}", ttl=1, ttl_action=common_pb2.DELETE) for n in range(1005)))
        disk.clock.ms += 10
        await checks(cluster).expire_ttl()
        assert await existing(cluster) == ["/d"]
    disk.check()


# --- blocks --------------------------------------------------------------------------------------------------------


async def test_file_whose_only_copy_is_gone_is_lost() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        workers = [await cluster.worker("w1"), await cluster.worker("w2")]
        await cluster.cached_file("/one", workers[:1])
        await cluster.cached_file("/two", workers)
        persisted = await cluster.through_file("/persisted")
        await cluster.blocks.commit_block(_commit(workers[0], persisted.blockIds[0]), None)  # type: ignore[arg-type]
        registry = cluster.master.block_master.registry
        registry.decommission("w1", None, can_register_again=True)
        while registry.purge():
            pass
        await checks(cluster).mark_lost_files()
        states = {info.path: info.persistenceState for info in await cluster.infos("/", load=NEVER)}
        assert states == {"/one": "LOST", "/persisted": "PERSISTED", "/two": "NOT_PERSISTED"}
    disk.check()


def _commit(worker_id: int, block_id: int) -> object:
    return block_master_pb2.CommitBlockPRequest(
        workerId=worker_id, tierAlias="MEM", mediumType="MEM", blockId=block_id, length=5
    )


@pytest.mark.parametrize("repair", [True, False])
async def test_block_records_without_file(repair: bool) -> None:
    """A commit that came after the deletion of its file leaves one; nobody would ever free it."""
    disk = Disk()
    async with disk.master() as cluster:
        info = await cluster.cached_file("/f", [await cluster.worker()])
        await cluster.master.file_system.write(None, lambda context: context.emit(BlockInfoEntry(5 << 24, 7)))
        await checks(cluster, repair=repair).check_blocks()
        with disk.store.read() as view:
            assert view.get(BLOCKS, info.blockIds[0]) == 5
            assert view.get(BLOCKS, 5 << 24) == (None if repair else 7)


async def test_checks_run_at_their_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that nobody starts is no check; one that fails once has to run again."""
    disk = Disk()
    async with disk.master() as cluster:
        runs: list[str] = []
        periodic = PeriodicChecks(
            PeriodicSettings(1, 1, -1, True), cluster.master.file_system, cluster.master.block_master
        )

        async def expire() -> None:
            runs.append("ttl")
            if len(runs) == 1:
                raise UfsError("down")

        async def never() -> None:
            runs.append("integrity")

        monkeypatch.setattr(periodic, "expire_ttl", expire)
        monkeypatch.setattr(periodic, "check_blocks", never)
        task = asyncio.create_task(periodic.run())
        await until(lambda: runs.count("ttl") >= 3)
        task.cancel()
        assert "integrity" not in runs


# --- times of access -----------------------------------------------------------------------------------------------


async def flush(cluster: Harness) -> None:
    times = cluster.master.file_system.access_times
    await cluster.master.file_system.write_access_times(times.take())


async def test_opening_moves_the_access_time() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/d/f")
        created = disk.clock.ms
        disk.clock.ms += DAY_MS
        await cluster.status("/d/f", accessMode=common_pb2.READ)
        await flush(cluster)
        assert (await cluster.status("/d/f")).lastAccessTimeMs == created
        disk.clock.ms += 1
        await cluster.status("/d/f")
        await cluster.status("/d/f", accessMode=common_pb2.READ, updateTimestamps=False)
        assert len(cluster.master.file_system.access_times) == 0
        await cluster.status("/d/f", accessMode=common_pb2.READ)
        await cluster.names("/d")
        assert len(cluster.master.file_system.access_times) == 2
        before = len(disk.log)
        await flush(cluster)
        assert len(disk.log) == before + 1
        assert (await cluster.status("/d/f")).lastAccessTimeMs == disk.clock.ms
        assert (await cluster.status("/d")).lastAccessTimeMs == disk.clock.ms
    disk.check()


async def test_access_times_are_written_by_themselves() -> None:
    disk = Disk(alluxio__master__file__access__time__update__precision="0")
    async with disk.master() as cluster:
        await cluster.create("/f")
        disk.clock.ms += 10
        await cluster.status("/f", accessMode=common_pb2.READ)

        async def accessed() -> int:
            return (await cluster.status("/f")).lastAccessTimeMs  # type: ignore[no-any-return]

        await eventually(accessed, disk.clock.ms)
    disk.check()


async def test_access_of_a_file_that_is_deleted_meanwhile() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/f")
        disk.clock.ms += 2 * DAY_MS
        await cluster.status("/f", accessMode=common_pb2.READ)
        await cluster.delete("/f")
        await flush(cluster)
    disk.check()


async def test_access_times_switched_off() -> None:
    disk = Disk(alluxio__master__file__access__time__updater__enabled="false")
    async with disk.master() as cluster:
        await cluster.create("/f")
        disk.clock.ms += 2 * DAY_MS
        await cluster.status("/f", accessMode=common_pb2.READ)
        assert len(cluster.master.file_system.access_times) == 0
