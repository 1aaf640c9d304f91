"""Writes a plain workbook for a site: tables of text go in, one file appears whole or not at all.

Every cell is text, so nothing that a person typed is ever executed. The same tables give the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.writer.excel import ExcelWriter

from trialkit.errors import UsageError
from trialkit.spreadsheet.cell_text import encode_escapes
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_letters
from trialkit.spreadsheet.inert import begins_like_formula
from trialkit.whole_file import write_whole

SheetTable = tuple[str, Sequence[str], Sequence[Sequence[str | None]]]
"""A sheet to write: its name, its header, its rows; None and the empty text are blank cells."""

_LONGEST_TEXT = 32_767
_LONGEST_SHEET_NAME = 31
_TEXT_FORMAT = "@"
_WIDTHS = (8, 48)


def write_workbook(path: Path, sheets: Sequence[SheetTable], created: datetime) -> None:
    """Write tables of text as an .xlsx file: bold, frozen header, every cell formatted as text.

    Args:
        path: the file to make or to replace; its folder exists.
        sheets: at least one, in tab order. A sheet with an empty header begins with its first row.
        created: stands in the file as the time it was made; from 1980 on. The clock is not read.

    Raises:
        UsageError: S130 for a text, row or table that a sheet can not hold, S131 for an impossible sheet name.
        StoreError: S132 when the disk refuses.
    """
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    require_sheet_names([name for name, _, _ in sheets])
    for name, header, rows in sheets:
        _fill_sheet(workbook.create_sheet(name), name, header, rows)
    moment = created.replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = moment
    workbook.properties.creator = "trialkit"
    write_whole(path, pack_workbook(workbook, moment), "S132")


def require_sheet_names(names: Sequence[str]) -> None:
    """Raise UsageError S131 for names of sheets that no office program takes, or that stand twice."""
    if not names:
        raise UsageError("S131", "A workbook needs at least one sheet.", remedy="Give it a sheet.")
    seen: set[str] = set()
    for name in names:
        is_sound = (
            name.strip() and len(name) <= _LONGEST_SHEET_NAME and not name.startswith("'") and not name.endswith("'")
        )
        is_sound = is_sound and name.isprintable() and not set(name) & set("[]:*?/\\") and name.casefold() != "history"
        if not is_sound or name.casefold() in seen:
            raise UsageError(
                "S131",
                f"A sheet can not be called {name!r:.60}.",
                remedy="Take at most 31 characters without []:*?/\\, and each name once.",
            )
        seen.add(name.casefold())


def _fill_sheet(
    sheet: Any, name: str, header: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> None:  # Any: openpyxl
    table: list[Sequence[str | None]] = [header, *rows] if header else list(rows)
    width = max((len(row) for row in table), default=0)
    if len(table) > MOST_ROWS or width > MOST_COLUMNS:
        raise UsageError("S130", f"Sheet {name} has more rows or columns than a workbook holds.", remedy="Split it.")
    for number, row in enumerate(table, start=1):
        for column, text in enumerate(row, start=1):
            write_cell(sheet.cell(number, column), text, name)
    for column in range(1, width + 1):
        letters = column_letters(column)
        longest = max((len(row[column - 1] or "") for row in table if len(row) >= column), default=0)
        sheet.column_dimensions[letters].width = min(max(longest + 2, _WIDTHS[0]), _WIDTHS[1])
        sheet.column_dimensions[letters].number_format = _TEXT_FORMAT
    if header:
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)


def write_cell(cell: Any, text: str | None, sheet: str) -> None:  # Any: openpyxl has no types
    """Write a text as a text, never as a formula; nothing for None. Raises UsageError for what no cell can hold."""
    cell.number_format = _TEXT_FORMAT
    if not text:
        return
    escaped = encode_escapes(text)
    if len(escaped) > _LONGEST_TEXT or not _is_encodable(text):
        raise UsageError(
            "S130",
            f"Sheet {sheet} can not hold the text for cell {cell.coordinate}.",
            remedy=f"Shorten it to {_LONGEST_TEXT:,} ordinary characters.",
        )
    cell.value = escaped
    cell.data_type = "s"  # openpyxl takes a leading = for a formula and #N/A for an error
    cell.quotePrefix = begins_like_formula(text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def pack_workbook(workbook: Any, moment: datetime) -> bytes:  # Any: openpyxl has no types
    """The workbook as bytes that depend on nothing but its content: each zip entry carries the given moment."""
    loose = io.BytesIO()
    ExcelWriter(workbook, zipfile.ZipFile(loose, "w", zipfile.ZIP_DEFLATED)).save()
    packed = io.BytesIO()
    stamp = moment.timetuple()[:6]
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(name))
    return packed.getvalue()
