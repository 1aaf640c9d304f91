"""``trialkit export``: raw tables and SDTM datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, parse_moment, study_options
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.model.outcome import ExportOutcome

_KINDS = ("raw", "sdtm")


@click.command(
    epilog="""\b
Examples:
  trialkit export raw -o out/raw
  trialkit export sdtm -o out/sdtm --format xpt,dataset-json
  trialkit export sdtm -o out/then --as-of 2026-11-01
"""
)
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder.")
@click.option(
    "--format", "formats", help="csv, xpt, dataset-json; several with commas. Default: csv (raw), xpt (sdtm)."
)
@click.option("--as-of", help="The data as they stood then: 2026-11-01 or 2026-11-01T14:00+01:00.")
@click.option("--force", is_flag=True, help="Write into a folder that holds other files.")
@json_option
@study_options
def export(
    kind: str,
    output: Path,
    formats: str | None,
    as_of: str | None,
    force: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> None:
    """Write KIND: raw (one tidy table per form) or sdtm (CDISC SDTM domains), with a manifest of SHA-256.

    The same data give the same bytes, today and next year.
    """
    moment = parse_moment(as_of) if as_of else None
    chosen = [name.strip() for name in (formats or ("csv" if kind == "raw" else "xpt")).split(",") if name.strip()]
    with open_engine(folder, user) as engine:
        write = engine.export_raw if kind == "raw" else engine.export_sdtm
        outcome = write(output, chosen, as_of=moment, force=force)
    if as_json:
        show_json(outcome)
    else:
        show_export(outcome, output)


def show_export(outcome: ExportOutcome, output: Path) -> None:
    """The files with their rows, then what a statistician should know."""
    rows: Sequence[tuple[str, str]] = [(name, f"{count:,}") for name, count in sorted(outcome.files.items()) if count]
    show_table(("FILE", "ROWS"), rows)
    for notice in outcome.notices:
        talk(notice)
    talk(f"Wrote {plural(len(outcome.files), 'file')} to {output.as_posix()}, as of journal entry {outcome.position}.")
