"""A follower that is told that the leader's log begins behind its own end.

Nothing of a snapshot travels through Raft (Ratis calls it notification): the follower fetches one from any member by
other means, and answers each notification with how far it is.

    notified ──> IN_PROGRESS … ──(install_snapshot)──> SNAPSHOT_INSTALLED
                     │ └──(the log reaches far enough by now)──> ALREADY_INSTALLED
                     └──(snapshot_unavailable)──> SNAPSHOT_UNAVAILABLE, then from the beginning
"""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.ids import Index
from pyalluxio.raft.messages import NO_INDEX, Configuration, InstallSnapshotRequest, InstallSnapshotResult, LogPosition


@dataclass(slots=True)
class SnapshotInstall:
    """What this member knows of the snapshot that it needs.

    wanted         the first entry that the leader still has; None: none is needed
    is_news        `wanted` has not been given to the driver yet
    configuration  what the leader said about the members when it asked last
    """

    wanted: LogPosition | None = None
    is_news: bool = False
    configuration: Configuration | None = None
    _installed_index: Index = NO_INDEX
    _is_unavailable: bool = False

    def answer(self, request: InstallSnapshotRequest, held_index: Index) -> tuple[InstallSnapshotResult, Index]:
        """Return result and snapshot index for a notification; `held_index` is committed and on this disk."""
        if self._installed_index != NO_INDEX and self._installed_index + 1 >= request.first_available.index:
            return InstallSnapshotResult.SNAPSHOT_INSTALLED, self._installed_index
        if held_index + 1 >= request.first_available.index:
            self.wanted = None
            if held_index <= 0:
                # Ratis cannot say "nothing": with an index of 0 it would count an entry that is not there.
                return InstallSnapshotResult.SNAPSHOT_UNAVAILABLE, NO_INDEX
            return InstallSnapshotResult.ALREADY_INSTALLED, held_index
        if self._is_unavailable:
            self._is_unavailable = False
            return InstallSnapshotResult.SNAPSHOT_UNAVAILABLE, NO_INDEX
        if self.wanted is None or request.first_available.index > self.wanted.index:
            self.wanted, self.is_news = request.first_available, True
        self.configuration = request.last_configuration[1]
        return InstallSnapshotResult.IN_PROGRESS, NO_INDEX

    def take_news(self) -> LogPosition | None:
        """Return what the driver has to fetch, once."""
        wanted = self.wanted if self.is_news else None
        self.is_news = False
        return wanted

    def installed(self, index: Index) -> None:
        self.wanted, self._installed_index = None, index

    def overtaken(self) -> None:
        """The log goes on behind what was installed, or has made the snapshot needless."""
        self.wanted, self._installed_index = None, NO_INDEX

    def unavailable(self) -> None:
        self.wanted, self._is_unavailable = None, True
