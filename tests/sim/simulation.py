"""A cluster of whole masters in virtual time, and one run of it: trouble, then healing, all of it from one seed.

    SEED=8172 pytest tests/sim        or        python -m tests.sim.simulation 8172

Safety is checked while it runs (`checker.py`). After the trouble every fault is taken back, and the cluster must elect
a leader, take a write, and bring every voter to the same state within `HEALED_WITHIN_S` of virtual time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import sys
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyalluxio.ids import Index
from pyalluxio.journal.entries import OperationId
from pyalluxio.journal.options import JournalOptions
from pyalluxio.master.state.digest import differences, digest
from pyalluxio.master.state.validate import validate
from pyalluxio.raft.messages import (
    AppendReply,
    AppendRequest,
    Configuration,
    Message,
    Peer,
    PeerId,
    Role,
    VoteReply,
    VoteRequest,
)
from tests.sim.chaos import Chaos
from tests.sim.checker import Checker, Violation, check
from tests.sim.clients import DIRECTORIES, WATCHED, Client
from tests.sim.loop import VirtualLoop
from tests.sim.master import SimMaster
from tests.sim.member import Member
from tests.sim.network import CLOSED_AFTER_S, Network
from tests.sim.node import SimNode
from tests.sim.plots import Plots

TROUBLE_S = 4.0
HEALED_WITHIN_S = 20.0
EVENTS_KEPT = 4000
LAG_MAX = 5
OPTIONS = JournalOptions(
    election_timeout_min_ms=200,
    election_timeout_max_ms=400,
    heartbeat_ms=40,
    promise_ms=120,
    retain_bytes=0,
    free_space_min_bytes=1 << 20,
)


class Simulation:
    """The world of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.loop = VirtualLoop()
        self.rng = self.chance("cluster")
        self.is_calm = False
        self.failure: BaseException | None = None
        self.events: deque[tuple[float, str, str]] = deque(maxlen=EVENTS_KEPT)
        self._hash = hashlib.blake2b(digest_size=12)
        self.network = Network(self.chance("network"), self.loop.time, self._at)
        self.checker = Checker(self, WATCHED, DIRECTORIES)
        self.options = replace(
            OPTIONS,
            append_size_max_bytes=self.rng.choice([1, 600, 1 << 14]),
            lease_percent=self.rng.choice([70, 70, 70, 0]),
        )
        self.in_flight_max = self.rng.choice([1, 4, 4])
        size = self.rng.choice([1, 3, 3, 3, 3, 5])
        self.peers = tuple(peer_of(number) for number in range(1, size + 1))
        self.plots = Plots(self, self.chance("plots"))
        self.members: dict[PeerId, Member] = {}
        for peer in self.peers:
            self.join(peer, Configuration(self.peers))
        self.chaos = Chaos(self, self.chance("chaos"))
        count = self.rng.randint(2, 4)
        self.clients = [Client(self, f"client{n}", self.chance(f"client{n}")) for n in range(count)]

    # --- parts -----------------------------------------------------------------------------------------------------

    def chance(self, name: str) -> random.Random:
        """Return a source of chance of its own for each part, so that one part does not disturb the others."""
        return random.Random(f"{self.seed}/{name}")

    def join(self, peer: Peer, configuration: Configuration) -> Member:
        member = self.members[peer.id] = Member(self, peer, configuration, self.chance(f"member {peer.id}"))
        member.start()
        return member

    def new_master(self, member: Member) -> SimMaster:
        return SimMaster(member, member.rng)

    def new_node(self, member: Member) -> SimNode:
        return SimNode(member, member.peer, self.options, lag_max=LAG_MAX, in_flight_max=self.in_flight_max)

    # --- time and events -------------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        return self.loop.time()

    def _at(self, due_s: float, function: Callable[..., None], *arguments: Any) -> None:
        self.loop.call_at(due_s, self.guarded, function, *arguments)

    def after(self, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        self._at(self.now_s + delay_s, function, *arguments)

    def guarded(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except BaseException as error:
            self.fail(error, "simulation")

    def trace(self, who: str, what: str) -> None:
        now_s = self.now_s
        self.events.append((now_s, who, what))
        self._hash.update(f"{now_s!r} {who} {what}\n".encode())

    @property
    def event_hash(self) -> str:
        """Equal for equal runs."""
        return self._hash.hexdigest()

    def fail(self, error: BaseException, who: str) -> None:
        """Note the first thing that went wrong, and end the run."""
        if self.failure is None:
            self.failure = error
            self.trace(who, f"FAILED: {type(error).__name__}: {error}")

    # --- network ---------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        self.trace(message.sender, describe(message))
        if isinstance(message, VoteReply) and message.granted and not message.is_pre_vote:
            self.chaos.granted(self.members[message.sender], message.to)
        target = self.members.get(message.to)
        if target is not None:
            if target.is_alive:
                self.network.send(message.sender, message.to, self._deliver, target, message)
            elif self.rng.random() < 0.3:
                self.after(0.001, self._tell_unreachable, message.sender, message.to)

    def _deliver(self, target: Member, message: Message) -> None:
        if target.is_alive and self.plots.admits(message):
            # Held back while the member is paused: the network keeps it in its buffers.
            target.later(0.0, target.receive, message)

    def _tell_unreachable(self, member: PeerId, peer: PeerId) -> None:
        told = self.members[member]
        if told.is_alive:
            told.later(0.0, lambda: told.node.inbox.unreachable(peer))

    def connection_lost(self, one: PeerId, other: PeerId, *, comes_back: bool) -> None:
        """A connection between two members breaks; both notice, sooner or later."""
        self.network.cut(one, other)
        for here, there in ((one, other), (other, one)):
            self.after(0.001, self._tell_unreachable, here, there)
            if not comes_back:
                self.after(CLOSED_AFTER_S, self._tell_closed, here, there)

    def _tell_closed(self, member: PeerId, peer: PeerId) -> None:
        told = self.members[member]
        if told.is_alive:
            told.later(0.0, lambda: told.node.inbox.streams_closed(peer))

    def crashed(self, member: Member, *, is_power_cut: bool, restart_s: float | None = None) -> None:
        """A process ends: the kernel closes the connections of a killed one, those of a machine without power hang.

        restart_s  when it starts again; None: whenever chaos wants it to
        """
        self.trace(member.id, "loses power" if is_power_cut else "is killed")
        self.checker.count("power cut" if is_power_cut else "killed")
        member.crash(is_power_cut=is_power_cut)
        for other in self.members:
            if other != member.id and not is_power_cut and self.rng.random() < 0.9:
                self.connection_lost(member.id, other, comes_back=False)
        self.chaos.plan_restart(member, restart_s)

    # --- the run ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run to the end.

        Raises:  Violation, with the seed, the command that runs it again, and the last events.
        """
        asyncio.set_event_loop(self.loop)
        logging.disable(logging.CRITICAL)
        try:
            self.loop.run_until_complete(self._run())
            if self.failure is None:
                self._check_end()
        except BaseException as error:
            self.fail(error, "simulation")
        finally:
            logging.disable(logging.NOTSET)
            self._close()
        if self.failure is not None:
            raise Violation(self.report()) from self.failure

    def _close(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        asyncio.set_event_loop(None)
        self.loop.close()

    async def _run(self) -> None:
        clients = [self.loop.create_task(self._guard(client.run())) for client in self.clients]
        plots = self.loop.create_task(self._guard(self.plots.run()))
        self.chaos.begin()
        while self.now_s < TROUBLE_S and self.failure is None:  # noqa: ASYNC110 - time is virtual, and costs nothing
            await asyncio.sleep(0.05)
        self.is_calm = True
        await plots
        self.chaos.heal()
        await self._heal(clients)

    async def _guard(self, work: Any) -> None:
        try:
            await work
        except Exception as error:
            self.fail(error, "client")

    async def _heal(self, clients: list[asyncio.Task[None]]) -> None:
        until_s = self.now_s + HEALED_WITHIN_S
        last = Client(self, "last", self.chance("last"))
        written = False
        while self.failure is None:
            for _ in range(4):
                await asyncio.sleep(0.05)
            if not written and all(task.done() for task in clients):
                operation_id = OperationId(1, last.rng.getrandbits(62))
                written = await last.make(last._call("create", (f"/last{self.now_s}", True), operation_id))
            elif written and self._is_healed():
                return
            check(self.now_s < until_s, f"not healed in {HEALED_WITHIN_S} s: {self._why_not_healed()}")

    def leader(self) -> Member | None:
        leaders = [m for m in self.members.values() if m.is_alive and m.node.core.role is Role.LEADER]
        return max(leaders, key=lambda member: member.node.core.term, default=None)

    def voters(self) -> list[Member]:
        leader = self.leader()
        return [] if leader is None else [self.members[id_] for id_ in leader.node.core.configuration.voters]

    def _is_healed(self) -> bool:
        return self._why_not_healed() == ""

    def _why_not_healed(self) -> str:
        leader = self.leader()
        if leader is None:
            return "there is no leader"
        if leader.node.core.configuration.is_joint:
            return "the members are being changed"
        for voter in self.voters():
            if voter.node.core.leader != leader.id:
                return f"{voter.id} does not follow {leader.id}"
            if voter.node.core.is_recovering:
                return f"{voter.id} is recovering"
            if voter.applied_index != self.checker.newest:
                return f"{voter.id} has applied {voter.applied_index} of {self.checker.newest}"
        return ""

    def _check_end(self) -> None:
        """Compare what all members of a healed cluster hold."""
        voters = self.voters()
        digests = {}
        for voter in voters:
            with voter.store.read() as view:
                validate(view)
                digests[voter.id] = digest(view)
            log, agreed = voter.disk.log, self.checker.agreed
            for entry in log.entries(log.first_index, Index(len(agreed)), 1 << 40):
                check(entry == agreed[entry.index], f"{voter.id} holds {entry}, but {agreed[entry.index]} is committed")
        if len(set(digests.values())) > 1:
            with voters[0].store.read() as left, voters[1].store.read() as right:
                raise Violation(f"states differ: {digests}; {differences(left, right)}")

    def report(self, count: int = 60) -> str:
        """Return what a person needs who has to find the reason."""
        lines = [f"{at:10.6f} {who:8} {what}" for at, who, what in list(self.events)[-count:]]
        error = self.failure
        where = "".join(traceback.format_exception(error)[-3:]) if error is not None else ""
        return "\n".join(
            [
                f"seed {self.seed}: {type(error).__name__}: {error}",
                f"run it again: python -m tests.sim.simulation {self.seed}",
                *lines,
                where,
            ]
        )


def peer_of(number: int) -> Peer:
    return Peer.at(f"m{number}:1")


def describe(message: Message) -> str:
    """Return a message in a few words."""
    to = message.to
    if isinstance(message, AppendRequest):
        count = len(message.entries)
        previous = message.previous
        behind = "-" if previous is None else f"{previous.term}/{previous.index}"
        return f"-> {to} append term {message.term} +{count} after {behind} commit {message.leader_commit}"
    if isinstance(message, AppendReply):
        return (
            f"-> {to} {message.result.name} term {message.term} match {message.match_index} next {message.next_index}"
        )
    if isinstance(message, VoteRequest):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        return f"-> {to} {kind} term {message.term} last {message.last.term}/{message.last.index}"
    if isinstance(message, VoteReply):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        return f"-> {to} {kind} {'granted' if message.granted else 'refused'} term {message.term}"
    return f"-> {to} {type(message).__name__}"


def main() -> None:
    seed = int(sys.argv[1])
    sim = Simulation(seed)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    try:
        sim.run()
    except Violation:
        print(sim.report(count))
        sys.exit(1)
    print(f"seed {seed}: fine, {sim.now_s:.1f} s, {len(sim.checker.agreed)} entries, {sim.event_hash}")
    for what, number in sorted(sim.checker.seen.items()):
        print(f"  {number:6} {what}")


if __name__ == "__main__":
    main()
