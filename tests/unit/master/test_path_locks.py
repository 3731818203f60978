"""Locks on paths: what conflicts, who is served first, what a waiter sees."""

from __future__ import annotations

import asyncio

import pytest

from pyalluxio.errors import Busy, DeadlineExceeded
from pyalluxio.master.path_locks import PathLocks


async def holder(locks: PathLocks, paths: list[str], log: list[str], release: asyncio.Event) -> None:
    async with locks.hold(paths, 10):
        log.append(paths[0])
        await release.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("/", "/x/y", True),
        ("/a", "/ab", False),
        ("/a/b", "/a/c", False),
    ],
    ids=["same", "below", "above", "root", "name-prefix", "siblings"],
)
async def test_conflicts(first: str, second: str, conflict: bool) -> None:
    """A rename of a folder during the load of a file below it would give that file a parent that is gone."""
    locks, log, release = PathLocks(), [], asyncio.Event()
    tasks = [asyncio.create_task(holder(locks, [path], log, release)) for path in (first, second)]
    await settle()
    assert log == ([first] if conflict else [first, second])
    release.set()
    await asyncio.gather(*tasks)
    assert log == [first, second]
    assert len(locks) == 0


async def test_earlier_waiter_is_not_overtaken() -> None:
    """A stream of small operations must not starve one that wants the whole folder."""
    locks, log, release = PathLocks(), [], asyncio.Event()
    tasks = [
        asyncio.create_task(holder(locks, [path], log, event))
        for path, event in (("/a/1", release), ("/a", release), ("/a/2", release))
    ]
    await settle()
    assert log == ["/a/1"]
    release.set()
    await asyncio.gather(*tasks)
    assert log == ["/a/1", "/a", "/a/2"]


async def test_timed_out_waiter_lets_the_next_one_in() -> None:
    locks, log, release = PathLocks(), [], asyncio.Event()
    first = asyncio.create_task(holder(locks, ["/a/1"], log, release))
    await settle()

    async def impatient() -> None:
        async with locks.hold(["/a"], 0.01):
            raise AssertionError("granted while /a/1 was held")

    waiting = asyncio.create_task(impatient())
    await settle()
    third = asyncio.create_task(holder(locks, ["/a/2"], log, release))
    with pytest.raises(DeadlineExceeded, match="/a was locked"):
        await waiting
    await settle()
    assert log == ["/a/1", "/a/2"]
    release.set()
    await asyncio.gather(first, third)


async def test_cancelled_waiter_leaves_nothing_behind() -> None:
    """A client that hangs up while it waits must not block the path for ever."""
    locks, log, release = PathLocks(), [], asyncio.Event()
    first = asyncio.create_task(holder(locks, ["/a"], log, release))
    await settle()
    second = asyncio.create_task(holder(locks, ["/a/b"], log, release))
    await settle()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    release.set()
    await first
    assert len(locks) == 0


async def test_blocked_only_by_granted_locks_of_others() -> None:
    """Renaming a folder while a file below it is given its final name in the storage would lose that file there."""
    locks = PathLocks()
    async with locks.hold(["/a"], 1) as lock:
        assert locks.blocks("/a/b")
        assert locks.blocks("/")
        assert not locks.blocks("/a/b", own=lock)
        assert not locks.blocks("/ab")
    assert not locks.blocks("/a/b")


async def test_table_is_bounded() -> None:
    locks = PathLocks(locks_max=1)
    async with locks.hold(["/a"], 1):
        with pytest.raises(Busy):
            async with locks.hold(["/b"], 1):
                pass
