"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress, filterfalse, groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.block_writer import BlockWriter, are_scattered
from trialkit.spreadsheet.column_blocks import MOST_TRAITS, NO_CELL
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.filled_columns import FilledColumn, fill_column, rows_with_cells
from trialkit.spreadsheet.row_maker import COMPUTED, RowMaker
from trialkit.spreadsheet.row_runs import CellTrait
from trialkit.spreadsheet.tally import LooksOfColumn, Tally
from trialkit.spreadsheet.text_looks import Look

_ORDINARY = 1
"""The code of a cell that is just what its type says."""
_VARIED_SHARE = 4
"""Where every fourth cell is new, new ones are converted together."""
_MOST_REMEMBERED = 200_000
_FEW_CHARACTERS = 1024 * 1024
_MOST_CHARACTERS = 8 * 1024 * 1024


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
        plain: stored characters that are the text themselves.
        longest: the length of the longest text.
        made: what is not just what its type says, by stored characters.
        has_looks: whether anything is odd about one of these.
        odd: what is odd about texts, by stored characters.
        varied: the columns that last had many stored characters that were not known before.
        codes: for these the place of their trait among `traits`, counted from 1; all others have the ordinary one.
        traits: that of ordinary cells, and others.
    """

    def __init__(self, cell_type: CellType, has_formula: bool, odd_texts: Mapping[str, tuple[Look, ...]]) -> None:
        super().__init__()
        self.cell_type, self.has_formula = cell_type, has_formula
        self._odd_texts: Mapping[str, tuple[Look, ...]] = odd_texts if cell_type.kind is CellKind.TEXT else {}
        self.odd: dict[str, tuple[Look, ...]] = {}
        self.varied: set[int] = set()
        self.made: dict[str, Made] = {}
        self.codes: dict[str, int] = {}
        ordinary = CellTrait(cell_type.kind, cell_type.number_format, has_formula, cell_type.has_raw)
        self.traits = [ordinary]
        self.forget()

    def forget(self) -> None:
        """Forget all texts."""
        self.clear()
        self.made.clear()
        self.odd.clear()
        self.plain = {""}
        self[""], self.codes = "", {"": NO_CELL}
        self.longest, self.has_looks = 0, False

    def of_column(self, column: int, raws: list[str]) -> list[str]:
        """The texts of the cells of a column."""
        before = len(self)
        if column in self.varied and self.cell_type.convert_many is not None:
            new = set(filterfalse(self.__contains__, raws))
            self._learn(self.cell_type.convert_many(new) if new else {})
        texts = list(map(self.__getitem__, raws))
        if (len(self) - before) * _VARIED_SHARE > len(raws):
            self.varied.add(column)
        else:
            self.varied.discard(column)
        return texts

    def _learn(self, known: dict[str, str]) -> None:
        self.update(known)
        self.longest = max(self.longest, max(map(len, known.values()), default=0))
        self.plain.update(raw for raw, text in known.items() if raw == text)

    def __missing__(self, raw: str) -> str:
        found = self.cell_type.convert(raw)
        text = found if isinstance(found, str) else found.text
        self.longest = max(self.longest, len(text))
        if text in self._odd_texts:
            self.odd[raw] = self._odd_texts[text]
        if isinstance(found, str):
            self[raw] = found
            if found == raw:
                self.plain.add(raw)
            return found
        self.has_looks = self.has_looks or bool(found.looks)
        trait = CellTrait(found.kind, self.cell_type.number_format, self.has_formula, found.raw is not None)
        if trait not in self.traits:
            self.traits.append(trait)
        self.made[raw], self.codes[raw], self[raw] = found, self.traits.index(trait) + 1, found.text
        return found.text


class _Form(NamedTuple):
    """Cells of one column, type and style in rows that follow each other.

    Attributes:
        column: the column's number.
        memory: what is remembered of their type.
        values: for each row the stored characters, empty where it has no such cell.
        filled: the same, of rows that have one.
    """

    column: int
    memory: _Texts
    values: Sequence[str]
    filled: list[str]


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
        cells = blanks + sum(len(form.filled) for form in forms)
        if not self._row_maker.may_follow(first, first + length - 1, cells):
            return False
        by_column = [list(own) for _, own in groupby(forms, attrgetter("column"))]
        try:
            filled = list(map(_fill, by_column))
        except (SourceFileError, _TooManyError):
            return False
        characters = sum(form.memory.longest * len(form.filled) for form in forms)
        if characters > _FEW_CHARACTERS:
            characters = sum(sum(map(len, column.texts)) for column in filled)
        marks = rows_with_cells(filled, length)
        numbers: Sequence[int] = range(first, first + length)
        if marks is not None:
            numbers = list(compress(numbers, marks))
            filled = [column._replace(codes=bytes(compress(column.codes or b"", marks))) for column in filled]
        if characters > _MOST_CHARACTERS or not self._fits(numbers, filled):
            return False
        self._tally.note_columns(self._sheet, first, chain.from_iterable(map(_looks, forms)))
        if filled:
            self._writer.add_columns(numbers, filled, characters)
        self._row_maker.follow(first + length - 1, numbers, [column.number for column in filled], cells)
        return True

    def _fits(self, numbers: Sequence[int], columns: Sequence[FilledColumn]) -> bool:
        """Whether the rows may be written where they stand, as columns."""
        if are_scattered(len(numbers), len(columns), sum(len(column.texts) for column in columns)):
            return False
        return self._row_maker.may_stand(numbers, columns)

    def _form(self, raw: RawColumn) -> _Form | None:
        filled = list(filter(None, raw.values))
        if not filled:
            return None
        key = (raw.type, raw.style, raw.has_formula)
        memory = self._memories.get(key)
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[key] = _Texts(cell_type, raw.has_formula, self._conversions.odd_texts)
        return _Form(raw.column, memory, raw.values, filled)


class _TooManyError(Exception):
    """A column has more traits than a block can tell."""


def _fill(forms: list[_Form]) -> FilledColumn:
    """The cells of one column, of whichever types and styles. Raises what converters raise, and `_TooManyError`."""
    if len(forms) > 1:
        return _fill_from_many(forms)
    ((number, memory, values, filled),) = forms
    is_plain = memory.plain.issuperset(filled)
    texts = filled if is_plain else memory.of_column(number, filled)
    if not is_plain and memory.made and not memory.made.keys().isdisjoint(filled):
        return _fill_from_many(forms)
    codes = None if len(filled) == len(values) else bytes(map(bool, values))
    return FilledColumn(number, memory.traits[:1], codes, texts, filled if memory.cell_type.has_raw else ())


def _fill_from_many(forms: list[_Form]) -> FilledColumn:
    """The cells of a column that are not all just what one type says."""
    main = max(forms, key=lambda form: len(form.filled))
    memory, values = main.memory, list(main.values)
    texts = values[:] if memory.plain.issuperset(main.filled) else list(map(memory.__getitem__, values))
    are_ordinary = memory.made.keys().isdisjoint(main.filled)
    codes = bytearray(map(bool, values) if are_ordinary else map(memory.codes.get, values, repeat(_ORDINARY)))
    traits = list(memory.traits)
    for form in forms:
        if form is main:
            continue
        for place, raw in zip(compress(range(len(values)), form.values), form.filled, strict=True):
            texts[place], values[place] = form.memory[raw], raw
            codes[place] = form.memory.codes.get(raw, _ORDINARY) + len(traits)
        traits += form.memory.traits
    if len(traits) > MOST_TRAITS:
        raise _TooManyError
    return fill_column(main.column, traits, bytes(codes), texts, values)


def _looks(form: _Form) -> Iterator[LooksOfColumn]:
    """For each row what is odd: about its stored value, then its type, then its text."""
    memory, values = form.memory, form.values
    if memory.has_formula:
        made = (memory.made.get(raw) for raw in form.filled)
        looks = ((*(one.looks if one else ()), COMPUTED) for one in made)
        yield 0, form.column, zip(compress(range(len(values)), values), looks, strict=True)
    elif memory.has_looks and not memory.made.keys().isdisjoint(form.filled):
        found = ((place, memory.made[values[place]].looks) for place in _places(values, memory.made))
        yield 0, form.column, ((place, some) for place, some in found if some)
    if memory.cell_type.looks:
        yield 1, form.column, zip(compress(range(len(values)), values), repeat(memory.cell_type.looks), strict=False)
    if memory.odd:
        yield 2, form.column, [(place, memory.odd[values[place]]) for place in _places(values, memory.odd)]


def _places(values: Sequence[str], known: Mapping[str, object]) -> Iterator[int]:
    """The places of those values that are known."""
    return compress(range(len(values)), map(known.get, values))
