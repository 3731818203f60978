"""The calls by which a worker reports to a master, whichever way that master is reached."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from pyalluxio.errors import Unavailable
from pyalluxio.wire.channel import Stream
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.methods import Method, method

BLOCKS = "alluxio.grpc.block.BlockMasterWorkerService"

REGISTER_ACKNOWLEDGED_TIMEOUT_S = 600.0


class ReportCalls(ABC):
    """A master that takes reports: the one that leads, or one of a given address."""

    @abstractmethod
    async def once(self, rpc: Method, request: Any, timeout_s: float, *, authenticated: bool = True) -> Any:
        """Return the master's answer to one attempt."""

    @abstractmethod
    async def open_stream(self, rpc: Method, deadline_s: float) -> Stream:
        """Open a call whose requests stream."""

    async def worker_id(self, address: Any, timeout_s: float) -> int:
        """Return the id of this worker; only a leader gives it."""
        request = pb.GetWorkerIdPRequest(workerNetAddress=address)
        reply = await self.once(method(BLOCKS, "GetWorkerId"), request, timeout_s)
        return int(reply.workerId)

    async def notify_worker_id(self, worker_id: int, address: Any, timeout_s: float) -> None:
        """Tell a master which id the leader gave."""
        request = pb.NotifyWorkerIdPRequest(workerId=worker_id, workerNetAddress=address)
        await self.once(method(BLOCKS, "NotifyWorkerId"), request, timeout_s)

    async def request_lease(self, worker_id: int, block_count: int, timeout_s: float) -> bool:
        """Say whether this worker may register now."""
        request = pb.GetRegisterLeasePRequest(workerId=worker_id, blockCount=block_count)
        reply = await self.once(method(BLOCKS, "RequestRegisterLease"), request, timeout_s)
        return bool(reply.allowed)

    async def register(self, messages: Iterable[Any], deadline_s: float) -> None:
        """Register by a stream: one message, one acknowledgement, and so on."""
        stream = await self.open_stream(method(BLOCKS, "RegisterWorkerStream"), deadline_s)
        try:
            for message in messages:
                await stream.write(message)
                async with asyncio.timeout(REGISTER_ACKNOWLEDGED_TIMEOUT_S):
                    if await stream.read() is None:
                        raise Unavailable("The master ended the registration before everything was told.")
            await stream.done_writing()
            while await stream.read() is not None:
                pass
        except TimeoutError:
            raise Unavailable("The master did not acknowledge a part of the registration.") from None
        finally:
            stream.cancel()

    async def heartbeat(self, request: Any, timeout_s: float) -> Any:
        """Return the whole answer: the command, and what our own masters add."""
        return await self.once(method(BLOCKS, "BlockHeartbeat"), request, timeout_s)
