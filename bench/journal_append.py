"""How many entries a second a journal takes, and how long one waits, with every batch fsynced.

    python bench/journal_append.py [--members 3] [--in-flight 128] [--seconds 5] [--size 200] [--folder DIR]

With several members the others are processes of their own, over gRPC on this machine; the CPU is the leader's only.
Each of the `--in-flight` tasks proposes an entry, waits for its commit, and proposes the next.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import CommittedEntry, JournalNode, Role, RoleChange
from pyalluxio.journal.transport_grpc import GrpcTransport
from pyalluxio.raft.messages import Peer

HOST = "127.0.0.1"
# As masters of several set it: the transport's threads must not wait for the loop's.
SWITCH_INTERVAL_S = 0.0005


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def open_member(folder: Path, addresses: list[str], number: int) -> JournalNode:
    """Open a member of a fresh journal."""
    address = addresses[number]
    format_journal(folder)
    transport = GrpcTransport(Peer.at(address), HOST, int(address.rpartition(":")[2])) if len(addresses) > 1 else None
    return JournalNode.open(folder, self_address=address, peers=addresses, transport=transport)


async def follow(folder: Path, addresses: list[str], number: int) -> None:
    """Be one of the other members, until killed."""
    node = open_member(folder, addresses, number)
    failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def on_role(change: RoleChange) -> None:
        if change.role is Role.LEADER:
            node.transfer_leadership(addresses[0])

    node.start(asyncio.get_running_loop(), lambda entries: node.applied(entries[-1].index), on_role, failed.set_result)
    raise await failed


def measure(folder: Path, members: int, in_flight: int, seconds: float, size_bytes: int) -> str:
    """Run one measurement in a fresh journal and return its line of the table."""
    addresses = [f"{HOST}:{port}" for port in free_ports(members)]
    others = [
        subprocess.Popen([sys.executable, __file__, "--follow", str(number), str(folder / str(number)), *addresses])
        for number in range(1, members)
    ]
    try:
        return asyncio.run(lead(open_member(folder / "0", addresses, 0), in_flight, seconds, size_bytes))
    finally:
        for other in others:
            other.kill()
            other.wait(10)


async def lead(node: JournalNode, in_flight: int, seconds: float, size_bytes: int) -> str:
    """Be the member that proposes, and return the line of the table."""
    loop = asyncio.get_running_loop()
    leads = asyncio.Event()

    def on_committed(entries: list[CommittedEntry]) -> None:
        node.applied(entries[-1].index)

    def on_role(change: RoleChange) -> None:
        if change.role is Role.LEADER:
            leads.set()
        else:
            leads.clear()

    def on_failed(error: BaseException) -> None:
        raise error

    node.start(loop, on_committed, on_role, on_failed)
    await asyncio.wait_for(leads.wait(), 30)
    latencies: list[float] = []
    data = b"x" * size_bytes
    start = time.perf_counter()
    cpu_start = time.process_time()

    async def client() -> None:
        now = time.perf_counter()
        while now - start < seconds:
            await node.propose(data)
            then, now = now, time.perf_counter()
            latencies.append(now - then)

    await asyncio.gather(*(client() for _ in range(in_flight)))
    elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    await node.stop()
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1e3 for share in (0.5, 0.99))
    return f"{in_flight:9} {len(latencies) / elapsed:11,.0f} {p50:8.2f} {p99:8.2f} {cpu / len(latencies) * 1e6:10.1f}"


def main() -> None:
    """Print one line for each number of entries in flight."""
    if sys.argv[1:2] == ["--follow"]:
        number, folder, *addresses = sys.argv[2:]
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        asyncio.run(follow(Path(folder), addresses, int(number)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1)
    parser.add_argument("--in-flight", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--size", type=int, default=200, help="bytes of an entry")
    parser.add_argument("--folder", type=Path, help="where the journal is made (default: a temporary folder)")
    arguments = parser.parse_args()
    if arguments.members > 1:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
    print("in flight   entries/s   p50 ms   p99 ms   CPU us/entry")
    for in_flight in arguments.in_flight or [1, 32, 128, 1024]:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            print(
                measure(Path(folder), arguments.members, in_flight, arguments.seconds, arguments.size),
                flush=True,
            )


if __name__ == "__main__":
    main()
