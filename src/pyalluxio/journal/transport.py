"""The seam between a journal member and the network that joins it to its peers.

Rule 1: a transport may lose, delay, repeat and reorder messages; it never changes one and never makes one up.
Rule 2: it never keeps the driver waiting. What does not fit into a peer's bounded queue is dropped and reported as
        `unreachable`.
Rule 3: answers travel through `send` like requests; the transport finds the stream or the call that waits for one.

Two implementations: `transport_grpc.GrpcTransport`, which speaks Ratis 2.4.1's services, and the simulator's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pyalluxio.raft.messages import Message, Peer, PeerId


class Receiver(Protocol):
    """Takes what a transport has to tell. Called on the transport's threads; never blocks, never raises."""

    def received(self, message: Message) -> None:
        """Take a message whose `to` is this member. A peer that is not in the list of peers may have sent it."""

    def unreachable(self, peer: PeerId) -> None:
        """Take note that what was in flight to the peer is lost: `core.report_unreachable`. May be repeated."""

    def streams_closed(self, peer: PeerId) -> None:
        """Take note that all of the peer's streams into this member ended and none came back within 50 ms.

        The sign of a killed process: `core.report_streams_closed`.
        """


class Transport(Protocol):
    """Carries messages to and from peers."""

    def start(self, receiver: Receiver) -> None:
        """Open the port and begin to deliver to `receiver`. Once only.

        Raises:  ConfigurationError: the port is taken; names the port, and its holder where that can be known.
        """

    def set_peers(self, peers: Sequence[Peer]) -> None:
        """Talk to these peers from now on, voters and learners, without this member. Any time, from one thread."""

    def send(self, messages: Sequence[Message]) -> None:
        """Queue messages, each for its `to`; never blocks. Messages to one peer keep their order, heartbeats aside.

        A message to a peer that is neither listed nor waiting for this answer is dropped.
        """

    def stop(self, timeout_s: float) -> None:
        """Close the port and all streams, and end all threads. May be repeated, and called without `start`."""
