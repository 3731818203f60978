"""Blocks of this worker as streams use them: the store's decisions and the files, changed in one step.

No `await` stands between a decision and the file operations it asks for, so nobody sees a block that is decided but not
there, and an evicted block's file cannot be deleted after the block came back.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pyalluxio.errors import (
    AlluxioError,
    BlockDoesNotExist,
    ConfigurationError,
    DeadlineExceeded,
    InvariantViolated,
    OutOfRange,
)
from pyalluxio.ids import BlockId, InodeId, SessionId, file_id_of_block
from pyalluxio.worker.blocks import PERMISSIONS, BlockFiles, FoundBlock, failed
from pyalluxio.worker.store import (
    BlockIsRead,
    BlockStore,
    CommittedBlock,
    Evicted,
    TemporaryBlock,
)
from pyalluxio.worker.tier_config import TierDirectory

log = logging.getLogger(__name__)

REMOVE_TIMEOUT_S = 60.0
GROW_BYTES_MIN = 1 << 20
DISK_THREADS_MAX = 16
_COPY_BYTES = 8 << 20

_T = TypeVar("_T")


class LocalBlocks:
    """The block store and its files."""

    def __init__(self, store: BlockStore, files: BlockFiles, lost_storage: dict[str, list[str]] | None = None) -> None:
        self.store = store
        self.files = files
        self.lost_storage = lost_storage or {}  # tier alias -> directories that could not be opened
        self.evicted_count = 0
        self._waiting: dict[BlockId, list[asyncio.Future[None]]] = {}
        self._threads = ThreadPoolExecutor(DISK_THREADS_MAX, thread_name_prefix="blocks")

    @classmethod
    def open(
        cls,
        directories: list[TierDirectory],
        temporary_folder: str,
        subfolders_max: int,
        permissions: int = PERMISSIONS,
    ) -> LocalBlocks:
        """Open every directory and take in the blocks found there.

        A directory that cannot be opened becomes lost storage, unless none is left.
        Raises:   ConfigurationError: no directory can be used.
        """
        store = BlockStore([directory.spec for directory in directories])
        ordered = sorted(directories, key=lambda directory: directory.spec.tier)
        paths = {where: directory.path for where, directory in zip(store.locations, ordered, strict=True)}
        files = BlockFiles(
            paths, temporary_folder=temporary_folder, subfolders_max=subfolders_max, permissions=permissions
        )
        good: list[TierDirectory] = []
        found: list[list[FoundBlock]] = []
        lost: dict[str, list[str]] = {}
        for where, directory in zip(store.locations, ordered, strict=True):
            try:
                found.append(files.open(where, directory.spec.capacity_bytes))
                good.append(directory)
            except ConfigurationError as error:
                if len(directories) == 1:
                    files.close()
                    raise
                log.error("Lost storage: %s", error)
                lost.setdefault(directory.spec.tier_alias, []).append(directory.path)
        if not good:
            raise ConfigurationError("No storage directory of this worker can be used; the errors above say why.")
        if lost:
            files.close()
            again = cls.open(good, temporary_folder, subfolders_max, permissions)
            for alias, lost_paths in lost.items():
                again.lost_storage.setdefault(alias, []).extend(lost_paths)
            return again
        for blocks, where in zip(found, store.locations, strict=True):
            for block in blocks:
                if not store.adopt(block.block_id, block.length_bytes, where):
                    log.warning("Deleting block %d: it exceeds the quota of %s", block.block_id, paths[where])
                    files.remove(where, block.block_id)
                elif block.is_pinned:
                    store.pin_at_creation(file_id_of_block(block.block_id))
        return cls(store, files)

    def close(self) -> None:
        self._threads.shutdown(wait=False)
        self.files.close()

    # --- writing ------------------------------------------------------------------------------------------------

    def create(
        self,
        session_id: SessionId,
        block_id: BlockId,
        reserve_bytes: int,
        *,
        tier: int = 0,
        medium: str = "",
        pin: bool = False,
    ) -> str:
        """Begin a block; return the path of its empty file.

        Raises:   BlockAlreadyExists.  OutOfSpace.  DiskFull: the file system has less room than the quota.
        """
        placed = self.store.create(session_id, block_id, reserve_bytes, tier=tier, medium=medium, pin=pin)
        self._delete(placed.evicted)
        try:
            return self.files.create_temporary(placed.location, session_id, block_id, pin=pin)
        except BaseException:
            self.store.abort(session_id, block_id)
            raise

    def grow(self, session_id: SessionId, block_id: BlockId, more_bytes: int) -> None:
        self._delete(self.store.grow(session_id, block_id, more_bytes))

    def open_writer(self, session_id: SessionId, block_id: BlockId) -> BlockWriter:
        """Return a writer into a block that `create` began."""
        block = self._temporary(session_id, block_id)
        path = self.files.temporary_path(block.location, session_id, block_id)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise failed(error, path) from error
        return BlockWriter(self, block, descriptor)

    def commit(self, session_id: SessionId, block_id: BlockId) -> CommittedBlock:
        """Make a written block readable, with the length its file has.

        Raises:   BlockDoesNotExist: this session does not write it.  OutOfSpace: the file is longer than was reserved
                  and there is no room for the rest.
        """
        block = self._temporary(session_id, block_id)
        length = self.files.temporary_length(block.location, session_id, block_id)
        if length > block.reserved_bytes:
            self.grow(session_id, block_id, length - block.reserved_bytes)
        self.files.commit(block.location, session_id, block_id)
        return self.store.commit(session_id, block_id, length)

    def abort(self, session_id: SessionId, block_id: BlockId) -> None:
        self._discard(self.store.abort(session_id, block_id))

    def end_session(self, session_id: SessionId) -> None:
        """Throw away whatever the session left unfinished."""
        for block in self.store.end_session(session_id):
            self._discard(block)

    # --- reading ------------------------------------------------------------------------------------------------

    def open_reader(self, block_id: BlockId) -> BlockReader | None:
        """Return a reader that keeps the block from being removed; None if it is not here or its file is damaged."""
        block = self.store.lock(block_id)
        if block is None:
            return None
        descriptor = self.files.open_block(block.location, block_id, block.length_bytes)
        if descriptor is not None:
            return BlockReader(self, block, descriptor)
        self.unlock(block)
        try:
            self.store.remove(block_id)
            self.files.remove(block.location, block_id)
        except BlockIsRead:
            log.error("Damaged block %d stays until its readers have ended", block_id)
        return None

    def unlock(self, block: CommittedBlock) -> None:
        self.store.unlock(block)
        if block.readers == 0:
            for waiter in self._waiting.pop(block.block_id, ()):
                if not waiter.done():
                    waiter.set_result(None)

    # --- removing and moving ------------------------------------------------------------------------------------

    async def remove(self, block_id: BlockId, timeout_s: float = REMOVE_TIMEOUT_S) -> bool:
        """Delete a block; waits for its readers. False if it is not here.

        Raises:   DeadlineExceeded: readers kept it for `timeout_s`.  FailedPrecondition: it is being written.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        block = self.store.remove(block_id)
                        break
                    except BlockIsRead:
                        await self._until_unread(block_id)
        except TimeoutError:
            raise DeadlineExceeded(
                f"Block {block_id} was being read for {timeout_s:g} s; it is removed at the next try after that."
            ) from None
        if block is not None:
            self.files.remove(block.location, block_id)
        return block is not None

    async def _until_unread(self, block_id: BlockId) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(block_id, []).append(waiter)
        await waiter

    async def move(self, session_id: SessionId, block_id: BlockId, medium: str) -> None:
        """Move a block to a directory of `medium`; nothing to do if it is there.

        Raises:   BlockDoesNotExist, InvalidArgument, OutOfSpace as the store does; BlockIsRead: somebody reads it.
        """
        placed = self.store.begin_move(session_id, block_id, medium)
        if placed is None:
            return
        self._delete(placed.evicted)
        block = self.store.lock(block_id)
        assert block is not None, "a block that a move began with is here"
        target = self.files.block_path(placed.location, block_id)
        try:
            pin = file_id_of_block(block_id) in self.store.creation_pins()
            source = self.files.create_temporary(placed.location, session_id, block_id, pin=pin)
            await self.in_thread(_copy, self.files.block_path(block.location, block_id), source)
            self.files.commit(placed.location, session_id, block_id)
            old = self.store.finish_move(block, placed.location)
        except BaseException:
            self.store.abort_move(block, placed.location)
            self.files.remove_temporary(placed.location, session_id, block_id)
            if os.path.exists(target):  # noqa: PTH110, ASYNC240 - a rename away from here; no disk is waited for
                self.files.remove(placed.location, block_id)
            raise
        finally:
            self.unlock(block)
        self.files.remove(old, block_id)

    async def remove_all(self) -> None:
        """Delete every block that nobody reads."""
        for block in list(self.store.blocks()):
            try:
                await self.remove(block.block_id, timeout_s=0.0)
            except DeadlineExceeded:
                log.info("Kept block %d: it is being read", block.block_id)

    # --- pins ---------------------------------------------------------------------------------------------------

    def set_master_pins(self, file_ids: Collection[int]) -> None:
        """Replace the master's pin list; from now on it decides about the files it names."""
        before = self.store.creation_pins()
        self.store.set_master_pins(file_ids)
        self._unmark(before - self.store.creation_pins())

    def release_creation_pins(self, file_ids: Collection[InodeId]) -> None:
        self.store.release_creation_pins(file_ids)
        self._unmark(file_ids)

    def _unmark(self, file_ids: Collection[InodeId]) -> None:
        for file_id in file_ids:
            for block_id in self.store.blocks_of_file(file_id):
                block = self.store.committed(block_id)
                if block is not None:
                    self.files.unpin(block.location, block_id)

    # --- parts --------------------------------------------------------------------------------------------------

    async def in_thread(self, function: Callable[..., _T], *args: object) -> _T:
        """Run a call that may wait for a disk; a cancelled caller waits for it too.

        Otherwise the caller would close a descriptor that the thread is about to write to, and whose number the next
        opened file gets.
        """
        running = asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
        except OSError as error:
            raise failed(error, str(error.filename or "a block's file")) from error

    def _temporary(self, session_id: SessionId, block_id: BlockId) -> TemporaryBlock:
        block = self.store.temporary(block_id)
        if block is None or block.session_id != session_id:
            raise BlockDoesNotExist(f"Block {block_id} is not being written by this stream.")
        return block

    def _delete(self, evicted: list[Evicted]) -> None:
        for block in evicted:
            self.files.remove(block.location, block.block_id)
        self.evicted_count += len(evicted)

    def _discard(self, block: TemporaryBlock) -> None:
        self.files.remove_temporary(block.location, block.session_id, block.block_id)


class BlockReader:
    """A block open for reading. Close it, or it can never be removed."""

    def __init__(self, blocks: LocalBlocks, block: CommittedBlock, descriptor: int) -> None:
        self._blocks = blocks
        self._block = block
        self._descriptor = descriptor
        self.length_bytes = block.length_bytes
        self.path = blocks.files.block_path(block.location, block.block_id)
        self.is_in_memory = blocks.files.is_in_memory(block.location)

    async def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`."""
        # A thread costs more than copying from memory does; a disk must not hold up the loop.
        if self.is_in_memory:
            data = os.pread(self._descriptor, length, offset)
        else:
            data = await self._blocks.in_thread(os.pread, self._descriptor, length, offset)
        if len(data) != length:
            raise OutOfRange(
                f"Block {self._block.block_id} ended at {offset + len(data)}; {offset + length} bytes were expected."
            )
        return data

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._blocks.unlock(self._block)


class BlockWriter:
    """Appends to a block being written and reserves room as it grows."""

    def __init__(self, blocks: LocalBlocks, block: TemporaryBlock, descriptor: int) -> None:
        self._blocks = blocks
        self._block = block
        self._descriptor = descriptor
        self._is_in_memory = blocks.files.is_in_memory(block.location)
        self.session_id = block.session_id
        self.block_id = block.block_id
        self.position = 0

    async def write(self, data: bytes | memoryview) -> None:
        """Append. Raises OutOfSpace, and nothing is written, if there is no room for `data`."""
        missing = self.position + len(data) - self._block.reserved_bytes
        if missing > 0:
            self._reserve(missing)
        if self._is_in_memory:
            try:
                _write_all(self._descriptor, data, self.position)
            except OSError as error:
                raise failed(error, "of a block being written") from error
        else:
            await self._blocks.in_thread(_write_all, self._descriptor, data, self.position)
        self.position += len(data)

    def _reserve(self, missing: int) -> None:
        try:
            self._blocks.grow(self.session_id, self.block_id, max(missing, GROW_BYTES_MIN))
        except AlluxioError:
            if missing >= GROW_BYTES_MIN:
                raise
            self._blocks.grow(self.session_id, self.block_id, missing)

    async def read(self, offset: int, length: int) -> bytes:
        """Return bytes written so far, to copy them elsewhere."""
        data: bytes = await self._blocks.in_thread(os.pread, self._descriptor, length, offset)
        return data

    def close(self) -> None:
        """Close the file; the block still has to be committed or aborted."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _write_all(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    written = os.pwrite(descriptor, data, offset)
    while written < len(data):
        view = memoryview(data)[written:]
        more = os.pwrite(descriptor, view, offset + written)
        if more <= 0:
            raise InvariantViolated(f"pwrite of {len(view)} bytes wrote {more}.")
        written += more


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as reader, open(target, "r+b") as writer:  # noqa: PTH123 - runs in a thread, paths are text
        while data := reader.read(_COPY_BYTES):
            writer.write(data)
