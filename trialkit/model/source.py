"""Source files as they were read: sheets of rows of cells, nothing interpreted and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class CellKind(StrEnum):
    """What the file says a cell is."""

    BLANK = "blank"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA_WITHOUT_VALUE = "formula-without-value"


class Cell(NamedTuple):
    """One cell. A named tuple, because a workbook has millions of them and nothing else is made as fast.

    Attributes:
        address: column letters and row number, for example ``D14``.
        text: the content as text: numbers with every digit, dates as ISO 8601, errors as shown (``#N/A``).
        kind: what the file says it is.
        has_formula: whether the value was computed in the workbook.
        number_format: how the workbook shows it, in the workbook's own notation; empty for the general format.
        raw: the characters that the file holds, where they are not the text itself: ``45418`` for a date.
    """

    address: str
    text: str
    kind: CellKind = CellKind.TEXT
    has_formula: bool = False
    number_format: str = ""
    raw: str | None = None

    @property
    def stored(self) -> str:
        """The characters that the file holds for this cell."""
        return self.text if self.raw is None else self.raw


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its number in the file (first is 1) and its cells from column A on; gaps are BLANK cells."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SourceSheet:
    """One sheet of a workbook; a CSV file is one sheet with an empty name. Rows include headers.

    A sheet that is not visible is read only when it is asked for by name. Rows are sorted by number; blank ones are
    left out. They may be unpacked as they are asked for, so walk through them rather than index them.
    """

    name: str
    rows: Sequence[SourceRow]
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in a file that a person may not see or expect, and that readers may take differently.

    Attributes:
        code: stable code, ``S201`` and on; see `trialkit.codes`.
        text: what it is, one phrase without a full stop; holds no value of a cell.
        sheet: the sheet's name; empty for the file as a whole, and in a CSV file.
        cell: an address or range: ``D14``, ``D2:D90``, rows as ``4:6``, columns as ``C:E``; may be empty.
        count: how many cells, rows or columns it concerns.
    """

    code: str
    text: str
    sheet: str = ""
    cell: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read whole.

    Attributes:
        name: the file's name without its folder.
        digest: SHA-256 (hex) of its bytes.
        kind: the reader that read it, for example ``csv``.
        sheets: in the order of the file.
        notes: what was recognised and must be said: encoding, delimiter, and in short what is odd.
        oddities: everything odd with its place, in the order of the sheets.
    """

    name: str
    digest: str
    kind: str
    sheets: tuple[SourceSheet, ...]
    notes: tuple[str, ...] = ()
    oddities: tuple[Oddity, ...] = ()

    def sheet(self, name: str) -> SourceSheet | None:
        """The sheet of this name, or None."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)
