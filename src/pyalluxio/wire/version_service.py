"""`ServiceVersionClientService`: which services a port has, and whether it is the leading master's."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pyalluxio.errors import ServiceNotFound, Unavailable
from pyalluxio.wire.gen import version_pb2
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.version.ServiceVersionClientService"

# Source: protocol of 2.9.6; the versions are constants of the services, not of the program.
VERSIONS: dict[str, int] = {
    "FILE_SYSTEM_MASTER_CLIENT_SERVICE": 2,
    "FILE_SYSTEM_MASTER_WORKER_SERVICE": 2,
    "FILE_SYSTEM_MASTER_JOB_SERVICE": 2,
    "BLOCK_MASTER_CLIENT_SERVICE": 2,
    "BLOCK_MASTER_WORKER_SERVICE": 2,
    "META_MASTER_CONFIG_SERVICE": 2,
    "META_MASTER_CLIENT_SERVICE": 2,
    "METRICS_MASTER_CLIENT_SERVICE": 2,
    "META_MASTER_MASTER_SERVICE": 1,
    "META_MASTER_PROXY_SERVICE": 1,
    "JOB_MASTER_CLIENT_SERVICE": 1,
    "JOB_MASTER_WORKER_SERVICE": 1,
    "JOB_MASTER_MASTER_SERVICE": 1,
    "JOURNAL_MASTER_CLIENT_SERVICE": 1,
    "TABLE_MASTER_CLIENT_SERVICE": 1,
    "RAFT_JOURNAL_SERVICE": 1,
    "BLOCK_WORKER_CLIENT_SERVICE": 1,
}
UNVERSIONED = -1


class ServiceVersionService:
    """Answer service versions; `served` names service types, `is_leading` says whether this port serves clients now."""

    def __init__(self, served: Collection[str], is_leading: Callable[[], bool] = lambda: True) -> None:
        self._served = frozenset(served)
        self._is_leading = is_leading

    def get_service_version(self, request: Any, call: Call) -> Any:
        if not self._is_leading() and not request.allowedOnStandbyMasters:
            raise Unavailable("GetServiceVersion is not supported on a standby master; ask the leading master.")
        name = version_pb2.ServiceType.Name(request.serviceType)
        if name == "UNKNOWN_SERVICE" or name == "META_MASTER_BACKUP_MESSAGING_SERVICE":
            return version_pb2.GetServiceVersionPResponse(version=UNVERSIONED)
        if name not in self._served:
            raise ServiceNotFound(f"Service {name} is not found.")
        return version_pb2.GetServiceVersionPResponse(version=VERSIONS[name])
