"""`MetaMasterClientService` and `MetaMasterProxyService`: what masters and proxies there are, and how they fare.

`Backup` and `GetBackupStatus` are not served yet; they answer UNIMPLEMENTED.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pyalluxio.errors import ResourceExhausted, Unavailable
from pyalluxio.master.block_master import BlockMaster
from pyalluxio.master.config_report import ServerConfiguration, config_report, of_master
from pyalluxio.master.configuration_service import CurrentConfiguration
from pyalluxio.master.workers import WorkerState
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import BuildVersion, NetAddress
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.meta.MetaMasterClientService"
PROXY_SERVICE = "alluxio.grpc.meta.MetaMasterProxyService"
PROXIES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class MasterRow:
    """One master in the list of all: `state` is PRIMARY, STANDBY or LOST."""

    host: str
    rpc_port: int
    state: str
    version: str


@dataclass(frozen=True, slots=True)
class MasterStatus:
    """What this master knows of the masters.

    leader_address   printed as it is; official masters send `host/ip:port`
    masters          the leader first, then the standbys, then the lost ones
    raft_addresses   host:port of the journal of each member
    """

    leader_address: str
    rpc_port: int
    web_port: int
    start_time_ms: int
    cluster_id: str
    masters: Sequence[MasterRow]
    raft_addresses: Sequence[str]


class MetaMasterClientService:
    """`alluxio.grpc.meta.MetaMasterClientService`."""

    def __init__(
        self,
        status: Callable[[], MasterStatus],
        blocks: BlockMaster,
        current: CurrentConfiguration,
        proxies: Proxies,
        checkpoint: Callable[[], Awaitable[object]],
    ) -> None:
        """`checkpoint` takes a snapshot of the state; it returns when that is on disk."""
        self._status = status
        self._checkpoint = checkpoint
        self._blocks = blocks
        self._current = current
        self._proxies = proxies

    async def get_master_info(self, request: pb.GetMasterInfoPOptions, call: Call) -> pb.GetMasterInfoPResponse:
        """Answer the fields of the filter; an empty filter means all."""
        self._blocks.check_leads()
        field = pb.MasterInfoField
        wanted: set[int] = {*request.filter} or {*field.values()}
        status = self._status()
        now_ms = self._blocks.clock.now_ms()
        info = pb.MasterInfo()
        if field.LEADER_MASTER_ADDRESS in wanted:
            info.leaderMasterAddress = status.leader_address
        if field.MASTER_ADDRESSES in wanted:
            info.masterAddresses.extend(_net_address(row) for row in status.masters)
        if field.RPC_PORT in wanted:
            info.rpcPort = status.rpc_port
        if field.SAFE_MODE in wanted:
            info.safeMode = not self._blocks.safe_mode.is_over(now_ms)
        if field.START_TIME_MS in wanted:
            info.startTimeMs = status.start_time_ms
        if field.UP_TIME_MS in wanted:
            info.upTimeMs = max(0, now_ms - status.start_time_ms)
        if field.VERSION in wanted:
            info.version = self._current.conf.text("alluxio.version")
        if field.WEB_PORT in wanted:
            info.webPort = status.web_port
        if field.WORKER_ADDRESSES in wanted:
            for worker in self._blocks.registry.in_state(WorkerState.LIVE):
                info.workerAddresses.add(host=worker.address.host, rpcPort=worker.address.rpc_port)
        if field.CLUSTER_ID in wanted:
            info.clusterId = status.cluster_id
        if field.RAFT_JOURNAL in wanted:
            info.raftJournal = True
        if field.RAFT_ADDRESSES in wanted:
            info.raftAddress.extend(status.raft_addresses)
        if field.MASTER_VERSION in wanted:
            for row in status.masters:
                info.masterVersions.add(addresses=_net_address(row), version=row.version, state=row.state)
        return pb.GetMasterInfoPResponse(masterInfo=info)

    async def checkpoint(self, request: pb.CheckpointPOptions, call: Call) -> pb.CheckpointPResponse:
        """Take a snapshot, so that the log can be shortened; it may take minutes, and writes go on meanwhile.

        Every master does so for itself. Writing goes wrong as a whole: what was there before is there still.

        Raises:   DiskFull.  Unavailable: this master stops, or its disk fails.
        """
        try:
            await self._checkpoint()
        except OSError as error:
            raise Unavailable(f"No snapshot could be written: {error}.") from error
        return pb.CheckpointPResponse(masterHostname=self._status().leader_address.rpartition(":")[0])

    async def get_config_report(self, request: pb.GetConfigReportPOptions, call: Call) -> pb.GetConfigReportPResponse:
        """Compare this master's configuration with those that the live workers registered with."""
        self._blocks.check_leads()
        status = self._status()
        servers = [of_master(f"{row.host}:{row.rpc_port}", self._current.conf) for row in status.masters[:1]]
        for worker in self._blocks.registry.in_state(WorkerState.LIVE):
            name = f"{worker.address.host}:{worker.address.rpc_port}"
            servers.append(ServerConfiguration(name, worker.configuration))
        return pb.GetConfigReportPResponse(report=config_report(servers))

    async def list_proxy_status(self, request: pb.ListProxyStatusPRequest, call: Call) -> pb.ListProxyStatusPResponse:
        self._blocks.check_leads()
        return pb.ListProxyStatusPResponse(proxyStatuses=self._proxies.statuses(self._blocks.clock.now_ms()))


@dataclass(slots=True)
class _Proxy:
    address: NetAddress
    version: BuildVersion
    start_time_ms: int
    last_heartbeat_ms: int


class Proxies:
    """The proxies that send heartbeats; one that stops is shown as lost, and forgotten after `timeout_ms` more."""

    def __init__(self, lost_after_ms: int, timeout_ms: int) -> None:
        """The times are `alluxio.master.proxy.timeout` and `alluxio.master.lost.proxy.deletion.timeout`."""
        self._lost_after_ms = lost_after_ms
        self._timeout_ms = timeout_ms
        self._proxies: dict[tuple[str, int], _Proxy] = {}

    def heartbeat(self, options: pb.ProxyHeartbeatPOptions, now_ms: int) -> None:
        self._forget_old(now_ms)
        key = (options.proxyAddress.host, options.proxyAddress.rpcPort)
        if key not in self._proxies and len(self._proxies) >= PROXIES_MAX:
            raise ResourceExhausted(
                f"This master already knows {PROXIES_MAX} proxies; {key[0]}:{key[1]} is one too many."
            )
        address, version = NetAddress(host=key[0], rpcPort=key[1]), BuildVersion()
        version.CopyFrom(options.version)
        self._proxies[key] = _Proxy(address, version, options.startTime, now_ms)

    def statuses(self, now_ms: int) -> list[pb.ProxyStatus]:
        self._forget_old(now_ms)
        return [
            pb.ProxyStatus(
                address=proxy.address,
                state="LOST" if now_ms - proxy.last_heartbeat_ms > self._lost_after_ms else "ACTIVE",
                startTime=proxy.start_time_ms,
                lastHeartbeatTime=proxy.last_heartbeat_ms,
                version=proxy.version,
            )
            for _, proxy in sorted(self._proxies.items())
        ]

    def _forget_old(self, now_ms: int) -> None:
        oldest_ms = now_ms - self._lost_after_ms - self._timeout_ms
        self._proxies = {key: proxy for key, proxy in self._proxies.items() if proxy.last_heartbeat_ms >= oldest_ms}


class MetaMasterProxyService:
    """`alluxio.grpc.meta.MetaMasterProxyService`."""

    def __init__(self, proxies: Proxies, now_ms: Callable[[], int]) -> None:
        self._proxies = proxies
        self._now_ms = now_ms

    async def proxy_heartbeat(self, request: pb.ProxyHeartbeatPRequest, call: Call) -> pb.ProxyHeartbeatPResponse:
        self._proxies.heartbeat(request.options, self._now_ms())
        return pb.ProxyHeartbeatPResponse()


def _net_address(row: MasterRow) -> NetAddress:
    return NetAddress(host=row.host, rpcPort=row.rpc_port)
