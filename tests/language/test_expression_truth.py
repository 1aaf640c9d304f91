"""Three-valued logic, comparisons and missing values, as truth tables."""

from __future__ import annotations

import pytest
from language_sample import day, number, value_of

from trialkit.model.kind import Typed

TRUTH = {"true": "1 = 1", "false": "1 = 2", "unknown": "PULSE = 1"}
VALUE = {"true": True, "false": False, "unknown": None}


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        ("true", "true", "true", "true"),
        ("true", "false", "false", "true"),
        ("true", "unknown", "unknown", "true"),
        ("false", "true", "false", "true"),
        ("false", "false", "false", "false"),
        ("false", "unknown", "false", "unknown"),
        ("unknown", "true", "unknown", "true"),
        ("unknown", "false", "false", "unknown"),
        ("unknown", "unknown", "unknown", "unknown"),
    ],
)
def test_junction_when_evaluated_then_follows_kleene(left: str, right: str, both: str, either: str) -> None:
    assert value_of(f"{TRUTH[left]} and {TRUTH[right]}") is VALUE[both]
    assert value_of(f"{TRUTH[left]} or {TRUTH[right]}") is VALUE[either]


@pytest.mark.parametrize(("operand", "opposite"), [("true", "false"), ("false", "true"), ("unknown", "unknown")])
def test_negation_when_evaluated_then_unknown_stays_unknown(operand: str, opposite: str) -> None:
    assert value_of(f"not {TRUTH[operand]}") is VALUE[opposite]


@pytest.mark.parametrize(
    ("condition", "chosen", "chosen_of_one"),
    [("true", "10", "10"), ("false", "20", None), ("unknown", None, None)],
)
def test_if_when_evaluated_then_unknown_condition_gives_missing(
    condition: str, chosen: str | None, chosen_of_one: str | None
) -> None:
    assert value_of(f"if({TRUTH[condition]}, 10, 20)") == (chosen and number(chosen))
    assert value_of(f"if({TRUTH[condition]}, 10)") == (chosen_of_one and number(chosen_of_one))


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("SYSBP = 120", {"SYSBP": number("120.00")}, True),
        ("SYSBP <> 120", {"SYSBP": number("120.00")}, False),
        ("SYSBP in (110, 120)", {"SYSBP": number("120.0")}, True),
        ("SYSBP < 120", {"SYSBP": number("119.9")}, True),
        ("SYSBP <= 120", {"SYSBP": number("120")}, True),
        ("SYSBP > 120", {"SYSBP": number("120")}, False),
        ("SYSBP >= 120", {}, None),
        ("SYSBP <> 120", {}, None),
        ("SYSBP = PULSE", {"SYSBP": number("120")}, None),
        ('SEX = "F"', {"SEX": "F"}, True),
        ('REASND = "ill"', {"REASND": "Ill"}, False),
        ('REASND = "ill"', {"REASND": "ill "}, False),
        ('SEX in ("F", "M")', {"SEX": "M"}, True),
        ('SEX not in ("F", "M")', {"SEX": "M"}, False),
        ('SEX in ("F", "M")', {}, None),
        ('SEX not in ("F", "M")', {"SEX": None}, None),
        ("SYSBP in (110, PULSE)", {"SYSBP": number("110")}, True),
        ("SYSBP in (110, PULSE)", {"SYSBP": number("120")}, None),
        ('RACE in ("ASIAN", "BLACK")', {"RACE": ("WHITE", "BLACK")}, True),
        ('RACE in ("ASIAN")', {"RACE": ("WHITE", "BLACK")}, False),
        ('RACE in ("ASIAN")', {}, None),
        ('has(RACE, "ASIAN")', {"RACE": ("WHITE", "ASIAN")}, True),
        ('has(RACE, "ASIAN")', {"RACE": ("WHITE",)}, False),
        ('has(RACE, "ASIAN")', {}, None),
        ("SEX is missing", {}, True),
        ("SEX is missing", {"SEX": "F"}, False),
        ("SEX is present", {"SEX": None}, False),
        ("(SYSBP > 120) is missing", {}, True),
        ("SYSBP + PULSE is missing", {"SYSBP": number("120")}, True),
        ("(SYSBP > 120) <> (PULSE > 60)", {"SYSBP": number("121"), "PULSE": number("60")}, True),
        ("(SYSBP > 120) = (PULSE > 60)", {"SYSBP": number("121")}, None),
        ("SYSBP > P.bp_hold_sys", {"SYSBP": number("141")}, True),
        ("VSDAT = ENDAT", {"VSDAT": day("2024-05-17"), "ENDAT": day("2024-05-17T09:30")}, True),
        ("VSDAT = ENDAT", {"VSDAT": day("2024-05"), "ENDAT": day("2024-05-17")}, None),
        ("VSDAT <> ENDAT", {"VSDAT": day("2024-05"), "ENDAT": day("2024-05-17")}, None),
        ("VSDAT <> ENDAT", {"VSDAT": day("2024-05"), "ENDAT": day("2024-06-01")}, True),
        ("VSDAT < ENDAT", {"VSDAT": day("2024-05"), "ENDAT": day("2024-06-01")}, True),
        ("VSDAT >= ENDAT", {"VSDAT": day("2024"), "ENDAT": day("2024-06-01")}, None),
        ("VSDAT in (ENDAT, today())", {"VSDAT": day("2024-06-15")}, True),
        ("VSDAT > today()", {"VSDAT": day("2024-06-16")}, True),
        ("VSDAT > today()", {"VSDAT": day("2024-06")}, None),
    ],
)
def test_comparison_when_evaluated_then_missing_is_unknown(
    text: str, values: dict[str, Typed], expected: bool | None
) -> None:
    assert value_of(text, **values) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 - 2 - 1", "4"),
        ("2 + 3 * 4", "14"),
        ("8 / 4 / 2", "1"),
        ("-(2 - 5)", "3"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("1 / 0", None),
        ("0 / 0", None),
        ("PULSE + 1", None),
        ("1 - PULSE", None),
        ("-PULSE", None),
        ("power(10, 6000) * power(10, 6000)", None),
    ],
)
def test_arithmetic_when_evaluated_then_exact_or_missing(text: str, expected: str | None) -> None:
    assert value_of(text) == (expected and number(expected))
