"""One server process on this host: start it detached, know it again, ask for its health, stop it.

A process is known by two files in its run folder and by what it was started with:

    <run>/<name>.pid      {"pid": 1, "start_ticks": 2}, written by the starter
    <run>/<name>.ready    written by the process itself (pyalluxio.processes.ready)

and, when a crash took the first one, by the path of its ready file in its environment. Its name proves nothing.
Properties reach it through the environment, never through its command line, which every user of the host can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyalluxio.errors import AlluxioError, Unavailable
from pyalluxio.processes import handover, health, proc, ready
from pyalluxio.processes.proc import Identity

FOLDER_MODE = 0o750
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 120.0
KILL_TIMEOUT_S = 10.0
HEALTH_TIMEOUT_S = 5.0
POLL_INTERVAL_S = 0.02
LAST_LINE_BYTES_MAX = 4096


class StartFailed(AlluxioError):
    """A process did not come to serve; the text says why, or where its output is."""


@dataclass(slots=True)
class LocalProcess:
    """A master or a worker of this host, running or not.

    role       "master" or "worker"
    name       of its files; several workers of one folder have several names
    run, logs  folders of its files and of its output
    overrides  properties it is started with
    environ    further environment variables it is started with
    command    what is run; the process of `role` unless a test says otherwise
    stopping   the command that stops it, for people
    rpc        "host:port" at which it is going to answer, where that is known
    """

    role: str
    name: str
    run: Path
    logs: Path
    overrides: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    stopping: str = ""
    rpc: str = ""

    def __post_init__(self) -> None:
        self.stopping = self.stopping or f"process stop {self.role}"

    @property
    def output(self) -> Path:
        """What the process prints, tracebacks included."""
        return self.logs / f"{self.role}.out"

    @property
    def log(self) -> Path:
        return self.logs / f"{self.role}.log"

    @property
    def ready_file(self) -> Path:
        return self.run / f"{self.name}.ready"

    @property
    def _pid_file(self) -> Path:
        return self.run / f"{self.name}.pid"

    def running(self) -> Identity | None:
        """Return the running process, or None."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(self._pid_file.read_text())
            identity = Identity(int(known["pid"]), int(known["start_ticks"]))
            if identity.is_alive():
                return identity
        # A process's own children inherit its environment and are younger: the eldest is the process.
        found = proc.with_variable(ready.READY_FILE_VARIABLE, str(self.ready_file))
        return found[0] if found else None

    def facts(self, identity: Identity) -> dict[str, Any] | None:
        """Return what the running process announced (`rpc`, `web`, `journal`, or `error`); None before it did."""
        content = ready.read(self.ready_file)
        if content and (content.get("pid"), content.get("start_ticks")) == (identity.pid, identity.start_ticks):
            return content
        return None

    def why_unhealthy(self, identity: Identity, timeout_s: float = HEALTH_TIMEOUT_S) -> str | None:
        """Return None when the running process serves, else the reason in a few words."""
        facts = self.facts(identity)
        if facts is None:
            # Its own file may be gone; what it listens on cannot be.
            if self.rpc and proc.listens(identity.pid, int(self.rpc.rpartition(":")[2])):
                return health.why_unhealthy(self.role, self.rpc, timeout_s)
            return f"it has not come to serve yet (see {self.output})"
        if "error" in facts:
            return str(facts["error"])
        return health.why_unhealthy(self.role, str(facts["rpc"]), timeout_s)

    def start(self) -> Identity:
        """Start the process detached from this terminal and return at once; `wait_until_ready` comes next."""
        for folder in (self.run, self.logs):
            make_folder(folder)
        self.ready_file.unlink(missing_ok=True)
        environ = {**os.environ, **self.environ, **handover.environment_of(self.overrides)}
        environ[ready.READY_FILE_VARIABLE] = str(self.ready_file)
        with self.output.open("ab") as output:
            started = subprocess.Popen(
                self.command or [sys.executable, "-P", "-m", "pyalluxio", "process", "run", self.role],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environ,
                cwd=self.run,
                # Its own session: Ctrl-C in the terminal and the end of the terminal are not for it.
                start_new_session=True,
            )
        ticks = proc.start_ticks(started.pid)
        if ticks is None:
            started.wait(KILL_TIMEOUT_S)
            raise StartFailed(self._why_ended(started.returncode))
        identity = Identity(started.pid, ticks)
        self.record(identity)
        # The starter ends before the process does; without this, Popen's destructor would warn about that.
        started.returncode = 0
        return identity

    def record(self, identity: Identity) -> None:
        """Remember which process this is."""
        make_folder(self.run)
        temporary = self._pid_file.with_suffix(".pid.new")
        temporary.write_text(json.dumps({"pid": identity.pid, "start_ticks": identity.start_ticks}))
        temporary.replace(self._pid_file)

    def wait_until_ready(self, identity: Identity, timeout_s: float = START_TIMEOUT_S) -> dict[str, Any]:
        """Wait until the process serves; return what it announced.

        Raises:  StartFailed: it ended, or did not come to serve in time (it is left running then).
        """
        deadline = time.monotonic() + timeout_s
        while True:
            facts = self.facts(identity)
            if facts is not None and "error" not in facts:
                return facts
            if identity.wait(POLL_INTERVAL_S):
                # It may have written its reason between the two looks.
                facts = self.facts(identity)
                raise StartFailed(str(facts["error"]) if facts and "error" in facts else self._why_ended(None))
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"The {self.name} process (pid {identity.pid}) does not serve after {timeout_s:.0f} s; it is left "
                    f"running. The last line of its log {self.log}: {last_line(self.log) or 'none'}"
                )

    def _why_ended(self, code: int | None) -> str:
        line = last_line(self.output)
        last = f": {line}" if line else ""
        ended = "ended" if code is None else f"ended with exit code {code}"
        return f"The {self.name} process {ended}{last} (its output is in {self.output})."

    def stop(self, *, soft: bool = False, timeout_s: float = STOP_TIMEOUT_S) -> Identity | None:
        """Stop the process: a friendly signal first, the firm one after `timeout_s`; return it, None if none ran.

        Raises:  Unavailable: it still runs; with `soft` the firm signal is never sent.
        """
        identity = self.running()
        if identity is None:
            self._forget()
            return None
        identity.signal(signal.SIGTERM)
        if not identity.wait(timeout_s):
            if soft:
                raise Unavailable(
                    f"The {self.name} process (pid {identity.pid}) did not end within {timeout_s:.0f} seconds; "
                    "without --soft it would be killed now."
                )
            identity.signal(signal.SIGKILL)
            if not identity.wait(KILL_TIMEOUT_S):
                raise Unavailable(
                    f"The {self.name} process (pid {identity.pid}) does not end although it was killed: "
                    "the kernel waits for a device, see `dmesg`."
                )
        self._forget()
        return identity

    def _forget(self) -> None:
        for path in (self._pid_file, self.ready_file):
            path.unlink(missing_ok=True)


def last_line(path: Path) -> str:
    """Return the last line of a text file that is not empty; nothing when there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LAST_LINE_BYTES_MAX))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1] if lines else ""


def make_folder(path: Path) -> None:
    """Make a folder that only its user may write and only its group may read; an existing one is left as it is."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent)
    try:
        path.mkdir(exist_ok=True)
        path.chmod(FOLDER_MODE)
    except FileExistsError:
        raise StartFailed(f"{path} is a file and not a folder: remove it, or choose another folder.") from None
    except OSError as error:
        raise StartFailed(
            f"Cannot make the folder {path} ({error.strerror}): give {path.parent} to this user, or choose another one."
        ) from error
