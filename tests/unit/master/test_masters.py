"""How every master gets into the table of masters: standbys report, the leader remembers, the silent are shown."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from pyalluxio.client.leader import NoLeader
from pyalluxio.errors import NotFound, ResourceExhausted, Unavailable
from pyalluxio.master import masters as masters_module
from pyalluxio.master.masters import Masters, MetaMasterMasterService
from pyalluxio.master.standby_report import Identity, StandbyReport
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from tests.unit.master.block_master_fakes import CALL
from tests.waiting import until

TIMEOUT_MS = 600_000


def some_masters() -> Masters:
    return Masters(TIMEOUT_MS, random.Random(1))


def rows(masters: Masters, now_ms: int) -> list[tuple[str, int, str]]:
    return [(row.host, row.rpc_port, row.state) for row in masters.rows(now_ms)]


def test_standby_is_shown_once_it_registered() -> None:
    masters = some_masters()
    id_ = masters.id_of("m2", 19998, 0)
    assert masters.id_of("m2", 19998, 5) == id_
    assert rows(masters, 0) == []
    assert not masters.heartbeat(id_, 5)
    masters.register(id_, "2.9.6", 10)
    assert masters.heartbeat(id_, 20)
    assert rows(masters, 30) == [("m2", 19998, "STANDBY")]


def test_silent_one_is_lost_and_comes_back() -> None:
    """An operator looks at this table to learn which master is down; ten minutes are too long to wait for it."""
    masters = some_masters()
    quick, slow = masters.id_of("quick", 1, 0), masters.id_of("slow", 2, 0)
    for id_ in (quick, slow):
        masters.register(id_, "2.9.6", 0)
    masters.heartbeat(quick, 3_000)
    masters.heartbeat(slow, 120_000)
    masters.heartbeat(quick, 120_000)
    masters.heartbeat(quick, 123_000)
    assert [state for *_, state in rows(masters, 137_000)] == ["STANDBY", "STANDBY"]
    assert rows(masters, 139_000) == [("slow", 2, "STANDBY"), ("quick", 1, "LOST")]
    assert masters.heartbeat(quick, 140_000)
    assert ("quick", 1, "STANDBY") in rows(masters, 141_000)
    assert [state for *_, state in rows(masters, 141_000 + TIMEOUT_MS)] == ["LOST", "LOST"]


def test_new_leader_asks_everybody_to_register() -> None:
    masters = some_masters()
    id_ = masters.id_of("m2", 19998, 0)
    masters.register(id_, "2.9.6", 0)
    masters.clear()
    assert not masters.heartbeat(id_, 1)
    with pytest.raises(NotFound):
        masters.register(id_, "2.9.6", 1)


def test_masters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masters_module, "MASTERS_MAX", 1)
    masters = some_masters()
    masters.id_of("m2", 19998, 0)
    with pytest.raises(ResourceExhausted, match="m3:19998"):
        masters.id_of("m3", 19998, 0)


# --- the standby's side --------------------------------------------------------------------------------------------


class Leader:
    """A leader that may forget, and may be away; it is the finder and the channel of the standby, too."""

    def __init__(self) -> None:
        self.masters = some_masters()
        self.service = MetaMasterMasterService(self.masters, lambda: 0)
        self.calls: list[str] = []
        self.is_there = True
        self.refuses = False
        self.forgotten: list[str] = []
        self.open_channels = 0

    async def leader(self) -> str:
        if not self.is_there:
            raise NoLeader("nobody leads", False)
        return "m1:19998"

    def forget(self, address: str) -> None:
        self.forgotten.append(address)

    def open(self, address: str) -> Any:
        self.open_channels += 1
        return self

    async def close(self) -> None:
        self.open_channels -= 1

    async def unary(self, rpc: Any, request: Any, timeout_s: float) -> Any:
        self.calls.append(rpc.name)
        if self.refuses:
            raise Unavailable("This master is a standby.")
        return getattr(self.service, rpc.snake_name)(request, CALL)


def report_to(leader: Leader, stands_by: list[bool], interval_s: float = 0.01) -> StandbyReport:
    identity = Identity("m2", 19998, 5, "2.9.6")
    return StandbyReport(identity, leader, leader.open, lambda: stands_by[0], interval_s=interval_s)


async def test_standby_registers_and_goes_on_reporting() -> None:
    leader = Leader()
    running = asyncio.create_task(report_to(leader, [True]).run())
    await until(lambda: leader.calls.count("MasterHeartbeat") >= 3)
    assert leader.calls[:2] == ["GetMasterId", "RegisterMaster"]
    assert leader.calls.count("RegisterMaster") == 1
    assert rows(leader.masters, 1) == [("m2", 19998, "STANDBY")]
    leader.masters.clear()
    await until(lambda: rows(leader.masters, 1) == [("m2", 19998, "STANDBY")])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert leader.open_channels == 0


async def test_standby_outlives_leaders() -> None:
    """A leader that is gone, or no leader any more, must not end the reports to the next one."""
    leader = Leader()
    running = asyncio.create_task(report_to(leader, [True]).run())
    await until(lambda: "MasterHeartbeat" in leader.calls)
    leader.refuses = True
    await until(lambda: bool(leader.forgotten))
    leader.refuses, leader.is_there = False, False
    leader.masters.clear()
    leader.is_there = True
    await until(lambda: bool(rows(leader.masters, 1)))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_change_of_roles_is_told_at_once() -> None:
    leader, stands_by = Leader(), [False]
    report = report_to(leader, stands_by, interval_s=3600)
    running = asyncio.create_task(report.run())
    await asyncio.sleep(0)
    assert leader.calls == []
    stands_by[0] = True
    report.role_changed()
    await until(lambda: "MasterHeartbeat" in leader.calls)
    stands_by[0] = False
    report.role_changed()
    await until(lambda: leader.open_channels == 0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_service_answers_as_official_masters_do() -> None:
    service = MetaMasterMasterService(some_masters(), lambda: 0)
    request = pb.GetMasterIdPRequest(masterAddress=NetAddress(host="m2", rpcPort=19998))
    id_ = service.get_master_id(request, CALL).masterId
    assert id_ > 0
    beat = pb.MasterHeartbeatPRequest(masterId=id_)
    assert service.master_heartbeat(beat, CALL).command == pb.MetaCommand.MetaCommand_Register
    service.register_master(pb.RegisterMasterPRequest(masterId=id_), CALL)
    assert service.master_heartbeat(beat, CALL).command == pb.MetaCommand.MetaCommand_Nothing
