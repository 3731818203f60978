"""A quorum of two Python members and one server of Ratis 2.4.1, the library inside official masters.

Each votes for the others, follows and leads; whoever comes late or comes back is given the log. What a majority
acknowledged is on every member in the end, in one order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import CommittedEntry, EntryKind, JournalNode, Role, RoleChange
from pyalluxio.journal.options import JournalOptions
from pyalluxio.journal.transport_grpc import GrpcTransport
from pyalluxio.raft.messages import Peer
from tests.peer.ratis import RatisPeer, ratis_peer
from tests.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.java]

HOST = "127.0.0.1"
LONG_S = 20


class Member:
    """A Python member: a journal node, its transport, and what it applied."""

    def __init__(self, folder: Path, address: str, addresses: list[str]) -> None:
        self.address = address
        self.id = Peer.at(address).id
        self.applied: list[str] = []
        self.role: RoleChange | None = None
        self.failure: BaseException | None = None
        self._folder = folder
        self._addresses = addresses
        self._node: JournalNode | None = None
        format_journal(folder)

    @property
    def node(self) -> JournalNode:
        assert self._node is not None
        return self._node

    @property
    def leads(self) -> bool:
        return self.role is not None and self.role.role is Role.LEADER

    def start(self, election_timeout_min_ms: int = 1000) -> None:
        """Start over the log in the folder, with an empty state: everything is applied again."""
        self.applied, self.role = [], None
        transport = GrpcTransport(Peer.at(self.address), HOST, int(self.address.rpartition(":")[2]))
        options = JournalOptions(
            election_timeout_min_ms=election_timeout_min_ms, election_timeout_max_ms=election_timeout_min_ms + 1000
        )
        self._node = JournalNode.open(
            self._folder, self_address=self.address, peers=self._addresses, transport=transport, options=options
        )
        self._node.start(asyncio.get_running_loop(), self._on_committed, self._on_role, self._on_failed)

    async def stop(self) -> None:
        if self._node is not None:
            await self._node.stop()
            self._node = None

    async def write(self, *texts: str) -> None:
        await asyncio.wait_for(asyncio.gather(*(self.node.propose(text.encode()) for text in texts)), 20)

    def _on_committed(self, entries: list[CommittedEntry]) -> None:
        self.applied += [entry.data.decode() for entry in entries if entry.kind is EntryKind.DATA]
        self.node.applied(entries[-1].index)

    def _on_role(self, change: RoleChange) -> None:
        self.role = change

    def _on_failed(self, error: BaseException) -> None:
        self.failure = error


@pytest.fixture
async def members(tmp_path: Path) -> AsyncIterator[tuple[str, Member, Member]]:
    """The address for the Ratis server, and two Python members, not started."""
    addresses = [f"{HOST}:{free_port()}" for _ in range(3)]
    python = [Member(tmp_path / name, address, addresses) for name, address in zip("ab", addresses[1:], strict=True)]
    yield addresses[0], python[0], python[1]
    for member in python:
        await member.stop()
        assert member.failure is None


@contextlib.asynccontextmanager
async def ratis(folder: Path, address: str, a: Member, b: Member, timeout_min_ms: int) -> AsyncIterator[RatisPeer]:
    addresses = [address, a.address, b.address]
    with contextlib.ExitStack() as stack:
        running = ratis_peer(folder / "ratis", address, addresses, timeout_min_ms, timeout_min_ms + 500)
        yield await asyncio.to_thread(stack.enter_context, running)


async def leader_of(*members: Member) -> Member:
    await until(lambda: any(member.leads for member in members), LONG_S, "a Python leader")
    return next(member for member in members if member.leads)


async def leads(java: RatisPeer) -> None:
    """Wait until the Ratis server leads and takes writes, which it does once the first entry of its term is applied."""
    await until(lambda: java.status().role == "LEADER" and java.status().applied_index >= 0, LONG_S, "Ratis leading")


def texts(word: str) -> list[str]:
    return [f"{word}-{number}" for number in range(50)]


async def test_ratis_leads_and_python_follows(members: tuple[str, Member, Member], tmp_path: Path) -> None:
    """The mixed quorum of a migration: an official master leads, and its writes count Python's disks."""
    address, a, b = members
    async with ratis(tmp_path, address, a, b, timeout_min_ms=300) as java:
        a.start(election_timeout_min_ms=8000)  # so that Ratis asks for the vote
        await leads(java)
        first = texts("first")
        for text in first:
            java.propose(text)
        await until(lambda: len(java.proposed) + len(java.refused) == len(first), LONG_S, "the writes")
        assert not java.refused
        await until(lambda: a.applied == java.applied, what="a follower")
        assert sorted(a.applied) == sorted(first)
        with pytest.raises(errors.NotLeader):
            await a.node.propose(b"not here")
        assert not a.node.has_lease()
        b.start(election_timeout_min_ms=8000)
        await until(lambda: b.applied == a.applied, LONG_S, "a member that came late")


async def test_python_leads_and_ratis_follows_and_votes(members: tuple[str, Member, Member], tmp_path: Path) -> None:
    """Python elected with Ratis' vote, twice; Ratis comes late, is killed, and has everything in the end."""
    address, a, b = members
    a.start()
    b.start()
    leader = await leader_of(a, b)
    other = b if leader is a else a
    await leader.write(*texts("alone"))
    async with ratis(tmp_path, address, a, b, timeout_min_ms=4000) as java:
        await until(lambda: java.applied == leader.applied, LONG_S, "Ratis, which came late")
        await other.stop()
        # From here on nothing is committed without Ratis' disk.
        await leader.write(*texts("beside-ratis"))
        await until(lambda: java.applied == leader.applied, what="Ratis")
        assert not leader.node.has_lease(), "Ratis promises nothing"
        await leader.node.read_index()
        history = list(leader.applied)
        java.kill()
    async with ratis(tmp_path, address, a, b, timeout_min_ms=4000) as java:
        await until(lambda: java.applied == history, LONG_S, "Ratis over its own log")
        await leader.stop()
        other.start()
        # It lacks what was written without it, so Ratis must lead, or give it that first; Ratis is patient, and votes.
        await until(lambda: java.status().role == "LEADER" or other.leads, 3 * LONG_S, "a leader")
        assert java.status().role == "LEADER", "a member without the last writes was elected"
        await leads(java)
        await until(lambda: other.applied == history, LONG_S, "the member that was away")
        leader.start()
        await until(lambda: leader.applied == history, LONG_S, "the former leader")
        java.kill()
        newest = await leader_of(a, b)
        await newest.write("last")
    async with ratis(tmp_path, address, a, b, timeout_min_ms=4000) as java:
        await until(lambda: java.applied == [*history, "last"], LONG_S, "Ratis at the end")
        # Ratis has everything now, and of two Python members one goes: Ratis' vote makes the other one leader.
        rest = b if newest is a else a
        await until(lambda: rest.applied == newest.applied, what="the other member")
        await newest.stop()
        await leader_of(rest)
        await rest.write("after")
        await until(lambda: java.applied == [*history, "last", "after"], what="Ratis under the new leader")
