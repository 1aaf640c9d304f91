"""Rows that share one shape, column by column: what is done to a whole column costs a tenth of doing it cell by cell.

Runs and rows tell the same; here is the way from each to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.cells import column_letters

ABSENT, ORDINARY = 0, 1
"""Places of the traits that every column has."""

_Pick = Callable[[Sequence[Any]], list[Any]]  # Any: texts or numbers


class CellTrait(NamedTuple):
    """What cells share.

    Attributes:
        kind: what the file says they are.
        number_format: how the workbook shows them; empty for the general format.
        has_formula: whether their values were computed in the workbook.
        has_raw: whether the characters that the file holds differ from the text.
    """

    kind: CellKind
    number_format: str
    has_formula: bool
    has_raw: bool


class RowRun(NamedTuple):
    """Rows with cells in the same columns, and in each column of the same trait.

    Attributes:
        numbers: the rows' numbers in the file, rising; between two may stand rows of other runs.
        columns: the numbers of the columns with a cell, rising from 1; a column that is left out is blank.
        traits: the trait of each of these columns.
        texts: for each of these columns the texts of its cells, in the order of the rows.
        raws: the same for the raw characters, only of columns whose trait says that they differ.
    """

    numbers: list[int]
    columns: tuple[int, ...]
    traits: tuple[CellTrait, ...]
    texts: list[list[str]]
    raws: list[list[str]]


_PLAIN_BLANK = CellTrait(CellKind.BLANK, "", False, False)
_make_cell = partial(tuple.__new__, Cell)


class ColumnCells(NamedTuple):
    """Cells of one column in rows that follow each other.

    Attributes:
        column: its number.
        traits: those that occur, with None for no cell.
        codes: for each row the place of its trait among them; None when all have that at place `ORDINARY`.
        texts: for each row the text.
        raws: for each row the raw characters, where its trait says that they differ.
    """

    column: int
    traits: Sequence[CellTrait | None]
    codes: Sequence[int] | None
    texts: Sequence[str]
    raws: Sequence[str]

    def part(self, start: int, end: int) -> ColumnCells:
        """The rows from one place up to another."""
        codes = None if self.codes is None else self.codes[start:end]
        return ColumnCells(self.column, self.traits, codes, self.texts[start:end], self.raws[start:end])


def split_by_shape(first: int, columns: Sequence[ColumnCells]) -> list[RowRun]:
    """Rows as runs.

    Args:
        first: the number of the first row; the others follow without gaps.
        columns: at least one; by rising number, which may come several times, but for one row only once. No row is
            without a cell.
    """
    numbers = range(first, first + len(columns[0].texts))
    varying = [column.codes for column in columns if column.codes is not None]
    shapes: dict[tuple[int, ...], list[int]] = {}
    for place, codes in enumerate(zip(*varying, strict=True)):
        shapes.setdefault(codes, []).append(place)
    if len(shapes) < 2:
        return [_run(numbers, columns, next(iter(shapes), ()), list)]
    return [_run(numbers, columns, codes, _picker(places)) for codes, places in shapes.items()]


def _run(numbers: range, columns: Sequence[ColumnCells], codes: tuple[int, ...], pick: _Pick) -> RowRun:
    left = iter(codes)
    chosen = [
        (column, trait)
        for column in columns
        if (trait := column.traits[ORDINARY if column.codes is None else next(left)]) is not None
    ]
    texts = [pick(column.texts) for column, _ in chosen]
    raws = [pick(column.raws) for column, trait in chosen if trait.has_raw]
    return RowRun(
        pick(numbers), tuple(column.column for column, _ in chosen), tuple(trait for _, trait in chosen), texts, raws
    )


def _picker(places: list[int]) -> _Pick:
    """What picks the entries at these places."""
    if len(places) == 1:
        return lambda entries: [entries[places[0]]]
    pick = itemgetter(*places)
    return lambda entries: list(pick(entries))


def rows_of_run(run: RowRun) -> Iterator[SourceRow]:
    """The rows of one run, with their gaps filled by blank cells."""
    rows = [str(number) for number in run.numbers]
    raws = iter(run.raws)
    cells: list[Iterable[Cell]] = []
    for column, trait, texts in zip(run.columns, run.traits, run.texts, strict=True):
        while len(cells) < column - 1:
            cells.append(_cells(len(cells) + 1, rows, repeat(""), _PLAIN_BLANK, repeat(None)))
        cells.append(_cells(column, rows, texts, trait, next(raws) if trait.has_raw else repeat(None)))
    return map(SourceRow, run.numbers, zip(*cells, strict=True) if cells else repeat(()))


def _cells(
    column: int, rows: list[str], texts: Iterable[str], trait: CellTrait, raws: Iterable[str | None]
) -> Iterator[Cell]:
    letters = column_letters(column)
    addresses = [letters + row for row in rows]
    others = (repeat(trait.kind), repeat(trait.has_formula), repeat(trait.number_format))
    parts = zip(addresses, texts, *others, raws, strict=False)  # what is alike repeats without end
    return map(_make_cell, parts)  # as Cell(...), which takes four times as long


def group_rows(rows: Iterable[SourceRow]) -> Iterator[RowRun]:
    """The runs that rows fall into, in the order of the first row of each."""
    shapes: dict[tuple[tuple[int, ...], tuple[CellTrait, ...]], list[tuple[int, list[Cell]]]] = {}
    for row in rows:
        last = len(row.cells)
        kept = [
            (column, trait, cell)
            for column, cell in enumerate(row.cells, start=1)
            if (trait := _trait(cell)) != _PLAIN_BLANK or cell.text or column == last
        ]
        shape = (tuple(column for column, _, _ in kept), tuple(trait for _, trait, _ in kept))
        shapes.setdefault(shape, []).append((row.number, [cell for _, _, cell in kept]))
    for (columns, traits), found in shapes.items():
        by_column = list(zip(*(cells for _, cells in found), strict=True))
        texts = [[cell.text for cell in cells] for cells in by_column]
        raws = [
            [cell.stored for cell in cells] for cells, trait in zip(by_column, traits, strict=True) if trait.has_raw
        ]
        yield RowRun([number for number, _ in found], columns, traits, texts, raws)


def _trait(cell: Cell) -> CellTrait:
    return CellTrait(cell.kind, cell.number_format, cell.has_formula, cell.raw is not None)
