"""Writes a workbook of listings: tables with a bold header that stays and a filter, wide texts wrapped.

Every text is a text and every number a number, so nothing is ever executed. The same tables give the same bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.properties import PageSetupProperties

from trialkit.errors import UsageError
from trialkit.spreadsheet.cells import MOST_ROWS, column_letters
from trialkit.spreadsheet.writing import pack_workbook, require_sheet_names, write_cell
from trialkit.whole_file import write_whole

__all__ = ["ListCell", "ListSheet", "ListTable", "write_listings"]

ListCell = str | int | None
"""A text, a count, or nothing."""

_A4 = 9
_LINE_HEIGHT = 13.5
_CHARACTERS = 1.2
"""So many characters of running text fit into a unit of width, which is that of a digit."""

_TEXT = Font(name="Arial", size=10)
_HEAD = Font(name="Arial", size=10, bold=True)
_TITLE = Font(name="Arial", size=13, bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="E8EEF4")
_TOP = Alignment(horizontal="left", vertical="top")
_WRAPPED = Alignment(horizontal="left", vertical="top", wrap_text=True)


@dataclass(frozen=True, slots=True)
class ListTable:
    """One table: its title (empty for none), its header and its rows; a header without a text makes none."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[ListCell]]
    title: str = ""


@dataclass(frozen=True, slots=True)
class ListSheet:
    """One sheet.

    Attributes:
        name: on its tab.
        tables: one below the other. A single one without a title stays in sight by its header, and can be filtered.
        widths: of the columns, in characters; texts that are longer wrap.
        fixed_columns: so many columns at the left stay when a single table scrolls.
    """

    name: str
    tables: tuple[ListTable, ...]
    widths: tuple[float, ...]
    fixed_columns: int = 0


def write_listings(path: Path, sheets: Sequence[ListSheet], created: datetime) -> None:
    """Write listings as an .xlsx file, landscape, as wide as a page, the header on every printed page.

    Args:
        path: the file to make or to replace; its folder exists.
        sheets: at least one, in tab order.
        created: stands in the file as the time it was made; from 1980 on. The clock is not read.

    Raises:
        UsageError: S130 for a text or table that a sheet can not hold, S131 for an impossible sheet name.
        StoreError: S132 when the disk refuses.
    """
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    require_sheet_names([sheet.name for sheet in sheets])
    looks: _Looks = {}
    for sheet in sheets:
        _fill(workbook.create_sheet(sheet.name), sheet, looks)
    moment = created.replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = moment
    workbook.properties.creator = "trialkit"
    write_whole(path, pack_workbook(workbook, moment), "S132")


_Looks = dict[tuple[bool, str, bool], Any]  # Any: openpyxl has no types
"""Looks of cells: whether they wrap, their number format, whether they begin like a formula."""


def _fill(target: Any, sheet: ListSheet, looks: _Looks) -> None:  # Any: as above
    if sum(len(table.rows) + 3 for table in sheet.tables) > MOST_ROWS:
        raise UsageError("S130", f"Sheet {sheet.name} has more rows than a workbook holds.", remedy="Narrow it down.")
    row = 1
    for table in sheet.tables:
        row = _write_table(target, sheet, table, row, looks) + 1
    for column, width in enumerate(sheet.widths, 1):
        target.column_dimensions[column_letters(column)].width = width
    if len(sheet.tables) == 1 and not sheet.tables[0].title:
        table = sheet.tables[0]
        target.freeze_panes = f"{column_letters(sheet.fixed_columns + 1)}2"
        target.auto_filter.ref = f"A1:{column_letters(len(table.header))}{max(len(table.rows), 1) + 1}"
        target.print_title_rows = "1:1"
    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = _A4
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.oddFooter.left.text = "&A"
    target.oddFooter.right.text = "Page &P of &N"


def _write_table(target: Any, sheet: ListSheet, table: ListTable, row: int, looks: _Looks) -> int:  # Any: as above
    """Returns the number of the row behind the table."""
    if table.title:
        write_cell(target.cell(row, 1), table.title, sheet.name)
        target.cell(row, 1).font = _TITLE
        row += 1
    if any(table.header):
        for column, name in enumerate(table.header, 1):
            cell = target.cell(row, column)
            write_cell(cell, name, sheet.name)
            cell.font, cell.fill, cell.alignment = _HEAD, _HEAD_FILL, _TOP
        row += 1
    for values in table.rows:
        lines = 1
        for column, value in enumerate(values, 1):
            if value is None or value == "":
                continue
            width = sheet.widths[column - 1] if any(table.header) and column <= len(sheet.widths) else None
            lines = max(lines, _write_value(target.cell(row, column), value, sheet.name, width, looks))
        if lines > 1:  # not every program looks for itself how high a row has to be
            target.row_dimensions[row].height = lines * _LINE_HEIGHT
        row += 1
    return row


def _write_value(cell: Any, value: ListCell, sheet: str, width: float | None, looks: _Looks) -> int:  # Any: as above
    """Returns how many lines it takes: a text that is wider than its column wraps, where a width is given."""
    if isinstance(value, int):
        cell.value = value
        _dress(cell, looks, wraps=False)
        return 1
    write_cell(cell, value, sheet)
    room = len(value or "") if width is None else int(width * _CHARACTERS)
    wraps = len(value or "") > room
    _dress(cell, looks, wraps=wraps)
    return len(textwrap.wrap(value or "", room)) if wraps else 1


def _dress(cell: Any, looks: _Looks, *, wraps: bool) -> None:  # Any: as above
    """Give a cell its look. Cells of one look share it: making one for each takes most of the time of a listing."""
    kind = wraps, cell.number_format, bool(cell.quotePrefix)
    if kind not in looks:
        cell.font, cell.alignment = _TEXT, _WRAPPED if wraps else _TOP
        looks[kind] = cell._style
    cell._style = looks[kind]
