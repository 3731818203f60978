"""House rules that no linter knows; each failure names the file and the rule."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "src/pyalluxio/wire/gen"
LINES_MAX = 600
# A state machine whose cases belong together may be longer; each such file is named here with its bound.
# Term, vote and role change in one file, so that their rules can be checked together.
LONGER: dict[str, int] = {"src/pyalluxio/raft/core.py": 750}

BINARY = {".binpb", ".png", ".ico", ".woff2", ".gz", ".bin"}
# Folders of the machines this was written on, and words that mark unfinished work. Written in two halves, or this file
# would break its own rule.
FORBIDDEN = {
    "an absolute path of a developer's machine": re.compile(r"(?<![\w.])/(?:wo" + r"rk|Us" + r"ers)/"),
    "a mark of unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
}
NAMES_FORBIDDEN = re.compile(r"^(utils|helpers?|managers?|base|impl|misc|common)\.py$")


def source_files() -> list[Path]:
    """Return the Python files that people write."""
    folders = [ROOT / name for name in ("src", "tests", "tools", "bench")]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return [file for file in files if GENERATED not in file.parents and "__pycache__" not in file.parts]


def program_files() -> list[Path]:
    return [file for file in source_files() if ROOT / "src" in file.parents]


def written_files() -> list[Path]:
    """Return every text file of the project: what git tracks, else what lies in its folders."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        files = [ROOT / name for name in listed.stdout.splitlines()]
    else:
        names = ("src", "tests", "tools", "bench", "bin", "conf", "docs", "deploy", "newsfragments")
        files = [file for name in names for file in (ROOT / name).rglob("*") if "__pycache__" not in file.parts]
        files += [file for file in ROOT.iterdir() if file.is_file()]
    return [file for file in files if file.is_file() and file.suffix not in BINARY and GENERATED not in file.parents]


def label(file: Path) -> str:
    return str(file.relative_to(ROOT))


def trees(files: list[Path]) -> Iterator[tuple[str, ast.Module]]:
    for file in files:
        yield label(file), tree_of(file)


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def test_the_rules_look_at_something() -> None:
    """A moved folder would make every other test here pass without reading a line."""
    assert len(program_files()) > 50
    assert len(written_files()) > 100
    assert (ROOT / "src/pyalluxio/errors.py") in program_files()


def test_files_hold_one_idea() -> None:
    """Past this length a file has a second idea inside it, and nobody reads it as a whole."""
    lengths = {label(file): len(file.read_text().splitlines()) for file in source_files()}
    too_long = {name: length for name, length in lengths.items() if length > LONGER.get(name, LINES_MAX)}
    assert not too_long


def test_every_module_says_what_it_is() -> None:
    nameless = [
        name
        for name, tree in trees(source_files())
        if not name.endswith("__init__.py") and not (ast.get_docstring(tree) or "").split("\n")[0].strip()
    ]
    assert not nameless


def test_every_module_has_lazy_annotations() -> None:
    """Without it, an annotation of a type imported for type checkers only fails at import."""
    without = [
        name
        for name, tree in trees(source_files())
        if tree.body
        and not name.endswith("__init__.py")
        and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    ]
    assert not without


def test_every_test_has_a_claim() -> None:
    """A test function without an assertion of any kind cannot fail for the reason it is there."""
    claimless = []
    for name, tree in trees([file for file in source_files() if file.name.startswith("test_")]):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                # A helper of the test may hold the claim; then its name is called here.
                claims = any(isinstance(part, ast.Assert | ast.Call) for part in ast.walk(node))
                if not claims:
                    claimless.append(f"{name}: {node.name}")
    assert not claimless


def test_no_error_is_swallowed() -> None:
    """`except Exception: pass` turns a bug into `it is slow`."""
    broad = {"Exception", "BaseException"}
    found = []
    for name, tree in trees(source_files()):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else broad
                does_nothing = all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)
                if caught & broad and does_nothing:
                    found.append(f"{name}:{node.lineno}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "suppress"
                and any(isinstance(argument, ast.Name) and argument.id in broad for argument in node.args)
            ):
                found.append(f"{name}:{node.lineno}")
    assert not found


def test_tests_do_not_sleep() -> None:
    """A sleep is too short on a slow machine and too long on every other; tests/waiting.py waits for conditions."""
    found = []
    for name, tree in trees([file for file in source_files() if ROOT / "tests" in file.parents]):
        # In the simulation a sleep moves the virtual clock.
        if name == "tests/waiting.py" or name.startswith("tests/sim/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
                seconds = node.args[0] if node.args else None
                # `sleep(0)` lets other tasks run, `sleep(3600)` is a task that must be cancelled: neither is a wait.
                value = seconds.value if isinstance(seconds, ast.Constant) else None
                if not (isinstance(value, int | float) and (value == 0 or value >= 60)):
                    found.append(f"{name}:{node.lineno}")
    assert not found


def test_the_program_prints_only_in_its_command_line() -> None:
    """A print in a server goes to a file nobody reads; the log has levels and rotation."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees(program_files())
        if "/cli/" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found


def test_no_file_is_named_after_nothing() -> None:
    """`utils.py` is where the second idea of every other file goes."""
    assert not [label(file) for file in program_files() if NAMES_FORBIDDEN.match(file.name)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_forbidden_words(what: str) -> None:
    found = []
    for file in written_files():
        if file == Path(__file__).resolve():
            continue
        text = file.read_text(errors="replace")
        found += [f"{label(file)}: {match.group()}" for match in FORBIDDEN[what].finditer(text)]
    assert not found


def test_shell_scripts_can_be_run() -> None:
    """A script that lost its executable bit works for the one who calls it with sh."""
    scripts = [file for file in written_files() if file.read_bytes()[:2] == b"#!"]
    assert scripts
    assert not [label(file) for file in scripts if not file.stat().st_mode & 0o100]
