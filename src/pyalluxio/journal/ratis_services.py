"""Ratis' client and admin services on the journal's port: how masters join, and what Ratis' own tools ask.

    /ratis.grpc.RaftClientProtocolService/{ordered,unordered}  a master asks to be added (`joining.py`, Java's too)
    /ratis.grpc.AdminProtocolService/{groupList,groupInfo,setConfiguration,transferLeadership,snapshotManagement}

Whoever does not lead answers NotLeaderException, with the leader, as Ratis does; its clients go on from there. What
fails otherwise is a state machine's exception on streams, and a status with Ratis' class name in single calls.

gRPC's threads wait here for the event loop, within a deadline and few at a time: elections use the same threads.

Source: Apache Ratis 2.4.1, `ClientProtoUtils`, `GrpcUtil`; Alluxio 2.9.6, `RaftJournalSystem.addQuorumServer`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from pyalluxio import errors
from pyalluxio.journal import record
from pyalluxio.journal.raft_wire import group_name
from pyalluxio.journal.status import JournalStatus, PeerStatus
from pyalluxio.raft.messages import Peer, PeerId, Role
from pyalluxio.wire.gen import raft_journal_pb2, ratis_pb2

log = logging.getLogger(__name__)

CLIENT_SERVICE: Final = "ratis.grpc.RaftClientProtocolService"
ADMIN_SERVICE: Final = "ratis.grpc.AdminProtocolService"
CALLS_MAX: Final = 8
CALL_TIMEOUT_S: Final = 60.0
TRANSFER_TIMEOUT_S: Final = 10.0

_RATIS = "org.apache.ratis.protocol.exceptions."
_JAVA_CLASSES: Final[tuple[tuple[type[errors.AlluxioError], str], ...]] = (
    (errors.ReconfigurationInProgress, f"{_RATIS}ReconfigurationInProgressException"),
    (errors.ReconfigurationTimeout, f"{_RATIS}ReconfigurationTimeoutException"),
    (errors.AlluxioError, "java.io.IOException"),
)
# Java's client insists on a stack trace: an empty array of StackTraceElement, as Java serializes it.
_NO_STACK_TRACE: Final = b"".join(
    (b"\xac\xed\0\x05ur\0\x1e[Ljava.lang.StackTraceElement;", bytes.fromhex("02462a3c3cfd2239 020000 7870 00000000"))
)

_M = TypeVar("_M", bound=Message)
_T = TypeVar("_T")


class Member(Protocol):
    """What is administered; `JournalNode` is one. Called on its event loop."""

    def status(self) -> JournalStatus: ...
    def change_members(self, addresses: Sequence[str]) -> Awaitable[None]: ...
    def set_priorities(self, priorities: Mapping[str, int]) -> Awaitable[None]: ...
    def transfer_leadership(self, target: str | None, timeout_s: float) -> Awaitable[None]: ...


class RatisServices:
    """The handlers for `GrpcTransport`'s `more_handlers`. They answer UNAVAILABLE until `serve` was called."""

    def __init__(self, self_peer: Peer, group_id: uuid.UUID) -> None:
        self._self_peer = self_peer
        self._group = ratis_pb2.RaftGroupIdProto(id=group_id.bytes)
        self._group_name = group_name(group_id)
        self._slots = threading.BoundedSemaphore(CALLS_MAX)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._member: Member | None = None
        self._checkpoint: Callable[[], Awaitable[object]] | None = None

    def serve(
        self, member: Member, loop: asyncio.AbstractEventLoop, checkpoint: Callable[[], Awaitable[object]]
    ) -> None:
        """Answer from now on. `checkpoint` takes a snapshot of this member's state."""
        self._member, self._checkpoint, self._loop = member, checkpoint, loop

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        stream, unary = grpc.stream_stream_rpc_method_handler, grpc.unary_unary_rpc_method_handler
        client = {"ordered": stream(self._client_requests), "unordered": stream(self._client_requests)}
        admin = {
            "groupList": unary(self._unary(ratis_pb2.GroupListRequestProto, self._group_list)),
            "groupInfo": unary(self._unary(ratis_pb2.GroupInfoRequestProto, self._group_info)),
            "setConfiguration": unary(self._unary(ratis_pb2.SetConfigurationRequestProto, self._set_configuration)),
            "transferLeadership": unary(self._unary(ratis_pb2.TransferLeadershipRequestProto, self._transfer)),
            "snapshotManagement": unary(self._unary(ratis_pb2.SnapshotManagementRequestProto, self._snapshot)),
        }
        return [
            grpc.method_handlers_generic_handler(CLIENT_SERVICE, client),
            grpc.method_handlers_generic_handler(ADMIN_SERVICE, admin),
        ]

    # --- clients ---------------------------------------------------------------------------------------------------

    def _client_requests(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """Answer the requests of one stream in their order."""
        with self._slot(context):
            for data in requests:
                request = _parse(ratis_pb2.RaftClientRequestProto, data, context)
                self._check_group(request.rpcRequest, context)
                try:
                    reply = self._on_loop(self._client_request(request))
                except errors.AlluxioError as error:
                    log.info("A request of a Raft client failed: %s", error)
                    reply = self._client_reply(request.rpcRequest, success=False)
                    reply.stateMachineException.CopyFrom(
                        ratis_pb2.StateMachineExceptionProto(
                            exceptionClassName="java.io.IOException",
                            errorMsg=str(error),
                            stacktrace=_NO_STACK_TRACE,
                        )
                    )
                yield reply.SerializeToString()

    async def _client_request(self, request: ratis_pb2.RaftClientRequestProto) -> ratis_pb2.RaftClientReplyProto:
        status = self._status()
        if status.role is not Role.LEADER:
            return self._not_leader(request.rpcRequest, status)
        kind = request.WhichOneof("Type")
        if kind == "watch":
            # Ratis' clients open a stream with a watch for entry 0, to see that somebody is there.
            if request.watch.index > max(0, status.commit_index):
                raise errors.Unimplemented("Only entries that are committed can be watched for.")
        elif kind == "read":
            await self._query(request.message.content, status)
        else:
            raise errors.Unimplemented(f"Raft clients can only ask to be added here, not {kind or 'nothing'}.")
        return self._client_reply(request.rpcRequest, success=True, status=status)

    async def _query(self, content: bytes, status: JournalStatus) -> None:
        """Do what a master asks the leading one for: to be added to the quorum."""
        try:
            query = raft_journal_pb2.JournalQueryRequest.FromString(content)
        except DecodeError as error:
            raise errors.InvalidArgument(f"The query is no JournalQueryRequest: {error}") from error
        if not query.HasField("addQuorumServerRequest"):
            raise errors.Unimplemented("The journal answers no query but the one to be added to the quorum.")
        address = query.addQuorumServerRequest.serverAddress
        if not address.host or not 0 < address.rpcPort < 1 << 16:
            raise errors.InvalidArgument(f"{address.host}:{address.rpcPort} is no address of a journal.")
        newcomer = f"{address.host}:{address.rpcPort}"
        members = [peer.address for peer in status.configuration.peers]
        if newcomer in members:
            return
        log.info("%s asks to become a member of the quorum.", newcomer)
        await self._ready_member().change_members([*members, newcomer])
        log.info("%s is a member of the quorum now, and votes.", newcomer)

    # --- administration --------------------------------------------------------------------------------------------

    async def _group_list(self, request: ratis_pb2.GroupListRequestProto) -> ratis_pb2.GroupListReplyProto:
        return ratis_pb2.GroupListReplyProto(rpcReply=self._header(request.rpcRequest), groupId=[self._group])

    async def _group_info(self, request: ratis_pb2.GroupInfoRequestProto) -> ratis_pb2.GroupInfoReplyProto:
        status = self._status()
        peers = status.configuration.peers
        return ratis_pb2.GroupInfoReplyProto(
            rpcReply=self._header(request.rpcRequest),
            group=ratis_pb2.RaftGroupProto(groupId=self._group, peers=map(record.peer_to_proto, peers)),
            role=self._role(status),
            isRaftStorageHealthy=not status.is_disk_full and not status.is_recovering,
            commitInfos=self._commit_infos(status),
        )

    def _role(self, status: JournalStatus) -> ratis_pb2.RoleInfoProto:
        by_address = {peer.address: peer for peer in status.configuration.peers}

        def heard(peer: PeerStatus) -> ratis_pb2.ServerRpcProto:
            known = by_address.get(peer.address) or Peer.at(peer.address)
            return ratis_pb2.ServerRpcProto(
                id=record.peer_to_proto(known), lastRpcElapsedTimeMs=_elapsed_ms(peer.last_contact_ms)
            )

        role = ratis_pb2.RoleInfoProto(self=record.peer_to_proto(self._self_peer))
        others = [peer for peer in status.peers if peer.address != self._self_peer.address]
        if status.role is Role.LEADER:
            role.role = ratis_pb2.RaftPeerRole.LEADER
            followers = [heard(peer) for peer in others if peer.address in by_address]
            role.leaderInfo.CopyFrom(ratis_pb2.LeaderInfoProto(term=status.term, followerInfo=followers))
        elif status.role is Role.FOLLOWER:
            role.role = ratis_pb2.RaftPeerRole.FOLLOWER
            leader = [heard(peer) for peer in others if peer.is_leader]
            role.followerInfo.CopyFrom(ratis_pb2.FollowerInfoProto(leaderInfo=leader[0] if leader else None))
        else:
            role.role = ratis_pb2.RaftPeerRole.CANDIDATE
            role.candidateInfo.CopyFrom(ratis_pb2.CandidateInfoProto())
        return role

    async def _set_configuration(
        self, request: ratis_pb2.SetConfigurationRequestProto
    ) -> ratis_pb2.RaftClientReplyProto:
        status = self._status()
        if status.role is not Role.LEADER:
            return self._not_leader(request.rpcRequest, status)
        if request.listeners:
            raise errors.Unimplemented("Listeners, members that never vote, are not offered.")
        current = {peer.address: peer.priority for peer in status.configuration.peers}
        wanted = {_address_of(peer): peer.priority for peer in request.peers}
        modes = ratis_pb2.SetConfigurationRequestProto.Mode
        if request.mode == modes.ADD:
            wanted = {**current, **wanted}
        elif request.mode == modes.COMPARE_AND_SET and {_address_of(peer) for peer in request.currentPeers} != {
            *current
        }:
            raise errors.FailedPrecondition(f"The members are {', '.join(current)}, not those that were compared with.")
        member = self._ready_member()
        if wanted.keys() != current.keys():
            await member.change_members(list(wanted))
        if any(peer.priority != wanted.get(peer.address) for peer in self._status().configuration.peers):
            await member.set_priorities(wanted)
        return self._client_reply(request.rpcRequest, success=True, status=self._status())

    async def _transfer(self, request: ratis_pb2.TransferLeadershipRequestProto) -> ratis_pb2.RaftClientReplyProto:
        status = self._status()
        if status.role is not Role.LEADER:
            return self._not_leader(request.rpcRequest, status)
        target = None
        if request.newLeader.id:
            peer = status.configuration.peer(PeerId(request.newLeader.id.decode(errors="replace")))
            if peer is None:
                raise errors.NotFound(f"{request.newLeader.address} is no member of the quorum.")
            target = peer.address
        timeout_s = request.rpcRequest.timeoutMs / 1000 or TRANSFER_TIMEOUT_S
        await self._ready_member().transfer_leadership(target, min(timeout_s, CALL_TIMEOUT_S))
        return self._client_reply(request.rpcRequest, success=True, status=self._status())

    async def _snapshot(self, request: ratis_pb2.SnapshotManagementRequestProto) -> ratis_pb2.RaftClientReplyProto:
        if self._checkpoint is None or not request.HasField("create"):
            raise errors.Unimplemented("Snapshots can be created, nothing else.")
        index = self._status().applied_index
        await self._checkpoint()
        reply = self._client_reply(request.rpcRequest, success=True, status=self._status())
        reply.logIndex = max(0, index)
        return reply

    # --- replies ---------------------------------------------------------------------------------------------------

    def _header(self, request: ratis_pb2.RaftRpcRequestProto, *, success: bool = True) -> ratis_pb2.RaftRpcReplyProto:
        return ratis_pb2.RaftRpcReplyProto(
            requestorId=request.requestorId,
            replyId=self._self_peer.id.encode(),
            raftGroupId=self._group,
            callId=request.callId,
            success=success,
        )

    def _client_reply(
        self, request: ratis_pb2.RaftRpcRequestProto, *, success: bool, status: JournalStatus | None = None
    ) -> ratis_pb2.RaftClientReplyProto:
        return ratis_pb2.RaftClientReplyProto(
            rpcReply=self._header(request, success=success),
            message=ratis_pb2.ClientMessageEntryProto() if success else None,
            commitInfos=() if status is None else self._commit_infos(status),
        )

    def _not_leader(
        self, request: ratis_pb2.RaftRpcRequestProto, status: JournalStatus
    ) -> ratis_pb2.RaftClientReplyProto:
        reply = self._client_reply(request, success=False)
        leader = status.configuration.peer(status.leader)
        reply.notLeaderException.CopyFrom(
            ratis_pb2.NotLeaderExceptionProto(
                suggestedLeader=None if leader is None else record.peer_to_proto(leader),
                peersInConf=map(record.peer_to_proto, status.configuration.peers),
            )
        )
        return reply

    def _commit_infos(self, status: JournalStatus) -> list[ratis_pb2.CommitInfoProto]:
        own = record.peer_to_proto(self._self_peer)
        return [ratis_pb2.CommitInfoProto(server=own, commitIndex=max(0, status.commit_index))]

    # --- between gRPC's threads and the loop -----------------------------------------------------------------------

    def _unary(
        self, kind: type[_M], answer: Callable[[_M], Coroutine[Any, Any, Message]]
    ) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def handle(data: bytes, context: grpc.ServicerContext) -> bytes:
            with self._slot(context):
                request = _parse(kind, data, context)
                self._check_group(request.rpcRequest, context)  # type: ignore[attr-defined]
                try:
                    return self._on_loop(answer(request)).SerializeToString()
                except errors.AlluxioError as error:
                    log.info("%s of a Ratis tool failed: %s", kind.__name__.removesuffix("RequestProto"), error)
                    name = next(name for class_, name in _JAVA_CLASSES if isinstance(error, class_))
                    context.set_trailing_metadata((("exception-type", name),))
                    context.abort(grpc.StatusCode.INTERNAL, str(error) or type(error).__name__)
                    raise

        return handle

    def _on_loop(self, answer: Coroutine[Any, Any, _T]) -> _T:
        loop = self._loop
        if loop is None:
            answer.close()
            raise errors.Unavailable("This master is still starting.")
        future = asyncio.run_coroutine_threadsafe(answer, loop)
        try:
            return future.result(CALL_TIMEOUT_S)
        except TimeoutError:
            future.cancel()
            raise errors.DeadlineExceeded(f"The request was not done within {CALL_TIMEOUT_S:.0f} s.") from None
        except asyncio.CancelledError:
            raise errors.Unavailable("This master stops.") from None

    def _slot(self, context: grpc.ServicerContext) -> _Slot:
        return _Slot(self._slots, context)

    def _ready_member(self) -> Member:
        assert self._member is not None, "nothing is answered before `serve`"
        return self._member

    def _status(self) -> JournalStatus:
        return self._ready_member().status()

    def _check_group(self, header: ratis_pb2.RaftRpcRequestProto, context: grpc.ServicerContext) -> None:
        # A tool that asks which groups there are does not know one.
        if header.raftGroupId.id.strip(b"\0") and header.raftGroupId.id != self._group.id:
            context.set_trailing_metadata((("exception-type", f"{_RATIS}GroupMismatchException"),))
            context.abort(grpc.StatusCode.INTERNAL, f"{self._self_peer.id} belongs to {self._group_name} alone.")


class _Slot:
    """One of a few calls at a time."""

    def __init__(self, slots: threading.BoundedSemaphore, context: grpc.ServicerContext) -> None:
        self._slots = slots
        self._context = context

    def __enter__(self) -> None:
        if not self._slots.acquire(blocking=False):
            self._context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"More than {CALLS_MAX} such calls at a time.")

    def __exit__(self, *_: object) -> None:
        self._slots.release()


def _parse(kind: type[_M], data: bytes, context: grpc.ServicerContext) -> _M:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"The message is no {kind.__name__}: {error}.")
        raise


def _address_of(peer: ratis_pb2.RaftPeerProto) -> str:
    """Return a peer's address. Members of Alluxio's quorums are known by it: the id is made from it."""
    address: str = peer.address
    if ":" not in address or Peer.at(address).id.encode() != peer.id:
        raise errors.InvalidArgument(
            f'The peer "{peer.id.decode(errors="replace")}" at "{address}" must be called host_port, as it is reached.'
        )
    return address


def _elapsed_ms(last_contact_ms: int | None) -> int:
    return (1 << 63) - 1 if last_contact_ms is None else last_contact_ms
