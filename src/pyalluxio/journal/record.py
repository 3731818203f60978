"""One record of a log segment: a log entry as Ratis 2.4.1 writes it, with its length before and its checksum behind.

    | varint32 length | LogEntryProto (length bytes) | CRC32C, 4 bytes big-endian, over length and entry |

`LogEntryProto` begins with term (tag 0x08) and index (tag 0x10), each left out when 0, then the one body: state machine
data (0x1a), configuration (0x22) or metadata (0x2a). `peek` reads just these, so that a start does not build objects
for a whole log.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import google_crc32c

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, Peer, PeerId
from pyalluxio.wire.gen import ratis_pb2

CHECKSUM_BYTES = 4
LENGTH_BYTES_MAX = 5

_CHECKSUM = struct.Struct(">I")
_TAG_TERM, _TAG_INDEX = 0x08, 0x10
_KIND_BY_TAG = {0x1A: EntryKind.DATA, 0x22: EntryKind.CONFIGURATION, 0x2A: EntryKind.METADATA}
_KIND_BY_FIELD = {
    "stateMachineLogEntry": EntryKind.DATA,
    "configurationEntry": EntryKind.CONFIGURATION,
    "metadataEntry": EntryKind.METADATA,
}


@dataclass(slots=True)
class Head:
    """What identifies an entry without decoding its body."""

    term: Term
    index: Index
    kind: EntryKind


class DamagedRecord(errors.JournalCorrupt):
    """The bytes of a complete record do not match its checksum, or are no log entry."""


def encode(entry: Entry) -> bytes:
    """Return the record of an entry."""
    body = to_proto(entry).SerializeToString()
    framed = varint(len(body)) + body
    return framed + _CHECKSUM.pack(google_crc32c.value(framed))


def stored_checksum(data: bytes, end: int) -> int:
    """Return the checksum that a record ending at `end` carries."""
    checksum: int = _CHECKSUM.unpack_from(data, end - CHECKSUM_BYTES)[0]
    return checksum


def found_checksum(data: bytes, start: int, end: int) -> int:
    """Return the checksum that the bytes of the record in `data[start:end]` have."""
    checksum: int = google_crc32c.value(data[start : end - CHECKSUM_BYTES])
    return checksum


def varint(value: int) -> bytes:
    """Return a non-negative number in protobuf's base-128 form."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int, bytes_max: int = 10) -> tuple[int, int] | None:
    """Return (value, offset behind it), or None when the number does not end inside `data` or is too long."""
    size = len(data)
    if at >= size:
        return None
    byte = data[at]
    if byte < 0x80:  # nearly always: terms, tags and small lengths
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    end = min(at + bytes_max, size)
    at += 1
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return None


def peek(data: bytes, at: int) -> Head:
    """Return the head of the entry whose protobuf bytes start at `at`. Raises DamagedRecord."""
    term = index = 0
    if data[at] == _TAG_TERM and (read := read_varint(data, at + 1)):
        term, at = read
    if data[at] == _TAG_INDEX and (read := read_varint(data, at + 1)):
        index, at = read
    kind = _KIND_BY_TAG.get(data[at])
    if kind is None:
        raise DamagedRecord(f"the record holds no known kind of log entry (tag {data[at]:#x})")
    return Head(Term(term), Index(index), kind)


def decode(body: bytes) -> Entry:
    """Return the entry of protobuf bytes. Raises DamagedRecord."""
    try:
        proto = ratis_pb2.LogEntryProto.FromString(body)
    except Exception as error:  # the decoder's error class differs between protobuf's implementations
        raise DamagedRecord(f"the record is no log entry: {error}") from error
    return from_proto(proto)


def to_proto(entry: Entry) -> ratis_pb2.LogEntryProto:
    """Return the entry as the message that is sent and stored."""
    if entry.kind is EntryKind.DATA:
        return ratis_pb2.LogEntryProto(
            term=entry.term,
            index=entry.index,
            stateMachineLogEntry=ratis_pb2.StateMachineLogEntryProto(
                logData=entry.data, clientId=entry.client_id, callId=entry.call_id
            ),
        )
    if entry.kind is EntryKind.METADATA:
        return ratis_pb2.LogEntryProto(
            term=entry.term,
            index=entry.index,
            metadataEntry=ratis_pb2.MetadataProto(commitIndex=entry.commit_index),
        )
    assert entry.configuration is not None
    return ratis_pb2.LogEntryProto(
        term=entry.term,
        index=entry.index,
        configurationEntry=ratis_pb2.RaftConfigurationProto(
            peers=[peer_to_proto(peer) for peer in entry.configuration.peers],
            oldPeers=[peer_to_proto(peer) for peer in entry.configuration.old_peers],
        ),
    )


def from_proto(proto: ratis_pb2.LogEntryProto) -> Entry:
    """Return the entry of a received or stored message. Raises DamagedRecord."""
    kind = _KIND_BY_FIELD.get(proto.WhichOneof("LogEntryBody") or "")
    term, index = Term(proto.term), Index(proto.index)
    if kind is EntryKind.DATA:
        body = proto.stateMachineLogEntry
        return Entry(term, index, kind, body.logData, client_id=body.clientId, call_id=body.callId)
    if kind is EntryKind.METADATA:
        return Entry(term, index, kind, commit_index=Index(proto.metadataEntry.commitIndex))
    if kind is EntryKind.CONFIGURATION:
        conf = proto.configurationEntry
        peers = tuple(_peer_from_proto(peer) for peer in conf.peers)
        old_peers = tuple(_peer_from_proto(peer) for peer in conf.oldPeers)
        return Entry(term, index, kind, configuration=Configuration(peers, old_peers))
    raise DamagedRecord(f"log entry {index} of term {term} holds no known kind of entry")


def peer_to_proto(peer: Peer) -> ratis_pb2.RaftPeerProto:
    return ratis_pb2.RaftPeerProto(
        id=peer.id.encode(), address=peer.address, priority=peer.priority, startupRole=ratis_pb2.FOLLOWER
    )


def _peer_from_proto(proto: ratis_pb2.RaftPeerProto) -> Peer:
    return Peer(PeerId(proto.id.decode(errors="replace")), proto.address, proto.priority)
