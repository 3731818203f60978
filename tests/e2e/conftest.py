"""What end-to-end tests share: one JVM with the official shells, and files to write."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.shells import OfficialShells, official_shells


@pytest.fixture(scope="session")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficialShells]:
    """The official shells; only for tests marked `java`."""
    with official_shells(tmp_path_factory.mktemp("shells")) as running:
        yield running


@pytest.fixture(scope="session")
def local_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Local files of the sizes at which something changes: nothing, one byte, one block and a byte, four blocks."""
    folder = tmp_path_factory.mktemp("files")
    sizes = {"empty": 0, "byte": 1, "block": (64 << 20) + 1, "large": 200 << 20}
    content = random.Random(7).randbytes(1 << 20)
    files = {}
    for name, size in sizes.items():
        files[name] = folder / name
        with files[name].open("wb") as file:
            # No two megabytes are equal, so that a block in a wrong place cannot go unseen.
            for number in range(0, size, len(content)):
                part = number.to_bytes(8, "big") + content[8:]
                file.write(part[: size - number])
            assert file.tell() == size
    return files


def rounds(variable: str, usual: int) -> int:
    """Return how often a test repeats itself: the environment's number, else the one that is quick enough for CI."""
    return int(os.environ.get(variable) or usual)
