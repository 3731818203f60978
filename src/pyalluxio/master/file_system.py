"""The shell around the operations: contexts for readers and writers, locks and under-storage steps around plans.

read            a view of the committed state, for one answer or one page
write           an operation in a batch of the pipeline; it waits outside while a path it changes is locked
write_planned   plan on the committed state; without steps as `write`; else: lock, plan again, carry out, run
write_long      a generator of chunks, under a lock on what it works on
change          an operation of a client by its request, applied as a whole or not at all
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

from pyalluxio.conf import Configuration
from pyalluxio.errors import NotLeader
from pyalluxio.ids import ROOT_MOUNT_ID
from pyalluxio.master.access_times import AccessTimes
from pyalluxio.master.clock import Clock
from pyalluxio.master.confirmation import Fence
from pyalluxio.master.leader_calls import lost_leadership
from pyalluxio.master.ops import changes, delete, intents, set_access_times
from pyalluxio.master.ops.changes import ChangeRequest
from pyalluxio.master.ops.context import BlockLocation, Chunks, OpContext, OpSettings, ReadContext, in_batches
from pyalluxio.master.ops.delete import DeletePlan, DeleteRequest, UfsOutcome
from pyalluxio.master.ops.free import FreeResult
from pyalluxio.master.ops.intents import Intent
from pyalluxio.master.ops.ufs_steps import StalePlan, UfsResults, UfsStep
from pyalluxio.master.path_locks import PathLock, PathLocks
from pyalluxio.master.pipeline import LOCK_TIMEOUT_S, Batch, Pipeline
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.intents import NUMBER_BITS
from pyalluxio.master.state.mount_table import MountInfo, is_local, normalise_uri
from pyalluxio.master.state.tx import Store
from pyalluxio.master.under_storages import UnderStorages
from pyalluxio.master.whole_changes import Begun, Whole, WholeChanges, is_completing
from pyalluxio.path import has_prefix
from pyalluxio.wire.groups import GroupMapping

log = logging.getLogger(__name__)

T = TypeVar("T")
# Returns the steps, or does so in parts.
Plan = Callable[[ReadContext], "Generator[None, ReadContext, tuple[UfsStep, ...]] | tuple[UfsStep, ...]"]

PLANS_MAX = 5
_ROOT_OPTION = "alluxio.master.mount.table.root.option."


class Locations(Protocol):
    """What is known of block copies; volatile."""

    def locations(self, block_id: int) -> Sequence[BlockLocation]:
        """Return the live copies of a block, the fastest tier first."""

    def in_safe_mode(self) -> bool:
        """Say whether workers are still expected to register."""

    def drop(self, block_ids: Sequence[int]) -> None:
        """Have every worker remove its copies of these blocks."""


class FileSystemMaster:
    """Runs operations against the state and the under storages, on the leading master."""

    def __init__(
        self,
        conf: Configuration,
        store: Store,
        pipeline: Pipeline,
        locks: PathLocks,
        locations: Locations,
        groups: GroupMapping,
        clock: Clock,
        user: str,
        rng: random.Random | None = None,
    ) -> None:
        """user  the master's own, who owns the root and for whom background work runs"""
        self.settings = settings_of(conf)
        self.pipeline = pipeline
        self.locks = locks
        self.clock = clock
        self.user = user
        self.groups = groups
        self.access_times = AccessTimes.of(conf)
        self.under_storages = UnderStorages(conf, self.mount_by_id)
        self._store = store
        self._locations = locations
        self._rng = rng or random.SystemRandom()
        self._ids: IdAllocator | None = None
        self._at_work: set[asyncio.Future[Any]] = set()
        self.whole_changes = WholeChanges(pipeline, locks, self._carry_out_whole, self._at_work)
        # False until a new leader has prepared the state: an empty cluster has no root at first.
        self.is_serving = False

    def check_serving(self) -> None:
        """Raise NotLeader, naming the leader, unless this master leads and serves clients.

        What an earlier leader began is completed before clients are served.
        """
        if not (self.pipeline.is_leading and (self.is_serving or is_completing.get())):
            raise self.not_serving()

    def not_serving(self) -> NotLeader:
        """Return the error of a call that only a serving leader answers."""
        if self.pipeline.is_leading:
            return NotLeader("This master has just been elected and does not serve yet; try again.")
        return self.pipeline.not_leading()

    # --- reading ---------------------------------------------------------------------------------------------------

    @contextmanager
    def view(self, user: str | None = None, make_info: Callable[..., Any] | None = None) -> Iterator[ReadContext]:
        """Give a context on the committed state; nothing may be awaited inside.

        user  None for work of the master's own, which may begin before clients are served

        Raises:   NotLeader.
        """
        if user is None:
            self.pipeline.check_leading()
        else:
            self.check_serving()
        with self._store.read() as tx:
            yield self.read_context(tx, user, make_info)

    def read_context(
        self, tx: Any, user: str | None = None, make_info: Callable[..., Any] | None = None
    ) -> ReadContext:
        name = self.user if user is None else user
        return ReadContext(
            tx,
            name,
            self.groups.groups(name),
            self.settings,
            self.clock.now_ms(),
            self._locations.locations,
            self._locations.in_safe_mode(),
            make_info,
        )

    def mount_by_id(self, mount_id: int) -> MountInfo | None:
        with self._store.read() as tx:
            return self.read_context(tx).mounts.by_id(mount_id)

    # --- writing ---------------------------------------------------------------------------------------------------

    def reset_ids(self) -> None:
        """Begin a term: ids go on at the journaled limits."""
        self._ids = None

    def context_of(self, batch: Batch, user: str | None = None) -> OpContext:
        """Return the context of an operation in a batch."""
        name = self.user if user is None else user
        if self._ids is None:
            self._ids = IdAllocator(batch.tx)
        return OpContext(
            tx=batch.tx,
            user=name,
            groups=self.groups.groups(name),
            settings=self.settings,
            now_ms=self.clock.now_ms(),
            locations=self._locations.locations,
            safe_mode=self._locations.in_safe_mode(),
            emit=lambda entry: batch.emit(intents.guarded(batch.tx, entry)),
            effects=batch.effects,
            ids=self._ids,
            random_id=lambda: self._rng.getrandbits(63),
        )

    async def write(
        self,
        user: str | None,
        operation: Callable[[OpContext], T],
        paths: tuple[str, ...] = (),
        own_lock: PathLock | None = None,
        fence: Fence | None = None,
        whole: Whole | None = None,
    ) -> T:
        """Run an operation and return its result once it is committed; `paths` is what it changes."""
        self.check_serving()
        if fence is not None:
            fence.check()

        def run(batch: Batch) -> T:
            return operation(self.context_of(batch, user))

        return await self.pipeline.submit(run if whole is None else whole.around(run), paths, own_lock)

    async def write_planned(
        self,
        user: str | None,
        paths: tuple[str, ...],
        plan: Callable[[ReadContext], tuple[UfsStep, ...]],
        run: Callable[[OpContext, UfsResults], T],
        request: ChangeRequest | None = None,
        begun: Begun | None = None,
    ) -> T:
        """Run an operation whose plan may need the under storage first.

        request  what the operation is, if it has to be whole
        begun    its intent and the lock on its paths, if they are there already
        """
        with self.view(user) as context:
            steps = plan(context)
        if not steps and begun is None:
            try:
                return await self.write(user, lambda context: run(context, UfsResults()), paths)
            except StalePlan:
                pass  # it changed in between, and needs steps now

        async def submit(results: UfsResults, lock: PathLock, fence: Fence, whole: Whole | None) -> T:
            return await self.write(user, lambda context: run(context, results), paths, lock, fence, whole)

        return await self._write_with_storage(user, paths, locked_paths(paths, steps), plan, submit, request, begun)

    async def _write_with_storage(
        self,
        user: str | None,
        paths: tuple[str, ...],
        locked: tuple[str, ...],
        plan: Plan,
        submit: Callable[[UfsResults, PathLock, Fence, Whole | None], Awaitable[T]],
        request: ChangeRequest | None = None,
        begun: Begun | None = None,
    ) -> T:
        """Lock, plan, carry out the steps, submit; again as long as the namespace changes in between.

        All of it belongs to one term: what outlives that does no further step.
        """
        fence = self.pipeline.fence()
        for attempt in range(1, PLANS_MAX + 1):
            async with self._held(locked, begun) as lock:
                whole = self._whole(user, request, lock.paths, begun)
                try:
                    steps = await self._read_in_parts(user, plan)
                    if not all(any(has_prefix(step.path, held) for held in lock.paths) for step in steps):
                        if begun is not None:
                            raise StalePlan.at(paths[0])
                        locked = locked_paths(paths, steps)
                        continue  # parents disappeared meanwhile: lock what has to be created now
                    work = self._carry_out_and_submit(steps, submit, lock, fence, whole)
                    return await (self._to_the_end(work, lock) if steps else work)
                except StalePlan:
                    if attempt == PLANS_MAX:
                        raise
        raise StalePlan.at(paths[0])

    async def _carry_out_and_submit(
        self,
        steps: Sequence[UfsStep],
        submit: Callable[[UfsResults, PathLock, Fence, Whole | None], Awaitable[T]],
        lock: PathLock,
        fence: Fence,
        whole: Whole | None,
    ) -> T:
        try:
            if any(intents.changes_storage(step) for step in steps):
                await self.whole_changes.begin(whole, lock, fence)
            results = await self.under_storages.carry_out(steps, fence) if steps else UfsResults()
            return await submit(results, lock, fence, whole)
        except BaseException as error:
            await self.whole_changes.failed(whole, lock, fence, error)
            raise

    async def _to_the_end(self, work: Coroutine[Any, Any, T], lock: PathLock) -> T:
        """Run work that changes a storage and then the namespace: a caller that gives up in between waits for its end.

        The caller's lock is held until then. Given up a second time, or by `give_up`, it stops at once. When the
        leadership is lost the caller is told at once: the step under way ends by itself, and no other follows it.
        """
        task = asyncio.ensure_future(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as cancelled:
            task.add_done_callback(_log_given_up)
            if lost_leadership(cancelled):
                lock.keep_for(task)
                raise
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
                lock.keep_for(task)
            raise

    def give_up(self) -> None:
        """Stop what changes storages at the moment: the process ends, and a storage may not answer."""
        self.whole_changes.close()
        for task in list(self._at_work):
            task.cancel()

    async def write_long(
        self,
        user: str | None,
        path: str,
        start: Callable[[OpContext], Chunks[T]],
        own_lock: PathLock | None = None,
        fence: Fence | None = None,
        whole: Whole | None = None,
    ) -> T:
        """Run an operation in chunks, with `path` locked; other batches run in between."""
        self.check_serving()
        if fence is not None:
            fence.check()
        if own_lock is not None:
            return await self._submit_long(user, start, own_lock, whole)
        async with self.locks.hold((path,), LOCK_TIMEOUT_S) as lock:
            return await self._submit_long(user, start, lock, whole)

    async def _submit_long(
        self, user: str | None, start: Callable[[OpContext], Chunks[T]], lock: PathLock, whole: Whole | None
    ) -> T:
        def operation(batch: Batch) -> Any:
            return in_batches(batch, lambda each: self.context_of(each, user), start)

        return await self.pipeline.submit_long(operation if whole is None else whole.around(operation), lock)

    async def write_long_planned(
        self,
        user: str | None,
        paths: tuple[str, ...],
        plan: Plan,
        run: Callable[[OpContext, UfsResults], Chunks[T]],
        request: ChangeRequest | None = None,
        begun: Begun | None = None,
    ) -> T:
        """Run a long operation that needs the under storage first, with `paths` locked throughout."""
        self.check_serving()

        async def submit(results: UfsResults, lock: PathLock, fence: Fence, whole: Whole | None) -> T:
            self.check_serving()
            fence.check()
            return await self._submit_long(user, lambda context: run(context, results), lock, whole)

        return await self._write_with_storage(user, paths, paths, plan, submit, request, begun)

    async def free(self, user: str | None, path: str, start: Callable[[OpContext], Chunks[FreeResult]]) -> None:
        """Run an operation that names blocks to drop, and have the workers drop them."""
        result = await self.write_long(user, path, start)
        self._locations.drop(result.block_ids)
        if result.error is not None:
            raise result.error

    async def write_access_times(self, times_ms: Mapping[int, int]) -> None:
        """Move times of last access forward: in ms by inode id."""
        await self.write(None, lambda context: set_access_times.run(context, times_ms))

    async def _read_in_parts(self, user: str | None, start: Callable[[ReadContext], Any]) -> Any:
        """Run an operation that may read much: each part of a generator on a fresh view, others run in between."""
        with self.view(user) as context:
            parts = start(context)
            if not isinstance(parts, Generator):
                return parts
            try:
                next(parts)
            except StopIteration as stop:
                return stop.value
        while True:
            await asyncio.sleep(0)
            with self.view(user) as context:
                try:
                    parts.send(context)
                except StopIteration as stop:
                    return stop.value

    async def delete(
        self,
        user: str | None,
        request: DeleteRequest,
        is_wanted: Callable[[ReadContext], bool] = lambda context: True,
        begun: Begun | None = None,
    ) -> None:
        """Delete a path: list its under storage, delete there what is known here, then here, children first.

        is_wanted  asked once nobody else can change the path any more: False leaves it
        begun      the intent and the lock on the path, if they are there already
        """
        self.check_serving()
        fence = self.pipeline.fence()
        async with self._held((request.path,), begun) as lock:
            with self.view(user) as context:
                if not is_wanted(context):
                    return
            whole = self._whole(user, request, lock.paths, begun)
            planned: DeletePlan | None = await self._read_in_parts(user, lambda context: delete.plan(context, request))
            if planned is None:
                await self._delete_here(user, request, delete.NO_UFS, lock, fence, whole)
                return
            listed = await self.under_storages.carry_out(planned.listings, fence)
            steps, prepared = await asyncio.to_thread(planned.steps, listed)
            work = self._delete_in_both(user, request, planned, steps, prepared, lock, fence, whole)
            await self._to_the_end(work, lock)

    async def _delete_in_both(
        self,
        user: str | None,
        request: DeleteRequest,
        planned: DeletePlan,
        steps: Sequence[UfsStep],
        prepared: UfsOutcome,
        lock: PathLock,
        fence: Fence,
        whole: Whole | None,
    ) -> None:
        try:
            if steps:
                await self.whole_changes.begin(whole, lock, fence)
            outcome = planned.outcome(prepared, await self.under_storages.carry_out(steps, fence))
        except BaseException as error:
            await self.whole_changes.failed(whole, lock, fence, error)
            raise
        await self._delete_here(user, request, outcome, lock, fence, whole)

    async def _delete_here(
        self,
        user: str | None,
        request: DeleteRequest,
        outcome: UfsOutcome,
        lock: PathLock,
        fence: Fence,
        whole: Whole | None,
    ) -> None:
        try:
            await self.write_long(
                user, request.path, lambda context: delete.run(context, request, outcome), lock, fence, whole
            )
        except BaseException as error:
            await self.whole_changes.failed(whole, lock, fence, error)
            raise

    # --- whole changes ---------------------------------------------------------------------------------------------

    async def change(self, user: str | None, request: ChangeRequest, begun: Begun | None = None) -> Any:
        """Carry out what a client asks for, as a whole or not at all, even when this master dies in between.

        begun  its intent and the lock on its paths, if they are there already

        Raises:   what the operation raises; NotLeader: whoever leads next completes what was begun.
        """
        if isinstance(request, DeleteRequest):
            await self.delete(user, request, begun=begun)
            return None
        operation = changes.operation_of(request)
        write: Callable[..., Awaitable[Any]] = self.write_long_planned if operation.is_long else self.write_planned
        return await write(
            user,
            changes.paths_of(request),
            lambda context: operation.plan(context, request),
            lambda context, results: operation.run(context, request, results),
            request,
            begun,
        )

    def _held(self, paths: tuple[str, ...], begun: Begun | None) -> AbstractAsyncContextManager[PathLock]:
        """Hold a lock on the paths, or go on with the one that is held already."""
        return self.locks.hold(paths, LOCK_TIMEOUT_S) if begun is None else nullcontext(begun[1])

    def _whole(
        self, user: str | None, request: ChangeRequest | None, paths: tuple[str, ...], begun: Begun | None
    ) -> Whole | None:
        if begun is not None:
            return begun[0]
        return None if request is None else Whole(Intent(user, request, paths), self._rng.getrandbits(NUMBER_BITS))

    async def _carry_out_whole(self, whole: Whole, lock: PathLock) -> None:
        await self.change(whole.intent.user, whole.intent.request, (whole, lock))


def _log_given_up(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("What a caller has given up failed in the end: %s", error)


def locked_paths(paths: tuple[str, ...], steps: Sequence[UfsStep]) -> tuple[str, ...]:
    """Return what to lock for an operation: its own paths, and those outside of them that its steps change."""
    outside = (step.path for step in steps if not any(has_prefix(step.path, path) for path in paths))
    return tuple(dict.fromkeys((*paths, *outside)))


def settings_of(conf: Configuration) -> OpSettings:
    """Return what the operations need of the configuration."""
    umask = int(conf.text("alluxio.security.authorization.permission.umask"), 8)
    return OpSettings(
        root_mount=root_mount(conf),
        permission_enabled=conf.boolean("alluxio.security.authorization.permission.enabled")
        and conf.enum("alluxio.security.authentication.type") != "NOSASL",
        supergroup=conf.text("alluxio.security.authorization.permission.supergroup"),
        directory_mode=0o777 & ~umask,
        inherits_owner_and_group=conf.boolean("alluxio.master.metastore.inode.inherit.owner.and.group"),
        retry_cache_enabled=conf.boolean("alluxio.master.filesystem.operation.retry.cache.enabled"),
        whitelist=tuple(conf.items("alluxio.master.whitelist")),
        persistence_blacklist=tuple(conf.items("alluxio.master.persistence.blacklist")),
        media=tuple(conf.items("alluxio.master.tieredstore.global.mediumtype")),
        storage_host=conf.text_or_none("alluxio.master.hostname") or conf.machine.host_name,
        listing_infos=max(1, conf.integer("alluxio.master.filesystem.liststatus.result.message.length")),
    )


def root_mount(conf: Configuration) -> MountInfo:
    """Return the mount point of the root, which comes from the configuration and is never journaled."""
    properties = {
        name[len(_ROOT_OPTION) :]: conf.text(name) for name in conf.settings() if name.startswith(_ROOT_OPTION)
    }
    ufs_uri = normalise_uri(conf.text("alluxio.master.mount.table.root.ufs"))
    return MountInfo(
        path="/",
        ufs_uri=ufs_uri,
        mount_id=ROOT_MOUNT_ID,
        read_only=conf.boolean("alluxio.master.mount.table.root.readonly"),
        shared=not is_local(ufs_uri) and conf.boolean("alluxio.underfs.object.store.mount.shared.publicly"),
        properties=tuple(sorted(properties.items())),
    )
