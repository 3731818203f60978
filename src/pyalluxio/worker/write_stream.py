"""WriteBlock: receive a block or a file of the under storage.

    command{type, id, …}   chunk   chunk   command{offset, flush}   chunk   …   half-close = commit

Three targets, one stream: a block here (ALLUXIO_BLOCK), a file there (UFS_FILE), or a block here that moves to the
under storage when this worker is full (UFS_FALLBACK_BLOCK). The stream ends with OK only after the master knows the
block. Whatever ends it otherwise throws the data away. Backpressure: the next message is taken off the stream when the
last one is written, so HTTP/2 flow control slows the sender.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from google.protobuf.message import DecodeError

from pyalluxio.errors import AlluxioError, InvalidArgument, RemoteProtocolError, ResourceExhausted
from pyalluxio.ids import BlockId
from pyalluxio.ufs import CreateOptions, UfsWriter
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.worker import metrics as counters
from pyalluxio.worker.arguments import check_block_id
from pyalluxio.worker.frames import chunk_of_write_request
from pyalluxio.worker.local_blocks import BlockWriter, LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import Commit
from pyalluxio.worker.sessions import for_stream, new_session
from pyalluxio.worker.ufs_mounts import Mount, UfsMounts

log = logging.getLogger(__name__)

RESERVE_BYTES_DEFAULT = 1 << 20
_COPY_BYTES = 8 << 20

CommitInUfs = Callable[[BlockId, int], Awaitable[None]]


class Target(Protocol):
    """Where the bytes of one stream go."""

    @property
    def position(self) -> int:
        """Bytes received so far."""

    async def write(self, data: memoryview) -> None: ...

    async def flush(self) -> None: ...

    async def commit(self) -> str | None:
        """Make the data visible and tell the master; return a content hash for the client, if there is one."""

    async def discard(self) -> None:
        """Throw the data away; does nothing after a commit."""


class WriteStreams:
    """Serves WriteBlock."""

    def __init__(
        self,
        blocks: LocalBlocks,
        mounts: UfsMounts,
        commit: Commit,
        commit_in_ufs: CommitInUfs,
        metrics: WorkerMetrics,
    ) -> None:
        self._blocks = blocks
        self._mounts = mounts
        self._commit = commit
        self._commit_in_ufs = commit_in_ufs
        self._metrics = metrics

    async def write_block(self, requests: AsyncIterator[bytes], call: Any) -> AsyncIterator[Any]:
        """`requests` are serialized WriteRequest messages."""
        target: Target | None = None
        opened_by: Any = None
        self._metrics.active_writes += 1
        try:
            async for payload in requests:
                data = chunk_of_write_request(payload)
                command = None
                if data is None:
                    command, data = _parse(payload)
                if command is None:
                    if target is None:
                        raise InvalidArgument("WriteBlock got data before the command that says where to write it.")
                    if not data:
                        raise InvalidArgument("WriteBlock got an empty chunk.")
                    await target.write(data)
                    self._metrics.add(counters.BYTES_WRITTEN_REMOTE, len(data))
                elif target is None:
                    target, opened_by = await self._open(command), command
                else:
                    _check_same(command, opened_by)
                    _check_position(command, target.position)
                    if command.flush:
                        await target.flush()
                        yield pb.WriteResponse(offset=target.position)
            if target is not None:
                content_hash = await target.commit()
                if content_hash:
                    yield pb.WriteResponse(offset=target.position, contentHash=content_hash)
        except AlluxioError as error:
            raise for_stream(error) from error
        finally:
            self._metrics.active_writes -= 1
            if target is not None:
                await target.discard()

    async def _open(self, command: Any) -> Target:
        if command.type == pb.UFS_FILE:
            options = command.create_ufs_file_options
            mount = await self._mounts.get(options.mount_id)
            return _UfsFile(mount, mount.path_below(options.ufs_path), options, self._metrics)
        if not command.HasField("id"):
            raise InvalidArgument("WriteBlock wants to write a block without saying which; set the command's id.")
        check_block_id(command.id, "WriteBlock")
        if command.type == pb.UFS_FALLBACK_BLOCK:
            return await self._open_fallback(command)
        return _LocalBlock(self._blocks, self._create(command), self._commit)

    def _create(self, command: Any) -> BlockWriter:
        session, block_id = new_session(), BlockId(command.id)
        self._blocks.create(
            session,
            block_id,
            command.space_to_reserve if command.HasField("space_to_reserve") else RESERVE_BYTES_DEFAULT,
            tier=command.tier,
            medium=command.medium_type,
            pin=command.pin_on_create,
        )
        try:
            return self._blocks.open_writer(session, block_id)
        except AlluxioError:
            self._blocks.end_session(session)
            raise

    async def _open_fallback(self, command: Any) -> Target:
        options = command.create_ufs_block_options
        mount = await self._mounts.get(options.mount_id)
        fallback = _FallbackBlock(self._blocks, mount, BlockId(command.id), self._commit, self._commit_in_ufs)
        if options.bytes_in_block_store > 0:
            await fallback.take_over(options.bytes_in_block_store)
            return fallback
        try:
            fallback.begin_locally(self._create(command))
        except ResourceExhausted:
            await fallback.begin_in_ufs()
        return fallback


class _LocalBlock:
    """A block of this worker."""

    def __init__(self, blocks: LocalBlocks, writer: BlockWriter, commit: Commit) -> None:
        self._blocks = blocks
        self._writer = writer
        self._commit = commit

    @property
    def position(self) -> int:
        return self._writer.position

    async def write(self, data: memoryview) -> None:
        await self._writer.write(data)

    async def flush(self) -> None:
        """Written bytes are in the file already."""

    async def commit(self) -> str | None:
        self._writer.close()
        block = self._blocks.commit(self._writer.session_id, self._writer.block_id)
        # If the master fails, the block stays: the client retries, or a heartbeat reports it.
        await self._commit(block)
        return None

    async def discard(self) -> None:
        self._writer.close()
        self._blocks.end_session(self._writer.session_id)


class _UfsFile:
    """A file of the under storage, created with its first byte or, empty, at the end."""

    def __init__(self, mount: Mount, path: str, options: Any, metrics: WorkerMetrics) -> None:
        self._mount = mount
        self._path = path
        self._options = options
        self._metrics = metrics
        self._writer: UfsWriter | None = None
        self.position = 0

    async def write(self, data: memoryview) -> None:
        if self._writer is None:
            self._writer = await self._create()
        await self._writer.write(data)
        self.position += len(data)
        self._metrics.add(counters.BYTES_WRITTEN_PER_UFS, len(data), self._mount.uri)

    async def _create(self) -> UfsWriter:
        options = self._options
        mode = options.mode & 0o777 if options.HasField("mode") else 0o644
        return await self._mount.ufs.create(self._path, CreateOptions(options.owner, options.group, mode))

    async def flush(self) -> None:
        """The file is published whole at the end; there is nothing to show before."""

    async def commit(self) -> str | None:
        if self._writer is None:
            self._writer = await self._create()
        writer, self._writer = self._writer, None
        try:
            content_hash = await writer.close()
        except BaseException:
            await writer.abort()
            raise
        return content_hash if self._mount.ufs.is_object_store else None

    async def discard(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await writer.abort()


class _FallbackBlock:
    """A block that starts here and moves to the under storage when this worker runs out of room."""

    def __init__(
        self, blocks: LocalBlocks, mount: Mount, block_id: BlockId, commit: Commit, commit_in_ufs: CommitInUfs
    ) -> None:
        self._blocks = blocks
        self._mount = mount
        self._block_id = block_id
        self._commit = commit
        self._commit_in_ufs = commit_in_ufs
        self._local: BlockWriter | None = None
        self._there: UfsWriter | None = None
        self.position = 0

    def begin_locally(self, writer: BlockWriter) -> None:
        self._local = writer

    async def begin_in_ufs(self) -> None:
        self._there = await self._mount.ufs.create(self._mount.block_path(self._block_id), CreateOptions())

    async def take_over(self, length: int) -> None:
        """Continue a block of which another stream wrote the first `length` bytes into its temporary file here."""
        block = self._blocks.store.temporary(self._block_id)
        if block is None:
            raise InvalidArgument(f"Block {self._block_id} has no {length} bytes on this worker to continue from.")
        self._local = self._blocks.open_writer(block.session_id, self._block_id)
        self._local.position = length
        await self._move_to_ufs()

    async def write(self, data: memoryview) -> None:
        if self._local is not None:
            try:
                await self._local.write(data)
            except ResourceExhausted:
                await self._move_to_ufs()
        if self._there is not None:
            await self._there.write(data)
        self.position += len(data)

    async def _move_to_ufs(self) -> None:
        local = self._local
        assert local is not None, "only a block that begins here moves"
        await self.begin_in_ufs()
        assert self._there is not None
        position = 0
        while position < local.position:
            data = await local.read(position, min(_COPY_BYTES, local.position - position))
            if not data:
                raise InvalidArgument(f"Block {self._block_id} has {position} bytes here, not {local.position}.")
            await self._there.write(data)
            position += len(data)
        self.position = position
        self._discard_local()

    async def flush(self) -> None:
        """Written bytes are where they belong already."""

    async def commit(self) -> str | None:
        if self._local is not None:
            self._local.close()
            await self._commit(self._blocks.commit(self._local.session_id, self._block_id))
            return None
        assert self._there is not None
        await self._there.close()
        self._there = None
        await self._commit_in_ufs(self._block_id, self.position)
        return None

    async def discard(self) -> None:
        self._discard_local()
        if self._there is not None:
            there, self._there = self._there, None
            await there.abort()

    def _discard_local(self) -> None:
        if self._local is not None:
            local, self._local = self._local, None
            local.close()
            self._blocks.end_session(local.session_id)


def _parse(payload: bytes) -> tuple[Any | None, memoryview]:
    """Return (command, nothing) or (None, data) of a message in any valid form."""
    try:
        request = pb.WriteRequest.FromString(payload)
    except DecodeError as error:
        raise RemoteProtocolError(f"WriteBlock got {len(payload)} bytes that are no WriteRequest.") from error
    kind = request.WhichOneof("value")
    if kind is None:
        raise InvalidArgument("WriteBlock got a message with neither a command nor a chunk.")
    return (request.command, memoryview(b"")) if kind == "command" else (None, memoryview(request.chunk.data))


def _check_same(command: Any, opened_by: Any) -> None:
    if (command.type, command.id) != (opened_by.type, opened_by.id):
        raise InvalidArgument(
            f"WriteBlock writes one block or file a stream: it began with id {opened_by.id}, and a later command "
            f"says id {command.id}, type {command.type}."
        )


def _check_position(command: Any, position: int) -> None:
    if command.HasField("offset") and command.offset != position:
        raise InvalidArgument(f"WriteBlock is at {position}, but the client says {command.offset}; data got lost.")
