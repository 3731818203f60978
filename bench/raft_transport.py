"""What the Raft transport carries between two processes: round trips, many small appends, batches of 1 MB.

    python bench/raft_transport.py [--seconds 3] [--switch-interval 0.0005]

One process sends append requests and keeps `in flight` of them without an answer; the other answers each, as a follower
without a disk would. CPU is what both processes spend on one append, answer included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time

from pyalluxio.ids import Index, Term
from pyalluxio.journal.transport_grpc import GrpcTransport
from pyalluxio.raft.messages import (
    NO_INDEX,
    AppendReply,
    AppendRequest,
    AppendResult,
    Entry,
    EntryKind,
    LogPosition,
    Message,
    Peer,
    PeerId,
)

HOST = "127.0.0.1"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Follower:
    """Answers every append at once."""

    def __init__(self, transport: GrpcTransport) -> None:
        self._transport = transport

    def received(self, message: Message) -> None:
        assert isinstance(message, AppendRequest)
        last = message.entries[-1].index if message.entries else NO_INDEX
        next_index = Index(last + 1)
        self._transport.send(
            [
                AppendReply(
                    message.to,
                    message.sender,
                    message.term,
                    AppendResult.SUCCESS,
                    next_index,
                    last,
                    message.call_id,
                    message.is_heartbeat,
                )
            ]
        )

    def unreachable(self, peer: PeerId) -> None:
        pass

    def streams_closed(self, peer: PeerId) -> None:
        pass


class Leader:
    """Notes when each append was answered."""

    def __init__(self) -> None:
        self.window = threading.Semaphore(0)
        self.sent_at: dict[int, float] = {}
        self.latencies: list[float] = []

    def received(self, message: Message) -> None:
        assert isinstance(message, AppendReply)
        self.latencies.append(time.perf_counter() - self.sent_at.pop(message.call_id))
        self.window.release()

    def unreachable(self, peer: PeerId) -> None:
        raise AssertionError(f"{peer} is unreachable")

    def streams_closed(self, peer: PeerId) -> None:
        pass


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - a line of /proc, thousands of times
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def measure(
    leader: Leader,
    transport: GrpcTransport,
    me: Peer,
    other: Peer,
    pid: int,
    row: tuple[str, int, int, int],
    seconds: float,
) -> str:
    """Run one row and return its line of the table."""
    name, in_flight, entries, size_bytes = row
    term, data = Term(1), os.urandom(size_bytes)
    leader.window, leader.latencies = threading.Semaphore(in_flight), []
    index = 0
    previous = None
    cpu_before, begun_at = cpu_seconds(pid) + time.process_time(), time.perf_counter()
    while time.perf_counter() - begun_at < seconds:
        leader.window.acquire()
        batch = tuple(
            Entry(term, Index(each), EntryKind.DATA, data, client_id=b"c" * 16, call_id=each)
            for each in range(index, index + entries)
        )
        leader.sent_at[index] = time.perf_counter()
        transport.send([AppendRequest(me.id, other.id, term, previous, batch, NO_INDEX, index)])
        index += entries
        previous = LogPosition(term, Index(index - 1))
    for _ in range(in_flight):
        assert leader.window.acquire(timeout=10)
    elapsed = time.perf_counter() - begun_at
    cpu = cpu_seconds(pid) + time.process_time() - cpu_before
    appends = len(leader.latencies)
    leader.latencies.sort()
    p50, p99 = (leader.latencies[int(appends * share)] * 1e3 for share in (0.5, 0.99))
    mb = appends * entries * size_bytes / 1e6 / elapsed
    return f"{name:28} {appends / elapsed:9,.0f} {mb:8.1f} {p50:8.2f} {p99:8.2f} {cpu / appends * 1e6:9.0f}"


def main() -> None:
    """Print one line for each kind of load."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--switch-interval", type=float, default=0.0005)
    parser.add_argument("--port", type=int, default=29200)
    parser.add_argument("--follow", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.setswitchinterval(options.switch_interval)
    me, other = Peer.at(f"{HOST}:{options.port}"), Peer.at(f"{HOST}:{options.port + 1}")
    if options.follow:
        transport = GrpcTransport(other, HOST, options.port + 1)
        transport.start(Follower(transport))
        transport.set_peers([me])
        print("ready", flush=True)
        sys.stdin.read()
        return
    command = [sys.executable, __file__, "--follow", "--port", str(options.port)]
    command += ["--switch-interval", str(options.switch_interval)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            leader, transport = Leader(), GrpcTransport(me, HOST, options.port)
            transport.start(leader)
            transport.set_peers([other])
            print("load                          appends/s     MB/s   p50 ms   p99 ms  CPU us/append")
            for row in (
                ("one at a time, 200 B", 1, 1, 200),
                ("8 in flight, 200 B", 8, 1, 200),
                ("128 in flight, 200 B", 128, 1, 200),
                ("4 in flight, 32 x 200 B", 4, 32, 200),
                ("8 in flight, 1 MB", 8, 1, 1 << 20),
            ):
                print(measure(leader, transport, me, other, child.pid, row, options.seconds), flush=True)
            transport.stop(5)
        finally:
            child.kill()


if __name__ == "__main__":
    main()
