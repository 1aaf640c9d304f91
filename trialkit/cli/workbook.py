"""``trialkit workbook``: spreadsheets for sites and from sites. Each command lives in its own file."""

from __future__ import annotations

import click

from trialkit.cli.workbook_make import make


@click.group(epilog="Example: trialkit workbook make -o site012.xlsx --site 012")
def workbook() -> None:
    """Make workbooks for sites."""


workbook.add_command(make)
