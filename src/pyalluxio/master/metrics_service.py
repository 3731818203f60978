"""`MetricsMasterClientService`: clients report counters, shells read all metrics of the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyalluxio.master.block_master import BlockMaster
from pyalluxio.master.cluster_metrics import ClusterMetrics
from pyalluxio.master.workers import WorkerState
from pyalluxio.wire.gen import metric_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import MetricType
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.metric.MetricsMasterClientService"


def no_more() -> Mapping[str, float]:
    """Return no metrics besides the cluster's."""
    return {}


class MetricsMasterClientService:
    """`alluxio.grpc.metric.MetricsMasterClientService`."""

    def __init__(
        self,
        metrics: ClusterMetrics,
        blocks: BlockMaster,
        *,
        gauges: Callable[[], Mapping[str, float]] = no_more,
        counters: Callable[[], Mapping[str, float]] = no_more,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        """gauges, counters   the process's own, by their 2.9 names (`Master.…`); `clear` sets its counters back."""
        self._metrics = metrics
        self._blocks = blocks
        self._gauges = gauges
        self._counters = counters
        self._clear = clear

    async def metrics_heartbeat(self, request: pb.MetricsHeartbeatPRequest, call: Call) -> pb.MetricsHeartbeatPResponse:
        for reported in request.options.clientMetrics:
            self._metrics.take(reported.metrics, reported.source)
        return pb.MetricsHeartbeatPResponse()

    async def get_metrics(self, request: pb.GetMetricsPOptions, call: Call) -> pb.GetMetricsPResponse:
        self._metrics.refresh(self._blocks.clock.now_ms())
        gauges = {**self._metrics.throughputs, **self._cluster_gauges(), **self._gauges()}
        counters = {**self._metrics.counters, **self._counters()}
        values = {
            name: pb.MetricValue(doubleValue=value, metricType=MetricType.GAUGE) for name, value in gauges.items()
        }
        values |= {
            name: pb.MetricValue(doubleValue=value, metricType=MetricType.COUNTER) for name, value in counters.items()
        }
        return pb.GetMetricsPResponse(metrics=values)

    async def clear_metrics(self, request: pb.ClearMetricsPRequest, call: Call) -> pb.ClearMetricsPResponse:
        self._metrics.clear(self._blocks.clock.now_ms())
        self._clear()
        return pb.ClearMetricsPResponse()

    def _cluster_gauges(self) -> dict[str, float]:
        return cluster_gauges(self._metrics, self._blocks)


def cluster_gauges(metrics: ClusterMetrics, blocks: BlockMaster) -> dict[str, float]:
    """Return the cluster's gauges by their 2.9 names: workers, capacity over all and per tier, cache hit rate."""
    registry = blocks.registry
    capacity, used = registry.capacity_on_tiers(), registry.used_on_tiers()
    gauges: dict[str, float] = {
        "Cluster.Workers": len(registry.in_state(WorkerState.LIVE)),
        "Cluster.LostWorkers": len(registry.in_state(WorkerState.LOST)),
        "Cluster.CapacityTotal": sum(capacity.values()),
        "Cluster.CapacityUsed": sum(used.values()),
        "Cluster.CapacityFree": sum(capacity.values()) - sum(used.values()),
        "Cluster.CacheHitRate": metrics.cache_hit_rate(),
        "Master.LostBlockCount": len(registry.blocks.lost),
        "Master.ToRemoveBlockCount": sum(len(worker.to_remove) for worker in registry.in_state(WorkerState.LIVE)),
    }
    for tier in registry.global_tiers:
        gauges[f"Cluster.CapacityTotalTier{tier}"] = capacity.get(tier, 0)
        gauges[f"Cluster.CapacityUsedTier{tier}"] = used.get(tier, 0)
        gauges[f"Cluster.CapacityFreeTier{tier}"] = capacity.get(tier, 0) - used.get(tier, 0)
    return gauges
