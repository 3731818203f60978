"""The cluster's counters: what workers and clients report of their own, summed up under `Cluster.` names.

Reports are differences since the last one, so a sum is all there is to keep; nothing is kept per worker or client. Only
counters with a source count. `BytesReadPerUfs` and `BytesWrittenPerUfs` are summed per under storage and in all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyalluxio.wire.gen.common_pb2 import MetricType

# (instance, name) as reported -> the names it is added to; a name that ends with "." gets the UFS tag.
_SUMS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Worker", "BytesReadDirect"): ("Cluster.BytesReadDirect",),
    ("Worker", "BytesReadRemote"): ("Cluster.BytesReadRemote",),
    ("Worker", "BytesReadDomain"): ("Cluster.BytesReadDomain",),
    ("Worker", "BytesReadCache"): ("Cluster.BytesReadCache",),
    ("Worker", "BytesWrittenRemote"): ("Cluster.BytesWrittenRemote",),
    ("Worker", "BytesWrittenDomain"): ("Cluster.BytesWrittenDomain",),
    ("Worker", "BytesReadPerUfs"): ("Cluster.BytesReadPerUfs.", "Cluster.BytesReadUfsAll"),
    ("Worker", "BytesWrittenPerUfs"): ("Cluster.BytesWrittenPerUfs.", "Cluster.BytesWrittenUfsAll"),
    ("Worker", "ActiveRpcReadCount"): ("Cluster.ActiveRpcReadCount",),
    ("Worker", "ActiveRpcWriteCount"): ("Cluster.ActiveRpcWriteCount",),
    ("Client", "BytesReadLocal"): ("Cluster.BytesReadLocal",),
    ("Client", "BytesWrittenLocal"): ("Cluster.BytesWrittenLocal",),
}
_TOTALS = tuple(name for names in _SUMS.values() for name in names if not name.endswith("."))
_THROUGHPUTS = tuple(name for name in _TOTALS if name.startswith("Cluster.Bytes") and name != "Cluster.BytesReadCache")
# Sources may name under storages as they like; beyond this many, bytes count in the totals only.
UFS_COUNT_MAX = 1_000
THROUGHPUT_INTERVAL_MS = 60_000


class ClusterMetrics:
    """Counters by name, and bytes a minute over the last full minute."""

    def __init__(self, now_ms: int) -> None:
        self.counters: dict[str, float] = dict.fromkeys(_TOTALS, 0)
        self.throughputs: dict[str, float] = {f"{name}Throughput": 0 for name in _THROUGHPUTS}
        self._minute_began_ms = now_ms
        self._at_minute: dict[str, float] = dict(self.counters)

    def take(self, metrics: Iterable[Any], source: str = "") -> None:
        """Add counters that a worker or client has sent, as `alluxio.grpc.Metric`; others are ignored.

        source   of all of them, where the metrics do not say themselves
        """
        for metric in metrics:
            if metric.metricType != MetricType.COUNTER or not (metric.source or source):
                continue
            for name in _SUMS.get((metric.instance, metric.name), ()):
                self._add(name, metric)

    def _add(self, name: str, metric: Any) -> None:
        if name.endswith("."):
            name = f"{name}UFS:{metric.tags.get('UFS', '')}"
            if name not in self.counters and len(self.counters) >= len(_TOTALS) + UFS_COUNT_MAX:
                return
        self.counters[name] = self.counters.get(name, 0) + metric.value

    def refresh(self, now_ms: int) -> None:
        """Renew the throughputs when a minute has passed since the last time."""
        passed_ms = now_ms - self._minute_began_ms
        if passed_ms < THROUGHPUT_INTERVAL_MS:
            return
        for name in _THROUGHPUTS:
            moved = self.counters[name] - self._at_minute.get(name, 0)
            self.throughputs[f"{name}Throughput"] = moved * 60_000 // passed_ms
        self._minute_began_ms = now_ms
        self._at_minute = dict(self.counters)

    def cache_hit_rate(self) -> float:
        """Return the share of the bytes read that came from workers' caches, 0.0 before anything was read."""
        cached = self.counters["Cluster.BytesReadLocal"] + self.counters["Cluster.BytesReadCache"]
        everything = cached + self.counters["Cluster.BytesReadUfsAll"]
        return cached / everything if everything else 0.0

    def clear(self, now_ms: int) -> None:
        """Begin to count from nothing."""
        self.counters = dict.fromkeys(_TOTALS, 0)
        self.throughputs = dict.fromkeys(self.throughputs, 0)
        self._minute_began_ms = now_ms
        self._at_minute = dict(self.counters)
