"""What Linux tells about processes and ports: `/proc`, and an attempt to bind.

Nothing here goes by a process's name: names repeat, and a process id is used again. Process id and start time (in clock
ticks since boot) together are an identity.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"


@dataclass(frozen=True, slots=True)
class Identity:
    """One process for as long as the host runs."""

    pid: int
    start_ticks: int

    def is_alive(self) -> bool:
        """Return whether this very process still runs; one that ended and waits for its parent does not."""
        return start_ticks(self.pid) == self.start_ticks

    def since_ms(self) -> int:
        """Return when it started, in milliseconds since the epoch."""
        return int((_boot_time_s() + self.start_ticks / os.sysconf("SC_CLK_TCK")) * 1000)

    def age_s(self) -> float:
        """Return for how long it has been running."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.start_ticks / os.sysconf("SC_CLK_TCK")

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to this very process; return False when it has ended."""
        with self._descriptor() as descriptor:
            if descriptor is None:
                return False
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
                return True
            return False

    def wait(self, timeout_s: float) -> bool:
        """Return whether it has ended; waits that long for it."""
        with self._descriptor() as descriptor:
            if descriptor is None:
                return True
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(max(0, timeout_s) * 1000))

    @contextlib.contextmanager
    def _descriptor(self) -> Iterator[int | None]:
        # The descriptor stays with the process even when its id is used again; so the check comes after the opening.
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield descriptor if self.is_alive() else None
        finally:
            os.close(descriptor)


def start_ticks(pid: int) -> int | None:
    """Return when process `pid` started, in clock ticks since boot; None when it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything, blanks and parentheses too; the fields begin after the last one.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def current() -> Identity:
    """Return the identity of this process."""
    ticks = start_ticks(os.getpid())
    assert ticks is not None, "a process that asks is alive"
    return Identity(os.getpid(), ticks)


def _boot_time_s() -> int:
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith("btime "):
            return int(line.split()[1])
    raise OSError("/proc/stat has no boot time")


def name_of(pid: int) -> str:
    """Return a short name of a process for people, such as `java` or `python3.11`."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "unknown"


def with_variable(name: str, value: str) -> list[Identity]:
    """Return the processes of this user that were started with the environment variable `name` = `value`."""
    wanted = f"{name}={value}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if folder.stat().st_uid != os.geteuid() or wanted not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            ticks = start_ticks(int(folder.name))
            if ticks is not None:
                found.append(Identity(int(folder.name), ticks))
    return sorted(found, key=lambda identity: identity.start_ticks)


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Two sockets may be bound to one port with SO_REUSEADDR; only one of them may listen.
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def holder_of(port: int) -> str:
    """Return who listens on `port`, for a sentence: `process 1234 (java)`."""
    sockets = _listening(port)
    for folder in Path("/proc").iterdir():
        if sockets and folder.name.isdigit() and _holds(int(folder.name), sockets):
            return f"process {folder.name} ({name_of(int(folder.name))})"
    return "a process of another user" if sockets else "another program"


def listens(pid: int, port: int) -> bool:
    """Return whether a process of this user listens on `port`."""
    return _holds(pid, _listening(port))


def _listening(port: int) -> set[str]:
    """Return the sockets that listen on `port`, as links in the folder of a process name them."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{fields[9]}]")
    return sockets


def _holds(pid: int, sockets: set[str]) -> bool:
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) in sockets:
                    return True
    return False
