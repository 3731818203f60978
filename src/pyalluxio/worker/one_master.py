"""One master of the cluster, leader or not, by a channel of its own.

Nothing here waits for another master: a call to one that is dead, hung or cut off ends at its own deadline.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pyalluxio.errors import DeadlineExceeded
from pyalluxio.wire.channel import Channel, ChannelOptions, Stream
from pyalluxio.wire.methods import Method
from pyalluxio.worker.report_calls import ReportCalls

CONNECT_TIMEOUT_S = 5.0


class OneMaster(ReportCalls):
    """The master at `address` ("host:port")."""

    def __init__(self, address: str, options: ChannelOptions) -> None:
        self.address = address
        self._channel = Channel(address, options)

    async def close(self) -> None:
        await self._channel.close()

    async def once(self, rpc: Method, request: Any, timeout_s: float, *, authenticated: bool = True) -> Any:
        await self._connect(authenticated)
        return await self._channel.unary(rpc, request, timeout_s, authenticated=authenticated)

    async def open_stream(self, rpc: Method, deadline_s: float) -> Stream:
        await self._connect(True)
        return await self._channel.stream(rpc, deadline_s)

    async def _connect(self, authenticated: bool) -> None:
        """Authenticate within a bound of its own: a call's deadline may be long, since its answer may take long."""
        if not authenticated:
            return
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._channel.connect()
        except TimeoutError:
            raise DeadlineExceeded(f"Cannot reach {self.address} within {CONNECT_TIMEOUT_S:g} s.") from None
