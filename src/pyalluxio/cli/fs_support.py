"""What the commands of `alluxio fs` share: arguments, the connection, wildcards, errors of several paths.

An `fs` command connects, does its work on one event loop and hangs up. The cluster is found by the authority of a path
(`alluxio://host:port/…`), else by the configuration.
"""

from __future__ import annotations

import asyncio
import fnmatch
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from pyalluxio import path as paths
from pyalluxio.errors import AlluxioError, FileDoesNotExist, InvalidArgument, NotFound

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem

# A person waits: without any master answering there is nothing to wait for.
UNREACHABLE_MAX_MS = 5_000

# Unless somebody chose otherwise; programs wait 5 minutes for a worker that restarts.
BLOCK_READ_RETRY = "alluxio.user.block.read.retry.max.duration"
BLOCK_READ_RETRY_MAX = "20s"

HELP_NAMES = {"help_option_names": ["-h", "--help"]}
LONG_HELP_ONLY = {"help_option_names": ["--help"]}  # where -h means human-readable, as in 2.9

WILDCARD = "*"


def fs_command(
    name: str, examples: str, *, short_help_option: bool = True
) -> Callable[[Callable[..., Any]], click.Command]:
    """Return the decorator that makes an `fs` command; `examples` is shown below the options, line by line."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
    settings = HELP_NAMES if short_help_option else LONG_HELP_ONLY
    return click.command(name, context_settings=settings, epilog=epilog)


def arity(words: Sequence[str], minimum: int, maximum: int | None) -> None:
    """Raise a usage error, in the words of 2.9, unless a command got as many arguments as it takes."""
    name = click.get_current_context().info_name
    count = len(words)
    if count < minimum:
        raise click.UsageError(f"Command {name} requires at least {arguments(minimum)} ({count} provided)")
    if maximum is not None and count > maximum:
        raise click.UsageError(f"Command {name} requires at most {arguments(maximum)} ({count} provided)")


def arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"


def run(
    invocation: Invocation,
    words: Sequence[str],
    work: Callable[[AsyncFileSystem], Awaitable[int | None]],
    *,
    cluster_defaults: bool = True,
) -> int:
    """Connect to the cluster that the paths name, do `work`, hang up; return its exit code, 0 for None.

    `cluster_defaults` is False for commands that none of the cluster's changes: they are 800 properties to look at.
    Defaults of paths count for all of them, such as how often a listing looks into the under storage.
    """

    tell_queries(words)

    async def main() -> int:
        from pyalluxio.client.file_system import AsyncFileSystem

        configuration = invocation.configuration("client")
        if not configuration.is_set_by_user(BLOCK_READ_RETRY):
            configuration = configuration.with_overrides({BLOCK_READ_RETRY: BLOCK_READ_RETRY_MAX})
        fs = await AsyncFileSystem.connect(
            target_of(words),
            configuration=configuration,
            cluster_defaults=cluster_defaults,
            path_defaults=True,
            unreachable_max_ms=UNREACHABLE_MAX_MS,
        )
        try:
            return await work(fs) or 0
        finally:
            await fs.close()

    return asyncio.run(main())


def tell_queries(words: Sequence[str]) -> None:
    """Warn of paths that are cut short: everything from a `?` on is a query, as in every client and master of 2.9."""
    for word in words:
        place, mark, _ = word.partition("?")
        if mark and not word.startswith("file://"):
            click.echo(f"Warning: {word} is read as {place or '/'}: a path ends before its first ?.", err=True)


def target_of(words: Sequence[str]) -> str:
    """Return the cluster that paths name by `alluxio://authority/` or `//authority/`; empty when none does.

    Raises:   InvalidArgument: they name different ones.
    """
    found = {paths.authority(word) for word in words}
    found.discard("")
    if len(found) > 1:
        raise InvalidArgument(f"One command works on one cluster; the paths name {' and '.join(sorted(found))}.")
    return found.pop() if found else ""


async def expand(fs: AsyncFileSystem, text: str) -> AsyncIterator[str]:
    """Yield the paths that a text with `*` matches, each component by itself; a text without `*` as it is.

    Raises:   FileDoesNotExist: nothing matches.
    """
    path = paths.parse_own(text)
    if WILDCARD not in path:
        yield path
        return
    found = [paths.ROOT]
    for component in paths.components(path):
        if WILDCARD not in component:
            found = [paths.join(base, component) for base in found]
            continue
        pattern = re.compile(fnmatch.translate(_star_only(component)))
        matching = []
        for base in found:
            try:
                async for child in fs.iterate_status(base):
                    if child.path != base and pattern.match(child.name):
                        matching.append(child.path)
            except NotFound:
                continue
        found = sorted(matching)
    if not paths.components(path)[-1].count(WILDCARD):
        found = [one for one in found if await fs.exists(one)]
    if not found:
        raise FileDoesNotExist(f"{path} does not exist.")
    for one in found:
        yield one


def _star_only(component: str) -> str:
    """Return a pattern in which only `*` is special."""
    return re.sub(r"([?\[])", r"[\1]", component)


async def each(fs: AsyncFileSystem, words: Sequence[str], action: Callable[[str], Awaitable[None]]) -> None:
    """Do `action` for every path; failures do not stop the others and are raised together at the end."""
    failures: list[AlluxioError] = []
    for word in words:
        try:
            async for path in expand(fs, word):
                try:
                    await action(path)
                except AlluxioError as error:
                    failures.append(error)
        except AlluxioError as error:
            failures.append(error)
    raise_all(failures)


def raise_all(failures: Sequence[AlluxioError]) -> None:
    """Raise nothing, the one failure, or one whose text has a line for each."""
    if not failures:
        return
    if len(failures) == 1:
        raise failures[0]
    raise AlluxioError("\n".join(dict.fromkeys(str(failure) for failure in failures)))


def bytes_of(text: str) -> int:
    """Return the bytes of a size such as 1KB. InvalidArgument: not a size."""
    from pyalluxio.conf.values import parse_size_bytes

    try:
        return parse_size_bytes(text)
    except ValueError as error:
        raise InvalidArgument(f'"{text}" is not a size: {error}') from None


recursive_option = click.option("-R", "-r", "--recursive", is_flag=True, help="Go down into directories.")
paths_argument = click.argument("words", nargs=-1, metavar="PATH...")


def mount_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a mount point to a command."""
    for option in (
        click.option("--option", "properties", multiple=True, metavar="KEY=VALUE", help="A property of the mount."),
        click.option("--shared", is_flag=True, help="Let all users do what the mounting user may."),
        click.option("--readonly", is_flag=True, help="Refuse changes below the mount point."),
    ):
        function = option(function)
    return function


def properties_of(texts: Sequence[str]) -> dict[str, str]:
    """Return the properties of `key=value` texts. InvalidArgument: no key; a text may be secret and is not shown."""
    properties = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise InvalidArgument("--option needs key=value.")
        properties[key] = value
    return properties
