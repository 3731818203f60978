"""Files on their way into the under storage: by a worker's hand, by the master's own, and what may happen meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from pyalluxio.errors import AlluxioError, FailedPrecondition, UfsError
from pyalluxio.master import mount_calls, persistence
from pyalluxio.master.persistence import OwnTask
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call
from pyalluxio.wire.sasl import Identity
from tests.unit.master.master_harness import Disk, Harness, MemoryStorage, eventually, plain, settle
from tests.waiting import until

NEVER = messages.NEVER
CALL = Call(Identity("root", "root"))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the master look for work of its own at once."""
    monkeypatch.setattr(persistence, "CHECK_INTERVAL_S", 0.005)
    yield


def temp(file_id: int) -> str:
    return f"/data/.alluxio_ufs_persistence/{file_id}.alluxio.0x{file_id:016X}.tmp"


async def ordered(cluster: Harness, path: str, **options: object) -> tuple[int, int]:
    """Make a file that a worker was told to write; returns the worker and the file."""
    worker = await cluster.worker()
    await cluster.heartbeat(worker)
    info = await cluster.cached_file(path, [worker], persist_wait_ms=0, **options)
    assert await cluster.heartbeat(worker) == {info.fileId: list(info.blockIds)}
    await cluster.ufs.put(temp(info.fileId), b"12345")
    return worker, info.fileId


async def state(cluster: Harness, path: str) -> str:
    return (await cluster.status(path, load=NEVER)).persistenceState  # type: ignore[no-any-return]


# --- by a worker ---------------------------------------------------------------------------------------------------


async def test_ordered_reported_published() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/a", user="root", mode=0o777)
        worker, file_id = await ordered(cluster, "/a/b/f", user="ann")
        assert await state(cluster, "/a/b/f") == "TO_BE_PERSISTED"
        pinned = cluster.workers.get_pinned_file_ids(messages.GetPinnedFileIdsPRequest(), CALL)
        assert list(pinned.pinnedFileIds) == [file_id]
        assert await cluster.heartbeat(worker, [file_id]) == {}
        info = await cluster.status("/a/b/f")
        assert (info.persisted, info.length) == (True, 5)
        assert [name for name in disk.ufs.paths() if "persistence" not in name] == [
            "/data",
            "/data/a",
            "/data/a/b",
            "/data/a/b/f",
        ]
        found = await disk.ufs.status("/data/a/b/f")
        assert found is not None
        assert (found.owner, found.group, found.mode) == ("ann", "staff", 0o644)
        assert all([(await cluster.status(path)).persisted for path in ("/a", "/a/b")])
        assert (await cluster.status("/a/b/f", interval_ms=0)).fileId == file_id, "the fingerprint does not match"
        assert len(cluster.master.persistence) == 0
    disk.check()


async def test_waits_as_long_as_the_writer_asked() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        await cluster.heartbeat(worker)
        info = await cluster.cached_file("/f", [worker], persist_wait_ms=60_000)
        assert await cluster.heartbeat(worker) == {}
        disk.clock.ms += 60_000
        assert list(await cluster.heartbeat(worker)) == [info.fileId]


async def test_renamed_while_it_is_written() -> None:
    """Spark writes to a temporary name and renames at once: the storage must have the file under its last name only."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/tmp/f")
        await cluster.mkdir("/out")
        await cluster.rename("/tmp/f", "/out/g")
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/out/g") == "PERSISTED"
        assert [name for name in disk.ufs.paths() if name.endswith(("f", "g"))] == ["/data/out/g"]
    disk.check()


@pytest.mark.parametrize("foreign", [b"other", b"and longer"])
async def test_a_file_that_appeared_under_the_name_is_kept(foreign: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody wrote into the storage meanwhile: neither their data nor that of the cluster may go without a word."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        await disk.ufs.put("/data/f", foreign)
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "TO_BE_PERSISTED"
        assert await disk.ufs.read("/data/f", 0, 99) == foreign
        assert await disk.ufs.read(temp(file_id), 0, 99) == b"12345"
        assert "/f is not persisted: the under storage has another file at " in caplog.text
        await disk.ufs.delete_file("/data/f")
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "PERSISTED"
        assert await disk.ufs.read("/data/f", 0, 99) == b"12345"
    disk.check()


async def test_what_an_earlier_leader_published_is_published_again() -> None:
    """It renamed the file and was gone before it could say so; the worker wrote it once more."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        await disk.ufs.put("/data/f", b"12345")
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "PERSISTED"
        assert temp(file_id) not in disk.ufs.paths()
    disk.check()


async def test_unmount_waits_for_what_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script writes, then unmounts: its last files must be in the storage, or it must be told that they are not."""
    monkeypatch.setattr(mount_calls, "UNMOUNT_POLL_S", 0.005)
    monkeypatch.setattr(mount_calls, "UNMOUNT_WAIT_S", 0.02)
    disk = Disk()
    async with disk.master() as cluster:
        storage = await cluster.new_mount("/m")
        worker = await cluster.worker()
        await cluster.heartbeat(worker)
        info = await cluster.cached_file("/m/f", [worker], persist_wait_ms=0)
        assert list(await cluster.heartbeat(worker)) == [info.fileId]
        await storage.put(temp(info.fileId).replace("/data/", "/top/"), b"12345")
        with pytest.raises(FailedPrecondition, match="1 files below it .* such as /m/f"):
            await cluster.unmount("/m")
        monkeypatch.setattr(mount_calls, "UNMOUNT_WAIT_S", 60)
        unmounting = asyncio.create_task(cluster.unmount("/m"))
        await asyncio.sleep(0)
        await cluster.heartbeat(worker, [info.fileId])
        await unmounting
        assert "/top/f" in storage.paths()
        assert not await cluster.exists("/m", load=NEVER)
    disk.check()


async def test_deleted_while_it_is_written() -> None:
    """What the worker has written is removed: nobody else would know of it."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        await cluster.delete("/f")
        await cluster.heartbeat(worker, [file_id])
        assert temp(file_id) not in disk.ufs.paths()
        assert "/data/f" not in disk.ufs.paths()
        assert len(cluster.master.persistence) == 0
    disk.check()


async def test_reported_twice() -> None:
    """The answer to the first report was lost on the way."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        await cluster.heartbeat(worker, [file_id])
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "PERSISTED"
        assert "/data/f" in disk.ufs.paths()


async def test_reported_but_not_written() -> None:
    """Published by its report alone, the file would count as safe while the storage has nothing."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        await disk.ufs.put(temp(file_id), b"123")
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "TO_BE_PERSISTED"
        disk.clock.ms += 1_000
        assert list(await cluster.heartbeat(worker)) == [file_id]


async def test_storage_that_fails_at_the_end_is_asked_again_after_a_pause() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        disk.ufs.break_down("rename_file")
        for pause_ms in (1_000, 2_000, 4_000):
            await cluster.heartbeat(worker, [file_id])
            assert await cluster.heartbeat(worker) == {}
            disk.clock.ms += pause_ms - 1
            assert await cluster.heartbeat(worker) == {}
            disk.clock.ms += 1
            assert list(await cluster.heartbeat(worker)) == [file_id]
        disk.ufs.failing.clear()
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "PERSISTED"


async def test_worker_that_is_gone() -> None:
    """Its order runs out, and the other worker that holds the file gets it."""
    disk = Disk()
    async with disk.master() as cluster:
        first, second = await cluster.worker("w1"), await cluster.worker("w2")
        await cluster.heartbeat(first)
        await cluster.heartbeat(second)
        info = await cluster.cached_file("/f", [first, second], persist_wait_ms=0)
        assert list(await cluster.heartbeat(first)) == [info.fileId]
        assert await cluster.heartbeat(second) == {}
        disk.clock.ms += 61_000
        assert list(await cluster.heartbeat(second)) == [info.fileId]


async def test_given_up_in_the_end() -> None:
    disk = Disk(alluxio__master__persistence__max__total__wait__time="10min")
    async with disk.master() as cluster:
        worker = await cluster.worker()
        info = await cluster.cached_file("/f", [worker], persist_wait_ms=0)
        cluster.master.block_master.registry.decommission("w1", None, can_register_again=True)
        disk.clock.ms += 600_000
        await eventually(lambda: state(cluster, "/f"), "NOT_PERSISTED")
        assert len(cluster.master.persistence) == 0
        pinned = cluster.workers.get_pinned_file_ids(messages.GetPinnedFileIdsPRequest(), CALL)
        assert info.fileId not in pinned.pinnedFileIds
    disk.check()


async def test_deleted_while_it_was_to_be_published() -> None:
    """The deletion has the path's lock when the worker reports: what it wrote would lie there for an hour."""
    disk = Disk()
    async with disk.master() as cluster:
        worker, file_id = await ordered(cluster, "/f")
        assert [path for path in disk.ufs.paths() if path.endswith(".tmp")]
        async with cluster.master.file_system.locks.hold(("/f",), 10):
            deleting = asyncio.create_task(cluster.delete("/f"))
            await settle()
            reporting = asyncio.create_task(cluster.heartbeat(worker, [file_id]))
            await settle()
        await deleting
        await reporting
        assert not [path for path in disk.ufs.paths() if path.endswith(".tmp")]
    disk.check()


async def test_scheduled_by_hand() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        await cluster.heartbeat(worker)
        info = await cluster.cached_file("/f", [worker])
        await cluster.call("schedule_async_persistence", messages.ScheduleAsyncPersistencePRequest(path="/f"))
        assert list(await cluster.heartbeat(worker)) == [info.fileId]


async def test_a_new_leader_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgotten in a fail-over, the file would stay in memory only, until its worker falls too."""
    disk = Disk()
    async with disk.master() as cluster:
        _, file_id = await ordered(cluster, "/f")
    # The worker shall be asked first.
    monkeypatch.setattr(persistence, "CHECK_INTERVAL_S", 1000)
    async with disk.master() as cluster:
        worker = await cluster.worker("w9", [(file_id >> 24) << 24])
        await until(lambda: len(cluster.master.persistence) == 1)
        assert list(await cluster.heartbeat(worker)) == [file_id]
        await cluster.heartbeat(worker, [file_id])
        assert await state(cluster, "/f") == "PERSISTED"
    disk.check()


async def test_what_a_dead_leader_published_does_not_come_back() -> None:
    """It died between the storage and the journal; a file that is deleted or renamed then left its old name behind."""
    disk = Disk()
    names = ("/deleted", "/renamed", "/d/moved")
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        ids = [(await ordered(cluster, name))[1] for name in names]
        worker = await cluster.worker()
        carry_out = cluster.master.file_system.under_storages.carry_out

        async def and_die(*arguments: Any) -> Any:
            results = await carry_out(*arguments)
            cluster.journal.lose()
            return results

        cluster.master.file_system.under_storages.carry_out = and_die  # type: ignore[method-assign]
        with pytest.raises(AlluxioError):
            await cluster.heartbeat(worker, ids)
    published = [name for name in names if f"/data{name}" in disk.ufs.paths()]
    assert published, "nothing was published before the leader died"
    async with disk.master() as cluster:
        await cluster.delete("/deleted")
        await cluster.rename("/renamed", "/new")
        await cluster.rename("/d", "/e")
        assert not {f"/data{name}" for name in names} & set(disk.ufs.paths())
    disk.check()


# --- by the master itself ------------------------------------------------------------------------------------------


class Writer:
    """Stands for the copying from workers: notes what it is asked for, and writes zeros."""

    def __init__(self, cluster: Harness) -> None:
        self.tasks: list[OwnTask] = []
        self.failures = 0
        self._storage: MemoryStorage = cluster.ufs
        cluster.master.persistence._write = self.write

    async def write(self, task: OwnTask) -> None:
        self.tasks.append(task)
        if self.failures:
            self.failures -= 1
            raise UfsError("The storage is down.")
        await self._storage.put(plain(task.temp_ufs_path), b"\0" * sum(length for _, length in task.blocks))


async def persisted(cluster: Harness, path: str) -> None:
    await eventually(lambda: state(cluster, path), "PERSISTED")


async def test_only_official_workers_hold_it() -> None:
    """They cannot persist; without the master's own hand the file would wait for ever."""
    disk = Disk()
    async with disk.master() as cluster:
        writer = Writer(cluster)
        worker = await cluster.worker()
        info = await cluster.cached_file("/d/f", [worker], persist_wait_ms=0)
        await persisted(cluster, "/d/f")
        assert [(task.file_id, task.blocks) for task in writer.tasks] == [(info.fileId, ((info.blockIds[0], 5),))]
        assert "/data/d/f" in disk.ufs.paths()
    disk.check()


async def test_empty_file() -> None:
    """No worker holds anything of it, and yet `_SUCCESS` has to appear."""
    disk = Disk()
    async with disk.master() as cluster:
        Writer(cluster)
        await cluster.cached_file("/_SUCCESS", [], persist_wait_ms=0)
        await persisted(cluster, "/_SUCCESS")
        assert "/data/_SUCCESS" in disk.ufs.paths()
    disk.check()


async def test_blocks_on_two_workers() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        writer = Writer(cluster)
        workers = [await cluster.worker("w1"), await cluster.worker("w2")]
        for worker in workers:
            await cluster.heartbeat(worker)
        await cluster.create("/f", write_type=messages.ASYNC_THROUGH, blockSizeBytes=4)
        blocks = [await cluster.block("/f", workers[0], 4), await cluster.block("/f", workers[1], 1)]
        await cluster.complete("/f", asyncPersistOptions=messages.ScheduleAsyncPersistencePOptions())
        await persisted(cluster, "/f")
        assert writer.tasks[0].blocks == ((blocks[0], 4), (blocks[1], 1))


async def test_many_small_files_need_no_pause_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four files a second would be hours for the output of one job."""
    disk = Disk()
    async with disk.master() as cluster:
        writer = Writer(cluster)
        worker = await cluster.worker()
        for number in range(20):
            await cluster.cached_file(f"/f{number}", [worker], persist_wait_ms=0)
        await until(lambda: bool(writer.tasks))
        monkeypatch.setattr(persistence, "CHECK_INTERVAL_S", 1000)
        await until(lambda: len(writer.tasks) == 20)
        await persisted(cluster, "/f19")
    disk.check()


async def test_many_reports_of_one_heartbeat_share_their_commits() -> None:
    """Published one after the other, the files of a busy worker would wait longer than it takes to write them."""
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        await cluster.heartbeat(worker)
        for number in range(48):
            await cluster.cached_file(f"/f{number}", [worker], persist_wait_ms=0)
        orders = await cluster.heartbeat(worker)
        for file_id in orders:
            await disk.ufs.put(temp(file_id), b"12345")
        before = len(disk.log)
        await cluster.heartbeat(worker, orders)
        assert len(disk.log) - before < 24
        assert {info.persisted for info in await cluster.infos("/", load=NEVER)} == {True}
    disk.check()


async def test_own_writing_fails_for_a_while() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        writer = Writer(cluster)
        writer.failures = 2
        await cluster.cached_file("/f", [await cluster.worker()], persist_wait_ms=0)
        await until(lambda: len(writer.tasks) == 1)
        assert await state(cluster, "/f") == "TO_BE_PERSISTED"
        disk.clock.ms += 1_000
        await until(lambda: len(writer.tasks) == 2)
        disk.clock.ms += 2_000
        await persisted(cluster, "/f")
    disk.check()


async def test_leadership_lost_while_it_writes() -> None:
    """The next leader finds what was written; this one must neither publish it nor fall over."""
    disk = Disk()
    async with disk.master() as cluster:
        writer = Writer(cluster)
        gate = asyncio.Event()

        async def slow(task: OwnTask) -> None:
            await gate.wait()
            await writer.write(task)

        cluster.master.persistence._write = slow
        info = await cluster.cached_file("/f", [await cluster.worker()], persist_wait_ms=0)
        await until(lambda: bool(cluster.master.persistence._own))
        cluster.journal.lose()
        gate.set()
        await until(lambda: not cluster.master.persistence._own)
        assert "/data/f" not in disk.ufs.paths()
    async with disk.master() as cluster:
        Writer(cluster)
        await cluster.worker("w9", [info.blockIds[0]])
        await persisted(cluster, "/f")
    disk.check()


# --- the other answers for workers ---------------------------------------------------------------------------------


async def test_pins_infos_and_addresses_for_workers() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/pinned")
        await cluster.set("/pinned", pinned=True)
        await cluster.create("/copies", replicationMin=1)
        await cluster.create("/plain")
        ids = {info.path: info.fileId for info in await cluster.infos("/")}
        pinned = cluster.workers.get_pinned_file_ids(messages.GetPinnedFileIdsPRequest(), CALL)
        assert sorted(pinned.pinnedFileIds) == sorted([ids["/pinned"], ids["/copies"]])
        asked = messages.GetFileInfoPRequest(fileId=ids["/plain"])
        assert cluster.workers.get_file_info(asked, CALL).fileInfo.path == "/plain"
        root = cluster.workers.get_ufs_info(messages.GetUfsInfoPRequest(mountId=1), CALL).ufsInfo
        assert root.uri == f"mem://{disk.bucket}/data"
        assert root.HasField("properties")
        await cluster.new_mount("/m", properties={"aws.secretKey": "secret"}, readOnly=True)
        mount_id = (await cluster.status("/m")).mountId
        mounted = cluster.workers.get_ufs_info(messages.GetUfsInfoPRequest(mountId=mount_id), CALL).ufsInfo
        assert dict(mounted.properties.properties) == {"aws.secretKey": "secret"}
        assert mounted.properties.readOnly
        unknown = cluster.workers.get_ufs_info(messages.GetUfsInfoPRequest(mountId=5), CALL)
        assert not unknown.ufsInfo.HasField("uri")
        answer = await cluster.workers.file_system_heartbeat(
            messages.FileSystemHeartbeatPRequest(workerId=5, persistedFiles=[]), CALL
        )
        assert answer.command.commandType == common_pb2.Persist
        assert answer.command.commandOptions.HasField("persistOptions")
