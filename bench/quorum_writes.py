"""Journaled writes by h2load against three masters, beside etcd with three members, in turn, in one run.

    python bench/quorum_writes.py [--requests 10000] [--in-flight 1,32,128] [--rounds 2] [--only ours,etcd]

Needs h2load, and etcd 3.4 for the comparison (Debian: nghttp2-client, etcd-server, etcd-client). Both sides are three
processes on loopback that fsync their logs to the same file system, and both are asked the same way: unary gRPC calls
to the leader, each with the same body, made by h2load over one connection for each 16 in flight.

    ours   CreateFile that replaces a file: two journal entries, of about 200 bytes together
    etcd   KV/Put of 200 bytes to one key

h2load takes any answer for a success, since gRPC tells errors in trailers: so afterwards each side says itself how many
writes it has made. CPU is what the three processes of a side spend on one write. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen.common_pb2 import PMode
from pyalluxio.wire.gen.file_system_master_pb2 import (
    CreateFilePOptions,
    CreateFilePRequest,
    GetStatusPOptions,
    GetStatusPRequest,
    WritePType,
)
from pyalluxio.wire.methods import method

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
MEMBERS = 3
PER_CONNECTION = 16
VALUE_BYTES = 200
START_TIMEOUT_S = 60
RUN_TIMEOUT_S = 600
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SERVICE = "alluxio.grpc.file.FileSystemMasterClientService"
BENCH_PATH = "/quorum-writes"
# Low bits of a file's id number its blocks; the rest is new with each create.
CONTAINER_SHIFT = 24


@dataclass(frozen=True)
class Row:
    """One measurement: writes a second, mean and worst latency, CPU of all members for one write."""

    rate: float
    mean_ms: float
    max_ms: float
    cpu_us: float


class Side(ABC):
    """A quorum of three under load."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.body = folder / "body"
        self.pids: list[int] = []

    @abstractmethod
    def start(self) -> None:
        """Start the members and write the body of the call."""

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def target(self) -> tuple[str, list[str]]:
        """Return the URL to load and the headers that it needs."""

    @abstractmethod
    def writes(self) -> int:
        """Return a number that has grown by at least one for each write."""


class Ours(Side):
    """Three masters of this checkout."""

    name = "ours"

    def start(self) -> None:
        command = [ROOT / "bin/alluxio", "process", "start", "local", "--masters", str(MEMBERS), "--json"]
        text = subprocess.run(
            [*command, "--dir", self.folder / "cluster"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        self._masters: list[str] = []
        for master in json.loads(text)["masters"]:
            self.pids.append(master["pid"])
            self._masters.append(master["rpc"])
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._find_leader())
        self.body.write_bytes(framed(create_request().SerializeToString()))

    def stop(self) -> None:
        command = [ROOT / "bin/alluxio", "process", "stop", "local", "--dir", self.folder / "cluster"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def target(self) -> tuple[str, list[str]]:
        # The calls of h2load belong to the channel that was authenticated here.
        return f"http://{self._leader}/{SERVICE}/CreateFile", ["-H", f"channel-id: {self._channel.channel_id}"]

    def writes(self) -> int:
        request = GetStatusPRequest(path=BENCH_PATH, options=GetStatusPOptions())
        reply = self._loop.run_until_complete(self._channel.unary(method(SERVICE, "GetStatus"), request, 10))
        return int(reply.fileInfo.fileId) >> CONTAINER_SHIFT

    async def _find_leader(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            for address in self._masters:
                channel = Channel(address)
                try:
                    await channel.connect()
                    await channel.unary(method(SERVICE, "CreateFile"), create_request(), 5)
                except AlluxioError as error:
                    await channel.close()
                    if time.monotonic() > deadline:
                        raise SystemExit(f"None of {', '.join(self._masters)} leads: {error}") from error
                else:
                    self._leader, self._channel = address, channel
                    return
            await asyncio.sleep(0.2)


class Etcd(Side):
    """Three members of etcd with their defaults."""

    name = "etcd"

    def start(self) -> None:
        clients, peers = free_ports(MEMBERS), free_ports(MEMBERS)
        cluster = ",".join(f"m{number}=http://{HOST}:{port}" for number, port in enumerate(peers))
        self._processes = []
        for number in range(MEMBERS):
            client, peer = f"http://{HOST}:{clients[number]}", f"http://{HOST}:{peers[number]}"
            arguments = ["--name", f"m{number}", "--data-dir", self.folder / f"m{number}", "--initial-cluster", cluster]
            arguments += ["--listen-client-urls", client, "--advertise-client-urls", client]
            arguments += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
            with (self.folder / f"m{number}.log").open("wb") as log:
                self._processes.append(subprocess.Popen(["etcd", *arguments], stdout=log, stderr=log))
        self.pids = [process.pid for process in self._processes]
        self._endpoints = ",".join(f"{HOST}:{port}" for port in clients)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (leaders := [each for each in self._status() if leads(each)]):
            if time.monotonic() > deadline:
                raise SystemExit(f"etcd elected no leader in {START_TIMEOUT_S} s, see {self.folder}.")
            time.sleep(0.2)
        self._leader = leaders[0]["Endpoint"]
        key, value = b"quorum-writes", b"x" * VALUE_BYTES
        # PutRequest{key = 1, value = 2}
        self.body.write_bytes(
            framed(b"\x0a" + bytes((len(key),)) + key + b"\x12" + bytes((VALUE_BYTES & 127 | 128, 1)) + value)
        )

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)

    def target(self) -> tuple[str, list[str]]:
        return f"http://{self._leader}/etcdserverpb.KV/Put", []

    def writes(self) -> int:
        return max(int(each["Status"]["header"]["revision"]) for each in self._status())

    def _status(self) -> list[dict[str, dict[str, dict[str, object]]]]:
        done = subprocess.run(
            ["etcdctl", "--endpoints", self._endpoints, "endpoint", "status", "-w", "json"],
            env={**os.environ, "ETCDCTL_API": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else []


def leads(status: dict[str, dict[str, dict[str, object]]]) -> bool:
    return status["Status"].get("leader", 0) == status["Status"]["header"]["member_id"]


def create_request() -> CreateFilePRequest:
    mode = PMode(ownerBits=7, groupBits=5, otherBits=5)
    options = CreateFilePOptions(
        blockSizeBytes=64 << 20, overwrite=True, mode=mode, replicationMax=-1, writeType=WritePType.MUST_CACHE
    )
    return CreateFilePRequest(path=BENCH_PATH, options=options)


def framed(message: bytes) -> bytes:
    """Return a message as gRPC puts it into a body."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def cpu_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / CLOCK_TICKS


def measure(side: Side, in_flight: int, requests: int) -> Row:
    """Let h2load make `requests` writes and return what it and the members tell."""
    url, headers = side.target()
    connections = max(1, in_flight // PER_CONNECTION)
    command = ["h2load", "-n", str(requests), "-c", str(connections), "-m", str(in_flight // connections), "-t", "1"]
    command += ["-d", str(side.body), "-H", "content-type: application/grpc", "-H", "te: trailers", *headers, url]
    writes, cpu = side.writes(), cpu_seconds(side.pids)
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S).stdout
    cpu = cpu_seconds(side.pids) - cpu
    made = side.writes() - writes
    finished = re.search(r"finished in [^,]+, ([\d.]+) req/s", text)
    times = re.search(r"time for request: +(\S+) +(\S+) +(\S+)", text)
    if made < requests or finished is None or times is None:
        raise SystemExit(f"{side.name} made {made} of {requests} writes:\n{text}")
    return Row(float(finished[1]), milliseconds(times[3]), milliseconds(times[2]), cpu / requests * 1e6)


def milliseconds(text: str) -> float:
    """Return a time as h2load prints it, such as `1.06ms`, in ms."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def main() -> None:
    """Print one line for each side and number of calls in flight: the median of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000, help="writes with the most in flight")
    parser.add_argument("--in-flight", default="1,32,128")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="etcd,ours")
    parser.add_argument("--folder", type=Path, help="where the logs are written (default: a temporary folder)")
    arguments = parser.parse_args()
    sides = [side for side in (Etcd, Ours) if side.name in arguments.only.split(",")]
    if shutil.which("h2load") is None:
        raise SystemExit("h2load is not installed: apt-get install nghttp2-client")
    if Etcd in sides and (shutil.which("etcd") is None or shutil.which("etcdctl") is None):
        print("etcd is left out: apt-get install etcd-server etcd-client", file=sys.stderr)
        sides.remove(Etcd)
    depths = [int(text) for text in arguments.in_flight.split(",")]
    rows: dict[tuple[str, int], list[Row]] = {}
    for number in range(arguments.rounds):
        for kind in sides:
            with tempfile.TemporaryDirectory(dir=arguments.folder, prefix=f"bench-{kind.name}-") as folder:
                print(f"round {number + 1}, {kind.name}: load average {os.getloadavg()[0]:.2f}", file=sys.stderr)
                side = kind(Path(folder))
                try:
                    side.start()
                    for in_flight in depths:
                        # A short run first: the first calls of a process pay for what the others find ready.
                        requests = max(200, arguments.requests * in_flight // max(depths))
                        measure(side, in_flight, requests // 10)
                        rows.setdefault((kind.name, in_flight), []).append(measure(side, in_flight, requests))
                finally:
                    side.stop()
    print("| writes by h2load, 3 members | in flight | writes/s | mean ms | max ms | CPU us/write, all members |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (name, in_flight), found in rows.items():
        rate, mean, worst, cpu = (
            statistics.median(getattr(row, field) for row in found) for field in ("rate", "mean_ms", "max_ms", "cpu_us")
        )
        print(f"| {name} | {in_flight} | {rate:,.0f} | {mean:.1f} | {worst:.0f} | {cpu:,.0f} |")


if __name__ == "__main__":
    main()
