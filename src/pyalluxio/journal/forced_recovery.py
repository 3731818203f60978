"""Making one member the whole quorum, after the majority of the others was lost for good.

Raft cannot go on without a majority, and nobody but a person can know that the lost members never come back. What is
done is one entry: a configuration of this member alone, in a new term, behind everything that its log holds. The
member then elects itself, and everything in its log counts as committed, acknowledged before or not.

What is lost: changes that were acknowledged by a majority which this member was not part of. What is dangerous: a lost
majority that comes back with its old journals is a quorum too, and would serve a second truth. So nothing is done
while any other member answers, and the others have to be formatted before they are started again.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.folder import GROUP_ID, JournalFolder
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.raft.messages import NO_PEER, Configuration, Entry, EntryKind, HardState, LogPosition, Peer

ANSWER_TIMEOUT_S = 2.0

Answers = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `force` would do to the journal in `folder`.

    members       `host:port` of the quorum as this member's log knows it, its own included
    last          the end of the log; what it holds will count as committed
    commit_index  up to here the log itself tells that everything was committed
    """

    folder: Path
    own_address: str
    members: tuple[str, ...]
    last: LogPosition
    commit_index: Index
    new_term: Term
    is_recovering: bool


def answers(address: str) -> bool:
    """Say whether somebody listens at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), ANSWER_TIMEOUT_S):
            return True
    except OSError:
        return False


def plan(folder: Path, own_address: str, is_answering: Answers = answers) -> Plan:
    """Return what forcing would mean; changes nothing but a torn tail, which is cut as at every start.

    Raises:  FailedPrecondition: a process uses the journal; other members answer; there is nothing to force.
             JournalNotFormatted; JournalCorrupt; ConfigurationError: `own_address` is not part of the quorum.
    """
    with _opened(folder) as (store, meta):
        found = _plan(folder, own_address, store, meta)
    _refuse_while_alive(found, is_answering)
    return found


def explanation(plan: Plan) -> str:
    """Return what a person has to know before saying yes."""
    others = ", ".join(address for address in plan.members if address != plan.own_address)
    unsure = plan.last.index - plan.commit_index
    lines = [
        f"The quorum of this journal is {', '.join(plan.members)}. {others} did not answer just now.",
        f"This member's log ends at entry {plan.last.index} of term {plan.last.term}; up to {plan.commit_index} it is "
        "known to be committed.",
        "",
        f"If you go on, {plan.own_address} becomes the only member:",
        f"  - the last {unsure} entries count as committed, also those that nobody was told of;",
        "  - acknowledged changes behind the end of this log are lost. If another member survived, compare where its",
        "    log ends (run this command there and answer no), and go on where term, then entry, is the highest;",
        "  - if the other members come back with their old journals they are a quorum of their own: run",
        "    `journal format` on each of them before it is started again.",
    ]
    if plan.is_recovering:
        lines.append(
            "  - this member had lost a part of its journal itself and was waiting for a leader: more is lost."
        )
    return "\n".join(lines)


def force(plan: Plan, is_answering: Answers = answers) -> None:
    """Do it; durable on return.

    Raises:  as `plan`; FailedPrecondition: the journal changed since it was made.
    """
    _refuse_while_alive(plan, is_answering)
    with _opened(plan.folder) as (store, meta):
        if _plan(plan.folder, plan.own_address, store, meta) != plan:
            raise errors.FailedPrecondition(f"The journal in {plan.folder} changed meanwhile: run the command again.")
        alone = Configuration((Peer.at(plan.own_address),))
        entry = Entry(plan.new_term, Index(plan.last.index + 1), EntryKind.CONFIGURATION, configuration=alone)
        # The term first: a log may not be ahead of it. A crash in between leaves a term that nobody voted in.
        meta.write_hard_state(HardState(plan.new_term, NO_PEER))
        store.append([entry])
        store.sync()
        meta.write_configuration(entry)


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[LogStore, MetaFiles]]:
    journal = JournalFolder(folder, GROUP_ID)
    journal.lock()
    try:
        store = LogStore.open(journal.current)
        try:
            yield store, MetaFiles(journal.current)
        finally:
            store.close()
    finally:
        journal.unlock()


def _plan(folder: Path, own_address: str, store: LogStore, meta: MetaFiles) -> Plan:
    hard_state = meta.read_hard_state()
    in_log = store.configurations()
    configuration = in_log[-1][1] if in_log else meta.read_configuration()
    last_term = store.term(store.last_index)
    if configuration is None or last_term is None:
        raise errors.FailedPrecondition(
            f"The journal in {folder} holds nothing that could be saved: run `journal format`, or take another member."
        )
    peers = [*configuration.peers, *configuration.old_peers]
    members = tuple(dict.fromkeys(peer.address for peer in peers))
    if own_address not in members:
        raise errors.ConfigurationError(
            f"This master is {own_address}, but the journal in {folder} belongs to the quorum of {', '.join(members)}: "
            "set alluxio.master.hostname and alluxio.master.embedded.journal.port to what it had."
        )
    if members == (own_address,):
        raise errors.FailedPrecondition(
            f"{own_address} is the only member of its quorum already: start the master, there is nothing to force."
        )
    return Plan(
        folder=folder,
        own_address=own_address,
        members=members,
        last=LogPosition(last_term, store.last_index),
        commit_index=Index(max(0, store.last_commit_index())),
        new_term=Term(max(hard_state.term, last_term) + 1),
        is_recovering=hard_state.is_recovering,
    )


def _refuse_while_alive(plan: Plan, is_answering: Answers) -> None:
    others = [address for address in plan.members if address != plan.own_address]
    alive = _alive(others, is_answering)
    if not alive:
        return
    names, count = ", ".join(alive), len(plan.members)
    if len(alive) + 1 > count // 2:
        raise errors.FailedPrecondition(
            f"{names} {_answer(alive)}: together with this master that is a majority of {count}. Nothing needs to be "
            "forced: start this master, and look at `quorum info`."
        )
    raise errors.FailedPrecondition(
        f"{names} {_answer(alive)}, but {'is' if len(alive) == 1 else 'are'} no majority of {count}. Stop "
        f"{'it' if len(alive) == 1 else 'them'} first: a member that goes on with the old quorum could serve a second "
        "truth. Then run this on the member whose log reaches furthest."
    )


def _answer(alive: Sequence[str]) -> str:
    return "answers" if len(alive) == 1 else "answer"


def _alive(addresses: Sequence[str], is_answering: Answers) -> list[str]:
    with ThreadPoolExecutor(max_workers=max(1, len(addresses))) as pool:
        return [
            address for address, is_alive in zip(addresses, pool.map(is_answering, addresses), strict=True) if is_alive
        ]
