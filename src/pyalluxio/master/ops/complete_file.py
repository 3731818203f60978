"""completeFile: the writer is done; the file gets its length, and perhaps a place in the queue to be persisted."""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.errors import BlockInfoMissing, FileAlreadyCompleted, InvalidFileSize
from pyalluxio.ids import block_id, container_id
from pyalluxio.journal.entries import (
    PERSISTED,
    TO_BE_PERSISTED,
    BlockInfoEntry,
    OperationId,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
    XAttrStrategy,
)
from pyalluxio.master.ops.context import OpContext, ReadContext
from pyalluxio.master.ops.get_new_block_id import file_to_write
from pyalluxio.master.ops.ufs_steps import NO_RESULTS, ReadFingerprint, UfsResults, UfsStep
from pyalluxio.master.state.effects import PersistFile
from pyalluxio.master.state.inode import BLOCKS_MAX, UNKNOWN_LENGTH, Inode
from pyalluxio.master.state.tx import BLOCKS

ETAG = "s3_etag"


@dataclass(slots=True)
class CompleteFileRequest:
    """`persistence_wait_ms` is None unless the request asks for asynchronous persistence."""

    path: str
    ufs_length: int = 0
    persistence_wait_ms: int | None = None
    content_hash: str | None = None
    operation_id: OperationId | None = None


def plan(context: ReadContext, request: CompleteFileRequest) -> tuple[UfsStep, ...]:
    """Check, and return what has to be read from the under storage first: the fingerprint of a persisted file.

    Raises:  as `run`.
    """
    if context.is_done(request.operation_id):
        return ()
    inode = file_to_write(context, request.path)
    if inode.persistence_state != PERSISTED:
        return ()
    _length(context, inode, request)
    resolution = context.mounts.resolve(request.path)
    return (ReadFingerprint(request.path, resolution.ufs_path, resolution.mount.mount_id, request.content_hash),)


def run(context: OpContext, request: CompleteFileRequest, results: UfsResults = NO_RESULTS) -> None:
    """Complete the file: all but its last block must be full, and committed unless the under storage has the data.

    Raises:  FileDoesNotExist; BlockInfoMissing: a block is not committed, or of a wrong length; FileAlreadyCompleted;
             InvalidFileSize; AccessDenied; StalePlan.
    """
    if context.is_done(request.operation_id):
        return
    inode = file_to_write(context, request.path)
    length = _length(context, inode, request)
    is_persisted = inode.persistence_state == PERSISTED
    fingerprint = results.at(request.path).fingerprint if is_persisted else ""
    blocks = _blocks(inode, length)
    if is_persisted:
        for number, block in enumerate(blocks):
            full = inode.block_size_bytes
            context.emit(BlockInfoEntry(block, min(full, length - number * full) if length >= 0 else UNKNOWN_LENGTH))
    has_etag = is_persisted and bool(request.content_hash)
    context.emit(
        UpdateInodeEntry(
            id=inode.id,
            ufs_fingerprint=fingerprint,
            last_modification_time_ms=context.now_ms,
            last_access_time_ms=context.now_ms,
            overwrite_modification_time=True,
            xattr={ETAG: (request.content_hash or "").encode()} if has_etag else None,
            xattr_update_strategy=XAttrStrategy.UNION_REPLACE if has_etag else None,
            operation_id=request.operation_id,
        )
    )
    context.emit(UpdateInodeFileEntry(id=inode.id, path=request.path, completed=True, length=length, set_blocks=blocks))
    if request.persistence_wait_ms is not None:
        schedule_persist(context, inode, request.path, request.persistence_wait_ms)


def schedule_persist(context: OpContext, inode: Inode, path: str, wait_ms: int) -> None:
    """Queue a file to be persisted, unless its path holds a string that the configuration excludes."""
    if any(part in path for part in context.settings.persistence_blacklist):
        return
    if inode.persistence_state != TO_BE_PERSISTED:
        context.emit(UpdateInodeEntry(id=inode.id, persistence_state=TO_BE_PERSISTED))
    context.effects.append(PersistFile(inode.id, wait_ms))


def _length(context: ReadContext, inode: Inode, request: CompleteFileRequest) -> int:
    """Return the length the file is to have, after all checks."""
    is_persisted = inode.persistence_state == PERSISTED
    committed = 0
    last = len(inode.block_ids) - 1
    for number, block in enumerate(inode.block_ids):
        length = context.tx.get(BLOCKS, block)
        if length is None:
            if not is_persisted:
                raise BlockInfoMissing(
                    f'File "{request.path}" cannot be completed: block {block} was never committed by a worker.'
                )
            continue
        if number < last and length != inode.block_size_bytes:
            raise BlockInfoMissing(
                f'File "{request.path}" cannot be completed: block number {number} has {length} bytes, '
                f"but only the last may be shorter than the block size of {inode.block_size_bytes}."
            )
        committed += length
    if inode.completed and inode.length_bytes != UNKNOWN_LENGTH:
        raise FileAlreadyCompleted(f"File {inode.name} has already been completed.")
    length = request.ufs_length if is_persisted else committed
    if length < 0 and length != UNKNOWN_LENGTH:
        raise InvalidFileSize(f"File {inode.name} cannot have a length of {length}.")
    if length > BLOCKS_MAX * inode.block_size_bytes:
        raise InvalidFileSize(
            f"File {inode.name} cannot have a length of {length} with blocks of {inode.block_size_bytes} bytes: "
            f"{BLOCKS_MAX} blocks are the most that a file can have; write it with larger blocks."
        )
    if is_persisted and len(inode.block_ids) > len(_blocks(inode, length)):
        # The answer to a call for a block was lost with a leader, and the client, which cannot know, asked again. What
        # it wrote since then stands one block too far: readers of the cached blocks would get the bytes of others.
        raise BlockInfoMissing(
            f'File "{request.path}" cannot be completed: it was given {len(inode.block_ids)} blocks, more than its '
            f"{length} bytes fill. A call for a block was repeated, as after a fail-over; write the file again."
        )
    return length


def _blocks(inode: Inode, length: int) -> tuple[int, ...]:
    """Return the block ids that a file of this length has; one of unknown length has one."""
    count = 1 if length == UNKNOWN_LENGTH else -(-length // inode.block_size_bytes)
    container = container_id(inode.id)
    return tuple(block_id(container, number) for number in range(count))
