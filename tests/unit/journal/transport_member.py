"""A member without a core, for tests of the transport: it notes what it is told, and can answer like a follower.

python transport_member.py PORT PEER_PORT...     as a process of its own; prints "ready", ends when killed
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from tests.ports import free_port
from tests.waiting import wait_until

from pyalluxio.ids import Index, Term
from pyalluxio.journal.transport_grpc import GrpcTransport
from pyalluxio.journal.transport_options import TransportOptions
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    AppendResult,
    Entry,
    EntryKind,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    InstallSnapshotResult,
    LogPosition,
    Message,
    Peer,
    PeerId,
    StartLeaderElectionReply,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)

HOST = "127.0.0.1"


def peer_at(port: int) -> Peer:
    return Peer.at(f"{HOST}:{port}")


class Member:
    """A transport and everything that it told."""

    def __init__(self, port: int = 0, options: TransportOptions | None = None, *, answers: bool = False) -> None:
        if port == 0:
            port = free_port()
        self.peer = peer_at(port)
        self.transport = GrpcTransport(self.peer, HOST, port, options=options)
        self.messages: list[Message] = []
        self.unreachable_peers: list[PeerId] = []
        self.closed: list[tuple[PeerId, float]] = []
        self._answers = answers
        self._changed = threading.Condition()

    @property
    def id(self) -> PeerId:
        return self.peer.id

    @property
    def port(self) -> int:
        return int(self.peer.address.rpartition(":")[2])

    # --- Receiver --------------------------------------------------------------------------------------------------

    def received(self, message: Message) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()
        if self._answers and (reply := answer_to(message)) is not None:
            self.transport.send([reply])

    def unreachable(self, peer: PeerId) -> None:
        with self._changed:
            self.unreachable_peers.append(peer)
            self._changed.notify_all()

    def streams_closed(self, peer: PeerId) -> None:
        with self._changed:
            self.closed.append((peer, time.monotonic()))
            self._changed.notify_all()

    # --- for tests -------------------------------------------------------------------------------------------------

    def start(self, *others: Member) -> Member:
        self.transport.start(self)
        self.transport.set_peers([other.peer for other in others])
        return self

    def wait(self, condition: Callable[[], object], timeout_s: float = 10, what: str = "the condition") -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: bool(condition()), timeout_s), f"{what}: not within {timeout_s} s"

    def wait_for_streams_of(self, peer: Peer) -> None:
        wait_until(lambda: self.transport.streams_from(peer.id) == 2, what=f"both streams of {peer.id}")

    def take(self, kind: type[Message], timeout_s: float = 10) -> Message:
        """Wait for a message of a kind, and take it and whatever came before it."""
        self.wait(lambda: any(isinstance(each, kind) for each in self.messages), timeout_s, f"a {kind.__name__}")
        with self._changed:
            index = next(index for index, each in enumerate(self.messages) if isinstance(each, kind))
            message = self.messages[index]
            del self.messages[: index + 1]
            return message


def answer_to(message: Message) -> Message | None:
    """Return what a follower that agrees with everything would say."""
    ids = (message.to, message.sender)
    if isinstance(message, AppendRequest):
        last = message.entries[-1].index if message.entries else NO_INDEX
        return AppendReply(
            *ids,
            message.term,
            AppendResult.SUCCESS,
            Index(last + 1),
            last,
            message.call_id,
            message.is_heartbeat,
            promise_ticks=15,
        )
    if isinstance(message, VoteRequest):
        return VoteReply(*ids, message.term, message.term, message.is_pre_vote, granted=True)
    if isinstance(message, StartLeaderElectionRequest):
        return StartLeaderElectionReply(*ids, accepted=True)
    if isinstance(message, InstallSnapshotRequest):
        return InstallSnapshotReply(*ids, message.term, InstallSnapshotResult.SNAPSHOT_UNAVAILABLE)
    return None


def heartbeat(sender: PeerId, to: PeerId, call_id: int) -> AppendRequest:
    return AppendRequest(sender, to, Term(1), None, (), NO_INDEX, call_id)


def append(sender: PeerId, to: PeerId, call_id: int, index: int = 0, size_bytes: int = 100) -> AppendRequest:
    """Return a request with one entry of term 1."""
    entry = Entry(Term(1), Index(index), EntryKind.DATA, b"x" * size_bytes, client_id=b"c" * 16, call_id=call_id)
    previous = LogPosition(Term(1), Index(index - 1)) if index else None
    return AppendRequest(sender, to, Term(1), previous, (entry,), NO_INDEX, call_id)


def main() -> None:
    """Answer everything until killed."""
    port, *peer_ports = map(int, sys.argv[1:])
    member = Member(port, answers=True)
    member.transport.start(member)
    member.transport.set_peers([peer_at(each) for each in peer_ports])
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
