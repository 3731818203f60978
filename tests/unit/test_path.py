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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a", ""),
        ("//m:19998/a", "m:19998"),
        ("//a", "a"),
        ("///a", ""),
        ("\\\\m:19998\\a", "m:19998"),
        ("alluxio://m:19998/a", "m:19998"),
        ("Alluxio://m:19998", "m:19998"),
        ("alluxio:///a", ""),
        ("file:///a", ""),
        ("/a//b", ""),
    ],
)
def test_the_cluster_that_a_path_names(text: str, expected: str) -> None:
    """What a URI says before its path decides on which cluster `rm` works."""
    assert path.authority(text) == expected


@pytest.mark.parametrize("text", ["hdfs://n:8020/a", "s3://bucket/a", "file:///tmp/a"])
def test_paths_of_other_file_systems(text: str) -> None:
    """`fs rm -R hdfs://n/a` must not delete /a of this cluster."""
    with pytest.raises(InvalidPath, match="belongs to"):
        path.parse_own(text)


@pytest.mark.parametrize("text", ["/b\udcff", "/a/../b\udcff", "/\ud800\udfff"])
def test_names_in_another_encoding(text: str) -> None:
    """A latin-1 file name from the shell reaches Python as surrogates, which no message can carry."""
    with pytest.raises(InvalidPath, match="is not UTF-8") as caught:
        path.parse_own(text)
    assert repr(text) in str(caught.value)
    str(caught.value).encode()


def test_bytes_of_a_message_that_are_no_text() -> None:
    """A foreign client can put any bytes into a request: it gets an answer, not a stack trace in our log."""
    with pytest.raises(InvalidPath, match=r"Path b'/\\xff\\xfe' is not UTF-8"):
        path.parse(b"/\xff\xfe")  # type: ignore[arg-type]
