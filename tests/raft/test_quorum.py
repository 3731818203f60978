"""Counting majorities."""

from __future__ import annotations

import pytest

from pyalluxio.raft.messages import Configuration, Peer, PeerId
from pyalluxio.raft.quorum import VoteResult, committed_index, vote_result


def peers(names: str) -> tuple[Peer, ...]:
    return tuple(Peer(PeerId(name), f"{name}:1") for name in names)


@pytest.mark.parametrize(
    ("new", "old", "match", "expected"),
    [
        pytest.param("a", "", {"a": 5}, 5, id="one member"),
        pytest.param("ab", "", {"a": 5, "b": 3}, 3, id="two need both"),
        pytest.param("abc", "", {"a": 5, "b": 3, "c": 1}, 3, id="middle of three"),
        pytest.param("abc", "", {"a": 5}, -1, id="a missing member holds nothing"),
        pytest.param("abcd", "", {"a": 5, "b": 4, "c": 3, "d": 2}, 3, id="four need three"),
        pytest.param("abc", "", {"a": 5, "b": 5, "x": 9}, 5, id="strangers do not count"),
        pytest.param("abc", "ade", {"a": 9, "b": 8, "c": 7, "d": 1, "e": 2}, 2, id="joint: the smaller majority"),
        pytest.param("abc", "d", {"a": 9, "b": 9, "c": 9}, -1, id="joint: the old half alone can hold it up"),
    ],
)
def test_committed_index(new: str, old: str, match: dict[str, int], expected: int) -> None:
    """An index counted too high is an acknowledged change that one disk can lose."""
    configuration = Configuration(peers(new), peers(old))
    assert committed_index(configuration, {PeerId(name): index for name, index in match.items()}) == expected


@pytest.mark.parametrize(
    ("new", "old", "votes", "expected"),
    [
        pytest.param("a", "", "+a", VoteResult.WON, id="one member"),
        pytest.param("abc", "", "+a", VoteResult.PENDING, id="one of three"),
        pytest.param("abc", "", "+a+b", VoteResult.WON, id="two of three"),
        pytest.param("abc", "", "+a-b-c", VoteResult.LOST, id="two refuse"),
        pytest.param("abcd", "", "+a+b-c-d", VoteResult.LOST, id="half is no majority"),
        pytest.param("abc", "", "+a+x+y", VoteResult.PENDING, id="strangers do not count"),
        pytest.param("abc", "cde", "+a+b+c", VoteResult.PENDING, id="joint: new won, old open"),
        pytest.param("abc", "cde", "+a+b+c+d", VoteResult.WON, id="joint: both won"),
        pytest.param("abc", "cde", "+a+b-d-e", VoteResult.LOST, id="joint: old lost"),
    ],
)
def test_vote_result(new: str, old: str, votes: str, expected: VoteResult) -> None:
    """Two leaders in one term begin with a miscounted vote."""
    given = {PeerId(votes[i + 1]): votes[i] == "+" for i in range(0, len(votes), 2)}
    assert vote_result(Configuration(peers(new), peers(old)), given) is expected
