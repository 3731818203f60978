"""The program `alluxio`: its tree of commands, its errors, its exit codes.

A command module prints and never decides. It raises `AlluxioError`; its sentence goes to standard error, since
standard output is for data (`fs cat`, `--json`), and its exit code becomes the program's. A traceback appears only with
`--debug`.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from pyalluxio import __version__
from pyalluxio.cli import arguments
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import LazyGroup, Place
from pyalluxio.errors import AlluxioError
from pyalluxio.processes import handover

INTERRUPTED = 130

EPILOG = """\b
Anywhere on the line:
  -Dkey=value    set a property for this call (also: -D key=value, --java-opts)
  --debug-log    tell on standard error what happens inside
  --debug        show the traceback of an error

\b
A first cluster on this host:   alluxio quickstart
The commands of 2.9 (format, getConf, runTests, fsadmin report, ...) work as well.
"""

SERVICES = {
    "cache": Place("pyalluxio.cli.cache:group", "Look after what a worker has cached"),
    "conf": Place("pyalluxio.cli.conf:group", "Read the configuration"),
    "exec": Place("pyalluxio.cli.exec:group", "Run tests against the cluster"),
    "fs": Place("pyalluxio.cli.fs_group:group", "Work with files: ls, cat, cp, mkdir, rm, ..."),
    "help": Place("pyalluxio.cli.main:help_command", "Show the help of a command"),
    "info": Place("pyalluxio.cli.info:group", "Report the state of the cluster"),
    "init": Place("pyalluxio.cli.init:group", "Prepare journals and worker storage"),
    "journal": Place("pyalluxio.cli.journal:group", "Look after the journal of this host's master"),
    "process": Place("pyalluxio.cli.process:group", "Start and stop masters and workers"),
    "quorum": Place("pyalluxio.cli.quorum:group", "Show and change the masters that replicate the journal"),
    "quickstart": Place("pyalluxio.cli.quickstart:quickstart", "Start a cluster on this host and try it"),
}


def program() -> LazyGroup:
    """Return the root of the tree of commands."""
    root = LazyGroup("alluxio", "A highly available Alluxio cluster in Python.", SERVICES, EPILOG)
    return click.version_option(__version__, "--version", message="%(version)s")(root)


@click.command("help", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("words", nargs=-1)
@click.pass_context
def help_command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command: `alluxio help process start`."""
    run_words([*words, "--help"], context.obj)


def run_words(words: list[str], invocation: Invocation) -> int:
    """Run one command in this process; return its exit code. Errors of click and of the program pass through."""
    result = program().main(args=words, prog_name="alluxio", standalone_mode=False, obj=invocation)
    return result if isinstance(result, int) else 0


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the program and exit: 0 done, 1 an error (or the error's own code), 130 interrupted."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: list[str]) -> int:
    """Run the program; return its exit code."""
    debug = "--debug" in argv
    try:
        parsed = arguments.parse(argv)
        debug = parsed.debug
        if parsed.debug_log:
            from pyalluxio.obs import log

            log.to_standard_error()
        return run_words(parsed.words, Invocation({**handover.inherited(), **parsed.overrides}, debug))
    except AlluxioError as error:
        if debug:
            raise
        click.echo(str(error), err=True)
        return error.exit_code
    except click.UsageError as error:
        # click's own exit code is 2; here every error but a command's own is 1.
        error.show()
        command = error.ctx.command if error.ctx is not None else None
        return int(getattr(command, "usage_exit_code", 1))
    except click.ClickException as error:
        error.show()
        return 1
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`fs ls / | head -1`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, UnicodeError) as error:
        # What the machine refuses (a folder of another user, a full disk) is no mistake of the program.
        if debug:
            raise
        click.echo(sentence_of(error), err=True)
        return 1


def sentence_of(error: OSError | UnicodeError) -> str:
    """Return an error of the machine as one sentence that names the file, if there is one."""
    if isinstance(error, OSError):
        names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
        what = ", ".join(map(printable, names))
        return f"{what}: {error.strerror}." if what and error.strerror else f"{error.strerror or error}."
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object!r} is not UTF-8: rename it."
    return f"A text is not UTF-8: {error}."


def printable(name: str) -> str:
    """Return a file name that every terminal can show."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return repr(name)
    return name
