"""Official 2.9.6 programs for tests: where their jars are, a master of theirs, their shells."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.waiting import wait_until

HERE = Path(__file__).parent
JARS_VARIABLE = "PYALLUXIO_PEER_JARS"
SHELL = "alluxio.cli.fs.FileSystemShell"
TEST_RUNNER = "alluxio.cli.TestRunner"
JAVA_TIMEOUT_S = 180


def jars() -> Path | None:
    """Return the folder of the official jars, or None where they or Java are missing."""
    folder = Path(os.environ.get(JARS_VARIABLE) or HERE.parents[1] / ".peer" / "jars")
    return folder if shutil.which("java") and (folder / ".complete").exists() else None


def why_missing() -> str:
    return f"needs Java and the official jars: sh tests/peer/fetch.sh .peer/jars, or {JARS_VARIABLE}"


def command(home: Path, main: str, *words: str) -> list[str]:
    folder = jars()
    assert folder is not None, why_missing()
    return ["sh", str(HERE / "java.sh"), str(folder), str(home), main, *words]


def environment(properties: Mapping[str, str], heap: str) -> dict[str, str]:
    options = " ".join(f"-D{name}={value}" for name, value in properties.items())
    return {**os.environ, "EXTRA": options, "MEM": f"-Xmx{heap}"}


def run(home: Path, properties: Mapping[str, str], main: str, *words: str) -> str:
    """Run an official program to its end; return what it printed. AssertionError: it failed."""
    code, printed = outcome(home, properties, main, *words)
    assert code == 0, f"{main} {' '.join(words)} gave {code}:\n{printed}"
    return printed


def outcome(home: Path, properties: Mapping[str, str], main: str, *words: str) -> tuple[int, str]:
    """Run an official program to its end; return its exit code and what it printed, errors of a failed one included."""
    done = subprocess.run(
        command(home, main, *words),
        env=environment(properties, "1g"),
        capture_output=True,
        text=True,
        timeout=JAVA_TIMEOUT_S,
        check=False,
    )
    return done.returncode, done.stdout if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"


@dataclass(frozen=True, slots=True)
class OfficialMaster:
    """One running official master."""

    folder: Path
    properties: dict[str, str]  # what clients and workers need
    ufs: Path

    def shell(self, *words: str, **properties: str) -> str:
        return self.run(SHELL, *words, **properties)

    def run(self, main: str, *words: str, **properties: str) -> str:
        """Run an official client; `properties` are named with `_` for `.`, without `alluxio.`."""
        extra = {f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()}
        return run(self.folder / "client", {**self.properties, **extra}, main, *words)


@contextlib.contextmanager
def official_master(folder: Path) -> Iterator[OfficialMaster]:
    """Format and start an official master on free ports; stop it at the end."""
    ufs = folder / "ufs"
    ufs.mkdir()
    rpc, web, journal = free_port(), free_port(), free_port()
    client = {
        "alluxio.master.hostname": "127.0.0.1",
        "alluxio.master.rpc.port": str(rpc),
        "alluxio.security.login.username": "root",
    }
    server = {
        **client,
        "alluxio.master.web.port": str(web),
        "alluxio.master.journal.type": "EMBEDDED",
        "alluxio.master.embedded.journal.port": str(journal),
        "alluxio.master.embedded.journal.addresses": f"127.0.0.1:{journal}",
        "alluxio.master.mount.table.root.ufs": str(ufs),
    }
    home = folder / "master"
    run(home, server, "alluxio.cli.Format", "master")
    with (folder / "master.out").open("w") as output:
        process = subprocess.Popen(
            command(home, "alluxio.master.AlluxioMaster"),
            env=environment(server, "1g"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(rpc) or process.poll() is not None, 90, "the official master's port")
        assert process.poll() is None, (folder / "master.out").read_text()
        yield OfficialMaster(folder, client, ufs)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def official_worker(folder: Path, client: Mapping[str, str]) -> Iterator[None]:
    """Start an official worker on free ports; stop it at the end. It registers a little after its port opens.

    client  the properties with which clients find the master, of either kind
    """
    rpc, web = free_port(), free_port()
    properties = {
        **client,
        "alluxio.worker.rpc.port": str(rpc),
        "alluxio.worker.web.port": str(web),
        "alluxio.worker.tieredstore.level0.dirs.path": str(folder / "tier"),
        "alluxio.worker.ramdisk.size": "1GB",
    }
    (folder / "tier").mkdir()
    with (folder / "worker.out").open("w") as output:
        process = subprocess.Popen(
            command(folder / "worker", "alluxio.worker.AlluxioWorker"),
            env=environment(properties, "1g"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(rpc) or process.poll() is not None, 90, "the official worker's port")
        assert process.poll() is None, (folder / "worker.out").read_text()
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
