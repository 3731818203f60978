"""The master process: folders, journal, store, ports and signals around one `Master`."""

from __future__ import annotations

import asyncio
import getpass
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from pyalluxio.conf import Configuration
from pyalluxio.conf.addresses import journal_addresses, own_host, own_journal_address, split
from pyalluxio.errors import AlluxioError, ConfigurationError
from pyalluxio.journal.format import require_formatted
from pyalluxio.journal.node import JournalNode, JournalOptions, Role, RoleChange
from pyalluxio.master import (
    configuration_service,
    file_worker_service,
    journal_admin_service,
    meta_service,
    metrics_service,
)
from pyalluxio.master.block_service import BlockMasterClientService, BlockMasterWorkerService
from pyalluxio.master.clock import SystemClock
from pyalluxio.master.configuration_service import MetaMasterConfigurationService
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.file_handlers import file_handlers
from pyalluxio.master.file_worker_service import FileSystemMasterJobService, FileSystemMasterWorkerService
from pyalluxio.master.journal_admin_service import JournalMasterClientService, QuorumMember, QuorumStatus
from pyalluxio.master.master import Master
from pyalluxio.master.meta_service import (
    MasterRow,
    MasterStatus,
    MetaMasterClientService,
    MetaMasterProxyService,
    Proxies,
)
from pyalluxio.master.metrics_service import MetricsMasterClientService
from pyalluxio.master.workers import WorkerState
from pyalluxio.processes import ready
from pyalluxio.web import master_app
from pyalluxio.web.server import WebServer, bind
from pyalluxio.wire import version_service
from pyalluxio.wire.handlers import Handler, handlers_of
from pyalluxio.wire.options import authenticator, group_mapping, server_options
from pyalluxio.wire.server import Server
from pyalluxio.wire.version_service import ServiceVersionService

log = logging.getLogger(__name__)

STOP_GRACE_S = 2.0


def run(conf: Configuration) -> int:
    """Be a master until SIGTERM or SIGINT; return the exit code."""
    return uvloop.run(MasterProcess(conf).run())


class MasterProcess:
    """One master with its files and ports."""

    def __init__(self, conf: Configuration) -> None:
        self._conf = conf
        self._host = own_host(conf)
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        conf = self._conf
        check_journal_type(conf)
        # Before anything is made on behalf of a journal that is not there.
        require_formatted(conf.text("alluxio.master.journal.folder"))
        state = DurableState(Path(conf.text("alluxio.master.metastore.dir")))
        state.open()
        try:
            node = await asyncio.to_thread(
                JournalNode.open,
                conf.text("alluxio.master.journal.folder"),
                self_address=own_journal_address(conf),
                peers=journal_addresses(conf),
                options=JournalOptions.of(conf),
            )
            try:
                await self._serve(state, node)
            finally:
                await node.stop()
        finally:
            state.close()
        if self._failure is not None:
            raise self._failure
        return 0

    async def _check_root_storage(self, master: Master) -> None:
        """Make sure of the root under storage: the default folder is made, one that the user named has to be there.

        Raises:   ConfigurationError: it is missing.
        """
        key = "alluxio.master.mount.table.root.ufs"
        mount = master.file_system.settings.root_mount
        ufs = master.file_system.under_storages.of_mount(mount.mount_id)
        try:
            status = await ufs.status(mount.ufs_uri)
        except AlluxioError as error:
            # A storage that is down now may be up when it is needed: names and cached blocks are served without it.
            log.warning("The root under storage %s does not answer: %s", mount.ufs_uri, error)
            return
        if status is not None and status.is_directory:
            return
        if status is not None:
            raise ConfigurationError(f"{key}={mount.ufs_uri} is a file; set {key} to a directory.")
        if self._conf.is_set_by_user(key):
            where = self._conf.where(key)
            raise ConfigurationError(
                f"The root under storage {mount.ufs_uri} ({where}) does not exist: create it or set {key}."
            )
        await ufs.make_directory(mount.ufs_uri)

    async def _serve(self, state: DurableState, node: JournalNode) -> None:
        conf = self._conf
        groups = group_mapping(conf)
        user = conf.text_or_none("alluxio.security.login.username") or getpass.getuser()
        master = Master(conf, state.store, node, groups, SystemClock(), user, self._fail)
        await self._check_root_storage(master)
        listener = bind(
            conf.text("alluxio.master.web.bind.host"),
            conf.integer("alluxio.master.web.port"),
            "alluxio.master.web.port",
        )
        web = WebServer(master_app.build(lambda: self._info(master)), listener)
        server = Server(
            conf.text("alluxio.master.bind.host"),
            conf.integer("alluxio.master.rpc.port"),
            handlers(master, lambda: self._status(master), lambda: quorum_status(node)),
            authenticator=authenticator(conf, groups),
            engine=conf.enum("alluxio.master.rpc.engine").lower(),
            options=server_options(conf, "master"),
            on_fatal=self._fail,
        )
        await server.start()
        self._rpc_port, self._web_port = server.port, web.port
        try:
            web.start()
            node.start(
                asyncio.get_running_loop(),
                master.pipeline.on_committed,
                self._on_role(master),
                self._fail,
                applied_index=master.pipeline.applied_index,
            )
            master.start()
            master.look_after(
                state.keep(lambda: node.status().log_size_bytes, node.state_durable), "snapshots of the namespace"
            )
            announcement = asyncio.create_task(self._announce(master, server.port, web.port))
            await self._stop.wait()
            announcement.cancel()
        finally:
            log.info("The master stops.")
            # Calls under way get that long to end; one that waits for a storage would hold the server up.
            giving_up = asyncio.get_running_loop().call_later(STOP_GRACE_S, master.file_system.give_up)
            await server.stop(STOP_GRACE_S)
            giving_up.cancel()
            await web.stop()
            await master.stop()

    def _on_role(self, master: Master) -> Any:
        def on_role(change: RoleChange) -> None:
            log.info(
                "This master is %s in term %d; leader: %s.", change.role.value, change.term, change.leader or "none"
            )
            master.pipeline.on_role(change)

        return on_role

    async def _announce(self, master: Master, rpc_port: int, web_port: int) -> None:
        """Tell the starter once this master serves."""
        await master.wait_until_serving()
        ready.announce(
            rpc=f"{self._host}:{rpc_port}",
            web=f"{self._host}:{web_port}",
            journal=own_journal_address(self._conf),
        )

    def _fail(self, error: BaseException) -> None:
        """End the process: nothing may be served on top of a mistake of ours or a broken disk."""
        if self._failure is None:
            log.critical("The master must stop: %s", error, exc_info=None if isinstance(error, AlluxioError) else error)
            self._failure = error
        self._stop.set()

    def _status(self, master: Master) -> MasterStatus:
        return MasterStatus(
            leader_address=f"{self._host}:{self._rpc_port}",
            rpc_port=self._rpc_port,
            web_port=self._web_port,
            start_time_ms=master.start_time_ms,
            cluster_id=master.cluster_id(),
            masters=[MasterRow(self._host, self._rpc_port, "PRIMARY", self._conf.text("alluxio.version"))],
            raft_addresses=journal_addresses(self._conf),
        )

    def _info(self, master: Master) -> dict[str, Any]:
        registry = master.block_master.registry
        now_ms = master.clock.now_ms()

        def workers(state: WorkerState) -> list[dict[str, Any]]:
            return [
                {
                    "id": worker.id,
                    "address": {
                        "host": worker.address.host,
                        "rpcPort": worker.address.rpc_port,
                        "webPort": worker.address.web_port,
                    },
                    "state": state.value,
                    "lastContactSec": (now_ms - worker.last_contact_ms) // 1000,
                }
                for worker in registry.in_state(state)
            ]

        return {
            "leads": master.is_serving,
            "rpcAddress": f"{self._host}:{self._rpc_port}",
            "startTimeMs": master.start_time_ms,
            "uptimeMs": now_ms - master.start_time_ms,
            "workers": workers(WorkerState.LIVE),
            "lostWorkers": workers(WorkerState.LOST),
        }


def check_journal_type(conf: Configuration) -> None:
    """Refuse a journal that was chosen and is not kept. Workers and clients may serve masters that have it."""
    key = "alluxio.master.journal.type"
    if conf.enum(key) != "EMBEDDED":
        raise ConfigurationError(
            f"{key}={conf.text(key)} ({conf.where(key)}) is not offered: the masters keep the journal. Use EMBEDDED."
        )


def quorum_status(node: JournalNode) -> QuorumStatus:
    """Return the members of the quorum as this member's journal knows them."""
    status = node.status()
    members = []
    for peer in status.configuration.peers:
        host, port = split(peer.address)
        members.append(QuorumMember(host, port, True, peer.id == status.leader))
    return QuorumStatus(members, status.role is Role.LEADER)


def handlers(master: Master, status: Callable[[], MasterStatus], quorum: Callable[[], QuorumStatus]) -> list[Handler]:
    """Return everything that a master's RPC port serves."""
    versions = ServiceVersionService(
        {
            "FILE_SYSTEM_MASTER_CLIENT_SERVICE",
            "FILE_SYSTEM_MASTER_WORKER_SERVICE",
            "FILE_SYSTEM_MASTER_JOB_SERVICE",
            "BLOCK_MASTER_CLIENT_SERVICE",
            "BLOCK_MASTER_WORKER_SERVICE",
            "META_MASTER_CONFIG_SERVICE",
            "META_MASTER_CLIENT_SERVICE",
            "META_MASTER_PROXY_SERVICE",
            "METRICS_MASTER_CLIENT_SERVICE",
            "JOURNAL_MASTER_CLIENT_SERVICE",
        },
        lambda: master.is_serving,
    )
    conf, blocks, clock = master.conf, master.block_master, master.clock
    proxies = Proxies(
        conf.duration_ms("alluxio.master.proxy.timeout"), conf.duration_ms("alluxio.master.lost.proxy.deletion.timeout")
    )
    meta = MetaMasterClientService(status, blocks, master.configuration, proxies)
    configuration = MetaMasterConfigurationService(master.configuration, master.path_configuration)
    metrics = MetricsMasterClientService(master.metrics, blocks)
    workers = FileSystemMasterWorkerService(master.file_system, master.persistence)
    return [
        *handlers_of(version_service.SERVICE, versions, authenticated=False),
        *file_handlers(master),
        *handlers_of(file_worker_service.SERVICE, workers),
        *handlers_of(file_worker_service.JOB_SERVICE, FileSystemMasterJobService(workers)),
        *handlers_of("alluxio.grpc.block.BlockMasterClientService", BlockMasterClientService(blocks)),
        *handlers_of("alluxio.grpc.block.BlockMasterWorkerService", BlockMasterWorkerService(blocks, master.metrics)),
        *handlers_of(configuration_service.SERVICE, configuration, open_rpcs=configuration_service.OPEN_RPCS),
        *handlers_of(meta_service.SERVICE, meta),
        *handlers_of(meta_service.PROXY_SERVICE, MetaMasterProxyService(proxies, clock.now_ms)),
        *handlers_of(metrics_service.SERVICE, metrics),
        *handlers_of(journal_admin_service.SERVICE, JournalMasterClientService(quorum)),
    ]
