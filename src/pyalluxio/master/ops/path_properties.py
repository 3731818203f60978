"""Defaults of paths: an entry holds all properties of its path, so a change is a merge within one batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyalluxio.journal.entries import PathPropertiesEntry, RemovePathPropertiesEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.tx import PATH_PROPERTIES


def add(context: OpContext, path: str, properties: Mapping[str, str]) -> None:
    """Set properties of a path; those it has besides stay."""
    if properties:
        present = context.tx.get(PATH_PROPERTIES, path) or {}
        context.emit(PathPropertiesEntry(path, {**present, **properties}))


def remove(context: OpContext, path: str, keys: Collection[str]) -> None:
    """Remove properties of a path, all of them when `keys` is empty; those it does not have are ignored."""
    present = context.tx.get(PATH_PROPERTIES, path)
    if not present:
        return
    kept = {key: value for key, value in present.items() if keys and key not in keys}
    if not kept:
        context.emit(RemovePathPropertiesEntry(path))
    elif kept != present:
        context.emit(PathPropertiesEntry(path, kept))
