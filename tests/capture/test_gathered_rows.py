"""Rows of mappings that ask for more than cells are gathered as columns, and say what each of them says by itself."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from capture_sample import SUBJECTS, make_mapping, make_source, make_study, vs
from hypothesis import given
from hypothesis import strategies as st

from trialkit.capture import map_source, row_capture
from trialkit.model.import_options import Blank
from trialkit.model.mapping import Mapping
from trialkit.model.submitted_rows import SubmittedRows

_HEAD = "ID|SITE|NO|VISIT|WHEN|SBP|WHY NOT|T|DAY|MONTH|EVENTS|NOTE|HISTORY"
_cells = st.tuples(
    st.sampled_from(["012-0007", "012-0008", "", "?", "012-0009"]),
    st.sampled_from(["012", "013", ""]),
    st.sampled_from(["0007", "0008", "0001", "", "7"]),
    st.sampled_from(["V1", "V2", "UNS", ""]),
    st.sampled_from(["PRE", "at P40", "", "soon"]),
    st.sampled_from(["120", "n:118", "", "ND", "#N/A"]),
    st.sampled_from(["", "refused", "REF", "whatever"]),
    st.sampled_from(["36.6 C", "97,9 F", "", "warm", "36.6"]),
    st.sampled_from(["6", "", "31"]),
    st.sampled_from(["05-2024", "", "2024"]),
    st.sampled_from(["", "headache (1); nausea (2)", "headache (1)", "gibberish"]),
    st.sampled_from(["", "read twice", "?"]),
    st.sampled_from(["", "asthma", "n:5"]),
)
_rows = st.lists(_cells.map("|".join), min_size=1, max_size=12)


def _rich_mapping(*, by_template: bool) -> Mapping:
    """Subjects by template or one of two columns; parts, several records of one cell, counts, constants, remarks."""
    signs = vs(
        {
            "VSDAT": {"template": "{DAY}-{MONTH}", "date_format": "D-MM-YYYY"},
            "SYSBP": {"column": "SBP", "missing": {"refused": "REF", "ND": "ND"}, "missing_column": "WHY NOT"},
            "TEMP": {"part": "degrees", "decimal_comma": True},
            "POS": {"value": "SITTING"},
        },
        timepoint={"part": "point"},
        visit_repeat={"column": "NO", "values": {"0007": "1", "0008": "2", "0001": "3"}},
    )
    events = {"form": "AE", "visit": {"value": "V1"}, "each": "EVENTS", "items": {"AETERM": {"part": "term"}}}
    history = {
        "form": "MH",
        "visit": {"value": "SCR"},
        "once_by": ["MHTERM"],
        "items": {"MHTERM": {"column": "HISTORY"}},
    }
    subject: dict[str, Any] = {"template": "{SITE}-{NO}"} if by_template else {"columns": ["ID"]}  # Any: as in a file
    return make_mapping(
        [signs, events, history],
        subject={**subject, "enrol": True},
        remarks=["NOTE"],
        parts=[
            {"column": "WHEN", "patterns": [{"pattern": "at {point:word}"}, {"pattern": "{point:word}"}]},
            {
                "column": "T",
                "patterns": [
                    {"pattern": "{degrees:comma} F", "unit": "F", "ask": "Was it Fahrenheit?"},
                    {"pattern": "{degrees:number} C", "unit": "C"},
                ],
            },
            {
                "column": "EVENTS",
                "how": "each",
                "between": [";"],
                "patterns": [{"pattern": "{term:word} ({grade:integer})"}],
            },
        ],
    )


@given(rows=_rows, blank=st.sampled_from(Blank), by_template=st.booleans(), portion=st.sampled_from([1, 3, 4_000]))
def test_rows_when_they_are_gathered_then_each_says_what_was_read_of_it(
    rows: list[str], blank: Blank, by_template: bool, portion: int
) -> None:
    source, study, mapping = make_source(_HEAD, *rows), make_study(), _rich_mapping(by_template=by_template)
    with patch.object(row_capture, "_GATHERED", portion):
        gathered = map_source(source, mapping, study, SUBJECTS, blank)
        with patch.object(SubmittedRows, "_say", lambda *_: False):
            kept = map_source(source, mapping, study, SUBJECTS, blank)
    assert len(gathered.submissions) == len(kept.submissions)
    for mine, theirs in zip(gathered.submissions, kept.submissions, strict=True):
        assert mine == theirs
        assert (list(mine.values), dict(mine.cells)) == (list(theirs.values), dict(theirs.cells))
        assert mine.sources == tuple(theirs.sources)
    assert (gathered.findings, gathered.notes) == (kept.findings, kept.notes)
    assert (gathered.new_subjects, gathered.enrolling) == (kept.new_subjects, kept.enrolling)


def test_rows_when_their_cells_are_filled_then_none_is_kept_by_itself() -> None:
    row = "012-0007|012|0007|V1|at P40|120||36.6 C|6|05-2024|headache (1); nausea (2)||asthma"
    captured = map_source(make_source(_HEAD, row), _rich_mapping(by_template=True), make_study(), SUBJECTS)
    rows = [part for part in captured.submissions.parts if isinstance(part, SubmittedRows)]
    assert [(part.layout.form, len(part), len(part.alone)) for part in rows] == [
        ("VS", 1, 0),
        ("AE", 2, 0),
        ("MH", 1, 0),
    ]
    assert [found.values["AETERM"].text for found in rows[1]] == ["headache", "nausea"]
