"""Cells taken apart by written patterns: what fits gives its parts, and nothing that does not fit is lost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.capture.cell_parts import PartsReader
from trialkit.model.cell_pattern import LONGEST_TEXT, read_pattern
from trialkit.model.mapping import PartsMapping


def reader(*patterns: str | dict[str, Any], **more: Any) -> PartsReader:  # Any: as a file would say it
    """A reader of a column by patterns."""
    written = [pattern if isinstance(pattern, dict) else {"pattern": pattern} for pattern in patterns]
    return PartsReader(PartsMapping.model_validate({"column": "C", "patterns": written, **more}))


def texts(taker: PartsReader, text: str) -> list[dict[str, str]]:
    """The parts of each find."""
    return [{name: part.text for name, part in find.items()} for find in taker.read(text).finds]


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        ("{sys:integer}/{dia:integer}", "128/82", {"sys": "128", "dia": "82"}),
        ("{sys:integer}/{dia:integer}", "128/", None),
        ("{sys:integer}/{dia:integer}", "128/82 mmHg", None),
        ("BP {sys:integer}", "BP  128", {"sys": "128"}),
        ("BP {sys:integer}", "BP\u00a0128", {"sys": "128"}),
        ("BP {sys:integer}", "bp 128", None),
        ("{value:comma} kg", "80,2 kg", {"value": "80.2"}),
        ("{value:number} kg", "80,2 kg", None),
        ("{value:number} kg", "8O.2 kg", None),
        ("{value:number} kg", "\u0661\u0662 kg", None),
        ("{{x}}", "{x}", {}),
        ("{at:time} h", "9.32 h", {"at": "9.32"}),
        ("{day:date} ({again:date})", "07/05/24 (21/05/24)", {"day": "07/05/24", "again": "21/05/24"}),
        ("({why:text})", "(leak, twice)", {"why": "leak, twice"}),
    ],
)
def test_pattern_when_it_is_held_against_a_text_then_it_fits_from_end_to_end_or_not(
    pattern: str, text: str, parts: dict[str, str] | None
) -> None:
    assert read_pattern(pattern).match(text) == parts


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("{sys:integer", "a brace is not closed"),
        ("sys}", "a brace is not closed"),
        ("{Sys}", "a part is written"),
        ("{sys:float}", "a part can not be a float"),
        ("{a}{b}", "without anything between"),
        ("{a}/{a}", "stands twice"),
        ("{a:text} {b:text}", "more than one part is a text"),
        ("  ", "a pattern is empty"),
    ],
)
def test_pattern_when_it_is_unsound_then_it_says_why(pattern: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_pattern(pattern)


def test_whole_when_patterns_compute_and_put_then_numbers_are_exact_and_units_go_along() -> None:
    taker = reader(
        {"pattern": "{st:integer}st {rest:integer}", "sum": {"lb": {"st": "14", "rest": "1"}}, "unit": "LB"},
        {"pattern": "{m:number}m", "sum": {"cm": {"m": "100"}}},
        {"pattern": "<{limit:comma}", "put": {"result": "<{limit}"}},
        {"pattern": "1 35", "put": {"result": "135"}, "ask": "Is 135 meant?"},
    )

    assert texts(taker, "12st 9") == [{"st": "12", "rest": "9", "lb": "177"}]
    assert taker.read("12st 9").finds[0]["lb"].unit == "LB"
    assert texts(taker, "1.76m") == [{"m": "1.76", "cm": "176"}]
    assert texts(taker, "<0,5") == [{"limit": "0.5", "result": "<0.5"}]
    assert taker.read("1 35").finds[0]["result"].ask == "Is 135 meant?"
    assert (taker.read("98 (Ktr. 104)").finds, taker.read("98 (Ktr. 104)").rest) == ((), "98 (Ktr. 104)")
    assert taker.read("") == taker.read("")
    assert taker.read("").rest == ""


def test_within_when_a_remark_holds_values_then_the_rest_is_kept_and_two_answers_are_none() -> None:
    taker = reader("rpt {sys:integer}/{dia:integer}", "SpO2 {sat:integer}", how="within")

    assert texts(taker, "@T40; rpt 150/90 later, SpO2 96.") == [{"sys": "150", "dia": "90", "sat": "96"}]
    assert taker.read("@T40; rpt 150/90 later, SpO2 96.").rest == "@T40; … later,"
    assert texts(taker, "on rpt 15/3/2024 fine") == []
    assert texts(taker, "SpO2 96, then SpO2 92") == []
    assert taker.read("SpO2 96, then SpO2 92").rest == "SpO2 96, then SpO2 92"


def test_each_when_a_cell_holds_several_then_each_is_a_find_and_what_is_between_must_be_known() -> None:
    taker = reader(
        {"pattern": "{kit} {at:time}", "name": "used"},
        {"pattern": "{kit} ({what:text}) {at:time}", "name": "leaked"},
        how="each",
        between=[";", ","],
    )

    assert texts(taker, "A1 9:02; A2 9:07") == [{"kit": "A1", "at": "9:02"}, {"kit": "A2", "at": "9:07"}]
    read = taker.read("A1 9:30, A2 (leak) 9:36, A3 9:42")
    assert (len(read.finds), read.rest, read.count(["used"]), read.count(["leaked"])) == (3, "", 2, 1)
    assert taker.read("A1 9:02 and A2 9:07").rest == "and"
    assert taker.read("A1 13:00/13:05").rest == "A1 13:00/13:05"


@settings(max_examples=200)
@given(st.text(alphabet="A1 9:02;,()/.-xé\n{}", max_size=60))
def test_each_when_the_text_is_anything_then_every_letter_and_digit_is_found_or_told(text: str) -> None:
    taker = reader("{kit} {at:time}", "{kit} ({what:text}) {at:time}", how="each", between=[";"])

    read = taker.read(text.strip())

    found = "".join(part for find in read.finds for part in (item.text for item in find.values()))
    assert sorted(filter(str.isalnum, found + read.rest)) == sorted(filter(str.isalnum, text))


@pytest.mark.parametrize("how", ["whole", "within", "each"])
def test_pattern_when_a_text_is_long_and_hostile_then_it_takes_no_time(how: str) -> None:
    taker = reader("{a:integer}/{b:integer} {c:text} {d:number}!", "{kit} ({what:text}) {at:time}", how=how)

    started = time.process_time()
    for text in ("1/1 " * 990, "a (" * 1300, "9" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1)):
        taker.read(text)

    assert time.process_time() - started < 5
