"""Rows that are taken many at once come out as one by one, in workbooks and in CSV files; runs tell what rows tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_parts import MAIN, SHEET_PART, STRINGS_PART, STYLES_PART, pack, sheet, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow
from trialkit.spreadsheet import (
    book_parts,
    csv_taker,
    csv_text,
    plain_scan,
    row_maker,
    row_template,
    run_maker,
    sheet_scan,
    tally,
)
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.block_writer import BlockWriter
from trialkit.spreadsheet.blocks import PackedRows, PlainRoom, column_blocks_of
from trialkit.spreadsheet.cell_text import NotReadableError, pick_plain_numbers, write_number
from trialkit.spreadsheet.column_blocks import NO_CELL, ColumnBlock
from trialkit.spreadsheet.csv_reading import read_csv_into
from trialkit.spreadsheet.csv_records import RecordReader
from trialkit.spreadsheet.filled_columns import FilledColumn, fill_column
from trialkit.spreadsheet.reading import read_workbook_into
from trialkit.spreadsheet.row_runs import CellTrait, RowRun, group_rows
from trialkit.spreadsheet.text_looks import _looks, is_ordinary, is_seen_ordinary

_patched = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read_workbook(parts: dict[str, str], *, by_pattern: bool) -> SourceFile | str:
    assembler = Assembler()
    try:
        ending = read_workbook_into(pack(parts), ReadingFacts("vs.xlsx"), assembler, by_pattern=by_pattern)
    except SourceFileError as error:
        return f"{error.code} {error.message}"
    return assembler.finish("vs.xlsx", "0" * 64, ending)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Few rows are already taken at once, and files are read in small pieces; how many rows were taken so."""
    monkeypatch.setattr(plain_scan, "_CHUNK", 700)
    monkeypatch.setattr(sheet_scan, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(sheet_scan, "_LEARNT_ROWS", 3)
    monkeypatch.setattr(row_template, "_FEWEST_SEEN", 1)
    monkeypatch.setattr(run_maker, "_MOST_REMEMBERED", 20)
    monkeypatch.setattr(run_maker, "_VARIED_SHARE", 1_000)
    monkeypatch.setattr(tally, "_MOST_OF_A_KIND", 3)
    monkeypatch.setattr(csv_taker, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(csv_taker, "_MOST_KNOWN", 10)
    monkeypatch.setattr(csv_text, "_FIRST_LINES", 3)
    monkeypatch.setattr(csv_text, "_MOST_LINES", 4)
    taken: list[int] = []
    plain = run_maker.RunMaker.add

    def add(self: run_maker.RunMaker, first: int, length: int, columns: Sequence[run_maker.RawColumn], n: int) -> bool:
        is_taken = plain(self, first, length, columns, n)
        taken.append(length if is_taken else 0)
        return is_taken

    monkeypatch.setattr(run_maker.RunMaker, "add", add)
    return taken


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


def _parts(rows: str) -> dict[str, str]:
    parts = workbook_parts(rows, strings=("a", "b &amp; c", "", "1/2/2024"))
    parts[STYLES_PART] = (
        parts[STYLES_PART]
        .replace("</cellXfs>", '<xf numFmtId="9"/><xf numFmtId="170"/></cellXfs>')
        .replace("<fonts>", '<numFmts><numFmt numFmtId="170" formatCode="000"/></numFmts><fonts>')
    )
    return parts


@_patched
@given(rows=_sheets())
def test_rows_when_many_are_taken_at_once_then_the_file_is_what_the_parser_gives(eager: list[int], rows: str) -> None:
    parts = _parts(rows)

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


_FIELDS = st.sampled_from(["", "", "a", "1,5", "1/2/2024", " x", "=1", "a\nb", 'say "x"', "é", "10-Jan"])


@st.composite
def _tables(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(_FIELDS, min_size=width, max_size=width), max_size=25))
    plain = draw(st.integers(0, 3))
    lines = []
    for row in rows:
        fields = [field.replace("\n", " ").replace('"', "") if plain else field for field in row]
        lines.append(
            ";".join('"' + field.replace('"', '""') + '"' if set(field) & set('"\n') else field for field in fields)
        )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        odd = draw(st.sampled_from(["", ";", '5" tube;x', '"open', "a\x1ab", "\x00", 'a"b"', '"a"b', "sep=;"]))
        lines.insert(draw(st.integers(0, len(lines))), odd)
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"]]))
    return "".join(line + draw(st.sampled_from(ends)) for line in lines)


def _read_csv(content: bytes) -> SourceFile | str:
    assembler = Assembler()
    try:
        ending = read_csv_into(content, ReadingFacts("vs.csv"), assembler)
    except SourceFileError as error:
        return f"{error.code} {error.message}"
    return assembler.finish("vs.csv", "0" * 64, ending)


@_patched
@given(table=_tables(), broken=st.booleans())
def test_records_when_many_are_taken_at_once_then_the_file_is_what_one_by_one_gives(
    eager: list[int], table: str, broken: bool
) -> None:
    content = table.encode() + (b"a;\xff\n" if broken else b"")
    found = _read_csv(content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordReader, "_read_plain", lambda *_lines: None)
        patch.setattr(csv_taker, "_FEWEST_ROWS", 1_000_000)
        assert found == _read_csv(content)


def test_records_when_one_goes_over_lines_then_lines_are_counted_all_the_same() -> None:
    found = _read_csv(b'a;b\n1;"x\ny\nz"\n2;y\n3;y\n4\n5;y\n')

    assert found == "S144 vs.csv: most rows have 2 fields, but not those on line 7."


_LOOKS = st.sampled_from([None, (("S222", "a"),), (("S222", "a"), ("S223", "b")), (("S223", "b"),), (("S222", "c"),)])


@given(
    columns=st.lists(st.lists(_LOOKS, min_size=6, max_size=6), min_size=1, max_size=4),
    phases=st.lists(st.integers(0, 1), min_size=4, max_size=4),
)
def test_looks_when_they_are_noted_by_column_then_it_is_as_row_by_row(
    columns: list[list[tuple[tuple[str, str], ...] | None]], phases: list[int]
) -> None:
    by_column, by_row = tally.Tally(), tally.Tally()
    entries = [(phases[number], number + 1, looks) for number, looks in enumerate(columns)]
    told = [(phase, column, [(n, some) for n, some in enumerate(looks) if some]) for phase, column, looks in entries]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "_MOST_OF_A_KIND", 3)
        for first in (5, 11):
            by_column.note_columns("VS", first, told)
            for place in range(6):
                for _, column, looks in sorted(entries, key=lambda entry: entry[:2]):
                    for code, text in looks[place] or ():
                        by_row.note_cell(code, text, "VS", column, first + place)
        assert by_column.finish() == by_row.finish()


@given(text=st.one_of(st.text(max_size=50), st.from_regex(r"[0-9A-Za-z (=@+_-][ -~]{0,12}", fullmatch=True)))
def test_text_when_it_is_ordinary_at_a_glance_then_a_closer_look_finds_nothing(text: str) -> None:
    assert not is_ordinary(text) or not list(_looks(text))


@given(text=st.one_of(st.text(max_size=70), st.from_regex(r"[0-9A-Za-z (=@+_-][ -~]{0,70}", fullmatch=True)))
def test_text_when_one_pattern_sees_that_it_is_ordinary_then_it_is(text: str) -> None:
    assert not is_seen_ordinary(text) or is_ordinary(text)


@given(raw=st.one_of(st.text("-+0123456789.eE \n", max_size=20), st.floats().map(repr), st.just("-0")))
def test_number_when_one_pattern_sees_that_it_is_its_own_text_then_it_is(raw: str) -> None:
    try:
        is_own = write_number(raw) == raw and len(raw) <= 16
    except NotReadableError:
        is_own = False

    assert pick_plain_numbers([raw]) == [raw] * is_own


@pytest.mark.parametrize(
    "text", ["1-Jan", "Jan-1", "mar 3, 2024", "UN-JAN-2024", "xx/2024", "2023-02-30", "0000-01-01", "a ", "a\n", "é"]
)
def test_text_when_it_may_be_odd_then_it_is_not_ordinary_at_a_glance(text: str) -> None:
    assert not is_ordinary(text)


_TRAITS = st.sampled_from(
    [
        CellTrait(CellKind.TEXT, "", False, False),
        CellTrait(CellKind.NUMBER, "0.00", False, True),
        CellTrait(CellKind.DATE, "d", True, True),
        CellTrait(CellKind.BLANK, "", True, False),
    ]
)
_TEXTS = st.text(alphabet=st.sampled_from("ab1\n\x1e\x1f\x00é"), max_size=3)


@st.composite
def _source_rows(draw: st.DrawFn) -> tuple[SourceRow, ...]:
    shapes = draw(st.lists(st.lists(st.none() | _TRAITS, min_size=1, max_size=4), min_size=1, max_size=3))
    rows = []
    number = 0
    for _ in range(draw(st.integers(0, 12))):
        number += draw(st.integers(1, 3))
        cells = []
        for letter, trait in zip("ABCD", draw(st.sampled_from(shapes)), strict=False):
            if trait is None:
                cells.append(Cell(f"{letter}{number}", "", CellKind.BLANK))
                continue
            raw = draw(_TEXTS) if trait.has_raw else None
            text = "" if trait.kind is CellKind.BLANK else draw(_TEXTS)
            cells.append(Cell(f"{letter}{number}", text, trait.kind, trait.has_formula, trait.number_format, raw))
        rows.append(SourceRow(number, tuple(cells)))
    return tuple(rows)


def _filled_columns(rows: Sequence[SourceRow]) -> tuple[list[int], list[FilledColumn]]:
    (block,) = column_blocks_of(rows)
    columns = []
    for number, (texts, traits, codes, raws) in block.columns.items():
        assert codes is None or isinstance(codes, bytes)
        columns.append(fill_column(number, traits, codes, texts, [raw or "" for raw in raws or texts]))
    return block.numbers, columns


def _pack(rows: Sequence[SourceRow], room: PlainRoom, block: int) -> PackedRows:
    """Rows as a reader packs them, some in columns and some one by one."""
    packed = PackedRows(room)
    writer = BlockWriter(packed.add)
    for start in range(0, len(rows), block):
        some = rows[start : start + block]
        if start % 2:
            writer.add_columns(*_filled_columns(some), 1)
        else:
            for row in _by_row(list(group_rows(some))):
                writer.add(*row)
        writer.flush()
    return packed


def _by_row(runs: Sequence[RowRun]) -> list[tuple[int, tuple[int, ...], tuple[CellTrait, ...], list[str], list[str]]]:
    found = []
    for run in runs:
        assert run.numbers == sorted(run.numbers)
        for place, number in enumerate(run.numbers):
            texts = [column[place] for column in run.texts]
            found.append((number, run.columns, run.traits, texts, [column[place] for column in run.raws]))
    return sorted(found)


def _cells_of_blocks(blocks: Sequence[ColumnBlock]) -> dict[int, dict[int, tuple[str, CellTrait, str | None]]]:
    found: dict[int, dict[int, tuple[str, CellTrait, str | None]]] = {}
    for block in blocks:
        assert list(block.columns) == sorted(block.columns)
        for place, number in enumerate(block.numbers):
            assert number > max(found, default=0)
            cells = found[number] = {}
            for column, (texts, traits, codes, raws) in block.columns.items():
                kinds = block.columns[column].kinds
                code = 1 if codes is None else codes[place]
                if code != NO_CELL:
                    trait, raw = traits[code - 1], None if raws is None else raws[place]
                    assert (raw is not None) is trait.has_raw
                    assert trait.kind is (kinds if isinstance(kinds, CellKind) else kinds[place])
                    cells[column] = texts[place], trait, raw
                else:
                    assert texts[place] == ""
                    assert isinstance(kinds, CellKind) or kinds[place] is CellKind.BLANK
                    assert not block.columns[column].is_full
    return found


@settings(deadline=None)
@given(rows=_source_rows(), block=st.integers(1, 5), bytes_left=st.sampled_from([0, 20, 10_000]))
def test_blocks_when_rows_are_packed_or_not_then_they_tell_what_the_rows_tell(
    rows: tuple[SourceRow, ...], block: int, bytes_left: int
) -> None:
    kept = {
        row.number: {
            column: (
                cell.text,
                CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None),
                cell.raw,
            )
            for column, cell in enumerate(row.cells, start=1)
            if cell[1:] != ("", CellKind.BLANK, False, "", None) or column == len(row.cells)
        }
        for row in rows
    }

    assert _cells_of_blocks(list(column_blocks_of(rows))) == kept
    assert _cells_of_blocks(list(_pack(rows, PlainRoom(bytes_left), block).column_blocks())) == kept


@settings(deadline=None)
@given(rows=_source_rows(), block=st.integers(1, 5), bytes_left=st.sampled_from([0, 20, 10_000]))
def test_rows_when_they_are_packed_then_they_are_the_same_when_they_are_unpacked(
    rows: tuple[SourceRow, ...], block: int, bytes_left: int
) -> None:
    packed = _pack(rows, PlainRoom(bytes_left), block)

    assert tuple(packed) == rows
    assert [packed[place] for place in range(len(rows))] == list(rows)
