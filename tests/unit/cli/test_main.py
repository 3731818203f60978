"""The tree of commands: usage, help, mistakes, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pyalluxio import __version__
from pyalluxio.cli import main
from pyalluxio.cli.lazy import LazyGroup
from pyalluxio.processes import handover
from tests.unit.cli.conftest import Run


def test_no_arguments_print_the_usage(alluxio: Run) -> None:
    code, out, _ = alluxio()
    assert code == 0
    for service in ("conf", "exec", "fs", "info", "init", "process"):
        assert f"\n  {service} " in out


def test_a_mistyped_command_gets_the_nearest_one(alluxio: Run) -> None:
    code, out, err = alluxio("proces", "start", "master")
    assert (code, out) == (1, "")
    assert 'Unknown command "proces". Did you mean process?' in err


def test_a_mistyped_operation_too(alluxio: Run) -> None:
    code, _, err = alluxio("process", "statr", "master")
    assert code == 1
    assert "Did you mean" in err
    assert "start" in err


@pytest.mark.parametrize(
    "words", [("process", "start", "master", "extra"), ("info", "report", "--nosuch"), ("process", "start")]
)
def test_wrong_usage_is_exit_code_1(alluxio: Run, words: tuple[str, ...]) -> None:
    """click says 2; scripts for Alluxio know 1."""
    code, out, err = alluxio(*words)
    assert (code, out) == (1, "")
    assert "Error: " in err


@pytest.mark.parametrize("words", [("--version",), ("info", "version"), ("version",)])
def test_version(alluxio: Run, words: tuple[str, ...]) -> None:
    assert alluxio(*words) == (0, __version__ + "\n", "")


def test_an_error_is_one_sentence_without_a_traceback(alluxio: Run) -> None:
    code, out, err = alluxio("process", "status", "--dir", "/nonexistent")
    assert (code, out) == (1, "")
    assert err == "/nonexistent holds no local cluster: name its folder with --dir.\n"


def test_a_wrong_property_is_told_by_every_command(alluxio: Run) -> None:
    code, _, err = alluxio("process", "status", "-Dalluxio.master.rpc.port=many")
    assert code == 1
    assert "alluxio.master.rpc.port" in err
    assert "many" in err


def test_properties_of_the_starter_reach_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(handover.OVERRIDES_VARIABLE, json.dumps({"a": "b"}))
    assert handover.inherited() == {"a": "b"}


@pytest.mark.parametrize("text", ["[1]", "{half", '{"a": 1}'])
def test_a_damaged_handover_is_told(alluxio: Run, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(handover.OVERRIDES_VARIABLE, text)
    code, _, err = alluxio("process", "status")
    assert code == 1
    assert handover.OVERRIDES_VARIABLE in err


def commands_of(group: LazyGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    import click

    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((*path, name))
        if isinstance(command, LazyGroup):
            found += commands_of(command, (*path, name))
    return found


def test_every_command_can_be_imported_and_helps(alluxio: Run) -> None:
    """The overview names modules in a table: a moved one is found when somebody runs it, or here."""
    commands = commands_of(main.program())
    assert ("process", "start") in commands
    for words in commands:
        code, out, _ = alluxio(*words, "--help")
        assert code == 0, words
        assert "Usage: alluxio" in out, words


HELP_AND_MODULES = """
import sys
from pyalluxio.cli import main
code = main.run(["--help"])
print(code, sorted(sys.modules))
"""


def test_the_overview_imports_no_command() -> None:
    """A quarter of a second is all that `fs ls /` has: forty commands must not be imported to list their names."""
    result = subprocess.run([sys.executable, "-P", "-c", HELP_AND_MODULES], capture_output=True, text=True, check=True)
    last_line = result.stdout.splitlines()[-1]
    assert last_line.startswith("0 ")
    for heavy in ("grpc", "google.protobuf", "rich", "lmdb", "pyalluxio.conf.table", "pyalluxio.cli.process"):
        assert f"'{heavy}'" not in last_line, heavy


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/root/x"), "/root/x: Permission denied."),
        (OSError(28, "No space left on device"), "No space left on device."),
        (
            UnicodeEncodeError("utf-8", "/b\udcff", 2, 3, "surrogates not allowed"),
            "'/b\\udcff' is not UTF-8: rename it.",
        ),
        (FileNotFoundError(2, "No such file or directory", "/b\udcff"), "'/b\\udcff': No such file or directory."),
    ],
)
def test_what_the_machine_refuses_is_a_sentence(
    alluxio: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    """A closed folder or a full disk is no mistake of the program; a traceback would say so."""

    def fail(words: list[str], invocation: object) -> int:
        raise error

    monkeypatch.setattr(main, "run_words", fail)
    assert alluxio("fs", "ls", "/") == (1, "", sentence + "\n")
    with pytest.raises(type(error)):
        alluxio("fs", "ls", "/", "--debug")


@pytest.mark.parametrize("option", ["--masters", "--workers"])
def test_a_cluster_of_nobody_is_refused(alluxio: Run, tmp_path: Path, option: str) -> None:
    """A script whose count came out as 0 must not get 1."""
    code, _, err = alluxio("process", "start", "local", "--dir", str(tmp_path / "c"), option, "0")
    assert code == 1
    assert option in err
    assert not (tmp_path / "c").exists()
