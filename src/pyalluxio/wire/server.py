"""A gRPC server from a table of handlers, on one of two engines.

`native` (pygrpc-native) keeps HTTP/2 and gRPC outside the GIL and is the choice for masters; streams of requests go to
a grpcio server behind it. `grpcio` serves everything, everywhere, and is the choice for workers, whose work is streams.
Both engines call the same handlers; what a caller sees is the same, and every test of the wire runs on both.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from pyalluxio.errors import ConfigurationError, InvariantViolated
from pyalluxio.wire import sasl_service
from pyalluxio.wire.handlers import Handler, handlers_of
from pyalluxio.wire.sasl import ANONYMOUS, ChannelRegistry, Identity
from pyalluxio.wire.sasl_service import STALE_AFTER_S, Authenticator, SaslService

log = logging.getLogger(__name__)

NATIVE = "native"
GRPCIO = "grpcio"
STALE_CHECK_INTERVAL_S = 3600.0


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


class Server:
    """One listening port."""

    def __init__(
        self,
        host: str,
        port: int,
        handlers: Sequence[Handler],
        *,
        authenticator: Authenticator | None = None,
        engine: str = GRPCIO,
        options: ServerOptions | None = None,
        on_fatal: Callable[[InvariantViolated], None] | None = None,
    ) -> None:
        self._host = host
        self._requested_port = port
        self.port = 0
        self.authenticator = authenticator or Authenticator()
        self.registry = ChannelRegistry()
        self._gate = Gate(self.authenticator, self.registry)
        self._sasl: SaslService | None = None
        self._handlers = list(handlers)
        self._engine_name = engine
        self._options = options or ServerOptions()
        self._on_fatal = on_fatal
        self._engine: Engine | None = None
        self._purger: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind and serve.

        Raises:   ConfigurationError: the address cannot be bound.
        """
        if self.authenticator.is_enabled:
            self._sasl = SaslService(self.authenticator, self.registry)
            self._handlers += handlers_of(sasl_service.SERVICE, self._sasl, authenticated=False)
        address = f"{self._host}:{self._requested_port}"
        engine = build_engine(self._engine_name, address, self._handlers, self._gate, self._options, self._on_fatal)
        try:
            self.port = await engine.start()
        except (RuntimeError, OSError) as error:
            raise ConfigurationError(
                f"Cannot listen on {address}: {error}. Is another process using port {self._requested_port}?"
            ) from error
        self._engine = engine
        self._purger = asyncio.create_task(self._purge_stale_channels(), name="sasl-stale-channels")

    async def stop(self, grace_s: float = 1.0) -> None:
        if self._purger is not None:
            self._purger.cancel()
        if self._sasl is not None:
            self._sasl.close()
        if self._engine is not None:
            await self._engine.stop(grace_s)
            self._engine = None

    async def _purge_stale_channels(self) -> None:
        while True:
            await asyncio.sleep(STALE_CHECK_INTERVAL_S)
            now_s = time.monotonic()
            for channel_id in self._gate.collect_used():
                self.registry.touch(channel_id, now_s)
            for channel_id in self.registry.stale(now_s, STALE_AFTER_S):
                self.registry.forget(channel_id)


def build_engine(
    name: str,
    address: str,
    handlers: Sequence[Handler],
    gate: Gate,
    options: ServerOptions,
    on_fatal: Callable[[InvariantViolated], None] | None,
) -> Engine:
    """Return the engine `name`; grpcio when the native one has no wheel for this machine."""
    if name == NATIVE and find_spec("pygrpc_native") is None:
        log.warning("pygrpc-native has no wheel for this machine; serving %s with grpcio, which is slower.", address)
        name = GRPCIO
    if name == NATIVE:
        from pyalluxio.wire.native_engine import NativeEngine

        return NativeEngine(address, handlers, gate, options, on_fatal)
    if name == GRPCIO:
        from pyalluxio.wire.grpcio_engine import GrpcioEngine

        return GrpcioEngine(address, handlers, gate, options, on_fatal)
    raise ConfigurationError(f"There is no RPC engine {name!r}; use {NATIVE!r} or {GRPCIO!r}.")
