"""Several members in one process: real threads, real files, and a network that the test can cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.waiting import until

from pyalluxio.ids import Index
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import CommittedEntry, EntryKind, JournalNode, JournalOptions, LogPosition, Role, RoleChange
from pyalluxio.journal.transport import Receiver
from pyalluxio.raft.messages import NO_INDEX, Configuration, Message, Peer, PeerId

# Short enough for a test, long enough for a busy machine.
OPTIONS = JournalOptions(
    free_space_min_bytes=0, election_timeout_min_ms=500, election_timeout_max_ms=1000, join_timeout_s=5
)


def address_of(number: int) -> str:
    return f"m{number}:19200"


class LocalNetwork:
    """Hands messages over in the sender's thread; what is cut off is lost, and reported as transports report it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.receivers: dict[PeerId, Receiver] = {}
        self.cut: set[tuple[PeerId, PeerId]] = set()
        self.is_silent_cut = False

    def partition(self, *groups: Sequence[int]) -> None:
        """Let only members of one group talk to each other."""
        ids = [[Peer.at(address_of(number)).id for number in group] for group in groups]
        self.cut = {(a, b) for one in ids for other in ids if one is not other for a in one for b in other}
        for a, b in self.cut:
            if b in self.receivers:
                self.receivers[b].streams_closed(a)

    def heal(self) -> None:
        self.cut = set()


class LocalTransport:
    """One member's end of a `LocalNetwork`."""

    def __init__(self, network: LocalNetwork, id_: PeerId) -> None:
        self._network = network
        self._id = id_
        self._receiver: Receiver | None = None
        self.peers: tuple[Peer, ...] = ()

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        with self._network.lock:
            self._network.receivers[self._id] = receiver

    def set_peers(self, peers: Sequence[Peer]) -> None:
        self.peers = tuple(peers)

    def send(self, messages: Sequence[Message]) -> None:
        assert self._receiver is not None
        for message in messages:
            to = self._network.receivers.get(message.to)
            if to is None or (self._id, message.to) in self._network.cut:
                self._receiver.unreachable(message.to)
            else:
                to.received(message)

    def stop(self, timeout_s: float) -> None:
        """Leave; the others notice that the streams ended."""
        with self._network.lock:
            if self._network.receivers.get(self._id) is not self._receiver or self._receiver is None:
                return
            del self._network.receivers[self._id]
            others = list(self._network.receivers.values())
        for other in others:
            other.streams_closed(self._id)


class Member:
    """A node with a state machine that remembers everything, and survives restarts of the node."""

    def __init__(self, quorum: Quorum, number: int, addresses: Sequence[str]) -> None:
        self.quorum = quorum
        self.number = number
        self.address = address_of(number)
        self.id = Peer.at(self.address).id
        self.addresses = list(addresses)
        self.folder = quorum.folder / f"m{number}"
        self.entries: list[CommittedEntry] = []
        self.roles: list[RoleChange] = []
        self.wanted: LogPosition | None = None
        self.failure: BaseException | None = None
        self.is_running = False
        self.node: JournalNode

    def start(self, *, may_join: bool = False, options: JournalOptions | None = None) -> Member:
        self.node = JournalNode.open(
            self.folder,
            self_address=self.address,
            peers=self.addresses,
            transport=LocalTransport(self.quorum.network, self.id),
            options=options or self.quorum.options,
            may_join=may_join,
        )
        self.roles.clear()
        self.is_running = True
        self.node.start(
            asyncio.get_running_loop(),
            self._committed,
            self.roles.append,
            self._failed,
            applied_index=self.applied_index,
            on_snapshot_wanted=self._snapshot_wanted,
        )
        return self

    async def stop(self) -> None:
        if self.is_running:
            self.is_running = False
            await self.node.stop()

    async def restart(self, **how: bool) -> Member:
        await self.stop()
        return self.start(**how)

    @property
    def current(self) -> Path:
        return JournalFolder(self.folder).current

    @property
    def applied_index(self) -> Index:
        return self.entries[-1].index if self.entries else NO_INDEX

    @property
    def leads(self) -> bool:
        return self.is_running and bool(self.roles) and self.roles[-1].role is Role.LEADER

    @property
    def data(self) -> list[bytes]:
        return [entry.data for entry in self.entries if entry.kind is EntryKind.DATA]

    async def propose(self, data: bytes) -> LogPosition:
        return await asyncio.wait_for(self.node.propose(data), 10)

    def snapshot(self) -> tuple[LogPosition, Configuration, list[CommittedEntry]]:
        """Return the state as others may fetch it."""
        members = [entry.configuration for entry in self.entries if entry.configuration is not None]
        return self.entries[-1].position, members[-1], list(self.entries)

    def _committed(self, entries: list[CommittedEntry]) -> None:
        assert entries[0].index == self.applied_index + 1, "in index order, each once"
        self.entries += entries
        self.node.applied(entries[-1].index)

    def _snapshot_wanted(self, position: LogPosition) -> None:
        self.wanted = position

    def _failed(self, error: BaseException) -> None:
        self.failure = error


class Quorum:
    """Members 1 to `size`, freshly formatted, and later ones."""

    def __init__(self, folder: Path, size: int = 3, options: JournalOptions = OPTIONS) -> None:
        self.folder = folder
        self.options = options
        self.network = LocalNetwork()
        self.members: dict[int, Member] = {}
        addresses = [address_of(number) for number in range(1, size + 1)]
        for number in range(1, size + 1):
            self.add(number, addresses)

    def add(self, number: int, addresses: Sequence[str], *, is_formatted: bool = True) -> Member:
        member = self.members[number] = Member(self, number, addresses)
        if is_formatted:
            format_journal(member.folder)
        return member

    async def __aenter__(self) -> Quorum:
        return self

    async def __aexit__(self, *error: object) -> None:
        for member in self.members.values():
            await member.stop()

    def start(self) -> Quorum:
        for member in self.members.values():
            member.start()
        return self

    @property
    def running(self) -> list[Member]:
        return [member for member in self.members.values() if member.is_running]

    def leader_or_none(self) -> Member | None:
        leaders = [member for member in self.running if member.leads]
        return max(leaders, key=lambda member: member.roles[-1].term, default=None)

    async def leader(self, *, other_than: Member | None = None) -> Member:
        """Wait for a leader that takes writes."""

        def leads() -> bool:
            leader = self.leader_or_none()
            if leader is None or leader is other_than:
                return False
            first = leader.roles[-1].term_first_index
            return first is not None and leader.applied_index >= first

        await until(leads, what="a leader")
        leader = self.leader_or_none()
        assert leader is not None
        return leader

    def followers(self) -> list[Member]:
        leader = self.leader_or_none()
        return [member for member in self.running if member is not leader]

    async def agree(self, *data: bytes) -> None:
        """Wait until all that run hold the same entries, `data` at their end."""

        def equal() -> bool:
            logs = [member.data for member in self.running]
            return all(log == logs[0] for log in logs) and logs[0][-len(data) or len(logs[0]) :] == list(data)

        await until(equal, what="agreement")

    def with_options(self, **changes: object) -> Quorum:
        self.options = replace(self.options, **changes)  # type: ignore[arg-type]
        return self
