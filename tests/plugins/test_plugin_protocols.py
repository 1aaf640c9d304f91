"""The three protocols say what the dossier's schedules and parameters say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from protocol_route import Route, Rows, read_csv

from trialkit.model.protocol import Protocol

ROUTES = [("iv", "IV"), ("nasal", "NS"), ("oral", "PO")]
DOSING_FORM = {"iv": "EXIV", "nasal": "EXNS", "oral": "EXPO"}
EPOCHS = {
    "SCREENING",
    "BLINDED TREATMENT",
    "OPEN LABEL TREATMENT",
    "INDUCTION TREATMENT",
    "CONTINUATION TREATMENT",
    "FOLLOW-UP",
}
"""The terms of EPOCH (C99079) that are used."""


def _schedule(dossier: Path, name: str, code: str) -> Rows:
    """The rows of the protocol itself; its variants (IV-PTSD, PO-LOZ) are left for later."""
    return [row for row in read_csv(dossier / f"schedule_{name}.csv") if row["route"] == code]


def _window(minus: str, plus: str) -> tuple[Decimal, Decimal]:
    return -Decimal(minus), Decimal(plus)


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_protocol_when_loaded_then_it_carries_every_parameter(
    route: Callable[[str], Route], name: str, code: str
) -> None:
    parameters = route(name).protocol.parameters
    assert len(parameters) == 95
    assert all(found.unit and found.label and found.source for found in parameters.values())


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_parameters_when_compared_with_the_dossier_then_they_agree(
    route: Callable[[str], Route], dossier: Path, name: str, code: str
) -> None:
    rows = read_csv(dossier / "protocol_params.csv")
    given = [
        (parameter, found.value, found.unit, found.label)
        for parameter, found in route(name).protocol.parameters.items()
    ]
    assert given == [(row["param"], Decimal(row[name]), row["unit"], row["meaning"]) for row in rows]


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_visits_when_compared_with_the_dossier_then_they_agree(
    route: Callable[[str], Route], dossier: Path, name: str, code: str
) -> None:
    planned = {row["visit_id"]: row for row in _schedule(dossier, name, code)}
    protocol = route(name).protocol
    assert {visit.visit for visit in protocol.visits} == set(planned)
    for visit in protocol.visits:
        row = planned[visit.visit]
        assert (visit.label, visit.mode, " ".join(visit.tags)) == (row["visit_label"], row["mode"], row["tags"])
        target = row["target_day"]
        if ".." in target:
            assert str(visit.days) == target
        elif target.lstrip("-").isdigit():
            assert visit.day == int(target)
            assert visit.window is not None
            assert (visit.window.low, visit.window.high) == _window(row["win_minus"], row["win_plus"])
        else:
            assert target in ("", "LAST+7", "LAST+14", "LAST+28")
            assert (visit.day, visit.days, visit.window) == (None, None, None)


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_visits_when_compared_with_the_dossier_then_the_forms_that_exist_are_scheduled(
    route: Callable[[str], Route], dossier: Path, name: str, code: str
) -> None:
    timed_once = {"SV", "DM", "VS", DOSING_FORM[name]}
    rows = [row for row in _schedule(dossier, name, code) if row["form"] in timed_once]
    planned = {(row["visit_id"], row["form"], row["required"] == "R") for row in rows}
    protocol = route(name).protocol
    assert {(visit.visit, entry.form, entry.required) for visit in protocol.visits for entry in visit.forms} == planned
    assert protocol.log_forms == ("AE",)
    assert not [entry for visit in protocol.visits for entry in visit.forms if entry.timepoints]


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_timepoints_when_compared_with_the_dossier_then_they_agree(
    route: Callable[[str], Route], dossier: Path, name: str, code: str
) -> None:
    planned: dict[str, tuple[int, tuple[Decimal, Decimal]]] = {}
    for row in _schedule(dossier, name, code):
        if not row["timepoint"]:
            continue
        wanted = (int(row["tp_minutes"]), _window(row["tp_win_minus"], row["tp_win_plus"]))
        if planned.setdefault(row["timepoint"], wanted) != wanted:
            planned[f"HOME-{row['timepoint']}"] = wanted
    given = {}
    for point in route(name).protocol.timepoints:
        assert point.window is not None
        assert point.minutes is not None
        given[point.timepoint] = (point.minutes, (point.window.low, point.window.high))
    assert given == planned


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_visits_when_sorted_by_number_then_they_are_in_order_of_day(
    route: Callable[[str], Route], name: str, code: str
) -> None:
    protocol: Protocol = route(name).protocol
    visits = sorted(protocol.visits, key=lambda visit: visit.number)
    assert len({visit.number for visit in visits}) == len(visits)
    days = [visit.day for visit in visits if visit.day is not None]
    assert days == sorted(days)
    assert visits[0].tags == ("SCR",)
    assert [visit.visit for visit in visits[-2:]] == ["ET", "UNS"]
    assert [visit.visit for visit in visits if visit.repeating] == ["UNS"]
    assert len([visit for visit in visits if "FIRST_DOSE" in visit.tags]) == 1


@pytest.mark.parametrize(("name", "code"), ROUTES)
def test_visits_when_planned_then_their_epoch_is_a_controlled_term(
    route: Callable[[str], Route], name: str, code: str
) -> None:
    for visit in route(name).protocol.visits:
        assert (visit.epoch in EPOCHS) != (visit.visit in ("ET", "UNS")), visit.visit


def test_nasal_when_planned_then_nothing_is_given_at_home(route: Callable[[str], Route]) -> None:
    protocol = route("nasal").protocol
    assert not [visit.visit for visit in protocol.visits if "HOME" in visit.mode or "HOME" in visit.tags]


def test_oral_when_planned_then_all_home_doses_are_there(route: Callable[[str], Route]) -> None:
    protocol = route("oral").protocol
    homes = [visit for visit in protocol.visits if "HOME" in visit.tags]
    assert [visit.visit for visit in homes] == [
        *(f"H{day:02d}" for day in range(2, 6)),
        *(f"HD{dose:02d}" for dose in range(1, 24)),
    ]
    assert all([entry.form for entry in visit.forms] == ["EXPO"] for visit in homes)
