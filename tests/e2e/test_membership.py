"""Masters come and go while clients write: nothing that was acknowledged is lost, and all masters hold the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.client import AsyncFileSystem
from pyalluxio.client.quorum import QuorumAdministration, address_of
from pyalluxio.journal.format import format_journal
from pyalluxio.wire.channel import ChannelOptions
from tests.e2e.cluster import HOST, ServerProcess, alluxio, master_process
from tests.e2e.quorum import Quorum
from tests.ports import free_port
from tests.waiting import pace, until, until_answered

pytestmark = pytest.mark.e2e

# Writes go on meanwhile: a few entries are always under way.
LAG_MAX = 20


class Members:
    """Masters on free ports, each started with the list that is right at its time."""

    def __init__(self, folder: Path, count: int) -> None:
        (folder / "ufs").mkdir(parents=True)
        self.masters: list[ServerProcess] = []
        for number in range(1, count + 1):
            _, process = master_process(folder, {})
            process.home = folder / f"master{number}"
            process.properties |= {
                "alluxio.home": str(process.home),
                "alluxio.master.journal.folder": str(process.home / "journal"),
                "alluxio.master.metastore.dir": str(process.home / "metastore"),
                "alluxio.master.embedded.journal.port": str(free_port()),
            }
            self.masters.append(process)
        self.rpc = ",".join(f"{HOST}:{each.properties['alluxio.master.rpc.port']}" for each in self.masters)
        self.client = {"alluxio.master.rpc.addresses": self.rpc, "alluxio.security.login.username": "root"}
        self.quorum = Quorum(self.masters, self.client)

    def spawn(self, number: int, listed: int) -> ServerProcess:
        """Start a master with the list of the first `listed` masters."""
        master = self.masters[number - 1]
        master.properties["alluxio.master.embedded.journal.addresses"] = ",".join(map(journal, self.masters[:listed]))
        master.properties["alluxio.master.rpc.addresses"] = ",".join(self.rpc.split(",")[:listed])
        master.spawn()
        return master

    async def members(self) -> dict[str, Any]:
        """Return what the leader says of each member, by its address; nothing without a leader."""
        administration = QuorumAdministration(self.rpc.split(","), ChannelOptions(user="root"))
        try:
            answer = (await administration.view()).of_leader
        finally:
            await administration.close()
        return {address_of(row): row for row in answer.serverInfo} if answer is not None else {}

    async def until_members(self, *numbers: int) -> None:
        """Wait until these masters and no others vote and lack nothing."""
        wanted = {journal(self.masters[number - 1]) for number in numbers}
        last: dict[str, Any] = {}

        async def are() -> bool:
            nonlocal last
            last = await self.members()
            return last.keys() == wanted and all(
                row.votes and (row.isLeader or row.lagEntries <= LAG_MAX) for row in last.values()
            )

        try:
            await until_answered(are, 20, "the members")
        except AssertionError as error:
            raise AssertionError(f"{sorted(wanted)} expected, {last} found") from error

    async def listed(self) -> list[str]:
        """Return the members as `quorum info` shows them to people."""
        done = await asyncio.to_thread(alluxio, "quorum", "info", "--format", "json", overrides=self.client)
        return [each["address"] for each in json.loads(done.stdout)["members"] if each["votes"]]

    async def remove(self, number: int) -> None:
        address = journal(self.masters[number - 1])
        done = await asyncio.to_thread(
            alluxio, "quorum", "remove", "--domain", "MASTER", "--address", address, overrides=self.client
        )
        assert done.returncode == 0, done.stdout + done.stderr

    async def elect(self, number: int) -> None:
        address = journal(self.masters[number - 1])
        done = await asyncio.to_thread(alluxio, "quorum", "elect", "--address", address, overrides=self.client)
        assert done.returncode == 0, done.stdout + done.stderr

    async def leader(self) -> int:
        """Return the number of the master that leads."""
        return 1 + self.masters.index(await self.quorum.leader())

    def end(self) -> None:
        for master in self.masters:
            if master.process is not None:
                print(f"--- {master.home.name}\n{master.last_words(40)}")
            if master.is_running:
                master.kill()


@contextlib.asynccontextmanager
async def written(properties: dict[str, str]) -> AsyncIterator[list[str]]:
    """Make directories during the block; afterwards each that was acknowledged is there, once, and nothing else."""
    acknowledged: list[str] = []
    stop = asyncio.Event()

    async def write(fs: AsyncFileSystem, writer: int) -> None:
        count = 0
        while not stop.is_set():
            path = f"/a/{writer}-{count}"
            count += 1
            await fs.create_directory(path)
            acknowledged.append(path)
            await pace(0.01)

    async with await AsyncFileSystem.connect(properties=properties) as fs:
        await fs.create_directory("/a")
        tasks = [asyncio.create_task(write(fs, writer)) for writer in range(2)]
        try:
            yield acknowledged
        finally:
            stop.set()
            await asyncio.gather(*tasks)
        found = [each.path for each in await fs.list_status("/a")]
        assert sorted(found) == sorted(acknowledged)


async def enough(acknowledged: list[str], count: int = 50) -> None:
    goal = len(acknowledged) + count
    await until(lambda: len(acknowledged) >= goal, 20, "changes that go on")


def journal(master: ServerProcess) -> str:
    return f"{HOST}:{master.properties['alluxio.master.embedded.journal.port']}"


async def ended_by_itself(master: ServerProcess) -> None:
    async def has_ended() -> bool:
        return not master.is_running

    await until_answered(has_ended, 15, "the end of a removed master")
    assert "was removed from the quorum" in master.log_text()


async def tree(fs: AsyncFileSystem) -> list[tuple[object, ...]]:
    found = await fs.list_status("/", recursive=True)
    return sorted((each.path, each.file_id, each.mode, each.last_modification_time_ms) for each in found)


def test_masters_come_and_go(tmp_path: Path) -> None:
    """The life of a cluster: one master becomes three, a fourth is added, members leave, dead and alive, and return."""
    members = Members(tmp_path / "cluster", 4)
    try:
        asyncio.run(_life(members))
    finally:
        members.end()


async def _life(members: Members) -> None:
    began = time.monotonic()

    async def told(what: str, act: Awaitable[object]) -> None:
        await act
        print(f"{time.monotonic() - began:5.1f} s: {what}")

    first = members.masters[0]
    format_journal(first.home / "journal")
    await asyncio.to_thread(members.spawn(1, 1).wait_until_ready)
    async with await AsyncFileSystem.connect(properties=members.client) as fs:
        for number in range(20):
            await fs.create_directory(f"/before/{number}", recursive=True)
        before = await tree(fs)
    assert await asyncio.to_thread(first.stop) == 0

    # One becomes three; the second has no journal at all, the third a formatted one.
    await asyncio.to_thread(members.spawn(1, 3).wait_until_ready)
    async with await AsyncFileSystem.connect(properties=members.client) as fs:
        assert await tree(fs) == before
    async with written(members.client) as writers:
        format_journal(members.masters[2].home / "journal")
        members.spawn(2, 3)
        members.spawn(3, 3)
        await told("one became three", members.until_members(1, 2, 3))
        await enough(writers)
        members.spawn(4, 4)
        await told("a fourth was added", members.until_members(1, 2, 3, 4))
        await enough(writers)

        # A living follower is removed: it ends, and does no harm when it is started again as it was.
        leader = await members.leader()
        gone = 4 if leader != 4 else 3
        stay = [number for number in (1, 2, 3, 4) if number != gone]
        await told("a living member was removed", members.remove(gone))
        await ended_by_itself(members.masters[gone - 1])
        await told("the others go on", members.until_members(*stay))
        await asyncio.to_thread(members.masters[gone - 1].spawn)
        await told("the removed one came back, and ended", ended_by_itself_again(members.masters[gone - 1]))
        await members.until_members(*stay)
        await enough(writers)

        # Formatted, it is added again; and elected.
        format_journal(members.masters[gone - 1].home / "journal")
        await asyncio.to_thread(members.masters[gone - 1].spawn)
        await told("added again", members.until_members(1, 2, 3, 4))
        await told("elected", members.elect(gone))
        assert await members.leader() == gone
        await enough(writers)

        # A dead member is removed, then the leader itself.
        dead = next(number for number in (1, 2, 3, 4) if number != gone)
        await asyncio.to_thread(members.masters[dead - 1].kill)
        await told("a dead member was removed", members.remove(dead))
        await enough(writers)
        await told("the leader was removed", members.remove(gone))
        await ended_by_itself(members.masters[gone - 1])
        rest = [number for number in (1, 2, 3, 4) if number not in (dead, gone)]
        await told("two are left", members.until_members(*rest))
        assert sorted(await members.listed()) == sorted(journal(members.masters[number - 1]) for number in rest)
        await enough(writers)

    # Each of those that are left holds the same, the namespace of the very first one included.
    trees = []
    for number in rest:
        if await members.leader() != number:
            await members.elect(number)
        async with await AsyncFileSystem.connect(properties=members.client) as fs:
            trees.append(await tree(fs))
    assert trees[0] == trees[1]
    assert set(before) <= set(trees[0]) | {each for each in before if each[0] == "/"}


async def ended_by_itself_again(master: ServerProcess) -> None:
    async def has_ended() -> bool:
        return not master.is_running

    await until_answered(has_ended, 15, "the end of a removed master that came back")
    assert master.log_text().count("was removed from the quorum") >= 2
