"""`alluxio info`: what the cluster says about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from pyalluxio import __version__
from pyalluxio.cli import report as reports
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup
from pyalluxio.errors import AlluxioError

CATEGORIES = ("summary",)
# A person waits in front of a report: much less than a client's two minutes.
UNREACHABLE_MAX_MS = 5_000

group = LazyGroup("info", "Report the state of the cluster.", {})


@group.command(context_settings=HELP_NAMES)
@click.argument("category", required=False, default="summary", type=click.Choice(CATEGORIES), metavar="[summary]")
@click.option("--format", "form", type=click.Choice(["json", "yaml", "text"]), default="json", show_default=True)
@click.pass_obj
def report(invocation: Invocation, category: str, form: str) -> None:
    """Report the masters, the workers and the space of the cluster.

    \b
    Examples:
      alluxio info report
      alluxio info report summary --format text
    """
    content = reports.summary(*asyncio.run(_ask_for_summary(invocation)))
    shown = {"json": reports.as_json, "yaml": reports.as_yaml, "text": reports.summary_as_text}[form]
    click.echo(shown(content))


@group.command(context_settings=HELP_NAMES)
@click.option("--leader", "leader_only", is_flag=True, help="Print the host of the leading master only.")
@click.pass_obj
def master(invocation: Invocation, leader_only: bool) -> None:
    """Show which master leads, and all masters that are configured.

    \b
    Example:
      alluxio info master
    """
    leader, addresses = asyncio.run(_ask_for_leader(invocation))
    if leader_only:
        if leader is None:
            click.echo("Failed to find leader master", err=True)
            click.get_current_context().exit(1)
        click.echo(leader.rpartition(":")[0])
        return
    click.echo(f"Current leader master: {leader}" if leader else "Failed to find leader master")
    click.echo(f"All masters: [{', '.join(addresses)}]")


@group.command(context_settings=HELP_NAMES)
def version() -> None:
    """Print the version of this program."""
    click.echo(__version__)


async def _ask_for_summary(invocation: Invocation) -> tuple[Any, Any]:
    from pyalluxio.wire.gen import block_master_pb2, meta_master_pb2
    from pyalluxio.wire.methods import method

    client = master_client(invocation)
    try:
        master_info = method("alluxio.grpc.meta.MetaMasterClientService", "GetMasterInfo")
        block_info = method("alluxio.grpc.block.BlockMasterClientService", "GetBlockMasterInfo")
        every_field = block_master_pb2.GetBlockMasterInfoPOptions(filters=block_master_pb2.BlockMasterInfoField.keys())
        masters = await client.call(master_info, meta_master_pb2.GetMasterInfoPOptions())
        blocks = await client.call(block_info, every_field)
        return masters.masterInfo, blocks.blockMasterInfo
    finally:
        await client.close()


async def _ask_for_leader(invocation: Invocation) -> tuple[str | None, tuple[str, ...]]:
    from pyalluxio.client.connection import channel_options
    from pyalluxio.client.leader import version_probe

    client = master_client(invocation)
    configuration = invocation.configuration()
    timeout_s = min(UNREACHABLE_MAX_MS, configuration.duration_ms("alluxio.user.master.polling.timeout")) / 1000
    probe = version_probe(channel_options(configuration), timeout_s)
    try:
        leader = await client.finder.leader()
        # A single address counts as the leader without a question; people want to know whether it answers.
        await probe(leader)
    except AlluxioError as error:
        click.echo(str(error), err=True)
        return None, client.finder.addresses
    finally:
        await client.close()
    return leader, client.finder.addresses


def master_client(invocation: Invocation, addresses: Sequence[str] | None = None) -> Any:
    """Return a client of the cluster's masters, or of those at `addresses`, for a command that somebody waits for."""
    # Imported here: `info version` and `--help` need none of it.
    from pyalluxio.client.connection import channel_options
    from pyalluxio.client.master_client import MasterClient
    from pyalluxio.conf.addresses import master_rpc_addresses

    configuration = invocation.configuration()
    addresses = addresses or master_rpc_addresses(configuration)
    options = channel_options(configuration)
    return MasterClient.of(configuration, addresses, options, unreachable_max_ms=UNREACHABLE_MAX_MS)
