"""Rows on their way from the reader to whoever asked: packed in blocks, checked when they come from outside.

A block is a few hundred rows as one JSON text. Cells that are alike in kind, format and origin share one entry, and
blank cells are left out, so a million rows of 25 columns stay below a hundred megabytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, overload

from trialkit.model.source import Cell, CellKind, SourceRow
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS, column_letters

CellTrait = tuple[str, str, bool, bool]
"""What cells share: kind, number format, whether it has a formula, whether the raw characters differ from the text."""

_ROWS_A_BLOCK = 500
_CELLS_A_BLOCK = 20_000
_CHARACTERS_A_BLOCK = 1024 * 1024
_KINDS = frozenset(kind.value for kind in CellKind)


class NonsenseError(Exception):
    """A block that no reader of ours writes."""


@dataclass(slots=True)
class RowBlock:
    """Rows while a block is filled.

    Attributes:
        traits: the distinct traits in the block.
        shapes: distinct rows of (column numbers, numbers of their traits).
        numbers: the row numbers.
        shape_of: for each row the number of its shape.
        texts: the texts of all cells, row by row.
        raws: the raw characters of those cells whose trait says that they differ.
    """

    traits: list[CellTrait] = field(default_factory=list)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    shape_of: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)

    def encode(self) -> str:
        """The block as JSON in one line."""
        parts = [self.traits, self.shapes, self.numbers, self.shape_of, self.texts, self.raws]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


class BlockWriter:
    """Takes rows one by one and hands over blocks; `flush` at the end."""

    def __init__(self, hand_over: Callable[[RowBlock], None]) -> None:
        self._hand_over = hand_over
        self._block = RowBlock()
        self._traits: dict[CellTrait, int] = {}
        self._shapes: dict[tuple[tuple[int, ...], tuple[CellTrait, ...]], int] = {}
        self._characters = 0

    def add(
        self,
        number: int,
        columns: tuple[int, ...],
        traits: tuple[CellTrait, ...],
        texts: Sequence[str],
        raws: Sequence[str],
    ) -> None:
        """Add one row: its filled cells by rising column; `raws` only for those whose trait says so."""
        block = self._block
        shape = self._shapes.get((columns, traits))
        if shape is None:
            shape = self._shapes[columns, traits] = len(block.shapes)
            block.shapes.append((columns, tuple(self._trait(trait) for trait in traits)))
        block.numbers.append(number)
        block.shape_of.append(shape)
        block.texts += texts
        block.raws += raws
        self._characters += sum(map(len, texts))
        if (
            len(block.numbers) >= _ROWS_A_BLOCK
            or len(block.texts) > _CELLS_A_BLOCK
            or self._characters > _CHARACTERS_A_BLOCK
        ):
            self.flush()

    def flush(self) -> None:
        """Hand over the block at hand."""
        if self._block.numbers:
            self._hand_over(self._block)
        self._block = RowBlock()
        self._traits, self._shapes, self._characters = {}, {}, 0

    def _trait(self, trait: CellTrait) -> int:
        if trait not in self._traits:
            self._traits[trait] = len(self._block.traits)
            self._block.traits.append(trait)
        return self._traits[trait]


class PackedRows(Sequence[SourceRow]):
    """The rows of a sheet, kept packed and unpacked while they are walked through."""

    def __init__(self) -> None:
        self._blocks: list[tuple[int, bytes]] = []
        self._length = 0
        self._unpacked: tuple[int, tuple[SourceRow, ...]] = (-1, ())
        self._last_number = 0

    def add(self, encoded: str) -> None:
        """Check a block that was encoded by `RowBlock.encode` and keep it.

        Raises:
            NonsenseError: it is no such block, or its rows do not come behind those before.
        """
        numbers = _check(json.loads(encoded))
        if not numbers or numbers[0] <= self._last_number:
            raise NonsenseError
        self._last_number = numbers[-1]
        self._blocks.append((self._length, zlib.compress(encoded.encode(), 1)))
        self._length += len(numbers)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SourceRow]:
        for place in range(len(self._blocks)):
            yield from self._unpack(place)

    @overload
    def __getitem__(self, index: int) -> SourceRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SourceRow, ...]: ...
    def __getitem__(self, index: int | slice) -> SourceRow | tuple[SourceRow, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(self._length)))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        block = next(number for number in reversed(range(len(self._blocks))) if self._blocks[number][0] <= place)
        if self._unpacked[0] != block:
            self._unpacked = (block, tuple(self._unpack(block)))
        return self._unpacked[1][place - self._blocks[block][0]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up

    def _unpack(self, place: int) -> Iterator[SourceRow]:
        return unpack(json.loads(zlib.decompress(self._blocks[place][1])))


def unpack(parts: Any) -> Iterator[SourceRow]:  # Any: JSON that was checked when it came
    """The rows of a block that was checked, with their gaps filled by blank cells."""
    traits, shapes, numbers, shape_of, texts, raws = parts
    known = [(CellKind(kind), formula, number_format, raw) for kind, number_format, formula, raw in traits]
    plans = [
        [(column, column_letters(column), *known[trait]) for column, trait in zip(*shape, strict=True)]
        for shape in shapes
    ]
    text, raw_text = iter(texts), iter(raws)
    for number, shape in zip(numbers, shape_of, strict=True):
        cells: list[Cell] = []
        row = str(number)
        for column, letters, kind, formula, number_format, has_raw in plans[shape]:
            while len(cells) < column - 1:
                cells.append(Cell(column_letters(len(cells) + 1) + row, "", CellKind.BLANK))
            raw = next(raw_text) if has_raw else None
            cells.append(Cell(letters + row, next(text), kind, formula, number_format, raw))
        yield SourceRow(number, tuple(cells))


def _check(parts: Any) -> list[int]:  # Any: JSON from a process that may have been taken over
    """The row numbers of a sound block."""
    if not isinstance(parts, list) or len(parts) != 6 or not all(isinstance(part, list) for part in parts):
        raise NonsenseError
    traits, shapes, numbers, shape_of, texts, raws = parts
    if not all(_is_trait(trait) for trait in traits) or not all(_is_shape(shape, len(traits)) for shape in shapes):
        raise NonsenseError
    if not _are_texts(texts) or not _are_texts(raws) or not _are_numbers(numbers, 1, MOST_ROWS):
        raise NonsenseError
    if any(first >= second for first, second in pairwise(numbers)) or len(shape_of) != len(numbers):
        raise NonsenseError
    if not shapes or not all(type(shape) is int and 0 <= shape < len(shapes) for shape in shape_of):
        raise NonsenseError
    widths = [len(columns) for columns, _ in shapes]
    with_raw = [sum(traits[trait][3] for trait in chosen) for _, chosen in shapes]
    if sum(widths[shape] for shape in shape_of) != len(texts) or sum(with_raw[shape] for shape in shape_of) != len(
        raws
    ):
        raise NonsenseError
    return [int(number) for number in numbers]


def _is_trait(trait: object) -> bool:
    return isinstance(trait, list) and [type(part) for part in trait] == [str, str, bool, bool] and trait[0] in _KINDS


def _is_shape(shape: object, traits: int) -> bool:
    if not isinstance(shape, list) or len(shape) != 2 or not all(isinstance(part, list) for part in shape):
        return False
    columns, chosen = shape
    return (
        bool(columns)
        and len(columns) == len(chosen)
        and _are_numbers(columns, 1, MOST_COLUMNS)
        and all(first < second for first, second in pairwise(columns))
        and _are_numbers(chosen, 0, traits - 1)
    )


def _are_texts(things: list[object]) -> bool:
    return set(map(type, things)) <= {str}


def _are_numbers(things: list[Any], least: int, most: int) -> bool:  # Any: their type is what is asked for
    return set(map(type, things)) == {int} and min(things) >= least and max(things) <= most
