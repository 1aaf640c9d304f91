"""Rows on their way from the reader to whoever asked: packed in blocks, and unpacked while they are walked through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, overload

from trialkit.model.source import SourceRow
from trialkit.spreadsheet.column_blocks import ColumnBlock, block_of_rows, row_at, rows_of_block
from trialkit.spreadsheet.encoded_blocks import (
    EncodedBlock,
    NonsenseError,
    check_block,
    compress_block,
    unpack_block,
)

_ROWS_A_BLOCK = 1_000
PLAIN_BYTES = 64 * 1024 * 1024
"""How much of a file's rows is kept as it came; what comes behind is compressed, which takes four times as long."""


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


class _Kept(NamedTuple):
    first: int
    block: EncodedBlock
    is_compressed: bool

    def unpack(self) -> ColumnBlock:
        return unpack_block(self.block, is_compressed=self.is_compressed)


class PackedRows(Sequence[SourceRow]):
    """The rows of a sheet, kept packed and unpacked while they are walked through."""

    def __init__(self, room: PlainRoom | None = None) -> None:
        self._room = room or PlainRoom()
        self._blocks: list[_Kept] = []
        self._length = 0
        self._unpacked: tuple[int, ColumnBlock] = (-1, ColumnBlock((), {}))
        self._last_number = 0

    def add(self, block: EncodedBlock) -> None:
        """Check a block and keep it.

        Raises:
            NonsenseError: it is no block of a `BlockWriter`, or its rows do not come behind those before.
        """
        stretches = check_block(block)
        if stretches[0][0] <= self._last_number:
            raise NonsenseError
        self._last_number = sum(stretches[-1]) - 1
        is_plain = self._room.take(len(block.texts) + len(block.raws) + len(block.codes))
        self._blocks.append(_Kept(self._length, block if is_plain else compress_block(block), not is_plain))
        self._length += sum(length for _, length in stretches)

    def column_blocks(self) -> Iterator[ColumnBlock]:
        """The rows in blocks of columns."""
        return map(_Kept.unpack, self._blocks)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SourceRow]:
        for kept in self._blocks:
            yield from rows_of_block(kept.unpack())

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
        number = next(number for number in reversed(range(len(self._blocks))) if self._blocks[number].first <= place)
        if self._unpacked[0] != number:
            self._unpacked = (number, self._blocks[number].unpack())
        return row_at(self._unpacked[1], place - self._blocks[number].first)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up


def column_blocks_of(rows: Sequence[SourceRow]) -> Iterator[ColumnBlock]:
    """Any rows, packed or not, in blocks of columns; a cell of theirs that only fills a gap is left out."""
    if isinstance(rows, PackedRows):
        yield from rows.column_blocks()
        return
    source = iter(rows)
    while some := list(islice(source, _ROWS_A_BLOCK)):
        yield block_of_rows(some)
