"""The small files beside the log, in Ratis 2.4.1's format: what the voter must not forget, and who the members are.

    raft-meta       Java properties text with the keys `term` and `votedFor`; `recovering=true` only while this member
                    must not vote, `new=true` while it has a term but never took part (Ratis passes over both)
    raft-meta.conf  the last committed configuration entry, one LogEntryProto without frame
    raft-meta.restore  like it, only while a snapshot takes the place of the log: its end, and the members then

All are replaced as a whole: written beside, fsynced, renamed, and the folder fsynced.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Term
from pyalluxio.journal import record
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, HardState, PeerId, Restore

HARD_STATE_NAME = "raft-meta"
CONFIGURATION_NAME = "raft-meta.conf"
RESTORE_NAME = "raft-meta.restore"

_LINE = re.compile(r"\s*((?:[^\\=:\s]|\\.)+)\s*[=:\s]\s*(.*)")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class MetaFiles:
    """Reads and replaces the meta files of one `current` folder."""

    def __init__(self, current: Path) -> None:
        self._hard_state_path = current / HARD_STATE_NAME
        self._configuration_path = current / CONFIGURATION_NAME
        self._restore_path = current / RESTORE_NAME

    def read_hard_state(self) -> HardState:
        """Return term and vote. Raises JournalNotFormatted (no file), JournalCorrupt (not to be understood)."""
        path = self._hard_state_path
        try:
            text = path.read_text("latin-1")
        except FileNotFoundError:
            raise errors.JournalNotFormatted(
                f"The journal has no {path}. Run `alluxio init format` to create an empty journal."
            ) from None
        values = dict(parse_properties(text))
        term = values.get("term", "")
        if not term.isascii() or not term.isdigit():
            raise errors.JournalCorrupt(
                f'{path}: the term is "{term}", which is no number. Put back a copy of the file.'
            )
        voted_for = PeerId(values.get("votedFor", ""))
        is_recovering = values.get("recovering") == "true"
        # Term 0 is that of a freshly formatted journal: who voted or followed has a term.
        is_new = not is_recovering and not voted_for and (int(term) == 0 or values.get("new") == "true")
        return HardState(Term(int(term)), voted_for, is_recovering, is_new)

    def write_hard_state(self, hard_state: HardState) -> None:
        """Replace term and vote; durable on return."""
        replace_file(self._hard_state_path, hard_state_text(hard_state).encode("latin-1"))

    def read_configuration(self) -> Configuration | None:
        """Return the last committed configuration, None when none was ever written. Raises JournalCorrupt."""
        entry = _read_entry(self._configuration_path)
        return None if entry is None else entry.configuration

    def write_configuration(self, entry: Entry) -> None:
        """Replace the configuration by that of a committed entry; durable on return."""
        replace_file(self._configuration_path, record.to_proto(entry).SerializeToString())

    def read_restore(self) -> Restore | None:
        """Return which snapshot was taking the place of the log when the member stopped. Raises JournalCorrupt."""
        entry = _read_entry(self._restore_path)
        if entry is None or entry.configuration is None:
            return None
        return Restore(entry.position, entry.configuration)

    def write_restore(self, restore: Restore) -> None:
        """Note that a snapshot is about to take the place of the log; durable on return."""
        position = restore.position
        entry = Entry(position.term, position.index, EntryKind.CONFIGURATION, configuration=restore.configuration)
        replace_file(self._restore_path, record.to_proto(entry).SerializeToString())

    def clear_restore(self) -> None:
        """Forget that note; durable on return."""
        self._restore_path.unlink(missing_ok=True)
        fsync_folder(self._restore_path.parent)


def _read_entry(path: Path) -> Entry | None:
    try:
        body = path.read_bytes()
        return record.decode(body) if body else None
    except FileNotFoundError:
        return None
    except record.DamagedRecord as error:
        raise errors.JournalCorrupt(f"{path}: {error}.") from error


def hard_state_text(hard_state: HardState) -> str:
    """Return the text of `raft-meta`."""
    recovering = "recovering=true\n" if hard_state.is_recovering else ""
    if hard_state.is_new and hard_state.term:
        recovering += "new=true\n"
    return f"#pyalluxio\nterm={hard_state.term}\nvotedFor={_escape(hard_state.voted_for)}\n{recovering}"


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path` so that a crash leaves the old or the new one, never a mixture."""
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def parse_properties(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a Java properties text, unescaped."""
    pairs = []
    for line in text.splitlines():
        if line.lstrip().startswith(("#", "!")):
            continue
        if match := _LINE.fullmatch(line):
            pairs.append((_unescape(match[1]), _unescape(match[2])))
    return pairs


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return _ESCAPES.get(match[2], match[2])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", one, text)


def _escape(text: str) -> str:
    return "".join(
        char
        if 0x20 < ord(char) < 0x7F and char not in "=:#!\\"
        else (f"\\{char}" if ord(char) < 0x7F else f"\\u{ord(char):04x}")
        for char in text
    )
