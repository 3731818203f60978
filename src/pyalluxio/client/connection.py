"""How this client connects: user, authentication and transport settings read from properties."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from pyalluxio.errors import ConfigurationError
from pyalluxio.wire.channel import ChannelOptions

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

INT32_MAX = (1 << 31) - 1

# gRPC waits up to 2 min before it connects again to an address that refused once; a restarted server is wanted sooner.
_RECONNECT = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 2_000),
)

# Block data comes in messages of 1 MB. Frames and a window of their size mean fewer wake-ups for each: 10 to 20 % less
# processor time a gigabyte, measured on reads of 256 MB from an official worker.
_DATA = (
    ("grpc.http2.max_frame_size", 4 << 20),
    ("grpc.http2.lookahead_bytes", 8 << 20),
    ("grpc.http2.bdp_probe", 0),
)


def login_user(configuration: Configuration) -> str:
    """Return the user to act as: the property if set, else the user of this process."""
    name = configuration.text_or_none("alluxio.security.login.username")
    return name or os.environ.get("HADOOP_USER_NAME") or getpass.getuser()


def channel_options(configuration: Configuration, *, streaming: bool = False) -> ChannelOptions:
    """Return the options of a channel to a master, or with `streaming` of one that carries block data.

    Raises:   ConfigurationError: KERBEROS, which this client does not speak.
    """
    authentication = configuration.enum("alluxio.security.authentication.type")
    if authentication == "KERBEROS":
        raise ConfigurationError(
            "alluxio.security.authentication.type is KERBEROS, which is not supported; use SIMPLE, CUSTOM or NOSASL."
        )
    group = f"alluxio.user.network.{'streaming' if streaming else 'rpc'}"
    return ChannelOptions(
        user=login_user(configuration),
        authentication=authentication,
        auth_timeout_s=configuration.duration_ms("alluxio.network.connection.auth.timeout") / 1000,
        inbound_message_bytes_max=min(configuration.size_bytes(f"{group}.max.inbound.message.size"), INT32_MAX),
        keepalive_time_ms=min(configuration.duration_ms(f"{group}.keepalive.time"), INT32_MAX),
        keepalive_timeout_ms=min(configuration.duration_ms(f"{group}.keepalive.timeout"), INT32_MAX),
        extra=(*_RECONNECT, *(_DATA if streaming else ())),
    )
