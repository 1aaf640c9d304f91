"""Records in, one dataset out that says how much of each is filled in. Counts only, no values."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from trialkit.model.dataset import Dataset, Datum, Variable, VariableType
from trialkit.model.record import Record
from trialkit.model.study import Study

_COLUMNS = (
    ("STUDYID", "Study identifier", VariableType.CHAR),
    ("SITEID", "Study site identifier", VariableType.CHAR),
    ("SUBJECT", "Subject", VariableType.CHAR),
    ("VISIT", "Visit", VariableType.CHAR),
    ("VISITREP", "Visit repeat", VariableType.NUM),
    ("FORM", "Form", VariableType.CHAR),
    ("TIMEPOINT", "Timepoint", VariableType.CHAR),
    ("REPEAT", "Row of a log form", VariableType.NUM),
    ("ITEMS", "Items on the form", VariableType.NUM),
    ("FILLED", "Items with a value", VariableType.NUM),
    ("MISSING", "Items with a missing reason", VariableType.NUM),
    ("BLANK", "Items with neither", VariableType.NUM),
)


def completeness_dataset(study: Study, records: Sequence[Record]) -> Dataset:
    """One row per record, sorted by key: its items, those with a value, with a missing reason, and blank."""
    rows = tuple(_row(study, record) for record in sorted(records, key=lambda record: record.key))
    return Dataset(
        name="COMPLETENESS",
        label="How much of each record is filled in",
        variables=tuple(
            Variable(name, label, kind, _length(rows, place) if kind is VariableType.CHAR else 8, "Derived")
            for place, (name, label, kind) in enumerate(_COLUMNS)
        ),
        rows=rows,
        keys=("SITEID", "SUBJECT", "VISIT", "VISITREP", "FORM", "TIMEPOINT", "REPEAT"),
    )


def _row(study: Study, record: Record) -> tuple[Datum, ...]:
    form = study.forms.get(record.key.form)
    items = len(form.items) if form else len(record.values)
    filled = sum(value.text is not None for value in record.values.values())
    missing = sum(value.missing is not None for value in record.values.values())
    key = record.key
    return (
        study.definition.study,
        key.site,
        key.subject,
        key.visit,
        Decimal(key.visit_repeat),
        key.form,
        key.timepoint or None,
        Decimal(key.repeat),
        Decimal(items),
        Decimal(filled),
        Decimal(missing),
        Decimal(max(0, items - filled - missing)),
    )


def _length(rows: Sequence[tuple[Datum, ...]], place: int) -> int:
    return max((len(str(row[place] or "").encode()) for row in rows), default=1) or 1
