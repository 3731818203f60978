"""The block master's two services: what clients ask about blocks and workers, and what workers report.

Requests in, messages out; the rules are in `workers` and `block_master`. Field ranges and filters are those that the
official shell sends; none given means all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from sys import intern
from typing import Any, Protocol

from pyalluxio.errors import DeadlineExceeded, Internal, InvalidArgument, Unavailable
from pyalluxio.ids import WorkerId
from pyalluxio.master.block_master import SLICE_COUNT, BlockMaster
from pyalluxio.master.ops import block_commit
from pyalluxio.master.report_order import Numbering, ReportOrder
from pyalluxio.master.workers import (
    CommandKind,
    Heartbeat,
    RegisterFacts,
    Registration,
    Worker,
    WorkerAddress,
    WorkerState,
)
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import BuildVersion, Command, CommandType, Metric, MetricType, WorkerNetAddress
from pyalluxio.wire.handlers import Call

log = logging.getLogger(__name__)

_KNOWN_STATES = (WorkerState.LIVE, WorkerState.LOST, WorkerState.DECOMMISSIONED, WorkerState.DISABLED)
_STATES_OF_RANGE = {
    pb.WorkerRange.ALL: _KNOWN_STATES,
    pb.WorkerRange.SPECIFIED: _KNOWN_STATES,
    pb.WorkerRange.LIVE: (WorkerState.LIVE,),
    pb.WorkerRange.LOST: (WorkerState.LOST,),
    pb.WorkerRange.DECOMMISSIONED: (WorkerState.DECOMMISSIONED, WorkerState.DISABLED),
}

_COMMAND_TYPES = {
    CommandKind.NOTHING: CommandType.Nothing,
    CommandKind.REGISTER: CommandType.Register,
    CommandKind.FREE: CommandType.Free,
    CommandKind.DECOMMISSIONED: CommandType.Decommissioned,
}


class MetricsSink(Protocol):
    """Where the metrics of worker heartbeats go."""

    def take(self, metrics: Iterable[Any]) -> None:
        """Add counters that a worker or client has sent, as `alluxio.grpc.Metric`."""


class BlockMasterClientService:
    """`alluxio.grpc.block.BlockMasterClientService`."""

    def __init__(self, blocks: BlockMaster) -> None:
        self._blocks = blocks

    async def get_block_info(self, request: pb.GetBlockInfoPRequest, call: Call) -> pb.GetBlockInfoPResponse:
        self._check_answers()
        return pb.GetBlockInfoPResponse(blockInfo=self._blocks.block_info(request.blockId))

    async def get_block_master_info(
        self, request: pb.GetBlockMasterInfoPOptions, call: Call
    ) -> pb.GetBlockMasterInfoPResponse:
        self._check_answers()
        field = pb.BlockMasterInfoField
        wanted: set[int] = {*request.filters} or {*field.values()}
        workers = self._blocks.registry
        capacity, used = workers.capacity_on_tiers(), workers.used_on_tiers()
        info = pb.BlockMasterInfo()
        if field.CAPACITY_BYTES in wanted:
            info.capacityBytes = sum(capacity.values())
        if field.CAPACITY_BYTES_ON_TIERS in wanted:
            info.capacityBytesOnTiers.update(capacity)
        if field.FREE_BYTES in wanted:
            info.freeBytes = sum(capacity.values()) - sum(used.values())
        if field.USED_BYTES in wanted:
            info.usedBytes = sum(used.values())
        if field.USED_BYTES_ON_TIERS in wanted:
            info.usedBytesOnTiers.update(used)
        if field.LIVE_WORKER_NUM in wanted:
            info.liveWorkerNum = len(workers.in_state(WorkerState.LIVE))
        if field.LOST_WORKER_NUM in wanted:
            info.lostWorkerNum = len(workers.in_state(WorkerState.LOST))
        if field.DECOMMISSIONED_WORKER_NUM in wanted:
            info.decommissionedWorkerNum = len(workers.in_state(WorkerState.DECOMMISSIONED, WorkerState.DISABLED))
        return pb.GetBlockMasterInfoPResponse(blockMasterInfo=info)

    async def get_capacity_bytes(
        self, request: pb.GetCapacityBytesPOptions, call: Call
    ) -> pb.GetCapacityBytesPResponse:
        self._check_answers()
        return pb.GetCapacityBytesPResponse(bytes=sum(self._blocks.registry.capacity_on_tiers().values()))

    async def get_used_bytes(self, request: pb.GetUsedBytesPOptions, call: Call) -> pb.GetUsedBytesPResponse:
        self._check_answers()
        return pb.GetUsedBytesPResponse(bytes=sum(self._blocks.registry.used_on_tiers().values()))

    async def get_worker_info_list(
        self, request: pb.GetWorkerInfoListPOptions, call: Call
    ) -> pb.GetWorkerInfoListPResponse:
        """Answer the live workers, from which clients choose where to read and write."""
        self._check_answers()
        return self._infos(self._blocks.registry.in_state(WorkerState.LIVE), ())

    async def get_worker_report(self, request: pb.GetWorkerReportPOptions, call: Call) -> pb.GetWorkerInfoListPResponse:
        self._check_answers()
        workers = self._blocks.registry.in_state(*_STATES_OF_RANGE[request.workerRange])
        if request.workerRange == pb.WorkerRange.SPECIFIED:
            workers = _named(workers, request.addresses)
        return self._infos(workers, request.fieldRanges)

    async def get_worker_lost_storage(
        self, request: pb.GetWorkerLostStoragePOptions, call: Call
    ) -> pb.GetWorkerLostStoragePResponse:
        response = pb.GetWorkerLostStoragePResponse()
        for worker in self._blocks.registry.in_state(WorkerState.LIVE):
            lost = {tier: pb.StorageList(storage=paths) for tier, paths in worker.lost_storage.items() if paths}
            if lost:
                response.workerLostStorageInfo.add(address=worker.address.message, lostStorage=lost)
        return response

    async def decommission_worker(
        self, request: pb.DecommissionWorkerPOptions, call: Call
    ) -> pb.DecommissionWorkerPResponse:
        self._blocks.check_leads()
        web_port = request.workerWebPort if request.HasField("workerWebPort") else None
        worker = self._blocks.registry.decommission(
            request.workerHostname, web_port, can_register_again=request.canRegisterAgain
        )
        log.info("Worker %s:%d is %s.", worker.address.host, worker.address.rpc_port, worker.state.value)
        return pb.DecommissionWorkerPResponse()

    async def remove_disabled_worker(
        self, request: pb.RemoveDisabledWorkerPOptions, call: Call
    ) -> pb.RemoveDisabledWorkerPResponse:
        """Enable a disabled worker again; asking for one that is not disabled does nothing."""
        self._blocks.check_leads()
        web_port = request.workerWebPort if request.HasField("workerWebPort") else None
        self._blocks.registry.enable(request.workerHostname, web_port)
        return pb.RemoveDisabledWorkerPResponse()

    def _check_answers(self) -> None:
        self._blocks.check_leads()
        self._blocks.safe_mode.check(self._blocks.clock.now_ms())

    def _infos(self, workers: Sequence[Worker], fields: Sequence[int]) -> pb.GetWorkerInfoListPResponse:
        now_ms = self._blocks.clock.now_ms()
        return pb.GetWorkerInfoListPResponse(
            workerInfos=[_info(worker, frozenset(fields), now_ms) for worker in workers]
        )


class BlockMasterWorkerService:
    """`alluxio.grpc.block.BlockMasterWorkerService`.

    Registrations and heartbeats are taken in whatever the role, so that a standby knows all workers when it is
    elected; ids and commits are for the leader.
    """

    def __init__(self, blocks: BlockMaster, metrics: MetricsSink) -> None:
        self._blocks = blocks
        self._metrics = metrics

    async def get_worker_id(self, request: pb.GetWorkerIdPRequest, call: Call) -> pb.GetWorkerIdPResponse:
        """Answer a worker's id; only the leader does, by which official workers tell it from a standby."""
        self._blocks.check_leads()
        address = _address(request.workerNetAddress)
        worker_id = self._blocks.registry.worker_id_for(address, self._blocks.clock.now_ms())
        return pb.GetWorkerIdPResponse(workerId=worker_id)

    async def notify_worker_id(self, request: pb.NotifyWorkerIdPRequest, call: Call) -> pb.NotifyWorkerIdPResponse:
        """Learn an id that the leader gave; workers that report to all masters tell it the standbys."""
        address = _address(request.workerNetAddress)
        self._blocks.registry.introduce(WorkerId(request.workerId), address, self._blocks.clock.now_ms())
        return pb.NotifyWorkerIdPResponse()

    async def request_register_lease(
        self, request: pb.GetRegisterLeasePRequest, call: Call
    ) -> pb.GetRegisterLeasePResponse:
        now_ms = self._blocks.clock.now_ms()
        if not self._blocks.options.lease_enabled:
            expiry_ms: int | None = now_ms + self._blocks.options.lease_ttl_ms
        else:
            expiry_ms = self._blocks.leases.request(WorkerId(request.workerId), now_ms)
        if expiry_ms is None:
            return pb.GetRegisterLeasePResponse(workerId=request.workerId, allowed=False)
        return pb.GetRegisterLeasePResponse(workerId=request.workerId, allowed=True, expiryMs=expiry_ms)

    async def register_worker(self, request: pb.RegisterWorkerPRequest, call: Call) -> pb.RegisterWorkerPResponse:
        """Register a worker that sends everything in one message; it needs a lease, as in 2.9.6."""
        now_ms = self._blocks.clock.now_ms()
        worker_id = WorkerId(request.workerId)
        if self._blocks.options.lease_enabled and not self._blocks.leases.holds(worker_id, now_ms):
            raise Unavailable(f"Worker {worker_id} has no lease to register. Request one first.")
        registration = self._begin(request)
        try:
            await self._take_blocks(registration, request)
            self._finish(registration)
        except BaseException:
            self._blocks.registry.abort_registration(registration)
            raise
        return pb.RegisterWorkerPResponse()

    async def register_worker_stream(
        self, requests: AsyncIterator[pb.RegisterWorkerPRequest], call: Call
    ) -> AsyncIterator[pb.RegisterWorkerPResponse]:
        """Register a worker message by message; each is answered by one empty message, the end completes it."""
        registration: Registration | None = None
        complete = False
        try:
            while (request := await self._next(requests)) is not None:
                if registration is None:
                    if not request.storageTiers:
                        raise InvalidArgument(
                            f"The first registration message of worker {request.workerId} names no storage tiers."
                        )
                    registration = self._begin(request)
                await self._take_blocks(registration, request)
                yield pb.RegisterWorkerPResponse()
            if registration is None:
                raise InvalidArgument("The registration stream ended without a message.")
            self._finish(registration)
            complete = True
        finally:
            if registration is not None and not complete:
                self._blocks.registry.abort_registration(registration)

    async def block_heartbeat(self, request: pb.BlockHeartbeatPRequest, call: Call) -> pb.BlockHeartbeatPResponse:
        added = [(tier, medium, tuple(block_ids)) for tier, medium, block_ids in _block_lists(request.addedBlocks)]
        unknown = self._blocks.metadata.unknown_blocks([b for _, _, block_ids in added for b in block_ids])
        report = Heartbeat(
            added=added,
            removed=tuple(request.removedBlockIds),
            unknown=unknown,
            used_bytes=dict(request.usedBytesOnTiers),
            capacity_bytes=dict(request.options.capacityBytesOnTiers),
            lost_storage=_paths(request.lostStorage),
            numbering=_numbering(request),
        )
        now_ms = self._blocks.clock.now_ms()
        leads = self._blocks.leads()
        command = self._blocks.registry.heartbeat(request.workerId, report, now_ms, leads=leads)
        answer = Command(commandType=_COMMAND_TYPES[command.kind], data=command.block_ids)
        response = pb.BlockHeartbeatPResponse(command=answer)
        if report.numbering is None:
            self._metrics.take(request.options.metrics)
            return response
        response.leads, response.term = leads, self._blocks.term()
        worker = self._blocks.registry.worker(request.workerId)
        if worker is not None and worker.reports.counts(report.numbering):
            response.acknowledgedReport = report.numbering.number
            self._metrics.take(_gained(worker.reports, request.options.metrics))
        return response

    async def commit_block(self, request: pb.CommitBlockPRequest, call: Call) -> pb.CommitBlockPResponse:
        """Take in a block that its writer has just finished; its length is journaled."""
        self._blocks.check_leads()
        registry = self._blocks.registry
        self._blocks.check_registered(request.workerId)  # before the journal: a stranger's block must not get into it
        await self._record(request.blockId, request.length)
        registry.commit_block(
            request.workerId,
            request.blockId,
            request.tierAlias,
            request.mediumType,
            request.usedBytesOnTier,
            self._blocks.clock.now_ms(),
        )
        return pb.CommitBlockPResponse()

    async def commit_block_in_ufs(
        self, request: pb.CommitBlockInUfsPRequest, call: Call
    ) -> pb.CommitBlockInUfsPResponse:
        """Record the length of a block that is in the under storage only."""
        self._blocks.check_leads()
        await self._record(request.blockId, request.length)
        return pb.CommitBlockInUfsPResponse()

    async def _record(self, block_id: int, length: int) -> None:
        block_commit.check_ids((block_id,))
        known = self._blocks.metadata.block_length(block_id)
        if known == length:
            return
        if known is not None and known != -1:
            log.warning("Block %d is committed with %d bytes, but has %d; those are kept.", block_id, length, known)
            return
        await self._blocks.journal.commit_block(block_id, length)

    def _begin(self, request: pb.RegisterWorkerPRequest) -> Registration:
        facts = RegisterFacts(
            storage_tiers=tuple(request.storageTiers),
            capacity_bytes=dict(request.totalBytesOnTiers),
            used_bytes=dict(request.usedBytesOnTiers),
            lost_storage=_paths(request.lostStorage),
            version=request.options.buildVersion.version,
            revision=request.options.buildVersion.revision,
            vcpu_count=request.options.numVCpu,
            configuration=tuple(
                (intern(kept.name), intern(kept.source), intern(kept.value)) for kept in request.options.configs
            ),
            report_session=request.reportSession,
            report_number=request.reportNumber,
        )
        return self._blocks.registry.begin_registration(request.workerId, facts, self._blocks.clock.now_ms())

    async def _take_blocks(self, registration: Registration, request: pb.RegisterWorkerPRequest) -> None:
        """Take in the blocks of one message, in slices between which other calls run."""
        if request.workerId != registration.worker.id:
            raise InvalidArgument(
                f"A registration message names worker {request.workerId} in the stream of {registration.worker.id}."
            )
        for tier_alias, medium_type, block_ids in _block_lists(request.currentBlocks):
            for start in range(0, len(block_ids), SLICE_COUNT):
                slice_ = list(block_ids[start : start + SLICE_COUNT])
                unknown = self._blocks.metadata.unknown_blocks(slice_)
                now_ms = self._blocks.clock.now_ms()
                self._blocks.registry.register_blocks(registration, tier_alias, medium_type, slice_, unknown, now_ms)
                await asyncio.sleep(0)

    def _finish(self, registration: Registration) -> None:
        worker = self._blocks.registry.finish_registration(registration, self._blocks.clock.now_ms())
        self._blocks.leases.release(worker.id)
        log.info(
            "Worker %s:%d registered with %d blocks, %d bytes.",
            worker.address.host,
            worker.address.rpc_port,
            worker.block_count,
            worker.capacity_bytes,
        )

    async def _next(self, requests: AsyncIterator[pb.RegisterWorkerPRequest]) -> pb.RegisterWorkerPRequest | None:
        timeout_ms = self._blocks.options.register_stream_timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await anext(requests, None)
        except TimeoutError:
            raise DeadlineExceeded(
                f"The registering worker sent nothing for {timeout_ms / 1000:g} s "
                "(alluxio.master.worker.register.stream.response.timeout)."
            ) from None


def _info(worker: Worker, fields: frozenset[int], now_ms: int) -> pb.WorkerInfo:
    """Return what a report shows of a worker; of the fields, none given means all."""
    field = pb.WorkerInfoField

    def wanted(value: int) -> bool:
        return not fields or value in fields

    info = pb.WorkerInfo()
    if wanted(field.ADDRESS):
        info.address.CopyFrom(worker.address.message)
    if wanted(field.ID):
        info.id = worker.id
    if wanted(field.LAST_CONTACT_SEC):
        info.lastContactSec = max(0, now_ms - worker.last_contact_ms) // 1000
    if wanted(field.START_TIME_MS):
        info.startTimeMs = worker.start_time_ms
    if wanted(field.STATE):
        info.state = worker.state.value
    if wanted(field.WORKER_CAPACITY_BYTES):
        info.capacityBytes = worker.capacity_bytes
    if wanted(field.WORKER_CAPACITY_BYTES_ON_TIERS):
        info.capacityBytesOnTiers.update(worker.capacity_on_tiers)
    if wanted(field.WORKER_USED_BYTES):
        info.usedBytes = worker.used_bytes
    if wanted(field.WORKER_USED_BYTES_ON_TIERS):
        info.usedBytesOnTiers.update(worker.used_on_tiers)
    if wanted(field.BUILD_VERSION):
        info.buildVersion.CopyFrom(BuildVersion(version=worker.version, revision=worker.revision))
    if wanted(field.NUM_VCPU):
        info.numVCpu = worker.vcpu_count
    return info


def _named(workers: Sequence[Worker], names: Iterable[str]) -> list[Worker]:
    """Return the workers with these names: a host, or host:port of the RPC or web port.

    Raises:   InvalidArgument: a name that no worker has.
    """
    wanted, matched = set(names), set()
    chosen: list[Worker] = []
    for worker in workers:
        hosts = {worker.address.host, worker.address.container_host} - {""}
        ports = (worker.address.rpc_port, worker.address.web_port)
        own = (hosts | {f"{host}:{port}" for host in hosts for port in ports}) & wanted
        if own:
            chosen.append(worker)
            matched |= own
    if matched != wanted:
        missing = ", ".join(sorted(wanted - matched))
        raise InvalidArgument(
            f"No worker is called {missing}. Names are hosts, as `fsadmin report capacity` shows them."
        )
    return chosen


def _address(message: Any) -> WorkerAddress:
    """Return the address of a WorkerNetAddress, which is kept as it came and shown to clients unchanged."""
    kept = WorkerNetAddress()
    kept.CopyFrom(message)  # a part of a request would keep all of it in memory
    return WorkerAddress(kept.host, kept.rpcPort, kept.webPort, kept.containerHost, kept)


def _block_lists(entries: Iterable[pb.LocationBlockIdListEntry]) -> list[tuple[str, str, Sequence[int]]]:
    """Return [(tier alias, medium type, block ids)].

    Raises:   Internal: two lists for one tier and medium, by which official masters fail too.  InvalidArgument: a
              negative block id.
    """
    lists: list[tuple[str, str, Sequence[int]]] = [
        (entry.key.tierAlias, entry.key.mediumType, entry.value.blockId) for entry in entries
    ]
    if len({(tier, medium) for tier, medium, _ in lists}) < len(lists):
        raise Internal("The worker's message lists the blocks of one tier and medium twice. Merge them.")
    for _, _, block_ids in lists:
        block_commit.check_ids(block_ids)
    return lists


def _numbering(request: pb.BlockHeartbeatPRequest) -> Numbering | None:
    """Return what a report says of itself; None for one of an official worker."""
    if not request.HasField("reportNumber"):
        return None
    digests = zip(request.digestTiers, zip(request.blockCounts, request.blockMarks, strict=False), strict=False)
    return Numbering(request.reportSession, request.reportNumber, request.acknowledgedReport, dict(digests))


def _gained(reports: ReportOrder, metrics: Iterable[Any]) -> list[Any]:
    """Return the counters of a report with what was not counted before."""
    told = {
        (metric.instance, metric.source, metric.name, *sorted(metric.tags.items())): metric
        for metric in metrics
        if metric.metricType == MetricType.COUNTER
    }
    gained = []
    for key, gain in reports.gained({key: metric.value for key, metric in told.items()}).items():
        metric = Metric()
        metric.CopyFrom(told[key])
        metric.value = gain
        gained.append(metric)
    return gained


def _paths(lost_storage: Any) -> dict[str, list[str]]:
    return {tier: list(paths.storage) for tier, paths in lost_storage.items()}
