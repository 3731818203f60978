"""From properties to the settings of servers: limits, authentication, impersonation."""

from __future__ import annotations

from pyalluxio.conf import Configuration
from pyalluxio.errors import ConfigurationError
from pyalluxio.wire.engine import ServerOptions
from pyalluxio.wire.groups import GroupMapping
from pyalluxio.wire.sasl import Impersonation
from pyalluxio.wire.sasl_service import Authenticator

INT32_MAX = (1 << 31) - 1
_IMPERSONATION = "alluxio.master.security.impersonation."


def server_options(conf: Configuration, role: str) -> ServerOptions:
    """Return the limits of the RPC server of `role`, "master" or "worker"."""
    prefix = f"alluxio.{role}.network"
    return ServerOptions(
        inbound_message_bytes_max=min(conf.size_bytes(f"{prefix}.max.inbound.message.size"), INT32_MAX),
        keepalive_time_ms=min(conf.duration_ms(f"{prefix}.keepalive.time"), INT32_MAX),
        keepalive_timeout_ms=min(conf.duration_ms(f"{prefix}.keepalive.timeout"), INT32_MAX),
        # A ping may come a little early; the official limit is 30 s for clients that ping every 30 s.
        permitted_ping_interval_ms=min(conf.duration_ms(f"{prefix}.permit.keepalive.time") // 3, INT32_MAX),
    )


def group_mapping(conf: Configuration) -> GroupMapping:
    return GroupMapping(conf.duration_ms("alluxio.security.group.mapping.cache.timeout"))


def authenticator(conf: Configuration, groups: GroupMapping) -> Authenticator:
    """Return how a server authenticates its clients.

    Raises:   ConfigurationError: KERBEROS, or CUSTOM with a provider that only a JVM can load.
    """
    scheme = conf.enum("alluxio.security.authentication.type")
    if scheme not in ("SIMPLE", "NOSASL"):
        raise ConfigurationError(
            f"alluxio.security.authentication.type is {scheme}, which this server does not offer; use SIMPLE or NOSASL."
        )
    return Authenticator(scheme, impersonation(conf), groups)


def impersonation(conf: Configuration) -> Impersonation:
    """Return the rules of the keys `alluxio.master.security.impersonation.<user>.users` and `.groups`."""
    users: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for name in conf.settings():
        if name.startswith(_IMPERSONATION):
            user, _, kind = name[len(_IMPERSONATION) :].rpartition(".")
            target = {"users": users, "groups": groups}.get(kind)
            if target is not None and user:
                target[user] = conf.items(name)
    return Impersonation.of(users, groups)
