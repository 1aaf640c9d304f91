"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, groupby, repeat
from operator import add, attrgetter
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.block_writer import BlockWriter, are_scattered
from trialkit.spreadsheet.column_blocks import MOST_TRAITS, NO_CELL
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.filled_columns import FilledColumn, fill_column, rows_with_cells
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.row_runs import CellTrait
from trialkit.spreadsheet.tally import LooksOfColumn, Tally

_ORDINARY = 1
"""The code of a cell that is just what its type says."""
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
        codes: for these the place of their trait among `traits`, counted from 1; all others have the ordinary one.
        traits: that of ordinary cells, and others.
    """

    def __init__(self, cell_type: CellType) -> None:
        super().__init__()
        self.cell_type = cell_type
        self.made: dict[str, Made] = {}
        self.codes: dict[str, int] = {}
        ordinary = CellTrait(cell_type.kind, cell_type.number_format, False, cell_type.has_raw)
        self.traits = [ordinary]
        self.forget()

    def forget(self) -> None:
        """Forget all texts."""
        self.clear()
        self.made.clear()
        self.plain = {""}
        self[""], self.codes = "", {"": NO_CELL}
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
        self.made[raw], self.codes[raw], self[raw] = found, self.traits.index(trait) + 1, found.text
        return found.text


class _Column(NamedTuple):
    """Cells of one column, type and style in rows that follow each other.

    Attributes:
        number: the column's number.
        memory: what is remembered of their type.
        codes: for each row `NO_CELL`, or the place of its trait counted from 1; None when all rows have ordinary cells.
        texts: for each row its text.
        values: for each row the stored characters.
    """

    number: int
    memory: _Texts
    codes: bytes | None
    texts: Sequence[str]
    values: Sequence[str]


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
            characters = sum(sum(map(len, column.texts)) for column in found)
        by_column = [list(own) for _, own in groupby(found, attrgetter("number"))]
        if any(sum(len(column.memory.traits) for column in own) > MOST_TRAITS for own in by_column):
            return False
        filled = list(map(_fill, by_column))
        marks = rows_with_cells(filled, length)
        numbers: Sequence[int] = range(first, first + length)
        if marks is not None:
            numbers = list(compress(numbers, marks))
            filled = [column._replace(codes=bytes(compress(column.codes or b"", marks))) for column in filled]
        if characters > _MOST_CHARACTERS or not self._fits(numbers, filled):
            return False
        self._tally.note_columns(self._sheet, first, chain.from_iterable(map(self._looks, found)))
        if filled:
            self._writer.add_columns(numbers, filled, characters)
        self._row_maker.follow(first + length - 1, numbers, [column.number for column in filled], cells)
        return True

    def _fits(self, numbers: Sequence[int], columns: Sequence[FilledColumn]) -> bool:
        """Whether the rows may be written where they stand, as columns."""
        if are_scattered(len(numbers), len(columns), sum(len(column.texts) for column in columns)):
            return False
        return self._row_maker.may_stand(numbers, columns)

    def _convert(self, raw: RawColumn, *, is_full: bool) -> _Column:
        memory = self._memories.get((raw.type, raw.style))
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[raw.type, raw.style] = _Texts(cell_type)
        values = raw.values
        codes = None if is_full else bytes(map(bool, values))
        if memory.plain.issuperset(values):
            return _Column(raw.column, memory, codes, values, values)
        texts = list(map(memory.__getitem__, values))
        if memory.made and not memory.made.keys().isdisjoint(values):
            codes = bytes(map(memory.codes.get, values, repeat(_ORDINARY)))
        return _Column(raw.column, memory, codes, texts, values)

    def _looks(self, column: _Column) -> Iterator[LooksOfColumn]:
        """For each row what is odd: about its stored value, then its type, then its text."""
        memory = column.memory
        if column.codes is not None and memory.has_looks:
            found = map(memory.made.get, column.values)
            yield 0, column.number, [made.looks if made else None for made in found]
        if memory.cell_type.looks:
            yield 1, column.number, [memory.cell_type.looks if raw else None for raw in column.values]
        odd = self._conversions.odd_texts
        if odd and memory.cell_type.kind is CellKind.TEXT and not odd.keys().isdisjoint(column.texts):
            yield 2, column.number, map(odd.get, column.texts)


def _fill(columns: list[_Column]) -> FilledColumn:
    """The cells of one column, of whichever types and styles."""
    first = columns[0]
    if len(columns) == 1:
        return fill_column(first.number, first.memory.traits, first.codes, first.texts, first.values)
    traits: list[CellTrait] = []
    codes: Iterable[int] = ()
    texts, values = first.texts, first.values
    for place, column in enumerate(columns):
        shift = bytes([NO_CELL, *range(len(traits) + 1, len(traits) + len(column.memory.traits) + 1)])
        own = (column.codes or b"").translate(shift.ljust(256, b"\0"))
        traits += column.memory.traits
        codes = map(add, codes, own) if place else own  # of one row all but one are nothing, and so are the texts
        texts = list(map(add, texts, column.texts)) if place else texts
        values = list(map(add, values, column.values)) if place else values
    return fill_column(first.number, traits, bytes(codes), texts, values)
