"""What a workbook holds, as plain data: sheets of numbered rows of filled cells. Nothing is interpreted here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KindWord = Literal["blank", "text", "number", "date", "boolean", "error", "formula-without-value"]
"""What the file says a cell is, in the words of `trialkit.model.source.CellKind`."""

MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell that is not blank, or whose formula gave an empty text.

    Attributes:
        address: column letters and row number, ``D14``.
        column: the same column as a number, first is 1.
        text: numbers with every digit, dates as ISO 8601, TRUE or FALSE, errors as shown.
        kind: what the file says it is.
        has_formula: whether the value was computed in the workbook.
    """

    address: str
    column: int
    text: str
    kind: KindWord
    has_formula: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row with at least one cell: its number in the sheet, and its cells sorted by column; gaps are left out."""

    number: int
    cells: tuple[SheetCell, ...]


@dataclass(frozen=True, slots=True)
class SheetCells:
    """One sheet.

    Attributes:
        name: as on its tab.
        visible: whether a person who opens the workbook sees the sheet.
        rows: sorted by number; blank rows are left out.
        oddities: what a person may not see or expect, each one plain phrase: hidden rows, merged cells, formulas.
    """

    name: str
    visible: bool
    rows: tuple[SheetRow, ...]
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkbookCells:
    """A workbook that was read whole.

    Attributes:
        digest: SHA-256 (hex) of the file's bytes.
        sheets: worksheets in the order of their tabs.
        oddities: what concerns the whole file: macros, links to other files, sheets that hold no cells.
    """

    digest: str
    sheets: tuple[SheetCells, ...]
    oddities: tuple[str, ...] = ()


def column_letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA, 16,384 is XFD."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column named in capital letters A to Z: A is 1, XFD is 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
