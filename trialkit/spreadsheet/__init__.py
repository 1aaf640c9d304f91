"""Spreadsheets: workbooks and CSV files in as source files, read behind a trust border; tables of text out as .xlsx.

The only room that knows openpyxl, which writes and never reads, and is imported when something is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialkit.spreadsheet.cells import column_letters, column_number
from trialkit.spreadsheet.disguise import ZIP_MAGIC, name_binary, name_disguise, name_other_package
from trialkit.spreadsheet.findings_mark import is_findings_title

if TYPE_CHECKING:
    from trialkit.spreadsheet.border import read_guarded
    from trialkit.spreadsheet.reading_here import read_csv, read_workbook
    from trialkit.spreadsheet.writing import SheetTable, write_workbook

__all__ = [
    "ZIP_MAGIC",
    "SheetTable",
    "column_letters",
    "column_number",
    "is_findings_title",
    "name_binary",
    "name_disguise",
    "name_other_package",
    "read_csv",
    "read_guarded",
    "read_workbook",
    "write_workbook",
]


def __getattr__(name: str) -> object:
    if name == "read_guarded":
        from trialkit.spreadsheet.border import read_guarded

        return read_guarded
    if name in ("read_workbook", "read_csv"):
        from trialkit.spreadsheet import reading_here

        return getattr(reading_here, name)
    if name in ("write_workbook", "SheetTable"):
        from trialkit.spreadsheet import writing

        return getattr(writing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
