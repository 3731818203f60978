"""A standby that was away for too long goes on behind another master's snapshot, and may lead after that."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio.errors import InvariantViolated
from pyalluxio.master.durable_state import DurableState
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import Disk
from tests.unit.master.snapshot_chunks import chunks
from tests.waiting import until

NEVER = messages.NEVER


async def test_standby_goes_on_behind_a_snapshot(tmp_path: Path) -> None:
    """What was drawn from the old state, the applied index above all, must not outlive it."""
    ahead, behind = DurableState(tmp_path / "ahead"), DurableState(tmp_path / "behind")
    leader = Disk(ahead.open())
    async with leader.master() as cluster:
        await cluster.mkdir("/old")
        known = len(leader.log)
        follower = Disk(behind.open())
        follower.log, follower.ufs, follower.properties = leader.log[:known], leader.ufs, leader.properties
        await cluster.mkdir("/new")
        await cluster.delete("/old", recursive=True)
        snapshot = ahead.take_snapshot()
        await cluster.mkdir("/later")
    async with follower.master(leads=False) as standby:
        assert standby.master.pipeline.applied_index == known - 1
        receiving = behind.snapshots.receive()
        for chunk in chunks(snapshot):
            receiving.write(chunk)
        behind.prepare(receiving.finish())
        await behind.restore()
        await standby.master.state_replaced()
        assert standby.master.pipeline.applied_index == snapshot.position.index
        # The list itself is replaced as a whole: the journal's log begins behind the snapshot now.
        standby.journal.log[:] = leader.log
        standby.journal.replay()
        standby.journal.term = leader.log[-1].term
        standby.journal.lead()
        await until(lambda: standby.master.is_serving)
        assert await standby.names("/", load=NEVER) == ["/later", "/new"]
        await standby.mkdir("/mine")
    follower.check()
    ahead.close()
    behind.close()


async def test_entries_from_before_the_snapshot_are_dropped(tmp_path: Path) -> None:
    """The journal may have handed them out just before: applied again they would break the sequence."""
    async with Disk().master() as cluster:
        await cluster.mkdir("/a")
        await cluster.delete("/a")
        pipeline = cluster.master.pipeline
        before = pipeline.applied_index
        pipeline.on_committed(list(cluster.journal.log[1:]))
        assert pipeline.applied_index == before
        assert await cluster.names("/", load=NEVER) == []


async def test_state_of_a_leader_is_not_replaced() -> None:
    """Its open transaction, and what it has answered, would be of a state that is gone."""
    async with Disk().master() as cluster:
        with pytest.raises(InvariantViolated):
            await cluster.master.state_replaced()
