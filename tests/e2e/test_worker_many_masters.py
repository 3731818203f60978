"""A real worker and several masters: who leads next knows its blocks, and masters that are gone cost it nothing."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.client import AsyncFileSystem
from tests.e2e import cluster, quorum
from tests.e2e.cluster import HOST, Cluster, ServerProcess
from tests.ports import free_port
from tests.waiting import until, wait_until

pytestmark = pytest.mark.e2e

FILES = 20
# Reports go out every second; a call that waited for a hung master would take five at least.
SILENCE_MAX_MS = 3_000


def worker_info(worker: ServerProcess) -> Any:
    url = f"http://{HOST}:{worker.properties['alluxio.worker.web.port']}/api/v1/worker/info"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def knows_all(worker: ServerProcess, count: int) -> Callable[[], bool]:
    def known() -> bool:
        return sum(master["isRegistered"] for master in worker_info(worker)["masters"]) == count

    return known


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
async def test_the_next_leader_knows_every_block(tmp_path: Path, how: signal.Signals) -> None:
    """Files that are in memory only must be readable at once, and stay; a safe mode would refuse for five seconds."""
    with quorum.running(tmp_path / "masters") as masters:
        around = Cluster(tmp_path, masters.client, masters.masters[0])
        worker = around.add_worker()
        try:
            wait_until(knows_all(worker, 3), 20, "the worker being registered with all masters")
            async with await AsyncFileSystem.connect(properties=masters.client) as fs:
                contents = {f"/f{number}": bytes([number]) * 100_000 for number in range(FILES)}
                for path, content in contents.items():
                    await fs.write_bytes(path, content, write_type="MUST_CACHE")
                leader = await masters.leader()
                leader.process.send_signal(how)  # type: ignore[union-attr]
                began_s = time.monotonic()
                for path, content in contents.items():
                    assert await fs.read_bytes(path) == content
                took_s = time.monotonic() - began_s
                print(f"all files read {took_s:.2f} s after the leader was {how.name}")
                # A kill ends the connections: others lead within half a second. A pause is noticed by its silence.
                assert took_s < 4.0 if how is signal.SIGKILL else took_s < 10.0
                await fs.write_bytes("/after", b"x" * 100_000, write_type="MUST_CACHE")
                assert await fs.read_bytes("/after") == b"x" * 100_000
                if how is signal.SIGSTOP:
                    leader.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
                    await until(knows_all(worker, 3), 20, "the woken master being reported to")
                assert worker_info(worker)["blockCount"] == FILES + 1
                assert "Traceback" not in worker.log_text()
        finally:
            worker.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
            assert worker.stop() == 0


def test_dead_and_hung_masters_do_not_slow_a_worker_down(tmp_path: Path) -> None:
    """Two of three machines are gone, one of them without a word: the last one must not lose its workers too."""
    with cluster.running(tmp_path / "cluster", workers=0) as running, socket.create_server((HOST, 0)) as black_hole:
        hung, dead = f"{HOST}:{black_hole.getsockname()[1]}", f"{HOST}:{free_port()}"
        began_s = time.monotonic()
        worker = running.add_worker({"alluxio.master.rpc.addresses": f"{hung},{dead},{running.address}"})
        print(f"ready after {time.monotonic() - began_s:.2f} s")
        silences_ms: list[int] = []
        ends_s = time.monotonic() + 8

        def watched() -> bool:
            masters = {master["address"]: master for master in worker_info(worker)["masters"]}
            assert masters[running.address]["isRegistered"]
            assert not masters[hung]["isRegistered"] and not masters[dead]["isRegistered"]
            silences_ms.append(masters[running.address]["lastContactMs"])
            return time.monotonic() > ends_s

        wait_until(watched, 30)
        assert max(silences_ms) < SILENCE_MAX_MS
        with running.file_system() as fs:
            fs.write_bytes("/f", b"content", write_type="MUST_CACHE")
            assert fs.read_bytes("/f") == b"content"
