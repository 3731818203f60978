"""One master, put together: state, write path, workers, services; what happens when it begins or ceases to lead."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, NotLeader
from pyalluxio.ids import file_id_of_block
from pyalluxio.journal.node import JournalNode
from pyalluxio.master.block_copier import BlockCopier
from pyalluxio.master.block_master import BlockMaster, BlockMasterOptions
from pyalluxio.master.clock import Clock
from pyalluxio.master.cluster_metrics import ClusterMetrics
from pyalluxio.master.configuration_service import CurrentConfiguration
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.leader_calls import LeaderCalls
from pyalluxio.master.masters import Masters
from pyalluxio.master.metadata import Metadata
from pyalluxio.master.ops import block_commit, bootstrap, intents, path_properties
from pyalluxio.master.ops.context import BlockLocation
from pyalluxio.master.path_locks import PathLocks
from pyalluxio.master.periodic import PeriodicChecks, PeriodicSettings
from pyalluxio.master.persistence import Persistence
from pyalluxio.master.pipeline import Pipeline
from pyalluxio.master.state.effects import Effect, FreeBlocks, MountRemoved, PersistFile
from pyalluxio.master.state.tx import BLOCKS, CLUSTER_ID, INODES, PATH_PROPERTIES, TEXTS, Store
from pyalluxio.wire.channel import ChannelOptions
from pyalluxio.wire.groups import GroupMapping

log = logging.getLogger(__name__)

# A new leader whose disk is full, or whose quorum went away again, tries to begin again after so long.
SERVE_RETRY_S = 0.2
# A new leader serves nobody for so long while it completes what an earlier one began; the rest stays locked.
COMPLETE_WAIT_S = 1.0


class StoreBlockMetadata:
    """What the committed state knows of blocks, for the block master."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def block_length(self, block_id: int) -> int | None:
        with self._store.read() as tx:
            return tx.get(BLOCKS, block_id)

    def unknown_blocks(self, block_ids: Sequence[int]) -> list[int]:
        with self._store.read() as tx:
            return [block_id for block_id in block_ids if tx.get(BLOCKS, block_id) is None]

    def is_orphan(self, block_id: int) -> bool:
        with self._store.read() as tx:
            inode = tx.get(INODES, file_id_of_block(block_id))
        return inode is None or (inode.completed and block_id not in inode.block_ids)


class StorePathConfiguration:
    """The journaled defaults of paths, for the configuration service."""

    def __init__(self, store: Store, master: Master) -> None:
        self._store = store
        self._master = master

    def path_properties(self) -> Mapping[str, Mapping[str, str]]:
        with self._store.read() as tx:
            return dict(tx.scan(PATH_PROPERTIES))

    async def add_path_properties(self, path: str, properties: Mapping[str, str]) -> None:
        await self._master.file_system.write(None, lambda context: path_properties.add(context, path, properties))

    async def remove_path_properties(self, path: str, keys: Sequence[str]) -> None:
        await self._master.file_system.write(None, lambda context: path_properties.remove(context, path, keys))


class BlockPlaces:
    """The live copies of blocks, as operations and statuses see them."""

    def __init__(self, blocks: BlockMaster, clock: Clock) -> None:
        self._blocks = blocks
        self._clock = clock

    def locations(self, block_id: int) -> Sequence[BlockLocation]:
        tiers = self._blocks.options.global_tiers
        return [
            BlockLocation(
                message.workerId,
                message.workerAddress,
                message.tierAlias,
                message.mediumType,
                tiers.index(message.tierAlias) if message.tierAlias in tiers else len(tiers),
            )
            for message in self._blocks.locations(block_id)
        ]

    def in_safe_mode(self) -> bool:
        return not self._blocks.safe_mode.is_over(self._clock.now_ms())

    def drop(self, block_ids: Sequence[int]) -> None:
        self._blocks.registry.free_blocks(block_ids)


class Master:
    """The parts of one master on one event loop; `processes.master` gives it sockets, files and signals."""

    def __init__(
        self,
        conf: Configuration,
        store: Store,
        node: JournalNode,
        groups: GroupMapping,
        clock: Clock,
        user: str,
        on_fatal: Callable[[BaseException], None],
        rng: random.Random | None = None,
        address_of: Callable[[str], str] = lambda peer: peer,
    ) -> None:
        """address_of  the RPC address of the member with this id of the journal's quorum"""
        self.conf = conf
        self.clock = clock
        self._commits = 0
        self.start_time_ms = clock.now_ms()
        self._on_fatal = on_fatal
        self._node = node
        self._store = store
        locks = PathLocks()
        self.pipeline = Pipeline(
            store,
            node,
            locks,
            on_commit=self._committed,
            on_fatal=on_fatal,
            on_leading=self._leading,
            monotonic_s=clock.monotonic_s,
            address_of=address_of,
        )
        self.block_master = BlockMaster(
            BlockMasterOptions.of(conf),
            metadata=StoreBlockMetadata(store),
            journal=self,
            clock=clock,
            leads=lambda: self.file_system.is_serving,
            term=lambda: self.pipeline.term,
            confirm=self.pipeline.confirmation.wait,
        )
        self.masters = Masters(conf.duration_ms("alluxio.master.heartbeat.timeout"), rng or random.Random())
        self.metrics = ClusterMetrics(self.start_time_ms)
        self.configuration = CurrentConfiguration(conf, clock.now_ms)
        self.path_configuration = StorePathConfiguration(store, self)
        places = BlockPlaces(self.block_master, clock)
        self.file_system = FileSystemMaster(conf, store, self.pipeline, locks, places, groups, clock, user, rng)
        self.calls = LeaderCalls(self.file_system.check_serving, self.pipeline.confirmation)
        self.metadata = Metadata(self.file_system, conf)
        copier = BlockCopier(self.file_system.under_storages, self._holder_addresses, ChannelOptions(user=user))
        self.persistence = Persistence(
            self.file_system,
            self.block_master.registry.blocks.workers_of,
            copier.write,
            conf.duration_ms("alluxio.master.persistence.max.total.wait.time"),
            self._registration_count,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._leading_tasks: set[asyncio.Task[None]] = set()
        self._serving = asyncio.Event()

    @property
    def is_serving(self) -> bool:
        return self.file_system.is_serving and self.pipeline.is_leading

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin what a master does whatever its role: looking after workers."""
        self._spawn(self.block_master.run(), "block-master", self._tasks)

    def look_after(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run work of the process around this master for as long as it lives; its failure ends the process."""
        self._spawn(work, name, self._tasks)

    async def stop(self) -> None:
        """End every background task and close the under storages."""
        self.file_system.is_serving = False
        self.file_system.give_up()
        tasks = [*self._tasks, *self._leading_tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.file_system.under_storages.close()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str, tasks: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        """Run background work; one that fails takes the process down, since nothing would do its work any more."""
        task = asyncio.create_task(work, name=name)
        tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            tasks.discard(finished)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                log.critical("The background task %s failed.", name, exc_info=error)
                self._on_fatal(error)

        task.add_done_callback(done)
        return task

    # --- leadership ------------------------------------------------------------------------------------------------

    def _leading(self, leads: bool) -> None:
        self.file_system.reset_ids()
        if leads:
            self._spawn(self._begin_to_serve(), "begin-to-serve", self._leading_tasks)
            return
        self.file_system.is_serving = False
        self._serving.clear()
        self.block_master.lost_leadership()
        reason = self.pipeline.not_leading()
        for task in list(self._leading_tasks):
            task.cancel(reason)
        self.calls.end(reason, spared=self.pipeline.awaiting_fate())

    async def wait_until_serving(self) -> None:
        """Return once this master leads and serves."""
        await self._serving.wait()

    async def _begin_to_serve(self) -> None:
        """Prepare the state of a new leader, then serve."""
        cluster_id = str(uuid.uuid4())
        while True:
            try:
                await self.pipeline.submit(
                    lambda batch: bootstrap.run(self.file_system.context_of(batch), cluster_id),
                )
                break
            except NotLeader:
                if not self.pipeline.is_leading:
                    return
            except AlluxioError as error:
                log.warning("This master leads and cannot serve yet: %s", error)
            await asyncio.sleep(SERVE_RETRY_S)
        self.metadata.reset()
        self.masters.clear()
        self.block_master.gained_leadership()
        await self._complete_changes()
        self.persistence.finish_publications()
        await asyncio.sleep(0)  # they have taken their locks then
        self.file_system.is_serving = True
        self._serving.set()
        self._spawn(self.persistence.run(), "persistence", self._leading_tasks)
        checks = PeriodicChecks(PeriodicSettings.of(self.conf), self.file_system, self.block_master)
        self._spawn(checks.run(), "periodic-checks", self._leading_tasks)
        access_times = self.file_system.access_times
        self._spawn(access_times.run(self.file_system.write_access_times), "access-times", self._leading_tasks)
        log.info("This master leads and serves.")

    async def _complete_changes(self) -> None:
        """Complete what an earlier leader began, or have it locked at least.

        To be done before anything else: what was moved in a storage has to be moved here, too.
        """
        with self.file_system.view() as context:
            unfinished = intents.unfinished(context.tx)
        tasks = [
            self._spawn(self.file_system.whole_changes.finish(one), "complete-change", self._leading_tasks)
            for one in unfinished
        ]
        if tasks:
            log.info("%d changes that an earlier leader began are to be completed.", len(tasks))
            await asyncio.wait(tasks, timeout=COMPLETE_WAIT_S)

    async def state_replaced(self) -> None:
        """The store holds another state, from a snapshot: forget whatever was drawn from the one before.

        Raises:   InvariantViolated: this master leads.
        """
        self.pipeline.restored()
        self._commits += 1
        self.metadata.reset()
        self.block_master.state_replaced()
        # Mounts may lead elsewhere now; each is opened again at its first use.
        await self.file_system.under_storages.close()

    def cluster_id(self) -> str:
        with self._store.read() as tx:
            return tx.get(TEXTS, CLUSTER_ID) or ""

    def version(self) -> int:
        """Return a number that grows with every change that a status call can show."""
        return self._commits + self.block_master.registry.blocks.version + self.metadata.times.version

    # --- commits ---------------------------------------------------------------------------------------------------

    def _committed(self, changed: frozenset[int], effects: Sequence[Effect], led: bool) -> None:
        """Do what a committed batch asks for outside the state."""
        self._commits += 1
        for effect in effects:
            match effect:
                case FreeBlocks():
                    self.block_master.registry.delete_blocks(effect.block_ids, self.clock.now_ms())
                case PersistFile() if led:
                    self.persistence.add(effect.inode_id, effect.wait_ms)
                case MountRemoved():
                    self._spawn(
                        self.file_system.under_storages.forget(effect.mount.mount_id),
                        "close-under-storage",
                        self._tasks,
                    )

    def _holder_addresses(self, block_id: int) -> list[Any]:
        return [location.workerAddress for location in self.block_master.locations(block_id)]

    def _registration_count(self, worker_id: int) -> int:
        worker = self.block_master.registry.worker(worker_id)
        return 0 if worker is None else worker.registration_count

    async def commit_block(self, block_id: int, length: int) -> None:
        """Record a block and its length; for the block master."""
        await self.file_system.write(None, lambda context: block_commit.run(context, block_id, length))
