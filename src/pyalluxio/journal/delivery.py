"""From the driver to the loop: everything that one turn has to tell, and the proposals that wait for their fate."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.inbox import Propose, Token
from pyalluxio.journal.status import RoleChange
from pyalluxio.raft.messages import Entry, LogPosition


@dataclass(slots=True)
class Delivery:
    """Everything that one turn of the driver has to tell the loop, in this order.

    settled   (token, position or error) of proposals; `settled_bytes` of them no longer wait
    answered  (token, result or error) of everything else that was asked
    """

    failure: BaseException | None = None
    role_change: RoleChange | None = None
    committed: list[Entry] = field(default_factory=list)
    snapshot_wanted: LogPosition | None = None
    settled: list[tuple[Token, LogPosition | errors.AlluxioError]] = field(default_factory=list)
    settled_bytes: int = 0
    answered: list[tuple[Token, object]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.failure
            or self.role_change
            or self.committed
            or self.settled
            or self.answered
            or self.snapshot_wanted is not None
        )

    def refuse(self, batch: list[Propose], error: errors.AlluxioError) -> None:
        """Settle proposals of which nothing was written."""
        for item in batch:
            self.settled.append((item.future, type(error)(str(error))))
            self.settled_bytes += len(item.data)


class Waiters:
    """Proposals that are in a log, by the position at which they were appended."""

    def __init__(self) -> None:
        self._by_index: dict[Index, tuple[Term, Token, int]] = {}

    def __len__(self) -> int:
        return len(self._by_index)

    def add(self, first: LogPosition, batch: list[Propose], delivery: Delivery) -> None:
        index = first.index
        for item in batch:
            if index in self._by_index:
                # An older one at this index was truncated. Another member may still hold its entry, and commit it.
                self._settle_unknown(index, delivery, "another leader took over")
            self._by_index[index] = (first.term, item.future, len(item.data))
            index = Index(index + 1)

    def committed(self, entry: Entry, delivery: Delivery) -> None:
        """Settle what waits at the index of a committed entry."""
        waiter = self._by_index.pop(entry.index, None)
        if waiter is None:
            return
        term, token, size_bytes = waiter
        delivery.settled_bytes += size_bytes
        if term == entry.term:
            delivery.settled.append((token, entry.position))
        else:
            text = f"Another leader's entry took the place of entry {entry.index}; the change was not made."
            delivery.settled.append((token, errors.NotLeader(text)))

    def has_older_than(self, term: Term | None) -> bool:
        """Tell whether something waits that was proposed in an earlier term; None: whether anything waits."""
        oldest = next(iter(self._by_index.values()), None)
        return oldest is not None and (term is None or oldest[0] < term)

    def settle_unknown(
        self, delivery: Delivery, why: str, *, up_to: Index | None = None, older_than: Term | None = None
    ) -> None:
        """Give up on what waits (up to an index; of earlier terms): whether those changes are made is not known."""
        for index, (term, _, _) in list(self._by_index.items()):
            if (up_to is None or index <= up_to) and (older_than is None or term < older_than):
                self._settle_unknown(index, delivery, why)

    def close(self, delivery: Delivery, text: str) -> None:
        for _, token, size_bytes in self._by_index.values():
            delivery.settled.append((token, errors.Unavailable(text)))
            delivery.settled_bytes += size_bytes
        self._by_index.clear()

    def _settle_unknown(self, index: Index, delivery: Delivery, why: str) -> None:
        _, token, size_bytes = self._by_index.pop(index)
        text = (
            f"Whether entry {index} of the journal was committed is not known here: {why}. Look before you repeat it."
        )
        delivery.settled.append((token, errors.Unavailable(text)))
        delivery.settled_bytes += size_bytes
