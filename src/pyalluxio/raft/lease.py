"""The promise of a voter, and the lease that a leader draws from the promises of a majority.

Rule 1: within P of the last append it accepted a voter grants nothing to anybody, in any term; nor within P of its own
        start, since it may have promised before it crashed. Only the token of a transfer, issued by the very leader
        that was promised, releases it.
Rule 2: the lease runs from the moment in which the answered requests were *sent*, for a part of the smallest P. The
        promise of the answering voter began later than that, and ends later on any clock that is not much too fast.
Rule 3: a voter that makes no promise (Java) may be part of any later majority: while there is one, there is no lease.

A tick of a driver may come late, never early. So a promise must hold for P whole ticks after the one in which it was
made, and the lease counts from the beginning of the tick in which a request was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyalluxio.ids import Term
from pyalluxio.raft.messages import Configuration, Lease, PeerId
from pyalluxio.raft.options import CoreOptions
from pyalluxio.raft.progress import Progress
from pyalluxio.raft.quorum import majority_value


@dataclass(slots=True)
class Promise:
    """What this voter promised: to the leader of `term`, in the tick `made_at`."""

    term: Term
    made_at: int = 0

    def binds(self, now: int, promise_ticks: int) -> bool:
        return now - self.made_at <= promise_ticks

    def is_released_by(self, transfer_term: Term | None) -> bool:
        """Tell whether a token was issued by the leader that was promised, or a later one."""
        return transfer_term is not None and transfer_term >= self.term


def lease_of(
    configuration: Configuration, own_id: PeerId, progress: Mapping[PeerId, Progress], now: int, options: CoreOptions
) -> Lease | None:
    """Return the newest lease that a majority's answers carry, None without one. It may have run out already.

    A leader that is being left out has none: the only member that is left needs nobody's vote.
    """
    if own_id not in configuration.voters:
        return None
    length_ticks = options.promise_ticks
    sent_at = {own_id: now}
    for peer in configuration.voters:
        each = progress.get(peer)
        if each is None or each.promise_ticks is None:
            continue
        if each.promise_ticks == 0:
            return None
        if not each.recovery:
            length_ticks = min(length_ticks, each.promise_ticks)
            sent_at[peer] = each.acked_sent_at
    length_ticks = length_ticks * options.lease_percent // 100
    since_tick = majority_value(configuration, sent_at)
    return Lease(since_tick, length_ticks) if since_tick >= 0 and length_ticks > 0 else None
