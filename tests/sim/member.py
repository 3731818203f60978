"""One simulated machine with a master on it: clock, disk, process lives, and what reaches it while it runs.

Rule 1: everything that a process does later goes through `later` or `later_in_order`. A crash empties that list, a
        pause holds it back; so neither has to be thought of anywhere else.
Rule 2: the member's clocks are its own: `clock_s` runs at its own rate and through pauses; the wall clock jumps.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pyalluxio.ids import Index
from pyalluxio.journal.driver import RoleChange
from pyalluxio.master.applied import read_applied, read_configuration
from pyalluxio.raft.messages import Configuration, Entry, LogPosition, Message, Peer, Role
from tests.sim.checker import check
from tests.sim.disk import Crash, SimDisk, SimStore, Snapshot
from tests.sim.master import SimMaster
from tests.sim.node import SimNode, ignore

if TYPE_CHECKING:
    from tests.sim.simulation import Simulation

LOG_KEPT_MAX = 20


class Member:
    """A machine; `node` and `master` are those of the process that runs, if `is_alive`."""

    def __init__(self, sim: Simulation, peer: Peer, configuration: Configuration, rng: random.Random) -> None:
        self.sim = sim
        self.peer = peer
        self.id = peer.id
        self.loop = sim.loop
        self.rng = rng
        self.rate = rng.choice([1.0, 1.0, rng.uniform(0.92, 1.08)])
        self.disk = SimDisk(configuration, rng)
        self.is_alive = False
        self.paused_until_s = 0.0
        self.wall_jump_ms = 0
        self.snapshot_every = rng.choice([15, 40, 1_000_000])
        self.tasks: set[asyncio.Task[Any]] = set()
        self._pending: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._sequence = 0
        self._channels: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_fetching = False
        self.store: SimStore
        self.node: SimNode
        self.master: SimMaster

    # --- time ------------------------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        return self.loop.time()

    def clock_s(self) -> float:
        """The clock that runs through suspend."""
        return 1000.0 + self.now_s * self.rate

    def now_ms(self) -> int:
        """The wall clock."""
        return 1_700_000_000_000 + int(self.clock_s() * 1000) + self.wall_jump_ms

    def monotonic_s(self) -> float:
        return self.clock_s()

    def later(self, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function of this process after a while, unless it crashes first."""
        self._sequence += 1
        heapq.heappush(self._pending, (self.now_s + max(0.0, delay_s), self._sequence, function, arguments))
        self._arm()

    def later_in_order(self, channel: str, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        """As `later`, but never before what went into the same channel earlier."""
        due = max(self.now_s + max(0.0, delay_s), self._channels.get(channel, 0.0))
        self._channels[channel] = due
        if due <= self.now_s and channel == "send" and not self.is_paused:
            function(*arguments)
            return
        self._sequence += 1
        heapq.heappush(self._pending, (due, self._sequence, function, arguments))
        self._arm()

    def _arm(self) -> None:
        if not self._pending:
            return
        due = max(self._pending[0][0], self.paused_until_s, self.now_s)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self.loop.call_at(due, self._pump)

    def _pump(self) -> None:
        self._timer = None
        try:
            while self._pending and not self.is_paused and self._pending[0][0] <= self.now_s:
                _, _, function, arguments = heapq.heappop(self._pending)
                function(*arguments)
        except Crash:
            self.sim.trace(self.id, "crashes at a write")
            self.sim.crashed(self, is_power_cut=self.rng.random() < 0.6)
        except BaseException as error:
            self.sim.fail(error, self.id)
        self._arm()

    @property
    def is_paused(self) -> bool:
        return self.now_s < self.paused_until_s

    def pause(self, seconds: float) -> None:
        self.paused_until_s = self.now_s + seconds

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a process on what the disk holds."""
        assert not self.is_alive
        self.is_alive = True
        self._is_fetching = False
        self.store = SimStore(self._written)
        if self.disk.image is not None:
            self.store.load(self.disk.image)
        self.master = self.sim.new_master(self)
        applied = self.master.applied_index
        self.node = self.sim.new_node(self)
        self.node.start(
            self.loop,
            self.committed,
            self.role_changed,
            lambda error: self.sim.fail(error, self.id),
            applied_index=applied,
            on_snapshot_wanted=self.fetch_snapshot,
        )

    def crash(self, *, is_power_cut: bool) -> None:
        """End the process; the disk loses what it loses."""
        assert self.is_alive
        self.is_alive = False
        self.paused_until_s = 0.0
        self._pending.clear()
        self._channels.clear()
        for task in list(self.tasks):
            task.cancel()
        self.tasks.clear()
        self.disk.crash(self.store.image(), is_power_cut=is_power_cut)

    def spawn(self, work: Any) -> None:
        """Run a coroutine that ends with the process."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.sim.fail(error, self.id)

    # --- network ---------------------------------------------------------------------------------------------------

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.sim.send(message)

    def receive(self, message: Message) -> None:
        if self.is_alive:
            self.node.inbox.received(message)

    # --- from the driver -------------------------------------------------------------------------------------------

    def noticed_role(self, change: RoleChange) -> None:
        self.sim.trace(self.id, f"{change.role.value} term {change.term} leader {change.leader}")
        if change.role is Role.LEADER:
            self.sim.checker.leads(self.id, change.term)

    def role_changed(self, change: RoleChange) -> None:
        self.master.pipeline.on_role(change)

    def committed(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.index <= self.master.applied_index:
                continue  # a snapshot has taken its place meanwhile
            check(
                entry.index == self.master.applied_index + 1,
                f"{self.id} is given entry {entry.index} behind {self.master.applied_index}",
            )
            self.sim.checker.handed(self.id, entry)
            self.master.pipeline.on_committed([entry])
        self._take_snapshot_when_due()

    def _written(self, store: SimStore, changes: dict[str, dict[Any, Any]]) -> None:
        if store is self.store:
            self.sim.checker.written(self.id, store, changes)

    # --- snapshots -------------------------------------------------------------------------------------------------

    def _take_snapshot_when_due(self) -> None:
        pipeline = self.master.pipeline
        begin = self.disk.snapshot.position.index if self.disk.snapshot is not None else -1
        if pipeline.applied_index - begin >= self.snapshot_every:
            snapshot = self._snapshot()
            if snapshot.position.index > begin:
                self.disk.keep_snapshot(snapshot)
                self.node.state_durable(Index(snapshot.position.index - self.rng.randint(0, LOG_KEPT_MAX)))

    def _snapshot(self) -> Snapshot:
        """Return the committed state; what the store itself says of its position counts, as after a crash."""
        index, term = read_applied(self.store)
        configuration = read_configuration(self.store)
        members = Configuration(()) if configuration is None else configuration[1]
        return Snapshot(LogPosition(term, index), self.store.image(), members)

    def fetch_snapshot(self, wanted: LogPosition) -> None:
        """Ask another member for its state; the answer comes to the driver after a while."""
        if not self._is_fetching:
            self._is_fetching = True
            self.later(0.01 + 0.1 * self.rng.random(), self._fetch, wanted)

    def _fetch(self, wanted: LogPosition) -> None:
        sources = [
            member
            for member in self.sim.members.values()
            if member.is_alive
            and not member.is_paused
            and member is not self
            and read_applied(member.store)[0] + 1 >= max(wanted.index, 1)
            and not self.sim.network.is_blocked(member.id, self.id)
        ]
        snapshot = None
        if sources and self.rng.random() < 0.9:
            source = self.rng.choice(sources)
            snapshot = source._snapshot()
            self.sim.trace(self.id, f"fetches the state at {snapshot.position.index} of {source.id}")
        self.later(0.3 * self.rng.random() ** 3, self._fetched, snapshot)

    def _fetched(self, snapshot: Snapshot | None) -> None:
        self._is_fetching = False
        if snapshot is None:
            self.node.snapshot_unavailable()
            return
        future = self.node.install_snapshot(snapshot.position, snapshot.members, lambda: self._restore(snapshot))
        future.add_done_callback(ignore)

    def _restore(self, snapshot: Snapshot) -> None:
        """Put a snapshot in the place of the state; the driver does the same with the log around this call."""
        self.sim.trace(self.id, f"restores {snapshot.position.index}")
        self.sim.checker.count("snapshot installed")
        self.disk.keep_snapshot(snapshot)
        self.store.load(snapshot.image)
        self.master.restored()

    @property
    def applied_index(self) -> Index:
        return self.master.applied_index
