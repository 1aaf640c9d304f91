"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress, count, filterfalse, groupby, repeat
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.block_writer import BlockWriter, are_scattered
from trialkit.spreadsheet.cell_traits import CellContent, CellTrait
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn, fill_column, rows_with_cells
from trialkit.spreadsheet.row_maker import COMPUTED, RowMaker
from trialkit.spreadsheet.tally import LooksOfColumn, Tally
from trialkit.spreadsheet.text_looks import Look

_FEW_NEW = 8
"""More stored characters that were not met before are converted together."""
_MOST_REMEMBERED = 200_000
_MOST_CHARACTERS = 8 * 1024 * 1024
_NOTHING = MappingProxyType({"": NO_CELL})


class RawColumn(NamedTuple):
    """Cells of one column, type and style: the stored characters for each row of a run, empty where it has no such."""

    column: int
    style: str
    type: str
    values: Sequence[str]
    has_formula: bool = False


class _Texts(dict[str, str]):
    """The texts of one cell type by stored characters, and which of them are not just what their type says.

    Attributes:
        cell_type: the type.
        has_formula: whether their cells have formulas.
        made: what is not just what its type says, by stored characters.
        has_looks: whether anything is odd about one of these.
        odd: what is odd about texts, by stored characters.
        trait: that of cells that are just what their type says.
    """

    def __init__(self, cell_type: CellType, has_formula: bool, odd_texts: Mapping[str, tuple[Look, ...]]) -> None:
        super().__init__()
        self.cell_type, self.has_formula = cell_type, has_formula
        self._odd_texts: Mapping[str, tuple[Look, ...]] = odd_texts if cell_type.kind is CellKind.TEXT else {}
        self.odd: dict[str, tuple[Look, ...]] = {}
        self.made: dict[str, Made] = {}
        self.has_looks = False
        self.trait = CellTrait(cell_type.kind, cell_type.number_format, has_formula, cell_type.has_raw)

    def forget(self) -> None:
        """Forget all texts."""
        self.clear()
        self.made.clear()
        self.odd.clear()
        self.has_looks = False

    def of(self, raws: list[str]) -> list[str]:
        """The texts of some stored characters; raises what converters raise."""
        if self.cell_type.convert_many is not None:
            new = list(filterfalse(self.__contains__, raws))
            if len(new) > _FEW_NEW:
                self.update(self.cell_type.convert_many(new))
        return list(map(self.__getitem__, raws))

    def content(self, raw: str) -> CellContent:
        """The cell of stored characters whose text is known."""
        made = self.made.get(raw)
        if made is None:
            return CellContent(self.trait, self[raw], raw if self.trait.has_raw else None)
        trait = CellTrait(made.kind, self.trait.number_format, self.has_formula, made.raw is not None)
        # Who reads row by row takes the stored characters as they are, so they are taken here.
        return CellContent(trait, made.text, None if made.raw is None else raw)

    def __missing__(self, raw: str) -> str:
        found = self.cell_type.convert(raw)
        text = found if isinstance(found, str) else found.text
        if text in self._odd_texts:
            self.odd[raw] = self._odd_texts[text]
        if not isinstance(found, str):
            self.has_looks = self.has_looks or bool(found.looks)
            self.made[raw] = found
        self[raw] = text
        return text


class _Form(NamedTuple):
    """Cells of one column, type and style in rows that follow each other.

    Attributes:
        column: the column's number.
        memory: what is remembered of their type.
        values: for each row the stored characters, empty where it has no such cell.
        filled: how many rows have one.
    """

    column: int
    memory: _Texts
    values: Sequence[str]
    filled: int


class _CodedForm(NamedTuple):
    """The same, with the different stored characters, and their texts."""

    form: _Form
    raws: list[str]
    texts: list[str]

    @property
    def is_plain(self) -> bool:
        """Whether all cells are just what their type says."""
        made = self.form.memory.made
        return not made or made.keys().isdisjoint(self.raws)


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
        self._memories: dict[tuple[str, str, bool], _Texts] = {}

    def add(self, first: int, length: int, columns: Sequence[RawColumn], blanks: int) -> bool:
        """Add rows, or leave all of them and say so.

        Args:
            first: the number of the first; the others follow without gaps.
            length: how many there are.
            columns: their cells by rising column; a column may come several times, but for a row only once.
            blanks: how many blank cells the file has there.
        """
        if sum(map(len, self._memories.values())) > _MOST_REMEMBERED:
            for memory in self._memories.values():
                memory.forget()
        forms = [form for column in columns if (form := self._form(column)) is not None]
        cells = blanks + sum(form.filled for form in forms)
        if not self._row_maker.may_follow(first, first + length - 1, cells):
            return False
        coded: list[_CodedForm] = []
        filled = []
        try:
            for _, own in groupby(forms, attrgetter("column")):
                column, several = _fill(list(own))
                filled.append(column)
                coded += several
        except SourceFileError:
            return False
        characters = sum(sum(map(len, column.texts)) for column in filled)
        marks = rows_with_cells(filled, length)
        numbers: Sequence[int] = range(first, first + length)
        if marks is not None:
            numbers = list(compress(numbers, marks))
            filled = [column.at(marks) for column in filled]
        if characters > _MOST_CHARACTERS or not self._fits(numbers, filled):
            return False
        self._tally.note_columns(self._sheet, first, chain.from_iterable(map(_looks, coded)))
        if filled:
            self._writer.add_columns(numbers, filled, characters)
        self._row_maker.follow(first + length - 1, numbers, [column.number for column in filled], cells)
        return True

    def _fits(self, numbers: Sequence[int], columns: Sequence[FilledColumn]) -> bool:
        """Whether the rows may be written where they stand, as columns."""
        if are_scattered(len(numbers), len(columns), sum(column.filled for column in columns)):
            return False
        return self._row_maker.may_stand(numbers, columns)

    def _form(self, raw: RawColumn) -> _Form | None:
        filled = len(raw.values) - raw.values.count("")
        if not filled:
            return None
        key = (raw.type, raw.style, raw.has_formula)
        memory = self._memories.get(key)
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[key] = _Texts(cell_type, raw.has_formula, self._conversions.odd_texts)
        return _Form(raw.column, memory, raw.values, filled)


def _fill(forms: list[_Form]) -> tuple[FilledColumn, list[_CodedForm]]:
    """The cells of one column, of whichever types and styles. Raises what converters raise."""
    forms.sort(key=lambda form: -form.filled)
    number = count(1).__next__
    codes: list[int] = []
    coded: list[_CodedForm] = []
    for form in forms:
        known = defaultdict(number, _NOTHING)
        if codes:
            for place, raw in zip(compress(range(len(codes)), form.values), filter(None, form.values), strict=True):
                codes[place] = known[raw]
        else:
            codes = list(map(known.__getitem__, form.values))
        raws = list(known)[1:]
        coded.append(_CodedForm(form, raws, form.memory.of(raws)))
    return _column(coded, codes), coded


def _column(coded: list[_CodedForm], codes: list[int]) -> FilledColumn:
    """The column of cells whose codes count those of the first form first, then those of the second."""
    column = coded[0].form.column
    traits = [form.memory.trait for form, _, _ in coded]
    if len(set(traits)) < len(traits) or not all(own.is_plain for own in coded):
        contents = [form.memory.content(raw) for form, raws, _ in coded for raw in raws]
        return fill_column(column, contents, codes)
    texts = list(chain.from_iterable(own.texts for own in coded))
    raws = list(chain.from_iterable(raws for form, raws, _ in coded if form.memory.trait.has_raw))
    sizes = [len(own.raws) for own in coded]
    return FilledColumn(column, traits, sizes, texts, raws, codes, sum(own.form.filled for own in coded))


def _looks(coded: _CodedForm) -> Iterator[LooksOfColumn]:
    """For each row what is odd: about its stored value, then its type, then its text."""
    (_, memory, values, _), raws, _ = coded
    column = coded.form.column
    if memory.has_formula:
        made = (memory.made.get(raw) for raw in filter(None, values))
        looks = ((*(one.looks if one else ()), COMPUTED) for one in made)
        yield 0, column, zip(compress(range(len(values)), values), looks, strict=True)
    elif memory.has_looks and not coded.is_plain:
        found = ((place, memory.made[values[place]].looks) for place in _places(values, memory.made))
        yield 0, column, ((place, some) for place, some in found if some)
    if memory.cell_type.looks:
        yield 1, column, zip(compress(range(len(values)), values), repeat(memory.cell_type.looks), strict=False)
    if memory.odd and not memory.odd.keys().isdisjoint(raws):
        yield 2, column, [(place, memory.odd[values[place]]) for place in _places(values, memory.odd)]


def _places(values: Sequence[str], known: Mapping[str, object]) -> Iterator[int]:
    """The places of those values that are known."""
    return compress(range(len(values)), map(known.get, values))
