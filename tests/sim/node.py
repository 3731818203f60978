"""One process life of a member's journal: the real node, driver and recovery, in virtual time over a simulated disk.

What a thread of its own does in production happens here in steps: the driver runs when something is in its inbox or a
tick is due; a slow disk keeps it busy, and what it sends and delivers leaves that much later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyalluxio.ids import Index, Term
from pyalluxio.journal.delivery import Delivery
from pyalluxio.journal.driver import Driver
from pyalluxio.journal.inbox import Inbox, Stimulus
from pyalluxio.journal.node import JournalNode
from pyalluxio.journal.options import JournalOptions
from pyalluxio.journal.recovery import OpenedJournal, fit_to_state
from pyalluxio.journal.transport import Receiver
from pyalluxio.raft.core import Core
from pyalluxio.raft.messages import Configuration, Entry, HardState, LogPosition, Message, Peer, Restore
from tests.sim.disk import SimDisk

if TYPE_CHECKING:
    from tests.sim.member import Member

BEAT_S = 0.05
FREE_BYTES = 1 << 40


class SimLog:
    """The disk's log, as `journal.disk.LogFiles`."""

    def __init__(self, disk: SimDisk) -> None:
        self._disk = disk

    @property
    def first_index(self) -> Index:
        return self._disk.log.first_index

    @property
    def last_index(self) -> Index:
        return self._disk.log.last_index

    @property
    def size_bytes(self) -> int:
        return 0

    def term(self, index: Index) -> Term | None:
        return self._disk.log.term(index)

    def entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]:
        return self._disk.log.entries(low, high, bytes_max)

    def configurations(self) -> list[tuple[Index, Configuration]]:
        return self._disk.log.configurations()

    def last_commit_index(self) -> Index:
        return self._disk.log.last_commit_index()

    def append(self, entries: list[Entry]) -> None:
        self._disk.append(entries)

    def sync(self) -> None:
        self._disk.sync()

    def truncate(self, from_index: Index) -> None:
        self._disk.truncate(from_index)

    def purge(self, up_to: Index, *, retain_bytes: int) -> list[str]:
        self._disk.purge(up_to)
        return []

    def restore(self, position: LogPosition) -> None:
        self._disk.restore_log(position)


class SimMeta:
    """The disk's meta files, as `journal.disk.Meta`."""

    def __init__(self, disk: SimDisk) -> None:
        self._disk = disk

    def write_hard_state(self, hard_state: HardState) -> None:
        self._disk.write_hard_state(hard_state)

    def write_configuration(self, entry: Entry) -> None:
        self._disk.write_configuration(entry)

    def write_restore(self, restore: Restore) -> None:
        self._disk.write_restore(restore)

    def read_restore(self) -> Restore | None:
        return self._disk.restore

    def clear_restore(self) -> None:
        self._disk.write_restore(None)


class SimFolder:
    """The disk's folder, as `journal.disk.Folder`."""

    path = Path("/sim")

    def __init__(self, disk: SimDisk) -> None:
        self._disk = disk

    def free_bytes(self) -> int:
        return 0 if self._disk.is_full else FREE_BYTES


class SimInbox(Inbox):
    """Tells when something was put."""

    def __init__(self, applied_index: Index, on_put: Callable[[], None]) -> None:
        super().__init__(applied_index)
        self._on_put = on_put

    def put(self, stimulus: Stimulus) -> None:
        super().put(stimulus)
        self._on_put()

    def received(self, message: Message) -> None:
        super().received(message)
        self._on_put()

    def unreachable(self, peer: Any) -> None:
        super().unreachable(peer)
        self._on_put()

    def streams_closed(self, peer: Any) -> None:
        super().streams_closed(peer)
        self._on_put()

    def set_applied(self, index: Index) -> None:
        super().set_applied(index)
        if self.is_driver_throttled:
            self._on_put()


class SimTransport:
    """The member's end of the network, as `journal.transport.Transport`."""

    def __init__(self, node: SimNode) -> None:
        self._node = node

    def start(self, receiver: Receiver) -> None:
        pass

    def set_peers(self, peers: Sequence[Peer]) -> None:
        pass

    def send(self, messages: Sequence[Message]) -> None:
        node = self._node
        # Without a wait for the disk the messages are gone even if the next write of this turn is the last.
        node.member.later_in_order("send", node.disk_spent_s, node.member.send, list(messages))

    def stop(self, timeout_s: float) -> None:
        pass


class SimNode(JournalNode):
    """A journal node whose driver is called instead of running."""

    def __init__(self, member: Member, peer: Peer, options: JournalOptions, **core_options: int) -> None:
        self.member = member
        disk = member.disk
        journal = OpenedJournal(
            SimFolder(disk),  # type: ignore[arg-type]
            SimLog(disk),  # type: ignore[arg-type]
            SimMeta(disk),  # type: ignore[arg-type]
            disk.hard_state,
            disk.configuration,
            is_joining=False,
        )
        super().__init__(peer, journal, SimTransport(self), options, self.driver_clock_s, member.rng)
        self._core_options = replace(options.core_options(), **core_options)
        self._is_due = False
        self._busy_until_s = 0.0
        self.core: Core
        self.driver: Driver

    def start(self, loop: Any, *callbacks: Any, applied_index: Index = Index(-1), **more: Any) -> None:  # noqa: B008
        """As the real one, without a thread."""
        journal, member = self._journal, self.member
        fit_to_state(journal, applied_index)
        self._loop = loop
        self._on_committed, self._on_role, self._on_failed = callbacks
        self._on_snapshot_wanted = more["on_snapshot_wanted"]
        self._inbox = SimInbox(applied_index, self._wake)
        self.core = Core(
            self._self_peer.id,
            journal.store,
            hard_state=journal.hard_state,
            initial_configuration=journal.initial,
            applied_index=applied_index,
            options=self._core_options,
            rng=self._rng,
        )
        self.driver = self._driver = Driver(
            self.core,
            journal.store,
            journal.meta,
            journal.folder,
            self._inbox,
            self._tell,
            transport=self._transport,
            options=self._options,
            clock=self.driver_clock_s,
            wall_clock_ms=member.now_ms,
            client_id=bytes(16),
        )
        self._beat_loop()
        self._wake()

    @property
    def disk_spent_s(self) -> float:
        """How long the turn at hand has waited for its disk."""
        return self.member.disk.spent_s

    def driver_clock_s(self) -> float:
        """The clock as the driver's thread sees it: behind the writes of this turn."""
        return self.member.clock_s() + self.disk_spent_s * self.member.rate

    def has_lease(self) -> bool:
        return self.member.clock_s() < self.driver.lease_clock.deadline_s

    @property
    def inbox(self) -> Inbox:
        return self._inbox

    # --- the driver ------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.member.later(self._rng.random() * 0.0005, self._run)

    def _run(self) -> None:
        member = self.member
        self._is_due = False
        if self._busy_until_s > member.now_s:
            self._is_due = True
            member.later(self._busy_until_s - member.now_s, self._run)
            return
        member.disk.spent_s = 0.0
        stimuli = self._inbox.take(0.0)
        # Handled in one turn with what came with it, or one by one, as it happens.
        parts = [stimuli] if self._rng.random() < 0.5 else [[stimulus] for stimulus in stimuli]
        for part in parts:
            if part:
                self.driver.step(part)
        if self.driver_clock_s() >= self.driver.next_tick_at:
            self.driver.tick()
        self._busy_until_s = member.now_s + member.disk.spent_s
        member.disk.spent_s = 0.0
        wait_s = max(0.0, self.driver.next_tick_at - member.clock_s()) / member.rate
        self._tick_later(wait_s * (1.0 + 0.1 * self._rng.random()) + 1e-6)

    def _tick_later(self, wait_s: float) -> None:
        due_s = self.member.now_s + wait_s
        if self._tick_due_s is None or self._tick_due_s > due_s or self._tick_due_s <= self.member.now_s:
            self._tick_due_s = due_s
            self.member.later(wait_s, self._tick_is_due)

    _tick_due_s: float | None = None

    def _tick_is_due(self) -> None:
        self._tick_due_s = None
        self._wake()

    # --- the loop --------------------------------------------------------------------------------------------------

    def _beat_loop(self) -> None:
        self._inbox.beat()
        self.member.later(BEAT_S, self._beat_loop)

    def _tell(self, delivery: Delivery) -> None:
        delay_s = self.disk_spent_s + self._rng.random() * 0.0005
        if delivery.role_change is not None:
            self.member.noticed_role(delivery.role_change)
        self.member.later_in_order("tell", delay_s, self._deliver, delivery)


def ignore(future: asyncio.Future[Any]) -> None:
    """Look at a result that nobody waits for."""
    if not future.cancelled():
        future.exception()
