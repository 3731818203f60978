"""The official cluster and this one under the same official load, in turn, in one run on one machine.

    python bench/side_by_side.py [--jars .peer/jars] [--seconds 20] [--rounds 2] [--masters 3] [--only CreateFile,Write]

Each round starts the official 2.9.6 cluster (one master or three, one worker), runs every load against it, stops it,
and does the same with this checkout's. The loads are the official benches' own: metadata by StressMasterBench with 32
threads, bytes by StressClientIOBench with one thread. Figures are operations or megabytes a second; the table shows
each side's median and their ratio. Run it on an otherwise idle machine: it prints the load average, which should be
near 0 at the start.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "tests/peer"
MB = 1 << 20
JVM_TIMEOUT_S = 600


@dataclass(frozen=True)
class Load:
    """One official bench: its arguments, and how its result becomes a rate."""

    name: str
    unit: str
    main: str
    arguments: tuple[str, ...]
    properties: tuple[str, ...] = ()
    prepare: tuple[str, ...] | None = None


def loads(seconds: int) -> list[Load]:
    timed = ("--duration", f"{seconds}s", "--warmup", "5s")
    master = "alluxio.stress.cli.StressMasterBench"
    client = "alluxio.stress.cli.client.StressClientIOBench"
    metadata = ("--in-process", "--threads", "32", "--target-throughput", "1000000", *timed)
    bytes_ = ("--in-process", "--threads", "1", "--file-size", "512m", "--buffer-size", "1m")
    remote = ("-Dalluxio.user.short.circuit.enabled=false",)
    memory = ("-Dalluxio.user.file.writetype.default=MUST_CACHE",)
    writes = ("--operation", "Write", "--write-type", "MUST_CACHE")
    return [
        Load("CreateFile", "ops/s", master, ("--operation", "CreateFile", "--write-type", "MUST_CACHE", *metadata)),
        Load("GetFileStatus", "ops/s", master, ("--operation", "GetFileStatus", *metadata)),
        Load("OpenFile", "ops/s", master, ("--operation", "OpenFile", *metadata)),
        Load("ListDir", "ops/s", master, ("--operation", "ListDir", *metadata)),
        Load("DeleteFile", "ops/s", master, ("--operation", "DeleteFile", *metadata, "--skip-prepare")),
        Load("Write", "MB/s", client, (*bytes_, *writes), memory + remote),
        Load("Write (short circuit)", "MB/s", client, (*bytes_, *writes), memory),
        Load("ReadArray", "MB/s", client, (*bytes_, *timed, "--operation", "ReadArray"), remote),
        Load("ReadArray (short circuit)", "MB/s", client, (*bytes_, *timed, "--operation", "ReadArray")),
        # Last: only our cluster has to persist the files, and goes on with it after the load has ended.
        Load("CreateFile (ASYNC_THROUGH)", "ops/s", master, ("--operation", "CreateFile", *metadata)),
    ]


class Side:
    """One cluster: how to start and stop it, and what a Java client needs to find it."""

    def __init__(self, name: str, start: Callable[[Path], str], stop: Callable[[Path], None]) -> None:
        self.name = name
        self.start = start
        self.stop = stop


@contextmanager
def running(side: Side) -> Iterator[tuple[Path, str]]:
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{side.name}-"))
    try:
        yield folder, side.start(folder)
    finally:
        side.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def official(jars: Path, masters: int) -> Side:
    def cluster(folder: Path, act: str) -> str:
        command = ["bash", PEER / "cluster.sh", jars, folder, act, str(masters)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(folder: Path) -> str:
        cluster(folder, "format")
        return properties_of(cluster(folder, "start").split()[-1].split(","))

    def stop(folder: Path) -> None:
        cluster(folder, "stop")

    return Side("official", start, stop)


def ours(masters: int) -> Side:
    command = [ROOT / "bin/alluxio", "process"]

    def start(folder: Path) -> str:
        arguments = [*command, "start", "local", "--dir", folder / "cluster", "--masters", str(masters), "--json"]
        sized = [*arguments, "-Dalluxio.worker.ramdisk.size=4GB"]
        text = subprocess.run(sized, check=True, stdout=subprocess.PIPE, text=True).stdout
        return properties_of([master["rpc"] for master in json.loads(text)["masters"]])

    def stop(folder: Path) -> None:
        subprocess.run([*command, "stop", "local", "--dir", folder / "cluster"], check=True, stdout=subprocess.DEVNULL)

    return Side("ours", start, stop)


def properties_of(addresses: list[str]) -> str:
    """Return what tells a Java client where the masters are."""
    if len(addresses) > 1:
        return f"-Dalluxio.master.rpc.addresses={','.join(addresses)}"
    host, port = addresses[0].split(":")
    return f"-Dalluxio.master.hostname={host} -Dalluxio.master.rpc.port={port}"


def run(load: Load, jars: Path, home: Path, address: str) -> float:
    """Run one load and return its rate in `load.unit`."""
    properties = " ".join([address, *load.properties, "-Dalluxio.user.metrics.collection.enabled=false"])
    done = subprocess.run(
        ["bash", PEER / "java.sh", jars, home / "client", load.main, *load.arguments],
        env={**os.environ, "EXTRA": properties},
        capture_output=True,
        text=True,
        timeout=JVM_TIMEOUT_S,
        check=False,
    )
    try:
        result = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        raise SystemExit(f"{load.name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}") from None
    return rate(load, result)


def rate(load: Load, result: dict[str, object]) -> float:
    """Return operations or megabytes a second of one result."""
    if load.unit == "ops/s":
        statistics_ = result["statistics"]
        assert isinstance(statistics_, dict)
        return float(statistics_["mNumSuccesses"]) / (float(str(result["durationMs"])) / 1000)
    (of_one_thread,) = dict(result["threadCountIoMbps"]).values()  # type: ignore[call-overload]
    return float(of_one_thread)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jars", type=Path, default=ROOT / ".peer/jars")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--masters", type=int, choices=(1, 3), default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path, help="append the figures to this file")
    arguments = parser.parse_args()
    wanted = {name.strip() for name in arguments.only.split(",") if name.strip()}
    chosen = [load for load in loads(arguments.seconds) if not wanted or load.name in wanted]
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=False
    )
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, commit {commit.stdout.strip()}, masters: {arguments.masters}")
    rates: dict[str, dict[str, list[float]]] = {load.name: {"official": [], "ours": []} for load in chosen}
    for number in range(arguments.rounds):
        for side in (official(arguments.jars, arguments.masters), ours(arguments.masters)):
            print(f"round {number + 1}, {side.name}: load average {os.getloadavg()[0]:.2f}", file=sys.stderr)
            with running(side) as (folder, address):
                for load in chosen:
                    value = run(load, arguments.jars, folder, address)
                    rates[load.name][side.name].append(value)
                    print(f"  {load.name}: {value:,.0f} {load.unit}", file=sys.stderr)
            time.sleep(2)
    print("| load | official | ours | ratio |\n| --- | --- | --- | --- |")
    for load in chosen:
        theirs, mine = (statistics.median(rates[load.name][name]) for name in ("official", "ours"))
        print(f"| {load.name} | {theirs:,.0f} {load.unit} | {mine:,.0f} {load.unit} | {mine / theirs:.2f} |")
    if arguments.json:
        with arguments.json.open("a") as file:
            run_of = {"commit": commit.stdout.strip(), "masters": arguments.masters}
            file.write(json.dumps({**run_of, "rates": rates}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
