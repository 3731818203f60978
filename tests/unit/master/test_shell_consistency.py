"""checkConsistency: what people run after somebody touched the storage behind the master's back."""

from __future__ import annotations

import pytest

from pyalluxio.errors import AccessDenied, FileDoesNotExist
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, Disk, Harness


async def wrong(cluster: Harness, path: str = "/", user: str = "root", interval_ms: int | None = None) -> list[str]:
    request = messages.CheckConsistencyPRequest(path=path, options=messages.CheckConsistencyPOptions())
    if interval_ms is not None:
        request.options.commonOptions.syncIntervalMs = interval_ms
    return list((await cluster.call("check_consistency", request, user)).inconsistentPaths)


async def tree(cluster: Harness) -> None:
    for name in ("/d/f", "/d/e/g", "/d/e/h"):
        await cluster.through_file(name)
    await cluster.create("/d/cached")
    await cluster.complete("/d/cached")


async def test_all_is_well() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(cluster)
        inner = await cluster.new_mount("/d/m")
        await inner.put("/top/x")
        await cluster.names("/d/m")
        before = len(disk.log)
        assert await wrong(cluster) == await wrong(cluster, "/d/f") == []
        assert len(disk.log) == before


async def test_what_differs() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await tree(cluster)
        await disk.ufs.put("/data/d/f", b"another")
        await disk.ufs.delete_directory("/data/d/e", recursive=True)
        await disk.ufs.put("/data/d/cached")
        await disk.ufs.put("/data/d/stranger")
        await disk.ufs.put("/data/d/x.alluxio.0x0123456789ABCDEF.tmp")
        assert await wrong(cluster) == ["/d/cached", "/d/e", "/d/e/g", "/d/e/h", "/d/f", "/d/stranger"]
        assert await wrong(cluster, "/d/e") == ["/d/e", "/d/e/g", "/d/e/h"]
        assert await wrong(cluster, "/d/f") == ["/d/f"]
        assert await wrong(cluster, interval_ms=0) == []
        assert await cluster.names("/d") == ["/d/cached", "/d/f", "/d/stranger"]
    disk.check()


async def test_type_that_changed() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d", write_type=CACHE_THROUGH)
        await disk.ufs.delete_directory("/data/d")
        await disk.ufs.put("/data/d")
        assert await wrong(cluster) == ["/d"]


async def test_needs_read_permission_and_a_path() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/private", mode=0o700)
        with pytest.raises(AccessDenied, match="access=r--"):
            await wrong(cluster, "/private", "ann")
        with pytest.raises(FileDoesNotExist):
            await wrong(cluster, "/no")
