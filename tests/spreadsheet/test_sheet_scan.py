"""Rows that are cut by pattern come out exactly as the XML parser gives them, and what is no row is never cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_parts import MAIN, SHEET_PART, pack, sheet, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.model.source import SourceFile
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.reading import read_workbook_into
from trialkit.spreadsheet.sheet_scan import _Scan


def _read(part: str | bytes, *, by_pattern: bool) -> SourceFile | str:
    """The file, or the code of its refusal."""
    parts: dict[str, str | bytes] = {**workbook_parts("", strings=("a", "b &amp; c", "")), SHEET_PART: part}
    assembler = Assembler()
    try:
        ending = read_workbook_into(pack(parts), ReadingFacts("vs.xlsx"), assembler, by_pattern=by_pattern)
    except SourceFileError as error:
        return error.code
    return assembler.finish("vs.xlsx", "0" * 64, ending)


def _same(part: str | bytes) -> SourceFile | str:
    found = _read(part, by_pattern=True)
    assert found == _read(part, by_pattern=False)
    return found


_CONTENTS = st.sampled_from(
    [
        "/>",
        "></c>",
        "><v/></c>",
        "><v></v></c>",
        "><v>1</v></c>",
        "><v>2</v></c>",
        "><v>45418</v></c>",
        "><v>0.10000000000000001</v></c>",
        "><v> 7 </v></c>",
        "><v>&#49;</v></c>",
        "><v>1<!-- 2 --></v></c>",
        "><v><![CDATA[1]]></v></c>",
        "><v>x > y</v></c>",
        "><f>1</f><v>1</v></c>",
        "><f>1</f></c>",
        '><f t="array" ref="A1:B3">1</f><v>1</v></c>',
        '><f t="array" ref="B2">1</f><v>1</v></c>',
        '><f t="dataTable" ref="B1:C9" dt2D="1"/><v>1</v></c>',
        "><is><t>in</t></is></c>",
        '><is><t xml:space="preserve"> in </t></is></c>',
        "><is><r><t>r</t></r></is></c>",
        "><v>1</v><v>2</v></c>",
        "><v>1</v>stray</c>",
        "><v>é</v></c>",
        "><v>a\r\nb</v></c>",
        "><v>1</v><extLst><v>3</v></extLst></c>",
    ]
)
_TYPES = st.sampled_from(["", ' t="s"', ' t="n"', ' t="b"', ' t="e"', ' t="str"', ' t="inlineStr"', ' t="d"', ' t="x"'])
_STYLES = st.sampled_from(["", ' s="0"', ' s="1"', ' s="2"', ' s="9"', ' s=""'])
_BETWEEN = st.sampled_from(["", "", "", "\n", "<!-- <row> -->", "  ", "<x/>", "text"])
_ROW_ATTRIBUTES = st.sampled_from(
    [
        "",
        ' spans="1:3"',
        ' hidden="1"',
        ' ht="0.0"',
        ' ht="15" customHeight="1"',
        ' x14ac:dyDescent="0.25"',
        ' spans="1" spans="2"',
        ' odd="1"',
    ]
)


@st.composite
def _rows(draw: st.DrawFn) -> str:
    text = ""
    number = 0
    for _ in range(draw(st.integers(0, 5))):
        number += draw(st.sampled_from([1, 1, 1, 2, 0]))
        cells = "".join(
            f'<c r="{letters}{number}"{draw(_STYLES)}{draw(_TYPES)}{draw(_CONTENTS)}{draw(_BETWEEN)}'
            for letters in draw(st.sampled_from(["A", "AB", "ABC", "AC", "BA", "AA"]))
        )
        text += f'{draw(_BETWEEN)}<row r="{number}"{draw(_ROW_ATTRIBUTES)}>{cells}</row>'
    return text + draw(_BETWEEN)


def test_rows_when_a_formula_fills_some_of_them_then_all_behind_it_are_what_the_parser_gives() -> None:
    plain = [f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 300)]
    for first, last in ((2, 20), (60, 61), (150, 260)):
        rows = plain.copy()
        filling = f'<f t="array" ref="B{first}:B{last}">A1</f>'
        rows[first - 1] = rows[first - 1].replace(f'<c r="B{first}">', f'<c r="B{first}">{filling}')
        found = _same(sheet("".join(rows)))

        assert isinstance(found, SourceFile)
        computed = [row.number for row in found.sheets[0].rows if row.cells[1].has_formula]
        assert computed == list(range(first, last + 1))


@settings(max_examples=150, deadline=None)
@given(rows=_rows(), declares=st.booleans())
def test_rows_when_they_are_cut_by_pattern_then_they_are_what_the_parser_gives(rows: str, declares: bool) -> None:
    part = sheet(rows)
    if declares:
        x14ac = ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
        part = part.replace("<worksheet", f"<worksheet{x14ac}", 1)

    _same(part)


_PLAIN = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
_ROW_3 = '<row r="3"><c r="A3"><v>3</v></c></row>'
_TRAPS = {
    "rows in a comment": _PLAIN + f"<!-- {_ROW_3}{_ROW_3.replace('3', '4')}{_ROW_3.replace('3', '5')} -->",
    "rows in a section": _PLAIN + f"<![CDATA[{_ROW_3}{_ROW_3.replace('3', '4')}]]>" + _ROW_3,
    "rows in an instruction": _PLAIN + f"<?x {_ROW_3}{_ROW_3.replace('3', '4')}?>" + _ROW_3,
    "rows in another element": _PLAIN + f"<x>{_ROW_3}</x>",
    "rows in a row": f'<row r="1">{_ROW_3}</row>',
    "other namespace": _PLAIN + '<row r="3" xmlns="urn:x"><c r="A3"><v>3</v></c></row>',
    "entity": _PLAIN + _ROW_3.replace("<v>3", "<v>&#51;"),
    "unknown entity": _PLAIN + _ROW_3.replace("<v>3", "<v>&x;"),
    "control character": _PLAIN + _ROW_3.replace("<v>3", "<v>\x01"),
    "end of a section": _PLAIN + _ROW_3.replace('<c r="A3">', '<c r="A3" t="str">').replace("<v>3", "<v>]]>"),
    "character that is none": _PLAIN + _ROW_3.replace('<c r="A3">', '<c r="A3" t="str">').replace("<v>3", "<v>\uffff"),
    "half of a row": _PLAIN + _ROW_3[:-10],
    "one row twice": _PLAIN + _PLAIN,
    "cells of another row": _PLAIN + _ROW_3.replace("A3", "A4"),
    "rows behind one that names the namespace itself": '<x xmlns="urn:x">'
    + _PLAIN.replace("<row ", f'<row xmlns="{MAIN}" ', 1)
    + "</x>",
    "rows behind one that names the namespace itself, beside the data": _PLAIN
    + '</sheetData><x xmlns="urn:x">'
    + f'<row r="3" xmlns="{MAIN}"></row>'
    + _ROW_3.replace("3", "4")
    + "</x><sheetData>",
    "prefix that only a row before knew": _PLAIN.replace('"1"', '"1" xmlns:x14ac="urn:x"', 1)
    + _ROW_3.replace('"3"', '"3" x14ac:dyDescent="1"', 1),
    "rows behind a row in a row": f'<row r="1"><row r="2"></row>{_ROW_3}</row>',
}


@pytest.mark.parametrize("rows", _TRAPS.values(), ids=_TRAPS.keys())
def test_rows_when_they_are_no_rows_of_the_sheet_then_they_are_not_taken_for_some(rows: str) -> None:
    found = _same(sheet(rows))

    if not isinstance(found, str):
        assert all(cell.text in ("1", "2", "3") for row in found.sheets[0].rows for cell in row.cells)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_part_when_it_is_in_any_encoding_then_it_is_read(encoding: str) -> None:
    named = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{named}"?>' + sheet(
        _PLAIN + _ROW_3.replace("<c", '<c t="str"').replace(">3<", ">é<")
    )

    found = _same(text.encode(encoding))

    assert not isinstance(found, str)
    assert [cell.text for row in found.sheets[0].rows for cell in row.cells] == ["1", "2", "é"]


def test_part_when_its_bytes_are_not_in_its_encoding_then_it_is_refused() -> None:
    assert _same(sheet(_PLAIN).encode().replace(b"<v>1", b"<v>\xff")) == "S116"


def test_rows_when_there_are_many_then_chunks_end_anywhere() -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="s"><v>1</v></c></row>' for n in range(1, 9_001)
    )

    found = _same(sheet(rows))

    assert not isinstance(found, str)
    assert [row.cells[0].text for row in found.sheets[0].rows] == [str(n) for n in range(1, 9_001)]


def test_rows_when_a_program_writes_them_plainly_then_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the equalities above would prove nothing."""
    cut: list[bool] = []
    plain = _Scan.take_one
    monkeypatch.setattr(_Scan, "take_one", lambda self, row: cut.append(plain(self, row)) or cut[-1])

    _read(sheet(_PLAIN + _ROW_3.replace("<v>3</v>", "<v>&#51;</v>")), by_pattern=True)

    assert cut == [True, True, False]
