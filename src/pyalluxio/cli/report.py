"""The words of `info report`: the numbers of the masters as the official report shows them, as text, JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

_TIERS = ("MEM", "SSD", "HDD")
_UNITS = ("KB", "MB", "GB", "TB", "PB")
# A unit is kept up to five times the next one: 5,000 kilobytes say more than 4.88 megabytes.
_KEPT_UP_TO = 5 * 1024


def size(count_bytes: int) -> str:
    """Return `5120B`, `2441.41KB`, `2048.00MB`: as official programs print sizes."""
    if count_bytes <= _KEPT_UP_TO:
        return f"{count_bytes}B"
    amount = count_bytes / 1024
    for unit in _UNITS[:-1]:
        if amount <= _KEPT_UP_TO:
            return f"{amount:.2f}{unit}"
        amount /= 1024
    return f"{amount:.2f}{_UNITS[-1]}"


def moment(time_ms: int) -> str:
    """Return a time as `12-31-2026 23:59:59:999`, in local time."""
    return f"{datetime.fromtimestamp(time_ms // 1000).strftime('%m-%d-%Y %H:%M:%S')}:{time_ms % 1000:03d}"


def span(duration_ms: int) -> str:
    """Return a duration as `1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)`."""
    minutes, seconds = divmod(duration_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} day(s), {hours} hour(s), {minutes} minute(s), and {seconds} second(s)"


def summary(master: Any, blocks: Any) -> dict[str, Any]:
    """Return the report of a `MasterInfo` and a `BlockMasterInfo` message under the keys of the official JSON."""
    return {
        "rpcPort": master.rpcPort,
        "started": moment(master.startTimeMs),
        "uptime": span(master.upTimeMs),
        "safeMode": master.safeMode,
        "version": master.version,
        "webPort": master.webPort,
        "masterVersions": [
            {
                "version": each.version,
                "host": each.addresses.host,
                "port": each.addresses.rpcPort,
                "state": each.state,
            }
            for each in master.masterVersions
        ],
        "masterAddress": master.leaderMasterAddress,
        "zookeeperAddress": list(master.zookeeperAddresses),
        "useZookeeper": bool(master.zookeeperAddresses),
        "raftJournalAddress": list(master.raftAddress),
        "useRaftJournal": master.raftJournal,
        "liveWorkers": blocks.liveWorkerNum,
        "lostWorkers": blocks.lostWorkerNum,
        "freeCapacity": size(blocks.freeBytes),
        "totalCapacityOnTiers": _tiers(blocks.capacityBytesOnTiers),
        "usedCapacityOnTiers": _tiers(blocks.usedBytesOnTiers),
        "totalCapacity": size(blocks.capacityBytes),
        "usedCapacity": size(blocks.usedBytes),
    }


def _tiers(bytes_by_tier: Mapping[str, int]) -> dict[str, str]:
    def rank(tier: str) -> tuple[int, str]:
        return (_TIERS.index(tier) if tier in _TIERS else len(_TIERS), tier)

    return {tier: size(bytes_by_tier[tier]) for tier in sorted(bytes_by_tier, key=rank)}


def summary_as_text(report: Mapping[str, Any]) -> str:
    """Return a summary in the look of 2.9's `fsadmin report`."""
    lines = [
        "Alluxio cluster summary: ",
        f"    Master Address: {report['masterAddress']}",
        f"    Web Port: {report['webPort']}",
        f"    Rpc Port: {report['rpcPort']}",
        f"    Started: {report['started']}",
        f"    Uptime: {report['uptime']}",
        f"    Version: {report['version']}",
        f"    Safe Mode: {_word(report['safeMode'])}",
        f"    Zookeeper Enabled: {_word(report['useZookeeper'])}",
    ]
    if report["useZookeeper"]:
        lines += ["    Zookeeper Addresses: ", *(f"        {each}" for each in report["zookeeperAddress"])]
    lines.append(f"    Raft-based Journal: {_word(report['useRaftJournal'])}")
    if report["useRaftJournal"]:
        lines += ["    Raft Journal Addresses: ", *(f"        {each}" for each in report["raftJournalAddress"])]
    rows = [("Master Address", "State", "Version")]
    rows += [(f"{each['host']}:{each['port']}", each["state"], each["version"]) for each in report["masterVersions"]]
    lines += [f"    {address:<32} {state:<8} {version:<32}" for address, state, version in rows]
    lines += [f"    Live Workers: {report['liveWorkers']}", f"    Lost Workers: {report['lostWorkers']}"]
    for name, key in (("Total", "total"), ("Used", "used")):
        lines.append(f"    {name} Capacity: {report[f'{key}Capacity']}")
        tiers = report[f"{key}CapacityOnTiers"].items()
        lines += [f"        Tier: {tier}  Size: {amount}" for tier, amount in tiers]
    lines.append(f"    Free Capacity: {report['freeCapacity']}")
    return "\n".join(lines)


def as_json(report: Any) -> str:
    return json.dumps(report, indent=4)


def as_yaml(report: Any) -> str:
    """Return plain data as YAML, keys sorted. Texts are quoted as in JSON, which YAML reads."""
    return "\n".join(_yaml(report, 0))


def _yaml(value: Any, depth: int) -> Iterable[str]:
    indent = "    " * depth
    if isinstance(value, Mapping):
        for key in sorted(value):
            if isinstance(value[key], Mapping | list) and value[key]:
                yield f"{indent}{key}:"
                yield from _yaml(value[key], depth + 1)
            else:
                yield f"{indent}{key}: {json.dumps(value[key])}"
    elif isinstance(value, list):
        for element in value:
            first, *rest = _yaml(element, depth + 1)
            yield f"{indent}-   {first.strip()}"
            yield from rest
    else:
        yield indent + json.dumps(value)


def _word(claim: bool) -> str:
    return "true" if claim else "false"
