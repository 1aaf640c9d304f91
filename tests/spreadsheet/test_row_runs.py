"""Rows that are taken many at once come out as one by one, in workbooks and in CSV files; runs tell what rows tell."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_parts import MAIN, SHEET_PART, STRINGS_PART, STYLES_PART, pack, sheet, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.model.source import SourceFile
from trialkit.spreadsheet import (
    book_parts,
    row_maker,
)
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.reading import read_workbook_into

_patched = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read_workbook(parts: dict[str, str], *, by_pattern: bool) -> SourceFile | str:
    assembler = Assembler()
    try:
        ending = read_workbook_into(pack(parts), ReadingFacts("vs.xlsx"), assembler, by_pattern=by_pattern)
    except SourceFileError as error:
        return f"{error.code} {error.message}"
    return assembler.finish("vs.xlsx", "0" * 64, ending)


_CELLS = [
    ' t="s"><v>0</v></c>',
    ' t="s"><v>1</v></c>',
    ' t="s"><v>2</v></c>',
    ' t="s"><v>3</v></c>',
    "><v>1</v></c>",
    "><v>36.60</v></c>",
    "><v>0.10000000000000001</v></c>",
    "><v>12345678901234567</v></c>",
    "><v>1e999</v></c>",
    ' s="1"><v>45418</v></c>',
    ' s="1"><v>45418.5</v></c>',
    ' s="1"><v>12</v></c>',
    ' s="5"><v>0.85</v></c>',
    ' s="6"><v>7</v></c>',
    ' s="6"><v>1234</v></c>',
    ' s="9"><v>7</v></c>',
    ' s="9"><v>1e999</v></c>',
    ' s="5"><v>12345678901234567</v></c>',
    ' s="0"><v>45418</v></c>',
    ' s="7"><v>45418</v></c>',
    ' s="7"><v>-1</v></c>',
    ' s="7"><v>0.5</v></c>',
    ' s="7"><v>1e999</v></c>',
    ' s="7"><f>1</f><v>45418.500001</v></c>',
    ' s="8"><v>7</v></c>',
    ' s="8"><v>45418.999999</v></c>',
    ' t="b"><v>1</v></c>',
    ' t="e"><v>#N/A</v></c>',
    ' t="str"><v>_x0041_</v></c>',
    ' t="str"><v>1,5</v></c>',
    ' t="str"><v> 1,5</v></c>',
    ' t="str"><v>=1</v></c>',
    ' t="inlineStr"><is><t>in</t></is></c>',
    ' t="inlineStr"><is><t xml:space="preserve"> in</t></is></c>',
    ' t="inlineStr"/>',
    ' s="1"/>',
    "/>",
    "",
    "><f>A1+1</f><v>1</v></c>",
    '><f t="shared" ref="A1:A9" si="0">A1&amp;&quot;&lt;&quot;</f><v>1</v></c>',
    ' s="1"><f t="shared" si="0"/><v>45418.5</v></c>',
    ' s="1"><f ca="1">TODAY()</f><v>12</v></c>',
    ' s="9"><f aca="false">7</f><v>7</v></c>',
    ' t="str"><f>1</f><v> 1,5</v></c>',
    ' t="str"><f>1</f><v>_x0041_</v></c>',
    ' t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    ' t="b"><f>1</f><v>1</v></c>',
]
_ODD_CELLS = [
    "><v>1</v><v>2</v></c>",
    ' t="inlineStr"><is><t>1</t></is><v>2</v></c>',
    ' t="inlineStr"><is><t>1</t></is><v></v></c>',
    "><f>A&B</f><v>1</v></c>",
    "><f>&x;</f><v>1</v></c>",
    "><f>1</f>&amp;<v>1</v></c>",
    "><f>1</f><v>a&amp;b</v></c>",
    '><f t="shared" t="shared">1</f><v>1</v></c>',
    '><f odd="1">1</f><v>1</v></c>',
    '><f si="0" t="shared"/><v>1</v></c>',
    "><f>1</f><f>2</f><v>1</v></c>",
    "><v>1</v><f>2</f></c>",
    "><f>1<x/></f><v>1</v></c>",
    "><f>1</f><v></v></c>",
    ' t="str"><f>1</f><v></v></c>',
    ' t="inlineStr"><f>1</f><is><t>1</t></is></c>',
    ' t="inlineStr"><f>1</f><v>1</v></c>',
    "><f>1</f></c>",
    ' t="s"><v>99</v></c>',
    ' t="str"><v>a &amp; b</v></c>',
    ' t="s"><v>&#49;</v></c>',
    "><v></v></c>",
    ' t="inlineStr"><v>1</v></c>',
    ' t="s"><is><t>1</t></is></c>',
    "><v>1</v><x/></c>",
    '><v>1</v></c><c r="A1"><v>1</v></c>',
]
_ODD_ROWS = [
    '<row r="{n}"/>',
    '<row r="{n}" spans="1:3"></row>',
    '<row r="{n}" odd="1"><c r="A{n}"><v>1</v></c></row>',
    "<!-- a row -->",
    '<row r="{n}"><c r="CZ{n}"><v>1</v></c></row>',
    '<row r="{n}"><c r="B{n}"><v>1</v></c><c r="A{n}"><v>1</v></c></row>',
    '<row r="{n}"><c r="A{n}1"><v>1</v></c></row>',
    '<row r="0{n}"><c r="A{n}"><v>1</v></c></row>',
]


_Columns = list[list[str]]
_COLUMNS = st.lists(st.lists(st.sampled_from(_CELLS), min_size=1, max_size=3), min_size=1, max_size=5)
_ATTRIBUTES = ["", "", "", "", ' spans="1:5"', ' hidden="1"']
_ODD_ATTRIBUTES = [' x14ac:dyDescent="0.25"', ' odd="1"', ' ht="1" ht="1"', ' hidden="1" xml:lang="en"']


@st.composite
def _rows(draw: st.DrawFn, numbers: range, columns: _Columns) -> list[str]:
    """Rows of the same columns, each column with few ways to be written."""
    rows = []
    for number in numbers:
        contents = [(letter, draw(st.sampled_from(ways))) for letter, ways in zip("ABCDE", columns, strict=False)]
        cells = "".join(f'<c r="{letter}{number}"{content}' for letter, content in contents if content)
        rows.append(f'<row r="{number}"{draw(st.sampled_from(_ATTRIBUTES))}>{cells}</row>')
    return rows


@st.composite
def _sheets(draw: st.DrawFn) -> str:
    """Stretches of rows, most of the same columns, with few other rows between them."""
    rows: list[str] = []
    first = 1
    columns = draw(_COLUMNS)
    for _ in range(draw(st.integers(1, 3))):
        columns = draw(st.sampled_from([columns, columns, draw(_COLUMNS)]))
        length = draw(st.integers(4, 12))
        rows += draw(_rows(range(first, first + length), columns))
        first += length + draw(st.sampled_from([0, 0, 1, 20_000]))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        place = draw(st.integers(0, len(rows) - 1))
        number = draw(st.sampled_from([rows[place].split('"')[1]] * 4 + ["3"]))
        cell = draw(st.sampled_from([f'<row r="{number}"><c r="A{number}"{way}</row>' for way in _ODD_CELLS]))
        row = draw(st.sampled_from(_ODD_ROWS)).format(n=number)
        odd = rows[place].replace(">", f"{draw(st.sampled_from(_ODD_ATTRIBUTES))}>", 1)
        rows[place] = draw(st.sampled_from([cell, row, odd]))
    return "".join(rows)


_XFS = '<xf numFmtId="9"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/></cellXfs>'
_FORMATS = (
    '<numFmt numFmtId="170" formatCode="000"/><numFmt numFmtId="171" formatCode="[&gt;40000]dd/mm/yyyy;[&lt;0]0,;0%"/>'
    '<numFmt numFmtId="172" formatCode="yyyy-mm-dd;;"/>'
)


def _parts(rows: str, first_format: int = 0) -> dict[str, str]:
    parts = workbook_parts(rows, strings=("a", "b &amp; c", "", "1/2/2024"))
    parts[STYLES_PART] = (
        parts[STYLES_PART]
        .replace("</cellXfs>", _XFS)
        .replace("<fonts>", f"<numFmts>{_FORMATS}</numFmts><fonts>")
        .replace('<cellXfs><xf numFmtId="0"/>', f'<cellXfs><xf numFmtId="{first_format}"/>')
    )
    return parts


@_patched
@given(rows=_sheets(), first_format=st.sampled_from([0, 0, 14, 9, 171, 999]))
def test_rows_when_many_are_taken_at_once_then_the_file_is_what_the_parser_gives(
    eager: list[int], rows: str, first_format: int
) -> None:
    parts = _parts(rows, first_format)

    assert _read_workbook(parts, by_pattern=True) == _read_workbook(parts, by_pattern=False)


def test_rows_when_they_follow_each_other_then_they_are_taken_at_once(eager: list[int]) -> None:
    """Else the equality above would prove nothing."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}"><v>{n}.50</v></c></row>' for n in range(1, 101)
    )

    _read_workbook(_parts(rows), by_pattern=True)

    assert sum(eager) >= 97


@pytest.mark.parametrize(
    "formula",
    [
        "<f>A{n}*2</f>",
        '<f>IF(A{n}&lt;&gt;"",1)</f>',
        '<f t="shared" ref="B1:B100" si="0">A1</f>',
        '<f t="shared" si="0"/>',
    ],
)
def test_rows_when_a_column_is_computed_then_they_are_taken_at_once_all_the_same(
    eager: list[int], formula: str
) -> None:
    cells = f'<c r="A{{n}}" t="s"><v>0</v></c><c r="B{{n}}">{formula}<v>{{n}}.50</v></c>'
    rows = "".join(f'<row r="{n}">{cells.format(n=n)}</row>' for n in range(1, 101))

    found = _read_workbook(_parts(rows), by_pattern=True)

    assert sum(eager) >= 97
    assert found == _read_workbook(_parts(rows), by_pattern=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<v>0", "<v>&#48;"),
        ("<v>0", "<v>&x;"),
        ("<v>x", "<v>&#120;"),
        ('"20"', '"20" ht="1" ht="2"'),
        ('"20"', '"20" x14ac:dyDescent="1"'),
        ('"20"', '"20" odd="1"'),
        ('"A20"', '"A21"'),
        ("</c>", "</c>&x;"),
        ("</c>", "</c><x>"),
        ('s="0"', 's="0" s="1"'),
    ],
)
def test_row_when_one_among_many_is_not_plain_then_it_is_what_the_parser_gives(
    eager: list[int], old: str, new: str
) -> None:
    rows = [f'<row r="{n}"><c r="A{n}" s="0" t="s"><v>0</v></c>B{n}</row>' for n in range(1, 41)]
    rows = [re.sub("B([0-9]+)", r'<c r="B\1" t="str"><v>x</v></c>', row) for row in rows]
    assert old in rows[19]
    rows[19] = rows[19].replace(old, new, 1)

    assert _read_workbook(_parts("".join(rows)), by_pattern=True) == _read_workbook(
        _parts("".join(rows)), by_pattern=False
    )


def test_rows_when_two_faults_are_near_then_the_first_is_said(eager: list[int]) -> None:
    rows = [f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 41)]
    rows[20] = rows[20].replace("<v>0", "<v>77")
    rows[30] = rows[30].replace('row r="31"', 'row r="30"')

    found = _read_workbook(_parts("".join(rows)), by_pattern=True)

    assert isinstance(found, str)
    assert found == _read_workbook(_parts("".join(rows)), by_pattern=False)
    assert found.startswith("S120")


def test_cells_when_they_are_too_many_then_they_are_refused_either_way(
    eager: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" s="1"/></row>' for n in range(1, 61))
    for most in (60, 127, 128, 129):
        monkeypatch.setattr(row_maker, "_MOST_CELLS", most)

        found = _read_workbook(_parts(rows), by_pattern=True)

        assert found == _read_workbook(_parts(rows), by_pattern=False)
        assert isinstance(found, str) is (most < 120)


@st.composite
def _strings(draw: st.DrawFn) -> str:
    plain = ["a", "", " b ", "é", "_x0041_", "a > b", "x\r\ny"]
    items = [f"<si><t>{text}</t></si>" for text in plain] + [
        '<si><t xml:space="preserve"> c</t></si>',
        "<si><t>d &amp; e</t></si>",
        "<si><t/></si>",
        "<si/>",
        "<si><r><t>f</t></r><r><t>g</t></r></si>",
        "<si><t>h</t><rPh><t>i</t></rPh></si>",
        "<si><si><t>j</t></si><si><t>k</t></si></si>",
        "<rPh><si><t>l</t></si></rPh>",
        "<!-- <si><t>m</t></si> -->",
        "<x><si><t>n</t></si></x>",
        '<si xmlns="urn:x"><t>o</t></si>',
        "<si><t><![CDATA[p]]></t></si>",
        "\n",
    ]
    weighed = items[:8] * 4 + items
    return "".join(draw(st.lists(st.sampled_from(weighed), max_size=30)))


@_patched
@given(strings=_strings())
def test_strings_when_they_are_cut_by_pattern_then_they_are_what_the_parser_gives(
    eager: list[int], strings: str
) -> None:
    rows = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(strings.count("<si>")))
    parts = {**workbook_parts(), STRINGS_PART: f'<sst xmlns="{MAIN}">{strings}</sst>', SHEET_PART: sheet(rows)}

    assert _read_workbook(parts, by_pattern=True) == _read_workbook(parts, by_pattern=False)


@pytest.mark.parametrize(
    "strings",
    [
        "<si><si><t>a</t></si><si><t>b</t></si><si><t>c</t></si></si>",
        "<rPh><si><t>a</t></si><si><t>b</t></si></rPh>",
        '<x xmlns="urn:x"><si xmlns="MAIN"><t>a</t></si><si><t>b</t></si></x>',
        '</sst><sst xmlns="urn:x"><si xmlns="MAIN"><t>a</t></si><si><t>b</t></si>',
        "<si><t>a</t></si><!-- <si><t>b</t></si><si><t>c</t></si> -->",
        "<si><t>a</t></si><si><t>&#98;</t></si><si><t>c</t></si>",
        "<si><t>a</t></si><si><t>&x;</t></si><si><t>c</t></si>",
        "<si><t>a</t></si>]]><si><t>c</t></si>",
    ],
)
def test_strings_when_they_are_no_plain_ones_then_they_are_what_the_parser_gives(
    eager: list[int], strings: str
) -> None:
    rows = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(strings.count("<si")))
    items = strings.replace("MAIN", MAIN)
    for most in range(1, rows.count("<row") + 1):  # as many as there are
        part = sheet("".join(f"{row}</row>" for row in rows.split("</row>")[:most]))
        parts = {**workbook_parts(), STRINGS_PART: f'<sst xmlns="{MAIN}">{items}</sst>', SHEET_PART: part}
        assert _read_workbook(parts, by_pattern=True) == _read_workbook(parts, by_pattern=False)


def test_strings_when_they_are_plain_then_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the equality above would prove nothing."""
    opened: list[str] = []
    plain = book_parts._StringsWalker.open

    def note(self: book_parts._StringsWalker, name: str, attributes: dict[str, str]) -> None:
        opened.append(name)
        plain(self, name, attributes)

    monkeypatch.setattr(book_parts._StringsWalker, "open", note)

    _read_workbook(workbook_parts(strings=("a", "b")), by_pattern=True)

    assert opened == [f"{MAIN} sst"]
