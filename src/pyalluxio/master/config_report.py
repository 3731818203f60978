"""Which properties differ between the servers of a cluster and should not: the configuration half of `doctor`.

A property is compared when somebody has set it on at least one server. Defaults alone may differ between this product
and an official worker, or between two machines, and nobody can be asked to repair that. The folders that each process
is started with are its own business, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyalluxio.conf import TABLE, Configuration
from pyalluxio.wire.gen import meta_master_pb2 as pb

NO_VALUE = "no value set"
_SET_BY_NOBODY = frozenset({"", "DEFAULT", "CLUSTER_DEFAULT"})
_OWN_FOLDERS = frozenset(
    {
        "alluxio.home",
        "alluxio.conf.dir",
        "alluxio.site.conf.dir",
        "alluxio.logs.dir",
        "alluxio.user.logs.dir",
    }
)


@dataclass(frozen=True, slots=True)
class ServerConfiguration:
    """What one server, named host:port, has said of its configuration: ((property, source, value), …)."""

    name: str
    properties: Iterable[tuple[str, str, str]]


def of_master(name: str, conf: Configuration) -> ServerConfiguration:
    """Return a master's own configuration in the form in which workers report theirs."""
    entries = conf.as_properties("MASTER")
    return ServerConfiguration(name, [(entry.name, entry.source, entry.value or "") for entry in entries])


def config_report(servers: Iterable[ServerConfiguration]) -> pb.ConfigCheckReport:
    """Return the differing properties, those that must be equal as errors and those that should be as warnings."""
    values: dict[str, dict[str, list[str]]] = {}
    set_by_somebody: set[str] = set()
    for server in servers:
        for name, source, value in server.properties:
            prop = TABLE.find(name)
            if prop is None or prop.consistency == "IGNORE" or prop.is_credential or name in _OWN_FOLDERS:
                continue
            values.setdefault(name, {}).setdefault(value or NO_VALUE, []).append(server.name)
            if source not in _SET_BY_NOBODY:
                set_by_somebody.add(name)
    errors: dict[str, list[pb.InconsistentProperty]] = {}
    warns: dict[str, list[pb.InconsistentProperty]] = {}
    for name in sorted(set_by_somebody):
        if len(values[name]) > 1:
            prop = TABLE.find(name)
            assert prop is not None, f"{name} was known a moment ago"
            chosen = errors if prop.consistency == "ENFORCE" else warns
            chosen.setdefault(prop.scope, []).append(_inconsistent(name, values[name]))
    status = pb.ConfigStatus.FAILED if errors else pb.ConfigStatus.WARN if warns else pb.ConfigStatus.PASSED
    return pb.ConfigCheckReport(errors=_by_scope(errors), warns=_by_scope(warns), status=status)


def _inconsistent(name: str, values: Mapping[str, list[str]]) -> pb.InconsistentProperty:
    return pb.InconsistentProperty(
        name=name,
        values={value: pb.InconsistentPropertyValues(values=servers) for value, servers in values.items()},
    )


def _by_scope(found: Mapping[str, list[pb.InconsistentProperty]]) -> dict[str, pb.InconsistentProperties]:
    return {scope: pb.InconsistentProperties(properties=properties) for scope, properties in found.items()}
