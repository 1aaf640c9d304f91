"""``trialkit workbook``: what goes before and after an import of a workbook or CSV file."""

from __future__ import annotations

import click

from trialkit.cli.workbook_map import map_


@click.group(epilog="Example: trialkit workbook map site012.xlsx -o mappings/site012.yaml")
def workbook() -> None:
    """Look at, map and make workbooks."""


workbook.add_command(map_)
