"""Sees every element of one worksheet part: rows go to a `RowMaker`, hidden and merged parts into the tally."""

from __future__ import annotations

import re
from collections.abc import Callable

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.cells import column_letters, column_number, is_nothing
from trialkit.spreadsheet.names import MAIN, SAVE_AGAIN, STRICT_MAIN, local_name
from trialkit.spreadsheet.row_maker import FORMULA, FORMULA_WITHOUT_VALUE, NO_FORMULA, RawCells, RowMaker
from trialkit.spreadsheet.safe_xml import ElementWalker
from trialkit.spreadsheet.tally import Tally

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})(?::\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}))?", re.ASCII)
_TRUE = ("1", "true", "on")
_ROW, _CELL, _VALUE, _FORMULA, _INLINE, _TEXT, _PHONETIC = (
    {f"{namespace} {name}" for namespace in (MAIN, STRICT_MAIN)} for name in ("row", "c", "v", "f", "is", "t", "rPh")
)
_ROOTS = (f"{MAIN} worksheet", f"{STRICT_MAIN} worksheet")
_FILLING = ("array", "dataTable")
"""Types of formulas that fill a range."""
_DATA = f"{MAIN} sheetData"
_ROWS_DEPTH = 2
"""Rows stand in the sheet's data, and these in the sheet."""


class SheetWalker(ElementWalker):
    """Walks one worksheet part; `on_edge` is called where the rows begin, and behind each row in its place.

    Raises what the `RowMaker` raises, S118 for a part that is no worksheet, and S119 for addresses that can not be.

    Attributes:
        fills_ranges: whether a formula was met that fills other cells, too: those say nothing of it themselves.
    """

    def __init__(self, sheet: str, where: str, maker: RowMaker, tally: Tally) -> None:
        super().__init__()
        self._sheet, self._where, self._maker, self._tally = sheet, where, maker, tally
        self._ranges: list[tuple[int, int, int, int]] = []
        self._letters: list[str] = []
        self._styles: list[str] = []
        self._types: list[str] = []
        self._values: list[str] = []
        self._formulas: list[str] = []
        self._pieces: list[str] = []
        self._row = self._column = 0
        self._value: str | None = None
        self._formula = self._inline = self._phonetic = False
        self._hidden: list[int] = []
        self._extent: tuple[int, int, int, int] | None = None
        self.fills_ranges = False
        self.on_edge: Callable[[], None] | None = None
        self.text = self._take_text
        self._collects = False

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """See `ElementWalker`."""
        if self._depth == 1 and name not in _ROOTS:
            what = "its part is no worksheet of Open XML, so that its cells can not be told"
            raise SourceFileError("S118", f"{self._where}: {what}.", remedy=SAVE_AGAIN)
        if name in _CELL:
            self._open_cell(attributes)
        elif name in _VALUE:
            self._collects, self._pieces = True, []
        elif name in _ROW:
            self._open_row(attributes)
        elif name in _FORMULA:
            self._open_formula(attributes)
        elif name in _INLINE:
            self._inline, self._pieces = True, []
        elif name in _TEXT:
            self._collects = self._inline and not self._phonetic
        elif name in _PHONETIC:
            self._phonetic = True
        else:
            self._open_other(name, attributes)

    def close(self, name: str) -> None:
        """See `ElementWalker`."""
        if name in _VALUE:
            self._collects = False
            self._take_value()
        elif name in _CELL:
            self._close_cell()
        elif name in _ROW:
            self._close_row()
        elif name in _TEXT:
            self._collects = False
        elif name in _PHONETIC:
            self._phonetic = False
        elif name in _INLINE:
            self._inline = False
            self._take_value()

    def note_hidden_row(self, number: int) -> None:
        """Note that a row is hidden."""
        self._hidden.append(number)

    def finish(self) -> None:
        """Note what can be said only when the whole sheet was seen."""
        for first, last in _runs(self._hidden):
            cell, count = f"{first}:{last}", last - first + 1
            self._tally.note("S202", "hidden rows; they are read like the others", self._sheet, cell, count)
        used = self._maker.finish()
        if used is None or self._extent is None:
            return
        top, left, bottom, right = used
        says = self._extent
        if top < says[0] or left < says[1] or bottom > says[2] or right > says[3]:
            cell = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            text = "the file says that the sheet is smaller than it is; every cell is read all the same"
            self._tally.note("S214", text, self._sheet, cell)

    def _take_value(self) -> None:
        """Take the text of an element as the value of the open cell; an empty one beside another says nothing."""
        text = "".join(self._pieces)
        is_in_cell = len(self._letters) > len(self._values)
        if is_in_cell and self._value and text:
            raise self._maker.refuse(f"cell {self._letters[-1]}{self._row} holds two values")
        self._value = self._value or text

    def _take_text(self, text: str) -> None:
        if self._collects:
            self._pieces.append(text)

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", str(self._maker.last_row + 1))
        if not number.isascii() or not number.isdigit() or len(number) > 9:
            raise self._maker.refuse(f"row {number!r:.20} is impossible")
        self._row, self._column = int(number), 0
        if self._ranges:
            self._ranges = [found for found in self._ranges if found[2] >= self._row]
        self._maker.open_row(self._row)
        self._letters, self._styles, self._types, self._values, self._formulas = [], [], [], [], []
        if attributes.get("hidden") in _TRUE or is_nothing(attributes.get("ht")):
            self.note_hidden_row(self._row)

    def _close_row(self) -> None:
        if self._letters:
            formulas = tuple(self._formulas) if any(self._formulas) else ()
            cells = RawCells(tuple(self._letters), tuple(self._styles), tuple(self._types), self._values, formulas)
            self._maker.add(self._row, cells)
        if self.on_edge is not None and self._depth == _ROWS_DEPTH:
            self.on_edge()

    def _open_cell(self, attributes: dict[str, str]) -> None:
        letters = column_letters(self._column + 1)
        if (address := attributes.get("r")) is not None:
            match = _ADDRESS.fullmatch(address)
            if match is None or int(match[2]) != self._row:
                raise self._maker.refuse(f"cell {address!r:.20} in row {self._row} is impossible")
            letters = match[1]
        self._letters.append(letters)
        self._column = column_number(letters)
        self._styles.append(attributes.get("s", ""))
        self._types.append(attributes.get("t", ""))
        self._value, self._formula = None, False

    def _open_formula(self, attributes: dict[str, str]) -> None:
        self._formula = True
        if attributes.get("t") in _FILLING and (found := _RANGE.fullmatch(attributes.get("ref", ""))) and found[3]:
            self._ranges.append((int(found[2]), column_number(found[1]), int(found[4]), column_number(found[3])))
            self.fills_ranges = True

    def _close_cell(self) -> None:
        self._values.append(self._value or "")
        if self._formula:
            self._formulas.append(FORMULA_WITHOUT_VALUE if self._value is None else FORMULA)
        else:
            self._formulas.append(FORMULA if self._value and self._is_filled_by_another() else NO_FORMULA)

    def _is_filled_by_another(self) -> bool:
        """Whether a formula in another cell computes this one."""
        row, column = self._row, self._column
        return any(top <= row <= end and left <= column <= right for top, left, end, right in self._ranges)

    def _open_other(self, name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if name == _DATA and self.on_edge is not None and self._depth == _ROWS_DEPTH:
            self.on_edge()
        elif local == "mergeCell":
            text = "merged cells, of which only the first one holds a value"
            self._tally.note("S205", text, self._sheet, attributes.get("ref", "")[:30])
        elif local == "autoFilter":
            self._tally.note(
                "S204", "a filter; what it hides is read, too", self._sheet, attributes.get("ref", "")[:30]
            )
        elif local == "col" and (attributes.get("hidden") in _TRUE or is_nothing(attributes.get("width"))):
            self._note_hidden_columns(attributes)
        elif local == "dimension" and (found := _RANGE.fullmatch(attributes.get("ref", ""))):
            right, bottom = found[3] or found[1], found[4] or found[2]
            self._extent = (int(found[2]), column_number(found[1]), int(bottom), column_number(right))

    def _note_hidden_columns(self, attributes: dict[str, str]) -> None:
        ends = [attributes.get(end, "") for end in ("min", "max")]
        if not all(end.isascii() and end.isdigit() and 0 < len(end) < 6 for end in ends):
            return
        first, last = (int(end) for end in ends)
        cell = f"{column_letters(first)}:{column_letters(last)}"
        self._tally.note("S203", "hidden columns; they are read like the others", self._sheet, cell, last - first + 1)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Rising numbers as runs from first to last."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
