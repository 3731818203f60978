"""The engine on grpcio's asyncio server: serves every kind of RPC."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import grpc
from grpc import aio

from pyalluxio.errors import InvariantViolated
from pyalluxio.wire.engine import Gate, ServerOptions
from pyalluxio.wire.handlers import Call, Handler, ended_by_server, parsed, serialize
from pyalluxio.wire.sasl import CHANNEL_ID_HEADER
from pyalluxio.wire.status import GRPC_CODE, describe

Fatal = Callable[[InvariantViolated], None] | None


class GrpcioEngine:
    """Serve a table of handlers with `grpc.aio`."""

    def __init__(
        self, address: str, handlers: Sequence[Handler], gate: Gate, options: ServerOptions, on_fatal: Fatal
    ) -> None:
        self._address = address
        self._options = options
        self._server: aio.Server | None = None
        self._handlers = handlers
        self._gate = gate
        self._on_fatal = on_fatal

    async def start(self) -> int:
        server = aio.server(options=self._options.as_grpc())
        by_service: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
        for handler in self._handlers:
            method = handler.method
            by_service.setdefault(method.service, {})[method.name] = _adapt(handler, self._gate, self._on_fatal)
        for service, methods in by_service.items():
            server.add_registered_method_handlers(service, methods)
        server.add_generic_rpc_handlers((_UnknownMethods(),))
        port: int = server.add_insecure_port(self._address)
        if port == 0 and not self._address.startswith("unix:"):
            raise RuntimeError("the address cannot be bound")
        await server.start()
        self._server = server
        return port

    async def stop(self, grace_s: float) -> None:
        if self._server is not None:
            await self._server.stop(grace_s)
            self._server = None


class _UnknownMethods(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """Answers what no handler is for, by name; grpcio's own answer leaves the caller to guess which call it was."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        name = handler_call_details.method.removeprefix("/")

        async def refuse(payloads: AsyncIterator[bytes], context: Any) -> None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{name} is not served here.")

        return grpc.stream_stream_rpc_method_handler(refuse)


def _adapt(handler: Handler, gate: Gate, on_fatal: Fatal) -> grpc.RpcMethodHandler:
    method = handler.method
    if method.client_streaming:
        run = _stream_stream(handler, gate, on_fatal)
        if method.server_streaming:
            return grpc.stream_stream_rpc_method_handler(run)
        return grpc.stream_unary_rpc_method_handler(_stream_unary(handler, gate, on_fatal))
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(_unary_stream(handler, gate, on_fatal))
    return grpc.unary_unary_rpc_method_handler(_unary_unary(handler, gate, on_fatal))


def _call(handler: Handler, gate: Gate, context: Any) -> Call:
    metadata = tuple((item[0], item[1]) for item in context.invocation_metadata() or ())
    channel_id = next((value for key, value in metadata if key == CHANNEL_ID_HEADER), None)
    identity = gate.identify(handler, channel_id)
    return Call(identity, channel_id, metadata, lambda: _remaining(context))


def _remaining(context: Any) -> float | None:
    remaining: float | None = context.time_remaining()
    return remaining if remaining is not None and remaining < 1e9 else None


async def _abort(error: Exception | asyncio.CancelledError, handler: Handler, context: Any, on_fatal: Fatal) -> None:
    """End the call with the status of `error`; raises, as grpcio's abort does."""
    if isinstance(error, aio.AbortError):
        raise error
    if isinstance(error, asyncio.CancelledError):
        reason = ended_by_server(error)
        if reason is None:
            raise error  # the client gave up: there is nobody to tell
        error = reason
    status, text = describe(error, handler.method.path)
    if isinstance(error, InvariantViolated) and on_fatal is not None:
        on_fatal(error)
    await context.abort(GRPC_CODE[status], text)


def _unary_unary(handler: Handler, gate: Gate, on_fatal: Fatal) -> Callable[..., Any]:
    async def run(payload: bytes, context: Any) -> bytes | None:
        try:
            call = _call(handler, gate, context)
            response = handler.function(handler.parse(payload), call)
            if inspect.isawaitable(response):
                response = await response
            return serialize(response)
        except (Exception, asyncio.CancelledError) as error:
            await _abort(error, handler, context, on_fatal)
            return None

    return run


def _unary_stream(handler: Handler, gate: Gate, on_fatal: Fatal) -> Callable[..., Any]:
    async def run(payload: bytes, context: Any) -> None:
        try:
            call = _call(handler, gate, context)
            async for response in handler.function(handler.parse(payload), call):
                await context.write(serialize(response))
        except (Exception, asyncio.CancelledError) as error:
            await _abort(error, handler, context, on_fatal)

    return run


def _stream_stream(handler: Handler, gate: Gate, on_fatal: Fatal) -> Callable[..., Any]:
    async def run(payloads: AsyncIterator[bytes], context: Any) -> None:
        try:
            call = _call(handler, gate, context)
            responses = handler.function(_checked(payloads, handler, gate, call, context), call)
            try:
                async for response in responses:
                    await context.write(serialize(response))
            finally:
                await responses.aclose()
        except (Exception, asyncio.CancelledError) as error:
            await _abort(error, handler, context, on_fatal)

    return run


def _stream_unary(handler: Handler, gate: Gate, on_fatal: Fatal) -> Callable[..., Any]:
    async def run(payloads: AsyncIterator[bytes], context: Any) -> bytes | None:
        try:
            call = _call(handler, gate, context)
            responses = [
                item async for item in handler.function(_checked(payloads, handler, gate, call, context), call)
            ]
            if len(responses) != 1:
                raise InvariantViolated(f"{handler.method.path} gave {len(responses)} responses to one call.")
            return serialize(responses[0])
        except (Exception, asyncio.CancelledError) as error:
            await _abort(error, handler, context, on_fatal)
            return None

    return run


async def _checked(
    payloads: AsyncIterator[bytes], handler: Handler, gate: Gate, call: Call, context: Any
) -> AsyncIterator[Any]:
    """Yield the messages of a stream; at its end the channel must still be known, as at its start."""
    async for message in parsed(payloads, handler):
        yield message
    # The messages of a cancelled call end like those of a half-closed one, a moment before grpcio hears of the
    # cancellation; a handler would commit what its client gave up. Reading past the end completes after that news, and
    # then this task is cancelled.
    await context.read()
    gate.identify(handler, call.channel_id)
