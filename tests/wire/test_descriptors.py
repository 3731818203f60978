"""Our message definitions against the reference descriptor sets of Alluxio 2.9.6 and Ratis 2.4.1."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from pyalluxio.wire import gen
from pyalluxio.wire.methods import SERVICES, methods_of

DATA = Path(__file__).parent / "data"
# Ratis ships the messages of its examples and its Netty transport in the same jar; nobody speaks those to a master.
NOT_SPOKEN = {"Examples.proto", "Experiments.proto", "Netty.proto", "RMap.proto"}

# What our messages have beyond the reference: absent from official peers, and ignored by them.
ADDED_FROM = 10000
ADDITIONS = {
    "ratis.common.RequestVoteRequestProto": {"transferTerm": 10001},
    "ratis.common.AppendEntriesRequestProto": {"admitsRecovery": 10001},
    "ratis.common.AppendEntriesReplyProto": {"promiseMs": 10001, "recovery": 10002},
    "ratis.common.InstallSnapshotReplyProto": {"recovery": 10001},
    "alluxio.grpc.block.RegisterWorkerPRequest": {"reportSession": 10001, "reportNumber": 10002},
    "alluxio.grpc.block.BlockHeartbeatPRequest": {
        "reportSession": 10001,
        "reportNumber": 10002,
        "acknowledgedReport": 10003,
        "digestTiers": 10004,
        "blockCounts": 10005,
        "blockMarks": 10006,
    },
    "alluxio.grpc.journal.GetQuorumInfoPOptions": {"anyMember": 10001},
    "alluxio.grpc.journal.GetQuorumInfoPResponse": {
        "term": 10001,
        "answeredBy": 10002,
        "isServing": 10003,
        "noLeaderReason": 10004,
        "leaderSinceMs": 10005,
        "lastIndex": 10006,
    },
    "alluxio.grpc.journal.QuorumServerInfo": {
        "matchIndex": 10001,
        "lagEntries": 10002,
        "lastContactMs": 10003,
        "votes": 10004,
        "isRecovering": 10005,
    },
    "alluxio.grpc.meta.LatestSnapshotInfoPRequest": {"format": 10001, "takeUpTo": 10002},
    "alluxio.grpc.meta.SnapshotMetadata": {
        "format": 10001,
        "sizeBytes": 10002,
        "appliedIndex": 10003,
        "leads": 10004,
        "isBeingTaken": 10005,
        "offset": 10006,
    },
    "alluxio.grpc.meta.SnapshotData": {"description": 10001, "crc32c": 10002},
    "alluxio.grpc.block.BlockHeartbeatPResponse": {"acknowledgedReport": 10001, "leads": 10002, "term": 10003},
}


def reference_files() -> list[descriptor_pb2.FileDescriptorProto]:
    files = []
    for name in ("alluxio-2.9.6.binpb", "ratis-2.4.1.binpb"):
        descriptors = descriptor_pb2.FileDescriptorSet.FromString((DATA / name).read_bytes())
        files += [file for file in descriptors.file if file.name not in NOT_SPOKEN]
    return files


def our_definitions() -> dict[str, object]:
    """Map full names of messages, enums and services to their descriptors, without file names and Java options."""
    found: dict[str, object] = {}
    for path in sorted(Path(gen.__file__).parent.glob("*_pb2.py")):
        module = import_module(f"pyalluxio.wire.gen.{path.stem}")
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        found.update(definitions(file))
    return found


def definitions(file: descriptor_pb2.FileDescriptorProto) -> dict[str, object]:
    syntax = file.syntax or "proto2"
    found: dict[str, object] = {}
    for item in [*file.message_type, *file.enum_type, *file.service]:
        normalized = type(item)()
        normalized.CopyFrom(item)
        if isinstance(normalized, descriptor_pb2.DescriptorProto):
            strip_json_names(normalized)
        if isinstance(normalized, descriptor_pb2.ServiceDescriptorProto):
            for method in normalized.method:
                if not method.options.ListFields():  # "options {}" and no options mean the same
                    method.ClearField("options")
        found[f"{syntax} {file.package}.{item.name}"] = normalized
    return found


def strip_json_names(message: descriptor_pb2.DescriptorProto) -> None:
    """Compilers fill `json_name` in some outputs only; it never travels."""
    for field in [*message.field, *message.extension]:
        field.ClearField("json_name")
    for nested in message.nested_type:
        strip_json_names(nested)


def take_additions(name: str, item: object) -> dict[str, int]:
    """Remove the fields that only we have from a definition; return their names and numbers."""
    if not isinstance(item, descriptor_pb2.DescriptorProto):
        return {}
    added = [field for field in item.field if field.number >= ADDED_FROM]
    for field in added:
        if field.proto3_optional:  # the compiler wraps such a field into a union of its own, the last one
            assert field.oneof_index == len(item.oneof_decl) - 1
            del item.oneof_decl[field.oneof_index]
        item.field.remove(field)
    return {field.name: field.number for field in added}


OURS = our_definitions()
FOUND_ADDITIONS = {
    name.rpartition(" ")[2]: added for name, item in OURS.items() if (added := take_additions(name, item))
}
REFERENCE = {name: item for file in reference_files() for name, item in definitions(file).items()}


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_definition_equals_the_reference(name: str) -> None:
    """One wrong number or default, and an official peer reads something else than was meant."""
    assert name in OURS
    assert OURS[name] == REFERENCE[name]


def test_nothing_is_defined_that_the_reference_lacks() -> None:
    assert set(OURS) == set(REFERENCE)


def test_additions_are_the_agreed_ones() -> None:
    """An addition that nobody wrote down could take a number that an official release uses one day."""
    assert FOUND_ADDITIONS == ADDITIONS


def test_every_service_is_in_the_table() -> None:
    """A service missing from the table could be neither served nor called."""
    services = {f"{file.package}.{service.name}" for file in reference_files() for service in file.service}
    assert set(SERVICES) == services
    for service in services:
        assert list(methods_of(service))
