"""Unmodified official programs against a Python master and a Python worker, on both RPC engines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e import cluster
from tests.e2e.cluster import Cluster
from tests.peer import official
from tests.peer.shells import OfficialShells
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.java]

SIZES = {"empty": 0, "byte": 1, "block": (64 << 20) + 1, "large": 200 << 20}


@pytest.fixture(scope="module", params=["NATIVE", "GRPCIO"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp(request.param.lower())
    with cluster.running(folder, master={"alluxio.master.rpc.engine": request.param}) as running:
        yield running


class Shell:
    """The official `fs` shell on one cluster."""

    def __init__(self, shells: OfficialShells, served: Cluster) -> None:
        self._shells = shells
        self._served = served

    def __call__(self, *words: str, **properties: str) -> str:
        """Run a command that must succeed; return what it printed."""
        code, text = self.outcome(*words, **properties)
        assert code == 0, f"{' '.join(words)} gave {code}: {text}"
        return text

    def fails(self, *words: str) -> str:
        code, text = self.outcome(*words)
        assert code != 0, f"{' '.join(words)} should fail: {text}"
        return text

    def outcome(self, *words: str, **properties: str) -> tuple[int, str]:
        extra = {f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()}
        outcome = self._shells.fs({**self._served.client, **extra}, *words)
        return outcome.code, outcome.output.decode(errors="replace")

    def is_persisted(self, path: str) -> bool:
        return " PERSISTED " in self("ls", path)


@pytest.fixture
def fs(shells: OfficialShells, served: Cluster) -> Shell:
    return Shell(shells, served)


@pytest.fixture
def folder(fs: Shell, request: pytest.FixtureRequest) -> str:
    """A directory of the namespace for one test."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    fs("mkdir", f"/{name}")
    return f"/{name}"


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize("short_circuit", ["true", "false"])
def test_files_of_every_size_come_back(
    fs: Shell, served: Cluster, local_files: dict[str, Path], tmp_path: Path, folder: str, short_circuit: str
) -> None:
    """Bytes lost at a block's border or a file's end are found by whoever reads the file years later."""
    options = {"user_short_circuit_enabled": short_circuit}
    files = local_files
    for name, local in files.items():
        fs("copyFromLocal", str(local), f"{folder}/{name}", **options)
        fs("copyToLocal", f"{folder}/{name}", str(tmp_path / name), **options)
        assert digest(tmp_path / name) == digest(local), name
        (tmp_path / name).unlink()
    listed = {line.split()[-1]: line.split() for line in fs("ls", "-R", folder).splitlines()}
    assert {name: int(words[3]) for name, words in listed.items()} == {
        f"{folder}/{name}": SIZES[name] for name in files
    }
    # The default write type: in the under storage soon, and the same there.
    for name, local in files.items():
        wait_until(partial(fs.is_persisted, f"{folder}/{name}"), 60, f"{name} being persisted")
        assert digest(served.ufs / folder[1:] / name) == digest(local)
    used = fs("du", "-s", folder).splitlines()[-1]
    assert used.startswith(str(sum(SIZES[name] for name in files)))
    fs("rm", "-R", folder)
    assert not (served.ufs / folder[1:]).exists()


@pytest.mark.parametrize("served", ["NATIVE"], indirect=True)  # the self-test has all types on both engines
@pytest.mark.parametrize("write_type", ["MUST_CACHE", "CACHE_THROUGH", "THROUGH", "ASYNC_THROUGH"])
def test_each_write_type_ends_where_it_should(
    fs: Shell, served: Cluster, local_files: dict[str, Path], tmp_path: Path, folder: str, write_type: str
) -> None:
    path, stored = f"{folder}/f", served.ufs / folder[1:] / "f"
    fs("copyFromLocal", str(local_files["block"]), path, user_file_writetype_default=write_type)
    if write_type == "ASYNC_THROUGH":
        wait_until(lambda: fs.is_persisted(path), 60, "the file being persisted")
    if write_type == "MUST_CACHE":
        assert not stored.exists()
    else:
        assert digest(stored) == digest(local_files["block"])
    assert (" 0% " if write_type == "THROUGH" else " 100% ") in fs("ls", path)
    fs("copyToLocal", path, str(tmp_path / "back"))
    assert digest(tmp_path / "back") == digest(local_files["block"])
    fs("rm", path)
    assert not stored.exists()


def test_names(fs: Shell, folder: str, local_files: dict[str, Path]) -> None:
    """mkdir, mv, ls, stat, cat, touch, test, rm and what they say."""
    assert fs("mkdir", f"{folder}/a/b/c") == f"Successfully created directory {folder}/a/b/c\n"
    assert "already exists" in fs.fails("mkdir", f"{folder}/a/b/c")
    fs("copyFromLocal", str(local_files["byte"]), f"{folder}/a/f")
    assert fs("mv", f"{folder}/a/f", f"{folder}/a/b/g") == f"Renamed {folder}/a/f to {folder}/a/b/g\n"
    assert fs.fails("cat", f"{folder}/a/f").strip() == f'Path "{folder}/a/f" does not exist.'
    assert fs("cat", f"{folder}/a/b/g") == "\0"
    assert f"{folder}/a/b/g is a file path." in fs("stat", f"{folder}/a/b/g")
    assert f"{folder}/a is a directory path." in fs("stat", f"{folder}/a")
    assert [line.split()[-1] for line in fs("ls", "-R", folder).splitlines()] == [
        f"{folder}/a",
        f"{folder}/a/b",
        f"{folder}/a/b/c",
        f"{folder}/a/b/g",
    ]
    fs("touch", f"{folder}/a/t")
    assert fs.outcome("test", "-z", f"{folder}/a/t")[0] == 0
    assert fs.outcome("test", "-d", f"{folder}/a/t")[0] == 1
    assert "is a directory" in fs.fails("rm", f"{folder}/a")
    fs("mv", f"{folder}/a", f"{folder}/z")
    fs("rm", "-R", f"{folder}/z")
    assert fs("ls", folder) == ""


def test_permissions(fs: Shell, served: Cluster, folder: str, tmp_path: Path) -> None:
    """chmod, chown, setfacl and getfacl, as another user sees them too."""
    fs("touch", f"{folder}/f")
    assert fs("chmod", "600", f"{folder}/f") == f"Changed permission of {folder}/f to 600\n"
    assert fs("ls", f"{folder}/f").startswith("-rw-------")
    fs("chmod", "700", folder)
    # A JVM keeps the user it started with.
    other = {**served.client, "alluxio.security.login.username": "nobody"}
    code, text = official.outcome(tmp_path, other, official.SHELL, "ls", folder)
    assert (code, "Permission denied" in text) == (255, True), text
    assert fs("chown", "nobody", f"{folder}/f") == f"Changed owner of {folder}/f to nobody\n"
    assert fs("ls", f"{folder}/f").split()[1] == "nobody"
    fs("chmod", "-R", "750", folder)
    fs("setfacl", "-m", "user:daemon:r-x", folder)
    fs("setfacl", "-d", "-m", "user:daemon:rwx", folder)
    assert "user:daemon:r-x" in fs("getfacl", folder).splitlines()
    fs("mkdir", f"{folder}/d")
    assert "user:daemon:rwx" in fs("getfacl", f"{folder}/d").splitlines()
    fs("setfacl", "-b", folder)
    assert "daemon" not in "".join(line for line in fs("getfacl", folder).splitlines() if "default" not in line)


def test_space(fs: Shell, served: Cluster, local_files: dict[str, Path], folder: str, tmp_path: Path) -> None:
    """pin, unpin, persist, free: what is freed is read from the under storage again, unchanged."""
    path = f"{folder}/f"
    fs("copyFromLocal", str(local_files["block"]), path, user_file_writetype_default="MUST_CACHE")
    assert "not persisted" in fs.fails("free", path)
    fs("persist", path)
    assert digest(served.ufs / path[1:]) == digest(local_files["block"])
    fs("pin", path)
    assert "pinned" in fs.fails("free", path)
    fs("unpin", path)
    fs("free", path)
    wait_until(lambda: " 0% " in fs("ls", path), 30, "the worker freeing the blocks")
    fs("copyToLocal", path, str(tmp_path / "back"))
    assert digest(tmp_path / "back") == digest(local_files["block"])
    wait_until(lambda: " 100% " in fs("ls", path), 30, "the blocks being cached by the read")


def test_mounts(fs: Shell, folder: str, tmp_path: Path) -> None:
    """A second under storage appears with its files, takes new ones, and keeps them when it is unmounted."""
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/old").write_bytes(b"from before")
    fs("mount", f"{folder}/lake", str(tmp_path / "lake"))
    assert str(tmp_path / "lake") in fs("mount")
    assert fs("cat", f"{folder}/lake/old") == "from before"
    fs("cp", f"{folder}/lake/old", f"{folder}/lake/new")
    wait_until(lambda: fs.is_persisted(f"{folder}/lake/new"), 30, "the copy being persisted")
    fs("unmount", f"{folder}/lake")
    assert (tmp_path / "lake/new").read_bytes() == b"from before"
    assert fs("ls", folder) == ""
    fs("mount", "--readonly", f"{folder}/lake", str(tmp_path / "lake"))
    assert "read" in fs.fails("touch", f"{folder}/lake/more").lower()


def test_hadoop(
    shells: OfficialShells, served: Cluster, local_files: dict[str, Path], folder: str, tmp_path: Path
) -> None:
    """`hadoop fs`: the way by which Spark, Hive and MapReduce come in."""
    root = f"alluxio://{served.address}{folder}"

    def hadoop(*words: str, **properties: str) -> str:
        extra = {f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()}
        outcome = shells.hadoop(extra, *words)
        assert outcome.code == 0, f"{' '.join(words)} gave {outcome.code}: {outcome.text}"
        return outcome.text

    hadoop("-mkdir", "-p", f"{root}/a/b")
    for short_circuit in ("true", "false"):
        for name, local in local_files.items():
            back = tmp_path / f"{name}-{short_circuit}"
            hadoop("-put", "-f", str(local), f"{root}/a/{name}", user_short_circuit_enabled=short_circuit)
            hadoop("-get", f"{root}/a/{name}", str(back), user_short_circuit_enabled=short_circuit)
            assert digest(back) == digest(local), name
            back.unlink()
    hadoop("-mv", f"{root}/a/byte", f"{root}/a/b/moved")
    listed = hadoop("-ls", "-R", root)
    assert sorted(line.split()[-1].removeprefix(root) for line in listed.splitlines() if line[0] in "d-") == [
        "/a",
        "/a/b",
        "/a/b/moved",
        "/a/block",
        "/a/empty",
        "/a/large",
    ]
    assert shells.hadoop({}, "-cat", f"{root}/a/byte").code == 1
    hadoop("-rm", "-r", "-skipTrash", f"{root}/a")
    assert hadoop("-ls", root) == ""


@pytest.mark.parametrize("short_circuit", ["true", "false"])
def test_runner(served: Cluster, tmp_path: Path, short_circuit: str) -> None:
    """The official self-test: every read type with every write type and both ways to call."""
    properties = {**served.client, "alluxio.user.short.circuit.enabled": short_circuit}
    printed = official.run(tmp_path, properties, official.TEST_RUNNER, "--directory", f"/runner-{short_circuit}")
    assert printed.count("Passed the test!") == 24, printed
    assert "Failed" not in printed
