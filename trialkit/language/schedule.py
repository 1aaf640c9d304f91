"""What a record and the protocol's schedule say together: windows, expected records, and who stands before whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal

from trialkit.language.row import Row
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import ScheduledForm


def stands_here(row: Row, other: Row) -> bool:
    """Whether a record is of the same visit as another."""
    return row.visit == other.visit and row.place.visit_repeat == other.place.visit_repeat


def stands_before(row: Row, other: Row) -> bool:
    """Whether a record stands before another: of one form in the order of all parts, else at an earlier visit."""
    return row.place < other.place if row.form == other.form else row.place[:2] < other.place[:2]


def days_outside_window(row: Row, moment: Typed, day_one: Typed) -> Decimal | None:
    """Days by which a date misses the window of the record's visit: negative is early, 0 within.

    None when the visit has no window, or a date is not known to the day.
    """
    if row.planned is None or not isinstance(moment, PartialDate) or not isinstance(day_one, PartialDate):
        return None
    day, first = moment.as_date(), day_one.as_date()
    ends = None if first is None else row.planned.window_from(first)
    if day is None or ends is None:
        return None
    earliest, _, latest = ends
    if day < earliest:
        return Decimal((day - earliest) // timedelta(days=1))
    return Decimal(max((day - latest) // timedelta(days=1), 0))


def minutes_outside_timepoint(row: Row, minutes: Typed) -> Decimal | None:
    """Minutes by which a reading misses the window of its timepoint: negative is early, 0 within.

    None when the timepoint has no planned minutes or no window.
    """
    point = row.point
    if point is None or point.minutes is None or point.window is None or not isinstance(minutes, Decimal):
        return None
    off = minutes - point.minutes
    if point.window.low is not None and off < point.window.low:
        return off - point.window.low
    if point.window.high is not None and off > point.window.high:
        return off - point.window.high
    return Decimal(0)


def count_expected(row: Row, form: str) -> Decimal:
    """How many records of a form the protocol asks of everybody at the record's visit."""
    entries = () if row.planned is None else row.planned.entries(form)
    return Decimal(sum(len(entry.places) for entry in entries if is_asked_of_everybody(entry, row.book.log_forms)))


def count_missing_forms(row: Row) -> Decimal:
    """How many records that the protocol asks of everybody at the record's visit are not there."""
    entries = () if row.planned is None else row.planned.forms
    logs = row.book.log_forms
    wanted = {(entry.form, place) for entry in entries if is_asked_of_everybody(entry, logs) for place in entry.places}
    there = {
        (form, other.timepoint)
        for form in {form for form, _ in wanted}
        for other in row.book.rows(form)
        if stands_here(other, row)
    }
    return Decimal(len(wanted - there))


def is_asked_of_everybody(entry: ScheduledForm, log_forms: Collection[str]) -> bool:
    """Whether a visit without the form is incomplete for every subject; a log has no rows when nothing happened."""
    return entry.required and entry.condition is None and entry.form not in log_forms


def count_subjects_with(row: Row, item: str) -> Decimal | None:
    """In how many subjects a record of the same form has the same text for an item; None when it is missing."""
    text = row.values.get(item)
    return Decimal(row.book.subjects_with(row.form, item, text)) if isinstance(text, str) else None
