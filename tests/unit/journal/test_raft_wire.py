"""Raft's messages as bytes: what goes out comes back, and what no peer may send is refused."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

import pytest

from pyalluxio.errors import RemoteProtocolError
from pyalluxio.ids import Index, Term
from pyalluxio.journal.raft_wire import EncodedEntries, GroupMismatch, RaftWire, SnapshotChunkRefused
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    Entry,
    EntryKind,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    InstallSnapshotResult,
    LogPosition,
    Peer,
    PeerId,
    StartLeaderElectionReply,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)
from pyalluxio.wire.gen import ratis_pb2

GROUP = uuid.UUID("02511d47-d67c-49a3-9011-abb3109a44c1")
TICK_MS = 20
A, B = Peer.at("m1:19200"), Peer.at("m2:19200")
FROM_A, AT_B = RaftWire(A.id, GROUP, TICK_MS), RaftWire(B.id, GROUP, TICK_MS)
HUGE = (1 << 64) - 1


def position(term: int, index: int) -> LogPosition:
    return LogPosition(Term(term), Index(index))


def data_entry(term: int, index: int, data: bytes = b"payload") -> Entry:
    return Entry(Term(term), Index(index), EntryKind.DATA, data, client_id=b"c" * 16, call_id=index)


ENTRIES = (
    data_entry(3, 8),
    Entry(Term(4), Index(9), EntryKind.CONFIGURATION, configuration=Configuration((A, B), (A,))),
    Entry(Term(4), Index(10), EntryKind.METADATA, commit_index=Index(8)),
)


@pytest.mark.parametrize(
    "request_",
    [
        AppendRequest(A.id, B.id, Term(4), position(3, 7), ENTRIES, Index(8), 17),
        AppendRequest(A.id, B.id, Term(1), None, (data_entry(1, 0),), NO_INDEX, 0, initializing=False),
        AppendRequest(A.id, B.id, Term(4), position(4, 10), (), Index(10), 18, admits_recovery=1 << 40),
        AppendRequest(A.id, B.id, Term(4), None, (), NO_INDEX, 19),
    ],
    ids=["all kinds of entries", "first entry of a log, to a new peer", "heartbeat that admits", "heartbeat alone"],
)
def test_an_append_arrives_as_it_was_sent(request_: AppendRequest) -> None:
    """A field that gets lost on the way would be a follower with another log."""
    assert AT_B.read_append_request(FROM_A.append_request(request_)) == request_


@pytest.mark.parametrize("result", list(AppendResult))
def test_an_answer_to_an_append_arrives_as_it_was_sent(result: AppendResult) -> None:
    reply = AppendReply(B.id, A.id, Term(4), result, Index(11), NO_INDEX, 17, True, Index(9), 15, 77)
    assert FROM_A.read_append_reply(AT_B.append_reply(reply), B.id) == reply


@pytest.mark.parametrize("transfer_term", [None, Term(0), Term(5)])
@pytest.mark.parametrize("is_pre_vote", [False, True])
def test_a_vote_and_its_answer_arrive_as_they_were_sent(transfer_term: Term | None, is_pre_vote: bool) -> None:
    """A token of term 0 must not be taken for none: it is a leadership of its own."""
    request = VoteRequest(A.id, B.id, Term(6), position(0, 0), is_pre_vote, transfer_term)
    assert AT_B.read_vote_request(FROM_A.vote_request(request)) == request
    reply = VoteReply(B.id, A.id, Term(7), Term(6), is_pre_vote, granted=True, should_shutdown=True)
    assert FROM_A.read_vote_reply(AT_B.vote_reply(reply), request) == reply


def test_the_rest_arrives_as_it_was_sent() -> None:
    ask = StartLeaderElectionRequest(A.id, B.id, position(3, 9))
    assert AT_B.read_start_election_request(FROM_A.start_election_request(ask)) == ask
    accepted = StartLeaderElectionReply(B.id, A.id, accepted=True)
    assert FROM_A.read_start_election_reply(AT_B.start_election_reply(accepted), B.id) == accepted
    notify = InstallSnapshotRequest(A.id, B.id, Term(3), position(2, 50), (Index(40), Configuration((A, B))))
    assert AT_B.read_install_snapshot_request(FROM_A.install_snapshot_request(notify)) == notify


@pytest.mark.parametrize("result", list(InstallSnapshotResult))
@pytest.mark.parametrize("index", [NO_INDEX, Index(0), Index(49)])
def test_an_answer_to_a_notification_arrives_as_it_was_sent(result: InstallSnapshotResult, index: Index) -> None:
    reply = InstallSnapshotReply(B.id, A.id, Term(3), result, index, recovery=5)
    assert FROM_A.read_install_snapshot_reply(AT_B.install_snapshot_reply(reply), B.id) == reply


RECORDED = [
    line.split("\t")
    for line in Path(__file__).with_name("data").joinpath("ratis-2.4.1.tsv").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(
    ("kind", "sender", "receiver", "recorded"), RECORDED, ids=[f"{n} {row[0]}" for n, row in enumerate(RECORDED)]
)
def test_messages_of_ratis_are_read_and_made(kind: str, sender: str, receiver: str, recorded: str) -> None:
    """Read what a real server sent, and say the same: byte for byte, but for the place of entries in an append."""
    data = bytes.fromhex(recorded)
    theirs, ours = RaftWire(PeerId(sender), GROUP, TICK_MS), RaftWire(PeerId(receiver), GROUP, TICK_MS)
    read, make = getattr(ours, f"read_{kind}"), getattr(theirs, kind)
    if kind == "vote_reply":
        request = VoteRequest(PeerId(receiver), PeerId(sender), Term(1), position(0, 0), is_pre_vote=False)
        assert make(read(data, request)) == data
    elif kind.endswith("_reply"):
        assert make(read(data, PeerId(sender))) == data
    elif kind == "append_request":
        expected = ratis_pb2.AppendEntriesRequestProto.FromString(data)
        infos = [
            (Peer(PeerId(info.server.id.decode()), info.server.address), Index(from_unsigned(info.commitIndex)))
            for info in expected.commitInfos
        ]
        assert ratis_pb2.AppendEntriesRequestProto.FromString(make(read(data), None, infos)) == expected
    else:
        assert make(read(data)) == data


def from_unsigned(value: int) -> int:
    return -1 if value == HUGE else value


def test_requests_say_what_ratis_says() -> None:
    """A Java follower reads these very fields; -1 is 2^64-1 there, and `initializing` is true for voters."""
    request = AppendRequest(A.id, B.id, Term(1), None, (), NO_INDEX, 5)
    proto = ratis_pb2.AppendEntriesRequestProto.FromString(
        FROM_A.append_request(request, commit_infos=[(A, Index(3)), (B, NO_INDEX)])
    )
    header = proto.serverRequest
    assert (header.requestorId, header.replyId, header.callId) == (b"m1_19200", b"m2_19200", 5)
    assert header.raftGroupId.id == GROUP.bytes
    assert header.HasField("slidingWindowEntry")
    assert not header.toLeader
    assert proto.leaderCommit == HUGE
    assert proto.initializing
    assert not proto.HasField("previousLog")
    assert [(info.server.id, info.commitIndex) for info in proto.commitInfos] == [(b"m1_19200", 3), (b"m2_19200", HUGE)]


def test_answers_say_what_ratis_says() -> None:
    """A Java leader finds the request by call id and kind, and believes only the id of the member it asked."""
    reply = AppendReply(B.id, A.id, Term(4), AppendResult.INCONSISTENCY, Index(3), NO_INDEX, 17, True)
    proto = ratis_pb2.AppendEntriesReplyProto.FromString(AT_B.append_reply(reply))
    header = proto.serverReply
    assert (header.requestorId, header.replyId, header.callId) == (b"m1_19200", b"m2_19200", 17)
    assert not header.success
    assert (proto.isHearbeat, proto.matchIndex, proto.followerCommit) == (True, HUGE, HUGE)


def test_a_java_peer_promises_nothing() -> None:
    """Absent fields must not read as a promise, or a leader would hold a lease on voters that never gave one."""
    proto = ratis_pb2.AppendEntriesReplyProto(nextIndex=1, matchIndex=HUGE, isHearbeat=True)
    proto.serverReply.replyId = b"m2_19200"
    reply = FROM_A.read_append_reply(proto.SerializeToString(), B.id)
    assert (reply.promise_ticks, reply.recovery) == (0, 0)
    vote = ratis_pb2.RequestVoteRequestProto(candidateTerm=3)
    vote.serverRequest.CopyFrom(a_header())
    assert AT_B.read_vote_request(vote.SerializeToString()).transfer_term is None


def test_a_promise_is_rounded_down() -> None:
    """The leader may rely on less than was promised, never on more."""
    reply = AppendReply(B.id, A.id, Term(1), AppendResult.SUCCESS, Index(1), NO_INDEX, 1, True, promise_ticks=5)
    slow_clock = RaftWire(A.id, GROUP, 30)
    assert slow_clock.read_append_reply(AT_B.append_reply(reply), B.id).promise_ticks == 3


def a_header() -> ratis_pb2.RaftRpcRequestProto:
    return ratis_pb2.AppendEntriesRequestProto.FromString(
        FROM_A.append_request(AppendRequest(A.id, B.id, Term(9), None, (), NO_INDEX, 5))
    ).serverRequest


def test_another_group_is_named() -> None:
    """A master and a job master on one port, or two clusters: the sentence must say which is which."""
    stranger = RaftWire(A.id, uuid.UUID(int=0xABC), TICK_MS)
    request = stranger.append_request(AppendRequest(A.id, B.id, Term(1), None, (), NO_INDEX, 5))
    with pytest.raises(GroupMismatch, match=r"group-ABB3109A44C1.*m1_19200.*group-000000000ABC"):
        AT_B.read_append_request(request)


def test_a_request_for_another_member_is_refused() -> None:
    """`localhost` in one configuration and `127.0.0.1` in another are two members to Raft: say so instead of voting."""
    request = VoteRequest(A.id, Peer.at("other:19200").id, Term(1), position(0, 0), True)
    with pytest.raises(RemoteProtocolError, match=r"asks other_19200, but this member is m2_19200"):
        AT_B.read_vote_request(FROM_A.vote_request(request))


def test_an_answer_of_another_member_is_refused() -> None:
    reply = AppendReply(B.id, A.id, Term(4), AppendResult.SUCCESS, Index(3), NO_INDEX, 17, True)
    with pytest.raises(RemoteProtocolError, match="At the address of m3_19200, m2_19200 answers"):
        FROM_A.read_append_reply(AT_B.append_reply(reply), Peer.at("m3:19200").id)


@pytest.mark.parametrize(
    ("previous", "entries"),
    [
        (position(3, 7), (data_entry(3, 9),)),
        (position(3, 7), (data_entry(3, 8), data_entry(3, 10))),
        (None, (data_entry(3, 8),)),
        (position(3, 7), (data_entry(5, 8),)),
        (position(3, 7), (data_entry(4, 8), data_entry(3, 9))),
        (position(3, 7), (data_entry(2, 8),)),
    ],
    ids=["gap", "gap inside", "no predecessor", "term of the future", "falling term", "term before the predecessor's"],
)
def test_entries_that_no_log_holds_are_refused(previous: LogPosition | None, entries: tuple[Entry, ...]) -> None:
    """The core asserts what a leader's log looks like; a broken peer must cost its stream, not this process."""
    request = AppendRequest(A.id, B.id, Term(4), previous, entries, NO_INDEX, 5)
    with pytest.raises(RemoteProtocolError, match="m1_19200"):
        AT_B.read_append_request(FROM_A.append_request(request))


@pytest.mark.parametrize("field", ["leaderTerm", "leaderCommit"])
def test_numbers_beyond_64_bits_with_sign_are_refused(field: str) -> None:
    proto = ratis_pb2.AppendEntriesRequestProto(serverRequest=a_header(), **{field: HUGE - 1})
    with pytest.raises(RemoteProtocolError, match=str(HUGE - 1)):
        AT_B.read_append_request(proto.SerializeToString())


def test_a_shipped_snapshot_is_answered_as_ratis_does() -> None:
    """A leader with other settings ships chunks; it must hear that the settings differ, not a broken stream."""
    proto = ratis_pb2.InstallSnapshotRequestProto(serverRequest=a_header(), leaderTerm=4)
    proto.snapshotChunk.requestId = "x"
    with pytest.raises(SnapshotChunkRefused) as caught:
        AT_B.read_install_snapshot_request(proto.SerializeToString())
    assert caught.value.reply == InstallSnapshotReply(B.id, A.id, Term(4), InstallSnapshotResult.CONF_MISMATCH)


def test_random_bytes_are_refused_or_read() -> None:
    """Nothing that arrives at the port may raise anything but the error that ends its stream."""
    rng = random.Random(7)
    whole = FROM_A.append_request(AppendRequest(A.id, B.id, Term(4), position(3, 7), ENTRIES, Index(8), 17))
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        data = data[: rng.randint(0, len(data))]
        for read in (AT_B.read_append_request, AT_B.read_vote_request, AT_B.read_install_snapshot_request):
            try:
                read(bytes(data))
            except RemoteProtocolError:
                refused += 1
    assert refused > 3000


def test_entries_are_encoded_once_for_all_followers() -> None:
    """Three members: the same megabyte must not be encoded for each of them."""
    shared = EncodedEntries(ENTRIES)
    third = RaftWire(Peer.at("m3:19200").id, GROUP, TICK_MS)
    to_b = AppendRequest(A.id, B.id, Term(4), position(3, 7), ENTRIES, Index(8), 17)
    to_c = AppendRequest(A.id, third.self_id, Term(4), position(3, 7), ENTRIES, Index(8), 18)
    assert shared.field() is shared.field()
    assert AT_B.read_append_request(FROM_A.append_request(to_b, shared)) == to_b
    assert third.read_append_request(FROM_A.append_request(to_c, shared)) == to_c
