"""The BlockWorker service: each RPC handed to the part that does it; no rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pyalluxio.ids import BlockId
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.arguments import check_block_id
from pyalluxio.worker.cache_requests import CacheRequests
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import ReadStreams
from pyalluxio.worker.sessions import MIGRATE
from pyalluxio.worker.short_circuit import ShortCircuit
from pyalluxio.worker.write_stream import WriteStreams

SERVICE = "alluxio.grpc.block.BlockWorker"


class BlockWorkerService:
    """Everything that clients and masters ask of a worker."""

    raw_requests = frozenset({"WriteBlock"})

    def __init__(
        self,
        blocks: LocalBlocks,
        metrics: WorkerMetrics,
        reads: ReadStreams,
        writes: WriteStreams,
        short_circuit: ShortCircuit,
        cache_requests: CacheRequests,
    ) -> None:
        self._blocks = blocks
        self._metrics = metrics
        self._reads = reads
        self._writes = writes
        self._short_circuit = short_circuit
        self._cache_requests = cache_requests

    def read_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        return self._reads.read_block(requests, call)

    def write_block(self, requests: AsyncIterator[bytes], call: Any) -> AsyncIterator[Any]:
        return self._writes.write_block(requests, call)

    def open_local_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        return self._short_circuit.open_local_block(requests, call)

    def create_local_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        return self._short_circuit.create_local_block(requests, call)

    async def cache(self, request: Any, call: Any) -> Any:
        return await self._cache_requests.cache(request, call)

    async def async_cache(self, request: Any, call: Any) -> Any:
        return await self._cache_requests.async_cache(request, call)

    async def load(self, request: Any, call: Any) -> Any:
        return await self._cache_requests.load(request, call)

    async def remove_block(self, request: Any, call: Any) -> Any:
        """Delete a block; one that is not here counts as deleted."""
        check_block_id(request.block_id, "RemoveBlock")
        if await self._blocks.remove(BlockId(request.block_id)):
            self._metrics.add(counters.BLOCKS_DELETED)
        return pb.RemoveBlockResponse()

    async def move_block(self, request: Any, call: Any) -> Any:
        check_block_id(request.block_id, "MoveBlock")
        await self._blocks.move(MIGRATE, BlockId(request.block_id), request.medium_type)
        return pb.MoveBlockResponse()

    async def clear_metrics(self, request: Any, call: Any) -> Any:
        self._metrics.clear()
        return pb.ClearMetricsResponse()

    async def free_worker(self, request: Any, call: Any) -> Any:
        """Delete every block that nobody reads."""
        await self._blocks.remove_all()
        return pb.FreeWorkerResponse()
