"""Workbooks that went out with stored values and come back: what the site left as it was is no change.

Between making and returning, a value may have been corrected elsewhere. The old value still stands in the workbook, but
nobody has written it there: taken as an entry it would undo the correction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from trialkit.engine.assembly import Assembly
from trialkit.model.record import CellReference, Record, RecordKey, Value
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions
from trialkit.model.template_facts import TemplateFacts
from trialkit.normalise import normalise_submission
from trialkit.store import Store
from trialkit.wording import list_some

__all__ = ["leave_untouched"]


def leave_untouched(
    assembly: Assembly, store: Store, facts: TemplateFacts | None, submissions: Submissions
) -> tuple[Submissions, list[str]]:
    """Take out of submissions what stood in the workbook when it was made, where the study has moved on since.

    Args:
        assembly: the study.
        store: where its records stand.
        facts: what the workbook says about itself; None for a file that is none.
        submissions: what the file would enter.

    Returns:
        The submissions, and what must be said about them.
    """
    made = _moment(facts)
    if facts is None or made is None or facts.about.get("journal entry") == str(store.data_head().seq):
        return submissions, []
    keys = {submission.key for submission in submissions}
    then = {record.key: record for record in store.records(as_of=made) if record.key in keys}
    left: list[str] = []
    kept = [_without_untouched(assembly, store, submission, then, left) for submission in submissions]
    if not left:
        return Submissions(kept), []
    note = (
        "cells that still say what stood there when the workbook was made, while the study has been corrected since; "
        f"the study stays as it is: {list_some(left, 20)}"
    )
    return Submissions(submission for submission in kept if submission.values), [note]


def _moment(facts: TemplateFacts | None) -> datetime | None:
    """When a workbook with stored values was made; None for one without, or when it does not say it soundly."""
    if facts is None or facts.about.get("stored values") != "yes":
        return None
    try:
        moment = datetime.fromisoformat(facts.about.get("made at", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _without_untouched(
    assembly: Assembly, store: Store, submission: Submission, then: dict[RecordKey, Record], left: list[str]
) -> Submission:
    before, now = then.get(submission.key), store.record(submission.key)
    if before is None or now is None:
        return submission
    moved = {name for name in submission.values if _told(before.values.get(name)) != _told(now.values.get(name))}
    if not moved:
        return submission
    form = assembly.study.forms[submission.key.form]
    given = normalise_submission(submission, form, assembly.study, assembly.types).values
    untouched = {name for name in moved if name in given and _told(given[name]) == _told(before.values.get(name))}
    left += [_place(submission.cells.get(name)) for name in sorted(untouched)]
    return replace(
        submission,
        values={name: raw for name, raw in submission.values.items() if name not in untouched},
        cells={name: cell for name, cell in submission.cells.items() if name not in untouched},
    )


def _told(value: Value | None) -> object:
    return None if value is None else (value.text, value.missing, value.unit)


def _place(cell: CellReference | None) -> str:
    return "" if cell is None else f"{cell.sheet}!{cell.address}"
