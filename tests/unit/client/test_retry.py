"""When a call is sent again: too seldom turns a fail-over into an error, too often an outage into a flood."""

from __future__ import annotations

import random

import pytest

from pyalluxio.client.leader import NoLeader
from pyalluxio.client.retry import Retry, RetryPolicy
from pyalluxio.errors import BY_STATUS, AlluxioError, Status, Unavailable, from_status


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def waits(policy: RetryPolicy, error: AlluxioError, **how: bool) -> tuple[list[float], float]:
    """Return the waits of a call that always fails at once, and the seconds they took in all."""
    clock = Clock()
    retry = Retry(policy, clock, random.Random(3))
    found = []
    while (delay_s := retry.delay_s(error, **how)) is not None:
        found.append(delay_s)
        clock.now_s += delay_s
    return found, clock.now_s - 100.0


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK], ids=lambda one: one.name)
def test_only_statuses_of_a_wrong_or_dead_server_are_retried(status: Status) -> None:
    """Repeating a refused call annoys; not repeating a lost one loses it."""
    retry = Retry(RetryPolicy(), Clock(), random.Random(1))
    is_retried = retry.delay_s(from_status(status, "text")) is not None
    assert is_retried == (
        status in {Status.UNAVAILABLE, Status.CANCELLED, Status.UNAUTHENTICATED, Status.UNIMPLEMENTED}
    )
    assert status in BY_STATUS


def test_waits_double_with_jitter_up_to_the_maximum_and_end_at_the_deadline() -> None:
    """Clients that failed together must not come back together, nor give up before their time."""
    found, took_s = waits(RetryPolicy(50, 3_000, 20_000), Unavailable("x"))
    ceilings = [min(3.0, 0.05 * 2**turn) for turn in range(len(found))]
    for wait, ceiling in zip(found[:-1], ceilings, strict=False):
        assert ceiling / 2 <= wait <= ceiling
    assert took_s == pytest.approx(20.0)
    assert len({round(wait / ceiling, 6) for wait, ceiling in zip(found[:-1], ceilings, strict=False)}) > 3


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        pytest.param(Status.UNAUTHENTICATED, 2, id="one new authentication, then the refusal is believed"),
        pytest.param(Status.UNIMPLEMENTED, 3, id="a method that no master has"),
    ],
)
def test_an_answer_that_waiting_does_not_change_is_soon_believed(status: Status, attempts: int) -> None:
    """A wrong user would otherwise wait two minutes for the same refusal."""
    found, _ = waits(RetryPolicy(), from_status(status, "text"))
    assert len(found) == attempts - 1


def test_nobody_at_all_ends_earlier() -> None:
    """A person who mistyped the host wants to know it in seconds; a fail-over still gets its two minutes."""
    policy = RetryPolicy(50, 3_000, 120_000, unreachable_max_ms=5_000)
    _, alone_s = waits(policy, Unavailable("x"), unreachable=True)
    _, failover_s = waits(policy, Unavailable("x"), unreachable=False)
    assert alone_s == pytest.approx(5.0)
    assert failover_s == pytest.approx(120.0)


def test_one_answer_shows_that_the_cluster_is_there() -> None:
    """During a fail-over masters may be unreachable in between; that must not cut the time short."""
    clock = Clock()
    retry = Retry(RetryPolicy(50, 3_000, 60_000, unreachable_max_ms=1_000), clock, random.Random(1))
    assert retry.delay_s(Unavailable("standby"), unreachable=False) is not None
    clock.now_s += 30.0
    assert retry.delay_s(Unavailable("gone"), unreachable=True) is not None


def test_a_leader_is_looked_for_often_at_first_and_seldom_later() -> None:
    """The pause between two looks is added to every fail-over; a dead cluster must not be flooded by its clients."""
    found, _ = waits(RetryPolicy(50, 3_000, 60_000), NoLeader("none", nobody_answered=False))
    early = [wait for turn, wait in enumerate(found) if sum(found[:turn]) < 3.0]
    late = [wait for turn, wait in enumerate(found) if sum(found[:turn]) > 9.0]
    assert max(early) <= 0.05
    assert min(late[:-1]) >= 0.5 and max(late) <= 1.0
    assert len(found) < 250


def test_looks_do_not_lengthen_the_wait_after_a_failed_call() -> None:
    """Twenty looks during a fail-over are no reason to wait seconds once the new leader is there."""
    retry = Retry(RetryPolicy(), Clock(), random.Random(1))
    assert retry.delay_s(Unavailable("gone")) is not None
    for _ in range(20):
        retry.delay_s(NoLeader("none", nobody_answered=False))
    delay_s = retry.delay_s(Unavailable("not ready"))
    assert delay_s is not None and delay_s <= 0.1
