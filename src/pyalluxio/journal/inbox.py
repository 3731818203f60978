"""What a member's driver is told, and by whom: the loop, the transport, the state machine.

Rule 1: every method may be called from any thread, and none of them waits.
Rule 2: what comes from the network is bounded by number; beyond it messages are lost, as on a bad network. What comes
        from the loop is bounded where it comes from (`queue_size_max_bytes`).
Rule 3: a token (`future`) is given back untouched in a delivery; only the loop's side looks into it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyalluxio.ids import Index
from pyalluxio.raft.messages import Configuration, LogPosition, Message, PeerId

MESSAGES_MAX = 4096

# In `JournalNode` an asyncio future; in the simulator whatever it likes.
Token = Any


@dataclass(slots=True)
class Propose:
    data: bytes
    future: Token


@dataclass(slots=True)
class Read:
    future: Token


@dataclass(slots=True)
class StateDurable:
    index: Index


@dataclass(slots=True)
class ChangeMembers:
    """The complete new list, `host:port` each; those that are members already keep their priority."""

    addresses: tuple[str, ...]
    future: Token


@dataclass(slots=True)
class SetPriorities:
    """New priorities by `host:port`; members that are not named keep theirs."""

    priorities: dict[str, int]
    future: Token


@dataclass(slots=True)
class Transfer:
    """`target` is the `host:port` of a member, None: the best one."""

    target: str | None
    timeout_s: float
    future: Token


class JoinAnswered:
    """A leader has answered this member, which asks to become one of the quorum: it need not give up yet."""


@dataclass(slots=True)
class InstallSnapshot:
    position: LogPosition
    configuration: Configuration | None
    restore: Callable[[], None]
    future: Token


@dataclass(slots=True)
class SnapshotUnavailable:
    pass


@dataclass(slots=True)
class Received:
    message: Message


@dataclass(slots=True)
class Unreachable:
    peer: PeerId


@dataclass(slots=True)
class StreamsClosed:
    peer: PeerId


class Stop:
    pass


class Wake:
    pass


Stimulus = (
    Propose
    | Read
    | StateDurable
    | ChangeMembers
    | SetPriorities
    | Transfer
    | JoinAnswered
    | InstallSnapshot
    | SnapshotUnavailable
    | Received
    | Unreachable
    | StreamsClosed
    | Stop
    | Wake
)


class Inbox:
    """The queue of stimuli, and the two numbers of the loop's side that the driver reads.

    applied_index   what the state machine has applied
    loop_beats      how often the loop has shown that it runs
    dropped         messages lost because too many waited
    """

    def __init__(self, applied_index: Index) -> None:
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.applied_index = applied_index
        self.is_driver_throttled = False
        self.loop_beats = 0
        self.dropped = 0

    def put(self, stimulus: Stimulus) -> None:
        self._queue.put(stimulus)

    def take(self, timeout_s: float) -> list[Stimulus]:
        """Wait for the first stimulus, at most `timeout_s`; return it with everything else that is there."""
        try:
            stimuli = [self._queue.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        for _ in range(self._queue.qsize()):
            stimuli.append(self._queue.get_nowait())
        return stimuli

    # --- from the transport (`transport.Receiver`) -----------------------------------------------------------------

    def received(self, message: Message) -> None:
        if self._queue.qsize() >= MESSAGES_MAX:
            with self._lock:
                self.dropped += 1
            return
        self._queue.put(Received(message))

    def unreachable(self, peer: PeerId) -> None:
        if self._queue.qsize() < 2 * MESSAGES_MAX:
            self._queue.put(Unreachable(peer))

    def streams_closed(self, peer: PeerId) -> None:
        if self._queue.qsize() < 2 * MESSAGES_MAX:
            self._queue.put(StreamsClosed(peer))

    # --- from the loop ---------------------------------------------------------------------------------------------

    def set_applied(self, index: Index) -> None:
        """Publish the applied index; wakes the driver when it holds entries back for lack of room."""
        with self._lock:
            # A snapshot may have taken the state further than an `applied` that was already under way.
            self.applied_index = max(index, self.applied_index)
        if self.is_driver_throttled:
            self._queue.put(Wake())

    def beat(self) -> None:
        """Show that the loop runs."""
        self.loop_beats += 1
