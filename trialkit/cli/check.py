"""``trialkit check``: all rules over everything that is stored."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import plural, show_findings, show_json, talk

_SHOWN = 40


@click.command(epilog="Example: trialkit check --subject 012-0007")
@click.option("--subject", help="Only this subject.")
@click.option("--form", help="Only this form.")
@click.option("--dry-run", is_flag=True, help="Show findings; open and close no query.")
@click.option("--all", "show_all", is_flag=True, help="Show every finding, not the first 40.")
@json_option
@study_options
def check(
    subject: str | None,
    form: str | None,
    dry_run: bool,
    show_all: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Run the rules over what is stored; open queries for what is new and close those whose cause is gone."""
    with open_engine(folder, user) as engine:
        if form is not None:
            engine.form(form)
        findings, opened, closed = engine.check(subject, form, dry_run=dry_run)
    if as_json:
        show_json({"findings": findings, "opened": opened, "closed": closed})
    else:
        show_findings(findings, None if show_all else _SHOWN)
        unevaluated = sum(not finding.evaluated for finding in findings)
        talk(
            f"{plural(len(findings), 'finding')}, {unevaluated} could not be evaluated. "
            f"{plural(len(opened), 'query')} opened, {plural(len(closed), 'query')} closed."
        )
    return DATA_PROBLEMS if findings else DONE
