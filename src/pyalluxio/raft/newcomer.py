"""A member whose disk holds nothing: of a new quorum, or of an old one that it has forgotten?

Both look the same from inside: no entry, no vote. A member of an old quorum must not vote, since it may have voted and
acknowledged before (rule 2 of `core.py`). A new quorum must elect somebody.

Rule 1: whoever holds an entry is part of a history. A new member that hears of one before it has voted or taken an
        entry has forgotten it, or never knew it; it cannot tell, so it becomes recovering.
Rule 2: a new member that asks for votes waits until every other member has answered or cannot be reached, and one
        refusal ends its round: a single member with a history, or with another list of members, is enough to stop two
        new ones from founding a quorum of their own beside it.
Rule 3: the first leader's own log begins with an entry of its own term at index 0; that alone is no history. A new
        member accepts it, and is new no more. A member that is being added, and does not count yet, accepts everything.

Why this always leaves a quorum that can elect: the first entry of all was written by a leader, whom a majority had
elected. The members of that majority have voted, so they are not new, and rule 1 does not concern them.

What is left: an emptied member together with members that have never received an entry may be a majority, while the
others, who hold the entries, are away. Then they found a new history. It takes an emptied disk that was formatted by
hand (a member whose folder is not formatted begins as recovering), and a quorum whose other half never took part.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from pyalluxio.raft.messages import (
    NO_TERM,
    AppendRequest,
    Configuration,
    InstallSnapshotRequest,
    PeerId,
    VoteRequest,
)
from pyalluxio.raft.quorum import VoteResult


def knows_history(request: VoteRequest) -> bool:
    """Tell whether the candidate holds an entry: an empty log ends at (0, 0)."""
    return request.last.term != NO_TERM


def tells_nothing(request: AppendRequest) -> bool:
    """Tell whether a heartbeat leaves open what the leader's log holds.

    A new member that answered it would confirm the leader's reads, although it may have elected another one since. A
    new member's silence costs nothing: the leader's entries are under way.
    """
    return request.is_heartbeat and request.previous is None and request.initializing


def continues_history(request: AppendRequest) -> bool:
    """Tell whether an append to a voter is anything but the beginning of the first log of all."""
    if not request.initializing:
        return False
    return request.previous is not None or not request.entries or request.entries[0].term != request.term


def replaces_history(request: InstallSnapshotRequest) -> bool:
    """Tell whether a voter is sent for a snapshot. A member that is being added may be, and stays new."""
    return request.to in request.last_configuration[1].voters


def newcomer_result(configuration: Configuration, votes: Mapping[PeerId, bool], unreachable: Set[PeerId]) -> VoteResult:
    """Return how a new member's election that a majority would grant stands; see rule 2."""
    if not all(votes.values()):
        return VoteResult.LOST
    is_complete = all(peer in votes or peer in unreachable for peer in configuration.voters)
    return VoteResult.WON if is_complete else VoteResult.PENDING
