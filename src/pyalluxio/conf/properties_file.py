r"""Java properties files: reading with the line of every entry, and writing.

Rules (java.util.Properties), and one of ours:

- `#` or `!` as the first visible character makes a comment line; blank lines count for nothing;
- the key ends at the first unescaped `=`, `:` or blank; blanks around the separator are dropped, and
  those at the end of the value, which Java keeps and nobody means;
- a line that ends in an odd number of backslashes continues on the next, whose leading blanks are dropped;
- `\t \n \r \f \uXXXX` mean what they say, a backslash before anything else is dropped;
- text after a blank and a `#` belongs to the value in Java. Guides show comments there, so each entry says what the
  value would be without it; the caller decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pyalluxio.errors import ConfigurationError

_BLANKS = " \t\f"
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_COMMENT_IN_VALUE = re.compile(r"(?:^|(?<=[ \t\f]))#")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Entry(NamedTuple):
    """One `key=value`; `line` counts from 1 and is the entry's first. `uncommented` is None without a `#` comment."""

    key: str
    value: str
    line: int
    uncommented: str | None = None


def parse(text: str, file: str) -> list[Entry]:
    """Return the entries in the file's order, repeated keys included.

    Raises:   ConfigurationError: a malformed `\\u` escape; names `file` and line.
    """
    entries = []
    for line, logical in _logical_lines(text):
        try:
            entries.append(_parse_entry(logical, line))
        except ValueError as error:
            raise ConfigurationError(f"{file}:{line}: {error}") from None
    return entries


def read(file: str) -> list[Entry]:
    """Parse a file; UTF-8, or Latin-1 as Java writes it when it is not UTF-8.

    Raises:   ConfigurationError: unreadable or malformed.
    """
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib's detour is measurable at the start of a command
            raw = stream.read()
    except OSError as error:
        raise ConfigurationError(f"Cannot read {file}: {error.strerror}.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return parse(text, file)


def write(properties: Iterable[tuple[str, str]]) -> str:
    """Return the text of a file that reads back as these pairs."""
    return "".join(f"{_escape(key, in_key=True)}={_escape(value, in_key=False)}\n" for key, value in properties)


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    pending: str | None = None
    first = 0
    for number, natural in enumerate(_LINE_END.split(text), start=1):
        stripped = natural.lstrip(_BLANKS)
        if pending is None:
            if not stripped or stripped[0] in "#!":
                continue
            first, pending = number, ""
        backslashes = len(stripped) - len(stripped.rstrip("\\"))
        if backslashes % 2:
            pending += stripped[:-1]
            continue
        lines.append((first, pending + stripped))
        pending = None
    if pending is not None:
        lines.append((first, pending))
    return lines


def _parse_entry(logical: str, line: int) -> Entry:
    end = 0
    while end < len(logical) and logical[end] not in "=:" + _BLANKS:
        end += 2 if logical[end] == "\\" else 1
    rest = logical[end:].lstrip(_BLANKS)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_BLANKS)
    raw = _strip_right(rest)
    comment = _COMMENT_IN_VALUE.search(raw)
    uncommented = None if comment is None else _unescape(_strip_right(raw[: comment.start()]))
    return Entry(_unescape(logical[:end]), _unescape(raw), line, uncommented)


def _strip_right(raw: str) -> str:
    """Drop blanks at the end, but not one that a backslash protects."""
    stripped = raw.rstrip(_BLANKS)
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    if backslashes % 2 and len(stripped) < len(raw):
        return raw[: len(stripped) + 1]
    return stripped


def _unescape(raw: str) -> str:
    if "\\" not in raw:
        return raw
    out: list[str] = []
    at = 0
    while at < len(raw):
        char = raw[at]
        at += 1
        if char != "\\":
            out.append(char)
            continue
        escaped = raw[at : at + 1]
        at += 1
        if escaped == "u":
            digits = raw[at : at + 4]
            at += 4
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                raise ValueError(
                    f"\\u{digits} is not a character; write four hexadecimal digits, or \\\\ for a backslash."
                )
            out.append(chr(int(digits, 16)))
        else:
            out.append(_ESCAPES.get(escaped, escaped))
    # Characters beyond the first plane are written as two surrogates.
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}


def _escape(text: str, *, in_key: bool) -> str:
    out: list[str] = []
    for at, char in enumerate(text):
        if char in _NAMED:
            out.append(_NAMED[char])
        elif char in "=:#!":
            out.append("\\" + char if in_key or char == "#" else char)
        elif char == " " and (in_key or at == 0 or at == len(text) - 1):
            out.append("\\ ")
        elif char < " " or char >= "\x7f":
            units = char.encode("utf-16-be", "surrogatepass").hex()
            out.append("".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)))
        else:
            out.append(char)
    # A first `=` or `:` of a value would be taken for the separator's second half only after a blank; it is safe.
    return "".join(out)
