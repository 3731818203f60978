"""`alluxio process`: start, stop and look at the masters and workers of this host."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup, Place
from pyalluxio.errors import ConfigurationError, FailedPrecondition
from pyalluxio.processes import installation, local_cluster, starting
from pyalluxio.processes.local_cluster import LocalCluster
from pyalluxio.processes.local_process import START_TIMEOUT_S, STOP_TIMEOUT_S, LocalProcess, StartFailed
from pyalluxio.processes.starting import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyalluxio.conf import Configuration

TARGETS = ("master", "worker", "local")
DEFAULT_FOLDER = "local"
# Two clusters made at the same time may choose the same ports; the one that comes second tries again.
PORT_TRIES = 5

group = LazyGroup(
    "process",
    "Start, stop and look at the masters and workers of this host.",
    {"run": Place("pyalluxio.cli.process_run:run", "Be a master or a worker in the foreground", hidden=True)},
)

target_argument = click.argument("target", type=click.Choice(TARGETS), metavar="[master|worker|local]")
folder_option = click.option("--dir", "folder", type=click.Path(path_type=Path), help="Folder of the local cluster.")


def tell(text: str) -> None:
    """Progress goes to standard error; standard output is for what a script reads."""
    click.echo(text, err=True)


@group.command(context_settings=HELP_NAMES)
@target_argument
@click.option("-a", "--async", "at_once", is_flag=True, help="Do not wait until the process serves.")
@click.option("-N", "--skip-kill-prev", is_flag=True, help="Accepted for scripts: a running process is never killed.")
@click.option("--masters", type=click.IntRange(min=1), help="local: number of masters.  [default: 1]")
@click.option("--workers", type=click.IntRange(min=1), help="local: number of workers.  [default: 1]")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="local: print what runs where as JSON.")
@click.option(
    "--timeout", type=float, default=START_TIMEOUT_S, show_default=True, help="Seconds to wait for each process."
)
@click.pass_obj
def start(
    invocation: Invocation,
    target: str,
    at_once: bool,
    skip_kill_prev: bool,
    masters: int | None,
    workers: int | None,
    folder: Path | None,
    as_json: bool,
    timeout: float,
) -> None:
    """Start a process of this host; one that runs already is left alone.

    \b
    master, worker   as conf/ says
    local            one master and one worker as conf/ says, or with any of --masters,
                     --workers, --dir, --json a whole cluster in one folder

    \b
    Examples:
      alluxio process start master
      alluxio process start local --dir ./local --workers 2
      alluxio process start local --dir ./local --json -Dalluxio.user.block.size.bytes.default=8MB
    """
    # From here on, since the first thing that is made is the folder.
    click.get_current_context().with_resource(starting.interrupted_by_signals())
    whole = masters is not None or workers is not None or folder is not None or as_json
    if whole and target != "local":
        raise click.UsageError("--masters, --workers, --dir and --json belong to `process start local`.")
    wait_s = 0.0 if at_once else timeout
    if whole:
        cluster = start_cluster(invocation, Path(folder or DEFAULT_FOLDER), masters, workers, wait_s)
        click.echo(json.dumps(cluster.describe()) if as_json else table_of(cluster))
        return
    roles = ("master", "worker") if target == "local" else (target,)
    with starting.undone_when_interrupted(tell) as started:
        if target == "local":
            prepare_installation(invocation)
        for role in roles:
            conf = invocation.configuration(role)
            defaults = local_cluster.defaults_of(role, conf) if target == "local" else {}
            start_installed(role, conf, {**defaults, **invocation.overrides}, started, wait_s)


def start_installed(
    role: str, conf: Configuration, overrides: dict[str, str], started: list[Outcome], wait_s: float
) -> Outcome:
    """Start this installation's master or worker, and tell how that went."""
    process = installation.process_of(role, conf, overrides)
    try:
        outcome = starting.start(process, installation.ports_of(role, conf), started, wait_s)
    except StartFailed:
        tell(f"[ FAILED ] The {role} process is not serving requests")
        raise
    if outcome.ran_before:
        tell(f"The {role} process is already running (pid {outcome.identity.pid}, since {outcome.since()})")
    elif wait_s <= 0:
        tell(f"Started the {role} process (pid {outcome.identity.pid}); its health is not checked (--async)")
    else:
        tell(f"Started the {role} process (pid {outcome.identity.pid}), logging to {process.logs}")
        tell(f"[ OK ] The {role} process is in a healthy state")
    return outcome


def prepare_installation(invocation: Invocation) -> None:
    """Make a new installation ready for a master and a worker on this host: what `process start local` adds."""
    from pyalluxio.processes import format as formatting

    conf = invocation.configuration("master")
    installation.require_home(conf)
    if not conf.is_set("alluxio.master.hostname") and not conf.items("alluxio.master.embedded.journal.addresses"):
        name_this_host(invocation, Path(conf.text("alluxio.conf.dir")))
        conf = invocation.configuration("master")
    if not Path(conf.text("alluxio.master.journal.folder")).exists():
        process = installation.process_of("master", conf, invocation.overrides)
        journal, *_ = formatting.format_master(conf, process)
        tell(f"{journal} does not exist: made and formatted it")


def name_this_host(invocation: Invocation, conf_folder: Path) -> None:
    """Write `alluxio.master.hostname=localhost` into the site file: clients of this installation need it too."""
    path = conf_folder / "alluxio-site.properties"
    try:
        conf_folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        with path.open("a") as file:
            file.write("\nalluxio.master.hostname=localhost\n")
    except OSError as error:
        raise ConfigurationError(
            f"alluxio.master.hostname is not set and {path} cannot be written ({error.strerror}): set it there."
        ) from error
    tell(f"alluxio.master.hostname was not set: wrote alluxio.master.hostname=localhost to {path}")
    invocation.forget_configuration()


def start_cluster(
    invocation: Invocation, folder: Path, masters: int | None, workers: int | None, wait_s: float
) -> LocalCluster:
    """Make the cluster of `folder` if it is new, start what does not run; leave nothing behind when interrupted."""
    folder = folder.absolute()
    with local_cluster.locked(folder) as folder_is_new:
        cluster = local_cluster.open_existing(folder)
        if cluster is not None:
            check_unchanged(cluster, masters, workers)
            remembered = dict(cluster.overrides)
            ports = [dict(member.ports) for member in cluster.members]
            cluster.overrides |= cluster.move_ports(invocation.overrides, tell)
            check_properties(invocation, cluster)
            if ports != [member.ports for member in cluster.members] or not cluster.formatted:
                cluster.write(remembered)
            format_cluster(cluster, remembered)
            start_members(cluster, wait_s, warn=cluster.overrides != remembered)
            if cluster.overrides != remembered:
                # Only now: a property with which nothing starts must not break the starts without it.
                cluster.write()
            return cluster
        try:
            cluster = local_cluster.make(
                folder,
                1 if masters is None else masters,
                1 if workers is None else workers,
                invocation.overrides,
                tell,
            )
            check_properties(invocation, cluster)
        except BaseException:
            local_cluster.remove_lock(folder, whole=folder_is_new)
            raise
        try:
            start_new(cluster, invocation.overrides, wait_s)
            cluster.write()
        except KeyboardInterrupt:
            # After a failure the logs are wanted, after an interruption nothing is.
            local_cluster.remove_contents(folder, whole=folder_is_new)
            raise
    return cluster


def start_new(cluster: LocalCluster, overrides: Mapping[str, str], wait_s: float) -> None:
    """Write, format and start a new cluster; with other ports when somebody was faster with the chosen ones."""
    for tries_left in reversed(range(PORT_TRIES)):
        cluster.write({})
        format_cluster(cluster, {})
        try:
            start_members(cluster, wait_s)
            return
        except StartFailed as failure:
            if not tries_left or not cluster.lost_ports():
                raise
            tell(f"{failure} Choosing other ports.")
            # The addresses in the journal are other ones then, too; nobody has used it yet.
            cluster.stop(soft=False, timeout_s=STOP_TIMEOUT_S)
            cluster.choose_ports(overrides, tell)
            cluster.formatted = False


def check_properties(invocation: Invocation, cluster: LocalCluster) -> None:
    """Tell the mistakes in the properties of a cluster's processes, as they will find them.

    Raises:  ConfigurationError: one with which a process would not start.
    """
    from pyalluxio import conf
    from pyalluxio.conf import validate

    for members in (cluster.masters, cluster.workers):
        properties = cluster.properties_of(members[0])
        # Without its folder `conf` a cluster is about to be made: what lies elsewhere is not for it.
        folder = cluster.conf if cluster.conf.is_dir() else cluster.folder
        place = {} if folder == cluster.conf else {"alluxio.site.conf.dir": str(folder)}
        environ = {**os.environ, "ALLUXIO_CONF_DIR": str(folder)}
        loaded = conf.load(members[0].role, overrides={**properties, **place}, environ=environ)
        invocation.warn(loaded)
        validate.require_valid(loaded)


def start_members(cluster: LocalCluster, wait_s: float, *, warn: bool = False) -> None:
    with starting.undone_when_interrupted(tell) as started:
        outcomes = cluster.start(started, wait_s, tell)
    if warn and any(outcome.ran_before for outcome in outcomes):
        tell("Properties given with -D reach the processes started now; the others take them when they are restarted.")


def format_cluster(cluster: LocalCluster, overrides: Mapping[str, str]) -> None:
    """Format the journals of a cluster that never were, and note that in its folder, with `overrides`.

    Raises:  FailedPrecondition: the only journal of a cluster that was formatted is gone; an empty one in its place
             would be the end of the names in it.
    """
    from pyalluxio import conf
    from pyalluxio.processes import format as formatting

    # Without one of several journals a master joins the others again.
    if cluster.formatted and len(cluster.masters) > 1:
        return
    for member in cluster.masters:
        process = cluster.process_of(member)
        if cluster.formatted and process.running():
            continue
        environ = cluster.environment_of()
        configuration = conf.load("master", overrides=cluster.properties_of(member), environ=environ)
        journal = configuration.text("alluxio.master.journal.folder")
        if not cluster.formatted:
            formatting.format_master(configuration, process)
        elif not formatting.is_formatted(journal):
            raise FailedPrecondition(
                f"The journal of {member.name} is gone from {journal}, and with it the names of all files: bring it "
                f"back, or remove {cluster.folder} for a cluster without files."
            )
    if not cluster.formatted:
        cluster.formatted = True
        cluster.write(overrides)


def check_unchanged(cluster: LocalCluster, masters: int | None, workers: int | None) -> None:
    for wanted, members, option in ((masters, cluster.masters, "--masters"), (workers, cluster.workers, "--workers")):
        if wanted is not None and wanted != len(members):
            raise ConfigurationError(
                f"{option} {wanted}: the cluster of {cluster.folder} was made with {len(members)}; leave {option} out, "
                "or make another one with another --dir."
            )


def table_of(cluster: LocalCluster) -> str:
    """Return what runs where, for people."""
    described = cluster.describe()
    program = os.environ.get("PYALLUXIO_CALLED_AS", "alluxio")
    lines = [f"{'PROCESS':<10} {'PID':<8} {'RPC':<22} {'LOG'}"]
    for member, row in zip(cluster.members, described["masters"] + described["workers"], strict=True):
        log = cluster.process_of(member).log
        lines.append(f"{member.name:<10} {row['pid'] or '-':<8} {row['rpc']:<22} {log}")
    lines += [
        "",
        f"under storage   {described['ufs']}",
        f"to use it       export ALLUXIO_CONF_DIR={described['conf']}; {program} fs ls /",
        f"to stop it      {program} process stop local --dir {cluster.folder}",
    ]
    return "\n".join(lines)


@group.command(context_settings=HELP_NAMES)
@target_argument
@click.option("-s", "--soft", is_flag=True, help="Never send the firm signal (SIGKILL).")
@folder_option
@click.option("--timeout", type=float, default=STOP_TIMEOUT_S, show_default=True, help="Seconds until the firm signal.")
@click.pass_obj
def stop(invocation: Invocation, target: str, soft: bool, folder: Path | None, timeout: float) -> None:
    """Stop a process of this host, with a friendly signal first; nothing running is no error.

    \b
    Examples:
      alluxio process stop worker
      alluxio process stop local --dir ./local
    """
    if folder is not None and target != "local":
        raise click.UsageError("--dir belongs to `process stop local`.")
    if folder is not None:
        cluster = existing_cluster(folder)
        stopped = [f"{name} (pid {identity.pid})" for name, identity in cluster.stop(soft=soft, timeout_s=timeout)]
    else:
        stopped = []
        for role in ("worker", "master") if target == "local" else (target,):
            process = installed_process(invocation, role)
            identity = process.stop(soft=soft, timeout_s=timeout)
            if identity is not None:
                stopped.append(f"{role} (pid {identity.pid})")
    if not stopped:
        tell(f"No process to stop: no {'cluster' if target == 'local' else target} of this installation runs.")
        if target == "local" and folder is None and default_cluster_runs():
            tell(f"The cluster of ./{DEFAULT_FOLDER} runs: `process stop local --dir ./{DEFAULT_FOLDER}` stops it.")
        return
    for name in stopped:
        tell(f"Stopped {name}")
    click.echo(f"Successfully killed {len(stopped)} process(es)")


@group.command(context_settings=HELP_NAMES)
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(invocation: Invocation, folder: Path | None, as_json: bool) -> None:
    """Show which processes of this host run, and whether they are healthy.

    Exit code 0 when all are, else 1.

    \b
    Examples:
      alluxio process status
      alluxio process status --dir ./local --json
    """
    if folder is not None:
        cluster = existing_cluster(folder)
        processes = [cluster.process_of(member) for member in cluster.members]
    else:
        processes = [installed_process(invocation, role) for role in installation.ROLES]
    rows = [row_of(process) for process in processes]
    if as_json:
        click.echo(json.dumps(rows, indent=4))
    else:
        click.echo(f"{'PROCESS':<10} {'PID':<8} {'SINCE':<20} HEALTH")
        for row in rows:
            click.echo(f"{row['process']:<10} {row['pid'] or '-':<8} {row['since'] or '-':<20} {row['health']}")
    if any(row["health"] != "healthy" for row in rows):
        click.get_current_context().exit(1)


def row_of(process: LocalProcess) -> dict[str, object]:
    identity = process.running()
    if identity is None:
        return {"process": process.name, "pid": None, "since": None, "health": "not running"}
    reason = process.why_unhealthy(identity)
    started = datetime.fromtimestamp(identity.since_ms() / 1000).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "process": process.name,
        "pid": identity.pid,
        "since": started,
        "health": "healthy" if reason is None else f"unhealthy: {reason}",
    }


def installed_process(invocation: Invocation, role: str) -> LocalProcess:
    return installation.process_of(role, invocation.configuration(role), invocation.overrides)


def default_cluster_runs() -> bool:
    """Tell whether something runs of the cluster that `quickstart` makes in the folder where the user stands."""
    try:
        cluster = local_cluster.open_existing(Path(DEFAULT_FOLDER).absolute())
    except ConfigurationError:
        return False
    return cluster is not None and any(cluster.process_of(member).running() for member in cluster.members)


def existing_cluster(folder: Path) -> LocalCluster:
    cluster = local_cluster.open_existing(folder.absolute())
    if cluster is None:
        raise ConfigurationError(f"{folder} holds no local cluster: name its folder with --dir.")
    return cluster
