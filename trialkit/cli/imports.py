"""``trialkit import``: a workbook or CSV file, in one transaction."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE, error_data, exit_code
from trialkit.cli.import_files import ImportFiles
from trialkit.cli.output import plural, show_findings, show_json, summarise_save, talk
from trialkit.cli.pace import Pace
from trialkit.errors import TrialkitError
from trialkit.model.outcome import SaveOutcome

EXAMPLES = """\b
Examples:
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --dry-run
  trialkit import site012.xlsx --map mappings/site012-vs.yaml
  trialkit import vs.csv --map mappings/vs.yaml --on-error skip-record
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --corrections site012-corrections.xlsx
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
@click.option(
    "--corrections",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Write the file again, its bad cells marked and commented, with a list of the findings.",
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Write the same with nothing but the rows that have errors.",
)
@click.option(
    "--findings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a listing of the findings: .xlsx, .csv or .json.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
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
    corrections: Path | None,
    rejects: Path | None,
    findings: Path | None,
    force: bool,
    show_all: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Import FILE: read, map, check, show, store.

    A mapping says which column is which item. Without one, sheets must be laid out as trialkit's own forms: named by
    form, with the headers SUBJECT, VISIT and the items. Each file is stored whole or not at all; the first that is
    refused stops the rest.
    """
    from trialkit.extension import ReadOptions

    outcomes: list[SaveOutcome] = []
    beside = ImportFiles(corrections, rejects, findings, force)
    beside.require_free(files)
    try:
        with open_engine(folder, user) as engine:
            for file in files:
                with Pace(f"Checking {file.name}", "records", quiet=as_json) as bar:
                    outcome = engine.import_file(
                        file,
                        mappings,
                        options=ReadOptions(encoding, delimiter),
                        reason=reason,
                        skip_refused=on_error == "skip-record",
                        dry_run=dry_run,
                        progress=bar.advance,
                        on_read=beside.keep_read,
                    )
                outcomes.append(outcome)
                if not as_json:
                    _show_outcome(file, outcome, dry_run=dry_run, show_all=show_all, is_marked=corrections is not None)
                beside.write(file, outcome, engine)
                if outcome.has_hard_findings and not outcome.stored and not dry_run:
                    break  # what follows may build on what was refused
            beside.write_findings(engine)
    except TrialkitError as error:
        if not as_json:
            raise
        show_json({"outcomes": outcomes, **error_data(error)})  # what is stored is told, whatever came after it
        return exit_code(error)
    if as_json:
        show_json({"outcomes": outcomes})
    return DATA_PROBLEMS if any(outcome.has_hard_findings for outcome in outcomes) else DONE


def _show_outcome(file: Path, outcome: SaveOutcome, *, dry_run: bool, show_all: bool, is_marked: bool) -> None:
    for note in outcome.notes:
        talk(f"{file.name}: {note}")
    show_findings(outcome.findings, None if show_all else _SHOWN)
    if not is_marked and any(finding.source is not None for finding in outcome.findings):
        talk("--corrections . writes the file again with these cells marked, for whoever sent it.")
    talk(f"{file.name}: {plural(outcome.rows, 'row')} with data. {summarise_save(outcome, dry_run=dry_run)}")
    if outcome.has_hard_findings and not outcome.stored and not dry_run:
        talk("Mend the cells named above and import again, or store the rest with --on-error skip-record.")
