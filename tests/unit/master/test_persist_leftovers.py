"""What killed workers left in the storage goes, and nothing that anybody still wants."""

from __future__ import annotations

import pytest

from pyalluxio.errors import UfsError
from pyalluxio.master import persist_leftovers
from pyalluxio.master.persist_leftovers import UNTOUCHED_MS, remove_leftovers
from pyalluxio.ufs.persist_path import persist_path
from tests.unit.master.master_harness import Disk
from tests.waiting import until

FOLDER = "/data/.alluxio_ufs_persistence"
HALF = ".alluxio.0x00000000DEADBEEF.tmp"  # a store's own temporary name


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a new leader look at once."""
    monkeypatch.setattr(persist_leftovers, "FIRST_AFTER_S", 0.0)


def content(file_id: int) -> str:
    return persist_path("/data", file_id)


def left(disk: Disk) -> list[str]:
    return [path for path in disk.ufs.paths() if path.startswith(f"{FOLDER}/")]


def disk_with_times() -> Disk:
    """Return a disk whose storage stamps files with the time of the test."""
    disk = Disk()
    disk.ufs._now_ms = disk.clock.now_ms
    return disk


async def test_a_new_leader_removes_what_nobody_waits_for() -> None:
    """Whoever kills workers in the middle of writing fills the storage with files that nothing shows."""
    disk = disk_with_times()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        waiting = (await cluster.cached_file("/waits", [worker], persist_wait_ms=3_600_000)).fileId
        for path in (content(waiting), content(5), content(5) + HALF, content(7) + HALF):
            await disk.ufs.put(path, b"x")
    disk.clock.ms += UNTOUCHED_MS
    async with disk.master():
        await until_left(disk, [content(waiting)])
    disk.check()


async def test_files_touched_of_late_and_foreign_names_stay() -> None:
    """A worker may be writing at this moment; and what we did not write is not ours to delete."""
    disk = disk_with_times()
    foreign = [
        f"{FOLDER}/notes.txt",
        f"{FOLDER}/5.alluxio.0x0000000000000006.tmp",  # two ids
        f"{FOLDER}/5.alluxio.0x0000000000000005.tmp.bak",
        f"{FOLDER}/directory/{content(5).rpartition('/')[2]}",
    ]
    async with disk.master() as cluster:
        for path in (*foreign, content(5)):
            await disk.ufs.put(path, b"x")
        disk.clock.ms += UNTOUCHED_MS - 1
        assert await remove_leftovers(cluster.master.file_system) == 0
        disk.clock.ms += 1
        assert await remove_leftovers(cluster.master.file_system) == 1
        assert [path for path in foreign if path not in left(disk)] == []
        assert content(5) not in left(disk)


async def test_a_storage_that_is_away_is_looked_at_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket without answer must not keep the master from persisting, nor its leftovers for ever."""
    monkeypatch.setattr(persist_leftovers, "INTERVAL_S", 0.01)
    disk = disk_with_times()
    async with disk.master():
        await disk.ufs.put(content(5), b"x")
        disk.ufs.failing[f"list {FOLDER}"] = UfsError("away")
    disk.clock.ms += UNTOUCHED_MS
    async with disk.master():
        await until(lambda: ("list", FOLDER) in disk.ufs.calls, what="the first look")
        assert left(disk) == [content(5)]
        disk.ufs.failing.clear()
        await until_left(disk, [])


async def until_left(disk: Disk, paths: list[str]) -> None:
    await until(lambda: left(disk) == paths, what=f"only {paths} being left")
