"""Large listings: cut into messages, and whole although the namespace changes meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import AlluxioError, FileDoesNotExist, Status
from pyalluxio.master.read_calls import ListingMessage
from pyalluxio.master.store import LmdbStore
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import Disk, Harness

NEVER = messages.NEVER
COUNT = 25_000
LENGTH = "alluxio.master.filesystem.liststatus.result.message.length"


async def fill(cluster: Harness, count: int) -> None:
    for first in range(0, count, 1000):
        await asyncio.gather(*(cluster.create(f"/d/f{n:05}") for n in range(first, min(first + 1000, count))))


async def test_large_directory(tmp_path: Path) -> None:
    """One message of it would be refused by clients, and one long step of the loop would stop everybody else.

    Files come and go while it is read: none of those that stay may be missing or come twice.
    """
    disk = Disk(LmdbStore(tmp_path / "state", map_size_bytes=1 << 30), **{LENGTH: "1000"})
    async with disk.master() as cluster:
        for n in range(COUNT):
            await disk.ufs.put(f"/data/d/f{n:05}")
        await cluster.names("/d", loadMetadataOnly=True)
        sizes: list[int] = []
        names: list[str] = []
        number = 0
        async for data in cluster.pages("/d", load=NEVER):
            sizes.append(len(data))
            names += [info.name for info in messages.ListStatusPResponse.FromString(data).fileInfos]
            if len(sizes) % 5 == 1:
                at = int(names[-1][1:6])
                await cluster.create(f"/d/f{at:05}-new{number}")
                await cluster.delete(f"/d/f{at:05}")
                await cluster.delete(f"/d/f{COUNT - 1 - number:05}")
                number += 1
        assert len(sizes) > 10
        assert max(sizes) < 4 << 20
        assert len(set(names)) == len(names)
        assert names == sorted(names)
        stayed = [f"f{n:05}" for n in range(COUNT - 100)]
        assert set(stayed) <= set(names)
    disk.store.close()  # type: ignore[attr-defined]


async def test_empty_directory_is_no_message() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        assert [data async for data in cluster.pages("/d")] == []
        assert [data async for data in cluster.pages("/", loadMetadataOnly=True)] == []


def test_statuses_of_many_blocks_share_no_message() -> None:
    """A file of ten thousand blocks has a status of a megabyte."""
    message = ListingMessage(10, 15)
    assert [message.add(data) for data in (b"a" * 10, b"b" * 5)] == [b"", b""]
    assert [message.add(data) for data in (b"c" * 20, b"d")] == [b"a" * 10 + b"b" * 5, b"c" * 20]
    assert (message.take(), message.parts) == (b"d", [])


@pytest.mark.parametrize(("length", "expected"), [("2500", [2500, 500]), ("700", [700] * 4 + [200]), ("0", [1] * 3000)])
async def test_files_in_a_message_are_those_of_the_property(length: str, expected: list[int]) -> None:
    """Ten times as many messages as an operator allows for cost a listing its time on a slow line."""
    disk = Disk(**{LENGTH: length})
    async with disk.master() as cluster:
        await fill(cluster, 3000)
        sizes = [
            len(messages.ListStatusPResponse.FromString(data).fileInfos)
            async for data in cluster.pages("/d", load=NEVER)
        ]
        assert sizes == expected


async def partial(cluster: Harness, path: str, **options: Any) -> Any:
    recursive = options.pop("recursive", False)
    request = messages.ListStatusPartialPRequest(
        path=path,
        options=messages.ListStatusPartialPOptions(options=messages.ListStatusPOptions(recursive=recursive), **options),
    )
    return await cluster.call("list_status_partial", request)


async def test_partial_listings() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await fill(cluster, 25)
        first = await partial(cluster, "/d", batchSize=10)
        assert (len(first.fileInfos), first.isTruncated, first.fileCount) == (10, True, 25)
        second = await partial(cluster, "/d", batchSize=10, offsetId=first.fileInfos[-1].fileId)
        third = await partial(cluster, "/d", batchSize=10, startAfter="f00019")
        counted = await partial(cluster, "/d", batchSize=10, offsetCount=10)
        assert counted == second
        assert [info.name for part in (first, second, third) for info in part.fileInfos] == [
            f"f{n:05}" for n in range(25)
        ]
        assert not third.isTruncated
        assert (await partial(cluster, "/", recursive=True)).fileCount == -1
        assert [info.name for info in (await partial(cluster, "/d", prefix="/f0001")).fileInfos] == [
            f"f{n:05}" for n in range(10, 20)
        ]
        assert (await partial(cluster, "/d/f00003")).fileCount == 1


async def test_partial_listing_after_something_that_is_gone() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await fill(cluster, 5)
        last = (await partial(cluster, "/d", batchSize=2)).fileInfos[-1]
        await cluster.delete(last.path)
        with pytest.raises(FileDoesNotExist):
            await partial(cluster, "/d", offsetId=last.fileId)
        with pytest.raises(AlluxioError) as caught:
            await partial(cluster, "/d", startAfter="/elsewhere/x")
        assert caught.value.status is Status.INVALID_ARGUMENT


async def test_recursive_listing_passes_over_private_directories() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/d/open/f")
        await cluster.create("/d/private/g")
        await cluster.set("/d/private", mode=0o700)
        assert await cluster.names("/d", user="ann", recursive=True) == ["/d/open", "/d/open/f", "/d/private"]
        assert len(await cluster.names("/d", recursive=True)) == 4
