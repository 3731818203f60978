"""A real cluster for end-to-end tests: one master and any number of workers, each a process, in one folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyalluxio.client import FileSystem
from pyalluxio.processes import handover, ready
from tests.ports import free_port
from tests.waiting import wait_until

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
COMMAND_TIMEOUT_S = 120.0


def alluxio(*words: str | Path, overrides: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does; `overrides` reach it as properties, not as words of its command line."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "pyalluxio", *map(str, words)],
        env=environment(overrides or {}),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )


def environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without this machine's own cluster, with properties handed over."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALLUXIO_", "PYALLUXIO_"))}
    return {**inherited, **handover.environment_of(overrides)}


@dataclass(slots=True)
class ServerProcess:
    """One master or worker; it may be killed and started again on the same ports and folders."""

    role: str
    home: Path
    properties: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        return self.home / "output"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def spawn(self) -> None:
        """Start the process and return at once."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self.home.mkdir(parents=True, exist_ok=True)
        self._ready_file.unlink(missing_ok=True)
        environ = environment(self.properties) | {ready.READY_FILE_VARIABLE: str(self._ready_file)}
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pyalluxio", "process", "run", self.role],
                env=environ,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def start(self) -> dict[str, Any]:
        """Start the process; return what it announced once it serves."""
        self.spawn()
        return self.wait_until_ready()

    def wait_until_ready(self) -> dict[str, Any]:
        process = self.process
        assert process is not None
        wait_until(
            lambda: self._facts() is not None or process.poll() is not None, READY_TIMEOUT_S, f"the {self.role} serving"
        )
        facts = self._facts()
        assert facts is not None and "error" not in facts, f"the {self.role} ended:\n{self.last_words()}"
        return facts

    def _facts(self) -> dict[str, Any] | None:
        return ready.read(self._ready_file)

    @property
    def _ready_file(self) -> Path:
        return self.home / "ready"

    def kill(self) -> None:
        """End the process as a power cut of its own would; returns when the kernel has cleaned up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)

    def stop(self) -> int:
        """End the process as an operator does; return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log_text(self) -> str:
        files = [self.output, *sorted(self.logs.glob("*"))]
        return "".join(file.read_text(errors="replace") for file in files if file.is_file())

    def last_words(self, lines_max: int = 60) -> str:
        return "\n".join(self.log_text().splitlines()[-lines_max:])


@dataclass(slots=True)
class Cluster:
    """One master and its workers. `client` are the properties with which any client finds it, Java ones included."""

    folder: Path
    client: dict[str, str]
    master: ServerProcess
    workers: list[ServerProcess] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.client['alluxio.master.rpc.port']}"

    @property
    def ufs(self) -> Path:
        return self.folder / "ufs"

    @property
    def worker(self) -> ServerProcess:
        return self.workers[0]

    @property
    def processes(self) -> list[ServerProcess]:
        return [*self.workers, self.master]

    @property
    def journal(self) -> Path:
        return self.master.home / "journal"

    @property
    def tier(self) -> Path:
        """The folder in which the first worker keeps its blocks."""
        return self.worker.home / "tier" / "alluxioworker"

    def alluxio(self, *words: str | Path, **properties: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line; `properties` are named with `_` for `.`, without `alluxio.`."""
        extra = {f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()}
        home = {"alluxio.home": str(self.folder / "client")}
        return alluxio(*words, overrides={**home, **self.client, **extra})

    def file_system(self, **properties: str) -> FileSystem:
        """Return a Python client; `properties` as for `alluxio`."""
        extra = {f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()}
        return FileSystem(properties={"alluxio.home": str(self.folder / "client"), **self.client, **extra})

    def add_worker(self, overrides: Mapping[str, str] | None = None) -> ServerProcess:
        """Start one more worker."""
        home = self.folder / f"worker{len(self.workers) + 1}"
        properties = {
            **self.client,
            "alluxio.home": str(home),
            "alluxio.worker.hostname": HOST,
            "alluxio.worker.bind.host": HOST,
            "alluxio.worker.rpc.port": str(free_port()),
            "alluxio.worker.web.bind.host": HOST,
            "alluxio.worker.web.port": str(free_port()),
            "alluxio.worker.ramdisk.size": "1GB",
            "alluxio.worker.tieredstore.level0.dirs.path": str(home / "tier"),
            **(overrides or {}),
        }
        worker = ServerProcess("worker", home, properties)
        self.workers.append(worker)
        worker.start()
        return worker

    def tell(self) -> None:
        """Print the end of each log: pytest shows it when the test fails."""
        for process in self.processes:
            print(f"--- {process.home.name}\n{process.last_words()}")


def master_process(folder: Path, overrides: Mapping[str, str]) -> tuple[dict[str, str], ServerProcess]:
    """Return the client properties and the process of a master under `folder`; nothing is made or started yet."""
    client = {
        "alluxio.master.hostname": HOST,
        "alluxio.master.rpc.port": str(free_port()),
        "alluxio.security.login.username": "root",
    }
    home = folder / "master1"
    journal_port = free_port()
    properties = {
        **client,
        "alluxio.home": str(home),
        "alluxio.master.bind.host": HOST,
        "alluxio.master.web.bind.host": HOST,
        "alluxio.master.web.port": str(free_port()),
        "alluxio.master.journal.folder": str(home / "journal"),
        "alluxio.master.metastore.dir": str(home / "metastore"),
        "alluxio.master.embedded.journal.port": str(journal_port),
        "alluxio.master.embedded.journal.addresses": f"{HOST}:{journal_port}",
        "alluxio.master.mount.table.root.ufs": str(folder / "ufs"),
        **overrides,
    }
    return client, ServerProcess("master", home, properties)


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    workers: int = 1,
    master: Mapping[str, str] | None = None,
    worker: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Format and start a cluster on free ports of 127.0.0.1; stop it by process id at the end.

    master, worker  properties for the processes of that role, over ours
    """
    (folder / "ufs").mkdir(parents=True)
    client, process = master_process(folder, master or {})
    formatted = alluxio("journal", "format", "--yes", overrides=process.properties)
    assert formatted.returncode == 0, formatted.stderr
    cluster = Cluster(folder, client, process)
    try:
        process.start()
        for _ in range(workers):
            cluster.add_worker(worker)
        yield cluster
    finally:
        cluster.tell()
        for server in cluster.processes:
            if server.is_running:
                try:
                    server.stop()
                except subprocess.TimeoutExpired:
                    server.kill()
                    raise
