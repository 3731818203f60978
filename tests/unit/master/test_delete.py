"""delete: each condition of the rules, what stays after a failure, and the two rounds in the under storage."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import (
    AccessDenied,
    AlluxioError,
    DirectoryNotEmpty,
    FailedPrecondition,
    FileDoesNotExist,
    InvalidPath,
)
from pyalluxio.journal.entries import (
    PERSISTED,
    AddMountPointEntry,
    AddSyncPointEntry,
    DeleteBlockEntry,
    DeleteFileEntry,
    DeleteMountPointEntry,
    OperationId,
    RemoveSyncPointEntry,
    UpdateInodeDirectoryEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops import delete
from pyalluxio.master.ops.delete import DeleteRequest, UfsOutcome
from pyalluxio.master.ops.ufs_steps import DeleteDirectory, DeleteFile, ListAll, StepResult, UfsResults
from pyalluxio.master.state.effects import FreeBlocks, MountRemoved
from tests.unit.master.namespace import Namespace


def persist(namespace: Namespace, *paths: str) -> None:
    for path in paths:
        namespace.emit(UpdateInodeEntry(namespace.status(path).file_id, persistence_state=PERSISTED))


def mount(namespace: Namespace, path: str, *, read_only: bool = False) -> None:
    info = namespace.directory(path)
    namespace.emit(
        UpdateInodeDirectoryEntry(info.file_id, mount_point=True),
        UpdateInodeEntry(info.file_id, persistence_state=PERSISTED),
        AddMountPointEntry(path, f"s3://bucket{path}", 77, read_only, False),
    )


REFUSED = {
    "missing": (DeleteRequest("/x"), FileDoesNotExist, '^Path "/x" does not exist'),
    "not empty": (
        DeleteRequest("/d"),
        DirectoryNotEmpty,
        "^Cannot delete non-empty directory d because recursive is set to false$",
    ),
    "below a file": (DeleteRequest("/d/f/x"), InvalidPath, "through a file"),
    "root is a mount point": (DeleteRequest("/", recursive=True), AccessDenied, "--deleteMountPoint/-m"),
    "contains a mount point": (DeleteRequest("/m", recursive=True), AccessDenied, "--deleteMountPoint/-m"),
    "is a mount point": (DeleteRequest("/m/b", recursive=True), AccessDenied, "--deleteMountPoint/-m"),
    "contains a read-only mount point": (
        DeleteRequest("/r", recursive=True, delete_mount_point=True),
        AccessDenied,
        "read-only mount points: /r/o",
    ),
    "below a read-only mount point": (DeleteRequest("/r/o/f"), AccessDenied, "/r/o/f is in the read-only"),
}


@pytest.mark.parametrize(("request_", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(namespace: Namespace, request_: DeleteRequest, error: type[AlluxioError], text: str) -> None:
    """A delete that should have been refused cannot be taken back."""
    namespace.file("/d/f")
    mount(namespace, "/m/b")
    mount(namespace, "/r/o", read_only=True)
    with pytest.raises(error, match=text) as raised:
        namespace.run(delete.run, request_)
    assert type(raised.value) is error
    assert namespace.emitted == []


def test_root_is_never_deleted(namespace: Namespace) -> None:
    """Not even by somebody who says yes to everything."""
    namespace.file("/d/f")
    with pytest.raises(InvalidPath, match=r"^Cannot delete the root directory$"):
        namespace.run(delete.run, DeleteRequest("/", recursive=True, delete_mount_point=True))


def test_parent_permission_comes_before_existence(namespace: Namespace) -> None:
    """Otherwise anybody could find out which names exist in a directory closed to them."""
    namespace.directory("/d", mode=0o755)
    with pytest.raises(AccessDenied, match="access=-w-"):
        namespace.run(delete.run, DeleteRequest("/d/none"), user="ann")


def test_file_and_its_blocks(namespace: Namespace) -> None:
    """Blocks that nobody frees fill the workers."""
    info = namespace.completed_file("/d/f", [10])
    namespace.now_ms += 3
    namespace.run(delete.run, DeleteRequest("/d/f"))
    assert [type(entry) for entry in namespace.emitted] == [DeleteFileEntry, DeleteBlockEntry]
    assert FreeBlocks(info.block_ids) in namespace.effects
    parent = namespace.status("/d")
    assert (parent.length, parent.last_modified_ms) == (0, namespace.now_ms)


def test_tree_goes_children_first_in_chunks(namespace: Namespace) -> None:
    """Java readers refuse to delete a directory with children, and a crash between chunks must leave a valid tree."""
    for number in range(2 * delete.CHUNK_INODES + 10):
        namespace.file(f"/d/{number % 5}/f{number}")
    with namespace.batch() as context:
        chunks = delete.run(context, DeleteRequest("/d", recursive=True, operation_id=OperationId(1, 2)))
        next(chunks)
    assert len(namespace.emitted) == delete.CHUNK_INODES
    namespace.check()
    assert namespace.has("/d/4")
    for _ in range(2):
        with namespace.batch() as context, pytest.raises(StopIteration) if _ else _nothing():
            chunks.send(context)
    assert not namespace.has("/d")
    last = namespace.emitted[-1]
    assert isinstance(last, DeleteFileEntry)
    assert (last.path, last.operation_id) == ("/d", OperationId(1, 2))
    namespace.run(delete.run, DeleteRequest("/d", recursive=True, operation_id=OperationId(1, 2)))


class _nothing:  # noqa: N801 - reads as a word where it stands
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def shared_folder(namespace: Namespace) -> None:
    """Everybody may delete in /o/d; ann may not delete /o/d/theirs, nor the file root in /o/d/both."""
    namespace.directory("/o", mode=0o777)
    for path in ("/o/d", "/o/d/both", "/o/d/all"):
        namespace.directory(path, mode=0o777)
    namespace.directory("/o/d/theirs", mode=0o755)
    namespace.file("/o/d/theirs/open", mode=0o666)
    namespace.file("/o/d/mine", user="ann")
    namespace.directory("/o/d/empty", user="ann")
    namespace.file("/o/d/both/ann", user="ann")
    namespace.file("/o/d/both/root")
    namespace.file("/o/d/all/f", mode=0o666)


LEFT_OVER = ("/o/d", "/o/d/both", "/o/d/both/root", "/o/d/theirs", "/o/d/theirs/open")
GONE = ("/o/d/all", "/o/d/all/f", "/o/d/both/ann", "/o/d/empty", "/o/d/mine")


def test_descendants_without_permission_stay_and_are_named(namespace: Namespace) -> None:
    """`rm -R` of a shared folder: others' files stay, one's own go, and the error says which is which.

    What lies in a directory that stays is not named for itself, as the official master answers.
    """
    shared_folder(namespace)
    with pytest.raises(FailedPrecondition) as raised:
        namespace.run(delete.run, DeleteRequest("/o/d", recursive=True), user="ann")
    assert [path for path in (*LEFT_OVER, *GONE) if namespace.has(path)] == list(LEFT_OVER)
    text = str(raised.value)
    assert text.startswith("Failed to delete 4 paths: /o/d/both/root (Permission denied: user=ann, access=-w-")
    assert f"), /o/d/both ({delete.NOT_EMPTY}), /o/d/theirs (Permission denied: user=ann, access=-w-" in text
    assert text.endswith(f"), /o/d ({delete.NOT_EMPTY})")


@pytest.mark.parametrize("unchecked", [False, True])
def test_storage_of_what_may_not_be_deleted_is_left_alone(namespace: Namespace, unchecked: bool) -> None:
    """One recursive step for the top would wipe files that the namespace goes on to list, for a call it refused."""
    shared_folder(namespace)
    persist(namespace, *LEFT_OVER, *GONE)
    request = DeleteRequest("/o/d", recursive=True, unchecked=unchecked)
    plan = namespace.ask(delete.plan, request, user="ann")
    names = tuple(path.removeprefix("/o/d/") for path in (*LEFT_OVER[1:], *GONE))
    steps, prepared = plan.steps(UfsResults({"/o/d": StepResult(names=names)}))
    assert {step.path for step in steps} == {"/o/d/all", "/o/d/both/ann", "/o/d/empty", "/o/d/mine"}
    outcome = plan.outcome(prepared, UfsResults({step.path: StepResult() for step in steps}))
    with pytest.raises(FailedPrecondition, match="Failed to delete 4 paths"):
        namespace.run(delete.run, request, outcome, user="ann")
    assert [path for path in (*LEFT_OVER, *GONE) if namespace.has(path)] == list(LEFT_OVER)


def test_unstored_file_of_another_keeps_the_stored_directory(namespace: Namespace) -> None:
    """Its directory stays in the namespace, and would be a stored one without an object."""
    namespace.directory("/o", mode=0o777)
    namespace.directory("/o/d", mode=0o777)
    namespace.file("/o/d/cached")
    namespace.file("/o/d/mine", user="ann")
    persist(namespace, "/o", "/o/d", "/o/d/mine")
    plan = namespace.ask(delete.plan, DeleteRequest("/o/d", recursive=True), user="ann")
    steps, _ = plan.steps(UfsResults({"/o/d": StepResult(names=("mine",))}))
    assert steps == (DeleteFile("/o/d/mine", "/ufs/o/d/mine", 1),)


def test_what_the_plan_permitted_and_deleted_goes_whatever_happens(namespace: Namespace) -> None:
    """A user who loses a group meanwhile must not leave files without content in the namespace."""
    namespace.directory("/o", mode=0o777)
    namespace.directory("/o/d", mode=0o777)
    namespace.file("/o/d/f", mode=0o664)
    persist(namespace, "/o", "/o/d", "/o/d/f")
    request = DeleteRequest("/o/d", recursive=True)
    plan = namespace.ask(delete.plan, request, user="ann", groups=("root",))
    steps, prepared = plan.steps(UfsResults({"/o/d": StepResult(names=("f",))}))
    assert [step.path for step in steps] == ["/o/d"]
    namespace.run(delete.run, request, plan.outcome(prepared, UfsResults({"/o/d": StepResult()})), user="ann")
    assert not namespace.has("/o/d")


def test_refusals_cost_no_more_than_deletions(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read anew from the top for each chunk, ten thousand refused files stop the master for a minute."""
    namespace.directory("/o", mode=0o777)
    namespace.directory("/o/d", mode=0o777)
    count = 5 * delete.CHUNK_INODES
    for number in range(count):
        namespace.file(f"/o/d/f{number:03}")
    asked = 0
    may = delete.checks.may

    def counting(*arguments: Any) -> bool:
        nonlocal asked
        asked += 1
        return may(*arguments)

    monkeypatch.setattr(delete.checks, "may", counting)
    read, most, chunk_count = 0, 0, 0
    with namespace.batch("ann") as context:
        get = context.tx.get

        def reading(*arguments: Any) -> Any:
            nonlocal read
            read += 1
            return get(*arguments)

        monkeypatch.setattr(type(context.tx), "get", lambda self, *arguments: reading(*arguments), raising=False)
        chunks = delete.run(context, DeleteRequest("/o/d", recursive=True))
        with pytest.raises(FailedPrecondition, match=f"Failed to delete {count + 1} paths"):
            next(chunks)
            while True:
                most, read, chunk_count = max(most, read), 0, chunk_count + 1
                chunks.send(context)
    monkeypatch.undo()
    assert asked == count
    assert chunk_count >= 4
    assert most <= 6 * delete.CHUNK_INODES


def test_at_most_twenty_failures_are_shown(namespace: Namespace) -> None:
    """A message of a million paths breaks the client that receives it."""
    namespace.directory("/o", mode=0o777)
    namespace.directory("/o/d", mode=0o777)
    for number in range(30):
        namespace.file(f"/o/d/f{number}")
    with pytest.raises(FailedPrecondition) as raised:
        namespace.run(delete.run, DeleteRequest("/o/d", recursive=True), user="ann")
    assert str(raised.value).startswith("Failed to delete 31 paths: ")
    assert str(raised.value).endswith("and 11 more")


def test_mount_points_inside_are_unmounted_and_emptied(namespace: Namespace) -> None:
    """As the official master does, seen on it: the mounted files are deleted, the mounted folder itself stays."""
    mount(namespace, "/d/m")
    namespace.file("/d/m/e/f")
    persist(namespace, "/d", "/d/m/e", "/d/m/e/f")
    namespace.emit(AddSyncPointEntry("/d/m", 77))
    request = DeleteRequest("/d", recursive=True, delete_mount_point=True)
    plan = namespace.ask(delete.plan, request)
    assert plan.listings == [ListAll("/d", "/ufs/d", 1), ListAll("/d/m/e", "s3://bucket/d/m/e", 77)]
    steps, outcome = plan.steps(UfsResults({"/d": StepResult(), "/d/m/e": StepResult(names=("f",))}))
    assert steps == (DeleteDirectory("/d", "/ufs/d", 1), DeleteDirectory("/d/m/e", "s3://bucket/d/m/e", 77))
    results = UfsResults({step.path: StepResult() for step in steps})
    namespace.run(delete.run, request, plan.outcome(outcome, results))
    kinds = [type(entry) for entry in namespace.emitted]
    assert kinds == [
        DeleteFileEntry,
        DeleteFileEntry,
        DeleteMountPointEntry,
        RemoveSyncPointEntry,
        DeleteFileEntry,
        DeleteFileEntry,
    ]
    assert any(isinstance(effect, MountRemoved) for effect in namespace.effects)
    assert not namespace.has("/d")


def test_deleted_parent_does_not_stand_for_what_is_mounted_below(namespace: Namespace) -> None:
    """The folder's own storage is emptied; the mounted storage still has the file, so the inode must stay."""
    mount(namespace, "/d/m")
    namespace.file("/d/m/f")
    persist(namespace, "/d", "/d/m/f")
    request = DeleteRequest("/d", recursive=True, delete_mount_point=True)
    plan = namespace.ask(delete.plan, request)
    _, outcome = plan.steps(UfsResults({"/d": StepResult()}))
    failed = UfsResults({"/d": StepResult(), "/d/m/f": StepResult(error="no permission there")})
    with pytest.raises(FailedPrecondition, match=r"/d/m/f \(no permission there\), /d/m \("):
        namespace.run(delete.run, request, plan.outcome(outcome, failed))
    assert namespace.has("/d/m/f")


def test_empty_mount_point_is_unmounted_without_recursive(namespace: Namespace) -> None:
    """That is what the rules say, surprising as it is."""
    mount(namespace, "/m")
    namespace.run(delete.run, DeleteRequest("/m"))
    assert [type(entry) for entry in namespace.emitted] == [DeleteMountPointEntry, DeleteFileEntry]


def test_parent_is_to_be_listed_again(namespace: Namespace) -> None:
    """With this option a deleted cache entry comes back from the under storage at the next listing."""
    namespace.file("/d/f")
    directory = namespace.status("/d").file_id
    namespace.run(delete.run, DeleteRequest("/d/f", alluxio_only=True, sync_parent_next_time=True))
    assert namespace.emitted[-1] == UpdateInodeDirectoryEntry(directory, direct_children_loaded=False)


# --- the under storage ---------------------------------------------------------------------------------------------


def test_a_large_tree_is_planned_in_parts(namespace: Namespace) -> None:
    """A million files read in one go would stop the master for half a minute, and cost it the leadership."""
    for number in range(delete.PLAN_INODES + 10):
        namespace.file(f"/d/f{number:03}")
    persist(namespace, "/d", "/d/f000", f"/d/f{delete.PLAN_INODES + 9:03}")
    with namespace.reading() as context:
        parts = delete.plan(context, DeleteRequest("/d", recursive=True))
        assert next(parts) is None
    plan = namespace.ask(delete.plan, DeleteRequest("/d", recursive=True))
    assert len(plan.nodes) == delete.PLAN_INODES + 11
    assert plan.steps(UfsResults({"/d": StepResult(names=("f000", "f001"))}))[0] == (
        DeleteDirectory("/d", "/ufs/d", 1),
    )


def test_alluxio_only_leaves_the_under_storage_alone(namespace: Namespace) -> None:
    """The one option whose mistake loses data for good."""
    namespace.file("/f")
    persist(namespace, "/f")
    request = DeleteRequest("/f", alluxio_only=True)
    assert namespace.ask(delete.plan, request) is None
    namespace.run(delete.run, request)
    assert not namespace.has("/f")


def test_persisted_file_is_deleted_there_first(namespace: Namespace) -> None:
    """In the other order a failure leaves a file that comes back with the next sync."""
    namespace.file("/f")
    persist(namespace, "/f")
    request = DeleteRequest("/f")
    plan = namespace.ask(delete.plan, request)
    assert plan.listings == []
    steps, outcome = plan.steps(UfsResults())
    assert steps == (DeleteFile("/f", "/ufs/f", 1),)
    failed = plan.outcome(outcome, UfsResults({"/f": StepResult(error="the disk is read-only")}))
    with pytest.raises(FailedPrecondition, match=r"^Failed to delete 1 paths: /f \(the disk is read-only\)$"):
        namespace.run(delete.run, request, failed)
    assert namespace.has("/f")
    namespace.run(delete.run, request, plan.outcome(UfsOutcome(), UfsResults({"/f": StepResult()})))
    assert not namespace.has("/f")


def test_directory_in_sync_goes_with_one_call(namespace: Namespace) -> None:
    """A million files must not be a million requests to the object store."""
    for name in ("a/f", "a/g", "b/f"):
        namespace.file(f"/d/{name}")
    persist(namespace, "/d", "/d/a", "/d/b", "/d/a/f", "/d/a/g", "/d/b/f")
    plan = namespace.ask(delete.plan, DeleteRequest("/d", recursive=True))
    assert plan.listings == [ListAll("/d", "/ufs/d", 1)]
    listed = UfsResults({"/d": StepResult(names=("a", "a/f", "a/g", "b", "b/f", "a/x.alluxio.0x0123456789ABCDEF.tmp"))})
    steps, outcome = plan.steps(listed)
    assert steps == (DeleteDirectory("/d", "/ufs/d", 1),)
    namespace.run(
        delete.run, DeleteRequest("/d", recursive=True), plan.outcome(outcome, UfsResults({"/d": StepResult()}))
    )
    assert not namespace.has("/d")


def test_directory_out_of_sync_stays_with_its_ancestors(namespace: Namespace) -> None:
    """A file that somebody else wrote into the folder meanwhile must not be deleted unseen."""
    for name in ("a/f", "b/f"):
        namespace.file(f"/d/{name}")
    persist(namespace, "/d", "/d/a", "/d/b", "/d/a/f", "/d/b/f")
    request = DeleteRequest("/d", recursive=True)
    plan = namespace.ask(delete.plan, request)
    steps, outcome = plan.steps(UfsResults({"/d": StepResult(names=("a", "a/f", "a/stranger", "b", "b/f"))}))
    assert set(steps) == {DeleteFile("/d/a/f", "/ufs/d/a/f", 1), DeleteDirectory("/d/b", "/ufs/d/b", 1)}
    done = plan.outcome(outcome, UfsResults({step.path: StepResult() for step in steps}))
    with pytest.raises(FailedPrecondition) as raised:
        namespace.run(delete.run, request, done)
    assert str(raised.value) == (f"Failed to delete 2 paths: /d/a ({delete.NOT_IN_SYNC}), /d ({delete.NOT_EMPTY})")
    assert [namespace.has(path) for path in ("/d/a", "/d/a/f", "/d/b")] == [True, False, False]


def test_unchecked_deletes_strangers_as_well(namespace: Namespace) -> None:
    """The caller says so; listing a huge tree first is what the option avoids."""
    namespace.file("/d/f")
    persist(namespace, "/d", "/d/f")
    plan = namespace.ask(delete.plan, DeleteRequest("/d", recursive=True, unchecked=True))
    assert plan.listings == []
    assert plan.steps(UfsResults())[0] == (DeleteDirectory("/d", "/ufs/d", 1),)


def test_what_appeared_after_the_plan_stays(namespace: Namespace) -> None:
    """A file persisted between the plan and its run has an object that nobody deleted."""
    namespace.file("/d/f")
    persist(namespace, "/d")
    request = DeleteRequest("/d", recursive=True)
    namespace.ask(delete.plan, request)
    persist(namespace, "/d/f")
    with pytest.raises(FailedPrecondition, match=delete.APPEARED):
        namespace.run(delete.run, request, UfsOutcome(failed={"/d": "not empty there"}))
    assert namespace.has("/d/f")
