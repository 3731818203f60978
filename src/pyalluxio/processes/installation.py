"""The master and the worker that this installation's `conf/` describes, as processes of this host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pyalluxio.conf import is_secret
from pyalluxio.errors import ConfigurationError
from pyalluxio.processes.local_process import LocalProcess
from pyalluxio.processes.starting import Port

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

# What each role listens on: bind address, port. The journal's port is opened by a quorum of several only.
LISTENS = {
    "master": [
        ("alluxio.master.bind.host", "alluxio.master.rpc.port"),
        ("alluxio.master.web.bind.host", "alluxio.master.web.port"),
    ],
    "worker": [
        ("alluxio.worker.bind.host", "alluxio.worker.rpc.port"),
        ("alluxio.worker.web.bind.host", "alluxio.worker.web.port"),
    ],
}
ROLES = tuple(LISTENS)
EVERYWHERE = frozenset({"0.0.0.0", "::"})


def process_of(role: str, conf: Configuration, overrides: Mapping[str, str]) -> LocalProcess:
    """Return this installation's master or worker, running or not. ConfigurationError: see `require_home`."""
    require_home(conf)
    return LocalProcess(
        role,
        role,
        run=Path(conf.text("alluxio.work.dir")) / "run",
        logs=Path(conf.text("alluxio.logs.dir")),
        overrides=dict(overrides),
        rpc=_rpc_of(role, conf),
    )


def _rpc_of(role: str, conf: Configuration) -> str:
    (bind_host, port), *_ = LISTENS[role]
    host = conf.text(bind_host)
    return f"{'127.0.0.1' if host in EVERYWHERE else host}:{conf.integer(port)}"


def require_home(conf: Configuration) -> None:
    """Raise ConfigurationError when nobody has said where journal, metadata and logs of this host belong.

    A clone has its own folder. For a program that pip installed, the default is a folder that nobody asked for.
    """
    if not any(map(conf.is_set_by_user, ("alluxio.home", "alluxio.work.dir"))):
        raise ConfigurationError(
            "It is not said where journal, metadata and logs belong: set ALLUXIO_HOME, or alluxio.work.dir, to a "
            "folder of this host, or start a whole cluster in a folder with `process start local --dir DIR`."
        )


def ports_of(role: str, conf: Configuration) -> list[Port]:
    """Return the ports that a process of `role` will listen on."""
    return [Port(conf.text(host), conf.integer(port), port) for host, port in LISTENS[role]]


def secrets_of(conf: Configuration) -> set[str]:
    """Return the credentials among the values that somebody set, for masking in logs."""
    values = (conf.text_or_none(name) for name in conf.settings() if is_secret(name))
    return {value for value in values if value}
