"""The simulator finds bugs that are put in: a few quick ones always, all of them with ALL_MUTANTS=1 (`make soak`)."""

from __future__ import annotations

import os

import pytest

from tests.sim.mutants import MUTANTS, find

QUICK = (
    "skipped_fsync",
    "sent_before_persisted",
    "shorter_log_wins",
    "reply_before_commit",
    "cache_filled_during_open_batch",
    "sequence_number_from_memory",
    "operation_id_not_stored",
    "read_without_lease_check",
    "lease_survives_transfer",
    "joint_phase_counts_new_members_only",
)


@pytest.mark.parametrize("name", MUTANTS if "ALL_MUTANTS" in os.environ else QUICK)
def test_a_bug_is_found(name: str) -> None:
    """A simulator that never fails could be one that never looks."""
    assert find(name) is not None, f"{name} is not found"


def test_there_are_enough_bugs() -> None:
    assert len(MUTANTS) >= 10
    assert set(QUICK) <= set(MUTANTS)
