"""Single cells out of a file of any length: the sheets are walked through once, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Iterable

from trialkit.model.record import CellReference
from trialkit.model.source import Cell, CellKind, SourceFile
from trialkit.spreadsheet.blocks import column_blocks_of
from trialkit.spreadsheet.cells import column_number
from trialkit.spreadsheet.column_blocks import NO_CELL, BlockColumn

__all__ = ["pick_cells"]


def pick_cells(source: SourceFile, places: Iterable[CellReference]) -> dict[tuple[str, str], Cell]:
    """The cells at these places: sheet and address to cell; blank cells are absent.

    Args:
        source: the file.
        places: cells of it; one without a row is passed over.
    """
    wanted: dict[str, dict[int, dict[int, str]]] = {}
    for place in places:
        if place.row:
            letters = place.address.rstrip("0123456789")
            wanted.setdefault(place.sheet, {}).setdefault(place.row, {})[column_number(letters)] = place.address
    found: dict[tuple[str, str], Cell] = {}
    for sheet in source.sheets:
        asked = wanted.get(sheet.name, {})
        for block in column_blocks_of(sheet.rows) if asked else ():
            for at, number in enumerate(block.numbers):
                for column, address in asked.get(number, {}).items():
                    cell = _cell(block.columns.get(column), at, address)
                    if cell is not None:
                        found[sheet.name, address] = cell
    return found


def _cell(column: BlockColumn | None, place: int, address: str) -> Cell | None:
    """The cell of a column in the row at a place of its block."""
    code = NO_CELL if column is None else 1 if column.codes is None else column.codes[place]
    if column is None or code == NO_CELL:
        return None
    trait = column.traits[code - 1]
    if trait.kind is CellKind.BLANK:
        return None
    raw = None if column.raws is None else column.raws[place]
    return Cell(address, column.texts[place], trait.kind, trait.has_formula, trait.number_format, raw)
