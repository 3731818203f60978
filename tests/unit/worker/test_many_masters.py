"""One worker and several masters: living, dead, hung, deposed, and such that nobody configured."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.client.leader import LeaderFinder
from pyalluxio.client.retry import RetryPolicy
from pyalluxio.conf import Configuration
from pyalluxio.errors import NotLeader, Unavailable
from pyalluxio.processes.worker import _reported_masters, _same_master
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.server import GRPCIO, Server
from pyalluxio.worker.heartbeat import ReportSettings
from pyalluxio.worker.known_leader import KnownLeader
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import BLOCKS, FILES, MasterLink
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.reporting import Reporting
from tests.unit.worker.fake_master import FakeMaster
from tests.unit.worker.test_reports import ADDRESS, A, B, in_background, open_blocks, put, reported
from tests.waiting import until

INTERVAL_S = 0.05
SETTINGS = ReportSettings(interval_s=INTERVAL_S, rpc_timeout_s=2)
OPTIONS = ChannelOptions(user="worker", extra=(("grpc.initial_reconnect_backoff_ms", 100),))


class OneOfMany(FakeMaster):
    """A master of ours, which may lead or stand by."""

    def __init__(self, leads: bool, term: int = 1) -> None:
        super().__init__()
        self.leads = leads
        self.term = term
        self.notified: list[int] = []
        self.answered_s: list[float] = []
        self.asleep: asyncio.Event | None = None

    async def get_worker_id(self, request: Any, call: Any) -> Any:
        if not self.leads:
            raise NotLeader("a standby")
        return await super().get_worker_id(request, call)

    async def notify_worker_id(self, request: Any, call: Any) -> Any:
        self.notified.append(request.workerId)
        return pb.NotifyWorkerIdPResponse()

    async def block_heartbeat(self, request: Any, call: Any) -> Any:
        if self.asleep is not None:
            await self.asleep.wait()
        answer = await super().block_heartbeat(request, call)
        self.answered_s.append(time.monotonic())
        answer.leads, answer.term = self.leads, self.term
        answer.acknowledgedReport = request.reportNumber if self.is_worker_known else 0
        return answer

    async def commit_block(self, request: Any, call: Any) -> Any:
        if self.asleep is not None:
            await self.asleep.wait()
        if not self.leads:
            raise NotLeader("a standby")
        return await super().commit_block(request, call)


@dataclass
class Masters:
    """Masters on ports of their own, and the way in which a worker finds the leader among them."""

    masters: dict[str, OneOfMany]
    others: list[str]

    async def probe(self, address: str) -> None:
        master = self.masters.get(address)
        if master is None or not master.leads or master.asleep is not None:
            raise Unavailable(f"Cannot reach {address} as a leader")

    @property
    def addresses(self) -> list[str]:
        return [*self.others, *self.masters]


@asynccontextmanager
async def masters_of(*masters: OneOfMany, others: tuple[str, ...] = ()) -> AsyncIterator[Masters]:
    async with AsyncExitStack() as stack:
        addresses = {}
        for master in masters:
            server = Server("127.0.0.1", 0, [*handlers_of(BLOCKS, master), *handlers_of(FILES, master)], engine=GRPCIO)
            await server.start()
            stack.push_async_callback(server.stop, 0.1)
            addresses[f"127.0.0.1:{server.port}"] = master
        yield Masters(addresses, list(others))


@asynccontextmanager
async def a_worker(
    path: Path, cluster: Masters, **changes: Any
) -> AsyncIterator[tuple[Reporting, LocalBlocks, MasterLink]]:
    blocks = open_blocks(path)
    link = MasterLink(LeaderFinder(cluster.addresses, cluster.probe), OPTIONS, RetryPolicy(duration_max_ms=10_000))
    reporting = Reporting(
        link, blocks, WorkerMetrics(), ADDRESS, SETTINGS, masters=cluster.addresses, options=OPTIONS, **changes
    )
    try:
        yield reporting, blocks, link
    finally:
        await reporting.close()
        await link.close()
        blocks.close()


@pytest.fixture
def black_hole() -> Any:
    """Yield the address of a machine that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def nobody() -> str:
    """Return an address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


async def test_every_master_knows_the_worker_by_the_same_id(tmp_path: Path) -> None:
    """A new leader with another id for it would not find the worker that clients remember."""
    leader, standby = OneOfMany(True), OneOfMany(False)
    async with masters_of(leader, standby) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        put(blocks, A, b"x")
        await reporting.register()
        assert (len(leader.registrations), len(standby.registrations)) == (1, 0)
        async with in_background(reporting.run()):
            await until(lambda: standby.registrations)
            put(blocks, B, b"yy")
            for master in (leader, standby):
                await until(lambda master=master: reported(master.heartbeats, "addedBlocks") == [B])  # type: ignore[misc]
                assert reported(master.registrations[0], "currentBlocks") == [A]
                assert {beat.workerId for beat in master.heartbeats} == {77} == set(master.notified)


async def test_dead_and_hung_masters_delay_nobody(tmp_path: Path, black_hole: str, nobody: str) -> None:
    """With two of three masters gone the third must still hear everything in time, or it loses the worker too."""
    leader = OneOfMany(True)
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(masters_of(leader, others=(black_hole, nobody)))
        reporting, blocks, _ = await stack.enter_async_context(a_worker(tmp_path, cluster))
        began_s = time.monotonic()
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: len(leader.answered_s) > 1)
            assert time.monotonic() - began_s < 1
            count = len(leader.answered_s)
            await until(lambda: len(leader.answered_s) > count + 20)
            beats = leader.answered_s[count:]
            pauses = [later - earlier for earlier, later in pairwise(beats)]
            # 20 beats with a call of 2 s to a hung master in between each would take 40 s.
            assert sum(pauses) / len(pauses) < 4 * INTERVAL_S
            await reporting.commit(put(blocks, A, b"data"))
            await until(lambda: reporting.masters()[1]["error"], what="the dead master being noticed")
        assert [each["isRegistered"] for each in reporting.masters()] == [False, False, True]


async def test_a_master_that_comes_back_is_told_everything(tmp_path: Path) -> None:
    """It was started again and knows nothing; the others must not be bothered."""
    leader, standby = OneOfMany(True), OneOfMany(False)
    async with masters_of(leader, standby) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: standby.registrations)
            put(blocks, A, b"x")
            standby.is_worker_known = False
            await until(lambda: len(standby.registrations) == 2)
            assert reported(standby.registrations[1], "currentBlocks") == [A]
        assert len(leader.registrations) == 1


async def test_a_commit_that_hangs_in_a_paused_leader_goes_to_the_next(tmp_path: Path) -> None:
    """A writer must not wait for a minute because a machine was suspended while it closed its file."""
    old, new = OneOfMany(True), OneOfMany(False)
    async with masters_of(old, new) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: new.heartbeats)
            old.asleep = asyncio.Event()
            commit = asyncio.create_task(reporting.commit(put(blocks, A, b"data")))
            new.leads, new.term = True, 2
            await asyncio.wait_for(commit, 1.5)
            old.asleep.set()
        assert [commit.blockId for commit in new.commits] == [A]


async def test_a_deposed_leader_frees_nothing(tmp_path: Path) -> None:
    """It wakes after half a minute and repeats an order of another age."""
    old, new = OneOfMany(True), OneOfMany(False)
    async with masters_of(old, new) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        put(blocks, A, b"x")
        await reporting.register()
        free = common_pb2.Command(commandType=common_pb2.Free, data=[A])
        async with in_background(reporting.run()):
            new.leads, new.term = True, 2
            await until(lambda: new.answered_s and reporting._known.term == 2)
            old.commands = [free] * 3
            await until(lambda: not old.commands, what="the orders being read")
            await more(old.answered_s)
            assert blocks.store.block_count == 1
            new.commands = [free]
            await until(lambda: blocks.store.block_count == 0)


async def test_a_commit_to_a_leader_that_forgot_registers_there(tmp_path: Path) -> None:
    """Other masters know the worker; the one that counts does not."""
    leader, standby = OneOfMany(True), OneOfMany(False)
    slow = ReportSettings(interval_s=30, rpc_timeout_s=2)
    async with masters_of(leader, standby) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        reporting._settings = slow
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: standby.heartbeats)
            leader.is_worker_known = False
            await reporting.commit(put(blocks, A, b"data"))
        assert [commit.blockId for commit in leader.commits] == [A]
        assert (len(leader.registrations), len(standby.registrations)) == (2, 1)


async def test_standbys_know_a_block_before_its_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leader dies a moment after the commit; a Java client opens the file at the next one, and asks only once."""
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", replace(SETTINGS, interval_s=30))
    leader, standby = OneOfMany(True), OneOfMany(False)
    async with masters_of(leader, standby) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: leader.heartbeats and standby.heartbeats)
            for block in (A, B):
                await reporting.commit(put(blocks, block, b"data"))
                assert block in reported(standby.heartbeats, "addedBlocks")
            assert reported(leader.heartbeats, "addedBlocks") == [], "the leader knows by the commit"


async def test_a_hung_standby_holds_writers_up_only_once(tmp_path: Path) -> None:
    """One master under SIGSTOP must not cost every small file a tenth of a second."""
    leader, standby = OneOfMany(True), OneOfMany(False)
    async with masters_of(leader, standby) as cluster, a_worker(tmp_path, cluster) as (reporting, blocks, _):
        await reporting.register()
        async with in_background(reporting.run()):
            await until(lambda: leader.heartbeats and standby.heartbeats)
            standby.asleep = asyncio.Event()
            await asyncio.wait_for(reporting.commit(put(blocks, A, b"data")), 1.5)
            (address,) = (address for address, master in cluster.masters.items() if master is standby)
            reporter = reporting._reporters[address]
            await until(lambda: not reporter.is_answering)
            asked = len(reporter._asked)
            await reporting.commit(put(blocks, B, b"data"))
            assert len(reporter._asked) == asked
            standby.asleep.set()
            await until(lambda: set(reported(standby.heartbeats, "addedBlocks")) == {A, B})


async def test_masters_that_joined_are_reported_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quorum grew while this worker ran; its configuration will follow some day."""
    leader, standby, joined = OneOfMany(True), OneOfMany(False), OneOfMany(False)
    async with masters_of(leader, standby, joined) as cluster:
        *configured, new = cluster.masters
        newcomer = {new: cluster.masters.pop(new)}
        async with a_worker(tmp_path, cluster) as (reporting, _, link):

            async def told() -> list[str]:
                return [*configured, new]

            monkeypatch.setattr(link, "master_addresses", told)
            await reporting.register()
            async with in_background(reporting.run()):
                await reporting.follow()
                await reporting.follow()
                await until(lambda: newcomer[new].registrations)
            assert [each["address"] for each in reporting.masters()] == [*configured, new]


async def more(items: list[Any], count: int = 2) -> None:
    """Return when the list has grown, so that what began before is over."""
    wanted = len(items) + count
    await until(lambda: len(items) >= wanted)


async def test_the_worker_ends_when_no_master_answers_for_very_long(
    tmp_path: Path, black_hole: str, nobody: str
) -> None:
    """Its supervisor shall notice; a standby that answers is a reason to stay."""
    now_s = 0.0
    standby = OneOfMany(False)
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(masters_of(standby, others=(black_hole, nobody)))
        reporting, _, _ = await stack.enter_async_context(a_worker(tmp_path, cluster, clock=lambda: now_s))
        reporting._given_id = 77  # from a leader that is gone
        async with in_background(reporting.run()) as running:
            await until(lambda: standby.heartbeats)
            now_s = 3000.0
            await more(standby.heartbeats)
            now_s = 4000.0
            await more(standby.heartbeats)
            assert not running.done()
            standby.failing_heartbeats = 10**9
            await until(lambda: standby.failing_heartbeats < 10**9)
            now_s = 9000.0
            with pytest.raises(Unavailable, match="No master answered for 3600 s"):
                await asyncio.wait_for(running, 10)


def test_orders_count_in_the_latest_term_only() -> None:
    """Two masters may believe at once that they lead; the terms tell which of them is right."""
    known = KnownLeader()
    assert known.hear("a", 1, True)
    assert not known.hear("b", 1, False)
    assert not known.hear("c", 2, False), "a standby that knows a later term already"
    assert known.address is None
    assert not known.hear("a", 1, True)
    assert known.hear("b", 2, True)
    assert (known.term, known.address) == (2, "b")
    assert not known.hear("b", 2, False)
    assert known.address is None


JOURNAL = {"alluxio.master.embedded.journal.addresses": "m1:19200,m2:19200,m3:19200"}


@pytest.mark.parametrize(
    ("properties", "masters"),
    [
        pytest.param(JOURNAL, ["m1:19998", "m2:19998", "m3:19998"], id="the hosts of the journal"),
        pytest.param(
            {**JOURNAL, "alluxio.master.hostname": "elsewhere", "alluxio.master.rpc.port": "20000"},
            ["m1:20000", "m2:20000", "m3:20000"],
            id="the host name of a master means nothing to a worker",
        ),
        pytest.param(
            {**JOURNAL, "alluxio.master.rpc.addresses": "r1:1,r2:2"}, ["r1:1", "r2:2"], id="addresses for clients"
        ),
        pytest.param({**JOURNAL, "alluxio.worker.register.to.all.masters": "false"}, [], id="as 2.9"),
    ],
)
def test_which_masters_are_reported_to(properties: dict[str, str], masters: list[str]) -> None:
    """A site file that is copied to all machines names a master's own host; workers must not fall for it."""
    assert _reported_masters(Configuration.for_test(properties, role="worker")) == masters


def test_one_master_under_two_names_is_one() -> None:
    """Reported to twice it would ask for a registration every second, since each session ends the other."""
    conf = Configuration.for_test({}, role="worker")
    same: Callable[[str, str], bool] = lambda one, other: _same_master(conf, one, other)  # noqa: E731
    assert same("localhost:19998", "127.0.0.1:19998")
    assert not same("127.0.0.1:19998", "127.0.0.1:19997")
    assert not same("127.0.0.1:19998", "127.0.0.2:19998")
