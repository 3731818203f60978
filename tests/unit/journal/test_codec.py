"""Journal entries survive the way to bytes and back, and the bytes are those that the official masters write."""

from __future__ import annotations

import dataclasses
import re
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyalluxio.errors import JournalCorrupt
from pyalluxio.journal import codec, entries
from pyalluxio.wire.gen.common_pb2 import BlockLocation
from pyalluxio.wire.gen.journal_pb2 import JournalEntry

CLASSES = [cls for cls in typing.get_args(entries.Entry) if cls is not entries.CatalogEntry]

int64 = st.integers(-(2**63), 2**63 - 1)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
actions = st.integers(0, 7)
named = st.builds(entries.NamedActions, text, actions)
acls = st.builds(
    entries.AccessControlList,
    owning_user=text,
    owning_group=text,
    user_actions=st.lists(named, max_size=3).map(tuple),
    group_actions=st.lists(named, max_size=3).map(tuple),
    other_actions=st.none() | actions,
    mask_actions=st.none() | actions,
    is_default=st.booleans(),
    is_empty=st.booleans(),
)
locations = st.builds(BlockLocation, workerId=int64, tierAlias=text).map(BlockLocation.SerializeToString)

# One strategy for each annotation that a field of an entry can have; the annotations are read as text.
BY_ANNOTATION: dict[str, st.SearchStrategy[object]] = {
    "int": int64,
    "str": text,
    "bool": st.booleans(),
    "TtlAction": st.sampled_from(entries.TtlAction),
    "XAttrStrategy": st.sampled_from(entries.XAttrStrategy),
    "SetAclAction": st.sampled_from(entries.SetAclAction),
    "UfsMode": st.sampled_from(entries.UfsMode),
    "JobState": st.sampled_from(entries.JobState),
    "AccessControlList": acls,
    "OperationId": st.builds(entries.OperationId, int64, int64),
    "bytes": locations,
    "tuple[int, ...]": st.lists(int64, max_size=4).map(tuple),
    "tuple[str, ...]": st.lists(text, max_size=3).map(tuple),
    "tuple[tuple[str, str], ...]": st.lists(st.tuples(text, text), max_size=3).map(tuple),
    "tuple[AclEntry, ...]": st.lists(
        st.builds(entries.AclEntry, st.sampled_from(entries.AclEntryType), text, actions, st.booleans()), max_size=3
    ).map(tuple),
    "dict[str, bytes]": st.dictionaries(text, st.binary(max_size=6), min_size=1, max_size=3),
    "dict[str, str]": st.dictionaries(text, text, min_size=1, max_size=3),
}
INT32 = {"mode", "permission", "replication_max", "replication_min", "replication_durable"}


def any_of(cls: type) -> st.SearchStrategy[entries.Entry]:
    chosen: dict[str, st.SearchStrategy[object]] = {}
    for field in dataclasses.fields(cls):
        kind = str(field.type).removesuffix(" | None")
        strategy = st.integers(-(2**31), 2**31 - 1) if field.name in INT32 else BY_ANNOTATION[kind]
        chosen[field.name] = strategy | st.none() if str(field.type).endswith(" | None") else strategy
    return st.builds(cls, **chosen)


any_entry = st.one_of(*[any_of(cls) for cls in CLASSES])


@settings(max_examples=150, deadline=None)
@given(st.lists(any_entry, max_size=5), st.integers(0, 2**62))
def test_a_batch_comes_back_as_it_went(batch: list[entries.Entry], first: int) -> None:
    """A field lost on the way would be lost on every standby and after every restart, not on the leader."""
    assert codec.decode_batch(codec.encode_batch(batch, first)) == [(first + n, entry) for n, entry in enumerate(batch)]


@settings(max_examples=100, deadline=None)
@given(any_entry, st.none() | int64)
def test_the_bytes_are_those_that_protobuf_itself_writes(entry: entries.Entry, number: int | None) -> None:
    """Bytes that only our own reader understands would stop every official master of a mixed quorum."""
    data = codec.encode(entry, number)
    by_protobuf = JournalEntry.FromString(data).SerializeToString()
    # The order of a map's items is protobuf's own affair.
    has_order = all(len(getattr(entry, name, None) or ()) <= 1 for name in ("xattr", "properties"))
    assert (by_protobuf if has_order else len(by_protobuf)) == (data if has_order else len(data))
    assert codec.decode(data) == (number, entry)


@pytest.mark.parametrize("bits", [7, 14, 21, 28, 35, 42, 49, 56, 63])
def test_numbers_at_the_edges_of_their_encoding(bits: int) -> None:
    """One bit lost at an edge would move a file to another id."""
    for value in (2**bits - 1, min(2**bits, 2**63 - 1), -(2**bits), 1 - 2**bits):
        entry = entries.NewBlockEntry(value)
        assert codec.encode(entry) == JournalEntry(new_block={"id": value}).SerializeToString()  # type: ignore[arg-type]
        assert codec.decode(codec.encode(entry)) == (None, entry)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_field_of_the_message_has_an_attribute(cls: type) -> None:
    """A message field without an attribute would be dropped when a Java leader's log is applied."""
    ours = {field.name for field in dataclasses.fields(cls)} - {"operation_id"}
    payload = next(f for f in JournalEntry.DESCRIPTOR.fields if f.message_type and f.message_type.name == cls.__name__)
    theirs = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f.name.replace("xAttr", "xattr")).lower()
        for f in payload.message_type.fields
    }
    assert ours == theirs


def test_every_variant_of_the_message_is_read() -> None:
    """A variant without a class would stop this member at the first entry of it, as an unknown one does."""
    payloads = [
        f for f in JournalEntry.DESCRIPTOR.fields if f.message_type and f.name not in ("operationId", "journal_entries")
    ]
    for field in payloads:
        number, entry = codec.decode(
            JournalEntry(sequence_number=3, **{field.name: _smallest(field)}).SerializeToString()
        )
        assert number == 3
        assert type(entry).__name__ == field.message_type.name or isinstance(entry, entries.CatalogEntry)


def _smallest(field: typing.Any) -> dict[str, object]:
    """Return values for the required fields of a payload, and only those."""
    kinds = {field.TYPE_STRING: "x", field.TYPE_ENUM: 1, field.TYPE_BOOL: True}
    return {f.name: kinds[f.type] for f in field.message_type.fields if f.is_required}


GOLDEN = [
    pytest.param(entries.NewBlockEntry(33554431), 7, "0807b2020508ffffff0f", id="new_block"),
    pytest.param(entries.BlockContainerIdGeneratorEntry(1001), 0, "08001a0308e907", id="container ids"),
    pytest.param(entries.BlockInfoEntry(16777216, 64), 1, "0801220708808080081040", id="block_info"),
    pytest.param(entries.UpdateInodeEntry(1, ttl=-1), 2, "08029a020d080160ffffffffffffffffff01", id="negative number"),
    pytest.param(
        entries.DeleteFileEntry(5, False, 9, path="/a", operation_id=entries.OperationId(-1, 2)),
        3,
        "0803320a080510001809" + "2a022f61" + "a2030d08ffffffffffffffffff011002",
        id="delete_file with operation id",
    ),
    pytest.param(
        entries.UpdateUfsModeEntry("s3://b/", entries.UfsMode.READ_ONLY),
        4,
        "0804f2010b0a0773333a2f2f622f1001",
        id="camel-case fields",
    ),
    pytest.param(
        entries.UpdateInodeDirectoryEntry(
            0,
            default_acl=entries.AccessControlList("a", "", (entries.NamedActions("", 5),), (), None, None, True, False),
        ),
        5,
        "0805a20217" + "0800" + "2213" + "0a0161" + "1200" + "1a08" + "0a00" + "1204" + "08000802" + "3801" + "4000",
        id="acl actions in the order read, write, execute",
    ),
]


@pytest.mark.parametrize(("entry", "number", "golden"), GOLDEN)
def test_bytes_of_one_entry(entry: entries.Entry, number: int, golden: str) -> None:
    """Golden bytes, worked out by hand: a reader and a writer that err alike would pass the round trip."""
    assert codec.encode(entry, number).hex() == golden
    assert codec.decode(bytes.fromhex(golden)) == (number, entry)


def test_bytes_of_a_batch() -> None:
    """Java masters take apart only this shape: an outer entry without a number, the inner ones with one each."""
    batch = [entries.NewBlockEntry(1), entries.DeleteBlockEntry(2)]
    data = codec.encode_batch(batch, 300)
    assert data.hex() == "ba020808ac02b202020801" + "ba020808ad02ea01020802"


def test_batches_inside_batches_are_read_in_order() -> None:
    """An older official master nests batches; read out of order, numbers would jump and the member would stop."""
    inner = JournalEntry.FromString(codec.encode_batch([entries.NewBlockEntry(2), entries.NewBlockEntry(3)], 1))
    outer = JournalEntry(journal_entries=[JournalEntry.FromString(codec.encode(entries.NewBlockEntry(1), 0)), inner])
    outer.journal_entries.append(JournalEntry.FromString(codec.encode(entries.NewBlockEntry(4), 3)))
    assert codec.decode_batch(outer.SerializeToString()) == [(n, entries.NewBlockEntry(n + 1)) for n in range(4)]


def test_primacy_markers_are_told_from_empty_entries() -> None:
    """A marker taken for an entry would use a number up, and the next real entry would look like a gap."""
    assert codec.decode_batch(codec.encode_primacy_marker(-77)) == [(-77, entries.PrimacyMarker())]
    assert codec.decode_batch(JournalEntry(sequence_number=5).SerializeToString()) == []
    assert codec.decode_batch(b"") == []


def test_owner_and_times_that_old_journals_lack_are_absent() -> None:
    """An upgraded cluster's files would otherwise get the owner "" and the access time 1970."""
    old = JournalEntry()
    old.inode_file.id = 5
    old.inode_file.owner = "ann"
    _, entry = codec.decode(old.SerializeToString())
    assert isinstance(entry, entries.InodeFileEntry)
    assert (entry.owner, entry.group, entry.acl, entry.last_access_time_ms) == ("ann", None, None, None)
    assert (entry.parent_id, entry.name, entry.pinned) == (0, "", False)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"\xff\xff\xff", "is no journal entry", id="no protobuf"),
        pytest.param(b"\x08\x05\xfa\x3e\x00", "field 1007", id="a variant of a later version"),
        pytest.param(codec.encode(entries.NewBlockEntry(1), 5) + b"\xea\x01\x02\x08\x02", "at once", id="two payloads"),
    ],
)
def test_what_cannot_be_applied_stops_the_reader(data: bytes, said: str) -> None:
    """An entry skipped in silence makes this member's namespace differ from the others' for good."""
    with pytest.raises(JournalCorrupt, match=said):
        codec.decode_batch(data)


def test_catalogue_entries_keep_their_bytes() -> None:
    """A journal taken over from an official cluster may hold a catalogue, which has to survive the next snapshot."""
    message = JournalEntry(sequence_number=1)
    message.detach_db.db_name = "sales"
    data = message.SerializeToString()
    assert codec.decode(data) == (1, entries.CatalogEntry("detach_db", b"\x0a\x05sales"))
    assert codec.encode(entries.CatalogEntry("detach_db", b"\x0a\x05sales"), 1) == data
