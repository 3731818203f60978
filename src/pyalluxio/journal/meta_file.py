"""The two small files beside the log, in Ratis 2.4.1's format: what the voter must not forget, and who the members are.

    raft-meta       Java properties text with the keys `term` and `votedFor`; `recovering=true` only while this member
                    must not vote (Ratis does not know the key, and passes over it)
    raft-meta.conf  the last committed configuration entry, one LogEntryProto without frame

Both are replaced as a whole: written beside, fsynced, renamed, and the folder fsynced.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Term
from pyalluxio.journal import record
from pyalluxio.raft.messages import Configuration, Entry, HardState, PeerId

HARD_STATE_NAME = "raft-meta"
CONFIGURATION_NAME = "raft-meta.conf"

_LINE = re.compile(r"\s*((?:[^\\=:\s]|\\.)+)\s*[=:\s]\s*(.*)")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class MetaFiles:
    """Reads and replaces the meta files of one `current` folder."""

    def __init__(self, current: Path) -> None:
        self._hard_state_path = current / HARD_STATE_NAME
        self._configuration_path = current / CONFIGURATION_NAME

    def read_hard_state(self) -> HardState:
        """Return term and vote. Raises JournalNotFormatted (no file), JournalCorrupt (not to be understood)."""
        path = self._hard_state_path
        try:
            text = path.read_text("latin-1")
        except FileNotFoundError:
            raise errors.JournalNotFormatted(
                f"The journal has no {path}. Run `alluxio init format` to create an empty journal."
            ) from None
        values = dict(_parse_properties(text))
        term = values.get("term", "")
        if not term.isascii() or not term.isdigit():
            raise errors.JournalCorrupt(
                f'{path}: the term is "{term}", which is no number. Put back a copy of the file.'
            )
        return HardState(Term(int(term)), PeerId(values.get("votedFor", "")), values.get("recovering") == "true")

    def write_hard_state(self, hard_state: HardState) -> None:
        """Replace term and vote; durable on return."""
        replace_file(self._hard_state_path, hard_state_text(hard_state).encode("latin-1"))

    def read_configuration(self) -> Configuration | None:
        """Return the last committed configuration, None when none was ever written. Raises JournalCorrupt."""
        try:
            body = self._configuration_path.read_bytes()
            return record.decode(body).configuration if body else None
        except FileNotFoundError:
            return None
        except record.DamagedRecord as error:
            raise errors.JournalCorrupt(f"{self._configuration_path}: {error}.") from error

    def write_configuration(self, entry: Entry) -> None:
        """Replace the configuration by that of a committed entry; durable on return."""
        replace_file(self._configuration_path, record.to_proto(entry).SerializeToString())


def hard_state_text(hard_state: HardState) -> str:
    """Return the text of `raft-meta`."""
    recovering = "recovering=true\n" if hard_state.is_recovering else ""
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


def _parse_properties(text: str) -> list[tuple[str, str]]:
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
