"""What must always hold, checked while it happens: the log, the state, and the histories of the clients.

The journal is one sequence, so the checker knows every state that ever was committed, in order: `agreed` are the
entries, and for each path of interest there is a list of its values with the index at which each began. A history is
linearizable if every answer fits an index, and no answer fits only indexes before one that an earlier, finished call
had to be given. Each call gets the smallest index that fits, which is the best choice, since nothing else bounds it
from above than the log as it was when the answer came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyalluxio import path as paths
from pyalluxio.errors import DirectoryNotEmpty, FileAlreadyExists, FileDoesNotExist
from pyalluxio.journal import codec
from pyalluxio.journal.entries import UpdateInodeEntry
from pyalluxio.master.state.tx import EDGES, INODES
from pyalluxio.raft.messages import Entry, EntryKind, PeerId, Role
from tests.sim.disk import SimStore

if TYPE_CHECKING:
    from tests.sim.member import Member
    from tests.sim.simulation import Simulation

DELETED = object()
MISSING = None


class Violation(AssertionError):
    """Something happened that never may."""


def check(condition: bool, text: str) -> None:
    if not condition:
        raise Violation(text)


class Versions:
    """The values of one thing, each from an index on."""

    def __init__(self, first: Any) -> None:
        self.indexes = [-1]
        self.values = [first]

    def add(self, index: int, value: Any) -> None:
        if value != self.values[-1]:
            self.indexes.append(index)
            self.values.append(value)

    def at(self, index: int) -> Any:
        return self.values[bisect_right(self.indexes, index) - 1]


class Checker:
    """Knows what was committed; every member and every client reports to it."""

    def __init__(self, sim: Simulation, watched: tuple[str, ...], directories: tuple[str, ...]) -> None:
        self._sim = sim
        self.agreed: list[Entry] = []
        self.leaders: dict[int, PeerId] = {}
        self.status = {path: Versions(MISSING) for path in watched}
        self.listing = {path: Versions(MISSING) for path in directories}
        self.operations: dict[tuple[int, int], int] = {}
        self.values_set: dict[bytes, list[int]] = {}
        self.floor = -1
        self.acknowledged = 0
        self.seen: dict[str, int] = {}
        self._changes: dict[int, dict[str, dict[Any, Any]]] = {}
        self._positions: dict[PeerId, int] = {}
        self._inodes: dict[int, Any] = {}
        self._children: dict[int, dict[str, int]] = {}

    def count(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    # --- the members -----------------------------------------------------------------------------------------------

    def leads(self, id_: PeerId, term: int) -> None:
        known = self.leaders.setdefault(term, id_)
        check(known == id_, f"{known} and {id_} both lead term {term}")

    def handed(self, id_: PeerId, entry: Entry) -> None:
        """A member gives an entry to its state machine."""
        agreed = self.agreed
        check(entry.index <= len(agreed), f"{id_} applies {entry.index}, but only {len(agreed)} are known")
        if entry.index == len(agreed):
            agreed.append(entry)
            self._sim.trace("log", f"{entry.term}/{entry.index} {entry.kind.value}")
            if entry.kind is EntryKind.DATA:
                self._note_operations(entry)
        else:
            check(entry == agreed[entry.index], f"{id_} applies {entry}, but it was {agreed[entry.index]}")
        self._positions[id_] = entry.index

    def _note_operations(self, entry: Entry) -> None:
        for _, inner in codec.decode_batch(entry.data):
            operation_id = getattr(inner, "operation_id", None)
            if operation_id is not None:
                key = (operation_id[0], operation_id[1])
                check(key not in self.operations, f"operation {key} is applied at {entry.index} for the second time")
                self.operations[key] = entry.index
            if isinstance(inner, UpdateInodeEntry) and inner.xattr and "v" in inner.xattr:
                self.values_set.setdefault(inner.xattr["v"], []).append(entry.index)

    def written(self, id_: PeerId, store: SimStore, changes: dict[str, dict[Any, Any]]) -> None:
        """A member commits a transaction to its store: at equal index all members must make equal changes."""
        index = self._positions[id_]
        state = {name: rows for name, rows in changes.items() if name != "meta" and rows}
        known = self._changes.get(index)
        if known is None:
            self._changes[index] = state
            self._follow(index, store, state)
        elif known != state:
            names = [name for name in known.keys() | state.keys() if known.get(name) != state.get(name)]
            raise Violation(f"{id_} changes other rows than its peers at entry {index}: {sorted(names)}")

    def _follow(self, index: int, store: SimStore, changes: dict[str, dict[Any, Any]]) -> None:
        if INODES.name not in changes and EDGES.name not in changes:
            return
        view = store.read()
        values: dict[str, Any] = {}
        for path in (*self.status, *self.listing):
            if path not in values:
                values[path] = self._find(view, path)
        for path, versions in self.status.items():
            inode = values[path]
            seen = MISSING if inode is None else (inode.id, inode.is_directory, (inode.xattr or {}).get("v", b""))
            versions.add(index, seen)
        for path, versions in self.listing.items():
            inode = values[path]
            names: Any = MISSING
            if inode is not None:
                names = tuple(name for (_, name), _ in view.scan(EDGES, (inode.id, ""), (inode.id + 1, "")))
                if not inode.is_directory:
                    names = (inode.name,)
            versions.add(index, names)

    @staticmethod
    def _find(view: Any, path: str) -> Any:
        inode = view.get(INODES, 0)
        for name in paths.components(path):
            child = None if inode is None else view.get(EDGES, (inode.id, name))
            if child is None:
                return None
            inode = view.get(INODES, child)
        return inode

    def relies_on_lease(self, member: Member) -> None:
        """By the clock of the simulation: nobody else leads while a leader answers by its lease."""
        self.count("read by lease")
        term = member.node.core.term
        for other in self._sim.members.values():
            if other is not member and other.is_alive and other.node.core.role is Role.LEADER:
                newer = other.node.core.term
                check(newer < term, f"{other.id} leads term {newer} inside the lease of {member.id}")

    # --- the clients -----------------------------------------------------------------------------------------------

    @property
    def newest(self) -> int:
        return len(self.agreed) - 1

    def answered(self, call: Any, result: Any, error: Exception | None) -> None:
        """A call has ended with an answer: find the index at which it happened."""
        index = self._index_of(call, result, error)
        call.index = index
        self.floor = max(self.floor, index)
        if call.operation_id is not None and error is None:
            self.acknowledged += 1
        self.count(f"{call.kind} {'answered' if error is None else type(error).__name__}")

    def _index_of(self, call: Any, result: Any, error: Exception | None) -> int:
        if call.kind == "status":
            return self._first(call, lambda at: self.status[call.arguments[0]].at(at) == result, result)
        if call.kind == "list":
            return self._first(call, lambda at: self.listing[call.arguments[0]].at(at) == result, result)
        if error is not None:
            claim = self._claim(call, error)
            return self._first(call, claim, type(error).__name__) if claim is not None else call.floor
        if call.kind == "set":
            found = [at for at in self.values_set.get(call.arguments[1], ()) if at >= call.floor]
            check(bool(found), f"{call} is acknowledged, but not committed")
            return found[0]
        if call.kind == "rename" and call.arguments[0] == call.arguments[1]:
            return int(call.floor)
        at = self.operations.get((call.operation_id[0], call.operation_id[1]), -1)
        check(at >= 0, f"{call} is acknowledged, but not committed")
        check(at >= call.floor, f"{call} happened at {at}, before it was asked for at {call.floor}")
        return at

    def _first(self, call: Any, fits: Callable[[int], bool], what: Any) -> int:
        for at in self._changes_from(call.floor):
            if fits(at):
                return at
        now = {path: versions.at(call.floor) for path, versions in self.status.items() if path in call.arguments}
        raise Violation(
            f"{call} was answered {what}, which never was true from {call.floor} to {self.newest}; at first {now}"
        )

    def _changes_from(self, floor: int) -> Iterator[int]:
        yield floor
        for at in range(floor + 1, self.newest + 1):
            if at in self._changes:
                yield at

    def _claim(self, call: Any, error: Exception) -> Callable[[int], bool] | None:
        """Return what a refusal says about the state, None if it says too much to be checked here."""
        path = call.arguments[0]
        exists = self._exists
        parent = paths.parent
        match call.kind, error:
            case (("create" | "mkdir"), FileAlreadyExists()):
                return lambda at: exists(path, at)
            case (("create" | "mkdir"), FileDoesNotExist()):
                # The answer to a repeated call is the status of now.
                return lambda at: not exists(path, at)
            case (("delete" | "set"), FileDoesNotExist()):
                return lambda at: not exists(path, at)
            case "delete", DirectoryNotEmpty():
                return lambda at: bool(self.listing[path].at(at))
            case "rename", FileAlreadyExists():
                return lambda at: exists(call.arguments[1], at) and exists(path, at)
            case "rename", FileDoesNotExist():
                return lambda at: not exists(path, at) or not exists(parent(call.arguments[1]), at)
        return None

    def _exists(self, path: str, at: int) -> bool:
        return path == "/" or self.status[path].at(at) is not MISSING
