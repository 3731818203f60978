"""The gRPC transport between members of one process, and of several that are killed, stopped and cut off."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from tests.ports import free_port
from tests.unit.journal.transport_member import HOST, Member, append, heartbeat, peer_at
from tests.waiting import wait_until

from pyalluxio.errors import ConfigurationError
from pyalluxio.ids import Index, Term
from pyalluxio.journal.raft_wire import RaftWire
from pyalluxio.journal.transport_grpc import GROUP_ID, GrpcTransport
from pyalluxio.journal.transport_options import TransportOptions, path
from pyalluxio.raft.messages import (
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    LogPosition,
    Peer,
    StartLeaderElectionReply,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)
from pyalluxio.wire.gen import ratis_pb2

ROOT = Path(__file__).parents[3]
MEMBER = "tests.unit.journal.transport_member"
STOP_TIMEOUT_S = 5.0
LAST = LogPosition(Term(0), Index(0))

NewMember = Callable[..., Member]


def raft_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("raft-")]


@pytest.fixture
def member() -> Iterator[NewMember]:
    """Make members; when the test ends they stop in time and leave no thread behind."""
    made: list[Member] = []

    def make(port: int = 0, options: TransportOptions | None = None, *, answers: bool = False) -> Member:
        made.append(Member(port, options, answers=answers))
        return made[-1]

    yield make
    for each in made:
        begun_at = time.monotonic()
        each.transport.stop(STOP_TIMEOUT_S)
        assert time.monotonic() - begun_at < STOP_TIMEOUT_S
    wait_until(lambda: not raft_threads(), what=f"the end of {raft_threads()}")


@contextlib.contextmanager
def process(port: int, *peer_ports: int) -> Iterator[subprocess.Popen[str]]:
    """Run a member that answers everything as a process of its own."""
    command = [sys.executable, "-m", MEMBER, str(port), *map(str, peer_ports)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]


def ask_until_answered(asking: Member, to: Peer, timeout_s: float = 10) -> None:
    """Send heartbeats until one is answered: the peer may not be there yet."""
    end_s = time.monotonic() + timeout_s
    call_id = 1_000_000
    while not any(isinstance(each, AppendReply) for each in asking.messages):
        assert time.monotonic() < end_s, f"{to.id} did not answer within {timeout_s} s"
        call_id += 1
        asking.transport.send([heartbeat(asking.id, to.id, call_id)])
        with contextlib.suppress(AssertionError):
            asking.wait(lambda: any(isinstance(each, AppendReply) for each in asking.messages), 0.05)
    asking.messages.clear()


# --- messages ------------------------------------------------------------------------------------------------------


def test_everything_is_carried_and_answered(member: NewMember) -> None:
    """Votes, appends, heartbeats, elections on demand, notifications: each with the answer that belongs to it."""
    a, b = member(), member(answers=True)
    a.start(b)
    b.start(a)
    members = (Index(3), Configuration((a.peer, b.peer)))
    requests = [
        (VoteRequest(a.id, b.id, Term(1), LAST, is_pre_vote=True), VoteReply),
        (VoteRequest(a.id, b.id, Term(2), LAST, is_pre_vote=False), VoteReply),
        (append(a.id, b.id, 1), AppendReply),
        (heartbeat(a.id, b.id, 2), AppendReply),
        (StartLeaderElectionRequest(a.id, b.id, LogPosition(Term(1), Index(0))), StartLeaderElectionReply),
        (InstallSnapshotRequest(a.id, b.id, Term(1), LogPosition(Term(1), Index(9)), members), InstallSnapshotReply),
    ]
    for request, kind in requests:
        a.transport.send([request])
        reply = a.take(kind)
        assert (reply.sender, reply.to) == (b.id, a.id)
        assert b.messages.pop() == request
        if isinstance(request, AppendRequest):
            assert isinstance(reply, AppendReply)
            assert (reply.call_id, reply.is_heartbeat) == (request.call_id, request.is_heartbeat)
        if isinstance(request, VoteRequest):
            assert isinstance(reply, VoteReply)
            assert (reply.election_term, reply.is_pre_vote) == (request.term, request.is_pre_vote)


def test_appends_keep_their_order_and_all_are_answered(member: NewMember) -> None:
    """A window of 128 requests under way, as a busy leader has it: none is lost, none overtakes another."""
    a, b = member(), member(answers=True)
    a.start(b)
    b.start(a)
    count = 2000
    for first in range(0, count, 100):
        a.transport.send([append(a.id, b.id, call_id, index=call_id) for call_id in range(first, first + 100)])
        a.wait(lambda first=first: len(a.messages) >= first, what="answers")
    a.wait(lambda: len(a.messages) >= count, what="all answers")
    assert [each.call_id for each in b.messages if isinstance(each, AppendRequest)] == list(range(count))
    assert [each.call_id for each in a.messages if isinstance(each, AppendReply)] == list(range(count))
    assert not a.unreachable_peers


def test_a_heartbeat_does_not_wait_behind_megabytes(member: NewMember) -> None:
    """A follower that catches up must not lose its leader: heartbeats have a connection of their own."""
    a, b = member(), member(answers=True)
    a.start(b)
    b.start(a)
    ask_until_answered(a, b.peer)
    a.transport.send([append(a.id, b.id, call_id, index=call_id, size_bytes=4 << 20) for call_id in range(1, 13)])
    a.transport.send([heartbeat(a.id, b.id, 99)])
    a.wait(lambda: len(a.messages) == 13, 30, "all answers")
    order = [each.call_id for each in a.messages if isinstance(each, AppendReply)]
    assert order.index(99) < 6
    assert [call_id for call_id in order if call_id != 99] == list(range(1, 13))


def test_a_batch_of_30_mb_arrives(member: NewMember) -> None:
    """gRPC's own limit is 4 MB; one entry may have 10, and a peer of Java's may send more."""
    a, b = member(), member(answers=True)
    a.start(b)
    b.start(a)
    a.transport.send([append(a.id, b.id, 1, size_bytes=30 << 20)])
    a.take(AppendReply, 30)
    request = b.messages[-1]
    assert isinstance(request, AppendRequest)
    assert len(request.entries[0].data) == 30 << 20


def test_repeated_and_crossed_answers_find_their_requests(member: NewMember) -> None:
    """The core may answer twice, late, or in another order; each request is answered at most once, and with its own."""
    a, b = member(), member()
    a.start(b)
    b.start(a)
    a.transport.send([heartbeat(a.id, b.id, call_id) for call_id in (7, 8, 9)])
    b.wait(lambda: len(b.messages) == 3)
    # The one of term 0 is from before the request of term 1 with the same number; nobody asked 1234.
    for term, call_id in ((1, 9), (1, 9), (0, 7), (1, 7), (1, 1234), (1, 8)):
        answer = AppendReply(b.id, a.id, Term(term), AppendResult.SUCCESS, Index(0), Index(-1), call_id, True)
        b.transport.send([answer])
    a.wait(lambda: len(a.messages) == 3)
    answers = [each for each in a.messages if isinstance(each, AppendReply)]
    assert [(each.term, each.call_id) for each in answers] == [(1, 9), (1, 7), (1, 8)]


# --- peers that come and go ----------------------------------------------------------------------------------------


def test_three_members_and_a_changing_list(member: NewMember) -> None:
    """A member that is taken out is told nothing more; one that is added is met at once."""
    a, b, c = member(), member(answers=True), member(answers=True)
    a.start(b)
    b.start(a)
    c.start(a)
    ask_until_answered(a, b.peer)
    a.transport.send([heartbeat(a.id, c.id, 1)])
    a.transport.set_peers([b.peer, c.peer])
    ask_until_answered(a, c.peer)
    a.transport.set_peers([c.peer])
    b.wait(lambda: b.closed, what="the end of the streams of a")
    a.transport.send([heartbeat(a.id, b.id, 2), heartbeat(a.id, c.id, 3)])
    assert a.take(AppendReply).sender == c.id
    assert all(each.sender == c.id for each in a.messages)


def test_a_killed_peer_is_noticed(member: NewMember) -> None:
    """The fail-over of a third of a second begins with this notice: 50 ms, and what the kernel and gRPC take."""
    a, port = member().start(), free_port()
    other = peer_at(port)
    with process(port, a.port) as child:
        a.transport.set_peers([other])
        ask_until_answered(a, other)
        a.wait_for_streams_of(other)
        killed_at = time.monotonic()
        child.kill()
        a.wait(lambda: a.closed and a.unreachable_peers)
        noticed_after_s = a.closed[0][1] - killed_at
        assert 0.05 <= noticed_after_s < 0.3, "alone on its machine it takes 55 ms"
        child.wait()
        # It comes back under the same name: it is met without anybody's help.
        with process(port, a.port):
            ask_until_answered(a, other)
            a.wait_for_streams_of(other)
    a.wait(lambda: [peer for peer, _ in a.closed] == [other.id, other.id], what="one notice for each death")


def test_connections_cut_under_a_living_peer_are_no_notice(member: NewMember) -> None:
    """A firewall that resets connections must not start an election: the peer is back before the grace ends."""
    # Longer than the product's, so that a busy machine decides nothing here.
    options = TransportOptions(return_grace_ms=2000)
    a, b = member(options=options), member(options=options, answers=True)
    with Proxy(b.port) as to_b, Proxy(a.port) as to_a:
        a.start()
        b.start()
        a.transport.set_peers([Peer(b.id, f"{HOST}:{to_b.port}")])
        b.transport.set_peers([Peer(a.id, f"{HOST}:{to_a.port}")])
        a.wait_for_streams_of(b.peer)
        b.wait_for_streams_of(a.peer)
        for round_ in range(3):
            ask_until_answered(a, b.peer)
            to_b.cut()
            to_a.cut()
            a.wait(lambda round_=round_: len(a.unreachable_peers) > round_, what="the loss of what was in flight")
            a.wait_for_streams_of(b.peer)
            b.wait_for_streams_of(a.peer)
        ask_until_answered(a, b.peer)
        assert not a.closed
        assert not b.closed
    # Now nobody comes back.
    b.wait(lambda: b.closed, what="the notice")


def test_a_stopped_process_is_given_up_and_met_again(member: NewMember) -> None:
    """SIGSTOP, a host without memory: the kernel still acknowledges, so only missing answers tell."""
    options = TransportOptions(heartbeat_silence_ms=300)
    a, port = member(options=options).start(), free_port()
    other = peer_at(port)
    with process(port, a.port) as child:
        a.transport.set_peers([other])
        ask_until_answered(a, other)
        a.wait_for_streams_of(other)
        os.kill(child.pid, signal.SIGSTOP)
        a.transport.send([heartbeat(a.id, other.id, 5)])
        a.wait(lambda: a.unreachable_peers, what="the end of the patience")
        assert not a.closed
        os.kill(child.pid, signal.SIGCONT)
        ask_until_answered(a, other)


def test_a_black_hole_costs_bounded_time_and_threads(member: NewMember) -> None:
    """A host that takes connections and says nothing: nothing piles up, and the others are served as ever."""
    options = TransportOptions(connect_timeout_ms=200, call_timeout_ms=300, queue_size_max_bytes=1 << 20)
    a, b = member(options=options), member(answers=True)
    with socket.socket() as hole:
        hole.bind((HOST, 0))
        hole.listen(64)
        lost = peer_at(hole.getsockname()[1])
        a.start()
        b.start(a)
        a.transport.set_peers([b.peer, lost])
        ask_until_answered(a, b.peer)
        threads_before = threading.active_count()
        for call_id in range(1, 401):
            begun_at = time.monotonic()
            a.transport.send(
                [
                    append(a.id, lost.id, call_id, size_bytes=100_000),
                    heartbeat(a.id, lost.id, call_id + 10_000),
                    VoteRequest(a.id, lost.id, Term(call_id), LAST, is_pre_vote=True),
                ]
            )
            assert time.monotonic() - begun_at < 1.0
        assert lost.id in a.unreachable_peers
        ask_until_answered(a, b.peer)
        assert threading.active_count() - threads_before < 40
        a.unreachable_peers.clear()
        a.transport.send([append(a.id, lost.id, 500)])
        a.wait(lambda: lost.id in a.unreachable_peers, what="the end of an attempt")
        assert b.id not in a.unreachable_peers


def test_a_peer_that_is_not_there_is_met_when_it_comes(member: NewMember) -> None:
    """All masters start at once: who is first finds closed ports, and must not wait long after the others are there."""
    a, port = member().start(), free_port()
    a.transport.set_peers([peer_at(port)])
    a.transport.send([append(a.id, peer_at(port).id, 1)])
    a.wait(lambda: a.unreachable_peers)
    b = member(port, answers=True)
    b.start(a)
    ask_until_answered(a, b.peer, 5)


# --- the port ------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_its_holder() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        transport = GrpcTransport(peer_at(port), HOST, port, holder_of=lambda number: f"process 17 (java) at {number}")
        with pytest.raises(ConfigurationError) as caught:
            transport.start(Member())
    text = str(caught.value)
    assert f"{HOST}:{port}" in text
    assert "Address already in use" in text
    assert f"process 17 (java) at {port}" in text
    assert "alluxio.master.embedded.journal.port" in text
    transport.stop(1)


def test_stop_without_start() -> None:
    """A master that fails between building its parts and starting them stops all of them."""
    transport = Member().transport
    transport.stop(1)
    transport.stop(1)
    transport.send([heartbeat(peer_at(1).id, peer_at(2).id, 1)])


def test_random_bytes_at_the_port(member: NewMember) -> None:
    """Port scanners, browsers, mistyped addresses: whatever comes, members are served."""
    a, b = member(), member(answers=True)
    a.start(b)
    b.start(a)
    rng = random.Random(3)
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    for start in (b"", b"GET / HTTP/1.1\r\n\r\n", preface, preface + b"\0\0\0\4\0\0\0\0\0"):
        for _ in range(5):
            with socket.create_connection((HOST, b.port)) as raw, contextlib.suppress(OSError):
                raw.sendall(start + rng.randbytes(rng.randint(1, 3000)))
    for method in ("requestVote", "startLeaderElection"):
        with call_to(b, method) as call, pytest.raises(grpc.RpcError) as caught:
            call(rng.randbytes(40), timeout=5)
        assert caught.value.code() is grpc.StatusCode.INTERNAL
    ask_until_answered(a, b.peer)
    assert {each.sender for each in b.messages} == {a.id}


def test_a_broken_append_ends_its_stream_as_java_expects_it(member: NewMember) -> None:
    """INTERNAL with the call's number in the trailers: a Java leader goes on from that request, not from the start."""
    b = member().start()
    wire = RaftWire(peer_at(1).id, GROUP_ID, 20)
    proto = ratis_pb2.AppendEntriesRequestProto.FromString(
        wire.append_request(append(peer_at(1).id, b.id, 41, index=0))
    )
    proto.entries[0].index = 3
    with call_to(b, "appendEntries") as open_stream:
        stream = open_stream(iter([proto.SerializeToString()]), timeout=5)
        with pytest.raises(grpc.RpcError) as caught:
            next(stream)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "entry 3 where 0 belongs" in caught.value.details()
    assert dict(caught.value.trailing_metadata())["call-id"] == "41"
    assert dict(caught.value.trailing_metadata())["heartbeat"] == "false"
    assert not b.messages


@pytest.mark.parametrize("method", ["requestVote", "appendEntries"])
def test_another_group_is_refused_by_name(member: NewMember, method: str) -> None:
    """Two clusters that share an address by mistake: neither may touch the other's log, and both are named."""
    b = member().start()
    stranger = RaftWire(peer_at(1).id, uuid.UUID(int=0xABC), 20)
    requests = {
        "requestVote": stranger.vote_request(VoteRequest(peer_at(1).id, b.id, Term(9), LAST, is_pre_vote=False)),
        "appendEntries": stranger.append_request(heartbeat(peer_at(1).id, b.id, 41)),
    }
    with call_to(b, method) as call, pytest.raises(grpc.RpcError) as caught:
        if method == "requestVote":
            call(requests[method], timeout=5)
        else:
            next(call(iter([requests[method]]), timeout=5))
    assert "group-ABB3109A44C1" in caught.value.details()
    assert "group-000000000ABC" in caught.value.details()
    assert dict(caught.value.trailing_metadata())["exception-type"].endswith("GroupMismatchException")
    assert not b.messages


def test_streams_of_nobody_are_bounded_and_ended(member: NewMember) -> None:
    """Whoever opens streams and says nothing must not keep the members from theirs for long."""
    b = member(options=TransportOptions(first_message_timeout_ms=300, streams_max=4)).start()
    silence = threading.Event()
    with contextlib.ExitStack() as stack:
        stack.callback(silence.set)
        streams = [
            stack.enter_context(call_to(b, "appendEntries"))(iter(silence.wait, None), timeout=10) for _ in range(6)
        ]
        codes = []
        for stream in streams:
            with pytest.raises(grpc.RpcError) as caught:
                next(stream)
            codes.append(caught.value.code())
        assert codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 2
        assert codes.count(grpc.StatusCode.CANCELLED) == 4
    assert not b.closed


def test_a_vote_that_the_core_does_not_answer_ends(member: NewMember) -> None:
    """A driver that waits for its disk: the candidate gets an error in time, and no thread waits for ever."""
    a, b = member(), member(options=TransportOptions(call_timeout_ms=100))
    b.start()
    with call_to(b, "requestVote") as call, pytest.raises(grpc.RpcError) as caught:
        wire = RaftWire(a.id, GROUP_ID, 20)
        call(wire.vote_request(VoteRequest(a.id, b.id, Term(1), LAST, is_pre_vote=True)), timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    b.take(VoteRequest)


# --- tools ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def call_to(member: Member, method: str) -> Iterator[Callable[..., object]]:
    """Give a plain gRPC call to a member's port, for what a transport never sends."""
    with grpc.insecure_channel(f"{HOST}:{member.port}") as channel:
        kind = channel.stream_stream if method == "appendEntries" else channel.unary_unary
        yield kind(path(method), request_serializer=None, response_deserializer=None)


class Proxy:
    """Passes connections on to a port, until they are cut; a closed one passes nothing on."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server((HOST, 0))
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        with self._lock:
            cut, self._sockets = self._sockets, []
        for each in cut:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = self._listener.accept()
                outer = socket.create_connection((HOST, self._target_port))
                with self._lock:
                    self._sockets += [inner, outer]
                for source, target in ((inner, outer), (outer, inner)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
