"""``trialkit due``: which visits are due or overdue, with their windows."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.model.planned import PlannedVisit, VisitState

_WAITING = (VisitState.DUE, VisitState.OVERDUE)


@click.command(epilog="Examples: trialkit due  ·  trialkit due --subject 012-0007 --all")
@click.option("--subject", help="Only this subject.")
@click.option("--all", "show_all", is_flag=True, help="Every planned visit, done and later ones, too.")
@json_option
@study_options
def due(subject: str | None, show_all: bool, as_json: bool, folder: Path | None, user: str | None) -> None:
    """List the visits that are due or overdue today, with their windows.

    Windows count from the date of the visit on day 1, as the subject visit form (SV) says it.
    """
    with open_engine(folder, user) as engine:
        planned = engine.planned_visits(subject)
    chosen = [visit for visit in planned if show_all or visit.state in _WAITING]
    if as_json:
        show_json(chosen)
        return
    if chosen:
        show_table(("SUBJECT", "VISIT", "LABEL", "STATE", "PLANNED", "WINDOW"), [_row(found) for found in chosen])
    counts = Counter(found.state for found in planned)
    due_now = plural(counts[VisitState.DUE], "visit")
    talk(f"{due_now} due, {counts[VisitState.OVERDUE]} overdue, {counts[VisitState.DONE]} done.")


def _row(found: PlannedVisit) -> tuple[str, ...]:
    window = "-" if found.earliest is None else f"{_day(found.earliest)} to {_day(found.latest)}"
    return found.subject, found.visit, found.label, found.state.value, _day(found.target), window


def _day(day: date | None) -> str:
    return "-" if day is None else day.isoformat()
