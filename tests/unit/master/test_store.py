"""What only the LMDB store has: trust at start, copies, threads, its cache under a commit."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from pyalluxio.errors import DiskFull, InvariantViolated
from pyalluxio.master.state.tx import BLOCKS, COUNTERS, EDGES, INODES, TEXTS
from pyalluxio.master.store import LmdbStore
from pyalluxio.master.store_marker import StoreMarker, Trust
from tests.contract.test_tx import inode

SMALL = 1 << 24


def write_one(store: LmdbStore, text: str = "v") -> None:
    tx = store.begin()
    tx.put(TEXTS, "k", text)
    tx.commit()


def text_of(store: LmdbStore) -> str | None:
    with store.read() as view:
        return view.get(TEXTS, "k")


def test_new_folder_is_empty_and_a_clean_one_is_trusted(tmp_path: Path) -> None:
    """Each planned restart would otherwise replay the whole log."""
    marker = StoreMarker(tmp_path)
    assert marker.judge(False) is Trust.EMPTY
    marker.set_dirty()
    marker.set_clean()
    assert StoreMarker(tmp_path).judge(True) is Trust.TRUSTED


def test_killed_process_on_a_living_machine_is_trusted(tmp_path: Path) -> None:
    """After `kill -9` the page cache has every commit: the restart is immediate."""
    StoreMarker(tmp_path).set_dirty()
    assert StoreMarker(tmp_path).judge(True) is Trust.TRUSTED


@pytest.mark.parametrize("damage", ["another boot", "another device", "no marker", "garbage", "empty"])
def test_what_may_be_torn_is_not_trusted(tmp_path: Path, damage: str) -> None:
    """After a power failure pages may be missing: serving them would lose or invent files."""
    file = tmp_path / "marker.json"
    StoreMarker(tmp_path, boot_id="an earlier one" if damage == "another boot" else None).set_dirty()
    if damage == "another device":
        found = json.loads(file.read_text())
        file.write_text(json.dumps({**found, "device": found["device"] + 1}))
    elif damage == "no marker":
        file.unlink()
    elif damage in ("garbage", "empty"):
        file.write_text("" if damage == "empty" else "[1]")
    assert StoreMarker(tmp_path).judge(True) is Trust.LOST


def test_clean_survives_a_reboot_and_unknown_boot_ids_never_match(tmp_path: Path) -> None:
    """Where the kernel tells no boot id, two unknown lives must not count as one."""
    StoreMarker(tmp_path, boot_id="first").set_clean()
    assert StoreMarker(tmp_path, boot_id="second").judge(True) is Trust.TRUSTED
    StoreMarker(tmp_path, boot_id="").set_dirty()
    assert StoreMarker(tmp_path, boot_id="").judge(True) is Trust.LOST


def test_a_copy_holds_the_committed_state_and_can_be_opened(tmp_path: Path) -> None:
    """Snapshots are such copies; one taken while a batch is open must not hold half of it."""
    store = LmdbStore(tmp_path / "state", map_size_bytes=SMALL)
    write_one(store, "committed")
    tx = store.begin()
    tx.put(TEXTS, "k", "open")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "data.mdb").write_bytes(b"".join(store.copied()))
    tx.abort()
    store.close()
    copy = LmdbStore(tmp_path / "copy", map_size_bytes=SMALL)
    assert text_of(copy) == "committed"
    copy.close()


def test_copy_that_is_given_up_sets_the_state_free(tmp_path: Path) -> None:
    """A master that stops, or whose disk is full, does not wait for gigabytes; the pipe's end must not kill it."""
    store = LmdbStore(tmp_path)
    tx = store.begin()
    for number in range(200_000):
        tx.put(TEXTS, f"{number:08d}", "x" * 50)
    tx.commit()
    parts = store.copied()
    first = next(parts)
    parts.close()
    assert len(first) < len(b"".join(store.copied()))
    store.sync()
    store.close()


def test_commit_on_another_thread_is_refused(tmp_path: Path) -> None:
    """LMDB would hang the next transaction instead of telling."""
    store = LmdbStore(tmp_path, map_size_bytes=SMALL)
    tx = store.begin()
    tx.put(COUNTERS, "n", 1)
    caught: list[BaseException] = []

    def commit() -> None:
        try:
            tx.commit()
        except InvariantViolated as error:
            caught.append(error)

    thread = threading.Thread(target=commit)
    thread.start()
    thread.join()
    assert len(caught) == 1
    tx.abort()
    write_one(store)
    store.close()


def test_full_map_is_a_full_disk_and_the_state_stays(tmp_path: Path) -> None:
    """A full disk is an operating error: the master steps down and keeps what was committed."""
    store = LmdbStore(tmp_path, map_size_bytes=1 << 19)
    write_one(store, "before")
    tx = store.begin()
    for number in range(10_000):
        tx.put(INODES, number, inode(number, name="x" * 300))
    with pytest.raises(DiskFull):
        tx.commit()
    tx.abort()
    assert text_of(store) == "before"
    tx = store.begin()
    with pytest.raises(InvariantViolated):
        for number in range(10_000):
            tx.put(TEXTS, f"t{number}", "x" * 300)
    tx.abort()
    assert text_of(store) == "before"
    write_one(store, "after")
    store.close()


def test_readers_beside_a_writer_never_see_a_mixture(tmp_path: Path) -> None:
    """Every commit gives all inodes one length; a reader that sees two lengths read a torn state through the cache."""
    store = LmdbStore(tmp_path, map_size_bytes=SMALL, cached_inodes_max=5)
    torn: list[set[int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with store.read() as view:
                lengths = {found.length_bytes for number in range(8) if (found := view.get(INODES, number))}
            if len(lengths) > 1:
                torn.append(lengths)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for length in range(300):
        tx = store.begin()
        for number in range(8):
            tx.put(INODES, number, inode(number, length_bytes=length))
        tx.commit()
    done.set()
    for thread in threads:
        thread.join()
    assert torn == []
    store.close()


def test_an_id_that_cannot_be_names_nothing(tmp_path: Path) -> None:
    """Any client may ask for inode -1: it gets "does not exist", not a mistake of ours with a traceback."""
    store = LmdbStore(tmp_path)
    with store.read() as view:
        assert view.get(INODES, -1) is None
        assert view.get(BLOCKS, 1 << 64) is None
        assert view.get(EDGES, (-5, "a")) is None
    tx = store.begin()
    assert tx.get(INODES, -1) is None
    assert tx.get(BLOCKS, -(1 << 63)) is None
    tx.abort()
    store.close()
