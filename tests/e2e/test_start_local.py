"""`process start local` and its neighbours with real processes: what an operator types, and what a crash leaves."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.processes import proc, ready
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120.0
# 127.0.0.1 as the kernel's tables write it, plain and mapped into IPv6.
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}
SECRET = "hidden-value-4711"


def alluxio(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does, from a folder that is not the project's."""
    return subprocess.run(
        command(*words),
        env=environment(**variables),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "pyalluxio", *map(str, words)]


def environment(**variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ALLUXIO_", "PYALLUXIO_"))}
    return {**inherited, **variables}


def processes_of(folder: Path) -> list[int]:
    """Return the server processes that were started for `folder`, however they were started."""
    found = []
    for name in ("master1", "worker1", "worker2", "master", "worker"):
        found += proc.with_variable(ready.READY_FILE_VARIABLE, str(folder / "run" / f"{name}.ready"))
    return [identity.pid for identity in found]


@contextlib.contextmanager
def stopped_at_the_end(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for pid in processes_of(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def start(folder: Path, *words: str) -> dict[str, Any]:
    result = alluxio("process", "start", "local", "--dir", folder, "--json", *words)
    assert result.returncode == 0, result.stderr
    described = json.loads(result.stdout)
    assert isinstance(described, dict)
    return described


def listening_addresses(pid: int) -> set[str]:
    """Return the IPv4 and IPv6 addresses (as the kernel's hex) that a process listens on."""
    links = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.add(str(descriptor.readlink()))
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in links:
                addresses.add(fields[1].partition(":")[0])
    return addresses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of one master and two workers that the tests of this file share."""
    folder = tmp_path_factory.mktemp("local") / "cluster"
    with stopped_at_the_end(folder):
        start(folder, "--workers", "2", f"-Ds3a.secretKey={SECRET}", "-Dalluxio.user.block.size.bytes.default=8MB")
        yield folder


def test_a_new_cluster_serves(folder: Path) -> None:
    described = start(folder)
    assert list(described) == ["masters", "workers", "ufs", "conf"]
    assert [list(row) for row in described["masters"]] == [["rpc", "web", "journal", "pid"]]
    assert [list(row) for row in described["workers"]] == [["rpc", "web", "pid"]] * 2
    report = alluxio("info", "report", ALLUXIO_CONF_DIR=described["conf"])
    assert report.returncode == 0, report.stderr
    assert json.loads(report.stdout)["liveWorkers"] == 2
    master = alluxio("info", "master", ALLUXIO_CONF_DIR=described["conf"])
    address = described["masters"][0]["rpc"]
    assert master.stdout == f"Current leader master: {address}\nAll masters: [{address}]\n"
    status = alluxio("process", "status", "--dir", folder)
    assert status.returncode == 0
    assert status.stdout.count(" healthy") == 3


def test_it_listens_on_the_loopback_only(folder: Path) -> None:
    """A first try on a laptop in a café must not serve its files to the café."""
    described = start(folder)
    for row in described["masters"] + described["workers"]:
        addresses = listening_addresses(row["pid"])
        assert addresses
        assert addresses <= LOOPBACK


def test_a_second_start_keeps_what_runs(folder: Path) -> None:
    before = start(folder)
    result = alluxio("process", "start", "local", "--dir", folder)
    assert result.returncode == 0
    assert result.stderr.count("already running") == 3
    assert start(folder) == before


def test_what_is_dead_is_started_with_the_same_ports(folder: Path) -> None:
    """Clients know the ports; and the killed process left its files behind, which must not count as its life."""
    before = start(folder)
    killed = before["workers"][0]["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: proc.start_ticks(killed) is None)
    assert alluxio("process", "status", "--dir", folder).returncode == 1
    after = start(folder)
    assert after["workers"][0]["pid"] != killed
    assert after["workers"][0]["rpc"] == before["workers"][0]["rpc"]
    assert after["workers"][1] == before["workers"][1]
    assert after["masters"] == before["masters"]


def test_credentials_are_on_no_command_line_and_in_no_log(folder: Path) -> None:
    described = start(folder)
    for row in described["masters"] + described["workers"]:
        assert SECRET.encode() in Path(f"/proc/{row['pid']}/environ").read_bytes()
        assert SECRET.encode() not in Path(f"/proc/{row['pid']}/cmdline").read_bytes()
    logs = [path for path in folder.rglob("logs/*") if path.is_file()]
    assert len(logs) >= 3
    assert [path for path in logs if SECRET in path.read_text()] == []


def test_folders_are_private(folder: Path) -> None:
    for name in ("conf", "master1/journal", "master1/logs", "worker1/logs"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o750, name


def test_a_running_master_is_not_formatted(folder: Path) -> None:
    """The journal's own lock refuses, whatever the run folder says."""
    overrides = f"-Dalluxio.master.journal.folder={folder}/master1/journal"
    other = f"-Dalluxio.work.dir={folder}/elsewhere"
    metastore = f"-Dalluxio.master.metastore.dir={folder}/elsewhere/metastore"
    result = alluxio("journal", "format", "--yes", overrides, other, metastore, ALLUXIO_CONF_DIR=f"{folder}/conf")
    assert result.returncode == 1
    assert "in use by process" in result.stderr


def test_stop_ends_everything_and_is_no_error_twice(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    with stopped_at_the_end(folder):
        start(folder)
        assert len(processes_of(folder)) == 2
        result = alluxio("process", "stop", "local", "--dir", folder)
        assert (result.returncode, result.stdout) == (0, "Successfully killed 2 process(es)\n")
        assert processes_of(folder) == []
        again = alluxio("process", "stop", "local", "--dir", folder)
        assert (again.returncode, again.stdout) == (0, "")
        # Stopped is not formatted: what was there is there again.
        assert [row["pid"] for row in start(folder)["masters"]] == processes_of(folder)[:1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C while the master starts: no process, no port, no half-made folder."""
    folder = tmp_path / "cluster"
    with stopped_at_the_end(folder):
        starter = subprocess.Popen(
            command("process", "start", "local", "--dir", folder), env=environment(), stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: (folder / "run/master1.pid").exists(), TIMEOUT_S, "the master")
        starter.send_signal(number)
        _, err = starter.communicate(timeout=TIMEOUT_S)
        assert starter.returncode == 130
        assert "stopping master1" in err
        assert "Traceback" not in err
        assert processes_of(folder) == []
        assert not folder.exists()


def test_too_many_masters_are_not_promised(tmp_path: Path) -> None:
    result = alluxio("process", "start", "local", "--dir", tmp_path / "c", "--masters", "8")
    assert result.returncode == 1
    assert "--masters 8" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "c").exists()


def test_the_readme_works_as_written(tmp_path: Path) -> None:
    """The first thing that a newcomer copies; only the port is this cluster's."""
    readme = (ROOT / "README.md").read_text()
    _, using = readme.split("## Using it")
    commands = using.split("```\n")[1]
    program = using.split("```python\n")[1].split("```")[0]
    folder = tmp_path / "local"
    with stopped_at_the_end(folder):
        described = start(folder)
        words = [line.split() for line in commands.splitlines() if line.startswith("bin/alluxio ")]
        assert len(words) >= 5
        *uses, stop = words
        for _, *arguments in uses:
            done = subprocess.run(
                command(*arguments),
                env=environment(ALLUXIO_CONF_DIR=described["conf"]),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            env=environment(ALLUXIO_CONF_DIR=described["conf"]),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.stdout == "b'hello' ['README.md', 'hello']\n", done.stderr
        assert stop[1:] == ["process", "stop", "local", "--dir", "./local"]
        assert alluxio(*stop[1:-1], folder).returncode == 0


# --- one master and one worker from conf/ ---------------------------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of an installation of its own, on free ports."""
    home = tmp_path / "home"
    (home / "conf").mkdir(parents=True)
    ports = []
    with contextlib.ExitStack() as held:
        for _ in range(5):
            ports.append(held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
    names = ["master.rpc", "master.web", "master.embedded.journal", "worker.rpc", "worker.web"]
    lines = [f"alluxio.{name}.port={port}" for name, port in zip(names, ports, strict=True)]
    lines += [
        "alluxio.master.hostname=127.0.0.1",
        "alluxio.worker.hostname=127.0.0.1",
        f"alluxio.worker.tieredstore.level0.dirs.path={home}/tier",
        "alluxio.worker.ramdisk.size=64MB",
    ]
    (home / "conf/alluxio-site.properties").write_text("\n".join(lines) + "\n")
    with stopped_at_the_end(home):
        yield {"ALLUXIO_HOME": str(home)}


def test_no_master_is_told_with_the_address_that_was_asked(installation: dict[str, str]) -> None:
    """The official text names neither the address nor the cause, and is the most disliked one of all."""
    report = alluxio("info", "report", **installation)
    assert report.returncode == 1
    assert "127.0.0.1:" in report.stderr
    assert "Traceback" not in report.stderr
    master = alluxio("info", "master", **installation)
    assert master.returncode == 0
    assert master.stdout.startswith("Failed to find leader master\nAll masters: [127.0.0.1:")


def test_an_unformatted_journal_is_told_with_the_command(installation: dict[str, str]) -> None:
    """Formatting by itself would turn a disk that was not mounted into an empty namespace."""
    result = alluxio("process", "start", "master", **installation)
    assert result.returncode == 1
    assert "init format" in result.stderr
    assert processes_of(Path(installation["ALLUXIO_HOME"])) == []


def test_format_start_stop_by_hand(installation: dict[str, str]) -> None:
    assert alluxio("init", "format", **installation).returncode == 0
    for role in ("master", "worker"):
        first = alluxio("process", "start", role, **installation)
        assert first.returncode == 0, first.stderr
        assert f"[ OK ] The {role} process is in a healthy state" in first.stderr
        second = alluxio("process", "start", role, **installation)
        assert second.returncode == 0
        assert f"The {role} process is already running (pid " in second.stderr
    refused = alluxio("init", "format", "--yes", **installation)
    assert refused.returncode == 1
    assert "process stop" in refused.stderr
    assert alluxio("fs", "mkdir", "/kept", **installation).returncode == 0
    for role in ("worker", "master"):
        assert alluxio("process", "stop", role, **installation).returncode == 0
    # The same namespace after a stop; an empty one after a format.
    assert alluxio("process", "start", "master", **installation).returncode == 0
    assert alluxio("fs", "test", "-d", "/kept", **installation).returncode == 0
    assert alluxio("process", "stop", "master", **installation).returncode == 0
    unanswered = alluxio("init", "format", **installation)
    assert unanswered.returncode == 1
    assert "--yes" in unanswered.stderr
    assert alluxio("init", "format", "--yes", **installation).returncode == 0


def test_a_held_port_is_told_with_its_holder(installation: dict[str, str]) -> None:
    assert alluxio("init", "format", **installation).returncode == 0
    conf = (Path(installation["ALLUXIO_HOME"]) / "conf/alluxio-site.properties").read_text()
    port = int(conf.split("alluxio.master.rpc.port=")[1].split()[0])
    with socket.create_server(("127.0.0.1", port)):
        result = alluxio("process", "start", "master", **installation)
    assert result.returncode == 1
    assert f"Port {port} (alluxio.master.rpc.port) is held by process {os.getpid()} " in result.stderr


def test_local_without_options_prepares_a_new_installation(installation: dict[str, str]) -> None:
    """What the quick start of 2.9 is, in one command: neither a host name nor a journal is there before."""
    path = Path(installation["ALLUXIO_HOME"]) / "conf/alluxio-site.properties"
    path.write_text(path.read_text().replace("alluxio.master.hostname=127.0.0.1\n", ""))
    result = alluxio("process", "start", "local", **installation)
    assert result.returncode == 0, result.stderr
    assert "made and formatted it" in result.stderr
    assert "alluxio.master.hostname=localhost" in path.read_text()
    assert alluxio("fs", "mkdir", "/a", **installation).returncode == 0
    assert alluxio("process", "status", **installation).returncode == 0
    assert alluxio("process", "stop", "local", **installation).returncode == 0


def test_quickstart_passes_its_test_and_reports_the_second_time(tmp_path: Path) -> None:
    """The README's first command."""
    folder = tmp_path / "cluster"
    with stopped_at_the_end(folder):
        first = alluxio("quickstart", "--dir", folder)
        assert first.returncode == 0, first.stdout + first.stderr
        assert first.stdout.count("Passed the test!") == 24, "the default write type is among them"
        assert "was killed (SIGKILL) while a client was writing" in first.stdout
        assert "all 40 files are there and hold what was written" in first.stdout
        assert len(re.findall(r"^master[123] +[0-9]+ ", first.stdout, re.MULTILINE)) == 3, "a master was left dead"
        assert f"process stop local --dir {folder}" in first.stdout
        second = alluxio("quickstart", "--dir", folder)
        assert second.returncode == 0
        assert "The cluster is running" in second.stdout
        assert "runTest" not in second.stdout
