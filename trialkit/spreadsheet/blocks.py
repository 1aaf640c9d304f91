"""Rows on their way from the reader to whoever asked: packed in blocks, checked when they come from outside.

A block is some hundred rows: one line of JSON that says which rows and columns there are, behind it column by column
the texts of the cells with a separator between them, and one byte for each row of a column whose cells are not all
alike in kind, format and origin. Blank cells are left out, so a million rows of 25 columns stay below a few hundred
megabytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import NamedTuple, overload

from trialkit.model.source import CellKind, SourceRow
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_ROWS
from trialkit.spreadsheet.column_blocks import (
    MOST_TRAITS,
    NO_CELL,
    BlockColumn,
    ColumnBlock,
    block_of_runs,
    rows_of_block,
)
from trialkit.spreadsheet.filled_columns import FilledColumn
from trialkit.spreadsheet.row_runs import CellTrait, group_rows

_ROWS_A_BLOCK = 1_000
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
        header: JSON in one line: stretches of row numbers, columns with their traits, whether separators within texts
            are escaped.
        texts: the texts of all cells in UTF-8, column by column.
        raws: in the same order the raw characters of those cells whose trait says that they differ.
        codes: for each row of each column that has some, the place of its trait counted from 1, or 0 for no cell.
    """

    header: str
    texts: bytes
    raws: bytes
    codes: bytes


def encode_block(numbers: Sequence[int], columns: Sequence[FilledColumn]) -> EncodedBlock:
    """A block of rows with rising numbers, each with a cell in some column, by rising column."""
    texts = list(chain.from_iterable(column.texts for column in columns))
    raws = list(chain.from_iterable(column.raws for column in columns))
    joined, joined_raws = _SEPARATOR.join(texts), _SEPARATOR.join(raws)
    is_escaped = joined.count(_SEPARATOR) != len(texts) - 1 or joined_raws.count(_SEPARATOR) != max(len(raws) - 1, 0)
    if is_escaped:
        joined, joined_raws = _SEPARATOR.join(map(_escape, texts)), _SEPARATOR.join(map(_escape, raws))
    told = [(column.number, column.codes is not None, list(column.traits)) for column in columns]
    header = json.dumps([_stretches(numbers), told, is_escaped], ensure_ascii=False, separators=(",", ":"))
    codes = b"".join(column.codes for column in columns if column.codes is not None)
    return EncodedBlock(header, joined.encode(), joined_raws.encode(), codes)


def _stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as first ones and how many follow without gaps, these included."""
    first, last = numbers[0], numbers[-1]
    if last - first + 1 == len(numbers):
        return [(first, len(numbers))]
    breaks = [place for place, (before, after) in enumerate(pairwise(numbers), start=1) if after != before + 1]
    return [(numbers[start], end - start) for start, end in pairwise([0, *breaks, len(numbers)])]


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
        stretches = _check(block)
        if stretches[0][0] <= self._last_number:
            raise NonsenseError
        self._last_number = sum(stretches[-1]) - 1
        is_plain = self._room.take(len(block.texts) + len(block.raws) + len(block.codes))
        kept = block if is_plain else EncodedBlock(block.header, *(zlib.compress(part, 1) for part in block[1:]))
        self._blocks.append(_Kept(self._length, kept, not is_plain))
        self._length += sum(length for _, length in stretches)

    def column_blocks(self) -> Iterator[ColumnBlock]:
        """The rows in blocks of columns."""
        return map(_unpack, self._blocks)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SourceRow]:
        for kept in self._blocks:
            yield from rows_of_block(_unpack(kept))

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
            self._unpacked = (block, tuple(rows_of_block(_unpack(self._blocks[block]))))
        return self._unpacked[1][place - self._blocks[block].first]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up


def column_blocks_of(rows: Sequence[SourceRow]) -> Iterator[ColumnBlock]:
    """Any rows, packed or not, in blocks of columns; a cell of theirs that only fills a gap is left out.

    The last cell of a row is never left out, so that its rows have their length.
    """
    if isinstance(rows, PackedRows):
        yield from rows.column_blocks()
        return
    source = iter(rows)
    while some := list(islice(source, _ROWS_A_BLOCK)):
        yield block_of_runs(list(group_rows(some)))


def _unpack(kept: _Kept) -> ColumnBlock:
    parts = [zlib.decompress(part) for part in kept.block[1:]] if kept.is_compressed else kept.block[1:]
    stretches, told, is_escaped = json.loads(kept.block.header)
    numbers = list(chain.from_iterable(range(first, first + length) for first, length in stretches))
    texts, raws = (_split(part, is_escaped=is_escaped) for part in parts[:2])
    columns: dict[int, BlockColumn] = {}
    text = raw = code = 0
    for number, is_coded, found in told:
        traits = [CellTrait(_KINDS[kind], number_format, formula, raw) for kind, number_format, formula, raw in found]
        codes = parts[2][code : code + len(numbers)] if is_coded else None
        cells, with_raw = _count(traits, codes, len(numbers))
        filled = FilledColumn(number, traits, codes, texts[text : text + cells], raws[raw : raw + with_raw])
        columns[number] = filled.spread()
        text, raw, code = text + cells, raw + with_raw, code + len(codes or b"")
    return ColumnBlock(numbers, columns)


def _count(traits: Sequence[CellTrait], codes: bytes | None, length: int) -> tuple[int, int]:
    """How many cells there are in so many rows, and how many of them have raw characters."""
    if codes is None:
        return length, length * traits[0].has_raw
    with_raw = sum(codes.count(code) for code, trait in enumerate(traits, start=1) if trait.has_raw)
    return length - codes.count(NO_CELL), with_raw


def _split(joined: bytes, *, is_escaped: bool) -> list[str]:
    texts = joined.decode().split(_SEPARATOR)
    return [_unescape(text) for text in texts] if is_escaped else texts


def _check(block: EncodedBlock) -> list[tuple[int, int]]:
    """The stretches of row numbers of a sound block. It comes from a process that may have been taken over."""
    try:
        parts = json.loads(block.header)
        block.texts.decode()
        block.raws.decode()
    except (ValueError, RecursionError):
        raise NonsenseError from None
    if not isinstance(parts, list) or len(parts) != 3 or type(parts[2]) is not bool:
        raise NonsenseError
    stretches, columns, _ = parts
    if not _are_stretches(stretches) or not _are_columns(columns):
        raise NonsenseError
    length = sum(length for _, length in stretches)
    if len(block.codes) != length * sum(is_coded for _, is_coded, _ in columns):
        raise NonsenseError
    cells = with_raw = together = code = 0
    for _, is_coded, found in columns:
        traits = [CellTrait(*trait) for trait in found]
        codes = block.codes[code : code + length] if is_coded else None
        code += len(codes or b"")
        if codes is not None and not _are_codes(codes, len(traits)):
            raise NonsenseError
        together |= int.from_bytes(codes or b"\x01" * length, "big")
        own = _count(traits, codes, length)
        cells, with_raw = cells + own[0], with_raw + own[1]
    if NO_CELL in together.to_bytes(length, "big") or not _holds(block.texts, cells):
        raise NonsenseError
    if not _holds(block.raws, with_raw):
        raise NonsenseError
    return [(first, length) for first, length in stretches]


def _are_codes(codes: bytes, traits: int) -> bool:
    """Whether codes name no other traits than these, and each of them."""
    known = range(1, traits + 1)
    return not codes.translate(None, bytes([NO_CELL, *known])) and all(code in codes for code in known)


def _holds(joined: bytes, number: int) -> bool:
    """Whether so many texts are joined; none are an empty text."""
    return joined.count(_SEPARATOR_BYTE) == number - 1 if number else not joined


def _are_stretches(things: object) -> bool:
    """Whether stretches of rows follow each other."""
    last = 0
    for thing in things if isinstance(things, list) else ():
        if not isinstance(thing, list) or [type(part) for part in thing] != [int, int]:
            return False
        first, length = thing
        if first <= last or length < 1 or first + length - 1 > MOST_ROWS:
            return False
        last = first + length - 1
    return last > 0


def _are_columns(things: object) -> bool:
    """Whether columns follow each other, with the traits of their cells."""
    last = 0
    for thing in things if isinstance(things, list) else ():
        if not isinstance(thing, list) or [type(part) for part in thing] != [int, bool, list]:
            return False
        number, is_coded, traits = thing
        if not last < number <= MOST_COLUMNS or not 0 < len(traits) <= (MOST_TRAITS if is_coded else 1):
            return False
        if not all(map(_is_trait, traits)):
            return False
        last = number
    return last > 0


def _is_trait(trait: object) -> bool:
    return isinstance(trait, list) and [type(part) for part in trait] == [str, str, bool, bool] and trait[0] in _KINDS
