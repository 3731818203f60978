"""What a client's caller may write where a path is expected; parsing itself is tested in tests/property."""

from __future__ import annotations

import pytest

from pyalluxio import path
from pyalluxio.errors import InvalidPath

OWN = {
    "plain": ("/a/b", "/a/b"),
    "with the cluster's address": ("alluxio://m:19998/a", "/a"),
    "without an address": ("alluxio:///a", "/a"),
    "a name that looks like a scheme": ("/s3://b/a", "/s3:/b/a"),
}


@pytest.mark.parametrize(("text", "expected"), OWN.values(), ids=OWN)
def test_own_paths(text: str, expected: str) -> None:
    assert path.parse_own(text) == expected


@pytest.mark.parametrize("text", ["hdfs://n:8020/a", "s3://bucket/a", "file:///tmp/a"])
def test_paths_of_other_file_systems(text: str) -> None:
    """`fs rm -R hdfs://n/a` must not delete /a of this cluster."""
    with pytest.raises(InvalidPath, match="belongs to"):
        path.parse_own(text)
