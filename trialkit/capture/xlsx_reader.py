"""The reader of Excel workbooks: cells of the spreadsheet room in, a source file out. Oddities become notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trialkit.extension import Reader, ReadOptions
from trialkit.model.source import Cell, CellKind, SourceFile, SourceRow, SourceSheet
from trialkit.spreadsheet import SheetCells, SheetRow, WorkbookCells, column_letters


def read_xlsx(path: Path, _options: ReadOptions) -> SourceFile:
    """Read an Excel workbook; encoding and delimiter do not apply to it.

    Raises:
        SourceFileError: S105, S106 and S110 to S122.
    """
    from trialkit.spreadsheet import read_workbook  # late: it brings openpyxl

    workbook = read_workbook(path)
    return SourceFile(
        name=path.name,
        digest=workbook.digest,
        kind="xlsx",
        sheets=tuple(
            SourceSheet(sheet.name, tuple(_fill_gaps(row) for row in sheet.rows), sheet.visible)
            for sheet in workbook.sheets
        ),
        notes=tuple(_notes(workbook)),
    )


XLSX_READER = Reader(name="xlsx", suffixes=(".xlsx", ".xlsm"), read=read_xlsx)


def _fill_gaps(row: SheetRow) -> SourceRow:
    cells: list[Cell] = []
    for cell in row.cells:
        cells += [_blank(column, row.number) for column in range(len(cells) + 1, cell.column)]
        cells.append(Cell(cell.address, cell.text, CellKind(cell.kind), cell.has_formula))
    return SourceRow(row.number, tuple(cells))


def _blank(column: int, row: int) -> Cell:
    return Cell(f"{column_letters(column)}{row}", "", CellKind.BLANK)


def _notes(workbook: WorkbookCells) -> Iterator[str]:
    yield from workbook.oddities
    for sheet in workbook.sheets:
        yield from _sheet_notes(sheet)


def _sheet_notes(sheet: SheetCells) -> Iterator[str]:
    if not sheet.visible:
        yield f"sheet {sheet.name} is hidden: it is read only when it is asked for by name"
    yield from (f"sheet {sheet.name}: {oddity}" for oddity in sheet.oddities)
