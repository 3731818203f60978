"""Writing files through to the under storage after their creation, on the leading master.

A Python worker asks for work with every heartbeat of its own service, writes a file under a name that follows from its
id, and reports it; the master then gives it its final name, under a lock on the path, and records it. So a rename or a
delete meanwhile never leaves a file under its old name. Official workers cannot persist: a file whose blocks only they
hold is read from them by the master itself, a few at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pyalluxio.errors import AlluxioError, FileDoesNotExist, NotLeader
from pyalluxio.journal.entries import TO_BE_PERSISTED
from pyalluxio.master import persist_leftovers
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import persist_done
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.persist_queue import PersistQueue
from pyalluxio.master.state import inode_tree
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.tx import INODES, PUBLISHING
from pyalluxio.master.state.tx import TO_BE_PERSISTED as WAITING
from pyalluxio.ufs.persist_path import persist_path

log = logging.getLogger(__name__)

ORDERS_MAX = 64
OWN_TASKS_MAX = 4
PUBLISHED_AT_ONCE_MAX = 16
CHECK_INTERVAL_S = 1.0
# A worker that asked for work so recently is able to persist.
ASKED_WITHIN_MS = 15_000
SCAN_PAGE = 10_000
# More than leaders publish at once; the rest failed again and again, and waits like any other file.
UNFINISHED_MAX = 256


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A file that the master writes itself: its blocks in order, with their lengths."""

    file_id: int
    mount_id: int
    temp_ufs_path: str
    blocks: tuple[tuple[int, int], ...]


class Persistence:
    """Orders, reports, and the master's own writing."""

    def __init__(
        self,
        master: FileSystemMaster,
        holders: Callable[[int], Sequence[int]],
        write: Callable[[OwnTask], Awaitable[None]],
        wait_ms_max: int,
        registration_count: Callable[[int], int] = lambda worker_id: 1,
    ) -> None:
        """
        holders  the live workers that hold a block
        write    writes a file into its temporary place, reading the blocks from whoever holds them
        registration_count  how often a worker has registered here: more often than at its last order means that it
                            may have been restarted, and knows of no order then
        """
        self._master = master
        self._holders = holders
        self._write = write
        self._queue = PersistQueue(wait_ms_max)
        self._asked_ms: dict[int, int] = {}
        self._registration_count = registration_count
        self._registrations: dict[int, int] = {}
        self._own: set[asyncio.Task[None]] = set()
        self._has_room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    # --- the queue -------------------------------------------------------------------------------------------------

    def add(self, file_id: int, wait_ms: int = 0) -> None:
        self._queue.add(file_id, self._now_ms(), wait_ms)

    def _now_ms(self) -> int:
        return self._master.clock.now_ms()

    async def run(self) -> None:
        """Persist until cancelled, beginning with every file that waited under an earlier leader."""
        self._queue.clear()
        sweeping = asyncio.create_task(persist_leftovers.run(self._master), name="persist-leftovers")
        sweeping.add_done_callback(_log_mistake)
        try:
            await self._find_waiting()
            while True:
                try:
                    self._start_own()
                    for file_id in self._queue.expired(self._now_ms()):
                        await self._expire(file_id)
                except NotLeader:
                    # A leader that tries to hand over and fails refuses changes for a moment, and goes on.
                    self._master.check_serving()
                await self._own_task_ended()
        except NotLeader:
            return  # whoever leads now finds the files itself
        finally:
            for task in (sweeping, *self._own):
                task.cancel()

    async def _own_task_ended(self) -> None:
        """Return when the next file of the master's own may begin, and at the next check anyway."""
        self._has_room.clear()
        try:
            async with asyncio.timeout(CHECK_INTERVAL_S):
                await self._has_room.wait()
        except TimeoutError:
            return

    async def _expire(self, file_id: int) -> None:
        log.warning("File %d could not be persisted in time and stays in Alluxio only.", file_id)
        try:
            await self._master.write(None, lambda context: persist_done.expire(context, file_id))
        except NotLeader:
            self.add(file_id)
            raise
        except AlluxioError as error:
            log.warning("File %d could not be given up and is tried again: %s", file_id, error)
            self.add(file_id)

    async def _find_waiting(self) -> None:
        after = -1
        while True:
            with self._master.view() as context:
                page = [
                    file_id
                    for _, (file_id, _) in zip(range(SCAN_PAGE), context.tx.scan(WAITING, after + 1), strict=False)
                ]
            for file_id in page:
                self.add(file_id)
            if len(page) < SCAN_PAGE:
                return
            after = page[-1]
            await asyncio.sleep(0)

    # --- workers ---------------------------------------------------------------------------------------------------

    async def heartbeat(self, worker_id: int, persisted: Mapping[int, str | None]) -> list[tuple[int, tuple[int, ...]]]:
        """Record what a worker has written; return the files it shall write next, each with its block ids."""
        if persisted:
            await self._publish_all(persisted)
        now_ms = self._now_ms()
        self._asked_ms[worker_id] = now_ms
        registrations = self._registration_count(worker_id)
        if self._registrations.get(worker_id) != registrations:
            self._registrations[worker_id] = registrations
            # What it still works on it will not begin twice; what it forgot would wait for a minute otherwise.
            self._queue.release(worker_id)
        with self._master.view() as context:
            blocks: dict[int, tuple[int, ...]] = {}

            def wants(file_id: int) -> int | None:
                inode = self._waiting(context.tx.get(INODES, file_id), file_id)
                if inode is None or not inode.block_ids:
                    return None
                if any(worker_id not in self._holders(block_id) for block_id in inode.block_ids):
                    return None
                blocks[file_id] = inode.block_ids
                return inode.length_bytes

            return [(file_id, blocks[file_id]) for file_id in self._queue.take(now_ms, ORDERS_MAX, wants, worker_id)]

    async def _publish_all(self, file_ids: Collection[int]) -> None:
        """Publish what a worker has written, several at a time: they share their commits."""
        await self._master.write(None, lambda context: persist_done.begin(context, file_ids))
        room = asyncio.Semaphore(PUBLISHED_AT_ONCE_MAX)

        async def publish(file_id: int) -> None:
            async with room:
                await self._publish(file_id)

        results = await asyncio.gather(*(publish(file_id) for file_id in file_ids), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def finish_publications(self) -> None:
        """Go on with what an earlier leader was publishing when it ended. To be called before anything is served.

        Each file may have its final name in the storage already: had it been renamed or deleted before that is known,
        it would come back under its old name. The tasks take the locks of the paths in the loop's next step.
        """
        with self._master.view() as context:
            file_ids = [file_id for file_id, _ in islice(context.tx.scan(PUBLISHING), UNFINISHED_MAX)]
        for file_id in file_ids:
            task = asyncio.create_task(self._finish(file_id), name=f"publish-{file_id}")
            self._own.add(task)
            task.add_done_callback(self._own_ended)

    async def _finish(self, file_id: int) -> None:
        try:
            await self._publish(file_id)
        except NotLeader:
            return

    def _waiting(self, inode: Inode | None, file_id: int) -> Inode | None:
        """Return the inode if it is to be persisted; a file that is not leaves the queue."""
        if inode is None or inode.persistence_state != TO_BE_PERSISTED:
            self._queue.remove(file_id)
            return None
        return inode if inode.completed else None

    # --- the master's own ------------------------------------------------------------------------------------------

    def _start_own(self) -> None:
        """Begin to write files that no worker can: those of official workers, of several workers, and empty ones."""
        free = OWN_TASKS_MAX - len(self._own)
        if free <= 0:
            return
        now_ms = self._now_ms()
        for worker_id in [one for one, asked_ms in self._asked_ms.items() if now_ms - asked_ms > ASKED_WITHIN_MS]:
            del self._asked_ms[worker_id]
            self._registrations.pop(worker_id, None)
            # Others may hold the same blocks; a file that is written twice is published once.
            self._queue.release(worker_id)
        tasks: dict[int, OwnTask] = {}
        with self._master.view() as context:

            def wants(file_id: int) -> int | None:
                inode = self._waiting(context.tx.get(INODES, file_id), file_id)
                if inode is None or self._has_able_worker(inode):
                    return None
                path = inode_tree.path_of(context.tx, inode)
                mount = context.mounts.mount_of(path)
                tasks[file_id] = OwnTask(
                    file_id, mount.mount_id, persist_path(mount.ufs_uri, file_id), block_lengths(inode)
                )
                return inode.length_bytes

            for file_id in self._queue.take(now_ms, free, wants):
                task = asyncio.create_task(self._do_own(tasks[file_id]), name=f"persist-{file_id}")
                self._own.add(task)
                task.add_done_callback(self._own_ended)

    def _own_ended(self, task: asyncio.Task[None]) -> None:
        self._own.discard(task)
        self._has_room.set()
        _log_mistake(task)

    def _has_able_worker(self, inode: Inode) -> bool:
        """Say whether one worker that can persist holds every block, or none can be read at all just now."""
        common: set[int] | None = None
        for block_id in inode.block_ids:
            holders = set(self._holders(block_id))
            if not holders:
                return True  # nobody could do it: wait for the worker to come back
            common = holders if common is None else common & holders
        return common is not None and not common.isdisjoint(self._asked_ms)

    async def _do_own(self, task: OwnTask) -> None:
        try:
            await self._write(task)
        except AlluxioError as error:
            log.warning("File %d was not persisted, another attempt follows: %s", task.file_id, error)
            self._queue.failed(task.file_id, self._now_ms())
            return
        try:
            await self._publish_all((task.file_id,))
        except NotLeader:
            return  # whoever leads now publishes what was written, or writes it again

    async def _publish(self, file_id: int) -> None:
        """Give a written file its final name and record it; one that is gone meanwhile is removed."""
        with self._master.view() as context:
            inode = context.tx.get(INODES, file_id)
            waits = inode is not None and inode.persistence_state == TO_BE_PERSISTED
            path = inode_tree.path_of(context.tx, inode) if inode is not None and waits else None
        if path is None:
            # Deleted, or written twice: what this attempt left under its temporary name is of no use.
            self._queue.remove(file_id)
            await self._discard(file_id)
            return
        try:
            done = await self._master.write_planned(
                None,
                (path,),
                lambda context: persist_done.plan(context, file_id, self._temp_path(context, file_id)),
                lambda context, results: persist_done.run(context, file_id, results),
            )
        except NotLeader:
            raise
        except FileDoesNotExist:
            # Deleted while this waited for the lock.
            self._queue.remove(file_id)
            await self._discard(file_id)
            return
        except AlluxioError as error:
            log.warning("File %d was written but not published, another attempt follows: %s", file_id, error)
            done = False
        if done:
            self._queue.remove(file_id)
        else:
            self._queue.failed(file_id, self._now_ms())

    @staticmethod
    def _temp_path(context: ReadContext, file_id: int) -> str:
        inode = context.tx.get(INODES, file_id)
        if inode is None:
            raise FileDoesNotExist(f"File {file_id} was deleted while it was being persisted.")
        return persist_done.temp_path(context, inode)

    async def _discard(self, file_id: int) -> None:
        """Remove the content of a file that was deleted while a worker wrote it, wherever it was mounted."""
        with self._master.view() as context:
            mounts = [mount for mount in context.mounts.mounts.values() if not mount.read_only]
        fence = self._master.pipeline.fence()
        for mount in mounts:
            await fence.confirm()
            try:
                ufs = self._master.under_storages.of_mount(mount.mount_id)
                await ufs.delete_file(persist_path(mount.ufs_uri, file_id))
            except AlluxioError as error:
                log.warning("Could not look for what is left of file %d in %s: %s", file_id, mount.ufs_uri, error)


def _log_mistake(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # A mistake of ours; an order to write a file runs out, and it is tried again then.
        log.error("%s failed.", task.get_name(), exc_info=error)


def block_lengths(inode: Inode) -> tuple[tuple[int, int], ...]:
    """Return (block id, length in bytes) of a complete file, in order."""
    size, rest = inode.block_size_bytes, inode.length_bytes
    return tuple((block_id, min(size, rest - position * size)) for position, block_id in enumerate(inode.block_ids))
