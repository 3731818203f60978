"""The engine on pygrpc-native: unary and server-streaming calls arrive in batches from Rust; the rest goes to grpcio.

A thread waits for batches and hands each to the event loop in one wake-up. A handler that is a plain function answers
in that same step, without a task: that is the path of status and listing calls. Request streams are served by a grpcio
server on a private Unix socket, to which the front forwards them.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pygrpc_native import EVENT_CANCEL, STREAM_CLOSED, STREAM_FULL, NativeGrpcFront

from pyalluxio.errors import InvariantViolated, Status
from pyalluxio.wire.engine import Gate, ServerOptions
from pyalluxio.wire.grpcio_engine import Fatal, GrpcioEngine
from pyalluxio.wire.handlers import Call, Handler, ended_by_server, serialize
from pyalluxio.wire.sasl import CHANNEL_ID_HEADER
from pyalluxio.wire.status import describe

log = logging.getLogger(__name__)

BATCH_CALLS_MAX = 128
IO_THREADS = 2
# Threads that wait for slow readers of streamed listings; further ones queue.
BLOCKED_STREAM_THREADS = 16


class NativeEngine:
    """Serve a table of handlers with `NativeGrpcFront`, and request streams with grpcio behind it."""

    def __init__(
        self, address: str, handlers: Sequence[Handler], gate: Gate, options: ServerOptions, on_fatal: Fatal
    ) -> None:
        self._address = address
        self._gate = gate
        self._options = options
        self._on_fatal = on_fatal
        self._table = [handler for handler in handlers if not handler.method.client_streaming]
        self._streamed = [handler for handler in handlers if handler.method.client_streaming]
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._stopping = False

    async def start(self) -> int:
        options = self._options
        self._loop = asyncio.get_running_loop()
        front = NativeGrpcFront(
            self._address,
            [(handler.method.path, handler.method.server_streaming) for handler in self._table],
            io_threads=IO_THREADS,
            client_key_metadata=CHANNEL_ID_HEADER,
            # Cancellations and deadlines are reported only together with the details.
            call_details=True,
            delay_stream_headers=True,
            keepalive_time_ms=min(options.keepalive_time_ms, 2**31 - 1),
            keepalive_timeout_ms=options.keepalive_timeout_ms,
            keepalive_permit_without_calls=False,
            max_concurrent_streams=options.concurrent_streams_max,
        )
        self._front = front
        self._executor = ThreadPoolExecutor(BLOCKED_STREAM_THREADS, thread_name_prefix="rpc-stream")
        self._folder = Path(tempfile.mkdtemp(prefix="pyalluxio-rpc-"))
        socket = self._folder / "streams.sock"
        self._fallback = GrpcioEngine(f"unix:{socket}", self._streamed, self._gate, options, self._on_fatal)
        await self._fallback.start()
        front.set_fallback(str(socket))
        front.start()
        self._thread = threading.Thread(target=self._receive, name="rpc-receive", daemon=True)
        self._thread.start()
        return int(front.bound_port)

    async def stop(self, grace_s: float) -> None:
        self._stopping = True
        fallback = asyncio.ensure_future(self._fallback.stop(grace_s))
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace_s)
        for call_id, task in list(self._tasks.items()):
            self._front.fail(call_id, Status.UNAVAILABLE, "The server is stopping.")
            task.cancel()
        await fallback
        await self._loop.run_in_executor(None, self._front.close)
        await self._loop.run_in_executor(None, self._thread.join, 5.0)
        self._executor.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _receive(self) -> None:
        front, loop = self._front, self._loop
        while (events := front.recv_batch_details(BATCH_CALLS_MAX)) is not None:
            try:
                loop.call_soon_threadsafe(self._serve, events)
            except RuntimeError:  # the loop was closed without stop()
                front.close()
                return

    def _serve(self, events: list[Any]) -> None:
        for kind, call_id, method_id, payload, channel_id, details in events:
            if kind == EVENT_CANCEL:
                task = self._tasks.get(call_id)
                if task is not None:
                    task.cancel()
            elif self._stopping:
                self._front.fail(call_id, Status.UNAVAILABLE, "The server is stopping.")
            else:
                self._begin(call_id, self._table[method_id], payload, channel_id, details)

    def _begin(self, call_id: int, handler: Handler, payload: bytes, key: bytes | str | None, details: Any) -> None:
        try:
            if len(payload) > self._options.inbound_message_bytes_max:
                limit = self._options.inbound_message_bytes_max
                text = f"The message of {len(payload)} bytes to {handler.method.name} is larger than {limit} bytes."
                self._front.fail(call_id, Status.RESOURCE_EXHAUSTED, text)
                return
            channel_id = key.decode(errors="replace") if isinstance(key, bytes) else key
            metadata, _, remaining_s = details
            call = Call(self._gate.identify(handler, channel_id), channel_id, metadata, _deadline(remaining_s))
            request = handler.parse(payload)
            if handler.method.server_streaming:
                self._spawn(call_id, self._stream(call_id, handler, request, call))
                return
            response = handler.function(request, call)
            if inspect.isawaitable(response):
                self._spawn(call_id, self._answer(call_id, handler, response))
            else:
                self._front.respond(call_id, serialize(response))
        except Exception as error:
            self._fail(call_id, handler, error)

    def _spawn(self, call_id: int, coroutine: Any) -> None:
        self._tasks[call_id] = self._loop.create_task(coroutine)

    async def _answer(self, call_id: int, handler: Handler, response: Any) -> None:
        try:
            self._front.respond(call_id, serialize(await response))
        except Exception as error:
            self._fail(call_id, handler, error)
        except asyncio.CancelledError as cancelled:
            self._end(call_id, handler, cancelled)
            raise
        finally:
            self._tasks.pop(call_id, None)

    async def _stream(self, call_id: int, handler: Handler, request: Any, call: Call) -> None:
        front = self._front
        try:
            responses = handler.function(request, call)
            try:
                async for response in responses:
                    data = serialize(response)
                    sent = front.stream_try_send(call_id, data)
                    if sent == STREAM_FULL:
                        still_open = await self._loop.run_in_executor(self._executor, front.stream_send, call_id, data)
                        sent = sent if still_open else STREAM_CLOSED
                    if sent == STREAM_CLOSED:
                        return
            finally:
                await responses.aclose()
            front.stream_end(call_id)
        except Exception as error:
            self._fail(call_id, handler, error)
        except asyncio.CancelledError as cancelled:
            self._end(call_id, handler, cancelled)
            raise
        finally:
            self._tasks.pop(call_id, None)

    def _end(self, call_id: int, handler: Handler, cancelled: asyncio.CancelledError) -> None:
        """Answer a call that was cancelled: the client needs nothing if it gave up, and an error if we did."""
        reason = ended_by_server(cancelled)
        if reason is None:
            self._front.fail(call_id, Status.CANCELLED, "The call was cancelled.")
        else:
            self._fail(call_id, handler, reason)

    def _fail(self, call_id: int, handler: Handler, error: Exception) -> None:
        status, text = describe(error, handler.method.path)
        self._front.fail(call_id, int(status), text)
        if isinstance(error, InvariantViolated) and self._on_fatal is not None:
            self._on_fatal(error)


def _deadline(remaining_s: float | None) -> Callable[[], float] | None:
    if remaining_s is None:
        return None
    end_s = time.monotonic() + remaining_s
    return lambda: max(0.0, end_s - time.monotonic())
