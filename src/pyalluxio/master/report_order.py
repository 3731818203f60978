"""The order of one worker's reports at one master: which of them still count, and whether the result is right.

    worker:        session (chosen when its process starts), number 1, 2, 3 …, the last number that was acknowledged
    registration:  takes a number too; whatever has a lower one is from before
    report:        everything that changed since the acknowledged report or the registration, as it is now; count and
                   marks of all blocks per tier

Rule 1: a report is cumulative, so one that got lost is made up for by the next, and gaps in the numbers are normal.
Rule 2: a report counts only if its number is above those that counted before. One that was overtaken is old news, and
        would bring back blocks that are gone.
Rule 3: counters travel as what was gained since the acknowledged report. What was counted already of that is remembered
        until the acknowledgement moves on, so a lost reply doubles nothing.
Rule 4: a block that its writer's commit brought here may be missing in a report that was made before. It is left out of
        the comparison until a report comes that was made after.

Official workers number nothing; their reports are taken as they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a report says of itself; `digests` are tier alias -> (count, marks)."""

    session: int
    number: int
    acknowledged: int
    digests: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class ReportOrder:
    """The reports of one worker."""

    def __init__(self, session: int = 0) -> None:
        self.session = session  # 0: reports of this worker have no numbers
        self.last = 0
        self._acknowledged = 0
        self._counted: dict[Any, int] = {}
        self._committed_at: dict[int, int] = {}  # block id -> the last report that counted when it was committed

    def is_overtaken(self, report: Numbering) -> bool:
        return report.number <= self.last

    def counts(self, report: Numbering) -> bool:
        """Say whether the report is the last one that was accepted."""
        return report.session == self.session and report.number == self.last

    def accept(self, report: Numbering) -> None:
        """Let a report count that is not overtaken."""
        self.last = report.number
        if report.acknowledged != self._acknowledged:
            self._acknowledged = report.acknowledged
            self._counted.clear()
        # Who acknowledged a later report than the last one before the commit made this report after the commit.
        self._committed_at = {
            block_id: last for block_id, last in self._committed_at.items() if last >= report.acknowledged
        }

    def gained(self, counters: Mapping[Any, int]) -> dict[Any, int]:
        """Return what the accepted report adds to each counter, of what was gained since the acknowledged one."""
        gains = {key: value - self._counted.get(key, 0) for key, value in counters.items()}
        self._counted.update(counters)
        return {key: gain for key, gain in gains.items() if gain}

    # --- commits of writers -----------------------------------------------------------------------------------------

    def committed(self, block_id: int) -> None:
        """A commit brought a block that no report had told of."""
        if self.session:
            self._committed_at[block_id] = self.last

    def told(self, block_id: int) -> None:
        """A report told what became of the block."""
        self._committed_at.pop(block_id, None)

    @property
    def untold(self) -> list[int]:
        """The committed blocks that a report may not have told of yet."""
        return list(self._committed_at)

    def begin(self, session: int, number: int) -> None:
        """A registration is complete; commits since its begin stay untold, counters go on within a session."""
        if session != self.session:
            self._acknowledged = 0
            self._counted.clear()
        self.session = session
        self.last = number
        self._committed_at = dict.fromkeys(self._committed_at, number) if session else {}

    def forget_commits(self) -> None:
        self._committed_at.clear()
