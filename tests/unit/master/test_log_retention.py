"""What stays of the log behind a snapshot, for whom."""

from __future__ import annotations

import pytest

from pyalluxio.ids import Index, Term
from pyalluxio.journal.node import JournalStatus, PeerStatus, Role
from pyalluxio.master.log_retention import LIVING_MS, purgeable
from pyalluxio.raft.messages import Configuration, PeerId

BOUND = 1000


def peer(match_index: int | None, last_contact_ms: int | None) -> PeerStatus:
    match = None if match_index is None else Index(match_index)
    return PeerStatus("h:1", match, None, last_contact_ms, True, False, False)


def status(*peers: PeerStatus, role: Role = Role.LEADER, log_size_bytes: int = BOUND) -> JournalStatus:
    return JournalStatus(
        role=role,
        term=Term(1),
        leader=PeerId(""),
        commit_index=Index(100),
        first_index=Index(50),
        last_index=Index(100),
        applied_index=Index(100),
        log_size_bytes=log_size_bytes,
        configuration=Configuration(()),
        is_disk_full=False,
        peers=peers,
    )


@pytest.mark.parametrize(
    ("now", "index"),
    [
        (status(peer(100, 0)), 90),
        (status(peer(100, 0), peer(60, 100)), 60),
        (status(peer(100, 0), peer(-1, 100)), -1),
        (status(peer(100, 0), peer(60, LIVING_MS + 1)), 90),
        (status(peer(100, 0), peer(60, None)), 90),
        (status(peer(100, 0), peer(None, 100)), 90),
        (status(peer(100, 0), peer(60, 100), log_size_bytes=BOUND + 1), 90),
        (status(peer(100, 0), peer(60, 100), role=Role.FOLLOWER), 90),
    ],
    ids=["alone", "behind", "fetches a snapshot", "gone", "never heard", "not known", "too long", "standby"],
)
def test_what_a_living_member_lacks_is_kept_up_to_a_bound(now: JournalStatus, index: int) -> None:
    """A member that fetches gigabytes would find the log shortened behind them again and again; a dead one waits."""
    assert purgeable(now, Index(90), BOUND) == index
