"""A whole cluster in one folder of this host, on 127.0.0.1 only: made when new, completed when parts of it are dead.

    DIR/cluster.json    members, their ports and the user's properties (0600: values may be credentials)
    DIR/conf/           what a client needs to find the cluster, Java clients included
    DIR/ufs/            the root under storage
    DIR/run/            process ids and ready files
    DIR/master1/        journal, metastore, logs
    DIR/worker1/        tier, logs

The ports are chosen when the folder is made. Clients remember them, so a restart moves one only when somebody else
holds it by then, or the user asks for another; the journal's port never, since the journal itself remembers it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyalluxio.conf import Configuration, properties_file
from pyalluxio.conf.values import parse_size_bytes
from pyalluxio.errors import ConfigurationError, FailedPrecondition
from pyalluxio.processes import proc, starting
from pyalluxio.processes.local_process import LocalProcess, StartFailed, make_folder
from pyalluxio.processes.proc import Identity
from pyalluxio.processes.starting import Outcome, Port, Tell

HOST = "127.0.0.1"
# What processes on one host do otherwise, unless the user says something else: a first try takes 1 GB of memory at
# most, and there are no further workers that a new master could wait for.
LOCAL_DEFAULTS = {
    "master": {"alluxio.master.worker.connect.wait.time": "1s"},
    "worker": {"alluxio.worker.ramdisk.size": "1GB"},
}
FORMAT_VERSION = 1
PORT_MAX = 65_535
MASTERS_MAX = 7
STANDARD_PORTS = {
    "master": {"rpc": 19998, "web": 19999, "journal": 19200},
    "worker": {"rpc": 29999, "web": 30000},
}

PORT_KEYS = {
    "master": {
        "rpc": "alluxio.master.rpc.port",
        "web": "alluxio.master.web.port",
        "journal": "alluxio.master.embedded.journal.port",
    },
    "worker": {"rpc": "alluxio.worker.rpc.port", "web": "alluxio.worker.web.port"},
}

LOCK = ".lock"
CLUSTER_FILE = "cluster.json"
NEW_SUFFIX = ".new"
# What a starter that was killed in its first moments may leave.
LEFTOVERS = frozenset({LOCK, CLUSTER_FILE + NEW_SUFFIX})


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the cluster and the ports it was given."""

    name: str
    role: str
    ports: dict[str, int]

    def address(self, port: str) -> str:
        return f"{HOST}:{self.ports[port]}"


@dataclass(slots=True)
class LocalCluster:
    """The cluster of one folder. Make it with `open_or_make`, which holds the folder's lock."""

    folder: Path
    members: list[Member]
    overrides: dict[str, str] = field(default_factory=dict)
    # False until its journals were made: then a missing one is a loss, and until then a matter of course.
    formatted: bool = False

    # --- what it consists of

    @property
    def conf(self) -> Path:
        return self.folder / "conf"

    @property
    def ufs(self) -> Path:
        return self.folder / "ufs"

    @property
    def masters(self) -> list[Member]:
        return [member for member in self.members if member.role == "master"]

    @property
    def workers(self) -> list[Member]:
        return [member for member in self.members if member.role == "worker"]

    def properties_of(self, member: Member) -> dict[str, str]:
        """Return all properties `member` is started with; what the user set wins over ours."""
        home = self.folder / member.name
        ports = member.ports
        properties = {
            **self._client_properties(),
            "alluxio.work.dir": str(home),
            "alluxio.logs.dir": str(home / "logs"),
        }
        if member.role == "master":
            properties |= {
                "alluxio.master.bind.host": HOST,
                "alluxio.master.rpc.port": str(ports["rpc"]),
                "alluxio.master.web.bind.host": HOST,
                "alluxio.master.web.port": str(ports["web"]),
                "alluxio.master.embedded.journal.port": str(ports["journal"]),
                "alluxio.master.embedded.journal.addresses": ",".join(
                    master.address("journal") for master in self.masters
                ),
                "alluxio.master.journal.folder": str(home / "journal"),
                "alluxio.master.metastore.dir": str(home / "metastore"),
                "alluxio.master.mount.table.root.ufs": str(self.ufs),
            }
        else:
            properties |= {
                "alluxio.worker.hostname": HOST,
                "alluxio.worker.bind.host": HOST,
                "alluxio.worker.rpc.port": str(ports["rpc"]),
                "alluxio.worker.web.bind.host": HOST,
                "alluxio.worker.web.port": str(ports["web"]),
                "alluxio.worker.tieredstore.level0.dirs.path": str(home / "tier"),
            }
        return properties | LOCAL_DEFAULTS[member.role] | self.overrides

    def environment_of(self) -> dict[str, str]:
        """Return the variables that keep a process of this cluster away from the configuration of the installation."""
        return {"ALLUXIO_CONF_DIR": str(self.conf)}

    def process_of(self, member: Member) -> LocalProcess:
        return LocalProcess(
            member.role,
            member.name,
            run=self.folder / "run",
            logs=self.folder / member.name / "logs",
            overrides=self.properties_of(member),
            environ=self.environment_of(),
            stopping=f"process stop local --dir {self.folder}",
            rpc=member.address("rpc"),
        )

    def _client_properties(self) -> dict[str, str]:
        first = self.masters[0]
        properties = {
            "alluxio.master.hostname": HOST,
            "alluxio.master.rpc.port": str(first.ports["rpc"]),
            "alluxio.master.web.port": str(first.ports["web"]),
        }
        if len(self.masters) > 1:
            # Only then: the official shell refuses a list of one.
            properties["alluxio.master.rpc.addresses"] = ",".join(master.address("rpc") for master in self.masters)
        return properties

    def describe(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        rows: dict[str, list[dict[str, Any]]] = {"masters": [], "workers": []}
        for member in self.members:
            identity = self.process_of(member).running()
            row: dict[str, Any] = {name: member.address(name) for name in member.ports}
            rows[f"{member.role}s"].append({**row, "pid": identity.pid if identity else None})
        return {**rows, "ufs": str(self.ufs), "conf": str(self.conf)}

    # --- what happens to it

    def start(self, started: list[Outcome], timeout_s: float, tell: Tell) -> list[Outcome]:
        """Start what does not run, masters first, and wait until all serve; see `starting.start`."""
        outcomes = []
        for members in (self.masters, self.workers):
            # Several masters find their leader among them: all have to be there before one is waited for.
            at_once = members is not self.workers and len(members) > 1
            begun = [
                starting.start(self.process_of(member), self._ports_of(member), started, 0.0 if at_once else timeout_s)
                for member in members
            ]
            for member, outcome in zip(members, begun, strict=True):
                outcomes.append(starting.finish(outcome, timeout_s) if at_once else outcome)
                if outcome.ran_before:
                    tell(f"{member.name}: already running (pid {outcome.identity.pid}, since {outcome.since()})")
                else:
                    tell(f"{member.name}: started (pid {outcome.identity.pid})")
        return outcomes

    def _ports_of(self, member: Member) -> list[Port]:
        # The journal's port is opened by a quorum of several only.
        return [
            Port(HOST, number, PORT_KEYS[member.role][name])
            for name, number in member.ports.items()
            if name != "journal" or len(self.masters) > 1
        ]

    def move_ports(self, overrides: Mapping[str, str], tell: Tell) -> dict[str, str]:
        """Give members that do not run other ports where theirs are held, or where `overrides` ask for others.

        Returns:  the rest of `overrides`: ports belong to members.
        Raises:   FailedPrecondition: a master would move away from members that run and know no other address.
        """
        asked, rest = split_ports(overrides)
        taken = {number for member in self.members for number in member.ports.values()}
        runs = {member.name: self.process_of(member).running() is not None for member in self.members}
        for member in self.members:
            for name, number in list(member.ports.items()):
                is_asked = member.name == f"{member.role}1" and (member.role, name) in asked
                wanted = asked[member.role, name] if is_asked else number
                if runs[member.name] or name == "journal":
                    if wanted != number:
                        tell(f"{member.name}: port {number} ({name}) stays, it is in use")
                    continue
                if wanted == number and proc.is_free(HOST, number):
                    continue
                why = "is given up" if wanted != number else f"is held by {proc.holder_of(number)}"
                if member.role == "master" and name == "rpc":
                    others = [*self.workers, *self.masters]
                    self._refuse_to_leave([each.name for each in others if runs[each.name]], number, why)
                member.ports[name] = port = _free_port(wanted, taken)
                taken.add(port)
                tell(f"{member.name}: port {number} ({name}) {why}; using {port} from now on")
        return rest

    def lost_ports(self) -> list[int]:
        """Return the ports of members that do not run and that somebody else holds."""
        return [
            port.number
            for member in self.members
            if self.process_of(member).running() is None
            for port in self._ports_of(member)
            if not proc.is_free(port.host, port.number)
        ]

    def choose_ports(self, overrides: Mapping[str, str], tell: Tell) -> None:
        """Give the members of a cluster that never ran other ports; see `make`."""
        self.members = _members(len(self.masters), len(self.workers), overrides, tell)

    def _refuse_to_leave(self, members: list[str], port: int, why: str) -> None:
        if members:
            raise FailedPrecondition(
                f"Port {port} of the master {why}, but {' and '.join(members)} still looks for the master there: "
                f"`process stop local --dir {self.folder}`, then start again."
            )

    def stop(self, *, soft: bool, timeout_s: float) -> list[tuple[str, Identity]]:
        """Stop every process, workers first; return those that ran."""
        stopped = []
        for member in [*self.workers, *self.masters]:
            identity = self.process_of(member).stop(soft=soft, timeout_s=timeout_s)
            if identity is not None:
                stopped.append((member.name, identity))
        return stopped

    def write(self, overrides: Mapping[str, str] | None = None) -> None:
        """Write `cluster.json` and `conf/`; `overrides` are what a failed start may leave behind, by default all."""
        make_folder(self.folder)
        content = {
            "version": FORMAT_VERSION,
            "members": [asdict(member) for member in self.members],
            "overrides": self.overrides if overrides is None else dict(overrides),
            "formatted": self.formatted,
        }
        # First of all: with it, whatever else is missing is made by the next start.
        write_private(self.folder / CLUSTER_FILE, json.dumps(content, indent=2) + "\n")
        for folder in (self.conf, self.ufs, self.folder / "run"):
            make_folder(folder)
        lines = properties_file.write(self._client_properties().items())
        header = f"# Written by `alluxio process start local`: any client finds the cluster of {self.folder} with it.\n"
        (self.conf / "alluxio-site.properties").write_text(header + lines)
        for name in ("masters", "workers"):
            (self.conf / name).write_text(f"{HOST}\n")


def defaults_of(role: str, conf: Configuration) -> dict[str, str]:
    """Return the `LOCAL_DEFAULTS` for an installation's own process: those that nobody set, and no more memory."""
    found = {key: value for key, value in LOCAL_DEFAULTS[role].items() if not conf.is_set_by_user(key)}
    size = "alluxio.worker.ramdisk.size"
    if size in found and conf.size_bytes(size) <= parse_size_bytes(found[size]):
        del found[size]
    return found


def open_existing(folder: Path) -> LocalCluster | None:
    """Return the cluster of `folder`, or None when there is none.

    Raises:  ConfigurationError: its `cluster.json` cannot be read.
    """
    path = folder / CLUSTER_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text())
        members = [Member(**member) for member in content["members"]]
        # Those made before this was noted were formatted, or are not worth a guess.
        return LocalCluster(folder, members, dict(content["overrides"]), bool(content.get("formatted", True)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}): restore it, or start in another folder.") from error


def make(folder: Path, masters: int, workers: int, overrides: Mapping[str, str], tell: Tell) -> LocalCluster:
    """Return a new cluster for `folder`, nothing of it written yet; `tell` hears why a port is not the standard one.

    Raises:  ConfigurationError: a number of processes that cannot be.  FailedPrecondition: the folder is somebody's.
    """
    if not 1 <= masters <= MASTERS_MAX:
        raise ConfigurationError(
            f"--masters {masters}: a local cluster has between 1 and {MASTERS_MAX} masters; 3 survive the loss of one, "
            "5 of two."
        )
    if not 1 <= workers <= 64:
        raise ConfigurationError(f"--workers {workers}: a local cluster has between 1 and 64 workers.")
    if folder.is_dir() and any(child.name not in LEFTOVERS for child in folder.iterdir()):
        raise FailedPrecondition(
            f"{folder} holds other files and no cluster: name a new or an empty folder with --dir."
        )
    _, rest = split_ports(overrides)
    return LocalCluster(folder, _members(masters, workers, overrides, tell), rest)


def _members(masters: int, workers: int, overrides: Mapping[str, str], tell: Tell) -> list[Member]:
    """Return the members of a new cluster, each with its own ports: those that are asked for or usual, else the next.

    Raises:  ConfigurationError: a port that cannot be.
    """
    asked, _ = split_ports(overrides)
    taken: set[int] = set()
    members = []
    for role, count in (("master", masters), ("worker", workers)):
        for number in range(1, count + 1):
            name = f"{role}{number}"
            ports: dict[str, int] = {}
            for port_name, standard in STANDARD_PORTS[role].items():
                wanted = asked.get((role, port_name), standard)
                if port_name == "journal" and wanted == standard:
                    # While there is one master nobody listens there: what moved the RPC port moves this one too, or
                    # all clusters of a host would have the same. Several masters on one host differ by it.
                    wanted = max(standard, standard + ports["rpc"] - STANDARD_PORTS[role]["rpc"])
                ports[port_name] = port = _free_port(wanted, taken)
                taken.add(port)
                if port != wanted and number == 1:
                    tell(f"{name}: port {wanted} ({port_name}) is held by {proc.holder_of(wanted)}; using {port}")
            members.append(Member(name, role, ports))
    return members


def split_ports(overrides: Mapping[str, str]) -> tuple[dict[tuple[str, str], int], dict[str, str]]:
    """Return the ports that properties ask for, by role and name, and the other properties.

    Raises:  ConfigurationError: a port that cannot be.
    """
    asked: dict[tuple[str, str], int] = {}
    rest = dict(overrides)
    for role, keys in PORT_KEYS.items():
        for name, key in keys.items():
            value = rest.pop(key, None)
            if value is None:
                continue
            if not value.isdecimal() or not 1 <= int(value) <= PORT_MAX:
                raise ConfigurationError(f"-D{key}={value} is not valid: write a port between 1 and {PORT_MAX}.")
            asked[role, name] = int(value)
    return asked, rest


def _free_port(standard: int, taken: set[int]) -> int:
    for port in range(standard, PORT_MAX + 1):
        # The standard ports of one role are not given to another name while they are free.
        reserved = port != standard and any(port in ports.values() for ports in STANDARD_PORTS.values())
        try:
            if port not in taken and not reserved and proc.is_free(HOST, port):
                return port
        except PermissionError as error:
            raise StartFailed(f"Port {port} may not be opened by this user: choose one from 1024 on.") from error
    raise StartFailed(f"No port from {standard} on is free on {HOST}.")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Keep two starters of one folder apart, the second one waits; yields whether the folder was made just now."""
    path = folder / LOCK
    while True:
        try:
            is_new = not folder.is_dir()
            make_folder(folder)
            file = path.open("a")
        except PermissionError as error:
            raise _no_place(folder, error) from None
        except StartFailed as error:
            if isinstance(error.__cause__, OSError):
                raise _no_place(folder, error.__cause__) from None
            raise
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # The one we waited for may have been interrupted, and has then removed the folder, this file included.
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield is_new
                return


def _no_place(folder: Path, error: OSError) -> StartFailed:
    return StartFailed(
        f"{folder} cannot be used for a cluster ({error.strerror}): name a folder that this user may write with --dir."
    )


def remove_lock(folder: Path, *, whole: bool) -> None:
    """Undo `locked` for a folder that became no cluster."""
    (folder / LOCK).unlink(missing_ok=True)
    if whole:
        folder.rmdir()


def remove_contents(folder: Path, *, whole: bool) -> None:
    """Undo `write` and what members wrote: used when the making of a new cluster was interrupted."""
    for child in list(folder.iterdir()):
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
    if whole:
        folder.rmdir()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its user may read, as a whole or not at all."""
    temporary = path.with_name(path.name + NEW_SUFFIX)
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
