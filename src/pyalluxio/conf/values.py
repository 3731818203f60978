"""The text of a property to the value it means, for every type of the table.

Rules, measured on Alluxio 2.9.6 (they bind us, since official clients parse the same text):

- BOOLEAN   `true` or `false` in any case; nothing else.
- DURATION  an integer and a unit without a blank: ms|millisecond s|sec|second m|min|minute h|hr|hour d|day, any case;
            a bare number is milliseconds; no plural, no fraction, no weeks; negative is allowed (-1: never, unlimited).
- DATASIZE  a decimal and b, k|kb|kib|ki, m…, g…, t…, p… without a blank, powers of 1024, any case; a bare number is
            bytes; a negative number reads as 0.
- INTEGER   32 bits, LONG 64 bits, DOUBLE a decimal; percentages are plain integers.
- ENUM      a constant in any case.
- LIST      split at the delimiter, items trimmed, empty ones dropped.

Each function raises ValueError with a clause that continues "… is not valid: " and names what would be.
"""

from __future__ import annotations

import re

from pyalluxio.conf.table import Property

_DURATION = re.compile(r"(-?[0-9]+)([a-zA-Z]*)\Z")
_DATASIZE = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([a-zA-Z]*)\Z")
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")

PORT_MAX = 65_535

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_UNIT_MS = {
    **dict.fromkeys(("", "ms", "millisecond"), 1),
    **dict.fromkeys(("s", "sec", "second"), _SECOND),
    **dict.fromkeys(("m", "min", "minute"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hour"), _HOUR),
    **dict.fromkeys(("d", "day"), _DAY),
}
_UNIT_BYTES = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgtp", start=1):
    _UNIT_BYTES.update(dict.fromkeys((_letter, f"{_letter}b", f"{_letter}ib", f"{_letter}i"), 1024**_power))


def parse_boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError("write true or false")
    return lowered == "true"


def parse_duration_ms(text: str) -> int:
    """Return milliseconds; negative numbers pass through."""
    match = _DURATION.match(text)
    unit_ms = _UNIT_MS.get(match.group(2).lower()) if match else None
    if match is None or unit_ms is None:
        raise ValueError("write a whole number and ms, s, m, h or d, without a blank, such as 500ms or 2min")
    return int(match.group(1)) * unit_ms


def parse_size_bytes(text: str) -> int:
    """Return bytes, rounded down; a negative number is 0."""
    match = _DATASIZE.match(text)
    unit_bytes = _UNIT_BYTES.get(match.group(4).lower()) if match else None
    if match is None or unit_bytes is None or not (match.group(2) or match.group(3)):
        raise ValueError("write a number and B, KB, MB, GB, TB or PB, without a blank, such as 64MB")
    sign: str
    whole: str
    fraction: str
    sign, whole, fraction = match.group(1), match.group(2) or "0", match.group(3) or ""
    if sign == "-":
        return 0
    return int(whole + fraction) * unit_bytes // int(10 ** len(fraction))


def parse_integer(text: str) -> int:
    return _parse_whole(text, bits=32)


def parse_long(text: str) -> int:
    return _parse_whole(text, bits=64)


def parse_port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= PORT_MAX:
        raise ValueError(f"write a port number between 1 and {PORT_MAX}, or 0 for a free one")
    return int(text)


def parse_number(text: str) -> float:
    if not _DECIMAL.match(text):
        raise ValueError("write a decimal number such as 0.95")
    return float(text)


def parse_enum(text: str, choices: tuple[str, ...]) -> str:
    """Return the constant as the table spells it."""
    for choice in choices:
        if choice.lower() == text.lower():
            return choice
    raise ValueError(f"choose one of {', '.join(choices)}")


def parse_items(text: str, delimiter: str = ",") -> list[str]:
    return [item for item in (part.strip() for part in text.split(delimiter)) if item]


def check(prop: Property, text: str) -> None:
    """Raise ValueError when a resolved value does not parse as the property's type."""
    match prop.kind:
        case "BOOLEAN":
            parse_boolean(text)
        case "DURATION":
            parse_duration_ms(text)
        case "DATASIZE":
            parse_size_bytes(text)
        case "INTEGER" if prop.name.endswith(".port"):
            parse_port(text)
        case "INTEGER":
            parse_integer(text)
        case "LONG":
            parse_long(text)
        case "DOUBLE":
            parse_number(text)
        case "ENUM":
            parse_enum(text, prop.choices)


def _parse_whole(text: str, bits: int) -> int:
    limit = 1 << (bits - 1)
    if not _INTEGER.match(text) or not -limit <= int(text) < limit:
        raise ValueError(f"write a whole number between {-limit} and {limit - 1}")
    return int(text)
