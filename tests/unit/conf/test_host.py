"""The probes of the machine: wrong ones make workers that the kernel kills, or that nobody can reach."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from pyalluxio.conf import Configuration, Machine, addresses
from pyalluxio.conf.host import cgroup_limits_bytes


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        pytest.param("0::/", {"memory.max": "100\n"}, [100], id="version 2, inside a container"),
        pytest.param("0::/a/b", {"a/b/memory.max": "max", "a/memory.max": "7"}, [7], id="version 2, limit further up"),
        pytest.param("0::/a", {"a/memory.max": "max"}, [], id="version 2, no limit"),
        pytest.param(
            "9:name=systemd:/x\n4:cpu,memory:/a", {"memory/a/memory.limit_in_bytes": "5"}, [5], id="version 1"
        ),
        pytest.param("4:memory:/gone", {"memory/memory.limit_in_bytes": "6"}, [6], id="version 1, path of the host"),
        pytest.param("0::/../other", {"memory.max": "3"}, [3], id="a group outside of ours"),
        pytest.param("", {}, [], id="no control groups"),
    ],
)
def test_memory_limits_of_control_groups(
    tmp_path: Path, membership: str, files: dict[str, str], expected: list[int]
) -> None:
    """systemd limits a service in a group deep below the root; a container shows its limit at the root."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cgroup_limits_bytes(membership, tmp_path) == expected


def test_address_instead_of_name_when_asked_for() -> None:
    """In networks without name service, nodes must call themselves by address."""
    facts = {"host_name": "box", "ip_address": "192.0.2.7"}
    assert addresses.own_host(Configuration.for_test(**facts)) == "box"
    by_address = Configuration.for_test({"alluxio.network.ip.address.used": "true"}, **facts)
    assert addresses.own_host(by_address) == "192.0.2.7"
    assert addresses.own_host(by_address.with_overrides({"alluxio.master.hostname": "m1"})) == "m1"


def test_the_real_machine_answers() -> None:
    """The probes run on every platform that the tests run on; a crash in one would stop every worker."""
    machine = Machine()
    assert machine.cpus >= 1
    assert machine.memory_bytes > 1 << 20
    assert machine.host_name
    assert machine.is_local("127.0.0.1")
    assert not machine.is_local("198.51.100.7")  # an address of the documentation range
    assert machine.same_host("localhost", "LOCALHOST")
    assert machine.room_bytes("/no/such/folder/yet") > 0


def test_room_does_not_shrink_when_blocks_fill_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota computed from what is free would be smaller after each restart, and blocks would be evicted."""
    figures = SimpleNamespace(f_bavail=5, f_frsize=1 << 20)
    monkeypatch.setattr("os.statvfs", lambda path: figures)
    assert Machine().room_bytes(str(tmp_path)) == 5 << 20
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "block").write_bytes(b"x" * (3 << 20))
    figures.f_bavail = 2
    assert Machine().room_bytes(str(tmp_path)) == 5 << 20
    assert Machine().room_bytes(str(tmp_path / "not" / "yet")) == 2 << 20, "what others hold is not ours"
