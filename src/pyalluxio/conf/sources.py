"""Where a value comes from, and the layers of values in the order in which they win."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from pyalluxio.conf.problem import Problem
from pyalluxio.conf.table import MISTAKEN, TABLE
from pyalluxio.errors import ConfigurationError


class Source(IntEnum):
    """The sources of 2.9.6 from weak to strong; names travel over the wire."""

    DEFAULT = 0
    CLUSTER_DEFAULT = 1
    SITE_PROPERTY = 2
    SYSTEM_PROPERTY = 3
    PATH_DEFAULT = 4
    RUNTIME = 5
    MOUNT_OPTION = 6


class Setting(NamedTuple):
    """One value that somebody set: where (a file with line, a variable, an option) and under which name."""

    value: str
    source: Source
    where: str = ""
    file: str = ""
    written_as: str = ""

    @property
    def label(self) -> str:
        """The source as shells show it and the wire carries it."""
        return f"SITE_PROPERTY ({self.file})" if self.file else self.source.name


class Written(NamedTuple):
    """One `name=value` as somebody wrote it, before names are understood."""

    name: str
    value: str
    where: str
    file: str = ""


def layer(written: Iterable[Written], source: Source) -> tuple[dict[str, Setting], list[Problem]]:
    """Understand the names of one source: aliases become canonical, the later of two wins, mistakes become warnings.

    An empty value counts as unset, with a warning.
    Raises:   ConfigurationError: a key that no longer exists (the text says what replaces it), or a key together with
              its mistaken form.
    """
    settings: dict[str, Setting] = {}
    warnings: list[Problem] = []
    for item in written:
        if not item.value or not item.name:
            warnings.append(_without_effect(item))
            continue
        name = _understand(item, warnings)
        earlier = settings.get(name)
        if earlier is not None and earlier.where != item.where:
            _refuse_both_forms(earlier.written_as, item.name, f"{earlier.where} and {item.where}")
            if earlier.value != item.value:
                text = f"{item.name} is set a second time, after {earlier.where}; this one counts."
                warnings.append(Problem(text, name, item.where))
        settings[name] = Setting(item.value, source, item.where, item.file, item.name)
    return settings, warnings


def refuse_both_forms(layers: Iterable[dict[str, Setting]]) -> None:
    """Raise ConfigurationError when one source has a key and another its mistaken form, since neither can be meant."""
    seen: dict[str, Setting] = {}
    for settings in layers:
        for right in MISTAKEN.values():
            setting = settings.get(right)
            if setting is None:
                continue
            if right in seen:
                _refuse_both_forms(
                    seen[right].written_as, setting.written_as, f"{seen[right].where} and {setting.where}"
                )
            seen[right] = setting


def _refuse_both_forms(one: str, other: str, where: str) -> None:
    if one != other and (one in MISTAKEN or other in MISTAKEN):
        wrong = one if one in MISTAKEN else other
        raise ConfigurationError(f"{where}: {MISTAKEN[wrong]} and {wrong} are both set; remove {wrong}.")


def _understand(item: Written, warnings: list[Problem]) -> str:
    """Return the canonical name that a written one stands for; note what its author should know."""
    name = item.name
    known = TABLE.find(name)
    if known is None:
        _report_unknown(item, warnings)
        return name
    successor = TABLE.successor(name)
    if name in MISTAKEN:
        warnings.append(Problem(f"{name} is not a property; it is read as {successor}. Write that.", name, item.where))
    elif known.name == name and known.is_deprecated:
        then = f"it is read as {successor}" if successor else "it has no effect here"
        warnings.append(Problem(f"{name} is deprecated; {then}.", name, item.where))
    return successor or known.name


def _without_effect(item: Written) -> Problem:
    if not item.name:
        return Problem("There is no name before the =; the line has no effect.", where=item.where)
    if TABLE.find(item.name) is not None:
        return Problem(f"{item.name} has no value and counts as unset.", item.name, item.where)
    near = TABLE.nearest(item.name)
    hint = f" It is not a known property. Did you mean {near}?" if near is not None else ""
    return Problem(f"{item.name} has no value and no effect: write name=value.{hint}", item.name, item.where)


def _report_unknown(item: Written, warnings: list[Problem]) -> None:
    from pyalluxio.conf.removed import hint

    removed = hint(item.name)
    if removed is not None:
        raise ConfigurationError(f"{item.where}: {item.name} no longer exists: {removed}")
    near = TABLE.nearest(item.name)
    # Other systems' keys (fs.s3a.…, dfs.…) pass through to under storages, so only ours are surely mistakes.
    if near is not None:
        warnings.append(Problem(f"{item.name} is not a known property. Did you mean {near}?", item.name, item.where))
    elif item.name.startswith("alluxio."):
        warnings.append(Problem(f"{item.name} is not a known property and has no effect.", item.name, item.where))
