"""The transport between real members: gRPC, the services of Apache Ratis 2.4.1, threads of its own.

    driver ──send──> PeerLink (two streams, single calls)  ──────>  a peer's port
    driver ──send──> RaftServer ──> the stream or call that waits   (answers)
    receiver <── threads that read streams, gRPC's threads of calls, and one that watches the clock

Sync gRPC on own threads, because neither a busy event loop nor a long transaction may cost an election. What a peer
costs is bounded: two threads and two queues for what it is told, two threads for each stream that it opened.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final

import grpc

from pyalluxio.ids import Index
from pyalluxio.journal.options import TICK_MS
from pyalluxio.journal.raft_wire import EncodedEntries, RaftWire
from pyalluxio.journal.transport import Receiver
from pyalluxio.journal.transport_options import TransportOptions
from pyalluxio.journal.transport_peer import PeerLink
from pyalluxio.journal.transport_server import RaftServer
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendRequest,
    InstallSnapshotRequest,
    Message,
    Peer,
    PeerId,
    StartLeaderElectionRequest,
    VoteRequest,
)

log = logging.getLogger(__name__)

# Alluxio's masters, and its job masters on their own port, all use this Raft group.
GROUP_ID: Final = uuid.UUID("02511d47-d67c-49a3-9011-abb3109a44c1")

WATCH_INTERVAL_S = 0.25
HEARTBEAT_SIZE_BYTES = 256


class GrpcTransport:
    """One member's connection to its peers; a `Transport`.

    more_handlers  further services for the port, such as Ratis' client and admin services
    holder_of      names who holds a port, for the sentence of ConfigurationError
    """

    def __init__(
        self,
        self_peer: Peer,
        listen_host: str,
        listen_port: int,
        group_id: uuid.UUID = GROUP_ID,
        options: TransportOptions | None = None,
        *,
        tick_ms: int = TICK_MS,
        more_handlers: Sequence[grpc.GenericRpcHandler] = (),
        holder_of: Callable[[int], str] | None = None,
    ) -> None:
        self._self_peer = self_peer
        self._listen = (listen_host, listen_port)
        self._options = options or TransportOptions()
        self._wire = RaftWire(self_peer.id, group_id, tick_ms)
        self._more_handlers = tuple(more_handlers)
        self._holder_of = holder_of
        self._receiver: Receiver | None = None
        self._server: RaftServer | None = None
        self._links: dict[PeerId, PeerLink] = {}
        self._wanted: tuple[Peer, ...] = ()
        self._links_lock = threading.Lock()
        self._ending: list[threading.Thread] = []
        self._commit_index = NO_INDEX
        self._wake = threading.Event()
        self._is_stopped = False
        self._watch = threading.Thread(target=self._watch_clock, name="raft-watch", daemon=True)
        self.port = 0

    def start(self, receiver: Receiver) -> None:
        """See `Transport.start`; `port` is then the number of the open port."""
        assert self._receiver is None, "a transport is started once"
        server = RaftServer(
            self._wire,
            self._options,
            receiver,
            on_stream_opened=self._heard_of,
            on_last_stream_closed=self._wake.set,
        )
        self.port = server.start(*self._listen, self._more_handlers, self._holder_of)
        self._receiver, self._server = receiver, server
        self._watch.start()
        self.set_peers(self._wanted)

    def set_peers(self, peers: Sequence[Peer]) -> None:
        """See `Transport.set_peers`. A peer whose address changed is left and met again; priorities change nothing."""
        self._wanted = tuple(peers)
        if self._receiver is None or self._is_stopped:
            return
        wanted = {peer.id: peer for peer in peers if peer.id != self._self_peer.id}
        with self._links_lock:
            links = dict(self._links)
            for peer_id, link in self._links.items():
                peer = wanted.get(peer_id)
                if peer is None or peer.address != link.peer.address:
                    link.close()
                    self._ending = [thread for thread in (*self._ending, *link.threads) if thread.is_alive()]
                    del links[peer_id]
            for peer_id, peer in wanted.items():
                if peer_id not in links:
                    links[peer_id] = PeerLink(peer, self._wire, self._options, self._receiver)
                    links[peer_id].start()
            self._links = links

    def send(self, messages: Sequence[Message]) -> None:
        """See `Transport.send`. Equal entries for several peers are encoded once."""
        receiver, server = self._receiver, self._server
        if receiver is None or server is None or self._is_stopped:
            return
        encoded: dict[tuple[int, int, int], EncodedEntries] = {}
        unreachable: list[PeerId] = []
        for message in messages:
            if isinstance(message, AppendRequest):
                link = self._links.get(message.to)
                if link is not None and not self._append(link, message, encoded):
                    unreachable.append(message.to)
            elif isinstance(message, VoteRequest | StartLeaderElectionRequest | InstallSnapshotRequest):
                link = self._links.get(message.to)
                if link is not None:
                    link.calls.send(message)
            else:
                server.answer(message)
        for peer in dict.fromkeys(unreachable):
            receiver.unreachable(peer)

    def streams_from(self, peer: PeerId) -> int:
        """Return how many append streams of a peer lead into this member, for reports."""
        return len(self._server.ledger.of_peer(peer)) if self._server is not None else 0

    def stop(self, timeout_s: float) -> None:
        """See `Transport.stop`. Logs the names of threads that outlive the deadline."""
        deadline = time.monotonic() + timeout_s
        with self._links_lock:
            self._is_stopped = True
            links, self._links = self._links, {}
        self._wake.set()
        if self._receiver is None or self._server is None:
            return
        for link in links.values():
            link.close()
        ending = [*self._server.stop(deadline), *self._ending, self._watch]
        for link in links.values():
            ending += link.threads
        for thread in ending:
            thread.join(max(0.0, deadline - time.monotonic()))
        if late := [thread.name for thread in ending if thread.is_alive()]:
            log.warning("Threads of the Raft transport are still ending: %s", ", ".join(late))

    # --- inside ----------------------------------------------------------------------------------------------------

    def _append(
        self, link: PeerLink, request: AppendRequest, encoded: dict[tuple[int, int, int], EncodedEntries]
    ) -> bool:
        """Queue an append; returns False when it was dropped and the core should know."""
        wire = self._wire
        if request.is_heartbeat:
            infos = self._commit_infos(request)
            # A heartbeat that finds its queue full is covered by those before it, or by the silence that follows.
            link.heartbeats.offer(lambda: wire.append_request(request, None, infos), HEARTBEAT_SIZE_BYTES)
            return True
        key = (id(request.entries[0]), id(request.entries[-1]), len(request.entries))
        entries = encoded.get(key)
        if entries is None:
            entries = encoded[key] = EncodedEntries(request.entries)
        return link.appends.offer(lambda: wire.append_request(request, entries), entries.size_bytes)

    def _commit_infos(self, request: AppendRequest) -> list[tuple[Peer, Index]]:
        """Return what Ratis' leaders tell of everybody's commit index; here it rides with the heartbeats only."""
        self._commit_index = Index(max(self._commit_index, request.leader_commit))
        infos = [(self._self_peer, self._commit_index)]
        infos += [(link.peer, link.commit_index) for link in self._links.values()]
        return infos

    def _heard_of(self, peer: PeerId) -> None:
        link = self._links.get(peer)
        if link is not None:
            link.heard_of()

    def _watch_clock(self) -> None:
        """Report peers that are gone, break silent streams, end nameless ones."""
        assert self._receiver is not None and self._server is not None
        ledger = self._server.ledger
        checked_at = 0.0
        while not self._is_stopped:
            due_s = ledger.next_due_s()
            self._wake.wait(WATCH_INTERVAL_S if due_s is None else min(due_s, WATCH_INTERVAL_S))
            self._wake.clear()
            for peer in ledger.take_gone():
                log.info("All streams of %s ended, and none came back.", peer)
                self._receiver.streams_closed(peer)
            now = time.monotonic()
            if now - checked_at >= WATCH_INTERVAL_S:
                checked_at = now
                self._server.close_unnamed(now)
                for link in self._links.values():
                    link.check(now)
