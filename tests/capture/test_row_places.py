"""Where the record of a row belongs: visits, timepoints and repeats by the words of the file."""

from __future__ import annotations

from typing import Any

import pytest
from capture_sample import capture, codes, make_mapping, make_source, texts, vs

from trialkit.errors import UsageError

_HEAD = "ID|VISIT|SBP"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V2", "V2"),
        ("v2", "V2"),
        ("Follow-up", "V2"),
        ("FOLLOW-UP", "V2"),
        (" Follow-up\u00a0", "V2"),
        ("Follow up", "M103"),
        ("", "M103"),
        ("V9", "M103"),
        ("SCR", "M104"),
        ("#REF!", "M107"),
    ],
)
def test_visit_when_it_is_named_then_it_is_found_by_identifier_or_label(text: str, expected: str) -> None:
    captured = capture(make_source(_HEAD, f"012-0007|{text}|120"), make_mapping())

    assert [found.key.visit for found in captured.submissions] + [code for code, _ in codes(captured)] == [expected]
    assert all(address == "B2" for _, address in codes(captured))


def test_visit_when_its_label_is_wrong_then_the_nearest_is_named() -> None:
    (finding,) = capture(make_source(_HEAD, "012-0007|Folow-up|120"), make_mapping()).findings

    assert finding.remedy == "Did you mean Follow-up? The visits are: SCR, V1, V2, UNS."


def test_visit_when_the_form_has_only_one_then_it_need_not_be_said() -> None:
    mapping = make_mapping([{"form": "MH", "items": {"MHTERM": {"column": "TERM"}}}])

    assert texts(capture(make_source("ID|TERM", "012-0007|asthma"), mapping)) == {
        "012-0007 SCR MH": {"MHTERM": "asthma"}
    }


@pytest.mark.parametrize(
    "record",
    [
        {"form": "PE", "items": {"PEDAT": {"column": "SBP"}}},
        {"form": "AE", "items": {"AETERM": {"column": "SBP"}}},
        {"form": "ZZ", "items": {"PEDAT": {"column": "SBP"}}},
        vs({"NONE": {"column": "SBP"}}),
        vs({"MAP": {"column": "SBP"}}),
    ],
)
def test_mapping_when_it_does_not_fit_the_study_then_it_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        capture(make_source(_HEAD), make_mapping([record]))

    assert caught.value.code in ("U110", "U115")


@pytest.mark.parametrize(
    ("visit", "timepoint", "expected"),
    [
        ("V1", "PRE", "PRE"),
        ("V1", "pre", "PRE"),
        ("V1", "40 MIN", "P40"),
        ("V1", "", "M105"),
        ("V1", "P99", "M105"),
        ("V1", "P4O", "M105"),
        ("V2", "", ""),
        ("V2", "PRE", "M105"),
    ],
)
def test_timepoint_when_the_form_is_timed_then_it_is_needed_and_only_then(
    visit: str, timepoint: str, expected: str
) -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}}, timepoint={"column": "TP"})])

    captured = capture(make_source("ID|VISIT|TP|SBP", f"012-0007|{visit}|{timepoint}|120"), mapping)

    assert [found.key.timepoint for found in captured.submissions] + [code for code, _ in codes(captured)] == [expected]


@pytest.mark.parametrize(
    ("visit", "number", "expected"),
    [
        ("UNS", "2", 2),
        ("UNS", "", 1),
        ("V2", "1", 1),
        ("V2", "2", "M110"),
        ("UNS", "0", "M110"),
        ("UNS", "1.5", "M110"),
    ],
)
def test_visit_repeat_when_it_is_given_then_it_is_a_number_and_the_visit_repeats(
    visit: str, number: str, expected: int | str
) -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}}, visit_repeat={"column": "NO"})])

    captured = capture(make_source("ID|VISIT|NO|SBP", f"012-0007|{visit}|{number}|120"), mapping)

    found: list[int | str] = [found.key.visit_repeat for found in captured.submissions]
    assert found + [code for code, _ in codes(captured)] == [expected]


_AE = {"form": "AE", "visit": {"column": "VISIT"}, "items": {"AETERM": {"column": "TERM"}}}


def test_repeat_when_it_is_left_out_then_rows_are_counted_by_subject_and_visit_and_it_is_said() -> None:
    source = make_source(
        "ID|VISIT|TERM", "012-0007|V2|cough", "012-0008|V2|rash", "012-0007|V2|", "012-0007|V2|pain", "012-0007|V1|pain"
    )

    captured = capture(source, make_mapping([_AE]))

    assert texts(captured) == {
        "012-0007 V2 AE": {"AETERM": "cough"},
        "012-0008 V2 AE": {"AETERM": "rash"},
        "012-0007 V2 AE #2": {"AETERM": "pain"},
        "012-0007 V1 AE": {"AETERM": "pain"},
    }
    assert any("numbered in the order of the file" in note for note in captured.notes)


def test_repeat_when_it_is_given_then_it_is_taken() -> None:
    source = make_source("ID|VISIT|NO|TERM", "012-0007|V2|3|cough", "012-0007|V2|x|rash")

    captured = capture(source, make_mapping([{**_AE, "repeat": {"column": "NO"}}]))

    assert [str(found.key) for found in captured.submissions] == ["012-0007 V2 AE #3"]
    assert codes(captured) == [("M110", "C3")]
    assert captured.notes == ()


def test_rows_when_two_are_for_one_record_then_neither_is_imported_and_both_are_named() -> None:
    source = make_source("ID|VISIT|SBP|T", "012-0007|V2|120|", "012-0008|V2|118|", "012-0007|Follow-up||36.6")
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}, "TEMP": {"column": "T", "unit": "C"}})])

    captured = capture(source, mapping)

    assert [str(found.key) for found in captured.submissions] == ["012-0008 V2 VS"]
    (finding,) = captured.findings
    assert (finding.code, finding.is_hard, str(finding.key)) == ("M109", True, "012-0007 V2 VS")
    assert "Rows 2 and 4" in finding.message


def test_row_when_it_holds_several_records_then_each_is_made_where_it_has_data() -> None:
    wide = [
        vs({"SYSBP": {"column": "PRE"}}, visit={"value": "V1"}, timepoint={"value": "PRE"}),
        vs({"SYSBP": {"column": "P40"}}, visit={"value": "V1"}, timepoint={"value": "P40"}),
    ]

    captured = capture(make_source("ID|PRE|P40", "012-0007|120|131", "012-0008|118|"), make_mapping(wide))

    assert {str(found.key) for found in captured.submissions} == {
        "012-0007 V1 VS @PRE",
        "012-0007 V1 VS @P40",
        "012-0008 V1 VS @PRE",
    }
