"""What cells share, and rows that share it in every column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import NamedTuple

from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.cells import column_letters


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


PLAIN_BLANK = CellTrait(CellKind.BLANK, "", False, False)
"""The trait of what only fills a gap."""
make_cell = partial(tuple.__new__, Cell)
"""Makes a cell of all its parts, as ``Cell(...)``, which takes four times as long."""


def plain_cells(
    column: int, rows: list[str], texts: Iterable[str], trait: CellTrait, raws: Iterable[str | None]
) -> Iterator[Cell]:
    """Cells of one trait in a column, for each row named; texts and raw characters may repeat without end."""
    letters = column_letters(column)
    addresses = [letters + row for row in rows]
    others = (repeat(trait.kind), repeat(trait.has_formula), repeat(trait.number_format))
    parts = zip(addresses, texts, *others, raws, strict=False)  # what is alike repeats without end
    return map(make_cell, parts)


def group_rows(rows: Iterable[SourceRow]) -> Iterator[RowRun]:
    """The runs that rows fall into, in the order of the first row of each."""
    shapes: dict[tuple[tuple[int, ...], tuple[CellTrait, ...]], list[tuple[int, list[Cell]]]] = {}
    for row in rows:
        last = len(row.cells)
        kept = [
            (column, trait, cell)
            for column, cell in enumerate(row.cells, start=1)
            if (trait := _trait(cell)) != PLAIN_BLANK or cell.text or column == last
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
