"""Operations that change an under storage first: what fails midway, what races, what a retry finds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pyalluxio.errors import (
    AccessDenied,
    AlluxioError,
    FailedPrecondition,
    FileAlreadyExists,
    FileDoesNotExist,
    InvalidArgument,
    Status,
    UfsError,
    Unknown,
)
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import ASYNC_THROUGH, CACHE_THROUGH, MUST_CACHE, THROUGH, Disk, settle
from tests.waiting import until

NEVER = messages.NEVER


# --- creating ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write_type", [CACHE_THROUGH, THROUGH])
async def test_parents_are_made_in_the_storage(write_type: int) -> None:
    """The client writes the file there itself: without its directory it cannot."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/a", user="root", mode=0o777)
        info = await cluster.create("/a/b/f", write_type=write_type, user="ann")
        assert (info.persisted, info.completed) == (True, False)
        assert disk.ufs.paths() == ["/data", "/data/a", "/data/a/b"]
        assert (await cluster.status("/a")).persisted
        found = await disk.ufs.status("/data/a/b")
        assert found is not None
        assert (found.owner, found.group, found.mode) == ("ann", "staff", 0o755)
    disk.check()


@pytest.mark.parametrize("write_type", [MUST_CACHE, ASYNC_THROUGH])
async def test_other_types_leave_the_storage_alone(write_type: int) -> None:
    disk = Disk()
    async with disk.master() as cluster:
        info = await cluster.create("/a/f", write_type=write_type)
        assert info.persistenceState == ("TO_BE_PERSISTED" if write_type == ASYNC_THROUGH else "NOT_PERSISTED")
        assert disk.ufs.calls == []


async def test_storage_that_fails_midway_leaves_the_namespace_as_it_was() -> None:
    """Half of the parents exist there then: a second attempt goes on with them."""
    disk = Disk()
    async with disk.master() as cluster:
        disk.ufs.failing["make_directory /data/a/b"] = UfsError("no more inodes")
        with pytest.raises(Unknown, match="no more inodes"):
            await cluster.create("/a/b/c/f", write_type=CACHE_THROUGH)
        assert await cluster.names("/", load=NEVER) == []
        disk.ufs.failing.clear()
        await cluster.create("/a/b/c/f", write_type=CACHE_THROUGH)
        assert await cluster.names("/", load=NEVER, recursive=True) == ["/a", "/a/b", "/a/b/c", "/a/b/c/f"]
    disk.check()


async def test_directory_that_is_there_is_adopted() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.make_directory("/data/d")
        await disk.ufs.set_owner("/data/d", "ann", "staff")
        await disk.ufs.set_mode("/data/d", 0o700)
        await cluster.mkdir("/d", write_type=CACHE_THROUGH)
        info = await cluster.status("/d")
        assert (info.owner, info.group, info.mode, info.persisted) == ("ann", "staff", 0o700, True)
    disk.check()


async def test_file_in_the_way_of_a_directory() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d")
        with pytest.raises(InvalidArgument, match="a file at"):
            await cluster.mkdir("/d", write_type=CACHE_THROUGH)
        assert await cluster.names("/", load=NEVER) == []


async def test_two_creators_of_the_same_missing_parents() -> None:
    """Tasks of one job start at once and write into a directory that none of them has made."""
    disk = Disk()
    async with disk.master() as cluster:
        await asyncio.gather(*(cluster.create(f"/job/out/part-{n}", write_type=CACHE_THROUGH) for n in range(20)))
        assert len(await cluster.names("/job/out", load=NEVER)) == 20
        ids = {info.fileId for info in await cluster.infos("/", load=NEVER, recursive=True)}
        assert len(ids) == 22
        assert [call for call in disk.ufs.asked("make_directory") if call == ("/data/job",)] == [("/data/job",)]
    disk.check()


async def test_through_and_cache_only_creators_meet() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        disk.ufs.waiting["make_directory /data/job"] = asyncio.Event()
        through = asyncio.create_task(cluster.create("/job/a", write_type=CACHE_THROUGH))
        await until(lambda: bool(disk.ufs.asked("make_directory")))
        cached = asyncio.create_task(cluster.create("/job/b"))
        await settle()
        assert not cached.done()
        disk.ufs.waiting.pop("make_directory /data/job").set()
        await asyncio.gather(through, cached)
        assert await cluster.names("/job", load=NEVER) == ["/job/a", "/job/b"]
        assert (await cluster.status("/job")).persisted
    disk.check()


async def test_same_path_twice() -> None:
    """Exactly one of two creators of a file wins; the other is told."""
    disk = Disk()
    async with disk.master() as cluster:
        results = await asyncio.gather(
            *(cluster.create("/d/f", write_type=CACHE_THROUGH) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(result, FileAlreadyExists) for result in results) == 4
    disk.check()


async def test_parent_that_disappears_between_plan_and_lock() -> None:
    """It existed when the creation was planned; a deletion that held the path took it away."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/a/b", write_type=CACHE_THROUGH)
        disk.ufs.waiting["delete_directory /data/a"] = asyncio.Event()
        deletion = asyncio.create_task(cluster.delete("/a", recursive=True))
        await until(lambda: bool(disk.ufs.asked("delete_directory")))
        creation = asyncio.create_task(cluster.create("/a/b/c/f", write_type=CACHE_THROUGH))
        await settle()
        disk.ufs.waiting.pop("delete_directory /data/a").set()
        await asyncio.gather(deletion, creation)
        assert disk.ufs.paths() == ["/data", "/data/a", "/data/a/b", "/data/a/b/c"]
        assert (await cluster.status("/a/b/c")).persisted
    disk.check()


async def test_overwrite_replaces_the_file_in_the_storage() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        old = await cluster.through_file("/f", b"old")
        info = await cluster.create("/f", write_type=CACHE_THROUGH, overwrite=True)
        assert info.fileId != old.fileId
        assert disk.ufs.paths() == ["/data"]
    disk.check()


async def test_completion_reads_the_fingerprint() -> None:
    """Without it the first sync would take the file for changed and drop its cached blocks."""
    disk = Disk()
    async with disk.master() as cluster:
        info = await cluster.through_file("/d/f", b"12345")
        assert (info.length, info.completed, list(info.blockIds)) == (5, True, [info.fileId & ~0xFFFFFF])
        assert info.ufsFingerprint.startswith("TYPE|FILE UFS|memory")
        assert (await cluster.status("/d/f", interval_ms=0)).fileId == info.fileId
    disk.check()


# --- deleting ------------------------------------------------------------------------------------------------------


async def tree(disk: Disk, cluster: object) -> None:
    for name in ("/d/f", "/d/x/g", "/d/y/h"):
        await cluster.through_file(name)  # type: ignore[attr-defined]


async def test_directory_in_sync_goes_with_one_call() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        await cluster.delete("/d", recursive=True)
        assert disk.ufs.paths() == ["/data"]
        assert disk.ufs.asked("delete_directory") == [("/data/d",)]
        assert disk.ufs.asked("delete_file") == []
        assert not await cluster.exists("/d", load=NEVER)
    disk.check()


async def test_strangers_keep_their_directories() -> None:
    """Somebody put a file there behind our back: deleted with the rest, it would be lost without anybody's wish."""
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        await disk.ufs.put("/data/d/x/stranger")
        with pytest.raises(FailedPrecondition) as caught:
            await cluster.delete("/d", recursive=True)
        assert "Failed to delete 2 paths" in str(caught.value)
        assert "/d/x (" in str(caught.value)
        assert "/d (" in str(caught.value)
        assert disk.ufs.paths() == ["/data", "/data/d", "/data/d/x", "/data/d/x/stranger"]
        assert await cluster.names("/d", load=NEVER, recursive=True) == ["/d/x"]
    disk.check()


@pytest.mark.parametrize("unchecked", [False, True])
async def test_refused_recursive_delete_leaves_the_storage(unchecked: bool) -> None:
    """Files deleted there for a call that was refused are lost: the namespace goes on to list them as stored."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/o", user="root", mode=0o777)
        await cluster.mkdir("/o/d", user="root", mode=0o777)
        await cluster.mkdir("/o/d/x", user="root", mode=0o755)
        await cluster.through_file("/o/d/x/theirs", user="root")
        await cluster.through_file("/o/d/mine", user="ann")
        with pytest.raises(FailedPrecondition, match=r"Failed to delete 2 paths.*/o/d/x \(Permission denied"):
            await cluster.delete("/o/d", recursive=True, unchecked=unchecked, user="ann")
        assert disk.ufs.paths() == ["/data", "/data/o", "/data/o/d", "/data/o/d/x", "/data/o/d/x/theirs"]
        assert await cluster.names("/o/d", load=NEVER, recursive=True) == ["/o/d/x", "/o/d/x/theirs"]
    disk.check()


@pytest.mark.parametrize("options", [{"mode": 0o700}, {"group": "guests"}])
async def test_refused_recursive_change_leaves_the_storage(options: dict[str, Any]) -> None:
    """`chmod -R` of one's own folder with a file of somebody else: changed there only, the two would disagree."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/o", user="root", mode=0o777)
        await cluster.mkdir("/o/d", user="ann", mode=0o777)
        await cluster.through_file("/o/d/mine", user="ann")
        await cluster.through_file("/o/d/theirs", user="root")
        disk.ufs.calls.clear()
        with pytest.raises(AccessDenied, match="owner of path=/o/d/theirs"):
            await cluster.set("/o/d", recursive=True, user="ann", **options)
        assert disk.ufs.asked("set_mode") == disk.ufs.asked("set_owner") == []
    disk.check()


async def test_unchecked_deletes_strangers_too() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        await disk.ufs.put("/data/d/x/stranger")
        disk.ufs.calls.clear()
        await cluster.delete("/d", recursive=True, unchecked=True)
        assert disk.ufs.paths() == ["/data"]
        assert disk.ufs.asked("list") == []
    disk.check()


async def test_alluxio_only_leaves_the_storage() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        await cluster.delete("/d", recursive=True, alluxioOnly=True)
        assert not await cluster.exists("/d", load=NEVER)
        assert await cluster.names("/d", recursive=True) == ["/d/f", "/d/x", "/d/x/g", "/d/y", "/d/y/h"]
    disk.check()


async def test_what_the_storage_refuses_stays() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        disk.ufs.break_down("delete_directory")
        with pytest.raises(FailedPrecondition, match="The storage is down"):
            await cluster.delete("/d", recursive=True)
        assert (await cluster.status("/d/x/g", load=NEVER)).length == 5
        disk.ufs.failing.clear()
        await cluster.delete("/d", recursive=True)
        assert disk.ufs.paths() == ["/data"]
    disk.check()


async def test_file_missing_in_the_storage_is_fine() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/f")
        await disk.ufs.delete_file("/data/f")
        await cluster.delete("/f")
        assert not await cluster.exists("/f")


async def test_ten_thousand_inodes_go_in_chunks() -> None:
    """Deleted in one batch they would stop every other writer for a second."""
    disk = Disk()
    async with disk.master() as cluster:
        for first in range(0, 10_000, 1000):
            await asyncio.gather(*(cluster.create(f"/big/{n % 7}/f{n}") for n in range(first, first + 1000)))
        before = len(disk.log)
        deletion = asyncio.create_task(cluster.delete("/big", recursive=True))
        others = 0
        while not deletion.done():
            await cluster.create(f"/other/f{others}")
            others += 1
        await deletion
        assert others > 50
        assert len(disk.log) - before > 100
        assert max(len(entry.data) for entry in disk.log[before:]) < 100_000
        assert len(await cluster.names("/", recursive=True, load=NEVER)) == others + 1
    disk.check()


async def test_writers_below_wait_for_a_deletion() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(disk, cluster)
        disk.ufs.waiting["delete_directory /data/d"] = asyncio.Event()
        deletion = asyncio.create_task(cluster.delete("/d", recursive=True))
        await until(lambda: bool(disk.ufs.asked("delete_directory")))
        calls = [
            asyncio.create_task(cluster.create("/d/x/new", recursive=False)),
            asyncio.create_task(cluster.rename("/d/f", "/d/z")),
            asyncio.create_task(cluster.set("/d/f", mode=0o600)),
        ]
        elsewhere = asyncio.create_task(cluster.create("/e"))
        await elsewhere
        assert not any(call.done() for call in calls)
        disk.ufs.waiting.pop("delete_directory /data/d").set()
        await deletion
        for call in calls:
            with pytest.raises(FileDoesNotExist):
                await call
    disk.check()


# --- renaming ------------------------------------------------------------------------------------------------------


async def test_rename_in_both_places() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        await cluster.mkdir("/only/here")
        await cluster.rename("/d/f", "/only/here/g")
        assert disk.ufs.paths() == ["/data", "/data/d", "/data/only", "/data/only/here", "/data/only/here/g"]
        assert (await cluster.status("/only/here")).persisted
        info = await cluster.status("/only/here/g", interval_ms=0)
        assert (info.length, info.ufsPath) == (5, f"mem://{disk.bucket}/data/only/here/g")
    disk.check()


async def test_rename_that_the_storage_refuses() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        disk.ufs.break_down("rename_file")
        with pytest.raises(Unknown, match=r"/data/d/f.*/data/d/g.*The storage is down"):
            await cluster.rename("/d/f", "/d/g")
        assert await cluster.names("/d", load=NEVER) == ["/d/f"]
    disk.check()


async def test_rename_that_was_done_before_the_leader_fell() -> None:
    """The retry on the next leader finds the file at its new name already."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        await disk.ufs.rename_file("/data/d/f", "/data/d/g")
        await cluster.rename("/d/f", "/d/g")
        assert (await cluster.status("/d/g", load=NEVER)).length == 5
    disk.check()


async def test_rename_of_a_directory_waits_for_a_file_that_is_published_below() -> None:
    """Moved away meanwhile, the file would be given its name in a directory that is gone."""
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        await cluster.mkdir("/d")
        info = await cluster.cached_file("/d/f", [worker], persist_wait_ms=0)
        assert list(await cluster.heartbeat(worker)) == [info.fileId]
        temp = f"/data/.alluxio_ufs_persistence/{info.fileId}.alluxio.0x{info.fileId:016X}.tmp"
        await disk.ufs.put(temp, b"12345")
        disk.ufs.waiting[f"rename_file {temp}"] = asyncio.Event()
        report = asyncio.create_task(cluster.heartbeat(worker, [info.fileId]))
        await until(lambda: bool(disk.ufs.asked("rename_file")))
        rename = asyncio.create_task(cluster.rename("/d", "/e"))
        await settle()
        assert not rename.done()
        disk.ufs.waiting.pop(f"rename_file {temp}").set()
        await asyncio.gather(report, rename)
        assert (await cluster.status("/e/f", load=NEVER)).persisted
        assert [path for path in disk.ufs.paths() if path.endswith("/f")] == ["/data/e/f"]
    disk.check()


async def test_target_is_replaced_as_s3_wants_it() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/new", b"new")
        await cluster.through_file("/d/old", b"older")
        with pytest.raises(FileAlreadyExists):
            await cluster.rename("/d/new", "/d/old")
        await cluster.rename("/d/new", "/d/old", s3SyntaxOptions=messages.S3SyntaxOptions(overwrite=True))
        assert [info.length for info in await cluster.infos("/d", load=NEVER)] == [3]
        assert disk.ufs.paths() == ["/data", "/data/d", "/data/d/old"]
    disk.check()


# --- read-only mounts and maintenance ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "name"), [(messages.READ_ONLY, "READ_ONLY"), (messages.UfsPMode.NO_ACCESS, "NO_ACCESS")]
)
async def test_maintenance_of_a_storage(mode: int, name: str) -> None:
    """While its storage is being repaired, nothing may be written through; names in Alluxio only go on."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        request = messages.UpdateUfsModePRequest(
            ufsPath=f"mem://{disk.bucket}/data", options=messages.UpdateUfsModePOptions(ufsMode=mode)
        )
        await cluster.call("update_ufs_mode", request)
        disk.ufs.calls.clear()
        for call in (
            cluster.create("/d/g", write_type=CACHE_THROUGH),
            cluster.mkdir("/d/e", write_type=CACHE_THROUGH),
            cluster.delete("/d/f"),
            cluster.rename("/d/f", "/d/g"),
            cluster.set("/d/f", mode=0o600),
        ):
            with pytest.raises(AccessDenied, match=name):
                await call
        await cluster.create("/d/cached")
        assert disk.ufs.calls == []
        request.options.ufsMode = messages.READ_WRITE
        await cluster.call("update_ufs_mode", request)
        await cluster.delete("/d/f")
    disk.check()


async def test_unknown_storage_has_no_mode() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        with pytest.raises(AlluxioError) as caught:
            await cluster.call("update_ufs_mode", messages.UpdateUfsModePRequest(ufsPath="mem://nowhere/"))
        assert caught.value.status is Status.INVALID_ARGUMENT


# --- callers that give up ------------------------------------------------------------------------------------------


CHANGES = {
    "mkdir": (
        lambda c: c.mkdir("/x/y", write_type=CACHE_THROUGH),
        "make_directory /data/x",
        ["/d", "/d/f", "/x", "/x/y"],
    ),
    "rename": (lambda c: c.rename("/d/f", "/d/g"), "rename_file", ["/d", "/d/g"]),
    "delete": (lambda c: c.delete("/d", recursive=True), "delete_directory", []),
    "overwrite": (
        lambda c: c.create("/d/f", write_type=CACHE_THROUGH, overwrite=True),
        "delete_file",
        ["/d", "/d/f"],
    ),
}


@pytest.mark.parametrize(("call", "step", "names"), CHANGES.values(), ids=CHANGES)
async def test_caller_that_gives_up_leaves_no_half_change(call: Any, step: str, names: list[str]) -> None:
    """Its deadline passed while the storage was slow.

    The storage does what it was asked for, the namespace follows, and until then nobody else gets at the path.
    """
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        gate = disk.ufs.waiting[step] = asyncio.Event()
        disk.ufs.calls.clear()
        task = asyncio.create_task(call(cluster))
        await until(lambda: bool(disk.ufs.asked(step.partition(" ")[0])))
        task.cancel()
        await settle()
        assert len(cluster.master.file_system.locks) == 1
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(cluster.master.file_system.locks) == 0
        assert await cluster.names("/", load=NEVER, recursive=True) == names
        stored = ["/data", *("/data" + name for name in names)]
        if step == "delete_file":
            stored.remove("/data/d/f")
        assert disk.ufs.paths() == stored
    disk.check()


@pytest.mark.parametrize("how", ["cancelled twice", "given up"])
async def test_process_that_ends_waits_for_no_storage(how: str) -> None:
    """A storage that hangs must not keep the process from ending."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        disk.ufs.waiting["rename_file"] = asyncio.Event()
        task = asyncio.create_task(cluster.rename("/d/f", "/d/g"))
        await until(lambda: bool(disk.ufs.asked("rename_file")))
        task.cancel()
        await settle()
        assert not task.done()
        if how == "given up":
            cluster.master.file_system.give_up()
        else:
            task.cancel()
        await settle()
        assert task.cancelled()
        # A master that goes on leading completes the rename, and nobody may touch the paths until then.
        assert len(cluster.master.file_system.locks) == (1 if how == "cancelled twice" else 0)
    disk.check()


async def test_long_deletion_of_cached_files_stops_when_nobody_waits() -> None:
    """Ctrl-C on `rm -R`: what is gone is gone, the rest stays."""
    disk = Disk()
    async with disk.master() as cluster:
        await asyncio.gather(*(cluster.create(f"/d/{n}") for n in range(1000)))
        start = len(disk.log)
        task = asyncio.create_task(cluster.delete("/d", recursive=True))
        await until(lambda: len(disk.log) >= start + 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settle()
        assert 0 < len(await cluster.names("/d", load=NEVER)) < 1000
        assert len(cluster.master.file_system.locks) == 0
    disk.check()
