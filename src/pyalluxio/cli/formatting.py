"""What `init format`, `journal format` and `cache format` share: list what would be lost, ask, then empty it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from pyalluxio.cli.invocation import Invocation
from pyalluxio.errors import FailedPrecondition
from pyalluxio.processes import format as formatting
from pyalluxio.processes import installation
from pyalluxio.processes.format import Content

yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask, although content is lost.")


def format_roles(invocation: Invocation, roles: Sequence[str], yes: bool) -> None:
    """Format this host's master and/or worker, after one question about everything that is lost.

    Raises:  FailedPrecondition: a process runs, or the answer was no.
    """
    steps: list[tuple[str, Callable[[], list[Path]]]] = []
    lost: list[Content] = []
    for role in roles:
        conf = invocation.configuration(role)
        process = installation.process_of(role, conf, invocation.overrides)
        if role == "master":
            formatting.check_master(conf, process)
            lost += formatting.master_content(conf)
            steps.append((role, partial(formatting.format_master, conf, process)))
        else:
            formatting.check_worker(conf, process)
            lost += formatting.worker_content(conf)
            steps.append((role, partial(formatting.format_worker, conf, process)))
    if lost and not yes:
        ask(lost)
    for role, step in steps:
        for folder in step():
            click.echo(f"Formatted {folder} of the {role}", err=True)


def ask(lost: Sequence[Content]) -> None:
    """Show what would be lost and read the answer. Raises FailedPrecondition: it was not yes."""
    click.echo("Formatting deletes what these folders hold (under storage is not touched):", err=True)
    for content in lost:
        click.echo(f"    {content}", err=True)
    try:
        agreed = click.confirm("Go on?", default=False, err=True)
    except click.Abort:
        # No terminal and nothing piped in: a script. It has to say so.
        click.echo("", err=True)
        agreed = False
    if not agreed:
        raise FailedPrecondition("Nothing was formatted. Answer y, or give --yes to format without a question.")
