"""What shells ask about masters, proxies, the quorum and metrics."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import NotLeader
from pyalluxio.master.cluster_metrics import UFS_COUNT_MAX, ClusterMetrics
from pyalluxio.master.configuration_service import CurrentConfiguration
from pyalluxio.master.meta_service import (
    MasterRow,
    MasterStatus,
    MetaMasterClientService,
    MetaMasterProxyService,
    Proxies,
)
from pyalluxio.master.metrics_service import MetricsMasterClientService
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.gen import metric_master_pb2
from pyalluxio.wire.gen.common_pb2 import BuildVersion, Metric, MetricType, NetAddress
from tests.unit.master.block_master_fakes import CALL, Fixture


def meta(
    master: Fixture, checkpoints: list[bool] | None = None
) -> tuple[MetaMasterClientService, MetaMasterProxyService]:
    async def checkpoint() -> None:
        assert checkpoints is not None
        checkpoints.append(True)

    status = MasterStatus(
        leader_address="m1/10.0.0.1:19998",
        rpc_port=19998,
        web_port=19999,
        start_time_ms=master.clock.ms - 60_000,
        cluster_id="c-1",
        masters=[MasterRow("m1", 19998, "PRIMARY", "2.9.6"), MasterRow("m2", 19998, "STANDBY", "2.9.6")],
        raft_addresses=["m1:19200", "m2:19200"],
    )
    current = CurrentConfiguration(Configuration.for_test(role="master"), master.clock.now_ms)
    proxies = Proxies(lost_after_ms=60_000, timeout_ms=300_000)
    return (
        MetaMasterClientService(lambda: status, master.blocks, current, proxies, checkpoint),
        MetaMasterProxyService(proxies, master.clock.now_ms),
    )


async def test_master_info_holds_what_was_asked_for() -> None:
    """`fsadmin report` asks for eleven of the fields; the web page for others."""
    master = Fixture()
    service, _ = meta(master)
    await master.registered()
    info = (await service.get_master_info(pb.GetMasterInfoPOptions(), CALL)).masterInfo
    assert (info.leaderMasterAddress, info.version, info.clusterId) == ("m1/10.0.0.1:19998", "2.9.6", "c-1")
    assert (info.rpcPort, info.webPort, info.upTimeMs, info.safeMode) == (19998, 19999, 60_000, False)
    assert (info.raftJournal, list(info.raftAddress)) == (True, ["m1:19200", "m2:19200"])
    assert [(row.addresses.host, row.state) for row in info.masterVersions] == [("m1", "PRIMARY"), ("m2", "STANDBY")]
    assert [address.host for address in info.workerAddresses] == ["w1"]
    request = pb.GetMasterInfoPOptions(filter=[pb.MasterInfoField.RPC_PORT])
    assert (await service.get_master_info(request, CALL)).masterInfo == pb.MasterInfo(rpcPort=19998)
    master.leading = False
    with pytest.raises(NotLeader):
        await service.get_master_info(request, CALL)


async def test_the_report_compares_with_what_workers_registered() -> None:
    """`fsadmin doctor` is where an operator learns that a worker runs with another configuration."""
    master = Fixture()
    service, _ = meta(master)
    await master.registered()
    report = (await service.get_config_report(pb.GetConfigReportPOptions(), CALL)).report
    assert report.status == pb.ConfigStatus.PASSED


async def test_a_checkpoint_is_taken_by_whoever_is_asked() -> None:
    """Each master keeps its own log short; `fsadmin journal checkpoint` asks the leader and prints its host."""
    master = Fixture()
    taken: list[bool] = []
    service, _ = meta(master, taken)
    assert (await service.checkpoint(pb.CheckpointPOptions(), CALL)).masterHostname == "m1/10.0.0.1"
    master.leading = False
    assert (await service.checkpoint(pb.CheckpointPOptions(), CALL)).masterHostname == "m1/10.0.0.1"
    assert taken == [True, True]


async def test_proxies_are_listed_until_they_are_silent_for_long() -> None:
    """A proxy that is gone would otherwise stay in `fsadmin report proxy` for ever."""
    master = Fixture()
    service, proxy = meta(master)
    options = pb.ProxyHeartbeatPOptions(
        proxyAddress=NetAddress(host="p1", rpcPort=39999), startTime=5, version=BuildVersion(version="2.9.6")
    )

    async def states() -> list[str]:
        answer = await service.list_proxy_status(pb.ListProxyStatusPRequest(), CALL)
        return [status.state for status in answer.proxyStatuses]

    assert await states() == []
    await proxy.proxy_heartbeat(pb.ProxyHeartbeatPRequest(options=options), CALL)
    assert await states() == ["ACTIVE"]
    master.clock.ms += 60_001
    assert await states() == ["LOST"]
    master.clock.ms += 300_000
    assert await states() == []


def counter(instance: str, name: str, value: float, source: str = "h", **fields: Any) -> Metric:
    return Metric(instance=instance, source=source, name=name, value=value, metricType=MetricType.COUNTER, **fields)


async def test_counters_of_clients_and_workers_are_summed() -> None:
    """Reports are differences: the last one instead of the sum would show the traffic of ten seconds."""
    master = Fixture()
    metrics = ClusterMetrics(master.clock.ms)
    cleared: list[bool] = []
    service = MetricsMasterClientService(
        metrics,
        master.blocks,
        gauges=lambda: {"Master.TotalPaths": 3},
        counters=lambda: {"Master.FilesCreated": 2},
        clear=lambda: cleared.append(True),
    )
    await master.registered()
    request = metric_master_pb2.MetricsHeartbeatPRequest()
    reported = request.options.clientMetrics.add(source="app-1")
    reported.metrics.append(counter("Client", "BytesReadLocal", 30, source=""))
    for _ in range(2):
        await service.metrics_heartbeat(request, CALL)
    metrics.take([counter("Worker", "BytesReadPerUfs", 20, tags={"UFS": "s3:%2F%2Fb", "User": "ann"})])
    metrics.take([counter("Worker", "BytesReadPerUfs", 20, tags={"UFS": "%2Fdata"})])
    metrics.take([counter("Worker", "BytesReadRemote", 9, source=""), counter("Worker", "Nonsense", 9)])
    metrics.take([Metric(instance="Worker", source="h", name="BytesReadRemote", value=9, metricType=MetricType.GAUGE)])

    async def values() -> dict[str, float]:
        answer = await service.get_metrics(metric_master_pb2.GetMetricsPOptions(), CALL)
        return {name: value.doubleValue for name, value in answer.metrics.items()}

    seen = await values()
    assert (seen["Cluster.BytesReadLocal"], seen["Cluster.BytesReadRemote"]) == (60, 0)
    assert seen["Cluster.BytesReadUfsAll"] == 40
    assert seen["Cluster.BytesReadPerUfs.UFS:s3:%2F%2Fb"] == 20
    assert seen["Cluster.BytesReadPerUfs.UFS:%2Fdata"] == 20
    assert seen["Cluster.CacheHitRate"] == 0.6
    assert (seen["Cluster.Workers"], seen["Cluster.CapacityTotal"], seen["Cluster.CapacityFreeTierMEM"]) == (
        1,
        1000,
        900,
    )
    assert (seen["Master.TotalPaths"], seen["Master.FilesCreated"]) == (3, 2)
    assert seen["Cluster.BytesReadLocalThroughput"] == 0
    master.clock.ms += 120_000
    assert (await values())["Cluster.BytesReadLocalThroughput"] == 30, "60 bytes in two minutes"
    await service.clear_metrics(metric_master_pb2.ClearMetricsPRequest(), CALL)
    assert (await values())["Cluster.BytesReadLocal"] == 0
    assert cleared == [True]


def test_under_storages_are_counted_up_to_a_bound() -> None:
    """Names come from the network; without a bound any client could fill the master's memory."""
    metrics = ClusterMetrics(0)
    for number in range(UFS_COUNT_MAX + 50):
        metrics.take([counter("Worker", "BytesReadPerUfs", 1, tags={"UFS": str(number)})])
    per_ufs = [name for name in metrics.counters if name.startswith("Cluster.BytesReadPerUfs.")]
    assert len(per_ufs) == UFS_COUNT_MAX
    assert metrics.counters["Cluster.BytesReadUfsAll"] == UFS_COUNT_MAX + 50
