"""The page in front of a workbook to be filled in: sentences, a legend of colours, tables with links to the sheets."""

from __future__ import annotations

from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from trialkit.spreadsheet.template import FrontLine, FrontTable, TemplateBook
from trialkit.spreadsheet.template_looks import FREE_FONT, HEAD_FILL, KEY_FILL, LINE, LINK, MARKS, STORED_FONT
from trialkit.spreadsheet.writing import write_cell

__all__ = ["fill_front_page"]

_WIDTHS = (12.0, 46.0, 12.0, 62.0)
_TITLE = Font(name="Arial", size=16, bold=True)
_HEADING = Font(name="Arial", size=12, bold=True)
_HEAD = Font(name="Arial", size=9, bold=True)
_THIN = Side(style="thin", color=LINE)
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_LEFT = Alignment(horizontal="left", vertical="center")
_WRAPPED = Alignment(horizontal="left", vertical="top", wrap_text=True)
_NO_FILL = PatternFill()
_A4 = 9


def fill_front_page(target: Any, book: TemplateBook) -> None:  # Any: openpyxl has no types
    """Fill the sheet in front. Raises UsageError S130 for a text that a sheet can not hold."""
    for place, width in enumerate(_WIDTHS):
        target.column_dimensions["ABCD"[place]].width = width
    _put(target.cell(1, 1), book.title, _TITLE, _LEFT)
    target.row_dimensions[1].height = 28
    row = 2
    for part in book.front:
        row = _write_line(target, part, row) if isinstance(part, FrontLine) else _write_table(target, part, row)
    target.sheet_view.showGridLines = False
    target.page_setup.orientation = "portrait"
    target.page_setup.paperSize = _A4
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _put(cell: Any, text: str, font: Font, alignment: Alignment) -> None:  # Any: as above
    write_cell(cell, text, cell.parent.title)
    cell.font, cell.alignment = font, alignment


def _write_line(target: Any, line: FrontLine, row: int) -> int:  # Any: as above
    if line.is_heading:
        target.row_dimensions[row].height = 8
        _put(target.cell(row + 1, 1), line.text, _HEADING, _LEFT)
        target.row_dimensions[row + 1].height = 20
        return row + 2
    if line.patch is None:
        _put(target.cell(row, 1), line.text, FREE_FONT, _LEFT)
    else:
        _paint(target.cell(row, 1), line)
        _put(target.cell(row, 2), line.text, FREE_FONT, _LEFT)
    target.row_dimensions[row].height = 15.5
    return row + 1


def _paint(cell: Any, line: FrontLine) -> None:  # Any: as above
    words = {"key": "012-0001", "stored": "120", "free": ""}
    fonts = {"key": FREE_FONT, "stored": STORED_FONT, "free": FREE_FONT}
    fills = {"key": KEY_FILL, "stored": _NO_FILL, "free": _NO_FILL}
    if line.patch in words:
        _put(cell, words[line.patch], fonts[line.patch], _LEFT)
        cell.fill = fills[line.patch]
    elif line.patch is not None:
        look = next(style for name, style in MARKS.items() if name == line.patch)
        cell.fill, cell.font = look.fill, look.font
    cell.border = _BOX


def _write_table(target: Any, table: FrontTable, row: int) -> int:  # Any: as above
    for place, name in enumerate(table.header, 1):
        cell = target.cell(row, place)
        _put(cell, name, _HEAD, _LEFT)
        cell.fill, cell.border = HEAD_FILL, _BOX
    for number, texts in enumerate(table.rows, row + 1):
        for place, text in enumerate(texts, 1):
            cell = target.cell(number, place)
            _put(cell, text, FREE_FONT, _WRAPPED)
            cell.border = _BOX
        if table.is_linked:
            first = target.cell(number, 1)
            first.hyperlink = Hyperlink(ref=first.coordinate, location=f"'{texts[0]}'!A1")
            first.font = LINK
        longest = max(
            (-(-len(text) // int(width * 1.05)) for text, width in zip(texts, _WIDTHS, strict=False)), default=1
        )
        target.row_dimensions[number].height = 14.0 * max(longest, 1)
    return row + len(table.rows) + 2
