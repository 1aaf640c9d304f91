"""What formats make of numbers: dates wherever a person sees one, and what is seen and not stored is said."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbook_parts import STYLES_PART, save, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.model.source import Cell, CellKind, SourceFile
from trialkit.spreadsheet import read_workbook
from trialkit.spreadsheet.cell_text import write_moment
from trialkit.spreadsheet.number_formats import built_in_format, read_format

_DAY = "45418"
"""The serial number of 2024-05-06."""


def _parts(cells: str, xfs: str, codes: tuple[str, ...] = ()) -> dict[str, str]:
    """A workbook with a row of cells, whose styles are these; codes have numbers from 164 on."""
    parts = workbook_parts(f'<row r="1">{cells}</row>', strings=("x",))
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{escape(code)}"/>' for number, code in enumerate(codes, start=164)
    )
    head, rest = parts[STYLES_PART].split("<cellXfs>")
    parts[STYLES_PART] = head.replace("<fonts>", f"<numFmts>{formats}</numFmts><fonts>", 1) + (
        f"<cellXfs>{xfs}</cellXfs>" + rest.split("</cellXfs>")[1]
    )
    return parts


def _read(folder: Path, cells: str, xfs: str, codes: tuple[str, ...] = ()) -> SourceFile:
    return read_workbook(save(folder, _parts(cells, xfs, codes)))


def _first(source: SourceFile) -> Cell:
    return next(iter(source.sheets[0].rows)).cells[0]


def _show(folder: Path, code: str, value: str) -> tuple[str, str, list[str]]:
    """Text and kind of a number of such a format, and what is odd about it."""
    source = _read(folder, f'<c r="A1" s="1"><v>{value}</v></c>', '<xf numFmtId="0"/><xf numFmtId="164"/>', (code,))
    cell = _first(source)
    return cell.text, cell.kind.value, [oddity.code for oddity in source.oddities]


@pytest.mark.parametrize(
    ("number", "value", "text", "kind", "codes"),
    [
        (14, _DAY, "2024-05-06", CellKind.DATE, []),
        (9, "0.97", "0.97", CellKind.NUMBER, ["S220"]),
        (49, "12", "12", CellKind.NUMBER, []),
        (0, _DAY, _DAY, CellKind.NUMBER, []),
    ],
)
@pytest.mark.parametrize("style", ["", ' s="0"'])
def test_cell_when_it_names_no_style_then_it_has_the_first_one(
    style: str, number: int, value: str, text: str, kind: CellKind, codes: list[str], tmp_path: Path
) -> None:
    source = _read(tmp_path, f'<c r="A1"{style}><v>{value}</v></c>', f'<xf numFmtId="{number}"/>')

    cell = _first(source)
    assert (cell.text, cell.kind) == (text, kind)
    assert cell.number_format == read_format(built_in_format(number) or "").code
    assert [oddity.code for oddity in source.oddities] == codes


@pytest.mark.parametrize("style", ["", ' s="0"'])
def test_cell_when_the_file_has_no_styles_then_it_is_plain(style: str, tmp_path: Path) -> None:
    parts = workbook_parts(f'<row r="1"><c r="A1"{style}><v>{_DAY}</v></c></row>')
    del parts[STYLES_PART]

    source = read_workbook(save(tmp_path, parts))

    assert (_first(source).text, _first(source).number_format, source.oddities) == (_DAY, "", ())


@pytest.mark.parametrize("number", ["200", "23", "x", "-1", "9" * 30])
def test_cell_when_its_format_is_defined_nowhere_then_it_is_said_of_numbers(number: str, tmp_path: Path) -> None:
    cells = f'<c r="A1" s="1"><v>{_DAY}</v></c><c r="B1" s="1" t="s"><v>0</v></c>'

    source = _read(tmp_path, cells, f'<xf numFmtId="0"/><xf numFmtId="{number}"/>')

    assert _first(source).text == _DAY
    assert [(oddity.code, oddity.cell) for oddity in source.oddities] == [("S238", "A1")]


@pytest.mark.parametrize(
    ("code", "value", "text", "kind", "codes"),
    [
        ('[=0]"";dd/mm/yyyy', _DAY, "2024-05-06", "date", []),
        ('[=0]"";dd/mm/yyyy', "0", "0", "number", ["S233"]),
        ("[<100]0;dd/mm/yyyy", "99", "99", "number", []),
        ("[<100]0;dd/mm/yyyy", _DAY, "2024-05-06", "date", []),
        ("[>=40000]dd/mm/yyyy", _DAY, "2024-05-06", "date", []),
        ("[>=40000]dd/mm/yyyy", "12", "12", "number", []),
        ("dd/mm/yyyy;;", _DAY, "2024-05-06", "date", []),
        ("dd/mm/yyyy;;", "0", "0", "number", ["S233"]),
        ("dd/mm/yyyy;@", _DAY, "2024-05-06", "date", []),
        ("0;yyyy-mm-dd", _DAY, _DAY, "number", []),
        ("0;0;yyyy-mm-dd", _DAY, _DAY, "number", []),
        ("0%;0", "0.5", "0.5", "number", ["S220"]),
        ("0%;0", "-5", "-5", "number", []),
        ("[<=1]0%;[<=100]0;dd/mm/yyyy", "1", "1", "number", ["S220"]),
        ("[<=1]0%;[<=100]0;dd/mm/yyyy", "100", "100", "number", []),
        ("[<=1]0%;[<=100]0;dd/mm/yyyy", _DAY, "2024-05-06", "date", []),
        ("[>5]0%;0;dd/mm/yyyy", "-1", "-1", "number", []),
        ("[>100000]0%;0;dd/mm/yyyy", _DAY, "2024-05-06", "date", []),
        ('0";"dd', _DAY, "2024-05-06", "date", []),
        ("[=0]0;dd/mm/yyyy", "abc", "abc", "error", ["S215"]),
        ("[$-411]ge", _DAY, "2024-05-06", "date", []),
        ("e", _DAY, "2024-05-06", "date", []),
        ("aaaa", _DAY, "2024-05-06", "date", []),
        ("bb", _DAY, "2024-05-06", "date", []),
        ("b h:mm", f"{_DAY}.5", "2024-05-06T12:00", "date", []),
        ("##0.0E+0", _DAY, _DAY, "number", []),
        ("Standard", "5.5", "5.5", "number", []),
        ("General", "5.5", "5.5", "number", []),
    ],
)
def test_number_when_a_format_has_sections_then_the_one_for_it_decides(
    code: str, value: str, text: str, kind: str, codes: list[str], tmp_path: Path
) -> None:
    assert _show(tmp_path, code, value) == (text, kind, codes)


@pytest.mark.parametrize(
    ("number", "value", "text"),
    [
        *((number, _DAY, "2024-05-06") for number in (27, 31, 36, 50, 57, 58, 71, 72, 73, 74, 81)),
        (77, "45418.5", "2024-05-06T12:00"),
        (75, "0.5", "12:00"),
        (76, "0.5", "12:00"),
        (78, "0.5", "12:00"),
        (79, "1.5", "36:00"),
        (80, "0.5", "12:00"),
    ],
)
def test_number_when_a_built_in_format_of_the_east_shows_a_moment_then_it_is_one(
    number: int, value: str, text: str, tmp_path: Path
) -> None:
    cell = _first(_read(tmp_path, f'<c r="A1"><v>{value}</v></c>', f'<xf numFmtId="{number}"/>'))

    assert (cell.text, cell.kind, cell.raw) == (text, CellKind.DATE, value)


@pytest.mark.parametrize("number", [5, 6, 7, 8, 41, 42, 43, 44])
@pytest.mark.parametrize("value", ["12.5", "-12.5", "0"])
def test_number_when_its_format_is_a_built_in_currency_then_the_format_is_told(
    number: int, value: str, tmp_path: Path
) -> None:
    source = _read(tmp_path, f'<c r="A1"><v>{value}</v></c>', f'<xf numFmtId="{number}"/>')

    cell = _first(source)
    assert (cell.text, cell.kind, source.oddities) == (value, CellKind.NUMBER, ())
    assert "#,##0" in cell.number_format
    assert ("$" in cell.number_format) is (number not in (41, 43))


@pytest.mark.parametrize(
    ("code", "value", "text", "codes"),
    [
        ("yyyy-mm-dd", "46328.999995", "2026-11-02", ["S218"]),
        ("yyyy-mm-dd", "46328.9999999", "2026-11-02", ["S218"]),
        ("yyyy-mm-dd", "46328.99999", "2026-11-02T23:59:59", ["S218"]),
        ("yyyy-mm-dd", "46328.999999999999", "2026-11-03", []),
        ("yyyy-mm-dd", "46328.000005", "2026-11-02", ["S218"]),
        ("yyyy-mm-dd h:mm", "46328.999995", "2026-11-03T00:00", ["S218"]),
        ("yyyy-mm-dd h:mm", "46328.99999", "2026-11-02T23:59:59", ["S218"]),
    ],
)
def test_date_when_it_is_just_before_midnight_then_the_day_that_is_shown_stays(
    code: str, value: str, text: str, codes: list[str], tmp_path: Path
) -> None:
    assert _show(tmp_path, code, value) == (text, "date", codes)


@given(st.integers(61, 2_958_465), st.decimals(0, Decimal("0.99999999"), places=8))
def test_date_when_only_the_day_is_shown_then_it_is_the_whole_part_of_the_number(day: int, part: Decimal) -> None:
    text, _ = write_moment(f"{day + part:f}", "date", from_1904=False)

    assert text[:10] == write_moment(str(day), "date", from_1904=False)[0]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><v>5</v><v>6</v></c>',
        '<c r="A1" t="str"><v>5</v><is><t>6</t></is></c>',
        '<c r="A1" t="inlineStr"><is><t>5</t></is><is><t>6</t></is></c>',
    ],
)
def test_cell_when_it_holds_two_values_then_the_file_is_refused(cell: str, tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="cell A1 holds two values") as caught:
        _read(tmp_path, cell, '<xf numFmtId="0"/>')

    assert caught.value.code == "S119"


def test_cell_when_an_element_beside_its_value_is_empty_then_it_is_read(tmp_path: Path) -> None:
    cell = '<c r="A1" t="inlineStr"><is><t>x</t></is><v></v></c>'

    assert _first(_read(tmp_path, cell, '<xf numFmtId="0"/>')).text == "x"


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        ('000"-"0000', "120007", "S221"),
        ("000\\-0000", "1234567", "S221"),
        ("000-00-0000", "123456789", "S221"),
        ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "5551234", "S221"),
        ('"S"000', "7", "S221"),
        ('"S"000', "123", "S221"),
        ('000" 0000"', "7", "S221"),
        ('000" "0000', "120007", "S221"),
        ("0\\.0", "55", "S221"),
        ('0"0"', "5", "S221"),
        ('"1"0', "5", "S221"),
        ("0000;-0000", "7", "S221"),
        ("0000;-0000", "1234", None),
        ('00" kg"', "7", "S221"),
        ("# ##0", "1234567", None),
        ("#'##0", "1234567", None),
        ('#"."##0', "1234567", None),
        ("# ?/?", "1.5", None),
        ("0.00", "7", None),
        (";;;@", "1", "S233"),
        (";;;", "1", "S233"),
        (";;", "1", "S233"),
        ('""', "1", "S233"),
        ('"";"";""', "0", "S233"),
        ("_)* ", "1", "S233"),
        ("0;-0;;@", "0", "S233"),
        ("0;-0;;@", "7", None),
        ('"<"0', "5", "S239"),
        ("\\<0", "5", "S239"),
        ("<0", "5", "S239"),
        ('">= "0.0', "5", "S239"),
        ('"\u2264"0', "5", "S239"),
        ('"\u2265"0', "5", "S239"),
        ('"~"0', "5", "S239"),
        ('"\u00b1"0', "5", "S239"),
        ('"<"General', "5", "S239"),
        ('"<"@', "5", "S239"),
        ('"Yes";;"No"', "1", "S239"),
        ('"Yes";;"No"', "0", "S239"),
        ('[=1]"Male";[=2]"Female";0', "2", "S239"),
        ('[=1]"Male";[=2]"Female";0', "3", None),
        ('"\u2713"', "1", "S239"),
        (";;;**", "1", "S233"),
        ("**", "1", "S239"),
        ("0,", "12000", "S239"),
        ("#,##0,", "12000", "S239"),
        ('0.0,,"M"', "12000000", "S239"),
        ("#,##0", "12000", None),
        ('"$"#,##0.00', "5", None),
        ("[$CHF-807] #,##0.00", "5", None),
        ('"EUR" 0.00', "5", None),
        ('0.0" kg"', "5", None),
        ('0" < 5"', "5", None),
        ("0.0_);(0.0)", "-5", None),
        ('0.0;-0.0;"-"', "0", None),
        ('_-* #,##0\\ "DM"_-;-* #,##0\\ "DM"_-;_-* "-"\\ "DM"_-;_-@_-', "0", None),
        ("+0;-0;0", "5", None),
        ("[Red]", "5", None),
        ("[Red]0", "5", None),
    ],
)
def test_number_when_a_person_sees_something_else_then_it_is_said_and_the_number_stays(
    code: str, value: str, said: str | None, tmp_path: Path
) -> None:
    assert _show(tmp_path, code, value) == (value, "number", [said] if said else [])


@pytest.mark.parametrize(
    ("code", "said"),
    [(";;;", "S233"), (";;;@", None), (";;", None), ('""', None), ('0;0;0;"***"', "S239"), ('"<"@', "S239")],
)
def test_text_when_its_format_shows_something_else_then_it_is_said(code: str, said: str | None, tmp_path: Path) -> None:
    source = _read(tmp_path, '<c r="A1" s="1" t="s"><v>0</v></c>', '<xf/><xf numFmtId="164"/>', (code,))

    assert _first(source).text == "x"
    assert [oddity.code for oddity in source.oddities] == ([said] if said else [])


@given(st.text('0#?.,;%@"\\_*[]<>=-ymdhsgeb $/E+', max_size=30), st.decimals(allow_nan=False, allow_infinity=False))
def test_format_when_its_code_is_anything_then_every_number_has_a_section(code: str, number: Decimal) -> None:
    form = read_format(code)

    assert form.section(number) in [section for _, section in form.branches]
