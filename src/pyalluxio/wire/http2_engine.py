"""The engine of our own HTTP/2, for workers: every kind of RPC, block data without needless copies or threads."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from pyalluxio.errors import DeadlineExceeded, InvalidArgument, InvariantViolated, Status
from pyalluxio.wire.engine import Gate, ServerOptions
from pyalluxio.wire.grpcio_engine import Fatal
from pyalluxio.wire.handlers import Call, Handler, serialize
from pyalluxio.wire.http2_connection import Http2Connection
from pyalluxio.wire.http2_stream import Http2Stream
from pyalluxio.wire.sasl import CHANNEL_ID_HEADER
from pyalluxio.wire.status import describe

# A raw request of this size is handed over in the buffer it arrived in; a smaller one as bytes, as on every engine.
RAW_BYTES_MIN = 64 << 10

_TIMEOUT_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def _literal(name: str, value: str) -> bytes:
    """Return a header field in plain letters that no table keeps."""
    out = bytearray((0,))
    for text in (name.encode(), value.encode()):
        length = len(text)
        if length < 127:
            out.append(length)
        else:
            out.append(127)
            length -= 127
            while length > 127:
                out.append(length & 127 | 128)
                length >>= 7
            out.append(length)
        out += text
    return bytes(out)


_RESPONSE = b"\x88" + _literal("content-type", "application/grpc")  # 0x88: `:status: 200` of the static table
_OK = _literal("grpc-status", "0")


class Http2Engine:
    """Serve a table of handlers on the event loop's own thread."""

    def __init__(
        self, address: str, handlers: Sequence[Handler], gate: Gate, options: ServerOptions, on_fatal: Fatal
    ) -> None:
        self._address = address
        self._handlers = {handler.method.path: handler for handler in handlers}
        self._gate = gate
        self._options = options
        self._on_fatal = on_fatal
        self._connections: set[Http2Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._is_stopping = False

    async def start(self) -> int:
        host, _, port = self._address.rpartition(":")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host.strip("[]"), int(port), backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, grace_s: float) -> None:
        if self._server is None:
            return
        self._is_stopping = True
        self._server.close()
        for connection in list(self._connections):
            connection.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for connection in list(self._connections):
            connection.close()
        self._server = None

    def _accept(self) -> Http2Connection:
        options = self._options
        connection = Http2Connection(
            self._begin,
            self._connections.discard,
            message_bytes_max=options.inbound_message_bytes_max,
            streams_max=options.concurrent_streams_max,
            keepalive_s=options.keepalive_time_ms / 1000,
            keepalive_timeout_s=options.keepalive_timeout_ms / 1000,
        )
        self._connections.add(connection)
        return connection

    def _begin(self, stream: Http2Stream, headers: list[tuple[str, str]]) -> None:
        task = asyncio.get_running_loop().create_task(self._run(stream, headers))
        stream.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, stream: Http2Stream, headers: list[tuple[str, str]]) -> None:
        """Serve one call to its end."""
        fields = dict(headers)
        handler = self._handlers.get(fields.get(":path", ""))
        if handler is None:
            stream.finish(_trailers(stream, Status.UNIMPLEMENTED, f"There is no method {fields.get(':path')}."))
            return
        deadline: asyncio.Timeout | None = None
        try:
            timeout_s = _timeout_s(fields.get("grpc-timeout"))
            async with asyncio.timeout(timeout_s) as deadline:
                await self._serve(stream, handler, _call(self._gate, handler, headers, fields, timeout_s))
            stream.finish(_OK if stream.headers_sent else _RESPONSE + _OK)
        except asyncio.CancelledError:
            # A call that its peer gave up is closed already, and this sends nothing.
            text = "The server is stopping." if self._is_stopping else "The server cancelled the call."
            stream.finish(_trailers(stream, Status.UNAVAILABLE, text))
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and deadline is not None and deadline.expired():
                error = DeadlineExceeded(f"{handler.method.name} did not end within {timeout_s:g} s.")
            status, text = describe(error, handler.method.path)
            if isinstance(error, InvariantViolated) and self._on_fatal is not None:
                self._on_fatal(error)
            stream.finish(_trailers(stream, status, text))

    async def _serve(self, stream: Http2Stream, handler: Handler, call: Call) -> None:
        method, function = handler.method, handler.function
        if method.client_streaming:
            responses = function(self._requests(stream, handler, call), call)
        else:
            payload = await stream.receive()
            if payload is None:
                raise InvalidArgument(f"{method.name} was called without a request.")
            responses = function(handler.parse(bytes(payload)), call)
        if not method.server_streaming and not method.client_streaming:
            if inspect.isawaitable(responses):
                responses = await responses
            await _send(stream, responses)
            return
        count = 0
        try:
            async for response in responses:
                await _send(stream, response)
                count += 1
        finally:
            await responses.aclose()
        if not method.server_streaming and count != 1:
            raise InvariantViolated(f"{method.path} gave {count} responses to one call.")

    async def _requests(self, stream: Http2Stream, handler: Handler, call: Call) -> AsyncIterator[Any]:
        """Yield the messages of a stream; at its end the channel must still be known, as at its start."""
        while (payload := await stream.receive()) is not None:
            is_large_and_raw = handler.raw_request and len(payload) >= RAW_BYTES_MIN
            yield payload if is_large_and_raw else handler.parse(bytes(payload))
        self._gate.identify(handler, call.channel_id)


async def _send(stream: Http2Stream, response: Any) -> None:
    if type(response) is tuple:
        head, payload = response
        await stream.send(payload, _RESPONSE, head)
    else:
        await stream.send(serialize(response), _RESPONSE)


def _call(
    gate: Gate, handler: Handler, headers: list[tuple[str, str]], fields: dict[str, str], timeout_s: float | None
) -> Call:
    channel_id = fields.get(CHANNEL_ID_HEADER)
    identity = gate.identify(handler, channel_id)
    metadata = tuple(item for item in headers if not item[0].startswith(":"))
    if timeout_s is None:
        return Call(identity, channel_id, metadata)
    ends_at_s = time.monotonic() + timeout_s
    return Call(identity, channel_id, metadata, lambda: ends_at_s - time.monotonic())


def _timeout_s(text: str | None) -> float | None:
    """Return the seconds of a `grpc-timeout` header: up to 8 digits and a unit."""
    if text is None:
        return None
    unit = _TIMEOUT_UNITS.get(text[-1:])
    if unit is None or not text[:-1].isdecimal() or len(text) > 9:
        raise InvalidArgument(f"The call's grpc-timeout {text!r} is not a number of up to 8 digits and one of HMSmun.")
    return int(text[:-1]) * unit


def _trailers(stream: Http2Stream, status: Status, text: str) -> bytes:
    block = _literal("grpc-status", str(status.value)) + _literal(
        "grpc-message", quote(text, safe=" !#$&'()*+,/:;=?@[]\"")
    )
    return block if stream.headers_sent else _RESPONSE + block
