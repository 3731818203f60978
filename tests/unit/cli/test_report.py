"""The words of `info report`."""

from __future__ import annotations

import json

import pytest

from pyalluxio.cli import report
from pyalluxio.wire.gen import block_master_pb2, meta_master_pb2

KB, MB, GB, TB, PB = (1 << shift for shift in (10, 20, 30, 40, 50))


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0B"),
        (5120, "5120B"),
        (5121, "5.00KB"),
        (2_500_000, "2441.41KB"),
        (MB, "1024.00KB"),
        (5 * MB, "5120.00KB"),
        (64 * MB, "64.00MB"),
        (2 * GB, "2048.00MB"),
        (6 * GB, "6.00GB"),
        (6 * TB, "6.00TB"),
        (6 * PB, "6.00PB"),
        (6000 * PB, "6000.00PB"),
    ],
)
def test_sizes_as_the_official_report_prints_them(count: int, text: str) -> None:
    assert report.size(count) == text


def test_spans() -> None:
    assert report.span(93_784_000) == "1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)"


@pytest.fixture
def summary() -> dict[str, object]:
    master = meta_master_pb2.MasterInfo(
        leaderMasterAddress="h1:19998",
        rpcPort=19998,
        webPort=19999,
        startTimeMs=1_000,
        upTimeMs=5_000,
        version="2.9.6",
        safeMode=False,
        raftJournal=True,
        raftAddress=["h1:19200"],
    )
    version = master.masterVersions.add(version="2.9.6", state="PRIMARY")
    version.addresses.host, version.addresses.rpcPort = "h1", 19998
    blocks = block_master_pb2.BlockMasterInfo(
        capacityBytes=64 * MB, usedBytes=4, freeBytes=64 * MB - 4, liveWorkerNum=1, lostWorkerNum=2
    )
    blocks.capacityBytesOnTiers["MEM"] = 64 * MB
    blocks.usedBytesOnTiers["MEM"] = 4
    return report.summary(master, blocks)


def test_json_has_the_official_keys(summary: dict[str, object]) -> None:
    """Monitoring scripts read these keys."""
    decoded = json.loads(report.as_json(summary))
    assert decoded["masterVersions"] == [{"version": "2.9.6", "host": "h1", "port": 19998, "state": "PRIMARY"}]
    assert decoded["totalCapacityOnTiers"] == {"MEM": "64.00MB"}
    assert decoded["usedCapacityOnTiers"] == {"MEM": "4B"}
    assert (decoded["liveWorkers"], decoded["lostWorkers"], decoded["useRaftJournal"]) == (1, 2, True)
    assert decoded["uptime"] == "0 day(s), 0 hour(s), 0 minute(s), and 5 second(s)"


def test_text_looks_as_in_2_9(summary: dict[str, object]) -> None:
    summary["started"] = "01-02-2026 03:04:05:006"
    assert report.summary_as_text(summary).splitlines() == [
        "Alluxio cluster summary: ",
        "    Master Address: h1:19998",
        "    Web Port: 19999",
        "    Rpc Port: 19998",
        "    Started: 01-02-2026 03:04:05:006",
        "    Uptime: 0 day(s), 0 hour(s), 0 minute(s), and 5 second(s)",
        "    Version: 2.9.6",
        "    Safe Mode: false",
        "    Zookeeper Enabled: false",
        "    Raft-based Journal: true",
        "    Raft Journal Addresses: ",
        "        h1:19200",
        f"    {'Master Address':<32} {'State':<8} {'Version':<32}",
        f"    {'h1:19998':<32} {'PRIMARY':<8} {'2.9.6':<32}",
        "    Live Workers: 1",
        "    Lost Workers: 2",
        "    Total Capacity: 64.00MB",
        "        Tier: MEM  Size: 64.00MB",
        "    Used Capacity: 4B",
        "        Tier: MEM  Size: 4B",
        "    Free Capacity: 64.00MB",
    ]


def test_yaml_is_sorted_and_quoted() -> None:
    assert report.as_yaml({"b": [{"y": 1, "x": "a: b"}], "a": {}, "c": {"d": True}, "e": []}).splitlines() == [
        "a: {}",
        "b:",
        '    -   x: "a: b"',
        "        y: 1",
        "c:",
        "    d: true",
        "e: []",
    ]
