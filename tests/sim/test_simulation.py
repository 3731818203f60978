"""Whole masters under random trouble: safety at every step, liveness after healing.

SEED=8172 pytest tests/sim            one seed again
SEEDS=5000 pytest tests/sim           that many, all fresh
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.checker import Violation
from tests.sim.plots import PLOTS
from tests.sim.simulation import Simulation

FIXED = 200
FRESH = 50
FAILURES_SHOWN = 3


def seeds() -> list[int]:
    """Return the seeds to run: those asked for, or the fixed ones and a few that nobody has seen before."""
    if "SEED" in os.environ:
        return [int(os.environ["SEED"])]
    fresh = random.Random()
    if "SEEDS" in os.environ:
        return [fresh.getrandbits(40) for _ in range(int(os.environ["SEEDS"]))]
    return [*range(1, FIXED + 1), *(fresh.getrandbits(40) for _ in range(FRESH))]


def test_safety_always_and_liveness_after_healing() -> None:
    """A broken rule shows only in rare orders of events: a change that was acknowledged is gone, a read is stale."""
    reports = []
    seen: dict[str, int] = {}
    entries = 0
    chosen = seeds()
    for seed in chosen:
        sim = Simulation(seed)
        try:
            sim.run()
        except Violation as violation:
            reports.append(str(violation))
            if len(reports) >= FAILURES_SHOWN:
                break
        entries += len(sim.checker.agreed)
        for what, count in sim.checker.seen.items():
            seen[what] = seen.get(what, 0) + count
    print(f"{len(chosen)} seeds, {entries} entries")
    for what, count in sorted(seen.items()):
        print(f"{count:8} {what}")
    if reports:
        pytest.fail("\n\n".join(reports))
    if len(chosen) >= FIXED:
        # Trouble in which nothing works, or in which nothing happens, would prove nothing.
        assert entries > 50 * len(chosen)
        for what in (
            "change done",
            "damaged",
            "killed",
            "paused",
            "power cut",
            "read by heartbeats",
            "read by lease",
            "repeated call",
            "snapshot installed",
            "transfer done",
            "wiped",
        ):
            assert seen.get(what, 0) >= len(chosen) // 20, f"{what}: {seen.get(what, 0)} times in {len(chosen)} runs"
        for plot in PLOTS:
            count = seen.get(f"plot: {plot.__name__}", 0)
            assert count >= len(chosen) // 40, f"{plot.__name__} is played {count} times in {len(chosen)} runs"


def test_the_same_seed_gives_the_same_run() -> None:
    """A failure that cannot be repeated cannot be understood: not even another process may make a difference."""
    code = "from tests.sim.simulation import Simulation as S; s = S(17); s.run(); print(s.event_hash, len(s.events))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=Path.cwd(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(runs) == 1, runs
