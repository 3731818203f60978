"""A crash at any step of taking or receiving a snapshot leaves a whole one: the old, or the new."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import DiskFull, Unavailable
from pyalluxio.ids import Index
from pyalluxio.master import durable_state, snapshots
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.pace import Pace, write_paced
from pyalluxio.master.snapshots import Snapshot, Snapshots, copy_of
from pyalluxio.master.state.tx import TEXTS
from tests.unit.master.snapshot_chunks import chunks
from tests.unit.master.test_durable_state import add_block, blocks, reboot
from tests.waiting import until


class PowerCut(Exception):
    """The process ends here."""


def cut_after(steps_max: int, patches: pytest.MonkeyPatch) -> list[str]:
    """Let everything that changes a folder for good fail after so many of such steps; returns what was done."""
    done: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            if len(done) >= steps_max:
                raise PowerCut
            done.append(name)
            return function(*arguments, **options)

        return run

    for owner, name in ((os, "fsync"), (os, "fdatasync"), (Path, "rename"), (Path, "replace"), (shutil, "rmtree")):
        patches.setattr(owner, name, counted(name, getattr(owner, name)))
    return done


def check_whole(found: Snapshots, tmp_path: Path) -> Snapshot:
    newest = found.newest()
    assert newest is not None
    copy = tmp_path / "check"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    copy_of(newest, copy, Pace(1 << 40))
    return newest


def one_at(folder: Path, number: int) -> DurableState:
    state = DurableState(folder)
    store = state.open()
    for each in range(number + 1):
        add_block(store, each)
    return state


@pytest.mark.parametrize("is_received", [False, True], ids=["taken", "received"])
def test_power_cut_at_any_step(is_received: bool, tmp_path: Path) -> None:
    """The log behind the old snapshot is gone: without a whole snapshot a single master would have lost everything."""
    other = one_at(tmp_path / "other", 1)
    others = other.take_snapshot()
    steps = 0
    while True:
        folder = tmp_path / f"own{steps}"
        state = one_at(folder, 0)
        state.take_snapshot()
        add_block(state.store, 1)
        with pytest.MonkeyPatch.context() as patches:
            done = cut_after(steps, patches)
            try:
                if is_received:
                    receiving = state.snapshots.receive()
                    for chunk in chunks(others):
                        receiving.write(chunk)
                    receiving.finish()
                else:
                    state.take_snapshot()
                is_cut = False
            except PowerCut:
                is_cut = True
        found = check_whole(Snapshots(folder / "snapshots"), tmp_path)
        assert found.position.index in (0, 1)
        # What a start after the power cut finds, with the pages of the live state lost, too.
        state.store.close()
        reboot(folder)
        again = DurableState(folder)
        assert blocks(again.open()) == ({0: 10} if found.position.index == 0 else {0: 10, 1: 11})
        for number in range(found.position.index + 1, 3):
            add_block(again.store, number)
        assert again.take_snapshot().position.index == 2
        assert sorted(path.name for path in (folder / "snapshots").iterdir()) in (
            ["CURRENT", "state.1_2"],
            ["CURRENT", "installing", "state.1_2"],
        )
        again.close()
        if not is_cut:
            break
        assert len(done) == steps
        steps += 1
    assert found.position.index == 1
    assert steps > 8
    other.close()


def test_damaged_snapshot_is_not_taken_for_the_state_after_a_crash(tmp_path: Path) -> None:
    """Bits that a disk lost would be served as names and sizes; the log, or the other masters, know better."""
    state = one_at(tmp_path, 3)
    snapshot = state.take_snapshot()
    state.store.close()
    data = bytearray((snapshot.folder / "data.mdb").read_bytes())
    data[-100] ^= 1
    (snapshot.folder / "data.mdb").write_bytes(data)
    reboot(tmp_path)
    again = DurableState(tmp_path)
    assert blocks(again.open()) == {}
    assert again.snapshots.newest() is None
    again.close()


def test_snapshot_of_what_is_snapshot_already_copies_nothing(tmp_path: Path) -> None:
    """An idle cluster that is told to take a checkpoint each hour writes nothing."""
    state = one_at(tmp_path, 3)
    first = state.take_snapshot()
    inode = (first.folder / "data.mdb").stat().st_ino
    assert state.take_snapshot() == first
    assert (first.folder / "data.mdb").stat().st_ino == inode
    state.close()


# --- the pace ------------------------------------------------------------------------------------------------------


def test_copies_and_transfers_share_one_rate() -> None:
    """Two followers that catch up at once must not take twice as much of a leader's disk."""
    now_s = 0.0
    shared = Pace(1000, monotonic_s=lambda: now_s)
    assert [shared._reserve(500) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    now_s = 10.0
    assert [shared._reserve(500) for _ in range(2)] == [0.0, 0.5]


def test_large_file_is_flushed_as_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte of dirty pages would hold up the log's next fsync for seconds."""
    flushed: list[int] = []
    path = tmp_path / "file"
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: flushed.append(path.stat().st_size))
    part = bytes(1 << 20)
    write_paced([part] * 40, path, Pace(1 << 40))
    assert flushed == [16 << 20, 32 << 20, 40 << 20]


async def test_stopping_master_does_not_wait_for_a_copy(tmp_path: Path) -> None:
    """At the usual pace a large state takes minutes; a rolling restart takes seconds."""
    state = DurableState(tmp_path, bytes_per_s=1000)
    store = state.open()
    tx = store.begin()
    tx.put(TEXTS, "ballast", "x" * (4 << 20))
    tx.commit()
    taking = asyncio.create_task(state.checkpoint(lambda index: None))
    await until(lambda: (tmp_path / "snapshots" / "building" / "data.mdb").exists())
    state.pace.stop()
    with pytest.raises(Unavailable):
        await taking
    assert not (tmp_path / "snapshots" / "building").exists()
    state.close()


# --- when ----------------------------------------------------------------------------------------------------------


async def test_full_disk_is_no_reason_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log grows for a while; when somebody has made room, it is shortened."""
    for name in ("CHECK_INTERVAL_S", "RETRY_INTERVAL_S"):
        monkeypatch.setattr(durable_state, name, 0.01)
    state = one_at(tmp_path, 0)
    free_min = snapshots.FREE_BYTES_MIN
    monkeypatch.setattr(snapshots, "FREE_BYTES_MIN", 1 << 62)
    refused = 0

    def check_space(found: Snapshots, size_bytes: int, real: Any = Snapshots.check_space) -> None:
        nonlocal refused
        try:
            real(found, size_bytes)
        except DiskFull:
            refused += 1
            raise

    monkeypatch.setattr(Snapshots, "check_space", check_space)
    durable: list[Index] = []
    task = asyncio.create_task(state.keep(lambda: 1000, durable.append, 1000))
    await until(lambda: refused >= 2)
    assert durable == []
    monkeypatch.setattr(snapshots, "FREE_BYTES_MIN", free_min)
    await until(lambda: durable)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    state.close()


async def test_log_that_is_retained_on_purpose_is_no_reason_for_another_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 300 MB kept for others that are away, a snapshot each second would be taken for ever."""
    monkeypatch.setattr(durable_state, "CHECK_INTERVAL_S", 0.001)
    state = one_at(tmp_path, 0)
    durable: list[Index] = []
    looks = 0
    log_bytes = 1000

    def look() -> int:
        nonlocal looks
        looks += 1
        return log_bytes

    task = asyncio.create_task(state.keep(look, durable.append, 1000, retained_bytes=1500))
    await until(lambda: looks > 20)
    assert len(durable) == 1
    log_bytes = 2000
    await until(lambda: len(durable) == 2)
    # Writers were faster than the copy: what is beyond the retained part counts at once.
    log_bytes = 2500
    await until(lambda: len(durable) > 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    state.close()
