"""Rows in blocks of columns: whatever is done to the texts of a whole column costs a tenth of doing it cell by cell.

A block holds some hundred rows, whichever cells they have; a column of it says for each row what stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.row_runs import PLAIN_BLANK, CellTrait, RowRun, make_cell, plain_cells

NO_CELL = 0
"""The code of a row that has no cell in a column."""
MOST_TRAITS = 255
"""A code is one byte."""


class BlockColumn(NamedTuple):
    """One column of a block.

    Attributes:
        texts: for each row of the block the text of its cell, empty where it has none.
        traits: those that its cells have.
        codes: for each row `NO_CELL`, or the place of its trait counted from 1; None when every row has a cell, and
            all have the one trait.
        raws: for each row the raw characters, None where there is no cell or the text is what the file holds; None as
            a whole when that is so for all rows.
    """

    texts: list[str]
    traits: tuple[CellTrait, ...]
    codes: Sequence[int] | None = None
    raws: list[str | None] | None = None

    @property
    def kinds(self) -> CellKind | list[CellKind]:
        """The kind that all cells have, or when they differ that of each row, blank where it has no cell."""
        kinds = [trait.kind for trait in self.traits]
        if self.codes is None or len(set(kinds)) == 1:
            return kinds[0]
        return list(map([CellKind.BLANK, *kinds].__getitem__, self.codes))

    @property
    def is_full(self) -> bool:
        """Whether every row has a cell."""
        return self.codes is None or NO_CELL not in self.codes


class ColumnBlock(NamedTuple):
    """Rows that follow each other in a file.

    Attributes:
        numbers: the rows' numbers in the file, rising; between two there may be blank rows.
        columns: what the rows have in each column that is not blank in all of them, by its number, rising from 1.
    """

    numbers: list[int]
    columns: dict[int, BlockColumn]


def rows_of_block(block: ColumnBlock) -> Iterator[SourceRow]:
    """The rows of a block, with their gaps filled by blank cells."""
    rows = [str(number) for number in block.numbers]
    cells: list[Iterable[Cell]] = []
    for number, column in block.columns.items():
        while len(cells) < number - 1:
            cells.append(plain_cells(len(cells) + 1, rows, repeat(""), PLAIN_BLANK, repeat(None)))
        cells.append(_cells(number, rows, column))
    if not cells:
        return map(SourceRow, block.numbers, repeat(()))
    whole = zip(*cells, strict=True)
    widths = _widths(block)
    if widths is None:
        return map(SourceRow, block.numbers, whole)
    return (SourceRow(number, row[:width]) for number, row, width in zip(block.numbers, whole, widths, strict=True))


def row_at(block: ColumnBlock, place: int) -> SourceRow:
    """One row of a block, with its gaps filled by blank cells; for many of them `rows_of_block` is faster."""
    only = slice(place, place + 1)
    columns = {
        number: column._replace(
            texts=column.texts[only],
            codes=None if column.codes is None else column.codes[only],
            raws=None if column.raws is None else column.raws[only],
        )
        for number, column in block.columns.items()
    }
    (row,) = rows_of_block(ColumnBlock([block.numbers[place]], columns))
    return row


def _widths(block: ColumnBlock) -> list[int] | None:
    """How many columns each row has up to its last cell; None when all go up to the last column."""
    found = [0] * len(block.numbers)
    left = list(range(len(found)))
    for number, column in reversed(block.columns.items()):
        codes = column.codes
        for place in left:
            if codes is None or codes[place]:
                found[place] = number
        left = [place for place in left if not found[place]]
        if not left:
            break
    return None if len(set(found)) == 1 else found


def _cells(number: int, rows: list[str], column: BlockColumn) -> Iterator[Cell]:
    raws = repeat(None) if column.raws is None else column.raws
    if column.codes is None:
        return plain_cells(number, rows, column.texts, column.traits[0], raws)
    letters = column_letters(number)
    known = (PLAIN_BLANK, *column.traits)
    traits = [(trait.kind, trait.has_formula, trait.number_format) for trait in known]
    parts = zip(rows, column.texts, map(traits.__getitem__, column.codes), raws, strict=False)
    return (make_cell((letters + row, text, *trait, raw)) for row, text, trait, raw in parts)


def block_of_runs(runs: Sequence[RowRun]) -> ColumnBlock:
    """The block of rows that these runs are made of; none comes twice."""
    numbers = sorted(number for run in runs for number in run.numbers)
    places = {number: place for place, number in enumerate(numbers)}
    open_columns: dict[int, _Open] = {}
    for run in runs:
        own = [places[number] for number in run.numbers]
        raws = iter(run.raws)
        for column, trait, texts in zip(run.columns, run.traits, run.texts, strict=True):
            found = open_columns.get(column)
            if found is None:
                found = open_columns[column] = _Open(len(numbers))
            found.put(own, trait, texts, next(raws) if trait.has_raw else None)
    return ColumnBlock(numbers, {column: open_columns[column].close() for column in sorted(open_columns)})


class _Open:
    """A column while its cells come in."""

    def __init__(self, length: int) -> None:
        self._texts = [""] * length
        self._codes = [NO_CELL] * length
        self._raws: list[str | None] | None = None
        self._traits: dict[CellTrait, int] = {}

    def put(self, places: Iterable[int], trait: CellTrait, texts: Iterable[str], raws: Iterable[str] | None) -> None:
        code = self._traits.setdefault(trait, len(self._traits) + 1)
        for place, text in zip(places, texts, strict=True):
            self._texts[place], self._codes[place] = text, code
        if raws is not None:
            if self._raws is None:
                self._raws = [None] * len(self._texts)
            for place, raw in zip(places, raws, strict=True):
                self._raws[place] = raw

    def close(self) -> BlockColumn:
        is_plain = len(self._traits) == 1 and NO_CELL not in self._codes
        codes = None if is_plain else bytes(self._codes) if len(self._traits) <= MOST_TRAITS else self._codes
        return BlockColumn(self._texts, tuple(self._traits), codes, self._raws)
