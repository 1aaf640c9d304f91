"""Which visits are due: subjects, their visit dates and the protocol's windows in, planned visits out.

The date of a visit is what the form that maps to SDTM's SV gives for SVSTDTC; no other form is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from trialkit.extension import Function, ItemType
from trialkit.language import Compiled, NotEvaluated, Row, compile_expression, form_scope
from trialkit.model.interval import Interval
from trialkit.model.kind import Kind
from trialkit.model.partial import PartialDate
from trialkit.model.planned import PlannedVisit, VisitState
from trialkit.model.protocol import Visit
from trialkit.model.record import Record, Subject
from trialkit.model.study import Study

_DOMAIN = "SV"
_START = "SVSTDTC"

VisitDates = Mapping[tuple[str, str], date | None]
"""Subject and visit to the date of the visit; None when it was recorded without a full date (it did not take place)."""


def visit_dates(
    study: Study,
    records: Iterable[Record],
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    read: Callable[[Record], Row],
) -> VisitDates:
    """The dates of all visits that were recorded.

    Args:
        study: the compiled study.
        records: of any forms, sorted by key; those of forms without a date for SV are passed over.
        types: item types by name.
        functions: functions of the language by name.
        read: turns a record into what expressions see.
    """
    starts = _start_expressions(study, types, functions)
    dates: dict[tuple[str, str], date | None] = {}
    for record in records:
        if record.key.form not in starts:
            continue
        place = record.key.subject, record.key.visit
        dates[place] = dates.get(place) or _date_of(starts[record.key.form], read(record))
    return dates


def plan_visits(study: Study, subjects: Sequence[Subject], dates: VisitDates, today: date) -> list[PlannedVisit]:
    """Every visit with a planned day, of every subject that is still in the study; by subject, then visit number."""
    visits = sorted((visit for visit in study.protocol.visits if not visit.repeating), key=lambda visit: visit.number)
    return [
        _plan(subject, visit, dates, _first_day(study, subject, dates), today)
        for subject in subjects
        if subject.status != "withdrawn"
        for visit in visits
        if visit.day is not None or visit.days is not None
    ]


def _plan(subject: Subject, visit: Visit, dates: VisitDates, first: date | None, today: date) -> PlannedVisit:
    earliest, target, latest = (None, None, None) if first is None else _window(visit, first)
    return PlannedVisit(
        site=subject.site,
        subject=subject.subject,
        visit=visit.visit,
        label=visit.label,
        state=_state((subject.subject, visit.visit) in dates, earliest, latest, today),
        earliest=earliest,
        target=target,
        latest=latest,
    )


def _state(is_recorded: bool, earliest: date | None, latest: date | None, today: date) -> VisitState:
    if is_recorded:
        return VisitState.DONE
    if earliest is None or latest is None:
        return VisitState.OPEN
    if today < earliest:
        return VisitState.LATER
    return VisitState.DUE if today <= latest else VisitState.OVERDUE


def _first_day(study: Study, subject: Subject, dates: VisitDates) -> date | None:
    """The date of day 1: of the earliest visit that is planned for it."""
    days = [dates.get((subject.subject, visit.visit)) for visit in study.protocol.visits if visit.day == 1]
    return min((day for day in days if day is not None), default=None)


def _window(visit: Visit, first: date) -> tuple[date, date | None, date]:
    """First day, planned day and last day of a visit, counted from day 1; there is no day 0."""
    if visit.days is not None:
        low, high = _ends(visit.days)
        return _on_day(first, low), None, _on_day(first, high)
    target = _on_day(first, visit.day or 1)
    before, after = _ends(visit.window) if visit.window is not None else (0, 0)
    return target + timedelta(days=before), target, target + timedelta(days=after)


def _ends(interval: Interval) -> tuple[int, int]:
    low = interval.low if interval.low is not None else interval.high or Decimal(0)
    high = interval.high if interval.high is not None else low
    return int(low), int(high)


def _on_day(first: date, day: int) -> date:
    return first + timedelta(days=day - 1 if day > 0 else day)


def _start_expressions(
    study: Study, types: Mapping[str, ItemType], functions: Mapping[str, Function]
) -> dict[str, Compiled]:
    kinds = {name: found.kind for name, found in types.items()}
    return {
        name: compile_expression(
            mapping.variables[_START], form_scope(form, study.codelists, study.protocol, kinds, functions), Kind.ANY
        )
        for name, form in study.forms.items()
        for mapping in form.sdtm
        if mapping.domain == _DOMAIN and _START in mapping.variables
    }


def _date_of(start: Compiled, row: Row) -> date | None:
    try:
        moment = start.evaluate(row)
    except NotEvaluated:
        return None
    return moment.as_date() if isinstance(moment, PartialDate) else None
