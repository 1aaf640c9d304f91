"""What is odd about a text by itself is named, and what is ordinary in a trial is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.codes import load_codes
from trialkit.spreadsheet.text_looks import look_at

_ORDINARY = """Y|N|MILD|subject_id|012-0007|V1|Visit 3|120|36.6|-5|0012|2026-11-25|2026-11-25T09:05|09:05|5 mg|<0.5
nausea, mild (day 2)|mm Hg|T1-T2|β-blocker|10 μg/L|37 °C|Müller-Lüdenscheidt|Ахметжанова Румия|豊田|naïve|ND|.UNK|-|n.a.
AE-1|Q8|COVID-19|3 x daily|q.d.|a@b.nl|50/50 mix|O2 sat|1st|5'10"|- none|+ve|A+|+/-|10%ile|March|May 2 be"""


@pytest.mark.parametrize("text", [text for line in _ORDINARY.splitlines() for text in line.split("|")])
def test_text_when_it_is_ordinary_then_nothing_is_said(text: str) -> None:
    assert look_at(text) == ()


_ODD = [
    ("1E5", "S222"),
    ("1.23457E+11", "S222"),
    ("1,5", "S223"),
    ("1.234,56", "S223"),
    ("1 234", "S223"),
    ("1\u00a0234", "S223"),
    ("12'345", "S223"),
    ("85%", "S223"),
    ("(5)", "S223"),
    ("5-", "S223"),
    ("+5", "S223"),
    (".5", "S223"),
    ("1_000", "S223"),
    ("0x1F", "S223"),
    ("−5", "S223"),
    ("१२", "S223"),
    ("5\u00a0", "S223"),
    ("1-Sep", "S224"),
    ("Mar-01", "S224"),
    ("01/02/2024", "S225"),
    ("13.02.24", "S225"),
    ("2024/02/13", "S225"),
    ("2024-02-30", "S225"),
    ("01FEB2024", "S225"),
    ("1-Feb-24", "S225"),
    ("UN-FEB-2024", "S225"),
    ("Feb 3, 2024", "S225"),
    ("2024-02", "S225"),
    ("32/13/2024", "S225"),
    (" lead", "S227"),
    ("trail ", "S227"),
    ("a\u00a0b", "S227"),
    ("\u2003wide", "S227"),
    ("a\u200bb", "S228"),
    ("\ufeffbom", "S228"),
    ("\u202eabc", "S228"),
    ("a\x07b", "S228"),
    ("soft\u00adhyphen", "S228"),
    ("аge", "S229"),
    ("012-0О03", "S229"),
    ("ΗbA1c", "S229"),
    ("=1+1", "S230"),
    ("@SUM(1)", "S230"),
    ("+cmd|' /C calc'!A0", "S230"),
    ("-2+3", "S230"),
    ("\t=1", "S230"),
    ("＝1+1", "S230"),
    ("x" * 32_768, "S231"),
    ("cafe\u0301", "S232"),
]


@pytest.mark.parametrize(("text", "code"), _ODD)
def test_text_when_it_can_be_taken_for_something_else_then_it_is_said(text: str, code: str) -> None:
    assert code in [found for found, _ in look_at(text)]


def test_letter_when_it_looks_like_another_then_it_is_named() -> None:
    assert look_at("Hb\u0410") == (
        ("S229", "letters that look like Latin ones and are not: U+0410 CYRILLIC CAPITAL LETTER A"),
    )


@pytest.mark.parametrize(
    ("text", "said"), [("01/02/2024", "two ways"), ("13/02/2024", "stored as text"), ("31/02/2024", "no calendar")]
)
def test_date_when_it_is_text_then_it_is_said_how_sure_its_order_is(text: str, said: str) -> None:
    assert said in look_at(text)[0][1]


@given(st.text(max_size=60))
def test_text_when_it_is_any_then_every_code_is_known_and_no_phrase_repeats_it(text: str) -> None:
    for code, phrase in look_at(text):
        assert code in load_codes()
        assert len(text) < 12 or text not in phrase
