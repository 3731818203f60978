"""Rules of the core that a script of three equal members cannot show."""

from __future__ import annotations

import random

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.raft.core import Core, CoreOptions, Proposal
from pyalluxio.raft.log import MemoryStorage
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    AppendResult,
    Configuration,
    Entry,
    EntryKind,
    HardState,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    InstallSnapshotResult,
    LogPosition,
    Peer,
    PeerId,
    Restore,
    Role,
)
from tests.raft.cluster import OPTIONS

ME, LEADER, OTHER = PeerId("me"), PeerId("leader"), PeerId("other")
THREE = Configuration(tuple(Peer(id_, f"{id_}:1") for id_ in (ME, LEADER, OTHER)))
TWO = Configuration(THREE.peers[:2])
ALONE = Configuration(THREE.peers[:1])


class Follower:
    """A member whose leader is the test."""

    def __init__(self, configuration: Configuration = THREE) -> None:
        self.storage = MemoryStorage()
        self.core = Core(
            ME,
            self.storage,
            hard_state=HardState(),
            initial_configuration=configuration,
            applied_index=NO_INDEX,
            options=OPTIONS,
            rng=random.Random(1),
        )

    def append(self, term: int, previous: LogPosition | None, *entries: Entry, commit: int = -1) -> AppendReply:
        self.core.step(AppendRequest(LEADER, ME, Term(term), previous, entries, Index(commit), 1))
        (reply,) = self.turn()
        assert isinstance(reply, AppendReply)
        return reply

    def turn(self, committed_bytes_max: int = 1 << 30) -> list[object]:
        messages: list[object] = []
        self.handed: list[int] = []
        while ready := self.core.ready(committed_bytes_max):
            if ready.truncate_from is not None:
                self.storage.truncate(ready.truncate_from)
            self.storage.append(ready.entries)
            messages += ready.messages
            self.handed += [len(ready.committed)] if ready.committed else []
            self.core.advance(ready)
        return messages


def configuration_entry(term: int, index: int, configuration: Configuration) -> Entry:
    return Entry(Term(term), Index(index), EntryKind.CONFIGURATION, configuration=configuration)


def data_entry(term: int, index: int) -> Entry:
    return Entry(Term(term), Index(index), EntryKind.DATA, b"%d" % index)


def test_a_configuration_counts_from_its_append_and_is_rolled_back_with_it() -> None:
    """A member that keeps a configuration which was never agreed on counts the wrong majority for ever."""
    follower = Follower()
    follower.append(1, None, configuration_entry(1, 0, THREE), data_entry(1, 1))
    follower.append(1, LogPosition(Term(1), Index(1)), configuration_entry(1, 2, TWO), commit=1)
    assert follower.core.configuration == TWO
    assert follower.core.commit_index == 1
    follower.append(2, LogPosition(Term(1), Index(1)), data_entry(2, 2))
    assert follower.core.configuration == THREE


def test_a_restart_knows_the_newest_configuration_of_the_log() -> None:
    """The configured address list is only the first one."""
    follower = Follower()
    follower.append(1, None, configuration_entry(1, 0, THREE), configuration_entry(1, 1, TWO))
    core = Core(
        ME,
        follower.storage,
        hard_state=HardState(Term(1)),
        initial_configuration=ALONE,
        applied_index=NO_INDEX,
        options=OPTIONS,
        rng=random.Random(1),
    )
    assert core.configuration == TWO
    core.tick()
    assert core.role is Role.FOLLOWER


def test_a_committed_entry_is_never_overwritten() -> None:
    """Whoever asks for it is broken: the member must stop rather than change history."""
    follower = Follower()
    follower.append(1, None, data_entry(1, 0), data_entry(1, 1), commit=1)
    reply = follower.append(2, LogPosition(Term(1), Index(0)), data_entry(2, 1))
    assert (reply.result, reply.next_index) == (AppendResult.INCONSISTENCY, 2)
    follower.append(2, LogPosition(Term(1), Index(1)), data_entry(2, 2), data_entry(2, 3), commit=2)
    with pytest.raises(errors.InvariantViolated, match="Entry 2 is committed"):
        follower.core.log.merge((data_entry(3, 2),))


def test_a_commit_index_beyond_the_sent_entries_is_not_believed_for_them() -> None:
    """What follows in the own log may be another leader's: only entries that this leader confirmed are committed."""
    follower = Follower()
    follower.append(1, None, data_entry(1, 0), data_entry(1, 1), data_entry(1, 2))
    follower.append(2, LogPosition(Term(1), Index(0)), commit=9)
    assert follower.core.commit_index == 0
    follower.append(2, LogPosition(Term(1), Index(0)), data_entry(1, 1), commit=9)
    assert follower.core.commit_index == 1
    assert follower.core.log.last_index == 2


def test_a_second_leader_of_a_term_is_refused() -> None:
    """There cannot be one; if a peer claims it, nothing of it is taken."""
    follower = Follower()
    follower.append(1, None, data_entry(1, 0))
    follower.core.step(AppendRequest(OTHER, ME, Term(1), None, (data_entry(1, 0),), NO_INDEX, 1))
    (reply,) = follower.turn()
    assert isinstance(reply, AppendReply)
    assert reply.result is AppendResult.NOT_LEADER


def test_committed_entries_are_handed_out_in_bounded_parts() -> None:
    """A long log must not come as one list; an entry larger than the bound comes alone; 0 holds everything back."""
    follower = Follower(ALONE)
    follower.core.tick()
    follower.turn()
    follower.core.propose([Proposal(b"x" * 100) for _ in range(5)])
    follower.turn(0)
    assert follower.handed == []
    assert follower.core.commit_index == 5
    follower.turn(300)
    assert follower.handed == [2, 2, 1]
    follower.core.propose([Proposal(b"x" * 1000), Proposal(b"x" * 1000)])
    follower.turn(1)
    assert follower.handed == [1, 1, 1]


def test_a_follower_behind_the_log_is_not_sent_what_is_gone() -> None:
    """After a purge a far follower needs a snapshot; asking the disk for deleted entries would end the leader."""
    follower = Follower(TWO)
    follower.append(1, LogPosition(Term(0), Index(-1)), *(data_entry(1, i) for i in range(10)), commit=9)
    follower.storage.purge(Index(4))
    follower.core.step(
        AppendRequest(LEADER, ME, Term(1), LogPosition(Term(1), Index(9)), (data_entry(1, 10),), Index(10), 1)
    )
    follower.turn()
    core = follower.core
    core._become_candidate()
    core._become_leader()
    follower.turn()
    core.step(AppendReply(LEADER, ME, core.term, AppendResult.INCONSISTENCY, Index(0), NO_INDEX, 1, False))
    (notification,) = follower.turn()
    assert isinstance(notification, InstallSnapshotRequest)
    assert notification.first_available == LogPosition(Term(1), Index(5))
    core.step(AppendReply(LEADER, ME, core.term, AppendResult.INCONSISTENCY, Index(6), NO_INDEX, 2, False))
    (request,) = follower.turn()
    assert isinstance(request, AppendRequest)
    assert request.previous == LogPosition(Term(1), Index(5))


def test_a_snapshot_that_does_not_name_the_members_takes_the_leaders_word() -> None:
    """A member that joins a Java cluster would know nobody: snapshots of Java do not tell who belongs to it."""
    follower = Follower(Configuration(()))
    notification = InstallSnapshotRequest(LEADER, ME, Term(2), LogPosition(Term(1), Index(6)), (Index(4), THREE))
    follower.core.step(notification)
    ready = follower.core.ready()
    assert ready.snapshot_wanted == LogPosition(Term(1), Index(6))
    follower.core.advance(ready)
    assert follower.core.install_snapshot(LogPosition(Term(1), Index(7)), None)
    ready = follower.core.ready()
    assert ready.restore == Restore(LogPosition(Term(1), Index(7)), THREE)
    follower.storage.restore(ready.restore.position)
    follower.core.advance(ready)
    assert follower.core.configuration == THREE
    assert follower.core.log.last_position == LogPosition(Term(1), Index(7))
    assert not follower.core.install_snapshot(LogPosition(Term(1), Index(5)), THREE), "older than what it has"


def test_ratis_says_zero_for_no_snapshot() -> None:
    """Taken for an index, it would count an entry that the new peer does not have."""
    follower = Follower(TWO)
    follower.core._become_candidate()
    follower.core._become_leader()
    follower.turn()
    core = follower.core
    core.step(InstallSnapshotReply(LEADER, ME, core.term, InstallSnapshotResult.ALREADY_INSTALLED, Index(0)))
    follower.turn()
    assert core.progress[LEADER].match_index == NO_INDEX
    assert core.commit_index == NO_INDEX


def test_a_full_lease_fits_into_the_promise_of_real_times() -> None:
    """A lease as long as the promise would leave nothing for clocks that run unevenly."""
    options = CoreOptions.of_ms(tick_ms=20, election_timeout_min_ms=1000, election_timeout_max_ms=2000)
    assert options.promise_ticks * options.lease_percent // 100 == 10
    assert options.promise_ticks == 15


@pytest.mark.parametrize(
    ("tick_ms", "minimum_ms", "maximum_ms"), [(20, 1000, 2000), (20, 10_000, 20_000), (20, 1, 1), (100, 150, 160)]
)
def test_times_become_usable_ticks(tick_ms: int, minimum_ms: int, maximum_ms: int) -> None:
    """A timeout of zero ticks, or a heartbeat slower than the election timeout, would never let a leader live."""
    options = CoreOptions.of_ms(tick_ms=tick_ms, election_timeout_min_ms=minimum_ms, election_timeout_max_ms=maximum_ms)
    assert 1 <= options.heartbeat_ticks <= options.election_timeout_min_ticks / 2
    assert options.promise_ticks <= options.election_timeout_min_ticks < options.election_timeout_max_ticks


def test_the_only_voter_follows_nobody() -> None:
    """Two new members, told the address of a master with data, founded a quorum of their own while it was away."""
    alone = Follower(ALONE)
    alone.core.tick()
    alone.turn()
    assert alone.core.role is Role.LEADER
    reply = alone.append(7, None, Entry(Term(7), Index(0), EntryKind.CONFIGURATION, configuration=THREE))
    assert reply.result is AppendResult.NOT_LEADER
    assert alone.core.role is Role.LEADER
    assert alone.core.term == 1
