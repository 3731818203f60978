"""One file of the log, in Ratis 2.4.1's format, and what may be wrong with it.

    log_<first>-<last>        closed: never written again
    log_inprogress_<first>    the newest; at most one, and the only one that a crash can leave torn

    | "RaftLog1" | record | record | … | zeros (only in files of a Java master, which reserves space ahead) |

A torn tail is an incomplete record at the end of the newest segment: it was never acknowledged, so it is cut. Every
other deviation is damage to entries that may have been acknowledged, and is never repaired silently. The two must not
be confused, whatever byte is hit:

- a record that reaches beyond the end of the file is torn, unless a whole record of the same log follows inside it, or
  its bytes fit its checksum under another length: then its length is damaged;
- a record whose checksum is wrong is damaged, unless nothing but reserved zeros follows from somewhere inside it.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal import record
from pyalluxio.raft.messages import Entry, EntryKind

HEADER = b"RaftLog1"
IN_PROGRESS = "log_inprogress_"
_CLOSED_NAME = re.compile(r"log_(\d+)-(\d+)")
_IN_PROGRESS_NAME = re.compile(rf"{IN_PROGRESS}(\d+)")


@dataclass(frozen=True, slots=True)
class SegmentName:
    """What a file name says; `last_index` is None while the segment is in progress."""

    first_index: Index
    last_index: Index | None

    def __str__(self) -> str:
        if self.last_index is None:
            return f"{IN_PROGRESS}{self.first_index}"
        return f"log_{self.first_index}-{self.last_index}"

    @classmethod
    def parse(cls, name: str) -> SegmentName | None:
        """Return what the name of a segment file says, None for any other file."""
        if match := _CLOSED_NAME.fullmatch(name):
            return cls(Index(int(match[1])), Index(int(match[2])))
        if match := _IN_PROGRESS_NAME.fullmatch(name):
            return cls(Index(int(match[1])), None)
        return None


@dataclass(frozen=True, slots=True)
class TornTail:
    """The rest of a record that a crash left at the end of the log: `size_bytes` from `offset` of `path`."""

    path: Path
    offset: int
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.path}: an incomplete record of {self.size_bytes} bytes at offset {self.offset}"


class Segment:
    """The entries of one file by index: offsets for all, bytes read when asked for."""

    def __init__(self, path: Path, first_index: Index, *, is_open: bool) -> None:
        self.path = path
        self.first_index = first_index
        self.is_open = is_open
        self.offsets: array[int] = array("Q")
        self.end_offset = len(HEADER)
        self.last_term = Term(0)

    @property
    def last_index(self) -> Index:
        """The index of the last entry; `first_index` - 1 while there is none."""
        return Index(self.first_index + len(self.offsets) - 1)

    def offset_of(self, index: Index) -> int:
        """Return where the record of `index` starts; one behind the last entry is the end."""
        at = index - self.first_index
        return self.end_offset if at == len(self.offsets) else self.offsets[at]

    def end_within(self, low: Index, bytes_max: int) -> Index:
        """Return the index behind the last entry that still lies within `bytes_max` from `low` on, at least one."""
        limit = self.offset_of(low) + bytes_max
        if limit >= self.end_offset:
            return Index(self.last_index + 1)
        # The record that starts last before the limit reaches beyond it, or ends right there.
        return Index(max(low + 1, self.first_index + bisect_right(self.offsets, limit) - 1))

    def read(self, low: Index, high: Index) -> list[Entry]:
        """Return the entries of [low, high), each verified again. Raises JournalCorrupt."""
        start, end = self.offset_of(low), self.offset_of(high)
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(end - start)
        entries = []
        for index in range(low, high):
            record_start = self.offset_of(Index(index)) - start
            record_end = self.offset_of(Index(index + 1)) - start
            check(data, record_start, record_end, Index(index), self.path, offset=start + record_start)
            length = record.read_varint(data, record_start)
            assert length is not None
            entries.append(record.decode(data[length[1] : record_end - record.CHECKSUM_BYTES]))
        return entries


@dataclass(slots=True)
class Scan:
    """A checked segment, and what the start of a log needs to know of its content."""

    segment: Segment
    term_runs: list[tuple[Index, Term]]
    special: list[Entry]
    torn_tail: TornTail | None = None


def scan(path: Path, name: SegmentName, *, is_newest: bool) -> Scan:
    """Read a whole segment, verify every record, and return its index.

    `term_runs` lists (first index, term) where the term changes; `special` the configuration and metadata entries.
    Only the newest segment, and only while in progress, may end in a torn record; the file is not changed here.

    Raises:  JournalCorrupt: naming the file, the offset, and for a wrong checksum the expected and the found one.
    """
    data = path.read_bytes()
    result = Scan(Segment(path, name.first_index, is_open=name.last_index is None), [], [])
    may_be_torn = is_newest and name.last_index is None
    if data[: len(HEADER)] != HEADER:
        if (
            may_be_torn
            and HEADER.startswith(data[: len(HEADER)].rstrip(b"\0"))
            and not data[len(HEADER) :].strip(b"\0")
        ):
            result.torn_tail = TornTail(path, 0, len(data))
            return result
        raise errors.JournalCorrupt(f"{path}: offset 0: the file does not start with {HEADER.decode()}.")
    _scan_records(data, result, may_be_torn)
    last_index = result.segment.last_index
    if name.last_index is not None and last_index != name.last_index:
        raise errors.JournalCorrupt(
            f"{path}: offset {result.segment.end_offset}: the file ends with entry {last_index}, but by its name it "
            f"holds the entries {name.first_index} to {name.last_index}."
        )
    return result


def _scan_records(data: bytes, result: Scan, may_be_torn: bool) -> None:
    segment = result.segment
    size = len(data)
    at = len(HEADER)
    index = segment.first_index
    term = Term(0)
    while at < size:
        if data[at] == 0:
            if data.count(0, at) == size - at:
                break
            raise errors.JournalCorrupt(
                f"{segment.path}: offset {at}: zeros where entry {index} should be, but data follows."
            )
        length = record.read_varint(data, at, record.LENGTH_BYTES_MAX)
        end = size + 1 if length is None else length[1] + length[0] + record.CHECKSUM_BYTES
        if end > size:
            if may_be_torn and not _is_length_damaged(data, at, index):
                result.torn_tail = TornTail(segment.path, at, size - at)
                break
            raise errors.JournalCorrupt(
                f"{segment.path}: offset {at}: the record of entry {index} would reach beyond the end of the file at "
                f"{size}: its length is damaged, or the file was cut."
            )
        if may_be_torn and end < size and data[-1] == 0 and _is_cut_by_zeros(data, at, end):
            result.torn_tail = TornTail(segment.path, at, size - at)
            break
        check(data, at, end, index, segment.path, offset=at)
        assert length is not None
        head = _checked_head(data, at, length[1], index, term, segment.path)
        if head.term != term:
            term = head.term
            result.term_runs.append((index, term))
        if head.kind is not EntryKind.DATA:
            result.special.append(record.decode(data[length[1] : end - record.CHECKSUM_BYTES]))
        segment.offsets.append(at)
        at = end
        segment.end_offset = end
        segment.last_term = term
        index = Index(index + 1)


def check(data: bytes, start: int, end: int, index: Index, path: Path, *, offset: int) -> None:
    """Compare a record's checksum with its bytes. Raises JournalCorrupt."""
    expected, found = record.stored_checksum(data, end), record.found_checksum(data, start, end)
    if expected != found:
        raise errors.JournalCorrupt(
            f"{path}: offset {offset}: the record of entry {index} is damaged: expected checksum {expected:08x}, found "
            f"{found:08x}. The entries before it are intact. Put back a copy of this file, or restore a backup."
        )


def _checked_head(data: bytes, at: int, body_at: int, index: Index, term: Term, path: Path) -> record.Head:
    try:
        head = record.peek(data, body_at)
    except (record.DamagedRecord, IndexError) as error:
        raise errors.JournalCorrupt(f"{path}: offset {at}: entry {index}: {error}.") from error
    if head.index != index:
        raise errors.JournalCorrupt(f"{path}: offset {at}: expected entry {index}, found entry {head.index}.")
    if head.term < term:
        raise errors.JournalCorrupt(
            f"{path}: offset {at}: entry {index} has term {head.term}, lower than term {term} before it."
        )
    return head


def _is_cut_by_zeros(data: bytes, start: int, end: int) -> bool:
    """Tell whether a wrong record ends in the zeros that fill the rest of a file with reserved space."""
    if record.stored_checksum(data, end) == record.found_checksum(data, start, end):
        return False
    return data[end - 1] == 0 and data.count(0, end - 1) == len(data) - end + 1


def _is_length_damaged(data: bytes, at: int, index: Index) -> bool:
    """Tell whether the record at `at`, which claims more bytes than there are, is whole and only its length wrong."""
    rest = len(data) - at
    for length_bytes in range(1, record.LENGTH_BYTES_MAX + 1):
        length = rest - length_bytes - record.CHECKSUM_BYTES
        if length > 0 and len(record.varint(length)) == length_bytes:
            framed = record.varint(length) + data[at + length_bytes : len(data) - record.CHECKSUM_BYTES]
            whole = framed + data[-record.CHECKSUM_BYTES :]
            if record.stored_checksum(whole, len(whole)) == record.found_checksum(whole, 0, len(whole)):
                return True
    return _holds_later_record(data, at, index)


def _holds_later_record(data: bytes, at: int, index: Index) -> bool:
    """Tell whether a whole record of a later entry lies behind `at`: then what is at `at` was once complete, too."""
    for body in re.finditer(rb"(?=\x08[\x80-\xff]{0,9}[\x00-\x7f]\x10)", data[at:]):
        for length_bytes in range(1, record.LENGTH_BYTES_MAX + 1):
            start = at + body.start() - length_bytes
            if start <= at:
                break
            length = record.read_varint(data, start, length_bytes)
            if length is None or length[1] != start + length_bytes:
                continue
            end = length[1] + length[0] + record.CHECKSUM_BYTES
            if end > len(data) or record.stored_checksum(data, end) != record.found_checksum(data, start, end):
                continue
            if index < record.peek(data, length[1]).index:
                return True
    return False


def write_fully(fd: int, data: bytes, offset: int) -> None:
    """Write all of `data` at `offset`; the operating system may take less at a time."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
