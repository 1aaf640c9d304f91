"""Blocks of rows as bytes: how they are made, how they are unpacked, and how they are checked at the border.

A block is some thousand rows. One line of JSON says which rows and columns there are and which traits cells have;
behind it stand, column by column, the texts of the different cells with a separator between them, and for each row the
place of its cell in one, two or four bytes, least significant byte first. A million rows of 25 columns stay below a few
hundred megabytes.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import chain, pairwise, starmap
from typing import Any, NamedTuple

from trialkit.model.source import CellKind
from trialkit.spreadsheet.cell_traits import CellTrait
from trialkit.spreadsheet.cells import MOST_COLUMNS, MOST_RECORDS
from trialkit.spreadsheet.column_blocks import BlockColumn, ColumnBlock, UnpackedColumn
from trialkit.spreadsheet.filled_columns import NO_CELL, FilledColumn
from trialkit.spreadsheet.limits import MOST_BYTES

_KINDS = {kind.value: kind for kind in CellKind}
_SEPARATOR, _ESCAPE = "\x1f", "\x1e"
_SEPARATOR_BYTE = _SEPARATOR.encode()
_WIDTHS = ((1, "B"), (2, "H"), (4, "I"))


class NonsenseError(Exception):
    """A block that no reader of ours writes."""


class EncodedBlock(NamedTuple):
    """A block on its way.

    Attributes:
        header: JSON in one line: stretches of row numbers, and columns; see `_PackedColumn`.
        texts: in UTF-8 the texts of the cells of each column, column by column.
        raws: the same for the raw characters of those cells whose trait says that they differ.
        codes: for each row of each column the place of its cell counted from 1, or 0 for no cell.
    """

    header: str
    texts: bytes
    raws: bytes
    codes: bytes


class _PackedColumn(NamedTuple):
    """A column as the header of a block has it.

    Attributes:
        number: the column's number.
        is_escaped: whether separators within texts and raw characters are escaped.
        traits: those of the cells: kind, number format, whether there is a formula, whether there are raw characters,
            and how many cells have the trait.
        texts: how many bytes the texts have.
        raws: how many bytes the raw characters have.
    """

    number: int
    is_escaped: bool
    traits: Sequence[tuple[str, str, bool, bool, int]]
    texts: int
    raws: int

    @property
    def size(self) -> int:
        """How many cells there are."""
        return sum(trait[-1] for trait in self.traits)

    @property
    def with_raw(self) -> int:
        """How many of them have raw characters."""
        return sum(size for *_, has_raw, size in self.traits if has_raw)


def encode_block(numbers: Sequence[int], columns: Sequence[FilledColumn]) -> EncodedBlock:
    """A block of rows with rising numbers, each with a cell in some column, by rising column."""
    told: list[_PackedColumn] = []
    texts, raws, codes = [], [], []
    for column in columns:
        joined, joined_raws = _SEPARATOR.join(column.texts), _SEPARATOR.join(column.raws)
        is_escaped = not (_is_bare(joined, len(column.texts)) and _is_bare(joined_raws, len(column.raws)))
        if is_escaped:
            joined, joined_raws = (_SEPARATOR.join(map(_escape, some)) for some in (column.texts, column.raws))
        texts.append(joined.encode())
        raws.append(joined_raws.encode())
        codes.append(_pack_codes(column.codes, len(column.texts)))
        traits = [(*trait, size) for trait, size in zip(column.traits, column.sizes, strict=True)]
        told.append(_PackedColumn(column.number, is_escaped, traits, len(texts[-1]), len(raws[-1])))
    header = json.dumps([_stretches(numbers), told], ensure_ascii=False, separators=(",", ":"))
    return EncodedBlock(header, b"".join(texts), b"".join(raws), b"".join(codes))


def _is_bare(joined: str, number: int) -> bool:
    """Whether no separator stands within one of so many texts that are joined."""
    return joined.count(_SEPARATOR) == max(number - 1, 0)


def _width(size: int) -> tuple[int, str]:
    """How many bytes the place of one of so many cells takes, and the type of an array of them."""
    return _WIDTHS[0 if size < 1 << 8 else 1 if size < 1 << 16 else 2]


def _pack_codes(codes: Sequence[int], size: int) -> bytes:
    width, kind = _width(size)
    return bytes(codes) if width == 1 else _little_endian(array(kind, codes)).tobytes()


def _unpack_codes(packed: bytes, size: int) -> array[int]:
    codes = array(_width(size)[1])
    codes.frombytes(packed)
    return _little_endian(codes)


def _little_endian(numbers: array[int]) -> array[int]:
    """Numbers with their bytes in the order of the wire, or with that of the wire in ours."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


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


_Where = tuple[slice, slice, slice]
"""Where a column stands in the texts, the raw characters and the codes of its block."""


def _placed(told: Sequence[Sequence[Any]], length: int) -> Iterator[tuple[_PackedColumn, _Where]]:  # Any: from JSON
    """The columns of a block of so many rows, each with where it stands."""
    text = raw = code = 0
    for column in starmap(_PackedColumn, told):
        ends = text + column.texts, raw + column.raws, code + _width(column.size)[0] * length
        yield column, (slice(text, ends[0]), slice(raw, ends[1]), slice(code, ends[2]))
        text, raw, code = ends


class _Parts:
    """The texts, raw characters and codes of a block that was kept, unpacked when they are asked for."""

    def __init__(self, block: EncodedBlock, *, is_compressed: bool) -> None:
        self._block, self._is_compressed = block, is_compressed

    @cached_property
    def _plain(self) -> Sequence[bytes]:
        parts = self._block[1:]
        return [zlib.decompress(part) for part in parts] if self._is_compressed else parts

    def unpack(self, column: _PackedColumn, where: _Where) -> UnpackedColumn:
        """What a column is made of."""
        texts, raws, codes = (part[place] for part, place in zip(self._plain, where, strict=True))
        own_raws = _split(raws, is_escaped=column.is_escaped) if column.with_raw else ()
        return UnpackedColumn(_split(texts, is_escaped=column.is_escaped), own_raws, _unpack_codes(codes, column.size))


def unpack_block(block: EncodedBlock, *, is_compressed: bool) -> ColumnBlock:
    """A block that was kept; its columns are unpacked when they are asked for."""
    stretches, told = json.loads(block.header)
    numbers = list(chain.from_iterable(range(first, first + length) for first, length in stretches))
    parts = _Parts(block, is_compressed=is_compressed)
    columns: dict[int, BlockColumn] = {}
    for column, where in _placed(told, len(numbers)):
        traits = [CellTrait(_KINDS[kind], shown, formula, raw) for kind, shown, formula, raw, _ in column.traits]
        sizes = [trait[-1] for trait in column.traits]
        columns[column.number] = BlockColumn(traits, sizes, partial(parts.unpack, column, where))
    return ColumnBlock(numbers, columns)


def compress_block(block: EncodedBlock) -> EncodedBlock:
    """A block with its parts compressed."""
    return EncodedBlock(block.header, *(zlib.compress(part, 1) for part in block[1:]))


def _split(joined: bytes, *, is_escaped: bool) -> list[str]:
    texts = joined.decode().split(_SEPARATOR)
    return [_unescape(text) for text in texts] if is_escaped else texts


def check_block(block: EncodedBlock) -> list[tuple[int, int]]:
    """The stretches of row numbers of a sound block. It comes from a process that may have been taken over."""
    try:
        parts = json.loads(block.header)
    except (ValueError, RecursionError):
        raise NonsenseError from None
    if not isinstance(parts, list) or len(parts) != 2 or not _are_stretches(parts[0]) or not _are_columns(parts[1]):
        raise NonsenseError
    length = sum(length for _, length in parts[0])
    columns = list(_placed(parts[1], length))
    if [where.stop for where in columns[-1][1]] != list(map(len, block[1:])):
        raise NonsenseError
    together = 0
    for column, where in columns:
        texts, raws, codes = (part[place] for part, place in zip(block[1:], where, strict=True))
        marks = _filled_rows(codes, column.size)
        if marks is None or not _holds(texts, column.size) or not _holds(raws, column.with_raw):
            raise NonsenseError
        together |= int.from_bytes(marks, "big")
    if 0 in together.to_bytes(length, "big"):
        raise NonsenseError
    return [(first, length) for first, length in parts[0]]


def _filled_rows(packed: bytes, size: int) -> bytes | None:
    """For each row a byte that is zero where it has no cell; None when codes are not those of just so many cells.

    One byte a code is looked at without making numbers of it.
    """
    if _width(size)[0] == 1:
        known = bytes(range(1, size + 1))
        is_sound = not packed.translate(None, b"\0" + known) and not known.translate(None, packed)
        return packed if is_sound else None
    codes = _unpack_codes(packed, size)
    met = set(codes)
    met.discard(NO_CELL)
    return bytes(map(bool, codes)) if len(met) == max(met, default=0) == size else None


def _holds(joined: bytes, number: int) -> bool:
    """Whether so many texts in UTF-8 are joined; none are an empty text."""
    try:
        joined.decode()
    except UnicodeDecodeError:
        return False
    return joined.count(_SEPARATOR_BYTE) == number - 1 if number else not joined


def _are_stretches(things: object) -> bool:
    """Whether stretches of rows follow each other."""
    last = 0
    for thing in things if isinstance(things, list) else ():
        if not isinstance(thing, list) or [type(part) for part in thing] != [int, int]:
            return False
        first, length = thing
        # In a file without a grid each record takes a byte at least, also a blank one, which is counted and left out.
        if first <= last or length < 1 or first + length - 1 > MOST_BYTES:
            return False
        last = first + length - 1
    return last > 0


def _are_columns(things: object) -> bool:
    """Whether columns follow each other, with the traits of their cells."""
    last = 0
    for thing in things if isinstance(things, list) else ():
        if not isinstance(thing, list) or [type(part) for part in thing] != [int, bool, list, int, int]:
            return False
        number, _, traits, texts, raws = thing
        if not last < number <= MOST_COLUMNS or texts < 0 or raws < 0:
            return False
        if not traits or not all(map(_is_trait, traits)) or sum(size for *_, size in traits) > MOST_RECORDS:
            return False
        last = number
    return last > 0


def _is_trait(trait: object) -> bool:
    """Whether it is a trait, with how many cells have it."""
    if not isinstance(trait, list) or [type(part) for part in trait] != [str, str, bool, bool, int]:
        return False
    return trait[0] in _KINDS and trait[-1] > 0
