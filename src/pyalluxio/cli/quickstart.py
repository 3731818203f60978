"""`alluxio quickstart`: a first cluster on this host, made, started and tried by one command."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click

from pyalluxio import conf
from pyalluxio.cli import basic_io_test, failover_trial, process
from pyalluxio.cli import exec as exec_group
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES
from pyalluxio.processes import local_cluster, starting
from pyalluxio.processes.local_process import START_TIMEOUT_S

MASTERS = 3


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

    Three masters and one worker on 127.0.0.1, everything in one folder. A new cluster is formatted, started and tried:
    with all read and write types, and by killing the leading master under a writing client. One that runs already is
    reported.

    \b
    Examples:
      alluxio quickstart
      alluxio quickstart --dir /tmp/alluxio
    """
    click.get_current_context().with_resource(starting.interrupted_by_signals())
    existing = local_cluster.open_existing(folder.absolute())
    if existing is not None and all(existing.process_of(member).running() for member in existing.members):
        cluster = process.start_cluster(invocation, folder, None, None, START_TIMEOUT_S)
        click.echo("\nThe cluster is running:\n")
        click.echo(process.table_of(cluster))
        return 0
    masters = MASTERS if existing is None else None
    cluster = process.start_cluster(invocation, folder, masters, None, START_TIMEOUT_S)
    environ = cluster.environment_of()
    client = Invocation(invocation.overrides, invocation.debug)
    client.use(conf.load("client", overrides=invocation.overrides, environ=environ))
    chosen = list(
        basic_io_test.runs(basic_io_test.OPERATIONS, basic_io_test.READ_TYPES, basic_io_test.WRITE_TYPES_OF_2_9)
    )
    failures = asyncio.run(exec_group.run_all(client, chosen, "/"))
    click.echo(f"\n{len(chosen) - failures} of {len(chosen)} tests passed.")
    if len(cluster.masters) >= MASTERS:
        trial = asyncio.run(try_failover(client.configuration(), cluster))
        click.echo(trial.describe())
        failures += len(trial.wrong)
        process.start_cluster(invocation, folder, None, None, START_TIMEOUT_S)
    click.echo("\nWhat runs where:\n")
    click.echo(process.table_of(cluster))
    return failures


async def try_failover(configuration: conf.Configuration, cluster: local_cluster.LocalCluster) -> failover_trial.Trial:
    """Kill the leading master of a cluster under a writing client."""
    from pyalluxio.client.connection import channel_options
    from pyalluxio.client.file_system import AsyncFileSystem
    from pyalluxio.client.leader import LeaderFinder

    of_address = {member.address("rpc"): cluster.process_of(member) for member in cluster.masters}
    finder = LeaderFinder.of(configuration, list(of_address), channel_options(configuration))

    async def kill() -> str:
        address = await finder.leader()
        identity = of_address[address].running()
        if identity is not None:
            os.kill(identity.pid, signal.SIGKILL)
        return address

    try:
        async with await AsyncFileSystem.connect(configuration=configuration) as fs:
            return await failover_trial.run(fs, kill)
    finally:
        await finder.close()
