"""What this member says to one peer: two streams of appends, and single calls.

Data and heartbeats go over a connection each, as Ratis does it, so that a heartbeat never waits behind megabytes. A
stream is opened when the peer becomes known, not when there is something to say: it is then there for a new leader's
first append, and its end tells the peer that this process is gone.

    sender ──offer──> Requests (bounded) ──> gRPC's thread draws and writes        the stream's own thread reads answers
                                                                                   and opens the next stream

A stream that breaks takes with it everything that was queued for it; the receiver is told once (`unreachable`). Each
attempt uses a new channel: the host's name is resolved anew, and no backoff of gRPC's stands in the way.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable

import grpc

from pyalluxio.errors import RemoteProtocolError
from pyalluxio.ids import Index
from pyalluxio.journal.raft_wire import RaftWire
from pyalluxio.journal.transport import Receiver
from pyalluxio.journal.transport_options import GROUP_KEY, PEER_KEY, TransportOptions, path
from pyalluxio.raft.messages import (
    NO_INDEX,
    InstallSnapshotRequest,
    Message,
    Peer,
    StartLeaderElectionRequest,
    VoteRequest,
)

log = logging.getLogger(__name__)

# A stream that lasted so long, or a twentieth of it with an answer, was a good one: the next attempt is made at once.
STEADY_S = 1.0
ANSWERED_STEADY_S = 0.05

Encode = Callable[[], bytes]


class Requests:
    """The requests of one stream: one thread offers, gRPC's thread draws. Counted without locks, one writer each."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Encode, int] | None] = queue.SimpleQueue()
        self._offered_bytes = self._taken_bytes = 0
        self.offered_count = self.taken_count = 0
        self.is_closed = False

    @property
    def queued_bytes(self) -> int:
        return self._offered_bytes - self._taken_bytes

    @property
    def queued_count(self) -> int:
        return self.offered_count - self.taken_count

    def offer(self, encode: Encode, size_bytes: int) -> None:
        self._offered_bytes += size_bytes
        self.offered_count += 1
        self._queue.put((encode, size_bytes))

    def close(self) -> None:
        """End the iteration, wherever it stands."""
        self.is_closed = True
        self._queue.put(None)

    def __iter__(self) -> Requests:
        return self

    def __next__(self) -> bytes:
        item = self._queue.get()
        if item is None or self.is_closed:
            raise StopIteration
        encode, size_bytes = item
        data = encode()
        self._taken_bytes += size_bytes
        self.taken_count += 1
        return data


class AppendStream:
    """One appendEntries stream to a peer, opened again whenever it ends, until it is closed."""

    def __init__(
        self,
        kind: str,
        peer: Peer,
        wire: RaftWire,
        options: TransportOptions,
        receiver: Receiver,
        *,
        length_max: int,
        silence_ms: int,
    ) -> None:
        self.peer = peer
        self.commit_index = NO_INDEX  # the peer's, as its last answer told it
        self._kind = kind
        self._wire = wire
        self._options = options
        self._receiver = receiver
        self._length_max = length_max
        self._silence_s = silence_ms / 1000
        self._requests = Requests()
        self._call: grpc.Call | None = None
        self._unanswered_since: float | None = None
        self._answered_count = 0
        self._wake = threading.Event()
        self._is_closed = False
        self._is_down = False
        self.thread = threading.Thread(target=self._run, name=f"raft-{kind}-{peer.id}", daemon=True)

    def offer(self, encode: Encode, size_bytes: int) -> bool:
        """Queue a request; returns False when it was dropped because too much waits already. One thread calls this."""
        requests = self._requests
        is_full = requests.queued_count >= self._length_max or (
            requests.queued_bytes > 0 and requests.queued_bytes + size_bytes > self._options.queue_size_max_bytes
        )
        if is_full:
            return False
        if self._unanswered_since is None:
            self._unanswered_since = time.monotonic()
        requests.offer(encode, size_bytes)
        # Closed in between: nobody will draw this one.
        return not requests.is_closed

    def give_up_if_silent(self, now: float) -> None:
        """Break a stream whose peer has not answered for too long; it is opened again over a new connection."""
        since, call = self._unanswered_since, self._call
        if since is not None and call is not None and now - since > self._silence_s:
            log.warning("%s does not answer; its %s stream is opened again.", self.peer.id, self._kind)
            self._unanswered_since = None
            call.cancel()

    def hurry(self) -> None:
        """Open the stream now if it waits to be: the peer was just heard of."""
        self._wake.set()

    def close(self) -> None:
        """Begin to end; `thread` ends soon after. Never blocks."""
        self._is_closed = True
        self._requests.close()
        self._wake.set()
        call = self._call
        if call is not None:
            call.cancel()

    # --- the stream's own thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        attempt = 0
        while not self._is_closed:
            opened_at = time.monotonic()
            requests = self._requests
            why = self._converse(requests)
            self._requests = Requests()
            requests.close()
            self._unanswered_since = None
            if self._is_closed:
                self._requests.close()
                return
            lasted_s = time.monotonic() - opened_at
            was_steady = lasted_s > (ANSWERED_STEADY_S if self._answered_count else STEADY_S)
            attempt = 0 if was_steady else attempt + 1
            if requests.offered_count or was_steady:
                self._receiver.unreachable(self.peer.id)
            if not self._is_down:
                self._is_down = True
                log.info("The %s stream to %s at %s ended: %s", self._kind, self.peer.id, self.peer.address, why)
            if attempt:
                self._wake.wait(self._pause_s(attempt))
            self._wake.clear()

    def _pause_s(self, attempt: int) -> float:
        options = self._options
        longest_ms = min(options.backoff_max_ms, options.backoff_min_ms << min(attempt - 1, 16))
        return random.uniform(0.5, 1.0) * longest_ms / 1000

    def _converse(self, requests: Requests) -> str:
        """Open a stream and pass on its answers until it ends; return why it did."""
        self._answered_count = 0
        channel = grpc.insecure_channel(self.peer.address, options=self._options.client_channel())
        try:
            stub = channel.stream_stream(path("appendEntries"), request_serializer=None, response_deserializer=None)
            call = stub(requests, metadata=metadata_of(self._wire))
            self._call = call
            if self._is_closed:
                call.cancel()
            for data in call:
                self._answered(requests)
                reply = self._wire.read_append_reply(data, self.peer.id)
                self.commit_index = reply.follower_commit
                self._receiver.received(reply)
            return "the peer closed it"
        except grpc.RpcError as error:
            return reason_of(error)
        except RemoteProtocolError as error:
            log.warning("%s at %s: %s", self.peer.id, self.peer.address, error)
            return str(error)
        finally:
            self._call = None
            channel.close()

    def _answered(self, requests: Requests) -> None:
        self._answered_count += 1
        is_waiting = self._answered_count < requests.offered_count
        self._unanswered_since = time.monotonic() if is_waiting else None
        if self._is_down:
            self._is_down = False
            log.info("%s at %s answers on the %s stream.", self.peer.id, self.peer.address, self._kind)


class Calls:
    """Single calls to a peer, each with a deadline; an answer that does not come in time does not come at all."""

    def __init__(self, peer: Peer, wire: RaftWire, options: TransportOptions, receiver: Receiver) -> None:
        self._peer = peer
        self._wire = wire
        self._options = options
        self._receiver = receiver
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._is_stale = False
        self._under_way: set[grpc.Future] = set()
        self._is_closed = False

    def send(self, request: VoteRequest | StartLeaderElectionRequest | InstallSnapshotRequest) -> None:
        """Make the call for a request; never blocks."""
        wire = self._wire
        if isinstance(request, VoteRequest):
            vote = request
            self._call("requestVote", wire.vote_request(vote), lambda data: wire.read_vote_reply(data, vote))
        elif isinstance(request, StartLeaderElectionRequest):
            data = wire.start_election_request(request)
            self._call("startLeaderElection", data, lambda data: wire.read_start_election_reply(data, self._peer.id))
        else:
            # One request, closed at once, one answer: on the wire such a stream is a unary call.
            data = wire.install_snapshot_request(request)
            self._call("installSnapshot", data, lambda data: wire.read_install_snapshot_reply(data, self._peer.id))

    def renew(self) -> None:
        """Use a new connection from the next call on: the old one may lead to a process that is gone."""
        self._is_stale = True

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            channel, self._channel = self._channel, None
            under_way = list(self._under_way)
        for future in under_way:
            future.cancel()
        if channel is not None:
            channel.close()

    def _call(self, method: str, data: bytes, read: Callable[[bytes], Message]) -> None:
        with self._lock:
            if self._is_closed or len(self._under_way) >= self._options.calls_max:
                return
            if self._is_stale and self._channel is not None and not self._under_way:
                self._channel.close()
                self._channel = None
            if self._channel is None:
                self._is_stale = False
                self._channel = grpc.insecure_channel(self._peer.address, options=self._options.client_channel())
            stub = self._channel.unary_unary(path(method), request_serializer=None, response_deserializer=None)
            future = stub.future(data, timeout=self._options.call_timeout_ms / 1000, metadata=metadata_of(self._wire))
            self._under_way.add(future)
        future.add_done_callback(lambda done: self._done(method, done, read))

    def _done(self, method: str, future: grpc.Future, read: Callable[[bytes], Message]) -> None:
        with self._lock:
            self._under_way.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self._is_stale = True
            log.debug("%s to %s failed: %s", method, self._peer.id, reason_of(error))
            return
        try:
            self._receiver.received(read(future.result()))
        except RemoteProtocolError as wrong:
            log.warning("%s at %s: %s", self._peer.id, self._peer.address, wrong)


class PeerLink:
    """Everything that leads to one peer."""

    def __init__(self, peer: Peer, wire: RaftWire, options: TransportOptions, receiver: Receiver) -> None:
        self.peer = peer
        self.appends = AppendStream(
            "data",
            peer,
            wire,
            options,
            receiver,
            length_max=options.queue_length_max,
            silence_ms=options.append_silence_ms,
        )
        self.heartbeats = AppendStream(
            "heartbeat",
            peer,
            wire,
            options,
            receiver,
            length_max=options.heartbeat_queue_length_max,
            silence_ms=options.heartbeat_silence_ms,
        )
        self.calls = Calls(peer, wire, options, receiver)

    @property
    def commit_index(self) -> Index:
        """The peer's commit index as far as it told, NO_INDEX before."""
        return max(self.appends.commit_index, self.heartbeats.commit_index)

    @property
    def threads(self) -> list[threading.Thread]:
        return [self.appends.thread, self.heartbeats.thread]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def check(self, now: float) -> None:
        self.heartbeats.give_up_if_silent(now)
        self.appends.give_up_if_silent(now)

    def heard_of(self) -> None:
        """The peer opened a stream into this member: it is there, and may be another process than before."""
        self.calls.renew()
        self.heartbeats.hurry()
        self.appends.hurry()

    def close(self) -> None:
        """Begin to end; never blocks."""
        self.appends.close()
        self.heartbeats.close()
        self.calls.close()


def metadata_of(wire: RaftWire) -> tuple[tuple[str, bytes], ...]:
    return ((PEER_KEY, wire.self_id.encode()), (GROUP_KEY, wire.group_id.bytes))


def reason_of(error: BaseException) -> str:
    """Return gRPC's error in a few words."""
    if isinstance(error, grpc.Call):
        return f"{error.code().name}: {error.details()}"
    return str(error) or type(error).__name__
