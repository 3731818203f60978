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


async def test_a_hung_master_does_not_keep_the_others_from_being_asked_again() -> None:
    """The leader was paused and the next one is not elected yet: waiting for the paused one would cost its deadline."""
    hung = asyncio.Event()
    masters = Masters(m1=None, m2=STANDBY, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    assert await finder.leader() == "m1:1"
    masters.answers["m1"] = hung
    assert await finder.is_still("m1:1") is None
    masters.answers["m3"] = None
    async with asyncio.timeout(5):
        assert await finder.leader() == "m3:3"
    assert masters.asked.count("m1:1") == 2, "the open question is not asked twice"


async def test_an_answer_that_comes_between_two_rounds_counts() -> None:
    """A master that answers slower than the pause between rounds would never be found."""
    slow = asyncio.Event()
    masters = Masters(m1=STANDBY, m2=slow, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    with pytest.raises(NoLeader, match="m2:2: no answer yet"):
        await finder.leader()
    slow.set()
    assert await finder.leader() == "m2:2"
    assert masters.asked.count("m2:2") == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param({"m1": None}, True, id="it leads"),
        pytest.param({"m1": STANDBY, "m2": None}, False, id="another leads"),
        pytest.param({"m1": STANDBY}, None, id="nobody leads"),
    ],
)
async def test_a_suspected_leader_is_checked(now: dict[str, AlluxioError | None], expected: bool | None) -> None:
    """A call may take minutes on a healthy leader; only another leader is a reason to send it again."""
    masters = Masters(m1=None, m2=STANDBY, m3=STANDBY)
    finder = LeaderFinder(MASTERS, masters.probe)
    assert await finder.leader() == "m1:1"
    masters.answers.update(now)
    assert await finder.is_still("m1:1") is expected


async def test_closing_withdraws_open_questions() -> None:
    """A program that ends while a master hangs must not be told of destroyed tasks, nor wait."""
    masters = Masters(m1=asyncio.Event(), m2=STANDBY, m3=STANDBY)
    rested = []

    async def rest() -> None:
        rested.append(True)

    finder = LeaderFinder(MASTERS, masters.probe, rest=rest)
    with pytest.raises(NoLeader):
        await finder.leader()
    await finder.close()
    assert rested and len(asyncio.all_tasks()) == 1
