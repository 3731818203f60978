"""The calls that change attributes of paths: setAttribute, setAcl, free, scheduleAsyncPersistence."""

from __future__ import annotations

from typing import Any

from pyalluxio import path as paths
from pyalluxio.journal.entries import SetAclAction, TtlAction, XAttrStrategy
from pyalluxio.master import file_requests as requests
from pyalluxio.master.file_messages import acl_entries, mode_of
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.metadata import Metadata
from pyalluxio.master.ops import free, intents, schedule_persist
from pyalluxio.master.ops.free import FreeRequest
from pyalluxio.master.ops.set_acl import SetAclRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.path_times import Descendants
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call


class AttributeCalls:
    """Part of `FileSystemMasterClientService`."""

    _master: FileSystemMaster
    _metadata: Metadata

    async def set_attribute(self, request: Any, call: Call) -> Any:
        wanted = self._set_attribute_request(request)
        reaches_down = wanted.recursive or wanted.pinned is not None
        await self._metadata.access(
            wanted.path,
            requests.metadata_wanted(request.options.commonOptions),
            Descendants.ALL if reaches_down else Descendants.ONE,
        )
        await self._master.change(call.user, wanted)
        return messages.SetAttributePResponse()

    def _set_attribute_request(self, request: Any) -> SetAttributeRequest:
        options = request.options
        common = options.commonOptions
        intents.check_names(options.xattr)

        def given(name: str) -> Any:
            return getattr(options, name) if options.HasField(name) else None

        owner, group = given("owner"), given("group")
        strategy = given("xattrUpdateStrategy")
        return SetAttributeRequest(
            path=paths.parse(request.path),
            recursive=options.recursive,
            owner=owner,
            group=group,
            mode=mode_of(options.mode) if options.HasField("mode") else None,
            owner_groups=self._master.groups.groups(owner) if owner and group else (),
            pinned=given("pinned"),
            pinned_media=tuple(options.pinnedMedia),
            ttl_ms=common.ttl if common.HasField("ttl") else None,
            ttl_action=TtlAction(common.ttlAction) if common.HasField("ttlAction") else None,
            replication_min=given("replicationMin"),
            replication_max=given("replicationMax"),
            persisted=given("persisted"),
            xattr=dict(options.xattr),
            xattr_strategy=XAttrStrategy.TRUNCATE if strategy is None else XAttrStrategy(strategy),
            direct_children_loaded=given("directChildrenLoaded"),
        )

    async def set_acl(self, request: Any, call: Call) -> Any:
        wanted = SetAclRequest(
            paths.parse(request.path),
            SetAclAction(request.action),
            tuple(acl_entries(request.entries)),
            request.options.recursive,
        )
        await self._metadata.access(
            wanted.path,
            requests.metadata_wanted(request.options.commonOptions),
            Descendants.ALL if wanted.recursive else Descendants.NONE,
        )
        await self._master.change(call.user, wanted)
        return messages.SetAclPResponse()

    async def free(self, request: Any, call: Call) -> Any:
        wanted = FreeRequest(paths.parse(request.path), request.options.recursive, request.options.forced)
        await self._master.free(call.user, wanted.path, lambda context: free.run(context, wanted))
        return messages.FreePResponse()

    async def schedule_async_persistence(self, request: Any, call: Call) -> Any:
        path, wait_ms = paths.parse(request.path), request.options.persistenceWaitTime
        await self._master.write(call.user, lambda context: schedule_persist.run(context, path, wait_ms), (path,))
        return messages.ScheduleAsyncPersistencePResponse()
