"""What peers ask of this member: the port, and Ratis' RaftServerProtocolService on it.

A handler turns bytes into a message, hands it to the receiver, and waits, within a deadline, for the answer that the
core sends. Two threads serve an append stream: one reads requests, gRPC's own writes the answers; so requests may
follow each other without waiting, and answers to heartbeats may overtake.

Errors reach a Java peer as it expects them: INTERNAL, with the id of the failed call in the trailers, which lets its
leader go on from that very request, and Ratis' class name where there is one.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent import futures

import grpc

from pyalluxio.errors import AlluxioError, ConfigurationError, RemoteProtocolError
from pyalluxio.journal.raft_wire import GroupMismatch, RaftWire, SnapshotChunkRefused
from pyalluxio.journal.transport import Receiver
from pyalluxio.journal.transport_options import GROUP_KEY, PEER_KEY, SERVER_SERVICE, TransportOptions
from pyalluxio.journal.transport_streams import InboundStream, StreamLedger
from pyalluxio.raft.messages import (
    AppendReply,
    InstallSnapshotReply,
    Message,
    PeerId,
    StartLeaderElectionReply,
    VoteReply,
)

log = logging.getLogger(__name__)

_GROUP_MISMATCH_CLASS = "org.apache.ratis.protocol.exceptions.GroupMismatchException"
# How long streams that were told to end have to do so, before their connections are cut.
STOP_GRACE_S = 0.5


class _Unanswered(Exception):
    """The core did not answer within the call's deadline, or this member is stopping."""


class Waiters:
    """Calls that wait for an answer of the core. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[Hashable, deque[queue.SimpleQueue[Message | None]]] = {}

    def add(self, key: Hashable) -> queue.SimpleQueue[Message | None]:
        waiter: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        with self._lock:
            self._by_key.setdefault(key, deque()).append(waiter)
        return waiter

    def remove(self, key: Hashable, waiter: queue.SimpleQueue[Message | None]) -> None:
        with self._lock:
            waiting = self._by_key.get(key)
            if waiting is not None and waiter in waiting:
                waiting.remove(waiter)
                if not waiting:
                    del self._by_key[key]

    def answer(self, key: Hashable, message: Message) -> None:
        """Give an answer to whoever has waited for it longest; nobody may."""
        with self._lock:
            waiting = self._by_key.get(key)
            if not waiting:
                return
            waiter = waiting.popleft()
            if not waiting:
                del self._by_key[key]
        waiter.put(message)

    def give_up(self) -> None:
        """Let everybody go without an answer."""
        with self._lock:
            waiting, self._by_key = self._by_key, {}
        for waiters in waiting.values():
            for waiter in waiters:
                waiter.put(None)


class RaftServer:
    """The port of one member."""

    def __init__(
        self,
        wire: RaftWire,
        options: TransportOptions,
        receiver: Receiver,
        *,
        on_stream_opened: Callable[[PeerId], None],
        on_last_stream_closed: Callable[[], None],
    ) -> None:
        self._wire = wire
        self._options = options
        self._receiver = receiver
        self._on_stream_opened = on_stream_opened
        self._on_last_stream_closed = on_last_stream_closed
        self._waiters = Waiters()
        self._server: grpc.Server | None = None
        self._pool: futures.ThreadPoolExecutor | None = None
        self._readers: set[threading.Thread] = set()
        self._is_stopping = False
        self.ledger = StreamLedger(options.return_grace_ms / 1000, time.monotonic)

    def start(
        self,
        host: str,
        port: int,
        more_handlers: Sequence[grpc.GenericRpcHandler],
        holder_of: Callable[[int], str] | None,
    ) -> int:
        """Open the port, 0: a free one; returns its number. Raises ConfigurationError: it is taken."""
        options = self._options
        self._pool = futures.ThreadPoolExecutor(options.handlers_max, thread_name_prefix="raft-server")
        self._server = grpc.server(
            self._pool,
            handlers=(self._handlers(), *more_handlers),
            options=options.server_channel(),
            maximum_concurrent_rpcs=options.handlers_max,
        )
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound = self._server.add_insecure_port(address)
        except RuntimeError as error:
            self._pool.shutdown(wait=False)
            raise ConfigurationError(_cannot_listen(host, port, error, holder_of)) from error
        self._server.start()
        return int(bound)

    def answer(self, message: Message) -> None:
        """Give an answer of the core to the stream or the call that waits for it; nobody may. Never blocks."""
        wire = self._wire
        if isinstance(message, AppendReply):
            for stream in self.ledger.of_peer(message.to):
                if stream.takes(message):
                    stream.answer(wire.append_reply(message))
                    return
        elif isinstance(message, VoteReply):
            self._waiters.answer(("vote", message.to, message.election_term, message.is_pre_vote), message)
        elif isinstance(message, StartLeaderElectionReply):
            self._waiters.answer(("start election", message.to), message)
        elif isinstance(message, InstallSnapshotReply):
            self._waiters.answer(("snapshot", message.to), message)

    def close_unnamed(self, now: float) -> None:
        """End the streams that have not said in time whose they are."""
        for stream in self.ledger.unnamed(now - self._options.first_message_timeout_ms / 1000):
            log.warning("A stream is closed that did not say whose it is.")
            stream.cancel()

    def stop(self, deadline: float) -> list[threading.Thread]:
        """Close the port and end all streams; returns the threads that are about to end."""
        self._is_stopping = True
        self._waiters.give_up()
        for stream in self.ledger.all():
            stream.end()
        if self._server is not None:
            remaining_s = max(0.0, deadline - time.monotonic())
            self._server.stop(min(STOP_GRACE_S, remaining_s / 2)).wait(remaining_s)
        if self._pool is not None:
            self._pool.shutdown(wait=False)
        return list(self._readers)

    # --- handlers --------------------------------------------------------------------------------------------------

    def _handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            SERVER_SERVICE,
            {
                "requestVote": grpc.unary_unary_rpc_method_handler(self._request_vote),
                "startLeaderElection": grpc.unary_unary_rpc_method_handler(self._start_leader_election),
                "appendEntries": grpc.stream_stream_rpc_method_handler(self._append_entries),
                "installSnapshot": grpc.stream_stream_rpc_method_handler(self._install_snapshot),
            },
        )

    def _request_vote(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        with self._failing(context):
            request = self._wire.read_vote_request(data)
            key = ("vote", request.sender, request.term, request.is_pre_vote)
            reply = self._ask(request, key, context)
            assert isinstance(reply, VoteReply)
            return self._wire.vote_reply(reply)

    def _start_leader_election(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        with self._failing(context):
            request = self._wire.read_start_election_request(data)
            reply = self._ask(request, ("start election", request.sender), context)
            assert isinstance(reply, StartLeaderElectionReply)
            return self._wire.start_election_reply(reply)

    def _install_snapshot(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        for data in requests:
            with self._failing(context):
                try:
                    request = self._wire.read_install_snapshot_request(data)
                except SnapshotChunkRefused as refused:
                    yield self._wire.install_snapshot_reply(refused.reply)
                    return
                reply = self._ask(request, ("snapshot", request.sender), context)
                assert isinstance(reply, InstallSnapshotReply)
                yield self._wire.install_snapshot_reply(reply)

    def _ask(self, request: Message, key: Hashable, context: grpc.ServicerContext) -> Message:
        """Hand a request to the core and wait for its answer; ends the call when there is none in time."""
        timeout_s = self._options.call_timeout_ms / 1000
        remaining_s = context.time_remaining()
        if remaining_s is not None:
            timeout_s = min(timeout_s, remaining_s)
        waiter = self._waiters.add(key)
        reply: Message | None = None
        try:
            if self._is_stopping:
                raise _Unanswered
            self._receiver.received(request)
            with contextlib.suppress(queue.Empty):
                reply = waiter.get(timeout=max(0.0, timeout_s))
        finally:
            self._waiters.remove(key, waiter)
        if reply is None:
            raise _Unanswered
        return reply

    # --- append streams --------------------------------------------------------------------------------------------

    def _append_entries(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        stream = InboundStream(context, time.monotonic())
        if self._is_stopping or not self.ledger.open(stream, self._options.streams_max):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "This member has too many streams open.")
        if not context.add_callback(lambda: self._ended(stream)):
            self._ended(stream)
            return
        try:
            with self._failing(context):
                self._name_by_metadata(stream, context)
            reader = threading.Thread(
                target=self._read, args=(stream, requests), name=f"raft-read-{stream.peer}", daemon=True
            )
            self._readers.add(reader)
            reader.start()
            while (data := stream.next_answer()) is not None:
                yield data
            if stream.failure is not None:
                _fail(context, stream.failure, stream.failed_call)
        finally:
            self._ended(stream)

    def _read(self, stream: InboundStream, requests: Iterator[bytes]) -> None:
        """Take a stream's requests until it ends."""
        wire, received = self._wire, self._receiver.received
        data = b""
        try:
            for data in requests:
                request = wire.read_append_request(data)
                if request.sender != stream.peer:
                    self._name(stream, request.sender)
                stream.expect(request)
                received(request)
        except RemoteProtocolError as error:
            log.warning("A stream of %s is ended: %s", stream.peer or "a peer", error)
            stream.failure, stream.failed_call = error, wire.call_of(data)
        except grpc.RpcError:
            # The peer, or the connection, is gone: `_ended` has seen it.
            log.debug("A stream of %s broke.", stream.peer or "a peer")
        finally:
            stream.end()
            self._readers.discard(threading.current_thread())

    def _name_by_metadata(self, stream: InboundStream, context: grpc.ServicerContext) -> None:
        metadata = dict(context.invocation_metadata())
        peer, group = metadata.get(PEER_KEY), metadata.get(GROUP_KEY)
        if peer is not None and group is not None:
            sender = PeerId(peer.decode(errors="replace"))
            self._wire.check_group(sender, group)
            self._name(stream, sender)

    def _name(self, stream: InboundStream, peer: PeerId) -> None:
        if stream.peer:
            raise RemoteProtocolError(f"A stream of {stream.peer} brings a request of {peer}.")
        surplus = self.ledger.name(stream, peer, self._options.streams_per_peer_max)
        if surplus is not None:
            surplus.cancel()
        self._on_stream_opened(peer)

    def _ended(self, stream: InboundStream) -> None:
        stream.end()
        if self.ledger.close(stream):
            self._on_last_stream_closed()

    @contextlib.contextmanager
    def _failing(self, context: grpc.ServicerContext) -> Iterator[None]:
        try:
            yield
        except _Unanswered:
            context.abort(grpc.StatusCode.UNAVAILABLE, "This member did not answer in time.")
        except AlluxioError as error:
            log.warning("A request to the Raft port is refused: %s", error)
            _fail(context, error, None)


def _fail(context: grpc.ServicerContext, error: BaseException, call: tuple[int, bool] | None) -> None:
    """End a call as Ratis would; `call` is (id, is a heartbeat) of the append that failed."""
    trailers = []
    if isinstance(error, GroupMismatch):
        trailers.append(("exception-type", _GROUP_MISMATCH_CLASS))
    if call is not None:
        trailers += [("call-id", str(call[0])), ("heartbeat", str(call[1]).lower())]
    if trailers:
        context.set_trailing_metadata(tuple(trailers))
    context.abort(grpc.StatusCode.INTERNAL, str(error))


def _cannot_listen(host: str, port: int, error: RuntimeError, holder_of: Callable[[int], str] | None) -> str:
    """Return the sentence for a port that cannot be opened; gRPC does not say why, so it is tried once more."""
    why = str(error)
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except OSError as problem:
            why = problem.strerror or str(problem)
    holder = f" It is held by {holder_of(port)}." if holder_of is not None and "in use" in why else ""
    return (
        f"Cannot listen on {host}:{port} for the journal's quorum: {why}.{holder} Stop what uses the port, or set "
        "alluxio.master.embedded.journal.port to another one on every master."
    )
