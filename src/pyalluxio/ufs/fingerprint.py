"""Fingerprints: one line of text that tells whether a file of the under storage is still the one the master knows.

    TYPE|FILE UFS|local OWNER|o GROUP|g MODE|420 CONTENT_HASH|h ACL|a

Each tag ends with a blank, the last one too. A blank or a bar inside a value becomes an underscore, and so does an
empty value. The empty text means "no valid fingerprint". Source: Alluxio 2.9 `alluxio.underfs.Fingerprint`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyalluxio.ufs.interface import UfsStatus

INVALID = ""

_TAGS = ("TYPE", "UFS", "OWNER", "GROUP", "MODE", "CONTENT_HASH", "ACL")
_REQUIRED = _TAGS[:5]
_PAIR = re.compile(r"([A-Z_]+)\|([^| ]+) ")
_UNSAFE = re.compile(r"[ |]")
_EMPTY = "_"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The values of one fingerprint, already made safe for the text form."""

    is_directory: bool
    ufs: str
    owner: str
    group: str
    mode: str
    content_hash: str | None = None
    acl: str | None = None

    def text(self) -> str:
        """Return the line that goes into the inode."""
        values = ("DIRECTORY" if self.is_directory else "FILE", self.ufs, self.owner, self.group, self.mode)
        line = "".join(f"{tag}|{value} " for tag, value in zip(_REQUIRED, values, strict=True))
        if self.content_hash is not None:
            line += f"CONTENT_HASH|{self.content_hash} "
        if self.acl is not None:
            line += f"ACL|{self.acl} "
        return line

    def matches_content(self, other: Fingerprint) -> bool:
        """Say whether both stand for the same bytes: kind, store and content hash agree."""
        return (self.is_directory, self.ufs, self.content_hash or _EMPTY) == (
            other.is_directory,
            other.ufs,
            other.content_hash or _EMPTY,
        )

    def matches_metadata(self, other: Fingerprint) -> bool:
        """Say whether owner, group, mode and extended ACL agree."""
        return (self.owner, self.group, self.mode, self.acl or _EMPTY) == (
            other.owner,
            other.group,
            other.mode,
            other.acl or _EMPTY,
        )


def of_status(ufs_type: str, status: UfsStatus, content_hash: str | None = None, acl: str | None = None) -> Fingerprint:
    """Return the fingerprint of what a store reports; `content_hash` overrides the reported one for a file."""
    content = None if status.is_directory else (content_hash or status.content_hash)
    return Fingerprint(
        is_directory=status.is_directory,
        ufs=_safe(ufs_type),
        owner=_safe(status.owner),
        group=_safe(status.group),
        mode=_safe(str(status.mode)),
        content_hash=None if content is None else _safe(content),
        acl=None if acl is None else _safe(acl),
    )


def parse(text: str) -> Fingerprint | None:
    """Return the fingerprint written as `text`, or None if it is empty or damaged."""
    values: dict[str, str] = {}
    position = 0
    for pair in _PAIR.finditer(text):
        if pair.start() != position:
            return None
        position = pair.end()
        values[pair[1]] = pair[2]
    complete = position == len(text) and all(tag in values for tag in _REQUIRED)
    if not complete or values["TYPE"] not in ("FILE", "DIRECTORY"):
        return None
    return Fingerprint(
        is_directory=values["TYPE"] == "DIRECTORY",
        ufs=values["UFS"],
        owner=values["OWNER"],
        group=values["GROUP"],
        mode=values["MODE"],
        content_hash=values.get("CONTENT_HASH"),
        acl=values.get("ACL"),
    )


def _safe(value: str) -> str:
    return _UNSAFE.sub("_", value) or _EMPTY
