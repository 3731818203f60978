"""Groups of commands whose modules are imported only when one of their commands runs.

A command line lives for a quarter of a second: importing the modules of forty commands to run one would take longer.
So a group knows the name, the place and one sentence of each command; the sentence serves the overview.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class Place(NamedTuple):
    """Where a command is: `module:attribute`, and the sentence that the overview shows for it."""

    target: str
    summary: str
    hidden: bool = False


class LazyGroup(click.Group):
    """A click group whose commands are `places`; unknown words get the nearest known one."""

    def __init__(self, name: str, help: str, places: dict[str, Place], epilog: str | None = None) -> None:  # noqa: A002
        super().__init__(name, help=help, context_settings=HELP_NAMES, epilog=epilog, no_args_is_help=False)
        self.places = places
        self.invoke_without_command = True

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.places, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self.places.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command), place.target
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f'Unknown command "{args[0]}".{nearest(args[0], self.list_commands(ctx))}', ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        # Without a command: the usage, which is an answer and no error.
        if not ctx._protected_args and not ctx.args:
            click.echo(ctx.get_help())
            return None
        return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self._summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([row for row in rows if row[1]])

    def _summary(self, ctx: click.Context, name: str) -> str:
        if name in self.places:
            place = self.places[name]
            return "" if place.hidden else place.summary
        command = self.commands[name]
        return "" if command.hidden else command.get_short_help_str(limit=100)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return " Did you mean …?" for the known words closest to `word`, or nothing."""
    close = difflib.get_close_matches(word.lower(), [name.lower() for name in known], n=3, cutoff=0.6)
    names = [name for name in known if name.lower() in close]
    return f" Did you mean {' or '.join(names)}?" if names else ""
