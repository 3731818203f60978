"""Tiers as properties describe them: what is built, and what a mistake is answered with."""

from __future__ import annotations

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import ConfigurationError
from pyalluxio.worker.store import DirectorySpec
from pyalluxio.worker.tier_config import TierDirectory, permissions, tier_directories

LEVEL = "alluxio.worker.tieredstore.level"


def test_one_memory_tier_by_default() -> None:
    """A newcomer sets nothing and gets a tier in memory."""
    (directory,) = tier_directories(Configuration.for_test(role="worker"))
    assert directory.path == "/dev/shm/alluxio-1000/alluxioworker"
    assert (directory.spec.tier_alias, directory.spec.medium) == ("MEM", "MEM")
    assert directory.spec.capacity_bytes > 1 << 30


def test_last_quota_and_medium_repeat() -> None:
    """Twelve disks of one size are configured with one quota."""
    conf = Configuration.for_test(
        {
            "alluxio.worker.tieredstore.levels": "2",
            f"{LEVEL}0.dirs.path": "/m",
            f"{LEVEL}0.dirs.quota": "1GB",
            f"{LEVEL}1.alias": "HDD",
            f"{LEVEL}1.dirs.path": "/d1,/d2/,/d3",
            f"{LEVEL}1.dirs.quota": "2GB,3GB",
            f"{LEVEL}1.dirs.mediumtype": "SSD,HDD",
        },
        role="worker",
    )
    assert tier_directories(conf) == [
        TierDirectory(DirectorySpec(0, "MEM", "MEM", 1 << 30), "/m/alluxioworker"),
        TierDirectory(DirectorySpec(1, "HDD", "SSD", 2 << 30), "/d1/alluxioworker"),
        TierDirectory(DirectorySpec(1, "HDD", "HDD", 3 << 30), "/d2/alluxioworker"),
        TierDirectory(DirectorySpec(1, "HDD", "HDD", 3 << 30), "/d3/alluxioworker"),
    ]


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        pytest.param({"alluxio.worker.tieredstore.levels": "4"}, "must be 1, 2 or 3", id="levels"),
        pytest.param({"alluxio.worker.tieredstore.levels": "2"}, r"level1\.alias is not set", id="missing tier"),
        pytest.param({f"{LEVEL}0.dirs.path": "relative"}, "absolute path", id="relative path"),
        pytest.param({f"{LEVEL}0.dirs.quota": "0"}, "gives /dev/shm", id="no room"),
    ],
)
def test_mistakes_are_told(properties: dict[str, str], words: str) -> None:
    """The worker must not start with a tier that nobody meant."""
    with pytest.raises(ConfigurationError, match=words):
        tier_directories(Configuration.for_test(properties, role="worker"))


def test_permissions_are_letters() -> None:
    """Clients of other users need the bits; a typo must not silently take them away."""
    assert permissions(Configuration.for_test(role="worker")) == 0o777
    key = "alluxio.worker.data.folder.permissions"
    assert permissions(Configuration.for_test({key: "rwxr-x---"}, role="worker")) == 0o750
    with pytest.raises(ConfigurationError, match="nine letters"):
        permissions(Configuration.for_test({key: "777"}, role="worker"))
