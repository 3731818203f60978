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
from importlib.util import find_spec

from pyalluxio.errors import ConfigurationError, InvariantViolated
from pyalluxio.wire import sasl_service
from pyalluxio.wire.engine import Engine, Gate, ServerOptions
from pyalluxio.wire.handlers import Handler, handlers_of
from pyalluxio.wire.sasl import ChannelRegistry
from pyalluxio.wire.sasl_service import STALE_AFTER_S, Authenticator, SaslService

log = logging.getLogger(__name__)

NATIVE = "native"
GRPCIO = "grpcio"
STALE_CHECK_INTERVAL_S = 3600.0


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
