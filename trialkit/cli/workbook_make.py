"""``trialkit workbook make``: a workbook for a site to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, show_json, show_table, talk


@click.command(
    epilog="""\b
Examples:
  trialkit workbook make -o site012.xlsx --site 012
  trialkit workbook make -o v3.xlsx --site 012 --visit V3 --form VS --form TM
  trialkit workbook make -o correct.xlsx --subject 012-0007 --filled --blank-rows 0
"""
)
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The workbook (.xlsx)."
)
@click.option("--site", help="Whose workbook it is; needed when the study has several sites.")
@click.option("--subject", "subjects", multiple=True, help="Only this subject; may be given several times.")
@click.option("--visit", "visits", multiple=True, help="Only this visit; may be given several times.")
@click.option("--form", "forms", multiple=True, help="Only this form; may be given several times.")
@click.option("--filled", is_flag=True, help="Also what is stored already, so that the site can correct it.")
@click.option(
    "--blank-rows",
    type=click.IntRange(0, 1_000),
    default=5,
    show_default=True,
    help="Blank rows behind the others; of a log so many for each subject.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
@study_options
def make(
    output: Path,
    site: str | None,
    subjects: tuple[str, ...],
    visits: tuple[str, ...],
    forms: tuple[str, ...],
    filled: bool,
    blank_rows: int,
    force: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> None:
    """Make a workbook for a site to fill in and send back: a sheet for each form, with lists to pick from.

    Its rows are what is due, overdue or begun and not entered yet, or what is scheduled at the visits that are named.
    trialkit import reads it without a mapping. It says itself how to fill it in.
    """
    from trialkit.document import require_free
    from trialkit.engine.workbook import WorkbookWishes, make_workbook

    if output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{output.name} does not end in .xlsx, as a workbook does.")
    require_free(output, force=force)
    if not output.parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent.as_posix()}: make it first.")
    with open_engine(folder, user) as engine:
        outcome = make_workbook(engine, output, WorkbookWishes(site, subjects, visits, forms, filled, blank_rows))
    if as_json:
        show_json(outcome)
        return
    show_table(("FORM", "ROWS"), [(form, f"{count:,}") for form, count in outcome.rows.items() if count])
    for note in outcome.notes:
        talk(note)
    ready = sum(outcome.rows.values())
    held = f", {outcome.stored:,} of them with what is stored" if outcome.stored else ""
    talk(
        f"Wrote {output.as_posix()} for site {outcome.site}: {plural(len(outcome.rows), 'sheet')}, "
        f"{plural(ready, 'row')} ready for {plural(outcome.subjects, 'subject')}{held}. As of journal entry "
        f"{outcome.position}."
    )
