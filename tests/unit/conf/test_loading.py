"""A process finds its values in files, variables and options, and says where each mistake is."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyalluxio import conf
from pyalluxio.conf import Configuration, Machine, validate
from pyalluxio.errors import ConfigurationError

PORT = "alluxio.master.rpc.port"


class Node:
    """An installation in a folder: its files, its variables, and `load` to read them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "conf"
        self.folder.mkdir()
        self.variables = {"ALLUXIO_HOME": str(home), "HOME": str(home / "user")}

    def site(self, text: str) -> Path:
        return self.write(self.folder / "alluxio-site.properties", text)

    def env_file(self, text: str) -> Path:
        return self.write(self.folder / "alluxio-env.sh", text)

    def write(self, file: Path, text: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def load(self, role: str = "client", options: dict[str, str] | None = None, *, check: bool = True) -> Configuration:
        machine = Machine(install_root=None, host_name="node")
        return conf.load(role, options, self.variables, machine=machine, check=check)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


# --- precedence ----------------------------------------------------------------------------------------------------


def test_each_source_beats_the_one_before(node: Node) -> None:
    """Exchanged sources make a stale file win over what the user typed."""
    assert node.load("master").integer(PORT) == 19998
    site = node.site(f"{PORT}=1")
    assert node.load("master").integer(PORT) == 1
    assert node.load("master").source(PORT) == f"SITE_PROPERTY ({site})"
    node.variables["ALLUXIO_MASTER_RPC_PORT"] = "2"
    assert node.load("master").integer(PORT) == 2
    assert node.load("master").source(PORT) == "SYSTEM_PROPERTY"
    node.variables["ALLUXIO_JAVA_OPTS"] = f"-Xmx1g -D{PORT}=3"
    assert node.load("master").integer(PORT) == 3
    node.variables["ALLUXIO_MASTER_JAVA_OPTS"] = f"-D{PORT}=4"
    assert node.load("master").integer(PORT) == 4
    assert node.load("worker").integer(PORT) == 3, "another role's options are not ours"
    assert node.load("master", {PORT: "5"}).integer(PORT) == 5
    assert node.load("master", {"alluxio.master.port": "6"}).integer(PORT) == 6, "also by an old name"


def test_env_file_beats_the_callers_environment(node: Node) -> None:
    """2.9 sources the file in its scripts, so what stands there has always won."""
    node.variables["ALLUXIO_MASTER_HOSTNAME"] = "from-caller"
    node.env_file("ALLUXIO_MASTER_HOSTNAME=from-file\nALLUXIO_JAVA_OPTS+=' -Dalluxio.master.rpc.port=7'\n")
    node.variables["ALLUXIO_JAVA_OPTS"] = "-Dalluxio.master.web.port=8"
    loaded = node.load()
    assert loaded.text("alluxio.master.hostname") == "from-file"
    assert (loaded.integer(PORT), loaded.integer("alluxio.master.web.port")) == (7, 8)


def test_env_file_may_move_the_site_file(node: Node) -> None:
    """ALLUXIO_CONF_DIR in the file is how packages keep their configuration in /etc."""
    node.site(f"{PORT}=1")
    node.write(node.home / "etc" / "alluxio-site.properties", f"{PORT}=2")
    node.env_file("ALLUXIO_CONF_DIR=$ALLUXIO_HOME/etc")
    assert node.load().integer(PORT) == 2


def test_first_site_file_found_is_used_alone(node: Node) -> None:
    """Merged files would mix two clusters."""
    personal = node.write(node.home / "user" / ".alluxio" / "alluxio-site.properties", f"{PORT}=2\nalluxio.debug=true")
    assert node.load().source(PORT) == f"SITE_PROPERTY ({personal})"
    site = node.site(f"{PORT}=1")
    loaded = node.load()
    assert conf.site_file(loaded) == str(site)
    assert (loaded.integer(PORT), loaded.boolean("alluxio.debug")) == (1, False)


def test_site_folders_can_be_named(node: Node) -> None:
    """Two clusters on one host are kept apart this way."""
    node.site(f"{PORT}=1")
    node.write(node.home / "other" / "alluxio-site.properties", f"{PORT}=2")
    loaded = node.load(options={"alluxio.site.conf.dir": f"/nowhere,{node.home}/other"})
    assert loaded.integer(PORT) == 2


def test_without_files_and_variables_all_is_default(tmp_path: Path) -> None:
    """A client library in somebody's program has nothing but defaults."""
    loaded = conf.load("client", environ={"HOME": str(tmp_path)}, machine=Machine(install_root=None))
    assert loaded.text("alluxio.home") == "/opt/alluxio"
    assert not loaded.warnings


def test_a_clone_finds_its_own_folders(tmp_path: Path) -> None:
    """The first command in a fresh clone is run without any variable."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "alluxio-site.properties").write_text(f"{PORT}=1")
    loaded = conf.load("client", environ={}, machine=Machine(install_root=str(tmp_path), user_home="/nowhere"))
    assert loaded.text("alluxio.home") == str(tmp_path)
    assert loaded.integer(PORT) == 1


# --- variables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("ALLUXIO_MASTER_HOSTNAME", "m1", "alluxio.master.hostname", "m1"),
        ("ALLUXIO_MASTER_MOUNT_TABLE_ROOT_UFS", "/u", "alluxio.master.mount.table.root.ufs", "/u"),
        ("ALLUXIO_MASTER_JOURNAL_TYPE", "EMBEDDED", "alluxio.master.journal.type", "EMBEDDED"),
        ("ALLUXIO_RAM_FOLDER", "/ram", "alluxio.worker.tieredstore.level0.dirs.path", "/ram"),
        ("ALLUXIO_RAM_FOLDER", "/ram", "alluxio.worker.tieredstore.level0.alias", "MEM"),
        ("ALLUXIO_WORKER_RAMDISK_SIZE", "2GB", "alluxio.worker.ramdisk.size", "2GB"),
        ("ALLUXIO_WORKER_MEMORY_SIZE", "2GB", "alluxio.worker.ramdisk.size", "2GB"),
        ("ALLUXIO_LOGS_DIR", "/l", "alluxio.logs.dir", "/l"),
        ("ALLUXIO_LOGS_DIR", "/l", "alluxio.user.logs.dir", "/l/user"),
        ("ALLUXIO_LOGSERVER_PORT", "5", "alluxio.logserver.port", "5"),
        ("ALLUXIO_MASTER_RPC_ADDRESSES", "h1:1,h2:2", "alluxio.master.rpc.addresses", "h1:1,h2:2"),
        ("ALLUXIO_USER_CLIENT_CACHE_FILTER_CONFIG_FILE", "/f", "alluxio.user.client.cache.filter.config-file", "/f"),
        ("ALLUXIO_MASTER_PORT", "5", PORT, "5"),
    ],
)
def test_variables(node: Node, variable: str, value: str, key: str, expected: str) -> None:
    """Containers are configured by variables alone."""
    node.variables[variable] = value
    assert node.load().text(key) == expected


@pytest.mark.parametrize("variable", ["ALLUXIO_CLIENT_HOSTNAME", "ALLUXIO_MASTER_0_SERVICE_PORT", "ALLUXIO_CLASSPATH"])
def test_variables_that_match_no_property_are_skipped(node: Node, variable: str) -> None:
    """Kubernetes invents such names for every service; users saw crashes from them."""
    node.variables[variable] = "tcp://10.0.0.1:80"
    assert not node.load().warnings


def test_option_lists_are_split_as_a_shell_does(node: Node) -> None:
    """A value with a blank in it is quoted in these variables."""
    node.variables["ALLUXIO_JAVA_OPTS"] = "-XX:+UseG1GC '-Dalluxio.user.app.id=my app' -Djava.io.tmpdir=/t"
    loaded = node.load()
    assert loaded.text("alluxio.user.app.id") == "my app"
    assert not loaded.warnings
    node.variables["ALLUXIO_JAVA_OPTS"] = "-Da='open"
    assert "cannot be split" in str(node.load().warnings[0])


def test_options_without_a_value_are_told(node: Node) -> None:
    """`-Dalluxio.x true` in a variable sets nothing; Java's own options may have no value."""
    node.variables["ALLUXIO_JAVA_OPTS"] = "-Djava.awt.headless -Dx -Dalluxio.user.app.id my-app"
    first, second = map(str, node.load().warnings)
    assert "-Dx has no value" in first
    assert second == (
        "ALLUXIO_JAVA_OPTS: -Dalluxio.user.app.id has no value and no effect: write -Dalluxio.user.app.id=value."
    )


def test_an_empty_variable_is_an_unset_one(node: Node) -> None:
    """Containers pass on every variable they know of, empty ones too."""
    node.variables["ALLUXIO_MASTER_RPC_PORT"] = node.variables["ALLUXIO_MASTER_HOSTNAME"] = ""
    loaded = node.load()
    assert not loaded.warnings
    assert not loaded.is_set_by_user(PORT)


def test_folders_in_option_lists_are_refused_with_the_right_variable(node: Node) -> None:
    """They would come too late: the files in them are read already."""
    node.variables["ALLUXIO_JAVA_OPTS"] = "-Dalluxio.conf.dir=/elsewhere"
    loaded = node.load()
    assert loaded.text("alluxio.conf.dir") == str(node.folder)
    assert "set ALLUXIO_CONF_DIR instead" in str(loaded.warnings[0])


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "alluxio.master.hostnam=m1",
            ":1: alluxio.master.hostnam is not a known property. Did you mean alluxio.master.hostname?",
            id="misspelt",
        ),
        pytest.param("# c\nalluxio.zzz.qqq.vvv=1", ":2: alluxio.zzz.qqq.vvv is not a known property", id="unknown"),
        pytest.param(
            "alluxio.conf.dir=/c", ":1: alluxio.conf.dir is ignored in this file; use ALLUXIO_CONF_DIR", id="own"
        ),
        pytest.param("alluxio.version=3", ":1: alluxio.version is ignored in this file", id="version"),
        pytest.param("alluxio.worker.evictor.class=X", "deprecated; it has no effect here", id="deprecated"),
        pytest.param(f"{PORT}=1\n{PORT}=2", f":2: {PORT} is set a second time", id="twice"),
        pytest.param(
            f"{PORT}=1 # the port",
            f":1: The text from # on is not part of the value; it is read as {PORT}=1.",
            id="comment",
        ),
        pytest.param(
            "alluxio.master.embedded.journal.address=h1:19200",
            "it is read as alluxio.master.embedded.journal.addresses",
            id="singular",
        ),
        pytest.param(f"{PORT}=", f"{PORT} has no value and counts as unset", id="empty"),
        pytest.param("novalue", "novalue has no value and no effect", id="no equals sign"),
        pytest.param("alluxio.master.hostnme=", "Did you mean alluxio.master.hostname?", id="empty and misspelt"),
        pytest.param("=x", "no name before the =", id="no name"),
    ],
)
def test_warnings(node: Node, text: str, expected: str) -> None:
    """Each of these lines has no effect, or another one than its author believes; silence costs hours."""
    file = node.site(text)
    (warning,) = node.load().warnings
    assert expected in str(warning)
    assert str(warning).startswith(str(file))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"\n{PORT}=abc", f"alluxio-site.properties:2: {PORT}=abc is not valid", id="number"),
        pytest.param("alluxio.master.worker.timeout=5 min", "without a blank", id="duration"),
        pytest.param("alluxio.user.file.writetype.default=CACHE", "choose one of MUST_CACHE", id="enum"),
        pytest.param("alluxio.work.dir=${nope}", r"refers to ${nope}", id="reference"),
        pytest.param("alluxio.keyvalue.enabled=true", ":1: alluxio.keyvalue.enabled no longer exists", id="removed"),
        pytest.param("alluxio.worker.data.port=1", "set alluxio.worker.rpc.port instead", id="removed, with successor"),
        pytest.param("a=\\u12", "hexadecimal", id="malformed file"),
        pytest.param(
            "alluxio.master.embedded.journal.address=a:1\nalluxio.master.embedded.journal.addresses=b:1",
            "are both set; remove alluxio.master.embedded.journal.address.",
            id="singular and plural",
        ),
        pytest.param(
            "alluxio.master.embedded.journal.address=a:1\nalluxio.master.embedded.journal.addresses=a:1",
            "are both set; remove alluxio.master.embedded.journal.address.",
            id="singular and plural with one value",
        ),
    ],
)
def test_errors(node: Node, text: str, expected: str) -> None:
    """A process that starts with another value than the written one does damage before anybody notices."""
    node.site(text)
    with pytest.raises(ConfigurationError) as error:
        node.load()
    assert expected in str(error.value)


def test_singular_and_plural_from_two_places_are_an_error_too(node: Node) -> None:
    """Nobody can mean both; choosing one would start half of a quorum."""
    node.site("alluxio.master.embedded.journal.addresses=b:1")
    with pytest.raises(ConfigurationError, match="both set"):
        node.load(options={"alluxio.master.embedded.journal.address": "a:1"})


def test_a_secret_keeps_its_hash_sign_and_stays_secret(node: Node) -> None:
    """Keys may hold ` #`; cutting one off would fail at the first access, far from here."""
    node.site("s3a.secretKey=abc #def\n")
    loaded = node.load()
    assert loaded.text("s3a.secretKey") == "abc #def"
    assert not loaded.warnings


def test_foreign_keys_pass_without_a_word(node: Node) -> None:
    """Site files carry settings of under storages that only their libraries know."""
    node.site("dfs.client.failover.x=1\nfs.s3a.path.style.access=true")
    loaded = node.load()
    assert not loaded.warnings
    assert loaded.text("dfs.client.failover.x") == "1"


def test_validation_can_be_left_to_the_caller(node: Node) -> None:
    """`init validate` shows all mistakes at once instead of stopping at the first."""
    node.site(f"{PORT}=abc\nalluxio.worker.rpc.port=def\nalluxio.master.hostnam=x")
    with pytest.raises(ConfigurationError, match="1 more such value"):
        node.load()
    problems = validate.problems(node.load(check=False))
    assert [problem.is_error for problem in problems] == [True, True, False]
    node.site(f"{PORT}=abc\nalluxio.conf.validation.enabled=false")
    assert node.load().text(PORT) == "abc"


def test_unknown_option_on_the_command_line_is_told(node: Node) -> None:
    """A misspelt -D has no effect either."""
    (warning,) = node.load(options={"alluxio.user.file.writetype.defualt": "THROUGH"}).warnings
    assert "Did you mean alluxio.user.file.writetype.default?" in str(warning)


def test_line_of_the_env_file_that_would_run_something(node: Node) -> None:
    """The file is read on every command; running it would make `conf get` execute whatever stands there."""
    marker = node.home / "ran"
    file = node.env_file(f"touch {marker}\nALLUXIO_MASTER_HOSTNAME=$(touch {marker})")
    assert [warning.where for warning in node.load().warnings] == [f"{file}:1", f"{file}:2"]
    assert not marker.exists()


def test_loading_imports_only_what_it_needs(node: Node) -> None:
    """`fs ls` as a whole has a quarter of a second; each of these modules would take some milliseconds of it."""
    node.site(f"{PORT}=1")
    program = (
        "import sys; from pyalluxio import conf; conf.load('client');"
        "print(*{'difflib', 'hashlib', 'shlex', 'inspect', 'asyncio', 'pyalluxio.conf.env_file',"
        "'pyalluxio.conf.templates', 'pyalluxio.conf.validate', 'pyalluxio.conf.removed'} & set(sys.modules))"
    )
    environ = {**os.environ, **node.variables}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# --- what is there and cannot be used ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alluxio-site.properties", "alluxio-env.sh"])
def test_a_folder_in_the_place_of_a_file(node: Node, name: str) -> None:
    """A container mount of a file that does not exist makes a folder: the defaults would talk to another cluster."""
    (node.folder / name).mkdir()
    with pytest.raises(ConfigurationError, match=f"{name} is a folder"):
        node.load()


def test_a_conf_folder_that_was_named_and_is_not_there(node: Node) -> None:
    """A mistyped ALLUXIO_CONF_DIR must not be read as "no configuration"."""
    node.variables["ALLUXIO_CONF_DIR"] = str(node.home / "nodir")
    with pytest.raises(ConfigurationError, match=r"ALLUXIO_CONF_DIR=.*/nodir cannot be used \(No such file"):
        node.load()


@pytest.mark.parametrize("named", [True, False])
def test_a_conf_folder_of_another_user(node: Node, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    """The reason is the permission; `it is not known where the masters are` would send people elsewhere."""
    if named:
        node.variables["ALLUXIO_CONF_DIR"] = str(node.folder)
    for call in ("stat", "scandir"):
        monkeypatch.setattr(os, call, refusing(getattr(os, call), node.folder))
    with pytest.raises(ConfigurationError, match="Permission denied") as caught:
        node.load()
    assert str(node.folder) in str(caught.value)


def test_the_home_of_another_user_holds_no_site_file(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers run with HOME=/root and the id of somebody else."""
    home = Path(node.variables["HOME"])
    monkeypatch.setattr(os, "stat", refusing(os.stat, home))
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home)
    assert node.load().integer(PORT) == 19998


def refusing(call: Callable[..., Any], folder: Path) -> Callable[..., Any]:
    """Return `call` as another user sees it, to whom `folder` is closed."""

    def refuse(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).startswith(str(folder)):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return call(path, *args, **kwargs)

    return refuse
