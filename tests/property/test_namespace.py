"""The namespace against a dict of paths: any history of operations, retries and changes of leadership."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.unit.master.namespace import Namespace

from pyalluxio import path as paths
from pyalluxio.errors import AlluxioError
from pyalluxio.ids import block_id, container_id
from pyalluxio.journal.entries import OperationId
from pyalluxio.master.ops import complete_file, create_directory, create_file, delete, get_new_block_id, rename
from pyalluxio.master.ops.complete_file import CompleteFileRequest
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.list_status import ListRequest, page
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.validate import validate

NAMES = st.sampled_from(["a", "b", "a-", "ü", "x" * 500])
PATHS = st.lists(NAMES, min_size=0, max_size=4).map(lambda names: "/" + "/".join(names))


class NamespaceMachine(RuleBasedStateMachine):
    """`model` maps each path to "directory", or for a file to its block lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.namespace = Namespace()
        self.model: dict[str, Any] = {"/": "directory"}
        self.completed: dict[str, int] = {}  # path -> length
        self.ids: set[int] = set()
        self.operations = 0
        self.last: tuple[Any, Any] | None = None

    def attempt(self, operation: Any, request: Any) -> Any:
        """Run an operation with an operation id; None if it was refused, and then nothing changed."""
        self.operations += 1
        if hasattr(request, "operation_id"):
            request.operation_id = OperationId(self.operations, -self.operations)
        self.namespace.now_ms += 1
        try:
            result = self.namespace.run(operation, request)
        except AlluxioError:
            assert self.namespace.emitted == []
            return None
        self.last = (operation, request)
        return True if result is None else result

    def is_directory(self, path: str) -> bool:
        return self.model.get(path) == "directory"

    def below(self, path: str) -> list[str]:
        return [other for other in self.model if paths.is_below(other, path)]

    def add_parents(self, path: str) -> None:
        at = paths.parent(path)
        while at not in self.model:
            self.model[at] = "directory"
            at = paths.parent(at)

    def may_create(self, path: str, recursive: bool) -> bool:
        at = paths.parent(path)
        if not recursive and at not in self.model:
            return False
        while at not in self.model:
            at = paths.parent(at)
        return self.is_directory(at)

    @rule(path=PATHS, recursive=st.booleans(), overwrite=st.booleans())
    def create_file(self, path: str, recursive: bool, overwrite: bool) -> None:
        request = CreateFileRequest(
            path, recursive=recursive, overwrite=overwrite, mode=0o644, block_size_bytes=10, replication_max=-1
        )
        info = self.attempt(create_file.run, request)
        allowed = path != "/" and self.may_create(path, recursive)
        if path in self.model:
            allowed = overwrite and not self.is_directory(path)
        assert (info is not None) == allowed
        if info is not None:
            assert info.file_id not in self.ids
            self.ids.add(info.file_id)
            self.add_parents(path)
            self.model[path] = []
            self.completed.pop(path, None)

    @rule(path=PATHS, recursive=st.booleans(), allow_exists=st.booleans())
    def create_directory(self, path: str, recursive: bool, allow_exists: bool) -> None:
        request = CreateDirectoryRequest(path, recursive=recursive, allow_exists=allow_exists, mode=0o755)
        info = self.attempt(create_directory.run, request)
        allowed = self.may_create(path, recursive)
        if path in self.model:
            # Masters of 2.9.6 refuse the root, whatever may exist.
            allowed = allow_exists and self.is_directory(path) and path != "/"
        assert (info is not None) == allowed
        if info is not None and path not in self.model:
            self.add_parents(path)
            self.model[path] = "directory"

    @precondition(lambda self: self.model)
    @rule(data=st.data(), length=st.integers(min_value=1, max_value=10))
    def add_block(self, data: st.DataObject, length: int) -> None:
        path = data.draw(st.sampled_from(sorted(self.model)))
        block = self.attempt(get_new_block_id.run, path)
        assert (block is not None) == (not self.is_directory(path))
        if block is not None:
            info = self.namespace.status(path)
            assert block == block_id(container_id(info.file_id), len(self.model[path]))
            self.namespace.commit_block(block, length)
            self.model[path].append(length)

    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.model)))
        done = self.attempt(complete_file.run, CompleteFileRequest(path))
        if self.is_directory(path) or path in self.completed:
            assert done is None
        else:
            assert (done is not None) == all(length == 10 for length in self.model[path][:-1])
        if done is not None:
            self.completed[path] = sum(self.model[path])

    @rule(path=PATHS, recursive=st.booleans())
    def delete(self, path: str, recursive: bool) -> None:
        # The root counts as a mount point, so it is never deleted.
        done = self.attempt(delete.run, DeleteRequest(path, recursive=recursive))
        allowed = path in self.model and path != "/" and (recursive or not self.below(path))
        assert (done is not None) == allowed
        if done is not None:
            for gone in [path, *self.below(path)]:
                del self.model[gone]
                self.completed.pop(gone, None)

    @rule(path=PATHS, new_path=PATHS)
    def rename(self, path: str, new_path: str) -> None:
        done = self.attempt(rename.run, RenameRequest(path, new_path))
        allowed = (
            path in self.model
            and path != "/"
            and new_path not in self.model
            and self.is_directory(paths.parent(new_path))
            and not paths.is_below(new_path, path)
        )
        assert (done is not None) == (allowed or (path == new_path and path in self.model))
        if done is not None and path != new_path:
            for old in [path, *self.below(path)]:
                new = new_path + old[len(path) :]
                self.model[new] = self.model.pop(old)
                if old in self.completed:
                    self.completed[new] = self.completed.pop(old)

    @precondition(lambda self: self.last is not None)
    @rule()
    def retry(self) -> None:
        """The answer was lost and the client asks again: nothing must change."""
        assert self.last is not None
        operation, request = self.last
        if getattr(request, "operation_id", None) is None:
            return
        try:
            self.namespace.run(operation, request)
        except AlluxioError:
            assert operation in (create_file.run, create_directory.run)
        assert self.namespace.emitted == []

    @rule()
    def another_leader(self) -> None:
        with self.namespace.store.read() as view:
            self.namespace.ids = IdAllocator(view)

    @rule(count_max=st.integers(min_value=1, max_value=5))
    def list_everything(self, count_max: int) -> None:
        found: list[str] = []
        cursor = None
        while True:
            part = self.namespace.ask(page, ListRequest("/", recursive=True), cursor, count_max)
            found += [info.path for info in part.infos]
            cursor = part.cursor
            if cursor is None:
                break
        assert found == sorted(self.model.keys() - {"/"}, key=paths.components)

    @invariant()
    def agrees(self) -> None:
        for path, kind in self.model.items():
            info = self.namespace.status(path)
            assert info.is_directory == (kind == "directory")
            if info.is_directory:
                assert info.length == sum(paths.parent(other) == path for other in self.model if other != "/")
            else:
                assert len(info.block_ids) == len(kind)
                assert (info.completed, info.length) == (path in self.completed, self.completed.get(path, 0))
        with self.namespace.store.read() as view:
            validate(view)

    def teardown(self) -> None:
        self.namespace.check()


TestNamespace = NamespaceMachine.TestCase
TestNamespace.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
