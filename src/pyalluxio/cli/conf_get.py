"""`alluxio conf get`: the value of one property or of all, here or as the leading master sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES
from pyalluxio.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

UNIT_BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "PB": 1 << 50}
UNIT_MS = {"MS": 1, "S": 1000, "M": 60_000, "H": 3_600_000, "D": 86_400_000}

# A person waits in front of the terminal: much less than a client's two minutes.
UNREACHABLE_MAX_MS = 5_000


class Shown(NamedTuple):
    """One property as it is printed; an unset value is empty."""

    name: str
    value: str
    source: str


@click.command("get", context_settings=HELP_NAMES)
@click.argument("key", required=False)
@click.option("--master", "of_master", is_flag=True, help="Ask the leading master for its values.")
@click.option("--source", "with_source", is_flag=True, help="Tell where the value comes from.")
@click.option(
    "--unit",
    type=click.Choice([*UNIT_BYTES, *UNIT_MS], case_sensitive=False),
    help="Print a size or a duration as a whole number of this unit, rounded down.",
)
@click.pass_obj
def get(invocation: Invocation, key: str | None, of_master: bool, with_source: bool, unit: str | None) -> None:
    """Print the value of KEY, an empty line when it is unset; without KEY, all properties. Secrets are masked.

    \b
    Examples:
      alluxio conf get alluxio.master.hostname
      alluxio conf get --source alluxio.master.rpc.port
      alluxio conf get --unit MB alluxio.worker.ramdisk.size
      alluxio conf get --master
    """
    conf = invocation.configuration()
    if key is not None:
        key = _known(conf, key)
    found = asyncio.run(_ask_master(conf)) if of_master else _here(conf, key)
    if key is None:
        for shown in sorted(found):
            click.echo(f"{shown.name}={shown.value}" + (f" ({shown.source})" if with_source else ""))
        return
    shown = next((shown for shown in found if shown.name == key), Shown(key, "", "DEFAULT"))
    if with_source:
        click.echo(shown.source)
    else:
        click.echo(in_unit(shown, unit) if unit is not None and shown.value else shown.value)


def in_unit(shown: Shown, unit: str) -> str:
    """Return a size or a duration as a whole number of units, rounded down.

    Raises:  InvalidArgument: the value is neither, or of the other kind.
    """
    from pyalluxio.conf import values

    unit = unit.upper()
    try:
        if unit in UNIT_BYTES:
            return str(values.parse_size_bytes(shown.value) // UNIT_BYTES[unit])
        return str(values.parse_duration_ms(shown.value) // UNIT_MS[unit])
    except ValueError:
        kind = "size" if unit in UNIT_BYTES else "duration"
        raise InvalidArgument(f"{shown.name}={shown.value} is no {kind} and has no value in {unit}.") from None


def _known(conf: Configuration, key: str) -> str:
    """Return the canonical name of a property of the table, or of any other that is set."""
    from pyalluxio.conf import TABLE

    prop = TABLE.find(key)
    if prop is not None:
        return TABLE.successor(key) or prop.name
    if conf.is_set_by_user(key):
        return key
    near = TABLE.nearest(key)
    raise NotFound(f"{key} is not a known property." + (f" Did you mean {near}?" if near else ""))


def _here(conf: Configuration, key: str | None) -> Iterable[Shown]:
    entries = conf.as_properties() if key is None else [conf.entry(key)]
    return [Shown(entry.name, entry.value or "", entry.source) for entry in entries]


async def _ask_master(conf: Configuration) -> Iterable[Shown]:
    from pyalluxio.client.connection import channel_options
    from pyalluxio.client.master_client import CONFIGURATION, MasterClient
    from pyalluxio.conf.addresses import master_rpc_addresses
    from pyalluxio.wire.gen import meta_master_pb2
    from pyalluxio.wire.methods import method

    client = MasterClient.of(
        conf, master_rpc_addresses(conf), channel_options(conf), unreachable_max_ms=UNREACHABLE_MAX_MS
    )
    try:
        request = meta_master_pb2.GetConfigurationPOptions(ignorePathConf=True)
        answer = await client.call(method(CONFIGURATION, "GetConfiguration"), request, authenticated=False)
    finally:
        await client.close()
    return [Shown(prop.name, prop.value, prop.source) for prop in answer.clusterConfigs]
