"""Kept statuses: equal to fresh ones always, whatever changed in between."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pyalluxio.journal.entries import BlockInfoEntry, UpdateInodeEntry, UpdateInodeFileEntry
from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.info_bytes import InfoBytes
from pyalluxio.master.ops import bootstrap, create_directory, create_file, get_new_block_id, rename
from pyalluxio.master.ops.context import BlockLocation, Journaling, OpContext, OpSettings, ReadContext
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.file_info import file_info
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.store import LmdbStore
from pyalluxio.wire.gen import common_pb2, file_system_master_pb2


class World:
    """A namespace on LMDB, with places of blocks that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.store = LmdbStore(folder)
        self.settings = OpSettings(MountInfo("/", "/ufs", 1))
        self.places: dict[int, list[object]] = {}
        self.now_ms = 1000
        self.infos = InfoBytes(lambda block_id: list(self.places.get(block_id, ())), capacity=4)

    def locations(self, block_id: int) -> list[BlockLocation]:
        addresses = [common_pb2.WorkerNetAddress(host=str(place)) for place in self.places.get(block_id, ())]
        return [BlockLocation(7, address, "MEM", "MEM", 0) for address in addresses]

    def write(self, operation) -> object:  # type: ignore[no-untyped-def]
        self.now_ms += 1
        tx = self.store.begin()
        journaling = Journaling(tx)
        context = OpContext(
            tx=tx,
            user="root",
            groups=("root",),
            settings=self.settings,
            now_ms=self.now_ms,
            emit=journaling.emit,
            effects=journaling.effects,
            ids=IdAllocator(tx),
            random_id=lambda: 1,
        )
        result = operation(context)
        tx.commit()
        return result

    def kept_and_fresh(self, path: str) -> tuple[bytes, bytes]:
        with self.store.read() as tx:
            context = ReadContext(tx, "root", ("root",), self.settings, self.now_ms, self.locations)
            inode = lookup(tx, path).inode
            assert inode is not None
            kept = self.infos.make(context, inode, path)
            message = file_info_message(file_info(context, inode, path))
        return kept, file_system_master_pb2.GetStatusPResponse(fileInfo=message).SerializeToString()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.write(lambda context: bootstrap.run(context, "cluster"))
    return world


def test_kept_status_follows_every_change(world: World) -> None:
    """A stale status would show a client a file that is complete, cached or renamed when it is not."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    rng = random.Random(seed)
    world.write(lambda context: create_directory.run(context, CreateDirectoryRequest("/d0", mode=0o755)))
    names = [f"f{number}" for number in range(6)]
    for name in names:
        request = CreateFileRequest(f"/d0/{name}", block_size_bytes=10, replication_max=-1, mode=0o644)
        world.write(lambda context, request=request: create_file.run(context, request))
    folder, blocks, token = "/d0", [], 0
    for _ in range(400):
        name = rng.choice(names)
        path = f"{folder}/{name}"
        kept, fresh = world.kept_and_fresh(path)
        assert kept == fresh
        assert world.kept_and_fresh(path)[0] == fresh
        match rng.randrange(5):
            case 0:
                world.write(
                    lambda context, path=path: context.emit(
                        UpdateInodeEntry(id=lookup(context.tx, path).inode.id, pinned=rng.random() < 0.5)
                    )
                )
            case 1:
                block = world.write(lambda context, path=path: get_new_block_id.run(context, path))
                world.write(lambda context, block=block: context.emit(BlockInfoEntry(block_id=block, length=10)))
                blocks.append(block)
            case 2 if blocks:
                token += 1
                world.places[rng.choice(blocks)] = [token] if rng.random() < 0.7 else []
            case 3:
                target = "/d1" if folder == "/d0" else "/d0"
                request = RenameRequest(folder, target)
                world.write(lambda context, request=request: rename.run(context, request))
                folder = target
            case 4:
                world.write(
                    lambda context, path=path: context.emit(
                        UpdateInodeFileEntry(id=lookup(context.tx, path).inode.id, length=rng.randrange(100))
                    )
                )
