"""What a worker says of itself on its web port."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.reporting import Reporting

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration


@dataclass(slots=True)
class WorkerStatus:
    """The parts that the answers are made from."""

    conf: Configuration
    blocks: LocalBlocks
    metrics: WorkerMetrics
    reporting: Reporting
    rpc_address: str
    started_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def info(self) -> dict[str, Any]:
        """Return the answer of `/api/v1/worker/info`, in the words of 2.9."""
        store = self.blocks.store
        capacity, used = store.capacity_bytes_on_tiers(), store.used_bytes_on_tiers()
        paths: dict[str, list[str]] = {}
        for location in store.locations:
            paths.setdefault(location.tier_alias, []).append(self.blocks.files.directory(location))
        return {
            "rpcAddress": self.rpc_address,
            "startTimeMs": self.started_ms,
            "uptimeMs": time.time_ns() // 1_000_000 - self.started_ms,
            "version": self.conf.text("alluxio.version"),
            "capacity": {"total": sum(capacity.values()), "used": sum(used.values())},
            "tierCapacity": {alias: {"total": capacity[alias], "used": used[alias]} for alias in capacity},
            "tierPaths": paths,
            "blockCount": store.block_count,
            "workerId": self.reporting.worker_id,
            "isRegistered": self.reporting.is_registered,
            "masters": self.reporting.masters(),
            "lostStorage": self.blocks.lost_storage,
            "configuration": {
                entry.name: entry.value for entry in self.conf.as_properties("WORKER") if entry.value is not None
            },
            "metrics": self.metric_values(),
        }

    def metric_values(self) -> dict[str, int]:
        """Return every counter and gauge by its full name."""
        store = self.blocks.store
        capacity, used = sum(store.capacity_bytes_on_tiers().values()), sum(store.used_bytes_on_tiers().values())
        values = {
            "Worker.CapacityTotal": capacity,
            "Worker.CapacityUsed": used,
            "Worker.CapacityFree": capacity - used,
            "Worker.BlocksCached": store.block_count,
            "Worker.BlocksEvicted": self.blocks.evicted_count,
            "Worker.ActiveRpcReadCount": self.metrics.active_reads,
            "Worker.ActiveRpcWriteCount": self.metrics.active_writes,
        }
        for (name, ufs), value in self.metrics.values().items():
            tag = f".UFS:{ufs.replace('/', '%2F')}" if ufs else ""
            values[f"Worker.{name}{tag}"] = value
        return dict(sorted(values.items()))

    def operations(self) -> dict[str, int]:
        """Return how busy the worker is; a decommissioning waits until it is not."""
        return {"operationCount": self.metrics.active_reads + self.metrics.active_writes, "rpcQueueLength": 0}
