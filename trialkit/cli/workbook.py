"""``trialkit workbook``: workbooks and CSV files that sites send. Each command lives in its own file."""

from __future__ import annotations

import click

from trialkit.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "read": ("trialkit.cli.workbook_read:read", "Show what trialkit sees in a file."),
}


@click.group(cls=LazyGroup, sections={"Commands": COMMANDS}, epilog="Example: trialkit workbook read site012.xlsx")
def workbook() -> None:
    """Look at workbooks and CSV files that sites send."""
