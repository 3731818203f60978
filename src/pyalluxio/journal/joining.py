"""How a master becomes a member of the quorum: it asks the leader, until its own journal says that it is one.

The question is Alluxio's `AddQuorumServerRequest`, sent as Ratis' client sends it, so that the leader may be a Java
master. The leader gives the newcomer everything it lacks, as a learner, and then its vote; the answer comes after that.

Rule 1: only a member whose journal does not know it asks: a new disk, formatted or not. Whoever was a member and was
        taken out does not come back by itself; that would undo what an administrator did.
Rule 2: it asks for as long as it takes. Two newcomers are added one after the other, a leader may change meanwhile, and
        one that dies half-way has forgotten the newcomer.
Rule 3: those who say that they do not lead tell who does; nobody is believed to lead but by a yes of its own.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from typing import Final, Protocol

import grpc
from grpc import aio

from pyalluxio.errors import RemoteProtocolError
from pyalluxio.journal.ratis_services import CLIENT_SERVICE
from pyalluxio.journal.status import JournalStatus
from pyalluxio.raft.messages import Peer
from pyalluxio.wire.gen import raft_journal_pb2, ratis_pb2
from pyalluxio.wire.gen.common_pb2 import NetAddress

log = logging.getLogger(__name__)

ORDERED: Final = f"/{CLIENT_SERVICE}/ordered"
# As in 2.9. A leader that must send gigabytes first is asked again, and says that it is busy with it.
ANSWER_TIMEOUT_S: Final = 60.0
RETRY_S: Final = 0.5
LOOK_S: Final = 0.25
CONNECT_TIMEOUT_MS: Final = 1000
# Longer chains of "ask that one" are somebody's mistake.
HINTS_MAX: Final = 3


class Newcomer(Protocol):
    """The member that asks; `JournalNode` is one."""

    def status(self) -> JournalStatus: ...
    def join_answered(self) -> None: ...


class Joining:
    """Asks, one after the other, those who may lead."""

    def __init__(self, node: Newcomer, own_address: str, addresses: Sequence[str], group_id: uuid.UUID) -> None:
        """`addresses` are those of the journals of all masters, as the properties list them."""
        self._node = node
        self._own = Peer.at(own_address)
        self._addresses = [address for address in addresses if address != own_address]
        self._group_id = group_id
        self._client_id = uuid.uuid4().bytes
        self._call_id = 0
        self._last_text = ""

    async def run(self) -> None:
        """Ask whenever this member is none; ends when it is one."""
        while not self._node.status().was_member:
            has_leader = await self._ask_all()
            await asyncio.sleep(LOOK_S if has_leader else RETRY_S)

    async def _ask_all(self) -> bool:
        """Ask everybody once; returns whether one of them leads."""
        status = self._node.status()
        leader = status.configuration.peer(status.leader)
        waiting = [] if leader is None or leader.address == self._own.address else [leader.address]
        waiting += [address for address in self._addresses if address not in waiting]
        asked: set[str] = set()
        hints = 0
        while waiting:
            address = waiting.pop(0)
            if address in asked:
                continue
            asked.add(address)
            try:
                reply = await self._ask(address)
            except (grpc.RpcError, RemoteProtocolError, TimeoutError) as error:
                text = error.details() if isinstance(error, aio.AioRpcError) else str(error)
                log.debug("%s does not answer whether this master may join: %s", address, text)
                continue
            kind = reply.WhichOneof("ExceptionDetails")
            if kind == "notLeaderException":
                hint = reply.notLeaderException.suggestedLeader.address
                if hint and hint not in asked and hint != self._own.address and hints < HINTS_MAX:
                    hints += 1
                    waiting.insert(0, hint)
                continue
            self._node.join_answered()
            if reply.rpcReply.success:
                self._tell(f"{address}, which leads, has this master as a member of the quorum.")
            else:
                self._tell(f"{address}, which leads, has not added this master yet: {_reason(reply, kind)}")
            return True
        return False

    async def _ask(self, address: str) -> ratis_pb2.RaftClientReplyProto:
        host, _, port = self._own.address.rpartition(":")
        query = raft_journal_pb2.JournalQueryRequest(
            addQuorumServerRequest=raft_journal_pb2.AddQuorumServerRequest(
                serverAddress=NetAddress(host=host, rpcPort=int(port))
            )
        )
        self._call_id += 1
        request = ratis_pb2.RaftClientRequestProto(
            rpcRequest=ratis_pb2.RaftRpcRequestProto(
                requestorId=self._client_id,
                replyId=Peer.at(address).id.encode(),
                raftGroupId=ratis_pb2.RaftGroupIdProto(id=self._group_id.bytes),
                callId=self._call_id,
                slidingWindowEntry=ratis_pb2.SlidingWindowEntry(seqNum=1, isFirst=True),
            ),
            message=ratis_pb2.ClientMessageEntryProto(content=query.SerializeToString()),
            read=ratis_pb2.ReadRequestTypeProto(),
        )
        options = (
            ("grpc.enable_http_proxy", 0),
            ("grpc.enable_retries", 0),
            ("grpc.min_reconnect_backoff_ms", CONNECT_TIMEOUT_MS),
            ("grpc.use_local_subchannel_pool", 1),
        )
        async with aio.insecure_channel(address, options=options) as channel:
            call = channel.stream_stream(
                ORDERED,
                request_serializer=ratis_pb2.RaftClientRequestProto.SerializeToString,
                response_deserializer=ratis_pb2.RaftClientReplyProto.FromString,
            )(timeout=ANSWER_TIMEOUT_S)
            await call.write(request)
            reply = await call.read()
            if not isinstance(reply, ratis_pb2.RaftClientReplyProto):
                raise RemoteProtocolError(f"{address} ended the conversation without an answer.")
            call.cancel()
            return reply

    def _tell(self, text: str) -> None:
        """Log what is news."""
        if text != self._last_text:
            self._last_text = text
            log.info("%s", text)


def _reason(reply: ratis_pb2.RaftClientReplyProto, kind: str | None) -> str:
    if kind is None:
        return "it does not say why"
    return getattr(getattr(reply, kind), "errorMsg", "") or kind
