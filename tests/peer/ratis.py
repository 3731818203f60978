"""A bare server of Ratis 2.4.1 from the official jars, as a member of a quorum."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peer import official
from tests.waiting import wait_until

START_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class RatisStatus:
    role: str
    term: int
    leader: str  # a peer id, or "null"
    applied_index: int


class RatisPeer:
    """A running server; see RatisPeer.java for its commands and lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.is_ready = False
        self.applied: list[str] = []
        self.proposed: list[str] = []
        self.refused: list[str] = []
        self.statuses: list[RatisStatus] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def propose(self, text: str) -> None:
        """Ask it to write an entry; `proposed` or `refused` gets the text when it is known."""
        self._command(f"propose {text}")

    def status(self) -> RatisStatus:
        count = len(self.statuses)
        self._command("status")
        wait_until(lambda: len(self.statuses) > count, what="the status of the Ratis server")
        return self.statuses[-1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(10)

    def _command(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "ready":
                self.is_ready = True
            elif word == "status":
                self.statuses.append(RatisStatus(rest[0], int(rest[1]), rest[2], int(rest[3])))
            elif word in ("applied", "proposed", "refused"):
                getattr(self, word).append(rest[0])


@contextlib.contextmanager
def ratis_peer(
    folder: Path, address: str, addresses: Sequence[str], timeout_min_ms: int, timeout_max_ms: int
) -> Iterator[RatisPeer]:
    """Run a server over the log in `folder`; kill it at the end."""
    jars = official.jars()
    assert jars is not None, official.why_missing()
    assert shutil.which("java")
    command = ["java", "-Xmx512m", f"-Dlog4j.configurationFile={official.HERE / 'log4j2.properties'}"]
    command += ["-cp", f"{jars}/*", str(official.HERE / "RatisPeer.java"), str(folder), address, ",".join(addresses)]
    command += [str(timeout_min_ms), str(timeout_max_ms)]
    with (folder.parent / f"{folder.name}.err").open("a") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
        )
        peer = RatisPeer(process)
        try:
            wait_until(lambda: peer.is_ready or process.poll() is not None, START_TIMEOUT_S, "the Ratis server")
            assert process.poll() is None, (folder.parent / f"{folder.name}.err").read_text()[-4000:]
            yield peer
        finally:
            peer.kill()
