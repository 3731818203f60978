"""OpenLocalBlock and CreateLocalBlock: clients on this machine use the block's file themselves.

The stream is the lock: while it is open the block cannot be removed, or its temporary file is theirs. Half-close ends
it well, which for a new block means commit; anything else throws a new block away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pyalluxio.errors import AlluxioError, BlockDoesNotExist, InvalidArgument, ResourceExhausted
from pyalluxio.ids import BlockId, SessionId
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.arguments import check_block_id
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import Commit
from pyalluxio.worker.sessions import for_stream, new_session

KEPT_AFTER_FAILURE_S = 60.0


class ShortCircuit:
    """Serves both calls."""

    def __init__(self, blocks: LocalBlocks, commit: Commit, metrics: WorkerMetrics) -> None:
        self._blocks = blocks
        self._commit = commit
        self._metrics = metrics

    async def open_local_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        """Answer the path of a block and keep it locked until the client half-closes."""
        reader = None
        try:
            async for request in requests:
                if reader is not None:
                    raise InvalidArgument("OpenLocalBlock opens one block a stream; this is the second request.")
                check_block_id(request.block_id, "OpenLocalBlock")
                block_id = BlockId(request.block_id)
                reader = self._blocks.open_reader(block_id)
                if reader is None:
                    raise BlockDoesNotExist(f"Block {block_id} is not on this worker.")
                self._metrics.add(counters.BLOCKS_ACCESSED)
                self._metrics.add(counters.BLOCKS_READ_LOCAL)
                yield pb.OpenLocalBlockResponse(path=reader.path)
        except AlluxioError as error:
            raise for_stream(error) from error
        finally:
            if reader is not None:
                reader.close()

    async def create_local_block(self, requests: AsyncIterator[Any], call: Any) -> AsyncIterator[Any]:
        """Answer the path of a new file, reserve more room on request, commit when the client half-closes."""
        session = new_session()
        is_kept = False
        block_id: BlockId | None = None
        keeps_failed = False
        try:
            async for request in requests:
                if block_id is None:
                    block_id = BlockId(request.block_id)
                    keeps_failed = request.HasField("cleanup_on_failure") and not request.cleanup_on_failure
                    yield pb.CreateLocalBlockResponse(path=self._create(session, block_id, request))
                elif request.only_reserve_space and request.block_id == block_id:
                    self._blocks.grow(session, block_id, request.space_to_reserve)
                    yield pb.CreateLocalBlockResponse()
                else:
                    raise InvalidArgument(f"CreateLocalBlock creates one block a stream; this one is {block_id}.")
            if block_id is not None:
                block = self._blocks.commit(session, block_id)
                await self._commit(block)
                self._metrics.add(counters.BYTES_WRITTEN_DIRECT, block.length_bytes)
        except ResourceExhausted as error:
            if keeps_failed:
                # The client carries on in the under storage, and takes what is written so far from here.
                asyncio.get_running_loop().call_later(KEPT_AFTER_FAILURE_S, self._blocks.end_session, session)
                is_kept = True
            raise for_stream(error) from error
        except AlluxioError as error:
            raise for_stream(error) from error
        finally:
            if not is_kept:
                self._blocks.end_session(session)

    def _create(self, session: SessionId, block_id: BlockId, request: Any) -> str:
        check_block_id(block_id, "CreateLocalBlock")
        if request.only_reserve_space:
            raise InvalidArgument(f"CreateLocalBlock begins with a block id and no reservation; it got {block_id}.")
        return self._blocks.create(
            session,
            block_id,
            request.space_to_reserve,
            tier=request.tier,
            medium=request.medium_type,
            pin=request.pin_on_create,
        )
