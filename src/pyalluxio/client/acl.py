"""Access control entries as text and on the wire.

    [default:](user|group|mask|other):[name]:bits      user:alice:rwx   group::r-x   default:other::---

Source: the entry syntax of Alluxio 2.9 `fs setfacl`.
"""

from __future__ import annotations

from typing import Any

from pyalluxio.client.file_info import AclEntry, mode_bits
from pyalluxio.errors import InvalidArgument
from pyalluxio.wire.gen import file_system_master_pb2 as pb

_KINDS = ("user", "group", "mask", "other")


def bits_of(text: str) -> int:
    """Return 0..7 for text such as `r-x`; letters may be left out and come in any order.

    Raises:   InvalidArgument: another letter.
    """
    value = 0
    for letter in text:
        if letter not in "rwx-":
            raise InvalidArgument(
                f"Permission bits {text!r} hold {letter!r}; write them as rwx, with - for what is not."
            )
        value |= {"r": 4, "w": 2, "x": 1, "-": 0}[letter]
    return value


def parse_entry(text: str, *, with_bits: bool = True) -> AclEntry:
    """Return the entry that a text names; without bits `user:alice` and `user:alice:` are both accepted.

    Raises:   InvalidArgument: not an entry; the text says how one is written.
    """
    rest, is_default = (text[8:], True) if text.startswith("default:") else (text, False)
    parts = rest.split(":")
    if not with_bits and len(parts) == 2:
        parts.append("")
    if len(parts) != 3 or parts[0] not in _KINDS or (with_bits and not parts[2]):
        form = "[default:](user|group|mask|other):[name]" + (":rwx" if with_bits else "")
        raise InvalidArgument(f'"{text}" is not an ACL entry; write {form}, such as user:alice{":r-x" * with_bits}.')
    kind, name, bits = parts
    if name and kind in ("mask", "other"):
        raise InvalidArgument(f'"{text}" is not an ACL entry: {kind} takes no name.')
    return AclEntry(kind, name, mode_bits(bits_of(bits)), is_default)


def parse_entries(text: str, *, with_bits: bool = True) -> list[AclEntry]:
    """Return the entries of a comma list."""
    return [parse_entry(part.strip(), with_bits=with_bits) for part in text.split(",") if part.strip()]


def message(entry: AclEntry) -> Any:
    """Return the entry as it travels."""
    types = {
        "user": pb.NamedUser if entry.name else pb.Owner,
        "group": pb.NamedGroup if entry.name else pb.OwningGroup,
        "mask": pb.Mask,
        "other": pb.Other,
    }
    value = bits_of(entry.bits)
    actions = [action for action, bit in ((pb.Read, 4), (pb.Write, 2), (pb.Execute, 1)) if value & bit]
    return pb.PAclEntry(type=types[entry.kind], subject=entry.name, actions=actions, isDefault=entry.is_default)
