"""The Python client on an official 2.9.6 cluster: one cell of the compatibility matrix, with the bytes compared."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyalluxio
from pyalluxio import errors
from tests.peer.official import OfficialMaster, official_master, official_worker
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.java]

BLOCK = 4 << 20
DATA = random.Random(11).randbytes(3 * BLOCK + 1)
SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, len(DATA)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficialMaster]:
    with (
        official_master(tmp_path_factory.mktemp("master")) as master,
        official_worker(tmp_path_factory.mktemp("worker"), master.properties),
    ):
        with pyalluxio.FileSystem(properties=master.properties) as fs:
            wait_until(fs.workers, 60, "a registered worker")
        yield master


@pytest.fixture(params=["true", "false"], ids=["short-circuit", "streamed"])
def fs(cluster: OfficialMaster, request: pytest.FixtureRequest) -> Iterator[pyalluxio.FileSystem]:
    properties = {
        **cluster.properties,
        "alluxio.user.short.circuit.enabled": request.param,
        "alluxio.user.block.size.bytes.default": str(BLOCK),
        "alluxio.user.rpc.retry.max.duration": "20s",
        "alluxio.user.block.read.retry.max.duration": "10s",
    }
    with pyalluxio.FileSystem(properties=properties) as connected:
        yield connected


@pytest.fixture
def folder(fs: pyalluxio.FileSystem, request: pytest.FixtureRequest) -> Iterator[str]:
    path = f"/{hashlib.md5(request.node.nodeid.encode()).hexdigest()}"
    fs.create_directory(path)
    yield path
    fs.delete(path, recursive=True, unchecked=True)


@pytest.mark.parametrize("write_type", ["MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH"])
def test_what_is_written_is_read_with_equal_checksums(
    fs: pyalluxio.FileSystem, folder: str, cluster: OfficialMaster, write_type: str
) -> None:
    """A byte lost at a block's edge would be found in somebody's table months later."""
    for size in SIZES:
        path = f"{folder}/{size}"
        fs.write_bytes(path, DATA[:size], write_type=write_type)
        for read_type in ("NO_CACHE", "CACHE"):
            found = fs.read_bytes(path, read_type=read_type)
            assert hashlib.sha256(found).digest() == hashlib.sha256(DATA[:size]).digest(), (size, read_type)
        status = fs.get_status(path)
        assert (status.length, status.is_completed) == (size, True)
        through = write_type in ("THROUGH", "CACHE_THROUGH")
        assert status.is_persisted == through
        if through:
            assert (cluster.ufs / path[1:]).read_bytes() == DATA[:size]
        elif write_type == "ASYNC_THROUGH":
            assert status.persistence_state == "TO_BE_PERSISTED"


def test_python_files_seek_and_positioned_reads(fs: pyalluxio.FileSystem, folder: str) -> None:
    """Libraries treat the file as any other of Python's: buffered, seekable, read by many threads at once."""
    path = f"{folder}/f"
    with fs.open(path, "wb", write_type="MUST_CACHE") as file:
        for start in range(0, len(DATA), 1_000_003):
            file.write(DATA[start : start + 1_000_003])
    with fs.open(path) as file:
        assert file.read(100) == DATA[:100]
        file.seek(BLOCK - 50)
        assert file.read(100) == DATA[BLOCK - 50 : BLOCK + 50]
        file.seek(-7, 2)
        assert file.read() == DATA[-7:]
        wrong: list[int] = []

        def read_some(seed: int) -> None:
            chance = random.Random(seed)
            for _ in range(25):
                offset, count = chance.randrange(len(DATA)), chance.choice([1, 4096, 256 << 10])
                if file.pread(offset, count) != DATA[offset : offset + count]:
                    wrong.append(offset)

        threads = [threading.Thread(target=read_some, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert wrong == []


def test_errors_have_types(fs: pyalluxio.FileSystem, folder: str) -> None:
    """Programs branch on the class; the sentence is the server's."""
    fs.write_bytes(f"{folder}/f", b"x", write_type="MUST_CACHE")
    with pytest.raises(errors.NotFound, match=r'^Path "/nope" does not exist\.$'):
        fs.get_status("/nope")
    with pytest.raises(errors.AlreadyExists):
        fs.write_bytes(f"{folder}/f", b"y")
    with pytest.raises(errors.FailedPrecondition):
        fs.delete(folder)
    with pytest.raises(errors.InvalidArgument):
        fs.rename(folder, f"{folder}/inside")
    with pytest.raises(errors.InvalidPath, match="must be a file"):
        fs.open(folder)
    with pytest.raises(errors.Unknown, match="not persisted"):
        fs.free(f"{folder}/f")
    with pytest.raises(errors.Internal):
        fs.create_file(f"{folder}/r", replication_min=3, replication_max=2)
    unfinished = fs.create_file(f"{folder}/half", write_type="MUST_CACHE")
    unfinished.write(DATA[:10])
    with pytest.raises(errors.FileIncomplete):
        fs.open(f"{folder}/half")
    unfinished.cancel()
    assert not fs.get_status(f"{folder}/half").is_completed


def test_the_namespace(fs: pyalluxio.FileSystem, folder: str, cluster: OfficialMaster) -> None:
    """Every operation once, its effect read back."""
    fs.create_directory(f"{folder}/a/b", recursive=True, mode=0o750)
    fs.create_directory(f"{folder}/a/b", allow_exists=True)
    assert fs.get_status(f"{folder}/a/b").mode == 0o750
    fs.write_bytes(f"{folder}/a/f", b"12345", write_type="CACHE_THROUGH", ttl_ms=3_600_000, ttl_action="delete")
    assert fs.get_status(f"{folder}/a/f").ttl_action == "DELETE"
    fs.rename(f"{folder}/a/f", f"{folder}/a/g")
    assert not fs.exists(f"{folder}/a/f")
    assert [(one.name, one.is_directory) for one in fs.list_status(f"{folder}/a")] == [("b", True), ("g", False)]
    assert [one.path for one in fs.iterate_status(folder, recursive=True)] == [
        f"{folder}/a",
        f"{folder}/a/b",
        f"{folder}/a/g",
    ]
    page, more, count = fs.list_status_partial(f"{folder}/a", batch_size=1)
    assert ([one.name for one in page], more, count) == (["b"], True, 2)
    page, more, _ = fs.list_status_partial(f"{folder}/a", batch_size=5, offset_id=page[0].file_id)
    assert ([one.name for one in page], more) == (["g"], False)

    fs.set_attribute(f"{folder}/a/g", mode=0o600, pinned=True, ttl_ms=-1, replication_max=3)
    status = fs.get_status(f"{folder}/a/g")
    assert (status.mode, status.is_pinned, status.ttl_ms, status.replication_max) == (0o600, True, -1, 3)
    fs.set_attribute(f"{folder}/a/g", pinned=False)
    fs.set_acl(f"{folder}/a/g", "MODIFY", ["user:alice:rw-"])
    status = fs.get_status(f"{folder}/a/g")
    assert "user:alice:rw-" in [str(entry) for entry in status.acl]
    assert status.has_extended_acl
    fs.set_acl(f"{folder}/a/g", "REMOVE", ["user:alice"])
    fs.set_acl(f"{folder}/a/b", "MODIFY", ["default:user:bob:r-x"])
    assert [str(entry) for entry in fs.get_status(f"{folder}/a/b").default_acl][3] == "default:user:bob:r-x"
    fs.check_access(f"{folder}/a/g", "rw-")

    assert fs.get_file_path(status.file_id) == f"{folder}/a/g"
    assert fs.reverse_resolve(f"{cluster.ufs}{folder}/a/g") == f"{folder}/a/g"
    fs.free(f"{folder}/a/g")
    wait_until(lambda: fs.get_status(f"{folder}/a/g").in_alluxio_percentage == 0, 30, "the block's removal")
    assert fs.read_bytes(f"{folder}/a/g") == b"12345"
    wait_until(lambda: fs.get_status(f"{folder}/a/g").in_alluxio_percentage == 100, 30, "the block's caching")

    outside = cluster.folder / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "there").write_bytes(b"already")
    fs.mount(f"{folder}/m", str(outside), read_only=True)
    assert fs.read_bytes(f"{folder}/m/there") == b"already"
    with pytest.raises(errors.PermissionDenied):
        fs.write_bytes(f"{folder}/m/new", b"x", write_type="THROUGH")
    fs.update_mount(f"{folder}/m")
    assert fs.mount_table()[f"{folder}/m"].is_read_only is False
    fs.write_bytes(f"{folder}/m/new", b"x", write_type="THROUGH")
    assert (outside / "new").read_bytes() == b"x"
    fs.unmount(f"{folder}/m")
    (outside / "new").unlink()
    fs.persist(f"{folder}/a/g")  # persisted already: nothing to do
    assert [worker.state for worker in fs.workers()] == ["ACTIVE"]


def test_the_command_line(cluster: OfficialMaster, tmp_path: Path) -> None:
    """The words of the official shell on an official cluster."""
    source = tmp_path / "file"
    source.write_bytes(DATA)

    def alluxio(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
        where = [f"-D{name}={value}" for name, value in cluster.properties.items()]
        command = [sys.executable, "-m", "pyalluxio", "fs", *where]
        return subprocess.run([*command, *map(str, words)], capture_output=True, timeout=60, check=False)

    assert alluxio("mkdir", "/cli").stdout == b"Successfully created directory /cli\n"
    assert alluxio("copyFromLocal", source, "/cli/f").returncode == 0
    assert alluxio("cat", "/cli/f").stdout == DATA
    assert alluxio("checksum", "/cli/f").stdout.split()[1].decode() == hashlib.md5(DATA).hexdigest()
    assert alluxio("copyToLocal", "/cli/f", tmp_path / "back").returncode == 0
    assert (tmp_path / "back").read_bytes() == DATA
    assert alluxio("mv", "/cli/f", "/cli/g").stdout == b"Renamed /cli/f to /cli/g\n"
    assert alluxio("ls", "/cli").stdout.split()[-1] == b"/cli/g"
    assert alluxio("rm", "/cli").returncode == 1
    assert alluxio("rm", "-R", "/cli").stdout == b"/cli has been removed\n"
    assert alluxio("test", "-e", "/cli").returncode == 3
