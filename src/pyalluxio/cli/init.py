"""`alluxio init`: prepare this host for a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from pyalluxio.cli.formatting import format_roles, yes_option
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup

group = LazyGroup("init", "Prepare journals and worker storage.", {})


@group.command("format", context_settings=HELP_NAMES)
@click.option(
    "-s",
    "--localFileSystem",
    "--local-file-system",
    "only_if_absent",
    is_flag=True,
    help="Only if the root under storage is a local folder that does not exist yet.",
)
@click.option("--skip-master", is_flag=True, help="Leave the journal alone.")
@click.option("--skip-worker", is_flag=True, help="Leave the worker's storage alone.")
@yes_option
@click.pass_obj
def format_command(
    invocation: Invocation, only_if_absent: bool, skip_master: bool, skip_worker: bool, yes: bool
) -> None:
    """Empty the journal and the worker storage of this host. Under storage is never touched.

    \b
    Examples:
      alluxio init format
      alluxio init format --skip-worker --yes
    """
    if only_if_absent and not root_is_absent(invocation):
        click.echo("The root under storage exists or is not local: nothing to format (-s).", err=True)
        return
    roles = [role for role, skipped in (("worker", skip_worker), ("master", skip_master)) if not skipped]
    format_roles(invocation, roles, yes)
    names = {"master": "master", "worker": "workers"}
    click.echo(f"Format successful on {' and '.join(names[role] for role in reversed(roles)) or 'nothing'}.")


def root_is_absent(invocation: Invocation) -> bool:
    root = invocation.configuration("master").text("alluxio.master.mount.table.root.ufs")
    path = root.removeprefix("file://")
    return "://" not in path and not Path(path).exists()
