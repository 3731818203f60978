"""Drives one Raft core in virtual time: the contract of `Ready`, over the simulated disk and network.

It keeps the rules of `journal/driver.py` and `journal/node.py`: persist, then send, then apply; futures by index and
term; role changes before the entries that follow them; what the loop hears comes in order, and a little later.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.driver import RoleChange
from pyalluxio.raft.core import Core, CoreOptions, Proposal
from pyalluxio.raft.messages import (
    Configuration,
    Entry,
    EntryKind,
    LogPosition,
    Message,
    Peer,
    PeerId,
    Ready,
    Role,
)
from tests.sim.disk import Snapshot

if TYPE_CHECKING:
    from tests.sim.member import Member

TICK_S = 0.02
APPLY_WINDOW = 1 << 20


class SimDriver:
    """One process life of a member's journal; it ends with a crash."""

    def __init__(self, member: Member, applied_index: Index, options: CoreOptions, rng: random.Random) -> None:
        self.member = member
        self.disk = member.disk
        self.rng = rng
        self.core = self.new_core(applied_index, options)
        self.lease_until_s: float | None = None
        self._inbox: list[tuple[Any, ...]] = []
        self._is_due = False
        self._next_tick_s = member.now_s
        self._busy_until_s = 0.0
        self._tick_began_s: dict[int, float] = {}
        self._waiting: dict[Index, tuple[Term, asyncio.Future[LogPosition]]] = {}
        self._reads: dict[int, asyncio.Future[Index]] = {}
        self._outcomes: dict[int, asyncio.Future[None]] = {}
        self._context = 0
        self._published: RoleChange | None = None
        self._fetched: Snapshot | None = None
        self._told_s = 0.0

    def new_core(self, applied_index: Index, options: CoreOptions) -> Core:
        disk = self.disk
        return Core(
            self.member.id,
            disk.log,
            hard_state=disk.hard_state,
            initial_configuration=disk.configuration,
            applied_index=applied_index,
            options=options,
            rng=self.rng,
        )

    def start(self) -> None:
        self._due()

    # --- what the loop asks ----------------------------------------------------------------------------------------

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        return self._ask("propose", data)

    def read_index(self) -> asyncio.Future[Index]:
        return self._ask("read")

    def change_members(self, peers: Sequence[Peer]) -> asyncio.Future[None]:
        return self._ask("change", tuple(peers))

    def transfer(self, target: PeerId | None, timeout_ticks: int) -> asyncio.Future[None]:
        return self._ask("transfer", target, timeout_ticks)

    def has_lease(self) -> bool:
        """Tell whether this member may answer reads now without asking anybody."""
        return self.lease_until_s is not None and self.member.clock_s() < self.lease_until_s

    def state_durable(self, snapshot: Snapshot, keep: int) -> None:
        self.put("durable", snapshot, keep)

    # --- what comes from outside -----------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        self.put("message", message)

    def unreachable(self, peer: PeerId) -> None:
        self.put("unreachable", peer)

    def streams_closed(self, peer: PeerId) -> None:
        self.put("closed", peer)

    def snapshot_fetched(self, snapshot: Snapshot | None) -> None:
        self.put("snapshot", snapshot)

    def put(self, *stimulus: Any) -> None:
        self._inbox.append(stimulus)
        self._due()

    def _ask(self, *what: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self.member.loop.create_future()
        self.put(*what, future)
        return future

    # --- the turn --------------------------------------------------------------------------------------------------

    def _due(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.member.later(self.rng.random() * 0.0005, self._run)

    def _run(self) -> None:
        self._is_due = False
        now_s = self.member.now_s
        if self._busy_until_s > now_s:
            self._is_due = True
            self.member.later(self._busy_until_s - now_s, self._run)
            return
        if self.disk.is_full:
            self._refuse_while_full()
            self._is_due = True
            self.member.later(TICK_S, self._run)
            return
        if now_s >= self._next_tick_s:
            self._tick_began_s[self.core.tick_count + 1] = self.member.clock_s()
            self._tick_began_s.pop(self.core.tick_count - 500, None)
            self.core.tick()
            tick_s = TICK_S / self.member.rate
            self._next_tick_s = now_s + tick_s * (1.0 + 0.1 * self.rng.random())
            self.member.later(self._next_tick_s - now_s, self._due)
            self._turn()
        inbox, self._inbox = self._inbox, []
        for stimulus in inbox:
            self._handle(*stimulus)
        self._turn()

    def _refuse_while_full(self) -> None:
        kept = []
        for stimulus in self._inbox:
            if stimulus[0] in ("propose", "read", "change", "transfer"):
                self._settle(stimulus[-1], errors.DiskFull("The disk of the journal is full."))
            elif stimulus[0] != "message" or self.rng.random() < 0.5:
                kept.append(stimulus)
        self._inbox = kept

    def _handle(self, kind: str, *arguments: Any) -> None:
        core = self.core
        if kind == "message":
            core.step(arguments[0])
            # Handled in one turn with what came with it, or alone, as it happens.
            if self.rng.random() < 0.5:
                self._turn()
        elif kind == "propose":
            self._propose(*arguments)
        elif kind == "read":
            self._context += 1
            self._reads[self._context] = arguments[0]
            core.read_index(self._context)
        elif kind == "unreachable":
            core.report_unreachable(arguments[0])
        elif kind == "closed":
            core.report_streams_closed(arguments[0])
        elif kind == "durable":
            self.disk.take_snapshot(*arguments)
        elif kind == "snapshot":
            self._take_snapshot(arguments[0])
        else:
            self._administer(kind, *arguments)

    def _propose(self, data: bytes, future: asyncio.Future[LogPosition]) -> None:
        try:
            position = self.core.propose([Proposal(data)])
        except errors.NotLeader as error:
            self._settle(future, error)
            return
        self._waiting[position.index] = (position.term, future)
        self.member.proposed(position, data)

    def _administer(self, kind: str, *arguments: Any) -> None:
        *details, future = arguments
        self._context += 1
        try:
            if kind == "change":
                self.core.change_configuration(self._context, *details)
            else:
                self.core.transfer_leadership(self._context, *details)
        except errors.AlluxioError as error:
            self._settle(future, error)
            return
        self._outcomes[self._context] = future

    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self.core.snapshot_unavailable()
        elif self.core.role is not Role.LEADER and self.core.install_snapshot(
            snapshot.position, snapshot.members
        ):
            self._fetched = snapshot

    def _turn(self) -> None:
        self._publish_role()
        while ready := self.core.ready(committed_bytes_max=APPLY_WINDOW):
            self.carry_out(ready)
            self.core.advance(ready)
            self._publish_role()
        self.member.turned()

    def carry_out(self, ready: Ready) -> None:
        """Persist, then send, then apply."""
        self.disk.spent_s = 0.0
        self.persist(ready)
        self.busy_for(self.disk.spent_s)
        self.send(ready.messages)
        if ready.committed:
            self._apply(ready.committed)
        for answer in ready.reads:
            text = f"{self.member.id} does not lead."
            outcome = answer.index if answer.index is not None else errors.NotLeader(text)
            self._settle(self._reads.pop(answer.context), outcome)
        for ended in ready.outcomes:
            self._settle(self._outcomes.pop(ended.context), ended.error)
        if ready.snapshot_wanted is not None:
            self.member.fetch_snapshot(ready.snapshot_wanted)

    def persist(self, ready: Ready) -> None:
        disk = self.disk
        if ready.hard_state is not None:
            disk.write_hard_state(ready.hard_state)
        if ready.restore is not None:
            assert self._fetched is not None
            assert self._fetched.position == ready.restore.position
            self._fail_overtaken(ready.restore.position.index)
            disk.restore(ready.restore, self._fetched)
            self.member.restored(self._fetched)
        if ready.truncate_from is not None:
            disk.truncate(ready.truncate_from)
        if ready.entries:
            disk.append(ready.entries)
            disk.sync()

    def busy_for(self, spent_s: float) -> None:
        self._busy_until_s = max(self._busy_until_s, self.member.now_s) + spent_s

    def send(self, messages: list[Message]) -> None:
        if messages:
            # Without a wait the messages are gone even if the next write of this turn is the last.
            self.member.later_in_order("send", self._busy_until_s - self.member.now_s, self.member.send, messages)

    def _apply(self, committed: list[Entry]) -> None:
        for entry in committed:
            if entry.kind is EntryKind.CONFIGURATION:
                self.disk.write_configuration(entry)
        self._tell(self.member.committed, committed)
        for entry in committed:
            waiter = self._waiting.pop(entry.index, None)
            if waiter is not None:
                term, future = waiter
                overwritten = errors.NotLeader(f"Another leader's entry took the place of {entry.index}.")
                self._settle(future, entry.position if term == entry.term else overwritten)

    def _fail_overtaken(self, index: Index) -> None:
        for at in [at for at in self._waiting if at <= index]:
            self._settle(self._waiting.pop(at)[1], errors.Unavailable("A snapshot took the place of the log."))

    # --- to the loop -----------------------------------------------------------------------------------------------

    def _publish_role(self) -> None:
        core = self.core
        self.lease_until_s = self.lease_end_s()
        change = RoleChange(core.role, core.term, core.leader, core.term_first_index)
        if change != self._published:
            self._published = change
            self.member.noticed_role(change)
            self._tell(self.member.role_changed, change)

    def lease_end_s(self) -> float | None:
        lease = self.core.lease
        if lease is None:
            return None
        return self._tick_began_s.get(lease.since_tick, float("-inf")) + lease.length_ticks * TICK_S

    def _tell(self, function: Any, *arguments: Any) -> None:
        delay_s = max(0.0, self._busy_until_s - self.member.now_s) + self.rng.random() * 0.0005
        self.member.later_in_order("tell", delay_s, function, *arguments)

    def _settle(self, future: asyncio.Future[Any], outcome: Any) -> None:
        self._tell(_resolve, future, outcome)


def initial_members(peers: Sequence[Peer]) -> Configuration:
    return Configuration(tuple(peers))


def _resolve(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
