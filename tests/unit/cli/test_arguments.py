"""Properties and global flags anywhere on the line, and the names of 2.9."""

from __future__ import annotations

import pytest

from pyalluxio.cli.arguments import parse
from pyalluxio.errors import ConfigurationError


@pytest.mark.parametrize(
    ("argv", "words", "overrides"),
    [
        pytest.param(["-Da=b", "fs", "ls", "/"], ["fs", "ls", "/"], {"a": "b"}, id="before the command"),
        pytest.param(["fs", "ls", "-Da=b", "/"], ["fs", "ls", "/"], {"a": "b"}, id="in the middle"),
        pytest.param(["fs", "ls", "/", "-D", "a=b"], ["fs", "ls", "/"], {"a": "b"}, id="with a blank, at the end"),
        pytest.param(["x", "--java-opts", "a=b"], ["x"], {"a": "b"}, id="the long name"),
        pytest.param(["x", "--java-opts=-Da=b -Dc=d"], ["x"], {"a": "b", "c": "d"}, id="several in one word"),
        pytest.param(["-Da=1", "x", "-Da=2"], ["x"], {"a": "2"}, id="the last one wins"),
        pytest.param(["-Da=b=c d"], [], {"a": "b=c d"}, id="a value with blanks and equal signs"),
        pytest.param(["-Da="], [], {"a": ""}, id="an empty value"),
        pytest.param(["fs", "cat", "--", "-Da=b"], ["fs", "cat", "--", "-Da=b"], {}, id="not after --"),
        pytest.param(["fs", "setfacl", "-d", "x"], ["fs", "setfacl", "-d", "x"], {}, id="a small d is somebody else's"),
    ],
)
def test_properties(argv: list[str], words: list[str], overrides: dict[str, str]) -> None:
    """Scripts for 2.9 put -D wherever they like; a property taken for a path would be created as a file."""
    parsed = parse(argv)
    assert (parsed.words, parsed.overrides) == (words, overrides)


@pytest.mark.parametrize("argv", [["-D"], ["--java-opts"], ["-Dkey"], ["-D=value"], ["-D", "fs"]])
def test_half_a_property_is_told(argv: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="-Dkey=value|key=value"):
        parse(argv)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["format"], ["init", "format"]),
        (["getConf", "alluxio.home"], ["conf", "get", "alluxio.home"]),
        (["runTests", "--directory", "/x"], ["exec", "basicIOTest", "--all", "--directory", "/x"]),
        (["fsadmin", "report"], ["info", "report", "--format", "text"]),
        (["fs", "masterInfo"], ["info", "master"]),
        (
            ["fsadmin", "journal", "quorum", "info", "-domain", "MASTER"],
            ["journal", "quorum", "info", "-domain", "MASTER"],
        ),
        (["fsadmin", "journal", "checkpoint"], ["journal", "checkpoint"]),
        (["readJournal", "-start", "5"], ["journal", "read", "-start", "5"]),
        (["fs", "ls", "format"], ["fs", "ls", "format"]),
    ],
    ids=lambda words: " ".join(words),
)
def test_names_of_2_9(old: list[str], new: list[str]) -> None:
    assert parse(old).words == new


def test_global_flags_anywhere() -> None:
    parsed = parse(["fs", "--debug", "ls", "--debug-log", "/"])
    assert (parsed.words, parsed.debug, parsed.debug_log) == (["fs", "ls", "/"], True, True)
