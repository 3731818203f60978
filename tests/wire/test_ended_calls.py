"""Calls that the server ends itself, in the middle of whatever they wait for, on both engines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pyalluxio.errors import NotLeader, Unavailable
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call, handlers_of
from pyalluxio.wire.methods import method
from pyalluxio.wire.server import Server
from tests.waiting import until

SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"
REASON = "This master is a standby; ask h2:19998, which leads."


class Waiting:
    """Calls that wait for ever, and tell their tasks."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []
        self.sent = 0

    async def _for_ever(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        await asyncio.Event().wait()

    async def remove(self, request: Any, call: Call) -> Any:
        await self._for_ever()

    async def list_status(self, request: Any, call: Call) -> AsyncIterator[Any]:
        if request.path == "/large":
            self.tasks.append(asyncio.current_task())  # type: ignore[arg-type]
            while True:
                self.sent += 1
                yield messages.ListStatusPResponse(fileInfos=[messages.FileInfo(path="x" * 1_000_000)])
        yield messages.ListStatusPResponse(fileInfos=[messages.FileInfo(path="/first")])
        await self._for_ever()

    def end(self) -> None:
        for task in self.tasks:
            task.cancel(NotLeader(REASON))


async def started(start_server: Callable[..., Any]) -> tuple[Waiting, Channel]:
    service = Waiting()
    server: Server = await start_server(handlers_of(SERVICE, service, authenticated=False))
    return service, Channel(f"127.0.0.1:{server.port}")


async def test_waiting_call_ends_with_the_reason(start_server: Callable[..., Any]) -> None:
    """Without a status of its own the client would wait for an answer that nobody makes any more."""
    service, channel = await started(start_server)
    call = asyncio.create_task(
        channel.unary(method(SERVICE, "Remove"), messages.DeletePRequest(path="/a"), 30, authenticated=False)
    )
    await until(lambda: bool(service.tasks))
    service.end()
    with pytest.raises(Unavailable) as caught:
        await asyncio.wait_for(call, 10)
    assert str(caught.value) == REASON
    await channel.close()


async def test_listing_ends_between_two_messages(start_server: Callable[..., Any]) -> None:
    service, channel = await started(start_server)
    seen = []
    with pytest.raises(Unavailable, match="h2:19998"):
        async with asyncio.timeout(10):
            request = messages.ListStatusPRequest(path="/a")
            async for message in channel.server_stream(method(SERVICE, "ListStatus"), request, 30, authenticated=False):
                seen.append(message.fileInfos[0].path)
                await until(lambda: bool(service.tasks))
                service.end()
    assert seen == ["/first"]
    await channel.close()


async def test_listing_ends_although_its_reader_is_slow(start_server: Callable[..., Any]) -> None:
    """A reader that stopped to read holds the call in the engine, not in the handler."""
    service, channel = await started(start_server)
    request = messages.ListStatusPRequest(path="/large")
    stream = channel.server_stream(method(SERVICE, "ListStatus"), request, 30, authenticated=False)
    await anext(stream)
    sent, since_s = -1, time.monotonic()

    def is_stuck() -> bool:
        nonlocal sent, since_s
        if sent != service.sent:
            sent, since_s = service.sent, time.monotonic()
        return time.monotonic() - since_s > 0.3

    await until(is_stuck, 10, "the stream to fill up")
    service.end()
    with pytest.raises(Unavailable, match="h2:19998"):
        async with asyncio.timeout(10):
            async for _ in stream:
                continue
    await channel.close()
