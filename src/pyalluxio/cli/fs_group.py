"""`alluxio fs`: the group of the commands in `cli/fs.py`."""

from __future__ import annotations

from pyalluxio.cli.fs import COMMANDS
from pyalluxio.cli.lazy import LazyGroup, Place

group = LazyGroup(
    "fs",
    "Work with files of the cluster.",
    {name: Place(*place) for name, place in COMMANDS.items()},
)
