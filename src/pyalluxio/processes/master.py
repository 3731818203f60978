"""The master process: folders, journal, store, ports and signals around one `Master`.

The process leads, stands by and leads again without a restart: ports, store and journal stay open throughout, and only
`Master` knows what changes with the role.
"""

from __future__ import annotations

import asyncio
import functools
import getpass
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvloop

from pyalluxio.client.leader import LeaderFinder
from pyalluxio.conf import Configuration
from pyalluxio.conf.addresses import journal_addresses, master_rpc_addresses, own_host, own_journal_address, split
from pyalluxio.errors import AlluxioError, ConfigurationError, RemovedFromQuorum
from pyalluxio.ids import Index
from pyalluxio.journal.format import require_formatted
from pyalluxio.journal.joining import Joining
from pyalluxio.journal.node import JournalNode, JournalOptions, Role, RoleChange
from pyalluxio.journal.ratis_services import RatisServices
from pyalluxio.journal.transport import Transport
from pyalluxio.journal.transport_grpc import GROUP_ID, GrpcTransport
from pyalluxio.journal.transport_options import TransportOptions
from pyalluxio.master.catch_up import CatchUp
from pyalluxio.master.clock import SystemClock
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.journal_admin_service import JournalMasterClientService
from pyalluxio.master.log_retention import purgeable
from pyalluxio.master.master import Master
from pyalluxio.master.meta_service import MasterRow, MasterStatus
from pyalluxio.master.snapshot_fetch import FetchOptions, SnapshotFetch
from pyalluxio.master.snapshot_service import RaftJournalService
from pyalluxio.master.standby_report import INTERVAL_S as REPORT_INTERVAL_S
from pyalluxio.master.standby_report import Identity, StandbyReport
from pyalluxio.master.workers import WorkerState
from pyalluxio.processes import proc, ready
from pyalluxio.processes.master_services import handlers
from pyalluxio.raft.messages import Peer
from pyalluxio.web import master_app
from pyalluxio.web.server import WebServer, bind
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.options import authenticator, group_mapping, server_options
from pyalluxio.wire.server import Server

log = logging.getLogger(__name__)

STOP_GRACE_S = 2.0
# A leader that is to stop gives others so long to take over; with all of them well it takes some 20 ms.
HAND_OVER_S = 2.0
# A standby is announced when it knows the leader, and after so long anyway: that the quorum is not complete yet is no
# fault of this process, and its starter may be about to start the others.
ANNOUNCE_AFTER_S = 3.0
# For a member that lives and catches up the leader keeps the log of so many snapshots.
KEPT_SNAPSHOTS = 4
# How long the thread of the event loop may keep the interpreter while those of the journal want it. With Python's own
# 5 ms a busy namespace would delay heartbeats and their answers. A quorum of one has none, and creates cost it some
# 5 % less processor time with 5 ms.
SWITCH_INTERVAL_S = 0.0005


def run(conf: Configuration) -> int:
    """Be a master until SIGTERM or SIGINT; return the exit code."""
    return uvloop.run(MasterProcess(conf).run())


class MasterProcess:
    """One master with its files and ports."""

    def __init__(self, conf: Configuration) -> None:
        self._conf = conf
        self._host = own_host(conf)
        self._own_journal_address = ""
        self._stop = asyncio.Event()
        self._knows_leader = asyncio.Event()
        self._ratis: RatisServices | None = None
        self._failure: BaseException | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        conf = self._conf
        check_journal_type(conf)
        own = self._own_journal_address = await asyncio.to_thread(own_journal_address, conf)
        members = journal_addresses(conf)
        if len(members) > 1:
            sys.setswitchinterval(SWITCH_INTERVAL_S)
            self._ratis = RatisServices(Peer.at(own), GROUP_ID)
        if len(members) == 1:
            # Before anything is made on behalf of a journal that is not there. With others it may be elsewhere.
            require_formatted(conf.text("alluxio.master.journal.folder"))
        state = DurableState(
            Path(conf.text("alluxio.master.metastore.dir")),
            conf.size_bytes("alluxio.master.embedded.journal.snapshot.bandwidth"),
        )
        state.open()
        try:
            node = await asyncio.to_thread(
                JournalNode.open,
                conf.text("alluxio.master.journal.folder"),
                self_address=own,
                peers=members,
                transport=None if self._ratis is None else transport(conf, own, self._ratis),
                options=JournalOptions.of(conf),
                may_join=len(members) > 1,
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

    async def _check_root_storage(self, master: Master, *, is_new: bool) -> None:
        """Make sure of the root under storage: one that the user named has to be there, the default one is made.

        That happens once, for a new journal. Missing later it is gone, or a disk is not mounted; made again, it would
        be empty, while the journal tells of files in it.

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
        if not is_new:
            raise ConfigurationError(
                f"The root under storage {mount.ufs_uri} is gone, and the journal may know files in it: mount or "
                "restore it. If it held nothing that is still wanted, create it as an empty folder."
            )
        await ufs.make_directory(mount.ufs_uri)

    async def _serve(self, state: DurableState, node: JournalNode) -> None:
        conf = self._conf
        groups = group_mapping(conf)
        user = conf.text_or_none("alluxio.security.login.username") or getpass.getuser()
        addresses = rpc_addresses(conf)
        rpc_address = functools.partial(rpc_address_of, conf, addresses)
        master = Master(
            conf,
            state.store,
            node,
            groups,
            SystemClock(),
            user,
            self._fail,
            address_of=rpc_address,
        )
        await self._check_root_storage(master, is_new=node.is_new)
        listener = bind(
            conf.text("alluxio.master.web.bind.host"),
            conf.integer("alluxio.master.web.port"),
            "alluxio.master.web.port",
        )
        web = WebServer(master_app.build(lambda: self._info(master)), listener)
        server = Server(
            conf.text("alluxio.master.bind.host"),
            conf.integer("alluxio.master.rpc.port"),
            handlers(
                master,
                lambda: self._status(master, node),
                self._journal_administration(node, master),
                lambda: state.checkpoint(self._shorten(node)),
                self._snapshots_for_others(state, node, master),
            ),
            authenticator=authenticator(conf, groups),
            engine=conf.enum("alluxio.master.rpc.engine").lower(),
            options=server_options(conf, "master"),
            on_fatal=self._fail,
        )
        await server.start()
        self._rpc_port, self._web_port = server.port, web.port
        report = self._standby_report(master, user)
        catch_up = self._catch_up(state, node, master, user, rpc_address)
        try:
            web.start()
            node.start(
                asyncio.get_running_loop(),
                master.pipeline.on_committed,
                self._on_role(master, report),
                self._fail,
                applied_index=master.pipeline.applied_index,
                on_snapshot_wanted=catch_up.wanted,
            )
            master.start()
            master.look_after(
                state.keep(
                    lambda: node.status().log_size_bytes,
                    self._shorten(node),
                    conf.size_bytes("alluxio.master.embedded.journal.snapshot.log.size"),
                    # Whole segments are deleted, and the newest one stays.
                    retained_bytes=conf.size_bytes("alluxio.master.embedded.journal.log.retained.size")
                    + 2 * conf.size_bytes("alluxio.master.journal.log.size.bytes.max"),
                ),
                "snapshots of the namespace",
            )
            master.look_after(catch_up.run(), "catching up by a snapshot")
            master.look_after(report.run(), "reports of a standby")
            if self._ratis is not None:
                self._ratis.serve(node, asyncio.get_running_loop(), lambda: state.checkpoint(self._shorten(node)))
                joining = Joining(node, self._own_journal_address, journal_addresses(conf), GROUP_ID)
                master.look_after(joining.run(), "joining the quorum")
            announcement = asyncio.create_task(self._announce(master, server.port, web.port))
            await self._stop.wait()
            announcement.cancel()
            if self._failure is None:
                await hand_over(node)
        finally:
            log.info("The master stops.")
            # Calls under way get that long to end; one that waits for a storage would hold the server up.
            giving_up = asyncio.get_running_loop().call_later(STOP_GRACE_S, master.file_system.give_up)
            await server.stop(STOP_GRACE_S)
            giving_up.cancel()
            await web.stop()
            await master.stop()

    def _on_role(self, master: Master, report: StandbyReport) -> Any:
        exits = self._conf.boolean("alluxio.master.journal.exit.on.demotion")
        led = False

        def on_role(change: RoleChange) -> None:
            nonlocal led
            log.info(
                "This master is %s in term %d; leader: %s.", change.role.value, change.term, change.leader or "none"
            )
            master.pipeline.on_role(change)
            if change.leader:
                self._knows_leader.set()
            report.role_changed()
            if change.is_removed:
                self._fail(RemovedFromQuorum(self._removed_text()))
            leads = change.role is Role.LEADER
            if exits and led and not leads:
                log.info("This master ends, as alluxio.master.journal.exit.on.demotion asks for.")
                self._stop.set()
            led = leads

        return on_role

    async def _announce(self, master: Master, rpc_port: int, web_port: int) -> None:
        """Tell the starter once this master serves, or stands by."""
        serving = asyncio.create_task(master.wait_until_serving())
        others = asyncio.create_task(self._knows_leader.wait())
        try:
            if len(journal_addresses(self._conf)) == 1:
                await serving
            else:
                await asyncio.wait([others], timeout=ANNOUNCE_AFTER_S)
                if master.pipeline.leads:
                    await serving
        finally:
            serving.cancel()
            others.cancel()
        ready.announce(
            rpc=f"{self._host}:{rpc_port}",
            web=f"{self._host}:{web_port}",
            journal=self._own_journal_address,
        )

    def _removed_text(self) -> str:
        return (
            f"This master, {self._own_journal_address}, was removed from the quorum, and ends. To add it again: "
            "`alluxio journal format` on this host, then `alluxio process start master`."
        )

    def _standby_report(self, master: Master, user: str) -> StandbyReport:
        conf = self._conf
        key = "alluxio.master.standby.heartbeat.interval"
        options = ChannelOptions(user=user, authentication=conf.enum("alluxio.security.authentication.type"))
        identity = Identity(self._host, self._rpc_port, master.start_time_ms, conf.text("alluxio.version"))
        return StandbyReport(
            identity,
            LeaderFinder.of(conf, list(rpc_addresses(conf).values()), options),
            lambda address: Channel(address, options),
            lambda: master.pipeline.stands_by,
            interval_s=conf.duration_ms(key) / 1000 if conf.is_set_by_user(key) else REPORT_INTERVAL_S,
        )

    def _shorten(self, node: JournalNode) -> Callable[[Index], None]:
        """Return what is told the index of each snapshot."""
        kept_bytes_max = KEPT_SNAPSHOTS * self._conf.size_bytes("alluxio.master.embedded.journal.snapshot.log.size")
        return lambda index: node.state_durable(purgeable(node.status(), index, kept_bytes_max))

    def _snapshots_for_others(self, state: DurableState, node: JournalNode, master: Master) -> RaftJournalService:
        return RaftJournalService(
            state.snapshots,
            lambda: state.checkpoint(self._shorten(node)),
            state.pace,
            applied_index=lambda: master.pipeline.applied_index,
            leads=lambda: master.pipeline.leads,
            chunk_bytes=self._conf.size_bytes("alluxio.master.embedded.journal.snapshot.replication.chunk.size"),
        )

    def _catch_up(
        self, state: DurableState, node: JournalNode, master: Master, user: str, rpc_address: Callable[[str], str]
    ) -> CatchUp:
        """Return what fetches a snapshot when the log alone does not lead to where the others are."""
        conf = self._conf
        options = ChannelOptions(user=user, authentication=conf.enum("alluxio.security.authentication.type"))

        def others() -> list[str]:
            # A member that is only joining may not know the quorum yet, and knows the list that it was given.
            addresses = {peer.address for peer in node.status().peers} | {*journal_addresses(conf)}
            return [rpc_address(Peer.at(address).id) for address in sorted(addresses - {self._own_journal_address})]

        fetch = SnapshotFetch(
            state.snapshots,
            others,
            lambda address: Channel(address, options),
            FetchOptions(
                conf.duration_ms("alluxio.master.journal.request.info.timeout") / 1000,
                conf.duration_ms("alluxio.master.journal.request.data.timeout") / 1000,
            ),
        )
        return CatchUp(state, node, fetch, master.state_replaced)

    def _journal_administration(self, node: JournalNode, master: Master) -> JournalMasterClientService:
        """Return the service that shows the quorum and changes it."""
        return JournalMasterClientService(
            node,
            self._own_journal_address,
            lambda: master.is_serving,
            unavailable_after_ms=self._conf.duration_ms("alluxio.master.embedded.journal.election.timeout.max"),
        )

    def _fail(self, error: BaseException) -> None:
        """End the process: nothing may be served on top of a mistake of ours or a broken disk."""
        if self._failure is None:
            log.critical("The master must stop: %s", error, exc_info=None if isinstance(error, AlluxioError) else error)
            self._failure = error
        self._stop.set()

    def _status(self, master: Master, node: JournalNode) -> MasterStatus:
        own = MasterRow(self._host, self._rpc_port, "PRIMARY", self._conf.text("alluxio.version"))
        return MasterStatus(
            leader_address=f"{self._host}:{self._rpc_port}",
            rpc_port=self._rpc_port,
            web_port=self._web_port,
            start_time_ms=master.start_time_ms,
            cluster_id=master.cluster_id(),
            masters=[own, *master.masters.rows(master.clock.now_ms())],
            raft_addresses=[peer.address for peer in node.status().configuration.peers],
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


def rpc_addresses(conf: Configuration) -> dict[str, str]:
    """Return the RPC address of each member of the quorum, by the id that the journal has for it.

    The two lists may differ in order, or name several masters of one host; then the order decides.
    """
    journals, rpcs = journal_addresses(conf), master_rpc_addresses(conf)
    found = {}
    for position, journal in enumerate(journals):
        host, port = split(journal)
        on_host = [address for address in rpcs if split(address)[0] == host]
        if len(on_host) == 1:
            address = on_host[0]
        elif len(rpcs) == len(journals):
            address = rpcs[position]
        else:
            address = f"{host}:{conf.integer('alluxio.master.rpc.port')}"
        found[f"{host}_{port}"] = address
    return found


def rpc_address_of(conf: Configuration, known: Mapping[str, str], peer: str) -> str:
    """Return the RPC address of the member with this id; one that is in no list has the usual port."""
    return known.get(peer) or f"{peer.rpartition('_')[0]}:{conf.integer('alluxio.master.rpc.port')}"


def transport(conf: Configuration, own: str, ratis: RatisServices) -> Transport:
    """Return what carries the journal between this member and the others."""
    limit = conf.size_bytes("alluxio.master.embedded.journal.transport.max.inbound.message.size")
    return GrpcTransport(
        Peer.at(own),
        conf.text("alluxio.master.bind.host"),
        split(own)[1],
        options=TransportOptions(message_size_max_bytes=limit),
        more_handlers=ratis.handlers(),
        holder_of=proc.holder_of,
    )


async def hand_over(node: JournalNode) -> None:
    """Have another member lead, if this one does and there is one that answers; a bounded attempt."""
    status = node.status()
    if status.role is not Role.LEADER or len(status.configuration.voters) == 1:
        return
    try:
        await node.transfer_leadership(None, HAND_OVER_S)
    except AlluxioError as error:
        log.warning("Nobody took over the leadership before this master stopped: %s", error)
