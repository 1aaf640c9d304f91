"""Rows that were cut together and are not written yet: in each column the stored characters have codes as they come.

Texts are made of stored characters once. A stretch of rows that can not be taken after all leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, compress, count, filterfalse, islice, repeat
from operator import not_
from types import MappingProxyType
from typing import NamedTuple

from trialkit.model.source import CellKind
from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.conversions import CellType, Made
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn
from trialkit.spreadsheet.text_looks import Look

_FEW_NEW = 8
"""More stored characters that were not met before are converted together."""
_NOTHING = MappingProxyType({"": NO_CELL})


class TextMemory(dict[str, str]):
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

    def learn(self, raws: Sequence[str]) -> int:
        """Make the texts of stored characters; how long they are in all. Raises what converters raise."""
        if self.cell_type.convert_many is not None:
            new = list(filterfalse(self.__contains__, raws))
            if len(new) > _FEW_NEW:
                self.update(self.cell_type.convert_many(new))
        return sum(map(len, map(self.__getitem__, raws)))

    def trait_of(self, raw: str) -> CellTrait:
        """The trait of a cell that is not just what its type says."""
        made = self.made[raw]
        return CellTrait(made.kind, self.trait.number_format, self.has_formula, made.raw is not None)

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


class RunForm(NamedTuple):
    """Cells of one column and type in rows that follow each other.

    Attributes:
        column: the column's number.
        memory: what is remembered of their type.
        values: for each row the stored characters, empty where it has no such cell.
        filled: how many rows have one.
    """

    column: int
    memory: TextMemory
    values: Sequence[str]
    filled: int


class RunColumn(NamedTuple):
    """A column of a stretch of rows.

    Attributes:
        number: the column's number.
        codes: for each row `NO_CELL`, or the code of what is stored there.
        filled: how many rows have a cell.
    """

    number: int
    codes: Sequence[int]
    filled: int

    @property
    def is_full(self) -> bool:
        """Whether every row has a cell."""
        return self.filled == len(self.codes)


class _Codes:
    """The codes of stored characters of one type, in the order in which they came.

    Attributes:
        memory: what is remembered of the type.
        known: stored characters to code; first those of no cell.
        before: how many there were before the stretch of rows at hand.
    """

    __slots__ = ("before", "known", "memory")

    def __init__(self, memory: TextMemory, next_code: Callable[[], int]) -> None:
        self.memory = memory
        self.known = defaultdict(next_code, _NOTHING)
        self.before = len(self.known)

    @property
    def raws(self) -> list[str]:
        """The stored characters."""
        return list(islice(self.known, 1, None))


class _Group:
    """The cells of one trait: codes, texts and stored characters."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.texts: list[str] = []
        self.raws: list[str] = []

    def add(self, codes: list[int], texts: list[str], raws: list[str]) -> None:
        """Add cells."""
        self.codes += codes
        self.texts += texts
        self.raws += raws


class OpenColumn:
    """One column of rows that are not written yet."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._next = count(1).__next__
        self._types: dict[int, _Codes] = {}
        self._codes: list[int] = []
        self._filled = 0

    @property
    def is_empty(self) -> bool:
        """Whether no row has a cell."""
        return not self._filled

    def code(self, forms: list[RunForm]) -> tuple[RunColumn, int]:
        """Give codes to a stretch of rows, which is not taken yet, and say how long its new texts are.

        Raises what converters raise.
        """
        forms.sort(key=lambda form: -form.filled)
        codes: list[int] = []
        length = 0
        for form in forms:
            own = self._types.get(id(form.memory))
            if own is None:
                own = self._types[id(form.memory)] = _Codes(form.memory, self._next)
            known = own.known
            if not codes:
                codes = list(map(known.__getitem__, form.values))
            else:
                for place, raw in zip(compress(range(len(codes)), form.values), filter(None, form.values), strict=True):
                    codes[place] = known[raw]
            length += form.memory.learn(list(islice(known, own.before, None)))
        return RunColumn(self._number, codes, sum(form.filled for form in forms)), length

    def met(self, memory: TextMemory) -> Collection[str]:
        """What is stored in cells of a type, in the stretch of rows at hand and before."""
        return self._types[id(memory)].known.keys()

    def take(self, place: int, column: RunColumn) -> None:
        """Take a stretch of rows that codes were given to, from a place on."""
        self._fill_up(place)
        self._codes += column.codes
        self._filled += column.filled
        for own in self._types.values():
            own.before = len(own.known)

    def leave(self) -> None:
        """Forget the stretch of rows that codes were given to last, unless it was taken."""
        for own in self._types.values():
            while len(own.known) > own.before:
                own.known.popitem()
        self._next = count(1 + sum(len(own.known) - 1 for own in self._types.values())).__next__
        for own in self._types.values():
            own.known.default_factory = self._next

    def close(self, length: int) -> FilledColumn:
        """The column of so many rows."""
        self._fill_up(length)
        met = [own for own in self._types.values() if len(own.known) > 1]
        memory = met[0].memory
        if len(met) > 1 or not memory.made.keys().isdisjoint(met[0].known):
            return self._close_mixed()
        raws = met[0].raws
        texts, own_raws = list(map(memory.__getitem__, raws)), raws if memory.trait.has_raw else ()
        return FilledColumn(self._number, [memory.trait], [len(raws)], texts, own_raws, self._codes, self._filled)

    def _close_mixed(self) -> FilledColumn:
        """The column when not all of its cells are just what one type says: they are sorted by their traits."""
        groups: dict[CellTrait, _Group] = {}
        for own in self._types.values():
            memory, raws = own.memory, own.raws
            numbers, texts = list(own.known.values())[1:], list(map(memory.__getitem__, raws))
            if not memory.made.keys().isdisjoint(own.known):
                is_made = list(map(memory.made.__contains__, raws))
                for number, text, raw in compress(zip(numbers, texts, raws, strict=True), is_made):
                    groups.setdefault(memory.trait_of(raw), _Group()).add([number], [text], [raw])
                is_ordinary = list(map(not_, is_made))
                numbers = list(compress(numbers, is_ordinary))
                texts, raws = list(compress(texts, is_ordinary)), list(compress(raws, is_ordinary))
            if numbers:
                groups.setdefault(memory.trait, _Group()).add(numbers, texts, raws)
        order = list(chain.from_iterable(group.codes for group in groups.values()))
        table = [NO_CELL] * (len(order) + 1)
        for new, code in enumerate(order, start=1):
            table[code] = new
        codes = list(map(table.__getitem__, self._codes))
        texts = list(chain.from_iterable(group.texts for group in groups.values()))
        raws = list(chain.from_iterable(group.raws for trait, group in groups.items() if trait.has_raw))
        sizes = [len(group.codes) for group in groups.values()]
        return FilledColumn(self._number, list(groups), sizes, texts, raws, codes, self._filled)

    def _fill_up(self, length: int) -> None:
        if len(self._codes) < length:
            self._codes.extend(repeat(NO_CELL, length - len(self._codes)))


class OpenRun:
    """Rows that are not written yet.

    Attributes:
        numbers: theirs.
        columns: by their numbers.
        cells: how many they have.
        characters: how many their texts have.
    """

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.columns: dict[int, OpenColumn] = {}
        self.cells = self.characters = 0

    def column(self, number: int) -> OpenColumn:
        """The column of a number."""
        found = self.columns.get(number)
        if found is None:
            found = self.columns[number] = OpenColumn(number)
        return found

    def take(self, numbers: Sequence[int], columns: Sequence[RunColumn], characters: int) -> None:
        """Take a stretch of rows whose columns had codes given to them."""
        place = len(self.numbers)
        for column in columns:
            self.columns[column.number].take(place, column)
            self.cells += column.filled
        self.numbers += numbers
        self.characters += characters

    def leave(self) -> None:
        """Forget a stretch of rows of which some columns had codes given to them."""
        for column in self.columns.values():
            column.leave()
        self.columns = {number: column for number, column in self.columns.items() if not column.is_empty}

    def close(self) -> list[FilledColumn]:
        """The columns by rising number."""
        return [self.columns[number].close(len(self.numbers)) for number in sorted(self.columns)]


def rows_with_cells(columns: Sequence[RunColumn], length: int) -> bytes | None:
    """For each of so many rows whether some column has a cell, as bytes that are not zero; None when all have one."""
    if any(column.is_full for column in columns):
        return None
    together = 0
    for column in columns:
        together |= int.from_bytes(bytes(map(bool, column.codes)), "big")
    marks = together.to_bytes(length, "big")
    return marks if 0 in marks else None
