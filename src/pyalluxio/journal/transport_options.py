"""The numbers of the gRPC transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MB = 1 << 20
SERVER_SERVICE: Final = "ratis.grpc.RaftServerProtocolService"
# Who opens a stream, in its metadata: so that it counts before its first message. Java peers send neither, and ignore
# both.
PEER_KEY: Final = "raft-peer-bin"
GROUP_KEY: Final = "raft-group-bin"


def path(method: str) -> str:
    return f"/{SERVER_SERVICE}/{method}"


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Bounds and deadlines.

    message_size_max_bytes   of one message, in both directions (`…transport.max.inbound.message.size`)
    queue_size_max_bytes, queue_length_max  appends that wait to be sent to one peer; what exceeds them is dropped
    heartbeat_queue_length_max  heartbeats that wait to be sent to one peer
    call_timeout_ms          one vote, one snapshot notification, one request to start an election
    calls_max                such calls under way to one peer; what exceeds them is dropped
    connect_timeout_ms       one attempt to connect; a host that drops packets costs so much
    heartbeat_silence_ms     heartbeats unanswered for so long: the connection is given up and made anew
    append_silence_ms        the same for appends, whose answers wait for the peer's disk
    backoff_min_ms, backoff_max_ms  before a stream is opened again; the first time it is done at once
    return_grace_ms          a peer whose streams all ended has so long to come back before it is reported
    keepalive_ms             how often peers that opened a connection are asked for a sign of life, and how long they
                             have to give it: else a host without power would hold its streams for ever
    first_message_timeout_ms a stream that does not say whose it is
    streams_max, streams_per_peer_max  append streams into this member
    handlers_max             calls and streams into this member
    """

    message_size_max_bytes: int = 100 * MB
    queue_size_max_bytes: int = 64 * MB
    queue_length_max: int = 1024
    heartbeat_queue_length_max: int = 16
    call_timeout_ms: int = 1000
    calls_max: int = 16
    connect_timeout_ms: int = 1000
    heartbeat_silence_ms: int = 3000
    append_silence_ms: int = 10_000
    backoff_min_ms: int = 20
    backoff_max_ms: int = 500
    return_grace_ms: int = 50
    keepalive_ms: int = 5000
    first_message_timeout_ms: int = 10_000
    streams_max: int = 48
    streams_per_peer_max: int = 6
    handlers_max: int = 80

    def server_channel(self) -> list[tuple[str, int]]:
        """Return what gRPC's server is told."""
        return [
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", self.message_size_max_bytes),
            ("grpc.max_send_message_length", self.message_size_max_bytes),
            ("grpc.keepalive_time_ms", self.keepalive_ms),
            ("grpc.keepalive_timeout_ms", self.keepalive_ms),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        ]

    def client_channel(self) -> list[tuple[str, int]]:
        """Return what gRPC's channels are told.

        No pings of ours: Java's server takes more than one in five minutes for an attack, and closes the connection.
        """
        return [
            ("grpc.use_local_subchannel_pool", 1),  # else data and heartbeats would share one connection
            ("grpc.enable_http_proxy", 0),
            ("grpc.enable_retries", 0),
            ("grpc.max_receive_message_length", self.message_size_max_bytes),
            ("grpc.max_send_message_length", self.message_size_max_bytes),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", self.connect_timeout_ms),
            ("grpc.max_reconnect_backoff_ms", 1000),
            ("grpc.dns_min_time_between_resolutions_ms", 1000),
        ]
