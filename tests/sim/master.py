"""The master of one process life: the real pipeline and namespace operations over the sorted-dict store.

Answers that no commit has confirmed (reads, refusals) need a lease or a ReadIndex taken after the state was looked at.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, NotLeader
from pyalluxio.ids import Index
from pyalluxio.journal.entries import OperationId, XAttrStrategy
from pyalluxio.journal.node import LogPosition
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.ops import bootstrap, create_directory, create_file, get_status, list_status, rename
from pyalluxio.master.ops import set_attribute as set_attribute_op
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.list_status import ListRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.path_locks import PathLocks
from pyalluxio.master.pipeline import Pipeline
from pyalluxio.master.reply_cache import ReplyCache
from pyalluxio.wire.groups import GroupMapping

if TYPE_CHECKING:
    from tests.sim.member import Member

USER = "alluxio"
CONF = Configuration.for_test(
    {"alluxio.master.hostname": "sim", "alluxio.master.mount.table.root.ufs": "/sim"}, role="master"
)


class Locations:
    """No workers: blocks are nowhere."""

    def locations(self, block_id: int) -> tuple[()]:
        return ()

    def in_safe_mode(self) -> bool:
        return False

    def drop(self, block_ids: Any) -> None:
        pass


class SimMaster:
    """Serves the calls of simulated clients."""

    def __init__(self, member: Member, rng: random.Random) -> None:
        self.member = member
        locks = PathLocks()
        self.version = 0
        self.pipeline = self.new_pipeline(locks)
        groups = GroupMapping(resolve=lambda user: (user,), monotonic_s=member.monotonic_s)
        self.file_system = FileSystemMaster(
            CONF, member.store, self.pipeline, locks, Locations(), groups, member, USER, rng
        )
        self.replies = ReplyCache(lambda: self.version, monotonic_s=member.monotonic_s)

    def new_pipeline(self, locks: PathLocks) -> Pipeline:
        member = self.member
        return Pipeline(
            member.store,
            self,
            locks,
            on_commit=self._committed,
            on_fatal=lambda error: member.sim.fail(error, member.id),
            on_leading=self._leading,
            monotonic_s=member.monotonic_s,
        )

    @property
    def applied_index(self) -> Index:
        return self.pipeline.applied_index

    def restored(self) -> None:
        """The store holds another state now."""
        self.pipeline.restored()
        self.version += 1

    # --- the journal, as the pipeline sees it ----------------------------------------------------------------------

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        return self.member.node.propose(data)

    def applied(self, index: Index) -> None:
        self.member.node.applied(index)

    def has_lease(self) -> bool:
        return self.member.node.has_lease()

    def read_index(self) -> asyncio.Future[Index]:
        return self.member.node.read_index()

    # --- leadership ------------------------------------------------------------------------------------------------

    def _leading(self, leads: bool) -> None:
        self.file_system.reset_ids()
        if leads:
            self.member.spawn(self._begin_to_serve())
        else:
            self.file_system.is_serving = False

    async def _begin_to_serve(self) -> None:
        try:
            await self.pipeline.submit(lambda batch: bootstrap.run(self.file_system.context_of(batch), "cluster"))
        except AlluxioError:
            return
        self.file_system.is_serving = True

    def _committed(self, changed: frozenset[int], effects: Any, led: bool) -> None:
        self.version += 1

    # --- calls -----------------------------------------------------------------------------------------------------

    async def call(self, kind: str, arguments: tuple[Any, ...], operation_id: OperationId | None) -> Any:
        """Run one call to its end.

        Raises:  errors of the namespace, confirmed like any other answer; NotLeader, Unavailable and the like.
        """
        self.file_system.check_serving()
        try:
            result = await self._run(kind, arguments, operation_id)
        except NotLeader:
            raise
        except AlluxioError:
            await self.confirm_leadership()
            raise
        if kind in ("status", "list"):
            await self.confirm_leadership()
        return result

    async def confirm_leadership(self) -> None:
        """Return once it is sure that nobody else led when the state was looked at.

        Raises:  NotLeader; Unavailable.
        """
        if self.pipeline.confirmation.holds():
            self.member.sim.checker.relies_on_lease(self.member)
            return
        self.member.sim.checker.count("read by heartbeats")
        await self.pipeline.confirmation.wait()

    async def _run(self, kind: str, arguments: tuple[Any, ...], operation_id: OperationId | None) -> Any:
        master = self.file_system
        if kind == "status":
            return self._status(*arguments)
        if kind == "list":
            with master.view() as context:
                page = list_status.page(context, ListRequest(*arguments))
            return tuple(sorted(info.name for info in page.infos))
        if kind == "set":
            path, value = arguments
            wanted = SetAttributeRequest(path, xattr={"v": value}, xattr_strategy=XAttrStrategy.TRUNCATE)
            await master.write_long_planned(
                None,
                (path,),
                lambda context: set_attribute_op.plan_in_pages(context, wanted),
                lambda context, results: set_attribute_op.run(context, wanted, results),
            )
        elif kind == "delete":
            asked = DeleteRequest(arguments[0], recursive=arguments[1], operation_id=operation_id)
            await master.delete(None, asked)
        else:
            module, request = _request(kind, arguments, operation_id)
            paths = (request.path, request.new_path) if kind == "rename" else (request.path,)
            await master.write_planned(
                None,
                paths,
                lambda context: module.plan(context, request),
                lambda context, results: module.run(context, request, results),
            )
        return None

    def _status(self, path: str) -> tuple[int, bool, bytes]:
        known = self.replies.get(path)
        if known is not None:
            return known  # type: ignore[return-value]
        with self.file_system.view() as context:
            info = get_status.run(context, path)
        value = (info.file_id, info.is_directory, (info.xattr or {}).get("v", b""))
        self.replies.put(path, value)  # type: ignore[arg-type]
        return value


def _request(kind: str, arguments: tuple[Any, ...], operation_id: OperationId | None) -> tuple[Any, Any]:
    if kind == "create":
        return create_file, CreateFileRequest(
            arguments[0],
            recursive=arguments[1],
            mode=0o644,
            block_size_bytes=1 << 20,
            operation_id=operation_id,
            replication_max=-1,
        )
    if kind == "mkdir":
        return create_directory, CreateDirectoryRequest(
            arguments[0], mode=0o755, allow_exists=arguments[1], operation_id=operation_id
        )
    assert kind == "rename", kind
    return rename, RenameRequest(*arguments, operation_id=operation_id)
