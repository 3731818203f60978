"""The installation guide's blocks, pasted as they stand, give a working configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio import conf
from pyalluxio.conf import Configuration, Machine, addresses, validate

ROOT = Path(__file__).resolve().parents[3]

MINIMAL = """\
alluxio.master.hostname=master-2
alluxio.master.embedded.journal.addresses=master-1:19200,master-2:19200,master-3:19200
"""

WITH_COMMENTS = """\
alluxio.master.hostname=master-2 # Only needed on master node
alluxio.master.mount.table.root.ufs=/mnt/shared/ufs   # The under storage
alluxio.master.embedded.journal.address=master-1:19200,master-2:19200,master-3:19200 # All masters
"""

LOGICAL = """\
alluxio.master.nameservices.my-alluxio-cluster=master1,master2,master3
alluxio.master.rpc.address.my-alluxio-cluster.master1=master-1:19998
alluxio.master.rpc.address.my-alluxio-cluster.master2=master-2:19998
alluxio.master.rpc.address.my-alluxio-cluster.master3=master-3:19998
"""

RPC_ADDRESSES = ["master-1:19998", "master-2:19998", "master-3:19998"]


def load(folder: Path, text: str, role: str = "client", **variables: str) -> Configuration:
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "conf" / "alluxio-site.properties").write_text(text, encoding="utf-8")
    environ = {"ALLUXIO_HOME": str(folder), "HOME": str(folder), **variables}
    return conf.load(role, environ=environ, machine=Machine(install_root=None, host_name="node"))


@pytest.mark.parametrize("role", ["master", "worker", "client"])
def test_two_properties_are_enough(tmp_path: Path, role: str) -> None:
    """The whole configuration of a cluster with three masters; everything else must follow from it."""
    loaded = load(tmp_path, MINIMAL, role)
    assert loaded.warnings == ()
    assert [problem for problem in validate.problems(loaded) if problem.is_error] == []
    assert addresses.master_rpc_addresses(loaded) == RPC_ADDRESSES
    assert addresses.journal_addresses(loaded) == ["master-1:19200", "master-2:19200", "master-3:19200"]
    assert addresses.own_journal_address(loaded) == "master-2:19200"


def test_lines_with_comments_and_the_singular_work_with_warnings(tmp_path: Path) -> None:
    """Readers copy the guide's lines whole; 2.9 would look for a host named `master-2 # Only needed …`."""
    loaded = load(tmp_path, WITH_COMMENTS, "master")
    assert loaded.text("alluxio.master.hostname") == "master-2"
    assert loaded.text("alluxio.master.mount.table.root.ufs") == "/mnt/shared/ufs"
    assert addresses.own_journal_address(loaded) == "master-2:19200"
    file = tmp_path / "conf" / "alluxio-site.properties"
    assert [warning.where for warning in loaded.warnings] == [f"{file}:{line}" for line in (1, 2, 3, 3)]
    assert "alluxio.master.embedded.journal.addresses. Write that." in loaded.warnings[-1].text


def test_rpc_addresses_from_the_environment(tmp_path: Path) -> None:
    """A client host needs no file at all."""
    loaded = load(tmp_path, "", ALLUXIO_MASTER_RPC_ADDRESSES=",".join(RPC_ADDRESSES))
    assert addresses.master_rpc_addresses(loaded) == RPC_ADDRESSES


def test_logical_name(tmp_path: Path) -> None:
    """`ebj@` is the form that works in MapReduce, where a comma in a path does not."""
    loaded = load(tmp_path, LOGICAL)
    assert loaded.warnings == ()
    assert addresses.master_rpc_addresses(loaded, "ebj@my-alluxio-cluster") == RPC_ADDRESSES


@pytest.mark.parametrize("separator", [",", ";"])
def test_masters_in_the_path_win_over_properties(tmp_path: Path, separator: str) -> None:
    """The properties may still name a cluster that is gone."""
    loaded = load(tmp_path, "alluxio.master.rpc.addresses=dead:1")
    assert addresses.master_rpc_addresses(loaded, separator.join(RPC_ADDRESSES)) == RPC_ADDRESSES


def test_the_shipped_template_parses_filled_and_unfilled(tmp_path: Path) -> None:
    """The first thing a new user does is to copy it and to take the `#` away."""
    template = (ROOT / "conf" / "alluxio-site.properties.template").read_text(encoding="utf-8")
    assert load(tmp_path, template).settings().keys() == {"alluxio.home"}
    filled = "\n".join(
        line.removeprefix("# ") if line.startswith(("# alluxio.", "# s3a.")) else line for line in template.splitlines()
    )
    loaded = load(tmp_path, filled, "master")
    assert loaded.warnings == ()
    assert [problem for problem in validate.problems(loaded) if problem.is_error] == []
    assert len(addresses.master_rpc_addresses(loaded)) == 3


def test_the_shipped_environment_template_parses(tmp_path: Path) -> None:
    """A template with a line that our own parser passes over would teach the wrong thing."""
    template = (ROOT / "conf" / "alluxio-env.sh.template").read_text(encoding="utf-8")
    (tmp_path / "conf").mkdir()
    filled = "\n".join(
        line.removeprefix("# ") if line.startswith("# ALLUXIO_") and "=" in line else line
        for line in template.splitlines()
        if "CONF_DIR" not in line
    )
    (tmp_path / "conf" / "alluxio-env.sh").write_text(filled, encoding="utf-8")
    loaded = load(tmp_path, "", "worker")
    assert loaded.warnings == ()
    assert loaded.text("alluxio.worker.ramdisk.size") == "16GB"


def test_shipped_host_lists_name_this_host() -> None:
    """`process start all` in a fresh clone must reach this host and nothing else."""
    for name in ("masters", "workers"):
        assert (ROOT / "conf" / name).read_text(encoding="utf-8") == "localhost\n"
