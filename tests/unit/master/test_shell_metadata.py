"""What the under storage has appears in the namespace: loaded at first access, compared when it is due."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, DAY_MS, MUST_CACHE, Disk, settle
from tests.waiting import until

NEVER, ONCE, ALWAYS = messages.NEVER, messages.ONCE, messages.ALWAYS


# --- loading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [ONCE, ALWAYS])
async def test_status_loads_a_path_with_its_ancestors(load: int) -> None:
    """A job reads `/d/e/f` by name; nobody ever listed the directories above it."""
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/e/f", b"12345")
        info = await cluster.status("/d/e/f", load=load)
        assert (info.length, info.persisted, info.completed, info.ufsPath) == (
            5,
            True,
            True,
            f"mem://{disk.bucket}/data/d/e/f",
        )
        assert (await cluster.status("/d", load=NEVER)).persisted
    disk.check()


async def test_never_loads_nothing() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/f")
        with pytest.raises(FileDoesNotExist, match='Path "/f" does not exist'):
            await cluster.status("/f", load=NEVER)
        assert not await cluster.exists("/f", load=NEVER)
        assert await cluster.names("/", load=NEVER) == []
        assert disk.ufs.asked("status") == disk.ufs.asked("list") == []


async def test_exists_and_listing_load_too() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f")
        await disk.ufs.put("/data/g")
        assert await cluster.exists("/d/f")
        assert not await cluster.exists("/d/f/x")
        assert await cluster.names("/", recursive=True) == ["/d", "/d/f", "/g"]


async def test_directory_is_listed_in_the_storage_once() -> None:
    """Asking a slow store again with every `ls` would make the cache as slow as the store."""
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f")
        assert await cluster.names("/d") == ["/d/f"]
        await disk.ufs.put("/data/d/g")
        assert await cluster.names("/d") == ["/d/f"]
        assert disk.ufs.asked("list") == [("/data/d",)]
        assert await cluster.names("/d", load=ALWAYS) == ["/d/f", "/d/g"]


async def test_directory_that_exists_only_here_is_asked_for_once() -> None:
    """Jobs list their scratch directories all the time; the storage knows nothing of them."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/scratch")
        for _ in range(3):
            assert await cluster.names("/scratch") == []
        assert disk.ufs.asked("list") == [("/data/scratch",)]


async def test_directory_made_in_both_places_shows_what_the_storage_has() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        await disk.ufs.put("/data/d/f")
        assert await cluster.names("/d") == ["/d/f"]
    disk.check()


async def test_temporary_files_and_the_persistence_folder_stay_hidden() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/a.alluxio.0x0123456789ABCDEF.tmp")
        await disk.ufs.put("/data/.alluxio_ufs_persistence/x")
        await disk.ufs.put("/data/b")
        assert await cluster.names("/") == ["/b"]


async def test_path_through_a_file_is_invalid() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/f")
        await cluster.status("/f")
        with pytest.raises(InvalidPath, match="/f/x"):
            await cluster.status("/f/x")
        assert not await cluster.exists("/f/x")


async def test_absent_path_is_remembered() -> None:
    """A job that polls for `_SUCCESS` would ask the store each time."""
    disk = Disk()
    async with disk.master() as cluster:
        for _ in range(3):
            with pytest.raises(FileDoesNotExist):
                await cluster.status("/d/f")
        assert disk.ufs.asked("status") == [("/data/d",)]
        await disk.ufs.put("/data/d/f")
        with pytest.raises(FileDoesNotExist):
            await cluster.status("/d/f")
        assert (await cluster.status("/d/f", load=ALWAYS)).length == 0
        assert await cluster.exists("/d/f", load=NEVER)


@pytest.mark.parametrize("how", ["create", "mkdir", "rename", "listing", "persist"])
async def test_what_appears_here_is_not_absent_any_more(how: str) -> None:
    """Forgotten in Alluxio only, the path has to be found in the storage again, whatever was known before."""
    disk = Disk()
    async with disk.master() as cluster:
        assert not await cluster.exists("/d/f")
        if how == "create":
            await cluster.through_file("/d/f")
        elif how == "mkdir":
            await cluster.mkdir("/d/f", write_type=CACHE_THROUGH)
        elif how == "rename":
            await cluster.mkdir("/d", write_type=CACHE_THROUGH)
            assert not await cluster.exists("/d/f")
            await cluster.delete("/d", recursive=True)
            await cluster.through_file("/from/f")
            await cluster.rename("/from", "/d")
        elif how == "listing":
            await disk.ufs.put("/data/d/f")
            assert await cluster.names("/", load=ALWAYS) == ["/d"]
            assert not await cluster.exists("/d/g")
            await disk.ufs.put("/data/d/g")
            assert await cluster.names("/d", load=ALWAYS) == ["/d/f", "/d/g"]
            await cluster.delete("/d/g", alluxioOnly=True)
            assert await cluster.exists("/d/g")
        else:
            worker = await cluster.worker()
            info = await cluster.cached_file("/d/f", [worker], persist_wait_ms=0)
            await cluster.heartbeat(worker)
            await disk.ufs.put(
                f"/data/.alluxio_ufs_persistence/{info.fileId}.alluxio.0x{info.fileId:016X}.tmp", b"12345"
            )
            await cluster.heartbeat(worker, [info.fileId])
        await cluster.delete("/d/f", alluxioOnly=True, recursive=True)
        assert await cluster.exists("/d/f")
    disk.check()


async def test_absence_is_forgotten_with_the_leadership() -> None:
    """Meanwhile another master led, and wrote the file."""
    disk = Disk()
    async with disk.master() as cluster:
        assert not await cluster.exists("/f")
        cluster.journal.lose()
        await disk.ufs.put("/data/f")
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        assert await cluster.exists("/f")


async def test_a_storage_that_is_down_hides_nothing_that_is_known() -> None:
    """Cached files are read without it; a listing that failed instead would stop every job."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        disk.ufs.break_down()
        assert (await cluster.status("/d/f", interval_ms=0)).length == 5
        assert await cluster.names("/d", load=ALWAYS) == ["/d/f"]
        assert await cluster.names("/d", interval_ms=0) == ["/d/f"]
        with pytest.raises(FileDoesNotExist):
            await cluster.status("/other")
        assert not await cluster.exists("/other")
        disk.ufs.failing.clear()
        await disk.ufs.put("/data/other")
        assert await cluster.exists("/other"), "a failure was remembered as absence"


async def test_one_load_for_many_callers() -> None:
    """A hundred tasks open the same new file at once; its inode must exist once."""
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f")
        infos = await asyncio.gather(*(cluster.status("/d/f") for _ in range(100)))
        assert len({info.fileId for info in infos}) == 1
        assert len(disk.ufs.asked("status")) == 2
    disk.check()


async def test_deletion_during_a_listing_leaves_no_phantom() -> None:
    """Listed before, added after: the file would stay for ever, with nothing behind it."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        disk.ufs.waiting["list /data/d"] = asyncio.Event()
        listing = asyncio.create_task(cluster.names("/d", load=ALWAYS))
        await until(lambda: bool(disk.ufs.asked("list")))
        deletion = asyncio.create_task(cluster.delete("/d/f"))
        await settle()
        disk.ufs.waiting.pop("list /data/d").set()
        await asyncio.gather(listing, deletion)
        assert await cluster.names("/d") == []
        assert not await cluster.exists("/d/f", load=ALWAYS)
    disk.check()


TTL = {
    "asked for": ("false", DAY_MS, DAY_MS),
    "not asked for": ("false", None, -1),
    "ignored": ("true", DAY_MS, -1),
}


@pytest.mark.parametrize(("ignore", "ttl", "expected"), TTL.values(), ids=TTL)
async def test_time_to_live_of_what_is_loaded(ignore: str, ttl: int | None, expected: int) -> None:
    """Taken as 0 where a request names none, it would delete the user's files from the storage an hour later."""
    disk = Disk(alluxio__master__metadata__sync__ignore__ttl=ignore)
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f")
        infos = await cluster.infos("/", ttl=ttl, recursive=True)
        assert [info.ttl for info in infos] == [expected] * 2
        # A time to live that is set later, without an action, must not begin to delete what is stored.
        assert [info.ttlAction for info in infos] == [TtlAction.FREE] * 2


# --- comparing -----------------------------------------------------------------------------------------------------


async def test_sync_sees_new_changed_removed_and_retyped() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        for name in ("changed", "removed", "same", "to_folder", "to_file/x"):
            await disk.ufs.put(f"/data/d/{name}", b"1")
        before = {info.name: info.fileId for info in await cluster.infos("/d", recursive=True)}
        await disk.ufs.put("/data/d/changed", b"22")
        await disk.ufs.put("/data/d/new", b"4")
        for name in ("removed", "to_folder"):
            await disk.ufs.delete_file(f"/data/d/{name}")
        await disk.ufs.delete_directory("/data/d/to_file", recursive=True)
        await disk.ufs.put("/data/d/to_folder/y", b"5")
        await disk.ufs.put("/data/d/to_file", b"666")
        assert len(await cluster.names("/d")) == 5
        after = {info.name: info for info in await cluster.infos("/d", interval_ms=0, recursive=True)}
        assert sorted(after) == ["changed", "new", "same", "to_file", "to_folder", "y"]
        assert after["same"].fileId == before["same"]
        assert after["changed"].fileId != before["changed"]
        assert (after["changed"].length, after["to_file"].length, after["to_folder"].folder) == (2, 3, True)
    disk.check()


async def test_sync_of_one_path() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/f", b"1")
        assert (await cluster.status("/f")).length == 1
        await disk.ufs.put("/data/f", b"22")
        assert (await cluster.status("/f")).length == 1
        assert (await cluster.status("/f", interval_ms=0)).length == 2
        await disk.ufs.delete_file("/data/f")
        with pytest.raises(FileDoesNotExist):
            await cluster.status("/f", interval_ms=0)
    disk.check()


async def test_changed_attributes_keep_the_file() -> None:
    """Loaded anew because somebody ran chmod in the store, it would lose its cached blocks."""
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/f", b"1")
        before = await cluster.status("/f")
        await disk.ufs.set_mode("/data/f", 0o600)
        await disk.ufs.set_owner("/data/f", "ann", "staff")
        after = await cluster.status("/f", interval_ms=0)
        assert (after.fileId, after.mode, after.owner, after.group) == (before.fileId, 0o600, "ann", "staff")


async def test_file_written_here_yields_to_one_that_appears_in_the_storage() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        await cluster.cached_file("/f", [worker], 5)
        await disk.ufs.put("/data/f", b"22")
        assert (await cluster.status("/f", interval_ms=0)).length == 2
    disk.check()


@pytest.mark.parametrize("state", ["incomplete", "waiting"])
async def test_files_under_way_are_left_alone(state: str) -> None:
    """A sync that replaced a file while it is written would break its writer."""
    disk = Disk()
    async with disk.master() as cluster:
        worker = await cluster.worker()
        if state == "incomplete":
            await cluster.create("/f", write_type=CACHE_THROUGH)
        else:
            await cluster.cached_file("/f", [worker], persist_wait_ms=DAY_MS)
        before = (await cluster.status("/f")).fileId
        await disk.ufs.put("/data/f", b"22")
        assert (await cluster.status("/f", interval_ms=0)).fileId == before


async def test_interval() -> None:
    """One comparison in ten seconds is what the property says; each call would flood the store, none would lie."""
    disk = Disk(alluxio__user__file__metadata__sync__interval="10s")
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f", b"1")
        await cluster.names("/d")
        await disk.ufs.put("/data/d/f", b"22")
        disk.clock.ms += 9_999
        assert (await cluster.status("/d/f")).length == 1
        disk.clock.ms += 1
        assert (await cluster.status("/d/f")).length == 2


async def test_needs_sync_makes_the_next_access_look() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f", b"1")
        await cluster.names("/d")
        await disk.ufs.put("/data/d/f", b"22")
        await cluster.call("needs_sync", messages.NeedsSyncRequest(path="/d"))
        disk.clock.ms += 1
        assert [info.length for info in await cluster.infos("/d")] == [2]
        disk.ufs.calls.clear()
        await cluster.infos("/d")
        assert disk.ufs.calls == []


async def test_failure_of_one_child_does_not_stop_the_others() -> None:
    """And the next access tries again, although its interval is not over."""
    disk = Disk(alluxio__user__file__metadata__sync__interval="10s")
    async with disk.master() as cluster:
        for name in ("a/x", "b/y"):
            await disk.ufs.put(f"/data/d/{name}", b"1")
        await cluster.names("/d", recursive=True)
        disk.clock.ms += 20_000
        await disk.ufs.put("/data/d/a/x", b"22")
        await disk.ufs.put("/data/d/b/y", b"22")
        disk.ufs.break_down("list /data/d/a")
        lengths = {info.path: info.length for info in await cluster.infos("/d", recursive=True) if not info.folder}
        assert lengths == {"/d/a/x": 1, "/d/b/y": 2}
        disk.ufs.failing.clear()
        lengths = {info.path: info.length for info in await cluster.infos("/d", recursive=True) if not info.folder}
        assert lengths == {"/d/a/x": 2, "/d/b/y": 2}


async def test_sync_below_does_not_touch_nested_mounts() -> None:
    """A nested mount point is no child of the outer storage; a sync that deleted it would unmount it."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d", write_type=CACHE_THROUGH)
        inner = await cluster.new_mount("/d/m")
        await inner.put("/top/f")
        assert await cluster.names("/", interval_ms=0, recursive=True) == ["/d", "/d/m", "/d/m/f"]
        await disk.ufs.delete_directory("/data/d", recursive=True)
        assert await cluster.names("/", interval_ms=0, recursive=True) == ["/d", "/d/m", "/d/m/f"]
    disk.check()


@pytest.mark.parametrize("call", ["set", "mkdir", "delete", "rename", "create"])
async def test_every_call_that_the_rules_say_compares_first(call: str) -> None:
    """With an interval of 0 an operation works on what the storage has, not on what it had."""
    disk = Disk(alluxio__user__file__metadata__sync__interval="0")
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f", b"1")
        if call == "set":
            await cluster.set("/d/f", mode=0o600)
            assert (await cluster.status("/d/f")).mode == 0o600
        elif call == "mkdir":
            await cluster.mkdir("/d/g", recursive=False)
        elif call == "delete":
            await cluster.delete("/d/f")
            assert "/data/d/f" not in disk.ufs.paths()
        elif call == "rename":
            await cluster.rename("/d/f", "/d/g")
            assert disk.ufs.paths() == ["/data", "/data/d", "/data/d/g"]
        else:
            await cluster.create("/d/f", overwrite=True, write_type=MUST_CACHE)
            assert not (await cluster.status("/d/f", interval_ms=-1)).completed
    disk.check()


async def test_deletion_by_an_operation_of_the_master_itself() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/f")
        await cluster.master.file_system.delete(None, DeleteRequest("/f"))
        assert not await cluster.exists("/f", load=ALWAYS)
