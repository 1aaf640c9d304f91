"""Source files as they were read: sheets of rows of cells, nothing interpreted and nothing lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CellKind(StrEnum):
    """What the file says a cell is."""

    BLANK = "blank"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA_WITHOUT_VALUE = "formula-without-value"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        address: column letters and row number, for example ``D14``.
        text: the content as text: numbers with every digit, dates as ISO 8601, errors as shown (``#N/A``).
        kind: what the file says it is.
        has_formula: whether the value was computed in the workbook.
    """

    address: str
    text: str
    kind: CellKind = CellKind.TEXT
    has_formula: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its number in the file (first is 1) and its cells from column A on; gaps are BLANK cells."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SourceSheet:
    """One sheet of a workbook; a CSV file is one sheet with an empty name. Rows include headers.

    A sheet that is not visible is read only when it is asked for by name.
    """

    name: str
    rows: tuple[SourceRow, ...]
    visible: bool = True


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read whole.

    Attributes:
        name: the file's name without its folder.
        digest: SHA-256 (hex) of its bytes.
        kind: the reader that read it, for example ``csv``.
        sheets: in the order of the file.
        notes: what was recognised and must be said: encoding, delimiter, hidden rows.
    """

    name: str
    digest: str
    kind: str
    sheets: tuple[SourceSheet, ...]
    notes: tuple[str, ...] = ()

    def sheet(self, name: str) -> SourceSheet | None:
        """The sheet of this name, or None."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)
