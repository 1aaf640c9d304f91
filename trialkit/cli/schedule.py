"""``trialkit schedule``: the schedule of activities on the terminal, as a web page, as a workbook."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, study_option
from trialkit.cli.output import printable, show_json, talk
from trialkit.cli.paint import paint

if TYPE_CHECKING:
    from trialkit.document import TextBlock
    from trialkit.model.study import Study

_WIDTH = 80
"""Of the text where there is no terminal that says how wide it is."""


@click.command(
    epilog="""\b
Examples:
  trialkit schedule
  trialkit schedule --compact --visit V1 --visit V2
  trialkit schedule --html schedule.html --xlsx schedule.xlsx
"""
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a web page.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a workbook.")
@click.option("--visit", "visits", multiple=True, help="Only this visit; may be given several times.")
@click.option("--compact", is_flag=True, help="Put neighbouring visits that are alike into one column.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
@study_option
def schedule(
    html: Path | None,
    xlsx: Path | None,
    visits: tuple[str, ...],
    compact: bool,
    force: bool,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Show the schedule of activities: visits across, forms down, and the timepoints of dosing days.

    X is required, C conditional with the letter of a footnote, O optional. Needs the definitions only, no store.
    """
    from trialkit.document import make_schedule, require_free, schedule_blocks

    files = [path for path in (html, xlsx) if path is not None]
    for path in files:
        require_free(path, force=force)
    table = make_schedule(compiled_study(folder), visits, compact=compact)
    if html is not None:
        from trialkit.document import schedule_page, write_document

        write_document(html, schedule_page(table), force=force)
    if xlsx is not None:
        from trialkit.document import write_schedule_workbook

        write_schedule_workbook(xlsx, table)
    if as_json:
        show_json(table)
    elif not files:
        _show(schedule_blocks(table, shutil.get_terminal_size((_WIDTH, 24)).columns))
    for path in files:
        talk(f"Wrote {path.as_posix()}.")


def compiled_study(folder: Path | None) -> Study:
    """The study that is meant, from its definitions alone."""
    from trialkit.engine import assemble, find_study
    from trialkit.registry import load_registry

    return assemble(find_study(folder or Path.cwd()), load_registry()).study


def _show(blocks: Sequence[TextBlock]) -> None:
    for number, block in enumerate(blocks):
        if number:
            click.echo()
        for line in block.title.split("\n"):
            click.echo(paint(printable(line), bold=True))
        for line in block.header:
            click.echo(printable(line))
        for line in block.rows:
            click.echo(paint(printable(line), bold=True) if line in block.headings else printable(line))
