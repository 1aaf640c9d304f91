"""Which visits are due: subjects, their visit dates and the protocol's windows in, planned visits out.

The date of a visit is what the form that maps to SDTM's SV gives for SVSTDTC; no other form is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from trialkit.extension import Function, ItemType
from trialkit.language import Compiled, NotEvaluated, Row, compile_expression, form_scope
from trialkit.model.kind import Kind
from trialkit.model.partial import PartialDate
from trialkit.model.planned import PlannedVisit, VisitState
from trialkit.model.protocol import Protocol, Visit
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
    starts = visit_starts(study, types, functions)
    dates: dict[tuple[str, str], date | None] = {}
    for record in records:
        if record.key.form not in starts:
            continue
        place = record.key.subject, record.key.visit
        dates[place] = dates.get(place) or visit_date(starts[record.key.form], read(record))
    return dates


def order_unplanned_visits(protocol: Protocol, dates: Mapping[tuple[str, int], date]) -> Mapping[tuple[str, int], int]:
    """Where the visits of one subject that nobody planned stand among the planned ones.

    Args:
        protocol: the protocol.
        dates: visit and visit repeat to the date of the visit; those without a date are absent.

    Returns:
        Visit and visit repeat of each unplanned visit with a date to its order: the planned visit at place n of the
        protocol has 2n, and what comes behind it 2n + 1; -1 for what comes before all of them.
    """
    places = {visit.visit: place for place, visit in enumerate(protocol.visits) if not visit.repeating}
    planned = [(day, places[visit]) for (visit, _), day in dates.items() if visit in places]
    return {
        key: 2 * max((place for other, place in planned if other <= day), default=-1) + 1
        for key, day in dates.items()
        if key[0] not in places
    }


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
    window = None if first is None else visit.window_from(first)
    earliest, target, latest = window or (None, None, None)
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


def visit_starts(study: Study, types: Mapping[str, ItemType], functions: Mapping[str, Function]) -> dict[str, Compiled]:
    """Each form that dates a visit, with what gives the date."""
    kinds = {name: found.kind for name, found in types.items()}
    return {
        name: compile_expression(
            mapping.variables[_START], form_scope(form, study.codelists, study.protocol, kinds, functions), Kind.ANY
        )
        for name, form in study.forms.items()
        for mapping in form.sdtm
        if mapping.domain == _DOMAIN and _START in mapping.variables
    }


def visit_date(start: Compiled, row: Row) -> date | None:
    """The date of a visit by a record that dates it; None when it does not say a full date."""
    try:
        moment = start.evaluate(row)
    except NotEvaluated:
        return None
    return moment.as_date() if isinstance(moment, PartialDate) else None
