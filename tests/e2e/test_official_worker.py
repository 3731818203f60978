"""An official worker under the Python master: all four write types, read back by official and by Python clients."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyalluxio.client import FileSystem
from tests.e2e import cluster
from tests.e2e.cluster import Cluster
from tests.peer import official
from tests.peer.shells import OfficialShells
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.java]

WRITE_TYPES = ["MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH"]


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("crossed")
    (folder / "official").mkdir()
    with (
        cluster.running(folder / "python", workers=0) as running,
        official.official_worker(folder / "official", running.client),
        running.file_system() as fs,
    ):
        wait_until(fs.workers, 60, "the official worker being registered")
        yield running


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize(
    ("write_type", "short_circuit"),
    [*((write_type, "true") for write_type in WRITE_TYPES), ("MUST_CACHE", "false"), ("ASYNC_THROUGH", "false")],
)
def test_official_client_writes(
    crossed: Cluster,
    shells: OfficialShells,
    local_files: dict[str, Path],
    tmp_path: Path,
    write_type: str,
    short_circuit: str,
) -> None:
    """ASYNC_THROUGH is the case that matters: such a worker cannot persist, so the master has to fetch the blocks."""
    path, local = f"/java-{write_type}-{short_circuit}", local_files["block"]
    properties = {
        **crossed.client,
        "alluxio.user.file.writetype.default": write_type,
        "alluxio.user.short.circuit.enabled": short_circuit,
    }
    written = shells.fs(properties, "copyFromLocal", str(local), path)
    assert written.code == 0, written.text
    read = shells.fs(properties, "copyToLocal", path, str(tmp_path / "back"))
    assert read.code == 0, read.text
    assert digest(tmp_path / "back") == digest(local)
    with crossed.file_system(user_short_circuit_enabled=short_circuit) as fs:
        assert hashlib.sha256(fs.read_bytes(path)).hexdigest() == digest(local)
        check_stored(crossed, fs, path, write_type, digest(local))
        fs.delete(path)


@pytest.mark.parametrize("write_type", WRITE_TYPES)
def test_python_client_writes(
    crossed: Cluster, shells: OfficialShells, local_files: dict[str, Path], tmp_path: Path, write_type: str
) -> None:
    path, local = f"/python-{write_type}", local_files["block"]
    with crossed.file_system() as fs:
        fs.write_bytes(path, local.read_bytes(), write_type=write_type)
        assert hashlib.sha256(fs.read_bytes(path)).hexdigest() == digest(local)
        read = shells.fs(crossed.client, "copyToLocal", path, str(tmp_path / "back"))
        assert read.code == 0, read.text
        assert digest(tmp_path / "back") == digest(local)
        check_stored(crossed, fs, path, write_type, digest(local))
        fs.delete(path)


def check_stored(crossed: Cluster, fs: FileSystem, path: str, write_type: str, expected: str) -> None:
    """The under storage has the file exactly when the write type says so."""
    stored = crossed.ufs / path[1:]
    if write_type == "ASYNC_THROUGH":
        wait_until(lambda: fs.get_status(path).is_persisted, 60, "the master persisting the file")
    if write_type == "MUST_CACHE":
        assert not stored.exists()
    else:
        assert digest(stored) == expected


def test_runner_passes(crossed: Cluster, tmp_path: Path) -> None:
    printed = official.run(tmp_path, crossed.client, official.TEST_RUNNER)
    assert printed.count("Passed the test!") == 24, printed
