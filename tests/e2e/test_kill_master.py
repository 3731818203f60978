"""`kill -9` of the master under writing clients: nothing acknowledged is lost, nothing is half done."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyalluxio.client import AsyncFileSystem
from pyalluxio.journal import codec
from pyalluxio.journal.dump import JournalDump
from pyalluxio.journal.entries import PrimacyMarker
from pyalluxio.journal.node import EntryKind
from pyalluxio.master.applied import read_applied
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.digest import differences, digest
from pyalluxio.master.store import LmdbStore
from tests.e2e import cluster
from tests.e2e.cluster import Cluster
from tests.e2e.conftest import rounds
from tests.e2e.stored import wait_for_rest
from tests.e2e.workload import STORED, Writer
from tests.waiting import until

pytestmark = pytest.mark.e2e

ROUNDS = rounds("PYALLUXIO_MASTER_KILLS", 10)
WRITERS = 8
CALLS_A_ROUND = (20, 160)
# A new master answers nothing about blocks for so long, since its workers are to register first.
QUICK = {"alluxio.master.worker.connect.wait.time": "1s"}


async def test_nothing_is_lost_or_half_done(tmp_path: Path) -> None:
    """A power cut of the master: what clients were told must hold, and the log alone must be able to say it all."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with cluster.running(tmp_path / "cluster", master=QUICK) as running:
        async with contextlib.AsyncExitStack() as clients:
            observer = await clients.enter_async_context(client(running, True))
            writers = []
            for number in range(WRITERS):
                retries = number % 2 == 0
                fs = await clients.enter_async_context(client(running, retries))
                writers.append(Writer(fs, f"/w{number}", random.Random(rng.getrandbits(32)), retries))
            for writer in writers:
                await writer.prepare()
            for number in range(ROUNDS):
                tasks = await _kill_while_writing(running, writers, rng, also_while_starting=number % 4 == 3)
                compare_with_replay(running, tmp_path / "copy")
                await asyncio.to_thread(running.master.start)
                await asyncio.gather(*tasks)
                for writer in writers:
                    if not writer.retries:
                        # A client that gives up at the first failure would do so for its old connection.
                        writer.fs = await clients.enter_async_context(client(running, False))
                await asyncio.gather(*(writer.verify(observer) for writer in writers))
            await asyncio.gather(*(writer.verify(observer, everything=True) for writer in writers))
            # Nothing of it only looks right: the storage agrees, and what was to be stored later is.
            digests = {path: digest for writer in writers for path, digest in writer.digests().items()}
            assert any(f"/{STORED}/" in path for path in digests)
            await wait_for_rest(observer, running.ufs, digests)
            await asyncio.gather(*(writer.verify(observer, everything=True) for writer in writers))
            # The rounds did meet calls in flight; otherwise they prove nothing.
            assert sum(writer.interrupted for writer in writers) >= ROUNDS
        assert running.master.stop() == 0
        compare_with_replay(running, tmp_path / "copy")


@contextlib.asynccontextmanager
async def client(running: Cluster, retries: bool) -> AsyncIterator[AsyncFileSystem]:
    properties = {**running.client, "alluxio.user.rpc.retry.max.duration": "60s" if retries else "0"}
    async with await AsyncFileSystem.connect(properties=properties) as fs:
        yield fs


async def _kill_while_writing(
    running: Cluster, writers: list[Writer], rng: random.Random, *, also_while_starting: bool
) -> list[asyncio.Task[None]]:
    """Let the writers work and kill the master in the middle of it; return the writers that wait for it."""
    target = sum(writer.acknowledged for writer in writers) + rng.randint(*CALLS_A_ROUND)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(writer.run(stop)) for writer in writers]
    await until(
        lambda: sum(writer.acknowledged for writer in writers) >= target or any(task.done() for task in tasks),
        60,
        "enough calls",
    )
    await asyncio.to_thread(running.master.kill)
    stop.set()
    if also_while_starting:
        lines = running.master.log_text().count("process starts")
        running.master.spawn()
        await until(lambda: running.master.log_text().count("process starts") > lines, 30, "the master starting")
        await asyncio.to_thread(running.master.kill)
    return tasks


def compare_with_replay(running: Cluster, copy: Path) -> None:
    """Replay the log of a master that does not run into an empty state, and compare with the state that it left.

    Raises:   AssertionError: they differ; it names rows.
    """
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    shutil.copy(running.master.home / "metastore/store/data.mdb", copy)
    left = LmdbStore(copy)
    applied, _ = read_applied(left)
    replayed = DictStore()
    expected_sequence = 0
    for entry in JournalDump.of(running.journal).entries():
        if entry.kind is not EntryKind.DATA or entry.index > applied:
            continue
        tx = replayed.begin()
        for sequence, inner in codec.decode_batch(entry.data):
            if isinstance(inner, PrimacyMarker):
                continue
            assert sequence == expected_sequence, f"entry {entry.index} has number {sequence}, not {expected_sequence}"
            apply(tx, sequence, inner)
            expected_sequence = sequence + 1
        tx.commit()
    assert expected_sequence > 0
    with left.read() as view, replayed.read() as again:
        assert digest(view) == digest(again), differences(view, again)
    left.close()
