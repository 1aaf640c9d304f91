"""Makes rows of whole runs of rows at once, column by column, where nothing about them needs a closer look.

What comes out is what a `RowMaker` makes of the same rows one by one. A run in which anything would be refused, stands
far off or grows too large is left to it, so that this module has no refusals and no words of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, repeat
from operator import itemgetter
from typing import NamedTuple, TypeVar

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind
from trialkit.spreadsheet.blocks import BlockWriter
from trialkit.spreadsheet.conversions import CellType, Conversions, Made
from trialkit.spreadsheet.row_maker import RowMaker
from trialkit.spreadsheet.row_runs import CellTrait, RowRun
from trialkit.spreadsheet.tally import Tally
from trialkit.spreadsheet.text_looks import Look

_MOST_REMEMBERED = 200_000
_FEW_CHARACTERS = 1024 * 1024
_MOST_CHARACTERS = 8 * 1024 * 1024
_ABSENT, _ORDINARY = 0, 1
T = TypeVar("T")


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
        self[""], self.codes = "", {"": _ABSENT}
        self.longest, self.has_looks = 0, False

    def __missing__(self, raw: str) -> str:
        found = self.cell_type.convert(raw)
        self.longest = max(self.longest, len(found if isinstance(found, str) else found.text))
        if isinstance(found, str):
            self[raw] = found
            return found
        self.has_looks = self.has_looks or bool(found.looks)
        trait = CellTrait(found.kind, self.cell_type.number_format, False, found.raw is not None)
        if trait not in self.traits:
            self.traits.append(trait)
        self.made[raw], self.codes[raw], self[raw] = found, self.traits.index(trait), found.text
        return found.text


@dataclass(frozen=True, slots=True)
class _Column:
    """Cells of one column as texts; `codes` are places in `memory.traits`, and None when all are ordinary."""

    column: int
    memory: _Texts
    values: Sequence[str]
    texts: list[str]
    codes: Sequence[int] | None

    def part(self, start: int, end: int) -> _Column:
        codes = None if self.codes is None else self.codes[start:end]
        return _Column(self.column, self.memory, self.values[start:end], self.texts[start:end], codes)


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

    def add(self, first: int, length: int, columns: Iterable[RawColumn], cells: int) -> bool:
        """Add rows, or leave all of them and say so.

        Args:
            first: the number of the first; the others follow without gaps.
            length: how many there are.
            columns: their cells by rising column; a column may come several times, but for a row only once.
            cells: how many cells the file has there, blank ones included.
        """
        if not self._row_maker.may_follow(first, first + length - 1, cells):
            return False
        if sum(map(len, self._memories.values())) > _MOST_REMEMBERED:
            for memory in self._memories.values():
                memory.forget()
        try:
            found = [self._convert(column) for column in columns if any(column.values)]
        except SourceFileError:
            return False
        characters = sum(column.memory.longest for column in found) * length
        if characters > _FEW_CHARACTERS:
            characters = sum(sum(map(len, column.texts)) for column in found)
        parts = [
            (first + start, [column.part(start, end) for column in found] if end - start < length else found)
            for start, end in _filled(found, length)
        ]
        runs = [_split(number, part) for number, part in parts]
        if characters > _MOST_CHARACTERS or not self._row_maker.may_stand(runs):
            return False
        for number, part in parts:
            self._note(number, part)
        self._writer.add_runs([run for some in runs for run in some], characters)
        self._row_maker.follow(first + length - 1, runs, cells)
        return True

    def _convert(self, raw: RawColumn) -> _Column:
        memory = self._memories.get((raw.type, raw.style))
        if memory is None:
            cell_type = self._conversions.cell_type(raw.type, raw.style)
            memory = self._memories[raw.type, raw.style] = _Texts(cell_type)
        texts = list(map(memory.__getitem__, raw.values))
        codes: list[int] | None = None
        if memory.made and not memory.made.keys().isdisjoint(raw.values):
            codes = list(map(memory.codes.get, raw.values, repeat(_ORDINARY)))
        elif not all(raw.values):
            codes = list(map(bool, raw.values))
        return _Column(raw.column, memory, raw.values, texts, codes)

    def _note(self, first: int, columns: list[_Column]) -> None:
        """Note what is odd about rows that follow each other, in their order, and in each as a `RowMaker` does."""
        noted: list[tuple[int, int, int, int, int, str, str]] = []
        for column in columns:
            for phase, looks in self._looks(column):
                for start, end, some in _stretches(looks):
                    noted += [
                        (first + start, phase, column.column, place, first + end, code, phrase)
                        for place, (code, phrase) in enumerate(some)
                    ]
        for row, _, number, _, last, code, phrase in sorted(noted):
            self._tally.note_cells(code, phrase, self._sheet, number, row, last)

    def _looks(self, column: _Column) -> Iterator[tuple[int, list[tuple[Look, ...] | None]]]:
        """For each row what is odd: about its stored value, then its type, then its text."""
        memory = column.memory
        if column.codes is not None and memory.has_looks:
            found = map(memory.made.get, column.values)
            yield 0, [made.looks if made else None for made in found]
        if memory.cell_type.looks:
            yield 1, [memory.cell_type.looks if value else None for value in column.values]
        odd = self._conversions.odd_texts
        if odd and memory.cell_type.kind is CellKind.TEXT and not odd.keys().isdisjoint(column.texts):
            yield 2, list(map(odd.get, column.texts))


def _stretches(looks: list[tuple[Look, ...] | None]) -> Iterator[tuple[int, int, tuple[Look, ...]]]:
    """The first and last place of each stretch of the same looks."""
    start = 0
    for some, same in groupby(looks):
        end = start + sum(1 for _ in same)
        if some:
            yield start, end - 1, some
        start = end


def _filled(columns: list[_Column], length: int) -> list[tuple[int, int]]:
    """The stretches of rows that have a cell."""
    if not columns:
        return []
    if any(column.codes is None or _ABSENT not in column.codes for column in columns):
        return [(0, length)]
    marks = [0, *(any(row) for row in zip(*(column.values for column in columns), strict=True)), 0]
    edges = [place for place, (before, after) in enumerate(pairwise(marks)) if before != after]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _split(first: int, columns: list[_Column]) -> list[RowRun]:
    """Rows as runs that share one shape."""
    numbers = list(range(first, first + len(columns[0].texts)))
    varying = [column.codes for column in columns if column.codes is not None]
    shapes: dict[tuple[int, ...], list[int]] = {}
    for place, codes in enumerate(zip(*varying, strict=True)):
        shapes.setdefault(codes, []).append(place)
    if len(shapes) < 2:
        return [_run(numbers, columns, next(iter(shapes), ()), None)]
    return [_run(numbers, columns, key, places) for key, places in shapes.items()]


def _run(numbers: list[int], columns: list[_Column], codes: tuple[int, ...], places: list[int] | None) -> RowRun:
    """The rows at these places, or all; `codes` are theirs in the columns whose cells differ."""
    left = iter(codes)
    chosen = [
        (column, trait)
        for column in columns
        if (trait := column.memory.traits[_ORDINARY if column.codes is None else next(left)]) is not None
    ]
    pick = _picker(places)
    texts = [pick(column.texts) for column, _ in chosen]
    raws = [pick(column.values) for column, trait in chosen if trait.has_raw]
    return RowRun(
        pick(numbers), tuple(column.column for column, _ in chosen), tuple(trait for _, trait in chosen), texts, raws
    )


def _picker(places: list[int] | None) -> Callable[[Sequence[T]], list[T]]:
    """What picks the entries at these places, or all."""
    if places is None:
        return list
    if len(places) == 1:
        return lambda entries: [entries[places[0]]]
    pick = itemgetter(*places)
    return lambda entries: list(pick(entries))
