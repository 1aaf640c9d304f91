"""``trialkit import``: a workbook or CSV file, in one transaction."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import plural, show_findings, show_json, summarise_save, talk

EXAMPLES = """\b
Examples:
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --dry-run
  trialkit import site012.xlsx --map mappings/site012-vs.yaml
  trialkit import vs.csv --map mappings/vs.yaml --on-error skip-record
  trialkit import corrected.xlsx --map mappings/site012-vs.yaml --reason "site correction 22 Nov"
"""
_SHOWN = 40


@click.command("import", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--map", "mappings", multiple=True, type=click.Path(path_type=Path), help="A mapping file; one per sheet or form."
)
@click.option("--dry-run", is_flag=True, help="Read, map and check; store nothing.")
@click.option(
    "--on-error",
    type=click.Choice(["refuse", "skip-record"]),
    default="refuse",
    show_default=True,
    help="When records are refused: store nothing of the file, or everything else.",
)
@click.option("--reason", help="Why stored values change; needed when some do.")
@click.option("--encoding", help="Encoding of a CSV file; recognised and said when left out.")
@click.option("--delimiter", help="Delimiter of a CSV file; recognised and said when left out.")
@click.option("--all", "show_all", is_flag=True, help="Show every finding, not the first 40.")
@json_option
@study_options
def import_(
    files: tuple[Path, ...],
    mappings: tuple[Path, ...],
    dry_run: bool,
    on_error: str,
    reason: str | None,
    encoding: str | None,
    delimiter: str | None,
    show_all: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Import FILE: read, map, check, show, store.

    A mapping says which column is which item. Without one, sheets must be laid out as trialkit's own forms: named by
    form, with the headers SUBJECT, VISIT and the items. Each file is stored whole or not at all.
    """
    from trialkit.extension import ReadOptions

    refused = False
    quiet = as_json or not sys.stderr.isatty()
    with open_engine(folder, user) as engine:
        for file in files:
            with click.progressbar(length=1, label=f"Checking {file.name}", file=sys.stderr, hidden=quiet) as bar:
                outcome = engine.import_file(
                    file,
                    mappings,
                    options=ReadOptions(encoding, delimiter),
                    reason=reason,
                    skip_refused=on_error == "skip-record",
                    dry_run=dry_run,
                    progress=partial(_advance, bar),
                )
            refused = refused or outcome.has_hard_findings
            if as_json:
                show_json(outcome)
                continue
            for note in outcome.notes:
                talk(f"{file.name}: {note}")
            show_findings(outcome.findings, None if show_all else _SHOWN)
            talk(f"{file.name}: {plural(outcome.rows, 'row')} with data. {summarise_save(outcome, dry_run=dry_run)}")
            if outcome.has_hard_findings and not outcome.stored and not dry_run:
                talk("Mend the cells named above and import again, or store the rest with --on-error skip-record.")
    return DATA_PROBLEMS if refused else DONE


def _advance(bar: Any, done: int, total: int) -> None:  # Any: click does not export the type of its progress bar
    """Move the bar every hundred records; drawing it for each would cost more than the work."""
    bar.length = total
    if done % 100 == 0 or done == total:
        bar.update(done - bar.pos)
