"""Records as rows of their form's table, and back: column by column, for there are many of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from trialkit.model.coded_columns import CodedColumn
from trialkit.model.item import MissingReason
from trialkit.model.new_rows import NewRows
from trialkit.model.record import Record, RecordKey, Value
from trialkit.store.block_text import ItemColumns
from trialkit.store.canonical import moment_of, moment_text
from trialkit.store.insertion import Columns, holds_any
from trialkit.store.portions import in_portions
from trialkit.store.tables import KEY_COLUMNS, PARTS, item_column

_KEPT_VALUES = 50_000
PORTION = 200
"""How many rows at a time stay in the processor's cache while they are turned into columns and back."""

_BEHIND_KEY = ("version", "form_version", "entered_at", "entered_by")

Found = Sequence[Any]  # Any: a row as the database gives it, text or whole number by column
"""One value for each of the `names` of a form's table, in that order."""


class _NeverGiven(NamedTuple):
    """Stands where a record has no value of an item."""

    text: None = None
    missing: None = None
    unit: None = None
    raw: None = None


_NEVER_GIVEN = _NeverGiven()


class FormRows:
    """Rows of one form's table.

    Args:
        study: STUDYID.
        form: the form.
        items: the items that the table has columns for.
    """

    def __init__(self, study: str, form: str, items: Sequence[str]) -> None:
        self._study = study
        self._form = form
        self._items = tuple(items)
        # Values never change, and codes, units and numbers come again and again: one of each is enough.
        self._value = lru_cache(_KEPT_VALUES)(_value)
        self._parts = [tuple(item_column(item, part) for part in PARTS) for item in items]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of `columns` and as `read` needs them."""
        return (*KEY_COLUMNS, *_BEHIND_KEY, *(name for parts in self._parts for name in parts))

    def columns(self, records: Sequence[Record]) -> Columns:
        """Records as columns. Values of items without a column do not get in: lay out their columns first."""
        keys = [record.key for record in records]
        columns: dict[str, list[str | int | None]] = {
            "study": [self._study] * len(records),
            "site": [key.site for key in keys],
            "subject": [key.subject for key in keys],
            "visit": [key.visit for key in keys],
            "visit_repeat": [key.visit_repeat for key in keys],
            "timepoint": [key.timepoint for key in keys],
            "repeat": [key.repeat for key in keys],
            "version": [record.version for record in records],
            "form_version": [record.form_version for record in records],
            "entered_at": _moments(records),
            "entered_by": [record.entered_by for record in records],
        }
        for names in self._parts:
            columns.update((name, []) for name in names)
        for portion in in_portions(records, PORTION):
            values = [record.values for record in portion]
            for item, names in zip(self._items, self._parts, strict=True):
                parts = _parts_of([given.get(item, _NEVER_GIVEN) for given in values])
                for name, part in zip(names, parts, strict=True):
                    columns[name] += part
        return columns

    def columns_of_new(self, rows: NewRows, items: ItemColumns, moment: str, user: str) -> Columns:
        """New records as columns, each in its first version; items that none of them is given are left out.

        Args:
            rows: the records.
            items: what they are given.
            moment: when they are entered.
            user: by whom.
        """
        size = len(rows)
        site, subject, visit, visit_repeat, _, timepoint, repeat_number = zip(*rows.keys, strict=True)
        columns: dict[str, Sequence[str | int | None]] = {
            "study": [self._study] * size,
            "site": site,
            "subject": subject,
            "visit": visit,
            "visit_repeat": visit_repeat,
            "timepoint": timepoint,
            "repeat": repeat_number,
            "version": [1] * size,
            "form_version": [rows.form_version] * size,
            "entered_at": [moment] * size,
            "entered_by": [user] * size,
        }
        names = dict(zip(self._items, self._parts, strict=True))
        for item, column in items.items():
            said = [_NEVER_GIVEN if change is None else change.new or _NEVER_GIVEN for change in column.values]
            for name, part in zip(names[item], _parts_of(said), strict=True):
                if holds_any(part):
                    columns[name] = CodedColumn(part, column.codes)
        return columns

    def read(self, rows: Sequence[Found]) -> Iterable[Record]:
        """The records of rows, at least one, with the columns `names`.

        A `PORTION` at a time is quick. Raises ValueError when a row was not written from `columns`.
        """
        columns = list(zip(*rows, strict=True))
        _, sites, subjects, visits, visit_repeats, timepoints, repeats, versions, forms, at, by, *parts = columns
        moments = {text: moment_of(text) for text in set(at)}
        held: list[str] = []
        values: list[Iterable[Value | None]] = []
        for place, item in enumerate(self._items):
            of_item = parts[place * len(PARTS) : (place + 1) * len(PARTS)]
            if holds_any(of_item[0]) or holds_any(of_item[1]):
                held.append(item)
                values.append(map(self._value, *of_item))
        given = zip(*values, strict=True) if values else repeat((), len(rows))
        keys = map(RecordKey, sites, subjects, visits, visit_repeats, repeat(self._form), timepoints, repeats)
        for key, version, form_version, entered_at, entered_by, of_record in zip(
            keys, versions, forms, at, by, given, strict=True
        ):
            standing = dict(zip(held, of_record, strict=True))
            if not all(of_record):
                standing = {item: value for item, value in standing.items() if value is not None}
            yield Record(key, standing, version, form_version, moments[entered_at], entered_by)


def _value(text: str | None, missing: str | None, unit: str | None, raw: str | None) -> Value | None:
    if text is None and missing is None:
        return None
    return Value(text, None if missing is None else MissingReason(missing), unit, raw)


def _parts_of(values: Sequence[Value | _NeverGiven]) -> Iterable[Sequence[str | None]]:
    """The four `PARTS` of one item in many records."""
    reasons = [value.missing for value in values]
    return (
        [value.text for value in values],
        [None if reason is None else reason.value for reason in reasons] if any(reasons) else [None] * len(values),
        [value.unit for value in values],
        [value.raw for value in values],
    )


def _moments(records: Sequence[Record]) -> list[str | int | None]:
    moments = {record.entered_at for record in records}
    texts = {moment: None if moment is None else moment_text(moment) for moment in moments}
    return [texts[record.entered_at] for record in records]
