"""The log as the core sees it: what the storage holds, what is not yet durable behind it, and two marks.

    first_index        handed_index    commit_index    stable_index    last_index
    | applied or on its way  | committed      | durable        | unstable   |

`commit_index` may be beyond `stable_index` on a follower; only entries up to the smaller of the two are handed out.
"""

from __future__ import annotations

from typing import Protocol

from pyalluxio.errors import InvariantViolated
from pyalluxio.ids import Index, Term
from pyalluxio.raft.messages import NO_INDEX, NO_TERM, Configuration, Entry, LogPosition


class Storage(Protocol):
    """What the core may ask of durable storage: reading only. Everything that changes it goes through `Ready`."""

    @property
    def first_index(self) -> Index: ...
    @property
    def last_index(self) -> Index: ...
    def term(self, index: Index) -> Term | None: ...
    def entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]: ...
    def configurations(self) -> list[tuple[Index, Configuration]]: ...
    def last_commit_index(self) -> Index: ...


class RaftLog:
    """Entries by index over storage and the unstable tail. Changed by the core alone."""

    def __init__(self, storage: Storage, applied_index: Index) -> None:
        self._storage = storage
        self._unstable: list[Entry] = []
        self.stable_index = storage.last_index
        self.truncate_from: Index | None = None
        self.commit_index = Index(max(applied_index, min(storage.last_commit_index(), storage.last_index)))
        self.handed_index = applied_index
        self._restored: LogPosition | None = None

    @property
    def first_index(self) -> Index:
        return self._storage.first_index

    @property
    def last_index(self) -> Index:
        return Index(self.stable_index + len(self._unstable))

    @property
    def last_position(self) -> LogPosition:
        """The position of the last entry, or of the snapshot before an empty log.

        Without either it is (0, 0), which is how Ratis says it to voters.
        """
        last_index = self.last_index
        term = self.term(last_index)
        return LogPosition(NO_TERM, Index(0)) if term is None else LogPosition(term, last_index)

    @property
    def unstable(self) -> list[Entry]:
        """A copy of the entries that are not durable yet."""
        return list(self._unstable)

    def term(self, index: Index) -> Term | None:
        """Return the term of an entry, None when it is not (or no longer) in the log."""
        if index > self.stable_index:
            at = index - self.stable_index - 1
            return self._unstable[at].term if at < len(self._unstable) else None
        if self._restored is not None and index <= self._restored.index:
            return self._restored.term if index == self._restored.index else None
        return self._storage.term(index)

    def holds(self, position: LogPosition) -> bool:
        """Tell whether the log has this very entry, and therefore everything before it."""
        return self.term(position.index) == position.term

    def entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]:
        """Return entries of [low, high): at least one, then as many as `bytes_max` allows."""
        if low > self.stable_index:
            at = low - self.stable_index - 1
            candidates = self._unstable[at : at + high - low]
        else:
            stable_high = Index(min(high, self.stable_index + 1))
            candidates = self._storage.entries(low, stable_high, bytes_max)
            if len(candidates) == stable_high - low and high > stable_high:
                candidates = candidates + self._unstable[: high - stable_high]
        taken: list[Entry] = []
        size_bytes = 0
        for entry in candidates:
            size_bytes += entry.size_bytes
            if taken and size_bytes > bytes_max:
                break
            taken.append(entry)
        return taken

    def to_hand_out(self, bytes_max: int) -> list[Entry]:
        """Return the next committed and durable entries, at most `bytes_max` or one; none when that is 0."""
        high = Index(min(self.commit_index, self.stable_index) + 1)
        low = Index(self.handed_index + 1)
        return self.entries(low, high, bytes_max) if bytes_max > 0 and low < high else []

    def append(self, entries: list[Entry]) -> None:
        """Put entries behind the last one."""
        assert not entries or entries[0].index == self.last_index + 1
        self._unstable.extend(entries)

    def merge(self, entries: tuple[Entry, ...]) -> Index | None:
        """Take a leader's entries whose predecessor matches; return the index from which on they are new, or None.

        What is already there stays: an old message that arrives late must not shorten the log.
        """
        for at, entry in enumerate(entries):
            term = self.term(entry.index)
            if term == entry.term:
                continue
            if term is not None:
                self._truncate(entry.index)
            self.append(list(entries[at:]))
            return entry.index
        return None

    def restore(self, position: LogPosition) -> None:
        """Begin anew behind a snapshot; the driver does the same with the storage before anything else is asked."""
        assert position.index > self.commit_index
        self._unstable.clear()
        self._restored = position
        self.truncate_from = None
        self.stable_index = self.commit_index = self.handed_index = position.index

    def first_index_of_term_at(self, index: Index) -> Index:
        """Return the lowest index above the commit index from which on all terms equal that of `index`."""
        term = self.term(index)
        while index - 1 > max(self.commit_index, self.first_index - 1) and self.term(Index(index - 1)) == term:
            index = Index(index - 1)
        return index

    def commit_to(self, index: Index) -> bool:
        """Raise the commit index; returns whether it moved."""
        if index <= self.commit_index:
            return False
        if index > self.last_index:
            raise InvariantViolated(f"Commit index {index} is beyond the last entry {self.last_index}.")
        self.commit_index = index
        return True

    def made_stable(self, entries: list[Entry], truncated_from: Index | None) -> None:
        """Take note that the driver has made a `Ready`'s part of the log durable."""
        if truncated_from is not None:
            self.truncate_from = None
        if entries:
            assert entries[-1].index == self.last_index and entries[0].index == self.stable_index + 1
            self.stable_index = entries[-1].index
            self._unstable.clear()

    def _truncate(self, from_index: Index) -> None:
        if from_index <= self.commit_index:
            raise InvariantViolated(f"Entry {from_index} is committed (up to {self.commit_index}); it cannot change.")
        if from_index > self.stable_index:
            del self._unstable[from_index - self.stable_index - 1 :]
            return
        self._unstable.clear()
        self.stable_index = Index(from_index - 1)
        self.truncate_from = from_index if self.truncate_from is None else min(self.truncate_from, from_index)


class MemoryStorage:
    """Storage of a simulated member: a list. The simulator's driver changes it as a `Ready` says.

    `base` is the last position before the list: what a snapshot or a purge took the place of.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._base: LogPosition | None = None

    @property
    def first_index(self) -> Index:
        return Index(self._base.index + 1) if self._base is not None else Index(0)

    @property
    def last_index(self) -> Index:
        return Index(self.first_index + len(self._entries) - 1)

    def term(self, index: Index) -> Term | None:
        if self._base is not None and index == self._base.index:
            return self._base.term
        at = index - self.first_index
        return self._entries[at].term if 0 <= at < len(self._entries) else None

    def entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]:
        taken: list[Entry] = []
        size_bytes = 0
        for entry in self._entries[low - self.first_index : high - self.first_index]:
            size_bytes += entry.size_bytes
            if taken and size_bytes > bytes_max:
                break
            taken.append(entry)
        return taken

    def configurations(self) -> list[tuple[Index, Configuration]]:
        return [(entry.index, entry.configuration) for entry in self._entries if entry.configuration is not None]

    def last_commit_index(self) -> Index:
        return max((entry.commit_index for entry in self._entries), default=NO_INDEX)

    def append(self, entries: list[Entry]) -> None:
        assert not entries or entries[0].index == self.last_index + 1
        self._entries.extend(entries)

    def truncate(self, from_index: Index) -> None:
        del self._entries[max(0, from_index - self.first_index) :]

    def purge(self, up_to: Index) -> None:
        """Forget the entries up to and including `up_to`."""
        term = self.term(up_to)
        assert term is not None
        self._entries = self._entries[up_to + 1 - self.first_index :]
        self._base = LogPosition(term, up_to)

    def restore(self, position: LogPosition) -> None:
        """Begin anew behind a snapshot."""
        self._entries = []
        self._base = position
