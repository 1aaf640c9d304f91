"""Workbooks: .xlsx files in as plain cells, tables of text out as .xlsx files. The only room that knows openpyxl."""

from trialkit.spreadsheet.cells import (
    SheetCell,
    SheetCells,
    SheetRow,
    WorkbookCells,
    column_letters,
)
from trialkit.spreadsheet.disguise import name_binary
from trialkit.spreadsheet.reading import read_workbook
from trialkit.spreadsheet.writing import SheetTable, write_workbook

__all__ = [
    "SheetCell",
    "SheetCells",
    "SheetRow",
    "SheetTable",
    "WorkbookCells",
    "column_letters",
    "name_binary",
    "read_workbook",
    "write_workbook",
]
