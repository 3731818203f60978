"""The blocking client: files as Python's own, and no half file when a program forgets or dies."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading

import pytest

import pyalluxio
from pyalluxio.client import blocking
from pyalluxio.errors import FailedPrecondition, InvalidArgument, NotFound
from tests.unit.client.small_cluster import SmallCluster, small_cluster
from tests.waiting import until

LINES = b"".join(b"line %d\n" % number for number in range(50_000))


def connect(cluster: SmallCluster) -> pyalluxio.FileSystem:
    properties = {
        "alluxio.user.conf.cluster.default.enabled": "false",
        "alluxio.user.short.circuit.enabled": "false",
        "alluxio.user.block.size.bytes.default": "256KB",
        "alluxio.user.file.writetype.default": "MUST_CACHE",
    }
    return pyalluxio.FileSystem(f"127.0.0.1:{cluster.masters[0].port}", properties=properties)


async def test_files_behave_as_pythons_own() -> None:
    """pandas, zipfile and friends take the file only if it reads, seeks and iterates as theirs."""

    def use(cluster: SmallCluster) -> None:
        with connect(cluster) as fs:
            with fs.open("/f", "wb") as file:
                for line in LINES.splitlines(keepends=True):
                    file.write(line)
            with fs.open("/f") as file:
                assert file.readline() == b"line 0\n"
                assert sum(1 for _ in file) == 49_999
                assert file.seek(-8, 2) == len(LINES) - 8
                assert file.read() == LINES[-8:]
                assert file.pread(5, 10) == LINES[5:15]
                assert file.seekable()
                assert file.readable()
            assert fs.read_bytes("/f") == LINES
            assert [one.name for one in fs.iterate_status("/")] == ["f"]
            with pytest.raises(NotFound):
                fs.open("/nope")
            with pytest.raises(InvalidArgument, match='Mode "r[+]" is not one of'):
                fs.open("/f", "r+")
        with pytest.raises(InvalidArgument, match="closed"):
            fs.exists("/f")

    async with small_cluster() as cluster:
        await asyncio.to_thread(use, cluster)


async def test_many_threads_share_one_file_system() -> None:
    """A web server has one client and many threads."""

    def use(cluster: SmallCluster) -> None:
        with connect(cluster) as fs:
            fs.write_bytes("/f", LINES)
            wrong: list[int] = []
            with fs.open("/f") as file:

                def read(start: int) -> None:
                    for offset in range(start, len(LINES), 40_000):
                        if file.pread(offset, 100) != LINES[offset : offset + 100]:
                            wrong.append(offset)

                threads = [threading.Thread(target=read, args=(start,)) for start in range(8)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(30)
            assert wrong == []

    async with small_cluster() as cluster:
        await asyncio.to_thread(use, cluster)


async def test_an_abandoned_writer_completes_nothing() -> None:
    """A function that fails before `close` leaves its writer to the collector, which must not publish half a file."""

    def use(cluster: SmallCluster, fs: pyalluxio.FileSystem) -> None:
        file = fs.open("/half", "wb")
        file.write(LINES)
        del file
        gc.collect()

    async with small_cluster() as cluster:
        fs = await asyncio.to_thread(connect, cluster)
        await asyncio.to_thread(use, cluster, fs)
        await until(lambda: not cluster.workers[0].blocks, what="the end of the stream")
        await asyncio.to_thread(fs.close)
        assert not cluster.names.files["/half"].completed


def test_a_file_system_from_before_a_fork_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child has no loop thread: without a refusal its first call, and its exit, would wait for ever."""
    session = blocking._Session()
    monkeypatch.setattr(blocking.os, "getpid", lambda: -1)

    async def never() -> None:
        raise AssertionError("nobody may run this")

    with pytest.raises(InvalidArgument, match="forked from"):
        session.run(never())
    session.post(never())
    with pytest.raises(FailedPrecondition, match="spawn or forkserver"):
        blocking._Session()


async def test_a_program_that_closes_nothing_still_ends() -> None:
    """A script without `with` must not hang at its end."""
    code = (
        "import pyalluxio, sys\n"
        "fs = pyalluxio.FileSystem(sys.argv[1], properties={'alluxio.user.conf.cluster.default.enabled': 'false',"
        " 'alluxio.user.short.circuit.enabled': 'false'})\n"
        "file = fs.open('/f')\n"
        "other = fs.open('/g', 'wb')\n"
        "other.write(b'x' * 3_000_000)\n"
        "print(file.read(4))\n"
    )
    async with small_cluster() as cluster:
        await cluster.fs.write_bytes("/f", LINES, write_type="MUST_CACHE")
        target = f"127.0.0.1:{cluster.masters[0].port}"
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code, target], capture_output=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (0, b"b'line'\n"), done.stderr
