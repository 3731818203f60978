"""Plots: the few long chains of bad luck that break consensus protocols, played on purpose in random runs.

Chance alone takes thousands of runs to find one of them. Each is played on a healthy quorum, in fine weather, by an
adversary who sees everything (`stage.py`); which ones a run plays, and when, comes from its seed. A plot checks nothing
itself: the checker sees what comes of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pyalluxio.errors import AlluxioError
from pyalluxio.ids import Index
from pyalluxio.raft.messages import (
    AppendReply,
    AppendRequest,
    Configuration,
    Message,
    Peer,
    Role,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)
from tests.sim.chaos import MEMBERS_MAX
from tests.sim.network import Weather
from tests.sim.stage import KEEP, LOSE, PASS, Stage, Verdict

if TYPE_CHECKING:
    from tests.sim.clients import ClientCall
    from tests.sim.member import Member
    from tests.sim.simulation import Simulation

LEADING = (Role.CANDIDATE, Role.LEADER)
Plot = Callable[[Stage], Awaitable[None]]


# --- votes -----------------------------------------------------------------------------------------------------------


async def a_voter_restarts_between_two_candidates(stage: Stage) -> None:
    """Two candidates of one term; the voters restart as soon as the first has their votes, then the second one asks."""
    members = [stage.leader, *stage.others]
    for member in members:
        stage.crash(member, 0.001 + 0.01 * stage.rng.random(), is_power_cut=False)
    first, second, *voters = sorted(members, key=lambda member: -member.disk.log.last_index)
    candidates = (first.id, second.id)
    may_vote: set[str] = set()

    def rule(message: Message) -> Verdict:
        if isinstance(message, AppendRequest) or (message.sender in candidates and message.to in candidates):
            return LOSE
        if isinstance(message, VoteRequest):
            if message.sender not in candidates:
                return LOSE
            return PASS if message.is_pre_vote or message.sender in may_vote else KEEP
        return PASS

    stage.rule = rule
    if not await stage.until(lambda: all(member.is_alive for member in members), 0.1):
        return
    await stage.wait(0.17)

    def both() -> bool:
        for candidate in (first, second):
            stage.campaign(candidate)
        return all(stage.has_role(candidate, Role.CANDIDATE) for candidate in (first, second))

    if not await stage.until(both, 0.4):
        return
    stage.wait_long(first)
    stage.wait_long(second)
    may_vote.add(first.id)
    stage.release(lambda message: message.sender == first.id)
    if not await stage.until(lambda: stage.has_role(first, Role.LEADER), 0.03):
        return
    for voter in voters:
        stage.crash(voter, 0.001)
    # Inside the promise that every start makes, or behind it.
    await stage.wait(stage.rng.choice([0.05, 0.18, 0.18]))
    may_vote.add(second.id)
    stage.release(lambda message: message.sender == second.id)
    await stage.wait(0.05)


async def a_vote_request_arrives_under_a_lease(stage: Stage) -> None:
    """A candidate won its pre-vote while the leader was silent; its vote requests arrive when the leader is back."""
    leader, candidate = stage.leader, stage.others[0]
    phase = 0

    def rule(message: Message) -> Verdict:
        ends = (message.sender, message.to)
        if isinstance(message, VoteRequest):
            if message.sender != candidate.id or message.to == leader.id:
                return LOSE
            return PASS if message.is_pre_vote or phase == 2 else KEEP
        if leader.id in ends and (candidate.id in ends or phase == 0 or (phase == 2 and message.to == leader.id)):
            return LOSE
        return PASS

    stage.rule = rule
    stage.notices_loss(stage.others, leader)
    if not await stage.elect(candidate, (Role.CANDIDATE,), 0.35):
        return
    stage.wait_long(candidate)
    phase = 1
    stage.read_from(leader)
    if not await stage.until(lambda: has_lease(leader, 0.05), 0.15):
        return
    phase = 2
    stage.release()
    await stage.wait(0.1)


async def voters_restart_under_a_lease(stage: Stage) -> None:
    """Voters restart right after they answered the leader, and the next thing they hear is another candidate."""
    leader, candidate, voters = stage.leader, stage.others[0], stage.others[1:]
    is_free = False
    # Who misses an entry is elected by nobody, but the own promise of the candidate has to end first.
    stage.loses_writes = True
    if not await stage.until(lambda: _tail(candidate) == _tail(leader) == stage.committed(candidate), 0.3):
        return

    def rule(message: Message) -> Verdict:
        ends = (message.sender, message.to)
        if isinstance(message, VoteRequest):
            if message.sender != candidate.id or message.to == leader.id:
                return LOSE
            return PASS if is_free else KEEP
        if leader.id in ends and (candidate.id in ends or is_free):
            return LOSE
        return PASS

    stage.rule = rule
    stage.notices_loss([candidate], leader)
    if not await stage.elect(candidate, (Role.PRE_CANDIDATE,), 0.4):
        return
    stage.wait_long(candidate)
    stage.read_from(leader)
    if not await stage.until(lambda: has_lease(leader, 0.06), 0.15):
        return
    for voter in voters:
        stage.crash(voter, 0.001)
    is_free = True
    await stage.until(lambda: all(voter.is_alive for voter in voters), 0.01)
    stage.release()
    await stage.wait(stage.rng.choice([0.1, 0.3]))


# --- lease and reads -------------------------------------------------------------------------------------------------


async def answers_arrive_when_another_one_leads(stage: Stage) -> None:
    """The leader sends once more and is cut off; the answers arrive when the promises that they made have ended."""
    leader, others = stage.leader, stage.others
    is_cut = False

    def rule(message: Message) -> Verdict:
        if message.to == leader.id:
            return LOSE if is_cut or not isinstance(message, AppendReply) else KEEP
        if message.sender == leader.id:
            return LOSE if is_cut else PASS
        if isinstance(message, VoteRequest) and message.sender != others[0].id:
            return LOSE
        return PASS

    stage.rule = rule
    if not await stage.until(lambda: {message.sender for message in stage.kept} == {m.id for m in others}, 0.1):
        return
    is_cut = True
    stage.notices_loss(others, leader)
    stage.read_from(leader)
    if not await stage.elect(others[0], LEADING, 0.35):
        return
    stage.release()
    await stage.wait(0.15)


async def the_old_leader_is_asked(stage: Stage) -> None:
    """The leader keeps its clients and loses its peers, who elect another one; that one's clients write."""
    leader, others = stage.leader, stage.others
    one_way = stage.rng.random() < 0.3
    stage.rule = lambda message: (
        LOSE if message.sender == leader.id or (message.to == leader.id and not one_way) else PASS
    )
    stage.notices_loss(others, leader)
    stage.read_from(leader)
    if await stage.elect(others[0], (Role.LEADER,), 0.35):
        stage.write_to(others[0])
        await stage.wait(0.3)


async def the_call_to_lead_comes_late(stage: Stage) -> None:
    """The leader hands over; the message that starts the election takes its time, and the old leader hears nothing."""
    leader, target = stage.leader, stage.others[0]
    is_over = False

    def rule(message: Message) -> Verdict:
        if isinstance(message, StartLeaderElectionRequest) and not is_over:
            return KEEP
        return LOSE if is_over and message.to == leader.id else PASS

    stage.rule = rule
    stage.read_from(leader)
    future = leader.node.transfer_leadership(target.peer.address, stage.rng.choice([0.1, 0.4]))
    future.add_done_callback(_look_at)
    if not await stage.until(lambda: bool(stage.kept), 0.3):
        return
    await stage.wait(stage.rng.choice([0.0, 0.05, 0.3, 0.6]) * stage.rng.random())
    await stage.until(lambda: has_lease(leader, 0.05), 0.06)
    is_over = True
    stage.release()
    await stage.wait(0.12)


# --- the log ---------------------------------------------------------------------------------------------------------


async def an_old_append_arrives_before_the_leader_dies(stage: Stage) -> None:
    """A pipeline of appends is committed by a bare majority that knows nothing of it; its first part arrives again."""
    leader = stage.leader
    near = stage.others[: stage.majority - 1]
    # Neither the others take part, nor who may just be catching up to become a member.
    scene = {leader.id, *(member.id for member in near)}
    runs: dict[str, list[AppendRequest]] = {member.id: [] for member in near}
    done: set[str] = set()
    phase = 0

    def rule(message: Message) -> Verdict:
        nonlocal phase
        if phase == 2:
            return PASS
        if not {message.sender, message.to} <= scene:
            return LOSE
        if isinstance(message, AppendRequest) and message.sender == leader.id:
            if phase == 1 or message.to in done:
                return LOSE
            run = runs[message.to]
            if not message.entries:
                # Nobody but the leader may know what is committed.
                return LOSE if message.leader_commit > stage.committed(stage.sim.members[message.to]) else PASS
            if run and message.leader_commit >= run[0].entries[0].index:
                run.clear()
            run.append(message)
        elif isinstance(message, AppendReply) and message.to == leader.id and not message.is_heartbeat:
            run = runs[message.sender]
            if len(run) > 1 and message.match_index >= run[-1].entries[-1].index:
                done.add(message.sender)
                phase = 1 if len(done) == len(near) else 0
        return PASS

    stage.rule = rule
    if not await stage.until(lambda: phase == 1, 0.6):
        return
    last = max(run[-1].entries[-1].index for run in runs.values())
    await stage.until(lambda: stage.committed(leader) >= last, 0.03)
    for run in runs.values():
        stage.deliver(run[0])
    await stage.wait(0.005)
    stage.crash(leader, 0.5)
    phase = 2
    stage.notices_loss(stage.others, leader)
    await stage.elect(near[0], (Role.LEADER,), 0.4)
    await stage.wait(0.05)


async def figure_8(stage: Stage) -> None:
    """A majority holds an entry of an old term, and somebody else could still be elected over it (Raft, figure 8)."""
    first, last, middle = stage.leader, *stage.others
    phase = 0

    def rule(message: Message) -> Verdict:
        ends = (message.sender, message.to)
        if phase == 0:
            # What the first leader writes, nobody gets; the last one becomes leader and does not get further.
            is_wanted = first.id not in ends and not isinstance(message, AppendRequest)
            return PASS if is_wanted and _by(message, last) else LOSE
        if phase == 1:
            if last.id in ends or not _by(message, first):
                return LOSE
            if isinstance(message, AppendRequest) and message.entries and message.entries[-1].term == message.term:
                # Only what comes from old terms arrives, and what is needed to find out that it is missing.
                return LOSE if _holds(middle, message) else PASS
        return PASS

    stage.rule = rule
    if not await stage.until(lambda: _tail(first) > stage.committed(first), 0.3):
        return
    stage.notices_loss([middle, last], first)
    if not await stage.elect(last, (Role.LEADER,), 0.4):
        return
    term = last.node.core.term
    if not await stage.until(lambda: last.is_alive and _tail_term(last) == term, 0.1):
        return
    stage.crash(last, 5.0, is_power_cut=False)
    phase = 1
    await stage.until(lambda: not stage.has_role(first, Role.LEADER), 0.3)
    if not await stage.elect(first, (Role.LEADER,), 0.8):
        return
    old_last = first.node.core.term_first_index or Index(0)
    await stage.until(lambda: middle.is_alive and middle.node.core.log.stable_index >= old_last - 1, 0.3)
    await stage.wait(0.01)
    stage.crash(first, 0.5)
    stage.start(last)
    phase = 2
    stage.notices_loss([middle], first)
    await stage.elect(last, (Role.LEADER,), 0.6)
    await stage.wait(0.05)


async def a_disk_is_emptied_under_a_bare_majority(stage: Stage) -> None:
    """What a bare majority holds is committed; one of them is emptied, and the others of it are out of reach."""
    leader = stage.leader
    near, far = stage.others[: stage.majority - 1], stage.others[stage.majority - 1 :]
    emptied, far_ids = near[0], {member.id for member in far}
    away = {leader.id, *(member.id for member in near[1:])}
    is_emptied = False

    def rule(message: Message) -> Verdict:
        ends = {message.sender, message.to}
        return LOSE if ends & (away if is_emptied else far_ids) else PASS

    stage.rule = rule
    begin = leader.node.core.log.last_index
    if not await stage.until(lambda: stage.committed(leader) > begin + 2, 0.5):
        return
    if not stage.sim.chaos.may_empty(emptied):
        return
    is_emptied = True
    stage.crash(emptied, 0.001, is_power_cut=True)
    stage.sim.chaos.empty(emptied, is_formatted=stage.rng.random() < 0.3)
    stage.notices_loss(far, leader)
    await stage.elect(far[0], (Role.LEADER,), 0.5)
    await stage.wait(0.05)


async def the_disks_fail_at_a_write(stage: Stage) -> None:
    """Those who are to acknowledge an entry lose power at the write of it, and the leader dies: did anybody say yes?"""
    leader = stage.leader
    near, far = stage.others[: stage.majority - 1], stage.others[stage.majority - 1 :]
    far_ids = {member.id for member in far}
    is_over = False
    stage.rule = lambda message: LOSE if not is_over and {message.sender, message.to} & far_ids else PASS
    await stage.wait(0.01)
    for member in near:
        member.disk.writes_until_crash = 0
    if not await stage.until(lambda: not any(member.is_alive for member in near), 0.4):
        return
    await stage.wait(0.01)
    stage.crash(leader, 0.6)
    is_over = True
    for member in near:
        stage.start(member)
    stage.notices_loss(far, leader)
    await stage.elect(far[0], (Role.LEADER,), 0.5)
    await stage.wait(0.05)


# --- members ---------------------------------------------------------------------------------------------------------


async def old_and_new_members_are_separated(stage: Stage) -> None:
    """The leader and a new member are cut off from the others when the joint phase begins: each side is a majority."""
    sim, leader, others = stage.sim, stage.leader, stage.others
    if len(sim.members) >= MEMBERS_MAX or not sim.chaos.may_change_members():
        return
    peer = Peer.at(f"m{len(sim.members) + 1}:1")
    sim.trace(peer.id, "is new")
    new = sim.join(peer, Configuration(()))
    side = {leader.id, new.id}
    is_cut = False

    def rule(message: Message) -> Verdict:
        nonlocal is_cut
        if isinstance(message, AppendRequest):
            is_cut = is_cut or any(entry.configuration and entry.configuration.is_joint for entry in message.entries)
        return LOSE if is_cut and (message.sender in side) != (message.to in side) else PASS

    stage.rule = rule
    addresses = [leader.peer.address, others[0].peer.address, peer.address]
    sim.chaos.begin_change(leader, addresses)
    if not await stage.until(lambda: is_cut, 1.0):
        return
    stage.read_from(leader)
    stage.notices_loss(others, leader)
    if await stage.elect(others[-1], (Role.LEADER,), 0.4):
        stage.write_to(others[-1])
    await stage.wait(0.1)


# --- conditions ------------------------------------------------------------------------------------------------------


def has_lease(member: Member, left_s: float) -> bool:
    """Tell whether a lease, as the leader itself counts it, will hold for so long."""
    return member.is_alive and member.node.driver.lease_clock.deadline_s - member.clock_s() >= left_s


def _by(message: Message, candidate: Member) -> bool:
    """Tell whether it is not about the election of somebody else."""
    if isinstance(message, VoteRequest):
        return message.sender == candidate.id
    return not isinstance(message, VoteReply) or message.to == candidate.id


def _holds(member: Member, request: AppendRequest) -> bool:
    previous = request.previous
    return previous is not None and member.is_alive and member.node.core.log.holds(previous)


def _tail(member: Member) -> int:
    return member.disk.log.last_index if member.is_alive else -1


def _tail_term(member: Member) -> int:
    return member.disk.log.term(member.disk.log.last_index) or 0


def _look_at(future: asyncio.Future[object]) -> None:
    if not future.cancelled():
        error = future.exception()
        assert error is None or isinstance(error, AlluxioError), error


# --- which, and when -------------------------------------------------------------------------------------------------

# With the sizes of quorum that they are about: where more members make no difference, fewer make it plain.
PLOTS: dict[Plot, tuple[int, ...]] = {
    a_voter_restarts_between_two_candidates: (3, 5),
    a_vote_request_arrives_under_a_lease: (3, 5),
    voters_restart_under_a_lease: (3, 5),
    answers_arrive_when_another_one_leads: (3, 5),
    the_old_leader_is_asked: (3, 4, 5),
    the_call_to_lead_comes_late: (2, 3, 4, 5),
    an_old_append_arrives_before_the_leader_dies: (3, 5),
    figure_8: (3,),
    a_disk_is_emptied_under_a_bare_majority: (3, 5),
    the_disks_fail_at_a_write: (3, 5),
    old_and_new_members_are_separated: (3,),
}
# They need entries of one batch in appends of their own.
SMALL_APPENDS = (an_old_append_arrives_before_the_leader_dies, figure_8)
ATTEMPTS = 3
HEALTHY_WITHIN_S = 0.8


class Plots:
    """What one run plays, one plot after another, with chaos between them."""

    def __init__(self, sim: Simulation, rng: random.Random) -> None:
        self._sim = sim
        self._rng = rng
        several = [plot for plot in PLOTS if plot is not the_disks_fail_at_a_write]
        self._chosen = rng.sample(several, rng.choice([0, 1, 2, 2])) if len(sim.peers) > 1 else []
        self._stage: Stage | None = None
        options = sim.options
        if self._chosen:
            options = replace(options, lease_percent=70)
        elif len(sim.peers) > 1:
            # The one that goes with any options, a lease or none.
            self._chosen = [the_disks_fail_at_a_write]
        if any(plot in SMALL_APPENDS for plot in self._chosen):
            options = replace(options, append_size_max_bytes=1)
            sim.in_flight_max = 4
        sim.options = options

    @property
    def is_playing(self) -> bool:
        return self._stage is not None

    def admits(self, message: Message) -> bool:
        """Tell whether a message that arrives may go on."""
        return self._stage is None or self._stage.admits(message)

    def admits_call(self, call: ClientCall) -> bool:
        """Tell whether a client's call that arrives may be heard."""
        return self._stage is None or not self._stage.loses_writes or call.kind in ("status", "list")

    async def run(self) -> None:
        for plot in self._chosen:
            await asyncio.sleep(0.2 + 0.8 * self._rng.random())
            if self._sim.is_calm:
                return
            await self._play(plot)

    async def _play(self, plot: Plot) -> None:
        sim = self._sim
        name = plot.__name__
        weather = sim.network.weather
        sim.chaos.rest()
        stage = self._stage = Stage(sim, self._rng, *self._cast())
        was = replace(weather)
        weather.clear()
        weather.delay_s = 0.001
        if await stage.until(lambda: self._is_healthy(PLOTS[plot]), HEALTHY_WITHIN_S):
            stage.leader, stage.others = self._cast()
            sim.trace("plot", f"{name} with {stage.leader.id} leading {' '.join(m.id for m in stage.others)}")
            sim.checker.count(f"plot: {name}")
            await plot(stage)
            sim.trace("plot", f"{name} ends")
        stage.end()
        self._stage = None
        if not sim.is_calm:
            self._set(weather, was)

    @staticmethod
    def _set(weather: Weather, was: Weather) -> None:
        weather.loss, weather.repetition, weather.reordering = was.loss, was.repetition, was.reordering
        weather.very_late, weather.delay_s = was.very_late, was.delay_s

    def _cast(self) -> tuple[Member, list[Member]]:
        """Return the leader, and the other voters: first those who hold most, else in any order."""
        sim = self._sim
        leader = sim.leader() or next(iter(sim.members.values()))
        others = [voter for voter in sim.voters() if voter is not leader]
        self._rng.shuffle(others)
        return leader, sorted(others, key=lambda voter: -voter.disk.log.last_index)

    def _is_healthy(self, sizes: tuple[int, ...]) -> bool:
        sim = self._sim
        leader = sim.leader()
        if leader is None or leader.is_paused:
            return False
        core = leader.node.core
        voters = core.configuration.voters
        if core.configuration.is_joint or leader.id not in voters or len(voters) not in sizes:
            return False
        if core.term_first_index is None or core.commit_index < core.term_first_index:
            return False
        for voter in sim.voters():
            if not voter.is_alive or voter.is_paused or voter.node.core.leader != leader.id:
                return False
            if voter.node.core.is_recovering or voter.node.core.commit_index + 10 < core.commit_index:
                return False
        return leader.master.file_system.is_serving
