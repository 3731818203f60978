"""A Python worker under an official master, used by official clients: what is written is what is read."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peer import official
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.java,
]

READY_TIMEOUT_S = 60.0
BIG = (64 << 20) + 1  # one block and one byte


class PythonWorker:
    """A worker process that can be killed and started again on the same ports and directory."""

    def __init__(self, folder: Path, master: official.OfficialMaster) -> None:
        self.folder = folder
        self.web_port = free_port()
        self.tier = folder / "tier"
        self._properties = {
            **master.properties,
            "alluxio.home": str(folder),
            "alluxio.worker.hostname": "127.0.0.1",
            "alluxio.worker.rpc.port": str(free_port()),
            "alluxio.worker.web.port": str(self.web_port),
            "alluxio.worker.tieredstore.level0.dirs.path": str(self.tier),
            "alluxio.worker.ramdisk.size": "400MB",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = [f"-D{name}={value}" for name, value in self._properties.items()]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ALLUXIO_")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pyalluxio", "process", "run", "worker", *options], env=inherited
        )
        process = self._process
        wait_until(
            lambda: self.info().get("isRegistered") or process.poll() is not None,
            READY_TIMEOUT_S,
            "the worker being registered",
        )
        assert process.poll() is None, "the worker ended instead of registering"

    def info(self) -> dict[str, Any]:
        """Return what the worker says of itself; nothing while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/api/v1/worker/info", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return {}

    def end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(20)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[official.OfficialMaster]:
    with official.official_master(tmp_path_factory.mktemp("official")) as running:
        yield running


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory, master: official.OfficialMaster) -> Iterator[PythonWorker]:
    running = PythonWorker(tmp_path_factory.mktemp("worker"), master)
    running.start()
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "big"
    path.write_bytes(os.urandom(BIG))
    return path


@pytest.mark.parametrize("short_circuit", ["true", "false"])
def test_runner_passes_with_every_type(
    master: official.OfficialMaster, worker: PythonWorker, short_circuit: str
) -> None:
    """The official self-test: every read type with every write type, over both ways to reach a worker."""
    printed = master.run(
        official.TEST_RUNNER,
        "--operation",
        "BASIC",
        "--directory",
        f"/runner-{short_circuit}",
        user_short_circuit_enabled=short_circuit,
    )
    assert printed.count("Passed the test!") == 12, printed
    assert "Failed" not in printed


@pytest.mark.parametrize("write_type", ["MUST_CACHE", "CACHE_THROUGH", "THROUGH"])
@pytest.mark.parametrize("short_circuit", ["true", "false"])
def test_file_of_two_blocks_comes_back(
    master: official.OfficialMaster,
    worker: PythonWorker,
    big_file: Path,
    tmp_path: Path,
    write_type: str,
    short_circuit: str,
) -> None:
    """A block boundary, a block of one byte, and every path that bytes can take."""
    options = {"user_short_circuit_enabled": short_circuit, "user_file_writetype_default": write_type}
    path = f"/big-{write_type}-{short_circuit}"
    before = worker.info()["blockCount"]
    master.shell("copyFromLocal", str(big_file), path, **options)
    master.shell("copyToLocal", path, str(tmp_path / "back"), **options)
    assert (tmp_path / "back").read_bytes() == big_file.read_bytes()
    in_ufs = master.ufs / path[1:]
    assert in_ufs.exists() is (write_type != "MUST_CACHE")
    if in_ufs.exists():
        assert in_ufs.read_bytes() == big_file.read_bytes()
    master.shell("rm", path)
    wait_until(
        lambda: worker.info()["blockCount"] == before, 30, "the master's Free for the blocks of the deleted file"
    )


def test_killed_worker_keeps_its_blocks(
    master: official.OfficialMaster, worker: PythonWorker, big_file: Path, tmp_path: Path
) -> None:
    """kill -9: blocks that only live in memory must be there after the restart, and found under the same worker."""
    master.shell("copyFromLocal", str(big_file), "/kept", user_file_writetype_default="MUST_CACHE")
    before = worker.info()["workerId"]
    worker.end(signal.SIGKILL)
    worker.start()
    assert worker.info()["workerId"] == before
    master.shell("copyToLocal", "/kept", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == big_file.read_bytes()


def test_worker_stops_well(worker: PythonWorker) -> None:
    """SIGTERM: exit code 0, and the directory is free for the next worker at once."""
    assert worker.end(signal.SIGTERM) == 0
    worker.start()
