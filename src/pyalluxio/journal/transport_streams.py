"""The append streams that peers opened into this member: who has some, what they wait for, and when all are gone.

A stream belongs to the peer that its metadata names; one from Java to the sender of its first message. A peer whose
last stream ended and that opens none within the grace is reported once: its process was killed, or has left us.

    open ──(names its peer)──> counted ──(ends)──> not counted ──(the last one, and none within the grace)──> reported
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable

import grpc

from pyalluxio.ids import Term
from pyalluxio.raft.messages import NO_PEER, AppendReply, AppendRequest, PeerId

# Requests of one stream that have no answer yet; Ratis allows a leader 128.
PENDING_MAX = 1024


class InboundStream:
    """One append stream of a peer. Answers are put in, the handler that owns the stream takes them out and writes."""

    def __init__(self, context: grpc.ServicerContext, opened_at: float) -> None:
        self.peer = NO_PEER
        self.opened_at = opened_at
        self.failure: BaseException | None = None
        self.failed_call: tuple[int, bool] | None = None
        self._context = context
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._pending: OrderedDict[tuple[int, bool], Term] = OrderedDict()
        self._lock = threading.Lock()

    def expect(self, request: AppendRequest) -> None:
        """Remember that a request came over this stream, and wants its answer here."""
        with self._lock:
            self._pending[request.call_id, request.is_heartbeat] = request.term
            if len(self._pending) > PENDING_MAX:
                self._pending.popitem(last=False)

    def takes(self, reply: AppendReply) -> bool:
        """Tell whether this stream waits for an answer, and forget that it does.

        An answer from before a request's term is to a request of the same number from an earlier leadership.
        """
        with self._lock:
            key = (reply.call_id, reply.is_heartbeat)
            term = self._pending.get(key)
            if term is None or reply.term < term:
                return False
            del self._pending[key]
            return True

    def answer(self, data: bytes) -> None:
        self._replies.put(data)

    def next_answer(self) -> bytes | None:
        """Wait for an answer to write; None: the stream is to end."""
        return self._replies.get()

    def end(self) -> None:
        """Let the handler end the stream, after the answers that are there."""
        self._replies.put(None)

    def cancel(self) -> None:
        self._context.cancel()


class StreamLedger:
    """All inbound append streams. Any thread."""

    def __init__(self, grace_s: float, clock: Callable[[], float]) -> None:
        self._grace_s = grace_s
        self._clock = clock
        self._lock = threading.Lock()
        self._streams: set[InboundStream] = set()
        self._by_peer: dict[PeerId, list[InboundStream]] = {}
        self._gone_at: dict[PeerId, float] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def open(self, stream: InboundStream, streams_max: int) -> bool:
        """Take a stream in; returns False when there are too many."""
        with self._lock:
            if len(self._streams) >= streams_max:
                return False
            self._streams.add(stream)
            return True

    def name(self, stream: InboundStream, peer: PeerId, per_peer_max: int) -> InboundStream | None:
        """Count a stream for its peer; returns the peer's oldest one when that has to go."""
        with self._lock:
            if stream not in self._streams:
                return None
            stream.peer = peer
            streams = self._by_peer.setdefault(peer, [])
            streams.append(stream)
            self._gone_at.pop(peer, None)
            return streams[0] if len(streams) > per_peer_max else None

    def close(self, stream: InboundStream) -> bool:
        """Take a stream out; returns True when it was its peer's last one, and the grace begins. May be repeated."""
        with self._lock:
            if stream not in self._streams:
                return False
            self._streams.discard(stream)
            streams = self._by_peer.get(stream.peer)
            if streams is None:
                return False
            streams.remove(stream)
            if streams:
                return False
            del self._by_peer[stream.peer]
            self._gone_at[stream.peer] = self._clock()
            return True

    def take_gone(self) -> list[PeerId]:
        """Return the peers whose grace has ended, each once."""
        if not self._gone_at:
            return []
        with self._lock:
            latest = self._clock() - self._grace_s
            gone = [peer for peer, since in self._gone_at.items() if since <= latest]
            for peer in gone:
                del self._gone_at[peer]
            return gone

    def next_due_s(self) -> float | None:
        """Return in how many seconds the next grace ends; None: none has begun."""
        with self._lock:
            if not self._gone_at:
                return None
            return max(0.0, min(self._gone_at.values()) + self._grace_s - self._clock())

    def unnamed(self, before: float) -> list[InboundStream]:
        """Return the streams opened before a moment that still do not say whose they are."""
        with self._lock:
            return [each for each in self._streams if each.peer == NO_PEER and each.opened_at < before]

    def of_peer(self, peer: PeerId) -> list[InboundStream]:
        with self._lock:
            return list(self._by_peer.get(peer, ()))

    def all(self) -> list[InboundStream]:
        with self._lock:
            return list(self._streams)
