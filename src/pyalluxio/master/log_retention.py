"""How far a log may be shortened behind a snapshot.

A member that fetches a snapshot, or reads its way through the log behind one, would never arrive if the leader's log
were shortened ahead of it every minute. So what a living member lacks is kept, up to a bound; who does not answer is
not waited for, and gets a snapshot later.
"""

from __future__ import annotations

from pyalluxio.ids import Index
from pyalluxio.journal.node import JournalStatus, Role

LIVING_MS = 5_000


def purgeable(status: JournalStatus, snapshot_index: Index, kept_bytes_max: int) -> Index:
    """Return up to which entry the log may go, `snapshot_index` at most.

    kept_bytes_max   a longer log is shortened whoever needs it
    """
    if status.role is not Role.LEADER or status.log_size_bytes > kept_bytes_max:
        return snapshot_index
    needed = [
        peer.match_index
        for peer in status.peers
        if peer.match_index is not None and peer.last_contact_ms is not None and peer.last_contact_ms <= LIVING_MS
    ]
    return min([snapshot_index, *needed])
