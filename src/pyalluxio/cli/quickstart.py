"""`alluxio quickstart`: a first cluster on this host, made, started and tried by one command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from pyalluxio import conf
from pyalluxio.cli import basic_io_test, process
from pyalluxio.cli import exec as exec_group
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES
from pyalluxio.processes import local_cluster
from pyalluxio.processes.local_process import START_TIMEOUT_S


@click.command(context_settings=HELP_NAMES)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(process.DEFAULT_FOLDER),
    show_default=True,
    help="The folder that holds everything of the cluster.",
)
@click.pass_obj
def quickstart(invocation: Invocation, folder: Path) -> int:
    """Start a cluster on this host and try it.

    One master and one worker on 127.0.0.1, everything in one folder. A new cluster is formatted, started and tried with
    all read and write types; one that runs already is reported.

    \b
    Examples:
      alluxio quickstart
      alluxio quickstart --dir /tmp/alluxio
    """
    existing = local_cluster.open_existing(folder.absolute())
    if existing is not None and all(existing.process_of(member).running() for member in existing.members):
        cluster = process.start_cluster(invocation, folder, None, None, START_TIMEOUT_S)
        click.echo("\nThe cluster is running:\n")
        click.echo(process.table_of(cluster))
        return 0
    cluster = process.start_cluster(invocation, folder, None, None, START_TIMEOUT_S)
    environ = cluster.environment_of()
    client = Invocation(invocation.overrides, invocation.debug)
    client.use(conf.load("client", overrides=invocation.overrides, environ=environ))
    chosen = list(
        basic_io_test.runs(basic_io_test.OPERATIONS, basic_io_test.READ_TYPES, basic_io_test.WRITE_TYPES_OF_2_9)
    )
    failures = asyncio.run(exec_group.run_all(client, chosen, "/"))
    click.echo(f"\n{len(chosen) - failures} of {len(chosen)} tests passed. What runs where:\n")
    click.echo(process.table_of(cluster))
    return failures
