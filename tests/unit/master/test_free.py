"""free and the time to live: whose copies go, whose stay, and what an expired inode becomes."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import AccessDenied, FileDoesNotExist, Unknown
from pyalluxio.journal.entries import TtlAction, UpdateInodeEntry
from pyalluxio.master.ops import free, ttl_expire
from pyalluxio.master.ops.context import BlockLocation
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.free import FreeRequest, FreeResult
from tests.unit.master.namespace import BLOCK, START_MS, Namespace
from tests.unit.master.trees import file_status, in_chunks, inode, load, persisted_tree

COPY = BlockLocation(1, None, "MEM", "MEM", 0)


def cached(namespace: Namespace, *paths: str) -> list[int]:
    """Let a worker hold every block of these files; returns the blocks."""
    blocks = [block for path in paths for block in inode(namespace, path).block_ids]
    namespace.locations.update(dict.fromkeys(blocks, (COPY,)))
    return blocks


def call(namespace: Namespace, path: str, *, user: str = "root", **options: Any) -> FreeResult:
    result = in_chunks(namespace, free.run, FreeRequest(path, **options), user=user)
    assert isinstance(result, FreeResult)
    return result


def test_only_blocks_with_copies(namespace: Namespace) -> None:
    """Orders for blocks that nobody holds would flood the workers' heartbeats."""
    load(namespace, "/", file_status("f", length_bytes=2 * BLOCK))
    first, second = inode(namespace, "/f").block_ids
    namespace.locations[second] = (COPY,)
    assert call(namespace, "/f").block_ids == [second] != [first]
    assert namespace.emitted == []


def test_everything_below(namespace: Namespace) -> None:
    """`free` of a directory must reach every file of it."""
    persisted_tree(namespace)
    blocks = cached(namespace, "/d/g", "/d/sub/f")
    result = call(namespace, "/d", recursive=True)
    assert (result.block_ids, result.error) == (blocks, None)


def test_a_large_directory_is_freed_in_chunks(namespace: Namespace) -> None:
    """Freeing a million files must not hold everybody else up, and must forget none of them."""
    namespace.directory("/d")
    names = [f"f{number:04}" for number in range(600)]
    load(namespace, "/d", *(file_status(name) for name in names))
    blocks = cached(namespace, *(f"/d/{name}" for name in names))
    assert call(namespace, "/d", recursive=True).block_ids == blocks


REFUSED = {
    "missing": ("/no", {}, FileDoesNotExist, "/no"),
    "directory with children": ("/d", {}, Unknown, "/d"),
}


@pytest.mark.parametrize(("path", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(namespace: Namespace, path: str, options: dict[str, Any], error: type[Exception], text: str) -> None:
    """A wrong code makes the official client retry, or tell something else."""
    persisted_tree(namespace)
    with pytest.raises(error) as raised:
        call(namespace, path, **options)
    assert type(raised.value) is error
    assert text in str(raised.value)


def test_needs_read(namespace: Namespace) -> None:
    """Anybody else could empty the cache under somebody's job."""
    persisted_tree(namespace)
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/d/g").id, mode=0o600))
    with pytest.raises(AccessDenied, match="r--"):
        call(namespace, "/d/g", user="eve")


def test_an_unpersisted_file_ends_the_walk_and_keeps_what_came_before(namespace: Namespace) -> None:
    """Its copies are all there is: dropping them would lose the file."""
    persisted_tree(namespace)
    namespace.completed_file("/d/h", [5])
    before = cached(namespace, "/d/g")
    cached(namespace, "/d/h", "/d/sub/f")
    result = call(namespace, "/d", recursive=True, forced=True)
    assert result.block_ids == before
    assert type(result.error) is Unknown
    assert str(result.error) == "Cannot free file /d/h which is not persisted", "2.9's words, which scripts look for"


def test_a_pinned_file_needs_force(namespace: Namespace) -> None:
    """Pinned means that it stays cached; only who says so explicitly overrules it."""
    load(namespace, "/", file_status("f"))
    namespace.emit(UpdateInodeEntry(id=inode(namespace, "/f").id, pinned=True, medium_type=("MEM",)))
    blocks = cached(namespace, "/f")
    refused = call(namespace, "/f")
    assert (type(refused.error), refused.block_ids) == (Unknown, [])
    assert call(namespace, "/f", forced=True).block_ids == blocks
    file = inode(namespace, "/f")
    assert (file.pinned, file.replication_min, file.medium_types) == (False, 0, ())


# --- time to live --------------------------------------------------------------------------------------------------


def due(namespace: Namespace, count_max: int = 100, skipped: Any = frozenset()) -> list[ttl_expire.Due]:
    found = namespace.ask(ttl_expire.due, count_max, skipped)
    assert isinstance(found, list)
    return found


def test_due_in_the_order_of_time(namespace: Namespace) -> None:
    """With more due than one round takes, those that wait longest must not starve."""
    namespace.file("/late", ttl_ms=20)
    namespace.file("/never")
    namespace.file("/early", ttl_ms=10)
    assert due(namespace) == []
    namespace.now_ms = START_MS + 10
    assert [item.path for item in due(namespace)] == ["/early"]
    namespace.now_ms = START_MS + 20
    assert [item.path for item in due(namespace)] == ["/early", "/late"]
    assert [item.path for item in due(namespace, 1)] == ["/early"]
    skipped = {inode(namespace, "/early").id}
    assert [item.path for item in due(namespace, 1, skipped)] == ["/late"]


DELETIONS = {
    "file": ("/f", TtlAction.DELETE, DeleteRequest("/f")),
    "file, in Alluxio only": ("/f", TtlAction.DELETE_ALLUXIO, DeleteRequest("/f", alluxio_only=True)),
    "directory": ("/d", TtlAction.DELETE, DeleteRequest("/d", recursive=True)),
    "directory, in Alluxio only": (
        "/d",
        TtlAction.DELETE_ALLUXIO,
        DeleteRequest("/d", recursive=True, alluxio_only=True),
    ),
}


@pytest.mark.parametrize(("path", "action", "request_"), DELETIONS.values(), ids=DELETIONS)
def test_how_it_is_deleted(namespace: Namespace, path: str, action: TtlAction, request_: DeleteRequest) -> None:
    """DELETE_ALLUXIO that reached the under storage would destroy the only good copy."""
    namespace.file("/f")
    namespace.directory("/d")
    namespace.emit(UpdateInodeEntry(id=inode(namespace, path).id, ttl=0, ttl_action=action))
    assert [item.delete_request() for item in due(namespace)] == [request_]


def expire(namespace: Namespace, path: str, action: TtlAction = TtlAction.FREE, ttl_ms: int = 0) -> FreeResult:
    target = inode(namespace, path).id
    namespace.emit(UpdateInodeEntry(id=target, ttl=ttl_ms, ttl_action=action))
    result = in_chunks(namespace, ttl_expire.free_expired, target)
    assert isinstance(result, FreeResult)
    return result


def test_freed_inode_lives_on_unpinned(namespace: Namespace) -> None:
    """Freed but still due, it would be freed again every hour; still pinned, it would be cached again at once."""
    persisted_tree(namespace)
    for path in ("/d", "/d/g"):
        namespace.emit(UpdateInodeEntry(id=inode(namespace, path).id, pinned=True))
    blocks = cached(namespace, "/d/g", "/d/sub/f")
    assert expire(namespace, "/d").block_ids == blocks
    directory, file = inode(namespace, "/d"), inode(namespace, "/d/g")
    assert (directory.ttl_ms, directory.ttl_action, directory.pinned) == (-1, TtlAction.DELETE, False)
    assert (file.pinned, file.replication_min) == (False, 0)
    assert due(namespace) == []


def test_what_cannot_be_freed_stays_due(namespace: Namespace) -> None:
    """A file that is persisted a minute later is freed by the next attempt."""
    namespace.completed_file("/f", [5])
    result = expire(namespace, "/f")
    assert type(result.error) is Unknown
    assert [item.path for item in due(namespace)] == ["/f"]


CHANGED = {
    "not due any more": {"ttl_ms": 10},
    "another action": {"action": TtlAction.DELETE},
}


@pytest.mark.parametrize("options", CHANGED.values(), ids=CHANGED)
def test_changed_since_it_was_found(namespace: Namespace, options: dict[str, Any]) -> None:
    """A user who prolonged the time to live in the last moment keeps the cache."""
    load(namespace, "/", file_status("f"))
    cached(namespace, "/f")
    assert expire(namespace, "/f", **options) == FreeResult()
    assert namespace.emitted == []
