"""How long a quorum is without a leader after its leader was killed, counted over many seeds.

Real ticks (20 ms, each member's own phase), messages of 0.2 to 4 ms, disks of 1 to 40 ms: what three masters of one
host see. `SEEDS=1000 pytest tests/raft/test_failover_time.py -s` prints the figures.
"""

from __future__ import annotations

import heapq
import itertools
import os
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pyalluxio.ids import Index, Term
from pyalluxio.raft.core import Core, CoreOptions
from pyalluxio.raft.log import MemoryStorage
from pyalluxio.raft.messages import Configuration, HardState, Message, Peer, PeerId, Ready, Role

TICK_MS = 20.0
LATENCY_MS = (0.2, 4.0)
DISK_MS = (1.0, 40.0)
TICK_LATE_MS = 4.0
# When a transport reports that all streams of a killed peer ended.
CLOSED_MS = (50.0, 56.0)
SEEDS = int(os.environ.get("SEEDS") or 100)


@dataclass
class Member:
    core: Core
    storage: MemoryStorage
    is_running: bool = True
    busy_until: float = 0.0


class Quorum:
    """Members in simulated milliseconds; what happens is a heap of moments."""

    def __init__(self, size: int, seed: int) -> None:

        self.rng = random.Random(seed)
        self.now = 0.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, PeerId, Callable[[Member], None]]] = []
        peers = tuple(Peer(PeerId(f"host{n}_19200"), f"host{n}:19200") for n in range(1, size + 1))
        self.members = {}
        for number, peer in enumerate(peers):
            storage = MemoryStorage()
            core = Core(
                peer.id,
                storage,
                hard_state=HardState(),
                initial_configuration=Configuration(peers),
                applied_index=Index(-1),
                options=CoreOptions(),
                rng=random.Random(seed * 31 + number),
            )
            self.members[peer.id] = Member(core, storage)
            self.at(self.rng.uniform(0, TICK_MS), peer.id, self._tick)

    def at(self, when: float, id_: PeerId, act: Callable[[Member], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), id_, act))

    def run(self, until: Callable[[], bool], limit_ms: float) -> float:
        """Let time pass until something is the case; return how much did."""
        began = self.now
        while not until():
            assert self.now - began < limit_ms, "it never happens"
            when, _, id_, act = heapq.heappop(self._events)
            self.now = max(self.now, when)
            member = self.members[id_]
            if not member.is_running:
                continue
            if member.busy_until > self.now:
                self.at(member.busy_until, id_, act)
                continue
            act(member)
            self._turn(member)
        return self.now - began

    def kill(self, id_: PeerId) -> None:
        self.members[id_].is_running = False
        for other in self.members:
            if other != id_:
                self.at(
                    self.now + self.rng.uniform(*CLOSED_MS),
                    other,
                    lambda member: member.core.report_streams_closed(id_),
                )

    def leader(self) -> Member | None:
        """Return the member that leads and may serve."""
        for member in self.members.values():
            first = member.core.term_first_index
            if member.is_running and first is not None and member.core.commit_index >= first:
                return member
        return None

    def _tick(self, member: Member) -> None:
        member.core.tick()
        self.at(self.now + TICK_MS + self.rng.uniform(0, TICK_LATE_MS), member.core.id, self._tick)

    def _turn(self, member: Member) -> None:
        ready = member.core.ready()
        if not ready:
            return
        if ready.hard_state is None and not ready.entries:
            self._finish(member, ready)
            return
        member.busy_until = self.now + self.rng.uniform(*DISK_MS)
        if member.core.role is Role.LEADER and ready.hard_state is None:
            # A leader's appends leave before its own disk is done, as the driver does it.
            self._send(ready.messages)
            ready.messages = []
        self.at(member.busy_until, member.core.id, lambda written: self._finish(written, ready))

    def _finish(self, member: Member, ready: Ready) -> None:
        if ready.truncate_from is not None:
            member.storage.truncate(ready.truncate_from)
        member.storage.append(ready.entries)
        self._send(ready.messages)
        member.core.advance(ready)
        self._turn(member)

    def _send(self, messages: list[Message]) -> None:
        for message in messages:
            when = self.now + self.rng.uniform(*LATENCY_MS)
            copy = replace(message)
            self.at(when, message.to, lambda member, copy=copy: member.core.step(copy))  # type: ignore[misc]


def failover(size: int, seed: int) -> tuple[float, int]:
    """Kill the leader of `size` members; return for how many ms nobody led, and how many terms it took."""
    quorum = Quorum(size, seed)
    quorum.run(lambda: quorum.leader() is not None, 30_000)
    settled = quorum.now + quorum.rng.uniform(1000, 1200)
    quorum.run(lambda: quorum.now >= settled, 5000)
    leader = quorum.leader()
    assert leader is not None
    term = leader.core.term
    quorum.kill(leader.core.id)
    gap_ms = quorum.run(lambda: quorum.leader() is not None, 30_000)
    successor = quorum.leader()
    assert successor is not None
    return gap_ms, Term(successor.core.term - term)


@pytest.mark.parametrize("size", [3, 5])
def test_killed_leader_is_replaced_at_once(size: int) -> None:
    """Two survivors that ask at the same moment must not cost another round: clients would notice."""
    results = [failover(size, seed) for seed in range(SEEDS)]
    gaps = sorted(gap for gap, _ in results)
    splits = sum(terms > 1 for _, terms in results)
    p99 = gaps[len(gaps) * 99 // 100]
    print(f"{size} members, {len(gaps)} seeds: {splits} split votes; without a leader for")
    print(f"{statistics.median(gaps):.0f} ms (p50), {p99:.0f} ms (p99), {gaps[-1]:.0f} ms at most")
    assert statistics.median(gaps) <= 450
    assert p99 <= 700
    assert splits <= len(gaps) // 100
