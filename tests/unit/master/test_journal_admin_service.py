"""Administration of the quorum: what an operator does in the worst hour must be true, and must not make it worse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from pyalluxio.errors import AlluxioError, DeadlineExceeded, FailedPrecondition, InvalidArgument, NotFound, NotLeader
from pyalluxio.ids import Index, Term
from pyalluxio.journal.status import JournalStatus, PeerStatus
from pyalluxio.master.journal_admin_service import JournalMasterClientService
from pyalluxio.raft.messages import Configuration, Peer, PeerId, Role
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.handlers import Call
from tests.waiting import until

CALL = cast(Call, None)
M1, M2, M3, NEW = "m1:19200", "M2:19200", "m3:19200", "m4:19200"
STATES = pb.QuorumServerState


def peer(address: str, **fields: Any) -> PeerStatus:
    known: dict[str, Any] = {
        "match_index": Index(90),
        "lag": 10,
        "last_contact_ms": 100,
        "votes": True,
        "is_recovering": False,
        "is_leader": False,
    }
    return PeerStatus(address, **{**known, **fields})


@dataclass
class FakeQuorum:
    """A leading member of three whose acts are written down; `gate` holds a transfer, `error` fails every act."""

    state: JournalStatus
    acts: list[tuple[str, Any]] = field(default_factory=list)
    error: AlluxioError | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def status(self) -> JournalStatus:
        return self.state

    def _act(self, name: str, value: Any) -> None:
        self.acts.append((name, value))
        if self.error is not None:
            raise self.error

    async def transfer_leadership(self, target: str | None, timeout_s: float) -> None:
        await self.gate.wait()
        self._act("transfer", target)

    async def change_members(self, addresses: Sequence[str]) -> None:
        self._act("members", list(addresses))

    async def set_priorities(self, priorities: Mapping[str, int]) -> None:
        self._act("priorities", dict(priorities))


def leading(*addresses: str) -> JournalStatus:
    return JournalStatus(
        role=Role.LEADER,
        term=Term(7),
        leader=PeerId("m1_19200"),
        commit_index=Index(95),
        first_index=Index(0),
        last_index=Index(100),
        applied_index=Index(95),
        log_size_bytes=1,
        configuration=Configuration(tuple(Peer.at(address) for address in addresses)),
        is_disk_full=False,
        leader_since_ms=1_000,
        peers=tuple(
            peer(address, is_leader=address == M1, last_contact_ms=0 if address == M1 else 100) for address in addresses
        ),
    )


class Fixture:
    def __init__(self) -> None:
        self.is_serving = True
        self.quorum = FakeQuorum(leading(M1, M2, M3))
        self.service = JournalMasterClientService(self.quorum, M1, lambda: self.is_serving, unavailable_after_ms=2_000)

    async def info(self, *, any_member: bool = False) -> pb.GetQuorumInfoPResponse:
        options = pb.GetQuorumInfoPOptions(anyMember=any_member)
        return await self.service.get_quorum_info(pb.GetQuorumInfoPRequest(options=options), CALL)

    async def remove(self, host: str, port: int = 19200) -> None:
        address = NetAddress(host=host, rpcPort=port)
        await self.service.remove_quorum_server(pb.RemoveQuorumServerPRequest(serverAddress=address), CALL)

    async def transfer(self, host: str, port: int = 19200) -> str:
        address = NetAddress(host=host, rpcPort=port)
        request = pb.TransferLeadershipPRequest(serverAddress=address)
        return (await self.service.transfer_leadership(request, CALL)).transferId

    async def message(self, transfer_id: str) -> str:
        request = pb.GetTransferLeaderMessagePRequest(transferId=transfer_id)
        return (await self.service.get_transfer_leader_message(request, CALL)).transMsg.msg


async def test_the_leader_shows_every_member_and_how_far_it_is() -> None:
    """`fsadmin journal quorum info` reads host and port of the journal; whoever restarts masters reads the lag."""
    fixture = Fixture()
    state = fixture.quorum.state
    silent = peer(M3, last_contact_ms=2_001, lag=100, match_index=Index(0), is_recovering=True, votes=False)
    fixture.quorum.state = replace(state, peers=(*state.peers[:2], silent, peer(NEW, votes=False)))
    info = await fixture.info()
    assert info.domain == pb.JournalDomain.MASTER
    rows = {f"{row.serverAddress.host}:{row.serverAddress.rpcPort}": row for row in info.serverInfo}
    assert list(rows) == [M2, M1, M3], "sorted; the newcomer has no vote, and official programs count the rows"
    assert [row.isLeader for row in rows.values()] == [False, True, False]
    assert [row.serverState for row in rows.values()] == [STATES.AVAILABLE, STATES.AVAILABLE, STATES.UNAVAILABLE]
    assert (rows[M3].lagEntries, rows[M3].lastContactMs, rows[M3].isRecovering, rows[M3].votes) == (
        100,
        2_001,
        True,
        False,
    )
    assert (info.term, info.answeredBy, info.lastIndex, info.leaderSinceMs) == (7, M1, 100, 1_000)
    assert NEW in {f"{row.serverAddress.host}:19200" for row in (await fixture.info(any_member=True)).serverInfo}


async def test_a_standby_answers_only_who_asks_any_member() -> None:
    """An official program would take a standby's view for the leader's; an operator without a leader needs it."""
    fixture = Fixture()
    reason = "No leader: 1 of 3 members can be reached, 2 are needed; m2:19200 does not answer."
    fixture.is_serving = False
    fixture.quorum.state = replace(
        fixture.quorum.state,
        role=Role.FOLLOWER,
        leader=PeerId(""),
        no_leader_reason=reason,
        leader_since_ms=None,
        peers=tuple(peer(address, match_index=None, lag=None, last_contact_ms=None) for address in (M1, M2, M3)),
    )
    with pytest.raises(NotLeader, match="only supported on Raft leader"):
        await fixture.info()
    info = await fixture.info(any_member=True)
    assert (info.noLeaderReason, info.isServing, info.HasField("leaderSinceMs")) == (reason, False, False)
    states = {row.serverAddress.host: row.HasField("serverState") for row in info.serverInfo}
    assert states == {"m1": True, "M2": False, "m3": False}, "what a follower does not know it does not say"


async def test_what_this_master_is() -> None:
    """Health checks of load balancers send clients to whoever says PRIMARY."""
    fixture = Fixture()
    request = pb.GetNodeStatePRequest()
    assert (await fixture.service.get_node_state(request, CALL)).node_state == pb.NodeState.PRIMARY
    fixture.is_serving = False
    assert (await fixture.service.get_node_state(request, CALL)).node_state == pb.NodeState.STANDBY


async def test_a_member_is_removed_by_its_address() -> None:
    """Names have no case; the list that is sent keeps the spelling that the other members compare by."""
    fixture = Fixture()
    await fixture.remove("m2")
    assert fixture.quorum.acts == [("members", [M1, M3])]


@pytest.mark.parametrize(
    ("host", "port", "error", "text"),
    [
        pytest.param("m9", 19200, NotFound, r"m9:19200 is not part of the quorum.*m1:19200, M2:19200", id="unknown"),
        pytest.param("m1", 19998, NotFound, "of the journal, not of the RPC port", id="the RPC port"),
        pytest.param("", 0, InvalidArgument, "names no address", id="no address"),
    ],
)
async def test_removing_what_is_not_there_is_an_error(
    host: str, port: int, error: type[AlluxioError], text: str
) -> None:
    """2.9 reports success, and the operator goes on to wipe the wrong machine."""
    fixture = Fixture()
    with pytest.raises(error, match=text):
        await fixture.remove(host, port)
    assert fixture.quorum.acts == []


async def test_the_only_member_stays() -> None:
    fixture = Fixture()
    fixture.quorum.state = leading(M1)
    with pytest.raises(FailedPrecondition, match="the only member"):
        await fixture.remove("m1")


async def test_a_failed_change_is_told() -> None:
    fixture = Fixture()
    fixture.quorum.error = FailedPrecondition("another change is under way")
    with pytest.raises(FailedPrecondition, match="another change"):
        await fixture.remove("m2")


async def test_a_transfer_is_begun_and_its_end_asked_for() -> None:
    """The official `elect` polls: no message and a new leader mean success, a message means failure."""
    fixture = Fixture()
    transfer_id = await fixture.transfer("m2")
    assert await fixture.message(transfer_id) == ""
    second = await fixture.transfer("m3")
    assert "already transferring" in await fixture.message(second)
    fixture.quorum.gate.set()
    await until(lambda: fixture.quorum.acts == [("transfer", M2)], what="the transfer")
    assert await fixture.message(transfer_id) == ""
    assert await fixture.message("an id of another master") == ""


async def test_a_transfer_that_fails_says_why() -> None:
    """2.9 once reported success although the leader had stayed."""
    fixture = Fixture()
    fixture.quorum.gate.set()
    fixture.quorum.error = DeadlineExceeded("M2:19200 lacks 5000 entries")
    transfer_id = await fixture.transfer("m2")
    await until(lambda: fixture.quorum.acts, what="the transfer")
    assert await fixture.message(transfer_id) == "M2:19200 lacks 5000 entries"
    again = await fixture.transfer("m3")
    await until(lambda: len(fixture.quorum.acts) == 2, what="the next transfer, which nothing holds up")
    assert await fixture.message(again)


@pytest.mark.parametrize(
    ("host", "serving", "text"),
    [
        pytest.param("m1", True, "m1:19200 leads already", id="to itself"),
        pytest.param("m9", True, "not part of the quorum", id="to a stranger"),
        pytest.param("m2", False, "still gaining primacy", id="before it serves"),
    ],
)
async def test_a_transfer_that_cannot_be_is_told_by_its_message(host: str, serving: bool, text: str) -> None:
    """Official programs print the message; an error of the call they would retry for minutes."""
    fixture = Fixture()
    fixture.is_serving = serving
    assert text in await fixture.message(await fixture.transfer(host))
    assert fixture.quorum.acts == []


async def test_messages_of_old_transfers_are_forgotten() -> None:
    """A script that elects every minute must not fill the master's memory."""
    fixture = Fixture()
    first = await fixture.transfer("m9")
    for _ in range(64):
        last = await fixture.transfer("m9")
    assert await fixture.message(first) == ""
    assert "not part" in await fixture.message(last)


async def test_priorities_are_reset_only_where_they_differ() -> None:
    """Every official `elect` ends with a reset, to 1 as in 2.9; doing it again and again would change nothing."""
    fixture = Fixture()
    request = pb.ResetPrioritiesPRequest()
    equal = Configuration((replace(Peer.at(M1), priority=1), replace(Peer.at(M2), priority=1)))
    fixture.quorum.state = replace(fixture.quorum.state, configuration=equal)
    await fixture.service.reset_priorities(request, CALL)
    assert fixture.quorum.acts == []
    peers = (Peer.at(M1), replace(Peer.at(M2), priority=2))
    fixture.quorum.state = replace(fixture.quorum.state, configuration=Configuration(peers))
    await fixture.service.reset_priorities(request, CALL)
    assert fixture.quorum.acts == [("priorities", {M1: 1, M2: 1})]


@pytest.mark.parametrize("act", ["remove", "transfer", "reset"])
async def test_a_standby_sends_callers_to_the_leader(act: str) -> None:
    """A change that a standby accepted would be lost silently."""
    fixture = Fixture()
    fixture.quorum.state = replace(fixture.quorum.state, role=Role.FOLLOWER)
    with pytest.raises(NotLeader):
        if act == "remove":
            await fixture.remove("m2")
        elif act == "transfer":
            await fixture.transfer("m2")
        else:
            await fixture.service.reset_priorities(pb.ResetPrioritiesPRequest(), CALL)
    assert fixture.quorum.acts == []
