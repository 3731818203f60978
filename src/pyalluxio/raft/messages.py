"""The words of the Raft core: log entries, configurations, messages between members, and `Ready`.

Everything here is plain data. Names follow Ratis 2.4.1, whose protocol and log the members speak and keep; what Ratis
sends as an unsigned 2^64-1 is -1 here (`NO_INDEX`), and the conversion happens at the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, NewType

from pyalluxio.errors import AlluxioError
from pyalluxio.ids import Index, Term

PeerId = NewType("PeerId", str)

NO_INDEX: Final = Index(-1)
NO_PEER: Final = PeerId("")
NO_TERM: Final = Term(0)

# What an entry costs beside its payload: term, index, client and call id, length and checksum on disk.
ENTRY_OVERHEAD_BYTES: Final = 48


class Role(Enum):
    FOLLOWER = "FOLLOWER"
    PRE_CANDIDATE = "PRE_CANDIDATE"
    CANDIDATE = "CANDIDATE"
    LEADER = "LEADER"


class EntryKind(Enum):
    """The three kinds of log entry; only DATA means something to the state machine."""

    DATA = "DATA"
    CONFIGURATION = "CONFIGURATION"
    METADATA = "METADATA"


@dataclass(frozen=True, slots=True, order=True)
class LogPosition:
    """Where an entry is: two logs that hold the same position hold the same entries up to it.

    Compares by term first, as the election rule wants it.
    """

    term: Term
    index: Index


@dataclass(frozen=True, slots=True)
class Peer:
    """A member as every other member writes it down; compared by the text of its id, never by address."""

    id: PeerId
    address: str
    priority: int = 0

    @classmethod
    def at(cls, address: str) -> Peer:
        """Return the peer whose address is `host:port`; its id is `host_port`, as Ratis peers expect it."""
        host, _, port = address.rpartition(":")
        return cls(PeerId(f"{host}_{port}"), address)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The voters. While `old_peers` is not empty the change is in its joint phase: both majorities decide.

    voters  every id that has a vote in either half, in the order of the lists, each once; asked many times a message
    """

    peers: tuple[Peer, ...]
    old_peers: tuple[Peer, ...] = ()
    voters: tuple[PeerId, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        voters = tuple(dict.fromkeys(peer.id for peer in (*self.peers, *self.old_peers)))
        object.__setattr__(self, "voters", voters)

    @property
    def is_joint(self) -> bool:
        return bool(self.old_peers)

    def peer(self, id: PeerId) -> Peer | None:  # noqa: A002 - the field's word
        for peer in (*self.peers, *self.old_peers):
            if peer.id == id:
                return peer
        return None


@dataclass(slots=True)
class Entry:
    """One slot of the log.

    `data` belongs to DATA, `configuration` to CONFIGURATION, `commit_index` to METADATA. `client_id` (16 bytes) and
    `call_id` name a DATA entry for the retry caches of Java peers; the driver chooses them, the core carries them.
    """

    term: Term
    index: Index
    kind: EntryKind
    data: bytes = b""
    configuration: Configuration | None = None
    commit_index: Index = NO_INDEX
    client_id: bytes = b""
    call_id: int = 0

    @property
    def position(self) -> LogPosition:
        return LogPosition(self.term, self.index)

    @property
    def size_bytes(self) -> int:
        return len(self.data) + ENTRY_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class HardState:
    """What a voter must never forget. (Ratis does not store the commit index here: METADATA entries carry it.)

    `is_recovering`: this member lost a part of what it had promised or acknowledged. It grants nothing and never
    campaigns until a leader has admitted it again.
    `is_new`: it has never voted and never held an entry, as far as its disk tells: a new quorum, or an emptied disk.
    """

    term: Term = NO_TERM
    voted_for: PeerId = NO_PEER
    is_recovering: bool = False
    is_new: bool = False


class AppendResult(Enum):
    SUCCESS = 0
    NOT_LEADER = 1
    INCONSISTENCY = 2


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """`term` is the term of the election; in a pre-vote it is the candidate's unchanged term.

    `transfer_term` is the token of a leadership transfer: the leader of that term told the candidate to go ahead, which
    releases the voters from what they promised to that leader. None in all other elections.
    """

    sender: PeerId
    to: PeerId
    term: Term
    last: LogPosition
    is_pre_vote: bool
    transfer_term: Term | None = None


@dataclass(frozen=True, slots=True)
class VoteReply:
    """`term` is the voter's own, after it handled the request; `election_term` repeats the request's.

    `should_shutdown`: a leader's committed configuration excludes the candidate, which may stop asking.
    """

    sender: PeerId
    to: PeerId
    term: Term
    election_term: Term
    is_pre_vote: bool
    granted: bool
    should_shutdown: bool = False


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """`previous` is None when the first entry of the log is sent. No entries: a heartbeat.

    `initializing` is Ratis 2.4.1's word and means the opposite: True for voters, False while a new peer catches up.
    `admits_recovery` repeats the number with which a recovering member answers: it has everything, and votes again.
    """

    sender: PeerId
    to: PeerId
    term: Term
    previous: LogPosition | None
    entries: tuple[Entry, ...]
    leader_commit: Index
    call_id: int
    initializing: bool = True
    admits_recovery: int = 0

    @property
    def is_heartbeat(self) -> bool:
        return not self.entries


@dataclass(frozen=True, slots=True)
class AppendReply:
    """`match_index` is -1 in answers to heartbeats; `next_index` is authoritative when the result is INCONSISTENCY.

    `promise_ticks`: for so long after the request the sender grants nothing to anybody; 0: it makes no promise (Java).
    The wire carries milliseconds. `recovery` is not 0 while the sender is recovering, and another number each time it
    began.
    """

    sender: PeerId
    to: PeerId
    term: Term
    result: AppendResult
    next_index: Index
    match_index: Index
    call_id: int
    is_heartbeat: bool
    follower_commit: Index = NO_INDEX
    promise_ticks: int = 0
    recovery: int = 0


@dataclass(frozen=True, slots=True)
class StartLeaderElectionRequest:
    """The leader asks the receiver, whose log must reach `leader_last`, to become leader without a pre-vote."""

    sender: PeerId
    to: PeerId
    leader_last: LogPosition


@dataclass(frozen=True, slots=True)
class StartLeaderElectionReply:
    sender: PeerId
    to: PeerId
    accepted: bool


class InstallSnapshotResult(Enum):
    """Ratis' results; SUCCESS belongs to chunks, which nobody sends."""

    SUCCESS = 0
    NOT_LEADER = 1
    IN_PROGRESS = 2
    ALREADY_INSTALLED = 3
    CONF_MISMATCH = 4
    SNAPSHOT_INSTALLED = 5
    SNAPSHOT_UNAVAILABLE = 6


@dataclass(frozen=True, slots=True)
class InstallSnapshotRequest:
    """A notification: the leader's log begins at `first_available`; what is before it can only come as a snapshot.

    `last_configuration` is the leader's newest configuration and the index of its entry.
    """

    sender: PeerId
    to: PeerId
    term: Term
    first_available: LogPosition
    last_configuration: tuple[Index, Configuration]


@dataclass(frozen=True, slots=True)
class InstallSnapshotReply:
    """`snapshot_index` belongs to SNAPSHOT_INSTALLED and ALREADY_INSTALLED; Ratis cannot tell 0 from none."""

    sender: PeerId
    to: PeerId
    term: Term
    result: InstallSnapshotResult
    snapshot_index: Index = NO_INDEX
    recovery: int = 0


Message = (
    VoteRequest
    | VoteReply
    | AppendRequest
    | AppendReply
    | StartLeaderElectionRequest
    | StartLeaderElectionReply
    | InstallSnapshotRequest
    | InstallSnapshotReply
)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A read that waited is safe on any state that has applied `index`; None: this member does not lead."""

    context: int
    index: Index | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a configuration change or a transfer: `error` is None when it was done."""

    context: int
    error: AlluxioError | None = None


class Lease(NamedTuple):
    """Nobody else leads for `length_ticks` from the moment at which the driver began the tick `since_tick`.

    The driver notes the time of each tick on a clock that runs through suspend, and compares with that clock.
    """

    since_tick: int
    length_ticks: int


@dataclass(frozen=True, slots=True)
class Restore:
    """The log begins anew behind `position`, the last entry that the snapshot holds.

    `configuration` counts from then on, and is stored where the last committed one is stored.
    """

    position: LogPosition
    configuration: Configuration


@dataclass(slots=True)
class Ready:
    """What the driver must do for one step, in this order: persist, then send, then apply.

    hard_state  None when term and vote are unchanged. Fsynced before `messages` leave.
    restore     None, or what takes the place of the whole log: first the state of the snapshot, then the empty log
                behind it, both durable before `messages` leave.
    truncate_from  None, or the first index that must disappear from the log before `entries` are written.
    entries     Fsynced before `messages` leave. Contiguous; the first one follows the log, as truncated.
    messages    Sent in order for each receiver. Losing any of them is harmless.
    committed   Handed to the state machine in index order, each index once. Never beyond what is fsynced here.
    reads       Answers to `read_index`; released once the state machine has applied their index.
    snapshot_wanted  None, or the first entry that is still to be had: fetch a snapshot that reaches at least to the one
                before it, then `install_snapshot`, or `snapshot_unavailable`. A later one takes its place.
    outcomes    Ends of configuration changes and transfers.

    Source: `Ready` in etcd-io/raft node.go; differs: the commit index is not part of the hard state (Ratis).
    """

    hard_state: HardState | None = None
    restore: Restore | None = None
    truncate_from: Index | None = None
    entries: list[Entry] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    committed: list[Entry] = field(default_factory=list)
    reads: list[ReadAnswer] = field(default_factory=list)
    snapshot_wanted: LogPosition | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.hard_state is not None
            or self.restore is not None
            or self.truncate_from is not None
            or self.entries
            or self.messages
            or self.committed
            or self.reads
            or self.snapshot_wanted is not None
            or self.outcomes
        )
