"""Everything that a master's RPC port serves, and who may ask for it in which role.

    leader only       what clients, shells and jobs ask; a standby answers UNAVAILABLE and names the leader
    every master      what workers report (see `block_service`), the journal's administration, snapshots of the state
                      for other masters, checkpoints, service versions

Official clients look for the leader with a service version: any answer but UNAVAILABLE from a standby would end their
search, so that question is the leader's too, unless it says that a standby may answer, or asks for what masters offer
each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pyalluxio.master import (
    configuration_service,
    file_worker_service,
    journal_admin_service,
    masters,
    meta_service,
    metrics_service,
    snapshot_service,
)
from pyalluxio.master.block_service import BlockMasterClientService, BlockMasterWorkerService
from pyalluxio.master.configuration_service import MetaMasterConfigurationService
from pyalluxio.master.file_handlers import file_handlers
from pyalluxio.master.file_worker_service import FileSystemMasterJobService, FileSystemMasterWorkerService
from pyalluxio.master.journal_admin_service import JournalMasterClientService
from pyalluxio.master.master import Master
from pyalluxio.master.masters import MetaMasterMasterService
from pyalluxio.master.meta_service import MasterStatus, MetaMasterClientService, MetaMasterProxyService, Proxies
from pyalluxio.master.metrics_service import MetricsMasterClientService
from pyalluxio.master.snapshot_service import RaftJournalService
from pyalluxio.wire import version_service
from pyalluxio.wire.gen.version_pb2 import RAFT_JOURNAL_SERVICE
from pyalluxio.wire.handlers import Call, Handler, handlers_of
from pyalluxio.wire.version_service import ServiceVersionService

SERVED = {
    "FILE_SYSTEM_MASTER_CLIENT_SERVICE",
    "FILE_SYSTEM_MASTER_WORKER_SERVICE",
    "FILE_SYSTEM_MASTER_JOB_SERVICE",
    "BLOCK_MASTER_CLIENT_SERVICE",
    "BLOCK_MASTER_WORKER_SERVICE",
    "META_MASTER_CONFIG_SERVICE",
    "META_MASTER_CLIENT_SERVICE",
    "META_MASTER_MASTER_SERVICE",
    "META_MASTER_PROXY_SERVICE",
    "METRICS_MASTER_CLIENT_SERVICE",
    "JOURNAL_MASTER_CLIENT_SERVICE",
    "RAFT_JOURNAL_SERVICE",
}
# Clients call the leader; whoever calls another master means it.
CHECKPOINT = "Checkpoint"


def handlers(
    master: Master,
    status: Callable[[], MasterStatus],
    journal: JournalMasterClientService,
    checkpoint: Callable[[], Awaitable[object]],
    snapshots: RaftJournalService,
) -> list[Handler]:
    """Return the handlers of a master's RPC port; `checkpoint` takes a snapshot of the state."""
    conf, blocks, clock = master.conf, master.block_master, master.clock
    proxies = Proxies(
        conf.duration_ms("alluxio.master.proxy.timeout"), conf.duration_ms("alluxio.master.lost.proxy.deletion.timeout")
    )
    meta = MetaMasterClientService(status, blocks, master.configuration, proxies, checkpoint)
    configuration = MetaMasterConfigurationService(master.configuration, master.path_configuration)
    metrics = MetricsMasterClientService(master.metrics, blocks)
    workers = FileSystemMasterWorkerService(master.file_system, master.persistence)
    of_meta = handlers_of(meta_service.SERVICE, meta)
    of_the_leader = [
        *handlers_of(file_worker_service.SERVICE, workers),
        *handlers_of(file_worker_service.JOB_SERVICE, FileSystemMasterJobService(workers)),
        *handlers_of("alluxio.grpc.block.BlockMasterClientService", BlockMasterClientService(blocks)),
        *handlers_of(configuration_service.SERVICE, configuration, open_rpcs=configuration_service.OPEN_RPCS),
        *(handler for handler in of_meta if handler.method.name != CHECKPOINT),
        *handlers_of(meta_service.PROXY_SERVICE, MetaMasterProxyService(proxies, clock.now_ms)),
        *handlers_of(masters.SERVICE, MetaMasterMasterService(master.masters, clock.now_ms)),
        *handlers_of(metrics_service.SERVICE, metrics),
    ]
    return [
        *version_handlers(master),
        *file_handlers(master),
        *master.calls.guarded(of_the_leader),
        *handlers_of("alluxio.grpc.block.BlockMasterWorkerService", BlockMasterWorkerService(blocks, master.metrics)),
        *handlers_of(journal_admin_service.SERVICE, journal),
        *(handler for handler in of_meta if handler.method.name == CHECKPOINT),
        *handlers_of(snapshot_service.SERVICE, snapshots),
    ]


def version_handlers(master: Master) -> list[Handler]:
    """Return the handlers of `ServiceVersionClientService`."""
    handlers = handlers_of(version_service.SERVICE, ServiceVersionService(SERVED), authenticated=False)
    return [
        _asked_of_the_leader(handler, guarded)
        for handler, guarded in zip(handlers, master.calls.guarded(handlers), strict=True)
    ]


def _asked_of_the_leader(of_all: Handler, of_the_leader: Handler) -> Handler:
    def answer(request: Any, call: Call) -> Any:
        is_for_all = request.allowedOnStandbyMasters or request.serviceType == RAFT_JOURNAL_SERVICE
        handler = of_all if is_for_all else of_the_leader
        return handler.function(request, call)

    return replace(of_all, function=answer)
