"""Requests hold everything the master reads: an option left out means 0 there, not the client's default."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.client import acl, options
from pyalluxio.client.file_info import AclEntry
from pyalluxio.conf import Configuration
from pyalluxio.errors import InvalidArgument
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as pb

DEFAULTS = options.Defaults()


def test_a_file_created_without_wishes_has_the_defaults_of_2_9() -> None:
    """An unset TTL would delete the file at once, an unset block size is an error."""
    found = options.create_file(DEFAULTS, write_type="ASYNC_THROUGH")
    assert (found.blockSizeBytes, found.writeType, found.recursive) == (64 << 20, pb.ASYNC_THROUGH, False)
    assert (found.replicationDurable, found.replicationMin, found.replicationMax) == (1, 0, -1)
    assert (found.mode.ownerBits, found.mode.groupBits, found.mode.otherBits) == (
        common_pb2.READ_WRITE,
        common_pb2.READ,
        common_pb2.READ,
    )
    assert (found.commonOptions.ttl, found.commonOptions.ttlAction) == (-1, common_pb2.FREE)
    assert found.commonOptions.HasField("operationId")
    assert not found.HasField("overwrite")
    assert not found.commonOptions.HasField("syncIntervalMs")


@pytest.mark.parametrize(
    ("mode", "bits"),
    [
        (0o000, ("NONE", "NONE", "NONE")),
        (0o755, ("ALL", "READ_EXECUTE", "READ_EXECUTE")),
        (0o123, ("EXECUTE", "WRITE", "WRITE_EXECUTE")),
    ],
)
def test_modes_travel_as_the_words_of_the_wire(mode: int, bits: tuple[str, ...]) -> None:
    """Bits on the wire are counted from 1: off by one gives everybody other rights."""
    found = options.pmode(mode)
    assert tuple(common_pb2.Bits.Name(one) for one in (found.ownerBits, found.groupBits, found.otherBits)) == bits


def test_set_attribute_leaves_alone_what_is_not_asked_for() -> None:
    """A chmod that also wrote a TTL would let the file expire."""
    found = options.set_attribute(DEFAULTS, mode=0o600)
    assert not found.commonOptions.HasField("ttl")
    assert not found.HasField("owner")
    assert not found.HasField("pinned")
    found = options.set_attribute(DEFAULTS, ttl_ms=5, ttl_action="delete")
    assert (found.commonOptions.ttl, found.commonOptions.ttlAction) == (5, common_pb2.DELETE)


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        (options.delete(DEFAULTS), {"recursive": False, "alluxioOnly": False, "unchecked": False}),
        (options.rename(DEFAULTS), {"persist": False}),
        (options.create_directory(DEFAULTS), {"allowExists": False, "recursive": False, "writeType": pb.ASYNC_THROUGH}),
        (options.free(DEFAULTS), {"recursive": False, "forced": False}),
        (options.mount(DEFAULTS), {"readOnly": False, "shared": False}),
        (options.get_status(DEFAULTS), {"loadMetadataType": pb.ONCE}),
        (options.get_status(DEFAULTS, for_reading=True), {"accessMode": common_pb2.READ, "updateTimestamps": True}),
        (options.list_status(DEFAULTS), {"loadMetadataType": pb.ONCE, "loadMetadataOnly": False, "recursive": False}),
        (options.complete_file(DEFAULTS, ufs_length=7), {"ufsLength": 7}),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, dict) else "",
)
def test_every_call_fills_in_what_the_master_reads(made: object, fields: dict[str, object]) -> None:
    """The master fills in nothing: what is absent is 0, false or NEVER there."""
    for name, value in fields.items():
        assert made.HasField(name), name  # type: ignore[attr-defined]
        assert getattr(made, name) == value
    assert made.commonOptions.ttl == -1  # type: ignore[attr-defined]


def test_operation_ids_differ_and_fit_two_signed_halves() -> None:
    """A repeated id would make the master answer a new call with an old result."""
    found = {
        (one.mostSignificantBits, one.leastSignificantBits) for one in (options.operation_id() for _ in range(200))
    }
    assert len(found) == 200
    assert any(half < 0 for pair in found for half in pair)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(options.create_file(DEFAULTS, write_type="MUST_CACHE"), id="create_file"),
        pytest.param(options.create_directory(DEFAULTS), id="create_directory"),
        pytest.param(options.complete_file(DEFAULTS), id="complete_file"),
        pytest.param(options.delete(DEFAULTS), id="delete"),
        pytest.param(options.rename(DEFAULTS), id="rename"),
        pytest.param(options.set_attribute(DEFAULTS), id="set_attribute"),
        pytest.param(options.free(DEFAULTS), id="free"),
        pytest.param(options.mount(DEFAULTS), id="mount"),
        pytest.param(options.schedule_persistence(DEFAULTS), id="schedule_persistence"),
    ],
)
def test_what_changes_something_carries_an_operation_id(made: Any) -> None:
    """Without one, a call that is sent again after a fail-over happens twice, or fails although it was done."""
    assert made.commonOptions.HasField("operationId")


def test_defaults_follow_the_properties() -> None:
    """A site file that works for Java clients must mean the same here."""
    conf = Configuration.for_test(
        {
            "alluxio.user.file.writetype.default": "MUST_CACHE",
            "alluxio.user.block.size.bytes.default": "1MB",
            "alluxio.security.authorization.permission.umask": "027",
            "alluxio.user.file.metadata.sync.interval": "1min",
            "alluxio.user.file.create.ttl": "1h",
        }
    )
    found = options.Defaults.of(conf)
    assert (found.write_type, found.block_size_bytes, found.file_mode, found.directory_mode) == (
        "MUST_CACHE",
        1 << 20,
        0o640,
        0o750,
    )
    assert (found.sync_interval_ms, found.ttl_ms) == (60_000, 3_600_000)
    assert options.Defaults.of(Configuration.for_test()) == options.Defaults()


def test_a_word_that_is_none_lists_the_words() -> None:
    """Nobody remembers all write types."""
    with pytest.raises(InvalidArgument, match=r"'FAST' is not one of MUST_CACHE, TRY_CACHE"):
        options.one_of("fast".upper(), options.WRITE_TYPES, "Write type")


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("user::rwx", AclEntry("user", "", "rwx")),
        ("user:alice:r-x", AclEntry("user", "alice", "r-x")),
        ("default:group:staff:-w-", AclEntry("group", "staff", "-w-", True)),
        ("mask::rw", AclEntry("mask", "", "rw-")),
        ("other::---", AclEntry("other", "", "---")),
    ],
)
def test_acl_entries_are_read_and_printed(text: str, entry: AclEntry) -> None:
    """A misread entry gives the wrong person access."""
    assert acl.parse_entry(text) == entry
    assert acl.parse_entry(str(entry)) == entry


@pytest.mark.parametrize(
    "text", ["user:alice", "alice:rwx", "user:alice:rwz", "mask:x:rwx", "", "user:a:b:rwx", "user::"]
)
def test_bad_acl_entries_are_refused(text: str) -> None:
    """Guessing what was meant would change access rights by accident."""
    with pytest.raises(InvalidArgument):
        acl.parse_entry(text)


def test_an_entry_to_remove_needs_no_bits() -> None:
    """`setfacl -x user:alice` is what people type."""
    assert acl.parse_entry("user:alice", with_bits=False).name == "alice"
    assert acl.message(acl.parse_entry("group::rx")).type == pb.OwningGroup
