"""Every property that exists: the table `properties.tsv` as objects, by name, alias, or pattern.

The table is the one source of the reference page, of `--help`, and of every default. Rules of this file:

- A row is split only when somebody asks for that property, since a command line reads a dozen of the 876.
- A default in angle brackets, `<max(4,cpus)>`, is computed from the machine (`computed.py`).
- `official` is Alluxio 2.9.6's default where this product has its own. A value that a user sets wins over both.
- A name resolves in this order: the name itself, an alias, a template (`templates.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

COLUMNS = (
    "name",
    "default",
    "type",
    "scope",
    "consistency",
    "dynamic",
    "flags",
    "aliases",
    "official",
    "description",
)

# Names that readers of installation guides type by mistake; they work, with a warning that shows the right one.
MISTAKEN = {"alluxio.master.embedded.journal.address": "alluxio.master.embedded.journal.addresses"}

_SERVERS = frozenset({"MASTER", "WORKER", "JOB_MASTER", "JOB_WORKER"})


class Property(NamedTuple):
    """What is known of one key; `name` is the canonical one."""

    name: str
    default: str | None  # None: unset; `<...>`: computed from the machine
    kind: str  # BOOLEAN DURATION DATASIZE INTEGER LONG DOUBLE ENUM LIST CLASS STRING
    choices: tuple[str, ...]  # the constants of an ENUM, as the table spells them
    delimiter: str  # of a LIST
    scope: str  # ALL CLIENT MASTER WORKER SERVER NONE
    consistency: str  # ENFORCE WARN IGNORE
    dynamic: bool  # may change while the process runs
    flags: frozenset[str]  # hidden deprecated credential ignored-in-site-file cluster-default
    aliases: tuple[str, ...]
    official: str | None  # the default of Alluxio 2.9.6 where ours differs
    description: str

    @property
    def is_credential(self) -> bool:
        return "credential" in self.flags

    @property
    def is_deprecated(self) -> bool:
        return "deprecated" in self.flags

    @property
    def is_sent(self) -> bool:
        """Whether masters send this product's own default to others as a cluster default."""
        return "cluster-default" in self.flags

    @property
    def is_computed(self) -> bool:
        """Whether the default depends on the machine that asks."""
        return self.default is not None and self.default.startswith("<")

    @property
    def is_for_site_file(self) -> bool:
        """Whether the site file may set it; the place of the site file itself, for one, cannot stand there."""
        return "ignored-in-site-file" not in self.flags

    def reaches(self, scope: str) -> bool:
        """Tell whether a role (`CLIENT`, `MASTER`, `WORKER`) is within this property's scope."""
        return self.scope in ("ALL", scope) or (self.scope == "SERVER" and scope in _SERVERS)


class Table:
    """The rows of one table file; `TABLE` below is the shipped one."""

    def __init__(self, text: str) -> None:
        header, *lines = text.splitlines()
        assert header == "\t".join(COLUMNS), "properties.tsv: unexpected columns"
        self._lines = {line[: line.index("\t")]: line for line in lines}
        self._parsed: dict[str, Property] = {}

    def __iter__(self) -> Iterator[Property]:
        """Yield all properties, sorted by name."""
        return (self[name] for name in self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __getitem__(self, name: str) -> Property:
        known = self._parsed.get(name)
        if known is None:
            known = self._parsed[name] = _parse_row(self._lines[name])
        return known

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self._lines)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Map every old name to the canonical one, deprecated keys that have a successor included."""
        found: dict[str, str] = dict(MISTAKEN)
        # Only the columns needed are looked at: every start asks for this, and whole rows cost some milliseconds.
        for name, line in self._lines.items():
            columns = line.split("\t", 8)
            for alias in columns[7].split(",") if columns[7] else ():
                # A deprecated key that is also an alias leads to its successor, whose claim therefore wins.
                if "deprecated" not in columns[6] or alias not in found:
                    found[alias] = name
        return found

    def find(self, name: str) -> Property | None:
        """Return the property behind a name, an alias or a parameterised name; None when there is none.

        A deprecated key with a successor is found under its own name; `successor` tells the successor.
        """
        if name in self._lines:
            return self[name]
        canonical = self.aliases.get(name)
        if canonical is not None:
            return self[canonical]
        return _from_template(name)

    def successor(self, name: str) -> str | None:
        """Return the canonical name that a setting under `name` is meant for, if it is another one."""
        return self.aliases.get(name)

    def nearest(self, name: str) -> str | None:
        """Return the known name that is most like a misspelt one, or None when nothing is close.

        Cost: some 50 ms, as every name is compared; only mistakes pay it.
        """
        from difflib import get_close_matches

        near = get_close_matches(name, [*self._lines, *self.aliases], n=1, cutoff=0.8)
        return self.aliases.get(near[0], near[0]) if near else None


def _parse_row(line: str) -> Property:
    name, default, kind, scope, consistency, dynamic, flags, aliases, official, description = line.split("\t")
    kind, _, argument = kind.partition("(")
    argument = argument.removesuffix(")")
    return Property(
        name=name,
        default=default or None,
        kind=kind,
        choices=tuple(argument.split("|")) if kind == "ENUM" else (),
        delimiter=argument if kind == "LIST" else "",
        scope=scope,
        consistency=consistency,
        dynamic=dynamic == "true",
        flags=frozenset(flags.split(",")) if flags else frozenset(),
        aliases=tuple(aliases.split(",")) if aliases else (),
        official=official or None,
        description=description,
    )


@lru_cache(maxsize=1024)
def _from_template(name: str) -> Property | None:
    from pyalluxio.conf import templates  # only unusual names need it, and compiling it costs a start 2 ms

    match = templates.match(name)
    if match is None:
        return None
    template, parts = match
    flags = {"dynamic-name"}
    inner = template.inner_key(parts)
    if template.is_credential or (inner is not None and is_secret(inner)):
        flags.add("credential")
    return Property(
        name=name,
        default=template.default,
        kind=template.kind,
        choices=(),
        delimiter="," if template.kind == "LIST" else "",
        scope=template.scope,
        consistency=template.consistency,
        dynamic=True,
        flags=frozenset(flags),
        aliases=(),
        official=None,
        description=template.description,
    )


def is_secret(name: str) -> bool:
    """Tell whether a value under this name must never be shown: a credential of the table, or it looks like one."""
    known = TABLE.find(name)
    if known is not None:
        return known.is_credential
    squeezed = name.lower().replace(".", "").replace("_", "").replace("-", "")
    return any(word in squeezed for word in _SECRET_WORDS)


_SECRET_WORDS = ("secret", "password", "accesskey", "accountkey", "token", "credential", "authkey")

TABLE = Table(Path(__file__).with_name("properties.tsv").read_text(encoding="utf-8"))
