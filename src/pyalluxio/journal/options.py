"""The numbers that bound the journal, read once from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyalluxio.raft.options import CoreOptions

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

MB = 1 << 20
# The unit of time of the core. Times on the wire are milliseconds.
TICK_MS = 20
# A busy leader's next append carries the commit index: a message of its own for each would double their number.
COMMIT_WAIT_TICKS = 1


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """Bounds of one journal; the defaults are those of the configuration table where a property exists.

    segment_size_max_bytes   a log segment is closed before it grows beyond this
    entry_size_max_bytes     a larger proposal is refused
    queue_size_max_bytes     proposals that wait for their commit; beyond it callers are told to come back
    batch_size_max_bytes     what one write and one fsync may carry
    apply_window_bytes       committed entries handed to the state machine and not yet applied
    retain_bytes             log kept behind the newest entry although the state no longer needs it
    free_space_min_bytes     below this much free space nothing new is proposed
    cache_bytes              newest entries kept in memory, so that nothing recent is read back from disk
    fsync                    False trades durability for speed (`…unsafe.flush.enabled`)
    election_timeout_min_ms, election_timeout_max_ms  as in Raft; a quorum of one does not wait
    heartbeat_ms             how often a leader shows that it lives
    promise_ms               how long a voter grants nothing after an append, and after its own start
    lease_percent            how much of the promise a leader's lease relies on; 0: no lease, every read asks a majority
    append_size_max_bytes    entries in one request to a follower
    watchdog_s               a leader whose event loop makes no progress for so long hands over; 0: never
    join_timeout_s           how long a member without a journal waits for a leader before it gives up
    """

    segment_size_max_bytes: int = 10 * MB
    entry_size_max_bytes: int = 10 * MB
    queue_size_max_bytes: int = 160 * MB
    batch_size_max_bytes: int = 16 * MB
    apply_window_bytes: int = 32 * MB
    retain_bytes: int = 64 * MB
    free_space_min_bytes: int = 64 * MB
    cache_bytes: int = 16 * MB
    fsync: bool = True
    election_timeout_min_ms: int = 1000
    election_timeout_max_ms: int = 2000
    heartbeat_ms: int = 100
    promise_ms: int = 300
    lease_percent: int = 70
    append_size_max_bytes: int = 1 * MB
    watchdog_s: float = 2.0
    join_timeout_s: float = 30.0

    def core_options(self) -> CoreOptions:
        """Return the same for the core, which counts ticks."""
        return replace(
            CoreOptions.of_ms(
                tick_ms=TICK_MS,
                election_timeout_min_ms=self.election_timeout_min_ms,
                election_timeout_max_ms=self.election_timeout_max_ms,
                heartbeat_ms=self.heartbeat_ms,
                promise_ms=self.promise_ms,
            ),
            lease_percent=self.lease_percent,
            append_bytes_max=self.append_size_max_bytes,
            commit_wait_ticks=COMMIT_WAIT_TICKS,
        )

    @classmethod
    def of(cls, conf: Configuration) -> JournalOptions:
        """Return the options that the master's properties ask for."""
        return cls(
            segment_size_max_bytes=conf.size_bytes("alluxio.master.journal.log.size.bytes.max"),
            entry_size_max_bytes=conf.size_bytes("alluxio.master.embedded.journal.entry.size.max"),
            queue_size_max_bytes=conf.size_bytes("alluxio.master.embedded.journal.flush.size.max"),
            retain_bytes=conf.size_bytes("alluxio.master.embedded.journal.log.retained.size"),
            fsync=not conf.boolean("alluxio.master.embedded.journal.unsafe.flush.enabled"),
            election_timeout_min_ms=conf.duration_ms("alluxio.master.embedded.journal.election.timeout.min"),
            election_timeout_max_ms=conf.duration_ms("alluxio.master.embedded.journal.election.timeout.max"),
        )
