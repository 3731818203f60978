"""The master as a reader of blocks: copies a file from workers into the under storage where no worker can do it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from pyalluxio.client.block_reader import ReadRange, RemoteBlockReader
from pyalluxio.errors import AlluxioError, BlockDoesNotExist
from pyalluxio.master.persistence import OwnTask
from pyalluxio.master.under_storages import UnderStorages
from pyalluxio.ufs.interface import UfsWriter
from pyalluxio.wire.channel import Channel, ChannelOptions

CHUNK_TIMEOUT_S = 60.0


class BlockCopier:
    """Streams files, one channel a block, with flow control from the storage back to the worker."""

    def __init__(
        self,
        under_storages: UnderStorages,
        addresses: Callable[[int], Sequence[Any]],
        options: ChannelOptions,
        rng: random.Random | None = None,
    ) -> None:
        """addresses  of the live workers that hold a block, as `WorkerNetAddress` messages"""
        self._under_storages = under_storages
        self._addresses = addresses
        self._options = options
        self._rng = rng or random.SystemRandom()

    async def write(self, task: OwnTask) -> None:
        """Write a file into its temporary place.

        Raises:   what the storage or the last worker asked failed with; nothing stays behind then.
        """
        ufs = self._under_storages.of_mount(task.mount_id)
        writer = await ufs.create(task.temp_ufs_path)
        try:
            for block_id, length_bytes in task.blocks:
                await self._copy(block_id, length_bytes, writer)
        except BaseException:
            await writer.abort()
            raise
        await writer.close()

    async def _copy(self, block_id: int, length_bytes: int, writer: UfsWriter) -> None:
        if length_bytes == 0:
            return
        addresses = list(self._addresses(block_id))
        self._rng.shuffle(addresses)
        if not addresses:
            raise BlockDoesNotExist(f"No worker holds block {block_id} at the moment.")
        done = 0
        for number, address in enumerate(addresses, start=1):
            try:
                await self._copy_from(f"{address.host}:{address.dataPort}", block_id, done, length_bytes, writer)
                return
            except _Interrupted as interrupted:
                done = interrupted.position
                if number == len(addresses):
                    raise interrupted.error from interrupted
        raise AssertionError("unreachable: the last address returns or raises")

    async def _copy_from(self, address: str, block_id: int, done: int, length_bytes: int, writer: UfsWriter) -> None:
        """Append what is left of a block.

        Raises:   _Interrupted: the worker failed.  What the storage failed with: nobody knows what it has then.
        """
        channel = Channel(address, self._options)
        position = done
        reader: RemoteBlockReader | None = None
        try:
            while True:
                try:
                    if reader is None:
                        what = ReadRange(block_id, position, length_bytes - position)
                        reader = await RemoteBlockReader.open(channel, what, CHUNK_TIMEOUT_S)
                    chunk = await reader.next_chunk()
                except AlluxioError as error:
                    raise _Interrupted(position, error) from error
                if chunk is None:
                    await reader.close()
                    return
                await writer.write(chunk)
                position += len(chunk)
        except BaseException:
            if reader is not None:
                reader.cancel()
            raise
        finally:
            await channel.close()


class _Interrupted(Exception):
    """A worker failed after some bytes; another one goes on where it stopped."""

    def __init__(self, position: int, error: AlluxioError) -> None:
        super().__init__(str(error))
        self.position = position
        self.error = error
