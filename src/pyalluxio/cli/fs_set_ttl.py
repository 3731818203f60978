"""`alluxio fs setTtl`: when a path expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyalluxio.cli.fs_support import arity, each, fs_command, paths_argument, run
from pyalluxio.errors import InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.cli.invocation import Invocation
    from pyalluxio.client.file_system import AsyncFileSystem


@fs_command(
    "setTtl",
    """alluxio fs setTtl /tmp/report 10m
    alluxio fs setTtl --action free /data/2025 7d""",
)
@click.option(
    "--action",
    type=click.Choice(["delete", "free"], case_sensitive=False),
    default="delete",
    show_default=True,
    help="What happens then: the path is deleted, or only its cached copies are dropped.",
)
@paths_argument
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], action: str) -> int:
    """Let a path expire: PATH TIME, the time with a unit (ms, s, m, h, d) or in milliseconds."""
    arity(words, 2, 2)
    ttl_ms = parse_time_ms(words[1])

    async def work(fs: AsyncFileSystem) -> None:
        async def one(path: str) -> None:
            await fs.set_attribute(path, ttl_ms=ttl_ms, ttl_action=action.upper(), recursive=True)
            click.echo(
                f"TTL of path '{path}' was successfully set to {ttl_ms} milliseconds, "
                f"with expiry action set to {action.upper()}"
            )

        await each(fs, words[:1], one)

    return run(invocation, words[:1], work)


def parse_time_ms(text: str) -> int:
    """Return a time in milliseconds. InvalidArgument: not a time."""
    from pyalluxio.conf.values import parse_duration_ms

    try:
        return parse_duration_ms(text)
    except ValueError:
        raise InvalidArgument(f"{text} is not valid time") from None
