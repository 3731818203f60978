"""Finding the leader: what decides how long a fail-over is noticed."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.client.leader import LeaderFinder, NoLeader
from pyalluxio.errors import AlluxioError, NotFound, Unavailable
from tests.waiting import until

MASTERS = ("m1:1", "m2:2", "m3:3")


class Masters:
    """Masters that answer as told: None leads, an error is the answer, an event keeps the caller waiting."""

    def __init__(self, **answers: AlluxioError | asyncio.Event | None) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def probe(self, address: str) -> None:
        self.asked.append(address)
        answer = self.answers[address.partition(":")[0]]
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        elif answer is not None:
            raise answer


STANDBY = Unavailable("GetServiceVersion is not supported on standby master")
DEAD = Unavailable("Cannot reach m1:1: failed to connect")


async def test_a_single_address_is_never_asked() -> None:
    """A probe before each first call would double the time of every command on a one-master cluster."""
    masters = Masters(m1=STANDBY)
    assert await LeaderFinder(["m1:1"], masters.probe).leader() == "m1:1"
    assert masters.asked == []


@pytest.mark.parametrize("concurrent", [True, False])
async def test_the_leader_is_found_among_standbys_and_remembered(concurrent: bool) -> None:
    """Asking all masters before every call would load the standbys for nothing."""
    masters = Masters(m1=STANDBY, m2=NotFound("odd"), m3=None)
    finder = LeaderFinder(MASTERS, masters.probe, concurrent=concurrent)
    assert await finder.leader() == "m3:3"
    assert await finder.leader() == "m3:3"
    assert len(masters.asked) == 3


async def test_a_hung_master_costs_nothing_when_all_are_asked_at_once() -> None:
    """One paused machine must not delay every client by its deadline."""
    masters = Masters(m1=asyncio.Event(), m2=None, m3=asyncio.Event())
    async with asyncio.timeout(5):
        assert await LeaderFinder(MASTERS, masters.probe).leader() == "m2:2"


async def test_a_forgotten_leader_is_looked_for_again() -> None:
    """After a fail-over the old leader must not be asked for ever."""
    masters = Masters(m1=None, m2=STANDBY, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    assert await finder.leader() == "m1:1"
    masters.answers.update(m1=STANDBY, m2=None)
    finder.forget("m3:3")
    assert await finder.leader() == "m1:1", "somebody else's old leader is no news"
    finder.forget("m1:1")
    assert await finder.leader() == "m2:2"


async def test_callers_share_a_round() -> None:
    """A thousand waiting calls must not become three thousand probes."""
    masters = Masters(m1=STANDBY, m2=None, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    assert await asyncio.gather(*(finder.leader() for _ in range(20))) == ["m2:2"] * 20
    assert len(masters.asked) == 3


@pytest.mark.parametrize(
    ("second", "nobody"), [pytest.param(STANDBY, False, id="a standby"), pytest.param(DEAD, True, id="none")]
)
async def test_no_leader_tells_what_each_master_answered(second: AlluxioError, nobody: bool) -> None:
    """`Cannot connect` alone leaves the operator guessing which machine to look at."""
    masters = Masters(m1=DEAD, m2=second, m3=DEAD)
    with pytest.raises(NoLeader) as caught:
        await LeaderFinder(MASTERS, masters.probe).leader()
    assert caught.value.nobody_answered is nobody
    assert all(f"{address}: {masters.answers[address[:2]]}" in str(caught.value) for address in MASTERS)


async def test_a_cancelled_caller_does_not_cancel_the_others_round() -> None:
    """One impatient request must not make all others start again."""
    gate = asyncio.Event()
    masters = Masters(m1=gate, m2=STANDBY, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    impatient, patient = asyncio.ensure_future(finder.leader()), asyncio.ensure_future(finder.leader())
    await until(lambda: masters.asked, what="the round")
    impatient.cancel()
    gate.set()
    assert await asyncio.wait_for(patient, 5) == "m1:1"
