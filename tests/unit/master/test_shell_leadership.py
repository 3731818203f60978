"""Restarts, retries and lost leaderships: what is answered, what is kept, and that nothing stays half done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import FileAlreadyExists, FileDoesNotExist, NotLeader
from pyalluxio.master.periodic import PeriodicChecks, PeriodicSettings
from pyalluxio.master.state.digest import digest
from pyalluxio.master.store import LmdbStore
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, Disk, Harness, settle
from tests.waiting import until

NEVER = messages.NEVER


# --- restarts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dict", "lmdb"])
async def test_a_restart_finds_everything(kind: str, tmp_path: Path) -> None:
    disk = Disk(LmdbStore(tmp_path / "state", map_size_bytes=1 << 28) if kind == "lmdb" else None)
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        mounted = await cluster.new_mount("/m")
        await mounted.put("/top/g", b"123")
        before = await cluster.infos("/", recursive=True)
        cluster_id = cluster.master.cluster_id()
        assert cluster_id
    async with disk.master() as cluster:
        assert await cluster.infos("/", load=NEVER, recursive=True) == before
        assert cluster.master.cluster_id() == cluster_id
        await cluster.create("/d/new")
        assert (await cluster.status("/d/new")).fileId not in {info.fileId for info in before}
    disk.check()
    if isinstance(disk.store, LmdbStore):
        disk.store.close()


async def test_journal_alone_brings_it_back() -> None:
    """The store was torn in a power cut and removed; the log is the truth."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.through_file("/d/f")
        await cluster.delete("/d/f")
        await cluster.mkdir("/e")
        with disk.store.read() as view:
            expected = digest(view)
    other = Disk()
    other.log, other.ufs, other.properties = disk.log, disk.ufs, disk.properties
    async with other.master(leads=False) as cluster:
        with other.store.read() as view:
            assert digest(view) == expected


# --- retries -------------------------------------------------------------------------------------------------------

Call = Callable[[Harness, int], Coroutine[Any, Any, Any]]
RETRIED: dict[str, Call] = {
    "create": lambda c, n: c.create("/d/new", operation=n),
    "create through": lambda c, n: c.create("/d/new", operation=n, write_type=CACHE_THROUGH),
    "overwrite": lambda c, n: c.create("/d/f", operation=n, overwrite=True, write_type=CACHE_THROUGH),
    "mkdir": lambda c, n: c.mkdir("/d/new", operation=n),
    "mkdir through": lambda c, n: c.mkdir("/d/new", operation=n, write_type=CACHE_THROUGH),
    "complete": lambda c, n: c.complete("/d/open", operation=n),
    "delete": lambda c, n: c.delete("/d/f", operation=n),
    "delete recursive": lambda c, n: c.delete("/d", operation=n, recursive=True),
    "rename": lambda c, n: c.rename("/d/f", "/d/g", operation=n),
}


async def prepared(cluster: Harness) -> None:
    await cluster.through_file("/d/f")
    await cluster.create("/d/open")


@pytest.mark.parametrize("restarted", [False, True], ids=["same leader", "after a restart"])
@pytest.mark.parametrize("call", RETRIED.values(), ids=RETRIED)
async def test_retry_is_harmless(call: Call, restarted: bool) -> None:
    """The answer was lost with the connection; the client repeats the call, perhaps to the next leader."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        await call(cluster, 1)
        if not restarted:
            entries, stored = len(disk.log), disk.ufs.paths()
            await call(cluster, 1)
            assert (len(disk.log), disk.ufs.paths()) == (entries, stored)
    if restarted:
        stored = disk.ufs.paths()
        async with disk.master() as cluster:
            entries = len(disk.log)
            await call(cluster, 1)
            assert (len(disk.log), disk.ufs.paths()) == (entries, stored)
    disk.check()


@pytest.mark.parametrize("name", ["create", "delete", "rename", "complete"])
async def test_another_call_is_no_retry(name: str) -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        await RETRIED[name](cluster, 1)
        with pytest.raises((FileAlreadyExists, FileDoesNotExist, Exception)) as caught:
            await RETRIED[name](cluster, 2)
        assert hasattr(caught.value, "status")


async def test_retry_while_the_first_attempt_is_under_way() -> None:
    """The client's deadline was shorter than the journal's pause."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        cluster.journal.is_held = True
        first = asyncio.create_task(cluster.create("/d/new", operation=7))
        await settle()
        second = asyncio.create_task(cluster.create("/d/new", operation=7))
        await settle()
        cluster.journal.release()
        assert (await first).fileId == (await second).fileId
    disk.check()


# --- lost leaderships ----------------------------------------------------------------------------------------------

LOST: dict[str, Call] = {
    **RETRIED,
    "block": lambda c, n: c.call("get_new_block_id_for_file", messages.GetNewBlockIdForFilePRequest(path="/d/open")),
    "set": lambda c, n: c.set("/d", mode=0o700, recursive=True),
    "pin": lambda c, n: c.set("/d", pinned=True),
    "acl": lambda c, n: c.call(
        "set_acl",
        messages.SetAclPRequest(
            path="/d",
            action=messages.MODIFY,
            entries=[messages.PAclEntry(type=messages.NamedUser, subject="u", actions=[messages.Read])],
        ),
    ),
    "mount": lambda c, n: c.new_mount("/m"),
    "persist": lambda c, n: c.call(
        "schedule_async_persistence", messages.ScheduleAsyncPersistencePRequest(path="/d/f")
    ),
    "load": lambda c, n: c.names("/stored", load=messages.ALWAYS),
}


@pytest.mark.parametrize("call", LOST.values(), ids=LOST)
async def test_leadership_lost_before_the_commit(call: Call) -> None:
    """UNAVAILABLE sends the client to the next leader. The change is not there, here or there."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        await disk.ufs.put("/data/stored/f")
        with disk.store.read() as view:
            before = digest(view)
        cluster.journal.is_held = True
        task = asyncio.create_task(call(cluster, 1))
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose()
        with pytest.raises(NotLeader):
            await task
        with disk.store.read() as view:
            assert digest(view) == before
        with pytest.raises(NotLeader):
            await cluster.status("/d/f")
        cluster.journal.is_held = False
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        await call(cluster, 1)
        assert len(cluster.master.file_system.locks) == 0
    disk.check()


def is_intent(data: bytes) -> bool:
    return b'"operation":' in data


@pytest.mark.parametrize("name", ["create", "mkdir through", "delete", "rename", "complete", "overwrite"])
async def test_leadership_lost_but_the_entry_survived(name: str) -> None:
    """The quorum had it: the caller gets the real answer, and what the journal says is what the store says."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        cluster.journal.is_held = True
        task = asyncio.create_task(RETRIED[name](cluster, 1))
        await until(lambda: bool(cluster.journal.pending))
        if is_intent(cluster.journal.pending[0][0]):
            cluster.journal.commit_one()
            await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose(survives=True)
        await task
        cluster.journal.is_held = False
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        entries = len(disk.log)
        await RETRIED[name](cluster, 1)
        assert len(disk.log) == entries
    disk.check()


@pytest.mark.parametrize(
    ("call", "step"),
    [
        (lambda c: c.mkdir("/x/y", write_type=CACHE_THROUGH), "make_directory /data/x"),
        (lambda c: c.delete("/d", recursive=True), "delete_directory"),
        (lambda c: c.delete("/d", recursive=True), "list"),
        (lambda c: c.rename("/d/f", "/d/g"), "rename_file"),
        (lambda c: c.set("/d/f", mode=0o700), "set_mode"),
        (lambda c: c.status("/stored/f"), "status"),
        (lambda c: c.names("/d", load=messages.ALWAYS), "list"),
    ],
    ids=["mkdir", "delete", "delete: listing", "rename", "set", "load", "list"],
)
async def test_leadership_lost_during_a_storage_step(call: Any, step: str) -> None:
    """The step is done or not; no further one follows, only the intent is recorded, and no lock stays behind."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        await cluster.through_file("/d/e/h")
        await disk.ufs.put("/data/stored/f")
        gate = disk.ufs.waiting[step] = asyncio.Event()
        disk.ufs.calls.clear()
        task = asyncio.create_task(call(cluster))
        await until(lambda: bool(disk.ufs.asked(step.partition(" ")[0])))
        cluster.journal.lose()
        changes = [name for name, *_ in disk.ufs.calls if name not in ("status", "list")]
        gate.set()
        entries = len(disk.log)
        with pytest.raises(NotLeader):
            await task
        assert len(disk.log) == entries
        assert [name for name, *_ in disk.ufs.calls if name not in ("status", "list")] == changes
        assert len(cluster.master.file_system.locks) == 0
    disk.check()


async def test_leadership_lost_amid_a_long_deletion() -> None:
    """Each chunk is a valid state; whoever leads next completes the deletion, and the repeated call finds it done."""
    disk = Disk()
    async with disk.master() as cluster:
        await asyncio.gather(*(cluster.create(f"/d/{n % 5}/{n}") for n in range(1000)))
        deletion = asyncio.create_task(cluster.delete("/d", recursive=True, operation=3))
        start = len(disk.log)
        await until(lambda: len(disk.log) >= start + 3)
        cluster.journal.lose()
        with pytest.raises(NotLeader):
            await deletion
        disk.check()
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        await until(lambda: len(cluster.master.file_system.locks) == 0)
        assert await cluster.names("/", load=NEVER) == []
        await cluster.delete("/d", recursive=True, operation=3)
    disk.check()


async def test_leadership_lost_amid_the_checks() -> None:
    """Background work ends quietly: it must not take the process down that may lead again in a second."""
    disk = Disk()
    async with disk.master() as cluster:
        await prepared(cluster)
        await cluster.set("/d/f", ttl=1, ttl_action=common_pb2.DELETE)
        disk.clock.ms += 10
        checks = PeriodicChecks(
            PeriodicSettings(1, 1, 1, True), cluster.master.file_system, cluster.master.block_master
        )
        cluster.journal.is_held = True
        running = asyncio.create_task(checks.run())
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose()
        await asyncio.wait_for(running, 10)
        assert cluster.fatal == []


async def test_reads_and_writes_of_a_standby() -> None:
    disk = Disk()
    async with disk.master(leads=False) as cluster:
        for call in (
            cluster.status("/"),
            cluster.names("/"),
            cluster.exists("/x"),
            cluster.create("/x"),
            cluster.delete("/x"),
            cluster.call("get_mount_table", messages.GetMountTablePRequest()),
            cluster.call("needs_sync", messages.NeedsSyncRequest(path="/")),
            cluster.heartbeat(1, [5]),
        ):
            with pytest.raises(NotLeader):
                await call


async def test_leading_again_and_again() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        for number in range(5):
            await cluster.create(f"/f{number}")
            cluster.journal.lose()
            cluster.journal.lead()
            await until(lambda: cluster.master.is_serving)
        assert len({info.fileId for info in await cluster.infos("/")}) == 5
        assert len(cluster.master._leading_tasks) <= 4
    disk.check()
