"""Gathers rows on the reader's side, one by one or in whole columns, and hands them over block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trialkit.spreadsheet.blocks import EncodedBlock, encode_block
from trialkit.spreadsheet.column_blocks import MOST_TRAITS, NO_CELL
from trialkit.spreadsheet.filled_columns import FilledColumn
from trialkit.spreadsheet.row_runs import CellTrait

_ROWS_A_BLOCK = 1_000
_CELLS_A_BLOCK = 40_000
_CHARACTERS_A_BLOCK = 1024 * 1024
_FEW_PLACES = 4_096
_MOST_PLACES_A_CELL = 16
"""A block says for each row and column whether there is a cell: scattered cells would make it far larger than them."""


class BlockWriter:
    """Takes rows one by one or in columns and hands over blocks; `flush` at the end."""

    def __init__(self, hand_over: Callable[[EncodedBlock], None]) -> None:
        self._hand_over = hand_over
        self._numbers: list[int] = []
        self._columns: dict[int, _Gathered] = {}
        self._cells = self._characters = 0

    def add(
        self,
        number: int,
        columns: tuple[int, ...],
        traits: tuple[CellTrait, ...],
        texts: Sequence[str],
        raws: Sequence[str],
    ) -> None:
        """Add one row: its filled cells by rising column; `raws` only for those whose trait says so."""
        place = len(self._numbers)
        self._numbers.append(number)
        left = iter(raws)
        is_full = False
        for column, trait, text in zip(columns, traits, texts, strict=True):
            found = self._columns.get(column)
            if found is None:
                found = self._columns[column] = _Gathered()
            found.texts.append(text)
            if trait.has_raw:
                found.raws.append(next(left))
            is_full = found.put(place, trait) or is_full
        self._count(len(texts), sum(map(len, texts)), is_full=is_full)

    def add_columns(self, numbers: Sequence[int], columns: Sequence[FilledColumn], characters: int) -> None:
        """Add rows that all come behind those before.

        Args:
            numbers: theirs, rising; each has a cell in some column.
            columns: theirs.
            characters: about how many characters their texts have.
        """
        if self._traits_with(columns) > MOST_TRAITS:
            self.flush()
        place = len(self._numbers)
        self._numbers += numbers
        is_full = False
        for column in columns:
            found = self._columns.get(column.number)
            if found is None:
                found = self._columns[column.number] = _Gathered()
            found.extend(place, column, len(numbers))
            is_full = is_full or len(found.traits) >= MOST_TRAITS
        self._count(sum(len(column.texts) for column in columns), characters, is_full=is_full)

    def flush(self) -> None:
        """Hand over the block at hand."""
        if self._numbers:
            length = len(self._numbers)
            columns = [self._columns[number].close(number, length) for number in sorted(self._columns)]
            self._hand_over(encode_block(self._numbers, columns))
        self._numbers, self._columns = [], {}
        self._cells = self._characters = 0

    def _traits_with(self, columns: Sequence[FilledColumn]) -> int:
        """How many traits a column would have at most."""
        before = self._columns
        return max(
            len(before[column.number].traits) + len(column.traits) if column.number in before else len(column.traits)
            for column in columns
        )

    def _count(self, cells: int, characters: int, *, is_full: bool) -> None:
        self._cells += cells
        self._characters += characters
        rows = len(self._numbers)
        is_much = rows >= _ROWS_A_BLOCK or self._cells > _CELLS_A_BLOCK or self._characters > _CHARACTERS_A_BLOCK
        if is_full or is_much or are_scattered(rows, len(self._columns), self._cells):
            self.flush()


def are_scattered(rows: int, columns: int, cells: int) -> bool:
    """Whether so few cells stand in rows and columns that these had better come in smaller blocks."""
    return rows * columns > _FEW_PLACES + _MOST_PLACES_A_CELL * cells


class _Gathered:
    """A column while its cells come in."""

    __slots__ = ("codes", "raws", "texts", "traits")

    def __init__(self) -> None:
        self.traits: dict[CellTrait, int] = {}
        self.codes = bytearray()
        self.texts: list[str] = []
        self.raws: list[str] = []

    def put(self, place: int, trait: CellTrait) -> bool:
        """Take the trait of the cell in the row at a place; whether there is no room for another trait."""
        codes = self.codes
        if len(codes) < place:
            codes.extend(bytes(place - len(codes)))
        code = self.traits.get(trait)
        if code is None:
            code = self.traits[trait] = len(self.traits) + 1
        codes.append(code)
        return code >= MOST_TRAITS

    def extend(self, place: int, column: FilledColumn, length: int) -> None:
        """Take the cells of so many rows from a place on."""
        self.codes.extend(bytes(place - len(self.codes)))
        table = bytearray(256)
        for code, trait in enumerate(column.traits, start=1):
            table[code] = self.traits.setdefault(trait, len(self.traits) + 1)
        self.codes += bytes([table[1]]) * length if column.codes is None else column.codes.translate(table)
        self.texts += column.texts
        self.raws += column.raws

    def close(self, number: int, length: int) -> FilledColumn:
        codes = bytes(self.codes.ljust(length, b"\0"))
        is_plain = len(self.traits) == 1 and NO_CELL not in codes
        return FilledColumn(number, tuple(self.traits), None if is_plain else codes, self.texts, self.raws)
