"""Members that were away for longer than the log reaches back, or lost their disk, while the others write on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from pyalluxio.client import AsyncFileSystem
from pyalluxio.master import snapshot_service
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import raft_journal_pb2 as pb
from pyalluxio.wire.gen.version_pb2 import RAFT_JOURNAL_SERVICE, GetServiceVersionPRequest
from pyalluxio.wire.methods import method
from tests.e2e import cluster as one_master
from tests.e2e import quorum
from tests.e2e.cluster import ServerProcess, alluxio
from tests.e2e.conftest import rounds
from tests.e2e.members import (
    applied_index,
    bytes_under,
    first_index,
    log_bytes,
    same_state,
    snapshots_folder,
    store_folder,
    until_caught_up,
)
from tests.e2e.quorum import Quorum
from tests.peer import official
from tests.waiting import pace, until

pytestmark = pytest.mark.e2e

KB = 1 << 10
# How many changes the others make while a member is away. With 200000 the usual limits are used.
AWAY = rounds("PYALLUXIO_ENTRIES_AWAY", 2_500)
IS_SMALL = AWAY < 100_000
LOG_BYTES = 192 * KB if IS_SMALL else 16 << 20
RETAINED_BYTES = 64 * KB if IS_SMALL else 4 << 20
SEGMENT_BYTES = 32 * KB if IS_SMALL else 4 << 20
# What is written between two looks at the log, and while a snapshot is taken.
SLACK_BYTES = 1024 * KB if IS_SMALL else 32 << 20
LIMITS = {
    "alluxio.master.embedded.journal.snapshot.log.size": str(LOG_BYTES),
    "alluxio.master.embedded.journal.log.retained.size": str(RETAINED_BYTES),
    "alluxio.master.journal.log.size.bytes.max": str(SEGMENT_BYTES),
}
IN_FLIGHT = 64


class Writing:
    """Makes directories one after the other, and knows which were acknowledged."""

    def __init__(self, fs: AsyncFileSystem) -> None:
        self._fs = fs
        self.acknowledged: list[str] = []
        self.longest_s = 0.0

    async def run(self) -> None:
        while True:
            path = f"/meanwhile/{len(self.acknowledged)}"
            started_s = time.monotonic()
            # Never cancelled in the middle: what was sent counts.
            await asyncio.shield(self._fs.create_directory(path))
            self.longest_s = max(self.longest_s, time.monotonic() - started_s)
            self.acknowledged.append(path)
            await pace(0.01)


@contextlib.asynccontextmanager
async def writing(cluster: Quorum) -> AsyncIterator[Writing]:
    """Write during the block; afterwards everything that was acknowledged is there."""
    async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
        await fs.create_directory("/meanwhile", allow_exists=True)
        writer = Writing(fs)
        task = asyncio.create_task(writer.run())
        try:
            yield writer
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        found = {status.path for status in await fs.list_status("/meanwhile")}
        assert found >= set(writer.acknowledged)
        print(f"{len(writer.acknowledged)} changes meanwhile, the longest took {writer.longest_s * 1000:.0f} ms")


async def written(cluster: Quorum, top: str, count: int) -> None:
    """Make `count` directories below `top`, many at a time."""
    async with await AsyncFileSystem.connect(properties=cluster.client) as fs:
        await fs.create_directory(top)
        numbers = iter(range(count))

        async def some() -> None:
            for number in numbers:
                if number % 1000 == 0:
                    await fs.create_directory(f"{top}/{number // 1000}", allow_exists=True)
                await fs.create_directory(f"{top}/{number // 1000}/{number}", recursive=True)

        await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))


async def standby(cluster: Quorum) -> ServerProcess:
    leader = await cluster.leader()
    return next(master for master in cluster.masters if master is not leader)


async def until_shortened(masters: Sequence[ServerProcess], behind: int = 0) -> None:
    """Wait until no master has the entries up to some index any more."""
    # A few entries more than are applied may be in a log: those that only say what is committed.
    await until(lambda: all(first_index(master) > behind + 10 for master in masters), 60, "a log that is shortened")


def is_bounded(master: ServerProcess) -> bool:
    """Say whether log and snapshots take no more than the limits allow; one snapshot may be replacing another."""
    state_bytes = bytes_under(store_folder(master))
    log_is_bounded = log_bytes(master) <= LOG_BYTES + RETAINED_BYTES + SLACK_BYTES
    return log_is_bounded and bytes_under(snapshots_folder(master)) <= 2 * state_bytes + KB


async def test_member_that_was_away_goes_on_behind_a_snapshot(tmp_path: Path) -> None:
    """A host is repaired for a day: the log does not reach back so far, and the others do not stop for it."""
    with quorum.running(tmp_path / "cluster", properties=LIMITS) as cluster:
        away = await standby(cluster)
        await written(cluster, "/before", 200)
        away.kill()
        began_s = time.monotonic()
        await written(cluster, "/away", AWAY)
        written_s = time.monotonic() - began_s
        others = [master for master in cluster.masters if master is not away]
        await until_shortened(others, behind=applied_index(away))
        async with writing(cluster) as writer:
            began_s = time.monotonic()
            await asyncio.to_thread(away.start)
            await until_caught_up(cluster, away, 60 if IS_SMALL else 600)
            caught_up_s = time.monotonic() - began_s
            assert "goes on behind the snapshot" in away.log_text()
            assert writer.acknowledged, "nothing was written meanwhile"
        print(
            f"{AWAY} changes in {written_s:.1f} s while it was away; caught up {caught_up_s:.1f} s after its start; "
            f"state {bytes_under(store_folder(away)) >> 10} KB, "
            f"logs {[log_bytes(master) >> 10 for master in cluster.masters]} KB, "
            f"snapshots {[bytes_under(snapshots_folder(master)) >> 10 for master in cluster.masters]} KB"
        )
        for master in cluster.masters:
            await until(lambda master=master: is_bounded(master), 30, "folders within their bound")  # type: ignore[misc]
        await same_state(cluster.masters)


async def test_member_that_was_away_for_a_moment_needs_the_log_alone(tmp_path: Path) -> None:
    """A rolling restart must not send the whole state around."""
    with quorum.running(tmp_path / "cluster", properties=LIMITS) as cluster:
        away = await standby(cluster)
        await written(cluster, "/before", 200)
        away.kill()
        leader = await cluster.leader()
        follower = next(master for master in cluster.masters if master is not away and master is not leader)
        for master, words in ((leader, ()), (follower, ("--address", cluster.address(follower)))):
            done = await asyncio.to_thread(alluxio, "journal", "checkpoint", *words, overrides=cluster.client)
            assert done.returncode == 0, done.stderr
            assert done.stdout == "Successfully took a checkpoint on master 127.0.0.1\n"
            assert (snapshots_folder(master) / "CURRENT").exists()
        assert await snapshot_for_an_official_master(cluster.address(follower)) == pb.SnapshotMetadata(exists=False)
        await written(cluster, "/away", 50)
        await asyncio.to_thread(away.start)
        await until_caught_up(cluster, away, lag_max=0)
        assert "needs a snapshot" not in away.log_text()
        await same_state(cluster.masters)


async def snapshot_for_an_official_master(address: str) -> pb.SnapshotMetadata:
    """Ask a standby as an official master does: the version of the service first, over an authenticated channel."""
    channel = Channel(address, ChannelOptions(user="root"))
    try:
        version = method("alluxio.grpc.version.ServiceVersionClientService", "getServiceVersion")
        request = GetServiceVersionPRequest(serviceType=RAFT_JOURNAL_SERVICE)
        await channel.unary(version, request, 5.0, authenticated=False)
        rpc = method(snapshot_service.SERVICE, "RequestLatestSnapshotInfo")
        return await channel.unary(rpc, pb.LatestSnapshotInfoPRequest(), 5.0)
    finally:
        await channel.close()


@pytest.mark.java
def test_official_shell_takes_a_checkpoint_of_a_single_master(tmp_path: Path) -> None:
    """Official single masters never shorten their log by themselves; ours do, and when they are told to."""
    with one_master.running(tmp_path / "cluster", workers=0) as cluster:
        printed = official.run(
            tmp_path / "java", cluster.client, "alluxio.cli.fsadmin.FileSystemAdminShell", "journal", "checkpoint"
        )
        assert "Successfully took a checkpoint on master 127.0.0.1" in printed
        assert (snapshots_folder(cluster.master) / "CURRENT").exists()
        cluster.master.kill()
        # The machine went down: what was not synced is not trusted, and the snapshot takes its place.
        marker = cluster.master.home / "metastore" / "marker.json"
        marker.write_text(json.dumps({**json.loads(marker.read_text()), "boot_id": "another"}))
        cluster.master.start()
        assert "takes its place" in cluster.master.log_text()
        assert cluster.alluxio("fs", "ls", "/").returncode == 0


async def test_emptied_disk_is_filled_again_and_votes(tmp_path: Path) -> None:
    """A broken disk is replaced: the member gets everything from the others, and counts again afterwards."""
    with quorum.running(tmp_path / "cluster", properties=LIMITS) as cluster:
        emptied = await standby(cluster)
        await written(cluster, "/before", AWAY)
        await until_shortened(cluster.masters)
        emptied.kill()
        for name in ("journal", "metastore"):
            shutil.rmtree(emptied.home / name)
        words = ("init", "format", "--skip-worker", "--yes")
        formatted = await asyncio.to_thread(alluxio, *words, overrides=emptied.properties)
        assert formatted.returncode == 0, formatted.stderr
        async with writing(cluster):
            began_s = time.monotonic()
            await asyncio.to_thread(emptied.start)
            # Until the leader hears from it, it shows what the member had before.
            await until(lambda: "goes on behind the snapshot" in emptied.log_text(), 60, "a snapshot in place")
            await until_caught_up(cluster, emptied, 60 if IS_SMALL else 600)
            print(f"the emptied member votes again {time.monotonic() - began_s:.1f} s after its start")
        # With one of the others gone nothing is acknowledged, and nobody leads, without it.
        leader = await cluster.leader()
        leader.kill()
        await written(cluster, "/after", 50)
        await same_state([master for master in cluster.masters if master is not leader])


# So that each copy takes seconds, although the state is small.
SLOW = {
    **LIMITS,
    "alluxio.master.embedded.journal.snapshot.bandwidth": str(256 * KB),
    "alluxio.master.embedded.journal.snapshot.replication.chunk.size": str(32 * KB),
}


async def test_members_killed_while_they_copy_their_state_lose_nothing(tmp_path: Path) -> None:
    """The power fails while a snapshot is taken, fetched, or put into place: half of one is never used."""
    if not IS_SMALL:
        pytest.skip("the copies are slowed down, which a large state does not need")
    with quorum.running(tmp_path / "cluster", properties=SLOW) as cluster:
        away = await standby(cluster)
        away.kill()
        await written(cluster, "/before", AWAY)
        others = [master for master in cluster.masters if master is not away]
        await until_shortened(others)
        async with writing(cluster):
            away.spawn()
            for name in ("snapshots/installing", "store.next"):
                folder = away.home / "metastore" / name
                await until(lambda folder=folder: has_data(folder), 60, f"data in {name}")  # type: ignore[misc]
                away.kill()
                away.spawn()
            await until_caught_up(cluster, away)
        taking = away.home / "metastore" / "snapshots" / "building"
        await written(cluster, "/more", AWAY)
        await until(lambda: has_data(taking), 60, "a snapshot that is being taken")
        away.kill()
        await asyncio.to_thread(away.start)
        await until_caught_up(cluster, away, lag_max=0)
        await same_state(cluster.masters)


def has_data(folder: Path) -> bool:
    return bytes_under(folder) > 0


async def test_five_masters_serve_with_two_dead(tmp_path: Path) -> None:
    """Five masters are run so that a second host may fail while the first is repaired."""
    with quorum.running(tmp_path / "cluster", count=5, properties=LIMITS) as cluster:
        await written(cluster, "/all", 100)
        dead = [await cluster.leader()]
        dead[0].kill()
        dead.append(await cluster.leader())
        dead[1].kill()
        await written(cluster, "/three", AWAY)
        await until_shortened([master for master in cluster.masters if master not in dead])
        for master in dead:
            await asyncio.to_thread(master.start)
            await until_caught_up(cluster, master, lag_max=0)
        await same_state(cluster.masters)
