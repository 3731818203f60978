"""The calls that read the namespace, and load from the under storage what they do not find.

A status call that finds its path answers in the step in which it arrives; only one that has to load or compare first
becomes a task.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from pyalluxio import path as paths
from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.master import file_requests as requests
from pyalluxio.master.consistency import Consistency
from pyalluxio.master.file_messages import bits_of, file_info_message
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.info_bytes import InfoBytes
from pyalluxio.master.metadata import Metadata, Wanted
from pyalluxio.master.ops import check_access, get_status, list_status
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.path_times import Descendants
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call

NEVER, ALWAYS = messages.NEVER, messages.ALWAYS
MakeInfo = Callable[..., bytes]
# Statuses of files with many blocks are large; clients refuse messages of more than some MB.
MESSAGE_BYTES_MAX = 3 << 20


class ReadCalls:
    """Part of `FileSystemMasterClientService`."""

    _master: FileSystemMaster
    _metadata: Metadata
    _infos: InfoBytes

    # --- one path --------------------------------------------------------------------------------------------------

    def get_status(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        options = request.options
        wanted = requests.metadata_wanted(options.commonOptions)
        make = self._opened_info if options.HasField("accessMode") and options.updateTimestamps else self._infos.make
        if self._metadata.is_sync_due(path, wanted, Descendants.NONE):
            return self._synced_status(path, wanted, call, make)
        try:
            return self._status(path, call, make)
        except FileDoesNotExist:
            if options.loadMetadataType == NEVER:
                raise
            return self._loaded_status(path, wanted, options.loadMetadataType == ALWAYS, call, make)

    def _status(self, path: str, call: Call, make: MakeInfo) -> Any:
        with self._master.view(call.user, make) as context:
            data: bytes = get_status.run(context, path)
        return data

    def _opened_info(self, context: ReadContext, inode: Inode, path: str, *, exclude_mount_info: bool = False) -> bytes:
        """Make the status of a file that is being opened, which moves its time of access."""
        self._master.access_times.note(inode.id, inode.last_accessed_ms, context.now_ms)
        return self._infos.make(context, inode, path, exclude_mount_info=exclude_mount_info)

    async def _synced_status(self, path: str, wanted: Wanted, call: Call, make: MakeInfo) -> Any:
        await self._metadata.sync(path, wanted, Descendants.NONE)
        return self._status(path, call, make)

    async def _loaded_status(self, path: str, wanted: Wanted, even_if_absent: bool, call: Call, make: MakeInfo) -> Any:
        await self._metadata.load_missing(path, wanted, even_if_absent=even_if_absent)
        return self._status(path, call, make)

    async def exists(self, request: Any, call: Call) -> Any:
        try:
            path = paths.parse(request.path)
        except InvalidPath:
            return messages.ExistsPResponse(exists=False)
        options = request.options
        wanted = requests.metadata_wanted(options.commonOptions)
        try:
            was_synced = await self._metadata.access(path, wanted, Descendants.ONE)
            if self._exists(path, call):
                return messages.ExistsPResponse(exists=True)
            if was_synced or options.loadMetadataType == NEVER:
                return messages.ExistsPResponse(exists=False)
            await self._metadata.load_missing(path, wanted, even_if_absent=options.loadMetadataType == ALWAYS)
        except (FileDoesNotExist, InvalidPath):
            return messages.ExistsPResponse(exists=False)
        return messages.ExistsPResponse(exists=self._exists(path, call))

    def _exists(self, path: str, call: Call) -> bool:
        with self._master.view(call.user) as context:
            return get_status.exists(context, path)

    def get_file_path(self, request: Any, call: Call) -> Any:
        with self._master.view(call.user) as context:
            return messages.GetFilePathPResponse(path=get_status.file_path(context, request.fileId))

    def check_access(self, request: Any, call: Call) -> Any:
        path, bits = paths.parse(request.path), bits_of(request.options.bits)
        with self._master.view(call.user) as context:
            check_access.run(context, path, bits)
        return messages.CheckAccessPResponse()

    async def check_consistency(self, request: Any, call: Call) -> Any:
        path = paths.parse(request.path)
        wanted = requests.metadata_wanted(request.options.commonOptions)
        was_synced = await self._metadata.access(path, wanted, Descendants.ALL)
        consistency = Consistency(self._master, self._metadata)
        wrong = await consistency.check(call.user, path, lists_strangers=not was_synced)
        return messages.CheckConsistencyPResponse(inconsistentPaths=wrong)

    def get_state_lock_holders(self, request: Any, call: Call) -> Any:
        """Answer that nobody holds the state lock: there is none, since a backup reads a snapshot."""
        self._master.check_serving()
        return messages.GetStateLockHoldersPResponse()

    async def needs_sync(self, request: Any, call: Call) -> Any:
        """Have the next access to the path compare it with the under storage."""
        self._master.check_serving()
        self._metadata.times.declare_stale(paths.parse(request.path), self._master.clock.now_ms())
        return messages.NeedsSyncResponse()

    # --- listings --------------------------------------------------------------------------------------------------

    async def list_status(self, request: Any, call: Call) -> AsyncIterator[Any]:
        wanted = requests.list_request(request)
        await self._prepare_listing(wanted.path, wanted.recursive, request.options, call)
        if request.options.loadMetadataOnly:
            return
        cursor: list_status.Cursor | None = None
        message = ListingMessage(self._master.settings.listing_infos)
        while True:
            with self._master.view(call.user, self._infos.make) as context:
                page = list_status.page(context, wanted, cursor)
                listed = lookup(context.tx, wanted.path).inode if cursor is None else None
                if listed is not None and listed.is_directory:
                    self._master.access_times.note(listed.id, listed.last_accessed_ms, context.now_ms)
            for info in page.infos:
                full = message.add(info)
                if full:
                    yield full
            if page.cursor is None:
                break
            cursor = page.cursor
        if message.parts:
            yield message.take()

    async def list_status_partial(self, request: Any, call: Call) -> Any:
        wanted = requests.partial_list_request(request)
        await self._prepare_listing(wanted.path, wanted.recursive, request.options.options, call)
        with self._master.view(call.user) as context:
            found = list_status.partial(context, wanted)
        return messages.ListStatusPartialPResponse(
            fileInfos=[file_info_message(info) for info in found.infos],
            isTruncated=found.is_truncated,
            fileCount=found.file_count,
        )

    async def _prepare_listing(self, path: str, recursive: bool, options: Any, call: Call) -> None:
        """Compare or load what a listing shows, as far as it is due."""
        wanted = requests.metadata_wanted(options.commonOptions)
        descendants = Descendants.ALL if recursive else Descendants.ONE
        if await self._metadata.access(path, wanted, descendants) or options.loadMetadataType == NEVER:
            return
        always = options.loadMetadataType == ALWAYS
        with self._master.view(call.user) as context:
            inode = lookup(context.tx, path).inode
        if inode is None:
            await self._metadata.load_missing(path, wanted, even_if_absent=always)
        elif inode.is_directory and inode.direct_children_loaded and not recursive and not always:
            return
        await self._metadata.load_children(
            path, wanted, recursive=recursive, always=always or options.disableAreDescendantsLoadedCheck
        )


class ListingMessage:
    """Serialized statuses that go out as one message, of bounded count and size, but for one that is larger itself."""

    __slots__ = ("_count_max", "_size", "_size_max", "parts")

    def __init__(self, count_max: int, size_max: int = MESSAGE_BYTES_MAX) -> None:
        self._count_max = count_max
        self._size_max = size_max
        self._size = 0
        self.parts: list[bytes] = []

    def add(self, data: bytes) -> bytes:
        """Add a status; returns the message that was full before it, b"" if there is room."""
        is_full = len(self.parts) >= self._count_max or self._size + len(data) > self._size_max
        full = self.take() if self.parts and is_full else b""
        self.parts.append(data)
        self._size += len(data)
        return full

    def take(self) -> bytes:
        """Return the message so far, and begin the next."""
        message = b"".join(self.parts)
        self.parts, self._size = [], 0
        return message
