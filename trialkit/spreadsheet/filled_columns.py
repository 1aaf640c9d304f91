"""Columns that say each different cell once, and for each row which one it has: how they are gathered and sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import NamedTuple

from trialkit.spreadsheet.cell_traits import CellTrait

NO_CELL = 0
"""The code of a row that has no cell in a column."""


class FilledColumn(NamedTuple):
    """One column of rows that follow each other. A cell that many rows have is said once, or at least seldom.

    Attributes:
        number: the column's number.
        traits: those of its cells.
        sizes: how many of the cells have each: first come all of the first trait, then all of the second.
        texts: the text of each cell.
        raws: the raw characters of each cell whose trait says that they differ.
        codes: for each row `NO_CELL`, or the place of its cell counted from 1; each cell is that of some row.
        filled: how many rows have a cell.
    """

    number: int
    traits: Sequence[CellTrait]
    sizes: Sequence[int]
    texts: Sequence[str]
    raws: Sequence[str]
    codes: Sequence[int]
    filled: int


_Cells = dict[tuple[str, str | None], int]
"""Text and raw characters of cells of one trait, to their codes."""


class GatheredColumn:
    """A column while its cells come in."""

    __slots__ = ("_by_trait", "_cells", "_codes", "_size", "_trait")

    def __init__(self) -> None:
        self._by_trait: dict[CellTrait, _Cells] = {}
        self._codes: list[int] = []
        self._size = 0
        self._trait: CellTrait | None = None
        self._cells: _Cells = {}

    def put(self, place: int, trait: CellTrait, text: str, raw: str | None) -> None:
        """Take the cell of the row at a place, behind all before."""
        self._fill_up(place)
        if trait is not self._trait:  # most cells have that of the one above, which takes long to be looked up
            self._trait, self._cells = trait, self._by_trait.setdefault(trait, {})
        self._codes.append(self._code(self._cells, (text, raw)))

    def extend(self, place: int, column: FilledColumn) -> None:
        """Take the cells of many rows from a place on, behind all before."""
        self._fill_up(place)
        table = [NO_CELL]
        texts, raws = iter(column.texts), iter(column.raws)
        for trait, size in zip(column.traits, column.sizes, strict=True):
            cells = self._by_trait.setdefault(trait, {})
            own = raws if trait.has_raw else repeat(None)
            table += (self._code(cells, (next(texts), next(own))) for _ in range(size))
        self._codes.extend(map(table.__getitem__, column.codes))

    def close(self, number: int, length: int) -> FilledColumn:
        """The column of so many rows."""
        self._fill_up(length)
        groups = self._by_trait.values()
        codes = self._codes
        if len(groups) > 1:
            table = [NO_CELL] * (self._size + 1)
            for new, code in enumerate(chain.from_iterable(cells.values() for cells in groups), start=1):
                table[code] = new
            codes = list(map(table.__getitem__, codes))
        said = list(chain.from_iterable(groups))
        raws = [raw for _, raw in said if raw is not None]
        filled = length - codes.count(NO_CELL)
        return FilledColumn(
            number, list(self._by_trait), list(map(len, groups)), [text for text, _ in said], raws, codes, filled
        )

    def _code(self, cells: _Cells, said: tuple[str, str | None]) -> int:
        code = cells.get(said)
        if code is None:
            self._size += 1
            code = cells[said] = self._size
        return code

    def _fill_up(self, length: int) -> None:
        if len(self._codes) < length:
            self._codes.extend(repeat(NO_CELL, length - len(self._codes)))
