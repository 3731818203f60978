"""`bin/alluxio` in a pristine copy: what a newcomer sees first, with everything that goes wrong there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyalluxio import __version__
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
SETUP_TIMEOUT_S = 300.0
CLOSED_INDEX = "http://127.0.0.1:1/simple"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="pyalluxio-bootstrap-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def copy_of_the_project(to: Path, dependencies: list[str] | None = None, dev: list[str] | None = None) -> Path:
    """Copy what a clone holds; `dependencies` and `dev` replace lists of libraries, so that pip is done sooner."""
    to.mkdir()
    for name in ("bin", "src", "tools", "conf"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "pyproject.toml").read_text()
    if dependencies is not None:
        text, count = re.subn(r"(?m)^dependencies = \[\n(?:  .*\n)*\]", f"dependencies = {dependencies}", text)
        assert count == 1
    if dev is not None:
        text, count = re.subn(r"(?m)^dev = \[\n(?:  .*\n)*\]", f"dev = {dev}", text)
        assert count == 1
    (to / "pyproject.toml").write_text(text)
    return to


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a fresh login, with the settings of pip that this machine needs."""
    kept = {
        name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.lower().endswith("_proxy")
    }
    return {**kept, "HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **more}


def run(command: list[str | Path], env: dict[str, str], user: int | None = None) -> subprocess.CompletedProcess[str]:
    if user is not None:
        # Another program changes the user: a child that does so itself is forked, and runs gRPC's fork handlers, which
        # crash it now and then once a test of this process has used gRPC.
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    return subprocess.run(
        command, env=env, cwd="/", capture_output=True, text=True, timeout=SETUP_TIMEOUT_S, check=False
    )


def test_first_use_sets_up_and_later_uses_start_at_once(place: Path) -> None:
    """The whole list of libraries, through a symlink, from another folder, twice at the same time."""
    clone = copy_of_the_project(place / "clone")
    link = place / "alluxio"
    link.symlink_to(clone / "bin/alluxio")
    env = environment(place)
    first = subprocess.Popen(
        [link, "--version"], env=env, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: (clone / ".venv").exists(), SETUP_TIMEOUT_S, "the set-up")
    second = run([clone / "bin/alluxio", "--version"], env)
    out, err = first.communicate(timeout=SETUP_TIMEOUT_S)

    assert (first.returncode, out) == (0, f"{__version__}\n"), err
    assert re.search(r"alluxio: first use: setting up a Python 3\.\d+\.\d+ environment in .*\.venv", err)
    assert re.search(r"alluxio: the environment is ready \(\d+ s\)\.", err)
    assert (second.returncode, second.stdout) == (0, f"{__version__}\n")
    assert "waiting for it" in second.stderr
    assert "installing" not in second.stderr

    third = run([link, "info", "version"], env)
    assert (third.returncode, third.stdout, third.stderr) == (0, f"{__version__}\n", "")

    # A change of pyproject.toml that is none of the libraries costs nothing; the clone may be moved as a whole.
    with (clone / "pyproject.toml").open("a") as file:
        file.write("\n# a comment\n")
    moved = clone.rename(place / "moved")
    fourth = run([moved / "bin/alluxio", "--version"], env)
    assert (fourth.returncode, fourth.stdout, fourth.stderr) == (0, f"{__version__}\n", "")


def test_an_interrupted_set_up_is_done_again(place: Path) -> None:
    """Power, Ctrl-C, a closed laptop: half an environment must never be taken for a whole one."""
    clone = copy_of_the_project(place / "clone", dependencies=["click>=8.1"])
    env = environment(place)
    interrupted = subprocess.Popen(
        [clone / "bin/alluxio", "--version"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: (clone / ".venv/pyvenv.cfg").exists(), SETUP_TIMEOUT_S, "the set-up")
    os.killpg(interrupted.pid, signal.SIGKILL)
    out, _ = interrupted.communicate(timeout=SETUP_TIMEOUT_S)
    assert out == ""
    assert (clone / ".venv").exists()
    assert not (clone / ".venv/.complete").exists()

    again = run([clone / "bin/alluxio", "--version"], env)
    assert (again.returncode, again.stdout) == (0, f"{__version__}\n"), again.stderr
    assert "first use" in again.stderr

    # New libraries in pyproject.toml: pip brings the environment up to date.
    text = (clone / "pyproject.toml").read_text()
    (clone / "pyproject.toml").write_text(text.replace("['click>=8.1']", "['click>=8.1', 'colorama']"))
    updated = run([clone / "bin/alluxio", "--version"], env)
    assert (updated.returncode, updated.stdout) == (0, f"{__version__}\n"), updated.stderr
    assert "up to date" in updated.stderr


def test_adding_the_tools_for_tests_leaves_the_program_working(place: Path) -> None:
    """`bin/test` on a train without network, or killed half-way, beside a cluster that runs in the environment."""
    clone = copy_of_the_project(place / "clone", dependencies=["click>=8.1"], dev=["colorama"])
    env = environment(place)
    assert run([clone / "bin/alluxio", "--version"], env).returncode == 0

    def program_works() -> bool:
        shown = run([clone / "bin/alluxio", "--version"], env)
        return (shown.returncode, shown.stdout, shown.stderr) == (0, f"{__version__}\n", "")

    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = {"PIP_RETRIES": "0", "PIP_NO_INDEX": "0", "PIP_NO_CACHE_DIR": "1"}
        index["PIP_INDEX_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        hanging = {**env, **index}
        hanging.pop("PIP_FIND_LINKS", None)
        adding = subprocess.Popen([clone / "bin/test"], env=hanging, stderr=subprocess.DEVNULL, start_new_session=True)
        silent.settimeout(SETUP_TIMEOUT_S)
        connection, _ = silent.accept()
        assert program_works(), "while pip works"
        os.killpg(adding.pid, signal.SIGKILL)
        adding.wait()
        connection.close()
    assert program_works(), "after a set-up that was killed"
    failing = run([clone / "bin/test"], {**hanging, "PIP_INDEX_URL": CLOSED_INDEX})
    assert failing.returncode == 1
    assert "could not install" in failing.stderr
    assert program_works(), "after a pip that failed"
    assert "up to date" in run([clone / "bin/test"], env).stderr
    assert (clone / ".venv/.complete-dev").exists()
    assert not (clone / ".venv/.installing").exists()
    assert program_works()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_an_ordinary_user_gets_an_environment_in_the_cache(place: Path) -> None:
    """A clone that root made, used by people who may only read it."""
    clone = copy_of_the_project(place / "clone", dependencies=["click>=8.1"])
    home = place / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    before = sorted(str(path) for path in clone.rglob("*"))

    first = run([clone / "bin/alluxio", "--version"], environment(home), user=NOBODY)
    assert (first.returncode, first.stdout) == (0, f"{__version__}\n"), first.stderr
    assert str(home / ".cache/pyalluxio") in first.stderr
    second = run([clone / "bin/alluxio", "--version"], environment(home), user=NOBODY)
    assert (second.returncode, second.stdout, second.stderr) == (0, f"{__version__}\n", "")
    assert sorted(str(path) for path in clone.rglob("*")) == before

    homeless = run([clone / "bin/alluxio", "--version"], environment(place / "none"), user=NOBODY)
    assert (homeless.returncode, homeless.stdout) == (1, "")
    assert "XDG_CACHE_HOME" in homeless.stderr
    assert len(homeless.stderr.splitlines()) == 1


def test_an_environment_that_is_not_ours_is_left_alone(place: Path) -> None:
    """Many keep an environment of their own in `.venv`."""
    clone = copy_of_the_project(place / "clone", dependencies=["click>=8.1"])
    (clone / ".venv").mkdir()
    (clone / ".venv/precious").write_text("mine")
    result = run([clone / "bin/alluxio", "--version"], environment(place))
    assert (result.returncode, result.stdout) == (0, f"{__version__}\n"), result.stderr
    assert [path.name for path in (clone / ".venv").iterdir()] == ["precious"]


def test_a_failing_pip_is_three_lines_with_the_log(place: Path) -> None:
    """Behind a firewall: two hundred lines of retries hide what to do."""
    clone = copy_of_the_project(place / "clone")
    env = environment(place, PIP_INDEX_URL=CLOSED_INDEX, PIP_RETRIES="1", PIP_NO_INDEX="0", PIP_NO_CACHE_DIR="1")
    env.pop("PIP_FIND_LINKS", None)
    result = run([clone / "bin/alluxio", "--version"], env)
    assert (result.returncode, result.stdout) == (1, "")
    *_, what, advice, where = result.stderr.splitlines()
    assert what.startswith("alluxio: pip could not install the libraries: ")
    assert "its index cannot be reached" in what
    assert "PIP_INDEX_URL" in advice
    log = Path(where.rpartition(": ")[2])
    assert "127.0.0.1" in log.read_text()
    assert not (clone / ".venv/.complete").exists()
    assert [line for line in result.stderr.splitlines() if "Traceback" in line] == []


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        pytest.param(
            "3.9.2 old able", r"Python 3\.11 or newer is needed, found: \S+python3 \(3\.9\.2\)\. Install", id="too old"
        ),
        pytest.param(
            "3.11.2 new unable", r"ensurepip is missing: run \"apt install python3\.11-venv\"", id="no ensurepip"
        ),
    ],
)
def test_no_python_is_one_sentence(place: Path, answer: str, wanted: str) -> None:
    """The first sight of the program on an old server, or on a Debian without python3-venv."""
    clone = copy_of_the_project(place / "clone")
    tools = place / "tools"
    tools.mkdir()
    for name in ("cksum", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    python = tools / "python3"
    # It answers the question for its version, and the one for its minor version.
    python.write_text(f'#!/bin/sh\ncase $2 in *ensurepip*) echo "{answer}" ;; *) echo 3.11 ;; esac\n')
    python.chmod(0o755)
    env = {"HOME": str(place), "PATH": str(tools), "PYALLUXIO_PYTHON": str(python)}
    result = run([clone / "bin/alluxio", "--version"], env)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.search(wanted, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_named_python_that_is_not_there(place: Path) -> None:
    """ "Python 3.11 or newer is needed, found: none" sends people to install what they have."""
    clone = copy_of_the_project(place / "clone")
    result = run([clone / "bin/alluxio", "--version"], environment(place, PYALLUXIO_PYTHON="/nope/python3"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("alluxio: PYALLUXIO_PYTHON=/nope/python3 is not there")
    assert len(result.stderr.splitlines()) == 1
