"""What this worker counts, and the part of it that heartbeats carry.

Counters travel as differences since the last report that arrived, for each master; zero differences are left out.
Names have no instance prefix on the wire; the page of this worker and `report` add `Worker.`.
"""

from __future__ import annotations

from collections.abc import Mapping

Key = tuple[str, str]  # counter name, UFS uri or ""

BYTES_READ_DIRECT = "BytesReadDirect"
BYTES_READ_REMOTE = "BytesReadRemote"
BYTES_READ_CACHE = "BytesReadCache"
BYTES_READ_PER_UFS = "BytesReadPerUfs"
BYTES_WRITTEN_REMOTE = "BytesWrittenRemote"
BYTES_WRITTEN_DIRECT = "BytesWrittenDirect"
BYTES_WRITTEN_PER_UFS = "BytesWrittenPerUfs"
BLOCKS_ACCESSED = "BlocksAccessed"
BLOCKS_CANCELLED = "BlocksCancelled"
BLOCKS_DELETED = "BlocksDeleted"
BLOCKS_READ_REMOTE = "BlocksReadRemote"
BLOCKS_READ_UFS = "BlocksReadUfs"
BLOCKS_READ_LOCAL = "BlocksReadLocal"
BLOCKS_CACHED_FAILED = "CacheFailedBlocks"
FILES_PERSISTED = "FilesPersisted"

_CLUSTER_WIDE = frozenset(
    {BYTES_READ_DIRECT, BYTES_READ_REMOTE, BYTES_READ_CACHE, BYTES_READ_PER_UFS}
    | {BYTES_WRITTEN_REMOTE, BYTES_WRITTEN_PER_UFS}
)


class WorkerMetrics:
    """Counters of one worker; used from its event loop only."""

    def __init__(self) -> None:
        self.active_reads = 0
        self.active_writes = 0
        self._counters: dict[Key, int] = {}
        self._reports: list[ReportedCounters] = []

    def add(self, name: str, amount: int = 1, ufs: str = "") -> None:
        key = (name, ufs)
        self._counters[key] = self._counters.get(key, 0) + amount

    def value(self, name: str, ufs: str = "") -> int:
        return self._counters.get((name, ufs), 0)

    def values(self) -> Mapping[Key, int]:
        return self._counters

    def open_reports(self) -> ReportedCounters:
        """Return a book of what one master was told; it begins with nothing."""
        reports = ReportedCounters(self._counters)
        self._reports.append(reports)
        return reports

    def clear(self) -> None:
        """Start over; what was not reported yet is lost, as ClearMetrics asks."""
        self._counters.clear()
        for reports in self._reports:
            reports.clear()


class ReportedCounters:
    """What one master was told of the cluster-wide counters."""

    def __init__(self, counters: Mapping[Key, int]) -> None:
        self._counters = counters
        self._reported: dict[Key, int] = {}

    def differences(self) -> dict[Key, int]:
        """Return what the counters gained since the last `mark`."""
        return {
            key: value - self._reported.get(key, 0)
            for key, value in self._counters.items()
            if key[0] in _CLUSTER_WIDE and value != self._reported.get(key, 0)
        }

    def mark(self, differences: Mapping[Key, int]) -> None:
        """The master has these."""
        for key, difference in differences.items():
            self._reported[key] = self._reported.get(key, 0) + difference

    def clear(self) -> None:
        self._reported.clear()
