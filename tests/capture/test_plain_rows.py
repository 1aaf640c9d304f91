"""Rows that are read column by column say what they say when each is read alone: the slow way is the judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from capture_sample import SUBJECTS, make_mapping, make_source, make_study, vs
from hypothesis import given
from hypothesis import strategies as st

from trialkit.capture import Captured, map_source
from trialkit.model.import_options import Blank
from trialkit.model.mapping import Mapping
from trialkit.model.record import RecordKey
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.column_blocks import row_at

_HEAD = "ID|VISIT|NO|TP|SBP|T|UNIT|DAY|POS|PEDAT||WHY"
_READ_ALONE = [{"column": "ID", "patterns": [{"pattern": "a part {that:text} nobody asks for"}]}]
"""What makes nothing, but lets each row be read alone."""
_DROP = [
    {"column": "POS", "texts": ["lying"], "why": "not meant"},
    {"column": "NO", "texts": ["x", "2"], "why": "not meant either"},
    {"column": "PEDAT", "texts": ["2024"], "why": "not meant"},
]

_cells = st.tuples(
    st.sampled_from(["012-0007", "012-0008", "013-0001", "012-0009", "n:12", "", "?", "#N/A", " 012-0007 "]),
    st.sampled_from(["V1", "V2", "UNS", "SCR", "V9", "", "Dosing", "#REF!"]),
    st.sampled_from(["", "1", "2", "n:1", "x"]),
    st.sampled_from(["", "PRE", "P40", "P99"]),
    st.sampled_from(["120", "n:120", "", " ", "ND", ".CLEAR", "?", "#DIV/0!", "\ufeff", "120,5"]),
    st.sampled_from(["36.6", "n:36.6", "36,6", "", "ND", "?"]),
    st.sampled_from(["C", "F", "", "deg F", "#N/A", "Celsius"]),
    st.sampled_from(["d:2024-05-06", "06.05.2024", "", "ND", "n:45418"]),
    st.sampled_from(["sitting", "SUPINE", "", "lying", "-"]),
    st.sampled_from(["", "d:2024-05-06", "2024"]),
    st.sampled_from(["", "a word without a header", "?"]),
    st.sampled_from(["", "read again", "?"]),
)
_rows = st.lists(_cells.map("|".join), min_size=1, max_size=12)


def _mappings(**more: Any) -> Mapping:  # Any: as a file would say it
    first = vs(
        {
            "SYSBP": {"column": "SBP", "decimal_comma": True},
            "TEMP": {"column": "T", "unit_column": "UNIT", "units": {"Celsius": "C"}, "decimal_comma": True},
            "VSDAT": {"column": "DAY", "date_format": "DD.MM.YYYY"},
            "POS": {"column": "POS", "values": {"sitting": "SITTING", "-": ""}},
        },
        visit_repeat={"column": "NO"},
        timepoint={"column": "TP"},
    )
    second = {"form": "PE", "visit": {"value": "V1"}, "items": {"PEDAT": {"column": "PEDAT"}}}
    third = {
        "form": "AE",
        "visit": {"value": "V1"},
        "where": {"POS": ["sitting", "", "lying"], "TP": ["", "PRE"]},
        "items": {"AETERM": {"column": "DAY"}},
    }
    return make_mapping([first, second, third], missing={"ND": "ND"}, reason={"column": "WHY"}, **more)


def _same(one: Captured, other: Captured) -> None:
    several, alone = (sorted(found.submissions, key=_by_row) for found in (one, other))
    assert several == alone
    for mine, theirs in zip(several, alone, strict=True):
        assert list(mine.values) == list(theirs.values)
        assert dict(mine.cells) == dict(theirs.cells)
        assert list(mine.sources) == list(theirs.sources)
    nothing = Submissions()
    assert replace(one, submissions=nothing) == replace(other, submissions=nothing)


def _by_row(submission: Submission) -> tuple[int, RecordKey]:
    return submission.row, submission.key


@given(rows=_rows, blank=st.sampled_from(Blank), enrol=st.booleans(), drop=st.booleans())
def test_rows_when_they_are_read_by_columns_then_they_say_what_each_says_alone(
    rows: list[str], blank: Blank, enrol: bool, drop: bool
) -> None:
    source, study = make_source(_HEAD, *rows), make_study()
    more = {"subject": {"column": "ID", "enrol": enrol}, "drop": _DROP if drop else []}
    by_columns = map_source(source, _mappings(**more), study, SUBJECTS, blank)
    alone = map_source(source, _mappings(**more, parts=_READ_ALONE), study, SUBJECTS, blank)
    _same(by_columns, alone)


def test_rows_when_blanks_have_a_meaning_then_they_say_what_each_says_alone() -> None:
    rows = ["012-0007|V2||||||||", "012-0008|V2|||120|||||", "|V2|||||||||", "013-0001|UNS|1|||36.6|F||"]
    told = {"SYSBP": {"column": "SBP", "missing": {"": "ND"}}, "POS": {"column": "POS", "values": {"": "SUPINE"}}}
    records = [vs(told, visit_repeat={"column": "NO"})]
    source, study = make_source(_HEAD, *rows), make_study()
    by_columns = map_source(source, make_mapping(records), study, SUBJECTS)
    _same(by_columns, map_source(source, make_mapping(records, parts=_READ_ALONE), study, SUBJECTS))
    assert [list(found.values) for found in by_columns.submissions] == [["SYSBP", "POS"]]


def test_values_when_two_rows_say_the_same_then_they_are_one_object() -> None:
    source = make_source(_HEAD, "012-0007|V2|||n:120", "012-0008|V2|||n:120")
    one, other = map_source(source, _mappings(), make_study(), SUBJECTS).submissions
    assert one.values["SYSBP"] is other.values["SYSBP"]


@given(rows=_rows)
def test_block_when_its_rows_are_asked_for_then_they_are_those_it_was_made_of(rows: list[str]) -> None:
    sheet = make_source(_HEAD, *rows).sheets[0]
    again = [row_at(block, place) for block in column_blocks_of(sheet.rows) for place in range(len(block.numbers))]
    assert again == list(sheet.rows)


def test_file_when_it_holds_no_rows_then_nothing_is_made() -> None:
    source: SourceFile = make_source(_HEAD)
    assert map_source(source, _mappings(), make_study(), SUBJECTS).submissions == ()
