"""Rows that are read column by column say what they say when each is read alone: the slow way is the judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from capture_sample import SUBJECTS, make_mapping, make_source, make_study, vs
from hypothesis import given
from hypothesis import strategies as st

from trialkit.capture import Captured, map_rows, map_source
from trialkit.model.import_options import Blank
from trialkit.model.mapping import Mapping
from trialkit.model.record import RecordKey
from trialkit.model.source import SourceFile
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.column_blocks import row_at

_HEAD = "ID|VISIT|NO|TP|SBP|T|UNIT|DAY|POS|PEDAT||WHY"
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


def _alone(source: SourceFile, mapping: Mapping, blank: Blank = Blank.IGNORE) -> Captured:
    """What a mapping makes of a file when each of its rows is read alone."""
    with patch.object(map_rows, "is_plain", lambda *_: False):
        return map_source(source, mapping, make_study(), SUBJECTS, blank)


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
    source = make_source(_HEAD, *rows)
    mapping = _mappings(subject={"column": "ID", "enrol": enrol}, drop=_DROP if drop else [])
    _same(map_source(source, mapping, make_study(), SUBJECTS, blank), _alone(source, mapping, blank))


_RICH_HEAD = "SITE|NO|VISIT|WHEN|SBP|WHY NOT|T|DAY|MONTH|SAID|NOTE|DONE"


def _mostly(usual: str, *others: str) -> st.SearchStrategy[str]:
    """Cells most of which say something usual: a row with one odd cell is read alone in any case."""
    return st.sampled_from([*usual.split("|") * 20, *others])


_rich_cells = st.tuples(
    _mostly("012|012|012", "013", "", "#N/A"),
    _mostly("0007|0008", "0001", "", "7", "0009"),
    _mostly("V1|V2|UNS", "", "?"),
    _mostly("PRE|at P40|", "soon", "two words", "?"),
    _mostly("120|n:118|", "ND", "#N/A"),
    _mostly("||refused", "REF", "whatever", "?"),
    _mostly("36.6 C|98||ND", "97,9 F", "warm", "36.6", "50", ".REF", ".CLEAR", ".WHY", "?"),
    _mostly("6|31|", "#REF!"),
    _mostly("05-2024", "", "2024"),
    _mostly("||", "lay down, felt well", "lay down", "nothing to say", "?"),
    _mostly("||||", "read twice", "?"),
    _mostly("x|", "#N/A"),
)


def _rich_mapping(*, filled: bool, enrol: bool) -> Mapping:
    """Subjects by template; parts, some of them asked about or only proposed; a constant, reasons, units by range."""
    items = {
        "VSDAT": {"template": "{DAY}-{MONTH}", "date_format": "D-MM-YYYY"},
        "SYSBP": {"column": "SBP", "missing": {"refused": "REF", "ND": "ND"}, "missing_column": "WHY NOT"},
        "TEMP": {
            "part": "degrees",
            "decimal_comma": True,
            "missing": {"ND": "ND"},
            "unit_ranges": {"C": "30..45", "F": "86..113"},
        },
        "POS": {"part": "position", "values": {"lay": "SUPINE"}},
    }
    visit_repeat = {"template": "{NO}", "values": {"0007": "1", "0008": "2", "0001": "3"}}
    signs = vs(items, timepoint={"part": "point"}, visit_repeat=visit_repeat, filled=["DONE", "SBP"] if filled else [])
    seated = vs({"POS": {"value": "SITTING"}, "SYSBP": {"column": "SBP"}}, where={"DONE": ["", "x"]})
    first = {"form": "PE", "visit": {"value": "SCR"}, "items": {"PEDAT": {"column": "MONTH", "otherwise": "2024-05"}}}
    counted = {"form": "MH", "visit": {"value": "SCR"}, "items": {"MHTERM": {"count": ["celsius", "bare"]}}}
    return make_mapping(
        [signs, seated, first, counted],
        subject={"template": "{SITE}-{NO}", "enrol": enrol},
        remarks=["NOTE"],
        parts=[
            {"column": "WHEN", "patterns": [{"pattern": "at {point:word}"}, {"pattern": "{point:word}"}]},
            {
                "column": "T",
                "patterns": [
                    {"pattern": "{degrees:comma} F", "name": "fahrenheit", "unit": "F", "ask": "Was it Fahrenheit?"},
                    {"pattern": "{degrees:number} C", "name": "celsius", "unit": "C"},
                    {"pattern": "{degrees:number}", "name": "bare"},
                ],
            },
            {
                "column": "SAID",
                "how": "within",
                "patterns": [
                    {"pattern": "{position:word} down", "name": "lay"},
                    {"pattern": "felt {mood:word}", "name": "felt"},
                ],
            },
        ],
    )


@given(
    rows=st.lists(_rich_cells.map("|".join), min_size=1, max_size=12),
    blank=st.sampled_from(Blank),
    filled=st.booleans(),
    enrol=st.booleans(),
)
def test_rows_when_several_cells_decide_then_they_say_what_each_says_alone(
    rows: list[str], blank: Blank, filled: bool, enrol: bool
) -> None:
    source, mapping = make_source(_RICH_HEAD, *rows), _rich_mapping(filled=filled, enrol=enrol)
    _same(map_source(source, mapping, make_study(), SUBJECTS, blank), _alone(source, mapping, blank))


def test_rows_when_blanks_have_a_meaning_then_they_say_what_each_says_alone() -> None:
    rows = ["012-0007|V2||||||||", "012-0008|V2|||120|||||", "|V2|||||||||", "013-0001|UNS|1|||36.6|F||"]
    told = {"SYSBP": {"column": "SBP", "missing": {"": "ND"}}, "POS": {"column": "POS", "values": {"": "SUPINE"}}}
    records = [vs(told, visit_repeat={"column": "NO"})]
    source, mapping = make_source(_HEAD, *rows), make_mapping(records)
    by_columns = map_source(source, mapping, make_study(), SUBJECTS)
    _same(by_columns, _alone(source, mapping))
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
