"""A server process for tests: real, detached, and told by its environment how to behave."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyalluxio.processes import health
from pyalluxio.processes.local_process import LocalProcess

# Announces itself as the real ones do; stops at SIGTERM unless it is stubborn.
SERVER = """
import os, signal, socket, sys
from pyalluxio.processes import ready
behaviour = os.environ.get("TEST_BEHAVIOUR", "")
print("this is the output", flush=True)
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour == "fails":
    ready.failed("The journal folder /j is not formatted. Run `alluxio init format`.")
    sys.exit(1)
if behaviour == "breaks":
    sys.exit("no module named luck")
if behaviour == "slow":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    open(os.environ["PYALLUXIO_READY_FILE"] + ".begun", "w").close()
    signal.sigwait([signal.SIGUSR1])
web = None
if behaviour == "listens":
    server = socket.create_server(("127.0.0.1", 0))
    web = "127.0.0.1:%d" % server.getsockname()[1]
if behaviour != "silent":
    ready.announce(rpc="127.0.0.1:1", web=web, journal="/j")
signal.pause()
"""

MakeProcess = Callable[..., LocalProcess]


@pytest.fixture
def make_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeProcess]:
    """Return a function that makes processes of one folder; all of them are killed at the end of the test."""
    monkeypatch.setattr(health, "why_unhealthy", lambda role, address, timeout_s: None)
    made: list[LocalProcess] = []

    def make(behaviour: str = "", name: str = "master", **overrides: str) -> LocalProcess:
        process = LocalProcess(
            "master",
            name,
            run=tmp_path / "run",
            logs=tmp_path / "logs",
            overrides=overrides,
            environ={"TEST_BEHAVIOUR": behaviour},
            command=[sys.executable, "-P", "-c", SERVER],
        )
        made.append(process)
        return process

    yield make
    for process in made:
        identity = process.running()
        if identity is not None:
            identity.signal(signal.SIGKILL)
            assert identity.wait(10)
