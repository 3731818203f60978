"""`kill -9` of the worker under writing clients, also between a written block and its rename: what counts is there."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import signal
import urllib.request
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.client import AsyncFileSystem
from pyalluxio.errors import AlluxioError, NotFound
from tests.e2e import cluster
from tests.e2e.cluster import Cluster
from tests.e2e.conftest import rounds
from tests.e2e.workload import INTERRUPTED
from tests.waiting import until, until_answered

pytestmark = pytest.mark.e2e

ROUNDS = rounds("PYALLUXIO_WORKER_KILLS", 6)
WRITERS = 8
FILES_A_ROUND = (8, 40)
BLOCK_SIZE = 256 << 10
SIZES = (0, 1, 50_000, BLOCK_SIZE, 2 * BLOCK_SIZE + 1)
WRITE_TYPES = ("MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH")


@dataclass(slots=True)
class Written:
    """What clients were told about their files; `unsure` are those whose writing was interrupted."""

    digests: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)

    async def write_on(self, fs: AsyncFileSystem, root: str, rng: random.Random, stop: asyncio.Event) -> None:
        """Write files of all sizes and write types until told to stop or interrupted."""
        while not stop.is_set():
            write_type = rng.choice(WRITE_TYPES)
            path = f"{root}/{write_type}-{rng.getrandbits(40):010x}"
            content = rng.randbytes(rng.choice(SIZES))
            self.unsure[path] = hashlib.sha256(content).hexdigest()
            try:
                await fs.write_bytes(path, content, write_type=write_type, block_size_bytes=BLOCK_SIZE, recursive=True)
            except AlluxioError as error:
                if error.status not in INTERRUPTED:
                    raise
                return
            self.digests[path] = self.unsure.pop(path)


async def test_blocks_survive_their_worker(tmp_path: Path) -> None:
    """What a client was told is written must be readable when the worker is back, wherever it is kept."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    written = Written()
    with cluster.running(tmp_path / "cluster") as running:
        async with await AsyncFileSystem.connect(properties=running.client) as fs:
            for number in range(ROUNDS):
                await _kill_while_writing(running, fs, written, rng, POINTS[number % len(POINTS)])
                worker = running.worker
                worker.start()
                # Registered: the master knows this worker and what it found on its disk; nothing half written is left.
                workers = await fs.workers()
                assert [one.address.rpc_port for one in workers] == [int(worker.properties["alluxio.worker.rpc.port"])]
                await check(running, fs, written)
            await check_stored(running, fs, written)
        assert worker.stop() == 0


async def _kill_while_writing(
    running: Cluster, fs: AsyncFileSystem, written: Written, rng: random.Random, point: Any
) -> None:
    target = len(written.digests) + rng.randint(*FILES_A_ROUND)
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(written.write_on(fs, f"/w{number}", random.Random(rng.getrandbits(32)), stop))
        for number in range(WRITERS)
    ]
    await until(lambda: len(written.digests) >= target or any(task.done() for task in tasks), 60, "enough files")
    await point(running, fs)
    stop.set()
    await asyncio.gather(*tasks)


# --- where it is killed -----------------------------------------------------------------------------------------


async def _anywhere(running: Cluster, fs: AsyncFileSystem) -> None:
    await asyncio.to_thread(running.worker.kill)


async def _before_the_rename(running: Cluster, fs: AsyncFileSystem) -> None:
    """All bytes of a block are in its temporary file, nobody asked for its commit yet."""
    file, path = await _whole_block_unfinished(running, fs)
    await asyncio.to_thread(running.worker.kill)
    await _fails(file.close())
    info = await fs.get_status(path)
    assert not info.is_completed
    await fs.delete(path)


async def _during_the_commit(running: Cluster, fs: AsyncFileSystem) -> None:
    """The commit is asked for: the rename is before, at or after this moment, as chance has it."""
    file, path = await _whole_block_unfinished(running, fs)
    closing = asyncio.create_task(file.close())
    await asyncio.sleep(0)
    await asyncio.to_thread(running.worker.kill)
    if await _fails(closing):
        await fs.delete(path)


async def _after_the_rename(running: Cluster, fs: AsyncFileSystem) -> None:
    """The block has its name, and the master, which does not answer just now, has not heard of it."""
    file, path = await _whole_block_unfinished(running, fs)
    before = set(running.tier.iterdir())
    running.master.process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    try:
        closing = asyncio.create_task(file.close())
        await until(lambda: set(running.tier.iterdir()) - before, 30, "the rename")
        await asyncio.to_thread(running.worker.kill)
    finally:
        running.master.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
    if await _fails(closing):
        await fs.delete(path)


POINTS = (_anywhere, _before_the_rename, _during_the_commit, _after_the_rename)


async def _whole_block_unfinished(running: Cluster, fs: AsyncFileSystem) -> tuple[Any, str]:
    """Return an open file whose only block is full, and its path."""
    path = f"/unfinished-{random.getrandbits(40):010x}"
    size = 3 << 20
    file = await fs.create_file(path, write_type="MUST_CACHE", block_size_bytes=size)
    await file.write(bytes(size))
    await file.flush()
    temporary = running.tier / ".tmp_blocks"
    await until(
        lambda: any(found.stat().st_size == size for found in temporary.glob("*/*") if found.exists()),
        30,
        "the block's last byte",
    )
    return file, path


async def _fails(work: Awaitable[object]) -> bool:
    """Say whether a call that was interrupted told so; it may have succeeded just before."""
    try:
        await work
    except AlluxioError as error:
        assert error.status in INTERRUPTED, error
        return True
    return False


# --- what must hold afterwards ----------------------------------------------------------------------------------


async def check(running: Cluster, fs: AsyncFileSystem, written: Written) -> None:
    assert [path for path in (running.tier / ".tmp_blocks").glob("*/*") if path.is_file()] == []
    on_disk = {path.name: path.stat().st_size for path in running.tier.iterdir() if path.is_file()}
    assert worker_info(running)["blockCount"] >= len(on_disk)
    # Every file that a client was told is complete, whatever its write type, at the first attempt.
    for path, digest in written.digests.items():
        info = await fs.get_status(path)
        assert info.is_completed, path
        assert hashlib.sha256(await fs.read_bytes(path)).hexdigest() == digest, path
    for path, digest in list(written.unsure.items()):
        del written.unsure[path]
        try:
            is_completed = (await fs.get_status(path)).is_completed
        except NotFound:
            continue
        if is_completed:
            assert hashlib.sha256(await fs.read_bytes(path)).hexdigest() == digest, path
        else:
            await fs.delete(path)


async def check_stored(running: Cluster, fs: AsyncFileSystem, written: Written) -> None:
    """What was promised to the under storage gets there, soon after whatever happened to the worker meanwhile."""
    for path, digest in written.digests.items():
        if "/MUST_CACHE-" not in path:
            await until_answered(partial(_is_persisted, fs, path), 20, f"{path} being persisted")
            stored = (running.ufs / path[1:]).read_bytes()
            assert hashlib.sha256(stored).hexdigest() == digest, path


async def _is_persisted(fs: AsyncFileSystem, path: str) -> bool:
    return (await fs.get_status(path)).is_persisted


def worker_info(running: Cluster) -> dict[str, Any]:
    port = running.worker.properties["alluxio.worker.web.port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/worker/info", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
