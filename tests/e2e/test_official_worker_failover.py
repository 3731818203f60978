"""An official worker, which reports to the leader only: the next leader has it register again at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pyalluxio.client import AsyncFileSystem
from tests.e2e import quorum
from tests.peer import official
from tests.waiting import until_answered

pytestmark = [pytest.mark.e2e, pytest.mark.java]

FILES = 5


async def test_an_official_worker_is_back_at_once(tmp_path: Path) -> None:
    """Its blocks are in memory only: freed or forgotten by the new leader, they would be lost."""
    with (
        quorum.running(tmp_path / "masters") as masters,
        official.official_worker(tmp_path, masters.client),
    ):
        async with await AsyncFileSystem.connect(properties=masters.client) as fs:
            await until_answered(fs.workers, 60, "the official worker being registered")
            (before,) = await fs.workers()
            for number in range(FILES):
                await fs.write_bytes(f"/f{number}", bytes([number]) * 100_000, write_type="MUST_CACHE")
            (await masters.leader()).kill()
            began_s = time.monotonic()
            await fs.write_bytes("/after", b"x" * 100_000, write_type="MUST_CACHE")
            print(f"written {time.monotonic() - began_s:.2f} s after the leader was killed")
            for number in range(FILES):
                assert await fs.read_bytes(f"/f{number}") == bytes([number]) * 100_000
            (after,) = await fs.workers()
            assert after.worker_id == before.worker_id, "clients remember workers by their ids"
            assert time.monotonic() - began_s < 20
