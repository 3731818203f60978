"""What protects cached data after a fail-over: unknown blocks, safe mode, leases."""

from __future__ import annotations

import pytest

from pyalluxio.errors import SafeMode
from pyalluxio.ids import WorkerId
from pyalluxio.master.register_leases import RegisterLeases
from pyalluxio.master.safe_mode import SafeModeTimer
from pyalluxio.master.unknown_blocks import PATIENCE_MS, UnknownBlocks


def test_an_unknown_block_waits_its_time() -> None:
    """Freed on first sight, a block whose commit is still on its way to this master would be destroyed."""
    unknown = UnknownBlocks()
    unknown.watch([1, 2], 0)
    unknown.watch([1, 3], 1000)
    assert unknown.take_due(PATIENCE_MS - 1, 10) == []
    assert unknown.take_due(PATIENCE_MS, 1) == [1]
    assert unknown.take_due(PATIENCE_MS, 10) == [2]
    assert unknown.forget(3)
    assert not unknown.forget(3)
    assert unknown.take_due(10 * PATIENCE_MS, 10) == []


def test_safe_mode_lasts_from_the_gain_of_leadership() -> None:
    """Without it, clients of a new leader see no worker, and give up instead of trying again."""
    safe_mode = SafeModeTimer(5000)
    with pytest.raises(SafeMode):
        safe_mode.check(0)
    safe_mode.leading(1000, workers_known=False)
    with pytest.raises(SafeMode):
        safe_mode.check(5999)
    safe_mode.check(6000)
    safe_mode.not_leading()
    assert not safe_mode.is_over(9_000_000)


def test_a_leader_that_knows_its_workers_skips_safe_mode() -> None:
    """Five seconds of refused calls at each fail-over are the original's, and would be for nothing."""
    safe_mode = SafeModeTimer(5000)
    safe_mode.leading(1000, workers_known=True)
    safe_mode.check(1000)


def test_leases_are_counted_and_end() -> None:
    """All workers of a large cluster registering at once is what the lease is there to prevent."""
    leases = RegisterLeases(count_max=2, ttl_ms=60_000)
    assert leases.request(WorkerId(1), 0) == 60_000
    assert leases.request(WorkerId(2), 5) == 60_005
    assert leases.request(WorkerId(3), 10) is None
    assert leases.request(WorkerId(1), 20) == 60_000, "asking again does not prolong it"
    leases.release(WorkerId(1))
    assert leases.request(WorkerId(3), 30) == 60_030
    assert leases.holds(WorkerId(2), 60_004)
    assert not leases.holds(WorkerId(2), 60_005)
    assert leases.request(WorkerId(4), 60_010) == 120_010, "an expired lease is free again"
