"""`conf get` is how people find out what is in force; scripts of 2.9 parse its output."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio.conf import TABLE
from tests.unit.cli.conftest import Run


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "home" / "conf" / "alluxio-site.properties"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def test_value_of_one_key(alluxio: Run, site: Path) -> None:
    """A script takes the whole output for the value."""
    site.write_text("alluxio.master.hostname=m1")
    assert alluxio("conf", "get", "alluxio.master.hostname") == (0, "m1\n", "")
    assert alluxio("getConf", "alluxio.master.hostname") == (0, "m1\n", "")
    assert alluxio("conf", "get", "alluxio.master.port") == (0, "19998\n", "")
    assert alluxio("conf", "get", "-Dalluxio.master.rpc.port=7", "alluxio.master.rpc.port") == (0, "7\n", "")


def test_unset_key_is_an_empty_line(alluxio: Run) -> None:
    """2.9 answers so, and scripts test for it."""
    assert alluxio("conf", "get", "alluxio.master.hostname") == (0, "\n", "")


def test_unknown_key_is_an_error_with_the_nearest_one(alluxio: Run) -> None:
    """An empty answer would look like an unset property."""
    code, out, err = alluxio("conf", "get", "alluxio.master.hostnam")
    assert (code, out) == (1, "")
    assert "Did you mean alluxio.master.hostname?" in err


def test_sources(alluxio: Run, site: Path) -> None:
    """The first question when a value is not what one wrote."""
    site.write_text("alluxio.master.web.port=1")
    assert alluxio("conf", "get", "--source", "alluxio.master.web.port")[1] == f"SITE_PROPERTY ({site})\n"
    assert alluxio("conf", "get", "--source", "alluxio.master.rpc.port")[1] == "DEFAULT\n"
    assert alluxio("conf", "get", "--source", "-Dalluxio.debug=true", "alluxio.debug")[1] == "SYSTEM_PROPERTY\n"
    assert f"alluxio.master.web.port=1 (SITE_PROPERTY ({site}))" in alluxio("conf", "get", "--source")[1].splitlines()


@pytest.mark.parametrize(
    ("unit", "key", "value", "expected"),
    [
        ("KB", "alluxio.user.block.size.bytes.default", "1MB", "1024"),
        ("GB", "alluxio.user.block.size.bytes.default", "64MB", "0"),
        ("mb", "alluxio.user.block.size.bytes.default", "1.5GB", "1536"),
        ("S", "alluxio.master.worker.timeout", "5min", "300"),
        ("M", "alluxio.master.worker.timeout", "5min", "5"),
        ("MS", "alluxio.master.worker.timeout", "17", "17"),
    ],
)
def test_units(alluxio: Run, unit: str, key: str, value: str, expected: str) -> None:
    """Start scripts compute with these numbers; 2.9 rounds down."""
    assert alluxio("conf", "get", "--unit", unit, f"-D{key}={value}", key) == (0, f"{expected}\n", "")


def test_unit_of_the_wrong_kind(alluxio: Run) -> None:
    """A duration in megabytes is a mistake of the caller, not 0."""
    code, out, err = alluxio("conf", "get", "--unit", "MB", "alluxio.master.worker.timeout")
    assert (code, out) == (1, "")
    assert "alluxio.master.worker.timeout=5min is no size" in err


def test_all_keys_sorted_and_secrets_masked(alluxio: Run, site: Path) -> None:
    """The list is pasted into tickets."""
    site.write_text("s3a.secretKey=hunter2\nmy.own.key=1")
    code, out, _ = alluxio("conf", "get")
    lines = out.splitlines()
    names = [line.partition("=")[0] for line in lines]
    assert code == 0
    assert names == sorted(names)
    assert len(names) == len(TABLE) + 1
    assert {"s3a.secretKey=******", "my.own.key=1", "alluxio.master.hostname="} <= set(lines)
    assert "hunter2" not in out
    assert alluxio("conf", "get", "s3a.secretKey")[1] == "******\n"


def test_warnings_are_on_standard_error(alluxio: Run, site: Path) -> None:
    """On standard output they would be taken for the value."""
    site.write_text("alluxio.master.hostname=m1 # the first")
    code, out, err = alluxio("conf", "get", "alluxio.master.hostname")
    assert (code, out) == (0, "m1\n")
    assert err.startswith(f"Warning: {site}:1: The text from # on is not part of the value")


def test_bad_value_names_its_line(alluxio: Run, site: Path) -> None:
    """The command must not print a traceback on a typing error."""
    site.write_text("\nalluxio.master.rpc.port=abc")
    code, _, err = alluxio("conf", "get")
    assert code == 1
    assert err.startswith(f"{site}:2: alluxio.master.rpc.port=abc is not valid")


def test_too_many_words(alluxio: Run) -> None:
    """`conf get a b` must not answer for one of them."""
    assert alluxio("conf", "get", "a", "b")[0] == 1
