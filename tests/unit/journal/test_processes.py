"""Three members in three processes, over gRPC: the leader is killed, and another one leads.

`KILLS=20` repeats the kill that often, and prints how long each took.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.ports import free_port
from tests.waiting import wait_until

MEMBER = Path(__file__).with_name("node_member.py")
KILLS = int(os.environ.get("KILLS", "3"))


class Process:
    """One member, and what it said."""

    def __init__(self, folder: Path, port: int, others: list[int]) -> None:
        self.lines: list[list[str]] = []
        self.child = subprocess.Popen(
            [sys.executable, str(MEMBER), str(folder), str(port), *map(str, others)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder.parent / f"{folder.name}.log").open("ab"),
            text=True,
            bufsize=1,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line.split())

    @property
    def leads_since(self) -> float | None:
        """The moment since which it leads, None when it does not."""
        roles = [line for line in self.lines if line[0] in ("LEADS", "FOLLOWS")]
        return float(roles[-1][1]) if roles and roles[-1][0] == "LEADS" else None

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(10)
        self._reader.join(10)

    def propose(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line + "\n")
        wait_until(lambda: ["DONE", line] in self.lines, what="the commit")


def test_a_killed_leader_is_replaced_in_half_a_second(tmp_path: Path) -> None:
    """The promise ends 300 ms after the last heartbeat; the sockets of a killed process tell that it is gone."""
    ports = [free_port() for _ in range(3)]
    processes: dict[int, Process] = {}

    def start(port: int) -> None:
        others = [other for other in ports if other != port]
        processes[port] = Process(tmp_path / str(port), port, others)

    def leader() -> int | None:
        return next((port for port, each in processes.items() if each.leads_since is not None), None)

    def everybody_knows() -> bool:
        port = leader()
        if port is None:
            return False
        others = [each.lines[-1] for other, each in processes.items() if other != port and each.lines]
        return len(others) == 2 and all(line[0] == "FOLLOWS" and line[2].endswith(str(port)) for line in others)

    gaps: list[float] = []
    try:
        for port in ports:
            start(port)
        for kill in range(KILLS):
            wait_until(everybody_knows, timeout_s=20, what="a leader that everybody knows")
            victim = leader()
            assert victim is not None
            processes[victim].propose(f"before-{kill}")
            killed_at = time.monotonic()
            processes.pop(victim).kill()
            wait_until(lambda: leader() is not None, timeout_s=20, what="another leader")
            successor = leader()
            assert successor is not None
            since = processes[successor].leads_since
            assert since is not None
            gaps.append(since - killed_at)
            processes[successor].propose(f"after-{kill}")
            start(victim)
    finally:
        for process in processes.values():
            process.kill()
    gaps.sort()
    print("gaps in ms:", " ".join(f"{gap * 1000:.0f}" for gap in gaps), f"median {statistics.median(gaps) * 1000:.0f}")
    assert statistics.median(gaps) < 2, "typically 0.35 s; a machine that is shared by others is slower"
