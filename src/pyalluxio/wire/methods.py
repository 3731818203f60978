"""Every RPC of every service, looked up by name and imported only when asked for.

A service's messages live in one generated module, and importing one costs milliseconds; a command such as `fs ls` must
not pay for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pyalluxio.errors import InvariantViolated

SERVICES: dict[str, str] = {
    "alluxio.grpc.sasl.SaslAuthenticationService": "sasl",
    "alluxio.grpc.version.ServiceVersionClientService": "version",
    "alluxio.grpc.file.FileSystemMasterClientService": "file_system_master",
    "alluxio.grpc.file.FileSystemMasterWorkerService": "file_system_master",
    "alluxio.grpc.file.FileSystemMasterJobService": "file_system_master",
    "alluxio.grpc.block.BlockMasterClientService": "block_master",
    "alluxio.grpc.block.BlockMasterWorkerService": "block_master",
    "alluxio.grpc.block.BlockWorker": "block_worker",
    "alluxio.grpc.meta.MetaMasterClientService": "meta_master",
    "alluxio.grpc.meta.MetaMasterConfigurationService": "meta_master",
    "alluxio.grpc.meta.MetaMasterMasterService": "meta_master",
    "alluxio.grpc.meta.MetaMasterProxyService": "meta_master",
    "alluxio.grpc.meta.RaftJournalService": "raft_journal",
    "alluxio.grpc.metric.MetricsMasterClientService": "metric_master",
    "alluxio.grpc.journal.JournalMasterClientService": "journal_master",
    "alluxio.grpc.messaging.MessagingService": "messaging_transport",
    "alluxio.grpc.job.JobMasterClientService": "job_master",
    "alluxio.grpc.job.JobMasterWorkerService": "job_master",
    "alluxio.grpc.job.JobMasterMasterService": "job_master",
    "alluxio.grpc.table.TableMasterClientService": "table_master",
    "ratis.grpc.RaftClientProtocolService": "ratis_grpc",
    "ratis.grpc.RaftServerProtocolService": "ratis_grpc",
    "ratis.grpc.AdminProtocolService": "ratis_grpc",
}


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC: its path on the wire, its message classes, which sides stream."""

    service: str
    name: str
    path: str
    snake_name: str
    request_class: Any
    response_class: Any
    client_streaming: bool
    server_streaming: bool


@cache
def method(service: str, name: str) -> Method:
    """Return one RPC by the service's full name and the RPC's name on the wire."""
    found = _service(service).methods_by_name.get(name)
    if found is None:
        raise InvariantViolated(f"Service {service} has no RPC {name}.")
    return _method(found)


def methods_of(service: str) -> Iterator[Method]:
    """Yield every RPC of a service, in the order of its definition."""
    for descriptor in _service(service).methods:
        yield _method(descriptor)


def _service(service: str) -> Any:
    module_name = SERVICES.get(service)
    if module_name is None:
        raise InvariantViolated(f"There is no service {service}.")
    module = import_module(f"pyalluxio.wire.gen.{module_name}_pb2")
    return module.DESCRIPTOR.services_by_name[service.rpartition(".")[2]]


def _method(descriptor: Any) -> Method:
    from google.protobuf.message_factory import GetMessageClass

    service = descriptor.containing_service.full_name
    return Method(
        service=service,
        name=descriptor.name,
        path=f"/{service}/{descriptor.name}",
        snake_name=re.sub(r"(?<!^)(?=[A-Z])", "_", descriptor.name).lower(),
        request_class=GetMessageClass(descriptor.input_type),
        response_class=GetMessageClass(descriptor.output_type),
        client_streaming=descriptor.client_streaming,
        server_streaming=descriptor.server_streaming,
    )
