"""Writes a workbook that is made to be printed: headings, marks and notes with their looks, repeated headers.

Texts only, and every cell is text, so nothing is ever executed. The same sheets give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties

from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.writing import pack_workbook, require_sheet_names, write_cell
from trialkit.whole_file import write_whole

__all__ = ["Look", "PrintCell", "PrintSheet", "write_printable"]

_A3, _A4 = 8, 9
_MANY_COLUMNS = 30
"""A sheet with more columns than this is printed on A3."""


class Look(StrEnum):
    """What a cell looks like."""

    TITLE = "title"
    TEXT = "text"
    HEAD = "head"
    TURNED = "turned"
    GROUP = "group"
    LABEL = "label"
    MARK = "mark"
    SOFT_MARK = "soft mark"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class PrintCell:
    """One cell: its text, its look, and over how many columns it stretches."""

    text: str = ""
    look: Look = Look.TEXT
    across: int = 1


@dataclass(frozen=True, slots=True)
class PrintSheet:
    """One sheet.

    Attributes:
        name: on its tab.
        rows: from the top; cells from the left.
        widths: of the columns, in characters.
        header_rows: so many rows at the top stay when it scrolls and stand on every printed page.
        header_columns: so many columns at the left, likewise.
        heights: row number (first is 1) to height in points, for rows that need more than a line.
    """

    name: str
    rows: tuple[tuple[PrintCell, ...], ...]
    widths: tuple[float, ...]
    header_rows: int = 0
    header_columns: int = 0
    heights: tuple[tuple[int, float], ...] = ()


def write_printable(path: Path, sheets: Sequence[PrintSheet], created: datetime) -> None:
    """Write sheets as an .xlsx file, landscape, as wide as a page.

    Args:
        path: the file to make or to replace; its folder exists.
        sheets: at least one, in tab order.
        created: stands in the file as the time it was made; from 1980 on. The clock is not read.

    Raises:
        UsageError: S130 for a text that a sheet can not hold, S131 for an impossible sheet name.
        StoreError: S132 when the disk refuses.
    """
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    require_sheet_names([sheet.name for sheet in sheets])
    for sheet in sheets:
        _fill(workbook.create_sheet(sheet.name), sheet)
    moment = created.replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = moment
    workbook.properties.creator = "trialkit"
    write_whole(path, pack_workbook(workbook, moment), "S132")


def _fill(target: Any, sheet: PrintSheet) -> None:  # Any: openpyxl has no types
    for number, row in enumerate(sheet.rows, 1):
        column = 1
        for cell in row:
            for offset in range(cell.across):
                _dress(target.cell(number, column + offset), cell.look)
            write_cell(target.cell(number, column), cell.text, sheet.name)
            if cell.across > 1:
                target.merge_cells(
                    start_row=number, end_row=number, start_column=column, end_column=column + cell.across - 1
                )
            column += cell.across
    for column, width in enumerate(sheet.widths, 1):
        target.column_dimensions[column_letters(column)].width = width
    for number, height in sheet.heights:
        target.row_dimensions[number].height = height
    _set_page(target, sheet)


def _set_page(target: Any, sheet: PrintSheet) -> None:  # Any: openpyxl has no types
    if sheet.header_rows or sheet.header_columns:
        target.freeze_panes = f"{column_letters(sheet.header_columns + 1)}{sheet.header_rows + 1}"
    if sheet.header_rows:
        target.print_title_rows = f"1:{sheet.header_rows}"
    if sheet.header_columns:
        target.print_title_cols = f"A:{column_letters(sheet.header_columns)}"
    width = max(len(sheet.widths), 1)
    target.print_area = f"A1:{column_letters(width)}{max(len(sheet.rows), 1)}"
    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = _A3 if width > _MANY_COLUMNS else _A4
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.print_options.horizontalCentered = False
    target.page_margins.left = target.page_margins.right = 0.4
    target.page_margins.top = target.page_margins.bottom = 0.5
    target.oddFooter.left.text = "&A"
    target.oddFooter.right.text = "Page &P of &N"
    target.sheet_view.showGridLines = False


_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_HEAD_FILL = PatternFill("solid", fgColor="E8EEF4")
_GROUP_FILL = PatternFill("solid", fgColor="F3F5F7")
_SOFT_FILL = PatternFill("solid", fgColor="EEF5FF")
_NO_FILL = PatternFill()


def _font(size: int = 10, *, bold: bool = False, italic: bool = False) -> Font:
    return Font(name="Arial", size=size, bold=bold, italic=italic)


_LOOKS: dict[Look, tuple[Font, Alignment, PatternFill, Border]] = {
    Look.TITLE: (_font(14, bold=True), Alignment(horizontal="left", vertical="center"), _NO_FILL, Border()),
    Look.TEXT: (_font(), Alignment(horizontal="left", vertical="top", wrap_text=True), _NO_FILL, Border()),
    Look.HEAD: (_font(bold=True), _CENTRED, _HEAD_FILL, _BOX),
    Look.TURNED: (
        _font(),
        Alignment(horizontal="center", vertical="bottom", text_rotation=90, wrap_text=True),
        _HEAD_FILL,
        _BOX,
    ),
    Look.GROUP: (_font(bold=True), _LEFT, _GROUP_FILL, _BOX),
    Look.LABEL: (_font(), _LEFT, _NO_FILL, _BOX),
    Look.MARK: (_font(), _CENTRED, _NO_FILL, _BOX),
    Look.SOFT_MARK: (_font(), _CENTRED, _SOFT_FILL, _BOX),
    Look.REMARK: (_font(italic=True), _LEFT, _NO_FILL, _BOX),
}


def _dress(cell: Any, look: Look) -> None:  # Any: openpyxl has no types
    cell.font, cell.alignment, cell.fill, cell.border = _LOOKS[look]
