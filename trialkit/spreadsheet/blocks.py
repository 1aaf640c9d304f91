"""Rows on their way from the reader to whoever asked: packed in blocks, checked when they come from outside.

A block is some hundred rows: one line of JSON that says which cells there are, and behind it the texts of the cells,
with a separator between them. Rows whose cells stand in the same columns and are alike in kind, format and origin are
kept together as a run, column by column. Blank cells are left out, so a million rows of 25 columns stay below a few
hundred megabytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from operator import attrgetter
from typing import Any, NamedTuple, overload

from trialkit.model.source import CellKind, SourceRow
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS
from trialkit.spreadsheet.column_blocks import ColumnBlock, block_of_runs
from trialkit.spreadsheet.row_runs import CellTrait, RowRun, group_rows, rows_of_run

_ROWS_A_BLOCK = 1_000
_CELLS_A_BLOCK = 40_000
_CHARACTERS_A_BLOCK = 1024 * 1024
_KINDS = {kind.value: kind for kind in CellKind}
_SEPARATOR, _ESCAPE = "\x1f", "\x1e"
_SEPARATOR_BYTE = _SEPARATOR.encode()
PLAIN_BYTES = 64 * 1024 * 1024
"""How much of a file's rows is kept as it came; what comes behind is compressed, which takes four times as long."""


class NonsenseError(Exception):
    """A block that no reader of ours writes."""


class EncodedBlock(NamedTuple):
    """A block on its way.

    Attributes:
        header: JSON in one line: traits, shapes, runs, row numbers, whether separators within texts are escaped.
        texts: the texts of all cells in UTF-8, run by run and in each column by column.
        raws: in the same order the raw characters of those cells whose trait says that they differ.
    """

    header: str
    texts: bytes
    raws: bytes


class BlockWriter:
    """Takes rows one by one or in runs and hands over blocks; `flush` at the end."""

    def __init__(self, hand_over: Callable[[EncodedBlock], None]) -> None:
        self._hand_over = hand_over
        self._runs: list[RowRun] = []
        self._single: dict[tuple[tuple[int, ...], tuple[CellTrait, ...]], _Gathered] = {}
        self._rows = self._cells = self._characters = 0

    def add(
        self,
        number: int,
        columns: tuple[int, ...],
        traits: tuple[CellTrait, ...],
        texts: Sequence[str],
        raws: Sequence[str],
    ) -> None:
        """Add one row: its filled cells by rising column; `raws` only for those whose trait says so."""
        gathered = self._single.get((columns, traits))
        if gathered is None:
            gathered = self._single[columns, traits] = _Gathered()
        gathered.numbers.append(number)
        gathered.texts.append(texts)
        gathered.raws.append(raws)
        self._count(1, len(texts), sum(map(len, texts)))

    def add_runs(self, runs: Sequence[RowRun], characters: int) -> None:
        """Add runs of rows that all come behind those before.

        Args:
            runs: none without rows or columns.
            characters: about how many characters their texts have.
        """
        self._runs += runs
        rows = sum(len(run.numbers) for run in runs)
        self._count(rows, sum(len(run.numbers) * len(run.columns) for run in runs), characters)

    def flush(self) -> None:
        """Hand over the block at hand."""
        for (columns, traits), gathered in self._single.items():
            texts = [list(column) for column in zip(*gathered.texts, strict=True)]
            raws = [list(column) for column in zip(*gathered.raws, strict=True)]
            self._runs.append(RowRun(gathered.numbers, columns, traits, texts, raws))
        if self._runs:
            self._hand_over(_encode(self._runs))
        self._runs, self._single = [], {}
        self._rows = self._cells = self._characters = 0

    def _count(self, rows: int, cells: int, characters: int) -> None:
        self._rows += rows
        self._cells += cells
        self._characters += characters
        if self._rows >= _ROWS_A_BLOCK or self._cells > _CELLS_A_BLOCK or self._characters > _CHARACTERS_A_BLOCK:
            self.flush()


@dataclass(slots=True)
class _Gathered:
    """Rows of one shape that came one by one."""

    numbers: list[int] = field(default_factory=list)
    texts: list[Sequence[str]] = field(default_factory=list)
    raws: list[Sequence[str]] = field(default_factory=list)


def _encode(runs: list[RowRun]) -> EncodedBlock:
    traits: dict[CellTrait, int] = {}
    shapes: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    lengths: list[tuple[int, int]] = []
    for run in runs:
        chosen = tuple(traits.setdefault(trait, len(traits)) for trait in run.traits)
        lengths.append((shapes.setdefault((run.columns, chosen), len(shapes)), len(run.numbers)))
    numbers = list(chain.from_iterable(run.numbers for run in runs))
    texts = list(chain.from_iterable(chain.from_iterable(run.texts for run in runs)))
    raws = list(chain.from_iterable(chain.from_iterable(run.raws for run in runs)))
    joined, joined_raws = _SEPARATOR.join(texts), _SEPARATOR.join(raws)
    is_escaped = joined.count(_SEPARATOR) != len(texts) - 1 or joined_raws.count(_SEPARATOR) != max(len(raws) - 1, 0)
    if is_escaped:
        joined, joined_raws = _SEPARATOR.join(map(_escape, texts)), _SEPARATOR.join(map(_escape, raws))
    parts = [list(traits), list(shapes), lengths, numbers, is_escaped]
    header = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return EncodedBlock(header, joined.encode(), joined_raws.encode())


def _escape(text: str) -> str:
    return text.replace(_ESCAPE, f"{_ESCAPE}0").replace(_SEPARATOR, f"{_ESCAPE}1")


def _unescape(text: str) -> str:
    return text.replace(f"{_ESCAPE}1", _SEPARATOR).replace(f"{_ESCAPE}0", _ESCAPE)


@dataclass(slots=True)
class PlainRoom:
    """How many bytes of rows may still be kept as they came; all sheets of a file share one."""

    left: int = PLAIN_BYTES

    def take(self, size: int) -> bool:
        """Whether there is room for so many bytes, which then is taken."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(frozen=True, slots=True)
class _Kept:
    first: int
    block: EncodedBlock
    is_compressed: bool


class PackedRows(Sequence[SourceRow]):
    """The rows of a sheet, kept packed and unpacked while they are walked through."""

    def __init__(self, room: PlainRoom | None = None) -> None:
        self._room = room or PlainRoom()
        self._blocks: list[_Kept] = []
        self._length = 0
        self._unpacked: tuple[int, tuple[SourceRow, ...]] = (-1, ())
        self._last_number = 0

    def add(self, block: EncodedBlock) -> None:
        """Check a block and keep it.

        Raises:
            NonsenseError: it is no block of a `BlockWriter`, or its rows do not come behind those before.
        """
        numbers = _check(block)
        if numbers[0] <= self._last_number:
            raise NonsenseError
        self._last_number = numbers[-1]
        is_plain = self._room.take(len(block.texts) + len(block.raws))
        kept = (
            block
            if is_plain
            else block._replace(texts=zlib.compress(block.texts, 1), raws=zlib.compress(block.raws, 1))
        )
        self._blocks.append(_Kept(self._length, kept, not is_plain))
        self._length += len(numbers)

    def runs(self) -> Iterator[RowRun]:
        """The rows as runs of rows that share one shape.

        The rows of one run come before those of the next only where blocks change; within a block the order is by
        shape. The numbers of the rows tell their order: those of a run rise.
        """
        for kept in self._blocks:
            yield from _unpack(kept)

    def blocks(self) -> Iterator[list[RowRun]]:
        """The same, block by block: every row of a block comes before those of the next."""
        return (list(_unpack(kept)) for kept in self._blocks)

    def column_blocks(self) -> Iterator[ColumnBlock]:
        """The same, each block column by column."""
        return map(block_of_runs, self.blocks())

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SourceRow]:
        for kept in self._blocks:
            yield from _rows(kept)

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
        block = next(number for number in reversed(range(len(self._blocks))) if self._blocks[number].first <= place)
        if self._unpacked[0] != block:
            self._unpacked = (block, tuple(_rows(self._blocks[block])))
        return self._unpacked[1][place - self._blocks[block].first]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up


def runs_of(rows: Sequence[SourceRow]) -> Iterator[RowRun]:
    """The runs of any rows, packed or not; what `PackedRows.runs` says of their order holds for these, too."""
    if isinstance(rows, PackedRows):
        yield from rows.runs()
        return
    source = iter(rows)
    while some := list(islice(source, _ROWS_A_BLOCK)):
        yield from group_rows(some)


def blocks_of(rows: Sequence[SourceRow]) -> Iterator[list[RowRun]]:
    """The runs of any rows, packed or not, in blocks: every row of a block comes before those of the next."""
    if isinstance(rows, PackedRows):
        yield from rows.blocks()
        return
    source = iter(rows)
    while some := list(islice(source, _ROWS_A_BLOCK)):
        yield list(group_rows(some))


def column_blocks_of(rows: Sequence[SourceRow]) -> Iterator[ColumnBlock]:
    """Any rows, packed or not, in blocks of columns; a cell of theirs that only fills a gap is left out.

    The last cell of a row is never left out, so that its rows have their length.
    """
    return map(block_of_runs, blocks_of(rows))


def _rows(kept: _Kept) -> Iterable[SourceRow]:
    """The rows of a block in their order, with their gaps filled by blank cells."""
    runs = list(_unpack(kept))
    if len(runs) == 1:
        return rows_of_run(runs[0])
    return sorted((row for run in runs for row in rows_of_run(run)), key=attrgetter("number"))


def _unpack(kept: _Kept) -> Iterator[RowRun]:
    traits, shapes, lengths, numbers, is_escaped = json.loads(kept.block.header)
    known = [CellTrait(_KINDS[kind], number_format, formula, raw) for kind, number_format, formula, raw in traits]
    texts = _split(kept.block.texts, is_compressed=kept.is_compressed, is_escaped=is_escaped)
    raws = _split(kept.block.raws, is_compressed=kept.is_compressed, is_escaped=is_escaped)
    row = text = raw = 0
    for shape, length in lengths:
        columns, chosen = shapes[shape]
        own = tuple(known[trait] for trait in chosen)
        ends = range(text, text + length * len(columns), length)
        raw_ends = range(raw, raw + length * sum(trait.has_raw for trait in own), length)
        yield RowRun(
            numbers[row : row + length],
            tuple(columns),
            own,
            [texts[start : start + length] for start in ends],
            [raws[start : start + length] for start in raw_ends],
        )
        row, text, raw = row + length, ends.stop, raw_ends.stop


def _split(joined: bytes, *, is_compressed: bool, is_escaped: bool) -> list[str]:
    texts = (zlib.decompress(joined) if is_compressed else joined).decode().split(_SEPARATOR)
    return [_unescape(text) for text in texts] if is_escaped else texts


def _check(block: EncodedBlock) -> list[int]:
    """The numbers of the rows of a sound block, sorted. It comes from a process that may have been taken over."""
    try:
        parts = json.loads(block.header)
        block.texts.decode()
        block.raws.decode()
    except (ValueError, RecursionError):
        raise NonsenseError from None
    if not isinstance(parts, list) or len(parts) != 5 or not all(isinstance(part, list) for part in parts[:4]):
        raise NonsenseError
    traits, shapes, lengths, numbers, is_escaped = parts
    if not all(_is_trait(trait) for trait in traits) or not all(_is_shape(shape, len(traits)) for shape in shapes):
        raise NonsenseError
    if type(is_escaped) is not bool or not _are_numbers(numbers, 1, MOST_ROWS):
        raise NonsenseError
    if not all(_is_length(length, len(shapes), len(numbers)) for length in lengths):
        raise NonsenseError
    ordered = sorted(numbers)
    if len(set(ordered)) != len(ordered) or sum(length for _, length in lengths) != len(ordered):
        raise NonsenseError
    widths = [len(columns) for columns, _ in shapes]
    with_raw = [sum(traits[trait][3] for trait in chosen) for _, chosen in shapes]
    if not _holds(block.texts, sum(widths[shape] * length for shape, length in lengths)):
        raise NonsenseError
    if not _holds(block.raws, sum(with_raw[shape] * length for shape, length in lengths)):
        raise NonsenseError
    return ordered


def _holds(joined: bytes, number: int) -> bool:
    """Whether so many texts are joined; none are an empty text."""
    return joined.count(_SEPARATOR_BYTE) == number - 1 if number else not joined


def _is_trait(trait: object) -> bool:
    return isinstance(trait, list) and [type(part) for part in trait] == [str, str, bool, bool] and trait[0] in _KINDS


def _is_length(length: object, shapes: int, rows: int) -> bool:
    return (
        isinstance(length, list)
        and [type(part) for part in length] == [int, int]
        and 0 <= length[0] < shapes
        and 0 < length[1] <= rows
    )


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


def _are_numbers(things: list[Any], least: int, most: int) -> bool:  # Any: their type is what is asked for
    return set(map(type, things)) == {int} and min(things) >= least and max(things) <= most
