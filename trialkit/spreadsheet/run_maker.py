"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, repeat
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.blocks import BlockWriter
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.row_runs import ABSENT, ORDINARY, CellTrait, ColumnCells, split_by_shape
from trialkit.spreadsheet.tally import LooksOfColumn, Tally

_MOST_REMEMBERED = 200_000
_FEW_CHARACTERS = 1024 * 1024
_MOST_CHARACTERS = 8 * 1024 * 1024


class RawColumn(NamedTuple):
    """Cells of one column, type and style: the stored characters for each row of a run, empty where it has no such."""

    column: int
    style: str
    type: str
    values: Sequence[str]


class _Texts(dict[str, str]):
    """The texts of one cell type by stored characters, and which of them are not just what their type says.

    Attributes:
        cell_type: the type.
        plain: stored characters that are the text themselves.
        longest: the length of the longest text.
        made: what is not just what its type says, by stored characters.
        has_looks: whether anything is odd about one of these.
        codes: for these the place of their trait among `traits`; all others have the ordinary one.
        traits: no cell, the trait of ordinary ones, and others.
    """

    def __init__(self, cell_type: CellType) -> None:
        super().__init__()
        self.cell_type = cell_type
        self.made: dict[str, Made] = {}
        self.codes: dict[str, int] = {}
        ordinary = CellTrait(cell_type.kind, cell_type.number_format, False, cell_type.has_raw)
        self.traits: list[CellTrait | None] = [None, ordinary]
        self.forget()

    def forget(self) -> None:
        """Forget all texts."""
        self.clear()
        self.made.clear()
        self.plain = {""}
        self[""], self.codes = "", {"": ABSENT}
        self.longest, self.has_looks = 0, False

    def __missing__(self, raw: str) -> str:
        found = self.cell_type.convert(raw)
        self.longest = max(self.longest, len(found if isinstance(found, str) else found.text))
        if isinstance(found, str):
            self[raw] = found
            if found == raw:
                self.plain.add(raw)
            return found
        self.has_looks = self.has_looks or bool(found.looks)
        trait = CellTrait(found.kind, self.cell_type.number_format, False, found.raw is not None)
        if trait not in self.traits:
            self.traits.append(trait)
        self.made[raw], self.codes[raw], self[raw] = found, self.traits.index(trait), found.text
        return found.text


class _Column(NamedTuple):
    """Cells of one column, and what is remembered of their type."""

    memory: _Texts
    cells: ColumnCells

    def part(self, start: int, end: int) -> _Column:
        return _Column(self.memory, self.cells.part(start, end))


class RunMaker:
    """Makes the runs of one sheet, beside the `RowMaker` that makes its other rows."""

    def __init__(
        self, sheet: str, conversions: Conversions, writer: BlockWriter, tally: Tally, row_maker: RowMaker
    ) -> None:
        self._sheet = sheet
        self._conversions = conversions
        self._writer = writer
        self._tally = tally
        self._row_maker = row_maker
        self._memories: dict[tuple[str, str], _Texts] = {}

    def add(self, first: int, length: int, columns: Sequence[RawColumn], blanks: int) -> bool:
        """Add rows, or leave all of them and say so.

        Args:
            first: the number of the first; the others follow without gaps.
            length: how many there are.
            columns: their cells by rising column; a column may come several times, but for a row only once.
            blanks: how many blank cells the file has there.
        """
        absent = [column.values.count("") for column in columns]
        cells = blanks + len(columns) * length - sum(absent)
        if not self._row_maker.may_follow(first, first + length - 1, cells):
            return False
        if sum(map(len, self._memories.values())) > _MOST_REMEMBERED:
            for memory in self._memories.values():
                memory.forget()
        try:
            found = [
                self._convert(column, is_full=not lacks)
                for column, lacks in zip(columns, absent, strict=True)
                if lacks < length
            ]
        except SourceFileError:
            return False
        characters = sum(column.memory.longest for column in found) * length
        if characters > _FEW_CHARACTERS:
            characters = sum(sum(map(len, column.cells.texts)) for column in found)
        parts = [
            (first + start, [column.part(start, end) for column in found] if end - start < length else found)
            for start, end in _filled(found, length)
        ]
        runs = [split_by_shape(number, [column.cells for column in part]) for number, part in parts]
        if characters > _MOST_CHARACTERS or not self._row_maker.may_stand(runs):
            return False
        for number, part in parts:
            looks = chain.from_iterable(map(self._looks, part))
            self._tally.note_columns(self._sheet, number, looks)
        self._writer.add_runs([run for some in runs for run in some], characters)
        self._row_maker.follow(first + length - 1, runs, cells)
        return True

    def _convert(self, raw: RawColumn, *, is_full: bool) -> _Column:
        memory = self._memories.get((raw.type, raw.style))
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[raw.type, raw.style] = _Texts(cell_type)
        values = raw.values
        codes: list[int] | None = None if is_full else list(map(bool, values))
        if memory.plain.issuperset(values):
            return _Column(memory, ColumnCells(raw.column, memory.traits, codes, values, values))
        texts = list(map(memory.__getitem__, values))
        if memory.made and not memory.made.keys().isdisjoint(values):
            codes = list(map(memory.codes.get, values, repeat(ORDINARY)))
        return _Column(memory, ColumnCells(raw.column, memory.traits, codes, texts, values))

    def _looks(self, column: _Column) -> Iterator[LooksOfColumn]:
        """For each row what is odd: about its stored value, then its type, then its text."""
        memory, cells = column
        if cells.codes is not None and memory.has_looks:
            found = map(memory.made.get, cells.raws)
            yield 0, cells.column, [made.looks if made else None for made in found]
        if memory.cell_type.looks:
            yield 1, cells.column, [memory.cell_type.looks if raw else None for raw in cells.raws]
        odd = self._conversions.odd_texts
        if odd and memory.cell_type.kind is CellKind.TEXT and not odd.keys().isdisjoint(cells.texts):
            yield 2, cells.column, map(odd.get, cells.texts)


def _filled(columns: list[_Column], length: int) -> list[tuple[int, int]]:
    """The stretches of rows that have a cell."""
    if not columns:
        return []
    if any(column.cells.codes is None or ABSENT not in column.cells.codes for column in columns):
        return [(0, length)]
    marks = [False, *map(any, zip(*(column.cells.raws for column in columns), strict=True)), False]
    edges = [place for place, (before, after) in enumerate(pairwise(marks)) if before != after]
    return list(zip(edges[::2], edges[1::2], strict=True))
