"""The authentication stream of every port: registers a channel, and holds it for as long as the stream is open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from pyalluxio.errors import Unauthenticated, Unavailable
from pyalluxio.wire.gen import sasl_pb2
from pyalluxio.wire.groups import GroupMapping
from pyalluxio.wire.handlers import Call
from pyalluxio.wire.sasl import ChannelRegistry, Identity, Impersonation, parse_plain

SERVICE = "alluxio.grpc.sasl.SaslAuthenticationService"
STALE_AFTER_S = 3 * 24 * 3600.0
FIRST_MESSAGE_TIMEOUT_S = 30.0


NO_IMPERSONATION = Impersonation({}, {})


@dataclass(slots=True)
class Authenticator:
    """How a server decides who a channel is: the scheme, the impersonation rules, an optional password check."""

    scheme: str = "SIMPLE"
    impersonation: Impersonation = NO_IMPERSONATION
    groups: GroupMapping | None = None
    check_password: Callable[[str, str], None] | None = None

    @property
    def is_enabled(self) -> bool:
        return self.scheme != "NOSASL"

    def authenticate(self, message: sasl_pb2.SaslMessage) -> Identity:
        """Return the identity that a first message proves.

        Raises:   Unauthenticated: wrong kind of message or scheme, bad PLAIN bytes, impersonation not allowed.
        """
        if message.messageType != sasl_pb2.CHALLENGE:
            raise Unauthenticated(
                f"The first SASL message must be a CHALLENGE, not message type {message.messageType}."
            )
        if message.authenticationScheme not in (sasl_pb2.SIMPLE, sasl_pb2.CUSTOM):
            raise Unauthenticated(
                f"This server authenticates with {self.scheme}, the client asked for NOSASL: set "
                "alluxio.security.authentication.type alike on both."
            )
        impersonated, user, password = parse_plain(message.message)
        if self.check_password is not None:
            self.check_password(user, password)
        if impersonated:
            groups = self.groups or GroupMapping()
            self.impersonation.check(user, impersonated, groups.groups)
        return Identity(impersonated or user, user)


class SaslService:
    """`SaslAuthenticationService` over a registry of channels."""

    def __init__(self, authenticator: Authenticator, registry: ChannelRegistry) -> None:
        self._authenticator = authenticator
        self._registry = registry
        self._closing = asyncio.Event()

    async def authenticate(self, requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
        try:
            first = await asyncio.wait_for(anext(requests), FIRST_MESSAGE_TIMEOUT_S)
        except StopAsyncIteration:
            raise Unauthenticated("The SASL stream ended before its first message.") from None
        except TimeoutError:
            raise Unauthenticated(f"No SASL message came within {FIRST_MESSAGE_TIMEOUT_S:.0f} s.") from None
        identity = self._authenticator.authenticate(first)
        channel_id = first.clientId
        self._registry.register(channel_id, identity, time.monotonic())
        try:
            # Without `message`: an official client takes even an empty one for a further challenge and fails.
            yield sasl_pb2.SaslMessage(messageType=sasl_pb2.SUCCESS)
            await self._until_closed(requests)
        finally:
            self._registry.forget(channel_id)

    async def _until_closed(self, requests: AsyncIterator[Any]) -> None:
        """Return when the client half-closes; end the stream when the server stops."""
        more = asyncio.ensure_future(anext(requests, None))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((more, closing), return_when=asyncio.FIRST_COMPLETED)
            if closing.done():
                raise Unavailable("The server is stopping.")
            if more.result() is not None:
                raise Unauthenticated("The channel is authenticated already; no further SASL message is expected.")
        finally:
            more.cancel()
            closing.cancel()

    def close(self) -> None:
        """End every authentication stream."""
        self._closing.set()
