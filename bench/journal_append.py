"""How many entries a second one member's journal takes, and how long one waits, with every batch fsynced.

    python bench/journal_append.py [--in-flight 128] [--seconds 5] [--size 200] [--folder DIR]

Each of the `--in-flight` tasks proposes an entry, waits for its commit, and proposes the next.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import CommittedEntry, JournalNode, Role, RoleChange


async def measure(folder: Path, in_flight: int, seconds: float, size_bytes: int) -> str:
    """Run one measurement in a fresh journal and return its line of the table."""
    format_journal(folder)
    node = JournalNode.open(folder, self_address="127.0.0.1:19200")
    loop = asyncio.get_running_loop()
    leads = asyncio.Event()

    def on_committed(entries: list[CommittedEntry]) -> None:
        node.applied(entries[-1].index)

    def on_role(change: RoleChange) -> None:
        if change.role is Role.LEADER:
            leads.set()

    def on_failed(error: BaseException) -> None:
        raise error

    node.start(loop, on_committed, on_role, on_failed)
    await asyncio.wait_for(leads.wait(), 10)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-flight", type=int, action="append")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--size", type=int, default=200, help="bytes of an entry")
    parser.add_argument("--folder", type=Path, help="where the journal is made (default: a temporary folder)")
    arguments = parser.parse_args()
    print("in flight   entries/s   p50 ms   p99 ms   CPU us/entry")
    for in_flight in arguments.in_flight or [1, 32, 128, 1024]:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            print(asyncio.run(measure(Path(folder), in_flight, arguments.seconds, arguments.size)), flush=True)


if __name__ == "__main__":
    main()
