"""Workbooks to be filled in keep to the limits of Excel, and stay the same for the same content."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from trialkit.errors import UsageError
from trialkit.spreadsheet.template import (
    FrontLine,
    FrontTable,
    Guard,
    Mark,
    MarkLook,
    TemplateBook,
    TemplateColumn,
    TemplateRow,
    TemplateSheet,
)
from trialkit.spreadsheet.template_writing import pack_template, write_template

_MADE = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
_LONG = "many words " * 60
_COLUMNS = (
    TemplateColumn("SUBJECT", "Subject", is_key=True, guard=Guard("list", "list_SUBJECT", False, "Which?")),
    TemplateColumn(
        "SYSBP",
        "Systolic pressure *",
        "60 – 260 mmHg",
        _LONG,
        _LONG,
        "number",
        guard=Guard("custom", "$B{row}>60", False, _LONG),
        marks=(Mark(MarkLook.NEEDED, '$B{row}=""'), Mark(MarkLook.UNUSUAL, "$B{row}>180")),
    ),
    TemplateColumn("DAY", "Day", kind="day"),
    TemplateColumn("LOT", "Lot", guard=Guard("custom", "AND(" + "$D{row}>1," * 60 + "TRUE)", True, "no")),
)
_SHEET = TemplateSheet(
    "VS",
    "VS · Vital signs",
    ("Not to be seen by the rater.", "Sit for five minutes."),
    1,
    _COLUMNS,
    (TemplateRow(("012-0001", Decimal("120"), date(2026, 11, 1), "007")), TemplateRow(("012-0002", None, None, None))),
    3,
    "3B6EA8",
)
_BOOK = TemplateBook(
    "A study",
    (FrontLine("How", is_heading=True), FrontTable(("Sheet", "Form"), (("VS", "Vital signs"),), is_linked=True)),
    (_SHEET,),
    {"list_SUBJECT": ("012-0001", "012-0002")},
    ("trialkit", (("study", "S1"),)),
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A workbook with one sheet."""
    write_template(tmp_path / "t.xlsx", _BOOK, _MADE)
    return tmp_path / "t.xlsx"


def test_template_when_written_then_the_page_in_front_leads_to_the_sheets_and_the_rest_is_hidden(made: Path) -> None:
    workbook = openpyxl.load_workbook(made)

    assert [(sheet.title, sheet.sheet_state) for sheet in workbook.worksheets] == [
        ("Start here", "visible"), ("VS", "visible"), ("Lists", "hidden"), ("trialkit", "hidden")
    ]  # fmt: skip
    links = [cell.hyperlink.location for row in workbook["Start here"].iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'VS'!A1"]
    assert workbook["VS"]["A1"].hyperlink.location == "'Start here'!A1"
    assert workbook.active.title == "Start here"


def test_template_when_written_then_headers_and_keys_stay_and_values_are_what_they_are(made: Path) -> None:
    sheet = openpyxl.load_workbook(made)["VS"]

    assert _SHEET.header_row == 6
    assert [cell.value for cell in sheet[6]] == ["SUBJECT", "SYSBP", "DAY", "LOT"]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.print_title_cols) == ("B7", "$1:$6", "$A:$A")
    assert [cell.value for cell in sheet[7]] == ["012-0001", 120, datetime(2026, 11, 1), "007"]  # noqa: DTZ001
    assert [cell.number_format for cell in sheet[8]] == ["@", "General", "[$-809]dd-mmm-yyyy", "@"]
    assert [sheet.column_dimensions[name].number_format for name in "ABCD"] == [
        "@", "General", "[$-809]dd-mmm-yyyy", "@"
    ]  # fmt: skip
    assert not sheet.protection.sheet


def test_template_when_written_then_it_keeps_to_the_limits_of_excel(made: Path) -> None:
    workbook = openpyxl.load_workbook(made)
    rules = workbook["VS"].data_validations.dataValidation

    assert {str(rule.sqref) for rule in rules} == {"A7:A11", "B7:B11", "D7:D11"}
    for rule in rules:
        assert len(rule.formula1 or "") <= 255
        assert len(rule.prompt or "") <= 255
        assert len(rule.error or "") <= 225
        assert len(rule.promptTitle or "") <= 32
        assert not (rule.formula1 or "").startswith("=")
    styles = {str(rule.sqref): (rule.type, rule.errorStyle) for rule in rules}
    assert (styles["A7:A11"], styles["B7:B11"]) == (("list", "warning"), ("custom", "warning"))
    assert styles["D7:D11"][0] is None, "a rule that is longer than Excel takes is left out"
    assert workbook.defined_names["list_SUBJECT"].attr_text == "Lists!$A$1:$A$2"
    comment = workbook["VS"]["B4"].comment
    assert comment is not None
    assert len(comment.text) > 500


def test_template_when_written_then_marks_stand_in_order_over_the_rows_that_are_ready(made: Path) -> None:
    marks = openpyxl.load_workbook(made)["VS"].conditional_formatting

    found = [(str(area.sqref), rule.formula[0], rule.stopIfTrue) for area in marks for rule in area.rules]
    assert found == [("B7:B11", '$B7=""', True), ("B7:B11", "$B7>180", True)]


def test_template_when_written_twice_then_the_bytes_are_the_same() -> None:
    content = pack_template(_BOOK, _MADE)
    assert content == pack_template(_BOOK, _MADE)


def test_template_when_written_then_every_part_is_sound_xml(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # noqa: S314  # our own file


def test_template_when_a_sheet_has_more_rows_than_excel_then_it_is_refused() -> None:
    with pytest.raises(UsageError, match="S130"):
        pack_template(replace(_BOOK, sheets=(replace(_SHEET, spare=1_048_576),)), _MADE)


def test_template_when_two_sheets_have_one_name_then_it_is_refused() -> None:
    with pytest.raises(UsageError, match="S131"):
        pack_template(replace(_BOOK, sheets=(_SHEET, replace(_SHEET, name="vs"))), _MADE)
