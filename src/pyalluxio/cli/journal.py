"""`alluxio journal`: the journal of this host's master."""

from __future__ import annotations

import click

from pyalluxio.cli.formatting import format_roles, yes_option
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup

group = LazyGroup("journal", "Look after the journal of this host's master.", {})


@group.command("format", context_settings=HELP_NAMES)
@yes_option
@click.pass_obj
def format_command(invocation: Invocation, yes: bool) -> None:
    """Empty the journal of this host's master.

    \b
    Example:
      alluxio journal format
    """
    format_roles(invocation, ["master"], yes)
    click.echo("Format successful on master.")
