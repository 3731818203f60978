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
        return min([total_bytes, *_own_cgroup_limits_bytes()])

    @cached_property
    def host_name(self) -> str:
        """The name under which this machine is reached: with its domain if the resolver knows one.

        A name that this machine itself cannot resolve would help nobody; then it is the address, as in 2.9.
        Cost:  one look-up of the own name, usually in /etc/hosts; no look-up of addresses, which may take seconds.
        """
        name = socket.gethostname()
        if not _resolve(name):
            return self.ip_address
        with_domain = _canonical_name(name)
        return with_domain if with_domain.startswith(name + ".") else name

    @cached_property
    def ip_address(self) -> str:
        """The address that others see: the one on the way to the rest of the world, else loopback. Nothing is sent."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("198.51.100.1", 9))  # an address for documentation, which is never local
            except OSError:
                return "127.0.0.1"
            return str(probe.getsockname()[0])

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
        return frozenset({"127.0.0.1", "::1", self.ip_address, *_resolve(socket.gethostname())})

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


def cgroup_limits_bytes(membership: str, root: Path) -> list[int]:
    """Return the memory limits that bind a process: of its control group and of every group around it.

    membership:  the text of /proc/self/cgroup: lines `0::/path` (version 2) or `4:memory:/path` (version 1).
    root:        where control groups are mounted, /sys/fs/cgroup. Inside a container the path may lead nowhere there;
                 the root itself then has the container's limit.
    """
    limits = []
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            limits += _limit_in(folder / name)
            if folder == top:
                break
    return limits


def _limit_in(file: Path) -> list[int]:
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:  # no such group here
        return []
    return [int(text)] if text.isdigit() else []  # version 2 writes `max` for no limit


def _own_cgroup_limits_bytes() -> list[int]:
    try:
        membership = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:  # no control groups on this system
        return []
    return cgroup_limits_bytes(membership, Path("/sys/fs/cgroup"))


def _canonical_name(host: str) -> str:
    try:
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)[0][3]
    except OSError:
        return ""


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
