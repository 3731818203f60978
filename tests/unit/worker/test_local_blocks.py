"""Blocks on disk: layout, start-up, commits, removal and what a crash leaves behind."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from pyalluxio.errors import BlockAlreadyExists, ConfigurationError, DeadlineExceeded, OutOfSpace
from pyalluxio.ids import SessionId, block_id, file_id
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.store import DirectorySpec
from pyalluxio.worker.tier_config import TierDirectory

WRITER = SessionId(0x1234ABCD)
A, B = block_id(1, 0), block_id(1, 1)


def open_at(path: Path, capacity: int = 1 << 20) -> LocalBlocks:
    directory = TierDirectory(DirectorySpec(0, "MEM", "MEM", capacity), f"{path}/alluxioworker")
    return LocalBlocks.open([directory], ".tmp_blocks", 1024)


async def put(blocks: LocalBlocks, block: int, data: bytes) -> None:
    blocks.create(WRITER, block, len(data))  # type: ignore[arg-type]
    writer = blocks.open_writer(WRITER, block)  # type: ignore[arg-type]
    await writer.write(data)
    writer.close()
    blocks.commit(WRITER, block)  # type: ignore[arg-type]


async def get(blocks: LocalBlocks, block: int) -> bytes | None:
    reader = blocks.open_reader(block)  # type: ignore[arg-type]
    if reader is None:
        return None
    try:
        return await reader.read(0, reader.length_bytes)
    finally:
        reader.close()


async def test_layout_is_that_of_2_9(tmp_path: Path) -> None:
    """Official clients on this machine open these paths themselves, as other users."""
    blocks = open_at(tmp_path)
    folder = tmp_path / "alluxioworker"
    path = Path(blocks.create(WRITER, A, 10))
    assert path == folder / ".tmp_blocks" / str(0x1234ABCD % 1024) / f"1234abcd-{A}"
    for where in (path, path.parent, path.parent.parent, folder):
        assert stat.S_IMODE(where.stat().st_mode) == 0o777
    path.write_bytes(b"by client")
    blocks.commit(WRITER, A)
    assert (folder / str(A)).read_bytes() == b"by client"
    assert not path.exists()


async def test_restart_finds_blocks_and_deletes_the_rest(tmp_path: Path) -> None:
    """After kill -9 half-written blocks must vanish and whole ones stay."""
    blocks = open_at(tmp_path)
    await put(blocks, A, b"whole")
    half = Path(blocks.create(WRITER, B, 10))
    half.write_bytes(b"half")
    folder = tmp_path / "alluxioworker"
    (folder / "notes.txt").write_text("x")
    (folder / "12x").mkdir()
    blocks.close()
    again = open_at(tmp_path)
    assert [(block.block_id, block.length_bytes) for block in again.store.blocks()] == [(A, 5)]
    assert sorted(path.name for path in folder.rglob("*")) == [".tmp_blocks", str(A)]
    assert await get(again, A) == b"whole"


async def test_lowered_quota_drops_what_does_not_fit(tmp_path: Path) -> None:
    """Promising more room than the quota would fill the machine's memory."""
    blocks = open_at(tmp_path)
    await put(blocks, A, b"x" * 600)
    await put(blocks, B, b"x" * 600)
    blocks.close()
    again = open_at(tmp_path, capacity=1000)
    assert again.store.block_count == 1
    assert len(list((tmp_path / "alluxioworker").glob("[0-9]*"))) == 1


def test_two_workers_never_share_a_directory(tmp_path: Path) -> None:
    """The second one would delete the first one's blocks at its start."""
    blocks = open_at(tmp_path)
    with pytest.raises(ConfigurationError, match="Another worker"):
        open_at(tmp_path)
    blocks.close()
    open_at(tmp_path).close()


def test_unusable_directory_is_told(tmp_path: Path) -> None:
    """A worker without storage must not start silently."""
    (tmp_path / "alluxioworker").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"level0\.dirs\.path"):
        open_at(tmp_path)


def test_one_broken_directory_is_lost_storage(tmp_path: Path) -> None:
    """One broken disk of many costs its room, not the worker."""
    (tmp_path / "bad").write_text("a file")
    directories = [
        TierDirectory(DirectorySpec(0, "SSD", "SSD", 100), f"{tmp_path}/bad/alluxioworker"),
        TierDirectory(DirectorySpec(0, "SSD", "SSD", 100), f"{tmp_path}/good/alluxioworker"),
    ]
    blocks = LocalBlocks.open(directories, ".tmp_blocks", 1024)
    assert blocks.lost_storage == {"SSD": [f"{tmp_path}/bad/alluxioworker"]}
    assert blocks.store.capacity_bytes_on_tiers() == {"SSD": 100}
    Path(blocks.create(WRITER, A, 10)).write_bytes(b"x")
    blocks.commit(WRITER, A)
    assert (tmp_path / "good" / "alluxioworker" / str(A)).exists()


async def test_evicted_file_is_gone(tmp_path: Path) -> None:
    """Files of evicted blocks would fill the memory that the quota gives away again."""
    blocks = open_at(tmp_path, capacity=100)
    await put(blocks, A, b"x" * 80)
    await put(blocks, B, b"y" * 80)
    assert not (tmp_path / "alluxioworker" / str(A)).exists()
    assert await get(blocks, B) == b"y" * 80


async def test_writer_grows_its_reservation(tmp_path: Path) -> None:
    """Streams reserve less than they write; the quota must hold all the same."""
    blocks = open_at(tmp_path, capacity=1000)
    blocks.create(WRITER, A, 10)
    writer = blocks.open_writer(WRITER, A)
    await writer.write(b"x" * 900)
    with pytest.raises(OutOfSpace):
        await writer.write(b"x" * 200)
    assert writer.position == 900
    writer.close()
    blocks.abort(WRITER, A)
    assert blocks.store.used_bytes_on_tiers() == {"MEM": 0}
    assert list((tmp_path / "alluxioworker").rglob(f"*-{A}")) == []


async def test_short_circuit_client_that_writes_too_much_is_counted(tmp_path: Path) -> None:
    """The client writes the file itself; only at commit does the worker see how much."""
    blocks = open_at(tmp_path, capacity=1000)
    Path(blocks.create(WRITER, A, 10)).write_bytes(b"x" * 500)
    blocks.commit(WRITER, A)
    assert blocks.store.used_bytes_on_tiers() == {"MEM": 500}
    Path(blocks.create(WRITER, B, 10)).write_bytes(b"x" * 1001)
    with pytest.raises(OutOfSpace):
        blocks.commit(WRITER, B)
    blocks.end_session(WRITER)
    assert blocks.store.used_bytes_on_tiers() == {"MEM": 500}


@pytest.mark.parametrize("damage", ["missing", "empty", "shorter", "folder"])
async def test_damaged_block_is_dropped(tmp_path: Path, damage: str) -> None:
    """Somebody cleans /dev/shm by hand: readers must get the block from the under storage, not a short answer."""
    blocks = open_at(tmp_path)
    await put(blocks, A, b"content")
    path = tmp_path / "alluxioworker" / str(A)
    if damage == "missing":
        path.unlink()
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        os.truncate(path, 0 if damage == "empty" else 3)
    log = blocks.store.open_change_log()
    assert blocks.open_reader(A) is None
    assert blocks.store.committed(A) is None
    assert log.take() == {A}


async def test_removal_waits_for_readers(tmp_path: Path) -> None:
    """A reader was promised the block; the remover must neither break it nor forget."""
    blocks = open_at(tmp_path)
    await put(blocks, A, b"content")
    reader = blocks.open_reader(A)
    assert reader is not None
    with pytest.raises(DeadlineExceeded):
        await blocks.remove(A, timeout_s=0.01)
    removal = asyncio.create_task(blocks.remove(A, timeout_s=30))
    await asyncio.sleep(0)
    assert await reader.read(0, 7) == b"content"
    reader.close()
    assert await removal is True
    assert not (tmp_path / "alluxioworker" / str(A)).exists()
    assert await blocks.remove(A) is False


async def test_writers_pin_survives_a_crash(tmp_path: Path) -> None:
    """Blocks of a file that is to be persisted exist once; a restart must not make them evictable."""
    blocks = open_at(tmp_path, capacity=100)
    for block, pin in ((A, True), (B, False)):
        Path(blocks.create(WRITER, block, 40, pin=pin)).write_bytes(b"x" * 40)
        blocks.commit(WRITER, block)
    blocks.close()
    again = open_at(tmp_path, capacity=100)
    assert again.store.creation_pins() == {file_id(1)}
    again.set_master_pins([file_id(1)])  # complete; from now on the master's list decides
    again.set_master_pins([])
    again.close()
    assert open_at(tmp_path).store.creation_pins() == set()


async def test_released_pin_stays_released(tmp_path: Path) -> None:
    """Otherwise every restart asks the master about every file ever written."""
    blocks = open_at(tmp_path)
    Path(blocks.create(WRITER, A, 4, pin=True)).write_bytes(b"data")
    blocks.commit(WRITER, A)
    blocks.release_creation_pins([file_id(1)])
    blocks.close()
    again = open_at(tmp_path)
    assert again.store.creation_pins() == set()
    assert stat.S_IMODE((tmp_path / "alluxioworker" / str(A)).stat().st_mode) == 0o777


async def test_second_writer_is_refused(tmp_path: Path) -> None:
    """Two clients in one block would mix their bytes."""
    blocks = open_at(tmp_path)
    blocks.create(WRITER, A, 10)
    with pytest.raises(BlockAlreadyExists):
        blocks.create(SessionId(5), A, 10)


async def test_block_moves_between_media(tmp_path: Path) -> None:
    """A moved block must be whole in one place and gone from the other."""
    directories = [
        TierDirectory(DirectorySpec(0, "MEM", "MEM", 100), f"{tmp_path}/mem"),
        TierDirectory(DirectorySpec(1, "HDD", "HDD", 100), f"{tmp_path}/hdd"),
    ]
    blocks = LocalBlocks.open(directories, ".tmp_blocks", 1024)
    await put(blocks, A, b"content")
    await blocks.move(SessionId(-3), A, "HDD")
    assert (tmp_path / "hdd" / str(A)).read_bytes() == b"content"
    assert not (tmp_path / "mem" / str(A)).exists()
    assert blocks.store.used_bytes_on_tiers() == {"MEM": 0, "HDD": 7}
    assert await get(blocks, A) == b"content"
