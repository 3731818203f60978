"""What a member tells about itself: its role, the quorum as it sees it, and why there is no leader."""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.ids import Index, Term
from pyalluxio.raft.core import Core
from pyalluxio.raft.messages import NO_INDEX, NO_PEER, Configuration, PeerId, Role


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What this member is now.

    `term_first_index` is the index of the leader's first entry of its term, None for the other roles: a new leader
    must have applied everything up to it before it opens its first write transaction.
    `is_removed`: this member was one of the quorum, and was taken out.
    `leader` is the id (`host_port`) of the leader as far as known, or "".
    """

    role: Role
    term: Term
    leader: PeerId
    term_first_index: Index | None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One member, as this one sees it. Only a leader knows what the others hold.

    address          `host:port` of the journal
    match_index      the last entry that the member is known to hold; None: not known
    lag              how many entries it lacks; None: not known
    last_contact_ms  how long ago it was heard; None: never; 0 for this member
    votes            whether it is a voter; a new member catches up without a vote
    """

    address: str
    match_index: Index | None
    lag: int | None
    last_contact_ms: int | None
    votes: bool
    is_recovering: bool
    is_leader: bool
    priority: int = 0


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """A report of one moment, for `quorum info`, metrics and pages. `last_index` < `first_index`: the log is empty.

    leader_since_ms   when the present leader became known, ms since the epoch; None without a leader
    no_leader_reason  one line that says why there is no leader; "" when there is one
    peers             as of at most 100 ms ago
    was_member        this member's journal knows it as one of the quorum, now or earlier; else it has to ask for that
    """

    role: Role
    term: Term
    leader: PeerId
    commit_index: Index
    first_index: Index
    last_index: Index
    applied_index: Index
    log_size_bytes: int
    configuration: Configuration
    is_disk_full: bool
    is_recovering: bool = False
    leader_since_ms: int | None = None
    no_leader_reason: str = ""
    was_member: bool = True
    peers: tuple[PeerStatus, ...] = ()


def peer_statuses(core: Core, heard_ms: dict[PeerId, int]) -> tuple[PeerStatus, ...]:
    """Return every member and every peer that is to become one. `heard_ms`: how long ago each was heard."""
    last_index = core.log.last_index
    voters = core.configuration.voters
    statuses = []
    for peer in core.peers:
        if peer.id == core.id:
            match: Index | None = core.log.stable_index
            is_recovering, contact = core.is_recovering, 0
        else:
            progress = core.progress.get(peer.id)
            match = None if progress is None else progress.match_index
            is_recovering = progress is not None and progress.recovery != 0
            contact = heard_ms.get(peer.id, -1)
        statuses.append(
            PeerStatus(
                address=peer.address,
                match_index=match,
                lag=None if match is None else max(0, last_index - match),
                last_contact_ms=None if contact < 0 else contact,
                votes=peer.id in voters and not is_recovering,
                is_recovering=is_recovering,
                is_leader=peer.id == core.leader,
                priority=peer.priority,
            )
        )
    return tuple(statuses)


def no_leader_reason(core: Core, statuses: tuple[PeerStatus, ...], *, reachable_within_ms: int) -> str:
    """Return in one line why no leader is known, "" when there is one."""
    if core.leader != NO_PEER:
        return ""
    voters = [each for each in statuses if core.configuration.peer(_id_of(each.address)) is not None]
    silent = [each.address for each in voters if not _is_reachable(each, reachable_within_ms)]
    needed = len(voters) // 2 + 1
    if len(voters) - len(silent) < needed:
        return (
            f"No leader: {len(voters) - len(silent)} of {len(voters)} members can be reached, {needed} are needed; "
            f"{', '.join(silent)} {'does' if len(silent) == 1 else 'do'} not answer."
        )
    if core.is_removed or core.configuration.peer(core.id) is None:
        return "No leader is known here: this member is not part of the quorum any more."
    recovering = [each.address for each in voters if each.is_recovering]
    if core.is_recovering and core.configuration.voters == (core.id,):
        # The only voter follows nobody (raft/newcomer.py), so no leader could help it either.
        return (
            "No leader: this member lost its journal, and its properties name no other master to get it back from. "
            "List all masters in alluxio.master.embedded.journal.addresses, and start it again."
        )
    if core.is_recovering:
        return "No leader: this member lost its journal and must not vote until a leader has given it everything back."
    if recovering:
        return f"No leader: {', '.join(recovering)} lost the journal and must not vote."
    if core.log.last_index == NO_INDEX:
        return "No leader yet: the members of a new quorum are finding each other."
    return f"No leader: an election is under way in term {core.term}."


def _is_reachable(status: PeerStatus, within_ms: int) -> bool:
    return status.last_contact_ms is not None and status.last_contact_ms < within_ms


def _id_of(address: str) -> PeerId:
    host, _, port = address.rpartition(":")
    return PeerId(f"{host}_{port}")
