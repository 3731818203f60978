"""Ratis' own client against our masters: how an official master asks to be added, and what Ratis' tools ask."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e import quorum
from tests.e2e.cluster import HOST
from tests.peer import official

pytestmark = [pytest.mark.e2e, pytest.mark.java]

CLIENT_TIMEOUT_S = 100


def ratis_client(addresses: list[str], *commands: str) -> list[str]:
    """Have Ratis' client carry out commands; return a line for each. See RatisClient.java."""
    jars = official.jars()
    assert jars is not None, official.why_missing()
    assert shutil.which("java")
    command = ["java", f"-Dlog4j.configurationFile={official.HERE / 'log4j2.properties'}", "-cp", f"{jars}/*"]
    command += [str(official.HERE / "RatisClient.java"), ",".join(addresses), ";".join(commands)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()


async def test_ratis_own_client_administers_the_quorum(tmp_path: Path) -> None:
    """Tools and official masters find the leader by themselves, see the members, hand over, remove, take snapshots."""
    with quorum.running(tmp_path / "cluster") as cluster:
        journals = [f"{HOST}:{each.properties['alluxio.master.embedded.journal.port']}" for each in cluster.masters]
        leader = cluster.masters.index(await cluster.leader())
        first, second = (address for number, address in enumerate(journals) if number != leader)
        members = ",".join(sorted(journals))
        rest = ",".join(sorted((first, journals[leader])))
        lines = await asyncio.to_thread(
            ratis_client,
            # Ratis' client asks the first one first, which does not lead.
            [first, second, journals[leader]],
            f"list {first}",
            f"info {first}",
            f"info {journals[leader]}",
            f"add {first}",
            f"transfer {first}",
            f"info {first}",
            f"snapshot {journals[leader]}",
            f"add {HOST}:0",
            f"members {rest}",
            f"info {first}",
        )
        listed, of_follower, of_leader, added, transferred, of_next, snapshot, refused, removed, of_last = lines
        assert listed == "done [group-ABB3109A44C1]"
        assert of_follower == f"done FOLLOWER {members} 0 followers"
        assert of_leader == f"done LEADER {members} 2 followers"
        assert added.startswith("done ")
        assert transferred.startswith("done ")
        assert of_next == f"done LEADER {members} 2 followers"
        assert snapshot.startswith("done ")
        assert refused.startswith("failed ")
        assert f"{HOST}:0 is no address of a journal" in refused
        assert removed.startswith("done ")
        assert of_last == f"done LEADER {rest} 1 followers"
