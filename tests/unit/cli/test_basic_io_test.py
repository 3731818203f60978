"""The test of all read and write types, against a file system in memory."""

from __future__ import annotations

from typing import Any

from pyalluxio.cli import basic_io_test as test
from pyalluxio.cli.basic_io_test import Run


class FilesInMemory:
    """Enough of a client: files in a dict; `damage` is what a bad cluster does to them."""

    def __init__(self, damage: bytes | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, ...]] = []
        self.damage = damage

    async def exists(self, path: str) -> bool:
        return path in self.files

    async def delete(self, path: str) -> None:
        self.calls.append(("delete", path))
        del self.files[path]

    async def write_bytes(self, path: str, data: Any, *, write_type: str, recursive: bool) -> None:
        assert path not in self.files
        self.calls.append(("write", path, write_type))
        self.files[path] = bytes(data)

    async def read_bytes(self, path: str, *, read_type: str) -> bytes:
        self.calls.append(("read", path, read_type))
        return self.files[path] if self.damage is None else self.damage


def test_the_matrix_of_2_9() -> None:
    """24 runs in this order: scripts compare the output line by line."""
    lines = [str(run) for run in test.runs(test.OPERATIONS, test.READ_TYPES, test.WRITE_TYPES_OF_2_9)]
    assert len(lines) == 24
    assert lines[0] == "runTest --operation BASIC --readType CACHE_PROMOTE --writeType MUST_CACHE"
    assert lines[1] == "runTest --operation BASIC_NON_BYTE_BUFFER --readType CACHE_PROMOTE --writeType MUST_CACHE"
    assert lines[2] == "runTest --operation BASIC --readType CACHE_PROMOTE --writeType CACHE_THROUGH"
    assert lines[-1] == "runTest --operation BASIC_NON_BYTE_BUFFER --readType NO_CACHE --writeType ASYNC_THROUGH"
    assert len(list(test.runs(test.OPERATIONS, test.READ_TYPES, test.WRITE_TYPES))) == 18


def test_paths_and_sizes_of_2_9() -> None:
    assert Run("BASIC", "CACHE", "THROUGH").path("/") == "/default_tests_files/BASIC_CACHE_THROUGH"
    assert Run("BASIC", "CACHE", "THROUGH").path("/a/b/") == "/a/b/default_tests_files/BASIC_CACHE_THROUGH"
    assert {name: len(content) for name, content in test.CONTENT.items()} == {
        "BASIC": 80,
        "BASIC_NON_BYTE_BUFFER": 84,
    }


async def test_a_run_writes_and_reads_with_its_types() -> None:
    fs = FilesInMemory()
    run = Run("BASIC", "NO_CACHE", "THROUGH")
    assert await test.perform(run, fs, "/") is None
    assert await test.perform(run, fs, "/") is None
    path = "/default_tests_files/BASIC_NO_CACHE_THROUGH"
    once = [("write", path, "THROUGH"), ("read", path, "NO_CACHE")]
    assert fs.calls == [*once, ("delete", path), *once]


async def test_other_bytes_fail_the_test() -> None:
    """A test that only looks at the length passes on a cluster that returns zeros."""
    assert await test.perform(Run("BASIC", "CACHE", "THROUGH"), FilesInMemory(damage=bytes(80)), "/") is not None
    assert await test.perform(Run("BASIC", "CACHE", "THROUGH"), FilesInMemory(damage=b""), "/") is not None
