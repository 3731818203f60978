"""The groups of a user, as this machine resolves them, with a bounded and expiring cache.

The official master asks the shell (`id -gn`, `id -Gn`); the C library's lookups answer the same without a process. A
user whom the machine does not know has no groups.
"""

from __future__ import annotations

import grp
import os
import pwd
import time
from collections import OrderedDict
from collections.abc import Callable

USERS_MAX = 10_000


class GroupMapping:
    """Map user names to their groups, the primary group first."""

    def __init__(
        self,
        cache_ms: int = 60_000,
        resolve: Callable[[str], tuple[str, ...]] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache_s = cache_ms / 1000
        self._resolve = resolve or system_groups
        self._monotonic_s = monotonic_s
        self._cache: OrderedDict[str, tuple[float, tuple[str, ...]]] = OrderedDict()

    def groups(self, user: str) -> tuple[str, ...]:
        """Return the groups of `user`, at most `cache_ms` old."""
        now = self._monotonic_s()
        known = self._cache.get(user)
        if known is not None and known[0] > now:
            return known[1]
        found = self._resolve(user)
        self._cache[user] = (now + self._cache_s, found)
        self._cache.move_to_end(user)
        if len(self._cache) > USERS_MAX:
            self._cache.popitem(last=False)
        return found


def system_groups(user: str) -> tuple[str, ...]:
    """Return the groups that the operating system gives `user`, the primary one first; none for an unknown user."""
    if not user:
        return ()
    try:
        entry = pwd.getpwnam(user)
    except (KeyError, ValueError):
        return ()
    names: list[str] = []
    for gid in [entry.pw_gid, *os.getgrouplist(user, entry.pw_gid)]:
        try:
            name = grp.getgrgid(gid).gr_name
        except KeyError:
            continue
        if name not in names:
            names.append(name)
    return tuple(names)
