"""The installation guide's configuration blocks, pasted with their comments, start a cluster that serves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.e2e

TIMEOUT_S = 120.0

# The two lines of the guide for a highly available cluster, with the comments that stand behind the values, and the
# spelling of the second key that one translation of the guide has.
BLOCKS = {
    "as-printed": """
alluxio.master.hostname=127.0.0.1 # Only needed on master node
alluxio.master.embedded.journal.addresses=127.0.0.1:{journal} # the list of all masters
""",
    "singular-key": """
# Common properties
alluxio.master.hostname=127.0.0.1
alluxio.master.embedded.journal.address=127.0.0.1:{journal}
""",
}


class Host:
    """One host as the reader of the guide has it: an installation's folders, a `conf/` that was pasted into."""

    def __init__(self, folder: Path, block: str) -> None:
        self.folder = folder
        self.conf = folder / "conf"
        self.conf.mkdir(parents=True)
        ports = free_ports(5)
        names = ("journal", "rpc", "web", "worker", "worker-web")
        self.ports = dict(zip(names, ports, strict=True))
        (self.conf / "alluxio-site.properties").write_text(block.format(journal=self.ports["journal"]))
        for name in ("masters", "workers"):
            (self.conf / name).write_text("localhost\n")
        # What a test must set beside the guide's lines, so that it disturbs nobody: ports, and folders of its own.
        options = {
            "alluxio.work.dir": folder,
            "alluxio.master.rpc.port": self.ports["rpc"],
            "alluxio.master.web.port": self.ports["web"],
            "alluxio.master.embedded.journal.port": self.ports["journal"],
            "alluxio.worker.rpc.port": self.ports["worker"],
            "alluxio.worker.web.port": self.ports["worker-web"],
            "alluxio.worker.hostname": "127.0.0.1",
            "alluxio.worker.ramdisk.size": "64MB",
            "alluxio.worker.tieredstore.level0.dirs.path": folder / "tier",
            "alluxio.master.worker.connect.wait.time": "1s",
        }
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ALLUXIO_", "PYALLUXIO_"))},
            "ALLUXIO_CONF_DIR": str(self.conf),
            "ALLUXIO_LOGS_DIR": str(folder / "logs"),
            "ALLUXIO_JAVA_OPTS": " ".join(f"-D{key}={value}" for key, value in options.items()),
        }

    def alluxio(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "pyalluxio", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


@pytest.fixture(params=BLOCKS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "alluxio", BLOCKS[request.param])
    yield host
    for role in ("worker", "master"):
        host.alluxio("process", "stop", role)


def test_pasted_block_starts_a_cluster_that_serves(host: Host) -> None:
    """A reader who pastes the guide's lines must not have to know that a properties file has no inline comments."""
    formatted = host.alluxio("init", "format")
    assert formatted.returncode == 0, formatted.stdout + formatted.stderr
    warning = formatted.stdout + formatted.stderr
    assert "alluxio-site.properties" in warning, "the line and the right form are named"
    for role in ("master", "worker"):
        started = host.alluxio("process", "start", role)
        assert started.returncode == 0, started.stdout + started.stderr
    report = host.alluxio("info", "report")
    assert report.returncode == 0, report.stdout + report.stderr
    facts = json.loads(report.stdout[report.stdout.index("{") :])
    assert facts["masterAddress"] == f"127.0.0.1:{host.ports['rpc']}"
    assert facts["raftJournalAddress"] == [f"127.0.0.1:{host.ports['journal']}"]
    assert facts["liveWorkers"] == 1
    test = host.alluxio(
        "exec", "basicIOTest", "--operation", "BASIC", "--readType", "CACHE", "--writeType", "MUST_CACHE"
    )
    assert test.returncode == 0, test.stdout + test.stderr
