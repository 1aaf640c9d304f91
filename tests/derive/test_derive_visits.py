"""Which visits are due: windows counted from day 1, states as of a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.derive import plan_visits
from trialkit.model.planned import PlannedVisit, VisitState
from trialkit.model.protocol import Protocol
from trialkit.model.record import Subject
from trialkit.model.study import Site, Study, StudyDefinition

FIRST = date(2026, 11, 2)
SUBJECT = Subject("012-0007", "012", "0007")
PROTOCOL = Protocol.model_validate(
    {
        "protocol": "small",
        "title": "Small",
        "visits": [
            {"visit": "V3", "label": "Day 8", "number": 3, "day": 8, "window": "-1..2"},
            {"visit": "SCR", "label": "Screening", "number": 0, "days": "-28..-2"},
            {"visit": "V0", "label": "Day before", "number": "0.5", "day": -1},
            {"visit": "V1", "label": "Day 1", "number": 1, "day": 1},
            {"visit": "ET", "label": "Early termination", "number": 9},
            {"visit": "UNS", "label": "Unscheduled", "number": 99, "repeating": True},
        ],
    }
)


def make_study() -> Study:
    definition = StudyDefinition(study="S", title="S", protocol="small", sites=(Site(site="012"),))
    return Study(definition, PROTOCOL, {}, {}, {}, (), {}, "")


def planned(
    today: date, dates: dict[tuple[str, str], date | None], subject: Subject = SUBJECT
) -> dict[str, PlannedVisit]:
    return {visit.visit: visit for visit in plan_visits(make_study(), [subject], dates, today)}


def test_visits_when_planned_then_by_number_and_only_those_with_a_day() -> None:
    assert list(planned(FIRST, {})) == ["SCR", "V0", "V1", "V3"]


def test_windows_when_day_1_is_known_then_count_from_it_without_a_day_0() -> None:
    found = planned(FIRST, {("012-0007", "V1"): FIRST})
    assert (found["V3"].earliest, found["V3"].target, found["V3"].latest) == (
        date(2026, 11, 8),
        date(2026, 11, 9),
        date(2026, 11, 11),
    )
    assert (found["V0"].earliest, found["V0"].target, found["V0"].latest) == (date(2026, 11, 1),) * 3
    assert (found["SCR"].earliest, found["SCR"].target, found["SCR"].latest) == (
        date(2026, 10, 5),
        None,
        date(2026, 10, 31),
    )


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 11, 7), VisitState.LATER),
        (date(2026, 11, 8), VisitState.DUE),
        (date(2026, 11, 11), VisitState.DUE),
        (date(2026, 11, 12), VisitState.OVERDUE),
    ],
)
def test_state_when_today_moves_through_the_window_then_later_due_overdue(today: date, state: VisitState) -> None:
    assert planned(today, {("012-0007", "V1"): FIRST})["V3"].state is state


def test_state_when_the_visit_was_recorded_then_done_even_if_it_did_not_take_place() -> None:
    found = planned(date(2027, 1, 1), {("012-0007", "V1"): FIRST, ("012-0007", "V3"): None})
    assert found["V3"].state is VisitState.DONE


def test_state_when_day_1_has_no_date_then_open() -> None:
    found = planned(FIRST, {("012-0007", "V1"): None})
    assert found["V3"].state is VisitState.OPEN
    assert found["V3"].earliest is None


def test_subject_when_withdrawn_then_nothing_is_due() -> None:
    assert planned(FIRST, {}, Subject("012-0007", "012", "0007", "withdrawn")) == {}


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-400, 400))
def test_state_when_any_day_then_it_agrees_with_the_window(first: date, shift: int) -> None:
    today = first + timedelta(days=shift)
    visit = planned(today, {("012-0007", "V1"): first})["V3"]
    assert visit.earliest is not None
    assert visit.latest is not None
    assert (visit.state is VisitState.DUE) == (visit.earliest <= today <= visit.latest)
    assert (visit.state is VisitState.OVERDUE) == (today > visit.latest)
