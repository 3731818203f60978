"""The other masters, as the leading one knows them: who stands by, since when, and who is silent.

Each standby asks for an id, registers, and reports from time to time; it is told to register again by a leader that
does not know it. Nothing of this is journaled: a new leader hears of everybody within the next report. Pure: the time
comes with each call.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pyalluxio.errors import NotFound, ResourceExhausted
from pyalluxio.master.meta_service import MasterRow
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.meta.MetaMasterMasterService"
MASTERS_MAX = 1_000
# A master that reports every few seconds is missed sooner than one that reports every two minutes, as official ones do.
SILENT_REPORTS = 5
SILENCE_MS_MIN = 15_000


@dataclass(slots=True)
class _Standby:
    id: int
    host: str
    rpc_port: int
    heard_ms: int
    interval_ms: int
    version: str = ""
    is_registered: bool = False


class Masters:
    """The standbys that report to this master while it leads."""

    def __init__(self, timeout_ms: int, rng: random.Random) -> None:
        """timeout_ms  `alluxio.master.heartbeat.timeout`: whoever is silent for longer is lost"""
        self._timeout_ms = timeout_ms
        self._rng = rng
        self._by_address: dict[tuple[str, int], _Standby] = {}
        self._by_id: dict[int, _Standby] = {}

    def clear(self) -> None:
        """Begin a term."""
        self._by_address.clear()
        self._by_id.clear()

    def id_of(self, host: str, rpc_port: int, now_ms: int) -> int:
        """Return the id of the master at an address, which stays the same as long as this one leads."""
        standby = self._by_address.get((host, rpc_port))
        if standby is None:
            if len(self._by_address) >= MASTERS_MAX:
                raise ResourceExhausted(
                    f"This master already knows {MASTERS_MAX} others; {host}:{rpc_port} is one too many."
                )
            standby = _Standby(self._rng.getrandbits(62) + 1, host, rpc_port, now_ms, self._timeout_ms)
            self._by_address[host, rpc_port] = self._by_id[standby.id] = standby
        return standby.id

    def register(self, master_id: int, version: str, now_ms: int) -> None:
        """A standby says what it is.

        Raises:   NotFound: the id is not from this leader.
        """
        standby = self._by_id.get(master_id)
        if standby is None:
            raise NotFound(f"No master has the id {master_id} here; ask for one first.")
        standby.version, standby.is_registered, standby.heard_ms = version, True, now_ms

    def heartbeat(self, master_id: int, now_ms: int) -> bool:
        """A standby lives; says whether it is known, so that it need not register."""
        standby = self._by_id.get(master_id)
        if standby is None or not standby.is_registered:
            return False
        standby.interval_ms, standby.heard_ms = now_ms - standby.heard_ms, now_ms
        return True

    def rows(self, now_ms: int) -> list[MasterRow]:
        """Return the standbys, then those that are silent, each in the order of their addresses."""
        live: list[MasterRow] = []
        lost: list[MasterRow] = []
        for _, standby in sorted(self._by_address.items()):
            if not standby.is_registered:
                continue
            is_lost = now_ms - standby.heard_ms > self._silence_ms(standby)
            row = MasterRow(standby.host, standby.rpc_port, "LOST" if is_lost else "STANDBY", standby.version)
            (lost if is_lost else live).append(row)
        return [*live, *lost]

    def _silence_ms(self, standby: _Standby) -> int:
        return min(self._timeout_ms, max(SILENCE_MS_MIN, SILENT_REPORTS * standby.interval_ms))


class MetaMasterMasterService:
    """`alluxio.grpc.meta.MetaMasterMasterService`; official standbys call it too."""

    def __init__(self, masters: Masters, now_ms: Callable[[], int]) -> None:
        self._masters = masters
        self._now_ms = now_ms

    def get_master_id(self, request: pb.GetMasterIdPRequest, call: Call) -> pb.GetMasterIdPResponse:
        address = request.masterAddress
        return pb.GetMasterIdPResponse(masterId=self._masters.id_of(address.host, address.rpcPort, self._now_ms()))

    def register_master(self, request: pb.RegisterMasterPRequest, call: Call) -> pb.RegisterMasterPResponse:
        self._masters.register(request.masterId, request.options.version, self._now_ms())
        return pb.RegisterMasterPResponse()

    def master_heartbeat(self, request: pb.MasterHeartbeatPRequest, call: Call) -> pb.MasterHeartbeatPResponse:
        is_known = self._masters.heartbeat(request.masterId, self._now_ms())
        command = pb.MetaCommand.MetaCommand_Nothing if is_known else pb.MetaCommand.MetaCommand_Register
        return pb.MasterHeartbeatPResponse(command=command)
