"""`alluxio conf`: read the configuration."""

from __future__ import annotations

from pyalluxio.cli.lazy import LazyGroup, Place

group = LazyGroup(
    "conf",
    "Read the configuration.",
    {"get": Place("pyalluxio.cli.conf_get:get", "Show the value of a property, or of all")},
)
