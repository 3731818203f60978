"""Members of a quorum on one thread: cores over memory, and a network that the test decides.

Safety is checked at every step, whatever the test is about: at most one leader a term, no two members that hand
different entries to their state machines at one index, no recovering member that campaigns, and, by the clock of the
test, nobody else who leads or commits while a leader holds a lease.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pyalluxio.ids import Index, Term
from pyalluxio.raft.core import Core, CoreOptions, Proposal
from pyalluxio.raft.log import MemoryStorage
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    Configuration,
    Entry,
    EntryKind,
    HardState,
    InstallSnapshotReply,
    InstallSnapshotRequest,
    LogPosition,
    Message,
    Outcome,
    Peer,
    PeerId,
    Ready,
    Role,
    StartLeaderElectionReply,
    StartLeaderElectionRequest,
    VoteReply,
    VoteRequest,
)

OPTIONS = CoreOptions(
    election_timeout_min_ticks=10,
    election_timeout_max_ticks=20,
    heartbeat_ticks=2,
    promise_ticks=6,
    append_bytes_max=1 << 20,
    in_flight_max=4,
    lag_max=3,
)


@dataclass
class Disk:
    """What survives a crash. `configuration` is the last committed one."""

    configuration: Configuration
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    hard_state: HardState = field(default_factory=HardState)


class Member:
    """One core with its disk and its state machine."""

    def __init__(self, id_: PeerId, configuration: Configuration, options: CoreOptions, rng: random.Random) -> None:
        self.id = id_
        self.disk = Disk(configuration)
        self.applied: list[Entry] = []
        self.snapshot: list[Entry] = []
        self.snapshot_wanted: LogPosition | None = None
        self.reads: list[tuple[int, Index | None]] = []
        self.outcomes: list[Outcome] = []
        self.is_running = True
        self.tick_times = {0: 0}
        self._options = options
        self._rng = rng
        self.core = self._new_core()

    def restart(self) -> None:
        """Crash, and come back with what was persisted; the state machine kept what it had applied."""
        self.is_running = True
        self.snapshot_wanted = None
        self.tick_times = {}
        self.core = self._new_core()

    def wipe(self) -> None:
        """Lose the disk, and come back as what knows that it lost something."""
        self.disk = Disk(Configuration(()), hard_state=HardState(is_recovering=True))
        self.applied = []
        self.restart()

    def format(self, configuration: Configuration) -> None:
        """Lose the disk, and come back with one that was formatted by hand and tells nothing of a loss."""
        self.disk = Disk(configuration, hard_state=HardState(is_new=True))
        self.applied = []
        self.restart()

    def purge(self, keep: int) -> None:
        """Forget the log up to `keep` entries before the last applied one."""
        up_to = Index(self.core.purgeable_index - keep)
        if up_to >= self.disk.storage.first_index:
            self.disk.storage.purge(up_to)

    def fetch_snapshot(self, source: Member) -> bool:
        """Get the state of another member in place of the log; returns whether it is taken."""
        self.snapshot_wanted = None
        self.snapshot = list(source.applied)
        members = [entry.configuration for entry in self.snapshot if entry.configuration is not None]
        return self.core.install_snapshot(self.snapshot[-1].position, members[-1])

    def has_lease(self, now: int) -> bool:
        """Tell whether this member may answer reads by its lease at a moment of the test's clock."""
        lease = self.core.lease if self.is_running else None
        return lease is not None and now < self.tick_times.get(lease.since_tick, -1000) + lease.length_ticks

    def carry_out(self, ready: Ready) -> None:
        """Persist and apply as the contract of `Ready` says; sending is the network's part."""
        if ready.hard_state is not None:
            self.disk.hard_state = ready.hard_state
        if ready.restore is not None:
            assert ready.restore.position == self.snapshot[-1].position
            self.applied = self.snapshot
            self.disk.configuration = ready.restore.configuration
            self.disk.storage.restore(ready.restore.position)
        if ready.truncate_from is not None:
            self.disk.storage.truncate(ready.truncate_from)
        self.disk.storage.append(ready.entries)
        for entry in ready.committed:
            assert entry.index == len(self.applied), "applied in order, each once"
            assert entry.index <= self.disk.storage.last_index, "applied only what is on the own disk"
            self.applied.append(entry)
            if entry.configuration is not None:
                self.disk.configuration = entry.configuration
        if ready.snapshot_wanted is not None:
            self.snapshot_wanted = ready.snapshot_wanted
        self.outcomes += ready.outcomes
        self.reads += [(answer.context, answer.index) for answer in ready.reads]

    def _new_core(self) -> Core:
        return Core(
            self.id,
            self.disk.storage,
            hard_state=self.disk.hard_state,
            initial_configuration=self.disk.configuration,
            applied_index=Index(len(self.applied) - 1),
            options=self._options,
            rng=self._rng,
        )


class Cluster:
    """Members `1`, `2`, … and the messages between them, in the order in which they were sent."""

    def __init__(
        self, size: int, *, priorities: dict[int, int] | None = None, options: CoreOptions = OPTIONS, seed: int = 1
    ) -> None:
        peers = tuple(Peer(PeerId(str(n)), f"host{n}:19200", (priorities or {}).get(n, 0)) for n in range(1, size + 1))
        self.configuration = Configuration(peers)
        self.options = options
        self.seed = seed
        self.now = 0
        self.members = {
            peer.id: Member(peer.id, self.configuration, options, random.Random(seed * 100 + n))
            for n, peer in enumerate(peers)
        }
        self.network: list[Message] = []
        self.blocked: set[tuple[PeerId, PeerId]] = set()
        self.java: set[PeerId] = set()
        self.paused: set[PeerId] = set()
        self.leader_of_term: dict[Term, PeerId] = {}
        self.agreed: list[Entry] = []

    def found(self) -> None:
        """Let the members be those of a new quorum, which make sure of that before they elect."""
        for member in self.members.values():
            member.format(self.configuration)

    def format(self, id_: PeerId, configuration: Configuration) -> None:
        """Empty the disk of a member and format it; connections to the process before it ended with that process."""
        self.network = [message for message in self.network if message.to != id_]
        self.members[id_].format(configuration)

    def join(self, number: int) -> Peer:
        """Start a member that knows nobody and that nobody knows."""
        peer = Peer(PeerId(str(number)), f"host{number}:19200")
        rng = random.Random(self.seed * 100 + number + 50)
        self.members[peer.id] = Member(peer.id, Configuration(()), self.options, rng)
        return peer

    def tick(self, ids: Iterable[PeerId], count: int = 1) -> None:
        for id_ in ids:
            for _ in range(count):
                if self.members[id_].is_running:
                    self.tick_one(id_)
                    self.process(id_)

    def tick_one(self, id_: PeerId) -> None:
        """Let time pass for a member, and note when that was."""
        member = self.members[id_]
        member.core.tick()
        member.tick_times[member.core.tick_count] = self.now
        member.tick_times.pop(member.core.tick_count - 100, None)

    def campaign(self, id_: PeerId) -> None:
        """Let the election timeout of one member come, without the ticks before it."""
        core = self.members[id_].core
        core._election_at = core.tick_count + 1
        core.tick()

    def propose(self, id_: PeerId, data: bytes) -> LogPosition:
        return self.members[id_].core.propose([Proposal(data)])

    def process(self, id_: PeerId, told: Callable[[str], None] = lambda line: None) -> bool:
        """Carry out every `Ready` of a member; returns whether there was one."""
        member = self.members[id_]
        had_any = False
        while member.is_running and id_ not in self.paused and (ready := member.core.ready()):
            had_any = True
            for line in describe_ready(ready):
                told(f"{id_} {line}")
            member.carry_out(ready)
            for message in ready.messages:
                if (message.sender, message.to) not in self.blocked:
                    self.network.append(_as_java(message) if message.sender in self.java else message)
            member.core.advance(ready)
            self._check(member)
        return had_any

    def deliver(self, message: Message) -> None:
        """Hand over a message that is in the network, or a copy of one."""
        member = self.members[message.to]
        if member.is_running:
            member.core.step(message)

    def deliver_all(self, wanted: Callable[[Message], bool] = lambda message: True) -> list[Message]:
        """Hand over what is in the network now, in order; what this causes stays for later."""
        chosen = [message for message in self.network if wanted(message)]
        self.network = [message for message in self.network if not wanted(message)]
        for message in chosen:
            self.deliver(message)
            self.process(message.to)
        return chosen

    def settle(self, rounds_max: int = 200) -> None:
        """Process and deliver until nothing is left."""
        for _ in range(rounds_max):
            busy = [self.process(id_) for id_ in self.members]
            if not self.network and not any(busy):
                return
            self.deliver_all()
        raise AssertionError("the cluster never comes to rest")

    def leader(self) -> Member | None:
        """Return the leader of the highest term."""
        leaders = [m for m in self.members.values() if m.is_running and m.core.role is Role.LEADER]
        return max(leaders, key=lambda member: member.core.term, default=None)

    def _check(self, member: Member) -> None:
        if member.core.role is Role.LEADER:
            leader = self.leader_of_term.setdefault(member.core.term, member.id)
            assert leader == member.id, f"{leader} and {member.id} both lead term {member.core.term}"
        if member.core.is_recovering:
            assert member.core.role is Role.FOLLOWER, f"{member.id} recovers and is {member.core.role}"
        for entry in member.applied[len(self.agreed) :]:
            self.agreed.append(entry)
        for entry in member.applied[-20:]:
            assert entry == self.agreed[entry.index], f"{member.id} applied {entry}, not {self.agreed[entry.index]}"

    def check_leases(self) -> None:
        """What a lease promises, by the clock of the test: nobody else leads, and nothing is committed elsewhere."""
        for member in self.members.values():
            if not member.has_lease(self.now):
                continue
            for other in self.members.values():
                if other.is_running and other.core.role is Role.LEADER:
                    newer = f"{other.id} leads term {other.core.term} inside the lease of {member.id}"
                    assert other.core.term <= member.core.term, newer
            assert member.core.commit_index >= len(self.agreed) - 1, f"a read by the lease of {member.id} is stale"


def _as_java(message: Message) -> Message:
    """Return a message as a peer sends it that knows neither promises nor tokens."""
    if isinstance(message, AppendReply):
        return replace(message, promise_ticks=0)
    if isinstance(message, VoteRequest):
        return replace(message, transfer_term=None)
    return message


def describe_ready(ready: Ready) -> list[str]:
    """Return what a `Ready` asks for, in the order in which it is to be done."""
    lines = []
    if ready.hard_state is not None:
        recovering = " recovering" if ready.hard_state.is_recovering else ""
        recovering += " new" if ready.hard_state.is_new else ""
        lines.append(f"persist term {ready.hard_state.term} vote {ready.hard_state.voted_for or 'none'}{recovering}")
    if ready.restore is not None:
        lines.append(f"restore {_position(ready.restore.position)} {describe_members(ready.restore.configuration)}")
    if ready.truncate_from is not None:
        lines.append(f"truncate from {ready.truncate_from}")
    if ready.entries:
        lines.append("persist " + " ".join(map(describe_entry, ready.entries)))
    lines += [f"send {describe_message(message)}" for message in ready.messages]
    if ready.committed:
        lines.append("apply " + " ".join(map(describe_entry, ready.committed)))
    lines += [
        f"read {answer.context} " + ("refused" if answer.index is None else f"at {answer.index}")
        for answer in ready.reads
    ]
    if ready.snapshot_wanted is not None:
        lines.append(f"fetch a snapshot before {_position(ready.snapshot_wanted)}")
    for outcome in ready.outcomes:
        error = outcome.error
        lines.append(f"outcome {outcome.context} " + ("done" if error is None else f"{type(error).__name__}: {error}"))
    return lines


def describe_entry(entry: Entry) -> str:
    """Return `<term>/<index>` and the content: data as it is, `commit=n` for metadata, `{voters}`."""
    if entry.kind is EntryKind.DATA:
        content = entry.data.decode()
    elif entry.kind is EntryKind.METADATA:
        content = f"commit={entry.commit_index}"
    else:
        assert entry.configuration is not None
        content = describe_members(entry.configuration)
    return f"{entry.term}/{entry.index}:{content}"


def describe_message(message: Message) -> str:
    """Return a message in a line."""
    way = f"{message.sender}->{message.to}"
    if isinstance(message, VoteRequest):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        token = "" if message.transfer_term is None else f" told by the leader of term {message.transfer_term}"
        return f"{way} {kind} term {message.term} last {_position(message.last)}{token}"
    if isinstance(message, VoteReply):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        shutdown = ", no member any more" if message.should_shutdown else ""
        return f"{way} {kind} {'granted' if message.granted else 'refused'} term {message.term}{shutdown}"
    if isinstance(message, InstallSnapshotRequest):
        return f"{way} snapshot notification term {message.term}: log begins at {_position(message.first_available)}"
    if isinstance(message, AppendRequest):
        previous = "none" if message.previous is None else _position(message.previous)
        entries = " ".join(map(describe_entry, message.entries)) or "heartbeat"
        notes = ("" if message.initializing else " to a new peer") + (" admits" if message.admits_recovery else "")
        return f"{way} append term {message.term} after {previous} commit {message.leader_commit}{notes}: {entries}"
    if isinstance(message, StartLeaderElectionRequest):
        return f"{way} start election, log up to {_position(message.leader_last)}"
    if isinstance(message, StartLeaderElectionReply):
        return f"{way} start election {'accepted' if message.accepted else 'refused'}"
    recovering = " recovering" if message.recovery else ""
    if isinstance(message, InstallSnapshotReply):
        index = "" if message.snapshot_index == NO_INDEX else f" up to {message.snapshot_index}"
        return f"{way} {message.result.name}{index} term {message.term}{recovering}"
    assert isinstance(message, AppendReply)
    match = "" if message.match_index == NO_INDEX else f" match {message.match_index}"
    return f"{way} {message.result.name} term {message.term}{match} next {message.next_index}{recovering}"


def describe_members(configuration: Configuration) -> str:
    """Return `{voters}`; in the joint phase `{new<-old}`; with priorities where there are any."""

    def names(peers: tuple[Peer, ...]) -> str:
        return ",".join(peer.id + (f"={peer.priority}" if peer.priority else "") for peer in peers)

    old = f"<-{names(configuration.old_peers)}" if configuration.is_joint else ""
    return "{" + names(configuration.peers) + old + "}"


def _position(position: LogPosition) -> str:
    return f"{position.term}/{position.index}"
