"""A workbook of texts in a given layout, part by part: for CSV files, and for workbooks that can not be patched."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialkit.errors import UsageError
from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.cells import MOST_ROWS, column_letters
from trialkit.spreadsheet.correction.plain_xml import escape_text, escape_value
from trialkit.spreadsheet.correction.workbook_part import TRANSITIONAL

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LONGEST_TEXT = 32_767
_WIDEST, _NARROWEST = 40, 8
_SAMPLE = 1_000
_STYLES = (
    '<fonts count="1"><font><sz val="10"/><name val="Arial"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)


@dataclass(frozen=True, slots=True)
class PlainCell:
    """A cell: its address and its text."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """A sheet: its name, and its rows by number with their filled cells, in order."""

    name: str
    rows: Sequence[tuple[int, Sequence[PlainCell]]]


def make_plain_workbook(sheets: Sequence[PlainSheet]) -> bytes:
    """Make an .xlsx file of texts: a number typed into it stays the text that was typed.

    The same sheets give the same bytes. Raises UsageError S130 for a text that no cell can hold, and for more rows than
    a sheet has.
    """
    longest = max((sheet.rows[-1][0] for sheet in sheets if sheet.rows), default=0)
    if longest > MOST_ROWS:
        raise UsageError(
            "S130",
            f"A sheet ends with row {MOST_ROWS:,}, and there are {longest:,} rows.",
            remedy="Take --findings as .csv, or split the file.",
        )
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relationships([("officeDocument", "/xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{TRANSITIONAL.main}" xmlns:r="{TRANSITIONAL.office}"><sheets>'
        + "".join(
            f'<sheet name="{escape_value(sheet.name)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, sheet in enumerate(sheets, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relationships(
            [
                *(("worksheet", f"/xl/worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)),
                ("styles", "/xl/styles.xml"),
            ]
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{TRANSITIONAL.main}">{_STYLES}</styleSheet>',
        **{f"xl/worksheets/sheet{number}.xml": "".join(_sheet(sheet)) for number, sheet in enumerate(sheets, 1)},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, text.encode())
    return packed.getvalue()


def _sheet(sheet: PlainSheet) -> Iterator[str]:
    yield f'<worksheet xmlns="{TRANSITIONAL.main}"><cols>'
    for column, width in sorted(_widths(sheet).items()):
        yield f'<col min="{column}" max="{column}" width="{width}" style="0" customWidth="1"/>'
    yield "</cols><sheetData>"
    for number, cells in sheet.rows:
        yield f'<row r="{number}">'
        for cell in cells:
            if cell.text:
                yield _cell(cell)
        yield "</row>"
    yield "</sheetData></worksheet>"


def _cell(cell: PlainCell) -> str:
    escaped = encode_escapes(cell.text)
    if len(escaped) > _LONGEST_TEXT:
        raise UsageError(
            "S130", f"A sheet can not hold the text for cell {cell.address}.", remedy="Correct the file itself."
        )
    look = ' s="1"' if cell.text[0] in "=+-@\t\r" else ""
    text = escape_text(escaped)
    return f'<c r="{cell.address}"{look} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _widths(sheet: PlainSheet) -> dict[int, int]:
    """Column number to width, from the first rows; at least one column."""
    widths = {1: _NARROWEST}
    letters: dict[str, int] = {column_letters(number): number for number in range(1, 200)}
    for _, cells in sheet.rows[:_SAMPLE]:
        for cell in cells:
            column = letters.get(cell.address.rstrip("0123456789"))
            if column is not None:
                widths[column] = max(widths.get(column, _NARROWEST), min(len(cell.text) + 2, _WIDEST))
    return widths


def _content_types(sheets: int) -> str:
    overrides = {
        "xl/workbook.xml": f"{_CONTENT}.sheet.main+xml",
        "xl/styles.xml": f"{_CONTENT}.styles+xml",
        **{f"xl/worksheets/sheet{number}.xml": f"{_CONTENT}.worksheet+xml" for number in range(1, sheets + 1)},
    }
    inner = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{inner}</Types>'
    )


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{TRANSITIONAL.office}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'
