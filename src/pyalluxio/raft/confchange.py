"""Who the members are, and how that changes: joint consensus, as Ratis 2.4.1 keeps it in its log.

    (staging: new peers catch up without a vote)
        -> entry {peers=new, oldPeers=old}   counts from its append; both majorities decide
        -> committed: entry {peers=new}      counts from its append; the new majority decides
        -> committed: done; a leader that is not in it hands over and leaves

Rule 1: a configuration counts from the moment it is in the log, and no longer when its entry is truncated.
Rule 2: one change at a time, and only on top of a committed configuration.
Rule 3: a new leader that finds a joint configuration in its log finishes the change, whoever began it.
Rule 4: nothing is changed before every new peer has caught up: a peer without the log would cost the quorum its
        tolerance in the moment in which it gets a vote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.raft.messages import NO_INDEX, Configuration, Peer, PeerId
from pyalluxio.raft.options import CoreOptions
from pyalluxio.raft.progress import Progress

# How many election timeouts a new peer may be silent while it is to catch up (Ratis).
STAGING_PATIENCE = 3


class Configurations:
    """The configurations of the log, oldest first, over the one that counts while the log holds none."""

    def __init__(self, initial: Configuration, in_log: Sequence[tuple[Index, Configuration]]) -> None:
        self._all = [(NO_INDEX, initial), *in_log]

    @property
    def newest(self) -> Configuration:
        return self._all[-1][1]

    @property
    def newest_index(self) -> Index:
        """The index of the newest configuration's entry; -1 when it is not in the log."""
        return self._all[-1][0]

    def may_campaign(self, id: PeerId, commit_index: Index) -> bool:  # noqa: A002 - the field's word
        """Tell whether a peer is a voter, or was one before changes that are not committed.

        The latter may hold the only log with which the change can be finished.
        """
        for index, configuration in reversed(self._all):
            if id in configuration.voters:
                return True
            if index <= commit_index:
                break
        return False

    def append(self, index: Index, configuration: Configuration) -> None:
        assert index > self.newest_index
        self._all.append((index, configuration))

    def roll_back(self, from_index: Index) -> None:
        """Forget the configurations of entries from `from_index` on."""
        while self.newest_index >= from_index:
            self._all.pop()

    def restore(self, configuration: Configuration) -> None:
        """Take over the configuration of a snapshot, which is committed like everything in it."""
        self._all = [(NO_INDEX, configuration)]


@dataclass(slots=True)
class ConfigurationChange:
    """The change that this leader was asked for. `staged` are the new peers, until the joint entry is appended."""

    context: int
    peers: tuple[Peer, ...]
    staged: tuple[PeerId, ...]

    def silent_peer(self, progress: Mapping[PeerId, Progress], now: int, options: CoreOptions) -> PeerId | None:
        """Return a new peer that has not answered for so long that the change is given up."""
        patience_ticks = STAGING_PATIENCE * options.election_timeout_max_ticks
        return next((peer for peer in self.staged if now - progress[peer].acked_at >= patience_ticks), None)

    def has_caught_up(
        self,
        progress: Mapping[PeerId, Progress],
        commit_index: Index,
        members_index: Index,
        now: int,
        options: CoreOptions,
    ) -> bool:
        """Tell whether all new peers may vote.

        Each must hold the members that count now (the entry at `members_index`): one that knows nobody would refuse its
        vote to whoever has to finish the change after this leader, for ever.
        """
        return all(
            progress[peer].match_index + options.lag_max > commit_index
            and progress[peer].match_index >= members_index
            and progress[peer].has_attempted_snapshot
            and not progress[peer].recovery
            and now - progress[peer].acked_at < options.election_timeout_max_ticks
            for peer in self.staged
        )


def check_peers(peers: tuple[Peer, ...]) -> None:
    """Raises InvalidArgument for a list that no quorum can have."""
    ids = [peer.id for peer in peers]
    if not ids:
        raise errors.InvalidArgument("A quorum needs at least one member; the new list of members is empty.")
    if len(set(ids)) < len(ids):
        raise errors.InvalidArgument(f"The new list of members names one of them twice: {', '.join(ids)}.")
