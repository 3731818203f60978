"""What the two engines share: limits, the decision who a call speaks for, and what an engine is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyalluxio.wire.handlers import Handler
from pyalluxio.wire.sasl import ANONYMOUS, ChannelRegistry, Identity
from pyalluxio.wire.sasl_service import Authenticator


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Limits of one server; the defaults are those of an official master."""

    inbound_message_bytes_max: int = 100 * 1024 * 1024
    keepalive_time_ms: int = 2 * 3600 * 1000
    keepalive_timeout_ms: int = 30_000
    # Official clients ping every 30 s while a call is open, data or none; gRPC core would hang up after a few of those.
    permitted_ping_interval_ms: int = 10_000
    concurrent_streams_max: int = 10_000

    def as_grpc(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self.inbound_message_bytes_max),
            ("grpc.max_send_message_length", -1),
            ("grpc.keepalive_time_ms", min(self.keepalive_time_ms, 2**31 - 1)),
            ("grpc.keepalive_timeout_ms", self.keepalive_timeout_ms),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", self.permitted_ping_interval_ms),
            ("grpc.http2.max_ping_strikes", 0),
            ("grpc.max_concurrent_streams", self.concurrent_streams_max),
            # Two servers must never share a port without knowing.
            ("grpc.so_reuseport", 0),
        ]


class Gate:
    """Decides who a call speaks for; the same on both engines."""

    def __init__(self, authenticator: Authenticator, registry: ChannelRegistry) -> None:
        self.is_enabled = authenticator.is_enabled
        self.registry = registry
        self._used: set[str] = set()

    def identify(self, handler: Handler, channel_id: str | None) -> Identity:
        """Return the identity of a call.

        Raises:   Unauthenticated: the handler needs an authenticated channel and `channel_id` is not one.
        """
        if not self.is_enabled:
            return ANONYMOUS
        if handler.authenticated:
            identity = self.registry.identify(channel_id)
            self._used.add(channel_id)  # type: ignore[arg-type]
            return identity
        return self.registry.find(channel_id) or ANONYMOUS

    def collect_used(self) -> set[str]:
        used, self._used = self._used, set()
        return used


class Engine(Protocol):
    """Carries calls between the network and handlers."""

    async def start(self) -> int:
        """Bind and serve; return the port."""

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, give calls in flight `grace_s`, then end them with UNAVAILABLE or CANCELLED."""
