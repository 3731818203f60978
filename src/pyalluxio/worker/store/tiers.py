"""Tiers and their directories: where blocks can lie, and how much room each place has.

A tier is an ordinal and an alias (0 MEM, 1 SSD, 2 HDD); it has one or more directories, each with a quota and a medium.
The room of a directory:

    capacity = available + committed blocks + reservations of blocks being written
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from pyalluxio.ids import BlockId


class Location(NamedTuple):
    """One directory of one tier; the master sees only alias and medium."""

    tier: int
    directory: int
    tier_alias: str
    medium: str


@dataclass(frozen=True, slots=True)
class DirectorySpec:
    """One directory as configured."""

    tier: int
    tier_alias: str
    medium: str
    capacity_bytes: int


@dataclass(slots=True)
class Directory:
    """The room of one directory and the blocks in it that could be evicted, least recently used first."""

    location: Location
    capacity_bytes: int
    committed_bytes: int = 0
    reserved_bytes: int = 0
    evictable: OrderedDict[BlockId, int] = field(default_factory=OrderedDict)  # id -> length; pinned ones are absent
    evictable_bytes: int = 0  # the sum of `evictable`

    @property
    def used_bytes(self) -> int:
        return self.committed_bytes + self.reserved_bytes

    @property
    def available_bytes(self) -> int:
        return self.capacity_bytes - self.used_bytes


def build_directories(specs: list[DirectorySpec]) -> list[Directory]:
    """Return the directories, numbered within their tier, fastest tier first."""
    counts: dict[int, int] = {}
    directories = []
    for spec in sorted(specs, key=lambda spec: spec.tier):
        index = counts.get(spec.tier, 0)
        counts[spec.tier] = index + 1
        location = Location(spec.tier, index, spec.tier_alias, spec.medium)
        directories.append(Directory(location, spec.capacity_bytes))
    return directories
