"""Locks on paths for operations that wait: under-storage work, and changes too large for one batch.

Rules:

1. A lock on a path covers everything below it. Two locks conflict when one path is the other's, or lies above it.
2. An operation takes all its locks at once, so there is no order in which two could wait for each other.
3. Waiters are served first come, first served: a lock is not granted past an earlier waiter that it conflicts with.
4. Ordinary writes take no lock. They only test whether a path they change conflicts with one (`blocks`), inside their
   batch, and wait outside it if so. The table is almost always empty, which makes the test free.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from pyalluxio.errors import Busy, DeadlineExceeded
from pyalluxio.path import has_prefix

LOCKS_MAX = 10_000


class PathLock:
    """Paths that one operation holds, or waits for."""

    __slots__ = ("granted", "paths", "users")

    def __init__(self, paths: tuple[str, ...], granted: asyncio.Future[None]) -> None:
        self.paths = paths
        self.granted = granted
        self.users: list[asyncio.Future[Any]] = []

    def keep_for(self, user: asyncio.Future[Any]) -> None:
        """Have the lock held until `user` has ended, although its holder leaves earlier; there may be several."""
        self.users.append(user)

    def conflicts_with(self, other: PathLock) -> bool:
        return any(
            has_prefix(mine, theirs) or has_prefix(theirs, mine) for mine in self.paths for theirs in other.paths
        )

    @property
    def is_granted(self) -> bool:
        return self.granted.done()


class PathLocks:
    """The lock table of one leading master; used on its event loop only."""

    def __init__(self, locks_max: int = LOCKS_MAX) -> None:
        # Holders and waiters in the order in which they came.
        self._locks: list[PathLock] = []
        self._locks_max = locks_max

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, paths: Iterable[str], timeout_s: float | None) -> AsyncIterator[PathLock]:
        """Hold locks on all `paths` for the length of the block.

        Raises:   DeadlineExceeded: not granted within `timeout_s`.  Busy: too many operations wait already.
        """
        if len(self._locks) >= self._locks_max:
            raise Busy
        lock = PathLock(tuple(paths), asyncio.get_running_loop().create_future())
        is_free = not any(lock.conflicts_with(earlier) for earlier in self._locks)
        self._locks.append(lock)
        if is_free:
            lock.granted.set_result(None)
        try:
            if not lock.is_granted:
                try:
                    async with asyncio.timeout(timeout_s):
                        await asyncio.shield(lock.granted)
                except TimeoutError:
                    raise DeadlineExceeded(
                        f"Path {lock.paths[0]} was locked by another operation for {timeout_s:g} s; try again."
                    ) from None
            yield lock
        finally:
            self._leave(lock)

    def _leave(self, lock: PathLock) -> None:
        user = next((user for user in lock.users if not user.done()), None)
        if user is None:
            self._release(lock)
        else:
            user.add_done_callback(lambda ended: self._leave(lock))

    def _release(self, lock: PathLock) -> None:
        self._locks.remove(lock)
        lock.granted.cancel()
        self._grant()

    def _grant(self) -> None:
        for position, lock in enumerate(self._locks):
            if not lock.is_granted and not any(lock.conflicts_with(earlier) for earlier in self._locks[:position]):
                lock.granted.set_result(None)

    def blocks(self, path: str, own: PathLock | None = None) -> bool:
        """Say whether a change of `path` has to wait for somebody else's granted lock.

        A lock below the path counts too: a rename of a directory would move what is being worked on there.
        """
        return any(
            has_prefix(path, locked) or has_prefix(locked, path)
            for lock in self._locks
            if lock is not own and lock.is_granted
            for locked in lock.paths
        )
