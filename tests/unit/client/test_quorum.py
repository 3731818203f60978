"""Administration of the quorum over the wire: honest about what happened, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pyalluxio.client.leader import NoLeader
from pyalluxio.client.quorum import SERVICE, QuorumAdministration, why_no_leader
from pyalluxio.errors import AlluxioError, DeadlineExceeded, FailedPrecondition, NotFound, NotLeader
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.server import GRPCIO, Server

JOURNALS = ("m1:19200", "m2:19200", "m3:19200")


@dataclass
class SmallQuorum:
    """What three masters agree on. `moves` is whether a transfer succeeds, `message` what a failed one says."""

    leader: str = JOURNALS[0]
    term: int = 4
    members: list[str] = field(default_factory=lambda: list(JOURNALS))
    moves: bool = True
    message: str = ""
    error: AlluxioError | None = None


@dataclass
class SmallMember:
    """One master's service. An official one answers only while it leads, and has none of our fields."""

    quorum: SmallQuorum
    own: str
    is_official: bool = False
    is_serving: bool = True
    stale_leader: str | None = None
    stale_term: int | None = None

    @property
    def _leads(self) -> bool:
        return self.quorum.leader == self.own

    async def get_quorum_info(self, request: Any, call: Any) -> Any:
        if not self._leads and (self.is_official or not request.options.anyMember):
            raise NotLeader("Quorum operations are only supported on Raft leader")
        leader = self.stale_leader or self.quorum.leader
        response = pb.GetQuorumInfoPResponse(domain=pb.JournalDomain.MASTER)
        for address in self.quorum.members:
            host, _, port = address.rpartition(":")
            response.serverInfo.add(
                serverAddress=NetAddress(host=host, rpcPort=int(port)), isLeader=address == leader, priority=1
            )
        if not self.is_official:
            response.term, response.answeredBy = self.stale_term or self.quorum.term, self.own
            response.isServing = self._leads and self.is_serving
            response.noLeaderReason = "" if leader else "No leader: 1 of 3 members can be reached."
        return response

    async def transfer_leadership(self, request: Any, call: Any) -> Any:
        if not self._leads:
            raise NotLeader("standby")
        if self.quorum.moves:
            self.quorum.leader = f"{request.serverAddress.host}:{request.serverAddress.rpcPort}"
            self.quorum.term += 1
        return pb.TransferLeadershipPResponse(transferId="id")

    async def get_transfer_leader_message(self, request: Any, call: Any) -> Any:
        text = self.quorum.message if request.transferId == "id" else ""
        return pb.GetTransferLeaderMessagePResponse(transMsg=pb.TransferLeaderMessage(msg=text))

    async def remove_quorum_server(self, request: Any, call: Any) -> Any:
        if self.quorum.error is not None:
            raise self.quorum.error
        self.quorum.members.remove(f"{request.serverAddress.host}:{request.serverAddress.rpcPort}")
        return pb.RemoveQuorumServerPResponse()


@dataclass
class Fixture:
    quorum: SmallQuorum
    members: list[SmallMember]
    servers: list[Server]
    administration: QuorumAdministration


@contextlib.asynccontextmanager
async def three_masters(*, official: bool = False) -> AsyncIterator[Fixture]:
    quorum = SmallQuorum()
    members = [SmallMember(quorum, own, official) for own in JOURNALS]
    async with contextlib.AsyncExitStack() as stack:
        servers = []
        for member in members:
            server = Server("127.0.0.1", 0, handlers_of(SERVICE, member), engine=GRPCIO)
            await server.start()
            stack.push_async_callback(server.stop, 0.1)
            servers.append(server)
        addresses = [f"127.0.0.1:{server.port}" for server in servers]
        administration = QuorumAdministration(addresses, ChannelOptions(user="operator"))
        stack.push_async_callback(administration.close)
        yield Fixture(quorum, members, servers, administration)


@pytest.mark.parametrize("official", [False, True], ids=["Python", "official"])
async def test_electing_ends_when_the_chosen_master_leads(official: bool) -> None:
    """A script restarts the old leader on the next line: it must not lead any more."""
    async with three_masters(official=official) as fixture:
        await fixture.administration.elect("M2", 19200, 10.0)
        assert fixture.quorum.leader == "m2:19200", "spelt as in the quorum"


async def test_electing_waits_until_the_new_leader_serves() -> None:
    """A leader that is still applying its log answers no client."""
    async with three_masters() as fixture:
        fixture.members[1].is_serving = False
        electing = asyncio.ensure_future(fixture.administration.elect("m2", 19200, 10.0))
        done, _ = await asyncio.wait({electing}, timeout=0.2)
        assert not done
        fixture.members[1].is_serving = True
        assert await asyncio.wait_for(electing, 5) >= 0.2


async def test_a_failed_election_says_why() -> None:
    """2.9 printed success for elections that had failed."""
    async with three_masters() as fixture:
        fixture.quorum.moves, fixture.quorum.message = False, "m2:19200 did not catch up"
        with pytest.raises(FailedPrecondition, match="did not catch up"):
            await fixture.administration.elect("m2", 19200, 10.0)


@pytest.mark.parametrize(
    ("host", "error", "text"),
    [
        pytest.param("m1", FailedPrecondition, "leads already", id="the leader"),
        pytest.param("m9", NotFound, "m9:19200 is not part of the quorum", id="a stranger"),
    ],
)
async def test_electing_what_cannot_be_elected(host: str, error: type[AlluxioError], text: str) -> None:
    async with three_masters() as fixture:
        with pytest.raises(error, match=text):
            await fixture.administration.elect(host, 19200, 10.0)
        assert fixture.quorum.leader == "m1:19200"


async def test_an_election_of_which_nothing_is_heard_is_no_success() -> None:
    async with three_masters() as fixture:
        fixture.quorum.moves = False
        with pytest.raises(DeadlineExceeded, match="quorum info"):
            await fixture.administration.elect("m2", 19200, 0.2)


async def test_an_election_survives_that_the_old_leader_dies_of_it() -> None:
    """It has done its part; who leads is known to the others."""
    async with three_masters() as fixture:
        fixture.members[1].is_serving = False
        electing = asyncio.ensure_future(fixture.administration.elect("m2", 19200, 20.0))
        await asyncio.wait({electing}, timeout=0.1)
        await fixture.servers[0].stop(0.0)
        fixture.members[1].is_serving = True
        await asyncio.wait_for(electing, 15)


async def test_a_removed_member_is_gone_and_a_stranger_is_an_error() -> None:
    """Success for a mistyped host leaves the dead member in the quorum, where it counts against the majority."""
    async with three_masters() as fixture:
        with pytest.raises(NotFound, match="of the journal, not of the RPC port"):
            await fixture.administration.remove("m3", 19998)
        await fixture.administration.remove("m3", 19200)
        assert fixture.quorum.members == ["m1:19200", "m2:19200"]
        fixture.quorum.error = FailedPrecondition("another change is under way")
        with pytest.raises(FailedPrecondition, match="another change"):
            await fixture.administration.remove("m2", 19200)


async def test_the_view_of_the_newest_term_counts() -> None:
    """A leader that was cut off believes in itself for a moment; the operator must be shown the real one."""
    async with three_masters() as fixture:
        fixture.quorum.leader = "m2:19200"
        old = fixture.members[0]
        old.stale_leader, old.stale_term = old.own, 3
        view = await fixture.administration.view()
        assert view.of_leader is not None
        assert view.of_leader.answeredBy == "m2:19200"


async def test_without_a_leader_the_reason_is_that_of_a_living_member() -> None:
    """`Cannot connect to the leader` helps nobody who has to decide which machine to start."""
    async with three_masters() as fixture:
        fixture.quorum.leader = ""
        await fixture.servers[2].stop(0.0)
        view = await fixture.administration.view()
        assert view.of_leader is None
        assert why_no_leader(view) == "No leader: 1 of 3 members can be reached."
        assert list(view.errors) == [fixture.administration.addresses[2]]


async def test_without_any_master_each_address_is_told() -> None:
    async with three_masters() as fixture:
        for server in fixture.servers:
            await server.stop(0.0)
        with pytest.raises(NoLeader) as caught:
            await fixture.administration.elect("m2", 19200, 1.0)
        assert caught.value.nobody_answered
        assert all(address in str(caught.value) for address in fixture.administration.addresses)
