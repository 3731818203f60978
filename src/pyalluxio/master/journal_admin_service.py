"""`JournalMasterClientService`: who is in the quorum, who leads it, and changing both.

Official programs call it on the leader only. `GetQuorumInfo` with our own option `anyMember` is answered by every
member, so that somebody can say why there is no leader.

A transfer takes longer than a call may: it is begun, and its end is asked for by an id. What went wrong is kept under
that id by the master that began it, which is no leader any more when it went right.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from pyalluxio.errors import AlluxioError, FailedPrecondition, InvalidArgument, NotFound, NotLeader
from pyalluxio.journal.status import JournalStatus, PeerStatus
from pyalluxio.raft.messages import Role
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.handlers import Call

log = logging.getLogger(__name__)

SERVICE = "alluxio.grpc.journal.JournalMasterClientService"

# As in 2.9: a target that lacks much gets that long to catch up.
TRANSFER_TIMEOUT_S = 30.0
# Whoever began a transfer asks for its end within minutes.
TRANSFERS_KEPT_MAX = 64
NORMAL_PRIORITY = 1


class Quorum(Protocol):
    """What the journal offers for administration; `JournalNode` is one."""

    def status(self) -> JournalStatus: ...
    def transfer_leadership(self, target: str | None, timeout_s: float) -> Awaitable[None]: ...
    def change_members(self, addresses: Sequence[str]) -> Awaitable[None]: ...
    def set_priorities(self, priorities: Mapping[str, int]) -> Awaitable[None]: ...


class JournalMasterClientService:
    """`alluxio.grpc.journal.JournalMasterClientService`."""

    def __init__(
        self, quorum: Quorum, own_address: str, is_serving: Callable[[], bool], *, unavailable_after_ms: int
    ) -> None:
        """Administer `quorum`.

        own_address           `host:port` of this member's journal
        is_serving            whether this master serves clients
        unavailable_after_ms  a member that was not heard for so long is shown as unavailable; the election timeout
        """
        self._quorum = quorum
        self._own_address = own_address
        self._is_serving = is_serving
        self._unavailable_after_ms = unavailable_after_ms
        self._transfers: OrderedDict[str, str] = OrderedDict()
        self._transfer: asyncio.Task[None] | None = None

    # --- looking ----------------------------------------------------------------------------------------------------

    async def get_quorum_info(self, request: pb.GetQuorumInfoPRequest, call: Call) -> pb.GetQuorumInfoPResponse:
        status = self._quorum.status()
        of_any_member = request.options.anyMember
        if not of_any_member:
            _check_leads(status)
        response = pb.GetQuorumInfoPResponse(
            domain=pb.JournalDomain.MASTER,
            term=status.term,
            answeredBy=self._own_address,
            isServing=self._is_serving(),
            noLeaderReason=status.no_leader_reason,
            lastIndex=status.last_index,
        )
        if status.leader_since_ms is not None:
            response.leaderSinceMs = status.leader_since_ms
        members = {peer.address for peer in status.configuration.peers}
        for peer in sorted(status.peers, key=lambda peer: peer.address):
            # Official programs count the rows: a newcomer that has no vote yet is none of theirs.
            if of_any_member or peer.address in members:
                response.serverInfo.append(self._row(peer, status))
        return response

    def _row(self, peer: PeerStatus, status: JournalStatus) -> pb.QuorumServerInfo:
        row = pb.QuorumServerInfo(
            serverAddress=_net_address(peer.address),
            isLeader=peer.is_leader,
            priority=peer.priority,
            votes=peer.votes,
            isRecovering=peer.is_recovering,
        )
        is_own = peer.address == self._own_address
        heard_ms = 0 if is_own else peer.last_contact_ms
        if heard_ms is not None:
            row.lastContactMs = heard_ms
        if peer.match_index is not None:
            row.matchIndex = peer.match_index
        if peer.lag is not None:
            row.lagEntries = peer.lag
        # Followers do not talk to each other: only the leader can tell that one is gone.
        if status.role is Role.LEADER or is_own or peer.is_leader:
            is_available = heard_ms is not None and heard_ms <= self._unavailable_after_ms
            states = pb.QuorumServerState
            row.serverState = states.AVAILABLE if is_available else states.UNAVAILABLE
        return row

    async def get_node_state(self, request: pb.GetNodeStatePRequest, call: Call) -> pb.GetNodeStatePResponse:
        return pb.GetNodeStatePResponse(node_state=pb.NodeState.PRIMARY if self._is_serving() else pb.NodeState.STANDBY)

    # --- changing the members ---------------------------------------------------------------------------------------

    async def remove_quorum_server(
        self, request: pb.RemoveQuorumServerPRequest, call: Call
    ) -> pb.RemoveQuorumServerPResponse:
        """Take a member out; returns when the smaller quorum is in force.

        Raises:   NotFound: no such member.  FailedPrecondition: it is the only one, or another change is under way.
        """
        status = self._quorum.status()
        _check_leads(status)
        target = _member(status, request.serverAddress)
        rest = [address for address in _addresses(status) if address != target]
        if not rest:
            raise FailedPrecondition(f"{target} is the only member: without it there is no journal.")
        await self._quorum.change_members(rest)
        log.info("%s was removed from the quorum; it consists of %s.", target, ", ".join(rest))
        return pb.RemoveQuorumServerPResponse()

    async def reset_priorities(self, request: pb.ResetPrioritiesPRequest, call: Call) -> pb.ResetPrioritiesPResponse:
        """Give all members priority 1, as 2.9 does at the end of an official `elect`; they begin with 0 there, too."""
        status = self._quorum.status()
        _check_leads(status)
        if any(peer.priority != NORMAL_PRIORITY for peer in status.configuration.peers):
            await self._quorum.set_priorities(dict.fromkeys(_addresses(status), NORMAL_PRIORITY))
        return pb.ResetPrioritiesPResponse()

    # --- handing the leadership over --------------------------------------------------------------------------------

    async def transfer_leadership(
        self, request: pb.TransferLeadershipPRequest, call: Call
    ) -> pb.TransferLeadershipPResponse:
        """Begin a transfer; why it cannot be, or failed, is asked for by the id."""
        status = self._quorum.status()
        _check_leads(status)
        transfer_id = str(uuid.uuid4())
        try:
            target = self._check_transfer(status, request.serverAddress)
        except AlluxioError as error:
            self._keep(transfer_id, str(error))
        else:
            self._keep(transfer_id, "")
            self._transfer = asyncio.create_task(self._hand_over(transfer_id, target))
        return pb.TransferLeadershipPResponse(transferId=transfer_id)

    def _check_transfer(self, status: JournalStatus, address: NetAddress) -> str:
        if self._transfer is not None and not self._transfer.done():
            raise FailedPrecondition("This master is already transferring the leadership; wait for the end of that.")
        if not self._is_serving():
            raise FailedPrecondition("This master is still gaining primacy; try again when it serves.")
        target = _member(status, address)
        if target == self._own_address:
            raise FailedPrecondition(f"{target} leads already.")
        return target

    async def _hand_over(self, transfer_id: str, target: str) -> None:
        try:
            await self._quorum.transfer_leadership(target, TRANSFER_TIMEOUT_S)
            log.info("The leadership was transferred to %s.", target)
        except AlluxioError as error:
            log.warning("The leadership was not transferred to %s: %s", target, error)
            self._keep(transfer_id, str(error) or type(error).__name__)

    def _keep(self, transfer_id: str, message: str) -> None:
        self._transfers[transfer_id] = message
        while len(self._transfers) > TRANSFERS_KEPT_MAX:
            self._transfers.popitem(last=False)

    async def get_transfer_leader_message(
        self, request: pb.GetTransferLeaderMessagePRequest, call: Call
    ) -> pb.GetTransferLeaderMessagePResponse:
        """Return why a transfer failed; empty while it has not, and for an id that was given by another master."""
        message = pb.TransferLeaderMessage(msg=self._transfers.get(request.transferId, ""))
        return pb.GetTransferLeaderMessagePResponse(transMsg=message)


def _check_leads(status: JournalStatus) -> None:
    if status.role is not Role.LEADER:
        raise NotLeader("Quorum operations are only supported on Raft leader")


def _addresses(status: JournalStatus) -> list[str]:
    return [peer.address for peer in status.configuration.peers]


def _member(status: JournalStatus, address: NetAddress) -> str:
    """Return a member as the quorum spells it. NotFound: there is none of that address."""
    if not address.host or not address.rpcPort:
        raise InvalidArgument("The request names no address: give host and journal port of a member.")
    wanted = f"{address.host}:{address.rpcPort}"
    members = _addresses(status)
    for member in members:
        if member.lower() == wanted.lower():
            return member
    raise NotFound(
        f"{wanted} is not part of the quorum, which consists of {', '.join(members)}. Addresses are those of the "
        "journal, not of the RPC port."
    )


def _net_address(address: str) -> NetAddress:
    host, _, port = address.rpartition(":")
    return NetAddress(host=host, rpcPort=int(port))
