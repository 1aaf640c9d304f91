"""Rows under a mapping: each becomes a submission or a finding with its cell, and nothing is dropped without a word."""

from __future__ import annotations

from typing import Any

import pytest
from capture_sample import SUBJECTS, capture, codes, make_mapping, make_source, make_study, texts, vs

from trialkit.capture import map_source
from trialkit.errors import SourceFileError
from trialkit.model.item import MissingReason
from trialkit.model.record import CellReference, RecordKey, Subject
from trialkit.model.source import SourceFile, SourceSheet

_HEAD = "ID|VISIT|SBP"


def test_row_when_all_is_plain_then_it_becomes_a_submission_with_its_cells() -> None:
    captured = capture(make_source(_HEAD, "012-0007|V2|120"), make_mapping())

    (found,) = captured.submissions
    assert found.key == RecordKey("012", "012-0007", "V2", 1, "VS")
    assert found.values["SYSBP"].text == "120"
    assert found.cells["SYSBP"] == CellReference("site.xlsx", "VS", "C2")
    assert [source.address for source in found.sources] == ["A2", "B2"]
    assert (found.row, captured.findings, captured.notes) == (2, (), ())


# Sheets and headers


def test_sheet_when_it_is_missing_then_those_there_are_are_named() -> None:
    with pytest.raises(SourceFileError, match="VS, Lists") as caught:
        capture(make_source(_HEAD, extra=(SourceSheet("Lists", ()),)), make_mapping(sheet="Vitals"))

    assert caught.value.code == "S150"


def test_sheet_when_none_is_named_then_the_only_visible_one_with_data_is_taken() -> None:
    hidden = SourceSheet("Lists", make_source(_HEAD).sheets[0].rows, visible=False)
    source = make_source(_HEAD, "012-0007|V2|120", extra=(hidden, SourceSheet("Sheet3", ())))
    assert len(capture(source, make_mapping()).submissions) == 1

    two = make_source(_HEAD, extra=(SourceSheet("Other", make_source(_HEAD).sheets[0].rows),))
    with pytest.raises(SourceFileError, match="Other"):
        capture(two, make_mapping())


def test_sheet_when_the_file_is_csv_then_a_sheet_name_does_not_matter() -> None:
    source = make_source(_HEAD, "012-0007|V2|120", sheet="")

    captured = capture(source, make_mapping(sheet="VS"))

    assert str(captured.submissions[0].cells["SYSBP"]) == "site.xlsx!C2"


@pytest.mark.parametrize(
    "header", ["id|visit|sbp", " ID |VISIT\u00a0|S\u0042P", "ID|Visit|SBP\n", "\ufeffID|VISIT|SBP"]
)
def test_header_when_it_differs_in_case_form_or_blanks_then_it_is_the_same(header: str) -> None:
    assert len(capture(make_source(header, "012-0007|V2|120"), make_mapping()).submissions) == 1


def test_header_when_columns_are_missing_then_all_are_named_with_the_nearest() -> None:
    with pytest.raises(SourceFileError) as caught:
        capture(make_source("ID|VISITS|SYSTOLIC"), make_mapping())

    assert caught.value.code == "S152"
    assert "VISIT (nearest: VISITS), SBP in row 1" in caught.value.message


@pytest.mark.parametrize("header", ["ID|VISIT|SBP|SBP", "ID|VISIT|SBP|sbp ", "ID|VISIT|\u00c9|E\u0301"])
def test_header_when_a_used_one_stands_twice_then_it_is_refused(header: str) -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "É" if "É" in header else "SBP"}})])

    with pytest.raises(SourceFileError, match="C and D") as caught:
        capture(make_source(header), mapping)

    assert caught.value.code == "S153"


def test_header_when_its_row_is_blank_then_the_filled_rows_are_named() -> None:
    with pytest.raises(SourceFileError, match="row 1") as caught:
        capture(make_source("", "", _HEAD), make_mapping())

    assert caught.value.code == "S151"
    assert "3" in caught.value.remedy


def test_columns_when_they_are_not_mapped_then_it_is_said() -> None:
    source = make_source("Site 012", "ID|VISIT|SBP|Rater|Notes||Doubled|Doubled", "012-0007|V2|120|KL|ok|x", "|||||y||")

    notes = capture(source, make_mapping(header_row=2, ignore=["notes"])).notes

    assert notes == (
        "columns not imported, because the mapping does not name them: Rater, Doubled, Doubled",
        "columns not imported, because they have no header: F",
        "rows above the header, not read: 1",
        "rows without a value for any form of the mapping, which make no record: 4",
    )


def test_row_when_the_mapping_says_what_must_be_filled_then_others_make_no_record() -> None:
    items = {"SYSBP": {"column": "SBP"}, "POS": {"column": "POS"}}
    source = make_source("ID|VISIT|SBP|POS", "012-0007|V2|120|", "012-0008|V2||SITTING")

    captured = capture(source, make_mapping([vs(items, filled=["SBP"])]))

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "120"}}
    assert captured.notes == ("rows without a value for any form of the mapping, which make no record: 3",)


# Subjects


def test_subject_when_it_is_unknown_then_the_cell_and_the_nearest_are_named() -> None:
    captured = capture(make_source(_HEAD, "012-0O07|V2|120", "|V2|118", "Mean||119"), make_mapping())

    assert codes(captured) == [("M101", "A2"), ("M101", "A3"), ("M101", "A4")]
    assert captured.findings[0].remedy == "Did you mean 012-0007?"
    assert captured.submissions == ()


def test_row_when_it_holds_no_data_then_nothing_comes_of_it() -> None:
    source = make_source(_HEAD, "012-0007|V2|", "Site 04||", "| |\u00a0", "012-0007|V2|120")

    captured = capture(source, make_mapping())

    assert (len(captured.submissions), captured.findings) == (1, ())


@pytest.mark.parametrize(
    ("subject", "row", "expected"),
    [
        ({"template": "{SITE}-{SUBJ}"}, "12||V2", "M101"),
        ({"template": "{SITE}-{SUBJ}", "values": {"12-7": "012-0007"}}, "12|7|V2", "012-0007"),
        ({"template": "{SITE}-{SUBJ}"}, "012| 0007\u00a0|V2", "012-0007"),
        ({"columns": ["SITE", "SUBJ"]}, "012-0007||V2", "012-0007"),
        ({"columns": ["SITE", "SUBJ"]}, "|012-0007|V2", "012-0007"),
        ({"columns": ["SITE", "SUBJ"]}, "012-0007|012-0007|V2", "012-0007"),
        ({"columns": ["SITE", "SUBJ"]}, "012-0007|012-0008|V2", "M106"),
        ({"columns": ["SITE", "SUBJ"], "values": {"A": "012-0007", "B": "012-0007"}}, "A|B|V2", "012-0007"),
        ({"value": "012-0008"}, "||V2", "012-0008"),
        ({"column": "SUBJ", "values": {"7": "012-0007"}}, "|n:7|V2", "012-0007"),
        ({"column": "SUBJ"}, "|#N/A|V2", "M107"),
        ({"column": "SUBJ"}, "|?|V2", "M108"),
    ],
)
def test_subject_when_it_is_named_in_any_way_then_it_is_found(subject: dict[str, Any], row: str, expected: str) -> None:
    captured = capture(make_source("SITE|SUBJ|VISIT|SBP", row + "|120"), make_mapping(subject=subject))

    assert [found.key.subject for found in captured.submissions] + [code for code, _ in codes(captured)] == [expected]


def test_row_when_a_template_has_only_blank_cells_and_no_data_then_it_is_blank() -> None:
    mapping = make_mapping(subject={"template": "{SITE}-{SUBJ}", "enrol": True})

    captured = capture(make_source("SITE|SUBJ|VISIT|SBP", "||V2|", " | | |"), mapping)

    assert (captured.submissions, captured.findings, captured.new_subjects) == ((), (), ())


# Enrolment

_ENROL = {"column": "ID", "enrol": True}


def test_subject_when_it_may_be_enrolled_then_site_and_number_are_read_from_its_name() -> None:
    source = make_source(_HEAD, "013-0099|V2|120", "012-0007|V2|121", "013-0099|UNS|122", "013-0100|V2|")

    captured = capture(source, make_mapping(subject=_ENROL))

    assert captured.new_subjects == (Subject("013-0099", "013", "0099"), Subject("013-0100", "013", "0100"))
    assert [found.key.site for found in captured.submissions] == ["013", "012", "013"]


@pytest.mark.parametrize("name", ["014-0001", "0120099", "012-", "Mean", "012-00 99", "x012-0099"])
def test_subject_when_its_name_does_not_fit_the_study_then_it_is_not_enrolled(name: str) -> None:
    captured = capture(make_source(_HEAD, f"{name}|V2|120"), make_mapping(subject=_ENROL))

    assert codes(captured) == [("M102", "A2")]
    assert captured.new_subjects == ()


@pytest.mark.parametrize(
    ("pattern", "sites", "name", "expected"),
    [
        ("{study}/{site}/{number}", ["012"], "S1/012/7", [("012", "7")]),
        ("{number}", ["012"], "0007", [("012", "0007")]),
        ("{number}", ["012", "013"], "0007", []),
        ("{site}{number}", ["1", "12"], "123", []),
        ("{site}{number}", ["1", "12"], "13", [("1", "3")]),
        ("P.{number}({site})", ["012"], "P.7(012)", [("012", "7")]),
    ],
)
def test_subject_when_a_study_writes_it_otherwise_then_its_pattern_is_followed(
    pattern: str, sites: list[str], name: str, expected: list[tuple[str, str]]
) -> None:
    captured = capture(make_source(_HEAD, f"{name}|V2|120"), make_mapping(subject=_ENROL), make_study(pattern, sites))

    assert [(subject.site, subject.number) for subject in captured.new_subjects] == expected
    assert len(captured.findings) == (0 if expected else 1)


# Items


def _values(item: dict[str, Any], head: str, row: str, name: str = "SYSBP") -> list[Any]:
    """Text, unit, reason and layout of the one value, or the finding's code."""
    captured = capture(make_source(f"ID|VISIT|{head}", f"012-0007|V2|{row}"), make_mapping([vs({name: item})]))
    found = [found.values[name] for found in captured.submissions]
    values = [(value.text, value.unit, value.missing, value.date_format, value.decimal_comma) for value in found]
    return values + [code for code, _ in codes(captured)]


@pytest.mark.parametrize(
    ("item", "head", "row", "expected"),
    [
        ({"column": "A"}, "A", " 120\u00a0", [("120", None, None, None, False)]),
        ({"column": "A"}, "A", " \u00a0", []),
        ({"column": "A"}, "A", "a  b", [("a  b", None, None, None, False)]),
        ({"column": "A"}, "A", "#N/A", ["M107"]),
        ({"column": "A"}, "A", "?", ["M108"]),
        ({"column": "A", "values": {"J": "Y"}}, "A", " J ", [("Y", None, None, None, False)]),
        ({"column": "A", "values": {"J": "Y"}}, "A", "j", [("j", None, None, None, False)]),
        ({"column": "A", "values": {"-": ""}}, "A", "-", []),
        ({"column": "A", "values": {"": "N"}}, "A", "", []),
        ({"column": "A", "missing": {"NK": "UNK"}}, "A", "NK ", [("NK", None, MissingReason.UNKNOWN, None, False)]),
        ({"column": "A", "unit": "C"}, "A", "36.6", [("36.6", "C", None, None, False)]),
        ({"column": "A", "unit_column": "U", "units": {"°F": "F"}}, "A|U", "98|°F", [("98", "F", None, None, False)]),
        ({"column": "A", "unit_column": "U"}, "A|U", "98|", [("98", None, None, None, False)]),
        ({"column": "A", "unit_column": "U"}, "A|U", "98|#N/A", ["M107"]),
        ({"column": "A", "unit_column": "U"}, "A|U", "|C", []),
        (
            {"column": "A", "date_format": "DD/MM/YYYY"},
            "A",
            "6/5/2024",
            [("6/5/2024", None, None, "DD/MM/YYYY", False)],
        ),
        ({"column": "A", "date_format": "DD/MM/YYYY"}, "A", "d:2024-05-06", [("2024-05-06", None, None, None, False)]),
        ({"column": "A", "decimal_comma": True}, "A", "36,6", [("36,6", None, None, None, True)]),
        ({"column": "A", "decimal_comma": True}, "A", "n:36.6", [("36.6", None, None, None, False)]),
        ({"template": "{A}T{B}"}, "A|B", "d:2024-05-06|d:09:05", [("2024-05-06T09:05", None, None, None, False)]),
        ({"template": "{A}-{B}"}, "A|B", "|", []),
        ({"template": "{A}-{B}"}, "A|B", "1|", [("1-", None, None, None, False)]),
    ],
)
def test_item_when_it_is_mapped_then_text_unit_and_reason_come_as_given(
    item: dict[str, Any], head: str, row: str, expected: list[Any]
) -> None:
    assert _values(item, head, row) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("120|", [("120", None, None, None, False)]),
        ("|nicht gemacht", [("nicht gemacht", None, MissingReason.NOT_DONE, None, False)]),
        ("|REF", [("REF", None, MissingReason.REFUSED, None, False)]),
        ("|.unk", [(".unk", None, MissingReason.UNKNOWN, None, False)]),
        ("|done", ["M111"]),
        ("120|done", [("120", None, None, None, False)]),
        ("120|nicht gemacht", ["M111"]),
        ("|", []),
    ],
)
def test_item_when_a_second_column_says_why_it_is_missing_then_it_is_read(row: str, expected: list[Any]) -> None:
    item = {"column": "A", "missing_column": "WHY", "missing": {"nicht gemacht": "ND"}}

    assert _values(item, "A|WHY", row) == expected


def test_item_when_it_is_constant_then_it_comes_only_with_data() -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}, "POS": {"value": "SITTING"}})])

    captured = capture(make_source(_HEAD, "012-0007|V2|120", "012-0008|V2|"), mapping)

    assert texts(captured) == {"012-0007 V2 VS": {"SYSBP": "120", "POS": "SITTING"}}
    assert "POS" not in captured.submissions[0].cells


def test_record_when_one_cell_can_not_be_read_then_it_is_held_back_and_the_item_named() -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}, "TEMP": {"column": "T", "unit": "C"}})])

    captured = capture(make_source("ID|VISIT|SBP|T", "012-0007|V2|120|#DIV/0!"), mapping)

    assert captured.submissions == ()
    (finding,) = captured.findings
    assert (finding.code, finding.where, finding.item) == ("M107", "site.xlsx!VS!D2", "TEMP")
    assert str(finding.key) == "012-0007 V2 VS"


def test_rows_when_they_are_shorter_than_the_header_then_the_rest_is_blank() -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP"}, "TEMP": {"column": "T", "unit": "C"}})])

    assert texts(capture(make_source("ID|VISIT|SBP|T", "012-0007|V2|120"), mapping)) == {
        "012-0007 V2 VS": {"SYSBP": "120"}
    }


def test_findings_when_there_are_several_then_they_are_sorted_by_place_and_plain() -> None:
    rows = [f"nobody|V9|{number}" for number in range(2, 13)]

    captured = map_source(make_source(_HEAD, *rows), make_mapping(), make_study(), SUBJECTS)

    assert [address for _, address in codes(captured)] == [f"A{number}" for number in range(2, 13)]
    for finding in captured.findings:
        assert finding.is_hard
        assert finding.message.endswith(".")
        assert finding.remedy.endswith((".", "?"))


def test_source_when_it_is_mapped_twice_then_the_result_is_the_same() -> None:
    source: SourceFile = make_source(_HEAD, "012-0007|V2|120", "x|V2|1", "013-0001|UNS|99")

    assert capture(source, make_mapping()) == capture(source, make_mapping())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("012-7", "012-0007"),
        ("12-0007", "012-0007"),
        ("012 0007", "012-0007"),
        ("O12-OOO7", "012-0007"),
        ("012/00007", "012-0007"),
        ("012-0010", None),
        ("012-70", None),
        ("012-7-2026", None),
        ("012-0007x", None),
        ("0120007", None),
        ("nobody", None),
    ],
)
def test_subject_when_it_is_unknown_then_nobody_with_another_number_is_meant(name: str, meant: str | None) -> None:
    captured = capture(make_source(_HEAD, f"{name}|V2|120"), make_mapping())

    assert codes(captured) == [("M101", "A2")]
    assert captured.findings[0].remedy.startswith(f"Did you mean {meant}?" if meant else "Enrol the subject")


@pytest.mark.parametrize("name", ["012-7", "012-00007", "012-OOO7", "012-0009"])
def test_subject_when_it_is_written_almost_as_another_then_it_is_not_enrolled(name: str) -> None:
    rows = [f"{name}|V2|120", "012-9|V2|118", "012-10|V2|119"]

    captured = capture(make_source(_HEAD, *rows), make_mapping(subject=_ENROL))

    twin, new = ("012-0009", ["012-0009", "012-10"]) if name == "012-0009" else ("012-0007", ["012-9", "012-10"])
    assert [subject.subject for subject in captured.new_subjects] == new
    (finding,) = captured.findings
    assert (finding.code, finding.is_hard) == ("M102", True)
    assert f"written almost as {twin} is" in finding.message


def test_value_when_the_mapping_translates_it_then_what_stood_in_the_cell_is_kept_beside_it() -> None:
    mapping = make_mapping([vs({"SYSBP": {"column": "SBP", "values": {"high": "180"}}})])

    captured = capture(make_source(_HEAD, "012-0007|V2|high", "012-0007|UNS|120"), mapping)

    given = [(found.values["SYSBP"].text, found.values["SYSBP"].given) for found in captured.submissions]
    assert given == [("180", "high"), ("120", None)]


def test_rows_when_something_of_them_makes_no_record_then_they_are_counted_as_held_back() -> None:
    rows = ["012-0007|V2|120", "012-0007|V2|", "012-0008|V2|118", "012-0008|V2|119", "nobody|V2|1", "013-0001|V9|1"]
    source = make_source(_HEAD, *rows, "013-0001|V2|#N/A", "013-0001|UNS|121")

    captured = capture(source, make_mapping())

    assert [found.row for found in captured.submissions] == [2, 9]
    assert captured.held_back == {("VS", number) for number in (4, 5, 6, 7, 8)}
