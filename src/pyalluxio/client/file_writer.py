"""Writing a file: bytes go to blocks on workers, to the under storage, or to both, as the write type says.

    MUST_CACHE, TRY_CACHE    blocks
    CACHE_THROUGH            blocks and under storage; when the blocks fail the file goes on without them
    THROUGH                  under storage
    ASYNC_THROUGH            blocks, pinned; the master persists the file after it is complete

A full block is flushed at once and committed when the file is closed: committed earlier, it could be evicted before the
file is complete. Only the oldest of very many blocks are committed earlier, since each holds a stream open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from pyalluxio.client import options as request_options
from pyalluxio.client.block_writer import (
    BlockWriter,
    LocalBlockWriter,
    RemoteWriter,
    WriteLimits,
    block_command,
    ufs_file_command,
)
from pyalluxio.client.context import Context
from pyalluxio.client.file_info import FileInfo, WorkerAddress
from pyalluxio.client.policy import Policy, worker_for_block
from pyalluxio.errors import AlluxioError, InvalidArgument, Status, from_status

log = logging.getLogger(__name__)

BLOCKS_OPEN_MAX = 64
_ANOTHER_WORKER = frozenset(
    {Status.UNAVAILABLE, Status.CANCELLED, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED, Status.UNAUTHENTICATED}
)


class AsyncFileWriter:
    """A file being written; used by one task at a time. It exists for readers once `close` has returned."""

    def __init__(
        self,
        context: Context,
        status: FileInfo,
        write_type: str,
        *,
        replication: int = 1,
        persistence_wait_ms: int = 0,
        policy: Policy | None = None,
        acl: Any = None,
    ) -> None:
        settings = self._settings = context.settings_at(status.path)
        self._context = context
        self.status = status
        self._write_type = write_type
        self._replication = max(1, replication)
        self._persistence_wait_ms = persistence_wait_ms
        self._policy = policy or settings.write_policy
        self._acl = acl
        self._block_size = status.block_size_bytes
        self._limits = WriteLimits(
            chunk_bytes=settings.writer_chunk_bytes,
            reserve_bytes=min(self._block_size, settings.reserve_bytes),
            data_timeout_s=settings.write_timeout_s,
            flush_timeout_s=settings.flush_timeout_s,
            close_timeout_s=settings.close_timeout_s,
        )
        self._with_blocks = write_type != "THROUGH"
        self._with_ufs = write_type in ("CACHE_THROUGH", "THROUGH")
        self._held = bytearray()
        self._position = 0  # handed on, without what is held
        self._current: list[BlockWriter] = []
        self._current_position = 0
        self._finished: list[list[BlockWriter]] = []
        self._block_count = 0
        self._ufs: RemoteWriter | None = None
        self._failed: set[WorkerAddress] = set()
        self._state = "open"
        self._failure: AlluxioError | None = None

    # --- the file interface -----------------------------------------------------------------------------------------

    def tell(self) -> int:
        """Return the bytes written so far."""
        return self._position + len(self._held)

    async def write(self, data: Any) -> int:
        """Append bytes and return their number; small writes are gathered into chunks.

        An error ends the file: what follows it would leave a hole, so nothing can be written or completed any more.
        """
        self._check_open()
        try:
            return await self._write(data)
        except BaseException as error:
            await self._drop(error)
            raise

    async def _write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        chunk = self._limits.chunk_bytes
        if len(self._held) + len(view) < chunk:
            self._held += view
            return len(view)
        start = 0
        if self._held:
            start = chunk - len(self._held)
            self._held += view[:start]
            held, self._held = self._held, bytearray()
            await self._send(memoryview(held))
        rest = len(view) - start
        whole = rest - rest % chunk
        if whole:
            await self._send(view[start : start + whole])
        self._held += view[start + whole :]
        return len(view)

    async def flush(self) -> None:
        """Wait until workers and under storage have everything written so far."""
        self._check_open()
        try:
            await self._send_held()
            await self._flush()
        except BaseException as error:
            await self._drop(error)
            raise

    async def _flush(self) -> None:
        try:
            for writer in self._current:
                await writer.flush()
        except AlluxioError as error:
            await self._blocks_failed(error)
        if self._ufs is not None:
            await self._ufs.flush()

    async def close(self) -> None:
        """Commit all blocks and complete the file; on an error the file stays incomplete and the error is raised.

        Raises:   the error that ended the file, if one did: closing must not look like success.
        """
        if self._failure is not None:
            raise self._failure
        if self._state != "open":
            return
        try:
            await self._send_held()
            self._state = "closing"
            await self._commit()
        except BaseException as error:
            await self._drop(error)
            raise
        self._state = "closed"

    async def cancel(self) -> None:
        """Drop everything; the incomplete file stays in the namespace until it is deleted."""
        if self._state == "open":
            await self._drop()

    async def __aenter__(self) -> AsyncFileWriter:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.close()
        else:
            await self.cancel()

    # --- sending ----------------------------------------------------------------------------------------------------

    async def _send_held(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            await self._send(memoryview(held))

    async def _send(self, view: memoryview) -> None:
        if self._with_ufs and self._ufs is None:
            await self.open_ufs()
        if self._with_blocks:
            try:
                await self._send_to_blocks(view)
            except AlluxioError as error:
                await self._blocks_failed(error)
        if self._ufs is not None:
            await self._ufs.write(view)
        self._position += len(view)

    async def _send_to_blocks(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            if not self._current:
                await self._open_block()
            part = view[done : done + min(len(view) - done, self._block_size - self._current_position)]
            await _all([writer.write(part) for writer in self._current])
            self._current_position += len(part)
            done += len(part)
            if self._current_position == self._block_size:
                await self._finish_block()

    async def _open_block(self) -> None:
        """Take a new block id and open it on as many workers as there shall be copies."""
        block_id = await self._context.master.new_block_id(self.status.path, self._block_count)
        self._block_count += 1
        self._current, self._current_position = [], 0
        used: set[WorkerAddress] = set()
        for copy in range(self._replication):
            try:
                writer, address = await self._open_copy(block_id, used)
            except AlluxioError as error:
                if copy == 0:
                    raise
                log.warning("Block %d has %d of %d copies: %s", block_id, copy, self._replication, error)
                return
            self._current.append(writer)
            used.add(address)

    async def _open_copy(self, block_id: int, used: set[WorkerAddress]) -> tuple[BlockWriter, WorkerAddress]:
        """Open a block on a worker, on another one when the first cannot."""
        last: AlluxioError | None = None
        while True:
            workers = await self._context.workers(fresh=last is not None)
            try:
                address = worker_for_block(
                    workers, self._block_size, self._settings.locality, self._policy, self._failed | used
                )
            except AlluxioError as error:
                raise self._told(last) if last is not None else error from error
            try:
                return await self._open_on(address, block_id), address
            except AlluxioError as error:
                if error.status not in _ANOTHER_WORKER:
                    raise
                log.info("The worker at %s cannot take block %d: %s", address, block_id, error)
                self._failed.add(address)
                last = error

    async def _open_on(self, address: WorkerAddress, block_id: int) -> BlockWriter:
        settings, context = self._settings, self._context
        channel = context.channel(address)
        tier, medium = settings.defaults.write_tier, settings.target_media
        pin = self._write_type == "ASYNC_THROUGH"
        if context.may_short_circuit(address, settings):
            try:
                return await LocalBlockWriter.open(
                    channel, block_id, tier=tier, medium=medium, pin=pin, limits=self._limits
                )
            except OSError as error:
                context.short_circuit_failed(address, error)
        space = self._limits.reserve_bytes
        command = block_command(block_id, tier=tier, medium=medium, pin=pin, space_bytes=space)
        return await RemoteWriter.open(channel, command, self._limits)

    async def open_ufs(self) -> None:
        """Open the file of the under storage, through one worker for the whole file."""
        last: AlluxioError | None = None
        while self._ufs is None:
            workers = await self._context.workers(fresh=last is not None)
            try:
                address = worker_for_block(workers, 0, self._settings.locality, self._policy, self._failed)
            except AlluxioError as error:
                raise self._told(last) if last is not None else error from error
            status = self.status
            command = ufs_file_command(
                ufs_path=status.ufs_path,
                mount_id=status.mount_id,
                owner=status.owner,
                group=status.group,
                mode=status.mode,
                acl=self._acl,
            )
            try:
                self._ufs = await RemoteWriter.open(self._context.channel(address), command, self._limits)
            except AlluxioError as error:
                if error.status not in _ANOTHER_WORKER:
                    raise
                self._failed.add(address)
                last = error

    def _told(self, error: AlluxioError) -> AlluxioError:
        """Return an error of the last worker with the file it is about: a worker knows blocks only."""
        return from_status(error.status, f"Cannot write {self.status.path}: {error}")

    async def _finish_block(self) -> None:
        await _all([writer.flush() for writer in self._current])
        self._finished.append(self._current)
        self._current, self._current_position = [], 0
        if len(self._finished) > BLOCKS_OPEN_MAX:
            await _all([writer.close() for writer in self._finished.pop(0)])

    async def _blocks_failed(self, error: AlluxioError) -> None:
        """Without the under storage a failed block fails the file; with it the file goes on uncached."""
        if self._write_type != "CACHE_THROUGH":
            raise error
        log.warning("%s is written to the under storage only, caching it failed: %s", self.status.path, error)
        self._with_blocks = False
        self._cancel_blocks()

    # --- ending -----------------------------------------------------------------------------------------------------

    async def _commit(self) -> None:
        if self._with_blocks:
            try:
                blocks = [*self._finished, self._current]
                await _all([writer.close() for copies in blocks for writer in copies])
            except AlluxioError as error:
                await self._blocks_failed(error)
        ufs_length: int | None = None
        content_hash: str | None = None
        if self._with_ufs:
            if self._ufs is None:
                await self.open_ufs()
            assert self._ufs is not None
            await self._ufs.close()
            ufs_length, content_hash = self._position, self._ufs.content_hash
        persist = self._write_type == "ASYNC_THROUGH" and self._persistence_wait_ms != -1
        options = request_options.complete_file(
            self._settings.defaults,
            ufs_length=ufs_length,
            content_hash=content_hash,
            persist=persist,
            persistence_wait_ms=self._persistence_wait_ms,
        )
        await self._context.master.complete_file(self.status.path, options)

    async def _drop(self, error: BaseException | None = None) -> None:
        self._state = "cancelled"
        self._failure = error if isinstance(error, AlluxioError) else None
        self._held = bytearray()
        self._cancel_blocks()
        if self._ufs is not None:
            self._ufs.cancel()

    def _cancel_blocks(self) -> None:
        for copies in [*self._finished, self._current]:
            for writer in copies:
                writer.cancel()
        self._finished, self._current = [], []

    def _check_open(self) -> None:
        if self._state != "open":
            raise InvalidArgument(f"{self.status.path} cannot be written: it is {self._state}.")


async def _all(works: Sequence[Any]) -> None:
    """Await every one, at the same time when there are several; the first error is raised after all have ended."""
    if len(works) == 1:
        await works[0]
        return
    for result in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
