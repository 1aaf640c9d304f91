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

__all__ = ["cell_texts", "pick_cells"]

_DIGITS = "0123456789"


def pick_cells(source: SourceFile, places: Iterable[CellReference]) -> Iterator[tuple[str, Cell]]:
    """The cells at these places, each once and with its sheet; blank cells are left out.

    Args:
        source: the file.
        places: cells of it; one without a row is passed over. There may be a million.
    """
    for sheet, letters, numbers, column, met in _found(source, places):
        for place in dict.fromkeys(place for place, _ in met):
            cell = column.cell(place, f"{letters}{numbers[place]}")
            if cell is not None and cell.kind is not CellKind.BLANK:
                yield sheet, cell


def cell_texts(source: SourceFile, places: Iterable[CellReference | None]) -> list[str]:
    """What stands in some cells of a file, in the order in which they are named.

    Args:
        source: the file.
        places: cells of it.

    Returns:
        The text of each; empty for a blank one, one without a row, and for None. What several of them say is nearly
        always one object.
    """
    asked = list(places)
    texts = [""] * len(asked)
    known: dict[str, str] = {}
    for *_, column, met in _found(source, asked):
        own, codes = column.texts, column.codes
        if any(trait.kind is CellKind.BLANK for trait in column.traits):
            own = ["" if kind is CellKind.BLANK else text for text, kind in zip(own, column.kinds, strict=True)]
        for place, at in met:
            text = own[codes[place]]
            texts[at] = known.setdefault(text, text)
    return texts


def _found(
    source: SourceFile, places: Iterable[CellReference | None]
) -> Iterator[tuple[str, str, Sequence[int], BlockColumn, list[tuple[int, int]]]]:
    """Sheet by sheet the columns in which cells are asked for.

    Gives the sheet's name, the letters of the column, the numbers of the rows of a block, the column, and by rising
    row the cells: the place in the block, and the how-manieth of those asked for it is.
    """
    wanted: dict[str, dict[str, tuple[array[int], array[int]]]] = {}
    for at, place in enumerate(places):
        if place is None:
            continue
        letters = place.address.rstrip(_DIGITS)
        if len(letters) < len(place.address):
            columns = wanted.setdefault(place.sheet, {})
            if letters not in columns:
                columns[letters] = array("Q"), array("Q")
            rows, asked = columns[letters]
            rows.append(int(place.address[len(letters) :]))
            asked.append(at)
    for sheet in source.sheets:
        in_order = [
            (letters, column_number(letters), *_sorted(*rows)) for letters, rows in wanted.pop(sheet.name, {}).items()
        ]
        for block in column_blocks_of(sheet.rows) if in_order else ():
            for letters, number, rows, asked in in_order:
                column = block.columns.get(number)
                if column is not None:
                    yield sheet.name, letters, block.numbers, column, _met(block.numbers, rows, asked)


def _sorted(rows: array[int], asked: array[int]) -> tuple[array[int], array[int]]:
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return array("Q", map(rows.__getitem__, order)), array("Q", map(asked.__getitem__, order))


def _met(numbers: Sequence[int], rows: Sequence[int], asked: Sequence[int]) -> list[tuple[int, int]]:
    """Of some rows that are among some numbers the places there, each with what it was asked for as; both rise."""
    some = slice(bisect_left(rows, numbers[0]), bisect_right(rows, numbers[-1]))
    places = (bisect_left(numbers, row) for row in rows[some])
    return [
        (place, at) for place, at, row in zip(places, asked[some], rows[some], strict=True) if numbers[place] == row
    ]
