"""Calls as clients make them: statuses and texts of errors, permissions, attributes, ACLs, free."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, InvalidPath, SafeMode, Status, Unknown
from pyalluxio.master.workers import WorkerState
from pyalluxio.wire.gen import common_pb2, journal_file_pb2
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from tests.unit.master.master_harness import CACHE_THROUGH, DAY_MS, Disk, Harness

NEVER = messages.NEVER
READ, WRITE, EXECUTE = messages.Read, messages.Write, messages.Execute


async def sample(cluster: Harness) -> None:
    """Make `/d` with the complete file `f`, the open file `open`, and the empty directory `empty`."""
    await cluster.through_file("/d/f")
    await cluster.create("/d/open")
    await cluster.mkdir("/d/empty")


async def new_block(cluster: Harness, path: str) -> Any:
    return await cluster.call("get_new_block_id_for_file", messages.GetNewBlockIdForFilePRequest(path=path))


async def free(cluster: Harness, path: str, user: str = "root", **options: Any) -> Any:
    return await cluster.call("free", messages.FreePRequest(path=path, options=messages.FreePOptions(**options)), user)


ERRORS = {
    "create: exists": (lambda c: c.create("/d/f"), Status.ALREADY_EXISTS, "/d/f"),
    "create: overwrites a directory": (lambda c: c.create("/d", overwrite=True), Status.ALREADY_EXISTS, "/d"),
    "create: the root": (lambda c: c.create("/"), Status.ALREADY_EXISTS, "/"),
    "create: block size": (lambda c: c.create("/d/g", blockSizeBytes=0), Status.INVALID_ARGUMENT, "block size of 0"),
    "create: parent missing": (lambda c: c.create("/x/y", recursive=False), Status.NOT_FOUND, '"x"'),
    "create: below a file": (lambda c: c.create("/d/f/g"), Status.INVALID_ARGUMENT, "/d/f/g"),
    "create: replication": (lambda c: c.create("/g", replicationMin=3, replicationMax=2), Status.INTERNAL, "/g"),
    "create: no bucket": (lambda c: c.create("/b/k", checkS3BucketPath=True), Status.NOT_FOUND, "/b"),
    "create: above the root": (lambda c: c.create("/../a"), Status.INVALID_ARGUMENT, "/../a"),
    "create: NUL": (lambda c: c.create("/a\0b"), Status.INTERNAL, "NUL"),
    "mkdir: exists": (lambda c: c.mkdir("/d"), Status.ALREADY_EXISTS, "/d"),
    "mkdir: a file, allowed to exist": (lambda c: c.mkdir("/d/f", allowExists=True), Status.INTERNAL, "/d/f"),
    "new block: missing": (lambda c: new_block(c, "/no"), Status.NOT_FOUND, "/no"),
    "new block: of a directory": (lambda c: new_block(c, "/d"), Status.NOT_FOUND, "must be a file"),
    "complete: missing": (lambda c: c.complete("/no"), Status.NOT_FOUND, "/no"),
    "complete: a directory": (lambda c: c.complete("/d"), Status.NOT_FOUND, "/d"),
    "complete: twice": (lambda c: c.complete("/d/f"), Status.ALREADY_EXISTS, "File f has already been completed"),
    "status: missing": (lambda c: c.status("/no"), Status.NOT_FOUND, 'Path "/no" does not exist'),
    "list: missing": (lambda c: c.names("/no"), Status.NOT_FOUND, 'Path "/no" does not exist'),
    "delete: missing": (lambda c: c.delete("/no"), Status.NOT_FOUND, "/no"),
    "delete: not empty": (lambda c: c.delete("/d"), Status.FAILED_PRECONDITION, "non-empty directory d"),
    "delete: the root": (lambda c: c.delete("/", recursive=True), Status.PERMISSION_DENIED, "mount point"),
    "rename: missing": (lambda c: c.rename("/no", "/x"), Status.NOT_FOUND, "/no"),
    "rename: the root": (lambda c: c.rename("/", "/x"), Status.INVALID_ARGUMENT, "/x"),
    "rename: to the root": (lambda c: c.rename("/d", "/"), Status.INVALID_ARGUMENT, "/d"),
    "rename: below itself": (lambda c: c.rename("/d", "/d/x"), Status.INVALID_ARGUMENT, "/d/x"),
    "rename: parent missing": (lambda c: c.rename("/d/f", "/x/y/f"), Status.NOT_FOUND, "/x/y"),
    "rename: parent is a file": (lambda c: c.rename("/d/empty", "/d/f/x"), Status.INVALID_ARGUMENT, "/d/f"),
    "rename: exists": (lambda c: c.rename("/d/f", "/d/empty"), Status.ALREADY_EXISTS, "/d/empty"),
    "free: not empty": (lambda c: free(c, "/d"), Status.UNKNOWN, "/d"),
    "free: not persisted": (lambda c: free(c, "/d/open"), Status.UNKNOWN, "/d/open"),
    "free: missing": (lambda c: free(c, "/no"), Status.NOT_FOUND, "/no"),
    "set: owner not in the group": (lambda c: c.set("/d/f", owner="eve", group="staff"), Status.UNKNOWN, "eve:staff"),
    "set: replication": (lambda c: c.set("/d/f", replicationMin=-1), Status.INTERNAL, "-1"),
    "set: replication max": (lambda c: c.set("/d/f", replicationMin=3, replicationMax=2), Status.INTERNAL, "/d/f"),
    "set: medium": (lambda c: c.set("/d/f", pinned=True, pinnedMedia=["TAPE"]), Status.INTERNAL, "TAPE"),
    "set: not persisted": (lambda c: c.set("/d/f", persisted=False), Status.INTERNAL, "/d/f"),
    "set: persisted too early": (lambda c: c.set("/d/open", persisted=True), Status.INTERNAL, "/d/open"),
    "set: missing": (lambda c: c.set("/no", mode=0o700), Status.NOT_FOUND, "/no"),
    "unmount: missing": (lambda c: c.unmount("/no"), Status.NOT_FOUND, "/no"),
    "unmount: no mount": (lambda c: c.unmount("/d"), Status.INVALID_ARGUMENT, "/d"),
    "unmount: the root": (lambda c: c.unmount("/"), Status.INVALID_ARGUMENT, "root"),
    "id: missing": (
        lambda c: c.call("get_file_path", messages.GetFilePathPRequest(fileId=999)),
        Status.NOT_FOUND,
        "999",
    ),
    "reverse: unknown": (
        lambda c: c.call("reverse_resolve", messages.ReverseResolvePRequest(ufsUri="mem://nowhere/x")),
        Status.INVALID_ARGUMENT,
        "mem://nowhere/x",
    ),
    "persist: missing": (
        lambda c: c.call("schedule_async_persistence", messages.ScheduleAsyncPersistencePRequest(path="/no")),
        Status.NOT_FOUND,
        "/no",
    ),
    "persist: open": (
        lambda c: c.call("schedule_async_persistence", messages.ScheduleAsyncPersistencePRequest(path="/d/open")),
        Status.INVALID_ARGUMENT,
        "/d/open",
    ),
    "access: bits": (
        lambda c: c.call(
            "check_access",
            messages.CheckAccessPRequest(path="/no", options=messages.CheckAccessPOptions(bits=common_pb2.READ)),
        ),
        Status.NOT_FOUND,
        "/no",
    ),
}


@pytest.mark.parametrize(("call", "status", "text"), ERRORS.values(), ids=ERRORS)
async def test_errors(call: Any, status: Status, text: str) -> None:
    """Official clients choose their exception by the status, and print the text as it is. Nothing changes."""
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        before = len(disk.log)
        with pytest.raises(AlluxioError) as caught:
            await call(cluster)
        assert caught.value.status is status, repr(caught.value)
        assert text in str(caught.value)
        assert len(disk.log) == before
    disk.check()


# --- permissions ---------------------------------------------------------------------------------------------------

DENIED = {
    "create": (
        lambda c: c.create("/d/x", user="eve"),
        "Permission denied: user=eve, access=-w-, path=/d/x: failed at d, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x",
    ),
    "create in the root": (
        lambda c: c.create("/x", user="eve"),
        "Permission denied: user=eve, access=-w-, path=/x: failed at /, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x",
    ),
    "missing parents": (
        lambda c: c.create("/d/a/b/c", user="eve"),
        "Permission denied: user=eve, access=-w-, path=/d/a/b/c: failed at d, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x",
    ),
    "delete a missing path": (
        lambda c: c.delete("/d/no", user="eve"),
        "Permission denied: user=eve, access=-w-, path=/d/no: failed at d, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x",
    ),
    "rename": (
        lambda c: c.rename("/d/f", "/d/g", user="ann"),
        "Permission denied: user=ann, access=-w-, path=/d/f: failed at d, inode owner=root, inode group=root, "
        "inode mode=rwxr-xr-x",
    ),
    "list a private directory": (
        lambda c: c.names("/private", user="ann"),
        "Permission denied: user=ann, access=r--, path=/private: failed at private, inode owner=root, "
        "inode group=root, inode mode=rwx------",
    ),
    "status below a private directory": (
        lambda c: c.status("/private/x", user="ann"),
        "Permission denied: user=ann, access=--x, path=/private/x: failed at private, inode owner=root, "
        "inode group=root, inode mode=rwx------",
    ),
    "ttl": (
        lambda c: c.set("/d/f", ttl=5, user="ann"),
        "Permission denied: user=ann, access=-w-, path=/d/f: failed at f, inode owner=root, inode group=root, "
        "inode mode=rw-r--r--",
    ),
    "block": (
        lambda c: c.call("get_new_block_id_for_file", messages.GetNewBlockIdForFilePRequest(path="/d/open"), "ann"),
        "Permission denied: user=ann, access=-w-, path=/d/open: failed at open, inode owner=root, inode group=root, "
        "inode mode=rw-r--r--",
    ),
}


@pytest.mark.parametrize(("call", "text"), DENIED.values(), ids=DENIED)
async def test_permission_texts(call: Any, text: str) -> None:
    """Scripts and people read these texts; they have the form that HDFS users know."""
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        await cluster.mkdir("/private", mode=0o700)
        await cluster.create("/private/x")
        with pytest.raises(AccessDenied) as caught:
            await call(cluster)
        assert str(caught.value) == text
    disk.check()


OTHERS = {
    "chown": lambda c: c.set("/d/f", owner="ann", user="ann"),
    "chgrp": lambda c: c.set("/d/f", group="staff", user="ann"),
    "chmod": lambda c: c.set("/d/f", mode=0o777, user="ann"),
    "setfacl": lambda c: c.call("set_acl", messages.SetAclPRequest(path="/d/f", action=messages.REMOVE_ALL), "ann"),
    "free": lambda c: free(c, "/secret", "ann"),
    "mount": lambda c: c.unmount("/d", "ann"),
}


@pytest.mark.parametrize("call", OTHERS.values(), ids=OTHERS)
async def test_others_may_not(call: Any) -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        await cluster.through_file("/secret")
        await cluster.set("/secret", mode=0o600)
        with pytest.raises(AccessDenied, match="user=ann"):
            await call(cluster)
    disk.check()


async def test_owner_writes_on_in_a_file_that_others_may_not_write() -> None:
    """`cp` of a read-only file: created 0444, then written by its owner."""
    disk = Disk()
    async with disk.master() as cluster:
        await cluster.mkdir("/home", mode=0o777)
        await cluster.create("/home/f", user="ann")
        await cluster.set("/home/f", mode=0o444, user="ann")
        await cluster.call("get_new_block_id_for_file", messages.GetNewBlockIdForFilePRequest(path="/home/f"), "ann")
        await cluster.set("/home/f", mode=0o400, user="ann")
        info = await cluster.status("/home/f", user="eve")
        assert (info.owner, info.group, info.mode) == ("ann", "staff", 0o400)


async def test_safe_mode() -> None:
    """Answered too early, a status would say that no worker has the file, and the client would read the slow store."""
    disk = Disk()
    disk.properties["alluxio.master.worker.connect.wait.time"] = "5s"
    async with disk.master() as cluster:
        disk.clock.ms += 5000
        await cluster.mkdir("/d")
        await cluster.cached_file("/d/f", [await cluster.worker()])
    async with disk.master() as cluster:
        with pytest.raises(SafeMode):
            await cluster.status("/d/f")
        with pytest.raises(SafeMode):
            await cluster.names("/d", load=NEVER)
        assert (await cluster.status("/d")).folder
        disk.clock.ms += 5000
        assert (await cluster.status("/d/f")).inAlluxioPercentage == 0


# --- attributes ----------------------------------------------------------------------------------------------------


async def test_attributes_reach_the_storage() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        await cluster.set("/d", mode=0o750, owner="ann", group="staff", recursive=True)
        for name in ("/data/d", "/data/d/f"):
            found = await disk.ufs.status(name)
            assert found is not None
            assert (found.owner, found.group, found.mode) == ("ann", "staff", 0o750)
        infos = await cluster.infos("/d", load=NEVER)
        assert {(info.owner, info.group, info.mode) for info in infos} == {("ann", "staff", 0o750)}
        before = (await cluster.status("/d/f")).fileId
        assert (await cluster.status("/d/f", interval_ms=0)).fileId == before
    disk.check()


async def test_what_the_storage_refuses_keeps_its_attributes() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        for name in "efg":
            await cluster.through_file(f"/d/{name}")
        of_directory = (await cluster.status("/d")).mode
        disk.ufs.break_down("set_mode /data/d/f")
        with pytest.raises(AccessDenied, match="/data/d/f"):
            await cluster.set("/d", mode=0o700, recursive=True)
        modes = {info.path: info.mode for info in await cluster.infos("/d", load=NEVER)}
        assert modes == {"/d/e": 0o700, "/d/f": 0o644, "/d/g": 0o644}
        for path, mode in {**modes, "/d": of_directory}.items():
            found = await disk.ufs.status(f"/data{path}")
            assert found is not None
            assert ((await cluster.status(path)).mode, found.mode) == (mode, mode)
    disk.check()


async def test_pin_reaches_the_whole_subtree() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        await cluster.set("/d", pinned=True, pinnedMedia=["SSD"])
        assert {(info.pinned, *info.mediumType) for info in await cluster.infos("/d")} == {(True, "SSD")}
        await cluster.create("/d/new")
        assert (await cluster.status("/d/new")).pinned
        await cluster.set("/d", pinned=False)
        assert not any(info.pinned for info in await cluster.infos("/d"))
    disk.check()


async def test_time_to_live_and_xattr() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        await cluster.set("/d/f", ttl=DAY_MS, ttl_action=common_pb2.FREE, xattr={"a": b"1", "b": b"2"})
        await cluster.set("/d/f", xattr={"b": b"3"}, xattrUpdateStrategy=journal_file_pb2.UNION_REPLACE)
        info = await cluster.status("/d/f")
        assert (info.ttl, info.ttlAction, dict(info.xattr)) == (DAY_MS, common_pb2.FREE, {"a": b"1", "b": b"3"})
    disk.check()


async def test_directory_is_marked_to_be_listed_again() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await disk.ufs.put("/data/d/f")
        assert await cluster.names("/d") == ["/d/f"]
        await disk.ufs.put("/data/d/g")
        await cluster.set("/d", directChildrenLoaded=False)
        assert await cluster.names("/d") == ["/d/f", "/d/g"]


# --- ACLs ----------------------------------------------------------------------------------------------------------


def entry(kind: int, subject: str, *actions: int, default: bool = False) -> Any:
    return messages.PAclEntry(type=kind, subject=subject, actions=actions, isDefault=default)


async def set_acl(cluster: Harness, path: str, action: int, *entries: Any, recursive: bool = False) -> None:
    request = messages.SetAclPRequest(
        path=path, action=action, entries=entries, options=messages.SetAclPOptions(recursive=recursive)
    )
    await cluster.call("set_acl", request)


def extended(acl: Any) -> dict[tuple[int, str], list[int]]:
    return {(item.type, item.subject): list(item.actions) for item in acl.entries}


async def test_acl_actions() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        user, group, mask = messages.NamedUser, messages.NamedGroup, messages.Mask
        await set_acl(
            cluster, "/d", messages.MODIFY, entry(user, "eve", READ, WRITE), entry(group, "g", READ), recursive=True
        )
        for path in ("/d", "/d/f", "/d/empty"):
            acl = (await cluster.status(path)).acl
            assert extended(acl)[user, "eve"] == [READ, WRITE]
            assert extended(acl)[group, "g"] == [READ]
            assert (mask, "") in extended(acl)
            assert all(item.HasField("subject") for item in acl.entries), "official clients ask for it"
        await set_acl(cluster, "/d/f", messages.REMOVE, entry(user, "eve"))
        assert (user, "eve") not in extended((await cluster.status("/d/f")).acl)
        await set_acl(cluster, "/d/f", messages.REMOVE_ALL)
        assert extended((await cluster.status("/d/f")).acl) == {}
        await set_acl(
            cluster,
            "/d/f",
            messages.REPLACE,
            entry(messages.Owner, "", READ, WRITE, EXECUTE),
            entry(messages.OwningGroup, "", READ),
            entry(messages.Other, ""),
        )
        assert (await cluster.status("/d/f")).mode == 0o740
        await set_acl(cluster, "/d", messages.MODIFY, entry(user, "ann", READ, default=True))
        default = (await cluster.status("/d")).defaultAcl
        assert extended(default)[user, "ann"] == [READ]
        assert default.isDefault
        assert not any(item.isDefault for item in default.entries), "official masters mark the list only"
        await cluster.create("/d/child")
        assert (user, "ann") in extended((await cluster.status("/d/child")).acl)
        await set_acl(cluster, "/d", messages.REMOVE_DEFAULT)
        assert not (await cluster.status("/d")).HasField("defaultAcl")
    disk.check()


ACL_ERRORS = {
    "replace without base": (
        "/d/f",
        messages.REPLACE,
        [entry(messages.NamedUser, "eve", READ)],
        Status.UNKNOWN,
    ),
    "default entry on a file": (
        "/d/f",
        messages.MODIFY,
        [entry(messages.NamedUser, "eve", READ, default=True)],
        Status.INTERNAL,
    ),
    "removes a base entry": ("/d/f", messages.REMOVE, [entry(messages.Owner, "")], Status.INTERNAL),
    "missing": ("/no", messages.REMOVE_ALL, [], Status.NOT_FOUND),
}


@pytest.mark.parametrize(("path", "action", "entries", "status"), ACL_ERRORS.values(), ids=ACL_ERRORS)
async def test_acl_errors(path: str, action: int, entries: list[Any], status: Status) -> None:
    """Two of these requests end the official master's process; here they are refused."""
    disk = Disk()
    async with disk.master() as cluster:
        await sample(cluster)
        with pytest.raises(AlluxioError) as caught:
            await set_acl(cluster, path, action, *entries)
        assert caught.value.status is status
    disk.check()


# --- free ----------------------------------------------------------------------------------------------------------


async def cached_and_persisted(cluster: Harness, path: str) -> int:
    """Make a persisted file of one block that a worker holds; returns the block's id."""
    info = await cluster.through_file(path)
    block_id: int = info.blockIds[0]
    await cluster.worker(f"w-{info.fileId}", [block_id])
    return block_id


def orders(cluster: Harness) -> set[int]:
    """Return the blocks that workers have to remove."""
    workers = cluster.master.block_master.registry.in_state(WorkerState.LIVE)
    return {block_id for worker in workers for block_id in worker.to_remove}


async def test_free_drops_copies_and_keeps_the_file() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        blocks = {await cached_and_persisted(cluster, f"/d/f{n}") for n in range(3)}
        await free(cluster, "/d", recursive=True)
        assert orders(cluster) == blocks
        assert len(await cluster.names("/d")) == 3
    disk.check()


async def test_free_of_a_pinned_file() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        block_id = await cached_and_persisted(cluster, "/f")
        await cluster.set("/f", pinned=True, ttl=DAY_MS)
        with pytest.raises(Unknown, match="pinned"):
            await free(cluster, "/f")
        assert orders(cluster) == set()
        await free(cluster, "/f", forced=True)
        assert orders(cluster) == {block_id}
        assert not (await cluster.status("/f")).pinned
    disk.check()


async def test_free_that_fails_has_freed_what_came_before() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        first = await cached_and_persisted(cluster, "/d/a")
        await cluster.create("/d/b")
        await cached_and_persisted(cluster, "/d/c")
        with pytest.raises(Unknown, match="/d/b"):
            await free(cluster, "/d", recursive=True)
        assert orders(cluster) == {first}


# --- the rest ------------------------------------------------------------------------------------------------------


async def test_ids_paths_and_addresses() -> None:
    disk = Disk()
    async with disk.master() as cluster:
        info = await cluster.create("/d/f", write_type=CACHE_THROUGH)
        answer = await cluster.call("get_file_path", messages.GetFilePathPRequest(fileId=info.fileId))
        assert answer.path == "/d/f"
        request = messages.ReverseResolvePRequest(ufsUri=f"mem://{disk.bucket}/data/d/f")
        assert (await cluster.call("reverse_resolve", request)).alluxioPath == "/d/f"


async def test_no_state_lock_no_holders() -> None:
    """The official command asks this before a backup; there is no such lock here, so nobody holds it."""
    disk = Disk()
    async with disk.master() as cluster:
        answer = await cluster.call("get_state_lock_holders", messages.GetStateLockHoldersPRequest())
        assert list(answer.threads) == []


# Fields with a path: tag and wire type 2, three bytes that are no text.
NO_TEXT = b"\x0a\x03/\xff\xfe"
NO_TEXT_SECOND = b"\x0a\x02/d" + b"\x12\x03/\xff\xfe"


@pytest.mark.parametrize(
    ("rpc", "request_type", "data"),
    [
        ("get_status", messages.GetStatusPRequest, NO_TEXT),
        ("create_file", messages.CreateFilePRequest, NO_TEXT),
        ("create_directory", messages.CreateDirectoryPRequest, NO_TEXT),
        ("remove", messages.DeletePRequest, NO_TEXT),
        ("rename", messages.RenamePRequest, NO_TEXT_SECOND),
        ("mount", messages.MountPRequest, NO_TEXT),
    ],
)
async def test_paths_that_are_not_utf8(rpc: str, request_type: Any, data: bytes) -> None:
    """Protobuf does not check texts on their way in; a stack trace in the log would be all that the caller gets."""
    async with Disk().master() as cluster:
        await sample(cluster)
        with pytest.raises(InvalidPath, match="is not UTF-8"):
            await cluster.call(rpc, request_type.FromString(data))
