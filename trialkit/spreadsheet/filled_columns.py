"""Columns that say each different cell once, and for each row which one it has: how they are gathered and sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from trialkit.spreadsheet.cell_traits import CellContent, CellTrait

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

    def contents(self) -> Iterator[CellContent]:
        """The cells, in the order of their codes."""
        texts, raws = iter(self.texts), iter(self.raws)
        for trait, size in zip(self.traits, self.sizes, strict=True):
            for _ in range(size):
                yield CellContent(trait, next(texts), next(raws) if trait.has_raw else None)


def fill_column(number: int, contents: Sequence[CellContent], codes: Sequence[int]) -> FilledColumn:
    """A column of cells in any order.

    Args:
        number: the column's number.
        contents: the cells; each is that of some row.
        codes: for each row `NO_CELL`, or the place of its cell counted from 1.
    """
    groups: dict[CellTrait, list[int]] = {}
    for place, content in enumerate(contents):
        groups.setdefault(content.trait, []).append(place)
    if len(groups) > 1:
        order = [place for group in groups.values() for place in group]
        table = [NO_CELL] * (len(contents) + 1)
        for code, place in enumerate(order, start=1):
            table[place + 1] = code
        contents, codes = [contents[place] for place in order], list(map(table.__getitem__, codes))
    texts = [content.text for content in contents]
    raws = [content.raw for content in contents if content.raw is not None]
    sizes = [len(group) for group in groups.values()]
    return FilledColumn(number, list(groups), sizes, texts, raws, codes, len(codes) - codes.count(NO_CELL))


class GatheredColumn:
    """A column while its cells come in."""

    __slots__ = ("_codes", "_known")

    def __init__(self) -> None:
        self._known: dict[CellContent, int] = {}
        self._codes: list[int] = []

    def put(self, place: int, content: CellContent) -> None:
        """Take the cell of the row at a place, behind all before."""
        self._fill_up(place)
        self._codes.append(self._known.setdefault(content, len(self._known) + 1))

    def extend(self, place: int, column: FilledColumn) -> None:
        """Take the cells of many rows from a place on, behind all before."""
        self._fill_up(place)
        known = self._known
        table = [NO_CELL, *(known.setdefault(content, len(known) + 1) for content in column.contents())]
        self._codes += map(table.__getitem__, column.codes)

    def close(self, number: int, length: int) -> FilledColumn:
        """The column of so many rows."""
        self._fill_up(length)
        return fill_column(number, list(self._known), self._codes)

    def _fill_up(self, length: int) -> None:
        if len(self._codes) < length:
            self._codes.extend(repeat(NO_CELL, length - len(self._codes)))
