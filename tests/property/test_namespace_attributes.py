"""Attributes, ACLs, mounts, loading, syncing and background work in any order: the state stays valid, and replays.

There is no second model here: what each call does is checked row by row in `tests/unit/master`. What only a history
shows is that no call meets a state that it cannot deal with, and that the journal alone leads to the same state.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.unit.master.namespace import ASYNC, BLOCK, Namespace
from tests.unit.master.trees import DIRECTORY_FINGERPRINT, FINGERPRINT, OPTIONS, inode

from pyalluxio import path as paths
from pyalluxio.errors import AlluxioError
from pyalluxio.journal.entries import AclEntry, AclEntryType, SetAclAction, TtlAction
from pyalluxio.master.ops import (
    block_integrity,
    delete,
    free,
    load_metadata,
    mark_lost,
    mount,
    persist_done,
    rename,
    schedule_persist,
    set_acl,
    set_attribute,
    sync_metadata,
    ttl_expire,
    unmount,
    update_mount,
)
from pyalluxio.master.ops.context import OpSettings
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.free import FreeRequest
from pyalluxio.master.ops.load_metadata import FoundStatus
from pyalluxio.master.ops.mount import MountRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.set_acl import SetAclRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.ops.ufs_steps import StepResult, UfsResults
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import INODES
from pyalluxio.master.state.validate import validate

NAMES = st.sampled_from(["a", "b"])
# Few, and above one another, so that calls meet.
PATHS = st.sampled_from(["/", "/a", "/a/a", "/a/a/a", "/a/a/b", "/a/b", "/b", "/b/a"])
USERS = st.sampled_from(["root", "root", "root", "eve"])
RESULTS = st.sampled_from(
    [
        StepResult(fingerprint=FINGERPRINT, adopted=True, owner="ann", group="staff", mode=0o755),
        StepResult(),
        StepResult(error="503"),
    ]
)
STATUSES = st.builds(
    FoundStatus,
    name=NAMES,
    is_directory=st.booleans(),
    length_bytes=st.sampled_from([0, 10, 2 * BLOCK, -1]),
    owner=st.just("ann"),
    mode=st.sampled_from([None, 0o600, 0o755]),
    fingerprint=st.sampled_from([FINGERPRINT, DIRECTORY_FINGERPRINT, ""]),
)
ATTRIBUTES = st.fixed_dictionaries(
    {"recursive": st.booleans()},
    optional={
        "owner": st.just("bob"),
        "mode": st.sampled_from([0, 0o777]),
        "pinned": st.booleans(),
        "pinned_media": st.just(("MEM",)),
        "ttl_ms": st.sampled_from([-1, 0, 5]),
        "ttl_action": st.sampled_from(TtlAction),
        "replication_min": st.integers(0, 2),
        "replication_max": st.integers(-1, 2),
        "persisted": st.just(True),
        "direct_children_loaded": st.booleans(),
    },
)
ENTRIES = st.lists(
    st.builds(AclEntry, st.sampled_from(AclEntryType), st.just("bob"), st.integers(0, 7), st.booleans()), max_size=4
)


class EveryPath(UfsResults):
    """The same result for whatever was planned."""

    def __init__(self, result: StepResult) -> None:
        super().__init__({})
        self._result = result

    def at(self, path: str) -> StepResult:
        return self._result


class AttributesMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Even when the root changes its owner, the group of `root` stays that of the superusers.
        self.namespace = Namespace(settings=OpSettings(MountInfo("/", "/ufs", 1), supergroup="root"))

    def attempt(self, operation: Any, *arguments: Any, user: str = "root") -> None:
        self.namespace.now_ms += 1
        try:
            self.namespace.run(operation, *arguments, user=user)
        except AlluxioError as error:
            assert str(error)

    def id_of(self, path: str) -> int:
        return inode(self.namespace, path).id if self.namespace.has(path) else 4711

    @rule(path=PATHS, is_waiting=st.booleans())
    def write_file(self, path: str, is_waiting: bool) -> None:
        options = {"write_type": ASYNC} if is_waiting else {}
        try:
            self.namespace.completed_file(path, [BLOCK, 5], **options)
        except AlluxioError as error:
            assert str(error)

    @rule(path=PATHS, options=ATTRIBUTES, result=RESULTS, user=USERS)
    def set_attribute(self, path: str, options: dict[str, Any], result: StepResult, user: str) -> None:
        self.attempt(set_attribute.run, SetAttributeRequest(path, **options), EveryPath(result), user=user)

    @rule(path=PATHS, action=st.sampled_from(SetAclAction), entries=ENTRIES, recursive=st.booleans(), user=USERS)
    def set_acl(self, path: str, action: SetAclAction, entries: list[AclEntry], recursive: bool, user: str) -> None:
        self.attempt(set_acl.run, SetAclRequest(path, action, tuple(entries), recursive), user=user)

    @rule(path=PATHS, uri=st.sampled_from(["s3://b/x", "s3://b/y", "s3://b/"]), again=st.booleans(), result=RESULTS)
    def mount(self, path: str, uri: str, again: bool, result: StepResult) -> None:
        self.attempt(mount.run, MountRequest(path, uri, remount=again), EveryPath(result))

    @rule(path=PATHS, result=RESULTS)
    def update_mount(self, path: str, result: StepResult) -> None:
        self.attempt(update_mount.run, MountRequest(path, ""), EveryPath(result))

    @rule(path=PATHS)
    def unmount(self, path: str) -> None:
        self.attempt(unmount.run, path)

    @rule(path=PATHS, listing=st.lists(STATUSES, max_size=3, unique_by=lambda status: status.name))
    def list_and_load(self, path: str, listing: list[FoundStatus]) -> None:
        self.attempt(sync_metadata.decide_children, path, listing)
        self.attempt(load_metadata.load_children, path, listing, OPTIONS)

    @rule(path=PATHS, status=STATUSES)
    def load_path(self, path: str, status: FoundStatus) -> None:
        statuses = {
            ancestor: FoundStatus("", True) for ancestor in (paths.parent(paths.parent(path)), paths.parent(path))
        }
        self.attempt(load_metadata.load_path, path, {**statuses, path: status}, OPTIONS)

    @rule(path=PATHS, status=STATUSES)
    def sync(self, path: str, status: FoundStatus) -> None:
        self.attempt(sync_metadata.update, path, status)

    @rule(path=PATHS)
    def vanish(self, path: str) -> None:
        self.attempt(sync_metadata.delete, path)

    @rule(path=PATHS, result=RESULTS)
    def persist(self, path: str, result: StepResult) -> None:
        self.attempt(schedule_persist.run, path)
        inode_id = self.id_of(path)
        self.attempt(persist_done.begin, (inode_id,))
        self.attempt(persist_done.run, inode_id, EveryPath(result))

    @rule(path=PATHS)
    def give_up(self, path: str) -> None:
        self.attempt(persist_done.expire, self.id_of(path))

    @rule(path=PATHS)
    def report(self, path: str) -> None:
        self.attempt(persist_done.reported, self.id_of(path), FINGERPRINT)

    @rule(path=PATHS, forced=st.booleans())
    def free(self, path: str, forced: bool) -> None:
        self.attempt(free.run, FreeRequest(path, recursive=True, forced=forced))

    @rule()
    def lose_everything(self) -> None:
        with self.namespace.store.read() as view:
            blocks = [block for _, found in view.scan(INODES) for block in found.block_ids]
        self.attempt(mark_lost.run, blocks)

    @rule()
    def time_passes(self) -> None:
        self.namespace.now_ms += 10
        for due in self.namespace.ask(ttl_expire.due, 10):
            if due.action is TtlAction.FREE:
                self.attempt(ttl_expire.free_expired, due.inode_id)
            elif self.namespace.has(due.path):
                self.attempt(delete.run, due.delete_request())

    @rule(path=PATHS)
    def remove(self, path: str) -> None:
        request = DeleteRequest(path, recursive=True, alluxio_only=True, delete_mount_point=True)
        self.attempt(delete.run, request)

    @rule(path=PATHS, new_path=PATHS)
    def move(self, path: str, new_path: str) -> None:
        self.attempt(rename.run, RenameRequest(path, new_path), EveryPath(StepResult()))

    @rule()
    def check_blocks(self) -> None:
        self.attempt(block_integrity.run, True)
        assert self.namespace.emitted == [], "a block record outlived its file"

    @invariant()
    def state_is_valid(self) -> None:
        with self.namespace.store.read() as view:
            validate(view)

    def teardown(self) -> None:
        self.namespace.check()


TestAttributes = AttributesMachine.TestCase
TestAttributes.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
