"""What a member knows in every role, and what it has to say: `core.py` and `leading.py` work on the same one."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyalluxio.ids import Term
from pyalluxio.raft.confchange import Configurations
from pyalluxio.raft.log import RaftLog
from pyalluxio.raft.messages import Message, Outcome, PeerId, ReadAnswer
from pyalluxio.raft.options import CoreOptions


@dataclass(slots=True)
class MemberState:
    """Term, vote, log and members; `now` counts ticks. The three lists at the end leave with the next `Ready`."""

    id: PeerId
    options: CoreOptions
    log: RaftLog
    configurations: Configurations
    term: Term
    voted_for: PeerId
    is_recovering: bool
    is_new: bool = False
    now: int = 0
    messages: list[Message] = field(default_factory=list)
    reads: list[ReadAnswer] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
