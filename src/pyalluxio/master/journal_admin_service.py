"""`JournalMasterClientService`: who is in the quorum, and what this master is.

Removing members, transferring the leadership and resetting priorities are not served by a quorum of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyalluxio.errors import FailedPrecondition
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.journal.JournalMasterClientService"


@dataclass(frozen=True, slots=True)
class QuorumMember:
    """One member by the address of its journal, not of its RPC port."""

    host: str
    port: int
    is_available: bool
    is_leader: bool
    priority: int = 1


@dataclass(frozen=True, slots=True)
class QuorumStatus:
    """The quorum as this master sees it."""

    members: Sequence[QuorumMember]
    leads: bool


class JournalMasterClientService:
    """`alluxio.grpc.journal.JournalMasterClientService`."""

    def __init__(self, status: Callable[[], QuorumStatus]) -> None:
        self._status = status

    async def get_quorum_info(self, request: pb.GetQuorumInfoPRequest, call: Call) -> pb.GetQuorumInfoPResponse:
        status = self._status()
        if not status.leads:
            raise FailedPrecondition("Quorum operations are only supported on Raft leader")
        members = sorted(status.members, key=lambda member: f"{member.host}:{member.port}")
        return pb.GetQuorumInfoPResponse(
            domain=pb.JournalDomain.MASTER,
            serverInfo=[
                pb.QuorumServerInfo(
                    serverAddress=NetAddress(host=member.host, rpcPort=member.port),
                    serverState=(
                        pb.QuorumServerState.AVAILABLE if member.is_available else pb.QuorumServerState.UNAVAILABLE
                    ),
                    isLeader=member.is_leader,
                    priority=member.priority,
                )
                for member in members
            ],
        )

    async def get_node_state(self, request: pb.GetNodeStatePRequest, call: Call) -> pb.GetNodeStatePResponse:
        return pb.GetNodeStatePResponse(
            node_state=pb.NodeState.PRIMARY if self._status().leads else pb.NodeState.STANDBY
        )
