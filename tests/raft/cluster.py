"""Members of a quorum on one thread: cores over memory, and a network that the test decides.

Safety is checked at every step, whatever the test is about: at most one leader a term, and no two members that hand
different entries to their state machines at one index.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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
    LogPosition,
    Message,
    Peer,
    PeerId,
    Ready,
    Role,
    VoteReply,
    VoteRequest,
)

OPTIONS = CoreOptions(
    election_timeout_min_ticks=10,
    election_timeout_max_ticks=20,
    heartbeat_ticks=2,
    promise_ticks=3,
    append_bytes_max=1 << 20,
    in_flight_max=4,
)


@dataclass
class Disk:
    """What survives a crash."""

    storage: MemoryStorage = field(default_factory=MemoryStorage)
    hard_state: HardState = field(default_factory=HardState)


class Member:
    """One core with its disk and its state machine."""

    def __init__(self, id_: PeerId, configuration: Configuration, options: CoreOptions, rng: random.Random) -> None:
        self.id = id_
        self.disk = Disk()
        self.applied: list[Entry] = []
        self.reads: list[tuple[int, Index | None]] = []
        self.is_running = True
        self._configuration = configuration
        self._options = options
        self._rng = rng
        self.core = self._new_core()

    def restart(self) -> None:
        """Crash, and come back with what was persisted; the state machine kept what it had applied."""
        self.is_running = True
        self.core = self._new_core()

    def carry_out(self, ready: Ready) -> None:
        """Persist and apply as the contract of `Ready` says; sending is the network's part."""
        if ready.hard_state is not None:
            self.disk.hard_state = ready.hard_state
        if ready.truncate_from is not None:
            self.disk.storage.truncate(ready.truncate_from)
        self.disk.storage.append(ready.entries)
        for entry in ready.committed:
            assert entry.index == len(self.applied), "applied in order, each once"
            assert entry.index <= self.disk.storage.last_index, "applied only what is on the own disk"
            self.applied.append(entry)
        self.reads += [(answer.context, answer.index) for answer in ready.reads]

    def _new_core(self) -> Core:
        return Core(
            self.id,
            self.disk.storage,
            hard_state=self.disk.hard_state,
            initial_configuration=self._configuration,
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
        self.members = {
            peer.id: Member(peer.id, self.configuration, options, random.Random(seed * 100 + n))
            for n, peer in enumerate(peers)
        }
        self.network: list[Message] = []
        self.blocked: set[tuple[PeerId, PeerId]] = set()
        self.leader_of_term: dict[Term, PeerId] = {}
        self.agreed: list[Entry] = []

    def tick(self, ids: Iterable[PeerId], count: int = 1) -> None:
        for id_ in ids:
            for _ in range(count):
                if self.members[id_].is_running:
                    self.members[id_].core.tick()
                    self.process(id_)

    def campaign(self, id_: PeerId) -> None:
        """Let the election timeout of one member come, without the ticks before it."""
        core = self.members[id_].core
        core._election_at = core._now + 1
        core.tick()

    def propose(self, id_: PeerId, data: bytes) -> LogPosition:
        return self.members[id_].core.propose([Proposal(data)])

    def process(self, id_: PeerId, told: Callable[[str], None] = lambda line: None) -> bool:
        """Carry out every `Ready` of a member; returns whether there was one."""
        member = self.members[id_]
        had_any = False
        while member.is_running and (ready := member.core.ready()):
            had_any = True
            for line in describe_ready(ready):
                told(f"{id_} {line}")
            member.carry_out(ready)
            for message in ready.messages:
                if (message.sender, message.to) not in self.blocked:
                    self.network.append(message)
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
        for entry in member.applied[len(self.agreed) :]:
            self.agreed.append(entry)
        for entry in member.applied[-20:]:
            assert entry == self.agreed[entry.index], f"{member.id} applied {entry}, not {self.agreed[entry.index]}"


def describe_ready(ready: Ready) -> list[str]:
    """Return what a `Ready` asks for, in the order in which it is to be done."""
    lines = []
    if ready.hard_state is not None:
        lines.append(f"persist term {ready.hard_state.term} vote {ready.hard_state.voted_for or 'none'}")
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
    return lines


def describe_entry(entry: Entry) -> str:
    """Return `<term>/<index>` and the content: data as it is, `commit=n` for metadata, `{voters}`."""
    if entry.kind is EntryKind.DATA:
        content = entry.data.decode()
    elif entry.kind is EntryKind.METADATA:
        content = f"commit={entry.commit_index}"
    else:
        assert entry.configuration is not None
        content = "{" + ",".join(entry.configuration.voters) + "}"
    return f"{entry.term}/{entry.index}:{content}"


def describe_message(message: Message) -> str:
    """Return a message in a line."""
    way = f"{message.sender}->{message.to}"
    if isinstance(message, VoteRequest):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        return f"{way} {kind} term {message.term} last {_position(message.last)}"
    if isinstance(message, VoteReply):
        kind = "pre-vote" if message.is_pre_vote else "vote"
        return f"{way} {kind} {'granted' if message.granted else 'refused'} term {message.term}"
    if isinstance(message, AppendRequest):
        previous = "none" if message.previous is None else _position(message.previous)
        entries = " ".join(map(describe_entry, message.entries)) or "heartbeat"
        return f"{way} append term {message.term} after {previous} commit {message.leader_commit}: {entries}"
    assert isinstance(message, AppendReply)
    match = "" if message.match_index == NO_INDEX else f" match {message.match_index}"
    return f"{way} {message.result.name} term {message.term}{match} next {message.next_index}"


def _position(position: LogPosition) -> str:
    return f"{position.term}/{position.index}"
