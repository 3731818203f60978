"""`alluxio process run`: be a master or a worker, in the foreground; what `process start` starts."""

from __future__ import annotations

import gc
import logging
import os
from importlib import import_module
from pathlib import Path

import click

from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES
from pyalluxio.conf import validate
from pyalluxio.errors import AlluxioError
from pyalluxio.obs import log
from pyalluxio.processes import installation, proc, ready
from pyalluxio.processes.local_process import make_folder

logger = logging.getLogger(__name__)

# Python's own default up to 3.12; the entry point raises it for short commands.
GC_THRESHOLD = (700, 10, 10)


@click.command("run", hidden=True, context_settings=HELP_NAMES)
@click.argument("role", type=click.Choice(installation.ROLES))
@click.pass_obj
def run(invocation: Invocation, role: str) -> int:
    """Be a master or a worker in the foreground: for service managers and containers.

    \b
    Example:
      alluxio process run master
    """
    try:
        return serve(invocation, role)
    except AlluxioError as error:
        logger.error("The %s process ends: %s", role, error)
        ready.failed(str(error))
        raise
    except Exception as error:
        # A mistake in the program: the traceback goes to the log and, by the interpreter, to the output.
        logger.critical("The %s process ends", role, exc_info=True)
        ready.failed(f"the {role} process failed with {type(error).__name__}: {error}")
        raise


def serve(invocation: Invocation, role: str) -> int:
    """Run the process of `role` to its end; return its exit code."""
    conf = invocation.configuration(role)
    installation.require_home(conf)
    logs = Path(conf.text("alluxio.logs.dir"))
    make_folder(logs)
    settings = log.read_settings(Path(conf.text("alluxio.conf.dir")) / "log.properties")
    log.to_file(logs, role, settings, installation.secrets_of(conf))
    if ready.READY_FILE_VARIABLE not in os.environ:
        # Started by a service manager: `process status` and `process stop` know it all the same.
        process = installation.process_of(role, conf, invocation.overrides)
        process.record(proc.current())
        os.environ[ready.READY_FILE_VARIABLE] = str(process.ready_file)
    for warning in validate.require_valid(conf):
        logger.warning("%s", warning)
    logger.info("The %s process starts (pid %d)", role, os.getpid())
    process_module = import_module(f"pyalluxio.processes.{role}")
    # What was imported stays until the end: the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    return int(process_module.run(conf))
