"""What a person sees of a number in a cell that shows a percentage."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.spreadsheet.percent_format import is_shown_as_percent, show_percent


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        ("0.97", "0%", "97%"),
        ("0.97", "0.0%", "97.0%"),
        ("0.97", "0.00 %", "97.00 %"),
        ("0.97", '0" "%', "97 %"),
        ("0.97", "0\\ %", "97 %"),
        ("0.97", "[Red]0%_)", "97%"),
        ("0.975", "0%", "98%"),
        ("0.9704", "0.0##%", "97.04%"),
        ("12.5", "#,##0%", "1,250%"),
        ("-0.5", "0%", "-50%"),
        ("-0.001", "0%", "0%"),
        ("5", "0%", "500%"),
    ],
)
def test_show_percent_when_a_format_is_usual_then_it_is_what_a_spreadsheet_program_shows(
    number: str, code: str, shown: str
) -> None:
    assert is_shown_as_percent(number, code)
    assert show_percent(number, code) == shown


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("-0.5", "0%;(0%)"),
        ("0", '0%;-0%;"none"'),
        ("0.97", "[>1]0%;0.0%"),
        ("0.97", '0" of all"%'),
        ("1" * 31, "0%"),
    ],
)
def test_show_percent_when_a_format_does_more_then_nothing_is_claimed(number: str, code: str) -> None:
    assert show_percent(number, code) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=6), st.integers(0, 6))
def test_show_percent_when_any_number_is_shown_then_it_differs_by_no_more_than_the_last_digit_is_rounded(
    number: Decimal, places: int
) -> None:
    shown = show_percent(f"{number:f}", "0." + "0" * places + "%" if places else "0%")
    assert shown is not None
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?%", shown)
    assert abs(Decimal(shown.rstrip("%")) - number * 100) <= Decimal(5).scaleb(-places - 1)
