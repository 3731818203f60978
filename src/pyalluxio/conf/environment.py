"""Environment variables to properties. Order, weak to strong; `-D` on a command line outranks them all:

1. the general form: `ALLUXIO_` and a key in upper case with `_` for dots, `ALLUXIO_MASTER_RPC_PORT`; names that match
   no key are skipped, since containers are full of them;
2. the short names of 2.9, `ALLUXIO_RAM_FOLDER` for one;
3. `-Dkey=value` in `ALLUXIO_JAVA_OPTS`, then in the role's own, such as `ALLUXIO_MASTER_JAVA_OPTS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyalluxio.conf.problem import Problem
from pyalluxio.conf.sources import Written
from pyalluxio.conf.table import TABLE

SHORT_NAMES: dict[str, tuple[str, ...]] = {
    "ALLUXIO_HOME": ("alluxio.home",),
    "ALLUXIO_CONF_DIR": ("alluxio.conf.dir",),
    "ALLUXIO_LOGS_DIR": ("alluxio.logs.dir",),
    "ALLUXIO_USER_LOGS_DIR": ("alluxio.user.logs.dir",),
    "ALLUXIO_MASTER_HOSTNAME": ("alluxio.master.hostname",),
    "ALLUXIO_MASTER_MOUNT_TABLE_ROOT_UFS": ("alluxio.master.mount.table.root.ufs",),
    "ALLUXIO_MASTER_JOURNAL_TYPE": ("alluxio.master.journal.type",),
    "ALLUXIO_RAM_FOLDER": ("alluxio.worker.tieredstore.level0.dirs.path",),
    "ALLUXIO_WORKER_MEMORY_SIZE": ("alluxio.worker.ramdisk.size",),
    "ALLUXIO_WORKER_RAMDISK_SIZE": ("alluxio.worker.ramdisk.size",),
    "ALLUXIO_LOGSERVER_HOSTNAME": ("alluxio.logserver.hostname",),
    "ALLUXIO_LOGSERVER_PORT": ("alluxio.logserver.port",),
    "ALLUXIO_LOGSERVER_LOGS_DIR": ("alluxio.logserver.logs.dir",),
}

ROLE_OPTIONS = {
    "master": "ALLUXIO_MASTER_JAVA_OPTS",
    "worker": "ALLUXIO_WORKER_JAVA_OPTS",
    "client": "ALLUXIO_USER_JAVA_OPTS",
    "proxy": "ALLUXIO_PROXY_JAVA_OPTS",
    "job_master": "ALLUXIO_JOB_MASTER_JAVA_OPTS",
    "job_worker": "ALLUXIO_JOB_WORKER_JAVA_OPTS",
    "fuse": "ALLUXIO_FUSE_JAVA_OPTS",
    "logserver": "ALLUXIO_LOGSERVER_JAVA_OPTS",
}

# These decide where files are found, so they have variables of their own.
_OWN_VARIABLE = {
    "alluxio.conf.dir": "ALLUXIO_CONF_DIR",
    "alluxio.logs.dir": "ALLUXIO_LOGS_DIR",
    "alluxio.user.logs.dir": "ALLUXIO_USER_LOGS_DIR",
}


def written(environ: Mapping[str, str], role: str) -> tuple[list[Written], list[Problem]]:
    """Return what the environment sets for a role, the stronger later, and warnings.

    Cost: O(variables), plus one pass over the table when a variable may be of the general form.
    """
    found = [*_general(environ), *_short(environ)]
    warnings: list[Problem] = []
    for variable in ("ALLUXIO_JAVA_OPTS", ROLE_OPTIONS[role]):
        text = environ.get(variable)
        if text:
            found.extend(_options(text, variable, warnings))
    strongest = {item.name: item for item in found}
    return list(strongest.values()), warnings


def variable_for(key: str) -> str:
    """Return what to set outside the site file for a key: its short variable, or the option `-Dkey`."""
    for variable, keys in SHORT_NAMES.items():
        if key in keys:
            return variable
    return f"-D{key}=…"


def _general(environ: Mapping[str, str]) -> Iterator[Written]:
    candidates = [
        name
        for name in environ
        if name.startswith("ALLUXIO_") and name not in SHORT_NAMES and not name.endswith(("_OPTS", "_CLASSPATH"))
    ]
    if not candidates:
        return
    keys = {_variable_of(name): name for name in (*TABLE.aliases, *TABLE.names)}
    for variable in candidates:
        key = keys.get(variable)
        if key is not None and environ[variable]:
            yield Written(key, environ[variable], f"environment variable {variable}")


def _variable_of(key: str) -> str:
    return key.upper().replace(".", "_").replace("-", "_")


def _short(environ: Mapping[str, str]) -> Iterator[Written]:
    for variable, keys in SHORT_NAMES.items():
        value = environ.get(variable)
        if value:
            for key in keys:
                yield Written(key, value, f"environment variable {variable}")
    if environ.get("ALLUXIO_RAM_FOLDER"):
        yield Written("alluxio.worker.tieredstore.level0.alias", "MEM", "environment variable ALLUXIO_RAM_FOLDER")


def _options(text: str, variable: str, warnings: list[Problem]) -> Iterator[Written]:
    """Yield the `-Dkey=value` of a Java option line; options of the Java machine itself mean nothing here."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        warnings.append(Problem(f"Ignored, since it cannot be split into words: {error}.", where=variable))
        return
    for word in words:
        name, equals, value = word.removeprefix("-D").partition("=")
        if word.startswith("-D") and not equals and _is_ours(name):
            warnings.append(Problem(f"-D{name} has no value and no effect: write -D{name}=value.", name, variable))
        if not word.startswith("-D") or not equals or (TABLE.find(name) is None and not name.startswith("alluxio.")):
            continue
        if name in _OWN_VARIABLE:
            warnings.append(Problem(f"{name} is ignored here; set {_OWN_VARIABLE[name]} instead.", name, variable))
            continue
        yield Written(name, value, variable)


def _is_ours(name: str) -> bool:
    """Tell whether an option without a value is a mistake; Java's own, such as -Djava.awt.headless, may have none."""
    return name.startswith("alluxio.") or "." not in name or TABLE.nearest(name) is not None
