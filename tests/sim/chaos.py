"""What goes wrong, and when: one thing after another, biased towards the moments in which protocols break.

Those are: between a write and the messages that follow it, around elections, while members change, and a restart
within the promise. A disk is wiped only while every acknowledged change is on a majority of the others.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pyalluxio.errors import AlluxioError
from pyalluxio.raft.messages import Configuration, Peer, PeerId, Role

if TYPE_CHECKING:
    from tests.sim.member import Member
    from tests.sim.simulation import Simulation

MEMBERS_MAX = 6
CHANGE_BEGINS_WITHIN_S = 1.5
# A leader notices after an election timeout that a member is silent; by a slow clock, and with some delay.
EMPTIED_NOTICED_S = 0.5


class Chaos:
    """Breaks things until it is told to heal."""

    def __init__(self, sim: Simulation, rng: random.Random) -> None:
        self.sim = sim
        self.rng = rng
        self._is_over = False
        self._voters_crash_until_s = 0.0
        self._change_until_s = 0.0
        self._emptied_at_s = -EMPTIED_NOTICED_S
        # Each run has its own character, so that some faults are frequent in some runs.
        self._interval_s = rng.choice([0.04, 0.1, 0.25])
        self._weights = [rng.choice([0, 1, 1, 3]) for _ in self._faults()]
        self._restart_s = rng.choice([0.02, 0.1, 0.6])
        weather = sim.network.weather
        weather.loss = rng.choice([0.0, 0.0, 0.02, 0.1])
        weather.repetition = rng.choice([0.0, 0.05])
        weather.reordering = rng.choice([0.0, 0.02, 0.2])
        weather.very_late = rng.choice([0.0, 0.01])
        weather.delay_s = rng.choice([0.001, 0.004, 0.02])

    def _faults(self) -> list[object]:
        return [
            self.crash_at_write,
            self.crash_at_write,
            self.crash_leader,
            self.crash_any,
            self.crash_voters,
            self.crash_voters,
            self.power_cut_everywhere,
            self.partition,
            self.isolate_leader,
            self.one_way,
            self.mend,
            self.break_connections,
            self.pause,
            self.slow_disk,
            self.full_disk,
            self.wipe,
            self.clock_jump,
            self.change_members,
            self.change_members,
            self.transfer,
            self.slow_answers,
        ]

    def begin(self) -> None:
        self.sim.after(0.3 + self.rng.random() * 0.5, self._next)

    def _next(self) -> None:
        if self._is_over:
            return
        faults = self._faults()
        fault = self.rng.choices(faults, [weight + 0.05 for weight in self._weights])[0]
        if not self.sim.plots.is_playing:
            fault()  # type: ignore[operator]
        self.sim.after(self._interval_s * (0.2 + 1.6 * self.rng.random()), self._next)

    # --- processes -------------------------------------------------------------------------------------------------

    def crash_at_write(self) -> None:
        """A crash between a write and what should follow it: mostly at who leads or is about to."""
        member = self._interesting()
        if member is not None:
            member.disk.writes_until_crash = self.rng.randint(0, 5)

    def crash_leader(self) -> None:
        leader = self.sim.leader()
        if leader is not None:
            self._crash(leader)

    def crash_any(self) -> None:
        member = self._any()
        if member is not None:
            self._crash(member)

    def crash_voters(self) -> None:
        """An election in which voters crash as soon as they have voted, and hear late of the other candidates."""
        leader = self.sim.leader()
        self._voters_crash_until_s = self.sim.now_s + 0.8
        if leader is not None:
            self._crash(leader)

    def granted(self, voter: Member, candidate: PeerId) -> None:
        """A vote has just left."""
        if self._is_over or self.sim.now_s > self._voters_crash_until_s or self.rng.random() < 0.5:
            return
        until_s = self.sim.now_s + 0.12 + 0.2 * self.rng.random()
        for other in self.sim.members:
            if other not in (voter.id, candidate):
                self.sim.network.weather.slow_until[other, voter.id] = until_s
            if other != candidate and self.rng.random() < 0.7:
                self.sim.network.weather.slow_until[candidate, other] = until_s + 0.1
        self.sim.after(0.002 * self.rng.random(), self._crash_after_vote, voter)

    def _crash_after_vote(self, voter: Member) -> None:
        if voter.is_alive and not self._is_over:
            self.sim.checker.count("crashed after a vote")
            self._crash(voter)

    def power_cut_everywhere(self) -> None:
        for member in self._alive():
            if self.rng.random() < 0.95:
                self.sim.crashed(member, is_power_cut=True)

    def pause(self) -> None:
        """SIGSTOP: everything waits, only the clocks run."""
        member = self._interesting()
        if member is not None:
            seconds = self.rng.choice([0.05, 0.2, 1.0]) * self.rng.random()
            self.sim.trace(member.id, f"is stopped for {seconds:.3f} s")
            self.sim.checker.count("paused")
            member.pause(seconds)

    def plan_restart(self, member: Member, delay_s: float | None = None) -> None:
        if delay_s is None:
            delay_s = self._restart_s * self.rng.random() + 0.001
        self.sim.after(delay_s, self._restart, member)

    def _restart(self, member: Member) -> None:
        if not member.is_alive:
            self.sim.trace(member.id, "starts")
            member.start()

    def _crash(self, member: Member) -> None:
        self.sim.crashed(member, is_power_cut=self.rng.random() < 0.5)

    # --- network ---------------------------------------------------------------------------------------------------

    def partition(self) -> None:
        """Two halves, and clients on both sides."""
        ends = self._ends()
        left = [end for end in ends if self.rng.random() < 0.5]
        blocked = self.sim.network.weather.blocked
        blocked.clear()
        for one in ends:
            for other in ends:
                if (one in left) != (other in left):
                    blocked[one, other] = True
        self.sim.trace("chaos", f"cuts off {' '.join(left)}")
        self._mend_later()

    def isolate_leader(self) -> None:
        """The leader loses its peers but keeps its clients; its followers notice at once, or not at all."""
        leader = self.sim.leader()
        if leader is None:
            return
        notices = self.rng.random() < 0.7
        for other in self.sim.members:
            if other != leader.id:
                self._block(leader.id, other)
                self._block(other, leader.id)
                if notices:
                    self.sim.connection_lost(leader.id, other, comes_back=False)
        self.sim.trace("chaos", f"isolates {leader.id}")
        self._mend_later()

    def one_way(self) -> None:
        ends = self._ends()
        for _ in range(self.rng.randint(1, 3)):
            one, other = self.rng.sample(ends, 2)
            self._block(one, other)
        self._mend_later()

    def slow_answers(self) -> None:
        """Answers to the leader take long, and then its own messages are lost: a lease must not count from arrivals."""
        leader = self.sim.leader()
        if leader is None:
            return
        until_s = self.sim.now_s + 0.02 + 0.3 * self.rng.random()
        for other in self.sim.members:
            if other != leader.id:
                self.sim.network.weather.slow_until[other, leader.id] = until_s
        self.sim.after(0.05 * self.rng.random(), self._cut_off, leader.id)
        self.sim.trace("chaos", f"delays answers to {leader.id}")

    def _cut_off(self, id_: PeerId) -> None:
        if self._is_over or self.sim.plots.is_playing:
            return
        for other in self.sim.members:
            if other != id_:
                self._block(id_, other)
                if self.rng.random() < 0.9:
                    self.sim.after(0.02 * self.rng.random(), self.sim._tell_closed, other, id_)
        self._mend_later()

    def break_connections(self) -> None:
        """Connections break under living members; most come back at once."""
        ids = list(self.sim.members)
        for one in ids:
            for other in ids:
                if one < other and self.rng.random() < 0.6:
                    self.sim.connection_lost(one, other, comes_back=self.rng.random() < 0.6)
        self.sim.trace("chaos", "breaks connections")

    def mend(self) -> None:
        self.sim.network.weather.blocked.clear()
        self.sim.trace("chaos", "mends the network")

    def _mend_later(self) -> None:
        self.sim.after(self.rng.choice([0.1, 0.5, 1.5]) * self.rng.random(), self.mend)

    def _block(self, sender: str, to: str) -> None:
        self.sim.network.weather.blocked[sender, to] = True

    def _ends(self) -> list[str]:
        return [*self.sim.members, *(client.name for client in self.sim.clients)]

    # --- disks and clocks ------------------------------------------------------------------------------------------

    def slow_disk(self) -> None:
        member = self._interesting()
        if member is not None:
            member.disk.latency_s = self.rng.choice([0.0, 0.01, 0.1, 0.4])
            self.sim.after(0.5, setattr, member.disk, "latency_s", 0.0)

    def full_disk(self) -> None:
        member = self._interesting()
        if member is not None:
            self.sim.trace(member.id, "has a full disk")
            member.disk.is_full = True
            self.sim.after(0.4 * self.rng.random(), setattr, member.disk, "is_full", False)

    def wipe(self) -> None:
        """Lose a disk, or the end of a log: only while the others have everything and nothing is being changed."""
        member = self._any()
        if member is None or not self.may_empty(member):
            return
        sim = self.sim
        sim.crashed(member, is_power_cut=True)
        if self.rng.random() < 0.6:
            self.empty(member, is_formatted=self.rng.random() < 0.3)
        else:
            self._configure(member)
            sim.trace(member.id, "has a damaged log")
            sim.checker.count("damaged")
            member.disk.lose_tail()

    def may_empty(self, member: Member) -> bool:
        """Tell whether the loss of this member's disk is one that a quorum survives."""
        sim = self.sim
        known = self._known_configurations()
        if len(known) != 1 or not all(self._remembers(m) for m in sim.members.values()):
            return False
        configuration = next(iter(known))
        if configuration.is_joint or len(configuration.peers) < 3 or configuration.peer(member.id) is None:
            return False
        if any(m.node.core.progress.keys() - {peer.id for peer in configuration.peers} for m in self._alive()):
            return False  # somebody is about to become a member
        return sim.now_s >= self._change_until_s

    def empty(self, member: Member, *, is_formatted: bool) -> None:
        """Empty the disk of a member that has just crashed."""
        self._configure(member)
        self.sim.trace(member.id, "is wiped and formatted" if is_formatted else "is wiped")
        self.sim.checker.count("wiped")
        member.disk.wipe(is_formatted=is_formatted)

    def _configure(self, member: Member) -> None:
        self._emptied_at_s = self.sim.now_s
        # Who starts a member without a journal names those who are the members now.
        member.disk.configured = next(iter(self._known_configurations()))

    def _known_configurations(self) -> set[Configuration]:
        known = {m.disk.newest_configuration() for m in self.sim.members.values()}
        known |= {m.node.core.configuration for m in self._alive()}
        known.discard(Configuration(()))
        return known

    @staticmethod
    def _remembers(member: Member) -> bool:
        return member.disk.log.last_index >= 0 and not member.disk.hard_state.is_recovering

    def clock_jump(self) -> None:
        member = self._any()
        if member is not None:
            member.wall_jump_ms += self.rng.randint(-3_600_000, 3_600_000)

    # --- administration --------------------------------------------------------------------------------------------

    def change_members(self) -> None:
        sim, rng = self.sim, self.rng
        leader = sim.leader()
        if leader is None or not self.may_change_members():
            return
        configuration = leader.node.core.configuration
        addresses = [peer.address for peer in configuration.peers]
        others = [member.peer for member in sim.members.values() if configuration.peer(member.id) is None]
        if rng.random() < 0.5 and len(addresses) > (2 if len(sim.peers) > 2 else 1):
            addresses.pop(rng.randrange(len(addresses)))
        if rng.random() < 0.6:
            if others:
                addresses.append(rng.choice(others).address)
            elif len(sim.members) < MEMBERS_MAX:
                peer = Peer.at(f"m{len(sim.members) + 1}:1")
                sim.trace(peer.id, "is new")
                sim.join(peer, Configuration(()))
                addresses.append(peer.address)
        self.begin_change(leader, addresses)

    def may_change_members(self) -> bool:
        """Tell whether no member was emptied so lately that a leader could count on it: that one may be needed."""
        return self.sim.now_s - self._emptied_at_s >= EMPTIED_NOTICED_S

    def begin_change(self, leader: Member, addresses: list[str]) -> None:
        self.sim.trace("chaos", f"asks for members {' '.join(addresses)}")
        # Until then nobody may know yet that it is under way.
        self._change_until_s = self.sim.now_s + CHANGE_BEGINS_WITHIN_S
        self._watch(leader, "change", leader.node.change_members(addresses))

    def transfer(self) -> None:
        leader = self.sim.leader()
        if leader is None:
            return
        target = self.rng.choice([None, *(peer.address for peer in leader.node.core.configuration.peers)])
        self.sim.trace("chaos", f"asks {leader.id} to hand over to {target}")
        self._watch(leader, "transfer", leader.node.transfer_leadership(target, 0.8 * self.rng.random()))

    def _watch(self, member: Member, what: str, future: object) -> None:
        def ended(done: object) -> None:
            if done.cancelled():  # type: ignore[attr-defined]
                return
            error = done.exception()  # type: ignore[attr-defined]
            if error is not None and not isinstance(error, AlluxioError):
                self.sim.fail(error, member.id)
            self.sim.checker.count(f"{what} {'done' if error is None else type(error).__name__}")

        future.add_done_callback(ended)  # type: ignore[attr-defined]

    # --- the end ---------------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """Take everything back."""
        self._is_over = True
        sim = self.sim
        sim.trace("chaos", "heals")
        sim.network.weather.clear()
        self.rest()
        for member in sim.members.values():
            self._restart(member)

    def rest(self) -> None:
        """Take back what is wrong with the machines, and leave them in peace for a while."""
        self._voters_crash_until_s = 0.0
        for member in self.sim.members.values():
            member.disk.writes_until_crash = None
            member.disk.is_full = False
            member.disk.latency_s = 0.0
            member.paused_until_s = 0.0
            member._arm()

    # --- who -------------------------------------------------------------------------------------------------------

    def _alive(self) -> list[Member]:
        return [member for member in self.sim.members.values() if member.is_alive]

    def _any(self) -> Member | None:
        alive = self._alive()
        return self.rng.choice(alive) if alive else None

    def _interesting(self) -> Member | None:
        """Return a member, mostly one that leads or campaigns."""
        active = [member for member in self._alive() if member.node.core.role is not Role.FOLLOWER]
        return self.rng.choice(active) if active and self.rng.random() < 0.6 else self._any()
