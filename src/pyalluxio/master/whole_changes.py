"""Changes that are applied as a whole or not at all, although they take several steps and their leader may die.

    begin   the intent is in the journal                      one commit, shared with whatever else commits then
    steps   the under storage is changed, make-it-so
    end     the operation's last entries, and the end of the intent, in one batch

Rule 1: an operation that changes a storage begins before its first step. One that only takes several batches begins in
        the first of them; one that is a single batch needs no intent.
Rule 2: an operation that fails ends its intent before the caller hears of it, in the batch of its answer or in one of
        its own. If even that cannot be journaled, the operation is completed later, under its lock, as rule 3 says.
Rule 3: the next leader carries out anew what was begun and not ended, and serves clients then. What takes long, since
        the storage does, stays locked and goes on while others are served. What turns out to be impossible is ended
        and logged.
Rule 4: the lock outlives the intent, so that no two intents and no other write touch one path.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextvars import ContextVar
from typing import Any

from pyalluxio.errors import AlluxioError, Busy, DiskFull, NotLeader, Unavailable, Unknown
from pyalluxio.master.confirmation import Fence
from pyalluxio.master.ops import intents
from pyalluxio.master.ops.intents import Intent
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.path_locks import PathLock, PathLocks
from pyalluxio.master.pipeline import Batch, Pipeline

log = logging.getLogger(__name__)

# A leader whose journal took no change a moment ago, its disk full perhaps, tries again after so long.
RETRY_S = 1.0
# What a storage refuses so often, it will go on to refuse.
ATTEMPTS_MAX = 10


# Set in the tasks that complete what an earlier leader began: they may work before clients are served.
is_completing: ContextVar[bool] = ContextVar("is_completing", default=False)


class Whole:
    """One operation that is to be whole, from its intent to its end."""

    __slots__ = ("changes_storage", "inode_id", "intent", "is_resumed", "number")

    def __init__(self, intent: Intent, number: int, inode_id: int | None = None) -> None:
        """inode_id  where the intent is in the journal already; None if it is not"""
        self.intent = intent
        self.number = number
        self.inode_id = inode_id
        self.changes_storage = False
        # Somebody else sees to its end.
        self.is_resumed = inode_id is not None

    def begin(self, batch: Batch) -> None:
        """Record the intent."""
        self.inode_id = intents.begin(batch.tx, batch.emit, self.intent, self.number)

    def is_begun(self, batch: Batch) -> bool:
        """Say whether the intent is recorded."""
        return self.inode_id is not None and intents.is_begun(batch.tx, self.inode_id, self.number)

    def end(self, batch: Batch) -> None:
        """Take the intent out again, if there is one."""
        if self.inode_id is not None:
            intents.end(batch.tx, batch.emit, self.inode_id, self.number)

    def around(self, operation: Callable[[Batch], Any]) -> Callable[[Batch], Any]:
        """Return the operation with the end of the intent in its last batch, whether it succeeds or fails."""

        def run(batch: Batch) -> Any:
            try:
                result = operation(batch)
            except StalePlan:
                raise  # it is planned again, under the same intent or another one
            except AlluxioError:
                self.end(batch)
                raise
            if isinstance(result, Generator):
                return self._in_chunks(result, batch)
            self.end(batch)
            return result

        return run

    def _in_chunks(self, chunks: Generator[None, Batch, Any], batch: Batch) -> Generator[None, Batch, Any]:
        try:
            next(chunks)
            while True:
                if self.inode_id is None:
                    self.begin(batch)
                batch = yield
                chunks.send(batch)
        except StopIteration as stop:
            self.end(batch)
            return stop.value
        except StalePlan:
            raise
        except AlluxioError:
            self.end(batch)
            raise
        finally:
            chunks.close()


# The intent of an operation, in the journal already, and the lock on its paths.
Begun = tuple[Whole, PathLock]


class WholeChanges:
    """Begins, ends and settles intents on the leading master."""

    def __init__(
        self,
        pipeline: Pipeline,
        locks: PathLocks,
        carry_out: Callable[[Whole, PathLock], Awaitable[Any]],
        at_work: set[asyncio.Future[Any]],
    ) -> None:
        """
        carry_out  runs the operation of an intent, under a lock that is held already
        at_work    what is given up when the process ends
        """
        self._pipeline = pipeline
        self._locks = locks
        self._carry_out = carry_out
        self._at_work = at_work
        self._is_closed = False

    def close(self) -> None:
        """Begin nothing any more: the process ends, and whoever leads next completes what was begun."""
        self._is_closed = True

    async def begin(self, whole: Whole | None, lock: PathLock, fence: Fence) -> None:
        """Return once the intent is in the journal: before the first step in a storage.

        Raises:   NotLeader; Busy; DiskFull: nothing was begun, or the next leader completes it.
        """
        if whole is None or whole.inode_id is not None:
            return
        whole.changes_storage = True
        fence.check()
        await self._pipeline.submit(whole.begin, (), lock)

    async def failed(self, whole: Whole | None, lock: PathLock, fence: Fence, error: BaseException) -> None:
        """End the intent of an operation that ended with `error`, which the caller raises afterwards.

        Raises:   NotLeader: the next leader may complete it, so `error` is not the last word.
        """
        if whole is None or whole.inode_id is None or whole.is_resumed or self._is_closed:
            return
        try:
            fence.check()
        except NotLeader:
            return  # what is in the journal belongs to the new term, whoever leads in it
        if not isinstance(error, asyncio.CancelledError):
            try:
                await self._end(whole, lock, fence)
            except NotLeader:
                raise
            except AlluxioError as refused:
                log.warning("%s failed and is to be completed later: %s", _described(whole), refused)
            else:
                return
        task = asyncio.create_task(self._settle(whole, lock, fence), name="settle-intent")
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        lock.keep_for(task)

    async def _end(self, whole: Whole, lock: PathLock, fence: Fence) -> None:
        fence.check()
        await self._pipeline.submit(whole.end, (), lock)

    async def _settle(self, whole: Whole, lock: PathLock, fence: Fence) -> None:
        """Complete what its caller gave up in a storage; end what it gave up between two chunks."""
        if whole.changes_storage:
            await self._resume(whole, lock, fence)
        else:
            await self._forget(whole, lock, fence)

    async def finish(self, found: tuple[int, int, bytes]) -> None:
        """Complete what an earlier leader began: (inode id, number, recorded intent).

        To be run in a task of its own, before anything is served. It takes its lock in its first step.
        """
        is_completing.set(True)
        inode_id, number, value = found
        try:
            intent = intents.decode(value)
        except AlluxioError as error:
            log.warning("%s", error)
            fence = self._pipeline.fence()
            await self._journaled(fence, lambda batch: intents.end(batch.tx, batch.emit, inode_id, number), None)
            return
        async with self._locks.hold(intent.paths, None) as lock:
            await self._resume(Whole(intent, number, inode_id), lock, self._pipeline.fence())

    async def _resume(self, whole: Whole, lock: PathLock, fence: Fence) -> None:
        """Carry out anew what was begun; what turns out to be impossible is ended."""
        whole.is_resumed = True
        if not await self._journaled(fence, whole.is_begun, lock):
            return
        attempts = 0
        while True:
            try:
                fence.check()
                await self._carry_out(whole, lock)
                log.info("%s was begun and left; it is completed now.", _described(whole))
                return
            except NotLeader:
                return
            except AlluxioError as error:
                attempts += 1
                is_passing = isinstance(error, (Unknown, Unavailable)) and attempts < ATTEMPTS_MAX
                if is_passing or isinstance(error, (Busy, DiskFull)):
                    log.warning("%s is not completed yet, another attempt follows: %s", _described(whole), error)
                    await asyncio.sleep(RETRY_S)
                    continue
                log.warning("%s was begun and left; it cannot be completed: %s", _described(whole), error)
                await self._forget(whole, lock, fence)
                return
            except Exception:
                # A mistake of ours; tried at every start, it would keep the cluster down.
                log.exception("%s was begun and left; it failed and is given up.", _described(whole))
                await self._forget(whole, lock, fence)
                return

    async def _forget(self, whole: Whole, lock: PathLock, fence: Fence) -> None:
        await self._journaled(fence, whole.end, lock)

    async def _journaled(self, fence: Fence, operation: Callable[[Batch], Any], lock: PathLock | None) -> Any:
        """Run an operation that the journal has to take, sooner or later; None once the leadership is lost."""
        while True:
            try:
                fence.check()
                return await self._pipeline.submit(operation, (), lock)
            except NotLeader:
                return None
            except AlluxioError as error:
                log.warning("The journal takes no change at the moment, another attempt follows: %s", error)
            await asyncio.sleep(RETRY_S)


def _described(whole: Whole) -> str:
    request = whole.intent.request
    return f"{type(request).__name__.removesuffix('Request')} of {request.path}"
