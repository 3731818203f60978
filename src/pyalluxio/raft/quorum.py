"""What a majority has said; in a joint configuration both majorities must have said it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from pyalluxio.ids import Index
from pyalluxio.raft.messages import NO_INDEX, Configuration, Peer, PeerId


class VoteResult(Enum):
    PENDING = "PENDING"
    WON = "WON"
    LOST = "LOST"


def committed_index(configuration: Configuration, match: Mapping[PeerId, int]) -> Index:
    """Return the largest index that a majority holds; peers missing in `match` hold nothing."""
    return Index(majority_value(configuration, match))


def majority_value(configuration: Configuration, values: Mapping[PeerId, int]) -> int:
    """Return the largest value that a majority has reached; peers missing in `values` have -1."""
    value = _majority_value(configuration.peers, values)
    if configuration.old_peers:
        value = min(value, _majority_value(configuration.old_peers, values))
    return value


def vote_result(configuration: Configuration, votes: Mapping[PeerId, bool]) -> VoteResult:
    """Return whether the votes given so far (True: granted) decide."""
    results = {_half_result(configuration.peers, votes)}
    if configuration.is_joint:
        results.add(_half_result(configuration.old_peers, votes))
    if VoteResult.LOST in results:
        return VoteResult.LOST
    return VoteResult.PENDING if VoteResult.PENDING in results else VoteResult.WON


def _majority_value(peers: tuple[Peer, ...], values: Mapping[PeerId, int]) -> int:
    ordered = sorted([values.get(peer.id, NO_INDEX) for peer in peers], reverse=True)
    return ordered[len(ordered) // 2] if ordered else NO_INDEX


def _half_result(peers: tuple[Peer, ...], votes: Mapping[PeerId, bool]) -> VoteResult:
    majority = len(peers) // 2 + 1
    granted = sum(votes.get(peer.id) is True for peer in peers)
    rejected = sum(votes.get(peer.id) is False for peer in peers)
    if granted >= majority:
        return VoteResult.WON
    return VoteResult.LOST if len(peers) - rejected < majority else VoteResult.PENDING
