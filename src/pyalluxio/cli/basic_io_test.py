"""The test of all write and read types that Alluxio's users know as `runTests`: small files, written, read, compared.

For every read type, write type and operation one file is written and read back through the cluster; the order, the
paths, the bytes and the printed lines are those of 2.9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

READ_TYPES = ("CACHE_PROMOTE", "CACHE", "NO_CACHE")
WRITE_TYPES_OF_2_9 = ("MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH")
# The newer command line leaves ASYNC_THROUGH out: its file is persisted after the test has ended.
WRITE_TYPES = WRITE_TYPES_OF_2_9[:3]
OPERATIONS = ("BASIC", "BASIC_NON_BYTE_BUFFER")
FOLDER = "default_tests_files"

INTEGER_COUNT = 20
# BASIC writes the integers in the machine's order, the other one as Java's DataOutputStream does, their count first.
CONTENT = {
    "BASIC": struct.pack(f"={INTEGER_COUNT}i", *range(INTEGER_COUNT)),
    "BASIC_NON_BYTE_BUFFER": struct.pack(f">{INTEGER_COUNT + 1}i", INTEGER_COUNT, *range(INTEGER_COUNT)),
}


class FileSystem(Protocol):
    """What the test needs of a client."""

    async def exists(self, path: str) -> bool: ...
    async def delete(self, path: str) -> None: ...
    async def write_bytes(self, path: str, data: Any, *, write_type: str, recursive: bool) -> None: ...
    async def read_bytes(self, path: str, *, read_type: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One file to write and read back."""

    operation: str
    read_type: str
    write_type: str

    def path(self, folder: str) -> str:
        """Return the file's path; `folder` is the parent of the folder of all test files."""
        return f"{folder.rstrip('/')}/{FOLDER}/{self.operation}_{self.read_type}_{self.write_type}"

    def __str__(self) -> str:
        return f"runTest --operation {self.operation} --readType {self.read_type} --writeType {self.write_type}"


def runs(operations: Sequence[str], read_types: Sequence[str], write_types: Sequence[str]) -> Iterator[Run]:
    """Yield the runs in the order of 2.9: by read type, then write type, then operation."""
    for read_type, write_type, operation in product(read_types, write_types, operations):
        yield Run(operation, read_type, write_type)


async def perform(run: Run, fs: FileSystem, folder: str) -> str | None:
    """Write and read the file of `run`; return None when the bytes agree, else what was read.

    Raises:  AlluxioError: the cluster refused a step.
    """
    path = run.path(folder)
    wanted = CONTENT[run.operation]
    if await fs.exists(path):
        await fs.delete(path)
    await fs.write_bytes(path, wanted, write_type=run.write_type, recursive=True)
    found = await fs.read_bytes(path, read_type=run.read_type)
    if found == wanted:
        return None
    return f"{path} holds {len(found)} bytes ({found[:16].hex()}...) instead of {len(wanted)} ({wanted[:16].hex()}...)"
