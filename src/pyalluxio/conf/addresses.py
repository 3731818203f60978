"""Who is in the cluster: the masters that a client asks, the members of the journal quorum, and which of them is me.

Authority of a URI, tested in this order (2.9.6):

    ""                         the configuration decides
    host:port                  one master
    h1:p1,h2:p2                masters; `,` `;` and `+` separate alike (Spark wants `;`, some shells `+`)
    zk@h1:p1,h2:p2             masters found through ZooKeeper
    zk@name                    the same, by a logical name
    ebj@name                   masters by a logical name: alluxio.master.nameservices.<name> and its addresses
    anything else              unknown, an error when it is used

A typed authority wins over every property. Without one: alluxio.master.rpc.addresses, else the hosts of
alluxio.master.embedded.journal.addresses with alluxio.master.rpc.port, else alluxio.master.hostname with that port.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from pyalluxio.conf.configuration import Configuration
from pyalluxio.errors import ConfigurationError, InvalidArgument

RPC_ADDRESSES = "alluxio.master.rpc.addresses"
RPC_PORT = "alluxio.master.rpc.port"
JOURNAL_ADDRESSES = "alluxio.master.embedded.journal.addresses"
JOURNAL_PORT = "alluxio.master.embedded.journal.port"
HOSTNAME = "alluxio.master.hostname"

_HOST_PORT = re.compile(r"([^:,;+@/\s]+):([0-9]+)\Z")
_SEPARATOR = re.compile(r"[,;+]")
_LOGICAL = re.compile(r"[\w.-]+\Z", re.ASCII)
_PORT_MAX = 65535


class AuthorityKind(Enum):
    NONE = "none"
    SINGLE = "single"
    MULTI = "multi"
    ZOOKEEPER = "zookeeper"
    LOGICAL_ZOOKEEPER = "logical zookeeper"
    LOGICAL = "logical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Authority:
    """The part of a URI between `//` and the path. `addresses` are `host:port`; `name` is a logical one."""

    kind: AuthorityKind
    text: str
    addresses: tuple[str, ...] = ()
    name: str = ""


def parse_authority(text: str) -> Authority:
    """Tell what an authority means; never raises, since some are an error only when used."""
    if not text:
        return Authority(AuthorityKind.NONE, text)
    if text.startswith("zk@"):
        rest = text.removeprefix("zk@")
        if ":" in rest and (members := _host_ports(rest)):
            return Authority(AuthorityKind.ZOOKEEPER, text, members)
        if _LOGICAL.match(rest):
            return Authority(AuthorityKind.LOGICAL_ZOOKEEPER, text, name=rest)
    elif text.startswith("ebj@"):
        name = text.removeprefix("ebj@")
        if _LOGICAL.match(name):
            return Authority(AuthorityKind.LOGICAL, text, name=name)
    elif members := _host_ports(text):
        return Authority(AuthorityKind.SINGLE if len(members) == 1 else AuthorityKind.MULTI, text, members)
    return Authority(AuthorityKind.UNKNOWN, text)


def master_rpc_addresses(conf: Configuration, authority: str = "") -> list[str]:
    """Return the `host:port` of the masters to ask, in the order given, none twice.

    Raises:   InvalidArgument: an authority that names no masters.  ConfigurationError: properties that do not.
    """
    if authority:
        return _of_authority(conf, parse_authority(authority))
    if conf.boolean("alluxio.zookeeper.enabled"):
        raise ConfigurationError(
            "alluxio.zookeeper.enabled=true: masters cannot be found through ZooKeeper here; "
            f"unset it and set {RPC_ADDRESSES}."
        )
    listed = conf.items(RPC_ADDRESSES)
    if listed:
        return _checked(conf, RPC_ADDRESSES, listed)
    port = conf.integer(RPC_PORT)
    members = conf.items(JOURNAL_ADDRESSES)
    if members:
        return _unique([f"{split(address)[0]}:{port}" for address in _checked(conf, JOURNAL_ADDRESSES, members)])
    host = conf.text_or_none(HOSTNAME)
    if host is None:
        raise ConfigurationError(
            f"It is not known where the masters are. Set {HOSTNAME} for one master, {JOURNAL_ADDRESSES} or "
            f"{RPC_ADDRESSES} for several, or use a path like alluxio://host:{port}/."
        )
    return [f"{host}:{port}"]


def job_master_rpc_addresses(conf: Configuration) -> list[str]:
    """Return the `host:port` of the job masters: listed, else on the hosts of the masters."""
    listed = conf.items("alluxio.job.master.rpc.addresses")
    if listed:
        return _checked(conf, "alluxio.job.master.rpc.addresses", listed)
    port = conf.integer("alluxio.job.master.rpc.port")
    return _unique([f"{split(address)[0]}:{port}" for address in master_rpc_addresses(conf)])


def journal_addresses(conf: Configuration) -> list[str]:
    """Return the `host:port` of the quorum's members; a master without a list is its own quorum."""
    members = conf.items(JOURNAL_ADDRESSES)
    if members:
        return _checked(conf, JOURNAL_ADDRESSES, members)
    return [f"{own_host(conf)}:{conf.integer(JOURNAL_PORT)}"]


def own_host(conf: Configuration) -> str:
    """Return the name that this master goes by: alluxio.master.hostname, else the machine's name or address."""
    return conf.text_or_none(HOSTNAME) or own_machine(conf)


def own_machine(conf: Configuration) -> str:
    """Return what this machine calls itself where no property says so: its name, or its address if so asked."""
    by_address = conf.boolean("alluxio.network.ip.address.used")
    return conf.machine.ip_address if by_address else conf.machine.host_name


def own_journal_address(conf: Configuration) -> str:
    """Return which member of the quorum this master is, spelt as in the list.

    A name that is not in the list word by word counts when it resolves to the address of a member with the same port.
    Without alluxio.master.hostname, a single member that is this machine counts.

    Raises:   ConfigurationError: this master is not in the list; the text has the likely reason.
    Cost:     none when the name is listed; else name look-ups, which may block.
    """
    members = journal_addresses(conf)
    port = conf.integer(JOURNAL_PORT)
    host = own_host(conf)
    own = f"{host}:{port}"
    for member in members:
        if member.lower() == own.lower():
            return member
    same_port = [member for member in members if split(member)[1] == port]
    if conf.is_set(HOSTNAME):
        matching = [member for member in same_port if conf.machine.same_host(split(member)[0], host)]
    else:
        matching = [member for member in same_port if conf.machine.is_local(split(member)[0])]
    if len(matching) == 1:
        return matching[0]
    raise ConfigurationError(_why_not_listed(conf, own, members))


def split(address: str) -> tuple[str, int]:
    """Return host and port. InvalidArgument: not `host:port`."""
    match = _HOST_PORT.match(address)
    if match is None or not 0 < int(match.group(2)) <= _PORT_MAX:
        raise InvalidArgument(f'"{address}" is not host:port with a port from 1 to {_PORT_MAX}.')
    return match.group(1), int(match.group(2))


def _of_authority(conf: Configuration, authority: Authority) -> list[str]:
    match authority.kind:
        case AuthorityKind.SINGLE | AuthorityKind.MULTI:
            return _unique(list(authority.addresses))
        case AuthorityKind.LOGICAL:
            return _of_logical_name(conf, authority.name)
        case AuthorityKind.ZOOKEEPER | AuthorityKind.LOGICAL_ZOOKEEPER:
            raise InvalidArgument(
                f'Authority "{authority.text}" finds masters through ZooKeeper, which is not possible here; name the '
                "masters, as in alluxio://host1:19998,host2:19998/."
            )
        case _:
            raise InvalidArgument(
                f'Authority "{authority.text}" names no masters. Write host:port, host1:port1,host2:port2 (every one '
                "with its port), or ebj@name."
            )


def _of_logical_name(conf: Configuration, name: str) -> list[str]:
    prefix = "alluxio.master.nameservices."
    ids = conf.items(prefix + name)
    if not ids:
        others = sorted(key.removeprefix(prefix) for key in conf.settings() if key.startswith(prefix))
        known = f" Known names: {', '.join(others)}." if others else ""
        raise ConfigurationError(
            f"ebj@{name}: {prefix}{name} is not set; it must list the ids of the masters, such as m1,m2,m3.{known}"
        )
    addresses = []
    for member in ids:
        key = f"alluxio.master.rpc.address.{name}.{member}"
        address = conf.text_or_none(key)
        if address is None:
            raise ConfigurationError(
                f"ebj@{name}: {key} is not set, though {prefix}{name} lists {member}; it must be host:port."
            )
        addresses += _checked(conf, key, [address])
    return _unique(addresses)


def _host_ports(text: str) -> tuple[str, ...]:
    """Return the members of a list in which every one has a port; empty when one has not."""
    members = tuple(_SEPARATOR.split(text))
    return members if all(_HOST_PORT.match(member) for member in members) else ()


def _checked(conf: Configuration, key: str, addresses: list[str]) -> list[str]:
    for address in addresses:
        try:
            split(address)
        except InvalidArgument as error:
            raise ConfigurationError(f"{conf.where(key)}: {key}: {error}") from None
    return _unique(addresses)


def _unique(addresses: list[str]) -> list[str]:
    return list(dict.fromkeys(addresses))


def _why_not_listed(conf: Configuration, own: str, members: list[str]) -> str:
    listed = f"{JOURNAL_ADDRESSES}={','.join(members)} ({conf.where(JOURNAL_ADDRESSES)})"
    text = f"This master is {own}, which is not in {listed}."
    host, port = split(own)
    rpc_port = conf.integer(RPC_PORT)
    if rpc_port != port and any(split(member)[1] == rpc_port for member in members):
        return f"{text} {rpc_port} is the RPC port; the list takes journal ports, {port} by default."
    here = [member for member in members if split(member)[0].lower() == host.lower()]
    if here:
        return f"{text} The host is listed as {here[0]}; set {JOURNAL_PORT}={split(here[0])[1]} or correct the list."
    return f"{text} Set {HOSTNAME} to the name that the list has for this host, or add it to the list on every node."
