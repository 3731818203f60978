"""What a master finds at start after an orderly stop, a crash of the process, and a crash of the machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pyalluxio.ids import Index, Term
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master import durable_state
from pyalluxio.master.applied import read_applied, write_applied
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.tx import BLOCKS
from pyalluxio.master.store import LmdbStore
from pyalluxio.raft.messages import Entry, EntryKind
from tests.waiting import until


def add_block(store: LmdbStore, number: int) -> None:
    tx = store.begin()
    apply(tx, number, BlockInfoEntry(block_id=number, length=10 + number))
    write_applied(tx, Entry(term=Term(1), index=Index(number), kind=EntryKind.DATA, data=b""))
    tx.commit()


def blocks(store: LmdbStore) -> dict[int, int]:
    with store.read() as view:
        return dict(view.scan(BLOCKS))


def reboot(folder: Path) -> None:
    """Make the marker look as if it was written before the machine last went down."""
    marker = folder / "marker.json"
    content = json.loads(marker.read_text())
    marker.write_text(json.dumps({**content, "boot_id": "another"}))


def test_orderly_stop_keeps_the_state(tmp_path: Path) -> None:
    state = DurableState(tmp_path)
    add_block(state.open(), 0)
    state.close()
    reboot(tmp_path)
    assert blocks(DurableState(tmp_path).open()) == {0: 10}


def test_crash_of_the_process_keeps_the_state(tmp_path: Path) -> None:
    """The page cache outlives the process: a restart must not replay the whole log."""
    state = DurableState(tmp_path)
    store = state.open()
    add_block(store, 0)
    store.close()
    assert blocks(DurableState(tmp_path).open()) == {0: 10}


def test_crash_of_the_machine_without_a_snapshot_begins_anew(tmp_path: Path) -> None:
    """Pages that never reached the disk may be missing anywhere in the file; the log has everything."""
    state = DurableState(tmp_path)
    store = state.open()
    add_block(store, 0)
    store.close()
    reboot(tmp_path)
    store = DurableState(tmp_path).open()
    assert blocks(store) == {}
    assert read_applied(store) == (-1, 0)


def test_crash_of_the_machine_goes_back_to_the_newest_snapshot(tmp_path: Path) -> None:
    state = DurableState(tmp_path)
    store = state.open()
    add_block(store, 0)
    assert state.take_snapshot() == 0
    add_block(store, 1)
    assert state.take_snapshot() == 1
    add_block(store, 2)
    store.close()
    reboot(tmp_path)
    store = DurableState(tmp_path).open()
    assert blocks(store) == {0: 10, 1: 11}
    assert read_applied(store) == (1, 1)


def test_interrupted_snapshot_is_not_used(tmp_path: Path) -> None:
    """A crash while the copy is written leaves half a file; CURRENT still names the complete one."""
    state = DurableState(tmp_path)
    store = state.open()
    add_block(store, 0)
    state.take_snapshot()
    building = tmp_path / "snapshots" / "building"
    building.mkdir()
    (building / "data.mdb").write_bytes(b"half")
    assert state.newest_snapshot() == tmp_path / "snapshots" / "state.1_0"
    add_block(store, 1)
    assert state.take_snapshot() == 1
    assert not building.exists()
    assert [path.name for path in (tmp_path / "snapshots").glob("state.*")] == ["state.1_1"]


async def test_log_is_shortened_behind_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the log grows until the disk is full."""
    monkeypatch.setattr(durable_state, "CHECK_INTERVAL_S", 0.01)
    state = DurableState(tmp_path)
    add_block(state.open(), 0)
    durable: list[int] = []
    log_bytes = [0]
    task = asyncio.create_task(state.keep(lambda: log_bytes[0], durable.append, 1000))
    log_bytes[0] = 999
    await asyncio.sleep(0)
    assert durable == []
    log_bytes[0] = 1000
    await until(lambda: durable == [0])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    state.close()
