"""Reading a journal that nobody writes to, for `journal read` and for checks: changes nothing and takes no lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal.folder import GROUP_ID, JournalFolder
from pyalluxio.journal.segment import SegmentName, TornTail, scan
from pyalluxio.raft.messages import NO_INDEX, Entry

_READ_ENTRIES = 1000


class JournalDump:
    """The entries of a journal folder, verified while they are read; `torn_tail` is known once they are all read."""

    def __init__(self, folder: Path) -> None:
        """Use the folder that holds the segments (`current`). `JournalDump.of` finds it."""
        self._folder = folder
        self.torn_tail: TornTail | None = None

    @classmethod
    def of(cls, path: str | Path, group_id: str = GROUP_ID) -> JournalDump:
        """Return the dump of `alluxio.master.journal.folder`, or of a copy of its innermost folder.

        Raises:  JournalNotFormatted: there are no segments and no meta file in either.
        """
        folder = JournalFolder(Path(path), group_id)
        if folder.is_formatted:
            return cls(folder.current)
        if Path(path).is_dir() and _segments(Path(path)):
            return cls(Path(path))
        raise errors.JournalNotFormatted(
            f"There is no journal in {path}. Name the folder of alluxio.master.journal.folder, or a copy of one."
        )

    def entries(self, first: Index = NO_INDEX, last: Index | None = None) -> Iterator[Entry]:
        """Yield the entries from `first` to `last`, both included, in index order; None means all there are.

        An incomplete record at the end of the newest segment ends the reading. Files are not changed.

        Raises:  JournalCorrupt: naming file, offset, expected and found checksum; what is before it has been yielded.
        """
        names = _segments(self._folder)
        expected = names[0].first_index if names else Index(0)
        for position, name in enumerate(names):
            path = self._folder / str(name)
            if name.first_index != expected:
                raise errors.JournalCorrupt(f"{path}: the file starts at entry {name.first_index}, not at {expected}.")
            if last is not None and name.first_index > last:
                return
            if name.last_index is not None and name.last_index < first:
                expected = Index(name.last_index + 1)
                continue
            scanned = scan(path, name, is_newest=position == len(names) - 1)
            self.torn_tail = scanned.torn_tail
            end = scanned.segment.last_index if last is None else min(last, scanned.segment.last_index)
            for low in range(max(first, name.first_index), end + 1, _READ_ENTRIES):
                yield from scanned.segment.read(Index(low), Index(min(low + _READ_ENTRIES, end + 1)))
            expected = Index(scanned.segment.last_index + 1)


def _segments(folder: Path) -> list[SegmentName]:
    names = filter(None, (SegmentName.parse(path.name) for path in folder.iterdir()))
    return sorted(names, key=lambda name: (name.first_index, name.last_index is None))
