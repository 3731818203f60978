"""Why there is no leader, in one line: it must name what an administrator can do."""

from __future__ import annotations

import random

import pytest

from pyalluxio.ids import Index
from pyalluxio.journal.status import no_leader_reason, peer_statuses
from pyalluxio.raft.core import Core
from pyalluxio.raft.log import MemoryStorage
from pyalluxio.raft.messages import Configuration, HardState, Peer
from pyalluxio.raft.options import CoreOptions

MEMBERS = tuple(Peer.at(f"host{number}:19200") for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("hard_state", "members", "heard", "words"),
    [
        pytest.param(
            HardState(is_recovering=True), MEMBERS[:1], 0, "properties name no other master", id="told-of-itself"
        ),
        pytest.param(HardState(is_recovering=True), MEMBERS, 2, "until a leader has given it everything", id="emptied"),
        pytest.param(HardState(), MEMBERS, 0, "1 of 3 members can be reached, 2 are needed", id="alone"),
        pytest.param(HardState(), MEMBERS[1:], 2, "not part of the quorum any more", id="removed"),
        pytest.param(HardState(is_new=True), MEMBERS, 2, "finding each other", id="new"),
    ],
)
def test_the_reason_names_what_is_missing(
    hard_state: HardState, members: tuple[Peer, ...], heard: int, words: str
) -> None:
    """An emptied master that lists only itself refuses the leader that could help it; nothing else would say why."""
    core = Core(
        MEMBERS[0].id,
        MemoryStorage(),
        hard_state=hard_state,
        initial_configuration=Configuration(members),
        applied_index=Index(-1),
        options=CoreOptions(),
        rng=random.Random(1),
    )
    statuses = peer_statuses(core, {peer.id: 10 for peer in MEMBERS[1 : 1 + heard]})
    reason = no_leader_reason(core, statuses, reachable_within_ms=1000)
    assert reason.startswith("No leader")
    assert words in reason
