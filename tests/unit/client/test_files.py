"""Files against small servers that fail where told: what a program sees while workers and masters come and go."""

from __future__ import annotations

import asyncio
import random

import pytest

from pyalluxio.client.context import Settings
from pyalluxio.client.file_system import AsyncFileSystem
from pyalluxio.conf import Configuration
from pyalluxio.errors import (
    BlockHasNoCopy,
    FileIncomplete,
    InvalidArgument,
    InvalidPath,
    NotFound,
    OutOfRange,
    OutOfSpace,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from tests.unit.client.small_cluster import BLOCK, CHUNK, SmallCluster, SmallWorker, small_cluster
from tests.waiting import until

DATA = random.Random(5).randbytes(2 * BLOCK + 1234)
BLOCK_SIZE = "alluxio.user.block.size.bytes.default"
FINGERPRINT = "TYPE|FILE UFS|local OWNER|u GROUP|g MODE|420 CONTENT_HASH|old "
SIZES = [0, 1, CHUNK, BLOCK - 1, BLOCK, BLOCK + 1, len(DATA)]


async def write(cluster: SmallCluster, path: str, data: bytes = DATA, write_type: str = "MUST_CACHE") -> None:
    await cluster.fs.write_bytes(path, data, write_type=write_type, block_size_bytes=BLOCK)


@pytest.mark.parametrize("write_type", ["MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH"])
async def test_what_was_written_is_read(write_type: str) -> None:
    """Sizes around a block's edge are where bytes get lost or doubled."""
    async with small_cluster() as cluster:
        for size in SIZES:
            await write(cluster, f"/f{size}", DATA[:size], write_type)
            assert await cluster.fs.read_bytes(f"/f{size}") == DATA[:size], size
        in_ufs = cluster.workers[0].ufs.get(f"/ufs/f{BLOCK}")
        assert in_ufs == (DATA[:BLOCK] if write_type in ("THROUGH", "CACHE_THROUGH") else None)
        last = cluster.names.completions[-1]
        assert last.HasField("asyncPersistOptions") == (write_type == "ASYNC_THROUGH")
        assert (last.ufsLength, last.contentHash) == ((len(DATA), "hash") if in_ufs is not None else (0, ""))


async def test_defaults_of_paths() -> None:
    """`pathConf add --property alluxio.user.file.writetype.default=THROUGH /ledger`, and clients that ignore it."""
    async with small_cluster() as cluster:
        cluster.names.path_defaults = {
            "/ledger": {"alluxio.user.file.writetype.default": "THROUGH", BLOCK_SIZE: "1MB"},
            "/ledger/scratch": {"alluxio.user.file.writetype.default": "MUST_CACHE"},
        }
        target = f"127.0.0.1:{cluster.masters[0].port}"
        properties = {"alluxio.user.short.circuit.enabled": "false"}
        async with await AsyncFileSystem.connect(target, configuration=Configuration.for_test(properties)) as fs:
            for path in ("/ledger/f", "/ledger/scratch/f", "/ledgers", f"alluxio://{target}/ledger/uri"):
                await fs.write_bytes(path, b"x", recursive=True)
            await fs.write_bytes("/ledger/asked", b"x", write_type="MUST_CACHE", recursive=True)
        assert sorted(cluster.workers[0].ufs) == ["/ufs/ledger/f", "/ufs/ledger/uri"]
        completed = [options.HasField("asyncPersistOptions") for options in cluster.names.completions]
        assert completed == [False, False, True, False, False]
        sizes = {path: file.blockSizeBytes for path, file in cluster.names.files.items()}
        assert sizes["/ledger/f"] == 1 << 20
        assert sizes["/ledgers"] == sizes["/ledger/scratch/f"] == 64 << 20
        deaf = Configuration.for_test({**properties, "alluxio.user.conf.cluster.default.enabled": "false"})
        async with await AsyncFileSystem.connect(target, configuration=deaf) as fs:
            await fs.write_bytes("/ledger/deaf", b"x", recursive=True)
        assert "/ufs/ledger/deaf" not in cluster.workers[0].ufs


async def test_paths_that_name_another_cluster() -> None:
    """A typo in the address must not delete the namesake on the cluster at hand."""
    async with small_cluster() as cluster:
        own = f"127.0.0.1:{cluster.masters[0].port}"
        await write(cluster, "/a", b"x")
        for other in ("//typohost/a", "//a", "alluxio://other:19998/a", f"alluxio://{own},other:19998/a"):
            with pytest.raises((InvalidPath, InvalidArgument), match="names no masters|does not match the configured"):
                await cluster.fs.delete(other)
        assert await cluster.fs.exists(f"//{own}/a")
        await cluster.fs.delete(f"alluxio://{own}/a")
        assert not await cluster.fs.exists("/a")


async def test_only_files_to_be_persisted_pin_their_blocks() -> None:
    """An ASYNC_THROUGH block evicted before it is persisted is lost data."""
    async with small_cluster() as cluster:
        await write(cluster, "/a", DATA[:10], "ASYNC_THROUGH")
        await write(cluster, "/m", DATA[:10], "MUST_CACHE")
        assert [command.pin_on_create for command in cluster.workers[0].commands] == [True, False]


async def test_small_writes_are_gathered_and_any_size_arrives_in_order() -> None:
    """A program that writes line by line must not send a message a line."""
    async with small_cluster() as cluster:
        chance, position = random.Random(1), 0
        async with await cluster.fs.create_file("/f", write_type="MUST_CACHE", block_size_bytes=BLOCK) as file:
            while position < len(DATA):
                size = chance.choice([1, 100, CHUNK - 1, CHUNK, 3 * CHUNK + 7])
                position += await file.write(DATA[position : position + size])
                assert file.tell() == position
        assert await cluster.fs.read_bytes("/f") == DATA


async def test_seeks_and_positioned_reads() -> None:
    """Columnar formats read the end first, then pieces from everywhere."""
    async with small_cluster() as cluster:
        await write(cluster, "/f")
        async with await cluster.fs.open_file("/f") as file:
            places = [(0, 10), (BLOCK - 5, 10), (len(DATA) - 3, 10), (len(DATA), 5), (7, 2 * BLOCK)]
            found = await asyncio.gather(*(file.pread(offset, count) for offset, count in places))
            assert found == [DATA[offset : offset + count] for offset, count in places]
            assert file.tell() == 0
            file.seek(-8, 2)
            assert await file.read() == DATA[-8:]
            file.seek(BLOCK - 2)
            assert await file.read(4) == DATA[BLOCK - 2 : BLOCK + 2]
            file.seek(10, 1)
            assert file.tell() == BLOCK + 12
            buffer = bytearray(100)
            assert await file.readinto(buffer) == 100
            assert buffer == DATA[BLOCK + 12 : BLOCK + 112]
            with pytest.raises(InvalidArgument, match="positions begin at 0"):
                file.seek(-1)


async def test_a_reader_goes_on_with_another_copy_where_the_first_failed() -> None:
    """A worker that dies in the middle of a block must cost the reader nothing but time."""
    async with small_cluster(workers=2) as cluster:
        await write(cluster, "/f")
        for worker in cluster.workers:  # both hold everything
            for other in cluster.workers:
                worker.blocks.update(other.blocks)
        for worker in cluster.workers:
            worker.read_errors.append(Unavailable("The worker is going down."))
            worker.bytes_before_error = CHUNK + 10
        assert await cluster.fs.read_bytes("/f") == DATA


async def test_a_block_without_a_copy_comes_through_a_worker_from_the_under_storage() -> None:
    """After an eviction the file must be readable as before, and be cached again."""
    async with small_cluster() as cluster:
        await write(cluster, "/f", DATA, "THROUGH")
        assert await cluster.fs.read_bytes("/f") == DATA
        asked = cluster.workers[0].reads[-1].open_ufs_block_options
        assert (asked.ufs_path, asked.offset_in_file, asked.mountId) == ("/ufs/f", 2 * BLOCK, 1)
        assert asked.no_cache is False
        await cluster.fs.read_bytes("/f", read_type="NO_CACHE")
        assert cluster.workers[0].reads[-1].open_ufs_block_options.no_cache is True


async def test_a_partly_read_block_is_asked_to_be_cached_once() -> None:
    """Random reads of a cold file would go to the under storage for ever."""
    async with small_cluster() as cluster:
        await write(cluster, "/f", DATA, "THROUGH")
        async with await cluster.fs.open_file("/f") as file:
            await file.pread(5, 10)
            await file.pread(50, 10)
            await file.pread(BLOCK + 5, 10)
        container = cluster.names.files["/f"].fileId >> 24 << 24
        await until(lambda: len(cluster.workers[0].cached) == 2, what="two cache requests")
        assert cluster.workers[0].cached == [container, container + 1]


async def test_a_worker_that_ends_early_is_told_and_not_taken_for_the_end_of_the_file() -> None:
    """A file cut short without an error is silent data loss."""
    async with small_cluster() as cluster:
        await write(cluster, "/f", DATA[:BLOCK])
        cluster.workers[0].cut_short = True
        with pytest.raises(OutOfRange, match="the file changed meanwhile"):
            await cluster.fs.read_bytes("/f")


def other_fingerprint(cluster: SmallCluster) -> None:
    """Change the bytes behind an unchanged inode."""
    cluster.names.files["/f"].ufsFingerprint = FINGERPRINT.replace("old", "new")
    cluster.workers[0].ufs["/ufs/f"] = bytes(len(DATA))


@pytest.mark.parametrize("way", ["stream", "positioned"])
@pytest.mark.parametrize(
    "length", [len(DATA), 2 * len(DATA), 100, None], ids=["same", "longer", "shorter", "same file"]
)
async def test_bytes_of_two_versions_are_never_mixed(way: str, length: int | None) -> None:
    """A reader that resumes in the file's successor returns bytes that no file ever had."""
    async with small_cluster() as cluster:
        await write(cluster, "/f", DATA, "THROUGH")
        cluster.names.files["/f"].ufsFingerprint = FINGERPRINT
        async with await cluster.fs.open_file("/f") as file:
            cluster.workers[0].read_errors.append(Unavailable("The worker is going down."))
            cluster.workers[0].bytes_before_error = CHUNK + 10
            if length is None:
                other_fingerprint(cluster)
            else:
                await cluster.fs.write_bytes(
                    "/f", bytes(length), write_type="THROUGH", block_size_bytes=BLOCK, overwrite=True
                )
            with pytest.raises(OutOfRange, match="/f was replaced while it was read"):
                await (file.read() if way == "stream" else file.pread(0, len(DATA)))


async def test_a_worker_that_finds_too_few_bytes_makes_the_reader_look_again() -> None:
    """The reader must hear that the file is another one now, or gone, and not only that bytes are missing."""
    async with small_cluster() as cluster:
        await write(cluster, "/f", DATA, "THROUGH")
        async with await cluster.fs.open_file("/f") as file:
            cluster.workers[0].read_errors += [OutOfRange("Too short.")] * 3
            with pytest.raises(OutOfRange, match="Too short"):
                await file.read()
            await write(cluster, "/g")
            cluster.names.files["/f"].fileId = cluster.names.files["/g"].fileId
            with pytest.raises(OutOfRange, match="was replaced while it was read"):
                await file.read()
            await cluster.fs.delete("/f")
            with pytest.raises(NotFound, match="/f"):
                await file.read()


async def test_a_file_that_is_persisted_while_it_is_read_is_no_other_file() -> None:
    """A fingerprint appears when the file is persisted; its bytes stay the same."""
    async with small_cluster(workers=2) as cluster:
        await write(cluster, "/f", DATA, "THROUGH")
        async with await cluster.fs.open_file("/f") as file:
            for worker in cluster.workers:
                worker.read_errors.append(Unavailable("The worker is going down."))
            cluster.names.files["/f"].ufsFingerprint = FINGERPRINT
            cluster.names.files["/f"].lastModificationTimeMs += 1
            assert await file.read() == DATA


@pytest.mark.parametrize("way", ["stream", "positioned"])
async def test_a_lost_block_is_told_after_a_short_time(way: str) -> None:
    """A job that reads a file whose only worker died would hang for five minutes a block."""
    async with small_cluster(no_copy_wait_ms=200, block_read_ms=60_000) as cluster:
        await write(cluster, "/f", DATA)
        async with await cluster.fs.open_file("/f") as file:
            cluster.workers[0].blocks.clear()
            cluster.workers[0].read_errors += [Unavailable("The worker is going down.")] * 5
            async with asyncio.timeout(5):
                with pytest.raises(BlockHasNoCopy, match=r"Block \d+ of /f is lost: its only copy"):
                    await (file.read(10) if way == "stream" else file.pread(0, 10))


async def test_a_block_whose_worker_comes_back_in_time_is_read() -> None:
    """After a fail-over the new leader knows no copy until the workers have registered."""
    async with small_cluster(no_copy_wait_ms=30_000) as cluster:
        await write(cluster, "/f", DATA)
        kept = dict(cluster.workers[0].blocks)
        cluster.workers[0].blocks.clear()
        reading = asyncio.ensure_future(cluster.fs.read_bytes("/f"))
        await until(lambda: cluster.masters[0].calls.count("GetStatus") >= 3, what="the reader asking again")
        assert not reading.done()
        cluster.workers[0].blocks.update(kept)
        assert await reading == DATA


async def test_a_file_that_the_master_gave_up_is_not_waited_for() -> None:
    """The master said LOST after it had waited for the worker itself."""
    async with small_cluster(no_copy_wait_ms=60_000, block_read_ms=60_000) as cluster:
        await write(cluster, "/f", DATA)
        cluster.workers[0].blocks.clear()
        cluster.names.files["/f"].persistenceState = "LOST"
        async with asyncio.timeout(5):
            with pytest.raises(BlockHasNoCopy, match="never persisted"):
                await cluster.fs.read_bytes("/f")
        assert cluster.masters[0].calls.count("GetStatus") == 1


def test_a_chosen_time_for_failing_reads_counts_for_lost_blocks_too() -> None:
    """Whoever restarts workers slowly has set the time for it."""
    assert Settings.of(Configuration.for_test()).no_copy_wait_ms == 20_000
    chosen = Configuration.for_test({"alluxio.user.block.read.retry.max.duration": "4min"})
    assert Settings.of(chosen).no_copy_wait_ms == 240_000


def test_defaults_that_the_master_hands_out_are_no_choice() -> None:
    """Every client that fetches them would wait five minutes for a lost block; what somebody set there counts."""
    key = "alluxio.user.block.read.retry.max.duration"
    plain = Configuration.for_test()
    fetched = plain.with_cluster_defaults([(key, plain.text(key), "DEFAULT")])
    assert Settings.of(fetched).no_copy_wait_ms == 20_000
    advised = plain.with_cluster_defaults([(key, plain.text(key), "SITE_PROPERTY (/conf/alluxio-site.properties)")])
    assert Settings.of(advised).no_copy_wait_ms == 300_000


async def test_an_error_that_every_worker_would_give_is_passed_on_at_once() -> None:
    """Asking every worker and waiting minutes would hide a missing permission."""
    async with small_cluster(workers=2) as cluster:
        await write(cluster, "/f", DATA[:100], "THROUGH")
        for worker in cluster.workers:
            worker.read_errors.append(PermissionDenied("The under storage refuses."))
        with pytest.raises(PermissionDenied, match="refuses"):
            await cluster.fs.read_bytes("/f")
        assert sum(len(worker.reads) for worker in cluster.workers) == 1


async def test_a_dead_worker_is_told_with_the_file() -> None:
    """Which of a thousand files of a job failed, and where, must be in the one line that reaches the log."""
    async with small_cluster(block_read_ms=200) as cluster:
        await write(cluster, "/f", DATA[:100])
        cluster.workers[0].port = 1  # nobody listens there
        with pytest.raises(Unavailable, match=r"^Cannot read /f: Cannot reach 127.0.0.1:1: [^;(]*$"):
            await cluster.fs.read_bytes("/f")
        for write_type in ("MUST_CACHE", "THROUGH"):
            with pytest.raises(Unavailable, match=r"^Cannot write /g: Cannot reach 127.0.0.1:1: [^;(]*$"):
                await cluster.fs.write_bytes("/g", DATA[:100], write_type=write_type, overwrite=True)


async def test_a_silent_worker_is_left_after_the_deadline() -> None:
    """A hung machine must not hang every reader with it."""
    async with small_cluster(workers=2, read_timeout_s=0.2) as cluster:
        await write(cluster, "/f", DATA[:100])
        for worker, other in zip(cluster.workers, reversed(cluster.workers), strict=True):
            worker.blocks.update(other.blocks)
        cluster.workers[0].is_silent = True
        async with asyncio.timeout(5):
            assert await cluster.fs.read_bytes("/f") == DATA[:100]


async def test_acknowledgements_follow_what_arrived() -> None:
    """A worker stops when 4 MB are not acknowledged: without acknowledgements large reads hang."""
    async with small_cluster() as cluster:
        data = random.Random(2).randbytes(9 << 20)
        await cluster.fs.write_bytes("/big", data, write_type="MUST_CACHE", block_size_bytes=16 << 20)
        assert await cluster.fs.read_bytes("/big") == data
        acknowledged = cluster.workers[0].acknowledged
        assert acknowledged == sorted(acknowledged)
        assert acknowledged[:2] == [2 << 20, 4 << 20]


async def test_a_block_goes_to_another_worker_when_the_first_is_gone() -> None:
    """The list of workers is two minutes old at times; a worker that left must not fail the write."""
    async with small_cluster(workers=1) as cluster:
        gone = SmallWorker(port=1)  # nothing listens there
        cluster.names.workers.insert(0, gone)
        for number in range(4):  # the choice is by chance
            await write(cluster, f"/f{number}", DATA[:100])
            assert await cluster.fs.read_bytes(f"/f{number}") == DATA[:100]


async def test_a_full_worker_fails_a_cached_write_and_not_a_written_through_one() -> None:
    """With the under storage at hand a full cache is no reason to lose the write; without it, it must be told."""
    async with small_cluster() as cluster:
        worker = cluster.workers[0]
        worker.bytes_before_error = CHUNK
        worker.write_errors.append(OutOfSpace("Cannot place the block: tier MEM is full."))
        with pytest.raises(ResourceExhausted, match="tier MEM is full"):
            await write(cluster, "/m", DATA, "MUST_CACHE")
        assert not cluster.names.files["/m"].completed
        with pytest.raises(FileIncomplete):
            await cluster.fs.open_file("/m")


async def test_cache_through_goes_on_without_the_cache() -> None:
    """CACHE_THROUGH promises the under storage; the cache is a favour."""
    async with small_cluster() as cluster:
        worker = cluster.workers[0]
        worker.refuses_blocks = OutOfSpace("full")
        await write(cluster, "/c", DATA, "CACHE_THROUGH")
        assert worker.ufs["/ufs/c"] == DATA
        assert worker.blocks == {}
        assert await cluster.fs.read_bytes("/c") == DATA


async def test_a_write_cancelled_by_an_exception_leaves_no_complete_file() -> None:
    """Readers must never take the half of a file for the whole."""
    async with small_cluster() as cluster:
        with pytest.raises(KeyError):
            async with await cluster.fs.create_file("/f", write_type="MUST_CACHE", block_size_bytes=BLOCK) as file:
                await file.write(DATA)
                raise KeyError
        assert not cluster.names.files["/f"].completed
        with pytest.raises(InvalidArgument, match="cancelled"):
            await file.write(b"more")


@pytest.mark.parametrize("lost", ["CreateFile", "GetNewBlockIdForFile", "CompleteFile", "GetStatus"])
async def test_a_fail_over_that_swallows_an_answer_is_not_noticed(lost: str) -> None:
    """The call happened, the answer did not come, another master leads: sent again it must not happen twice."""
    async with small_cluster(masters=3) as cluster:
        cluster.masters[0].lose_answers.add(lost)
        original = cluster.masters[0]._leave

        def leave(name: str, reply: object) -> object:
            if name == lost and cluster.masters[0].is_leading:
                cluster.elect(1)
            return original(name, reply)

        cluster.masters[0]._leave = leave  # type: ignore[method-assign]
        await write(cluster, "/f")
        assert await cluster.fs.read_bytes("/f") == DATA
        assert len(cluster.names.files["/f"].blockIds) == 3
        assert cluster.masters[1].is_leading
        assert lost in cluster.masters[0].calls


async def test_a_call_on_a_paused_leader_moves_to_the_next_one() -> None:
    """A stopped process keeps its connections: without asking the others, callers would hang for a minute."""
    async with small_cluster(masters=3) as cluster:
        await write(cluster, "/f", DATA[:10])
        cluster.masters[0].is_paused = True
        waiting = asyncio.ensure_future(cluster.fs.get_status("/f"))
        await until(lambda: cluster.masters[0].calls[-1] == "GetStatus", what="the call")
        cluster.elect(2)
        assert (await asyncio.wait_for(waiting, 10)).length == 10
        assert "GetStatus" in cluster.masters[2].calls


@pytest.mark.parametrize("paused", [False, True], ids=["the leader dies", "the leader is paused"])
async def test_a_listing_goes_on_at_the_next_leader(paused: bool) -> None:
    """Names listed twice are files copied twice; a listing that ends early is a directory half deleted."""
    async with small_cluster(masters=3) as cluster:
        for name in ("a", "b", "b!", "c", "d"):
            await write(cluster, f"/{name}", DATA[:10])
        first = cluster.masters[0]
        first.lists_until, first.is_paused = 3, paused
        listing = asyncio.ensure_future(cluster.fs.list_status("/"))
        await asyncio.wait_for(first.listing_stopped.wait(), 10)
        cluster.names.files["/0"] = cluster.names.files["/a"]
        cluster.elect(1)
        assert [file.path for file in await asyncio.wait_for(listing, 10)] == ["/a", "/b", "/b!", "/c", "/d"]


async def test_a_listing_without_order_is_not_put_together_from_two() -> None:
    """Where it cannot be known what was seen, an error is better than a listing with holes."""
    async with small_cluster(masters=3) as cluster:
        for name in "abc":
            await write(cluster, f"/{name}", DATA[:10])
        cluster.masters[0].lists_backwards, cluster.masters[0].lists_until = True, 2
        with pytest.raises(Unavailable, match="within a listing"):
            await cluster.fs.list_status("/")


@pytest.mark.parametrize("lost", ["Mount", "Unmount"])
async def test_a_mount_whose_answer_is_lost_is_no_error(lost: str) -> None:
    """Masters refuse to mount twice, so a call that is simply sent again fails although it was done."""
    async with small_cluster(masters=3) as cluster:
        cluster.masters[0].lose_answers.add(lost)
        await cluster.fs.mount("/m", "s3://bucket/")
        await cluster.fs.unmount("/m")
        assert cluster.names.mounts == {}
        assert cluster.masters[0].calls.count(lost) == 1


async def test_closing_after_a_failed_write_raises_and_completes_nothing() -> None:
    """A program that catches the error of a write and closes must not believe, nor publish, a file with a hole."""
    async with small_cluster() as cluster:
        worker = cluster.workers[0]
        worker.bytes_before_error = CHUNK
        worker.write_errors.append(OutOfSpace("full"))
        file = await cluster.fs.create_file("/f", write_type="MUST_CACHE", block_size_bytes=BLOCK)
        with pytest.raises(ResourceExhausted):
            await file.write(DATA)
            await file.flush()
        with pytest.raises(ResourceExhausted):
            await file.close()
        with pytest.raises(InvalidArgument):
            await file.write(b"more")
        assert not cluster.names.files["/f"].completed


async def test_copies_are_made_at_once_when_asked_for() -> None:
    """Two copies must be on two workers, or one failure loses both."""
    async with small_cluster(workers=3) as cluster:
        await cluster.fs.write_bytes("/f", DATA, write_type="MUST_CACHE", block_size_bytes=BLOCK, replication_min=2)
        holders = [worker for worker in cluster.workers if worker.blocks]
        copies = [block for worker in holders for block in worker.blocks]
        assert sorted(copies) == sorted(list(cluster.names.files["/f"].blockIds) * 2)
        assert await cluster.fs.read_bytes("/f") == DATA


async def test_no_file_is_told_with_its_path() -> None:
    """The sentence is what a user sees."""
    async with small_cluster() as cluster:
        with pytest.raises(NotFound, match=r'^Path "/nope" does not exist\.$'):
            await cluster.fs.open_file("alluxio:///nope")
