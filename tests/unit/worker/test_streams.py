"""Block streams over a real connection: what clients send, what they get, what is left behind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyalluxio.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    OutOfRange,
    ResourceExhausted,
    Status,
    Unauthenticated,
    WorkerNotFound,
)
from pyalluxio.ids import block_id
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.wire.methods import method
from pyalluxio.worker.frames import chunk_of_write_request, read_frame, write_frame
from tests.unit.worker.harness import MOUNT_ID, WorkerUnderTest, running_worker
from tests.waiting import until

A, B = block_id(1, 0), block_id(1, 1)
DATA = bytes(range(256)) * 10_000  # 2.56 MB: several chunks, none of them equal to its neighbour's


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[WorkerUnderTest]:
    async with running_worker(tmp_path) as running:
        yield running


def leftovers(worker: WorkerUnderTest) -> list[str]:
    return [path.name for path in worker.folder.rglob("*") if path.is_file() and not path.name.isdigit()]


# --- frames ---


@pytest.mark.parametrize("length", [1, 127, 128, 16383, 16384, 1 << 20, (2 << 20) - 1])
def test_hand_made_frames_are_the_encoder_s(length: int) -> None:
    """The official zero-copy reader takes these bytes apart by position; one byte off is garbage in every file."""
    data = bytes(length)
    assert read_frame(data) == pb.ReadResponse(chunk=pb.Chunk(data=data)).SerializeToString()
    assert write_frame(data) == pb.WriteRequest(chunk=pb.Chunk(data=data)).SerializeToString()
    found = chunk_of_write_request(write_frame(data))
    assert found is not None and bytes(found) == data


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x12", b"\x12\x00", b"\x12\x05\x0a\x04ab", b"\x12\xff", b"\x12\x04\x0a\x02abX", b"\x0a\x00"],
)
def test_other_forms_are_left_to_the_parser(payload: bytes) -> None:
    """A cut or foreign message must not be taken for data."""
    assert chunk_of_write_request(payload) is None


# --- writing and reading blocks ---


async def test_block_comes_back_as_written(worker: WorkerUnderTest) -> None:
    """The whole purpose."""
    await worker.write_block(A, DATA)
    assert worker.committed == {A: len(DATA)}
    assert await worker.read_block(A, 0, len(DATA)) == DATA
    assert await worker.read_block(A, 1000, 5000, chunk=777) == DATA[1000:6000]
    assert (worker.folder / str(A)).read_bytes() == DATA
    assert leftovers(worker) == []


async def test_read_beyond_the_block_ends_early(worker: WorkerUnderTest) -> None:
    """Clients compare what they got with the length they know and refresh; an error would hide the reason."""
    await worker.write_block(A, b"short")
    assert await worker.read_block(A, 2, 100) == b"ort"


async def test_missing_block_is_not_found(worker: WorkerUnderTest) -> None:
    """Clients try the next worker or fall back from short circuit on this code only."""
    with pytest.raises(NotFound, match=f"Block {A} is not on this worker"):
        await worker.read_block(A, 0, 10)


@pytest.mark.parametrize(("block", "offset", "length"), [(-1, 0, 1), (A, -1, 1), (A, 0, 0), (A, 0, -5)])
async def test_bad_reads_are_refused(worker: WorkerUnderTest, block: int, offset: int, length: int) -> None:
    """A negative offset must not reach the file system."""
    stream = await worker.stream("ReadBlock")
    await stream.write(pb.ReadRequest(block_id=block, offset=offset, length=length))
    with pytest.raises(InvalidArgument):
        await stream.read()


async def test_client_that_has_enough_ends_well(worker: WorkerUnderTest) -> None:
    """`head` reads a little and hangs up: no error, and the block can be removed afterwards."""
    await worker.write_block(A, DATA * 8)
    stream = await worker.stream("ReadBlock")
    await stream.write(pb.ReadRequest(block_id=A, offset=0, length=len(DATA) * 8, chunk_size=4096))
    assert (await stream.read()).chunk.data == DATA[:4096]
    await stream.done_writing()
    while await stream.read() is not None:
        pass
    await worker.unary("RemoveBlock", pb.RemoveBlockRequest(block_id=A))
    assert not (worker.folder / str(A)).exists()


async def test_cancelled_reader_unlocks(worker: WorkerUnderTest) -> None:
    """A killed client must not keep its block from being freed for ever."""
    await worker.write_block(A, DATA * 8)
    stream = await worker.stream("ReadBlock")
    await stream.write(pb.ReadRequest(block_id=A, offset=0, length=len(DATA) * 8, chunk_size=4096))
    await stream.read()
    stream.cancel()
    block = worker.blocks.store.committed(A)
    assert block is not None
    await until(lambda: block.readers == 0)


async def test_cancelled_write_leaves_nothing(worker: WorkerUnderTest) -> None:
    """Clients die in the middle of writing all the time."""
    stream = await worker.stream("WriteBlock")
    await stream.write(pb.WriteRequest(command=pb.WriteRequestCommand(id=A, space_to_reserve=100)))
    await stream.write(pb.WriteRequest(chunk=pb.Chunk(data=b"half")))
    await until(lambda: leftovers(worker))
    stream.cancel()
    await until(lambda: not leftovers(worker))
    assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
    assert worker.committed == {}


async def test_flush_answers_the_position(worker: WorkerUnderTest) -> None:
    """The client waits until the answer equals what it sent."""
    stream = await worker.stream("WriteBlock")
    command = pb.WriteRequestCommand(id=A, space_to_reserve=100)
    await stream.write(pb.WriteRequest(command=command))
    await stream.write(pb.WriteRequest(chunk=pb.Chunk(data=b"12345")))
    command.offset, command.flush = 5, True
    await stream.write(pb.WriteRequest(command=command))
    assert (await stream.read()).offset == 5
    command.offset = 4
    await stream.write(pb.WriteRequest(command=command))
    with pytest.raises(InvalidArgument, match="is at 5"):
        await stream.read()


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([pb.WriteRequest(chunk=pb.Chunk(data=b"x"))], "before the command"),
        ([pb.WriteRequest()], "neither"),
        ([pb.WriteRequest(command=pb.WriteRequestCommand(id=-1))], "not negative"),
        ([pb.WriteRequest(command=pb.WriteRequestCommand(type=pb.UFS_FALLBACK_BLOCK, id=-1))], "not negative"),
        ([pb.WriteRequest(command=pb.WriteRequestCommand())], "without saying which"),
        (
            [
                pb.WriteRequest(command=pb.WriteRequestCommand(id=A)),
                pb.WriteRequest(chunk=pb.Chunk(data=b"x")),
                pb.WriteRequest(command=pb.WriteRequestCommand(id=B)),
            ],
            "one block or file a stream",
        ),
        ([b"\xff\xff\xff"], "no WriteRequest"),
        (
            [pb.WriteRequest(command=pb.WriteRequestCommand(id=A)), pb.WriteRequest(chunk=pb.Chunk(data=b""))],
            "empty chunk",
        ),
    ],
)
async def test_bad_writes_are_refused(worker: WorkerUnderTest, messages: list[object], words: str) -> None:
    """One clear sentence to the caller; the server goes on."""
    stream = await worker.stream("WriteBlock")
    for message in messages:
        await stream.write(message)
    with pytest.raises(InvalidArgument, match=words):
        await stream.read()
    await worker.write_block(B, b"still works")
    assert leftovers(worker) == []


async def test_same_block_twice_is_refused(worker: WorkerUnderTest) -> None:
    """Two writers of one block would mix their bytes."""
    await worker.write_block(A, b"first")
    with pytest.raises(AlreadyExists):
        await worker.write_block(A, b"second")
    assert await worker.read_block(A, 0, 5) == b"first"


async def test_full_worker_says_so(tmp_path: Path) -> None:
    """RESOURCE_EXHAUSTED makes the client choose another worker."""
    async with running_worker(tmp_path, capacity=1000) as worker:
        with pytest.raises(ResourceExhausted, match="tier MEM"):
            await worker.write_block(A, DATA, space_to_reserve=100)
        assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
        assert leftovers(worker) == []


async def test_failed_commit_fails_the_writer_and_keeps_the_block(worker: WorkerUnderTest) -> None:
    """The client must not complete a file whose block the master does not know; a retry finds the data here."""
    worker.commit_error = WorkerNotFound("worker 5 is unknown")
    with pytest.raises(NotFound, match="worker 5"):
        await worker.write_block(A, b"data")
    assert worker.blocks.store.committed(A) is not None


async def test_percent_signs_are_doubled_in_stream_errors(worker: WorkerUnderTest) -> None:
    """Official clients put the text of a stream error through printf; a single % kills the real message."""
    with pytest.raises(NotFound) as caught:
        await worker.read_block(A, 0, 5, ufs_path=f"{worker.ufs}/a%20b", block_size=5)
    assert "a%%20b" in str(caught.value)


async def test_stranger_is_refused(worker: WorkerUnderTest) -> None:
    """Without an authenticated channel nobody reads blocks."""
    channel = Channel(worker.channel.address, ChannelOptions(authentication="NOSASL"))
    try:
        stream = await channel.stream(method("alluxio.grpc.block.BlockWorker", "ReadBlock"), 10)
        with pytest.raises(Unauthenticated):
            await stream.write(pb.ReadRequest(block_id=A, offset=0, length=1))
            await stream.read()
    finally:
        await channel.close()


# --- the under storage ---


def ufs_file(worker: WorkerUnderTest, data: bytes) -> str:
    (worker.ufs / "file").write_bytes(data)
    return f"{worker.ufs}/file"


async def test_read_through_caches_a_whole_block(worker: WorkerUnderTest) -> None:
    """The second reader must be served from memory."""
    path = ufs_file(worker, b"head" + DATA)
    options = {"ufs_path": path, "offset_in_file": 4, "block_size": len(DATA)}
    assert await worker.read_block(A, 0, len(DATA), **options) == DATA
    assert worker.committed == {A: len(DATA)}
    (worker.ufs / "file").unlink()
    assert await worker.read_block(A, 100, 50, **options) == DATA[100:150]


@pytest.mark.parametrize(
    ("offset", "length", "no_cache"), [(0, 100, False), (10, len(DATA) - 10, False), (0, len(DATA), True)]
)
async def test_partial_or_unwanted_copies_are_not_kept(
    worker: WorkerUnderTest, offset: int, length: int, no_cache: bool
) -> None:
    """A part of a block under the name of the whole would be served as the whole."""
    path = ufs_file(worker, DATA)
    options = {"ufs_path": path, "offset_in_file": 0, "block_size": len(DATA), "no_cache": no_cache}
    assert await worker.read_block(A, offset, length, **options) == DATA[offset : offset + length]
    assert worker.committed == {} and worker.blocks.store.block_count == 0
    assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
    assert leftovers(worker) == []


async def test_full_worker_reads_through_without_caching(tmp_path: Path) -> None:
    """Caching is a favour; reading is the duty."""
    async with running_worker(tmp_path, capacity=1000) as worker:
        path = ufs_file(worker, DATA)
        assert await worker.read_block(A, 0, len(DATA), ufs_path=path, block_size=len(DATA)) == DATA
        assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}


async def test_missing_and_short_files_differ(worker: WorkerUnderTest) -> None:
    """NOT_FOUND ends the read; OUT_OF_RANGE makes the client refresh and fail, as another worker has no more bytes."""
    with pytest.raises(NotFound):
        await worker.read_block(A, 0, 10, ufs_path=f"{worker.ufs}/missing", block_size=10)
    path = ufs_file(worker, b"short")
    with pytest.raises(OutOfRange, match="5 bytes, and 10 at 0 are wanted"):
        await worker.read_block(A, 0, 10, ufs_path=path, block_size=10)
    with pytest.raises(NotFound, match="mount"):
        await worker.read_block(A, 0, 10, ufs_path=path, block_size=10, mountId=99)
    assert leftovers(worker) == []


async def test_nothing_is_sent_of_a_file_that_is_too_short(worker: WorkerUnderTest) -> None:
    """A client that gets the first bytes of a file's successor, and then an error, keeps those bytes."""
    path = ufs_file(worker, DATA[:-1])
    stream = await worker.stream("ReadBlock")
    request = pb.ReadRequest(block_id=A, offset=0, length=len(DATA), chunk_size=1000)
    request.open_ufs_block_options.ufs_path, request.open_ufs_block_options.mountId = path, MOUNT_ID
    request.open_ufs_block_options.block_size = len(DATA)
    await stream.write(request)
    with pytest.raises(OutOfRange, match="shorter than the master says"):
        await stream.read()
    assert worker.committed == {} and leftovers(worker) == []


async def test_a_file_cut_while_it_is_read_ends_the_read(worker: WorkerUnderTest) -> None:
    """Truncated in place, under a reader: the piece before the cut must not pass for the whole chunk."""
    path = ufs_file(worker, DATA * 20)
    stream = await worker.stream("ReadBlock")
    request = pb.ReadRequest(block_id=A, offset=0, length=len(DATA) * 20, chunk_size=1 << 20)
    request.open_ufs_block_options.ufs_path, request.open_ufs_block_options.mountId = path, MOUNT_ID
    request.open_ufs_block_options.block_size = len(DATA) * 20
    await stream.write(request)
    assert (await stream.read()).chunk.data == DATA[: 1 << 20]
    os.truncate(path, 5)
    with pytest.raises(OutOfRange, match="bytes fewer than when it was opened"):
        while (reply := await stream.read()) is not None:
            assert len(reply.chunk.data) == 1 << 20
    assert worker.committed == {}


async def write_ufs_file(worker: WorkerUnderTest, name: str, chunks: list[bytes]) -> object:
    stream = await worker.stream("WriteBlock")
    command = pb.WriteRequestCommand(type=pb.UFS_FILE, id=-1)
    command.create_ufs_file_options.ufs_path = f"{worker.ufs}/{name}"
    command.create_ufs_file_options.mode = 0o640
    command.create_ufs_file_options.mount_id = MOUNT_ID
    await stream.write(pb.WriteRequest(command=command))
    for chunk in chunks:
        await stream.write(pb.WriteRequest(chunk=pb.Chunk(data=chunk)))
    return stream


@pytest.mark.parametrize("chunks", [[], [DATA[: 1 << 20], DATA[1 << 20 :]]], ids=["empty", "two chunks"])
async def test_under_storage_file_is_written(worker: WorkerUnderTest, chunks: list[bytes]) -> None:
    """THROUGH: when the client hears OK, the file is there, whole, with its mode."""
    stream = await write_ufs_file(worker, "d/e/file", chunks)
    await stream.done_writing()  # type: ignore[attr-defined]
    assert await stream.read() is None  # type: ignore[attr-defined]
    written = worker.ufs / "d" / "e" / "file"
    assert written.read_bytes() == b"".join(chunks)
    assert written.stat().st_mode & 0o777 == 0o640


async def test_cancelled_under_storage_file_vanishes(worker: WorkerUnderTest) -> None:
    """Half a file in the under storage would be loaded as a file."""
    stream = await write_ufs_file(worker, "file", [b"half"])
    await until(lambda: list(worker.ufs.iterdir()))
    stream.cancel()  # type: ignore[attr-defined]
    await until(lambda: not list(worker.ufs.iterdir()))


async def test_block_falls_back_to_the_under_storage(tmp_path: Path) -> None:
    """With the UFS tier switched on, a full worker costs speed, not the write."""
    async with running_worker(tmp_path, capacity=1 << 20) as worker:
        options = pb.WriteRequestCommand(type=pb.UFS_FALLBACK_BLOCK).create_ufs_block_options
        options.mount_id, options.fallback = MOUNT_ID, True
        command = {"type": pb.UFS_FALLBACK_BLOCK, "create_ufs_block_options": options}
        await worker.write_block(A, DATA, chunk=500_000, **command)
        assert worker.committed == {} and worker.committed_in_ufs == {A: len(DATA)}
        assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
        read = await worker.read_block(A, 0, len(DATA), block_in_ufs_tier=True, block_size=len(DATA), no_cache=True)
        assert read == DATA
        await worker.write_block(B, b"small", **command)
        assert worker.committed == {B: 5}


# --- short circuit ---


async def test_client_on_this_machine_writes_and_reads_the_file(worker: WorkerUnderTest) -> None:
    """The fast path of every co-located client."""
    stream = await worker.stream("CreateLocalBlock")
    await stream.write(pb.CreateLocalBlockRequest(block_id=A, space_to_reserve=10))
    path = Path((await stream.read()).path)
    path.write_bytes(b"0123456789")
    request = pb.CreateLocalBlockRequest(block_id=A, only_reserve_space=True, space_to_reserve=100)
    await stream.write(request)
    assert not (await stream.read()).HasField("path")
    await stream.done_writing()
    assert await stream.read() is None
    assert worker.committed == {A: 10}

    stream = await worker.stream("OpenLocalBlock")
    await stream.write(pb.OpenLocalBlockRequest(block_id=A))
    assert Path((await stream.read()).path).read_bytes() == b"0123456789"
    block = worker.blocks.store.committed(A)
    assert block is not None and block.readers == 1
    await stream.done_writing()
    assert await stream.read() is None
    assert block.readers == 0


async def test_cancelled_local_block_vanishes(worker: WorkerUnderTest) -> None:
    """A killed client must not leave its file or its reservation."""
    stream = await worker.stream("CreateLocalBlock")
    await stream.write(pb.CreateLocalBlockRequest(block_id=A, space_to_reserve=10))
    await stream.read()
    stream.cancel()
    await until(lambda: not leftovers(worker))
    assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
    assert worker.committed == {} and worker.blocks.store.block_count == 0


async def test_local_block_that_grew_too_big_goes_on_in_the_under_storage(tmp_path: Path) -> None:
    """With the UFS tier on, a client keeps what it wrote here and hands it over instead of starting again."""
    async with running_worker(tmp_path, capacity=1000) as worker:
        stream = await worker.stream("CreateLocalBlock")
        request = pb.CreateLocalBlockRequest(block_id=A, space_to_reserve=10, cleanup_on_failure=False)
        await stream.write(request)
        Path((await stream.read()).path).write_bytes(b"0123456789")
        await stream.write(pb.CreateLocalBlockRequest(block_id=A, only_reserve_space=True, space_to_reserve=5000))
        with pytest.raises(ResourceExhausted):
            await stream.read()
        options = pb.WriteRequestCommand(type=pb.UFS_FALLBACK_BLOCK).create_ufs_block_options
        options.mount_id, options.fallback, options.bytes_in_block_store = MOUNT_ID, True, 10
        await worker.write_block(A, DATA, type=pb.UFS_FALLBACK_BLOCK, create_ufs_block_options=options)
        assert worker.committed_in_ufs == {A: 10 + len(DATA)}
        size = 10 + len(DATA)
        read = await worker.read_block(A, 0, size, block_in_ufs_tier=True, block_size=size, no_cache=True)
        assert read == b"0123456789" + DATA
        assert worker.blocks.store.used_bytes_on_tiers() == {"MEM": 0}
        assert leftovers(worker) == []


async def test_local_block_refusals(worker: WorkerUnderTest) -> None:
    """Codes decide what the client does next: NOT_FOUND falls back, RESOURCE_EXHAUSTED tells the user."""
    stream = await worker.stream("OpenLocalBlock")
    await stream.write(pb.OpenLocalBlockRequest(block_id=A))
    with pytest.raises(NotFound):
        await stream.read()
    stream = await worker.stream("CreateLocalBlock")
    await stream.write(pb.CreateLocalBlockRequest(block_id=A, space_to_reserve=1 << 40))
    with pytest.raises(ResourceExhausted):
        await stream.read()


# --- caching, loading, removing ---


async def test_cache_request_brings_a_block(worker: WorkerUnderTest) -> None:
    """Clients ask for a whole block after they read a part of it."""
    path = ufs_file(worker, DATA)
    request = pb.CacheRequest(block_id=A, source_host="here", source_port=1, length=len(DATA))
    request.open_ufs_block_options.ufs_path = path
    request.open_ufs_block_options.mountId = MOUNT_ID
    request.open_ufs_block_options.block_size = len(DATA)
    await worker.unary("Cache", request)
    assert await worker.read_block(A, 0, len(DATA)) == DATA
    await worker.unary("Cache", request)  # here already: fine
    setattr(request, "async", True)
    request.block_id = B
    await worker.unary("Cache", request)
    await until(lambda: worker.committed.get(B) == len(DATA))


async def test_cache_request_from_another_worker(tmp_path: Path) -> None:
    """Passive caching: a remote block becomes a local one."""
    async with (
        running_worker(tmp_path, name="one") as source,
        running_worker(tmp_path, name="two") as target,
    ):
        await source.write_block(A, DATA)
        request = pb.CacheRequest(block_id=A, source_host="127.0.0.1", source_port=source.server.port, length=len(DATA))
        await target.unary("Cache", request)
        assert await target.read_block(A, 0, len(DATA)) == DATA
        request.block_id = B
        with pytest.raises(NotFound):
            await target.unary("Cache", request)
        assert target.blocks.store.used_bytes_on_tiers() == {"MEM": len(DATA)}


async def test_caching_a_file_that_is_too_short_is_not_worth_another_attempt(worker: WorkerUnderTest) -> None:
    """The master's job would repeat a load for ever that only a metadata sync can cure."""
    block = pb.Block(block_id=A, length=6, ufs_path=ufs_file(worker, b"short"), offset_in_file=0, mountId=MOUNT_ID)
    reply = await worker.unary(
        "Load", pb.LoadRequest(blocks=[block], options=pb.UfsReadOptions(tag="t", position_short=False))
    )
    assert [(one.code, one.retryable) for one in reply.block_status] == [(int(Status.OUT_OF_RANGE), False)]
    assert worker.blocks.store.block_count == 0 and leftovers(worker) == []


async def test_load_tells_each_failure(worker: WorkerUnderTest) -> None:
    """A load of a million blocks must say which ones failed, and whether trying again helps."""
    path = ufs_file(worker, DATA)
    options = pb.UfsReadOptions(tag="t", position_short=False)
    good = pb.Block(block_id=A, length=1000, ufs_path=path, offset_in_file=500, mountId=MOUNT_ID)
    bad = pb.Block(block_id=B, length=1000, ufs_path=f"{path}-missing", offset_in_file=0, mountId=MOUNT_ID)
    reply = await worker.unary("Load", pb.LoadRequest(blocks=[good, bad], options=options))
    assert reply.status == pb.PARTIAL_FAILURE
    assert [(item.block.block_id, item.code, item.retryable) for item in reply.block_status] == [
        (B, int(Status.NOT_FOUND), False)
    ]
    assert await worker.read_block(A, 0, 1000) == DATA[500:1500]
    reply = await worker.unary("Load", pb.LoadRequest(blocks=[good], options=options))
    assert reply.status == pb.SUCCESS


async def test_removing_an_unknown_block_succeeds(worker: WorkerUnderTest) -> None:
    """The master repeats Free until the worker agrees."""
    log = worker.blocks.store.open_change_log()
    await worker.unary("RemoveBlock", pb.RemoveBlockRequest(block_id=A))
    assert log.take() == {A}


async def test_free_worker_empties_it(worker: WorkerUnderTest) -> None:
    """An operator empties a worker before taking it away."""
    await worker.write_block(A, b"x")
    await worker.write_block(B, b"y")
    await worker.unary("FreeWorker", pb.FreeWorkerRequest())
    assert worker.blocks.store.block_count == 0
    assert [path for path in worker.folder.iterdir() if path.is_file()] == []
