"""What the XML of one worksheet says that openpyxl hides in read-only mode: formulas, hidden parts, merges, doubles.

A worksheet part goes in, a `SheetEvidence` comes out, or a refusal of cells that readers would understand differently.
No value is read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_letters, column_number
from trialkit.spreadsheet.safe_xml import ElementWalker

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW, _CELL, _VALUE, _FORMULA, _INLINE, _MERGE, _COLUMN, _FILTER = (
    f"{MAIN} {name}" for name in ("row", "c", "v", "f", "is", "mergeCell", "col", "autoFilter")
)
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_CONTENT = {
    "n": re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII),
    "s": re.compile(r"[0-9]{1,9}", re.ASCII),
    "b": re.compile(r"[01]"),
    "d": re.compile(r".*", re.DOTALL),
    "e": re.compile(r".*", re.DOTALL),
    "str": re.compile(r".*", re.DOTALL),
    "inlineStr": re.compile(r".*", re.DOTALL),
}
_MOST_GRID_CELLS = 3_000_000
_MOST_TOUCHED_CELLS = 50_000_000
_FAR_COLUMNS = 100
_FAR_ROWS = 10_000
_SHOWN = 5
_SAVE_AGAIN = "Open the file in a spreadsheet program, save it again as .xlsx, and send that."

FormulaState = Literal["cached", "cached-empty", "no-value"]


@dataclass(slots=True)
class SheetEvidence:
    """What was seen in one worksheet part.

    Attributes:
        formulas: (row, column) of each formula, and whether the file holds its result.
        filled: number of cells with a stored value.
        hidden_rows: numbers of hidden rows.
        hidden_columns: letters of hidden columns, ranges as ``C:E``.
        merges: merged ranges.
        far_cells: addresses of filled cells behind a gap of over 100 columns or 10,000 rows.
        errors: number of cells that hold an error such as ``#N/A``.
        has_filter: whether a filter is set.
    """

    formulas: dict[tuple[int, int], FormulaState] = field(default_factory=dict)
    filled: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    far_cells: list[str] = field(default_factory=list)
    errors: int = 0
    has_filter: bool = False

    def oddities(self) -> tuple[str, ...]:
        """The evidence as plain phrases for notes; empty for an ordinary sheet."""
        without_result = sum(1 for state in self.formulas.values() if state == "no-value")
        listed = (
            ("hidden rows:", self.hidden_rows),
            ("hidden columns:", self.hidden_columns),
            ("merged cells, of which only the first holds a value:", self.merges),
            ("cells far from the others:", self.far_cells),
        )
        counted = (
            ("formula cells, read as the values they last gave:", len(self.formulas)),
            ("formula cells without a stored value:", without_result),
            ("error cells:", self.errors),
        )
        phrases = [f"{what} {_list_some(things)}" for what, things in listed if things]
        phrases += [f"{what} {number}" for what, number in counted if number]
        if self.has_filter:
            phrases.append("a filter is set")
        return tuple(phrases)


class SheetWalker(ElementWalker):
    """Walks one worksheet part and gathers its evidence.

    Raises `SourceFileError`: S119 for an impossible, doubled or unordered address, S120 for content that its cell
    type does not allow, S121 for a grid that is too large.
    """

    def __init__(self, file: str, sheet: str) -> None:
        super().__init__()
        self.evidence = SheetEvidence()
        self._where = f"{file}!{sheet}"
        self._row = self._column = 0
        self._type = "n"
        self._value: str | None = None
        self._pieces: list[str] = []
        self._in_value = self._has_formula = self._has_inline = False
        self._row_width = self._last_row = self._grid = self._touched = 0
        self.text = self._take_text

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """See `ElementWalker`."""
        if name == _CELL:
            self._open_cell(attributes)
        elif name == _VALUE:
            self._in_value, self._pieces = True, []
        elif name == _ROW:
            self._open_row(attributes)
        elif name == _FORMULA:
            self._has_formula = True
        elif name == _INLINE:
            self._has_inline = True
        else:
            self._open_other(name, attributes)

    def close(self, name: str) -> None:
        """See `ElementWalker`."""
        if name == _VALUE:
            self._in_value, self._value = False, "".join(self._pieces)
        elif name == _CELL:
            self._close_cell()
        elif name == _ROW:
            self._close_row()

    def _take_text(self, text: str) -> None:
        if self._in_value:
            self._pieces.append(text)

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", str(self._row + 1))
        if not number.isascii() or not number.isdigit() or not self._row < int(number[:9]) <= MOST_ROWS:
            raise self._refuse_address(f"row {number!r:.20} is impossible, doubled, or out of order")
        self._row, self._column, self._row_width = int(number), 0, 0
        if attributes.get("hidden") in ("1", "true"):
            self.evidence.hidden_rows.append(self._row)

    def _close_row(self) -> None:
        self._grid += self._row_width
        self._touched += self._column
        if self._grid > _MOST_GRID_CELLS or self._touched > _MOST_TOUCHED_CELLS:
            raise SourceFileError(
                "S121",
                f"{self._where} spans more than {_MOST_GRID_CELLS:,} cells from column A to its last filled column.",
                remedy="Delete stray cells far to the right of the table, or split the file.",
            )

    def _open_cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        if (address := attributes.get("r")) is not None:
            match = _ADDRESS.fullmatch(address)
            if match is None or int(match[2]) != self._row:
                raise self._refuse_address(f"cell {address!r:.20} in row {self._row} is impossible")
            column = column_number(match[1])
        if not self._column < column <= MOST_COLUMNS:
            raise self._refuse_address(f"cell {column_letters(column)}{self._row} is doubled, out of order or too far")
        self._column = column
        self._type = attributes.get("t", "n")
        self._value, self._has_formula, self._has_inline = None, False, False

    def _close_cell(self) -> None:
        inline = self._type == "inlineStr"
        has_value = self._has_inline if inline else bool(self._value)
        allowed = _CONTENT.get(self._type)
        if allowed is None or (has_value and not inline and not allowed.fullmatch(self._value or "")):
            raise SourceFileError(
                "S120",
                f"{self._where}!{column_letters(self._column)}{self._row} holds what its cell type does not allow.",
                remedy=_SAVE_AGAIN,
            )
        if has_value:
            self.evidence.filled += 1
            self.evidence.errors += self._type == "e"
        if has_value or self._has_formula:
            self._take_place()
        if self._has_formula:
            gave_empty_text = self._type == "str" and self._value == ""
            state: FormulaState = "cached" if has_value else "cached-empty" if gave_empty_text else "no-value"
            self.evidence.formulas[self._row, self._column] = state

    def _take_place(self) -> None:
        """Note that the cell at hand is filled, and whether it stands far from the one before it."""
        if self._column - self._row_width > _FAR_COLUMNS or self._row - self._last_row > _FAR_ROWS:
            self.evidence.far_cells.append(f"{column_letters(self._column)}{self._row}")
        self._row_width, self._last_row = self._column, self._row

    def _open_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == _MERGE:
            self.evidence.merges.append(attributes.get("ref", "?"))
        elif name == _FILTER:
            self.evidence.has_filter = True
        elif name == _COLUMN and attributes.get("hidden") in ("1", "true"):
            first, last = (_letters_or_number(attributes.get(end, "?")) for end in ("min", "max"))
            self.evidence.hidden_columns.append(first if first == last else f"{first}:{last}")

    def _refuse_address(self, what: str) -> SourceFileError:
        return SourceFileError(
            "S119", f"{self._where}: {what}, so readers disagree on what it holds.", remedy=_SAVE_AGAIN
        )


def _letters_or_number(number: str) -> str:
    return column_letters(int(number)) if re.fullmatch(r"[0-9]{1,5}", number, re.ASCII) else number


def _list_some(things: list[str] | list[int]) -> str:
    shown = ", ".join(str(thing) for thing in things[:_SHOWN])
    return shown if len(things) <= _SHOWN else f"{shown} and {len(things) - _SHOWN} more"
