"""A client's channel to one server: SASL once, then calls with the channel's id.

The channel authenticates at its first authenticated call, again after the server forgot it, and closes its
authentication stream when it is closed. Every call has a deadline unless the caller says otherwise; errors arrive as
classes of `pyalluxio.errors`, named after the status, their text as the server sent it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc import aio

from pyalluxio.errors import AlluxioError, Cancelled, Unauthenticated, Unavailable
from pyalluxio.wire.methods import Method, method
from pyalluxio.wire.sasl import CHANNEL_ID_HEADER, PASSWORD, build_plain
from pyalluxio.wire.status import from_rpc_error

_SASL_SERVICE = "alluxio.grpc.sasl.SaslAuthenticationService"


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """How to reach and authenticate to a server; the defaults are those of an official client."""

    user: str = "root"
    impersonated: str = ""
    password: str = PASSWORD
    authentication: str = "SIMPLE"
    auth_timeout_s: float = 30.0
    inbound_message_bytes_max: int = 100 * 1024 * 1024
    keepalive_time_ms: int = 30_000
    keepalive_timeout_ms: int = 30_000
    extra: tuple[tuple[str, Any], ...] = field(default=())

    def as_grpc(self) -> list[tuple[str, Any]]:
        return [
            ("grpc.max_receive_message_length", self.inbound_message_bytes_max),
            ("grpc.max_send_message_length", -1),
            ("grpc.keepalive_time_ms", self.keepalive_time_ms),
            ("grpc.keepalive_timeout_ms", self.keepalive_timeout_ms),
            ("grpc.keepalive_permit_without_calls", 0),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.enable_retries", 0),
            ("grpc.enable_http_proxy", 0),
            *self.extra,
        ]


class Channel:
    """One logical channel to `address` ("host:port")."""

    def __init__(self, address: str, options: ChannelOptions | None = None) -> None:
        self.address = address
        self.options = options or ChannelOptions()
        self._channel: aio.Channel = aio.insecure_channel(address, options=self.options.as_grpc())
        self._stubs: dict[str, Any] = {}
        self._channel_id = ""
        self._sasl: Any = None
        self._sasl_lock = asyncio.Lock()
        self._is_closed = False

    @property
    def channel_id(self) -> str:
        """By what the server knows this channel's user; "" before it is authenticated. Calls name it in a header."""
        return self._channel_id

    async def connect(self, timeout_s: float | None = None) -> None:
        """Connect and authenticate; does nothing when that is done and the server still knows the channel.

        Raises:   Unauthenticated: refused, or the server has no authentication.  Unavailable: cannot be reached in
        time.
        """
        if self.options.authentication == "NOSASL" or self._is_authenticated():
            return
        async with self._sasl_lock:
            if not self._is_authenticated():
                await self._authenticate(timeout_s or self.options.auth_timeout_s)

    def _is_authenticated(self) -> bool:
        return self._sasl is not None and not self._sasl.done()

    async def _authenticate(self, timeout_s: float) -> None:
        from pyalluxio.wire.gen import sasl_pb2

        channel_id = str(uuid.uuid4())
        options = self.options
        first = sasl_pb2.SaslMessage(
            messageType=sasl_pb2.CHALLENGE,
            authenticationScheme=sasl_pb2.SIMPLE,
            clientId=channel_id,
            channelRef=f"{self.address}/{channel_id}",
            message=build_plain(options.user, options.impersonated, options.password),
        )
        rpc = method(_SASL_SERVICE, "authenticate")
        stream = self._stub(rpc)()
        try:
            async with asyncio.timeout(timeout_s):
                # A server without authentication may have answered so before this is sent; the read below tells.
                await Stream(self, rpc, stream, raw=True).write_unless_ended(first)
                reply = await stream.read()
        except TimeoutError:
            stream.cancel()
            raise Unavailable(f"{self.address} did not answer the authentication within {timeout_s:g} s.") from None
        except aio.AioRpcError as error:
            raise self._sasl_error(error) from error
        except asyncio.InvalidStateError:  # written to a stream that had failed already
            raise await self._ended(stream) from None
        except BaseException:
            stream.cancel()
            raise
        if reply is aio.EOF:
            raise await self._ended(stream)
        self._sasl, self._channel_id = stream, channel_id

    async def _ended(self, stream: Any) -> AlluxioError:
        code, text = await stream.code(), await stream.details()
        if code is grpc.StatusCode.OK:
            return Unauthenticated(f"{self.address} ended the authentication without an answer.")
        return self._sasl_error(_Failure(code, text))

    def _sasl_error(self, error: Any) -> AlluxioError:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return Unauthenticated(
                f"{self.address} has no authentication: set alluxio.security.authentication.type=NOSASL here, as there."
            )
        return from_rpc_error(error, self.address)

    def _stub(self, rpc: Method) -> Any:
        stub = self._stubs.get(rpc.path)
        if stub is None:
            if rpc.client_streaming:
                stub = self._channel.stream_stream(rpc.path, _registered_method=True)
            elif rpc.server_streaming:
                stub = self._channel.unary_stream(rpc.path, _registered_method=True)
            else:
                stub = self._channel.unary_unary(rpc.path, _registered_method=True)
            self._stubs[rpc.path] = stub
        return stub

    async def _metadata(self, authenticated: bool) -> tuple[tuple[str, str], ...]:
        if not authenticated or self.options.authentication == "NOSASL":
            self._check_open()
            return ()
        await self.connect()
        self._check_open()
        return ((CHANNEL_ID_HEADER, self._channel_id),)

    def _check_open(self) -> None:
        if self._is_closed:
            raise Cancelled(f"The connection to {self.address} was closed on this side.")

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Let calls that end because the channel was closed fail with Cancelled, as any other error of a call.

        grpc raises CancelledError then, by which the caller would look cancelled, and take its work for not wanted.
        """
        try:
            yield
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or not task.cancelling():
                self._check_open()
            raise

    def _failed(self, error: Any) -> AlluxioError:
        if error.code() is grpc.StatusCode.UNAUTHENTICATED:
            self._forget_identity()
        return from_rpc_error(error, self.address)

    def _forget_identity(self) -> None:
        if self._sasl is not None:
            self._sasl.cancel()
            self._sasl = None

    async def unary(self, rpc: Method, request: Any, timeout_s: float | None, *, authenticated: bool = True) -> Any:
        """Return the response of a unary call; `request` may be serialized already."""
        payload = request if isinstance(request, bytes) else request.SerializeToString()
        with self._calling():
            metadata = await self._metadata(authenticated)
            try:
                data = await self._stub(rpc)(payload, timeout=timeout_s, metadata=metadata)
            except aio.AioRpcError as error:
                raise self._failed(error) from error
        return rpc.response_class.FromString(data)

    async def server_stream(
        self, rpc: Method, request: Any, timeout_s: float | None, *, authenticated: bool = True
    ) -> AsyncIterator[Any]:
        """Yield the responses of a server-streaming call."""
        with self._calling():
            metadata = await self._metadata(authenticated)
            stream = self._stub(rpc)(request.SerializeToString(), timeout=timeout_s, metadata=metadata)
            try:
                async for data in stream:
                    yield rpc.response_class.FromString(data)
            except aio.AioRpcError as error:
                raise self._failed(error) from error
            finally:
                stream.cancel()

    async def stream(
        self, rpc: Method, timeout_s: float | None = None, *, raw: bool = False, authenticated: bool = True
    ) -> Stream:
        """Open a call whose requests stream; with `raw`, responses are returned as bytes."""
        with self._calling():
            metadata = await self._metadata(authenticated)
        call = self._stub(rpc)(timeout=timeout_s, metadata=metadata)
        return Stream(self, rpc, call, raw)

    async def close(self) -> None:
        """Half-close the authentication stream, so that the server forgets the channel, and hang up.

        Calls that are under way, and those that come later, fail with Cancelled.
        """
        self._is_closed = True
        if self._sasl is not None and not self._sasl.done():
            try:
                await asyncio.wait_for(self._sasl.done_writing(), 1.0)
            except (TimeoutError, aio.AioRpcError, asyncio.InvalidStateError):
                self._sasl.cancel()
        self._sasl = None
        await self._channel.close()


class Stream:
    """A call in progress whose requests stream; used by one task for writing and one for reading."""

    def __init__(self, channel: Channel, rpc: Method, call: Any, raw: bool) -> None:
        self._channel = channel
        self._rpc = rpc
        self._call = call
        self._raw = raw

    async def write(self, message: Any) -> None:
        """Send a message, or bytes that are one; waits for flow control. Raises what the server ended the call with."""
        if not await self.write_unless_ended(message):
            raise await self._error()

    async def write_unless_ended(self, message: Any) -> bool:
        """Send a message and say whether the call was still open for it; what arrived before stays readable.

        grpc's own `write` puts INTERNAL in the place of the server's status when the server ends the call at the same
        time: an error would lose its name, and a call that ended well would fail. So the part below it is used.
        """
        call = self._call
        data = message if isinstance(message, bytes) else message.SerializeToString()
        with self._channel._calling():
            try:
                if not call._metadata_sent.is_set():
                    await call._metadata_sent.wait()
                if call.done():
                    return False
                await call._cython_call.send_serialized_message(data)
            except aio.InternalError:
                return False
            except asyncio.CancelledError:
                call.cancel()
                raise
        return True

    async def done_writing(self) -> None:
        """Half-close. A server that ended the call meanwhile needs none: the next read tells how it ended."""
        try:
            await self._call.done_writing()
        except aio.InternalError:
            return

    async def read(self) -> Any:
        """Return the next response, or None when the server ended the call with OK."""
        with self._channel._calling():
            try:
                data = await self._call.read()
            except aio.AioRpcError as error:
                raise self._channel._failed(error) from error
        if data is aio.EOF:
            if await self._call.code() is not grpc.StatusCode.OK:
                raise await self._error()
            return None
        return data if self._raw else self._rpc.response_class.FromString(data)

    async def _error(self) -> AlluxioError:
        code, text = await self._call.code(), await self._call.details()
        if code is grpc.StatusCode.OK:
            return Unavailable(f"{self._channel.address} ended {self._rpc.name} before everything was sent.")
        return self._channel._failed(_Failure(code, text))

    def cancel(self) -> None:
        self._call.cancel()


class _Failure:
    """A failed call's status in the shape of an RPC error."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        self._code = code
        self._text = text

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._text
