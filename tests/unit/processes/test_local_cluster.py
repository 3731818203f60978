"""The folder of a local cluster."""

from __future__ import annotations

import json
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import ConfigurationError, FailedPrecondition
from pyalluxio.processes import local_cluster, proc, starting
from pyalluxio.processes.local_process import StartFailed
from pyalluxio.processes.proc import Identity


@pytest.fixture
def every_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "is_free", lambda host, port: True)


def make(folder: Path, masters: int = 1, workers: int = 1, **overrides: str) -> local_cluster.LocalCluster:
    return local_cluster.make(folder, masters, workers, overrides, lambda text: None)


def ports(cluster: local_cluster.LocalCluster) -> dict[str, dict[str, int]]:
    return {member.name: member.ports for member in cluster.members}


@pytest.mark.usefixtures("every_port_is_free")
def test_standard_ports_when_they_are_free(tmp_path: Path) -> None:
    """People type the ports they know; the second worker must not take the web port of the first."""
    assert ports(make(tmp_path / "c", workers=2)) == {
        "master1": {"rpc": 19998, "web": 19999, "journal": 19200},
        "worker1": {"rpc": 29999, "web": 30000},
        "worker2": {"rpc": 30001, "web": 30002},
    }


def test_a_held_standard_port_is_told_with_its_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "is_free", lambda host, port: port not in (19998, 29999, 30001))
    monkeypatch.setattr(proc, "holder_of", lambda port: "process 7 (java)")
    told: list[str] = []
    cluster = local_cluster.make(tmp_path / "c", 1, 1, {}, told.append)
    assert ports(cluster)["master1"] == {"rpc": 20000, "web": 19999, "journal": 19202}
    assert ports(cluster)["worker1"] == {"rpc": 30002, "web": 30000}
    assert "master1: port 19998 (rpc) is held by process 7 (java); using 20000" in told


@pytest.mark.usefixtures("every_port_is_free")
def test_three_masters_know_each_other_and_clients_know_all(tmp_path: Path) -> None:
    """A client that knows one master ends with it."""
    cluster = make(tmp_path / "c", masters=3)
    assert [member.ports for member in cluster.masters] == [
        {"rpc": 19998, "web": 19999, "journal": 19200},
        {"rpc": 20000, "web": 20001, "journal": 19202},
        {"rpc": 20002, "web": 20003, "journal": 19204},
    ]
    everybody = "127.0.0.1:19998,127.0.0.1:20000,127.0.0.1:20002"
    for member in cluster.members:
        assert cluster.properties_of(member)["alluxio.master.rpc.addresses"] == everybody
    second = cluster.properties_of(cluster.masters[1])
    assert second["alluxio.master.rpc.port"] == "20000"
    assert second["alluxio.master.embedded.journal.port"] == "19202"
    assert second["alluxio.master.embedded.journal.addresses"] == "127.0.0.1:19200,127.0.0.1:19202,127.0.0.1:19204"
    cluster.write()
    text = (cluster.conf / "alluxio-site.properties").read_text()
    assert f"alluxio.master.rpc.addresses={everybody}" in text


@pytest.mark.usefixtures("every_port_is_free")
def test_all_masters_are_started_before_one_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three has no majority: waiting for it before the others exist would wait for ever."""
    happened: list[str] = []

    def start(process: Any, ports: Any, started: Any, timeout_s: float) -> Any:
        happened.append(f"start {process.name} {'and wait' if timeout_s else ''}".strip())
        return starting.Outcome(process, Identity(1, 1), ran_before=False)

    def finish(outcome: Any, timeout_s: float) -> Any:
        happened.append(f"wait {outcome.process.name}")
        return outcome

    monkeypatch.setattr(starting, "start", start)
    monkeypatch.setattr(starting, "finish", finish)
    make(tmp_path / "c", masters=3).start([], 10.0, lambda text: None)
    assert happened == [
        *(f"start master{number}" for number in (1, 2, 3)),
        *(f"wait master{number}" for number in (1, 2, 3)),
        "start worker1 and wait",
    ]


@pytest.mark.usefixtures("every_port_is_free")
def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """The second call must find the first one's ports and properties, whatever is free by then."""
    cluster = make(tmp_path / "c", workers=2, **{"s3a.secretKey": "hidden"})
    cluster.write()
    again = local_cluster.open_existing(tmp_path / "c")
    assert again == cluster
    assert again is not None
    assert again.properties_of(again.workers[0])["s3a.secretKey"] == "hidden"


@pytest.mark.usefixtures("every_port_is_free")
def test_only_the_user_can_read_the_properties(tmp_path: Path) -> None:
    cluster = make(tmp_path / "c", **{"s3a.secretKey": "hidden"})
    cluster.write()
    holders = [path for path in (tmp_path / "c").rglob("*") if path.is_file() and "hidden" in path.read_text()]
    assert holders == [tmp_path / "c" / "cluster.json"]
    assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(cluster.conf.stat().st_mode) == 0o750


@pytest.mark.usefixtures("every_port_is_free")
def test_the_written_configuration_is_for_java_clients_too(tmp_path: Path) -> None:
    """The official shell refuses `alluxio.master.rpc.addresses` with one address."""
    cluster = make(tmp_path / "c")
    cluster.write()
    text = (cluster.conf / "alluxio-site.properties").read_text()
    assert "alluxio.master.hostname=127.0.0.1" in text
    assert "alluxio.master.rpc.port=19998" in text
    assert "rpc.addresses" not in text


@pytest.mark.usefixtures("every_port_is_free")
def test_the_json_has_the_promised_shape(tmp_path: Path) -> None:
    """Scripts read it; a key more or less breaks them."""
    cluster = make(tmp_path / "c")
    cluster.write()
    described = json.loads(json.dumps(cluster.describe()))
    assert described == {
        "masters": [{"rpc": "127.0.0.1:19998", "web": "127.0.0.1:19999", "journal": "127.0.0.1:19200", "pid": None}],
        "workers": [{"rpc": "127.0.0.1:29999", "web": "127.0.0.1:30000", "pid": None}],
        "ufs": str(tmp_path / "c" / "ufs"),
        "conf": str(tmp_path / "c" / "conf"),
    }


@pytest.mark.usefixtures("every_port_is_free")
def test_the_users_properties_win(tmp_path: Path) -> None:
    cluster = make(tmp_path / "c", **{"alluxio.worker.ramdisk.size": "2GB"})
    properties = cluster.properties_of(cluster.workers[0])
    assert properties["alluxio.worker.ramdisk.size"] == "2GB"
    assert properties["alluxio.worker.bind.host"] == "127.0.0.1"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """`--dir .` in a project must not fill it, nor an interruption empty it."""
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FailedPrecondition, match="other files"):
        make(tmp_path)


@pytest.mark.parametrize(("masters", "workers"), [(8, 1), (0, 1), (1, 0), (1, 1000)])
def test_impossible_numbers_are_told(tmp_path: Path, masters: int, workers: int) -> None:
    with pytest.raises(ConfigurationError, match="--masters|--workers"):
        make(tmp_path / "c", masters, workers)


def test_a_damaged_description_is_told_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{half")
    with pytest.raises(ConfigurationError, match="cluster.json cannot be read"):
        local_cluster.open_existing(tmp_path)


def test_two_starters_of_one_folder_take_turns(tmp_path: Path) -> None:
    """Started twice at once, a folder must not get two masters."""
    folder = tmp_path / "c"
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with local_cluster.locked(folder):
            order.append("second")

    with local_cluster.locked(folder) as is_new:
        assert is_new
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_real_listener_moves_the_port(tmp_path: Path) -> None:
    """The check must see what the kernel sees, not only our own idea of free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert local_cluster._free_port(taken, set()) > taken


# --- ports of a second start, and of a second cluster --------------------------------------------------------------


def test_a_port_that_somebody_took_meanwhile_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped overnight, the cluster must come up in the morning although something else took its port."""
    monkeypatch.setattr(proc, "is_free", lambda host, port: True)
    cluster = make(tmp_path / "c")
    monkeypatch.setattr(proc, "is_free", lambda host, port: port not in (19998, 30000))
    monkeypatch.setattr(proc, "holder_of", lambda port: "process 7 (java)")
    told: list[str] = []
    assert cluster.move_ports({}, told.append) == {}
    assert ports(cluster) == {
        "master1": {"rpc": 20000, "web": 19999, "journal": 19200},
        "worker1": {"rpc": 29999, "web": 30001},
    }
    assert told == [
        "master1: port 19998 (rpc) is held by process 7 (java); using 20000 from now on",
        "worker1: port 30000 (web) is held by process 7 (java); using 30001 from now on",
    ]


def test_a_master_does_not_leave_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running worker would look for the master at the old port for ever."""
    monkeypatch.setattr(proc, "is_free", lambda host, port: True)
    cluster = make(tmp_path / "c")
    monkeypatch.setattr(proc, "is_free", lambda host, port: port != 19998)
    monkeypatch.setattr(
        local_cluster.LocalProcess,
        "running",
        lambda process: proc.current() if process.role == "worker" else None,
    )
    with pytest.raises(FailedPrecondition, match=rf"19998 .*worker1 .*`process stop local --dir {tmp_path}/c`"):
        cluster.move_ports({}, lambda text: None)
    assert ports(cluster)["master1"]["rpc"] == 19998


@pytest.mark.usefixtures("every_port_is_free")
def test_a_port_that_the_user_asks_for(tmp_path: Path) -> None:
    """`-Dalluxio.master.rpc.port=…` must reach clients through conf/ too, not only the process."""
    cluster = make(tmp_path / "c", **{"alluxio.master.rpc.port": "20500", "a": "b"})
    assert ports(cluster)["master1"]["rpc"] == 20500
    assert cluster.overrides == {"a": "b"}
    rest = cluster.move_ports({"alluxio.master.rpc.port": "20600", "c": "d"}, lambda text: None)
    assert ports(cluster)["master1"]["rpc"] == 20600
    assert rest == {"c": "d"}
    cluster.write()
    assert "alluxio.master.rpc.port=20600" in (cluster.conf / "alluxio-site.properties").read_text()
    assert cluster.properties_of(cluster.workers[0])["alluxio.master.rpc.port"] == "20600"


@pytest.mark.parametrize("value", ["99999", "0", "abc", "-1"])
def test_a_port_that_cannot_be(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match="alluxio.worker.web.port"):
        make(tmp_path / "c", **{"alluxio.worker.web.port": value})


def test_two_clusters_have_two_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens on the journal's port of one master, so looking for listeners does not keep clusters apart."""
    held: set[int] = set()
    monkeypatch.setattr(proc, "is_free", lambda host, port: port not in held)
    journals = []
    for name in "abc":
        cluster = make(tmp_path / name)
        for member in cluster.members:
            held |= {number for port, number in member.ports.items() if port != "journal"}
        journals.append(cluster.masters[0].ports["journal"])
    assert len(set(journals)) == 3


@pytest.mark.usefixtures("every_port_is_free")
def test_a_small_cluster_is_small_and_quick(tmp_path: Path) -> None:
    """Without it, a first try waits 5 s for workers that do not exist."""
    cluster = make(tmp_path / "c")
    key = "alluxio.master.worker.connect.wait.time"
    assert cluster.properties_of(cluster.masters[0])[key] == "1s"
    assert cluster.properties_of(cluster.workers[0])["alluxio.worker.ramdisk.size"] == "1GB"
    cluster.overrides[key] = "7s"
    assert cluster.properties_of(cluster.masters[0])[key] == "7s"


@pytest.mark.usefixtures("every_port_is_free")
def test_the_advice_names_the_folder(tmp_path: Path) -> None:
    """`process stop master` would stop the master of another cluster."""
    cluster = make(tmp_path / "c")
    assert cluster.process_of(cluster.masters[0]).stopping == f"process stop local --dir {tmp_path}/c"


def test_a_port_below_1024(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_free(host: str, port: int) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(proc, "is_free", is_free)
    with pytest.raises(StartFailed, match="Port 80 may not be opened by this user"):
        make(tmp_path / "c", **{"alluxio.master.rpc.port": "80"})
