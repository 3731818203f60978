"""Paths of the Alluxio namespace: parsing, joining, comparing.

Rules (Alluxio 2.9 `AlluxioURI`, as its master sees them):

- a backslash counts as `/`; runs of `/` collapse; a trailing `/` is dropped; `.` and `..` are resolved;
- percent signs are literal; everything from a `?` on is dropped, since it begins a query;
- a scheme and an authority are allowed and ignored by the master;
- a path is valid if it starts with `/`, is UTF-8 and holds no NUL; names may hold anything else, colons and blanks
  included.
"""

from __future__ import annotations

import re

from pyalluxio.errors import Internal, InvalidPath

ROOT = "/"
SEPARATOR = "/"

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(?=/|$)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEMPORARY = re.compile(r"\.alluxio\.0x[0-9A-F]{16}\.tmp$")


def parse(text: str) -> str:
    """Return the canonical absolute path named by a request.

    Raises:   InvalidPath: not absolute, empty, above the root, or not UTF-8.  Internal: holds a NUL byte.
    Cost:     O(length); a path that is canonical already is returned as it is.
    """
    if not isinstance(text, str):
        # A text of a message is not checked on its way in: what cannot be decoded arrives as bytes.
        raise InvalidPath(f"Path {bytes(text)!r} is not UTF-8.")
    if _is_canonical(text):
        return text
    require_utf8(text)
    if "\0" in text:
        raise Internal(f"Path {text!r} holds a NUL byte.")
    rest = text.replace("\\", "/")
    scheme = _SCHEME.match(rest)
    if scheme:
        rest = rest[scheme.end() :]
    if rest.startswith("//"):
        slash = rest.find("/", 2)
        rest = rest[slash:] if slash >= 0 else ROOT
    query = rest.find("?")
    if query >= 0:
        rest = rest[:query]
    if not rest.startswith("/"):
        raise InvalidPath.of(text)
    parts: list[str] = []
    for part in rest.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                raise InvalidPath.of(text)
            parts.pop()
        else:
            parts.append(part)
    return "/" + "/".join(parts)


def parse_own(text: str) -> str:
    """Return the path that a client's caller names: as `parse`, but a URI of another file system is refused.

    The caller compares the `authority` with the cluster it is connected to.

    Raises:   InvalidPath: it begins with a scheme other than `alluxio`; the master would look for it here.
    """
    scheme, separator, _ = text.partition("://")
    if separator and "/" not in scheme and scheme.lower() != "alluxio":
        raise InvalidPath(
            f'"{text}" belongs to {scheme}://, not to this cluster; write /path or alluxio://host:port/path.'
        )
    return parse(text)


def authority(text: str) -> str:
    """Return the authority of `alluxio://authority/path` or `//authority/path`; empty for any other text.

    Who names a cluster must get that one or an error: the path alone could be somebody else's on the cluster at hand.
    """
    rest = text.replace("\\", "/")
    scheme = _SCHEME.match(rest)
    if scheme is not None:
        if scheme.group(1).lower() != "alluxio":
            return ""
        rest = rest[scheme.end() :]
    return rest[2:].partition("/")[0] if rest.startswith("//") else ""


def require_utf8(text: str) -> None:
    """Raise InvalidPath for a name that came from the operating system in another encoding.

    Python stands lone surrogates for its bytes; no message can carry them.
    """
    if _SURROGATE.search(text) is not None:
        raise InvalidPath(f"Path {text!r} is not UTF-8: rename it.")


_AWKWARD = re.compile(r"[\\\0?\ud800-\udfff]|//|/\.\.?(/|$)|/$")


def _is_canonical(text: str) -> bool:
    return text == ROOT or (text.startswith("/") and _AWKWARD.search(text) is None)


def components(path: str) -> list[str]:
    """Return the names from the root down; the root itself has none."""
    return [] if path == ROOT else path[1:].split("/")


def parent(path: str) -> str:
    """Return the parent's path; the root is its own parent."""
    head = path.rpartition("/")[0]
    return head or ROOT


def name(path: str) -> str:
    """Return the last component, empty for the root."""
    return path.rpartition("/")[2]


def join(base: str, child: str) -> str:
    """Return `base/child`; `child` is one name or a relative path without a leading slash."""
    return f"/{child}" if base == ROOT else f"{base}/{child}"


def is_below(path: str, ancestor: str) -> bool:
    """Say whether `path` lies strictly below `ancestor`."""
    if ancestor == ROOT:
        return path != ROOT
    return path.startswith(ancestor) and path[len(ancestor) : len(ancestor) + 1] == "/"


def has_prefix(path: str, prefix: str) -> bool:
    """Say whether `path` is `prefix` or lies below it."""
    return path == prefix or is_below(path, prefix)


def relative(path: str, ancestor: str) -> str:
    """Return `path` without `ancestor` and its slash; empty when they are equal."""
    if path == ancestor:
        return ""
    return path[1:] if ancestor == ROOT else path[len(ancestor) + 1 :]


def is_temporary(path: str) -> bool:
    """Say whether the name is that of a temporary file, which metadata sync ignores."""
    return _TEMPORARY.search(path) is not None
