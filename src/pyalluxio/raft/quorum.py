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
    index = _majority_value(configuration.peers, match)
    if configuration.is_joint:
        index = min(index, _majority_value(configuration.old_peers, match))
    return Index(index)


def vote_result(configuration: Configuration, votes: Mapping[PeerId, bool]) -> VoteResult:
    """Return whether the votes given so far (True: granted) decide."""
    results = {_half_result(configuration.peers, votes)}
    if configuration.is_joint:
        results.add(_half_result(configuration.old_peers, votes))
    if VoteResult.LOST in results:
        return VoteResult.LOST
    return VoteResult.PENDING if VoteResult.PENDING in results else VoteResult.WON


def _majority_value(peers: tuple[Peer, ...], match: Mapping[PeerId, int]) -> int:
    values = sorted((match.get(peer.id, NO_INDEX) for peer in peers), reverse=True)
    return values[len(values) // 2] if values else NO_INDEX


def _half_result(peers: tuple[Peer, ...], votes: Mapping[PeerId, bool]) -> VoteResult:
    majority = len(peers) // 2 + 1
    granted = sum(votes.get(peer.id) is True for peer in peers)
    rejected = sum(votes.get(peer.id) is False for peer in peers)
    if granted >= majority:
        return VoteResult.WON
    return VoteResult.LOST if len(peers) - rejected < majority else VoteResult.PENDING
