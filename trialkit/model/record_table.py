"""The records of one form as columns: what bulk work takes instead of one record after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import TypeVar

from trialkit.model.item import MissingReason
from trialkit.model.record import Record, RecordKey, Value
from trialkit.model.value_views import NewValues

T = TypeVar("T")

Column = Sequence[str | None]
"""One text for each record; None where there is none."""


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Records of one form, sorted by key. Every sequence has one entry for each record, in the same order.

    Attributes:
        form: the form.
        site, subject, visit, visit_repeat, timepoint, repeat: the parts of the records' keys.
        texts: item to the canonical texts.
        missing: item to the codes of missing reasons (``ND``); an item that never has one may be absent.
        units: item to the units that numbers were given in; an item that never has one may be absent.
        entered_at: when each record was first entered, in UTC; None where that is not known.
        entered_by: who entered it first; empty where that is not known.
        version: the versions that stand; empty where nobody asked for them.
    """

    form: str
    site: Sequence[str]
    subject: Sequence[str]
    visit: Sequence[str]
    visit_repeat: Sequence[int]
    timepoint: Sequence[str]
    repeat: Sequence[int]
    texts: Mapping[str, Column]
    missing: Mapping[str, Column]
    units: Mapping[str, Column]
    entered_at: Sequence[datetime | None]
    entered_by: Sequence[str]
    version: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.subject)

    def key(self, place: int) -> RecordKey:
        """The key of the record at a place, from 0."""
        return RecordKey(
            self.site[place],
            self.subject[place],
            self.visit[place],
            self.visit_repeat[place],
            self.form,
            self.timepoint[place],
            self.repeat[place],
        )


def value_at(table: RecordTable, place: int) -> dict[str, Value]:
    """The values of the record at a place; how they were written in their sources is not among them."""
    values: dict[str, Value] = {}
    for item in dict.fromkeys((*table.texts, *table.missing)):
        text, reason = _at(table.texts, item, place), _at(table.missing, item, place)
        if text is not None or reason is not None:
            values[item] = Value(text, None if reason is None else MissingReason(reason), _at(table.units, item, place))
    return values


def _at(columns: Mapping[str, Column], item: str, place: int) -> str | None:
    column = columns.get(item)
    return None if column is None else column[place]


def table_of(form: str, records: Iterable[Record]) -> RecordTable:
    """Records of one form as columns.

    Args:
        form: the form.
        records: in any order; each key once.
    """
    ordered = sorted(records, key=lambda record: record.key)
    return _table(
        form,
        [record.key for record in ordered],
        [record.values for record in ordered],
        [record.entered_at for record in ordered],
        [record.entered_by for record in ordered],
    )


def table_of_values(form: str, records: Iterable[tuple[RecordKey, Mapping[str, Value]]]) -> RecordTable:
    """Records of one form that do not stand yet as columns: their keys and values in any order, each key once."""
    ordered = sorted(records, key=itemgetter(0))
    keys, values = [key for key, _ in ordered], [values for _, values in ordered]
    return _table(form, keys, values, [None] * len(keys), [""] * len(keys))


def _table(
    form: str,
    keys: Sequence[RecordKey],
    values: Sequence[Mapping[str, Value]],
    entered_at: Sequence[datetime | None],
    entered_by: Sequence[str],
) -> RecordTable:
    rows = [found.as_dict() if isinstance(found, NewValues) else found for found in values]
    items = dict.fromkeys(chain.from_iterable(rows))
    columns = {item: [row.get(item) for row in rows] for item in items}
    return replace(
        table_of_columns(
            form,
            keys,
            {item: [None if value is None else value.text for value in column] for item, column in columns.items()},
            {item: _reasons(column) for item, column in columns.items()},
            {item: [None if value is None else value.unit for value in column] for item, column in columns.items()},
        ),
        entered_at=entered_at,
        entered_by=entered_by,
    )


def table_of_columns(
    form: str,
    keys: Sequence[RecordKey],
    texts: Mapping[str, Column],
    missing: Mapping[str, Column],
    units: Mapping[str, Column],
) -> RecordTable:
    """Records of one form that do not stand yet, column by column; see `RecordTable`.

    Args:
        form: the form.
        keys: the records, sorted, each once.
        texts, missing, units: what they are given, in the same order.
    """
    site, subject, visit, visit_repeat, _, timepoint, repeat = zip(*keys, strict=True) if keys else [()] * 7
    return RecordTable(
        form=form,
        site=site,
        subject=subject,
        visit=visit,
        visit_repeat=visit_repeat,
        timepoint=timepoint,
        repeat=repeat,
        texts=texts,
        missing=missing,
        units=units,
        entered_at=[None] * len(keys),
        entered_by=[""] * len(keys),
    )


def lay_over(table: RecordTable, records: Sequence[Record]) -> RecordTable:
    """A table with some of its records changed and others added.

    Args:
        table: the records as they stand.
        records: those that take the place of one with the same key, or are new.
    """
    changed = {record.key for record in records}
    kept = [place for place in range(len(table)) if table.key(place) not in changed]
    added = table_of(table.form, records)
    places = sorted(
        [(table.key(place), 0, place) for place in kept] + [(added.key(place), 1, place) for place in range(len(added))]
    )
    order = [(is_added, place) for _, is_added, place in places]

    def join(one: Sequence[T], other: Sequence[T]) -> list[T]:
        return [other[place] if is_added else one[place] for is_added, place in order]

    def join_columns(one: Mapping[str, Column], other: Mapping[str, Column]) -> dict[str, Column]:
        blank, new_blank = [None] * len(table), [None] * len(added)
        return {item: join(one.get(item, blank), other.get(item, new_blank)) for item in dict.fromkeys((*one, *other))}

    return RecordTable(
        form=table.form,
        site=join(table.site, added.site),
        subject=join(table.subject, added.subject),
        visit=join(table.visit, added.visit),
        visit_repeat=join(table.visit_repeat, added.visit_repeat),
        timepoint=join(table.timepoint, added.timepoint),
        repeat=join(table.repeat, added.repeat),
        texts=join_columns(table.texts, added.texts),
        missing=join_columns(table.missing, added.missing),
        units=join_columns(table.units, added.units),
        entered_at=join(table.entered_at, added.entered_at),
        entered_by=join(table.entered_by, added.entered_by),
    )


def _reasons(column: Sequence[Value | None]) -> list[str | None]:
    reasons = [None if value is None else value.missing for value in column]
    return [None if reason is None else reason.value for reason in reasons] if any(reasons) else [None] * len(column)
