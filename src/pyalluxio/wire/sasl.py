"""SASL PLAIN as Alluxio 2.9 uses it: who a channel speaks for. Pure: no I/O, no clock.

Rules:

1. A client opens one authentication stream per logical channel and names the channel by a random id. Many channels
   share one TCP connection, so identity belongs to the id, never to the socket.
2. The message of SIMPLE is `authzid NUL user NUL password`; nothing is checked but that user and password are not
   empty. CUSTOM asks a provider.
3. The user spoken for is `authzid` if present, which the impersonation rules must allow, else `user`.
4. An id is registered before SUCCESS is sent and forgotten when its stream ends, for whatever reason.
5. Registering an id twice is an error and drops the existing entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pyalluxio.errors import Internal, ResourceExhausted, Unauthenticated

CHANNEL_ID_HEADER = "channel-id"
PASSWORD = "noPassword"  # what official clients send when the user has none
CHANNELS_MAX = 200_000
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a channel speaks for (`user`) and who opened it (`connection_user`)."""

    user: str
    connection_user: str


ANONYMOUS = Identity("", "")


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Who may speak for whom: connection user -> allowed users and groups; `*` allows everyone."""

    users: Mapping[str, frozenset[str]]
    groups: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, users: Mapping[str, Iterable[str]], groups: Mapping[str, Iterable[str]]) -> Impersonation:
        return cls(
            {name: frozenset(allowed) for name, allowed in users.items()},
            {name: frozenset(allowed) for name, allowed in groups.items()},
        )

    def check(self, connection_user: str, user: str, groups_of: Callable[[str], Iterable[str]]) -> None:
        """Raise Unauthenticated unless `connection_user` may speak for `user`."""
        if user == connection_user:
            return
        allowed_users = self.users.get(connection_user, frozenset())
        if EVERYONE in allowed_users or user in allowed_users:
            return
        allowed_groups = self.groups.get(connection_user, frozenset())
        if EVERYONE in allowed_groups or (allowed_groups and not allowed_groups.isdisjoint(groups_of(user))):
            return
        key = f"alluxio.master.security.impersonation.{connection_user}"
        raise Unauthenticated(
            f"User {connection_user} may not impersonate {user}: add {user} to {key}.users, or a group of {user} to "
            f"{key}.groups, in the configuration of the server."
        )


def parse_plain(message: bytes) -> tuple[str, str, str]:
    """Return (authzid, user, password) of a PLAIN message.

    Raises:   Unauthenticated: not three parts, not UTF-8, or user or password is empty.
    """
    parts = message.split(b"\0")
    if len(parts) != 3:
        raise Unauthenticated(f"The PLAIN message has {len(parts)} parts instead of 3 (authzid, user, password).")
    try:
        authzid, user, password = (part.decode() for part in parts)
    except UnicodeDecodeError as error:
        raise Unauthenticated(f"The PLAIN message is not UTF-8: {error}.") from error
    if not user:
        raise Unauthenticated("The PLAIN message names no user.")
    if not password:
        raise Unauthenticated(f"The PLAIN message of user {user} has no password.")
    return authzid, user, password


def build_plain(user: str, impersonated: str = "", password: str = PASSWORD) -> bytes:
    """Return the PLAIN message of a client."""
    return f"{impersonated}\0{user}\0{password}".encode()


class ChannelRegistry:
    """The authenticated channels of one server: id -> identity."""

    def __init__(self, channels_max: int = CHANNELS_MAX) -> None:
        self._identities: dict[str, Identity] = {}
        self._last_used_s: dict[str, float] = {}
        self._channels_max = channels_max

    def __len__(self) -> int:
        return len(self._identities)

    def register(self, channel_id: str, identity: Identity, now_s: float) -> None:
        """Enter a channel; an id that is known already is dropped and refused (rule 5)."""
        if not channel_id:
            raise Unauthenticated("The first SASL message names no channel id.")
        if channel_id in self._identities:
            self.forget(channel_id)
            raise Internal(f"Channel {channel_id} is registered already; open a new one.")
        if len(self._identities) >= self._channels_max:
            raise ResourceExhausted(f"This server has {len(self._identities)} channels, the most it holds; close some.")
        self._identities[channel_id] = identity
        self._last_used_s[channel_id] = now_s

    def forget(self, channel_id: str) -> None:
        self._identities.pop(channel_id, None)
        self._last_used_s.pop(channel_id, None)

    def identify(self, channel_id: str | None) -> Identity:
        """Return who a call speaks for.

        Raises:   Unauthenticated: no id, or one that is not registered here; clients authenticate again on this.
        """
        if not channel_id:
            raise Unauthenticated("The call has no channel-id header; authenticate the channel first.")
        identity = self._identities.get(channel_id)
        if identity is None:
            raise Unauthenticated(f"Channel {channel_id} is not authenticated here; authenticate it again.")
        return identity

    def find(self, channel_id: str | None) -> Identity | None:
        """Return who a call speaks for, or None when nobody is known; for RPCs that need no channel."""
        return self._identities.get(channel_id) if channel_id else None

    def touch(self, channel_id: str, now_s: float) -> None:
        """Remember that a channel was used; called at a coarse interval, not per call."""
        if channel_id in self._last_used_s:
            self._last_used_s[channel_id] = now_s

    def stale(self, now_s: float, unused_s: float) -> list[str]:
        """Return the ids unused for `unused_s`, whose streams the server ends."""
        return [channel_id for channel_id, used_s in self._last_used_s.items() if now_s - used_s >= unused_s]
