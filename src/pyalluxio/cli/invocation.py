"""One call of the program: its property overrides, and the configuration made from them when a command asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

# More of them are one mistake made everywhere; the log of a process holds all.
WARNINGS_MAX = 10


@dataclass(slots=True)
class Invocation:
    """What every command gets as `ctx.obj`."""

    overrides: dict[str, str] = field(default_factory=dict)
    debug: bool = False
    _told: set[str] = field(default_factory=set)
    _configurations: dict[str, Configuration] = field(default_factory=dict)

    def configuration(self, role: str = "client") -> Configuration:
        """Return the configuration of `role` ("master", "worker", "client"), read once.

        Raises:  ConfigurationError: a file, variable or property is wrong; the sentence names it.
        """
        if role not in self._configurations:
            # Imported here: `--help` and `--version` need no configuration.
            from pyalluxio import conf

            self._configurations[role] = conf.load(role, overrides=self.overrides)
            self.warn(self._configurations[role])
        return self._configurations[role]

    def warn(self, configuration: Configuration) -> None:
        """Tell mistakes that do not stop the command, each once, on standard error."""
        for warning in list(map(str, configuration.warnings))[:WARNINGS_MAX]:
            if warning not in self._told:
                self._told.add(warning)
                click.echo(f"Warning: {warning}", err=True)

    def forget_configuration(self) -> None:
        """Read the configuration again at the next question: a file of it was written."""
        self._configurations.clear()

    def use(self, configuration: Configuration, role: str = "client") -> None:
        """Take this configuration instead of the installation's: the command works on another cluster."""
        self._configurations[role] = configuration
