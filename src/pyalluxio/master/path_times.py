"""What the leading master remembers of the under storages: paths they lack, and when paths were last compared.

Memory only, bounded, and lost on a fail-over, which costs another look at the storage. Pure: times come with the calls.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from pyalluxio import path as paths


class Descendants(IntEnum):
    """How far below a path an operation looks."""

    NONE = 0
    ONE = 1
    ALL = 2


class AbsentPaths:
    """Paths that an under storage was found to lack, by mount."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # path -> (mount id, when it was found to be absent, as a number that grows with every event)
        self._found: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._moved: OrderedDict[str, int] = OrderedDict()
        self._event = 0
        self._trusted_after = 0

    def add(self, path: str, mount_id: int) -> None:
        self._event += 1
        self._found[path] = (mount_id, self._event)
        self._found.move_to_end(path)
        if len(self._found) > self._capacity:
            self._found.popitem(last=False)

    def covers(self, path: str, mount_path: str, mount_id: int) -> bool:
        """Say whether the path, or one above it on the same mount, is known to be absent."""
        if not self._found:
            return False
        at = path
        while paths.is_below(at, mount_path):
            found = self._found.get(at)
            if found is not None and found[0] == mount_id and self._is_valid(at, found[1]):
                return True
            at = paths.parent(at)
        return False

    def _is_valid(self, path: str, event: int) -> bool:
        if event <= self._trusted_after:
            return False
        at = path
        while at != paths.ROOT:
            if self._moved.get(at, 0) > event:
                return False
            at = paths.parent(at)
        return True

    def forget(self, path: str) -> None:
        """The path exists now, or may: so do its ancestors."""
        if not self._found:
            return
        at = path
        while at != paths.ROOT:
            self._found.pop(at, None)
            at = paths.parent(at)

    def forget_children(self, path: str, names: Iterable[str]) -> None:
        """The directory exists, with these children."""
        if not self._found:
            return
        self.forget(path)
        for name in names:
            self._found.pop(paths.join(path, name), None)

    def moved_to(self, path: str) -> None:
        """Something was renamed to the path: whatever lies below it came along. Cost: O(components)."""
        if not self._found:
            return
        self.forget(path)
        self._event += 1
        self._moved[path] = self._event
        self._moved.move_to_end(path)
        if len(self._moved) > self._capacity:
            _, self._trusted_after = self._moved.popitem(last=False)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._found.clear()
        self._moved.clear()


@dataclass(slots=True)
class _Synced:
    at_ms: int
    descendants: Descendants


class SyncTimes:
    """When paths were last compared with their under storage, how far down, and which were declared stale since."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._synced: OrderedDict[str, _Synced] = OrderedDict()
        self._stale_ms: OrderedDict[str, int] = OrderedDict()
        # Grows with every path declared stale, for those who keep answers.
        self.version = 0

    def is_due(self, path: str, now_ms: int, interval_ms: int, descendants: Descendants) -> bool:
        """Say whether a path has to be compared again.

        interval_ms  negative: never, unless the path was declared stale; 0: always
        """
        if interval_ms == 0:
            return True
        stale_ms = self._stale_since(path, descendants)
        if interval_ms < 0 and stale_ms is None:
            return False
        synced_ms = self._last(path, descendants)
        if synced_ms is None:
            return True
        if stale_ms is not None and synced_ms <= stale_ms:
            return True
        return interval_ms > 0 and now_ms - synced_ms >= interval_ms

    def _last(self, path: str, descendants: Descendants) -> int | None:
        """Return when the path was last compared far enough down: itself, or with a parent or an ancestor."""
        times = []
        own = self._synced.get(path)
        if own is not None and own.descendants >= descendants:
            times.append(own.at_ms)
        at = path
        while at != paths.ROOT:
            at = paths.parent(at)
            above = self._synced.get(at)
            if above is None:
                continue
            is_parent = at == paths.parent(path)
            if above.descendants is Descendants.ALL or (
                is_parent and above.descendants is Descendants.ONE and descendants is Descendants.NONE
            ):
                times.append(above.at_ms)
        return max(times, default=None)

    def _stale_since(self, path: str, descendants: Descendants) -> int | None:
        if not self._stale_ms:
            return None
        times = [self._stale_ms[path]] if path in self._stale_ms else []
        at = path
        while at != paths.ROOT:
            at = paths.parent(at)
            if at in self._stale_ms:
                times.append(self._stale_ms[at])
        if descendants is not Descendants.NONE:
            times += [ms for stale, ms in self._stale_ms.items() if paths.is_below(stale, path)]
        return max(times, default=None)

    def synced(self, path: str, now_ms: int, descendants: Descendants) -> None:
        self._synced[path] = _Synced(now_ms, descendants)
        self._synced.move_to_end(path)
        if len(self._synced) > self._capacity:
            self._synced.popitem(last=False)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._synced.clear()
        self._stale_ms.clear()

    def declare_stale(self, path: str, now_ms: int) -> None:
        """The next access to the path, or to something above or below it, compares it whatever the interval is."""
        self.version += 1
        self._stale_ms[path] = now_ms
        self._stale_ms.move_to_end(path)
        if len(self._stale_ms) > self._capacity:
            self._stale_ms.popitem(last=False)
