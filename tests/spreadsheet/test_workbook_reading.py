"""What a workbook holds comes out whole: every kind of cell, wherever it stands, whatever the file says of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from workbook_parts import CLOCK, DATE, DATE_TIME, DURATION, save, workbook_parts

from trialkit.model.source import Cell, CellKind, Oddity, SourceFile
from trialkit.spreadsheet import read_workbook

_STRICT = "http://purl.oclc.org/ooxml/"


def _read(folder: Path, rows: str, **extra: str | tuple[str, ...]) -> SourceFile:
    return read_workbook(save(folder, workbook_parts(rows, **extra)))  # type: ignore[arg-type]


def _filled(source: SourceFile) -> dict[str, Cell]:
    rows = source.sheets[0].rows
    return {cell.address: cell for row in rows for cell in row.cells if cell.kind is not CellKind.BLANK}


def _cells(source: SourceFile) -> dict[str, tuple[str, str]]:
    return {address: (cell.text, cell.kind.value) for address, cell in _filled(source).items()}


def _said(source: SourceFile) -> list[tuple[str, str]]:
    return [(oddity.code, oddity.cell) for oddity in source.oddities]


_KINDS = [
    ('<c r="A1"><v>120</v></c>', "120", "number"),
    ('<c r="A1"><v>36.60</v></c>', "36.6", "number"),
    ('<c r="A1"><v>5.0</v></c>', "5", "number"),
    ('<c r="A1"><v>-0</v></c>', "0", "number"),
    ('<c r="A1"><v>0.30000000000000004</v></c>', "0.30000000000000004", "number"),
    ('<c r="A1"><v>0.10000000000000001</v></c>', "0.1", "number"),
    ('<c r="A1"><v>36.799999999999997</v></c>', "36.8", "number"),
    ('<c r="A1"><v>0.12345678901234567890123</v></c>', "0.12345678901234567890123", "number"),
    ('<c r="A1"><v>1E-7</v></c>', "0.0000001", "number"),
    ('<c r="A1"><v>12345678901234567890</v></c>', "12345678901234567890", "number"),
    ('<c r="A1"><v>1e999</v></c>', "#NUM!", "error"),
    ('<c r="A1"><v>1e-999</v></c>', "#NUM!", "error"),
    ('<c r="A1"><v>1_000</v></c>', "1_000", "error"),
    ('<c r="A1"><v>abc</v></c>', "abc", "error"),
    ('<c r="A1" t="zz"><v>1</v></c>', "1", "error"),
    ('<c r="A1" t="b"><v>1</v></c>', "TRUE", "boolean"),
    ('<c r="A1" t="b"><v>0</v></c>', "FALSE", "boolean"),
    ('<c r="A1" t="b"><v>2</v></c>', "2", "error"),
    ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A", "error"),
    ('<c r="A1" t="s"><v>0</v></c>', "  pulse_x000D_ ".replace("_x000D_", "\r"), "text"),
    ('<c r="A1" t="inlineStr"><is><t>0012</t></is></c>', "0012", "text"),
    ('<c r="A1" t="inlineStr"><is><r><t>bo</t></r><r><t>ld</t></r><rPh><t>x</t></rPh></is></c>', "bold", "text"),
    ('<c r="A1" t="str"><v>=not a formula</v></c>', "=not a formula", "text"),
    (f'<c r="A1" s="{DATE}"><v>45418</v></c>', "2024-05-06", "date"),
    (f'<c r="A1" s="{DATE}"><v>45418.5</v></c>', "2024-05-06T12:00", "date"),
    (f'<c r="A1" s="{DATE}"><v>61</v></c>', "1900-03-01", "date"),
    (f'<c r="A1" s="{DATE_TIME}"><v>45418</v></c>', "2024-05-06T00:00", "date"),
    (f'<c r="A1" s="{DATE_TIME}"><v>45418.378472222219</v></c>', "2024-05-06T09:05", "date"),
    (f'<c r="A1" s="{DATE_TIME}"><v>45418.999999999</v></c>', "2024-05-07T00:00", "date"),
    (f'<c r="A1" s="{CLOCK}"><v>0.37847222222222227</v></c>', "09:05", "date"),
    (f'<c r="A1" s="{CLOCK}"><v>0.37849537037037035</v></c>', "09:05:02", "date"),
    (f'<c r="A1" s="{DURATION}"><v>1.25</v></c>', "30:00", "date"),
    (f'<c r="A1" s="{DURATION}"><v>-0.5</v></c>', "-12:00", "date"),
    ('<c r="A1" t="d"><v>2024-05-06</v></c>', "2024-05-06", "date"),
    ('<c r="A1" t="d"><v>2024-05-06T09:05:00</v></c>', "2024-05-06T09:05", "date"),
    (f'<c r="A1" t="d" s="{DATE}"><v>2024-05-06T00:00:00</v></c>', "2024-05-06", "date"),
    ('<c r="A1" t="d"><v>2024-02-30</v></c>', "2024-02-30", "error"),
    ('<c r="A1" t="d"><v>2024-05-06T09:05+01:00</v></c>', "2024-05-06T09:05+01:00", "error"),
    (f'<c r="A1" s="{DATE}"><v>-5</v></c>', "#VALUE!", "error"),
    (f'<c r="A1" s="{DATE}"><v>60</v></c>', "#VALUE!", "error"),
    (f'<c r="A1" s="{DATE}"><v>99999999</v></c>', "#VALUE!", "error"),
]


@pytest.mark.parametrize(("cell", "text", "kind"), _KINDS)
def test_cell_when_it_is_read_then_nothing_of_it_is_lost(cell: str, text: str, kind: str, tmp_path: Path) -> None:
    source = _read(tmp_path, f'<row r="1">{cell}</row>', strings=("  pulse_x000D_ ",))

    assert _cells(source) == {"A1": (text, kind)}
    assert kind != "error" or source.oddities[0].cell == "A1"


@pytest.mark.parametrize(
    ("cell", "stored", "number_format"),
    [
        (f'<c r="A1" s="{DATE}"><v>45418</v></c>', "45418", "mm-dd-yy"),
        ('<c r="A1"><v>36.60</v></c>', "36.60", ""),
        ('<c r="A1"><v>7</v></c>', "7", ""),
        ('<c r="A1" t="b"><v>1</v></c>', "1", ""),
        (f'<c r="A1" s="{DATE}"><v>60</v></c>', "60", "mm-dd-yy"),
        ('<c r="A1" t="str"><v>a_x0009_b</v></c>', "a_x0009_b", ""),
    ],
)
def test_cell_when_its_text_is_not_what_is_stored_then_both_are_there(
    cell: str, stored: str, number_format: str, tmp_path: Path
) -> None:
    found = _filled(_read(tmp_path, f'<row r="1">{cell}</row>'))["A1"]

    assert (found.stored, found.number_format) == (stored, number_format)


_FORMULAS = [
    ("<c r='A1'><f>1+1</f><v>2</v></c>", "2", "number", "S206"),
    ("<c r='A1' t='str'><f>UPPER(B1)</f><v>YES</v></c>", "YES", "text", "S206"),
    ("<c r='A1' t='str'><f>IF(1,\"\")</f><v></v></c>", "", "blank", "S206"),
    ("<c r='A1'><f>1+1</f></c>", "", "formula-without-value", "S207"),
    ("<c r='A1'><f>1+1</f><v></v></c>", "", "formula-without-value", "S207"),
    ("<c r='A1' t='str'><f>1+1</f></c>", "", "formula-without-value", "S207"),
    ("<c r='A1' t='e'><f>1/0</f><v>#DIV/0!</v></c>", "#DIV/0!", "error", "S206"),
    ("<c r='A1'><f t='shared' si='0'/><v>7</v></c>", "7", "number", "S206"),
]


@pytest.mark.parametrize(("cell", "text", "kind", "code"), _FORMULAS)
def test_formula_when_it_is_read_then_its_stored_value_is_given_and_the_formula_said(
    cell: str, text: str, kind: str, code: str, tmp_path: Path
) -> None:
    source = _read(tmp_path, f'<row r="1">{cell}</row>')

    found = source.sheets[0].rows[0].cells
    assert [(cell.text, cell.kind.value, cell.has_formula) for cell in found] == [(text, kind, True)]
    assert (code, "A1") in _said(source)


@pytest.mark.parametrize("kind", ["array", "dataTable"])
def test_formula_when_it_fills_a_range_then_all_cells_of_it_are_computed(kind: str, tmp_path: Path) -> None:
    plain = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(5, 80))
    rows = (
        f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="{kind}" ref="B1:C3">A1:A3*2</f><v>2</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><v>4</v></c><c r="C2"><v>4</v></c></row>'
        '<row r="3"><c r="A3"><v>3</v></c><c r="B3"/><c r="D3"><v>6</v></c></row>'
    )

    source = _read(tmp_path, rows + plain)

    assert [address for address, cell in _filled(source).items() if cell.has_formula] == ["B1", "B2", "C2"]
    assert sorted(_said(source)) == [("S206", "B1:B2"), ("S206", "C2"), ("S212", "4:4")]


def test_formulas_when_the_workbook_is_to_be_calculated_then_it_is_said(tmp_path: Path) -> None:
    for rows, expected in (('<c r="A1"><f>1+1</f><v>0</v></c>', ["S236", "S206"]), ('<c r="A1"><v>0</v></c>', [])):
        parts = workbook_parts(f'<row r="1">{rows}</row>')
        calculation = '</sheets><calcPr calcId="124519" fullCalcOnLoad="1"/>'
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</sheets>", calculation)

        assert [code for code, _ in _said(read_workbook(save(tmp_path, parts)))] == expected


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.upper() if name != "[Content_Types].xml" else name,
        lambda name: name.replace("/", "\\"),
        lambda name: name.replace("sheet1", "my sheet"),
    ],
)
def test_parts_when_they_are_named_as_other_programs_do_then_they_are_found(
    rename: Callable[[str], str], tmp_path: Path
) -> None:
    parts = workbook_parts(
        f'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="{DATE}"><v>45418</v></c></row>', strings=("x",)
    )
    links = "xl/_rels/workbook.xml.rels"
    if rename("sheet1") == "my sheet":
        parts[links] = parts[links].replace("sheet1.xml", "my%20sheet.xml")

    source = read_workbook(save(tmp_path, {rename(name): text for name, text in parts.items()}))

    assert _cells(source) == {"A1": ("x", "text"), "B1": ("2024-05-06", "date")}


@pytest.mark.parametrize("dimension", ["A1", "A1:A1", "A1:XFD1048576", "C3:D4"])
def test_sheet_when_its_dimension_is_wrong_then_every_cell_is_read(dimension: str, tmp_path: Path) -> None:
    rows = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="9"><c r="E9"><v>3</v></c></row>'

    source = _read(tmp_path, rows, before=f'<dimension ref="{dimension}"/>')

    assert _cells(source) == {"B2": ("1", "number"), "D2": ("2", "number"), "E9": ("3", "number")}
    assert [row.number for row in source.sheets[0].rows] == [2, 9]
    assert (("S214", "B2:E9") in _said(source)) is (dimension != "A1:XFD1048576")


def test_sheet_when_addresses_are_left_out_then_they_are_counted(tmp_path: Path) -> None:
    source = _read(tmp_path, '<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c/><c><v>3</v></c></row>')

    assert [*_cells(source)] == ["A1", "B1", "B5"]


def test_sheet_when_blank_rows_and_cells_are_formatted_then_they_are_left_out(tmp_path: Path) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="{DATE}"/></row>'
    rows += "".join(f'<row r="{number}"><c r="A{number}" s="{DATE}"/></row>' for number in range(2, 2000))

    source = _read(tmp_path, rows)

    assert [*_cells(source)] == ["A1"]
    assert source.oddities == ()


_ODDITIES = [
    ({"after": '<mergeCells><mergeCell ref="A1:A3"/></mergeCells>'}, ("S205", "A1:A3")),
    ({"after": '<autoFilter ref="A1:B3"/>'}, ("S204", "A1:B3")),
    ({"before": '<cols><col min="3" max="5" hidden="1"/></cols>'}, ("S203", "C:E")),
    ({"before": '<cols><col min="3" max="5" width="0"/></cols>'}, ("S203", "C:E")),
    ({"before": '<cols><col min="3" max="5" width="0.5"/></cols>'}, None),
    ({"rows": '<row r="2" hidden="1"><c r="A2"><v>1</v></c></row>'}, ("S202", "2:2")),
    ({"rows": '<row r="2" ht="0" customHeight="1"><c r="A2"><v>1</v></c></row>'}, ("S202", "2:2")),
    ({"rows": '<row r="2" ht="0.00"><c><v>1</v></c></row>'}, ("S202", "2:2")),
    ({"rows": '<row r="2" ht="10.0"><c r="A2"><v>1</v></c></row>'}, None),
    ({"rows": '<row r="4"><c r="A4"><v>1</v></c></row>'}, ("S212", "2:3")),
    ({"rows": '<row r="2"><c r="D2"><v>1</v></c></row>'}, ("S213", "B:C")),
    ({"rows": '<row r="2"><c r="ZZ2"><v>1</v></c></row>'}, ("S217", "ZZ2")),
    ({"rows": '<row r="20000"><c r="A20000"><v>1</v></c></row>'}, ("S217", "A20000")),
    ({"rows": '<row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>'}, ("S208", "A2")),
    ({"rows": '<row r="2"><c r="A2" s="99"><v>45418</v></c></row>'}, ("S238", "A2")),
    ({"rows": '<row r="2"><c r="A2" s=""><v>45418</v></c></row>'}, None),
    ({"rows": '<row r="2"><c r="A2"><v>1234567890123456</v></c></row>'}, ("S219", "A2")),
    ({"rows": f'<row r="2"><c r="A2" s="{CLOCK}"><v>0.500001</v></c></row>'}, ("S218", "A2")),
]


@pytest.mark.parametrize(("parts", "said"), _ODDITIES)
def test_sheet_when_a_person_would_not_see_something_then_it_is_said(
    parts: dict[str, str], said: tuple[str, str] | None, tmp_path: Path
) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>' + parts.get("rows", "")

    extra = {name: text for name, text in parts.items() if name != "rows"}
    assert _said(_read(tmp_path, rows, **extra)) == ([] if said is None else [said])


def test_column_when_its_cells_are_odd_in_one_way_then_they_are_one_range(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><f>1</f><v>{number}</v></c></row>' for number in (1, 2, 3, 5, 6)
    )

    found = [oddity for oddity in _read(tmp_path, rows).oddities if oddity.code == "S206"]

    text = "a formula; read as the value it last gave"
    assert found == [Oddity("S206", text, "Data", "A1:A3", 3), Oddity("S206", text, "Data", "A5:A6", 2)]


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        ("0%", "0.85", "S220"),
        ("00000", "123", "S221"),
        ("00000", "12345", None),
        (";;;", "7", "S233"),
        ('0.0 "d"', "7", None),
        ("[Red]0", "7", None),
        ("[" * 5000, "7", None),
        ('"' + "h" * 5000, "7", None),
    ],
)
def test_number_when_its_format_shows_something_else_then_it_is_said_and_stays(
    code: str, value: str, said: str | None, tmp_path: Path
) -> None:
    parts = workbook_parts(f'<row r="1"><c r="A1" s="5"><v>{value}</v></c></row>')
    styles = parts["xl/styles.xml"].replace("</cellXfs>", '<xf numFmtId="200"/></cellXfs>')
    escaped = code.replace('"', "&quot;")
    parts["xl/styles.xml"] = styles.replace(
        "<fonts>", f'<numFmts><numFmt numFmtId="200" formatCode="{escaped}"/></numFmts><fonts>'
    )

    source = read_workbook(save(tmp_path, parts))

    assert _cells(source) == {"A1": (value, "number")}
    assert [oddity.code for oddity in source.oddities] == ([said] if said else [])
    assert _filled(source)["A1"].number_format == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yyyy-mm-dd", "2024-05-06T12:00"),
        ('dd"T"mm', "2024-05-06T12:00"),
        ("[$-409]d\\-mmm\\-yy;@", "2024-05-06T12:00"),
        ("h:mm AM/PM", "2024-05-06T12:00"),
        ("mmm", "2024-05-06T12:00"),
        ("[h]:mm", "1090044:00"),
        ('"day" 0', "45418.5"),
        ("0.00E+00", "45418.5"),
        ("General", "45418.5"),
        ("@", "45418.5"),
        ("#,##0.0_);[Red](#,##0.0)", "45418.5"),
    ],
)
def test_number_when_its_format_shows_a_moment_then_it_is_one(code: str, text: str, tmp_path: Path) -> None:
    parts = workbook_parts('<row r="1"><c r="A1" s="5"><v>45418.5</v></c></row>')
    styles = parts["xl/styles.xml"].replace("</cellXfs>", '<xf numFmtId="200"/></cellXfs>')
    escaped = code.replace('"', "&quot;")
    parts["xl/styles.xml"] = styles.replace(
        "<fonts>", f'<numFmts><numFmt numFmtId="200" formatCode="{escaped}"/></numFmts><fonts>'
    )

    assert _filled(read_workbook(save(tmp_path, parts)))["A1"].text == text


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

    source = _read(tmp_path, '<row r="1"><c r="A1"><v>1</v></c></row>' + rows, **extra)

    assert "A1" in _cells(source)
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
    assert _cells(found) == {"C3": ("2024-05-06", "date"), "D3": ("2024-05-06T09:05", "date")}
    assert [(oddity.code, oddity.sheet) for oddity in found.oddities] == [("S201", "Lists"), ("S209", "Graph")]


def test_workbook_when_it_counts_from_1904_then_dates_are_right_and_it_is_said(tmp_path: Path) -> None:
    parts = workbook_parts(f'<row r="1"><c r="A1" s="{DATE}"><v>45418</v></c><c r="B1" s="{DATE}"><v>0</v></c></row>')
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')

    found = read_workbook(save(tmp_path, parts))

    assert _cells(found) == {"A1": ("2028-05-07", "date"), "B1": ("1904-01-01", "date")}
    assert _said(found) == [("S235", "")]


def test_workbook_when_it_is_strict_open_xml_then_it_is_read_like_the_other_edition(tmp_path: Path) -> None:
    rows = f'<row r="1"><c r="A1" s="{DATE}"><v>45418</v></c><c r="B1" t="s"><v>0</v></c></row>'
    usual = workbook_parts(rows, strings=("x",))
    strict = {
        name: text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main", f"{_STRICT}spreadsheetml/main"
        ).replace("http://schemas.openxmlformats.org/officeDocument/2006/", f"{_STRICT}officeDocument/")
        for name, text in usual.items()
    }

    found = read_workbook(save(tmp_path, strict))

    assert _cells(found) == {"A1": ("2024-05-06", "date"), "B1": ("x", "text")}
    assert _said(found) == [("S237", "")]


def test_workbook_when_it_carries_active_content_then_it_is_said_and_never_run(tmp_path: Path) -> None:
    parts = {**workbook_parts(), "xl/vbaProject.bin": "x", "xl/externalLinks/externalLink1.xml": "<externalLink/>"}

    assert _said(read_workbook(save(tmp_path, parts))) == [("S210", ""), ("S211", "")]
