"""`alluxio quorum` (also `journal quorum`, `fsadmin journal quorum`): who replicates the journal, and who leads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import click

from pyalluxio.cli import quorum_report
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup
from pyalluxio.errors import AlluxioError, FailedPrecondition, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from pyalluxio.client.quorum import QuorumAdministration

Result = TypeVar("Result")

DOMAINS = ("MASTER", "JOB_MASTER")
# A target that lacks much may take that long to catch up; the masters themselves give up after 30 s.
ELECT_TIMEOUT_S = 60.0

group = LazyGroup("quorum", "Look after the masters that replicate the journal.", {})

# 2.9 writes long options with one dash.
domain_option = click.option(
    "--domain",
    "-domain",
    type=click.Choice(DOMAINS),
    default="MASTER",
    show_default=True,
    help="Whose quorum.",
)
address_option = click.option(
    "--address", "-address", required=True, metavar="HOST:PORT", help="The journal address of a master (port 19200)."
)


@group.command(context_settings=HELP_NAMES)
@domain_option
@click.option("--format", "form", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True)
@click.pass_obj
def info(invocation: Invocation, domain: str, form: str) -> int:
    """Show the members, who leads, and how far each of them is.

    Asks all masters; without a leader it tells why there is none, and the exit code is 1.

    \b
    Examples:
      alluxio quorum info
      alluxio quorum info --domain MASTER --format json
    """
    from pyalluxio.client.quorum import no_leader

    view = _run(invocation, domain, lambda quorum: quorum.view())
    if not view.answers:
        raise no_leader(view)
    content = quorum_report.content(domain, view)
    click.echo(quorum_report.rendered(content, form))
    return 0 if content["leader"] else 1


@group.command(context_settings=HELP_NAMES)
@domain_option
@address_option
@click.pass_obj
def elect(invocation: Invocation, domain: str, address: str) -> int:
    """Make a chosen master the leader; returns when it leads, or with the reason why it does not.

    \b
    Example:
      alluxio quorum elect --address host2:19200
    """
    host, port = _address(address)
    click.echo(f"Initiating transfer of leadership to {address}")
    try:
        took_s = _run(invocation, domain, lambda quorum: quorum.elect(host, port, ELECT_TIMEOUT_S))
    except AlluxioError as error:
        raise FailedPrecondition(f"Failed to elect {address} as the new leader: {error}") from error
    click.echo(f"Successfully elected {address} as the new leader")
    click.echo(f"It leads after {took_s:.1f} s.", err=True)
    return 0


@group.command(context_settings=HELP_NAMES)
@domain_option
@address_option
@click.pass_obj
def remove(invocation: Invocation, domain: str, address: str) -> int:
    """Take a master out of the quorum for good; one that is only stopped stays a member.

    \b
    Example:
      alluxio quorum remove --domain MASTER --address host3:19200
    """
    host, port = _address(address)
    _run(invocation, domain, lambda quorum: quorum.remove(host, port))
    click.echo(f"Removed server at: {address} from quorum: {domain}")
    return 0


def _address(text: str) -> tuple[str, int]:
    from pyalluxio.conf.addresses import split

    try:
        return split(text)
    except InvalidArgument as error:
        raise InvalidArgument(f"--address: {error} It is the journal's port, 19200 by default.") from None


def _run(invocation: Invocation, domain: str, work: Callable[[QuorumAdministration], Awaitable[Result]]) -> Result:
    # Imported here: the overview of commands needs no gRPC.
    from pyalluxio.client.connection import channel_options
    from pyalluxio.client.quorum import QuorumAdministration
    from pyalluxio.conf.addresses import job_master_rpc_addresses, master_rpc_addresses

    configuration = invocation.configuration()
    addresses_of: Any = master_rpc_addresses if domain == "MASTER" else job_master_rpc_addresses
    addresses = addresses_of(configuration)

    async def main() -> Result:
        quorum = QuorumAdministration(addresses, channel_options(configuration))
        try:
            return await work(quorum)
        finally:
            await quorum.close()

    return asyncio.run(main())
