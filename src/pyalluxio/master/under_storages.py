"""The under storages behind the mount points, and the steps that operations want done in them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, AlreadyExists, InvalidArgument, Unknown
from pyalluxio.master.confirmation import Fence
from pyalluxio.master.ops import ufs_steps as steps
from pyalluxio.master.ops.ufs_steps import StepResult, UfsResults, UfsStep
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.ufs import fingerprint
from pyalluxio.ufs.interface import MODE_UNKNOWN, MkdirOptions, Ufs, UfsStatus
from pyalluxio.ufs.registry import open as open_ufs

log = logging.getLogger(__name__)

COMPARED_BYTES = 1 << 20


class UnderStorages:
    """One opened under storage for each mount id, opened at first use and closed when the mount goes."""

    def __init__(self, conf: Configuration, mount_by_id: Callable[[int], MountInfo | None]) -> None:
        self._conf = conf
        self._mount_by_id = mount_by_id
        self._open: dict[int, Ufs] = {}

    def of_mount(self, mount_id: int) -> Ufs:
        """Return the under storage of a mount.

        Raises:   InvalidArgument: no such mount, or its scheme is not served.
        """
        ufs = self._open.get(mount_id)
        if ufs is None:
            mount = self._mount_by_id(mount_id)
            if mount is None:
                raise InvalidArgument(f"There is no mount point with id {mount_id}.")
            ufs = self.open(mount.ufs_uri, dict(mount.properties))
            self._open[mount_id] = ufs
        return ufs

    def open(self, uri: str, properties: Mapping[str, str]) -> Ufs:
        """Open the under storage at a URI that is not, or not yet, mounted; the caller closes it."""
        return open_ufs(uri, properties, self._conf)

    async def forget(self, mount_id: int) -> None:
        """Close the under storage of a mount that was removed."""
        ufs = self._open.pop(mount_id, None)
        if ufs is not None:
            await ufs.close()

    async def close(self) -> None:
        for mount_id in list(self._open):
            await self.forget(mount_id)

    async def carry_out(self, plan: Sequence[UfsStep], fence: Fence) -> UfsResults:
        """Do the steps of a plan in order, each one that changes a storage right after a look at the fence.

        Raises:   what a step that may not fail failed with; the steps before it stay done.  NotLeader.
        """
        results: dict[str, StepResult] = {}
        refused: StepResult | None = None
        for step in plan:
            if refused is not None and isinstance(step, steps.SetAttributes):
                results[step.path] = refused
                continue
            if not isinstance(step, (steps.ReadFingerprint, steps.ListAll)):
                await fence.confirm()
            result = await self._carry_out_one(step)
            if result.error is not None and isinstance(step, steps.SetAttributes):
                refused = result
            earlier = results.get(step.path)
            results[step.path] = result if earlier is None else _merged(earlier, result)
        return UfsResults(results)

    async def _carry_out_one(self, step: UfsStep) -> StepResult:
        if isinstance(step, steps.ProbeMount):
            return await self._probe(step)
        ufs = self.of_mount(step.mount_id)
        match step:
            case steps.MakeDirectory():
                return await _make_directory(ufs, step)
            case steps.DeleteFile():
                return await _attempt(ufs.delete_file(step.ufs_path), step.ufs_path)
            case steps.DeleteDirectory():
                return await _attempt(ufs.delete_directory(step.ufs_path, recursive=True), step.ufs_path)
            case steps.Rename():
                return await _rename(ufs, step)
            case steps.ReadFingerprint():
                status = await ufs.status(step.ufs_path)
                return StepResult(fingerprint=fingerprint_text(ufs, status, step.content_hash))
            case steps.ListAll():
                names = [name async for name, _ in ufs.list_recursive(step.ufs_path)]
                return StepResult(names=tuple(names))
            case steps.SetAttributes():
                return await _set_attributes(ufs, step)
            case steps.PublishPersisted():
                return await _publish(ufs, step)
        raise InvalidArgument(f"The under storage cannot do {type(step).__name__}.")

    async def _probe(self, step: steps.ProbeMount) -> StepResult:
        """Look at a place that is to be mounted; every reason against it is the result's error."""
        try:
            if step.ufs_path is not None and await self.of_mount(step.mount_id).status(step.ufs_path) is not None:
                return StepResult(
                    error=f"{step.path} would hide {step.ufs_path}, which the parent's under storage has."
                )
            ufs = self.open(step.ufs_uri, dict(step.properties))
            try:
                status = await ufs.status(step.ufs_uri)
                if status is None or not status.is_directory:
                    return StepResult(error=f"{step.ufs_uri} is not a directory of the under storage; create it first.")
                return _adopted(ufs, status)
            finally:
                await ufs.close()
        except AlluxioError as error:
            return StepResult(error=str(error))


def fingerprint_text(ufs: Ufs, status: UfsStatus | None, content_hash: str | None = None) -> str:
    """Return the fingerprint of what is at a path; empty when nothing is."""
    return "" if status is None else fingerprint.of_status(ufs.type_name, status, content_hash).text()


async def _make_directory(ufs: Ufs, step: steps.MakeDirectory) -> StepResult:
    options = MkdirOptions(owner=step.owner, group=step.group, mode=step.mode, create_parents=False)
    try:
        made = await ufs.make_directory(step.ufs_path, options)
    except AlreadyExists as error:
        raise InvalidArgument(
            f"Cannot create directory {step.path}: the under storage has a file at {step.ufs_path}."
        ) from error
    except AlluxioError as error:
        raise Unknown(f"Cannot create directory {step.ufs_path} in the under storage: {error}") from error
    status = await ufs.status(step.ufs_path)
    if made or status is None:
        return StepResult(fingerprint=fingerprint_text(ufs, status))
    return _adopted(ufs, status)


def _adopted(ufs: Ufs, status: UfsStatus) -> StepResult:
    """Return the attributes of a directory that was there before."""
    return StepResult(
        fingerprint=fingerprint_text(ufs, status),
        adopted=True,
        owner=status.owner,
        group=status.group,
        mode=None if status.mode == MODE_UNKNOWN else status.mode,
        last_modified_ms=status.last_modified_ms,
        xattr=status.xattr or None,
    )


async def _attempt(deletion: object, ufs_path: str) -> StepResult:
    """Await a deletion whose failure the operation deals with: it is reported with the path it failed for."""
    try:
        await deletion  # type: ignore[misc]
    except AlluxioError as error:
        log.warning("Could not delete %s in the under storage: %s", ufs_path, error)
        return StepResult(error=str(error))
    return StepResult()


async def _rename(ufs: Ufs, step: steps.Rename) -> StepResult:
    try:
        if await ufs.status(step.ufs_path) is None and await ufs.status(step.new_ufs_path) is not None:
            return StepResult()  # a leader before us did it, and lost the leadership before it could say so
        if step.replaces is steps.DeleteDirectory:
            await ufs.delete_directory(step.new_ufs_path, recursive=True)
        elif step.replaces is steps.DeleteFile:
            await ufs.delete_file(step.new_ufs_path)
        if step.is_directory:
            await ufs.rename_directory(step.ufs_path, step.new_ufs_path)
        else:
            await ufs.rename_file(step.ufs_path, step.new_ufs_path)
    except AlluxioError as error:
        raise Unknown(
            f"Failed to rename {step.ufs_path} to {step.new_ufs_path} in the under storage: {error}"
        ) from error
    return StepResult()


async def _set_attributes(ufs: Ufs, step: steps.SetAttributes) -> StepResult:
    if ufs.is_object_store:  # objects have no owner or mode of their own
        return StepResult(fingerprint=fingerprint_text(ufs, await ufs.status(step.ufs_path)))
    try:
        if step.owner is not None or step.group is not None:
            await ufs.set_owner(step.ufs_path, step.owner or "", step.group or "")
        if step.mode is not None:
            await ufs.set_mode(step.ufs_path, step.mode)
    except AlluxioError as error:
        return StepResult(error=str(error))
    return StepResult(fingerprint=fingerprint_text(ufs, await ufs.status(step.ufs_path)))


async def _publish(ufs: Ufs, step: steps.PublishPersisted) -> StepResult:
    try:
        written = await ufs.status(step.temp_ufs_path)
        if written is not None:
            if step.length_bytes not in (-1, written.length_bytes):
                return StepResult(
                    error=f"{step.temp_ufs_path} has {written.length_bytes} bytes instead of {step.length_bytes}."
                )
            if step.temp_ufs_path != step.ufs_path and not await _is_free(ufs, step, written.length_bytes):
                log.warning(
                    "%s is not persisted: the under storage has another file at %s, which is kept, as is the one "
                    "written to %s. Move that file away, or rename or remove the one in Alluxio.",
                    step.path,
                    step.ufs_path,
                    step.temp_ufs_path,
                )
                return StepResult(error=f"{step.ufs_path} is another file, which the master does not know.")
            if not ufs.is_object_store:
                await _dress(ufs, step)
            if step.temp_ufs_path != step.ufs_path:
                await ufs.rename_file(step.temp_ufs_path, step.ufs_path)
        status = await ufs.status(step.ufs_path)
    except AlluxioError as error:
        return StepResult(error=str(error))
    if status is None or status.is_directory or step.length_bytes not in (-1, status.length_bytes):
        return StepResult(error=f"Neither {step.temp_ufs_path} nor {step.ufs_path} has the file.")
    return StepResult(fingerprint=fingerprint_text(ufs, status))


async def _is_free(ufs: Ufs, step: steps.PublishPersisted, length_bytes: int) -> bool:
    """Say whether nothing would be lost at the final path: it is free, or has the same bytes from an earlier attempt.

    A leader that published the file and could not say so any more leaves such a file, and its worker writes anew.
    """
    there = await ufs.status(step.ufs_path)
    if there is None:
        return True
    if there.is_directory or there.length_bytes != length_bytes:
        return False
    offset = 0
    while offset < length_bytes:
        ours = await ufs.read(step.temp_ufs_path, offset, COMPARED_BYTES)
        if not ours or ours != await ufs.read(step.ufs_path, offset, COMPARED_BYTES):
            return False
        offset += len(ours)
    return True


async def _dress(ufs: Ufs, step: steps.PublishPersisted) -> None:
    """Give a written file the attributes of its inode; a storage that refuses keeps its own, as in 2.9."""
    try:
        await ufs.set_mode(step.temp_ufs_path, step.mode)
        await ufs.set_owner(step.temp_ufs_path, step.owner, step.group)
    except AlluxioError as error:
        log.warning("Could not set owner and mode of %s: %s", step.ufs_path, error)


def _merged(earlier: StepResult, later: StepResult) -> StepResult:
    """Two steps for one path: what both found out, the later one first."""
    if later.error is not None or earlier.error is not None:
        return StepResult(error=later.error or earlier.error)
    return later if later.fingerprint or not earlier.fingerprint else earlier
