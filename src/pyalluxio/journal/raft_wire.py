"""The core's messages as the protobuf messages of Ratis 2.4.1, and back.

What is particular about Ratis' form, and stays in this file:

- -1 travels as 2^64-1. An empty log is `(0, 0)` to voters, as the core says it; on the wire that is: absent.
- `initializing` is inverted in 2.4.1: true for voters. The core keeps Ratis' word, so it is copied.
- A request names sender, receiver and group; an answer repeats who asked. Only answers to appends repeat the call id.
- Fields from 10000 on are pyalluxio's own: a Java peer sends none, and absent means "Java" (no promise, no recovery).
- Times travel in milliseconds; the core counts ticks. A promise is rounded down: a leader must not rely on more.
- Entries go into a request as bytes that were encoded before, since the same ones go to every follower.

What a peer sends is checked here as far as the core relies on it: `RemoteProtocolError` for what no peer may send.

Source: Apache Ratis 2.4.1, `ServerProtoUtils`, `RaftServerImpl`; read off the wire of a running server.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from pyalluxio.errors import RemoteProtocolError
from pyalluxio.ids import Index, Term
from pyalluxio.journal import record
from pyalluxio.raft.messages import (
    NO_INDEX,
    NO_TERM,
    AppendReply,
    AppendRequest,
    AppendResult,
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

_UINT64: Final = 1 << 64
_INDEX_MAX: Final = (1 << 63) - 1
_TAG_ENTRY: Final = b"\x22"  # field 4 of AppendEntriesRequestProto, length-delimited

# The results that Ratis calls a success in the header of its answer.
_SNAPSHOT_SUCCESSES: Final = (
    InstallSnapshotResult.SUCCESS,
    InstallSnapshotResult.ALREADY_INSTALLED,
    InstallSnapshotResult.SNAPSHOT_INSTALLED,
)

_M = TypeVar("_M", bound=Message)


class GroupMismatch(RemoteProtocolError):
    """The request is for another Raft group: two clusters, or two of their services, share an address by mistake."""


class SnapshotChunkRefused(RemoteProtocolError):
    """The leader ships a snapshot through Raft, which Alluxio's members never do; `reply` is what Ratis answers."""

    def __init__(self, text: str, reply: InstallSnapshotReply) -> None:
        super().__init__(text)
        self.reply = reply


def group_name(group_id: uuid.UUID) -> str:
    """Return a group's id as Ratis prints it: `group-ABB3109A44C1`."""
    return f"group-{group_id.hex[-12:].upper()}"


class EncodedEntries:
    """The entries of one request, encoded once, by whichever thread needs them first."""

    __slots__ = ("_bytes", "_entries", "_lock", "size_bytes")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries: Sequence[Entry] = entries
        self._bytes: bytes | None = None
        self._lock = threading.Lock()
        self.size_bytes = sum(entry.size_bytes for entry in entries)

    def field(self) -> bytes:
        """Return them as the field `entries` of an AppendEntriesRequestProto."""
        with self._lock:
            if self._bytes is None:
                parts: list[bytes] = []
                for entry in self._entries:
                    body = record.to_proto(entry).SerializeToString()
                    parts += (_TAG_ENTRY, record.varint(len(body)), body)
                self._bytes = b"".join(parts)
                self._entries = ()
            return self._bytes


class RaftWire:
    """Encodes and decodes for one member of one group. Immutable; any thread."""

    def __init__(self, self_id: PeerId, group_id: uuid.UUID, tick_ms: int) -> None:
        self.self_id = self_id
        self.group_id = group_id
        self._group = ratis_pb2.RaftGroupIdProto(id=group_id.bytes)
        self._tick_ms = tick_ms

    # --- appends ---------------------------------------------------------------------------------------------------

    def append_request(
        self,
        request: AppendRequest,
        entries: EncodedEntries | None = None,
        commit_infos: Sequence[tuple[Peer, Index]] = (),
    ) -> bytes:
        """Return the request's bytes; `entries` are those of the request, `commit_infos` what is known of the peers."""
        head = ratis_pb2.AppendEntriesRequestProto(
            serverRequest=self._request(request.to, request.call_id),
            leaderTerm=request.term,
            previousLog=_position(request.previous),
            leaderCommit=_unsigned(request.leader_commit),
            initializing=request.initializing,
            commitInfos=[
                ratis_pb2.CommitInfoProto(server=record.peer_to_proto(peer), commitIndex=_unsigned(index))
                for peer, index in commit_infos
            ],
            admitsRecovery=request.admits_recovery,
        ).SerializeToString()
        if not request.entries:
            return head
        return head + (entries or EncodedEntries(request.entries)).field()

    def read_append_request(self, data: bytes) -> AppendRequest:
        """Return the request. Raises RemoteProtocolError: it breaks a rule that every Ratis leader keeps."""
        proto = _parse(ratis_pb2.AppendEntriesRequestProto, data)
        sender = self._check_request(proto.serverRequest)
        term = _term(proto.leaderTerm)
        previous = _read_position(proto.previousLog) if proto.HasField("previousLog") else None
        entries = tuple(_entry(each) for each in proto.entries)
        if entries:
            _check_entries(sender, term, previous, entries)
        return AppendRequest(
            sender,
            self.self_id,
            term,
            previous,
            entries,
            _index(proto.leaderCommit),
            proto.serverRequest.callId,
            proto.initializing,
            proto.admitsRecovery,
        )

    @staticmethod
    def call_of(data: bytes) -> tuple[int, bool] | None:
        """Return (call id, is a heartbeat) of a request that may break every other rule; None: it cannot be read."""
        try:
            proto = _parse(ratis_pb2.AppendEntriesRequestProto, data)
        except RemoteProtocolError:
            return None
        return proto.serverRequest.callId, not proto.entries

    def append_reply(self, reply: AppendReply) -> bytes:
        return ratis_pb2.AppendEntriesReplyProto(
            serverReply=self._reply(reply.to, reply.result is AppendResult.SUCCESS, reply.call_id),
            term=reply.term,
            nextIndex=_unsigned(reply.next_index),
            result=reply.result.name,
            followerCommit=_unsigned(reply.follower_commit),
            matchIndex=_unsigned(reply.match_index),
            isHearbeat=reply.is_heartbeat,
            promiseMs=reply.promise_ticks * self._tick_ms,
            recovery=reply.recovery,
        ).SerializeToString()

    def read_append_reply(self, data: bytes, sender: PeerId) -> AppendReply:
        """Return the answer of the peer that was asked. Raises RemoteProtocolError: somebody else answers, or junk."""
        proto = _parse(ratis_pb2.AppendEntriesReplyProto, data)
        self._check_reply(proto.serverReply, sender)
        return AppendReply(
            sender,
            self.self_id,
            _term(proto.term),
            AppendResult(_known(proto.result, AppendResult)),
            _index(proto.nextIndex),
            _index(proto.matchIndex),
            proto.serverReply.callId,
            proto.isHearbeat,
            _index(proto.followerCommit),
            proto.promiseMs // self._tick_ms,
            proto.recovery,
        )

    # --- votes -----------------------------------------------------------------------------------------------------

    def vote_request(self, request: VoteRequest) -> bytes:
        proto = ratis_pb2.RequestVoteRequestProto(
            serverRequest=self._request(request.to),
            candidateTerm=request.term,
            candidateLastEntry=_position(request.last if request.last.term != NO_TERM else None),
            preVote=request.is_pre_vote,
            transferTerm=request.transfer_term,
        )
        return proto.SerializeToString()

    def read_vote_request(self, data: bytes) -> VoteRequest:
        proto = _parse(ratis_pb2.RequestVoteRequestProto, data)
        sender = self._check_request(proto.serverRequest)
        return VoteRequest(
            sender,
            self.self_id,
            _term(proto.candidateTerm),
            _read_position(proto.candidateLastEntry),
            proto.preVote,
            _term(proto.transferTerm) if proto.HasField("transferTerm") else None,
        )

    def vote_reply(self, reply: VoteReply) -> bytes:
        return ratis_pb2.RequestVoteReplyProto(
            serverReply=self._reply(reply.to, reply.granted), term=reply.term, shouldShutdown=reply.should_shutdown
        ).SerializeToString()

    def read_vote_reply(self, data: bytes, request: VoteRequest) -> VoteReply:
        """Return the answer to a request: the wire does not repeat which election it is about."""
        proto = _parse(ratis_pb2.RequestVoteReplyProto, data)
        self._check_reply(proto.serverReply, request.to)
        return VoteReply(
            request.to,
            self.self_id,
            _term(proto.term),
            request.term,
            request.is_pre_vote,
            proto.serverReply.success,
            proto.shouldShutdown,
        )

    # --- the rest --------------------------------------------------------------------------------------------------

    def start_election_request(self, request: StartLeaderElectionRequest) -> bytes:
        return ratis_pb2.StartLeaderElectionRequestProto(
            serverRequest=self._request(request.to), leaderLastEntry=_position(request.leader_last)
        ).SerializeToString()

    def read_start_election_request(self, data: bytes) -> StartLeaderElectionRequest:
        proto = _parse(ratis_pb2.StartLeaderElectionRequestProto, data)
        sender = self._check_request(proto.serverRequest)
        return StartLeaderElectionRequest(sender, self.self_id, _read_position(proto.leaderLastEntry))

    def start_election_reply(self, reply: StartLeaderElectionReply) -> bytes:
        return ratis_pb2.StartLeaderElectionReplyProto(
            serverReply=self._reply(reply.to, reply.accepted)
        ).SerializeToString()

    def read_start_election_reply(self, data: bytes, sender: PeerId) -> StartLeaderElectionReply:
        proto = _parse(ratis_pb2.StartLeaderElectionReplyProto, data)
        self._check_reply(proto.serverReply, sender)
        return StartLeaderElectionReply(sender, self.self_id, proto.serverReply.success)

    def install_snapshot_request(self, request: InstallSnapshotRequest) -> bytes:
        index, configuration = request.last_configuration
        entry = Entry(NO_TERM, index, EntryKind.CONFIGURATION, configuration=configuration)
        return ratis_pb2.InstallSnapshotRequestProto(
            serverRequest=self._request(request.to),
            leaderTerm=request.term,
            notification=ratis_pb2.InstallSnapshotRequestProto.NotificationProto(
                firstAvailableTermIndex=_position(request.first_available)
            ),
            lastRaftConfigurationLogEntryProto=_configuration_entry(entry),
        ).SerializeToString()

    def read_install_snapshot_request(self, data: bytes) -> InstallSnapshotRequest:
        """Return the notification. Raises SnapshotChunkRefused, RemoteProtocolError."""
        proto = _parse(ratis_pb2.InstallSnapshotRequestProto, data)
        sender = self._check_request(proto.serverRequest)
        term = _term(proto.leaderTerm)
        if not proto.HasField("notification"):
            refusal = InstallSnapshotReply(self.self_id, sender, term, InstallSnapshotResult.CONF_MISMATCH)
            raise SnapshotChunkRefused(f"{sender} ships a snapshot through Raft; members notify instead.", refusal)
        last = proto.lastRaftConfigurationLogEntryProto
        if not last.HasField("configurationEntry"):
            raise RemoteProtocolError(f"The snapshot notification of {sender} lacks the configuration of the group.")
        configuration = record.from_proto(last).configuration
        assert configuration is not None
        return InstallSnapshotRequest(
            sender,
            self.self_id,
            term,
            _read_position(proto.notification.firstAvailableTermIndex),
            (_index(last.index), configuration),
        )

    def install_snapshot_reply(self, reply: InstallSnapshotReply) -> bytes:
        proto = ratis_pb2.InstallSnapshotReplyProto(
            serverReply=self._reply(reply.to, reply.result in _SNAPSHOT_SUCCESSES),
            term=reply.term,
            result=reply.result.name,
            recovery=reply.recovery,
        )
        if reply.snapshot_index != NO_INDEX:
            proto.snapshotIndex = reply.snapshot_index
        return proto.SerializeToString()

    def read_install_snapshot_reply(self, data: bytes, sender: PeerId) -> InstallSnapshotReply:
        proto = _parse(ratis_pb2.InstallSnapshotReplyProto, data)
        self._check_reply(proto.serverReply, sender)
        return InstallSnapshotReply(
            sender,
            self.self_id,
            _term(proto.term),
            InstallSnapshotResult(_known(proto.result, InstallSnapshotResult)),
            _index(proto.snapshotIndex) if proto.HasField("snapshotIndex") else NO_INDEX,
            proto.recovery,
        )

    # --- headers ---------------------------------------------------------------------------------------------------

    def _request(self, to: PeerId, call_id: int = 0) -> ratis_pb2.RaftRpcRequestProto:
        return ratis_pb2.RaftRpcRequestProto(
            requestorId=self.self_id.encode(),
            replyId=to.encode(),
            raftGroupId=self._group,
            callId=call_id,
            slidingWindowEntry=ratis_pb2.SlidingWindowEntry(),
        )

    def _reply(self, to: PeerId, success: bool, call_id: int = 0) -> ratis_pb2.RaftRpcReplyProto:
        return ratis_pb2.RaftRpcReplyProto(
            requestorId=to.encode(),
            replyId=self.self_id.encode(),
            raftGroupId=self._group,
            callId=call_id,
            success=success,
        )

    def _check_request(self, header: ratis_pb2.RaftRpcRequestProto) -> PeerId:
        """Return the sender of a request that is meant for this member of this group."""
        sender, receiver = _peer_id(header.requestorId), _peer_id(header.replyId)
        self.check_group(sender, header.raftGroupId.id)
        if receiver != self.self_id:
            raise RemoteProtocolError(
                f"{sender or 'A peer'} asks {receiver or 'nobody'}, but this member is {self.self_id}: members must be "
                "written the same way in alluxio.master.embedded.journal.addresses of every master."
            )
        if not sender or sender == self.self_id:
            raise RemoteProtocolError(f"A request names {sender or 'nobody'} as its sender; this member is that one.")
        return sender

    def check_group(self, sender: PeerId, group: bytes) -> None:
        """Raise GroupMismatch unless `group` is the id of this member's group."""
        if group != self.group_id.bytes:
            theirs = group_name(uuid.UUID(bytes=group)) if len(group) == 16 else f"group {group.hex() or 'unnamed'}"
            raise GroupMismatch(
                f"{self.self_id} belongs to {group_name(self.group_id)}, but {sender or 'the peer'} asks {theirs}: "
                "check alluxio.master.embedded.journal.addresses on both."
            )

    def _check_reply(self, header: ratis_pb2.RaftRpcReplyProto, expected: PeerId) -> None:
        sender = _peer_id(header.replyId)
        if sender != expected:
            raise RemoteProtocolError(f"At the address of {expected}, {sender or 'nobody'} answers.")
        if header.HasField("raftGroupId"):
            self.check_group(sender, header.raftGroupId.id)


# --- numbers -------------------------------------------------------------------------------------------------------


def _unsigned(value: int) -> int:
    return value if value >= 0 else value + _UINT64


def _index(value: int) -> Index:
    """Return an index; 2^64-1 is -1. Raises RemoteProtocolError: it is neither that nor a signed 64-bit number."""
    if value <= _INDEX_MAX:
        return Index(value)
    if value == _UINT64 - 1:
        return NO_INDEX
    raise RemoteProtocolError(f"{value} is no log index.")


def _term(value: int) -> Term:
    if value > _INDEX_MAX:
        raise RemoteProtocolError(f"{value} is no term.")
    return Term(value)


def _position(position: LogPosition | None) -> ratis_pb2.TermIndexProto | None:
    if position is None:
        return None
    return ratis_pb2.TermIndexProto(term=position.term, index=_unsigned(position.index))


def _read_position(proto: ratis_pb2.TermIndexProto) -> LogPosition:
    return LogPosition(_term(proto.term), _index(proto.index))


def _peer_id(data: bytes) -> PeerId:
    return PeerId(data.decode(errors="replace"))


def _known(number: int, results: type[AppendResult] | type[InstallSnapshotResult]) -> int:
    if all(number != result.value for result in results):
        raise RemoteProtocolError(f"{number} is no {results.__name__}.")
    return number


# --- entries -------------------------------------------------------------------------------------------------------


def _entry(proto: ratis_pb2.LogEntryProto) -> Entry:
    _index(proto.index)
    _term(proto.term)
    try:
        return record.from_proto(proto)
    except record.DamagedRecord as error:
        raise RemoteProtocolError(str(error)) from error


def _check_entries(sender: PeerId, term: Term, previous: LogPosition | None, entries: Sequence[Entry]) -> None:
    """Raise unless the entries are what one leader's log holds behind `previous`."""
    last_term = NO_TERM
    if previous is not None and previous.term != NO_TERM:
        expected = previous.index + 1
        last_term = previous.term
    else:
        expected = 0
    for entry in entries:
        if entry.index != expected:
            raise RemoteProtocolError(f"{sender} sent entry {entry.index} where {expected} belongs.")
        if not last_term <= entry.term <= term:
            raise RemoteProtocolError(
                f"{sender}, leader of term {term}, sent entry {entry.index} of term {entry.term} behind one of term "
                f"{last_term}."
            )
        last_term = entry.term
        expected += 1


def _configuration_entry(entry: Entry) -> ratis_pb2.LogEntryProto:
    proto = record.to_proto(entry)
    proto.index = _unsigned(entry.index)
    return proto


def _parse(kind: type[_M], data: bytes) -> _M:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise RemoteProtocolError(f"The message is no {kind.__name__}: {error}.") from error
