"""Whom a leader asks to take over when nobody was named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pyalluxio.raft.messages import Configuration, Peer, PeerId
from pyalluxio.raft.transfer import best_target

MEMBERS = Configuration(tuple(Peer.at(f"m{number}:1") for number in (1, 2, 3)))


def at(match_index: int, acked_at: int, recovery: int = 0) -> Any:
    return SimpleNamespace(match_index=match_index, acked_at=acked_at, recovery=recovery)


ROWS = {
    "has most": ({"m2_1": at(5, 95), "m3_1": at(9, 90)}, "m3_1"),
    "heard last": ({"m2_1": at(9, 90), "m3_1": at(9, 95)}, "m3_1"),
    "is there": ({"m2_1": at(9, 10), "m3_1": at(2, 95)}, "m3_1"),
    "is recovering": ({"m2_1": at(9, 95, recovery=7), "m3_1": at(2, 95)}, "m3_1"),
    "nobody is there": ({"m2_1": at(9, 10), "m3_1": at(9, 11)}, None),
    "nobody is known": ({}, None),
}


@pytest.mark.parametrize(("progress", "expected"), ROWS.values(), ids=ROWS)
def test_whoever_can_at_once(progress: dict[str, Any], expected: str | None) -> None:
    """One that died a moment ago cannot take over: the cluster would wait two seconds for it."""
    known = {PeerId(name): value for name, value in progress.items()}
    assert best_target(MEMBERS, PeerId("m1_1"), known, heard_since=80) == expected
