"""`alluxio cache`: what this host's worker has cached."""

from __future__ import annotations

import click

from pyalluxio.cli.formatting import format_roles, yes_option
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup

group = LazyGroup("cache", "Look after what this host's worker has cached.", {})


@group.command("format", context_settings=HELP_NAMES)
@yes_option
@click.pass_obj
def format_command(invocation: Invocation, yes: bool) -> None:
    """Delete everything that this host's worker has cached.

    \b
    Example:
      alluxio cache format
    """
    format_roles(invocation, ["worker"], yes)
    click.echo("Format successful on workers.")
