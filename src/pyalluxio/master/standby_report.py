"""What a standby tells the leader of itself, so that reports of the cluster show every master."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pyalluxio.client.leader import NoLeader
from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from pyalluxio.wire.methods import method

log = logging.getLogger(__name__)

SERVICE = "alluxio.grpc.meta.MetaMasterMasterService"
INTERVAL_S = 3.0
CALL_TIMEOUT_S = 5.0
_GET_ID, _REGISTER, _HEARTBEAT = (
    method(SERVICE, name) for name in ("GetMasterId", "RegisterMaster", "MasterHeartbeat")
)


class Finder(Protocol):
    """Finds the leading master; `client.leader.LeaderFinder` is one."""

    async def leader(self) -> str:
        """Return the leader's RPC address. Raises NoLeader."""

    def forget(self, address: str) -> None:
        """Stop believing that `address` leads."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What this master tells of itself; `host` and `rpc_port` are where clients reach it."""

    host: str
    rpc_port: int
    start_time_ms: int
    version: str


class StandbyReport:
    """Reports to whoever leads, at once after a change of roles, until cancelled."""

    def __init__(
        self,
        identity: Identity,
        finder: Finder,
        open_channel: Callable[[str], Channel],
        stands_by: Callable[[], bool],
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        """stands_by   whether another master is known to lead"""
        self._identity = identity
        self._finder = finder
        self._open_channel = open_channel
        self._stands_by = stands_by
        self._interval_s = interval_s
        self._changed = asyncio.Event()
        self._channel: Channel | None = None
        self._leader = ""
        self._master_id: int | None = None

    def role_changed(self) -> None:
        """Report now, or cease to."""
        self._changed.set()

    async def run(self) -> None:
        try:
            while True:
                self._changed.clear()
                if self._stands_by():
                    await self._report_patiently()
                else:
                    await self._leave()
                await self._pause()
        finally:
            await self._leave()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._interval_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _report_patiently(self) -> None:
        try:
            await self._report()
        except NoLeader as error:
            log.debug("There is no leader to report to: %s", error)
        except AlluxioError as error:
            log.debug("The leader %s did not take this master's report: %s", self._leader, error)
            self._finder.forget(self._leader)
            await self._leave()

    async def _report(self) -> None:
        leader = await self._finder.leader()
        if leader != self._leader or self._channel is None:
            await self._leave()
            self._leader, self._channel = leader, self._open_channel(leader)
        if self._master_id is None:
            await self._register()
        answer = await self._call(_HEARTBEAT, pb.MasterHeartbeatPRequest(masterId=self._master_id))
        if answer.command == pb.MetaCommand.MetaCommand_Register:
            await self._register()

    async def _register(self) -> None:
        identity = self._identity
        address = NetAddress(host=identity.host, rpcPort=identity.rpc_port)
        answer = await self._call(_GET_ID, pb.GetMasterIdPRequest(masterAddress=address))
        options = pb.RegisterMasterPOptions(startTimeMs=identity.start_time_ms, version=identity.version)
        await self._call(_REGISTER, pb.RegisterMasterPRequest(masterId=answer.masterId, options=options))
        self._master_id = answer.masterId

    def _call(self, rpc: Any, request: Any) -> Awaitable[Any]:
        assert self._channel is not None
        return self._channel.unary(rpc, request, CALL_TIMEOUT_S)

    async def _leave(self) -> None:
        channel, self._channel, self._master_id, self._leader = self._channel, None, None, ""
        if channel is not None:
            await channel.close()
