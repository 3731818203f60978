"""Writing files that live only here into the under storage, on the master's command.

The master names a file and its blocks; this worker copies the blocks into a file of the under storage whose temporary
name follows from the file's id, and reports that with its next heartbeat. The master then gives the file its final
name, which may have changed meanwhile. A file that fails is tried again a few times, after pauses that double; then it
waits until the master orders it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pyalluxio.client.retry import RETRYABLE
from pyalluxio.errors import AlluxioError, BlockDoesNotExist, NotFound, UfsError, Unavailable
from pyalluxio.ids import BlockId
from pyalluxio.ufs import CreateOptions, UfsWriter, fingerprint
from pyalluxio.ufs.persist_path import persist_path
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.ufs_mounts import Mount, UfsMounts

log = logging.getLogger(__name__)

TASKS_MAX = 4
FILES_MAX = 1024  # more than that waits at the master
# Together less than the time after which the master orders the file again, perhaps from somebody else.
RETRY_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
REFUSED_PAUSE_S = 30.0
_COPY_BYTES = 4 << 20


class Persister:
    """Persists files in a few tasks; `start` before, `close` after."""

    def __init__(
        self,
        link: MasterLink,
        worker_id: Callable[[], int],
        blocks: LocalBlocks,
        mounts: UfsMounts,
        metrics: WorkerMetrics,
        interval_s: float = 1.0,
        timeout_s: float = 300.0,
    ) -> None:
        self._link = link
        self._worker_id = worker_id
        self._blocks = blocks
        self._mounts = mounts
        self._metrics = metrics
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._queue: asyncio.Queue[tuple[int, list[int]]] = asyncio.Queue()
        self._busy: set[int] = set()
        self._done: dict[int, str] = {}  # file id -> fingerprint, until the master has taken note
        self._failures: dict[int, int] = {}  # busy file id -> failed attempts
        self._tasks: list[asyncio.Task[None]] = []
        self._something_is_done = asyncio.Event()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(), name=f"persist-{n}") for n in range(TASKS_MAX)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self) -> None:
        """Report and take orders for ever; at once when a file is done."""
        failing = False
        while True:
            pause_s = self._interval_s
            try:
                await self.exchange()
                failing = False
            except AlluxioError as error:
                # An official master has this call, but answers INTERNAL: its own job service persists files.
                if error.status not in RETRYABLE:
                    pause_s = REFUSED_PAUSE_S
                if not failing:
                    log.warning("No orders to persist files could be fetched: %s", error)
                failing = True
            self._something_is_done.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._something_is_done.wait()
            except TimeoutError:
                continue

    async def exchange(self) -> None:
        """Report what is done and queue what is ordered."""
        if not self._worker_id():
            return
        reported = dict(self._done)
        orders = await self._link.files_to_persist(self._worker_id(), reported, self._timeout_s)
        for file_id in reported:
            del self._done[file_id]
        for file_id, block_ids in orders:
            if file_id not in self._busy and file_id not in self._done and len(self._busy) < FILES_MAX:
                self._busy.add(file_id)
                self._queue.put_nowait((file_id, block_ids))

    async def _work(self) -> None:
        while True:
            file_id, block_ids = await self._queue.get()
            try:
                text = await self.persist(file_id, block_ids)
                if text is not None:
                    self._done[file_id] = text
                    self._metrics.add(counters.FILES_PERSISTED)
                self._leave(file_id)
                self._something_is_done.set()
            except AlluxioError as error:
                self._fail(file_id, block_ids, error)

    def _fail(self, file_id: int, block_ids: list[int], error: AlluxioError) -> None:
        failures = self._failures.get(file_id, 0)
        if isinstance(error, BlockDoesNotExist) or failures >= len(RETRY_PAUSES_S):
            log.error("File %d was not persisted; the master decides who tries next: %s", file_id, error)
            self._leave(file_id)
            return
        self._failures[file_id] = failures + 1
        pause_s = RETRY_PAUSES_S[failures]
        log.warning("File %d was not persisted, next attempt in %g s: %s", file_id, pause_s, error)
        asyncio.get_running_loop().call_later(pause_s, self._queue.put_nowait, (file_id, block_ids))

    def _leave(self, file_id: int) -> None:
        self._busy.discard(file_id)
        self._failures.pop(file_id, None)

    async def persist(self, file_id: int, block_ids: list[int]) -> str | None:
        """Write one file; return its fingerprint, or None if the file was deleted meanwhile."""
        info = await self._file(file_id)
        if info is None:
            return None
        mount = await self._mounts.get(info.mountId)
        path = persist_path(mount.uri, file_id)
        writer = await mount.ufs.create(path, CreateOptions(info.owner, info.group, info.mode & 0o777))
        try:
            written = 0
            for block_id in block_ids or info.blockIds:
                written += await self._copy_block(BlockId(block_id), writer, mount)
            if written != info.length:
                raise Unavailable(f"File {file_id} has {info.length} bytes; its blocks here have {written}.")
            await writer.close()
        except BaseException:
            await writer.abort()
            raise
        status = await mount.ufs.status(path)
        if status is None or status.length_bytes != info.length:
            raise UfsError(f"{path} is not there with {info.length} bytes after it was written.")
        log.info("Wrote file %d (%s) for the master to publish", file_id, info.ufsPath)
        return fingerprint.of_status(mount.ufs.type_name, status).text()

    async def _file(self, file_id: int) -> Any | None:
        try:
            return await self._link.file_info(file_id)
        except NotFound:
            return None

    async def _copy_block(self, block_id: BlockId, writer: UfsWriter, mount: Mount) -> int:
        reader = self._blocks.open_reader(block_id)
        if reader is None:
            raise BlockDoesNotExist(f"Block {block_id} is not on this worker.")
        try:
            position = 0
            while position < reader.length_bytes:
                data = await reader.read(position, min(_COPY_BYTES, reader.length_bytes - position))
                await writer.write(data)
                position += len(data)
                self._metrics.add(counters.BYTES_WRITTEN_PER_UFS, len(data), mount.uri)
            return position
        finally:
            reader.close()
