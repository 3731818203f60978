"""The master as a reader of blocks: from workers into a storage, whoever of them fails on the way."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from pyalluxio.errors import BlockDoesNotExist, UfsError, Unavailable
from pyalluxio.master.block_copier import BlockCopier
from pyalluxio.master.persistence import OwnTask
from pyalluxio.ufs.interface import UfsWriter
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.server import GRPCIO, Server
from tests.unit.client.small_cluster import WORKER, SmallWorker
from tests.unit.master.master_harness import MemoryStorage

FIRST, SECOND = bytes(range(256)) * 8192, b"the second block"  # 2 MB, of which chunks have 1 MB
TASK = OwnTask(7, 1, "/temp", ((1, len(FIRST)), (2, len(SECOND))))


class Storages:
    """Every mount is this storage."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage

    def of_mount(self, mount_id: int) -> MemoryStorage:
        return self._storage


@asynccontextmanager
async def copier(storage: MemoryStorage, *workers: SmallWorker) -> AsyncIterator[BlockCopier]:
    """Run the workers; each holds what is in its `blocks`."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            server = Server("127.0.0.1", 0, handlers_of(WORKER, worker), engine=GRPCIO)
            await server.start()
            stack.push_async_callback(server.stop, 0.1)
            worker.port = server.port

        def addresses(block_id: int) -> list[Any]:
            return [worker.address for worker in workers if block_id in worker.blocks]

        class InOrder(random.Random):
            def shuffle(self, x: Any) -> None:
                pass

        yield BlockCopier(Storages(storage), addresses, ChannelOptions(user="tester"), InOrder())  # type: ignore[arg-type]


def stored(storage: MemoryStorage) -> bytes | None:
    node = storage._nodes.get("/temp")
    return None if node is None else node.data


async def test_blocks_of_two_workers() -> None:
    storage = MemoryStorage()
    async with copier(storage, SmallWorker({1: FIRST}), SmallWorker({2: SECOND})) as copying:
        await copying.write(TASK)
    assert stored(storage) == FIRST + SECOND


async def test_another_worker_goes_on_where_the_first_one_failed() -> None:
    """Begun anew it would be read twice; gone on at a wrong place the file would be damaged for good."""
    storage = MemoryStorage()
    failing = SmallWorker({1: FIRST}, read_errors=[Unavailable("going down")], bytes_before_error=1 << 20)
    other = SmallWorker({1: FIRST, 2: SECOND})
    async with copier(storage, failing, other) as copying:
        await copying.write(TASK)
    assert stored(storage) == FIRST + SECOND
    assert [request.offset for request in other.reads] == [1 << 20, 0]


async def test_no_worker_is_left() -> None:
    storage = MemoryStorage()
    failing = SmallWorker({1: FIRST, 2: SECOND}, read_errors=[Unavailable("going down")])
    async with copier(storage, failing) as copying:
        with pytest.raises(Unavailable, match="going down"):
            await copying.write(TASK)
    async with copier(storage) as copying:
        with pytest.raises(BlockDoesNotExist, match="block 1"):
            await copying.write(TASK)
    assert stored(storage) is None


async def test_worker_that_has_less_than_it_should() -> None:
    storage = MemoryStorage()
    async with copier(storage, SmallWorker({1: FIRST, 2: SECOND}, cut_short=True)) as copying:
        with pytest.raises(Exception, match="ended at byte"):
            await copying.write(TASK)
    assert stored(storage) is None


async def test_storage_that_fails_is_no_fault_of_a_worker() -> None:
    """Asked for the same bytes again, another worker would add them to what the storage has taken already."""

    class Failing(MemoryStorage):
        async def create(self, path: str, *options: Any) -> UfsWriter:
            writer = await super().create(path, *options)
            write = writer.write

            async def once(data: bytes | memoryview) -> None:
                await write(data)
                writer.write = write  # type: ignore[method-assign]
                raise UfsError("The disk is full.")

            writer.write = once  # type: ignore[method-assign]
            return writer

    storage = Failing()
    workers = [SmallWorker({1: FIRST, 2: SECOND}) for _ in range(2)]
    async with copier(storage, *workers) as copying:
        with pytest.raises(UfsError, match="disk is full"):
            await copying.write(TASK)
    assert stored(storage) is None
    assert not workers[1].reads


async def test_empty_file_asks_nobody() -> None:
    storage = MemoryStorage()
    async with copier(storage) as copying:
        await copying.write(OwnTask(7, 1, "/temp", ()))
    assert stored(storage) == b""
