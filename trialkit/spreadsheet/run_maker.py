"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress, groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.block_writer import BlockWriter, are_scattered
from trialkit.spreadsheet.conversions import Conversions
from trialkit.spreadsheet.open_runs import OpenRun, RunColumn, RunForm, TextMemory, rows_with_cells
from trialkit.spreadsheet.row_maker import COMPUTED, RowMaker
from trialkit.spreadsheet.tally import LooksOfColumn, Tally

_MOST_REMEMBERED = 200_000
_MOST_CHARACTERS = 8 * 1024 * 1024


class RawColumn(NamedTuple):
    """Cells of one column, type and style: the stored characters for each row of a run, empty where it has no such."""

    column: int
    style: str
    type: str
    values: Sequence[str]
    has_formula: bool = False


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
        self._memories: dict[tuple[str, str, bool], TextMemory] = {}
        self._run = OpenRun()
        writer.before_others = self.flush

    def add(self, first: int, length: int, columns: Sequence[RawColumn], blanks: int) -> bool:
        """Add rows, or leave all of them and say so.

        Args:
            first: the number of the first; the others follow without gaps.
            length: how many there are.
            columns: their cells by rising column; a column may come several times, but for a row only once.
            blanks: how many blank cells the file has there.
        """
        if sum(map(len, self._memories.values())) > _MOST_REMEMBERED:
            self.flush()
            for memory in self._memories.values():
                memory.forget()
        forms = [form for column in columns if (form := self._form(column)) is not None]
        cells = blanks + sum(form.filled for form in forms)
        if not self._row_maker.may_follow(first, first + length - 1, cells):
            return False
        if not self._take(first, length, forms, cells):
            self._run.leave()
            return False
        run, rows = self._run, len(self._run.numbers)
        is_much = self._writer.are_enough(rows, run.cells, run.characters)
        if is_much or are_scattered(rows, len(run.columns), run.cells):
            self.flush()
        return True

    def flush(self) -> None:
        """Hand over the rows that wait."""
        run, self._run = self._run, OpenRun()
        if run.numbers:
            self._writer.add_columns(run.numbers, run.close(), run.characters)

    def _take(self, first: int, length: int, forms: Sequence[RunForm], cells: int) -> bool:
        """Take rows with so many cells, or say that they can not be taken."""
        coded: list[RunColumn] = []
        characters = 0
        try:
            for number, own in groupby(forms, attrgetter("column")):
                column, new = self._run.column(number).code(list(own))
                coded.append(column)
                characters += new
        except SourceFileError:
            return False
        marks = rows_with_cells(coded, length)
        numbers: Sequence[int] = range(first, first + length)
        if marks is not None:
            numbers = list(compress(numbers, marks))
            coded = [column._replace(codes=list(compress(column.codes, marks))) for column in coded]
        if characters > _MOST_CHARACTERS or not self._fits(numbers, coded):
            return False
        self._tally.note_columns(self._sheet, first, chain.from_iterable(self._looks(form) for form in forms))
        self._run.take(numbers, coded, characters)
        self._row_maker.follow(first + length - 1, numbers, [column.number for column in coded], cells)
        return True

    def _fits(self, numbers: Sequence[int], columns: Sequence[RunColumn]) -> bool:
        """Whether the rows may be written where they stand, as columns."""
        if are_scattered(len(numbers), len(columns), sum(column.filled for column in columns)):
            return False
        return self._row_maker.may_stand(numbers, columns)

    def _form(self, raw: RawColumn) -> RunForm | None:
        filled = len(raw.values) - raw.values.count("")
        if not filled:
            return None
        key = (raw.type, raw.style, raw.has_formula)
        memory = self._memories.get(key)
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[key] = TextMemory(cell_type, raw.has_formula, self._conversions.odd_texts)
        return RunForm(raw.column, memory, raw.values, filled)

    def _looks(self, form: RunForm) -> Iterator[LooksOfColumn]:
        """For each row what is odd: about its stored value, then its type, then its text."""
        column, memory, values, _ = form
        met = self._run.column(column).met(memory)
        if memory.has_formula:
            made = (memory.made.get(raw) for raw in filter(None, values))
            looks = ((*(one.looks if one else ()), COMPUTED) for one in made)
            yield 0, column, zip(compress(range(len(values)), values), looks, strict=True)
        elif memory.has_looks and not memory.made.keys().isdisjoint(met):
            found = ((place, memory.made[values[place]].looks) for place in _places(values, memory.made))
            yield 0, column, ((place, some) for place, some in found if some)
        if memory.cell_type.looks:
            yield 1, column, zip(compress(range(len(values)), values), repeat(memory.cell_type.looks), strict=False)
        if memory.odd and not memory.odd.keys().isdisjoint(met):
            yield 2, column, [(place, memory.odd[values[place]]) for place in _places(values, memory.odd)]


def _places(values: Sequence[str], known: Mapping[str, object]) -> Iterator[int]:
    """The places of those values that are known."""
    return compress(range(len(values)), map(known.get, values))
