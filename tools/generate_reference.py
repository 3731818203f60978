"""Write docs/reference/properties.md from the table of properties; `--check` only tells whether it is up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from pyalluxio.conf.table import TABLE, Property  # noqa: E402
from pyalluxio.conf.templates import TEMPLATES  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "properties.md"

GROUPS = (
    ("Masters", "alluxio.master."),
    ("Workers", "alluxio.worker."),
    ("Clients", "alluxio.user."),
    ("Security", "alluxio.security."),
    ("Under storage", "alluxio.underfs."),
    ("Job service", "alluxio.job."),
    ("S3 and REST proxy", "alluxio.proxy."),
    ("FUSE", "alluxio.fuse."),
    ("Web", "alluxio.web."),
    ("Everything else of ours", "alluxio."),
    ("Access to storage services", ""),
)

HEADER = """\
# Properties

Written by `tools/generate_reference.py` from `src/pyalluxio/conf/properties.tsv`; change that file instead.

Properties are set in `alluxio-site.properties`, with `-Dkey=value` on a command line, or as variables:
`ALLUXIO_` and the key in upper case with `_` for dots. `alluxio conf get --source` shows what is in force and why.

- **duration**: a whole number and `ms`, `s`, `m`, `h` or `d`; without a unit, milliseconds. `-1` often means never.
- **size**: a number and `B`, `KB`, `MB`, `GB`, `TB` or `PB`, powers of 1024; without a unit, bytes.
- **list**: separated by commas. `${other.key}` anywhere in a value stands for that property's value.
- A default in italics is computed from the machine. Where Alluxio 2.9.6 has another default, it is named.
- *For*: who reads the property. *Same*: whether all nodes must (`must`) or should (`should`) have the same value.

"""

COLUMNS = "| Property | Default | Type | For | Same | Meaning |\n| --- | --- | --- | --- | --- | --- |\n"
KINDS = {"DATASIZE": "size", "INTEGER": "number", "LONG": "number", "DOUBLE": "decimal", "STRING": "text"}
SAME = {"ENFORCE": "must", "WARN": "should", "IGNORE": ""}


def page() -> str:
    """Return the text of the whole page."""
    remaining = list(TABLE)
    parts = [HEADER, own_defaults(), patterns()]
    for title, prefix in GROUPS:
        group = [prop for prop in remaining if prop.name.startswith(prefix)]
        remaining = [prop for prop in remaining if prop not in group]
        parts.append(f"## {title}\n\n" + COLUMNS)
        parts.extend(row(prop) for prop in group)
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def own_defaults() -> str:
    rows = [
        f"| `{prop.name}` | {shown(prop.default)} | {shown(prop.official)} | {'yes' * prop.is_sent} |\n"
        for prop in TABLE
        if prop.official is not None
    ]
    return (
        "## Where the defaults differ from 2.9.6\n\nSent: masters tell official clients this default too.\n\n"
        "| Property | Here | 2.9.6 | Sent |\n| --- | --- | --- | --- |\n" + "".join(rows) + "\n"
    )


def patterns() -> str:
    rows = [
        f"| `{template.pattern.replace('|', chr(92) + '|')}` | {template.description} |\n" for template in TEMPLATES
    ]
    return "## Names with a part of your own\n\n| Name | Meaning |\n| --- | --- |\n" + "".join(rows) + "\n"


def row(prop: Property) -> str:
    scope = "" if prop.scope == "NONE" else prop.scope.lower()
    kind = KINDS.get(prop.kind, prop.kind.lower())
    cells = (f"`{prop.name}`", shown(prop.default), kind, scope, SAME[prop.consistency], " ".join(meaning(prop)))
    return f"| {' | '.join(cells)} |\n"


def shown(text: str | None) -> str:
    if text is None:
        return ""
    return f"*{text[1:-1].replace('*', '·')}*" if text.startswith("<") else f"`{text}`"


def meaning(prop: Property) -> Iterator[str]:
    yield prop.description
    if prop.choices:
        yield f"One of {', '.join(f'`{choice}`' for choice in prop.choices)}."
    if prop.is_deprecated:
        yield "Deprecated."
    if prop.is_credential:
        yield "Never shown."
    if not prop.is_for_site_file:
        yield "Not from the site file."
    if not prop.dynamic:
        yield "Fixed while a process runs."
    if prop.aliases:
        yield f"Also: {', '.join(f'`{alias}`' for alias in prop.aliases)}."


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is out of date; run tools/generate_reference.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
