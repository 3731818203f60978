"""Mount points through the calls: mounting, nesting, changing, removing, and a storage that is down."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.errors import AccessDenied, FileDoesNotExist, Internal, InvalidPath, Unknown
from pyalluxio.journal.entries import AddSyncPointEntry
from pyalluxio.master import mount_calls
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, Disk, Harness, new_storage, settle
from tests.waiting import until

NEVER = messages.NEVER


async def table(cluster: Harness, **options: bool) -> dict[str, object]:
    answer = await cluster.call("get_mount_table", messages.GetMountTablePRequest(**options))
    return dict(answer.mountPoints)


async def test_mount_and_unmount() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        storage = await cluster.new_mount("/m")
        await storage.put("/top/d/f", b"123")
        assert await cluster.names("/m", recursive=True) == ["/m/d", "/m/d/f"]
        info = await cluster.status("/m")
        assert (info.mountPoint, info.persisted, info.ufsPath) == (
            True,
            True,
            (await cluster.status("/m/d")).ufsPath[:-2],
        )
        await cluster.unmount("/m")
        assert not await cluster.exists("/m", load=NEVER)
        assert storage.paths() == ["/top", "/top/d", "/top/d/f"]
        assert list(await table(cluster)) == ["/"]
        await until(lambda: storage.opened == 0)
    disk.check()


REFUSED = {
    "exists already": ("/d", "mem://{other}/top", "/d"),
    "no parent": ("/x/y", "mem://{other}/top", "/x/y"),
    "mounted already": ("/n", "mem://{own}/data", "mem://{own}/data"),
    "below a mounted one": ("/n", "mem://{own}/data/sub", "mem://{own}/data"),
    "above a mounted one": ("/n", "mem://{own}/", "mem://{own}/data"),
    "not there": ("/n", "mem://{other}/none", "mem://{other}/none"),
    "a file": ("/n", "mem://{other}/file", "mem://{other}/file"),
    "hides something": ("/hidden", "mem://{other}/top", "/data/hidden"),
    "unknown scheme": ("/n", "foo://x/y", "foo"),
    "no address": ("/n", "relative", "relative"),
}


@pytest.mark.parametrize(("path", "uri", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(path: str, uri: str, text: str) -> None:
    """Official shells print the description; its last line has to be the reason."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        await disk.ufs.put("/data/hidden")
        await disk.ufs.make_directory("/data/sub")
        name, other = new_storage()
        await other.make_directory("/top")
        await other.put("/file")
        names = {"own": disk.bucket, "other": name}
        with pytest.raises(Unknown) as caught:
            await cluster.mount(path, uri.format(**names))
        assert text.format(**names) in str(caught.value).splitlines()[-1]
        assert list(await table(cluster)) == ["/"]
        assert other.opened == 0
    disk.check()


async def test_nested_mounts() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        outer = await cluster.new_mount("/m")
        await outer.put("/top/d/f")
        await cluster.names("/m", recursive=True)
        inner = await cluster.new_mount("/m/d/n")
        await inner.put("/top/g")
        assert await cluster.names("/m", recursive=True) == ["/m/d", "/m/d/f", "/m/d/n", "/m/d/n/g"]
        with pytest.raises(InvalidPath, match="/m/d/n"):
            await cluster.unmount("/m")
        with pytest.raises(InvalidPath):
            await cluster.rename("/m/d/f", "/m/d/n/f")
        with pytest.raises(AccessDenied, match="--deleteMountPoint"):
            await cluster.delete("/m/d", recursive=True)
        await cluster.unmount("/m/d/n")
        await cluster.unmount("/m")
        assert inner.paths() == ["/top", "/top/g"]
    disk.check()


async def test_read_only_mount() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        storage = await cluster.new_mount("/m", readOnly=True)
        await storage.put("/top/f", b"1")
        assert await cluster.names("/m") == ["/m/f"]
        for call in (
            cluster.create("/m/g"),
            cluster.mkdir("/m/d"),
            cluster.delete("/m/f"),
            cluster.rename("/m/f", "/m/g"),
            cluster.set("/m/f", mode=0o600),
        ):
            with pytest.raises(AccessDenied, match="/m"):
                await call
        await cluster.delete("/m/f", alluxioOnly=True)
        await cluster.set("/m", pinned=True)
        assert storage.paths() == ["/top", "/top/f"]
    disk.check()


async def test_update_keeps_the_content_and_takes_a_new_id() -> None:
    """Workers know an address by its id; with the old one they would go on with the old credentials."""
    disk = Disk()
    async with disk.master() as cluster:
        storage = await cluster.new_mount("/m", properties={"key": "old"})
        await storage.put("/top/f")
        await cluster.names("/m")
        before = (await cluster.status("/m/f")).mountId
        request = messages.UpdateMountPRequest(
            alluxioPath="/m", options=messages.MountPOptions(properties={"key": "new"}, readOnly=True)
        )
        await cluster.call("update_mount", request)
        after = await cluster.status("/m/f")
        assert after.mountId not in (before, 1)
        point = (await table(cluster))["/m"]
        assert (dict(point.properties), point.readOnly, point.mountId) == ({"key": "new"}, True, after.mountId)  # type: ignore[attr-defined]
        with pytest.raises(AccessDenied):
            await cluster.create("/m/g", write_type=CACHE_THROUGH)
        with pytest.raises(InvalidPath):
            await cluster.call("update_mount", messages.UpdateMountPRequest(alluxioPath="/"))
    disk.check()


async def test_remount_goes_elsewhere() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        old = await cluster.new_mount("/m")
        await old.put("/top/old")
        assert await cluster.names("/m") == ["/m/old"]
        new = await cluster.new_mount("/m", remount=True)
        await new.put("/top/new")
        assert await cluster.names("/m") == ["/m/new"]
        await until(lambda: old.opened == 0)
    disk.check()


async def test_absent_under_the_old_address() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.new_mount("/m")
        assert not await cluster.exists("/m/f")
        new = await cluster.new_mount("/m", remount=True)
        await new.put("/top/f")
        assert await cluster.exists("/m/f")


async def test_deleting_a_directory_with_a_mount_point() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d", write_type=CACHE_THROUGH)
        inner = await cluster.new_mount("/d/m")
        await cluster.delete("/d", recursive=True, deleteMountPoint=True)
        assert list(await table(cluster)) == ["/"]
        assert not await cluster.exists("/d")
        assert inner.paths() == ["/top"]
    disk.check()


async def test_writers_wait_for_a_mount() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        name, storage = new_storage()
        await storage.make_directory("/top")
        storage.waiting["status"] = asyncio.Event()
        mounting = asyncio.create_task(cluster.mount("/m", f"mem://{name}/top"))
        await until(lambda: bool(storage.asked("status")))
        creation = asyncio.create_task(cluster.create("/m/f", write_type=CACHE_THROUGH))
        elsewhere = asyncio.create_task(cluster.create("/other"))
        await elsewhere
        await settle()
        assert not creation.done()
        storage.waiting.pop("status").set()
        await mounting
        assert (await creation).ufsPath == f"mem://{name}/top/f"
    disk.check()


async def test_the_same_address_twice_at_once() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        name, storage = new_storage()
        await storage.make_directory("/top")
        results = await asyncio.gather(
            *(cluster.mount(f"/m{n}", f"mem://{name}/top") for n in range(3)), return_exceptions=True
        )
        assert [type(result) for result in results].count(Unknown) == 2
    disk.check()


async def test_table_while_a_storage_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fs mount` is what people type when a storage misbehaves: it must answer, and soon."""
    monkeypatch.setattr(mount_calls, "SPACE_TIMEOUT_S", 0.01)
    disk = Disk()
    async with disk.master() as cluster:
        down = await cluster.new_mount("/down", properties={"aws.secretKey": "s3cret", "region": "eu"})
        silent = await cluster.new_mount("/silent")
        down.break_down()
        silent.waiting["space"] = asyncio.Event()
        points = await table(cluster)
        shown = {
            path: (point.ufsType, point.ufsCapacityBytes, point.ufsUsedBytes)  # type: ignore[attr-defined]
            for path, point in points.items()
        }
        assert shown == {"/": ("memory", 1 << 40, 0), "/down": ("memory", -1, -1), "/silent": ("memory", -1, -1)}
        assert dict(points["/down"].properties) == {"aws.secretKey": "******", "region": "eu"}  # type: ignore[attr-defined]
        unchecked = await table(cluster, checkUfs=False)
        assert {(point.ufsType, point.ufsCapacityBytes) for point in unchecked.values()} == {("", -1)}  # type: ignore[attr-defined]
        assert all(point.HasField("ufsType") for point in unchecked.values())  # type: ignore[attr-defined]
        with pytest.raises(FileDoesNotExist):
            await cluster.status("/down/f")
        assert await cluster.names("/") == ["/down", "/silent"]


async def test_mounts_survive_a_restart() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        storage = await cluster.new_mount("/m", shared=True)
        await storage.put("/top/f")
    async with disk.master() as cluster:
        assert await cluster.names("/m") == ["/m/f"]
        assert (await cluster.status("/m/f")).mode == 0o646
    disk.check()


# --- active sync ---------------------------------------------------------------------------------------------------


async def test_no_storage_is_watched() -> None:
    """People who start it have to be told what to set instead; silence would let them wait for changes for ever."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        with pytest.raises(Internal, match="sync.interval"):
            await cluster.call("start_sync", messages.StartSyncPRequest(path="/d"))
        with pytest.raises(AccessDenied):
            await cluster.call("start_sync", messages.StartSyncPRequest(path="/d"), "eve")
        with pytest.raises(InvalidPath):
            await cluster.call("stop_sync", messages.StopSyncPRequest(path="/d"))
        assert not (await cluster.call("get_sync_path_list", messages.GetSyncPathListPRequest())).syncPaths
    disk.check()


async def test_sync_point_of_an_official_master_can_be_removed() -> None:
    """It keeps a mount point from being changed."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        await cluster.master.file_system.write(None, lambda context: context.emit(AddSyncPointEntry("/d", 1)))
        answer = await cluster.call("get_sync_path_list", messages.GetSyncPathListPRequest())
        assert [(point.syncPointUri, point.syncStatus) for point in answer.syncPaths] == [("/d", 0)]
        with pytest.raises(InvalidPath, match="already"):
            await cluster.call("start_sync", messages.StartSyncPRequest(path="/d"))
        with pytest.raises(AccessDenied):
            await cluster.call("stop_sync", messages.StopSyncPRequest(path="/d"), "eve")
        await cluster.call("stop_sync", messages.StopSyncPRequest(path="/d"))
        assert not (await cluster.call("get_sync_path_list", messages.GetSyncPathListPRequest())).syncPaths
    disk.check()
