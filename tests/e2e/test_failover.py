"""The leading master is killed, stopped or paused under writing clients: others serve at once, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyalluxio.client import AsyncFileSystem
from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.methods import method
from tests.e2e import quorum
from tests.e2e.conftest import rounds
from tests.e2e.quorum import Quorum, probing
from tests.waiting import pace, until

pytestmark = pytest.mark.e2e

KILLS = rounds("PYALLUXIO_LEADER_KILLS", 5)
STOPS = rounds("PYALLUXIO_LEADER_STOPS", 3)
PAUSES = rounds("PYALLUXIO_LEADER_PAUSES", 1)
WRITERS = 4
# Twice what is aimed at: machines that run tests are busy.
KILL_GAP_MAX_S = 4.0
STOP_GAP_MAX_S = 1.0
PAUSE_GAP_MAX_S = 8.0


class Writers:
    """Make directories without an end, and know which were acknowledged."""

    def __init__(self, fs: AsyncFileSystem) -> None:
        self._fs = fs
        self.acknowledged: list[str] = []
        self.longest_s = 0.0
        self._stop = asyncio.Event()

    async def write(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            path = f"/a/{number}-{count}"
            count += 1
            started_s = time.monotonic()
            await self._fs.create_directory(path)
            self.longest_s = max(self.longest_s, time.monotonic() - started_s)
            self.acknowledged.append(path)
            await pace(0.01)

    def stop(self) -> None:
        self._stop.set()


@contextlib.asynccontextmanager
async def written(cluster: Quorum) -> AsyncIterator[Writers]:
    """Write during the block; afterwards everything that was acknowledged is there, once, and nothing else."""
    async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
        await fs.create_directory("/a")
        writers = Writers(fs)
        tasks = [asyncio.create_task(writers.write(number)) for number in range(WRITERS)]
        try:
            yield writers
        finally:
            writers.stop()
            await asyncio.gather(*tasks)
        found = [status.path for status in await fs.list_status("/a")]
        assert sorted(found) == sorted(writers.acknowledged)


def told(what: str, gaps_s: list[float], writers: Writers) -> None:
    ordered = [round(gap_s * 1000) for gap_s in sorted(gaps_s)]
    print(
        f"{what}: nobody served for {ordered} ms, median {round(statistics.median(gaps_s) * 1000)} ms; "
        f"longest call {round(writers.longest_s * 1000)} ms; {len(writers.acknowledged)} changes acknowledged"
    )


async def enough(writers: Writers, count: int = 50) -> None:
    goal = len(writers.acknowledged) + count
    await until(lambda: len(writers.acknowledged) >= goal, 30, "changes that go on")


async def test_killed_leader_is_replaced(tmp_path: Path) -> None:
    """A host loses its power: every acknowledged change is there, and jobs see a pause of less than a second."""
    with quorum.running(tmp_path / "cluster") as cluster:
        async with written(cluster) as writers:
            gaps_s = []
            for _ in range(KILLS):
                await enough(writers)
                leader = await cluster.leader()
                async with probing(cluster.addresses) as gap:
                    await until(lambda gap=gap: gap.last_answer_s > 0)  # type: ignore[misc]
                    killed_s = time.monotonic()
                    await asyncio.to_thread(leader.kill)
                    await enough(writers)
                gaps_s.append(gap.longest_s(killed_s))
                await asyncio.to_thread(leader.start)
            told("kill -9", gaps_s, writers)
            assert max(gaps_s) < KILL_GAP_MAX_S


async def test_stopped_leader_hands_over_first(tmp_path: Path) -> None:
    """A rolling restart of the cluster must not be seen by those who use it."""
    with quorum.running(tmp_path / "cluster") as cluster:
        async with written(cluster) as writers:
            gaps_s = []
            for _ in range(STOPS):
                await enough(writers)
                leader = await cluster.leader()
                async with probing(cluster.addresses) as gap:
                    await until(lambda gap=gap: gap.last_answer_s > 0)  # type: ignore[misc]
                    stopped_s = time.monotonic()
                    assert await asyncio.to_thread(leader.stop) == 0
                    await enough(writers)
                gaps_s.append(gap.longest_s(stopped_s))
                await asyncio.to_thread(leader.start)
            told("SIGTERM", gaps_s, writers)
            assert max(gaps_s) < STOP_GAP_MAX_S


async def test_paused_leader_tells_nothing_stale(tmp_path: Path) -> None:
    """A virtual machine that was paused wakes up as a leader, and must not answer with what was true before."""
    with quorum.running(tmp_path / "cluster") as cluster:
        async with written(cluster) as writers, await AsyncFileSystem.connect(properties=cluster.client) as fs:
            gaps_s = []
            for number in range(PAUSES):
                await enough(writers)
                before, after = f"/before{number}", f"/after{number}"
                await fs.create_directory(before)
                leader = await cluster.leader()
                others = [address for address in cluster.addresses if address != cluster.address(leader)]
                channel = Channel(cluster.address(leader), ChannelOptions(user="root"))
                assert await known(channel, before) == 1
                assert leader.process is not None
                async with probing(cluster.addresses) as gap:
                    await until(lambda gap=gap: gap.last_answer_s > 0)  # type: ignore[misc]
                    paused_s = time.monotonic()
                    leader.process.send_signal(signal.SIGSTOP)
                    try:
                        await enough(writers)
                        await fs.rename(before, after)
                        asked = asyncio.create_task(known(channel, before, 50))
                        await enough(writers)
                    finally:
                        leader.process.send_signal(signal.SIGCONT)
                    assert await asked == 0
                    assert await known(channel, before, 50) == 0
                    await channel.close()
                gaps_s.append(gap.longest_s(paused_s))
                assert await quorum.answers(others[0]) or await quorum.answers(others[1])
                await fs.delete(after)
            told("SIGSTOP", gaps_s, writers)
            assert max(gaps_s) < PAUSE_GAP_MAX_S


async def known(channel: Channel, path: str, count: int = 1) -> int:
    """Ask one master, leader or not, `count` times at once for a path; return how often it knew it.

    Questions to one that is paused wait in its sockets, and are the first thing that it sees when it wakes.
    """
    rpc = method("alluxio.grpc.file.FileSystemMasterClientService", "GetStatus")
    request = messages.GetStatusPRequest(path=path, options=messages.GetStatusPOptions(loadMetadataType=messages.NEVER))
    results = await asyncio.gather(*(channel.unary(rpc, request, 15.0) for _ in range(count)), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, AlluxioError):
            raise result
    return sum(not isinstance(result, AlluxioError) for result in results)
