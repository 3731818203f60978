"""What a server serves: one table of handlers, independent of the engine that carries it.

A service is an object with one method per RPC, named as the RPC in snake case:

    unary              async def get_status(self, request, call) -> response
                       def get_status(self, request, call) -> response, or an awaitable of it (fast path: no task)
    server streaming   async def list_status(self, request, call): yield response …
    client and bidi    async def read_block(self, requests, call): async for request in requests: … yield response

A response may be `bytes`, serialized already: hot paths cache them. RPCs named in `raw_requests` get `bytes` instead of
messages. An RPC without a method answers UNIMPLEMENTED. An error of `pyalluxio.errors` ends the call with its status;
so does `task.cancel(error)` from elsewhere, whatever the call waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from pyalluxio.errors import AlluxioError, RemoteProtocolError, Unimplemented
from pyalluxio.wire.methods import Method, methods_of
from pyalluxio.wire.sasl import Identity


@dataclass(frozen=True, slots=True)
class Handler:
    """One RPC as a server serves it."""

    method: Method
    function: Callable[..., Any]
    authenticated: bool
    raw_request: bool

    def parse(self, payload: bytes) -> Any:
        """Return the request of a payload.

        Raises:   RemoteProtocolError: the bytes are not a message of the method's request type.
        """
        if self.raw_request:
            return payload
        try:
            return self.method.request_class.FromString(payload)
        except DecodeError as error:
            name = self.method.request_class.DESCRIPTOR.name
            raise RemoteProtocolError(
                f"The {len(payload)} bytes sent to {self.method.name} are not a {name} message: {error}."
            ) from error


class Call:
    """What a handler may know about the call it serves."""

    __slots__ = ("_deadline", "channel_id", "identity", "metadata")

    def __init__(
        self,
        identity: Identity,
        channel_id: str | None = None,
        metadata: tuple[tuple[str, str | bytes], ...] = (),
        deadline: Callable[[], float | None] | None = None,
    ) -> None:
        self.identity = identity
        self.channel_id = channel_id
        self.metadata = metadata
        self._deadline = deadline

    @property
    def user(self) -> str:
        """The user the call is made for; empty under NOSASL."""
        return self.identity.user

    @property
    def connection_user(self) -> str:
        """The user who opened the channel; differs from `user` under impersonation."""
        return self.identity.connection_user

    def time_remaining_s(self) -> float | None:
        """Seconds until the client gives up; None when it set no deadline or the engine does not tell."""
        return self._deadline() if self._deadline is not None else None


def handlers_of(
    service: str,
    implementation: object,
    *,
    authenticated: bool = True,
    open_rpcs: Collection[str] = (),
) -> list[Handler]:
    """Return the handlers of every RPC of a service.

    An RPC that `implementation` has no method for is served all the same: it answers UNIMPLEMENTED, and a caller
    without an authenticated channel learns nothing about which those are. `open_rpcs` need no channel in an
    authenticated service.
    """
    raw: frozenset[str] = frozenset(getattr(implementation, "raw_requests", ()))
    handlers = []
    for method in methods_of(service):
        function = getattr(implementation, method.snake_name, None) or _unimplemented(method)
        needs_channel = authenticated and method.name not in open_rpcs
        handlers.append(Handler(method, function, needs_channel, method.name in raw))
    return handlers


def _unimplemented(method: Method) -> Callable[..., Any]:
    text = f"{method.service}/{method.name} is not implemented by this server."

    async def unary(request: Any, call: Call) -> Any:
        raise Unimplemented(text)

    async def stream(request: Any, call: Call) -> AsyncIterator[Any]:
        raise Unimplemented(text)
        yield  # an async generator, as streaming handlers are

    return stream if method.server_streaming or method.client_streaming else unary


def ended_by_server(cancelled: asyncio.CancelledError) -> AlluxioError | None:
    """Return the error with which the server ended a call itself, by `task.cancel(error)`; None: the client did."""
    reason = cancelled.args[0] if cancelled.args else None
    return reason if isinstance(reason, AlluxioError) else None


def serialize(response: Any) -> bytes:
    """Return the bytes of a response, which may be serialized already."""
    if type(response) is bytes:
        return response
    return response.SerializeToString()  # type: ignore[no-any-return]


async def parsed(requests: AsyncIterator[bytes], handler: Handler) -> AsyncIterator[Any]:
    """Yield the messages of a request stream."""
    parse = handler.parse
    async for payload in requests:
        yield parse(payload)
