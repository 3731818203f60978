"""Reads that wait for the proof that their leader still leads (ReadIndex).

A read gets the commit index of the moment in which its round begins. It is safe once a majority has answered requests
that were sent in that round or later. All reads that wait when a round begins share it.
"""

from __future__ import annotations

from pyalluxio.ids import Index
from pyalluxio.raft.messages import ReadAnswer


class Reads:
    """The reads of one leadership."""

    def __init__(self) -> None:
        self.round = 0
        self._unassigned: list[int] = []
        self._pending: list[tuple[int, Index, int]] = []

    @property
    def wait_for_round(self) -> bool:
        return bool(self._unassigned)

    @property
    def wait_for_answers(self) -> bool:
        return bool(self._pending)

    def ask(self, context: int) -> None:
        self._unassigned.append(context)

    def begin_round(self, commit_index: Index) -> None:
        """Give all new reads one round; the caller sends a heartbeat to everybody."""
        self.round += 1
        self._pending += [(context, commit_index, self.round) for context in self._unassigned]
        self._unassigned = []

    def confirm(self, round_: int) -> list[ReadAnswer]:
        """Return the reads that a majority's answers in `round_` make safe."""
        answers = []
        while self._pending and self._pending[0][2] <= round_:
            context, index, _ = self._pending.pop(0)
            answers.append(ReadAnswer(context, index))
        return answers

    def drop(self) -> list[ReadAnswer]:
        """Return refusals for everything that waits."""
        contexts = [context for context, _, _ in self._pending] + self._unassigned
        self._pending, self._unassigned = [], []
        return [ReadAnswer(context, None) for context in contexts]
