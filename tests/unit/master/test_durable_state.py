"""What a master finds at start after an orderly stop, a crash of the process, and a crash of the machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import DataLoss, InvariantViolated
from pyalluxio.ids import Index, Term
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master import durable_state
from pyalluxio.master.applied import CONFIGURATION, configuration_bytes, read_applied, write_applied
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.snapshots import Chunk, Snapshot, Snapshots
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.tx import BLOCKS, META
from pyalluxio.master.store import LmdbStore
from pyalluxio.master.store_marker import StoreMarker
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, LogPosition, Peer, PeerId
from tests.unit.master.snapshot_chunks import chunks
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
    assert state.take_snapshot().position.index == 0
    add_block(store, 1)
    assert state.take_snapshot().position.index == 1
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
    assert state.snapshots.newest_folder() == tmp_path / "snapshots" / "state.1_0"
    add_block(store, 1)
    assert state.take_snapshot().position.index == 1
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


# --- another state in its place ------------------------------------------------------------------------------------


def others_snapshot(tmp_path: Path, state: DurableState) -> Snapshot:
    """Receive a snapshot of a master that is further on: blocks 10, 11 and 12."""
    other = DurableState(tmp_path / "other")
    store = other.open()
    for number in range(13):
        add_block(store, number)
    receiving = state.snapshots.receive()
    for chunk in chunks(other.take_snapshot(), size_bytes=10_000):
        receiving.write(chunk)
    other.close()
    return receiving.finish()


EVERYTHING = {number: 10 + number for number in range(13)}


async def test_snapshot_takes_the_place_of_the_state(tmp_path: Path) -> None:
    """A member that was away for long goes on without a restart, and nothing of the old state is seen any more."""
    state = DurableState(tmp_path / "own")
    store = state.open()
    add_block(store, 0)
    snapshot = others_snapshot(tmp_path, state)
    assert blocks(store) == {0: 10}
    state.prepare(snapshot)
    await state.restore()
    assert blocks(store) == EVERYTHING
    assert read_applied(store) == (12, 1)
    add_block(store, 13)
    assert blocks(store) == {**EVERYTHING, 13: 23}
    state.close()
    assert blocks(DurableState(tmp_path / "own").open()) == {**EVERYTHING, 13: 23}
    assert sorted(path.name for path in (tmp_path / "own").iterdir()) == ["marker.json", "snapshots", "store"]


async def test_restore_waits_for_a_copy_that_is_being_made(tmp_path: Path) -> None:
    """LMDB crashes the process when a file is closed under a thread that reads it."""
    state = DurableState(tmp_path / "own")
    store = state.open()
    add_block(store, 0)
    state.prepare(others_snapshot(tmp_path, state))
    async with store.unused_elsewhere():
        restoring = asyncio.create_task(state.restore())
        await asyncio.sleep(0)
        assert not restoring.done()
        assert blocks(store) == {0: 10}
    await restoring
    assert blocks(store) == EVERYTHING
    assert b"".join(store.copied())
    state.close()


async def test_restore_refuses_an_open_transaction(tmp_path: Path) -> None:
    state = DurableState(tmp_path / "own")
    store = state.open()
    state.prepare(others_snapshot(tmp_path, state))
    tx = store.begin()
    with pytest.raises(InvariantViolated):
        await state.restore()
    tx.abort()
    await state.restore()
    assert blocks(store) == EVERYTHING
    state.close()


class PowerCut(Exception):
    """The process ends here."""


@pytest.mark.parametrize("step", range(6))
async def test_crash_at_any_step_of_a_restore_leaves_a_whole_state(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a swap must not look like an empty store: the log behind the snapshot is gone by then."""
    state = DurableState(tmp_path / "own")
    store = state.open()
    add_block(store, 0)
    state.prepare(others_snapshot(tmp_path, state))
    steps = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > step:
                raise PowerCut
            return function(*arguments, **options)

        return run

    with monkeypatch.context() as patches:
        for owner, name in (
            (StoreMarker, "set_replacing"),
            (Path, "rename"),
            (LmdbStore, "_open"),
            (StoreMarker, "set_dirty"),
        ):
            patches.setattr(owner, name, counted(getattr(owner, name)))
        if step < 5:
            with pytest.raises(PowerCut):
                await state.restore()
        else:
            await state.restore()
    store._environment.close()
    again = DurableState(tmp_path / "own").open()
    assert blocks(again) == ({0: 10} if step == 0 else EVERYTHING)
    again.close()


# --- sending and receiving ------------------------------------------------------------------------------------------


def test_snapshot_tells_the_members_of_the_quorum(tmp_path: Path) -> None:
    """Whoever goes on behind it must know whose votes count, without the entry that said so."""
    state = DurableState(tmp_path)
    store = state.open()
    add_block(store, 0)
    members = Configuration((Peer.at("m1:19200"), Peer(PeerId("m2_19200"), "m2:19200", 2)), (Peer.at("m1:19200"),))
    tx = store.begin()
    tx.put(META, CONFIGURATION, configuration_bytes(Index(0), members))
    tx.commit()
    assert state.take_snapshot().configuration == (0, members)
    found = state.snapshots.newest()
    assert found is not None
    assert (found.position, found.configuration) == (LogPosition(Term(1), Index(0)), (0, members))
    state.close()


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda all_: all_[:-1], "ended after"),
        (lambda all_: [*all_, Chunk.of(b"more")], "More arrives"),
        (lambda all_: [*all_[:2], Chunk(all_[2].data, all_[2].crc32c ^ 1), *all_[3:]], "arrived damaged"),
        (lambda all_: [*all_[:2], Chunk.of(bytes(len(all_[2].data))), *all_[3:]], "damaged where it was sent"),
        (lambda all_: all_[1:], "not described"),
        (lambda all_: [Chunk.of(b'{"format": 2}'), *all_[1:]], "format 2"),
        (lambda all_: [], "before it began"),
    ],
    ids=["cut", "too long", "flipped", "wrong data", "no description", "another format", "nothing"],
)
def test_damaged_snapshot_is_never_published(
    spoil: Callable[[list[Chunk]], list[Chunk]], text: str, tmp_path: Path
) -> None:
    other = DurableState(tmp_path / "other")
    store = other.open()
    for number in range(13):
        add_block(store, number)
    sent = list(chunks(other.take_snapshot(), size_bytes=10_000))
    other.close()
    snapshots = Snapshots(tmp_path / "own")
    receiving = snapshots.receive()

    def take_in() -> None:
        for chunk in spoil(sent):
            receiving.write(chunk)
        receiving.finish()

    with pytest.raises(DataLoss, match=text):
        take_in()
    receiving.abort()
    assert snapshots.newest() is None
    assert list((tmp_path / "own").iterdir()) == []


def test_snapshot_that_is_replaced_can_be_sent_to_its_end(tmp_path: Path) -> None:
    """A slow receiver would otherwise begin anew whenever the sender takes its next snapshot."""
    state = DurableState(tmp_path / "one")
    store = state.open()
    add_block(store, 0)
    sending = chunks(state.take_snapshot(), size_bytes=1000)
    receiving = Snapshots(tmp_path / "two").receive()
    receiving.write(next(sending))
    add_block(store, 1)
    state.take_snapshot()
    for chunk in sending:
        receiving.write(chunk)
    assert receiving.finish().position.index == 0
    state.close()
