"""The log on disk: consecutive segments, the newest entries in memory, group commit.

The store is the `Storage` of the Raft core. It belongs to one thread. Everything that `append` took is durable when
`sync` returned; nothing before is.

    raft-meta.base   log_312-598   log_inprogress_599
    term/311         └ purge removes whole segments here      └ append and truncate work here

`raft-meta.base` is the position before the oldest entry: what was purged, or the end of the snapshot behind which the
log begins. It is replaced *before* segments are deleted. What lies at or before it at the next start is a leftover of a
deletion that a crash interrupted, and is deleted then. A purge ends between two segments; so a segment across the base
can only belong to the log that a snapshot took the place of, which then goes as a whole.
"""

from __future__ import annotations

import logging
import os
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal import record, segment
from pyalluxio.journal.meta_file import fsync_folder, parse_properties, replace_file
from pyalluxio.journal.segment import HEADER, Segment, SegmentName, TornTail, scan
from pyalluxio.raft.messages import NO_INDEX, NO_TERM, Configuration, Entry, EntryKind, LogPosition

log = logging.getLogger(__name__)

FILE_MODE = 0o640
BASE_NAME = "raft-meta.base"
ASIDE_NAME = "damaged"


class LogStore:
    """The entries of one member. Use `LogStore.open`."""

    def __init__(self, folder: Path, *, segment_size_max_bytes: int, cache_bytes: int, fsync: bool) -> None:
        self._folder = folder
        self._segment_size_max_bytes = segment_size_max_bytes
        self._cache_bytes_max = cache_bytes
        self._fsync = fsync
        self._segments: list[Segment] = []
        self._fd: int | None = None
        self._is_dirty = False
        self._term_runs: list[tuple[Index, Term]] = []
        self._configurations: list[tuple[Index, Configuration]] = []
        self._last_commit_index = NO_INDEX
        self._cache: list[Entry] = []
        self._cache_bytes = 0
        self._base: LogPosition | None = None
        self.torn_tail: TornTail | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        segment_size_max_bytes: int = 10 << 20,
        cache_bytes: int = 16 << 20,
        fsync: bool = True,
        on_damage: Callable[[errors.JournalCorrupt], None] | None = None,
    ) -> LogStore:
        """Read and verify every segment of a `current` folder; a torn tail is cut off and reported in `torn_tail`.

        on_damage  called for damage; when it returns, the damaged segment and everything behind it are moved into
                   `../damaged`, and the log is what was before. None: damage is raised.

        Raises:  JournalCorrupt: naming file, offset, expected and found checksum, or the missing entries.
        """
        store = cls(folder, segment_size_max_bytes=segment_size_max_bytes, cache_bytes=cache_bytes, fsync=fsync)
        try:
            store._load(on_damage)
        except BaseException:
            store.close()
            raise
        return store

    # --- what the core reads ---------------------------------------------------------------------------------------

    @property
    def first_index(self) -> Index:
        """The index of the oldest entry that is kept; one more than `last_index` when there is none."""
        return self._segments[0].first_index if self._segments else Index(self._base_index + 1)

    @property
    def last_index(self) -> Index:
        return self._segments[-1].last_index if self._segments else self._base_index

    @property
    def _base_index(self) -> Index:
        return NO_INDEX if self._base is None else self._base.index

    @property
    def size_bytes(self) -> int:
        """The space that the segments take."""
        return sum(each.end_offset for each in self._segments)

    def term(self, index: Index) -> Term | None:
        """Return the term of the entry at `index`, or of the last one before the log; None when it is not known."""
        if self._base is not None and index == self._base.index:
            return self._base.term if self._base.term != NO_TERM else None
        if not self.first_index <= index <= self.last_index:
            return None
        return self._term_runs[bisect_right(self._term_runs, index, key=lambda run: run[0]) - 1][1]

    def entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]:
        """Return entries from `low` up to but without `high`: at least one, then as many as `bytes_max` allows.

        Raises:  JournalCorrupt: a record that was intact at the start is not any more.
        """
        assert self.first_index <= low < high <= self.last_index + 1, (self.first_index, low, high, self.last_index)
        taken: list[Entry] = []
        size_bytes = 0
        while low < high:
            for entry in self._some_entries(low, high, bytes_max):
                size_bytes += entry.size_bytes
                if taken and size_bytes > bytes_max:
                    return taken
                taken.append(entry)
            low = Index(taken[-1].index + 1)
        return taken

    def configurations(self) -> list[tuple[Index, Configuration]]:
        """Return (index, configuration) of every configuration entry in the log, oldest first."""
        return list(self._configurations)

    def last_commit_index(self) -> Index:
        """Return the commit index that the last metadata entry tells, -1 without one."""
        return self._last_commit_index

    # --- what the driver does --------------------------------------------------------------------------------------

    def append(self, entries: list[Entry]) -> None:
        """Write entries behind the log, not yet durable.

        After an OSError (a full disk) the log is a prefix of what was asked for; the same call may be repeated, it
        goes on where it stopped.
        """
        done = max(0, self.last_index + 1 - entries[0].index) if self._segments else 0
        start = done
        while start < len(entries):
            start = self._append_to_one_segment(entries, start)

    def sync(self) -> None:
        """Make everything durable that was appended. Raises DataLoss: after a failed fsync nothing can be trusted."""
        if self._is_dirty and self._fd is not None:
            self._fsync_open_segment()

    def truncate(self, from_index: Index) -> None:
        """Remove `from_index` and everything behind it; durable on return.

        Whole segments go first, newest first; then the one that holds the cut becomes the segment in progress, and is
        cut. A crash in between leaves a longer log, which is still a valid one.
        """
        assert from_index >= self.first_index
        self._close_fd()
        # The oldest segment stays, perhaps empty: its name keeps the index at which the log goes on.
        while len(self._segments) > 1 and self._segments[-1].first_index >= from_index:
            self._segments.pop().path.unlink()
        fsync_folder(self._folder)
        if self._segments and self._segments[-1].last_index >= from_index:
            self._cut(self._segments[-1], from_index)
        self._forget_from(from_index)

    def purge(self, up_to: Index, *, retain_bytes: int) -> list[str]:
        """Delete whole segments that hold nothing behind `up_to`, oldest first, while `retain_bytes` stay.

        Returns the names of the deleted files. The newest segment always stays.
        """
        size_bytes = self.size_bytes
        count = 0
        while count < len(self._segments) - 1 and self._segments[count].last_index <= up_to:
            size_bytes -= self._segments[count].end_offset
            if size_bytes < retain_bytes:
                break
            count += 1
        if not count:
            return []
        last_index = self._segments[count - 1].last_index
        self._write_base(LogPosition(self.term(last_index) or NO_TERM, last_index))
        oldest, self._segments = self._segments[:count], self._segments[count:]
        for each in oldest:
            each.path.unlink()
        fsync_folder(self._folder)
        self._forget_before(self.first_index)
        return [each.path.name for each in oldest]

    def restore(self, position: LogPosition) -> None:
        """Let the log begin anew behind `position`; durable on return. May be repeated after a crash at any point.

        Term 0 says that the term is not known: of a log that lost its end and begins where its store has got to.
        An index of -1 is the beginning of everything.
        """
        self.close()
        self._is_dirty = False
        self._write_base(position)
        while self._segments:
            self._segments.pop().path.unlink()
        fsync_folder(self._folder)
        self._term_runs, self._configurations = [], []
        self._cache, self._cache_bytes = [], 0
        self._last_commit_index = position.index

    def close(self) -> None:
        """Close the files; what was not synced may be lost. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    # --- loading ---------------------------------------------------------------------------------------------------

    def _load(self, on_damage: Callable[[errors.JournalCorrupt], None] | None) -> None:
        self._read_base(on_damage)
        names = self._without_leftovers(
            sorted(
                filter(None, (SegmentName.parse(path.name) for path in self._folder.iterdir())),
                key=lambda name: (name.first_index, name.last_index is None),
            )
        )
        for position, name in enumerate(names):
            try:
                self._load_segment(name, is_newest=position == len(names) - 1)
            except errors.JournalCorrupt as error:
                if on_damage is None:
                    raise
                on_damage(error)
                self._put_aside(names[position:])
                break
        if self._segments and self._segments[-1].is_open:
            self._reopen(self._segments[-1])

    def _load_segment(self, name: SegmentName, *, is_newest: bool) -> None:
        path = self._folder / str(name)
        is_first = not self._segments and self._base is None
        if not is_first and name.first_index != self.last_index + 1:
            raise errors.JournalCorrupt(
                f"{path}: the file starts at entry {name.first_index}, but what is before it ends at entry "
                f"{self.last_index}: a segment is missing or is there twice."
            )
        if self._segments and self._segments[-1].is_open:
            raise errors.JournalCorrupt(f"{path}: a segment follows {self._segments[-1].path}, still in progress.")
        self._take(scan(path, name, is_newest=is_newest))

    def _read_base(self, on_damage: Callable[[errors.JournalCorrupt], None] | None) -> None:
        path = self._folder / BASE_NAME
        try:
            values = dict(parse_properties(path.read_text("latin-1")))
        except FileNotFoundError:
            return
        try:
            self._base = LogPosition(Term(int(values["term"])), Index(int(values["index"])))
        except (KeyError, ValueError):
            error = errors.JournalCorrupt(f"{path}: does not say where the log begins. Put back a copy of the file.")
            if on_damage is None:
                raise error from None
            on_damage(error)
            path.unlink()

    def _write_base(self, position: LogPosition) -> None:
        path = self._folder / BASE_NAME
        if position.index == NO_INDEX:
            path.unlink(missing_ok=True)
            fsync_folder(self._folder)
            self._base = None
            return
        replace_file(path, f"#pyalluxio\nterm={position.term}\nindex={position.index}\n".encode("latin-1"))
        self._base = position

    def _without_leftovers(self, names: list[SegmentName]) -> list[SegmentName]:
        """Finish a purge or a restore that a crash interrupted; return what belongs to the log."""
        if self._base is None:
            return names
        base_index = self._base.index
        is_replaced = any(
            name.first_index <= base_index and (name.last_index is None or name.last_index > base_index)
            for name in names
        )
        leftovers = [name for name in names if is_replaced or name.first_index <= base_index]
        for name in reversed(leftovers):
            (self._folder / str(name)).unlink()
        if leftovers:
            fsync_folder(self._folder)
        return [name for name in names if name not in leftovers]

    def _put_aside(self, names: list[SegmentName]) -> None:
        """Move damaged segments out of the way; only those of the last damage are kept."""
        if self._segments and self._segments[-1].first_index == names[0].first_index:
            self._segments.pop()
        self._forget_from(names[0].first_index)
        aside = self._folder.parent / ASIDE_NAME
        aside.mkdir(exist_ok=True)
        for old in aside.iterdir():
            old.unlink()
        for name in reversed(names):
            (self._folder / str(name)).rename(aside / str(name))
        fsync_folder(aside)
        fsync_folder(self._folder)
        log.error("Moved %d damaged journal segments to %s.", len(names), aside)

    def _take(self, scanned: segment.Scan) -> None:
        self._segments.append(scanned.segment)
        for index, term in scanned.term_runs:
            if self._term_runs and term < self._term_runs[-1][1]:
                raise errors.JournalCorrupt(
                    f"{scanned.segment.path}: entry {index} has term {term}, lower than term {self._term_runs[-1][1]} "
                    "in the segment before it."
                )
            if not self._term_runs or term != self._term_runs[-1][1]:
                self._term_runs.append((index, term))
        for entry in scanned.special:
            self._remember_special(entry)
        self.torn_tail = scanned.torn_tail

    def _reopen(self, newest: Segment) -> None:
        """Cut off a torn tail and reserved zeros, so that appends go right behind the last record."""
        self._fd = os.open(newest.path, os.O_RDWR | os.O_CLOEXEC)
        if self.torn_tail is not None:
            log.warning("Cut off a torn tail, which a crash left: %s.", self.torn_tail)
        if self.torn_tail is not None or os.fstat(self._fd).st_size != newest.end_offset:
            os.ftruncate(self._fd, newest.end_offset)
            os.pwrite(self._fd, HEADER, 0)
            os.fsync(self._fd)

    # --- appending -------------------------------------------------------------------------------------------------

    def _append_to_one_segment(self, entries: list[Entry], start: int) -> int:
        """Write entries from `start` on into the open segment, as far as they belong there; return the next start."""
        newest = self._segment_for(entries[start])
        records: list[bytes] = []
        offsets: list[int] = []
        offset = newest.end_offset
        at = start
        while at < len(entries):
            entry = entries[at]
            assert entry.index == newest.last_index + 1 + len(records), "entries must follow the log"
            encoded = record.encode(entry)
            is_full = offset + len(encoded) > self._segment_size_max_bytes and offset > len(HEADER)
            if at > start and (is_full or entry.term != entries[start].term):
                break
            offsets.append(offset)
            records.append(encoded)
            offset += len(encoded)
            at += 1
        assert self._fd is not None
        try:
            segment.write_fully(self._fd, b"".join(records), newest.end_offset)
        except OSError:
            os.ftruncate(self._fd, newest.end_offset)
            raise
        self._is_dirty = True
        newest.offsets.extend(offsets)
        newest.end_offset = offset
        newest.last_term = entries[start].term
        for entry in entries[start:at]:
            self._remember(entry)
        return at

    def _segment_for(self, entry: Entry) -> Segment:
        """Return the open segment, a new one when there is none, it is full, or another term begins (as Ratis does)."""
        newest = self._segments[-1] if self._segments else None
        if newest is not None and newest.is_open:
            is_full = newest.end_offset + entry.size_bytes > self._segment_size_max_bytes
            if not newest.offsets or not (is_full or newest.last_term != entry.term):
                return newest
            self._close_segment(newest)
        path = self._folder / str(SegmentName(entry.index, None))
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
        try:
            segment.write_fully(fd, HEADER, 0)
            fsync_folder(self._folder)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        created = Segment(path, entry.index, is_open=True)
        self._segments.append(created)
        return created

    def _close_segment(self, newest: Segment) -> None:
        self.sync()
        self._close_fd()
        closed = self._folder / str(SegmentName(newest.first_index, newest.last_index))
        newest.path.rename(closed)
        newest.path, newest.is_open = closed, False

    def _fsync_open_segment(self) -> None:
        assert self._fd is not None
        if self._fsync:
            try:
                os.fdatasync(self._fd)
            except OSError as error:
                # The kernel may have dropped the dirty pages: a second attempt would succeed without having written.
                raise errors.DataLoss(f"{self._segments[-1].path}: fsync failed: {error.strerror}.") from error
        self._is_dirty = False

    def _close_fd(self) -> None:
        if self._fd is not None:
            if self._is_dirty:
                self._fsync_open_segment()
            os.close(self._fd)
            self._fd = None

    def _cut(self, holder: Segment, from_index: Index) -> None:
        offset = holder.offset_of(from_index)
        if not holder.is_open:
            opened = self._folder / str(SegmentName(holder.first_index, None))
            holder.path.rename(opened)
            holder.path, holder.is_open = opened, True
            fsync_folder(self._folder)
        self._fd = os.open(holder.path, os.O_RDWR | os.O_CLOEXEC)
        os.ftruncate(self._fd, offset)
        os.fsync(self._fd)
        del holder.offsets[from_index - holder.first_index :]
        holder.end_offset = offset

    # --- memory ----------------------------------------------------------------------------------------------------

    def _some_entries(self, low: Index, high: Index, bytes_max: int) -> list[Entry]:
        """Return consecutive entries from `low` on, from memory or from one segment, about `bytes_max` at most."""
        if self._cache and low >= self._cache[0].index:
            at = low - self._cache[0].index
            return self._cache[at : at + high - low]
        at = bisect_right(self._segments, low, key=lambda each: each.first_index) - 1
        holder = self._segments[at]
        end = min(high, holder.end_within(low, bytes_max))
        if self._cache:
            end = min(end, self._cache[0].index)
        return holder.read(low, Index(end))

    def _remember(self, entry: Entry) -> None:
        if not self._term_runs or self._term_runs[-1][1] != entry.term:
            self._term_runs.append((entry.index, entry.term))
        if entry.kind is not EntryKind.DATA:
            self._remember_special(entry)
        self._cache.append(entry)
        self._cache_bytes += entry.size_bytes
        if self._cache_bytes > self._cache_bytes_max * 5 // 4:
            self._shrink_cache()

    def _shrink_cache(self) -> None:
        """Drop the oldest entries, a fifth of all at once: a list is the fastest to slice, and slow to shorten."""
        count = 0
        while self._cache_bytes > self._cache_bytes_max and count < len(self._cache) - 1:
            self._cache_bytes -= self._cache[count].size_bytes
            count += 1
        del self._cache[:count]

    def _remember_special(self, entry: Entry) -> None:
        if entry.configuration is not None:
            self._configurations.append((entry.index, entry.configuration))
        else:
            # Still true when the entry that says so is truncated: what was committed stays committed.
            self._last_commit_index = Index(max(self._last_commit_index, entry.commit_index))

    def _forget_from(self, from_index: Index) -> None:
        while self._term_runs and self._term_runs[-1][0] >= from_index:
            self._term_runs.pop()
        while self._configurations and self._configurations[-1][0] >= from_index:
            self._configurations.pop()
        while self._cache and self._cache[-1].index >= from_index:
            self._cache_bytes -= self._cache.pop().size_bytes
        if self._segments:
            newest = self._segments[-1]
            newest.last_term = self.term(newest.last_index) or Term(0)

    def _forget_before(self, first_index: Index) -> None:
        # The newest run and the newest configuration before the cut still hold for what is behind it.
        while len(self._term_runs) > 1 and self._term_runs[1][0] <= first_index:
            self._term_runs.pop(0)
        while len(self._configurations) > 1 and self._configurations[1][0] <= first_index:
            self._configurations.pop(0)
        if self._cache and self._cache[0].index < first_index:
            dropped = self._cache[: first_index - self._cache[0].index]
            self._cache_bytes -= sum(entry.size_bytes for entry in dropped)
            del self._cache[: len(dropped)]
