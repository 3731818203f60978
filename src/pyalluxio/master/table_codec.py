"""How the rows of each table look in LMDB.

    int             8 bytes, big-endian
    (int, int)      16 bytes; operation ids are signed, so 2^63 is added to keep the order of numbers
    text            UTF-8; (int, text): 8 bytes, then UTF-8
    edges           value: 8 bytes child id, then the name again if the key holds only a part of it

LMDB takes keys of at most 511 bytes, but names have no limit. A text of more than 460 bytes becomes its first 460, a
byte 0xFF that UTF-8 never has, and the SHA-256 of the whole. All texts with the same beginning form one bucket; a scan
reads a bucket whole and sorts it by the texts themselves, so the order of names holds.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from hashlib import sha256
from operator import itemgetter
from typing import Any

from pyalluxio.journal.entries import JobState, LoadJobEntry, UfsMode
from pyalluxio.master import inode_codec
from pyalluxio.master.state import tx as tables
from pyalluxio.master.state.mount_table import MountInfo, MountTable

TEXT_BYTES_MAX = 460
_CUT = b"\xff"
_BUCKET_END = b"\xff" * 34
_SIGN = 1 << 63

_INT = struct.Struct(">Q")
_PAIR = struct.Struct(">QQ")
_SIGNED = struct.Struct(">q")


class Codec:
    """Bytes of the keys and values of one table."""

    def __init__(
        self,
        key: Callable[[Any], bytes],
        encode: Callable[[Any, Any], bytes],
        decode: Callable[[bytes], Any],
        key_of: Callable[[bytes, bytes], Any],
        *,
        has_buckets: bool = False,
        head_bytes: int = 0,
    ) -> None:
        self.key = key
        self.encode = encode  # takes the key too
        self.decode = decode
        self._key_of = key_of  # takes key and value bytes
        self._has_buckets = has_buckets
        self._bucket_bytes = head_bytes + TEXT_BYTES_MAX + 1

    def rows(self, raw: Iterator[tuple[bytes, bytes]], reverse: bool) -> Iterator[tuple[Any, Any]]:
        """Decode rows that come in the order of their bytes; rows of one bucket leave in the order of their texts."""
        key_of, decode = self._key_of, self.decode
        if not self._has_buckets:
            for key, value in raw:
                yield key_of(key, value), decode(value)
            return
        cut = self._bucket_bytes
        bucket: list[tuple[Any, Any]] = []
        bucket_name = b""
        for key, value in raw:
            name = key[:cut] if len(key) > cut else b""
            if bucket and name != bucket_name:
                bucket.sort(key=itemgetter(0), reverse=reverse)
                yield from bucket
                bucket.clear()
            row = (key_of(key, value), decode(value))
            if name:
                bucket_name = name
                bucket.append(row)
            else:
                yield row
        bucket.sort(key=itemgetter(0), reverse=reverse)
        yield from bucket

    def bucket_start(self, key: bytes) -> bytes:
        """Return where a scan from `key` must begin to see its whole bucket."""
        cut = self._bucket_bytes
        return key[:cut] if self._has_buckets and len(key) > cut else key

    def bucket_end(self, key: bytes) -> bytes:
        """Return where a scan up to `key` must end to see its whole bucket."""
        cut = self._bucket_bytes
        return key[:cut] + _BUCKET_END if self._has_buckets and len(key) > cut else key


def _cut_text(data: bytes) -> bytes:
    return data if len(data) <= TEXT_BYTES_MAX else data[:TEXT_BYTES_MAX] + _CUT + sha256(data).digest()


def _text_key(key: str) -> bytes:
    return _cut_text(key.encode())


def _int_text_key(key: tuple[int, str]) -> bytes:
    data = key[1].encode()
    return _INT.pack(key[0]) + (data if len(data) <= TEXT_BYTES_MAX else _cut_text(data))


def _int_of(key: bytes, value: bytes) -> int:
    return int.from_bytes(key, "big")


def _by_int(encode: Callable[[Any], bytes], decode: Callable[[bytes], Any]) -> Codec:
    return Codec(_INT.pack, lambda key, value: encode(value), decode, _int_of)


# --- edges ---------------------------------------------------------------------------------------------------------

_INT_TEXT_MAX = 8 + TEXT_BYTES_MAX


def _encode_edge(key: tuple[int, str], child_id: int) -> bytes:
    data = _INT.pack(child_id)
    if len(key[1]) * 4 <= TEXT_BYTES_MAX:
        return data
    name = key[1].encode()
    return data + name if len(name) > TEXT_BYTES_MAX else data


def _decode_edge(value: bytes) -> int:
    return int.from_bytes(value[:8], "big")


def _edge_of(key: bytes, value: bytes) -> tuple[int, str]:
    name = key[8:] if len(key) <= _INT_TEXT_MAX else value[8:]
    return int.from_bytes(key[:8], "big"), name.decode()


# --- pairs ---------------------------------------------------------------------------------------------------------


def _pair_of(key: bytes, value: bytes) -> tuple[int, int]:
    first, second = _PAIR.unpack(key)
    return first, second


def _signed_pair_key(key: tuple[int, int]) -> bytes:
    return _PAIR.pack(key[0] + _SIGN, key[1] + _SIGN)


def _signed_pair_of(key: bytes, value: bytes) -> tuple[int, int]:
    first, second = _PAIR.unpack(key)
    return first - _SIGN, second - _SIGN


# --- tables of a few rows: JSON that holds the key as well ----------------------------------------------------------


def _by_text(to_json: Callable[[Any], Any], from_json: Callable[[Any], Any]) -> Codec:
    return Codec(
        _text_key,
        lambda key, value: json.dumps([key, to_json(value)]).encode(),
        lambda data: from_json(json.loads(data)[1]),
        lambda key, data: json.loads(data)[0],
        has_buckets=True,
    )


def _same(value: Any) -> Any:
    return value


def _encode_mounts(table: MountTable) -> bytes:
    return json.dumps(
        [
            [m.path, m.ufs_uri, m.mount_id, m.read_only, m.shared, [list(pair) for pair in m.properties]]
            for m in table.mounts.values()
        ]
    ).encode()


def _decode_mounts(data: bytes) -> MountTable:
    return MountTable(
        {
            path: MountInfo(path, uri, mount_id, read_only, shared, tuple((key, value) for key, value in properties))
            for path, uri, mount_id, read_only, shared, properties in json.loads(data)
        }
    )


def _load_job_to_json(job: LoadJobEntry) -> list[Any]:
    return [
        job.load_path,
        int(job.state),
        job.verify,
        job.partial_listing,
        job.job_id,
        job.bandwidth,
        job.user,
        job.end_time,
    ]


def _load_job_from_json(parts: list[Any]) -> LoadJobEntry:
    load_path, state, *rest = parts
    return LoadJobEntry(load_path, JobState(state), *rest)


_FLAG = b"\x01"


def _encode_flag(key: Any, value: bool) -> bytes:
    return _FLAG


def _decode_flag(data: bytes) -> bool:
    return True


def _decode_signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


def _decode_int(data: bytes) -> int:
    return int.from_bytes(data, "big")


_FLAGS_BY_INT = Codec(_INT.pack, _encode_flag, _decode_flag, _int_of)

CODECS: dict[str, Codec] = {
    tables.INODES.name: _by_int(inode_codec.encode, inode_codec.decode),
    tables.EDGES.name: Codec(_int_text_key, _encode_edge, _decode_edge, _edge_of, has_buckets=True, head_bytes=8),
    tables.BLOCKS.name: _by_int(_SIGNED.pack, _decode_signed),
    tables.MOUNTS.name: _by_int(_encode_mounts, _decode_mounts),
    tables.UFS_MODES.name: _by_text(int, UfsMode),
    tables.COUNTERS.name: _by_text(_same, _same),
    tables.TEXTS.name: _by_text(_same, _same),
    tables.TTL.name: Codec(lambda key: _PAIR.pack(*key), _encode_flag, _decode_flag, _pair_of),
    tables.PINNED.name: _FLAGS_BY_INT,
    tables.TO_BE_PERSISTED.name: _FLAGS_BY_INT,
    tables.PUBLISHING.name: _FLAGS_BY_INT,
    tables.INTENTS.name: Codec(lambda key: _PAIR.pack(*key), _encode_flag, _decode_flag, _pair_of),
    tables.REPLICATION_LIMITED.name: _FLAGS_BY_INT,
    tables.OPERATIONS.name: Codec(_signed_pair_key, lambda key, slot: _INT.pack(slot), _decode_int, _signed_pair_of),
    tables.OPERATION_RING.name: Codec(
        _INT.pack,
        lambda key, value: _signed_pair_key(value),
        lambda data: _signed_pair_of(data, b""),
        _int_of,
    ),
    tables.PATH_PROPERTIES.name: _by_text(_same, _same),
    tables.SYNC_POINTS.name: Codec(
        _int_text_key,
        lambda key, value: key[1].encode(),
        _decode_flag,
        lambda key, data: (int.from_bytes(key[:8], "big"), data.decode()),
        has_buckets=True,
        head_bytes=8,
    ),
    tables.SYNC_TX_IDS.name: _by_int(_SIGNED.pack, _decode_signed),
    tables.LOAD_JOBS.name: _by_text(_load_job_to_json, _load_job_from_json),
    tables.META.name: Codec(_text_key, lambda key, value: value, lambda data: data, lambda key, data: key.decode()),
}
