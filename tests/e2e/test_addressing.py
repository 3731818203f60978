"""Rows 5 and 13 to 17 of the guide: every way to name the masters, for the program and for `hadoop fs`.

One master serves; the two others that are named refuse connections, as dead hosts do.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import cluster
from tests.e2e.cluster import Cluster
from tests.peer.shells import OfficialShells

pytestmark = pytest.mark.e2e

DEAD, DEAD_TOO = "127.0.0.1:1", "127.0.0.1:2"
RPC_ADDRESSES = "alluxio.master.rpc.addresses"
ONLY_DEAD = {RPC_ADDRESSES: f"{DEAD},{DEAD_TOO}"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster.running(tmp_path_factory.mktemp("served")) as running:
        with running.file_system() as fs:
            fs.create_directory("/listed/inside", recursive=True)
        yield running


def ways(living: str) -> dict[str, tuple[dict[str, str], str]]:
    """Return properties and authority of each way."""
    logical = {
        "alluxio.master.nameservices.my-cluster": "a,b,c",
        "alluxio.master.rpc.address.my-cluster.a": DEAD,
        "alluxio.master.rpc.address.my-cluster.b": living,
        "alluxio.master.rpc.address.my-cluster.c": DEAD_TOO,
    }
    return {
        "properties, the first host dead": ({RPC_ADDRESSES: f"{DEAD},{living},{DEAD_TOO}"}, ""),
        "properties, the second host dead": ({RPC_ADDRESSES: f"{living},{DEAD}"}, ""),
        "commas, over properties": (ONLY_DEAD, f"{DEAD},{living},{DEAD_TOO}"),
        "semicolons, over properties": (ONLY_DEAD, f"{DEAD};{living};{DEAD_TOO}"),
        "plus signs, over properties": (ONLY_DEAD, f"{DEAD}+{living}+{DEAD_TOO}"),
        "one host, over properties": (ONLY_DEAD, living),
        "a logical name, over properties": ({**ONLY_DEAD, **logical}, "ebj@my-cluster"),
    }


WAYS = list(ways(""))


@pytest.mark.parametrize("way", WAYS)
def test_the_program_finds_the_leader(served: Cluster, way: str) -> None:
    """The line that the guide tells people to type."""
    properties, authority = ways(served.address)[way]
    uri = f"alluxio://{authority}/listed" if authority else "/listed"
    done = cluster.alluxio("fs", "ls", uri, overrides={"alluxio.home": str(served.folder / "client"), **properties})
    assert (done.returncode, "/listed/inside" in done.stdout) == (0, True), done.stderr


@pytest.mark.java
@pytest.mark.parametrize("way", WAYS)
def test_hadoop_finds_the_leader(shells: OfficialShells, served: Cluster, way: str) -> None:
    """Spark and Hadoop jobs name the masters in the same ways, through the official client."""
    properties, authority = ways(served.address)[way]
    done = shells.hadoop(properties, "-ls", f"alluxio://{authority}/listed")
    assert (done.code, "/listed/inside" in done.text) == (0, True), done.text


def test_the_environment_names_the_masters(served: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 13: properties, environment or Hadoop's configuration."""
    monkeypatch.setattr(
        cluster,
        "environment",
        lambda overrides, original=cluster.environment: {
            **original(overrides),
            "ALLUXIO_MASTER_RPC_ADDRESSES": f"{DEAD},{served.address}",
        },
    )
    done = cluster.alluxio("fs", "ls", "/listed", overrides={"alluxio.home": str(served.folder / "client")})
    assert (done.returncode, "/listed/inside" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        pytest.param({}, "alluxio.master.nameservices.my-cluster is not set", id="no such name"),
        pytest.param(
            {"alluxio.master.nameservices.my-cluster": "a", "alluxio.master.rpc.address.my-cluster.b": DEAD},
            "alluxio.master.rpc.address.my-cluster.a is not set",
            id="a misspelt member",
        ),
    ],
)
def test_a_missing_part_of_a_logical_name_is_named(served: Cluster, properties: dict[str, str], text: str) -> None:
    home = {"alluxio.home": str(served.folder / "client")}
    done = cluster.alluxio("fs", "ls", "alluxio://ebj@my-cluster/", overrides={**home, **properties})
    assert done.returncode == 1
    assert text in done.stderr
