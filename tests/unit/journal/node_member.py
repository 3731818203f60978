"""A member of a quorum as a process of its own, over gRPC: tells on its standard output what it becomes.

python node_member.py FOLDER PORT PORT...     the first port is its own; one line for each change:
    LEADS <moment> <term>    its term's first entry is applied; the moment is seconds on the clock of all processes
    FOLLOWS <moment> <leader>
Each line on its standard input is proposed once this member leads; `DONE <line>` follows.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path

from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import CommittedEntry, JournalNode, Role, RoleChange
from pyalluxio.journal.transport_grpc import GrpcTransport
from pyalluxio.raft.messages import Peer

HOST = "127.0.0.1"


async def run(folder: str, port: int, peers: list[str]) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[BaseException] = loop.create_future()
    address = f"{HOST}:{port}"
    node = JournalNode.open(
        folder, self_address=address, peers=peers, transport=GrpcTransport(Peer.at(address), HOST, port)
    )
    first_index: int | None = None

    def on_committed(entries: list[CommittedEntry]) -> None:
        nonlocal first_index
        node.applied(entries[-1].index)
        if first_index is not None and entries[-1].index >= first_index:
            print("LEADS", time.monotonic(), entries[-1].term, flush=True)
            first_index = None

    def on_role(change: RoleChange) -> None:
        nonlocal first_index
        first_index = change.term_first_index
        if change.role is not Role.LEADER:
            print("FOLLOWS", time.monotonic(), change.leader or "nobody", flush=True)

    async def propose(line: str) -> None:
        await node.propose(line.encode())
        print("DONE", line, flush=True)

    def read() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(propose(line.strip()), loop)

    node.start(loop, on_committed, on_role, ended.set_result)
    threading.Thread(target=read, daemon=True).start()
    raise await ended


def main() -> None:
    """Run until killed."""
    folder, *ports = sys.argv[1:]
    sys.setswitchinterval(0.0005)
    if not JournalFolder(Path(folder)).is_formatted:
        format_journal(folder)
    asyncio.run(run(folder, int(ports[0]), sorted(f"{HOST}:{port}" for port in ports)))


if __name__ == "__main__":
    main()
