"""Workbooks: .xlsx files in as plain cells, tables of text out as .xlsx files. The only room that knows openpyxl.

openpyxl is imported when a workbook is read or written, not before: it costs half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialkit.spreadsheet.cells import SheetCell, SheetCells, SheetRow, WorkbookCells, column_letters
from trialkit.spreadsheet.disguise import name_binary
from trialkit.spreadsheet.findings_mark import is_findings_title

if TYPE_CHECKING:
    from trialkit.spreadsheet.reading import read_workbook
    from trialkit.spreadsheet.writing import SheetTable, write_workbook

__all__ = [
    "SheetCell",
    "SheetCells",
    "SheetRow",
    "SheetTable",
    "WorkbookCells",
    "column_letters",
    "is_findings_title",
    "name_binary",
    "read_workbook",
    "write_workbook",
]


def __getattr__(name: str) -> object:
    if name == "read_workbook":
        from trialkit.spreadsheet.reading import read_workbook

        return read_workbook
    if name in ("write_workbook", "SheetTable"):
        from trialkit.spreadsheet import writing

        return getattr(writing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
