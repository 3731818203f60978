"""Forcing a quorum: the last resort must not be taken too early, must not lie, and must work."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.waiting import until

from pyalluxio.errors import AlluxioError, ConfigurationError, FailedPrecondition
from pyalluxio.ids import Index, Term
from pyalluxio.journal import forced_recovery
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.node import JournalNode, Role
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, HardState, LogPosition, Peer, PeerId

M1, M2, M3, M4, M5 = (f"m{number}:19200" for number in range(1, 6))


def journal(root: Path, *members: str, hard_state: HardState | None = None) -> Path:
    """Make the journal of a member that held 20 entries of term 3, of which 10 are known to be committed."""
    format_journal(root)
    folder = JournalFolder(root)
    peers = tuple(Peer.at(address) for address in members)
    store = LogStore.open(folder.current)
    entries = [Entry(Term(3), Index(0), EntryKind.CONFIGURATION, configuration=Configuration(peers))]
    entries += [Entry(Term(3), Index(index), EntryKind.DATA, data=b"%d" % index) for index in range(1, 11)]
    entries += [Entry(Term(3), Index(11), EntryKind.METADATA, commit_index=Index(10))]
    entries += [Entry(Term(3), Index(index), EntryKind.DATA, data=b"%d" % index) for index in range(12, 20)]
    store.append(entries)
    store.sync()
    store.close()
    MetaFiles(folder.current).write_hard_state(hard_state or HardState(Term(5), PeerId("m2_19200")))
    return root


def nobody(address: str) -> bool:
    return False


def test_the_plan_tells_what_is_at_stake(tmp_path: Path) -> None:
    """Whoever says yes must know what may be lost and what must not come back."""
    plan = forced_recovery.plan(journal(tmp_path, M1, M2, M3), M1, nobody)
    assert (plan.members, plan.last, plan.commit_index, plan.new_term) == (
        (M1, M2, M3),
        LogPosition(Term(3), Index(19)),
        10,
        6,
    )
    text = forced_recovery.explanation(plan)
    assert "ends at entry 19 of term 3; up to 10 it is known" in text
    assert "m2:19200, m3:19200 did not answer" in text
    assert "the last 9 entries count as committed" in text
    assert "journal format" in text


@pytest.mark.parametrize(
    ("members", "alive", "text"),
    [
        pytest.param((M1, M2, M3), {M2}, "m2:19200 answers: together with this master that is a majority of 3", id="3"),
        pytest.param((M1, M2, M3, M4, M5), {M2, M3}, "m2:19200, m3:19200 answer: together .* majority of 5", id="5"),
    ],
)
def test_nothing_is_forced_while_a_majority_lives(
    tmp_path: Path, members: tuple[str, ...], alive: set[str], text: str
) -> None:
    """Two quorums would each acknowledge changes that the other one never sees."""
    with pytest.raises(FailedPrecondition, match=text):
        forced_recovery.plan(journal(tmp_path, *members), M1, alive.__contains__)


def test_a_minority_that_lives_has_to_be_stopped_first(tmp_path: Path) -> None:
    """Its log may reach further, and it would go on with the old quorum."""
    root = journal(tmp_path, M1, M2, M3, M4, M5)
    with pytest.raises(FailedPrecondition, match=r"m4:19200 answers, but is no majority of 5\. Stop it first"):
        forced_recovery.plan(root, M1, {M4}.__contains__)
    plan = forced_recovery.plan(root, M1, nobody)
    with pytest.raises(FailedPrecondition, match="Stop it first"):
        forced_recovery.force(plan, {M4}.__contains__)


@pytest.mark.parametrize(
    ("members", "own", "error", "text"),
    [
        pytest.param((M1,), M1, FailedPrecondition, "the only member of its quorum already", id="alone already"),
        pytest.param((M1, M2, M3), M4, ConfigurationError, "belongs to the quorum of m1:19200", id="a stranger"),
    ],
)
def test_where_there_is_nothing_to_force(
    tmp_path: Path, members: tuple[str, ...], own: str, error: type[AlluxioError], text: str
) -> None:
    with pytest.raises(error, match=text):
        forced_recovery.plan(journal(tmp_path, *members), own, nobody)


def test_an_empty_journal_saves_nothing(tmp_path: Path) -> None:
    """Forcing the member with the empty disk would throw everything away that another one has."""
    format_journal(tmp_path)
    with pytest.raises(FailedPrecondition, match="nothing that could be saved"):
        forced_recovery.plan(tmp_path, M1, nobody)


def test_a_journal_in_use_is_refused(tmp_path: Path) -> None:
    folder = JournalFolder(journal(tmp_path, M1, M2, M3))
    folder.lock()
    with pytest.raises(FailedPrecondition, match="in use"):
        forced_recovery.plan(tmp_path, M1, nobody)
    folder.unlock()


def test_a_journal_that_changed_since_the_question_is_left_alone(tmp_path: Path) -> None:
    """The operator said yes to something else."""
    plan = forced_recovery.plan(journal(tmp_path, M1, M2, M3), M1, nobody)
    older = replace(plan, last=LogPosition(Term(3), Index(18)))
    with pytest.raises(FailedPrecondition, match="changed meanwhile"):
        forced_recovery.force(older, nobody)


@pytest.mark.parametrize("recovering", [False, True])
async def test_the_forced_member_leads_with_everything_it_holds(tmp_path: Path, recovering: bool) -> None:
    """The point of it all: the namespace is served again, the entries without a known commit included."""
    hard_state = HardState(Term(5), PeerId("m2_19200"), is_recovering=recovering)
    plan = forced_recovery.plan(journal(tmp_path, M1, M2, M3, hard_state=hard_state), M1, nobody)
    assert ("was waiting for a leader" in forced_recovery.explanation(plan)) is recovering
    forced_recovery.force(plan, nobody)
    node = JournalNode.open(tmp_path, self_address=M1, peers=[M1, M2, M3])
    seen: list[bytes] = []
    roles: list[Role] = []

    def on_committed(entries: list[Entry]) -> None:
        seen.extend(entry.data for entry in entries if entry.kind is EntryKind.DATA)
        node.applied(entries[-1].index)

    failures: list[BaseException] = []
    node.start(asyncio.get_running_loop(), on_committed, lambda change: roles.append(change.role), failures.append)
    try:
        await until(lambda: len(seen) == 18 and Role.LEADER in roles, what="the forced member leading")
        assert seen == [b"%d" % index for index in range(1, 20) if index != 11]
        await node.propose(b"new")
    finally:
        await node.stop()
    assert failures == []


def test_a_port_that_listens_is_a_member_that_lives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert forced_recovery.answers(f"127.0.0.1:{port}")
    assert not forced_recovery.answers(f"127.0.0.1:{port}")
