"""A namespace to run operations on, which remembers its journal: every test ends with a replay that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from pyalluxio.journal import codec
from pyalluxio.journal.entries import BlockInfoEntry, Entry
from pyalluxio.master.ops import bootstrap, create_directory, create_file, get_status
from pyalluxio.master.ops.context import BlockLocation, Journaling, OpContext, OpSettings, ReadContext, run_at_once
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.file_info import FileInfo
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.digest import differences, digest
from pyalluxio.master.state.effects import Effect
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import Store
from pyalluxio.master.state.validate import validate

START_MS = 1_000_000
BLOCK = 64 << 20


class Namespace:
    """A bootstrapped state with its clock; `root` of the group `root` is the superuser."""

    def __init__(self, store: Store | None = None, settings: OpSettings | None = None) -> None:
        self.store = store or DictStore()
        self.settings = settings or OpSettings(MountInfo("/", "/ufs", 1), storage_host="m1")
        self.now_ms = START_MS
        self.journal: list[Entry] = []
        self.emitted: list[Entry] = []  # by the last operation
        self.effects: list[Effect] = []
        self.safe_mode = False
        self.locations: dict[int, Sequence[BlockLocation]] = {}
        self._random = Random(7)
        view = self.store.begin()
        self.ids = IdAllocator(view)
        view.abort()
        self.run(bootstrap.run, "cluster-1")

    # --- running ---------------------------------------------------------------------------------------------------

    @contextmanager
    def batch(self, user: str = "root", groups: tuple[str, ...] | None = None) -> Iterator[OpContext]:
        """Open a transaction for a user; an operation that fails must have emitted nothing."""
        tx = self.store.begin()
        journaling = Journaling(tx)
        context = OpContext(
            user=user,
            groups=(user,) if groups is None else groups,
            settings=self.settings,
            now_ms=self.now_ms,
            locations=lambda block_id: self.locations.get(block_id, ()),
            safe_mode=self.safe_mode,
            tx=tx,
            emit=journaling.emit,
            effects=journaling.effects,
            ids=self.ids,
            random_id=lambda: self._random.getrandbits(63),
        )
        try:
            yield context
        except BaseException:
            # A failed operation may leave only what is valid by itself; it is committed, as the pipeline does.
            self._commit(tx, journaling)
            raise
        self._commit(tx, journaling)

    def _commit(self, tx: Any, journaling: Journaling) -> None:
        self.emitted, self.effects = journaling.entries, journaling.effects
        self.journal += journaling.entries
        tx.commit()

    def run(
        self,
        operation: Callable[..., Any],
        *arguments: Any,
        user: str = "root",
        groups: tuple[str, ...] | None = None,
    ) -> Any:
        """Run one operation in a batch of its own, a long one too."""
        with self.batch(user, groups) as context:
            result = operation(context, *arguments)
            return run_at_once(result, context) if hasattr(result, "send") else result

    @contextmanager
    def reading(self, user: str = "root", groups: tuple[str, ...] | None = None) -> Iterator[ReadContext]:
        with self.store.read() as view:
            yield ReadContext(
                tx=view,
                user=user,
                groups=(user,) if groups is None else groups,
                settings=self.settings,
                now_ms=self.now_ms,
                locations=lambda block_id: self.locations.get(block_id, ()),
                safe_mode=self.safe_mode,
            )

    def ask(
        self,
        operation: Callable[..., Any],
        *arguments: Any,
        user: str = "root",
        groups: tuple[str, ...] | None = None,
    ) -> Any:
        """Run an operation that only reads; one in parts gets a fresh view for each."""
        with self.reading(user, groups) as context:
            result = operation(context, *arguments)
            if not hasattr(result, "send"):
                return result
            try:
                next(result)
            except StopIteration as stop:
                return stop.value
        while True:
            with self.reading(user, groups) as context:
                try:
                    result.send(context)
                except StopIteration as stop:
                    return stop.value

    # --- short forms -----------------------------------------------------------------------------------------------

    def file(self, path: str, *, user: str = "root", **options: Any) -> FileInfo:
        request = CreateFileRequest(
            path, **{"block_size_bytes": BLOCK, "replication_max": -1, "mode": 0o644, "recursive": True, **options}
        )
        return self.run(create_file.run, request, user=user)  # type: ignore[no-any-return]

    def directory(self, path: str, *, user: str = "root", **options: Any) -> FileInfo:
        request = CreateDirectoryRequest(path, **{"mode": 0o755, "recursive": True, **options})
        return self.run(create_directory.run, request, user=user)  # type: ignore[no-any-return]

    def status(self, path: str, *, user: str = "root") -> FileInfo:
        return self.ask(get_status.run, path, user=user)  # type: ignore[no-any-return]

    def has(self, path: str) -> bool:
        return self.ask(get_status.exists, path)  # type: ignore[no-any-return]

    def emit(self, *entries: Entry) -> None:
        with self.batch() as context:
            for entry in entries:
                context.emit(entry)

    def commit_block(self, block_id: int, length: int) -> None:
        self.emit(BlockInfoEntry(block_id, length))

    def completed_file(self, path: str, lengths: Sequence[int] = (), **options: Any) -> FileInfo:
        """Create a file with committed blocks of these lengths and complete it."""
        from pyalluxio.master.ops import complete_file, get_new_block_id

        self.file(path, **options)
        for length in lengths:
            self.commit_block(self.run(get_new_block_id.run, path), length)
        self.run(complete_file.run, complete_file.CompleteFileRequest(path))
        return self.status(path)

    # --- what must hold --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Check the invariants, and that the journal, through its bytes, leads to the same state in an empty store."""
        replica = DictStore()
        tx = replica.begin()
        for sequence, entry in codec.decode_batch(codec.encode_batch(self.journal, 0)):
            apply(tx, sequence, entry)
        tx.commit()
        with self.store.read() as view, replica.read() as other:
            validate(view)
            assert differences(view, other) == []
            assert digest(view) == digest(other)


ASYNC = WriteType.ASYNC_THROUGH
THROUGH = WriteType.THROUGH
