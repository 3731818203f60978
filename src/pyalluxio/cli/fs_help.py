"""`alluxio fs help`: the help of an fs command, as 2.9 spells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import fs_command

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation


@fs_command("help", "alluxio fs help rm")
@click.argument("name", required=False)
@click.pass_obj
def command(invocation: Invocation, name: str | None) -> None:
    """Show the help of an fs command, or the list of them."""
    from pyalluxio.cli.main import run_words

    run_words(["fs", *([name] if name else []), "--help"], invocation)
