"""Administration of the quorum from outside: asking every master for its view, electing, removing.

What official masters offer is enough to elect and remove; from Python masters the standbys' views come too, so that a
quorum without a leader can be explained.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyalluxio.client.leader import NoLeader, is_unreachable
from pyalluxio.errors import (
    AlluxioError,
    DeadlineExceeded,
    FailedPrecondition,
    NotFound,
    Status,
    Unavailable,
)
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.methods import method

SERVICE = "alluxio.grpc.journal.JournalMasterClientService"

# A person waits: a master that does not answer in that time is shown as one that does not.
ANSWER_TIMEOUT_S = 3.0
# Catching up before a vote, or waiting for a slow majority, is part of a change of members.
CHANGE_TIMEOUT_S = 120.0
# An election may be under way just now.
LEADER_WAIT_S = 5.0
POLL_S = 0.05


@dataclass(slots=True)
class QuorumView:
    """What the masters said, by the RPC address that was asked: either a view of the quorum or an error."""

    answers: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, AlluxioError] = field(default_factory=dict)

    @property
    def best(self) -> Any | None:
        """The leader's answer; else that of the member with the newest term; None when nobody answered."""
        return self.of_leader or max(
            self.answers.values(), key=lambda answer: (answer.term, answer.lastIndex), default=None
        )

    @property
    def of_leader(self) -> Any | None:
        """The answer of the master that leads, by its own account, in the newest term."""
        leading = [answer for answer in self.answers.values() if leads(answer)]
        return max(leading, key=lambda answer: answer.term, default=None)

    def asked_of(self, answer: Any) -> str:
        """Return which RPC address gave an answer."""
        return next(address for address, given in self.answers.items() if given is answer)


def leads(answer: Any) -> bool:
    """Say whether whoever gave this answer leads. An official master answers only when it does."""
    if not answer.HasField("answeredBy"):
        return True
    return bool(leader_of(answer) == answer.answeredBy)


def leader_of(answer: Any) -> str:
    """Return `host:port` of the leader's journal, "" when the answering master knows none."""
    return next((address_of(row) for row in answer.serverInfo if row.isLeader), "")


def address_of(row: Any) -> str:
    return f"{row.serverAddress.host}:{row.serverAddress.rpcPort}"


class QuorumAdministration:
    """One connection to each of the masters at `addresses` (`host:port` of their RPC)."""

    def __init__(
        self, addresses: Sequence[str], options: ChannelOptions, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.addresses = tuple(addresses)
        self._channels = {address: Channel(address, options) for address in addresses}
        self._clock = clock

    async def close(self) -> None:
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))

    async def view(self) -> QuorumView:
        """Ask all masters at once."""
        view = QuorumView()
        request = pb.GetQuorumInfoPRequest(options=pb.GetQuorumInfoPOptions(anyMember=True))

        async def ask(address: str) -> None:
            try:
                view.answers[address] = await self._call(address, "GetQuorumInfo", request)
            except AlluxioError as error:
                view.errors[address] = error

        await asyncio.gather(*map(ask, self.addresses))
        return view

    async def remove(self, host: str, port: int) -> None:
        """Take a member out; returns when it is out.

        Raises:   NotFound: no such member.  NoLeader.  What the leader refuses it with.
        """
        leader = await self._leader()
        _require_member(leader.answer, f"{host}:{port}")
        request = pb.RemoveQuorumServerPRequest(serverAddress=NetAddress(host=host, rpcPort=port))
        await self._call(leader.address, "RemoveQuorumServer", request, CHANGE_TIMEOUT_S)

    async def elect(self, host: str, port: int, timeout_s: float) -> float:
        """Make a member the leader; return the seconds until it was seen leading.

        Raises:   FailedPrecondition: it leads already, or the transfer failed; the text has the reason.
                  NotFound: no such member.  NoLeader.  DeadlineExceeded: nothing was decided in `timeout_s`.
        """
        leader = await self._leader()
        target = _require_member(leader.answer, f"{host}:{port}")
        if leader_of(leader.answer).lower() == target.lower():
            raise FailedPrecondition(f"{target} leads already.")
        began_s = self._clock()
        target_host, _, target_port = target.rpartition(":")
        address = NetAddress(host=target_host, rpcPort=int(target_port))
        request = pb.TransferLeadershipPRequest(serverAddress=address)
        transfer_id = (await self._call(leader.address, "TransferLeadership", request)).transferId
        while self._clock() - began_s < timeout_s:
            await asyncio.sleep(POLL_S)
            message = await self._message(leader.address, transfer_id)
            if message:
                raise FailedPrecondition(message)
            answer = (await self.view()).of_leader
            # A Python master says besides whether it serves already.
            if answer is not None and leader_of(answer).lower() == target.lower() and _serves(answer):
                return self._clock() - began_s
        raise DeadlineExceeded(f"After {timeout_s:g} s nothing is known of the transfer; look at `quorum info`.")

    async def _message(self, address: str, transfer_id: str) -> str:
        request = pb.GetTransferLeaderMessagePRequest(transferId=transfer_id)
        try:
            return str((await self._call(address, "GetTransferLeaderMessage", request)).transMsg.msg)
        except AlluxioError as error:
            # The old leader may restart its port on stepping down, or serve this no longer: who leads tells as well.
            if error.status in (Status.UNAVAILABLE, Status.UNIMPLEMENTED, Status.CANCELLED, Status.UNAUTHENTICATED):
                return ""
            raise

    async def _leader(self) -> _Leader:
        """Return who leads and its view. NoLeader: nobody, and has not for some seconds."""
        ends_s = self._clock() + LEADER_WAIT_S
        while True:
            view = await self.view()
            answer = view.of_leader
            if answer is not None:
                return _Leader(view.asked_of(answer), answer)
            if self._clock() > ends_s or not view.answers:
                raise no_leader(view)
            await asyncio.sleep(POLL_S)

    async def _call(self, address: str, rpc: str, request: Any, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._channels[address].unary(method(SERVICE, rpc), request, timeout_s)
        except TimeoutError:
            raise Unavailable(f"Cannot reach {address}: no answer within {timeout_s:g} s") from None


@dataclass(frozen=True, slots=True)
class _Leader:
    address: str
    answer: Any


def no_leader(view: QuorumView) -> NoLeader:
    """Return the error that says why nobody leads."""
    nobody = not view.answers and all(is_unreachable(error) for error in view.errors.values())
    return NoLeader(why_no_leader(view), nobody)


def why_no_leader(view: QuorumView) -> str:
    """Return in one line why nobody leads: what a living member says, else what each address answered."""
    best = view.best
    if best is not None and best.noLeaderReason:
        return str(best.noLeaderReason)
    if best is not None and leader_of(best):
        return f"{best.answeredBy} follows {leader_of(best)}, which did not answer: {_errors(view)}"
    return f"No leading master was found. {_errors(view)}"


def _errors(view: QuorumView) -> str:
    return "; ".join(f"{address}: {str(error).removesuffix('.')}" for address, error in sorted(view.errors.items()))


def _serves(answer: Any) -> bool:
    return bool(answer.isServing or not answer.HasField("isServing"))


def _require_member(answer: Any, wanted: str) -> str:
    """Return a member as the quorum spells it."""
    members = [address_of(row) for row in answer.serverInfo]
    for member in members:
        if member.lower() == wanted.lower():
            return member
    raise NotFound(
        f"{wanted} is not part of the quorum, which consists of {', '.join(members)}. Give the address of the "
        "journal, not of the RPC port."
    )
