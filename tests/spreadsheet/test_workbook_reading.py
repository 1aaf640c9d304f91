"""What a workbook holds comes out whole: every kind of cell, wherever it stands, whatever the file says of itself."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from workbook_parts import CLOCK, DATE, DATE_TIME, DURATION, save, workbook_parts

from trialkit.spreadsheet import SheetCells, read_workbook


def _read(folder: Path, rows: str, **extra: str | tuple[str, ...]) -> SheetCells:
    return read_workbook(save(folder, workbook_parts(rows, **extra))).sheets[0]  # type: ignore[arg-type]


def _cells(sheet: SheetCells) -> dict[str, tuple[str, str]]:
    return {cell.address: (cell.text, cell.kind) for row in sheet.rows for cell in row.cells}


_KINDS = [
    ('<c r="A1"><v>120</v></c>', "120", "number"),
    ('<c r="A1"><v>36.60</v></c>', "36.6", "number"),
    ('<c r="A1"><v>5.0</v></c>', "5", "number"),
    ('<c r="A1"><v>0.30000000000000004</v></c>', "0.30000000000000004", "number"),
    ('<c r="A1"><v>1E-7</v></c>', "0.0000001", "number"),
    ('<c r="A1"><v>12345678901234567890</v></c>', "12345678901234567890", "number"),
    ('<c r="A1"><v>1e999</v></c>', "#NUM!", "error"),
    ('<c r="A1" t="b"><v>1</v></c>', "TRUE", "boolean"),
    ('<c r="A1" t="b"><v>0</v></c>', "FALSE", "boolean"),
    ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A", "error"),
    ('<c r="A1" t="s"><v>0</v></c>', "  pulse_x000D_ ".replace("_x000D_", "\r"), "text"),
    ('<c r="A1" t="inlineStr"><is><t>0012</t></is></c>', "0012", "text"),
    ('<c r="A1" t="inlineStr"><is><r><t>bo</t></r><r><t>ld</t></r></is></c>', "bold", "text"),
    ('<c r="A1" t="str"><v>=not a formula</v></c>', "=not a formula", "text"),
    (f'<c r="A1" s="{DATE}"><v>45418</v></c>', "2024-05-06", "date"),
    (f'<c r="A1" s="{DATE}"><v>45418.5</v></c>', "2024-05-06T12:00", "date"),
    (f'<c r="A1" s="{DATE_TIME}"><v>45418</v></c>', "2024-05-06T00:00", "date"),
    (f'<c r="A1" s="{DATE_TIME}"><v>45418.378472222219</v></c>', "2024-05-06T09:05", "date"),
    (f'<c r="A1" s="{CLOCK}"><v>0.37847222222222227</v></c>', "09:05", "date"),
    (f'<c r="A1" s="{CLOCK}"><v>0.37849537037037035</v></c>', "09:05:02", "date"),
    (f'<c r="A1" s="{DURATION}"><v>1.25</v></c>', "30:00", "date"),
    ('<c r="A1" t="d"><v>2024-05-06</v></c>', "2024-05-06", "date"),
    (f'<c r="A1" s="{DATE}"><v>-5</v></c>', "#VALUE!", "error"),
    (f'<c r="A1" s="{DATE}"><v>60</v></c>', "#VALUE!", "error"),
    (f'<c r="A1" s="{DATE}"><v>99999999</v></c>', "#VALUE!", "error"),
]


@pytest.mark.parametrize(("cell", "text", "kind"), _KINDS)
def test_cell_when_it_is_read_then_nothing_of_it_is_lost(cell: str, text: str, kind: str, tmp_path: Path) -> None:
    sheet = _read(tmp_path, f'<row r="1">{cell}</row>', strings=("  pulse_x000D_ ",))

    assert _cells(sheet) == {"A1": (text, kind)}


_FORMULAS = [
    ("<c r='A1'><f>1+1</f><v>2</v></c>", "2", "number"),
    ("<c r='A1' t='str'><f>UPPER(B1)</f><v>YES</v></c>", "YES", "text"),
    ("<c r='A1' t='str'><f>IF(1,\"\")</f><v></v></c>", "", "blank"),
    ("<c r='A1'><f>1+1</f></c>", "", "formula-without-value"),
    ("<c r='A1'><f>1+1</f><v></v></c>", "", "formula-without-value"),
    ("<c r='A1' t='e'><f>1/0</f><v>#DIV/0!</v></c>", "#DIV/0!", "error"),
    ("<c r='A1'><f t='shared' si='0'/><v>7</v></c>", "7", "number"),
]


@pytest.mark.parametrize(("cell", "text", "kind"), _FORMULAS)
def test_formula_when_it_is_read_then_its_stored_value_is_given_and_the_formula_said(
    cell: str, text: str, kind: str, tmp_path: Path
) -> None:
    sheet = _read(tmp_path, f'<row r="1">{cell}</row>')

    assert [(found.text, found.kind, found.has_formula) for found in sheet.rows[0].cells] == [(text, kind, True)]
    assert any(oddity.startswith("formula cells") for oddity in sheet.oddities)


@pytest.mark.parametrize("dimension", ["A1", "A1:A1", "A1:XFD1048576", "C3:D4"])
def test_sheet_when_its_dimension_is_wrong_then_every_cell_is_read(dimension: str, tmp_path: Path) -> None:
    rows = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="9"><c r="E9"><v>3</v></c></row>'

    sheet = _read(tmp_path, rows, before=f'<dimension ref="{dimension}"/>')

    assert _cells(sheet) == {"B2": ("1", "number"), "D2": ("2", "number"), "E9": ("3", "number")}
    assert [row.number for row in sheet.rows] == [2, 9]


def test_sheet_when_addresses_are_left_out_then_they_are_counted(tmp_path: Path) -> None:
    sheet = _read(tmp_path, '<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c/><c><v>3</v></c></row>')

    assert [*_cells(sheet)] == ["A1", "B1", "B5"]


def test_sheet_when_blank_rows_and_cells_are_formatted_then_they_are_left_out(tmp_path: Path) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="{DATE}"/></row>'
    rows += "".join(f'<row r="{number}"><c r="A{number}" s="{DATE}"/></row>' for number in range(2, 2000))

    sheet = _read(tmp_path, rows)

    assert [*_cells(sheet)] == ["A1"]


_ODDITIES = [
    ({"after": '<mergeCells><mergeCell ref="A1:A3"/></mergeCells>'}, "merged cells, of which only the first holds"),
    ({"after": '<autoFilter ref="A1:B3"/>'}, "a filter is set"),
    ({"before": '<cols><col min="3" max="5" hidden="1"/></cols>'}, "hidden columns: C:E"),
    ({"rows": '<row r="4" hidden="1"><c r="A4"><v>1</v></c></row>'}, "hidden rows: 4"),
    ({"rows": '<row r="4"><c r="ZZ4"><v>1</v></c></row>'}, "cells far from the others: ZZ4"),
    ({"rows": '<row r="4"><c r="A4" t="e"><v>#REF!</v></c></row>'}, "error cells: 1"),
]


@pytest.mark.parametrize(("parts", "said"), _ODDITIES)
def test_sheet_when_a_person_would_not_see_something_then_it_is_said(
    parts: dict[str, str], said: str, tmp_path: Path
) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>' + parts.pop("rows", "")

    assert any(oddity.startswith(said) for oddity in _read(tmp_path, rows, **parts).oddities)


@pytest.mark.parametrize(
    ("rows", "extra"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', {}),
        ("", {"after": '<mergeCells><mergeCell ref="A7:XFD1048576"/></mergeCells>'}),
    ],
)
def test_sheet_when_something_stands_at_the_far_end_then_reading_does_not_hang(
    rows: str, extra: dict[str, str], tmp_path: Path
) -> None:
    began = time.monotonic()

    sheet = _read(tmp_path, '<row r="1"><c r="A1"><v>1</v></c></row>' + rows, **extra)

    assert "A1" in _cells(sheet)
    assert time.monotonic() - began < 10


def test_workbook_when_a_spreadsheet_program_made_it_then_every_sheet_is_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    first = workbook.active
    assert first is not None
    first.title = "VS"
    first["C3"] = date(2024, 5, 6)
    first["D3"] = datetime(2024, 5, 6, 9, 5)  # noqa: DTZ001  # a spreadsheet's clock has no zone
    workbook.create_sheet("Lists").sheet_state = "hidden"
    workbook.create_chartsheet("Graph")
    workbook.save(tmp_path / "made.xlsx")

    found = read_workbook(tmp_path / "made.xlsx")

    assert [(sheet.name, sheet.visible) for sheet in found.sheets] == [("VS", True), ("Lists", False)]
    assert _cells(found.sheets[0]) == {"C3": ("2024-05-06", "date"), "D3": ("2024-05-06T09:05", "date")}
    assert "sheet Graph is a chartsheet and holds no cells" in found.oddities


def test_workbook_when_it_counts_from_1904_then_dates_are_right(tmp_path: Path) -> None:
    parts = workbook_parts(f'<row r="1"><c r="A1" s="{DATE}"><v>45418</v></c></row>')
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')

    assert _cells(read_workbook(save(tmp_path, parts)).sheets[0]) == {"A1": ("2028-05-07", "date")}


def test_workbook_when_it_carries_active_content_then_it_is_said_and_never_run(tmp_path: Path) -> None:
    parts = {**workbook_parts(), "xl/vbaProject.bin": "x", "xl/externalLinks/externalLink1.xml": "<externalLink/>"}

    assert read_workbook(save(tmp_path, parts)).oddities == (
        "macros, which are never run",
        "links to other workbooks, which are never followed",
    )
