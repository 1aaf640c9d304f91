"""Reads a workbook: a path in, every filled cell out, or one plain refusal. Runs nothing and follows no link."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader

from trialkit.errors import SourceFileError, TrialkitError
from trialkit.spreadsheet.cell_text import write_value
from trialkit.spreadsheet.cells import SheetCell, SheetCells, SheetRow, WorkbookCells, column_letters
from trialkit.spreadsheet.contents import Contents, read_contents
from trialkit.spreadsheet.evidence import SheetEvidence
from trialkit.spreadsheet.package import open_package

_MOST_BYTES = 256 * 1024 * 1024
_SAVE_AGAIN = "Open the file in a spreadsheet program, save it again as .xlsx, and send that."


class _CellReader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's reader without the parts that hold no cells: it fails on many that Excel opens."""

    def read_properties(self) -> None:
        """Title, author and times are not read."""

    def read_custom(self) -> None:
        """Nor are properties that a program invented."""

    def read_theme(self) -> None:
        """Nor are colours."""

    def read_chartsheet(self, _sheet: object, _relationship: object) -> None:
        """Nor are drawings."""


def read_workbook(path: Path) -> WorkbookCells:
    """Read every filled cell of every worksheet.

    The XML is walked first, under limits, for what must be refused and for what openpyxl does not tell (formulas,
    hidden rows, merges); then openpyxl gives the values. The two must agree on the number of filled cells.

    Args:
        path: an existing, readable .xlsx or .xlsm file.

    Returns:
        Sheets in tab order, rows sorted by number, cells sorted by column; blank rows and cells are left out.

    Raises:
        SourceFileError: S105, S106 and S110 to S122; the file is not what it says, damaged, or unsafe to read.
    """
    content = _read_bytes(path)
    try:
        with open_package(content, path.name) as archive:
            contents = read_contents(archive, path.name)
        sheets = _read_sheets(content, contents, path.name)
    except TrialkitError:
        raise
    except Exception as error:  # noqa: BLE001  # the one border: a broken file ends in any of ten exception types
        raise _refuse(path.name, f"it can not be read ({type(error).__name__})") from None
    if not any(sheet.visible for sheet in sheets):
        raise SourceFileError(
            "S117", f"{path.name} has no visible sheet.", remedy="Unhide the sheet that holds the data."
        )
    return WorkbookCells(hashlib.sha256(content).hexdigest(), sheets, contents.oddities)


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as source:
        content = source.read(_MOST_BYTES + 1)
    if not content:
        raise SourceFileError("S105", f"{path.name} is empty.", remedy="Ask for the file again.")
    if len(content) > _MOST_BYTES:
        raise SourceFileError("S106", f"{path.name} is larger than 256 MiB.", remedy="Split the file.")
    return content


def _read_sheets(content: bytes, contents: Contents, file: str) -> tuple[SheetCells, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles, validations and extensions, which are not read
        reader = _CellReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        reader.read()
        workbook = reader.wb
        try:
            found = {sheet.title: sheet for sheet in workbook.worksheets}
            if missing := [name for name in contents.sheets if name not in found]:
                raise SourceFileError("S118", f"{file}: sheet {missing[0]!r:.60} can not be found.", remedy=_SAVE_AGAIN)
            return tuple(_read_sheet(found[name], name, evidence, file) for name, evidence in contents.sheets.items())
        finally:
            workbook.close()


def _read_sheet(sheet: Any, name: str, evidence: SheetEvidence, file: str) -> SheetCells:  # Any: openpyxl has no types
    sheet.reset_dimensions()  # what a file says about its own extent is often wrong, and openpyxl would drop the rest
    rows: list[SheetRow] = []
    seen = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        seen += sum(cell.value is not None for cell in row)
        if cells := tuple(_read_cells(row, number, evidence)):
            rows.append(SheetRow(number, cells))
    if seen != evidence.filled:
        raise _refuse(file, f"sheet {name!r:.60} holds {evidence.filled} filled cells, of which {seen} could be read")
    return SheetCells(name, sheet.sheet_state == "visible", tuple(rows), evidence.oddities())


def _read_cells(row: Any, number: int, evidence: SheetEvidence) -> Iterator[SheetCell]:  # Any: openpyxl has no types
    for column, cell in enumerate(row, start=1):
        formula = evidence.formulas.get((number, column)) if evidence.formulas else None
        value = cell.value
        if value is None and formula is None:
            continue
        address = f"{column_letters(column)}{number}"
        if value is None:
            kind = "blank" if formula == "cached-empty" else "formula-without-value"
            yield SheetCell(address, column, "", kind, has_formula=True)  # type: ignore[arg-type]  # both are words
        elif cell.data_type == "e":
            yield SheetCell(address, column, str(value), "error", formula is not None)
        else:
            text, word = write_value(value, cell.number_format if cell.data_type == "d" else None)
            if text or formula is not None:
                yield SheetCell(address, column, text, word if text else "blank", formula is not None)


def _refuse(file: str, what: str) -> SourceFileError:
    return SourceFileError("S122", f"{file}: {what}.", remedy=_SAVE_AGAIN)
