"""A group of commands that are imported when they are called, so that help costs nothing that it does not use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from trialkit.wording import did_you_mean

Section = Mapping[str, tuple[str, str]]
"""Commands by name, each with its place ``module:attribute`` and the line that help shows for it."""


class LazyGroup(click.Group):
    """A group whose commands stand in sections.

    Args:
        sections: section title to its commands, in the order of help.
        arguments: what click takes for a group.
    """

    def __init__(self, *, sections: Mapping[str, Section], **arguments: Any) -> None:  # Any: click's own arguments
        super().__init__(**arguments)
        self._sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Every command, in the order of the sections."""
        return [name for commands in self._sections.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import and return one command."""
        for commands in self._sections.values():
            if cmd_name in commands:
                module, _, attribute = commands[cmd_name][0].partition(":")
                found = getattr(import_module(module), attribute)
                return found if isinstance(found, click.Command) else None
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named; a name that nobody knows is told with the nearest one that is known."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = did_you_mean(args[0], self.list_commands(ctx)).strip()
            if not near:
                raise
            raise click.UsageError(f"{error.message} {near}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """List the commands by section without importing any."""
        for section, commands in self._sections.items():
            with formatter.section(section):
                formatter.write_dl([(name, help_line) for name, (_, help_line) in commands.items()])
