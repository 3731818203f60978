"""Metadata from the under storage: loaded at first access, compared again when it is due.

The storage is asked outside every transaction, with a lock on the paths that are about to appear or change; the rules
are in `ops.load_metadata` and `ops.sync_metadata`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pyalluxio import path as paths
from pyalluxio.conf import Configuration
from pyalluxio.errors import AccessDenied, AlluxioError, Busy, FileDoesNotExist, InvalidPath, NotLeader, Unavailable
from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.file_system import PLANS_MAX, FileSystemMaster
from pyalluxio.master.ops import load_metadata, sync_metadata
from pyalluxio.master.ops.load_metadata import FoundStatus, LoadOptions, Missing
from pyalluxio.master.ops.sync_metadata import Change, Decision
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.path_locks import PathLock
from pyalluxio.master.path_times import AbsentPaths, Descendants, SyncTimes
from pyalluxio.master.pipeline import LOCK_TIMEOUT_S
from pyalluxio.master.state.inode import NO_TTL
from pyalluxio.master.state.inode_tree import children, lookup
from pyalluxio.master.state.inode_tree import inode as inode_of
from pyalluxio.master.under_storages import fingerprint_text
from pyalluxio.ufs.interface import MODE_UNKNOWN, Ufs, UfsStatus
from pyalluxio.ufs.persist_path import FOLDER as PERSISTENCE_FOLDER

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one access wants of the under storage.

    interval_ms  None: the master's own property decides
    """

    interval_ms: int | None = None
    ttl_ms: int = NO_TTL
    ttl_action: TtlAction = TtlAction.FREE


class StorageFailed(Unavailable):
    """The under storage did not say what it has: the operation goes on with what is known here, as in 2.9."""


class Metadata:
    """Loads and compares, for one term of leadership."""

    def __init__(self, master: FileSystemMaster, conf: Configuration) -> None:
        capacity = conf.integer("alluxio.master.ufs.path.cache.capacity")
        self._master = master
        self._interval_ms = conf.duration_ms("alluxio.user.file.metadata.sync.interval")
        self._block_size_bytes = conf.size_bytes("alluxio.user.block.size.bytes.default")
        self._ignores_ttl = conf.boolean("alluxio.master.metadata.sync.ignore.ttl")
        self._remembers_failures = conf.boolean("alluxio.master.metadata.sync.report.failure")
        self.absent = AbsentPaths(capacity)
        self.times = SyncTimes(capacity)

    def reset(self) -> None:
        """Begin a term: other masters may have led meanwhile, so nothing that was found out before counts."""
        self.absent.clear()
        self.times.clear()

    # --- loading ---------------------------------------------------------------------------------------------------

    def is_known_absent(self, path: str) -> bool:
        """Say whether the under storage was found to lack the path since it last could have appeared."""
        with self._master.view() as context:
            mount = context.mounts.mount_of(path)
        return self.absent.covers(path, mount.path, mount.mount_id)

    async def load_path(self, path: str, wanted: Wanted, *, even_if_absent: bool = True) -> bool:
        """Load a path that does not exist here; says whether it does now.

        even_if_absent  asks the storage although it was found to lack the path before

        Raises:   InvalidPath: it leads through a file, or its name cannot be shown.  StorageFailed.
        """
        locked = path
        for _ in range(PLANS_MAX):
            with self._master.view() as context:
                below = load_metadata.missing(context, path)
            if not below:
                return True
            locked = below[0].path
            async with self._master.locks.hold((locked,), LOCK_TIMEOUT_S) as lock:
                with self._master.view() as context:
                    below = load_metadata.missing(context, path)
                if below and not paths.has_prefix(below[0].path, locked):
                    continue  # an ancestor went meanwhile: lock that
                if not below:
                    return True
                if not even_if_absent and self.is_known_absent(path):
                    return False
                return await self._load_missing(path, below, wanted, lock)
        raise StalePlan.at(path)

    async def _load_missing(self, path: str, below: Sequence[Missing], wanted: Wanted, lock: PathLock) -> bool:
        statuses: dict[str, FoundStatus] = {}
        deepest = None
        for component in below:
            status = await self._status(component)
            if status is None:
                self.absent.add(component.path, component.mount_id)
                break
            statuses[component.path] = status
            deepest = component.path
        if deepest is None:
            return False
        # Ancestors that are there are loaded even if the path is not: a creation that follows needs them.
        found, options = deepest, self._options(wanted)
        await self._master.write(
            None, lambda context: load_metadata.load_path(context, found, statuses, options), (found,), lock
        )
        self.absent.forget(found)
        return found == path

    async def load_children(self, path: str, wanted: Wanted, *, recursive: bool, always: bool) -> None:
        """Load the children of a directory that were not loaded yet; with `recursive` those of every directory below.

        A directory that its storage does not list is left as it is known here.

        always  lists the storage again even if that was done before
        """
        pending = [path]
        while pending:
            directory = pending.pop()
            with self._master.view() as context:
                inode = lookup(context.tx, directory).inode
                if inode is None or not inode.is_directory:
                    continue
                is_loaded = inode.direct_children_loaded
            if always or not is_loaded:
                try:
                    await self._load_listing(directory, wanted)
                except StorageFailed as error:
                    log.warning("The listing of %s shows what is known already: %s", directory, error)
            if recursive:
                pending += self._directories(directory)

    async def _load_listing(self, path: str, wanted: Wanted) -> None:
        # Listed under the lock: a file that is deleted between listing and loading would come back as a phantom.
        async with self._master.locks.hold((path,), LOCK_TIMEOUT_S) as lock:
            with self._master.view() as context:
                ufs_path, mount = context.mounts.resolve(path)
            # One that exists only here has nothing to load; it counts as loaded, so that nobody asks again.
            listing = await self._list(mount.mount_id, ufs_path) or ()
            await self._add_children(path, listing, wanted, lock)

    async def _add_children(self, path: str, listing: Sequence[FoundStatus], wanted: Wanted, lock: PathLock) -> None:
        options = self._options(wanted)
        result = await self._master.write_long(
            None, path, lambda context: load_metadata.load_children(context, path, listing, options), lock
        )
        self.absent.forget_children(path, (status.name for status in listing))
        for name, problem in result.skipped:
            log.warning("%s cannot appear below %s: %s.", name, path, problem)

    def _directories(self, path: str) -> list[str]:
        with self._master.view() as context:
            inode = lookup(context.tx, path).inode
            if inode is None or not inode.is_directory:
                return []
            return [
                paths.join(path, name)
                for name, child_id in children(context.tx, inode.id)
                if inode_of(context.tx, child_id).is_directory
            ]

    def _options(self, wanted: Wanted) -> LoadOptions:
        ttl_ms = NO_TTL if self._ignores_ttl else wanted.ttl_ms
        return LoadOptions(self._block_size_bytes, ttl_ms, wanted.ttl_action)

    async def _status(self, component: Missing) -> FoundStatus | None:
        try:
            ufs = self._master.under_storages.of_mount(component.mount_id)
            status = await ufs.status(component.ufs_path)
        except AlluxioError as error:
            raise StorageFailed(f"{component.ufs_path} cannot be looked at: {error}") from error
        return None if status is None else found_status(ufs, status, paths.name(component.path))

    async def _list(self, mount_id: int, ufs_path: str) -> Sequence[FoundStatus] | None:
        try:
            ufs = self._master.under_storages.of_mount(mount_id)
            listing = await ufs.list(ufs_path)
        except AlluxioError as error:
            raise StorageFailed(f"{ufs_path} cannot be listed: {error}") from error
        if listing is None:
            return None
        # The folder of files that are being persisted is ours, not the user's.
        return [found_status(ufs, status, status.name) for status in listing if status.name != PERSISTENCE_FOLDER]

    async def status_of(self, path: str) -> FoundStatus | None:
        """Return what the storage says of a path, whether or not that exists here.

        Raises:   StorageFailed.
        """
        with self._master.view() as context:
            ufs_path, mount = context.mounts.resolve(path)
        return await self._status(Missing(path, ufs_path, mount.mount_id))

    async def listing_of(self, path: str) -> Sequence[FoundStatus]:
        """Return what the storage has in a directory; nothing if it has no such directory.

        Raises:   StorageFailed.
        """
        with self._master.view() as context:
            ufs_path, mount = context.mounts.resolve(path)
        return await self._list(mount.mount_id, ufs_path) or ()

    # --- comparing -------------------------------------------------------------------------------------------------

    def is_sync_due(self, path: str, wanted: Wanted, descendants: Descendants) -> bool:
        """Say whether an access has to compare the path with its storage first."""
        interval_ms = self._interval_ms if wanted.interval_ms is None else wanted.interval_ms
        return self.times.is_due(path, self._master.clock.now_ms(), interval_ms, descendants)

    async def sync(self, path: str, wanted: Wanted, descendants: Descendants) -> None:
        """Compare a path with its storage and adopt what that has.

        A path that fails is logged and skipped, and the operation goes on with what is known here.

        Raises:   InvalidPath; AccessDenied; NotLeader; Busy.
        """
        started_ms = self._master.clock.now_ms()
        try:
            failed = await self._sync_path(path, wanted, descendants)
        except (InvalidPath, AccessDenied, NotLeader, Busy):
            raise
        except AlluxioError as error:
            log.warning("Metadata of %s could not be compared with its under storage: %s", path, error)
            return
        if not failed or not self._remembers_failures:
            self.times.synced(path, started_ms, descendants)

    async def _sync_path(self, path: str, wanted: Wanted, descendants: Descendants) -> bool:
        """Compare a path and what is asked for below; says whether something below failed."""
        with self._master.view() as context:
            below = load_metadata.missing(context, path)
        if below:
            if not await self.load_path(path, wanted):
                return False
        else:
            async with self._master.locks.hold((path,), LOCK_TIMEOUT_S) as lock:
                with self._master.view() as context:
                    ufs_path, mount = context.mounts.resolve(path)
                found = await self._status(Missing(path, ufs_path, mount.mount_id))
                with self._master.view() as context:
                    decision = sync_metadata.decide_path(context, path, found)
                await self._carry_out(path, decision, found, wanted, lock)
                if decision.change is Change.DELETE or not (decision.goes_on or decision.change is Change.RELOAD):
                    return False
        failed = False
        pending = [path] if descendants is not Descendants.NONE else []
        while pending:
            directory = pending.pop()
            try:
                failed |= await self._sync_children(directory, wanted)
            except (NotLeader, Busy):
                raise
            except AlluxioError as error:
                log.warning("What is in %s could not be compared with its under storage: %s", directory, error)
                failed = True
            if descendants is Descendants.ALL:
                pending += self._directories(directory)
        return failed

    async def _sync_children(self, path: str, wanted: Wanted) -> bool:
        """Compare the children of a directory; says whether one of them failed."""
        failed = False
        async with self._master.locks.hold((path,), LOCK_TIMEOUT_S) as lock:
            with self._master.view() as context:
                inode = lookup(context.tx, path).inode
                if inode is None or not inode.is_directory:
                    return False
                ufs_path, mount = context.mounts.resolve(path)
            listing = await self._list(mount.mount_id, ufs_path)
            if listing is None:
                return False
            by_path = {paths.join(path, status.name): status for status in listing}
            for child, decision in self._decide_children(path, listing):
                if decision.change is Change.LOAD:
                    continue
                try:
                    await self._carry_out(child, decision, by_path.get(child), wanted, lock)
                except (NotLeader, Busy):
                    raise
                except AlluxioError as error:
                    log.warning("Metadata of %s could not be made that of its under storage: %s", child, error)
                    failed = True
            await self._add_children(path, listing, wanted, lock)
        return failed

    def _decide_children(self, path: str, listing: Sequence[FoundStatus]) -> list[tuple[str, Decision]]:
        with self._master.view() as context:
            pages = sync_metadata.decide_children(context, path, listing)
            try:
                next(pages)
                while True:
                    pages.send(context)
            except StopIteration as stop:
                decisions: list[tuple[str, Decision]] = stop.value
                return decisions

    async def _carry_out(
        self, path: str, decision: Decision, found: FoundStatus | None, wanted: Wanted, lock: PathLock
    ) -> None:
        match decision.change:
            case Change.UPDATE if found is not None:
                await self._master.write(
                    None, lambda context: sync_metadata.update(context, path, found), (path,), lock
                )
            case Change.DELETE | Change.RELOAD:
                await self._master.write_long(None, path, lambda context: sync_metadata.delete(context, path), lock)
        if decision.change in (Change.RELOAD, Change.LOAD) and found is not None:
            options = self._options(wanted)
            await self._master.write(
                None,
                lambda context: load_metadata.load_path(context, path, {path: found}, options),
                (path,),
                lock,
            )

    async def access(self, path: str, wanted: Wanted, descendants: Descendants) -> bool:
        """Compare the path if that is due; says whether it was."""
        if not self.is_sync_due(path, wanted, descendants):
            return False
        await self.sync(path, wanted, descendants)
        return True

    async def load_missing(self, path: str, wanted: Wanted, *, even_if_absent: bool) -> None:
        """Load a path that an operation did not find, so that it can look again.

        Raises:   FileDoesNotExist: the storage lacks it too, or does not answer; InvalidPath.
        """
        if not even_if_absent and self.is_known_absent(path):
            raise FileDoesNotExist.at(path)
        try:
            is_there = await self.load_path(path, wanted, even_if_absent=even_if_absent)
        except StorageFailed as error:
            log.warning("%s counts as missing: %s", path, error)
            is_there = False
        if not is_there:
            raise FileDoesNotExist.at(path)


def found_status(ufs: Ufs, status: UfsStatus, name: str) -> FoundStatus:
    """Return a storage's status as the operations take it."""
    return FoundStatus(
        name=name,
        is_directory=status.is_directory,
        length_bytes=status.length_bytes,
        owner=status.owner,
        group=status.group,
        mode=None if status.mode == MODE_UNKNOWN else status.mode,
        last_modified_ms=status.last_modified_ms,
        fingerprint=fingerprint_text(ufs, status),
        content_hash=status.content_hash,
        xattr=status.xattr,
    )
