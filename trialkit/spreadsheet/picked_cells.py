"""Single cells out of a file of any length: the sheets are walked through once, and nothing else is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from trialkit.model.record import CellReference
from trialkit.model.source import Cell, CellKind, SourceFile
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.cells import column_number
from trialkit.spreadsheet.column_blocks import BlockColumn
from trialkit.spreadsheet.filled_columns import NO_CELL

__all__ = ["CellTexts", "pick_cells"]

_DIGITS = "0123456789"


def pick_cells(source: SourceFile, places: Iterable[CellReference]) -> Iterator[tuple[str, Cell]]:
    """The cells at these places, each once and with its sheet; blank cells are left out.

    Args:
        source: the file.
        places: cells of it; one without a row is passed over. There may be a million.
    """
    wanted: dict[str, dict[str, array[int]]] = {}
    for place in places:
        row = place.row
        if row:
            letters = place.address.rstrip(_DIGITS)
            wanted.setdefault(place.sheet, {}).setdefault(letters, array("Q")).append(row)
    for sheet in source.sheets:
        asked = [
            (letters, column_number(letters), sorted(rows)) for letters, rows in wanted.pop(sheet.name, {}).items()
        ]
        for block in column_blocks_of(sheet.rows) if asked else ():
            for letters, number, rows in asked:
                column = block.columns.get(number)
                if column is not None:
                    cells = (_cell(column, place, f"{letters}{row}") for row, place in _met(block.numbers, rows))
                    yield from ((sheet.name, cell) for cell in cells if cell is not None)


class CellTexts:
    """What stands in some cells of a file; of a million of them little more is kept than the texts that differ.

    Args:
        source: the file.
        places: cells of it.
    """

    def __init__(self, source: SourceFile, places: Iterable[CellReference]) -> None:
        self._columns: dict[tuple[str, str], tuple[array[int], list[str]]] = {}
        known: dict[str, str] = {}
        for sheet, cell in pick_cells(source, places):
            if cell.text:
                letters = cell.address.rstrip(_DIGITS)
                rows, texts = self._columns.setdefault((sheet, letters), (array("Q"), []))
                rows.append(int(cell.address[len(letters) :]))
                texts.append(known.setdefault(cell.text, cell.text))

    def of(self, place: CellReference | None) -> str:
        """What stands in a cell; empty for a blank one, one that was not named, and for None."""
        if place is None:
            return ""
        rows, texts = self._columns.get((place.sheet, place.address.rstrip(_DIGITS)), (array("Q"), []))
        at = bisect_left(rows, place.row)
        return texts[at] if at < len(rows) and rows[at] == place.row else ""


def _met(numbers: Sequence[int], rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The rows that are among some numbers, each once, with their places there; both rise."""
    last = 0
    for row in rows[bisect_left(rows, numbers[0]) : bisect_right(rows, numbers[-1])]:
        place = bisect_left(numbers, row)
        if row != last and numbers[place] == row:
            yield row, place
        last = row


def _cell(column: BlockColumn, place: int, address: str) -> Cell | None:
    """The cell of a column in the row at a place of its block."""
    code = 1 if column.codes is None else column.codes[place]
    if code == NO_CELL:
        return None
    trait = column.traits[code - 1]
    if trait.kind is CellKind.BLANK:
        return None
    raw = None if column.raws is None else column.raws[place]
    return Cell(address, column.texts[place], trait.kind, trait.has_formula, trait.number_format, raw)
