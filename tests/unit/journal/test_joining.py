"""How a master asks to be added, and what Ratis' services answer, over real gRPC with members made up."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field, replace

import grpc
import pytest
from tests.waiting import until

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.joining import ORDERED, Joining
from pyalluxio.journal.ratis_services import ADMIN_SERVICE, RatisServices
from pyalluxio.journal.status import JournalStatus
from pyalluxio.journal.transport_grpc import GROUP_ID
from pyalluxio.raft.messages import NO_PEER, Configuration, Peer, PeerId, Role
from pyalluxio.wire.gen import ratis_pb2

NEWCOMER = "n4:19200"


def status_of(configuration: Configuration, leader: PeerId, role: Role) -> JournalStatus:
    return JournalStatus(
        role=role,
        term=Term(3),
        leader=leader,
        commit_index=Index(7),
        first_index=Index(0),
        last_index=Index(7),
        applied_index=Index(7),
        log_size_bytes=1,
        configuration=configuration,
        is_disk_full=False,
    )


@dataclass
class FakeMember:
    """A member that does what it is told, or fails as told."""

    status_now: JournalStatus
    failures: list[errors.AlluxioError] = field(default_factory=list)
    acts: list[object] = field(default_factory=list)

    def status(self) -> JournalStatus:
        return self.status_now

    async def change_members(self, addresses: Sequence[str]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.acts.append(list(addresses))
        peers = tuple(map(Peer.at, addresses))
        self.status_now = replace(self.status_now, configuration=Configuration(peers))

    async def set_priorities(self, priorities: Mapping[str, int]) -> None:
        self.acts.append(dict(priorities))

    async def transfer_leadership(self, target: str | None, timeout_s: float) -> None:
        self.acts.append((target, timeout_s))


class Newcomer:
    """The member that asks; it becomes one as soon as the leader has added it."""

    def __init__(self, leader: FakeMember | None) -> None:
        self._leader = leader
        self.answers = 0

    def status(self) -> JournalStatus:
        members = self._leader.status_now.configuration.peers if self._leader is not None else ()
        own = status_of(Configuration(()), NO_PEER, Role.FOLLOWER)
        return replace(own, was_member=any(peer.address == NEWCOMER for peer in members))

    def join_answered(self) -> None:
        self.answers += 1


@contextlib.asynccontextmanager
async def served(member: FakeMember | None, own: Peer) -> AsyncIterator[str]:
    """Serve a member's Ratis services; None: one that is still starting. Gives the address."""
    services = RatisServices(own, GROUP_ID)
    if member is not None:

        async def checkpoint() -> None:
            member.acts.append("checkpoint")

        services.serve(member, asyncio.get_running_loop(), checkpoint)
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=services.handlers())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await asyncio.to_thread(server.stop(0).wait, 10)


async def test_the_leader_is_found_by_what_a_follower_tells() -> None:
    """The new list may name the leader last, and masters that are down first."""
    leader = FakeMember(status_of(Configuration(()), NO_PEER, Role.LEADER))
    follower = FakeMember(status_of(Configuration(()), NO_PEER, Role.FOLLOWER))
    async with served(leader, Peer.at("a:1")) as leads, served(follower, Peer.at("b:1")) as follows:
        members = Configuration((Peer.at(leads), Peer.at(follows)))
        leader.status_now = replace(leader.status_now, configuration=members, leader=Peer.at(leads).id)
        follower.status_now = replace(follower.status_now, configuration=members, leader=Peer.at(leads).id)
        newcomer = Newcomer(leader)
        joining = Joining(newcomer, NEWCOMER, ["127.0.0.1:1", follows, NEWCOMER], GROUP_ID)
        await asyncio.wait_for(joining.run(), 20)
        assert leader.acts == [[leads, follows, NEWCOMER]]
        assert newcomer.answers == 1


async def test_a_busy_leader_is_asked_again() -> None:
    """Two masters are added at the same time: the second one waits, and does not give up for lack of a leader."""
    busy = errors.ReconfigurationInProgress("The members of the quorum are being changed already; try again.")
    leader = FakeMember(status_of(Configuration((Peer.at("a:1"),)), PeerId("a_1"), Role.LEADER), [busy, busy])
    async with served(leader, Peer.at("a:1")) as leads:
        newcomer = Newcomer(leader)
        await asyncio.wait_for(Joining(newcomer, NEWCOMER, [leads, NEWCOMER], GROUP_ID).run(), 20)
        assert leader.acts == [["a:1", NEWCOMER]]
        assert newcomer.answers == 3


async def test_nobody_leads() -> None:
    """During an election, or while all are starting, there is nothing to be said but "later"."""
    follower = FakeMember(status_of(Configuration(()), NO_PEER, Role.FOLLOWER))
    async with served(follower, Peer.at("b:1")) as follows, served(None, Peer.at("c:1")) as starting:
        newcomer = Newcomer(None)
        joining = asyncio.create_task(Joining(newcomer, NEWCOMER, [follows, starting, NEWCOMER], GROUP_ID).run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(joining), 0.7)
        assert not joining.done()
        joining.cancel()
        assert follower.acts == []


def header(group: uuid.UUID = GROUP_ID) -> ratis_pb2.RaftRpcRequestProto:
    return ratis_pb2.RaftRpcRequestProto(
        requestorId=b"c" * 16, replyId=b"a_1", raftGroupId=ratis_pb2.RaftGroupIdProto(id=group.bytes), callId=9
    )


async def call(address: str, method: str, request: object, reply: object) -> object:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = channel.unary_unary(f"/{ADMIN_SERVICE}/{method}", type(request).SerializeToString, reply.FromString)  # type: ignore[attr-defined]
        return await stub(request, timeout=10)


async def test_administration() -> None:
    """Ratis' tools set members, with priorities, and hand over; a mistake is told with the class that Java expects."""
    peers = (Peer.at("a:1"), Peer.at("b:1"))
    leader = FakeMember(status_of(Configuration(peers), PeerId("a_1"), Role.LEADER))
    modes = ratis_pb2.SetConfigurationRequestProto.Mode
    added = ratis_pb2.RaftPeerProto(id=b"c_1", address="c:1", priority=1)
    async with served(leader, peers[0]) as address:
        request = ratis_pb2.SetConfigurationRequestProto(rpcRequest=header(), peers=[added], mode=modes.ADD)
        reply = await call(address, "setConfiguration", request, ratis_pb2.RaftClientReplyProto)
        assert reply.rpcReply.success
        assert (reply.rpcReply.callId, reply.rpcReply.requestorId) == (9, b"c" * 16)
        assert leader.acts == [["a:1", "b:1", "c:1"], {"a:1": 0, "b:1": 0, "c:1": 1}]

        leader.acts.clear()
        request = ratis_pb2.SetConfigurationRequestProto(
            rpcRequest=header(), peers=[added], mode=modes.COMPARE_AND_SET, currentPeers=[added]
        )
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call(address, "setConfiguration", request, ratis_pb2.RaftClientReplyProto)
        assert ("exception-type", "java.io.IOException") in tuple(failure.value.trailing_metadata())

        moved = ratis_pb2.TransferLeadershipRequestProto(
            rpcRequest=header(), newLeader=ratis_pb2.RaftPeerProto(id=b"b_1", address="b:1")
        )
        assert (await call(address, "transferLeadership", moved, ratis_pb2.RaftClientReplyProto)).rpcReply.success
        created = ratis_pb2.SnapshotManagementRequestProto(
            rpcRequest=header(), create=ratis_pb2.SnapshotCreateRequestProto()
        )
        reply = await call(address, "snapshotManagement", created, ratis_pb2.RaftClientReplyProto)
        assert reply.logIndex == 7
        assert leader.acts == [("b:1", 10.0), "checkpoint"]


async def test_another_group_is_refused() -> None:
    """Job masters keep a journal of their own on another port, and ports get mixed up."""
    leader = FakeMember(status_of(Configuration((Peer.at("a:1"),)), PeerId("a_1"), Role.LEADER))
    async with served(leader, Peer.at("a:1")) as address:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            request = ratis_pb2.GroupInfoRequestProto(rpcRequest=header(uuid.uuid4()))
            await call(address, "groupInfo", request, ratis_pb2.GroupInfoReplyProto)
        assert any("GroupMismatchException" in value for _, value in failure.value.trailing_metadata())


async def test_streams_that_stay_open_are_few() -> None:
    """Elections use the same threads: forgotten clients must not take them all."""
    leader = FakeMember(status_of(Configuration((Peer.at("a:1"),)), PeerId("a_1"), Role.LEADER))
    services = RatisServices(Peer.at("a:1"), GROUP_ID)

    async def checkpoint() -> None:
        pass

    services.serve(leader, asyncio.get_running_loop(), checkpoint)
    server = grpc.server(futures.ThreadPoolExecutor(16), handlers=services.handlers())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            calls = [channel.stream_stream(ORDERED)(timeout=10) for _ in range(10)]
            await until(lambda: sum(each.done() for each in calls) == 2)
            codes = [await each.code() for each in calls if each.done()]
            assert codes == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 2
    finally:
        await asyncio.to_thread(server.stop(0).wait, 10)
