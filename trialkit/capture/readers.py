"""The readers of the house: workbooks and CSV files, each read behind the trust border.

The border is imported when a file is read: every command knows the readers, and most read none.
"""

from __future__ import annotations

from pathlib import Path

from trialkit.extension import Reader, ReadOptions
from trialkit.model.source import SourceFile


def read_xlsx(path: Path, _options: ReadOptions) -> SourceFile:
    """Read an Excel workbook; encoding and delimiter do not apply to it.

    Raises:
        SourceFileError: S105, S106, S110 to S122, S160 to S164.
    """
    from trialkit.spreadsheet import read_guarded

    return read_guarded(path, "xlsx")


def read_csv(path: Path, options: ReadOptions) -> SourceFile:
    """Read a CSV file.

    Raises:
        SourceFileError: S105, S106, S140 to S147, S160 to S164.
    """
    from trialkit.spreadsheet import read_guarded

    return read_guarded(path, "csv", encoding=options.encoding, delimiter=options.delimiter)


XLSX_READER = Reader(name="xlsx", suffixes=(".xlsx", ".xlsm", ".xltx", ".xltm"), read=read_xlsx)
CSV_READER = Reader(name="csv", suffixes=(".csv", ".txt", ".tsv"), read=read_csv)
