"""`alluxio exec`: tests to run against a cluster."""

from __future__ import annotations

import asyncio

import click

from pyalluxio.cli import basic_io_test as test
from pyalluxio.cli.invocation import Invocation
from pyalluxio.cli.lazy import HELP_NAMES, LazyGroup
from pyalluxio.errors import AlluxioError

group = LazyGroup("exec", "Run tests against the cluster.", {})


@group.command("basicIOTest", context_settings=HELP_NAMES)
@click.option(
    "--directory", default="/", show_default=True, help=f"Where the folder {test.FOLDER} of the test files is made."
)
@click.option("--operation", type=click.Choice(test.OPERATIONS, case_sensitive=False), help="This operation only.")
@click.option(
    "--readType", "read_type", type=click.Choice(test.READ_TYPES, case_sensitive=False), help="This read type only."
)
@click.option(
    "--writeType",
    "write_type",
    type=click.Choice(test.WRITE_TYPES_OF_2_9, case_sensitive=False),
    help="This write type only.",
)
@click.option("--workers", metavar="HOST:PORT,...", help="On each of these workers, one after the other.")
@click.option("--all", "every", is_flag=True, help="All 24 runs of 2.9: with ASYNC_THROUGH.")
@click.pass_obj
def basic_io_test(
    invocation: Invocation,
    directory: str,
    operation: str | None,
    read_type: str | None,
    write_type: str | None,
    workers: str | None,
    every: bool,
) -> int:
    """Write and read small files, and compare what comes back.

    18 runs: each read type with MUST_CACHE, CACHE_THROUGH and THROUGH, in two ways. --all adds ASYNC_THROUGH, the write
    type that clients use by default. The exit code is the number of failures.

    \b
    Examples:
      alluxio exec basicIOTest
      alluxio exec basicIOTest --all
      alluxio exec basicIOTest --operation BASIC --readType CACHE --writeType THROUGH
      alluxio exec basicIOTest --workers w1:29999,w2:29999
    """
    write_types = test.WRITE_TYPES_OF_2_9 if every else test.WRITE_TYPES
    chosen = list(
        test.runs(
            (operation,) if operation else test.OPERATIONS,
            (read_type,) if read_type else test.READ_TYPES,
            (write_type,) if write_type else write_types,
        )
    )
    if workers is None:
        return asyncio.run(run_all(invocation, chosen, directory))
    named = [word.strip() for word in workers.split(",") if word.strip()]
    if not named:
        raise click.UsageError("--workers needs host:port, or several with commas between them.")
    failures = sum(asyncio.run(run_all(invocation, chosen, directory, worker)) for worker in named)
    if failures:
        failed("Some workers failed tests!")
    else:
        passed("All workers passed tests!")
    return failures


async def run_all(invocation: Invocation, chosen: list[test.Run], directory: str, worker: str = "") -> int:
    """Perform the runs one by one, on `worker` ("host:port") if it is named; print how each went.

    Returns:  the number of failures.
    """
    from pyalluxio.cli.fs_support import UNREACHABLE_MAX_MS
    from pyalluxio.client.file_system import AsyncFileSystem

    failures = 0
    prefix = f"[{worker}] " if worker else ""
    connecting = AsyncFileSystem.connect(
        configuration=invocation.configuration(),
        only_workers=[worker] if worker else (),
        unreachable_max_ms=UNREACHABLE_MAX_MS,
    )
    async with await connecting as fs:
        for run in chosen:
            click.echo(f"{prefix}{run}")
            try:
                reason = await test.perform(run, fs, directory)
            except AlluxioError as error:
                reason = str(error)
            if reason is None:
                passed("Passed the test!")
            else:
                click.echo(reason, err=True)
                failed("Failed the test!")
                failures += 1
    if failures:
        failed(f"Number of failed tests: {failures}")
    return failures


def passed(text: str) -> None:
    click.secho(text, fg="green", color=True)


def failed(text: str) -> None:
    click.secho(text, fg="red", color=True)
