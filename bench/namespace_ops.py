"""How fast the namespace is by itself: operations and LMDB, one thread, without journal, network and protobuf requests.

    python bench/namespace_ops.py [--count 20000] [--batch 64] [--profile create|status|list|complete|delete]

A batch is one write transaction, as the pipeline makes them; the path has three components. Each figure is one run:
compare only figures of the same run on an idle machine.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyalluxio.journal.entries import BlockInfoEntry, OperationId
from pyalluxio.master.ops import (
    bootstrap,
    complete_file,
    create_directory,
    create_file,
    delete,
    get_new_block_id,
    get_status,
    list_status,
)
from pyalluxio.master.ops.complete_file import CompleteFileRequest
from pyalluxio.master.ops.context import Journaling, OpContext, OpSettings, ReadContext, run_at_once
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.list_status import ListRequest
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state.ids import IdAllocator
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.store import LmdbStore


class Bench:
    def __init__(self, folder: Path, count: int, batch: int, user: str) -> None:
        self.store = LmdbStore(folder)
        self.count = count
        self.batch_length = batch
        self.user = user
        self.settings = OpSettings(MountInfo("/", "/ufs", 1))
        tx = self.store.begin()
        self.ids = IdAllocator(tx)
        tx.abort()
        with_root = self._open("root")
        bootstrap.run(with_root, "bench")
        create_directory.run(with_root, CreateDirectoryRequest("/bench/files", recursive=True, mode=0o777))
        with_root.tx.commit()  # type: ignore[attr-defined]

    def _open(self, user: str) -> OpContext:
        journaling = Journaling(self.store.begin())
        return OpContext(
            tx=journaling.tx,
            user=user,
            groups=(user,),
            settings=self.settings,
            now_ms=int(time.time() * 1000),
            emit=journaling.emit,
            effects=journaling.effects,
            ids=self.ids,
            random_id=lambda: 0,
        )

    def write(self, act: Callable[[OpContext, int], object]) -> None:
        for first in range(0, self.count, self.batch_length):
            context = self._open(self.user)
            for number in range(first, min(first + self.batch_length, self.count)):
                act(context, number)
            context.tx.commit()  # type: ignore[attr-defined]

    def read(self, act: Callable[[ReadContext, int], object], count: int) -> None:
        for number in range(count):
            with self.store.read() as view:
                act(ReadContext(view, self.user, (self.user,), self.settings, 0), number)

    def create(self) -> int:
        def act(context: OpContext, number: int) -> None:
            request = CreateFileRequest(
                f"/bench/files/f{number}",
                mode=0o644,
                write_type=WriteType.ASYNC_THROUGH,
                block_size_bytes=64 << 20,
                replication_durable=1,
                replication_max=-1,
                operation_id=OperationId(number, -number),
            )
            create_file.run(context, request)

        self.write(act)
        return self.count

    def complete(self) -> int:
        """One block each: getNewBlockId, commitBlock and completeFile count as one."""

        def act(context: OpContext, number: int) -> None:
            path = f"/bench/files/f{number}"
            context.emit(BlockInfoEntry(get_new_block_id.run(context, path), 1000))
            complete_file.run(context, CompleteFileRequest(path, persistence_wait_ms=0))

        self.write(act)
        return self.count

    def status(self) -> int:
        self.read(lambda context, number: get_status.run(context, f"/bench/files/f{number}"), self.count)
        return self.count

    def status_hot(self) -> int:
        self.read(lambda context, number: get_status.run(context, f"/bench/files/f{number % 1000}"), self.count)
        return self.count

    def list(self) -> int:
        """Pages of 1000 infos; the figure is infos a second."""
        seen, cursor = 0, None
        while True:
            with self.store.read() as view:
                context = ReadContext(view, self.user, (self.user,), self.settings, 0)
                page = list_status.page(context, ListRequest("/bench/files"), cursor)
            seen += len(page.infos)
            cursor = page.cursor
            if cursor is None:
                return seen

    def delete(self) -> int:
        self.write(
            lambda context, number: run_at_once(delete.run(context, DeleteRequest(f"/bench/files/f{number}")), context)
        )
        return self.count


NAMES = ["create", "status", "status_hot", "list", "complete", "status", "list", "delete"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--user", default="ann", help="root is the superuser, who skips permission checks")
    parser.add_argument("--profile", choices=NAMES)
    options = parser.parse_args()
    gc.set_threshold(200_000, 20, 20)  # as the master's process sets it
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.count, options.batch, options.user)
        profiled = False
        for name in NAMES:
            act = getattr(bench, name)
            profiler = cProfile.Profile() if name == options.profile and not profiled else None
            start, cpu = time.perf_counter(), time.process_time()
            done = profiler.runcall(act) if profiler else act()
            seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
            print(f"{name:<12} {done / seconds:>10,.0f} /s   {cpu_seconds / done * 1e6:6.1f} us CPU", flush=True)
            if profiler:
                profiled = True
                pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
