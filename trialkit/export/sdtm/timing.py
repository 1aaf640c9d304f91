"""Rows in, the same rows with the timing that the protocol and the reference dates give them. Nobody fills in a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.standard import Standard
from trialkit.model.dataset import Datum
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, Timepoint
from trialkit.model.record import RecordKey

__all__ = [
    "EpochStart",
    "add_epoch",
    "add_planned_timing",
    "add_study_days",
    "complete_date",
    "elapsed_time",
    "epoch_starts",
    "study_day",
    "visit_variables",
]

_REPEAT_STEP = Decimal("0.001")
_DAYS = (("DTC", "DY"), ("STDTC", "STDY"), ("ENDTC", "ENDY"))


@dataclass(frozen=True, slots=True, order=True)
class EpochStart:
    """The day on which a subject's epoch began: that of the first visit in it."""

    day: date
    number: Decimal
    epoch: str


def visit_variables(protocol: Protocol, key: RecordKey) -> dict[str, Datum]:
    """VISITNUM, VISIT and VISITDY of a record; nothing for a visit that the protocol lacks.

    The second and later times that a repeating visit happens get a thousandth each and their number behind the name:
    99, 99.001, 99.002 and UNSCHEDULED, UNSCHEDULED 2, UNSCHEDULED 3.
    """
    visit = protocol.visit(key.visit)
    if visit is None:
        return {}
    repeats = key.visit_repeat - 1
    name = f"{visit.label} {key.visit_repeat}" if repeats else visit.label
    day = None if visit.day is None or repeats else Decimal(visit.day)
    number = visit.number + repeats * _REPEAT_STEP if repeats else visit.number  # "3" stays "3", not "3.000"
    return {"VISITNUM": number, "VISIT": name, "VISITDY": day}


def add_planned_timing(draft: Draft, domain: str, standard: Standard, protocol: Protocol) -> Draft:
    """Add VISITNUM, VISIT, VISITDY and --TPT, --TPTNUM, --ELTM, --TPTREF where the domain may have them.

    A variable that a form maps wins, also where its mapping gives nothing: a test that was not timed maps its --TPT
    to an empty text.

    A row from a log form gets no visit, unless its domain always has one: it is not tied to the visit it was
    written at.
    """
    made: dict[str, Datum] = {}
    for name, datum in visit_variables(protocol, draft.key).items():
        found = standard.variable(domain, name)
        if found and (not draft.logged or found in standard.domains[domain].variables):
            made[name] = datum
    point = protocol.timepoint(draft.key.timepoint)
    if point is not None:
        planned = {domain + suffix: datum for suffix, datum in _timepoint_variables(point).items()}
        made |= {name: datum for name, datum in planned.items() if standard.variable(domain, name)}
    return draft.added(made)


def add_study_days(draft: Draft, domain: str, standard: Standard, reference: str) -> Draft:
    """Add --DY, --STDY and --ENDY, counted from RFSTDTC."""
    made: dict[str, Datum] = {}
    for moment, day in _DAYS:
        text = draft.text(domain + moment)
        if text and standard.variable(domain, domain + day):
            made[domain + day] = study_day(text, reference)
    return draft.added(made)


def study_day(text: str, reference: str) -> Decimal | None:
    """Days from the reference date, which is day 1; the day before is -1. None unless both dates are complete.

    Source: SDTMIG 3.4, section 4.4.4.
    """
    day, first = complete_date(text), complete_date(reference)
    if day is None or first is None:
        return None
    apart = (day - first).days
    return Decimal(apart + 1 if apart >= 0 else apart)


def add_epoch(draft: Draft, domain: str, standard: Standard, protocol: Protocol, starts: Iterable[EpochStart]) -> Draft:
    """Add EPOCH: the epoch of the visit, or the last one that had begun on the row's date.

    The date decides for log forms, for visits without an epoch, and for events that have a --STDTC; an event before
    the first epoch, or with an incomplete date, has none. Source: SDTMIG 3.4, section 4.4.9 and the domain tables.
    """
    if not standard.domains[domain].is_general:
        return draft
    visit = protocol.visit(draft.key.visit)
    is_event = standard.domains[domain].observation_class == "Events"
    began = domain + "STDTC"
    by_date = draft.logged or not (visit and visit.epoch) or (is_event and draft.has_mapped(began))
    if visit is not None and not by_date:
        return draft.added({"EPOCH": visit.epoch})
    day = complete_date(draft.text(began if draft.has_mapped(began) else domain + "DTC"))
    begun = [start.epoch for start in starts if day is not None and start.day <= day]
    return draft.added({"EPOCH": begun[-1]}) if begun else draft


def epoch_starts(protocol: Protocol, visits: Iterable[Draft]) -> tuple[EpochStart, ...]:
    """When the epochs of one subject began, by the subject's rows of SV; in the order in which they began."""
    first: dict[str, EpochStart] = {}
    for draft in visits:
        visit, day = protocol.visit(draft.key.visit), complete_date(draft.text("SVSTDTC"))
        if visit is None or day is None or not visit.epoch:
            continue
        start = EpochStart(day, visit.number, visit.epoch)
        first[visit.epoch] = min(first.get(visit.epoch, start), start)
    return tuple(sorted(first.values()))


def complete_date(text: str) -> date | None:
    """The day that an ISO 8601 text names; None when it is incomplete or no date."""
    try:
        return PartialDate.parse(text).as_date()
    except ValueError:
        return None


def elapsed_time(minutes: int) -> str:
    """Minutes as an ISO 8601 duration: ``PT40M``, ``PT1H30M``, ``-PT15M``, ``PT0M``."""
    hours, rest = divmod(abs(minutes), 60)
    parts = (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
    return f"{'-' if minutes < 0 else ''}PT{parts}"


def _timepoint_variables(point: Timepoint) -> Mapping[str, Datum]:
    return {
        "TPT": point.label,
        "TPTNUM": point.number,
        "ELTM": None if point.minutes is None else elapsed_time(point.minutes),
        "TPTREF": point.reference or None,
    }
