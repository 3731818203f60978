"""Where a plot is played: the one place that may look at everything and choose what happens to every message.

An adversary who knows all is fair: whatever it chooses, chance could have chosen too. It loses, keeps back and repeats
messages, cuts connections, crashes and restarts members, and lets an election timeout end early; but never before the
candidate's own promise has ended. Safety may not depend on its mercy.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

from pyalluxio.errors import AlluxioError
from pyalluxio.raft.messages import Message, PeerId, Role
from tests.sim.clients import Client

if TYPE_CHECKING:
    from tests.sim.member import Member
    from tests.sim.simulation import Simulation

POLL_S = 0.001
READ_EVERY_S = 0.004


class Verdict(Enum):
    """What happens to a message that arrives."""

    PASS = "PASS"
    LOSE = "LOSE"
    KEEP = "KEEP"


PASS, LOSE, KEEP = Verdict.PASS, Verdict.LOSE, Verdict.KEEP
Rule = Callable[[Message], Verdict]


class Stage:
    """One plot's hold on the cluster; `leader` and `others` are the voters of the moment in which it begins."""

    def __init__(self, sim: Simulation, rng: random.Random, leader: Member, others: list[Member]) -> None:
        self.sim = sim
        self.rng = rng
        self.leader = leader
        self.others = others
        self.rule: Rule = lambda message: PASS
        self.kept: list[Message] = []
        self.loses_writes = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_over(self) -> bool:
        return self.sim.is_calm or self.sim.failure is not None

    @property
    def majority(self) -> int:
        return (len(self.others) + 1) // 2 + 1

    # --- messages --------------------------------------------------------------------------------------------------

    def admits(self, message: Message) -> bool:
        """Tell whether a message that arrives may go on."""
        verdict = self.rule(message)
        if verdict is KEEP:
            self.kept.append(message)
        return verdict is PASS

    def release(self, which: Callable[[Message], bool] = lambda message: True) -> None:
        """Let messages that were kept back arrive now."""
        chosen = [message for message in self.kept if which(message)]
        self.kept = [message for message in self.kept if not which(message)]
        for message in chosen:
            self.deliver(message)

    def deliver(self, message: Message) -> None:
        """Have a message arrive now, whatever the rule says; perhaps not for the first time."""
        target = self.sim.members[message.to]
        if target.is_alive:
            target.later(0.0, target.receive, message)

    def notices_loss(self, members: Iterable[Member], peer: Member) -> None:
        """The connections of some members to a peer end and do not come back."""
        for member in members:
            if member.is_alive:
                self.sim._tell_closed(member.id, peer.id)

    # --- members ---------------------------------------------------------------------------------------------------

    def crash(self, member: Member, restart_s: float, *, is_power_cut: bool | None = None) -> None:
        if member.is_alive:
            is_power_cut = self.rng.random() < 0.3 if is_power_cut is None else is_power_cut
            self.sim.crashed(member, is_power_cut=is_power_cut, restart_s=restart_s)

    def start(self, member: Member) -> None:
        if not member.is_alive:
            self.sim.trace(member.id, "starts")
            member.start()

    def campaign(self, member: Member) -> None:
        """Let the election timeout of a follower end now, or as soon as its own promise has."""
        if not member.is_alive or member.node.core.role is not Role.FOLLOWER:
            return
        core = member.node.core
        released_at = core._promise.made_at + core._state.options.promise_ticks + 1
        core._election_at = max(core.tick_count + 1, released_at)

    def wait_long(self, member: Member) -> None:
        """Let a candidate have the longest election timeout there is."""
        if member.is_alive:
            core = member.node.core
            core._election_at = core.tick_count + core._state.options.election_timeout_max_ticks

    async def elect(self, member: Member, role: tuple[Role, ...] = (Role.LEADER,), within_s: float = 0.5) -> bool:
        """Let a member ask for votes again and again until it has one of the roles."""
        until_s = self.sim.now_s + within_s
        while self.sim.now_s < until_s and not self.is_over:
            self.campaign(member)
            if await self.until(lambda: self.has_role(member, *role), 0.03):
                return True
        return False

    @staticmethod
    def has_role(member: Member, *roles: Role) -> bool:
        return member.is_alive and member.node.core.role in roles

    def committed(self, member: Member) -> int:
        return member.node.core.commit_index if member.is_alive else -1

    # --- time ------------------------------------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait for a condition; returns whether it came true."""
        until_s = self.sim.now_s + within_s
        while not condition():
            if self.sim.now_s >= until_s or self.is_over:
                return False
            await asyncio.sleep(POLL_S)
        return True

    async def wait(self, seconds: float) -> None:
        await self.until(lambda: False, seconds)

    # --- clients ---------------------------------------------------------------------------------------------------

    def read_from(self, member: Member) -> None:
        """Ask one member, and no other, every few milliseconds for what was changed last."""
        self._begin(self._read_on, member)

    async def _read_on(self, member: Member) -> None:
        client = Client(self.sim, "reader", self.rng)
        while not self.sim.is_calm:
            self._begin(self._read, client, member)
            await asyncio.sleep(READ_EVERY_S)

    async def _read(self, client: Client, member: Member) -> None:
        status = self.sim.checker.status
        path = max(status, key=lambda name: status[name].indexes[-1])
        call = client._call("status", (path,), None)
        try:
            result = await client._attempt(member, call)
        except (AlluxioError, TimeoutError):
            return
        self.sim.checker.count("read in a plot")
        self.sim.checker.answered(call, result, None)

    def write_to(self, member: Member) -> None:
        """Have a client of its own write to one member."""
        client = Client(self.sim, "writer", self.rng)
        client.leader = member.id
        self._begin(self._write_on, client, member.id)

    async def _write_on(self, client: Client, leader: PeerId) -> None:
        while not self.sim.is_calm:
            client.leader = leader
            call = client._choose()
            if call.operation_id is not None:
                await client.make(call)
            await asyncio.sleep(READ_EVERY_S)

    def _begin(self, work: Callable[..., Any], *arguments: Any) -> None:
        self._tasks.append(self.sim.loop.create_task(self._guarded(work, *arguments)))

    async def _guarded(self, work: Callable[..., Any], *arguments: Any) -> None:
        await self.sim._guard(work(*arguments))

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.rule = lambda message: PASS
        self.kept.clear()
