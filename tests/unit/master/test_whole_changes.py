"""A master that dies in the middle of a change: the next one completes it, or finds that it never began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pyalluxio.errors import AlluxioError, InvalidArgument, NotLeader, Unknown
from pyalluxio.journal.entries import UpdateInodeEntry, XAttrStrategy
from pyalluxio.master import master, whole_changes
from pyalluxio.master.state.intents import PREFIX
from pyalluxio.master.state.tx import INODES, INTENTS
from pyalluxio.ufs.memory import MemoryUfs
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, Disk, Harness, settle
from tests.unit.master.namespace import Namespace
from tests.waiting import until

NEVER = messages.NEVER
MANY = 220
CHANGING = (
    "make_directory",
    "delete_file",
    "delete_directory",
    "rename_file",
    "rename_directory",
    "set_owner",
    "set_mode",
)
Call = Callable[[Harness, int], Coroutine[Any, Any, Any]]


async def prepared(disk: Disk, many: int = 0) -> None:
    """Fill a new disk: stored and cached files, and a directory that takes several batches if it has `many` files."""
    async with disk.master() as cluster:
        for name in ("f", "g", "e/h", "e/i"):
            await cluster.through_file(f"/d/{name}")
        await cluster.create("/d/cached")
        await cluster.create("/c/only/here")
        await asyncio.gather(*(cluster.create(f"/many/{n}") for n in range(many)))


async def acl_of_all(cluster: Harness, operation: int) -> None:
    await cluster.call(
        "set_acl",
        messages.SetAclPRequest(
            path="/many",
            action=messages.MODIFY,
            entries=[messages.PAclEntry(type=messages.NamedUser, subject="u", actions=[messages.Read])],
            options=messages.SetAclPOptions(recursive=True),
        ),
    )


CALLS: dict[str, Call] = {
    "delete a file": lambda c, n: c.delete("/d/f", operation=n),
    "delete a tree": lambda c, n: c.delete("/d", recursive=True, operation=n),
    "delete unchecked": lambda c, n: c.delete("/d/e", recursive=True, unchecked=True, operation=n),
    "delete many that are only here": lambda c, n: c.delete("/many", recursive=True, operation=n),
    "rename a file": lambda c, n: c.rename("/d/f", "/d/x", operation=n),
    "rename a directory": lambda c, n: c.rename("/d", "/moved", operation=n),
    "rename into what is only here": lambda c, n: c.rename("/d/f", "/c/only/f", operation=n),
    "rename over a stored file": lambda c, n: c.rename(
        "/d/f", "/d/g", operation=n, persist=True, s3SyntaxOptions=messages.S3SyntaxOptions(overwrite=True)
    ),
    "overwrite": lambda c, n: c.create("/d/f", operation=n, overwrite=True),
    "overwrite, stored": lambda c, n: c.create("/d/f", operation=n, overwrite=True, write_type=CACHE_THROUGH),
    "create with parents": lambda c, n: c.create("/x/y/f", operation=n, write_type=CACHE_THROUGH),
    "mkdir with parents": lambda c, n: c.mkdir("/c/only/y/z", operation=n, write_type=CACHE_THROUGH),
    "chmod -R": lambda c, n: c.set("/d", mode=0o700, recursive=True),
    "chown": lambda c, n: c.set("/d/f", owner="ann", group="staff"),
    "chmod -R of many": lambda c, n: c.set("/many", mode=0o700, recursive=True),
    "setfacl -R of many": acl_of_all,
}
WITHOUT_IDS = ("chmod -R", "chown", "chmod -R of many", "setfacl -R of many")


class Death:
    """Stops a master before its n-th event: a proposal to the journal, or a change of the storage."""

    def __init__(self, cluster: Harness, after: int) -> None:
        self.events: list[str] = []
        self.came = asyncio.Event()
        self._after = after
        self._ufs = cluster.ufs
        propose = cluster.journal.propose

        def watched_propose(data: bytes) -> Any:
            if self._is_dead("propose"):
                cluster.journal.is_held = True
            return propose(data)

        cluster.journal.propose = watched_propose  # type: ignore[method-assign]
        for name in CHANGING:
            setattr(cluster.ufs, name, self._watched(name))

    def _watched(self, name: str) -> Any:
        method = getattr(type(self._ufs), name)

        async def watched(*arguments: Any, **options: Any) -> Any:
            if self._is_dead(name):
                await asyncio.Event().wait()
            return await method(self._ufs, *arguments, **options)

        return watched

    def _is_dead(self, event: str) -> bool:
        if len(self.events) >= self._after:
            self.came.set()
            return True
        self.events.append(event)
        return False

    def bury(self) -> None:
        for name in CHANGING:
            delattr(self._ufs, name)


@asynccontextmanager
async def dying(disk: Disk, call: Call, after: int) -> Any:
    """Run a call on a master that dies before its event `after`; gives the events, and whether it came to its end."""
    async with disk.master() as cluster:
        death = Death(cluster, after)
        task = asyncio.ensure_future(call(cluster, 9))
        dead = asyncio.ensure_future(death.came.wait())
        await asyncio.wait([task, dead], return_when=asyncio.FIRST_COMPLETED, timeout=20)
        ended = task.done()
        cluster.journal.lose()
        if not ended:
            cluster.master.file_system.give_up()
            task.cancel()
            with pytest.raises((NotLeader, asyncio.CancelledError)):
                await task
        dead.cancel()
        death.bury()
    yield death.events, ended


async def summary(cluster: Harness) -> tuple[list[Any], list[Any]]:
    """Return what namespace and storage look like to users: without ids and times."""
    await until(lambda: len(cluster.master.file_system.locks) == 0)
    infos = await cluster.infos("/", load=NEVER, recursive=True)
    here = [
        (
            info.path,
            info.folder,
            info.completed,
            info.persistenceState,
            info.owner,
            info.group,
            info.mode,
            str(info.acl),
        )
        for info in infos
    ]
    there = []
    for path in cluster.ufs.paths():
        status = await MemoryUfs.status(cluster.ufs, path)
        assert status is not None
        there.append((path, status.is_directory, status.length_bytes, status.mode, status.owner, status.group))
    with cluster.store.read() as view:
        assert list(view.scan(INTENTS)) == []
    return sorted(here), there


async def state_of(disk: Disk) -> tuple[list[Any], list[Any]]:
    async with disk.master() as cluster:
        return await summary(cluster)


@pytest.mark.parametrize("name", CALLS)
async def test_whole_or_absent(name: str) -> None:
    """The client is gone, too: nobody repeats the call. Files would lose their bytes, and deleted ones come back."""
    call, many = CALLS[name], MANY if "many" in name else 0
    untouched, model = Disk(), Disk()
    await prepared(untouched, many)
    before = await state_of(untouched)
    await prepared(model, many)
    async with model.master() as cluster:
        await call(cluster, 9)
    after = await state_of(model)
    assert before != after
    outcomes = []
    for number in range(100):
        disk = Disk()
        await prepared(disk, many)
        async with dying(disk, call, number) as (events, ended):
            pass
        async with disk.master() as cluster:
            assert len(cluster.master.file_system.locks) == 0  # nobody is served before it is complete
            state = await summary(cluster)
            # Before the intent is in the journal, nothing has happened; after that, all of it will.
            wanted = after if "propose" in events else before
            assert state == wanted, f"killed after {events}"
            outcomes.append(state == after)
            if state == after and name not in WITHOUT_IDS:
                entries = len(disk.log)
                await call(cluster, 9)  # the client asks again after all, and is told of what was done
                assert len(disk.log) == entries
                assert await summary(cluster) == after
        disk.check()
        if ended:
            break
    assert outcomes[0] is False and outcomes[1:] and all(outcomes[1:])


async def test_the_second_leader_dies_as_well() -> None:
    """Machines that crash do so again: completing is interrupted, too."""
    call = CALLS["delete a tree"]
    model = Disk()
    await prepared(model)
    async with model.master() as cluster:
        await call(cluster, 9)
    after = await state_of(model)
    disk = Disk()
    await prepared(disk)
    async with dying(disk, call, 1):
        pass
    disk.ufs.waiting["delete_directory"] = asyncio.Event()
    async with disk.master() as cluster:
        await until(lambda: bool(disk.ufs.asked("delete_directory")))
        cluster.journal.lose()
    disk.ufs.waiting.clear()
    assert await state_of(disk) == after
    disk.check()


async def test_locked_until_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that comes first after the fail-over must not meet a rename half done, or load the new name."""
    monkeypatch.setattr(master, "COMPLETE_WAIT_S", 0.001)
    disk = Disk()
    await prepared(disk)
    async with dying(disk, CALLS["rename a file"], 2):
        pass
    disk.ufs.waiting["status /data/d/f"] = asyncio.Event()
    async with disk.master() as cluster:
        creating = asyncio.create_task(cluster.create("/d/f"))
        looking = asyncio.create_task(cluster.status("/d/x", load=messages.ALWAYS))
        await settle()
        assert not creating.done()
        assert not looking.done()
        disk.ufs.waiting["status /data/d/f"].set()
        await creating
        assert (await looking).persistenceState == "PERSISTED"
    disk.check()


async def test_concurrent_intents_share_a_commit() -> None:
    """One commit more for each deletion of a stored file would halve their number."""
    disk = Disk()
    async with disk.master() as cluster:
        await asyncio.gather(*(cluster.through_file(f"/s/{n}") for n in range(50)))
        start = len(disk.log)
        await asyncio.gather(*(cluster.delete(f"/s/{n}") for n in range(50)))
        assert len(disk.log) - start <= 25
    disk.check()


async def test_cheap_where_no_storage_is_changed() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.create("/d/f")
        start = len(disk.log)
        await cluster.rename("/d/f", "/d/g")
        await cluster.set("/d", mode=0o700, recursive=True)
        await cluster.delete("/d", recursive=True)
        assert len(disk.log) == start + 3


async def test_invisible() -> None:
    """Attributes of the master's own would show up in listings, and be copied into other files by tools."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        await cluster.set("/d/f", xattr={"k": b"v"})
        gate = disk.ufs.waiting["rename_file"] = asyncio.Event()
        renaming = asyncio.create_task(cluster.rename("/d/f", "/d/g"))
        await until(lambda: bool(disk.ufs.asked("rename_file")))
        with disk.store.read() as view:
            assert len(list(view.scan(INTENTS))) == 1
        assert dict((await cluster.status("/d/f", load=NEVER)).xattr) == {"k": b"v"}
        gate.set()
        await renaming
        assert dict((await cluster.status("/d/g", load=NEVER)).xattr) == {"k": b"v"}
        with disk.store.read() as view:
            assert list(view.scan(INTENTS)) == []
    disk.check()


async def test_attributes_of_parents_leave_intents_alone() -> None:
    """A creation gives its parent new attributes, while another one's intent is kept there."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/d")
        gate = disk.ufs.waiting["make_directory /data/d"] = asyncio.Event()
        making = asyncio.create_task(cluster.mkdir("/d/x", write_type=CACHE_THROUGH))
        await until(lambda: bool(disk.ufs.asked("make_directory")))
        await cluster.call(
            "create_directory",
            messages.CreateDirectoryPRequest(
                path="/y", options=messages.CreateDirectoryPOptions(recursive=True, xattr={"k": b"v"})
            ),
        )
        with disk.store.read() as view:
            assert len(list(view.scan(INTENTS))) == 1
        gate.set()
        await making
        with disk.store.read() as view:
            assert list(view.scan(INTENTS)) == []
    disk.check()


@pytest.mark.parametrize("name", ["set", "create", "mkdir"])
async def test_nobody_may_forge_one(name: str) -> None:
    """The next leader would do in the name of anybody what a user wrote there."""
    forged = {f"{PREFIX}{5:016x}": b'{"operation":"delete","user":"root","paths":["/"],"request":{"path":"/d"}}'}
    calls: dict[str, Callable[[Harness], Coroutine[Any, Any, Any]]] = {
        "set": lambda c: c.set("/d/f", xattr=forged),
        "create": lambda c: c.create("/d/new", xattr=forged),
        "mkdir": lambda c: c.mkdir("/d/new", xattr=forged),
    }
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        with pytest.raises(InvalidArgument, match="one of the master's own"):
            await calls[name](cluster)


def test_only_what_a_leader_wrote_counts(namespace: Namespace) -> None:
    """An attribute that came through an official master, from a storage or a backup is no order to anybody."""
    with namespace.reading() as context:
        root = context.tx.get(INODES, 0)
    assert root is not None
    key = f"{PREFIX}{5:016x}"
    with namespace.batch() as context:
        context.emit(UpdateInodeEntry(id=0, xattr={key: b"x"}, xattr_update_strategy=XAttrStrategy.UNION_REPLACE))
    with namespace.reading() as context:
        assert list(context.tx.scan(INTENTS)) == []
    with namespace.batch() as context:
        context.emit(
            UpdateInodeEntry(
                id=0,
                creation_time_ms=root.creation_time_ms,
                xattr={key: b"x"},
                xattr_update_strategy=XAttrStrategy.UNION_REPLACE,
            )
        )
    with namespace.reading() as context:
        assert list(context.tx.scan(INTENTS)) == [((0, 5), True)]
    with namespace.batch() as context:
        context.emit(UpdateInodeEntry(id=0, xattr={"k": b"v"}))
    with namespace.reading() as context:
        assert list(context.tx.scan(INTENTS)) == []


async def test_failure_is_the_last_word() -> None:
    """The caller was told that it failed: done at the next fail-over, it would be a surprise."""
    disk = Disk()
    await prepared(disk)
    async with disk.master() as cluster:
        disk.ufs.break_down("rename_file")
        with pytest.raises(Unknown):
            await cluster.rename("/d/f", "/d/x")
        disk.ufs.failing.clear()
        before = await summary(cluster)
    assert await state_of(disk) == before
    disk.check()


async def test_impossible_after_all(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A storage that refuses for good must not keep the path locked, and somebody has to be told."""
    monkeypatch.setattr(whole_changes, "RETRY_S", 0.001)
    disk = Disk()
    await prepared(disk)
    async with dying(disk, CALLS["rename a file"], 1):
        pass
    disk.ufs.break_down("rename_file")
    async with disk.master() as cluster:
        await summary(cluster)
        assert "Rename of /d/f was begun and left; it cannot be completed" in caplog.text
        assert (await cluster.status("/d/f", load=NEVER)).persistenceState == "PERSISTED"
    disk.check()


async def test_a_storage_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut of the whole site the storage may need longer than the master."""
    monkeypatch.setattr(whole_changes, "RETRY_S", 0.001)
    monkeypatch.setattr(whole_changes, "ATTEMPTS_MAX", 1_000_000)
    monkeypatch.setattr(master, "COMPLETE_WAIT_S", 0.001)
    disk = Disk()
    await prepared(disk)
    async with dying(disk, CALLS["rename a file"], 2):
        pass
    disk.ufs.break_down("status", "rename_file")
    async with disk.master() as cluster:
        await until(lambda: len(disk.ufs.asked("status")) > 2)
        disk.ufs.failing.clear()
        await until(lambda: len(cluster.master.file_system.locks) == 0)
        assert (await cluster.status("/d/x", load=NEVER)).persistenceState == "PERSISTED"
    disk.check()


async def test_given_up_between_chunks() -> None:
    """Ctrl-C on `chmod -R` leaves it half done, as it says; a later leader must not go on with it."""
    disk = Disk()
    await prepared(disk, MANY)
    async with disk.master() as cluster:
        cluster.journal.is_held = True
        task = asyncio.create_task(cluster.set("/many", mode=0o700, recursive=True))
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.commit_one()
        await until(lambda: bool(cluster.journal.pending))
        task.cancel()
        cluster.journal.release()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = await summary(cluster)
    assert await state_of(disk) == before
    disk.check()


async def test_one_of_another_version(caplog: pytest.LogCaptureFixture) -> None:
    """A master of a later version began what this one does not know."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        key = f"{PREFIX}{5:016x}"

        def begin(batch: Any) -> None:
            batch.emit(
                UpdateInodeEntry(
                    id=0, creation_time_ms=1, xattr={key: b"{}"}, xattr_update_strategy=XAttrStrategy.UNION_REPLACE
                )
            )

        await cluster.master.pipeline.submit(begin)
    async with disk.master() as cluster:
        await until(lambda: "cannot be read" in caplog.text)
        await cluster.delete("/d/f")

        def is_forgotten() -> bool:
            with disk.store.read() as view:
                return list(view.scan(INTENTS)) == []

        await until(is_forgotten)
    disk.check()


async def test_leader_again_itself() -> None:
    """The intent was committed although its leader lost the leadership: the same process completes it later."""
    disk = Disk()
    await prepared(disk)
    async with disk.master() as cluster:
        cluster.journal.is_held = True
        task = asyncio.create_task(cluster.delete("/d", recursive=True))
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose(survives=True)
        with pytest.raises(AlluxioError):
            await task
        cluster.journal.is_held = False
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        here, there = await summary(cluster)
        assert not [path for path, *_ in here if path.startswith("/d")]
        assert not [path for path, *_ in there if path.startswith("/data/d")]
    disk.check()
