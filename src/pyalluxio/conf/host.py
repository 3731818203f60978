"""What only the machine knows: names, processors, memory, folders. The one file of `conf` that looks outside.

Everything is probed when it is asked for, and once. A test states the facts instead: `Machine(cpus=4, host_name="m1")`.
"""

from __future__ import annotations

import os
import socket
from functools import cached_property
from pathlib import Path

# A memory file system smaller than this (containers often get 64 MB) cannot hold the few 64 MB blocks of one open
# file, so a folder on disk serves better. The total is compared, not what is free: the choice must survive a restart.
_MEMORY_FOLDER_SIZE_MIN_BYTES = 512 << 20

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class Machine:
    """The facts of this machine; any of them may be given by name."""

    def __init__(self, **facts: object) -> None:
        for name in facts:
            assert isinstance(getattr(type(self), name, None), cached_property), f"Machine has no fact {name!r}"
        self.__dict__.update(facts)

    @cached_property
    def cpus(self) -> int:
        """Processors that this process may use."""
        return len(os.sched_getaffinity(0))

    @cached_property
    def memory_bytes(self) -> int:
        """Memory that this process may use: the machine's, or less under a control group."""
        total_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return min([total_bytes, *_cgroup_limits_bytes()])

    @cached_property
    def host_name(self) -> str:
        """The name under which peers probably reach this machine: the full one if it resolves, else the short one."""
        return socket.getfqdn() if "." in socket.getfqdn() else socket.gethostname()

    @cached_property
    def user_name(self) -> str:
        import pwd

        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:  # containers run under ids without a name
            return str(os.geteuid())

    @cached_property
    def user_id(self) -> int:
        return os.geteuid()

    @cached_property
    def user_home(self) -> str:
        return str(Path("~").expanduser())

    @cached_property
    def working_folder(self) -> str:
        return str(Path.cwd())

    @cached_property
    def install_root(self) -> str | None:
        """The clone or unpacked archive that this program runs from; None when pip installed it."""
        root = Path(__file__).resolve().parents[3]
        return str(root) if (root / "bin" / "alluxio").is_file() else None

    @cached_property
    def local_addresses(self) -> frozenset[str]:
        """The IP addresses that the machine's own name resolves to, and loopback."""
        return frozenset({"127.0.0.1", "::1", *_resolve(self.host_name), *_resolve(socket.gethostname())})

    def is_local(self, host: str) -> bool:
        """Tell whether a host name or address is this machine, by asking the resolver and then the kernel."""
        return any(address in self.local_addresses or _is_bindable(address) for address in _resolve(host))

    def same_host(self, one: str, other: str) -> bool:
        """Tell whether two names are one address."""
        return one.lower() == other.lower() or not _resolve(one).isdisjoint(_resolve(other))

    @cached_property
    def memory_folder(self) -> str | None:
        """A folder of memory that can hold blocks: a prepared /mnt/ramdisk, else one of ours in /dev/shm; or None."""
        for folder, writable in (("/mnt/ramdisk", "/mnt/ramdisk"), (f"/dev/shm/alluxio-{self.user_id}", "/dev/shm")):
            if os.access(writable, os.W_OK | os.X_OK) and _total_bytes(Path(writable)) >= _MEMORY_FOLDER_SIZE_MIN_BYTES:
                return folder
        return None

    @cached_property
    def room_for_all_bytes(self) -> int | None:
        """The room of every folder, where a test states one; None: `room_bytes` asks the file system."""
        return None

    def room_bytes(self, folder: str) -> int:
        """Bytes that a folder can take, those that it holds already included, so that a restart finds the same room."""
        if self.room_for_all_bytes is not None:
            return self.room_for_all_bytes
        existing = _existing_parent(folder)
        figures = os.statvfs(existing)
        held_bytes = _held_bytes(Path(folder)) if str(existing) == str(Path(folder)) else 0
        return figures.f_bavail * figures.f_frsize + held_bytes


def _cgroup_limits_bytes() -> list[int]:
    limits = []
    for file in _CGROUP_LIMITS:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():  # version 2 writes `max` for no limit
            limits.append(int(text))
    return limits


def _resolve(host: str) -> frozenset[str]:
    try:
        return frozenset(str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except OSError:
        return frozenset()


def _is_bindable(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True


def _existing_parent(folder: str) -> Path:
    path = Path(folder)
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _total_bytes(path: Path) -> int:
    figures = os.statvfs(path)
    return figures.f_blocks * figures.f_frsize


def _held_bytes(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:  # removed meanwhile
                continue
    return total
