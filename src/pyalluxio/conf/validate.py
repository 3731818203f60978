"""Whether the values of a configuration go together; each finding is a `Problem` with the keys and the fix.

`problems` gives everything: the warnings from loading, values that do not parse, and the cross-key rules below.
`require_valid` is what a process calls at its start. Nothing here touches the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pyalluxio.conf import addresses
from pyalluxio.conf.configuration import Configuration, value_problem
from pyalluxio.conf.problem import Problem
from pyalluxio.conf.table import TABLE
from pyalluxio.errors import AlluxioError, ConfigurationError

Rule = Callable[[Configuration], Iterator[Problem]]


def problems(conf: Configuration) -> list[Problem]:
    """Return all that is wrong, errors first; an empty list is a clean bill."""
    found = list(conf.warnings)
    bad_values = [
        Problem(text, name, is_error=True)
        for name in conf.settings()
        if (text := value_problem(conf, name)) is not None
    ]
    found += bad_values
    for rule in RULES:
        try:
            found += rule(conf)
        except AlluxioError as error:
            # A rule that stumbles over a value that is reported already adds nothing.
            if not bad_values:
                found.append(Problem(str(error), is_error=True))
    return sorted(found, key=lambda problem: not problem.is_error)


def require_valid(conf: Configuration) -> list[Problem]:
    """Return the warnings that a starting process logs.

    Raises:  ConfigurationError: the first error, if there is one; not with alluxio.conf.validation.enabled=false.
    """
    found = problems(conf)
    errors = [problem for problem in found if problem.is_error]
    if errors and conf.boolean("alluxio.conf.validation.enabled"):
        more = f" ({len(errors) - 1} more errors; see `alluxio init validate`)" if len(errors) > 1 else ""
        raise ConfigurationError(f"{errors[0]}{more}")
    return found


def _ports(conf: Configuration) -> Iterator[Problem]:
    shared_by_workers = conf.integer("alluxio.integration.yarn.workers.per.host.max") > 1
    for prop in TABLE:
        if prop.kind != "INTEGER" or not prop.name.endswith(".port") or not conf.is_set(prop.name):
            continue
        if conf.integer(prop.name) == 0 and shared_by_workers and prop.name.startswith("alluxio.worker."):
            yield _error(conf, prop.name, f"{prop.name}=0 does not go with several workers on a host; give it a port.")


def _hosts(conf: Configuration) -> Iterator[Problem]:
    for key in ("alluxio.master.hostname", "alluxio.worker.hostname", "alluxio.user.hostname"):
        host = conf.text_or_none(key)
        if host is not None and any(char in "<>:/, \t" for char in host):
            yield _error(conf, key, f"{key}={host} is not a host name; write the bare name or address of this host.")


def _zookeeper(conf: Configuration) -> Iterator[Problem]:
    enabled, address = conf.boolean("alluxio.zookeeper.enabled"), conf.is_set("alluxio.zookeeper.address")
    if enabled != address:
        key = "alluxio.zookeeper.address" if address else "alluxio.zookeeper.enabled"
        yield _error(
            conf, key, "alluxio.zookeeper.address must be set if, and only if, alluxio.zookeeper.enabled is true."
        )
    if enabled and conf.enum("alluxio.master.journal.type") == "EMBEDDED":
        yield _error(
            conf,
            "alluxio.zookeeper.enabled",
            "alluxio.zookeeper.enabled=true does not go with the embedded journal, which elects its leader itself; "
            "unset it.",
        )


def _intervals(conf: Configuration) -> Iterator[Problem]:
    for interval, timeout in (
        ("alluxio.master.standby.heartbeat.interval", "alluxio.master.heartbeat.timeout"),
        ("alluxio.worker.block.heartbeat.interval", "alluxio.master.worker.timeout"),
        ("alluxio.worker.block.heartbeat.interval", "alluxio.worker.block.heartbeat.timeout"),
        ("alluxio.job.master.worker.heartbeat.interval", "alluxio.job.master.worker.timeout"),
        ("alluxio.job.master.master.heartbeat.interval", "alluxio.job.master.master.timeout"),
        ("alluxio.proxy.master.heartbeat.interval", "alluxio.master.proxy.timeout"),
    ):
        if conf.duration_ms(interval) >= conf.duration_ms(timeout):
            yield _error(
                conf,
                interval if conf.is_set_by_user(interval) else timeout,
                f"{interval}={conf.text(interval)} must be less than {timeout}={conf.text(timeout)}.",
            )
    wait, heartbeat = "alluxio.master.worker.connect.wait.time", "alluxio.worker.block.heartbeat.interval"
    if conf.duration_ms(wait) < conf.duration_ms(heartbeat):
        yield _warning(
            conf,
            wait,
            f"{wait}={conf.text(wait)} is less than {heartbeat}={conf.text(heartbeat)}: a new leader may serve before "
            "all workers are known.",
        )


def _election(conf: Configuration) -> Iterator[Problem]:
    low, high = (f"alluxio.master.embedded.journal.election.timeout.{end}" for end in ("min", "max"))
    if conf.duration_ms(low) >= conf.duration_ms(high):
        yield _error(
            conf,
            low if conf.is_set_by_user(low) else high,
            f"{low}={conf.text(low)} must be less than {high}={conf.text(high)}.",
        )


def _tiers(conf: Configuration) -> Iterator[Problem]:
    levels = conf.integer("alluxio.worker.tieredstore.levels")
    known = conf.integer("alluxio.master.tieredstore.global.levels")
    if levels > known:
        yield _error(
            conf,
            "alluxio.worker.tieredstore.levels",
            f"alluxio.worker.tieredstore.levels={levels} exceeds alluxio.master.tieredstore.global.levels: {known}.",
        )
    aliases = {conf.text_or_none(f"alluxio.master.tieredstore.global.level{level}.alias") for level in range(known)}
    tiers = ", ".join(sorted(filter(None, aliases)))
    for level in range(levels):
        prefix = f"alluxio.worker.tieredstore.level{level}"
        alias = conf.text_or_none(f"{prefix}.alias")
        if alias not in aliases:
            yield _error(
                conf,
                f"{prefix}.alias",
                f"{prefix}.alias={alias or ''} is none of the masters' tiers: {tiers}.",
            )
        yield from _folders_of_tier(conf, prefix)
        low, high = (conf.number(f"{prefix}.watermark.{end}.ratio") for end in ("low", "high"))
        if not 0 <= low < high <= 1:
            yield _error(
                conf,
                f"{prefix}.watermark.high.ratio",
                f"{prefix}.watermark: low {low} must be less than high {high}, both within 0 and 1.",
            )


def _folders_of_tier(conf: Configuration, prefix: str) -> Iterator[Problem]:
    folders = conf.items(f"{prefix}.dirs.path")
    if not folders:
        yield _error(conf, f"{prefix}.dirs.path", f"{prefix}.dirs.path is empty; give the tier a folder.")
    conf.sizes_bytes(f"{prefix}.dirs.quota")
    for part in ("quota", "mediumtype"):
        key = f"{prefix}.dirs.{part}"
        count = len(conf.items(key))
        # One medium for all folders is common and clear; quotas must match one by one.
        if count != len(folders) and not (part == "mediumtype" and count == 1):
            yield _error(conf, key, f"{key} has {count} items for {len(folders)} folders in {prefix}.dirs.path.")


def _ratios(conf: Configuration) -> Iterator[Problem]:
    for prop in TABLE:
        if prop.kind == "DOUBLE" and prop.name.endswith(".ratio") and conf.is_set_by_user(prop.name):
            value = conf.number(prop.name)
            if not 0 <= value <= 1:
                yield _error(conf, prop.name, f"{prop.name}={value} must be within 0 and 1.")
    low, high = (f"alluxio.master.metastore.inode.cache.{end}.water.mark.ratio" for end in ("low", "high"))
    if conf.number(low) >= conf.number(high):
        yield _error(conf, low, f"{low}={conf.text(low)} must be less than {high}={conf.text(high)}.")


def _throttle(conf: Configuration) -> Iterator[Problem]:
    for measure, read in (
        ("cpu.load.ratio", conf.number),
        ("heap.used.ratio", conf.number),
        ("heap.gc.time", conf.duration_ms),
        ("rpc.queue.size", conf.integer),
    ):
        keys = [f"alluxio.master.throttle.{state}.{measure}" for state in ("active", "stressed", "overloaded")]
        active, stressed, overloaded = (read(key) for key in keys)
        if not active < stressed < overloaded:
            yield _error(conf, keys[1], f"{', '.join(keys)} must rise: {active}, {stressed}, {overloaded} do not.")


def _compression(conf: Configuration) -> Iterator[Problem]:
    key = "alluxio.master.embedded.journal.snapshot.replication.compression.level"
    if not -1 <= conf.integer(key) <= 9:
        yield _error(conf, key, f"{key}={conf.text(key)} must be -1 to 9.")


# Java classes of 2.9 that have a counterpart here besides the default of their property.
_COUNTERPARTS = frozenset({"LocalFirstPolicy", "RoundRobinPolicy", "MostAvailableFirstPolicy", "SpecificHostPolicy"})


def _classes(conf: Configuration) -> Iterator[Problem]:
    for prop in TABLE:
        if prop.kind != "CLASS" or not conf.is_set_by_user(prop.name):
            continue
        value, default = conf.text(prop.name), (prop.default or "").rpartition(".")[2]
        counterparts = {default} | (_COUNTERPARTS if "policy" in prop.name else set())
        if value.rpartition(".")[2] not in counterparts:
            then = f"what {default} does applies" if default else "it has no effect"
            yield _warning(
                conf, prop.name, f"{prop.name}={value} names a Java class without a counterpart here; {then}."
            )


def _texts(conf: Configuration) -> Iterator[Problem]:
    for key, pattern, fix in (
        ("alluxio.security.authorization.permission.umask", r"[0-7]{1,4}", "write octal digits such as 022"),
        ("alluxio.worker.data.folder.permissions", r"([r-][w-][x-]){3}", "write it as rwxr-x---"),
        ("alluxio.master.daily.backup.time", r"([01]?[0-9]|2[0-3]):[0-5][0-9]", "write HH:mm, such as 05:00"),
    ):
        if not re.fullmatch(pattern, conf.text(key)):
            yield _error(conf, key, f"{key}={conf.text(key)} is not valid: {fix}.")


def _masters(conf: Configuration) -> Iterator[Problem]:
    listed = conf.items(addresses.JOURNAL_ADDRESSES)
    if listed:
        members = addresses.journal_addresses(conf)
        if len(members) < len(listed):
            yield _warning(conf, addresses.JOURNAL_ADDRESSES, f"{addresses.JOURNAL_ADDRESSES} names a member twice.")
        yield from _journal_ports(conf, members)
    if conf.integer(addresses.RPC_PORT) == conf.integer(addresses.JOURNAL_PORT) != 0:
        yield _error(
            conf,
            addresses.JOURNAL_PORT,
            f"{addresses.JOURNAL_PORT} and {addresses.RPC_PORT} are both {conf.integer(addresses.RPC_PORT)}.",
        )
    if conf.items(addresses.RPC_ADDRESSES):
        addresses.master_rpc_addresses(conf)
    if conf.role == "master" and len(listed) > 1 and not conf.is_set(addresses.HOSTNAME):
        yield _warning(
            conf,
            addresses.HOSTNAME,
            f"{addresses.HOSTNAME} is not set: this master calls itself {conf.machine.host_name}. Set it on every "
            "master to the name under which the others reach it.",
        )


def _journal_ports(conf: Configuration, members: list[str]) -> Iterator[Problem]:
    rpc_port, journal_port = conf.integer(addresses.RPC_PORT), conf.integer(addresses.JOURNAL_PORT)
    mixed_up = [member for member in members if addresses.split(member)[1] == rpc_port]
    if mixed_up and rpc_port != journal_port:
        yield _error(
            conf,
            addresses.JOURNAL_ADDRESSES,
            f"{addresses.JOURNAL_ADDRESSES} has {mixed_up[0]}: {rpc_port} is the RPC port; write the journal port, "
            f"{journal_port}.",
        )


RULES: tuple[Rule, ...] = (
    _hosts,
    _masters,
    _ports,
    _zookeeper,
    _election,
    _intervals,
    _tiers,
    _ratios,
    _throttle,
    _compression,
    _texts,
    _classes,
)


def _error(conf: Configuration, key: str, text: str) -> Problem:
    return Problem(text, key, conf.where(key), is_error=True)


def _warning(conf: Configuration, key: str, text: str) -> Problem:
    return Problem(text, key, conf.where(key))
