"""Bugs by name, put into the real code for the length of a run: a simulator that does not find them is worth nothing.

python -m tests.sim.mutants            every bug, each until it is found
python -m tests.sim.mutants NAME       one of them, and how it shows
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from pyalluxio.ids import Index
from pyalluxio.journal.driver import Driver
from pyalluxio.master import pipeline as pipelines
from pyalluxio.master.ops import get_status
from pyalluxio.master.pipeline import Batch, Pipeline
from pyalluxio.master.state import operation_ids
from pyalluxio.raft import core as cores
from pyalluxio.raft import leading, quorum
from pyalluxio.raft.core import Core
from pyalluxio.raft.leading import Leadership
from pyalluxio.raft.lease import Promise
from pyalluxio.raft.log import RaftLog
from pyalluxio.raft.messages import NO_PEER, Configuration, Entry, HardState, Ready, VoteRequest
from pyalluxio.raft.progress import Progress
from pyalluxio.raft.reads import Reads
from tests.sim.checker import Violation
from tests.sim.disk import SimDisk
from tests.sim.master import SimMaster
from tests.sim.node import SimNode
from tests.sim.simulation import Simulation

SEEDS_MAX = 200
Mutant = Callable[[], AbstractContextManager[None]]
MUTANTS: dict[str, Mutant] = {}


def mutant(make: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
    """Add a bug under the name of its function."""
    MUTANTS[make.__name__] = contextmanager(make)
    return make


@contextmanager
def _patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(patch.object(owner, name, value))
        yield


# --- the disk --------------------------------------------------------------------------------------------------------


@mutant
def skipped_fsync() -> Iterator[None]:
    """Entries are acknowledged while the disk may still lose them."""
    with _patched((SimDisk, "_sync", lambda self: None)):
        yield


@mutant
def vote_not_persisted() -> Iterator[None]:
    """The term survives a crash, the vote does not: a voter may vote twice in a term."""
    write = SimDisk.write_hard_state

    def forgetful(self: SimDisk, state: HardState) -> None:
        write(self, HardState(state.term, NO_PEER, state.is_recovering, state.is_new))

    with _patched((SimDisk, "write_hard_state", forgetful)):
        yield


@mutant
def sent_before_persisted() -> Iterator[None]:
    """Votes and acknowledgements leave before what they promise is on disk."""
    carry_out = Driver._carry_out

    def hasty(self: Driver, ready: Ready) -> bool:
        messages, ready.messages = ready.messages, []
        if messages:
            self._send(messages)
        return carry_out(self, ready)

    with _patched((Driver, "_carry_out", hasty)):
        yield


@mutant
def emptied_voter_votes() -> Iterator[None]:
    """A member whose disk was emptied takes part as if it had never promised anything."""
    wipe = SimDisk.wipe

    def careless(self: SimDisk, *, is_formatted: bool = False) -> None:
        wipe(self, is_formatted=is_formatted)
        self.hard_state = HardState()

    with _patched((SimDisk, "wipe", careless)):
        yield


# --- votes, promise and lease ----------------------------------------------------------------------------------------


@mutant
def promise_ignored_on_votes() -> Iterator[None]:
    """The promise holds back pre-votes only; a vote request that is late comes through."""
    decide = Core._decide_vote

    def lax(self: Core, request: VoteRequest) -> bool:
        if request.is_pre_vote:
            return decide(self, request)
        with patch.object(self, "_promise", Promise(self._promise.term, -1_000_000)):
            return decide(self, request)

    with _patched((Core, "_decide_vote", lax)):
        yield


@mutant
def promise_forgotten_at_start() -> Iterator[None]:
    """A voter that restarts grants votes at once, although it may have promised not to."""
    init = Core.__init__

    def eager(self: Core, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        self._promise.made_at = -1_000_000

    with _patched((Core, "__init__", eager)):
        yield


@mutant
def lease_from_receive_time() -> Iterator[None]:
    """The lease counts from when an answer arrives instead of from when the request was sent."""
    answered = Progress.answered

    def late(self: Progress, call_id: int, promise_ticks: int, now: int) -> None:
        answered(self, call_id, promise_ticks, now)
        self.acked_sent_at = now

    with _patched((Progress, "answered", late)):
        yield


@mutant
def lease_survives_transfer() -> Iterator[None]:
    """A leader that has asked another one to lead goes on answering by its lease."""
    never = property(lambda self: False, lambda self, value: None)
    with patch.object(Leadership, "_is_lease_over", never, create=True):
        yield


@mutant
def read_without_lease_check() -> Iterator[None]:
    """Whoever believes to lead answers reads."""
    with _patched((SimNode, "has_lease", lambda self: True)):
        yield


@mutant
def reads_confirmed_by_old_answers() -> Iterator[None]:
    """Any answer confirms a read, also one to a request that was sent before it."""

    def confirm(self: Reads, round_: int) -> Any:
        return real(self, self.round)

    real = Reads.confirm
    with _patched((Reads, "confirm", confirm)):
        yield


# --- the log ---------------------------------------------------------------------------------------------------------


@mutant
def old_terms_committed_by_counting() -> Iterator[None]:
    """A leader commits entries of earlier terms because a majority holds them (figure 8 of the Raft paper)."""

    def commit(self: Leadership) -> None:
        state_term = self._state.term
        match = self._counted({peer: each.match_index for peer, each in self.progress.items()})
        match[self._state.id] = self._log.stable_index
        index = leading.committed_index(self._state.configurations.newest, match)
        if index >= 0 and self._log.term(index) != state_term and self._log.commit_to(index):
            return
        real(self)

    real = Leadership.commit_what_a_majority_holds
    with _patched((Leadership, "commit_what_a_majority_holds", commit)):
        yield


@mutant
def late_append_shortens_log() -> Iterator[None]:
    """An append replaces everything behind its predecessor, also when it is old and the log already goes further."""

    def merge(self: RaftLog, entries: tuple[Entry, ...]) -> Index | None:
        if self.term(entries[0].index) is not None:
            self._truncate(entries[0].index)
        self.append(list(entries))
        return entries[0].index

    with _patched((RaftLog, "merge", merge)):
        yield


@mutant
def shorter_log_wins() -> Iterator[None]:
    """A vote is granted without a look at the candidate's log."""
    with _patched((Core, "_is_log_good_enough", lambda self, request: True)):
        yield


@mutant
def joint_phase_counts_new_members_only() -> Iterator[None]:
    """While the members change, the majority of the old ones is not asked."""

    def only_new(function: Any) -> Any:
        return lambda configuration, *rest: function(Configuration(configuration.peers), *rest)

    with _patched(
        (cores, "vote_result", only_new(quorum.vote_result)),
        (leading, "vote_result", only_new(quorum.vote_result)),
        (leading, "committed_index", only_new(quorum.committed_index)),
        (leading, "majority_value", only_new(quorum.majority_value)),
    ):
        yield


# --- the master ------------------------------------------------------------------------------------------------------


@mutant
def reply_before_commit() -> Iterator[None]:
    """The replies of a batch leave as soon as it is proposed."""
    propose = Pipeline._propose

    def hasty(self: Pipeline, batch: Batch) -> None:
        propose(self, batch)
        for job, result, error in batch.replies:
            pipelines._settle(job, result, error)

    with _patched((Pipeline, "_propose", hasty)):
        yield


@mutant
def cache_filled_during_open_batch() -> Iterator[None]:
    """A status call that comes while a batch is open keeps what the open transaction shows."""
    status = SimMaster._status

    def dirty(self: SimMaster, path: str) -> Any:
        batch = self.pipeline._batch
        if batch is None or batch.is_detached or self.replies.get(path) is not None:
            return status(self, path)
        info = get_status.run(self.file_system.read_context(batch.tx), path)
        self.replies.put(path, (info.file_id, info.is_directory, (info.xattr or {}).get("v", b"")))
        return status(self, path)

    with _patched((SimMaster, "_status", dirty)):
        yield


@mutant
def cache_kept_after_commit() -> Iterator[None]:
    """A commit does not make the kept replies forgotten."""
    with _patched((SimMaster, "_committed", lambda self, changed, effects, led: None)):
        yield


@mutant
def sequence_number_from_memory() -> Iterator[None]:
    """The next sequence number is remembered from the last batch, also when that was lost."""

    class Remembering(Batch):
        def __init__(self, tx: Any, first_sequence: int, term: Any) -> None:
            known = memory.get(id(tx._store), 0)
            super().__init__(tx, max(first_sequence, known), term)
            self._memory_key = id(tx._store)

        __slots__ = ("_memory_key",)

        def emit(self, entry: Any) -> None:
            super().emit(entry)
            memory[self._memory_key] = self.first_sequence + len(self.entries)

    memory: dict[int, int] = {}
    with _patched((pipelines, "Batch", Remembering)):
        yield


@mutant
def served_before_own_term() -> Iterator[None]:
    """A new leader serves before it has applied what its predecessors committed."""
    serve = Pipeline._serve_if_ready

    def hasty(self: Pipeline) -> None:
        if self._leads and self._term_first_index is not None:
            self._term_first_index = Index(-1)
        serve(self)

    with _patched((Pipeline, "_serve_if_ready", hasty)):
        yield


@mutant
def operation_id_not_stored() -> Iterator[None]:
    """A repeated call is done a second time."""
    with _patched((operation_ids, "remember", lambda tx, operation_id: None)):
        yield


# --- running ---------------------------------------------------------------------------------------------------------


def find(name: str, seeds: range = range(1, SEEDS_MAX + 1)) -> tuple[int, str] | None:
    """Return the first seed that shows a bug, and how; None when none does."""
    with MUTANTS[name]():
        for seed in seeds:
            try:
                Simulation(seed).run()
            except Violation as violation:
                return seed, str(violation)
    return None


def main() -> None:
    names = sys.argv[1:] or list(MUTANTS)
    missed = []
    for name in names:
        began_s = time.monotonic()
        found = find(name)
        if found is None:
            missed.append(name)
            print(f"{name}: NOT FOUND in {SEEDS_MAX} seeds ({time.monotonic() - began_s:.0f} s)", flush=True)
            continue
        _, report = found
        told = report if len(names) == 1 else report.splitlines()[0]
        print(
            f"{name}: found by {told[:200] if len(names) > 1 else told}  ({time.monotonic() - began_s:.0f} s)",
            flush=True,
        )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
