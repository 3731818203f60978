"""Random calls through the file-system service against a dict of paths; in the end the journal gives the same state."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.master.master_harness import CACHE_THROUGH, MUST_CACHE, Disk, Harness
from tests.waiting import until

from pyalluxio import path as paths
from pyalluxio.errors import AlluxioError, Status, UfsError
from pyalluxio.master.store import LmdbStore
from pyalluxio.wire.gen import file_system_master_pb2 as messages

NAMES = ("a", "b", "c")
STEPS = 400


class Model:
    """What should exist: path -> is it a directory, is it in the storage too."""

    def __init__(self) -> None:
        self.nodes: dict[str, tuple[bool, bool]] = {"/": (True, True)}

    def below(self, path: str) -> list[str]:
        return [name for name in self.nodes if paths.is_below(name, path)]

    def _through_a_file(self, path: str) -> bool:
        at = path
        while at != "/":
            at = paths.parent(at)
            if at in self.nodes and not self.nodes[at][0]:
                return True
        return False

    def _add_parents(self, path: str, is_stored: bool) -> None:
        parents = []
        at = paths.parent(path)
        while at != "/":
            parents.append(at)
            at = paths.parent(at)
        for parent in parents:
            self.nodes[parent] = (True, is_stored or self.nodes.get(parent, (True, False))[1])

    def create(self, path: str, is_directory: bool, is_stored: bool) -> Status:
        if self._through_a_file(path):
            return Status.INVALID_ARGUMENT
        if path in self.nodes:
            return Status.ALREADY_EXISTS
        self._add_parents(path, is_stored)
        self.nodes[path] = (is_directory, is_stored)
        return Status.OK

    def delete(self, path: str, recursive: bool) -> Status:
        if self._through_a_file(path):
            return Status.INVALID_ARGUMENT
        if path not in self.nodes:
            return Status.NOT_FOUND
        below = self.below(path)
        if below and not recursive:
            return Status.FAILED_PRECONDITION
        for name in (path, *below):
            del self.nodes[name]
        return Status.OK

    def rename(self, path: str, new_path: str) -> Status:
        if self._through_a_file(path) or self._through_a_file(new_path):
            return Status.INVALID_ARGUMENT
        if path not in self.nodes:
            return Status.NOT_FOUND
        if path == new_path:
            return Status.OK
        if paths.is_below(new_path, path):
            return Status.INVALID_ARGUMENT
        if paths.parent(new_path) not in self.nodes:
            return Status.NOT_FOUND
        if new_path in self.nodes:
            return Status.ALREADY_EXISTS
        if self.nodes[path][1]:
            self._add_parents(new_path, True)
        for name in (path, *self.below(path)):
            self.nodes[new_path + name[len(path) :]] = self.nodes.pop(name)
        return Status.OK

    def look(self, path: str) -> Status:
        if self._through_a_file(path):
            return Status.INVALID_ARGUMENT
        return Status.OK if path in self.nodes else Status.NOT_FOUND

    def stored(self) -> list[str]:
        return sorted("/data" + name.rstrip("/") for name, (_, is_stored) in self.nodes.items() if is_stored)


class Step:
    """One random call."""

    def __init__(self, rng: random.Random) -> None:
        self.kind = rng.choice(("file", "mkdir", "delete", "delete all", "rename", "rename", "set", "sync"))
        self.path = "/" + "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 4)))
        self.new_path = "/" + "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 3)))
        self.is_stored = rng.random() < 0.5
        self.mode = 0o700 | rng.getrandbits(6)

    def __repr__(self) -> str:
        return f"{self.kind} {self.path}" + (f" to {self.new_path}" if self.kind == "rename" else "")

    async def do(self, cluster: Harness) -> Status:
        write_type = CACHE_THROUGH if self.is_stored else MUST_CACHE
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "file": lambda: make_file(cluster, self.path, write_type),
            "mkdir": lambda: cluster.mkdir(self.path, write_type=write_type),
            "delete": lambda: cluster.delete(self.path),
            "delete all": lambda: cluster.delete(self.path, recursive=True),
            "rename": lambda: cluster.rename(self.path, self.new_path),
            "set": lambda: cluster.set(self.path, mode=self.mode, recursive=True),
            "sync": lambda: cluster.names(self.path, interval_ms=0, recursive=True),
        }
        try:
            await calls[self.kind]()
        except AlluxioError as error:
            return error.status
        return Status.OK

    def expected(self, model: Model) -> Status:
        match self.kind:
            case "file" | "mkdir":
                return model.create(self.path, self.kind == "mkdir", self.is_stored)
            case "delete" | "delete all":
                return model.delete(self.path, self.kind == "delete all")
            case "rename":
                return model.rename(self.path, self.new_path)
        return model.look(self.path)


async def make_file(cluster: Harness, path: str, write_type: int) -> None:
    info = await cluster.create(path, write_type=write_type)
    if write_type == CACHE_THROUGH:
        await cluster.ufs.put("/data" + path, b"12345")
        await cluster.complete(path, ufsLength=5)
    else:
        await cluster.complete(path)
    assert info.path == path


async def compare(cluster: Harness, model: Model) -> None:
    listed = {
        info.path: (info.folder, info.persisted)
        for info in await cluster.infos("/", load=messages.NEVER, recursive=True)
    }
    assert listed == {path: node for path, node in model.nodes.items() if path != "/"}
    assert cluster.ufs.paths() == model.stored()


@pytest.mark.parametrize(("seed", "store"), [(1, "dict"), (2, "dict"), (3, "lmdb")])
async def test_one_caller(seed: int, store: str, tmp_path: Path) -> None:
    """Whatever the order of calls, names, storage and journal agree in the end, also over a restart in between."""
    lmdb = LmdbStore(tmp_path / "state", map_size_bytes=1 << 28) if store == "lmdb" else None
    rng, model, disk = random.Random(seed), Model(), Disk(lmdb)
    seen: Counter[Status] = Counter()
    for _ in range(2):
        async with disk.master() as cluster:
            for _ in range(STEPS // 2):
                step = Step(rng)
                expected, got = step.expected(model), await step.do(cluster)
                assert got is expected, f"{step}: {got.name} instead of {expected.name}"
                seen[got] += 1
            await compare(cluster, model)
        disk.check()
    assert seen[Status.OK] > STEPS // 10
    assert len(seen) == 5
    if lmdb is not None:
        lmdb.close()


@pytest.mark.parametrize("seed", [4, 5])
async def test_many_callers(seed: int) -> None:
    """Several callers at once, the leadership lost now and then: any answer will do, an invalid state will not."""
    rng, disk = random.Random(seed), Disk()
    seen: Counter[Status] = Counter()
    async with disk.master() as cluster:

        async def caller(own: random.Random) -> None:
            for _ in range(STEPS // 4):
                seen[await Step(own).do(cluster)] += 1
                await asyncio.sleep(0)

        callers = [asyncio.create_task(caller(random.Random(rng.random()))) for _ in range(8)]
        while not all(task.done() for task in callers):
            for _ in range(rng.randint(20, 200)):
                await asyncio.sleep(0)
            if rng.random() < 0.3:
                cluster.journal.lose(survives=rng.random() < 0.5)
                cluster.journal.lead()
        await asyncio.gather(*callers)
        await until(lambda: len(cluster.master.file_system.locks) == 0)
    disk.check()
    assert seen[Status.OK] > STEPS // 10
    assert seen[Status.UNAVAILABLE] > 0


METHODS = (
    "status",
    "list",
    "create",
    "make_directory",
    "delete_file",
    "delete_directory",
    "rename_file",
    "rename_directory",
    "set_owner",
    "set_mode",
)


@pytest.mark.parametrize("seed", [6, 7, 8])
async def test_storage_that_fails_now_and_then(seed: int) -> None:
    """Once it works again, one comparison brings the namespace and the storage together."""
    rng, disk = random.Random(seed), Disk()
    seen: Counter[Status] = Counter()
    async with disk.master() as cluster:

        async def caller(own: random.Random) -> None:
            for _ in range(60):
                seen[await Step(own).do(cluster)] += 1
                await asyncio.sleep(0)

        callers = [asyncio.create_task(caller(random.Random(rng.random()))) for _ in range(6)]
        while not all(task.done() for task in callers):
            for _ in range(rng.randint(5, 60)):
                await asyncio.sleep(0)
            is_down = rng.random() < 0.4
            disk.ufs.failing = {name: UfsError("down") for name in rng.sample(METHODS, 2)} if is_down else {}
            if rng.random() < 0.2:
                cluster.journal.lose(survives=rng.random() < 0.5)
                cluster.journal.lead()
        await asyncio.gather(*callers)
        disk.ufs.failing = {}
        await until(lambda: cluster.master.is_serving)
        await until(lambda: len(cluster.master.file_system.locks) == 0)
        listed = {"/data" + info.path: info for info in await cluster.infos("/", interval_ms=0, recursive=True)}
        stored = set(disk.ufs.paths()) - {"/data"}
        # A file that is still open is left alone, whatever the storage has in its place.
        is_open = [path for path, info in listed.items() if not info.completed]
        assert {path for path in stored - set(listed) if not any(paths.has_prefix(path, at) for at in is_open)} == set()
        assert {path for path, info in listed.items() if info.persisted and info.completed} <= stored
    disk.check()
    assert seen[Status.UNKNOWN] + seen[Status.FAILED_PRECONDITION] > 0
