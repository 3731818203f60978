"""A client that writes, remembers what was acknowledged, and can say whether a namespace agrees with that.

The claim that it checks after a crash: the effect of every acknowledged call is there, and a call that was in flight is
there as a whole or not at all. A written file is several calls, so it may also be there without being complete.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from pyalluxio.client import AsyncFileSystem
from pyalluxio.client.file_info import FileInfo
from pyalluxio.errors import AlluxioError, Status

BLOCK_SIZE = 128 << 10
SIZES = (0, 1, 1_000, 40_000, BLOCK_SIZE, BLOCK_SIZE + 1)
CACHED = "cached"  # files here are only in Alluxio
STORED = "stored"  # files here are in the under storage as well
FILES_MAX = 40
# So many files that were compared before are compared again at each check.
SAMPLE = 5

# What a call in flight may end with while a server is killed; anything else is the answer of a wrong state.
INTERRUPTED = frozenset(
    {Status.UNAVAILABLE, Status.CANCELLED, Status.DEADLINE_EXCEEDED, Status.UNAUTHENTICATED, Status.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Node:
    """What should be at a path. `digest` is None for a directory and for a file that was not completed."""

    is_directory: bool
    mode: int
    is_completed: bool = True
    digest: str | None = None


Outcome = dict[str, Node | None]  # None: nothing is there


@dataclass(slots=True)
class Writer:
    """One client under `root`.

    retries   it repeats calls until they are answered, as clients do; without, a call in flight stays unknown
    pending   every outcome that the call in flight may have; the last one is that of success
    """

    fs: AsyncFileSystem
    root: str
    rng: random.Random
    retries: bool
    expected: dict[str, Node] = field(default_factory=dict)
    pending: list[Outcome] = field(default_factory=list)
    acknowledged: int = 0
    interrupted: int = 0
    unread: set[str] = field(default_factory=set)  # written and not compared yet

    async def prepare(self) -> None:
        for path in (self.root, f"{self.root}/{CACHED}", f"{self.root}/{STORED}"):
            await self._make_directory(path)

    async def run(self, stop: asyncio.Event) -> None:
        """Change the namespace until told to stop, or until a call was interrupted.

        Raises:   AlluxioError: an answer that a correct cluster does not give.
        """
        while not stop.is_set():
            try:
                await self.step()
            except AlluxioError as error:
                if error.status not in INTERRUPTED:
                    raise
                self.interrupted += 1
                return

    # --- calls -----------------------------------------------------------------------------------------------------

    async def step(self) -> None:
        """Make one change, chosen by chance."""
        rng = self.rng
        kind = rng.choices(("write", "overwrite", "mkdir", "rename", "delete", "chmod"), (8, 2, 4, 4, 3, 3))[0]
        movable = self._movable()
        files = [path for path in movable if not self.expected[path].is_directory]
        if len(self.expected) > FILES_MAX:
            kind = "delete" if movable else "chmod"
        if kind == "mkdir":
            await self._make_directory(f"{self._some_directory()}/{self._new_name()}")
        elif kind == "rename" and movable:
            await self._rename(rng.choice(movable))
        elif kind == "delete" and movable:
            await self._delete(rng.choice(movable))
        elif kind == "chmod" and self.expected:
            await self._change_mode(rng.choice(list(self.expected)))
        elif kind == "overwrite" and files:
            await self._write(rng.choice(files))
        else:
            await self._write(f"{self._some_directory()}/{self._new_name()}")

    def _movable(self) -> list[str]:
        """Return what may be renamed, replaced or deleted."""
        tops = {f"{self.root}/{part}" for part in (CACHED, STORED)} | {self.root}
        return [path for path in self.expected if path not in tops]

    def _some_directory(self) -> str:
        part = self.rng.choice((CACHED, STORED))
        top = f"{self.root}/{part}"
        return self.rng.choice([path for path in self._subtree(top) if self.expected[path].is_directory])

    def _new_name(self) -> str:
        return f"{self.rng.getrandbits(40):010x}"

    def _subtree(self, path: str) -> list[str]:
        return [other for other in self.expected if other == path or other.startswith(f"{path}/")]

    async def _call(self, outcomes: list[Outcome], call: Callable[[], Awaitable[object]]) -> None:
        self.pending = outcomes
        await call()
        self._settle(outcomes[-1])
        self.acknowledged += 1

    def _settle(self, outcome: Outcome) -> None:
        self.pending = []
        for path, node in outcome.items():
            if node is None:
                self.expected.pop(path, None)
                self.unread.discard(path)
            else:
                self.expected[path] = node
                self.unread.add(path)

    def _before(self, outcome: Outcome) -> Outcome:
        return {path: self.expected.get(path) for path in outcome}

    async def _change(self, after: Outcome, call: Callable[[], Awaitable[object]]) -> None:
        await self._call([self._before(after), after], call)

    async def _make_directory(self, path: str) -> None:
        write_type = "CACHE_THROUGH" if f"/{STORED}" in path else "MUST_CACHE"
        inner = f"{path}/{self._new_name()}"
        both: Outcome = {path: Node(True, 0o755)}
        if path.count("/") > 2 and self.rng.random() < 0.5:
            both[inner] = Node(True, 0o755)
        deepest = inner if inner in both else path
        await self._change(
            both, lambda: self.fs.create_directory(deepest, recursive=inner in both, write_type=write_type)
        )

    async def _write(self, path: str) -> None:
        content = self.rng.randbytes(self.rng.choice(SIZES))
        write_type = "MUST_CACHE"
        if f"{self.root}/{STORED}/" in path:
            write_type = self.rng.choice(("CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH"))
        done = Node(False, 0o644, True, hashlib.sha256(content).hexdigest())
        outcomes: list[Outcome] = [{path: self.expected.get(path)}, {path: None}]
        if path not in self.expected:
            outcomes.pop()
        outcomes += [{path: replace(done, is_completed=False, digest=None)}, {path: done}]
        await self._call(
            outcomes,
            lambda: self.fs.write_bytes(
                path, content, write_type=write_type, block_size_bytes=BLOCK_SIZE, overwrite=path in self.expected
            ),
        )

    async def _rename(self, path: str) -> None:
        part = CACHED if f"{self.root}/{CACHED}/" in path else STORED
        target = f"{self.root}/{part}/{self._new_name()}"
        after: Outcome = {}
        for old in self._subtree(path):
            after[old] = None
            after[target + old[len(path) :]] = self.expected[old]
        await self._change(after, lambda: self.fs.rename(path, target))

    async def _delete(self, path: str) -> None:
        after: Outcome = dict.fromkeys(self._subtree(path))
        await self._change(after, lambda: self.fs.delete(path, recursive=True))

    async def _change_mode(self, path: str) -> None:
        node = self.expected[path]
        after = replace(node, mode=self.rng.choice((0o700, 0o711, 0o750, 0o755)))
        await self._change({path: after}, lambda: self.fs.set_attribute(path, mode=after.mode))

    # --- the check ---------------------------------------------------------------------------------------------------

    async def verify(self, fs: AsyncFileSystem, *, everything: bool = False) -> None:
        """Compare the namespace with what is expected, and the content of files: new ones and a sample, or all.

        Raises:   AssertionError: they differ.
        """
        found = {info.path: info for info in await fs.list_status(self.root, recursive=True)}
        found[self.root] = await fs.get_status(self.root)
        if self.pending:
            await self._settle_pending(fs, found)
        seen = {path: _seen(info) for path, info in found.items()}
        wanted = {path: replace(node, digest=None) for path, node in self.expected.items()}
        assert seen == wanted, f"{self.root}: " + "; ".join(
            f"{path} should be {wanted.get(path)} and is {seen.get(path)}"
            for path in sorted(seen.keys() | wanted.keys())
            if seen.get(path) != wanted.get(path)
        )
        known = sorted(self.expected)
        sample = self.rng.sample(known, min(SAMPLE, len(known)))
        for path in known if everything else sorted(self.unread.union(sample)):
            node = self.expected[path]
            if node.digest is not None:
                assert await _digest(fs, path) == node.digest, f"{path} holds other bytes than were written"
        self.unread.clear()

    def digests(self) -> dict[str, str]:
        """Return the sha256 of every complete file, by path."""
        return {path: node.digest for path, node in self.expected.items() if node.digest is not None}

    async def _settle_pending(self, fs: AsyncFileSystem, found: dict[str, FileInfo]) -> None:
        actual: Outcome = {}
        for path in self.pending[-1]:
            info = found.get(path)
            actual[path] = None if info is None else _seen(info)
            if info is not None and not info.is_directory and info.is_completed:
                actual[path] = replace(_seen(info), digest=await _digest(fs, path))
        assert actual in self.pending, f"a call was neither applied nor absent: {actual} is none of {self.pending}"
        self._settle(actual)


async def _digest(fs: AsyncFileSystem, path: str) -> str:
    return hashlib.sha256(await fs.read_bytes(path)).hexdigest()


def _seen(info: FileInfo) -> Node:
    return Node(info.is_directory, info.mode, info.is_completed)
