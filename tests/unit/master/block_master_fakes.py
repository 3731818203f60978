"""A block master with a clock, metadata and journal that a test moves by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from pyalluxio.errors import AlluxioError
from pyalluxio.master.block_master import BlockMaster, BlockMasterOptions
from pyalluxio.master.block_service import BlockMasterClientService, BlockMasterWorkerService
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import BlockStoreLocationProto, LocalityTier, TieredIdentity, WorkerNetAddress
from pyalluxio.wire.handlers import Call
from pyalluxio.wire.sasl import ANONYMOUS

CALL = Call(ANONYMOUS)


class FakeClock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms


class FakeMetadata:
    """Blocks by id; `orphans` are those whose file is gone."""

    def __init__(self) -> None:
        self.lengths: dict[int, int] = {}
        self.orphans: set[int] = set()

    def block_length(self, block_id: int) -> int | None:
        return self.lengths.get(block_id)

    def unknown_blocks(self, block_ids: Sequence[int]) -> list[int]:
        return [block_id for block_id in block_ids if block_id not in self.lengths]

    def is_orphan(self, block_id: int) -> bool:
        return block_id in self.orphans


class FakeJournal:
    def __init__(self, metadata: FakeMetadata) -> None:
        self.metadata = metadata
        self.committed: list[tuple[int, int]] = []

    async def commit_block(self, block_id: int, length: int) -> None:
        self.committed.append((block_id, length))
        self.metadata.lengths[block_id] = length


class FakeMetrics:
    def __init__(self) -> None:
        self.taken: list[Any] = []

    def take(self, metrics: Iterable[Any]) -> None:
        self.taken += metrics


class Fixture:
    """A leading block master past its safe mode, with its two services."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.metadata = FakeMetadata()
        self.journal = FakeJournal(self.metadata)
        self.metrics = FakeMetrics()
        self.leading = True
        self.led: AlluxioError | None = None  # what a majority says of the leadership, asked now
        self.blocks = BlockMaster(
            BlockMasterOptions(**options),
            metadata=self.metadata,
            journal=self.journal,
            clock=self.clock,
            leads=lambda: self.leading,
            term=lambda: 3,
            confirm=self._confirm,
        )
        self.blocks.gained_leadership()
        self.clock.ms += self.blocks.options.worker_connect_wait_ms
        self.client = BlockMasterClientService(self.blocks)
        self.worker = BlockMasterWorkerService(self.blocks, self.metrics)

    async def _confirm(self) -> None:
        if self.led is not None:
            raise self.led

    async def upkeep(self) -> None:
        await self.blocks.look_around()

    async def let_pass(self, ms: int) -> None:
        """Let time pass as the process does, with a look at the workers every few seconds."""
        while ms > 0:
            step_ms = min(ms, 5_000)
            self.clock.ms += step_ms
            ms -= step_ms
            await self.upkeep()

    async def registered(self, host: str = "w1", block_ids: Sequence[int] = ()) -> int:
        answer = await self.worker.get_worker_id(pb.GetWorkerIdPRequest(workerNetAddress=net_address(host)), CALL)
        requests = [first_message(answer.workerId, block_ids)]
        answers = [a async for a in self.worker.register_worker_stream(stream_of(requests), CALL)]
        assert answers == [pb.RegisterWorkerPResponse()]
        return answer.workerId


async def stream_of(messages: Iterable[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def net_address(host: str = "w1") -> WorkerNetAddress:
    """Return an address as official workers send it: the rack has a name and no value."""
    return WorkerNetAddress(
        host=host,
        containerHost="",
        rpcPort=29999,
        dataPort=29999,
        webPort=30000,
        domainSocketPath="",
        tieredIdentity=TieredIdentity(tiers=[LocalityTier(tierName="node", value=host), LocalityTier(tierName="rack")]),
    )


def block_list(block_ids: Sequence[int], tier: str = "MEM") -> pb.LocationBlockIdListEntry:
    return pb.LocationBlockIdListEntry(
        key=BlockStoreLocationProto(tierAlias=tier, mediumType=tier), value=pb.BlockIdList(blockId=block_ids)
    )


def first_message(worker_id: int, block_ids: Sequence[int] = ()) -> pb.RegisterWorkerPRequest:
    request = pb.RegisterWorkerPRequest(
        workerId=worker_id,
        storageTiers=["MEM"],
        totalBytesOnTiers={"MEM": 1000},
        usedBytesOnTiers={"MEM": 100},
        currentBlocks=[block_list(block_ids)] if block_ids else [],
    )
    request.options.buildVersion.version = "2.9.6"
    request.options.buildVersion.revision = "f61a8b08"
    request.options.numVCpu = 4
    request.options.configs.add(name="alluxio.worker.rpc.port", source="DEFAULT", value="29999")
    return request
