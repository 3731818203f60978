"""The configuration of a process: options, environment, `alluxio-env.sh`, the site file, over the defaults."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyalluxio.conf import environment, properties_file
from pyalluxio.conf.configuration import Configuration, value_problem
from pyalluxio.conf.host import Machine
from pyalluxio.conf.problem import Problem
from pyalluxio.conf.sources import Source, Written, layer, refuse_both_forms
from pyalluxio.conf.table import TABLE, is_secret
from pyalluxio.errors import ConfigurationError

if TYPE_CHECKING:
    from pyalluxio.conf.sources import Setting

SITE_FILE = "alluxio-site.properties"
ENV_FILE = "alluxio-env.sh"


def load(
    role: str = "client",
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    machine: Machine | None = None,
    check: bool = True,
) -> Configuration:
    """Return the configuration of a process in this environment.

    role:       master, worker, client (or proxy, job_master, job_worker, fuse, logserver).
    overrides:  the `-Dkey=value` of the command line; stronger than the environment.
    check:      False leaves values that do not parse for the getters, and for `validate.problems`, to complain about.
    Raises:     ConfigurationError: a file that cannot be read, a removed property, a value that does not parse.
    Cost:       a few milliseconds; two small files are read.
    """
    assert role in environment.ROLE_OPTIONS, f"unknown role {role!r}"
    machine = machine if machine is not None else Machine()
    variables = dict(os.environ if environ is None else environ)
    if variables.get("HOME"):
        machine.__dict__.setdefault("user_home", variables["HOME"])
    variables.setdefault("ALLUXIO_HOME", machine.install_root or "")
    _require_conf_folder(variables.get("ALLUXIO_CONF_DIR"))
    warnings = _read_env_file(variables)

    from_environment, problems = environment.written(variables, role)
    warnings += problems
    options = [Written(name, value, f"-D{name}") for name, value in (overrides or {}).items()]
    weak, problems = layer(from_environment, Source.SYSTEM_PROPERTY)
    warnings += problems
    strong, problems = layer(options, Source.SYSTEM_PROPERTY)
    warnings += problems
    outside = Configuration([weak, strong], role=role, machine=machine)

    site, problems = _read_site_file(outside)
    warnings += problems
    refuse_both_forms([site, {**weak, **strong}])
    conf = Configuration([site, weak, strong], role=role, machine=machine, warnings=warnings)
    if check and conf.boolean("alluxio.conf.validation.enabled"):
        _refuse_bad_values(conf)
    return conf


def site_file(conf: Configuration) -> str | None:
    """Return the site file that is in force: the first one found in `alluxio.site.conf.dir`; others do not count.

    Raises:   ConfigurationError: it is there and cannot be used.
    """
    home = conf.machine.user_home
    for folder in conf.items("alluxio.site.conf.dir"):
        file = os.path.join(folder, SITE_FILE)  # noqa: PTH118 - read at every start of the command line
        try:
            if _is_there(file):
                return file
        except ConfigurationError:
            # Containers often run with a home that belongs to somebody else; nobody has put a file there.
            if not folder.startswith(f"{home}/") or os.access(home, os.X_OK):
                raise
    return None


def _is_there(file: str) -> bool:
    """Tell whether there is a file. ConfigurationError: there is something that cannot be used as one."""
    try:
        found = os.stat(file)  # noqa: PTH116 - at every start of the command line
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ConfigurationError(f"Cannot read {file}: {error.strerror}.") from None
    if stat.S_ISDIR(found.st_mode):
        raise ConfigurationError(f"{file} is a folder and not a file: remove it.")
    return True


def _require_conf_folder(folder: str | None) -> None:
    """Refuse a folder that somebody named and that cannot be used: the defaults would talk to another cluster."""
    if not folder:
        return
    try:
        with os.scandir(folder):
            return
    except OSError as error:
        raise ConfigurationError(
            f"ALLUXIO_CONF_DIR={folder} cannot be used ({error.strerror}): name a folder that this user can read."
        ) from None


def _read_env_file(variables: dict[str, str]) -> list[Problem]:
    """Add what `alluxio-env.sh` assigns to the variables; it wins over the caller's environment, as in 2.9."""
    home = variables["ALLUXIO_HOME"]
    folder = variables.get("ALLUXIO_CONF_DIR") or (f"{home}/conf" if home else "")
    file = f"{folder}/{ENV_FILE}"
    if not folder or not _is_there(file):
        return []
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
            text = stream.read()
    except OSError as error:
        raise ConfigurationError(f"Cannot read {file}: {error.strerror}.") from None
    from pyalluxio.conf import env_file  # few nodes have the file; its expressions cost a start 1 ms

    assigned, warnings = env_file.parse(text, file, variables)
    variables.update(assigned)
    return warnings


def _read_site_file(outside: Configuration) -> tuple[dict[str, Setting], list[Problem]]:
    file = site_file(outside)
    if file is None:
        return {}, []
    written: list[Written] = []
    warnings: list[Problem] = []
    for entry in properties_file.read(file):
        where = f"{file}:{entry.line}"
        value = entry.value
        if entry.uncommented is not None and not is_secret(entry.key):
            value = entry.uncommented
            warnings.append(
                Problem(
                    f"The text from # on is not part of the value; it is read as {entry.key}={value}. "
                    "Put comments on lines of their own.",
                    entry.key,
                    where,
                )
            )
        known = TABLE.find(entry.key)
        if known is not None and not known.is_for_site_file:
            variable = environment.variable_for(known.name)
            warnings.append(Problem(f"{entry.key} is ignored in this file; use {variable} instead.", entry.key, where))
            continue
        written.append(Written(entry.key, value, where, file))
    settings, problems = layer(written, Source.SITE_PROPERTY)
    return settings, warnings + problems


def _refuse_bad_values(conf: Configuration) -> None:
    found = [problem for name in conf.settings() if (problem := value_problem(conf, name)) is not None]
    if found:
        more = f" ({len(found) - 1} more such values)" if len(found) > 1 else ""
        raise ConfigurationError(found[0] + more)
