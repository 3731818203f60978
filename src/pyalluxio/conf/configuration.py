"""The values that are in force: layers of settings over the table's defaults, read with typed getters.

A `Configuration` never changes; whatever adds values returns a new one. Getters take canonical names and aliases.
Sources win in the order of `Source`: mount option, runtime, path default, system property, site file, cluster default,
default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from pyalluxio.conf import values
from pyalluxio.conf.computed import COMPUTED
from pyalluxio.conf.host import Machine
from pyalluxio.conf.problem import Problem
from pyalluxio.conf.sources import Setting, Source, Written, layer
from pyalluxio.conf.table import TABLE, Property, is_secret
from pyalluxio.errors import ConfigurationError

MASK = "******"

ROLE_SCOPES = {
    "master": "MASTER",
    "worker": "WORKER",
    "client": "CLIENT",
    "proxy": "CLIENT",
    "job_master": "MASTER",
    "job_worker": "WORKER",
    "fuse": "CLIENT",
    "logserver": "SERVER",
}

# What a master says of its own folders is no default for other machines.
_OWN_TO_A_MACHINE = frozenset({"alluxio.home", "alluxio.version"})

# What reaches clients too, and is another for each master of a quorum.
_OWN_TO_A_MASTER = _OWN_TO_A_MACHINE | {
    "alluxio.conf.dir",
    "alluxio.job.master.bind.host",
    "alluxio.job.master.embedded.journal.port",
    "alluxio.job.master.hostname",
    "alluxio.job.master.rpc.port",
    "alluxio.logs.dir",
    "alluxio.master.embedded.journal.port",
    "alluxio.master.hostname",
    "alluxio.master.rpc.port",
    "alluxio.master.web.hostname",
    "alluxio.site.conf.dir",
}

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_T = TypeVar("_T")


class Entry(NamedTuple):
    """One property as a listing shows it. `raw` keeps its `${…}`; both are None when unset. Secrets are masked."""

    name: str
    raw: str | None
    value: str | None
    source: str
    property: Property | None


class Configuration:
    """Values by name. Made by `pyalluxio.conf.load`, in tests by `Configuration.for_test`."""

    def __init__(
        self,
        layers: Iterable[Mapping[str, Setting]] = (),
        *,
        role: str = "client",
        machine: Machine | None = None,
        warnings: Iterable[Problem] = (),
        path_defaults: Mapping[str, Mapping[str, Setting]] | None = None,
    ) -> None:
        self.role = role
        self.machine = machine if machine is not None else Machine()
        self.warnings = tuple(warnings)
        self._path_defaults = path_defaults or {}
        self._settings: dict[str, Setting] = {}
        for settings in layers:
            for name, setting in settings.items():
                present = self._settings.get(name)
                if present is None or setting.source >= present.source:
                    self._settings[name] = setting
        self._parsed: dict[tuple[str, str], Any] = {}

    @classmethod
    def for_test(
        cls, properties: Mapping[str, str] | None = None, *, role: str = "client", **facts: object
    ) -> Configuration:
        """Return defaults plus these properties; no file, variable or machine is looked at.

        `facts` replace those of the imagined machine (4 processors, 8 GB, host `localhost`); see `Machine`.
        """
        imagined: dict[str, object] = {
            "cpus": 4,
            "memory_bytes": 8 << 30,
            "host_name": "localhost",
            "ip_address": "127.0.0.1",
            "user_name": "tester",
            "user_id": 1000,
            "user_home": "/home/tester",
            "working_folder": "/home/tester",
            "install_root": None,
            "memory_folder": "/dev/shm/alluxio-1000",
            "room_for_all_bytes": 8 << 30,
        }
        return cls(role=role, machine=Machine(**{**imagined, **facts})).with_overrides(properties or {})

    # --- getters ---------------------------------------------------------------------------------------------------

    def text(self, key: str) -> str:
        """Return a value as text, references replaced. ConfigurationError: unset, or a reference that leads nowhere."""
        value = self.text_or_none(key)
        if value is None:
            raise ConfigurationError(self._why_unset(key))
        return value

    def text_or_none(self, key: str) -> str | None:
        name = _canonical(key)
        try:
            return self._parsed[name, "text"]  # type: ignore[no-any-return]
        except KeyError:
            value = self._parsed[name, "text"] = self._resolve(name)
            return value

    def boolean(self, key: str) -> bool:
        return self._parse(key, "boolean", values.parse_boolean)

    def integer(self, key: str) -> int:
        """Return an INTEGER or LONG value."""
        return self._parse(key, "integer", values.parse_long)

    def number(self, key: str) -> float:
        return self._parse(key, "number", values.parse_number)

    def duration_ms(self, key: str) -> int:
        return self._parse(key, "duration_ms", values.parse_duration_ms)

    def size_bytes(self, key: str) -> int:
        return self._parse(key, "size_bytes", values.parse_size_bytes)

    def enum(self, key: str) -> str:
        """Return a constant of an ENUM, in upper case."""
        prop = TABLE.find(key)
        choices = prop.choices if prop is not None else ()
        return self._parse(
            key, "enum", lambda text: values.parse_enum(text, choices).upper() if choices else text.upper()
        )

    def items(self, key: str) -> list[str]:
        """Return the parts of a LIST; empty when it is unset."""
        prop = TABLE.find(key)
        delimiter = (prop.delimiter if prop is not None else "") or ","
        return values.parse_items(self.text_or_none(key) or "", delimiter)

    def sizes_bytes(self, key: str) -> list[int]:
        """Return the parts of a LIST of sizes, such as the quotas of a tier's folders."""
        return [self._convert(_canonical(key), item, values.parse_size_bytes) for item in self.items(key)]

    def is_set(self, key: str) -> bool:
        """Tell whether a property has a value, a default included."""
        return self.text_or_none(key) is not None

    def is_set_by_user(self, key: str) -> bool:
        """Tell whether anybody but the table gave the value."""
        return _canonical(key) in self._settings

    def source(self, key: str) -> str:
        """Return where the value in force comes from: `DEFAULT`, `SITE_PROPERTY (<file>)`, `SYSTEM_PROPERTY`, …"""
        setting = self._settings.get(_canonical(key))
        return setting.label if setting is not None else Source.DEFAULT.name

    def where(self, key: str) -> str:
        """Return the place that set a value, `file:line` for a site file; empty for a default."""
        setting = self._settings.get(_canonical(key))
        return setting.where or setting.label if setting is not None else ""

    def shown(self, key: str) -> str | None:
        """Return the value for display: masked when it is a credential, None when unset."""
        value = self.text_or_none(key)
        return MASK if value is not None and is_secret(_canonical(key)) else value

    # --- more values -----------------------------------------------------------------------------------------------

    def with_overrides(self, properties: Mapping[str, str]) -> Configuration:
        """Return a configuration in which the program itself sets values; they win over files and options."""
        return self._with(
            (Written(name, value, "set by the program") for name, value in properties.items()), Source.RUNTIME
        )

    def with_mount_options(self, options: Mapping[str, str]) -> Configuration:
        """Return a configuration as one mount sees it: its options win over everything."""
        return self._with(
            (Written(name, value, "mount option") for name, value in options.items()), Source.MOUNT_OPTION
        )

    def with_cluster_defaults(self, properties: Iterable[tuple[str, ...]], role: str | None = None) -> Configuration:
        """Return a configuration with what the leading master advises; anything set here wins over it.

        properties:  (name, value) or (name, value, source), as `getConfiguration` answers. Unknown names, names
                     without value and names outside the role's scope are dropped, as official clients do. A built-in
                     default of the master is dropped where it is the same here, where this product has a default
                     of its own, or one that depends on the machine: nobody chose it.
        """
        if not self.boolean("alluxio.user.conf.cluster.default.enabled"):
            return self
        scope = ROLE_SCOPES[role or self.role]
        settings: dict[str, Setting] = {}
        for name, value, *source in properties:
            prop = TABLE.find(name)
            if prop is None or not value or value == MASK or not prop.reaches(scope):
                continue
            if not prop.is_for_site_file or prop.name in _OWN_TO_A_MACHINE:
                continue
            if source == ["DEFAULT"] and value == prop.default:
                continue
            is_builtin = source == ["DEFAULT"] or value in (prop.default, prop.official)
            if is_builtin and (prop.is_computed or prop.official is not None):
                continue
            canonical = TABLE.successor(name) or prop.name
            settings[canonical] = Setting(value, Source.CLUSTER_DEFAULT, "the leading master", written_as=name)
        kept = {name: setting for name, setting in self._settings.items() if setting.source != Source.CLUSTER_DEFAULT}
        return self._derive([settings, kept])

    def with_path_defaults(self, paths: Mapping[str, Mapping[str, str]]) -> Configuration:
        """Return a configuration that knows defaults of paths, {path: {name: value}}; `at_path` applies them."""
        found: dict[str, Mapping[str, Setting]] = {}
        for path, properties in paths.items():
            reaching = {
                prop.name: Setting(value, Source.PATH_DEFAULT, f"the default of {path}", written_as=name)
                for name, value in properties.items()
                if value and (prop := TABLE.find(name)) is not None and prop.reaches("CLIENT")
            }
            found[path.rstrip("/") or "/"] = reaching
        return self._derive([self._settings], path_defaults=found)

    def at_path(self, path: str) -> Configuration:
        """Return the configuration for operations on a namespace path: the longest prefix with defaults counts."""
        at = self.path_with_defaults(path)
        return self if at is None else self._derive([self._settings, self._path_defaults[at]])

    def path_with_defaults(self, path: str) -> str | None:
        """Return the longest prefix of a path that has defaults, or None."""
        at = path.rstrip("/") or "/"
        while at not in self._path_defaults:
            if at == "/" or "/" not in at:
                return None
            at = at[: at.rindex("/")] or "/"
        return at

    def _with(self, written: Iterable[Written], source: Source) -> Configuration:
        settings, warnings = layer(written, source)
        if not settings:
            return self
        return self._derive([self._settings, settings], warnings=[*self.warnings, *warnings])

    def _derive(
        self,
        layers: list[Mapping[str, Setting]],
        warnings: Iterable[Problem] | None = None,
        path_defaults: Mapping[str, Mapping[str, Setting]] | None = None,
    ) -> Configuration:
        return Configuration(
            layers,
            role=self.role,
            machine=self.machine,
            warnings=self.warnings if warnings is None else warnings,
            path_defaults=self._path_defaults if path_defaults is None else path_defaults,
        )

    # --- listings --------------------------------------------------------------------------------------------------

    def as_properties(self, scope: str = "ALL") -> Iterator[Entry]:
        """Yield every known property, and the unknown ones that are set, sorted by name.

        scope:  `CLIENT`, `MASTER` or `WORKER` leaves out what does not reach that role.
        """
        names = {*TABLE.names, *self._settings}
        for name in sorted(names):
            prop = TABLE.find(name)
            if scope == "ALL" or prop is None or prop.reaches(scope):
                # What is set under a deprecated name is listed under its successor.
                moved = _canonical(name) != name
                yield Entry(name, None, None, Source.DEFAULT.name, prop) if moved else self.entry(name)

    def entry(self, key: str) -> Entry:
        """Return one property as listings show it; a value that cannot be resolved shows as it is written."""
        name = _canonical(key)
        raw = self.raw(name)
        try:
            value = self.text_or_none(name)
        except ConfigurationError:
            value = raw
        if raw is not None and is_secret(name):
            raw = value = MASK
        return Entry(name, raw, value, self.source(name), TABLE.find(name))

    def cluster_properties(self) -> Iterator[Entry]:
        """Yield what a master tells others: every property, without the value where it is no advice.

        Unset defaults, defaults computed from this machine, and this product's own defaults (but for those marked
        `cluster-default`) carry no value: official clients and workers then keep theirs.
        """
        for name in sorted({*TABLE.names, *self._settings}):
            prop = TABLE.find(name)
            if _canonical(name) != name or self._is_kept_back(name):
                yield Entry(name, None, None, Source.DEFAULT.name, prop)
                continue
            entry = self.entry(name)
            if any(self._is_kept_back(_canonical(other)) for other in _REFERENCE.findall(entry.raw or "")):
                # Each machine has its own value there.
                entry = entry._replace(value=entry.raw)
            # A default that refers to something unset has no value; its text would break the receiver.
            yield entry if entry.value is not None else Entry(name, None, None, entry.source, prop)

    def _is_kept_back(self, name: str) -> bool:
        """Tell whether a property has a default that is only for this machine, or only for this product."""
        prop = TABLE.find(name)
        is_own = prop is not None and (prop.is_computed or (prop.official is not None and not prop.is_sent))
        return is_own and name not in self._settings

    def hash(self) -> str:
        """Return the hash by which clients notice a change: MD5 over `name:value:source` of what reaches them, by name.

        The masters of a quorum must agree on it: official clients that find another hash at the next leader close
        their connections and set themselves up again, in the middle of a fail-over. So what tells of one host or
        process stays out: defaults computed from the machine, and the names, folders and ports of a master's own.
        """
        import hashlib

        digest = hashlib.md5(usedforsecurity=False)
        for name in sorted({*TABLE.names, *self._settings}):
            if name in _OWN_TO_A_MASTER or (name not in self._settings and name in COMPUTED):
                continue
            prop = TABLE.find(name)
            if prop is not None and not prop.reaches("CLIENT"):
                continue
            value = self._raw(name)
            if value is not None:
                digest.update(f"{name}:{value}:{self.source(name)}".encode())
        return digest.hexdigest()

    def settings(self) -> Mapping[str, Setting]:
        """Return what is set, defaults aside, by canonical name."""
        return dict(self._settings)

    def raw(self, key: str) -> str | None:
        """Return a value with its `${…}` as written; a default that depends on the machine is computed."""
        return self._raw(_canonical(key))

    def _raw(self, name: str) -> str | None:
        setting = self._settings.get(name)
        return setting.value if setting is not None else self._default(name)

    # --- resolution ------------------------------------------------------------------------------------------------

    @cached_property
    def _system(self) -> dict[str, Callable[[], str]]:
        """Names that values may refer to though they are no properties."""
        machine = self.machine
        return {
            "user.home": lambda: machine.user_home,
            "user.name": lambda: machine.user_name,
            "user.dir": lambda: machine.working_folder,
        }

    def _default(self, name: str) -> str | None:
        prop = TABLE.find(name)
        if prop is None or prop.default is None:
            return None
        return COMPUTED[name](self, self.machine) if prop.is_computed else prop.default

    def _resolve(self, name: str) -> str | None:
        """Return the value with references replaced; a default that refers to something unset is itself unset."""
        raw = self.raw(name)
        if raw is None or "${" not in raw:
            return raw
        try:
            return self._substitute(raw, (name,))
        except _Unset as unset:
            if name not in self._settings:
                return None
            raise ConfigurationError(
                f"{self._stated(name)} refers to ${{{unset.name}}}, which has no value. Set {unset.name}."
            ) from None

    def _substitute(self, text: str, trail: tuple[str, ...]) -> str:
        def replace(match: re.Match[str]) -> str:
            written = match.group(1)
            system = self._system.get(written)
            if system is not None:
                return system()
            name = _canonical(written)
            if name in trail:
                circle = " -> ".join([*trail[trail.index(name) :], name])
                raise ConfigurationError(
                    f"{self._place(trail[0])}: properties refer to each other in a circle: {circle}."
                )
            raw = self.raw(name)
            if raw is None:
                raise _Unset(written)
            return self._substitute(raw, (*trail, name))

        return _REFERENCE.sub(replace, text)

    def _parse(self, key: str, kind: str, convert: Callable[[str], _T]) -> _T:
        name = _canonical(key)
        try:
            return self._parsed[name, kind]  # type: ignore[no-any-return]
        except KeyError:
            value = self._parsed[name, kind] = self._convert(name, self.text(name), convert)
            return value

    def _convert(self, name: str, text: str, convert: Callable[[str], _T]) -> _T:
        try:
            return convert(text)
        except ValueError as error:
            raise ConfigurationError(self._why_invalid(name, text, error)) from None

    def _why_invalid(self, name: str, text: str, reason: ValueError) -> str:
        shown = MASK if is_secret(name) else text
        return f"{self._stated(name)}={shown} is not valid: {reason}."

    def _why_unset(self, key: str) -> str:
        if TABLE.find(key) is not None:
            return f"{key} has no value; set it in alluxio-site.properties or with -D{key}=…"
        near = TABLE.nearest(key)
        return f"{key} is not a known property." + (f" Did you mean {near}?" if near else "")

    def _stated(self, name: str) -> str:
        """Return a property with the place that sets it; an option of the command line names it already."""
        place = self._place(name)
        return place if place == f"-D{name}" else f"{place}: {name}"

    def _place(self, name: str) -> str:
        return self.where(name) or "default"


class _Unset(Exception):
    """A reference leads to something unset; never leaves this file."""

    def __init__(self, name: str) -> None:
        self.name = name


def _canonical(key: str) -> str:
    if key in TABLE:
        return TABLE.successor(key) or key if _may_have_successor(key) else key
    prop = TABLE.find(key)
    return prop.name if prop is not None else key


def _may_have_successor(key: str) -> bool:
    """Keep the alias table, which costs a parse of every row, out of ordinary look-ups."""
    return TABLE[key].is_deprecated


def value_problem(conf: Configuration, name: str) -> str | None:
    """Return why the value of a property does not parse, or None when it does."""
    prop = TABLE.find(name)
    try:
        value = conf.text_or_none(name)
        if prop is not None and value is not None:
            values.check(prop, value)
    except ConfigurationError as error:
        return str(error)
    except ValueError as error:
        return conf._why_invalid(name, value or "", error)
    return None
