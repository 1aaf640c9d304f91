"""``trialkit workbook``: what goes before and after an import of a workbook or CSV file. Each command has a file."""

from __future__ import annotations

import click

from trialkit.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "read": ("trialkit.cli.workbook_read:read", "Show what trialkit sees in a file."),
    "map": ("trialkit.cli.workbook_map:map_", "Propose how the columns of a file become items."),
    "make": ("trialkit.cli.workbook_make:make", "Make a workbook that a site fills in."),
}


@click.group(cls=LazyGroup, sections={"Commands": COMMANDS}, epilog="Example: trialkit workbook read site012.xlsx")
def workbook() -> None:
    """Look at, map and make workbooks."""
