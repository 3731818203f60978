"""Whether a master or a worker answers on its port."""

from __future__ import annotations

import asyncio

from pyalluxio.errors import AlluxioError, DeadlineExceeded
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import version_pb2
from pyalluxio.wire.methods import method

SERVICE = "alluxio.grpc.version.ServiceVersionClientService"
SERVICE_OF_ROLE = {"master": "META_MASTER_CLIENT_SERVICE", "worker": "BLOCK_WORKER_CLIENT_SERVICE"}


def why_unhealthy(role: str, address: str, timeout_s: float) -> str | None:
    """Return None when the process at `address` ("host:port") answers; else the reason. A standby master is healthy."""
    try:
        asyncio.run(_ask(SERVICE_OF_ROLE[role], address, timeout_s))
    except DeadlineExceeded:
        return f"no answer from {address} within {timeout_s:g} s"
    except AlluxioError as error:
        return f"{address} answers: {error}"
    return None


async def _ask(service: str, address: str, timeout_s: float) -> None:
    channel = Channel(address)
    try:
        rpc = method(SERVICE, "getServiceVersion")
        request = version_pb2.GetServiceVersionPRequest(serviceType=service, allowedOnStandbyMasters=True)
        await channel.unary(rpc, request, timeout_s, authenticated=False)
    finally:
        await channel.close()
