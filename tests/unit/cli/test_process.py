"""`alluxio process` without real processes: what is remembered, what is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.cli import process
from pyalluxio.conf import Configuration
from pyalluxio.conf.host import Machine
from pyalluxio.journal.format import is_formatted
from pyalluxio.processes import local_cluster, proc
from pyalluxio.processes.local_cluster import LocalCluster
from pyalluxio.processes.local_process import LocalProcess, StartFailed
from tests.unit.cli.conftest import Run

FORMAT_CLUSTER = process.format_cluster


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep processes from being started; an error put into the list is raised by the next start."""
    waiting: list[Any] = []

    def start_members(cluster: Any, wait_s: float, *, warn: bool = False) -> None:
        if waiting:
            raise waiting.pop()

    monkeypatch.setattr(process, "start_members", start_members)
    monkeypatch.setattr(process, "format_cluster", lambda cluster, overrides: setattr(cluster, "formatted", True))
    monkeypatch.setattr(proc, "is_free", lambda host, port: True)
    return waiting


def overrides_of(folder: Path) -> dict[str, str]:
    overrides = json.loads((folder / "cluster.json").read_text())["overrides"]
    assert isinstance(overrides, dict)
    return overrides


def test_properties_of_a_start_that_failed_are_forgotten(alluxio: Run, tmp_path: Path, starts: list[Any]) -> None:
    """A mistyped -D must not break every later start of the folder."""
    folder = tmp_path / "c"
    command = ("process", "start", "local", "--dir", str(folder))
    for _ in range(2):
        starts.append(StartFailed("no such folder"))
        assert alluxio(*command, "-Dalluxio.master.mount.table.root.ufs=/nope")[0] == 1
        assert overrides_of(folder) == {}
    assert alluxio(*command, "-Da=b")[0] == 0
    assert overrides_of(folder) == {"a": "b"}
    starts.append(StartFailed("again"))
    assert alluxio(*command, "-Da=c", "-De=f")[0] == 1
    assert overrides_of(folder) == {"a": "b"}
    assert alluxio(*command, "-De=f")[0] == 0
    assert overrides_of(folder) == {"a": "b", "e": "f"}


def test_a_start_that_changes_nothing_writes_nothing(alluxio: Run, tmp_path: Path, starts: list[Any]) -> None:
    """What a user added to conf/ stays."""
    folder = tmp_path / "c"
    assert alluxio("process", "start", "local", "--dir", str(folder))[0] == 0
    site = folder / "conf/alluxio-site.properties"
    site.write_text(site.read_text() + "a=b\n")
    assert alluxio("process", "start", "local", "--dir", str(folder))[0] == 0
    assert "a=b" in site.read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        "alluxio.worker.ramdisk.size=abc",
        "alluxio.master.ttl.checker.interval=abc",
        "alluxio.worker.tieredstore.level0.watermark.low.ratio=2",
    ],
)
def test_a_wrong_value_makes_nothing(alluxio: Run, tmp_path: Path, starts: list[Any], wrong: str) -> None:
    """Half a cluster in the folder: the start without the mistake found a journal that nobody had formatted."""
    folder = tmp_path / "c"
    code, _, err = alluxio("process", "start", "local", "--dir", str(folder), f"-D{wrong}")
    assert code == 1
    assert wrong.partition("=")[0].removesuffix(".low.ratio") in err
    assert not folder.exists()
    assert alluxio("process", "start", "local", "--dir", str(folder))[0] == 0
    before = (folder / "cluster.json").read_text()
    assert alluxio("process", "start", "local", "--dir", str(folder), f"-D{wrong}")[0] == 1
    assert (folder / "cluster.json").read_text() == before


def test_a_misspelt_property_is_told(alluxio: Run, tmp_path: Path, starts: list[Any]) -> None:
    """In the logs of the processes, where it stood before, nobody looks while everything works."""
    for _ in ("new", "existing"):
        _, _, err = alluxio("process", "start", "local", "--dir", str(tmp_path / "c"), "-Dalluxio.master.hostnme=h")
        assert err.count("Did you mean alluxio.master.hostname?") == 1


def test_a_cluster_that_was_never_formatted_is(
    alluxio: Run, tmp_path: Path, starts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between the first file and the journal left a folder that could not be started by any command."""
    folder = tmp_path / "c"
    command = ("process", "start", "local", "--dir", str(folder))
    assert alluxio(*command)[0] == 0
    shutil.rmtree(folder / "conf")
    written = json.loads((folder / "cluster.json").read_text())
    (folder / "cluster.json").write_text(json.dumps({**written, "formatted": False}))
    monkeypatch.setattr(process, "format_cluster", FORMAT_CLUSTER)
    assert alluxio(*command)[0] == 0
    assert (folder / "conf/alluxio-site.properties").exists()
    assert is_formatted(folder / "master1/journal")
    assert alluxio(*command)[0] == 0
    shutil.rmtree(folder / "master1/journal")
    code, _, err = alluxio(*command)
    assert code == 1
    assert f"is gone from {folder}/master1/journal" in err
    assert "init format" not in err, "it formats another one"
    assert not (folder / "master1/journal").exists()


def test_a_cluster_whose_ports_were_taken_meanwhile_gets_others(
    alluxio: Run, tmp_path: Path, starts: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clusters made at the same moment choose the same free ports; both have to start."""
    held: set[int] = set()

    def start_members(cluster: LocalCluster, wait_s: float, *, warn: bool = False) -> None:
        if not held:
            held.add(cluster.masters[0].ports["rpc"])
            raise StartFailed("Port 19998 is held by the other one.")

    monkeypatch.setattr(process, "start_members", start_members)
    monkeypatch.setattr(proc, "is_free", lambda host, port: port not in held)
    code, out, err = alluxio("process", "start", "local", "--dir", str(tmp_path / "c"), "--json")
    assert code == 0, err
    assert "Choosing other ports." in err
    described = json.loads(out)["masters"][0]
    assert described["rpc"] == "127.0.0.1:20000"
    again = local_cluster.open_existing(tmp_path / "c")
    assert again is not None
    assert again.masters[0].address("journal") == described["journal"]


def test_another_failure_is_not_tried_again(alluxio: Run, tmp_path: Path, starts: list[Any]) -> None:
    starts.append(StartFailed("no such folder"))
    code, _, err = alluxio("process", "start", "local", "--dir", str(tmp_path / "c"))
    assert (code, err) == (1, "no such folder\n")


@pytest.mark.parametrize(
    "words",
    [("process", "start", "master"), ("process", "start", "local"), ("process", "run", "worker"), ("init", "format")],
    ids=" ".join,
)
def test_servers_need_a_place_that_somebody_chose(
    alluxio: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Installed by pip and run as root, the program must not fill /opt/alluxio unasked."""
    monkeypatch.delenv("ALLUXIO_HOME")
    monkeypatch.setattr(Machine, "install_root", None)
    code, _, err = alluxio(*words)
    assert code == 1
    assert "set ALLUXIO_HOME" in err


def test_one_host_needs_little_memory(tmp_path: Path) -> None:
    """A first try must not take two thirds of a laptop's memory; what somebody set counts."""
    size = "alluxio.worker.ramdisk.size"
    large = Configuration.for_test(role="worker", memory_bytes=64 << 30, room_for_all_bytes=64 << 30)
    assert local_cluster.defaults_of("worker", large) == {size: "1GB"}
    assert local_cluster.defaults_of("worker", large.with_overrides({size: "9GB"})) == {}
    small = Configuration.for_test(role="worker", room_for_all_bytes=512 << 20)
    assert local_cluster.defaults_of("worker", small) == {}
    assert local_cluster.defaults_of("master", large) == {"alluxio.master.worker.connect.wait.time": "1s"}


def test_a_folder_that_cannot_be_made_is_told_with_the_option(
    alluxio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed in /usr, `quickstart` must say what to type instead, not whom to give /usr to."""

    def refuse(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = alluxio("quickstart", "--dir", str(tmp_path / "c"))
    assert code == 1
    assert err == (
        f"{tmp_path}/c cannot be used for a cluster (Permission denied): name a folder that this user may write with "
        "--dir.\n"
    )


def test_a_file_in_the_place_of_the_folder(alluxio: Run, tmp_path: Path) -> None:
    """ "Give it to this user" is no advice for a file."""
    (tmp_path / "c").write_text("")
    code, _, err = alluxio("process", "start", "local", "--dir", str(tmp_path / "c" / "deep"))
    assert (code, err) == (1, f"{tmp_path}/c is a file and not a folder: remove it, or choose another folder.\n")


def test_stop_knows_where_quickstart_puts_its_cluster(
    alluxio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: list[Any]
) -> None:
    """`No process to stop` is not what somebody wants to read whose cluster runs."""
    monkeypatch.chdir(tmp_path)
    assert alluxio("process", "start", "local", "--dir", "local")[0] == 0
    assert "--dir" not in alluxio("process", "stop", "local")[2]
    running = LocalProcess.running
    monkeypatch.setattr(
        LocalProcess, "running", lambda process: proc.current() if process.name == "master1" else running(process)
    )
    code, _, err = alluxio("process", "stop", "local")
    assert code == 0
    assert "`process stop local --dir ./local` stops it" in err
