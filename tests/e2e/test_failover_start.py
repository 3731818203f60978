"""Three masters that all start, in any order or with one missing, and disks that come back empty."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pyalluxio.client import AsyncFileSystem
from tests.e2e import quorum
from tests.e2e.cluster import ServerProcess
from tests.e2e.conftest import rounds
from tests.e2e.members import same_state, until_caught_up
from tests.e2e.quorum import Quorum
from tests.waiting import pace, until, until_answered

pytestmark = pytest.mark.e2e

ORDERS = rounds("PYALLUXIO_COLD_STARTS", 2)
# Ten times what is aimed at: machines that run tests are busy. The figures are printed.
COLD_START_MAX_S = 30.0
FILES = 200
WRITERS = 3
NOBODY_S = 4.0


async def serving_after_s(cluster: Quorum, order: Sequence[ServerProcess]) -> float:
    """Start masters one right after the other; return the seconds until one of them serves."""
    began_s = time.monotonic()
    for master in order:
        master.spawn()
    await cluster.leader()
    return time.monotonic() - began_s


async def test_a_cold_start_is_quick_in_any_order(tmp_path: Path) -> None:
    """The power is back after an outage: hosts come up as they like, one of them not at all, and everybody waits."""
    with quorum.running(tmp_path / "cluster") as cluster:
        async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
            for number in range(FILES):
                await fs.create_directory(f"/d{number}")
        masters = cluster.masters
        orders = list(itertools.permutations(masters))[:ORDERS]
        with_one_missing = list(itertools.permutations(masters, 2))[: max(1, ORDERS // 2)]
        figures: dict[str, list[float]] = {"all three": [], "one missing": []}
        for order in itertools.chain(orders, with_one_missing):
            for master in masters:
                if master.is_running:
                    await asyncio.to_thread(master.kill)
            took_s = await serving_after_s(cluster, order)
            figures["all three" if len(order) == 3 else "one missing"].append(took_s)
            async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
                assert len(await fs.list_status("/")) == FILES
        for what, took in figures.items():
            print(f"cold start, {what}: served after {', '.join(f'{seconds:.2f}' for seconds in took)} s")
            assert max(took) < COLD_START_MAX_S


def wipe(master: ServerProcess) -> None:
    """Take away everything that a master has on its disk."""
    assert not master.is_running
    for key in ("alluxio.master.journal.folder", "alluxio.master.metastore.dir"):
        shutil.rmtree(master.properties[key])


async def test_every_disk_is_lost_once_under_writers(tmp_path: Path) -> None:
    """Disks are replaced one after the other in a running cluster: in the end none of the first ones is left."""
    acknowledged: list[str] = []
    stop = asyncio.Event()

    async def write(fs: AsyncFileSystem, writer: int) -> None:
        number = 0
        while not stop.is_set():
            path = f"/{writer}-{number}"
            number += 1
            await fs.create_directory(path)
            acknowledged.append(path)
            await pace(0.01)

    async def more(count: int) -> None:
        goal = len(acknowledged) + count
        await until(lambda: len(acknowledged) >= goal, 60, "changes that go on")

    with quorum.running(tmp_path / "cluster") as cluster:
        async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
            tasks = [asyncio.create_task(write(fs, number)) for number in range(WRITERS)]
            try:
                for master in cluster.masters:
                    await more(50)
                    was_leader = await cluster.leader() is master
                    await asyncio.to_thread(master.kill)
                    wipe(master)
                    await more(50)
                    began_s = time.monotonic()
                    await asyncio.to_thread(master.start)
                    await until_caught_up(cluster, master)
                    role = "the leader" if was_leader else "a standby"
                    print(f"{role} with an empty disk votes again after {time.monotonic() - began_s:.2f} s")
            finally:
                stop.set()
                await asyncio.gather(*tasks)
            found = [status.path for status in await fs.list_status("/")]
            assert sorted(found) == sorted(acknowledged)
        await same_state(cluster.masters)


async def test_an_empty_disk_has_no_vote(tmp_path: Path) -> None:
    """One host was behind, one lost its disk, the one that knows is down: nobody may serve, or changes were lost."""
    with quorum.running(tmp_path / "cluster") as cluster:
        leader = await cluster.leader()
        behind, emptied = (master for master in cluster.masters if master is not leader)
        async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
            await fs.create_directory("/known-to-all")
            assert behind.process is not None
            behind.process.send_signal(signal.SIGSTOP)
            for number in range(FILES):
                await fs.create_directory(f"/known-to-two/{number}", recursive=True)
        for master in cluster.masters:
            await asyncio.to_thread(master.kill)
        wipe(emptied)
        emptied.spawn()
        behind.spawn()
        ends_s = time.monotonic() + NOBODY_S
        while time.monotonic() < ends_s:
            for master in (emptied, behind):
                assert not await quorum.answers(cluster.address(master)), f"{master.home.name} serves without the log"
            await pace(0.1)
        await asyncio.to_thread(leader.start)
        async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
            assert len(await fs.list_status("/known-to-two")) == FILES
        if not emptied.is_running:
            await asyncio.to_thread(emptied.start)
        await until_caught_up(cluster, emptied)
        await until_answered(lambda: _everybody_is_there(cluster), 30, "all three members")


async def _everybody_is_there(cluster: Quorum) -> bool:
    for master in cluster.masters:
        await until_caught_up(cluster, master)
    return True
