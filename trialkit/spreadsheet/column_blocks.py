"""Rows in blocks of columns: whatever is done to a column is done to each of its different cells once.

A block holds some thousand rows, whichever cells they have. A column of it is unpacked when it is asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, repeat
from typing import NamedTuple

from trialkit.model.coded_columns import CodedColumn, widen
from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.cell_traits import PLAIN_BLANK, CellTrait, cells_of_row, make_cell
from trialkit.spreadsheet.cells import column_letters
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn, GatheredColumn

_ROWS_AT_ONCE = 1_000
_MOST_ALONE = 200
"""So many rows of a block are made one by one; if more are wanted, it is faster to make all of their stretch."""


class UnpackedColumn(NamedTuple):
    """What a column is made of: see `FilledColumn`."""

    texts: Sequence[str]
    raws: Sequence[str]
    codes: array[int]


class BlockColumn:
    """One column of a block: cells, and for each row which of them it has. The first cell is that of a row without one.

    A cell that many rows have is there once, or at least seldom.

    Attributes:
        traits: those of its cells; without that of the first.
        sizes: how many of the cells have each: behind the first come all of the first trait, then all of the second.

    Args:
        unpack: gives the rest, when it is asked for.
    """

    def __init__(self, traits: Sequence[CellTrait], sizes: Sequence[int], unpack: Callable[[], UnpackedColumn]) -> None:
        self.traits, self.sizes, self._unpack = tuple(traits), tuple(sizes), unpack

    @cached_property
    def _parts(self) -> UnpackedColumn:
        return self._unpack()

    @property
    def codes(self) -> array[int]:
        """For each row the place of its cell, or `NO_CELL`: whole numbers of one, two or four bytes."""
        return self._parts.codes

    @cached_property
    def coded(self) -> CodedColumn[str]:
        """The text of each cell, and for each row the place of its cell."""
        return CodedColumn(self.texts, widen(self.codes))

    @cached_property
    def texts(self) -> list[str]:
        """The text of each cell; the first is empty."""
        return ["", *self._parts.texts]

    def texts_by_kind(self) -> Iterator[tuple[CellKind, Sequence[str]]]:
        """All texts in their order, in stretches of one kind."""
        yield CellKind.BLANK, self.texts[:1]
        start = 1
        for trait, size in zip(self.traits, self.sizes, strict=True):
            yield trait.kind, self.texts[start : start + size]
            start += size

    @cached_property
    def raws(self) -> list[str | None]:
        """The raw characters of each cell, None where the text is what the file holds."""
        if not any(trait.has_raw for trait in self.traits):
            return [None] * len(self.texts)
        each = iter(self._parts.raws)
        return [next(each) if trait.has_raw else None for trait in self.cell_traits]

    @cached_property
    def cell_traits(self) -> list[CellTrait]:
        """The trait of each cell; the first is blank."""
        return [PLAIN_BLANK, *chain.from_iterable(map(repeat, self.traits, self.sizes))]

    @cached_property
    def kinds(self) -> list[CellKind]:
        """The kind of each cell; the first is blank."""
        kinds = (trait.kind for trait in self.traits)
        return [CellKind.BLANK, *chain.from_iterable(map(repeat, kinds, self.sizes))]

    def cell(self, place: int, address: str) -> Cell | None:
        """The cell of the row at a place; None when it has none."""
        code = self.codes[place]
        if code == NO_CELL:
            return None
        trait = self.cell_traits[code]
        return Cell(address, self.texts[code], trait.kind, trait.has_formula, trait.number_format, self.raws[code])


class ColumnBlock(NamedTuple):
    """Rows that follow each other in a file.

    Attributes:
        numbers: the rows' numbers in the file, rising; between two there may be blank rows.
        columns: what the rows have in each column that is not blank in all of them, by its number, rising from 1.
    """

    numbers: Sequence[int]
    columns: Mapping[int, BlockColumn]


def rows_of_block(block: ColumnBlock) -> Iterator[SourceRow]:
    """The rows of a block, with their gaps filled by blank cells."""
    for start in range(0, len(block.numbers), _ROWS_AT_ONCE):
        yield from _rows(block, slice(start, start + _ROWS_AT_ONCE))


def row_at(block: ColumnBlock, place: int) -> SourceRow:
    """One row of a block, with its gaps filled by blank cells; for many of them `BlockRows` is faster."""
    (row,) = _rows(block, slice(place, place + 1))
    return row


class BlockRows:
    """Rows of a block, asked for in rising order: alone when they are few, and in stretches when they are many."""

    def __init__(self, block: ColumnBlock) -> None:
        self._block = block
        self._asked = 0
        self._first, self._stretch = 0, list[SourceRow]()

    def at(self, place: int) -> SourceRow:
        """The row at a place."""
        self._asked += 1
        if self._asked <= _MOST_ALONE:
            return row_at(self._block, place)
        if not self._first <= place < self._first + len(self._stretch):
            self._first = place - place % _ROWS_AT_ONCE
            self._stretch = list(_rows(self._block, slice(self._first, self._first + _ROWS_AT_ONCE)))
        return self._stretch[place - self._first]


def _rows(block: ColumnBlock, some: slice) -> Iterator[SourceRow]:
    numbers = block.numbers[some]
    rows = list(map(str, numbers))
    cells: list[Iterable[Cell]] = []
    all_codes = {number: column.codes[some] for number, column in block.columns.items()}
    for number, column in block.columns.items():
        while len(cells) < number - 1:
            cells.append(_plain_cells(len(cells) + 1, rows, repeat(""), PLAIN_BLANK, repeat(None)))
        cells.append(_cells(number, rows, column, all_codes[number]))
    if not cells:
        return map(SourceRow, numbers, repeat(()))
    whole = zip(*cells, strict=True)
    widths = _widths(all_codes, len(numbers))
    if widths is None:
        return map(SourceRow, numbers, whole)
    return (SourceRow(number, row[:width]) for number, row, width in zip(numbers, whole, widths, strict=True))


def _widths(all_codes: dict[int, array[int]], length: int) -> list[int] | None:
    """How many columns each row has up to its last cell; None when all go up to the last column."""
    found = [0] * length
    left = list(range(length))
    for number, codes in reversed(all_codes.items()):
        for place in left:
            if codes[place]:
                found[place] = number
        left = [place for place in left if not found[place]]
        if not left:
            break
    return None if set(found) == {max(all_codes)} else found


def _cells(number: int, rows: Sequence[str], column: BlockColumn, codes: Sequence[int]) -> Iterator[Cell]:
    texts, raws = map(column.texts.__getitem__, codes), map(column.raws.__getitem__, codes)
    if len(column.traits) == 1 and NO_CELL not in codes:
        return _plain_cells(number, rows, texts, column.traits[0], raws)
    letters = column_letters(number)
    parts = zip(rows, texts, map(column.cell_traits.__getitem__, codes), raws, strict=True)
    return (
        make_cell((letters + row, text, trait.kind, trait.has_formula, trait.number_format, raw))
        for row, text, trait, raw in parts
    )


def _plain_cells(
    number: int, rows: Sequence[str], texts: Iterable[str], trait: CellTrait, raws: Iterable[str | None]
) -> Iterator[Cell]:
    """Cells of one trait in a column, for each row named; texts and raw characters may repeat without end."""
    letters = column_letters(number)
    addresses = [letters + row for row in rows]
    others = (repeat(trait.kind), repeat(trait.has_formula), repeat(trait.number_format))
    return map(make_cell, zip(addresses, texts, *others, raws, strict=False))  # what is alike repeats without end


def block_of_rows(rows: Sequence[SourceRow]) -> ColumnBlock:
    """The block of rows that follow each other."""
    gathered: dict[int, GatheredColumn] = {}
    for place, row in enumerate(rows):
        for number, trait, text, raw in cells_of_row(row):
            gathered.setdefault(number, GatheredColumn()).put(place, trait, text, raw)
    filled = [gathered[number].close(number, len(rows)) for number in sorted(gathered)]
    return ColumnBlock([row.number for row in rows], {column.number: _block_column(column) for column in filled})


def _block_column(column: FilledColumn) -> BlockColumn:
    parts = UnpackedColumn(column.texts, column.raws, array("I", column.codes))
    return BlockColumn(column.traits, column.sizes, lambda: parts)
