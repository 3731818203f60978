"""`alluxio journal`: the journal of this host's master, and the quorum that replicates it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.formatting import format_roles, yes_option
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup, Place
from pyalluxio.errors import FailedPrecondition

if TYPE_CHECKING:
    from pyalluxio.journal.forced_recovery import Plan

group = LazyGroup(
    "journal",
    "Look after the journal of this host's master.",
    {
        "quorum": Place("pyalluxio.cli.quorum:group", "Show and change the masters that replicate the journal"),
        "read": Place("pyalluxio.cli.journal_read:read", "Write the entries of a journal into a text file"),
    },
)


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


@group.command(context_settings=HELP_NAMES)
@click.option("--address", metavar="HOST:PORT", help="The RPC address of one master, which need not lead (port 19998).")
@click.pass_obj
def checkpoint(invocation: Invocation, address: str | None) -> None:
    """Let the leading master, or the one at an address, take a snapshot of its state, and shorten its log.

    \b
    Examples:
      alluxio journal checkpoint
      alluxio journal checkpoint --address master2:19998
    """
    click.echo(f"Successfully took a checkpoint on master {asyncio.run(_checkpoint(invocation, address))}")


async def _checkpoint(invocation: Invocation, address: str | None) -> str:
    from pyalluxio.cli.info import master_client
    from pyalluxio.conf.addresses import split
    from pyalluxio.wire.gen import meta_master_pb2
    from pyalluxio.wire.methods import method

    if address is not None:
        split(address)
    client = master_client(invocation, None if address is None else [address])
    try:
        rpc = method("alluxio.grpc.meta.MetaMasterClientService", "Checkpoint")
        reply = await client.call(rpc, meta_master_pb2.CheckpointPOptions())
        return str(reply.masterHostname)
    finally:
        await client.close()


@group.command("force-quorum", context_settings=HELP_NAMES)
@click.option("-y", "--yes", is_flag=True, help="Do not ask, although changes may be lost.")
@click.pass_obj
def force_quorum(invocation: Invocation, yes: bool) -> None:
    """Make this host's master the only member of its quorum, after the majority was lost for good.

    Only for masters that will never come back: with a majority of the members alive nothing needs to be forced, and
    the command refuses. This host's master has to be stopped. Run it on the member whose log reaches furthest, start
    that master, and then add the others with empty journals.

    \b
    Example:
      alluxio journal force-quorum
    """
    from pyalluxio.conf.addresses import own_journal_address
    from pyalluxio.journal import forced_recovery
    from pyalluxio.processes import installation

    conf = invocation.configuration("master")
    process = installation.process_of("master", conf, invocation.overrides)
    identity = process.running()
    if identity is not None:
        raise FailedPrecondition(
            f"The master of this host runs (pid {identity.pid}). If it has no leader, `quorum info` says why; to force "
            f"the quorum stop it with `{process.stopping}`."
        )
    folder = Path(conf.text("alluxio.master.journal.folder"))
    plan = forced_recovery.plan(folder, own_journal_address(conf))
    click.echo(forced_recovery.explanation(plan), err=True)
    if not yes:
        _ask(plan)
    forced_recovery.force(plan)
    click.echo(f"{plan.own_address} is now the only member of its quorum. Start this master, then add the others.")


def _ask(plan: Plan) -> None:
    try:
        agreed = click.confirm(f"Make {plan.own_address} the only member?", default=False, err=True)
    except click.Abort:
        # No terminal and nothing piped in: a script. It has to say so.
        click.echo("", err=True)
        agreed = False
    if not agreed:
        raise FailedPrecondition("Nothing was changed. Answer y, or give --yes to force it without a question.")
