"""Units at load time: what can be compared and added, which spellings mean the same, and what keeps its unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from language_sample import SCOPE

from trialkit.define import load_folder
from trialkit.language import ExpressionError, ExpressionProblem, ScopedForm, ScopedItem, compile_expression
from trialkit.language.units import differ, known_unit
from trialkit.model.form import Form
from trialkit.model.kind import Kind
from trialkit.model.protocol import Protocol


def number(unit: str | None) -> ScopedItem:
    return ScopedItem(Kind.NUMBER, unit=unit)


ITEMS = {
    **SCOPE.items,
    "SYSBP": number("mmHg"),
    "WTKG": number("kg"),
    "DOSE": number("mg"),
    "DOSEPERKG": number("mg/kg"),
    "PULSE": number("beats/min"),
    "AGE": number("YEARS"),
    "WAIT": number("min"),
    "SCORE": number("pts"),
    "PLAIN": number(None),
}
UNITS = {"high": "mmHg", "cap": "mg", "late_h": "h", "old": "y", "valid": "days", "hr": "bpm", "lft": "x ULN"}
SCOPED = replace(
    SCOPE,
    items=ITEMS,
    forms={"VS": ScopedForm(ITEMS), "LB": ScopedForm({"CREA": number("umol/L")}, repeating=True)},
    parameters=dict.fromkeys(UNITS, Decimal(100)),
    parameter_units=UNITS,
)


def problems(text: str) -> tuple[ExpressionProblem, ...]:
    try:
        compile_expression(text, SCOPED, Kind.ANY)
    except ExpressionError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        ("SYSBP > WTKG", 7, "SYSBP is in mmHg and WTKG is in kg: they can not be compared.", "mmHg"),
        ("WTKG > P.high", 6, "WTKG is in kg and P.high is in mmHg: they can not be compared.", "kg"),
        ("SYSBP in (120, P.cap)", 16, "SYSBP is in mmHg and P.cap is in mg: they can not be compared.", "mmHg"),
        ("SYSBP + WTKG", 7, "SYSBP is in mmHg and WTKG is in kg: they can not be added.", "mmHg"),
        ("DOSE - SYSBP", 6, "DOSE is in mg and SYSBP is in mmHg: they can not be subtracted from each other.", "mg"),
        ("1 + DOSE + SYSBP", 10, "the calculation is in mg and SYSBP is in mmHg: they can not be added.", "mg"),
        ("max(DOSE, 3, SYSBP)", 14, "DOSE is in mg and SYSBP is in mmHg: they can not be taken together in max().",
         "mg"),
        ("mean(PLAIN, DOSE, WTKG)", 19, "DOSE is in mg and WTKG is in kg: they can not be taken together in mean().",
         "mg"),
        ("days(VSDAT, ENDAT) > P.late_h", 20, "days() is in d and P.late_h is in h: they can not be compared.", "d"),
        ("minutes(VSDAT, ENDAT) > P.late_h", 23, "minutes() is in min and P.late_h is in h: they can not be compared.",
         "min"),
        ("hours(VSTIM, ENTIM) > WAIT", 21, "hours() is in h and WAIT is in min: they can not be compared.", "h"),
        ("years(VSDAT, today()) > P.valid", 23, "years() is in years and P.valid is in days: they can not be compared.",
         "years"),
        ("DOSE > DOSEPERKG", 6, "DOSE is in mg and DOSEPERKG is in mg/kg: they can not be compared.", "mg"),
        ("DOSE * 2 > WTKG", 10, "the calculation is in mg and WTKG is in kg: they can not be compared.", "mg"),
        ("abs(DOSE) > WTKG", 11, "abs() is in mg and WTKG is in kg: they can not be compared.", "mg"),
        ("-DOSE > WTKG", 7, "the calculation is in mg and WTKG is in kg: they can not be compared.", "mg"),
        ('if(SEX = "F", DOSE, 2 * DOSE) > WTKG', 31, "if() is in mg and WTKG is in kg: they can not be compared.",
         "mg"),
        ("last(LB.CREA) > SYSBP", 15, "last() is in umol/L and SYSBP is in mmHg: they can not be compared.", "umol/L"),
        ("total(DOSE) > WTKG", 13, "total() is in mg and WTKG is in kg: they can not be compared.", "mg"),
        ("prev(SYSBP) > WTKG", 13, "prev() is in mmHg and WTKG is in kg: they can not be compared.", "mmHg"),
    ],
)  # fmt: skip
def test_units_when_two_that_are_known_differ_then_it_is_found(
    text: str, column: int, message: str, remedy: str
) -> None:
    expected = ExpressionProblem("D147", message, f"Convert one of them, so that both are in {remedy}.", column)
    assert problems(text) == (expected,)


def test_units_when_minutes_are_wanted_and_another_unit_is_given_then_it_is_found() -> None:
    assert problems("outside_timepoint(DOSE) > 0") == (
        ExpressionProblem(
            "D147", "outside_timepoint() takes minutes, and DOSE is in mg.", "Convert it to minutes.", 19
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "SYSBP > P.high",
        "PULSE > P.hr",
        "AGE >= P.old",
        "years(VSDAT, today()) < AGE",
        "days(VSDAT, ENDAT) > P.valid",
        "days(VSDAT, ENDAT) * 24 > P.late_h",
        "hours(VSDAT, ENDAT) / 24 > P.valid",
        "WAIT / 60 > P.late_h",
        "minutes(VSTIM, ENTIM) > WAIT",
        "outside_timepoint(WAIT) > 0",
        "DOSE / WTKG > DOSEPERKG",
        "DOSEPERKG * WTKG > DOSE",
        "DOSE * 1000 > WTKG",
        "DOSE * 0.45359237 > WTKG",
        "abs(DOSE - P.cap) > max(0.5, DOSE * 0.02)",
        "SYSBP > 120 and WTKG < 20",
        "SCORE > SYSBP",
        "PLAIN > SYSBP",
        "SYSBP > P.lft",
        "SYSBP + PLAIN > WTKG",
        "count_missing(SYSBP, WTKG) > 1",
        "power(WTKG, 2) > SYSBP",
        'if(SEX = "F", DOSE, WTKG) > SYSBP',
        "count(LB) > SYSBP",
    ],
)
def test_units_when_they_are_the_same_or_not_known_then_nothing_is_said(text: str) -> None:
    assert problems(text) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("min", "minutes"),
        ("h", "HOURS"),
        ("d", "DAYS"),
        ("d", "day"),
        ("wk", "WEEKS"),
        ("y", "YEARS"),
        ("a", "years"),
        ("%", "percent"),
        ("mmHg", "mm[Hg]"),
        ("bpm", "BEATS/MIN"),
        ("beats/min", "{beats}/min"),
        ("LB", "[lb_av]"),
        ("C", "Cel"),
        ("in", "IN"),
        ("mL/h", "ml/hr"),
        ("kg/m2", "kg/m^2"),
        ("ug/L", "µg/L"),
        ("U/L", "IU/L"),
    ],
)
def test_units_when_spelled_in_two_ways_then_they_are_the_same(one: str, other: str) -> None:
    assert known_unit(one) is not None
    assert not differ(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("mg", "kg"), ("min", "h"), ("mg/kg", "mg"), ("bpm", "breaths/min"), ("C", "F"), ("mmol/L", "mg/dL"), ("mg", "%")],
)
def test_units_when_they_mean_something_else_then_they_differ(one: str, other: str) -> None:
    assert differ(one, other)


@pytest.mark.parametrize("written", [None, "", "pts", "n", "lvl", "xULN", "x ULN", "mmHg (systolic)", "/min", "units"])
def test_units_when_written_loosely_or_only_counting_then_they_are_not_known(written: str | None) -> None:
    assert known_unit(written) is None
    assert not differ(written, "mg")


NOT_KNOWN = {"pts", "n", "lvl", "units", "xULN", "/min"}


def test_units_when_the_definitions_of_the_house_carry_one_then_it_is_known_or_only_counts(root: Path) -> None:
    assert {unit for unit in _units_in_use(root) if known_unit(unit) is None} <= NOT_KNOWN


def _units_in_use(root: Path) -> Iterator[str]:
    for folder in (root / "forms", *(root / "plugins").iterdir()):
        things, _ = load_folder(folder)
        for thing in (found.thing for found in things):
            if isinstance(thing, Form):
                yield from (unit for item in thing.items for unit in item.accepted_units)
            elif isinstance(thing, Protocol):
                yield from (parameter.unit for parameter in thing.parameters.values() if parameter.unit)
