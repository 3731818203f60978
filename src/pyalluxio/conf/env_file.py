"""`alluxio-env.sh`: the assignments of a shell file, read without running anything.

What counts: `NAME=value`, `NAME+=value`, `export` before either, several on a line, single and double quotes,
backslashes, comments, and `$NAME`, `${NAME}`, `${NAME:-text}` of variables known so far (an unknown one is empty, as
in a shell). Everything else, commands and `$(…)` above all, is passed over with a warning that names the line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyalluxio.conf.problem import Problem

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_REFERENCE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})")


def parse(text: str, file: str, environ: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Return the variables that the file sets (on top of `environ`) and a warning for each line not understood."""
    known = dict(environ)
    assigned: dict[str, str] = {}
    warnings: list[Problem] = []
    for number, line in _joined_lines(text):
        try:
            found = _parse_line(line, known)
        except ValueError as reason:
            warnings.append(
                Problem(f"Passed over, since this file is read and never run: {reason}.", where=f"{file}:{number}")
            )
            continue
        for name, value in found:
            known[name] = assigned[name] = value
    return assigned, warnings


def _joined_lines(text: str) -> list[tuple[int, str]]:
    joined: list[tuple[int, str]] = []
    pending, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if pending else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += line[:-1]
            continue
        joined.append((first, pending + line))
        pending = ""
    if pending:
        joined.append((first, pending))
    return joined


def _parse_line(line: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the assignments of one line; ValueError says what in it is not an assignment."""
    rest = line.strip()
    if not rest or rest.startswith("#"):
        return []
    exported = rest.startswith("export ")
    if exported:
        rest = rest[len("export ") :].lstrip()
    scope = dict(known)
    found: list[tuple[str, str]] = []
    while rest and not rest.startswith("#"):
        match = _ASSIGNMENT.match(rest)
        if match is None:
            if exported and re.fullmatch(r"[A-Za-z_]\w*(\s+[A-Za-z_]\w*)*", rest):
                return found  # `export NAME` alone changes nothing here
            raise ValueError(f"{rest.split()[0]!r} is not an assignment NAME=value")
        value, rest = _parse_word(rest[match.end() :], scope)
        name = match.group(1)
        scope[name] = scope.get(name, "") + value if match.group(2) else value
        found.append((name, scope[name]))
        if rest[:1] == ";":
            rest = rest[1:]
        elif rest and not rest[0].isspace():
            raise ValueError(f"{rest[0]!r} after a value")
        rest = rest.lstrip()
        if rest.startswith("export "):
            rest = rest[len("export ") :].lstrip()
    return found


def _parse_word(text: str, scope: Mapping[str, str]) -> tuple[str, str]:
    """Return the value at the start of `text` and what follows it."""
    out: list[str] = []
    at = 0
    if text[:1] == "~" and text[1:2] in ("", "/"):
        out.append(scope.get("HOME", "~"))
        at = 1
    while at < len(text):
        char = text[at]
        if char.isspace() or char == ";":
            break
        if char in "&|<>()":
            raise ValueError(f"{char!r} outside quotes")
        if char == "'":
            end = text.find("'", at + 1)
            if end < 0:
                raise ValueError("a quote is not closed")
            out.append(text[at + 1 : end])
            at = end + 1
        elif char == '"':
            at = _parse_double_quoted(text, at + 1, scope, out)
        elif char == "\\":
            out.append(text[at + 1 : at + 2])
            at += 2
        else:
            at = _parse_plain(text, at, scope, out)
    return "".join(out), text[at:]


def _parse_double_quoted(text: str, at: int, scope: Mapping[str, str], out: list[str]) -> int:
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char == "\\" and text[at + 1 : at + 2] in ("$", "`", '"', "\\"):
            out.append(text[at + 1])
            at += 2
        else:
            at = _parse_plain(text, at, scope, out)
    raise ValueError("a quote is not closed")


def _parse_plain(text: str, at: int, scope: Mapping[str, str], out: list[str]) -> int:
    """Take one ordinary character or one reference; return where the next one starts."""
    char = text[at]
    if char == "`":
        raise ValueError("a command in backquotes")
    if char != "$":
        out.append(char)
        return at + 1
    reference = _REFERENCE.match(text, at)
    if reference is None:
        following = text[at + 1 : at + 2]
        if following == "(":
            raise ValueError("a command in $( )")
        if following and not following.isspace() and following not in "\"'":
            raise ValueError(f"the expansion ${following}…")
        out.append("$")
        return at + 1
    name = reference.group(1) or reference.group(2)
    value = scope.get(name, "")
    out.append(value if value else (reference.group(3) or ""))
    return reference.end()
