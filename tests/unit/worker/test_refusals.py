"""What a worker refuses: files outside of its mounts, and blocks that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyalluxio.errors import InvalidArgument, Status
from pyalluxio.ids import block_id
from pyalluxio.ufs.memory import MemoryUfs
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.worker.ufs_mounts import Mount
from tests.unit.worker.harness import MOUNT_ID, WorkerUnderTest, running_worker

A = block_id(1, 0)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[WorkerUnderTest]:
    async with running_worker(tmp_path) as running:
        yield running


def outside_of(worker: WorkerUnderTest) -> list[str]:
    """Ways to spell files beside the mount; the file exists."""
    beside = worker.ufs.parent / "ufs-beside"
    beside.mkdir()
    (beside / "secret").write_bytes(b"secret data")
    return [
        f"{beside}/secret",
        f"file://{beside}/secret",
        f"file:{beside}/secret",
        f"{worker.ufs}/../ufs-beside/secret",
        f"{worker.ufs}/a/.././../ufs-beside/secret",
        f"s3:/{beside}/secret",
        f"host{worker.ufs}/secret",
        str(worker.ufs),
        f"{worker.ufs}/.",
    ]


async def test_files_outside_the_mount_are_not_read(worker: WorkerUnderTest) -> None:
    """Whoever can connect would read any file of this machine, and have it cached for everybody."""
    for path in outside_of(worker):
        with pytest.raises(InvalidArgument, match=r"under storage path .* is not (below .*ufs|absolute)"):
            await worker.read_block(A, 0, 6, ufs_path=path, block_size=6)
    assert worker.blocks.store.block_count == 0 and worker.committed == {}


async def test_files_outside_the_mount_are_not_written(worker: WorkerUnderTest) -> None:
    """A client that names /etc/cron.d/x must not run its commands there."""
    for path in outside_of(worker):
        stream = await worker.stream("WriteBlock")
        command = pb.WriteRequestCommand(type=pb.UFS_FILE, id=-1)
        command.create_ufs_file_options.ufs_path = path
        command.create_ufs_file_options.mount_id = MOUNT_ID
        await stream.write(pb.WriteRequest(command=command))
        with pytest.raises(InvalidArgument, match=r"is not (below .*ufs|absolute)"):
            await stream.read()
    assert (worker.ufs.parent / "ufs-beside" / "secret").read_bytes() == b"secret data"
    assert list(worker.ufs.iterdir()) == []


@pytest.mark.parametrize("call", ["Cache", "async Cache", "AsyncCache", "Load"])
async def test_files_outside_the_mount_are_not_cached(worker: WorkerUnderTest, call: str) -> None:
    """What is cached is served to everybody who asks for the block."""
    for path in outside_of(worker):
        if call == "Load":
            block = pb.Block(block_id=A, length=6, ufs_path=path, offset_in_file=0, mountId=MOUNT_ID)
            reply = await worker.unary(
                "Load", pb.LoadRequest(blocks=[block], options=pb.UfsReadOptions(tag="t", position_short=False))
            )
            assert [one.code for one in reply.block_status] == [int(Status.INVALID_ARGUMENT)]
            continue
        kind = pb.AsyncCacheRequest if call == "AsyncCache" else pb.CacheRequest
        request = kind(block_id=A, source_host="here", source_port=1, length=6)
        request.open_ufs_block_options.ufs_path, request.open_ufs_block_options.mountId = path, MOUNT_ID
        if call == "async Cache":
            setattr(request, "async", True)
        with pytest.raises(InvalidArgument, match=r"is not (below .*ufs|absolute)"):
            await worker.unary(call.removeprefix("async "), request)
    assert worker.blocks.store.block_count == 0


@pytest.mark.parametrize(
    ("uri", "path", "expected"),
    [
        ("/ufs", "/ufs/a b/c", "/ufs/a b/c"),
        ("/ufs/", "file:///ufs/a", "file:///ufs/a"),
        ("file:///ufs", "/ufs/a/../b", "/ufs/b"),
        ("/", "/a", "/a"),
        ("s3://bucket", "s3://bucket/a//b", "s3://bucket/a//b"),
        ("s3://bucket/x", "s3://bucket/x/./b", "s3://bucket/x/b"),
        ("s3://bucket/x", "s3://bucket/xy", None),
        ("s3://bucket/x", "s3://other/x/b", None),
        ("s3://bucket/x", "s3a://bucket/x/b", None),
        ("s3://bucket/x", "/x/b", None),
        ("/ufs", "/ufs/../../ufs", None),
        ("/ufs", "", None),
    ],
)
async def test_paths_below_a_mount(uri: str, path: str, expected: str | None) -> None:
    """Neighbours with a common beginning, other buckets and detours are no part of a mount."""
    mount = Mount(uri, MemoryUfs())
    if expected is None:
        with pytest.raises(InvalidArgument):
            mount.path_below(path)
    else:
        assert mount.path_below(path) == expected


async def test_negative_ids_are_refused_everywhere(worker: WorkerUnderTest) -> None:
    """No block has such an id; it must not become a file name or a message to the master."""
    log = worker.blocks.store.open_change_log()
    for name, request in [
        ("Cache", pb.CacheRequest(block_id=-1, length=1, source_host="here")),
        ("AsyncCache", pb.AsyncCacheRequest(block_id=-1, length=1, source_host="here")),
        ("RemoveBlock", pb.RemoveBlockRequest(block_id=-1)),
        ("MoveBlock", pb.MoveBlockRequest(block_id=-1, medium_type="MEM")),
    ]:
        with pytest.raises(InvalidArgument, match=f"{name} names block -1; block ids are not negative"):
            await worker.unary(name, request)
    for name, request in [
        ("OpenLocalBlock", pb.OpenLocalBlockRequest(block_id=-1)),
        ("CreateLocalBlock", pb.CreateLocalBlockRequest(block_id=-1, space_to_reserve=10)),
    ]:
        stream = await worker.stream(name)
        await stream.write(request)
        with pytest.raises(InvalidArgument, match=f"{name} names block -1; block ids are not negative"):
            await stream.read()
    block = pb.Block(block_id=-1, length=6, ufs_path=f"{worker.ufs}/file", offset_in_file=0, mountId=MOUNT_ID)
    reply = await worker.unary(
        "Load", pb.LoadRequest(blocks=[block], options=pb.UfsReadOptions(tag="t", position_short=False))
    )
    assert [one.code for one in reply.block_status] == [int(Status.INVALID_ARGUMENT)]
    assert log.take() == set()
